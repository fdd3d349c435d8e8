"""Values of input variables."""

from __future__ import annotations

import pytest

from checker.errors import HclError
from checker.load.terraform.source.parse import parse_expression
from checker.load.terraform.source.variables import coerce, discover_var_files, from_environment, read_var_file
from checker.model.known import Unknown


def test_files_are_found_in_terraforms_order(tmp_path):
    names = [
        "z.auto.tfvars",
        "b.auto.tfvars.json",
        "terraform.tfvars.json",
        "a.auto.tfvars",
        "terraform.tfvars",
        "x.tfvars",
    ]
    for name in names:
        (tmp_path / name).write_text("", encoding="utf-8")
    assert [path.name for path in discover_var_files(tmp_path)] == [
        "terraform.tfvars",
        "terraform.tfvars.json",
        "a.auto.tfvars",
        "b.auto.tfvars.json",
        "z.auto.tfvars",
    ]
    assert discover_var_files(tmp_path / "nowhere") == []


def test_constant_values_are_read(tmp_path):
    path = tmp_path / "x.tfvars"
    path.write_text(
        '# said\na = "x-$${y}"\nb = -1.5\nc = [true, null]\nd = {\n  e = { "f g" = 1 }\n}\nh = <<-E\n  text\n  E\n',
        encoding="utf-8",
    )
    assert read_var_file(path) == {
        "a": "x-${y}",
        "b": -1.5,
        "c": [True, None],
        "d": {"e": {"f g": 1}},
        "h": "text\n",
    }


@pytest.mark.parametrize("expression", ["var.x", "[file(1)]", '"a${b}"', "{ (a) = 1 }"])
def test_what_is_not_constant_is_unknown_with_its_place(tmp_path, expression):
    path = tmp_path / "x.tfvars"
    path.write_text(f"good = 1\nbad = {expression}\n", encoding="utf-8")
    values = read_var_file(path)
    assert values["good"] == 1
    assert isinstance(values["bad"], Unknown)
    assert f"{path}:2" in values["bad"].reason


def test_json_values_are_literal(tmp_path):
    path = tmp_path / "x.tfvars.json"
    path.write_text('{"//": "said", "a": "${b}", "c": [1, {"d": null}]}', encoding="utf-8")
    assert read_var_file(path) == {"a": "${b}", "c": [1, {"d": None}]}


WRONG = {
    "a syntax error": ("x.tfvars", b"a = 1\nb = = 2\n", ":2:"),
    "a block": ("x.tfvars", b"a = 1\nb {\n}\n", ":2:"),
    "set twice": ("x.tfvars", b"a = 1\na = 2\n", ":2:"),
    "not UTF-8": ("x.tfvars", b'a = "\xff"', "UTF-8"),
    "no JSON": ("x.tfvars.json", b'{"a":\n}', ":2:"),
    "a JSON list": ("x.tfvars.json", b"[]", "object"),
}


@pytest.mark.parametrize("name,content,told", WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_an_error_that_names_the_place(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(HclError) as caught:
        read_var_file(path)
    assert told in str(caught.value)
    assert name in str(caught.value)
    assert caught.value.hint


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(HclError):
        read_var_file(tmp_path / "none.tfvars")


def test_the_environment_gives_texts():
    assert from_environment({"TF_VAR_b": "1", "TF_VAR_a": "x", "TF_LOG": "y", "tf_var_c": "z"}) == {"a": "x", "b": "1"}


COERCED = {
    "a string stays": ("[1]", "string", "[1]"),
    "without a type it stays": ("[1]", None, "[1]"),
    "a quoted type": ("[1]", '"string"', "[1]"),
    "a number": ("5", "number", 5),
    "a bool": ("true", "bool", True),
    "a list": ('["a", 1]', "list(string)", ["a", 1]),
    "an object": ("{ a = 1 }", "object({ a = number })", {"a": 1}),
    "any is an expression": ('"x"', "any", "x"),
    "any number": ("5", "any", 5),
}


@pytest.mark.parametrize("text,kind,value", COERCED.values(), ids=COERCED)
def test_texts_are_read_by_the_variables_type(text, kind, value):
    found = coerce(text, parse_expression(kind) if kind else None)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text,kind", [("x", "number"), ("yes", "bool"), ("[", "list(string)"), ("a.b", "any"), ("[f(1)]", "list(any)")]
)
def test_what_does_not_fit_is_unknown_without_the_text(text, kind):
    found = coerce(text, parse_expression(kind))
    assert isinstance(found, Unknown)


@pytest.mark.parametrize("text", ["s3cret", "a s3cret", '["s3cret"', "s3cret!"])
def test_the_text_is_never_repeated(text):
    found = coerce(text, parse_expression("list(string)"))
    assert isinstance(found, Unknown)
    assert "s3cret" not in found.reason


def test_the_content_of_a_wrong_file_is_never_repeated(tmp_path):
    path = tmp_path / "x.tfvars"
    path.write_text("password = a s3cret\n", encoding="utf-8")
    with pytest.raises(HclError) as caught:
        read_var_file(path)
    assert "s3cret" not in str(caught.value)
