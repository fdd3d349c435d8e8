"""Terraform's JSON syntax."""

from __future__ import annotations

import json
from math import isfinite

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checker.load.terraform.source.json_tree import JsonError, Node, Object, parse_json
from checker.load.terraform.source.tfjson import JsonFile, parse_json_file


def read(content: object) -> JsonFile:
    return parse_json_file(json.dumps(content, indent=2), "main.tf.json")


def expr(value: object, name: str = "x") -> object:
    (block,) = read({"resource": {"aws_vpc": {"a": {name: value}}}}).blocks
    return block.attributes[name].expr


VALUES = {
    "a text": ("a", ["lit", "a"]),
    "a number": (1, ["lit", 1]),
    "null": (None, ["lit", None]),
    "a reference": ("${var.x}", ["tpl", [["get", ["var", "var"], "x"]]]),
    "a template": ("a-${b}", ["tpl", [["lit", "a-"], ["var", "b"]]]),
    "a directive": (
        "%{ if a }b%{ endif }c",
        ["tpl", [["cond", ["var", "a"], ["lit", "b"], ["lit", ""]], ["lit", "c"]]],
    ),
    "an escaped interpolation": ("$${a}", ["lit", "${a}"]),
    "a dollar": ("$5 100%", ["lit", "$5 100%"]),
    "quotes and line ends": (
        '"${f("x")}"\n',
        ["tpl", [["lit", '"'], ["call", "f", [["lit", "x"]], False], ["lit", '"\n']]],
    ),
    "a backslash is a backslash": ("a\\n", ["lit", "a\\n"]),
    "a list": (["${a}", 1], ["list", [["tpl", [["var", "a"]]], ["lit", 1]]]),
    "an object": ({"k": "${a}"}, ["obj", [[["lit", "k"], ["tpl", [["var", "a"]]]]]]),
    "a key that is a template": ({"${k}": 1}, ["obj", [[["tpl", [["var", "k"]]], ["lit", 1]]]]),
    "a comment in an object": ({"//": "said", "k": 1}, ["obj", [[["lit", "k"], ["lit", 1]]]]),
}


@pytest.mark.parametrize("value,tree", VALUES.values(), ids=VALUES)
def test_values_become_expressions(value, tree):
    assert expr(value) == tree


def test_a_text_that_is_no_template_is_bad_and_names_the_cause():
    kind, reason = expr("${a +}")
    assert kind == "bad"
    assert "cannot be parsed" in reason


def test_blocks_may_be_objects_or_lists_of_them():
    file = read(
        [
            {"resource": {"aws_vpc": {"a": {"x": 1}, "b": [{"x": 2}]}}},
            {"resource": [{"aws_subnet": {"c": {"x": 3}}}], "data": {"aws_vpc": {"d": {}}}},
            {"provider": {"aws": [{"region": "r"}, {"alias": "w"}]}, "locals": [{"l": 1}, {"m": 2}], "//": "nothing"},
        ]
    )
    assert [(block.type, *block.labels) for block in file.blocks] == [
        ("resource", "aws_vpc", "a"),
        ("resource", "aws_vpc", "b"),
        ("resource", "aws_subnet", "c"),
        ("data", "aws_vpc", "d"),
        ("provider", "aws"),
        ("provider", "aws"),
        ("locals",),
        ("locals",),
    ]
    assert file.unreadable == ()


def test_blocks_of_terraform_itself_are_blocks_and_all_others_arguments():
    (block,) = read(
        {
            "resource": {
                "aws_security_group": {
                    "a": {
                        "lifecycle": {"create_before_destroy": True, "ignore_changes": ["tags"]},
                        "dynamic": {"ingress": {"for_each": "${var.x}", "content": {"from_port": "${ingress.value}"}}},
                        "egress": [{"from_port": 1}],
                        "depends_on": ["aws_vpc.a"],
                        "provider": "aws.west",
                    }
                }
            }
        }
    ).blocks
    lifecycle, dynamic = block.blocks
    assert lifecycle.type == "lifecycle"
    assert lifecycle.attributes["ignore_changes"].expr == ["list", [["var", "tags"]]]
    assert (dynamic.type, dynamic.labels, dynamic.blocks[0].type) == ("dynamic", ("ingress",), "content")
    assert block.attributes["egress"].expr == ["list", [["obj", [[["lit", "from_port"], ["lit", 1]]]]]]
    assert block.attributes["provider"].expr == ["get", ["var", "aws"], "west"]
    assert block.attributes["depends_on"].expr == ["list", [["get", ["var", "aws_vpc"], "a"]]]


