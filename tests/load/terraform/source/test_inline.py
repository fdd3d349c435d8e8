"""Waivers written as comments in the source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from checker.load.terraform.source.inline import inline_waivers, parse_comment
from checker.load.terraform.source.modules import Module
from tests.load.terraform.source.conftest import Source


@pytest.mark.parametrize(
    ("text", "rules", "reason", "owner", "until"),
    [
        ("ignore=FL003 reason=old", ("FL003",), "old", None, None),
        (
            "ignore=FL003,FL006 reason=non-Nitro fleet until=2027-03-31 owner=netops@x",
            ("FL003", "FL006"),
            "non-Nitro fleet",
            "netops@x",
            date(2027, 3, 31),
        ),
        ('until=2027-03-31 ignore=FL003 reason="a=b until=x"', ("FL003",), "a=b until=x", None, date(2027, 3, 31)),
        ("ignore=FL003, FL006 reason='single'", ("FL003", "FL006"), "single", None, None),
    ],
)
def test_a_comment_says_rules_reason_owner_and_end(
    text: str, rules: tuple[str, ...], reason: str, owner: str | None, until: date | None
) -> None:
    words = parse_comment(f"flowcheck:{text}")
    assert (words.rules, words.reason, words.owner, words.until) == (rules, reason, owner, until)
    assert words.error is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("ignore=FL003", "a reason is required"),
        ("ignore=FL003 reason=", "a reason is required"),
        ('ignore=FL003 reason=""', "a reason is required"),
        ("ignore=FL003 reason=x until=soon", "until=soon is no date"),
        ("ignore=FL003 reason=x until=2027-02-30", "until=2027-02-30 is no date"),
        ("ignore=FL003 reason=x untill=2027-01-01", "untill= is not known"),
        ("ignore=FL003 reason=x reason=y", "reason= stands twice"),
        ("ignore=fl3 reason=x", "fl3 is no rule id"),
        ("ignore= reason=x", "no rule is named"),
        ("reason=x", "no rule is named"),
        ("ignore FL003", "it cannot be read"),
        ("", "it cannot be read"),
    ],
)
def test_a_wrong_comment_says_what_is_wrong(text: str, error: str) -> None:
    words = parse_comment(f"flowcheck:{text}")
    assert words.error is not None
    assert words.error.startswith(error)


SOURCE = """\
# flowcheck:ignore=FL001 reason=before
resource "aws_vpc" "before" {}

resource "aws_vpc" "trailing" { # flowcheck:ignore=FL001 reason=trailing
}

resource "aws_vpc" "inside" {
  // flowcheck:ignore=FL001 reason=inside
}

# flowcheck:ignore=FL001 reason=first of two
# flowcheck:ignore=FL003 reason=second of two
data "aws_vpc" "two" {}

# flowcheck:ignore=FL001 reason=call
module "net" { source = "./net" }

# flowcheck:ignore=FL001 reason=far

resource "aws_vpc" "far" {}
"""


def test_a_waiver_belongs_to_the_block_it_stands_on(tree: Callable[[Source], Module]) -> None:
    nested = 'resource "aws_vpc" "v" { # flowcheck:ignore=FL001 reason=nested\n}'
    module = tree({"main.tf": SOURCE + 'module "again" { source = "./net" }\n', "net/main.tf": nested})
    found = [(waiver.address, waiver.reason, waiver.error) for waiver in inline_waivers(module)]
    nowhere = "it stands on no resource, data source or module call"
    assert found == [
        ("", "far", nowhere),
        ("aws_vpc.before", "before", None),
        ("aws_vpc.inside", "inside", None),
        ("aws_vpc.trailing", "trailing", None),
        ("data.aws_vpc.two", "first of two", None),
        ("data.aws_vpc.two", "second of two", None),
        ("module.again.aws_vpc.v", "nested", None),
        ("module.net", "call", None),
        ("module.net.aws_vpc.v", "nested", None),
    ]


def test_a_waiver_names_its_root_file_and_line(tree: Callable[[Source], Module]) -> None:
    waiver = inline_waivers(tree(SOURCE), root="envs/prod")[1]
    assert (waiver.root, waiver.origin.root, waiver.origin.path, waiver.origin.line) == (
        "envs/prod",
        "envs/prod",
        "main.tf",
        1,
    )
