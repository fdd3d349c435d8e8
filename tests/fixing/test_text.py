"""Edits of text: where things stand, and how they are laid out afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.errors import FixError
from checker.fixing.files import Files
from checker.fixing.layout import add_argument, add_block, formatted, remove_block, set_argument
from checker.fixing.syntax import items, parse
from checker.load.terraform.source.lexical import ScanError
from tests.e2e.terraform import Terraform
from tests.terraform.example import TREE

SOURCES = sorted(TREE.rglob("*.tf"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(TREE).as_posix())
def test_an_argument_set_to_what_it_is_changes_no_byte(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for block in parse(text).blocks:
        for argument in block.arguments:
            value = text[argument.value : argument.end]
            assert "\n" in value or set_argument(text, block, argument.name, value) == text


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(TREE).as_posix())
def test_what_terraform_laid_out_is_laid_out_the_same(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if "<<" not in text:
        assert formatted(text) == text


VALUES = [
    ("x = 1", "1"),
    ("x = 1 # = 2", "1"),
    ("x = 1 // }", "1"),
    ("x = 1 /* two */", "1"),
    ('x = "a # b"', '"a # b"'),
    ('x = "${f("}")}" # c', '"${f("}")}"'),
    ("x = [\n    1, # ]\n    2,\n  ]", "[\n    1, # ]\n    2,\n  ]"),
    ("x = f(\n    a, /* ) */\n  )", "f(\n    a, /* ) */\n  )"),
    ("x = <<EOF\n} y = 2\nEOF\n", "<<EOF\n} y = 2\nEOF"),
    ("x = <<-EOF\n  ${a}\n  EOF\n", "<<-EOF\n  ${a}\n  EOF"),
    ("x = a == b ? 1 : 2", "a == b ? 1 : 2"),
    ("x = { for k, v in m : k => v if v != null }", "{ for k, v in m : k => v if v != null }"),
]


@pytest.mark.parametrize(("written", "value"), VALUES, ids=[written for written, _ in VALUES])
def test_an_expression_ends_where_it_ends(written: str, value: str) -> None:
    text = f'resource "t" "n" {{\n  {written}\n  y = 3\n}}\n'
    (block,) = parse(text).blocks
    x, y = block.arguments
    assert text[x.value : x.end] == value
    assert (text[y.value : y.end], block.end) == ("3", len(text) - 1)


@pytest.mark.parametrize("text", ["a {", "a = [1", 'a = "b', "a b c", "}", "a = <<EOF\n", "a {\n  b = (1]\n}"])
def test_what_is_no_hcl_is_refused(text: str) -> None:
    with pytest.raises(ScanError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('["a", "b"]', ['"a"', '"b"']),
        ("[\n  1, # one\n  2,\n]", ["1", "2"]),
        ("[]", []),
        ("{ a = 1, b : 2 }", ["a = 1", "b : 2"]),
        ('{\n  "x:y" = "z"\n  c = [1, 2]\n}', ['"x:y" = "z"', "c = [1, 2]"]),
        ("[for x in y : x]", None),
        ("concat([1], [2])", None),
        ("[1][0]", None),
    ],
)
def test_elements_are_told_apart(text: str, found: list[str] | None) -> None:
    elements = items(text, 0, len(text))
    assert (None if elements is None else [text[each.start : each.end] for each in elements]) == found


EDITS = {
    "a longer name moves the others": (
        "a {\n  x = 1 # one\n  yy = 2 # two\n}\n".replace("x = 1 ", "x  = 1 "),
        lambda text: add_argument(text, parse(text).blocks[0], "longer", "3"),
        "a {\n  x      = 1 # one\n  yy     = 2 # two\n  longer = 3\n}\n",
    ),
    "what was not aligned stays": (
        "a {\n  x = 1\n  yy = 2\n}\n",
        lambda text: add_argument(text, parse(text).blocks[0], "longer", "3"),
        "a {\n  x = 1\n  yy = 2\n  longer = 3\n}\n",
    ),
    "comments follow the longest value": (
        "a {\n  x = 1   # one\n  y = 200 # two\n}\n",
        lambda text: set_argument(text, parse(text).blocks[0], "y", "3"),
        "a {\n  x = 1 # one\n  y = 3 # two\n}\n",
    ),
    "a blank line ends a run": (
        "a {\n  xxx = 1\n\n  y = 2\n}\n",
        lambda text: set_argument(text, parse(text).blocks[0], "y", "[\n  3,\n]"),
        "a {\n  xxx = 1\n\n  y = [\n    3,\n  ]\n}\n",
    ),
    "an empty block opens": (
        "a {}\n",
        lambda text: add_argument(text, parse(text).blocks[0], "x", "1"),
        "a {\n  x = 1\n}\n",
    ),
    "a block on one line opens": (
        "a { x = 1 } # c\n",
        lambda text: add_argument(text, parse(text).blocks[0], "long", "2"),
        "a {\n  x    = 1\n  long = 2\n} # c\n",
    ),
    "a nested block goes to the end": (
        "a {\n  x = 1\n  # last\n}\n",
        lambda text: add_block(text, parse(text).blocks[0], "b {\n  y = 2\n}"),
        "a {\n  x = 1\n\n  b {\n    y = 2\n  }\n  # last\n}\n",
    ),
    "a nested block goes behind one of its kind": (
        "a {\n  b {\n    y = 1\n  }\n\n  c {\n    z = 1\n  }\n}\n",
        lambda text: add_block(text, parse(text).blocks[0], "b {\n  y = 2\n}", parse(text).blocks[0].blocks[0]),
        "a {\n  b {\n    y = 1\n  }\n\n  b {\n    y = 2\n  }\n\n  c {\n    z = 1\n  }\n}\n",
    ),
    "a block goes with its comment": (
        "a {\n}\n\n# about b\nb {\n}\n\nc {\n}\n",
        lambda text: remove_block(text, parse(text).blocks[1]),
        "a {\n}\n\nc {\n}\n",
    ),
    "what a file begins with stays": (
        "# license\nb {\n}\n\nc {\n}\n",
        lambda text: remove_block(text, parse(text).blocks[0]),
        "# license\n\nc {\n}\n",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_changes_what_it_must(name: str) -> None:
    old, edit, new = EDITS[name]
    assert edit(old) == new


@pytest.mark.terraform
def test_terraform_would_lay_out_the_edits_the_same(terraform: Terraform, tmp_path: Path) -> None:
    for name in sorted(set(EDITS) - {"what was not aligned stays"}):
        (tmp_path / f"{name.replace(' ', '_')}.tf").write_text(EDITS[name][2], encoding="utf-8")
    assert terraform.run(tmp_path, {}, "fmt", "-check", "-diff", "-no-color") == ""


def test_line_ends_and_byte_order_mark_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "main.tf"
    path.write_bytes(b"\xef\xbb\xbfa {\r\n  x = 1\r\n}\r\n")
    files = Files()
    files.put(path, files.text(path).replace("1", "2"))
    files.write()
    assert path.read_bytes() == b"\xef\xbb\xbfa {\r\n  x = 2\r\n}\r\n"


def test_lines_that_end_differently_keep_their_ends(tmp_path: Path) -> None:
    path = tmp_path / "main.tf"
    path.write_bytes(b"a {\r\n  x = 1\n}\r\n")
    files = Files()
    files.put(path, files.text(path).replace("1", "2"))
    files.write()
    assert path.read_bytes() == b"a {\r\n  x = 2\n}\r\n"


def test_nothing_is_written_where_one_file_was_changed_meanwhile(tmp_path: Path) -> None:
    first, second = tmp_path / "a.tf", tmp_path / "b.tf"
    files = Files()
    for path in (first, second):
        path.write_text("a {}\n", encoding="utf-8")
        files.put(path, files.text(path) + "b {}\n")
    second.write_text("c {}\n", encoding="utf-8")
    with pytest.raises(FixError, match=r"b\.tf: changed since it was read; nothing was written"):
        files.write()
    assert first.read_text(encoding="utf-8") == "a {}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tf", "b.tf"]


def test_the_mode_of_a_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "main.tf"
    path.write_text("a {}\n", encoding="utf-8")
    path.chmod(0o640)
    files = Files()
    files.put(path, "b {}\n")
    files.write()
    assert path.stat().st_mode & 0o777 == 0o640
