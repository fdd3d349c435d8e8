"""Parsing blocks and expressions. Their values are checked against Terraform in tests/load/terraform/functions."""

from __future__ import annotations

import json
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.load.terraform.source.lexical import ScanError
from checker.load.terraform.source.normalise import normalise
from checker.load.terraform.source.parse import ParseError, parse_expression, parse_template
from checker.load.terraform.source.source_file import SourceFile, from_json, parse_file, to_json


def read(text: str, wanted: frozenset[str] | None = None) -> SourceFile:
    return parse_file(textwrap.dedent(text), "main.tf", wanted)


VAR_X = ["get", ["var", "var"], "x"]

EXPRESSIONS = {
    "a traversal": ("var.x", VAR_X),
    "an index": ("aws_vpc.a[0].id", ["get", ["idx", ["get", ["var", "aws_vpc"], "a"], ["lit", 0]], "id"]),
    "an index by name": ('a["k"]', ["idx", ["var", "a"], ["lit", "k"]]),
    "an index by dot": ("a.0.b", ["get", ["idx", ["var", "a"], ["lit", 0]], "b"]),
    "a splat": ("a[*].b.c", ["splat", ["var", "a"], [["get", "b"], ["get", "c"]]]),
    "an index within a splat": ("a[*].b[0]", ["splat", ["var", "a"], [["get", "b"], ["idx", ["lit", 0]]]]),
    "an index behind a splat": ("(a[*].b)[0]", ["idx", ["splat", ["var", "a"], [["get", "b"]]], ["lit", 0]]),
    "a legacy splat": ("a.*.b.0", ["splat", ["var", "a"], [["get", "b"], ["idx", ["lit", 0]]]]),
    "an index behind a legacy splat": ("a.*.b[0]", ["idx", ["splat", ["var", "a"], [["get", "b"]]], ["lit", 0]]),
    "two legacy splats": (
        "a.*.b.*.c",
        ["splat", ["splat", ["var", "a"], [["get", "b"]]], [["get", "c"]]],
    ),
    "a splat within a splat": (
        "a[*].b[*].c",
        [
            "for_list",
            None,
            "each element",
            ["var", "a"],
            ["splat", ["get", ["var", "each element"], "b"], [["get", "c"]]],
            None,
        ],
    ),
    "a call": ("f(1, a...)", ["call", "f", [["lit", 1], ["var", "a"]], True]),
    "a provider's function": ("provider::aws::f(1)", ["call", "provider::aws::f", [["lit", 1]], False]),
    "precedence": ("1 + 2 * 3", ["op", "+", [["lit", 1], ["op", "*", [["lit", 2], ["lit", 3]]]]]),
    "subtraction from the left": ("3 - 2 - 1", ["op", "-", [["op", "-", [["lit", 3], ["lit", 2]]], ["lit", 1]]]),
    "a negative number": ("-1.5", ["lit", -1.5]),
    "a negation": ("!a", ["op", "!", [["var", "a"]]]),
    "a double negation": ("!!a", ["var", "a"]),
    "a condition": ("a ? 1 : 2", ["cond", ["var", "a"], ["lit", 1], ["lit", 2]]),
    "a template": ('"a${var.x}b"', ["tpl", [["lit", "a"], VAR_X, ["lit", "b"]]]),
    "an interpolation alone": ('"${var.x}"', ["tpl", [VAR_X]]),
    "escapes": (r'"\n\t\"\\\u00e9\U0001F600"', ["lit", '\n\t"\\é😀']),
    "an escaped interpolation": ('"$${a} %%{b}"', ["lit", "${a} %{b}"]),
    "an escaped one around a real one": ('"$${a ${b}}"', ["tpl", [["lit", "${a "], ["var", "b"], ["lit", "}"]]]),
    "a flow log format": ('"$${version} $${account-id}"', ["lit", "${version} ${account-id}"]),
    "object keys": (
        '{ a = 1, "b" : 2, (c) = 3, true = 5 }',
        [
            "obj",
            [
                [["lit", "a"], ["lit", 1]],
                [["lit", "b"], ["lit", 2]],
                [["var", "c"], ["lit", 3]],
                [["lit", "true"], ["lit", 5]],
            ],
        ],
    ),
    "a for over a list": (
        "[for i, v in a : v if i > 0]",
        ["for_list", "i", "v", ["var", "a"], ["var", "v"], ["op", ">", [["var", "i"], ["lit", 0]]]],
    ),
    "a for over a map": (
        "{for k, v in a : v => k...}",
        ["for_obj", "k", "v", ["var", "a"], ["var", "v"], ["var", "k"], None, True],
    ),
    "names outside ASCII": ("größe.é", ["get", ["var", "größe"], "é"]),
    "trailing commas": ("f([1, 2,],)", ["call", "f", [["list", [["lit", 1], ["lit", 2]]]], False]),
    "comments": ("[1, # one\n 2 /* two */, // end\n]", ["list", [["lit", 1], ["lit", 2]]]),
    "a subtraction across lines": ("(a\n  - b)", ["op", "-", [["var", "a"], ["var", "b"]]]),
    "a chain of calls across lines": (
        "coalesce(\n  a,\n\n  b\n  .c\n)",
        ["call", "coalesce", [["var", "a"], ["get", ["var", "b"], "c"]], False],
    ),
}


