"""Addresses, and where they are declared."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checker.load.terraform.source.address import Address, parse_address, with_key
from checker.load.terraform.source.evaluate import Evaluation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aws_vpc.v", Address((), "managed", "aws_vpc", "v", None)),
        ("aws_vpc.v[0]", Address((), "managed", "aws_vpc", "v", 0)),
        ('aws_vpc.v["a.b[0]"]', Address((), "managed", "aws_vpc", "v", "a.b[0]")),
        ('aws_vpc.v["say \\"hi\\""]', Address((), "managed", "aws_vpc", "v", 'say "hi"')),
        ("aws_vpc.öst", Address((), "managed", "aws_vpc", "öst", None)),
        ('module.été["a"].aws_vpc._1', Address((("été", "a"),), "managed", "aws_vpc", "_1", None)),
        ("data.aws_vpc.v", Address((), "data", "aws_vpc", "v", None)),
        (
            'module.net["a"].module.logs[1].data.aws_vpc.v[2]',
            Address((("net", "a"), ("logs", 1)), "data", "aws_vpc", "v", 2),
        ),
    ],
)
def test_an_address_is_taken_apart(text: str, expected: Address) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "aws_vpc",
        "module.net",
        "aws_vpc.v.id",
        "aws_vpc..v",
        ".aws_vpc.v",
        "aws_vpc[0].v",
        "aws_vpc.v[x]",
        "aws_vpc.1v",
    ],
)
def test_what_is_no_instance_address_is_refused(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize("key", ["plain", 'with "quotes"', "back\\slash", "dollar ${x}", "ä", "a.b"])
def test_a_key_survives_writing_and_reading(key: str) -> None:
    parsed = parse_address(with_key("aws_vpc.v", key))
    assert parsed is not None
    assert parsed.key == key


def test_a_resource_is_located_whatever_its_keys(evaluate: Callable[..., Evaluation]) -> None:
    evaluation = evaluate(
        {
            "main.tf": 'module "net" {\n  source   = "./net"\n  for_each = toset(["a"])\n}\n',
            "net/main.tf": '\nresource "aws_vpc" "v" {\n  count = 2\n  tags = {}\n}\n',
        },
        label="envs/prod",
    )
    origin = evaluation.locate('module.net["gone"].aws_vpc.v[7]')
    assert origin is not None
    assert (origin.path, origin.line, origin.end_line, origin.root) == ("net/main.tf", 2, 5, "envs/prod")
    assert dict(origin.attribute_lines) == {"count": 3, "tags": 4}


@pytest.mark.parametrize("address", ["aws_vpc.gone", "module.gone.aws_vpc.v", "nonsense", ""])
def test_what_is_not_declared_has_no_location(evaluate: Callable[..., Evaluation], address: str) -> None:
    evaluation = evaluate('resource "aws_vpc" "v" {}')
    assert evaluation.locate(address) is None
    assert evaluation.configured(address) is None