def test_what_terraform_takes_literally_is_literal():
    variable, module = read(
        {
            "variable": {"x": {"type": "list(string)", "default": "${not.a.template}"}},
            "module": {"m": {"source": "./${m}", "providers": {"aws": "aws.west"}, "x": "${var.x}"}},
        }
    ).blocks
    assert variable.attributes["default"].expr == ["lit", "${not.a.template}"]
    assert variable.attributes["type"].expr == ["call", "list", [["var", "string"]], False]
    assert module.attributes["source"].expr == ["lit", "./${m}"]
    assert module.attributes["providers"].expr == ["obj", [[["lit", "aws"], ["get", ["var", "aws"], "west"]]]]
    assert module.attributes["x"].expr[0] == "tpl"


def test_lines_are_those_of_the_file():
    text = '{\n "resource": {\n  "aws_vpc": {\n   "a": {\n    "x": [\n     1],\n    "y": 2\n   }\n  }\n }\n}\n'
    (block,) = parse_json_file(text, "main.tf.json").blocks
    assert (block.line, block.end_line) == (4, 8)
    assert {name: value.line for name, value in block.attributes.items()} == {"x": 5, "y": 7}
    assert block.attributes["x"].text == "[ 1]"


def test_credentials_are_not_repeated():
    (block,) = read({"provider": {"aws": {"secret_key": "s3cret"}}}).blocks
    assert block.attributes["secret_key"].text == '"…"'


def test_comments_to_flowcheck_are_collected():
    file = read({"resource": {"aws_vpc": {"a": {"//": "flowcheck:ignore=FL001 reason=x", "y": {"//": "else"}}}}})
    assert [(comment.text, comment.line) for comment in file.comments] == [("flowcheck:ignore=FL001 reason=x", 5)]


BROKEN = {
    "nothing": ("", 1),
    "no JSON": ("{\n  nope\n}", 2),
    "cut off": ('{"resource": {\n"aws_vpc": ', 2),
    "two values": ("{}\n{}", 2),
    "a line end in a text": ('{"a": "\n"}', 1),
    "a list of numbers": ("[1]", 1),
    "an unknown block": ('{\n"resourse": {}}', 2),
    "a resource that is none": ('{"resource":\n {"aws_vpc": {"a": 1}}}', 2),
    "nested beyond reason": ("[" * 100_000, 1),
}


@pytest.mark.parametrize("text,line", BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_told_with_its_line(text, line):
    file = parse_json_file(text, "a.tf.json")
    assert [(part.path, part.line) for part in file.unreadable] == [("a.tf.json", line)]


def test_a_broken_resource_names_its_type():
    (part,) = parse_json_file('{"resource": {"aws_vpc": {"a": 1}}}', "a.tf.json").unreadable
    assert part.types == ("aws_vpc",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def plain(node: Node) -> object:
    if isinstance(node.value, Object):
        return {member.key: plain(member.value) for member in node.value.members}
    return [plain(item) for item in node.value] if isinstance(node.value, tuple) else node.value


@given(JSON, st.booleans(), st.sampled_from([None, 1]))
def test_any_json_is_read_as_the_standard_library_reads_it(value, escaped, indent):
    assert plain(parse_json(json.dumps(value, ensure_ascii=escaped, indent=indent))) == value


@given(st.text(alphabet='{}[]",:0123456789.eE+- \ntrufalsn\\', max_size=20))
@example("0E0000")
@example("1e1000")
@example("-1e-1000")
@example("1\u0663")  # digits of other scripts are none of JSON
def test_what_the_standard_library_refuses_is_refused(text):
    def finite(digits: str) -> float:
        if not isfinite(float(digits)):
            raise ValueError(digits)
        return float(digits)

    try:
        node = parse_json(text)
    except JsonError:
        with pytest.raises(ValueError):
            json.loads(text, parse_float=finite)
    else:
        assert plain(node) == json.loads(text)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 500, f"0.{'0' * 500}"], ids=len)
def test_a_number_without_measure_is_refused(number):
    with pytest.raises(JsonError, match="too large"):
        parse_json(f"[{number}]")
