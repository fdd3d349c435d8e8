"""Cutting files into blocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.load.terraform.source.scan import Scan, scan


def blocks(found: Scan) -> list[tuple[str, tuple[str, ...], int, int]]:
    return [(part.type, part.labels, part.line, part.end_line) for part in found.slices]


WHOLE = {
    "a block": ('resource "aws_vpc" "a" {\n  x = 1\n}\n', [("resource", ("aws_vpc", "a"), 1, 3)]),
    "on one line": ('variable "x" {}\nlocals { a = 1 }', [("variable", ("x",), 1, 1), ("locals", (), 2, 2)]),
    "bare labels": ("resource aws_vpc a {\n}\n", [("resource", ("aws_vpc", "a"), 1, 2)]),
    "a comment before the brace": ("locals /* } */ {\n}\n", [("locals", (), 1, 2)]),
    "braces in a string": ('locals {\n  a = "}{"\n}\n', [("locals", (), 1, 3)]),
    "an escaped quote": ('locals {\n  a = "\\"}"\n}\n', [("locals", (), 1, 3)]),
    "a string within an interpolation": ('locals {\n  a = "${f("}")}"\n}\n', [("locals", (), 1, 3)]),
    "an escaped interpolation": ('locals {\n  a = "$${"\n}\n', [("locals", (), 1, 3)]),
    "a directive": ('locals {\n  a = "%{ if x }}%{ endif }"\n}\n', [("locals", (), 1, 3)]),
    "line comments": ("locals {\n  # }\n  // }\n}\n", [("locals", (), 1, 4)]),
    "a block comment": ("/* locals { */\nlocals {\n/* }\n} */}\n", [("locals", (), 2, 4)]),
    "a heredoc": ("locals {\n  a = <<E\n}\n  b = <<-F\nE\n}\n", [("locals", (), 1, 6)]),
    "an indented heredoc": ('locals {\n  a = <<-E\n  }"\n    E\n}\n', [("locals", (), 1, 5)]),
    "a marker with blanks behind": ("locals {\n  a = <<E\n}\nE  \n}\n", [("locals", (), 1, 5)]),
    "a marker within the text": ("locals {\n  a = <<E\nE x\n xE\nE\n}\n", [("locals", (), 1, 6)]),
    "a marker within an interpolation": ('locals {\n  a = <<E\n${f(\n"E"\n)}\nE\n}\n', [("locals", (), 1, 7)]),
    "Windows line ends": (
        "locals {\r\n  a = <<E\r\n}\r\nE\r\n}\r\nlocals {}\r\n",
        [("locals", (), 1, 5), ("locals", (), 6, 6)],
    ),
    "a label outside ASCII": ('locals {}\nmodule "größe" {\n}\n', [("locals", (), 1, 1), ("module", ("größe",), 2, 3)]),
    "nothing": ("\n# only a comment", []),
}


@pytest.mark.parametrize("text,expected", WHOLE.values(), ids=WHOLE)
def test_blocks_are_found_with_their_lines(text, expected):
    found = scan(text)
    assert blocks(found) == expected
    assert found.problems == ()
    for part in found.slices:
        assert text[part.body - 1] == "{" and text[part.end - 1] == "}"


GOOD = 'resource "aws_vpc" "good" {\n}\n'

BROKEN = {
    "a block that is never closed": (
        GOOD + 'resource "aws_subnet" "bad" {\n  x = {\n' + GOOD,
        [("good", 1), ("good", 5)],
        [(3, ("aws_subnet",))],
    ),
    "a data source that is never closed": (
        'data "aws_vpc" "bad" {\n' + GOOD,
        [("good", 2)],
        [(1, ("data.aws_vpc",))],
    ),
    "a string that is never closed": (
        'resource "aws_subnet" "bad" {\n  x = "a\n}\n' + GOOD,
        [("good", 4)],
        [(1, ("aws_subnet",))],
    ),
    "a heredoc that is never closed": (
        'resource "aws_subnet" "bad" {\n  x = <<E\n}\n' + GOOD,
        [("good", 4)],
        [(1, ("aws_subnet",))],
    ),
    "a comment that is never closed": (
        GOOD + 'resource "aws_subnet" "bad" {\n /* x\n}\n',
        [("good", 1)],
        [(3, ("aws_subnet",))],
    ),
    "one brace too many": (
        'resource "aws_subnet" "bad" {\n}\n}\n' + GOOD,
        [("good", 4)],
        [(1, ("aws_subnet",)), (3, ("aws_subnet",))],
    ),
    "a block closed too early": (
        'resource "aws_subnet" "bad" {\n  a = {}}\n  x = 1\n}\n' + GOOD,
        [("good", 5)],
        [(1, ("aws_subnet",)), (3, ("aws_subnet",))],
    ),
    "text that is no block at the beginning": ("nonsense\n" + GOOD, [("good", 2)], [(1, ())]),
    "text that is no block in two places": (
        "nonsense\n" + GOOD + "more\n",
        [],
        [(1, ()), (2, ("aws_vpc",)), (4, ("aws_vpc",))],
    ),
    "binary": ("\x00\x01\x02{{{", [], [(1, ())]),
}


@pytest.mark.parametrize("text,kept,problems", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_costs_no_more_than_itself(text, kept, problems):
    found = scan(text)
    assert [(part.labels[1], part.line) for part in found.slices] == kept
    assert sorted((problem.line, problem.types) for problem in found.problems) == problems
    assert all(problem.cause for problem in found.problems)


def test_the_cause_names_the_line_of_what_is_not_closed():
    (problem,) = scan('resource "aws_subnet" "a" {\n  b = 1\n  c = "x\n}\n').problems
    assert problem.line == 1
    assert problem.cause == "a quoted text is not closed in line 3"


def test_comments_to_flowcheck_are_collected_wherever_they_stand():
    text = (
        "# flowcheck:ignore=FL001 reason=a\n"
        'resource "aws_vpc" "a" { // flowcheck:ignore=FL002\n'
        "  x = 1 # no flowcheck:ignore=FL003\n"
        "  y = 2 # flowcheck:ignore=FL004\n"
        '  z = "# flowcheck:ignore=FL005"\n'
        "}\n"
        "/* flowcheck:ignore=FL006\n"
        " * flowcheck:ignore=FL007 */\n"
    )
    assert scan(text).comments == (
        ("flowcheck:ignore=FL001 reason=a", 1),
        ("flowcheck:ignore=FL002", 2),
        ("flowcheck:ignore=FL004", 4),
        ("flowcheck:ignore=FL006", 7),
        ("flowcheck:ignore=FL007", 8),
    )


def test_nesting_beyond_reason_is_a_problem_and_not_a_crash():
    found = scan("locals {\n  a = " + '"${' * 5000 + "\n}\n")
    assert found.slices == ()
    assert len(found.problems) == 1


PIECES = st.sampled_from(
    [
        'resource "aws_vpc" "a" {\n',
        "}\n",
        "{",
        "}",
        '"',
        "${",
        "%{",
        "<<E\n",
        "\nE\n",
        "#",
        "//",
        "/*",
        "*/",
        "\n",
        "x",
        "\\",
        "$${",
        "~",
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_text_is_cut_and_slices_never_overlap(text):
    found = scan(text)
    end = 0
    for part in found.slices:
        assert end <= part.start < part.body <= part.end <= len(text)
        end = part.end
    assert found.slices or found.problems or not text.strip() or text.lstrip().startswith(("#", "/"))
