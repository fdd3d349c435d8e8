from __future__ import annotations

import pytest

from checker.load.terraform.source.address import Address, module_address, parse_address

ADDRESSES = [
    ("aws_vpc.x", Address((), "managed", "aws_vpc", "x", None)),
    ("aws_vpc.x[0]", Address((), "managed", "aws_vpc", "x", 0)),
    ('aws_vpc.x["a"]', Address((), "managed", "aws_vpc", "x", "a")),
    ("data.aws_vpc.x[1]", Address((), "data", "aws_vpc", "x", 1)),
    ("module.m.aws_vpc.x", Address((("m", None),), "managed", "aws_vpc", "x", None)),
    ("module.m[3].aws_vpc.x[0]", Address((("m", 3),), "managed", "aws_vpc", "x", 0)),
    ("module.m[3].data.aws_vpc.x", Address((("m", 3),), "data", "aws_vpc", "x", None)),
    ("module.m[3].data.data.x", Address((("m", 3),), "data", "data", "x", None)),
    ("module.m[3].module.k.aws_vpc.x", Address((("m", 3), ("k", None)), "managed", "aws_vpc", "x", None)),
    ('module.m["a.b"].aws_vpc.x', Address((("m", "a.b"),), "managed", "aws_vpc", "x", None)),
    ('module.m["a].b"].aws_vpc.x[0]', Address((("m", "a].b"),), "managed", "aws_vpc", "x", 0)),
    ('aws_vpc.x["a].b.c"]', Address((), "managed", "aws_vpc", "x", "a].b.c")),
    ('module.m[0].aws_vpc.x["m[0].a.b"]', Address((("m", 0),), "managed", "aws_vpc", "x", "m[0].a.b")),
    ('aws_vpc.x["$${a}"]', Address((), "managed", "aws_vpc", "x", "${a}")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), ADDRESSES, ids=[text for text, _ in ADDRESSES])
def test_an_instance_address_is_taken_apart(text, wanted):
    assert parse_address(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "aws_vpc",
        "aws_vpc[0].x",
        "aws_vpc[0].b.c",
        "module.m[0]",
        "module.m[0].module.k",
        "module.m[0].module.k[1]",
        "module.m[0].module.k.c",
        "module.m[0].data.x",
        "module.m[0].aws_vpc.x[0].y",
        "m[0].aws_vpc.x",
        "].aws_vpc.x",
        "[0].aws_vpc.x",
        "module.m[a].aws_vpc.x",
        "aws_vpc.x[0",
    ],
)
def test_other_texts_are_no_address(text):
    assert parse_address(text) is None


def test_a_module_instance_is_written_as_terraform_prints_it():
    assert module_address(()) == ""
    assert module_address((("m", None), ("k", 3), ("j", 'a"b'))) == 'module.m.module.k[3].module.j["a\\"b"]'