@pytest.mark.parametrize("text,tree", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_expressions_become_the_tree(text, tree):
    assert parse_expression(text) == tree


@pytest.mark.parametrize("text", ["", "a b", "1\n2", "a = 1", "$", "[1", "{", '"', '"${a"', "a[", "f(", "<<E\nx", "}"])
def test_what_is_no_expression_is_an_error(text):
    with pytest.raises(ParseError):
        parse_expression(text)


def test_a_template_file_has_no_escapes():
    assert parse_template('say "\\n" ${a}') == ["tpl", [["lit", 'say "\\n" '], ["var", "a"]]]


@pytest.mark.parametrize("text", ["%{ if a }x", "x%{ endif }", "%{ for }x%{ endfor }", "%{ nope }", "${a", "%{ else }"])
def test_a_wrong_template_is_an_error(text):
    with pytest.raises(ParseError):
        parse_template(text)


def test_lines_and_text_are_those_of_the_file():
    file = read(
        """\
        # a comment
        resource "aws_vpc" "a" {
          cidr_block = var.cidr # said here

          tags = {
            Name = "a"
            # nothing
            Env  = var.env
          }
          timeouts {
            create = "1m"
          }
        }
        locals {
          x = <<-E
            one
            E
          y = 1
        }
        """
    )
    vpc, local = file.blocks
    assert (vpc.line, vpc.end_line) == (2, 13)
    assert {name: value.line for name, value in vpc.attributes.items()} == {"cidr_block": 3, "tags": 5}
    assert vpc.attributes["cidr_block"].text == "var.cidr"
    assert vpc.attributes["tags"].text == '{ Name = "…" Env = var.env }'
    (timeouts,) = vpc.blocks
    assert (timeouts.type, timeouts.line, timeouts.end_line) == ("timeouts", 10, 12)
    assert timeouts.attributes["create"].line == 11
    assert {name: value.line for name, value in local.attributes.items()} == {"x": 15, "y": 18}
    assert local.attributes["x"].expr == ["lit", "one\n"]


def test_a_long_expression_is_shown_in_part():
    (block,) = read("locals {\n  a = [" + ", ".join(f"var.v{number}" for number in range(99)) + "]\n}\n").blocks
    assert len(block.attributes["a"].text) == 160
    assert block.attributes["a"].text.endswith("…")


@pytest.mark.parametrize("kind", ['provider "aws"', 'variable "x"', "terraform"])
def test_texts_in_blocks_that_hold_credentials_are_not_repeated(kind):
    (block,) = read(f'{kind} {{\n  default = [var.x, "s3cret"]\n}}\n').blocks
    assert block.attributes["default"].text == '[var.x, "…"]'
    assert block.attributes["default"].expr[1][1] == ["lit", "s3cret"]


def test_nested_and_dynamic_blocks_keep_their_labels():
    (block,) = read(
        """\
        resource "aws_security_group" "a" {
          dynamic "ingress" {
            for_each = var.x
            content {
              from_port = ingress.value
            }
          }
          lifecycle { create_before_destroy = true }
        }
        """
    ).blocks
    dynamic, lifecycle = block.blocks
    assert (dynamic.type, dynamic.labels) == ("dynamic", ("ingress",))
    assert dynamic.blocks[0].type == "content"
    assert lifecycle.attributes["create_before_destroy"].expr == ["lit", True]


UNREADABLE = {
    "a syntax error": ('resource "aws_vpc" "a" {\n  b = 1\n  x = = 1\n}\n', 3, ("aws_vpc",)),
    "an argument set twice": ('resource "aws_vpc" "a" {\n  b = 1\n  b = 2\n}\n', 3, ("aws_vpc",)),
    "an argument set twice within": ('data "aws_vpc" "a" {\n  c {\n  b = 1\n  b = 2\n}\n}\n', 4, ("data.aws_vpc",)),
    "a wrong interpolation": ('locals {\n  a = "$${x} ${1 +}"\n}\n', 2, ()),
    "a bracket that closes nothing": ("locals {\n  a = (1]\n}\n", 2, ()),
    "a bracket that closes an interpolation": ('locals {\n  a = "${)b}"\n  c = 1\n}\n', 2, ()),
    "a bracket open at the end of an interpolation": ('locals {\n  a = "${(b}"\n}\n', 2, ()),
}


@pytest.mark.parametrize("text,line,types", UNREADABLE.values(), ids=UNREADABLE)
def test_a_block_that_cannot_be_parsed_costs_itself_alone(text, line, types):
    file = read(text + 'resource "aws_vpc" "good" {\n}\n')
    assert [block.labels for block in file.blocks] == [("aws_vpc", "good")]
    (part,) = file.unreadable
    assert (part.path, part.line, part.types) == ("main.tf", line, types)


def test_an_argument_set_twice_is_named():
    (part,) = read("locals {\n  abc = 1\n  abc = 2\n}\n").unreadable
    assert "abc" in part.cause


def test_a_resource_that_nobody_wants_keeps_what_says_how_many_there_are():
    file = read(
        """\
        resource "aws_instance" "a" {
          ami   = var.ami
          count = length([
            1, 2,
          ])
          provider = aws.west
          ebs_block_device { count = 3 }
          x = "count = 4 ${f("}")}"
          metadata = {
            for_each = 1
          }
        }
        resource "aws_eip" "b" { for_each = toset(["x"]) }
        resource "aws_eip" "c" { this is no HCL }
        """,
        frozenset({"aws_vpc"}),
    )
    first, second, third = file.blocks
    assert sorted(first.attributes) == ["count", "provider"]
    assert first.attributes["count"].line == 3
    assert first.attributes["provider"].expr == ["get", ["var", "aws"], "west"]
    assert first.blocks == ()
    assert list(second.attributes) == ["for_each"]
    assert third.attributes == {}
    assert file.unreadable == ()


def test_data_sources_are_wanted_by_themselves():
    text = 'data "aws_vpc" "a" {\n  id = 1\n}\nresource "aws_vpc" "a" {\n  x = 1\n}\n'
    data, resource = read(text, frozenset({"data.aws_vpc"})).blocks
    assert list(data.attributes) == ["id"]
    assert resource.attributes == {}


@pytest.mark.parametrize(
    "nested", ["[" * 500 + "]" * 500, "(" * 500 + "1" + ")" * 500, "-" * 500 + "1", "f(" * 500 + ")" * 500]
)
def test_an_expression_nested_beyond_reason_is_bad_or_unreadable(nested):
    file = read("locals {\n  a = " + nested + "\n}\n")
    assert file.unreadable or '"bad"' in json.dumps(file.blocks[0].attributes["a"].expr)


def test_a_block_nested_beyond_reason_is_unreadable():
    file = read("a {\n" * 2000 + "}\n" * 2000)
    assert len(file.unreadable) == 1


PIECES = st.sampled_from(
    [
        "a",
        "é",
        " = ",
        '"',
        "${",
        "%{",
        "}",
        "{",
        "[",
        "]",
        "(",
        ")",
        "\n",
        "#",
        "/*",
        "*/",
        "<<E\n",
        "\nE\n",
        "!",
        "::",
        "for ",
        "$${",
        "~",
        ".",
        "*",
    ]
)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_normalising_never_moves_a_character(text):
    try:
        normalised = normalise(text)
    except ScanError:
        return
    assert len(normalised.text) == len(normalised.plain) == len(text)
    assert normalised.text.isascii() or '"' in text


@given(st.lists(PIECES, max_size=20).map("".join))
def test_any_text_is_read_and_survives_the_cache(text):
    file = parse_file("locals {\n x = " + text + "\n}\n", "main.tf", None)
    assert from_json(json.loads(json.dumps(to_json(file))), "main.tf") == file
    assert file.blocks or file.unreadable
