"""Places whose VPCs could not be listed."""

from __future__ import annotations

import pytest

from checker.assessment import unexamined_rows
from checker.model.finding import Gap
from checker.model.known import Unknown
from checker.model.model import NetworkModel, Unread

DENIED = Unknown("ec2:DescribeVpcs was denied")


@pytest.mark.parametrize(
    ("types", "root", "place"),
    [
        (("aws_vpc", "aws_default_vpc"), "111122223333/eu-west-1", ("111122223333", "eu-west-1", None)),
        ((), "111122223333/eu-west-1", ("111122223333", "eu-west-1", None)),
        (("aws_flow_log",), "111122223333/eu-west-1", None),
        (("aws_vpc",), "111122223333/global", None),
        (("aws_vpc",), "infra/prod", (None, None, "infra/prod")),
        ((), None, (None, None, None)),
    ],
    ids=["vpcs", "anything", "other-kind", "not-a-region", "root-module", "everywhere"],
)
def test_what_was_not_read_may_hide_vpcs(
    types: tuple[str, ...], root: str | None, place: tuple[str | None, ...]
) -> None:
    account, _, region = root.partition("/") if root and root[0].isdigit() else (None, "", None)
    unread = Unread(types=types, root=root, account=account, region=region, cause=DENIED)
    rows = unexamined_rows(NetworkModel(unread=(unread,)), ())
    assert [(each.account, each.region, each.root) for each in rows] == ([] if place is None else [place])
    assert all(each.cause == DENIED.reason for each in rows)


def test_a_region_that_hides_several_kinds_is_one_row() -> None:
    unread = [Unread(types=(name,), account="111122223333", region="eu-west-1", cause=Unknown(name))
              for name in ("aws_vpc", "aws_default_vpc")]  # fmt: skip
    assert [each.cause for each in unexamined_rows(NetworkModel(unread=tuple(unread)), ())] == ["aws_vpc"]


def test_an_account_that_was_not_entered() -> None:
    gaps = [Gap(what="account 444455556666", cause="AccessDenied", affects="all of it", account="444455556666"),
            Gap(what="account 111122223333", cause="ec2:DescribeRegions was denied", affects="further regions",
                account="111122223333", call="ec2:DescribeRegions"),
            Gap(what="111122223333/global", cause="not called", affects="a", account="111122223333", region="global"),
            Gap(what="main.tf:3", cause="odd", affects="all of it")]  # fmt: skip
    (found,) = unexamined_rows(NetworkModel(), gaps)
    assert (found.account, found.region, found.cause) == ("444455556666", None, "AccessDenied")
