"""Coverage as rows: nothing but a verdict makes a VPC recorded, and what is dark is named."""

from dataclasses import replace
from typing import Any

import pytest

from checker.assessment import coverage_rows
from checker.model.assessment import CoverageRow
from checker.model.entity import Entity
from checker.model.finding import Finding, Status
from checker.model.flow_log import FlowLogTarget
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import NetworkModel, Unread
from checker.model.origin import Source
from checker.rules.engine import judge
from tests.rules.build import findings, flow_log, interface, model, on_subnet, settings, subnet, transit_gateway, vpc

LATER = Unknown("known after apply")
LIVE: dict[str, Any] = {"source": Source.SNAPSHOT, "root": "111122223333/eu-west-1", "id": "vpc-1"}


def rows(network: NetworkModel, **params: Any) -> tuple[CoverageRow, ...]:
    return coverage_rows(network, findings(network, **params).values())


def row(*entities: Entity, **params: Any) -> CoverageRow:
    (found,) = rows(model(*entities), **params)
    return found


@pytest.mark.parametrize(
    ("entities", "state", "dark"),
    [
        ((vpc(), flow_log()), "covered", ()),
        ((vpc(),), "none", ()),
        ((vpc(), subnet("aws_subnet.a"), subnet("aws_subnet.b")), "none", ("aws_subnet.a", "aws_subnet.b")),
        ((vpc(), subnet("aws_subnet.a"), subnet("aws_subnet.b"), on_subnet("aws_flow_log.a", "aws_subnet.a")),
         "partial", ("aws_subnet.b",)),
        ((vpc(), subnet("aws_subnet.a"), on_subnet("aws_flow_log.a", "aws_subnet.a")), "covered-by-subnets", ()),
        ((vpc(), flow_log(on=Unknown("an expression"))), "unknown", ()),
        ((vpc(), flow_log(exists=Unknown("count is not known"))), "unknown", ()),
    ],
    ids=["log", "none", "none-with-subnets", "one-of-two-subnets", "all-subnets", "target-unknown", "log-may-exist"],
)  # fmt: skip
def test_the_state_is_that_of_the_verdict(entities: tuple[Entity, ...], state: str, dark: tuple[str, ...]) -> None:
    found = row(*entities)
    assert (found.state, found.dark) == (state, dark)
    assert found.finding == "FL001:root:aws_vpc.a"


def test_a_vpc_without_a_verdict_is_not_known() -> None:
    found = row(vpc(), flow_log(), FL001=None)
    assert (found.state, found.finding) == ("unknown", None)


def test_a_verdict_beside_the_report_settles_the_state_and_is_not_referred_to() -> None:
    network = model(vpc(), flow_log())
    extra = findings(network).values()
    (found,) = coverage_rows(network, (), extra)
    assert (found.state, found.finding) == ("covered", None)


def test_a_rule_switched_off_for_a_vpc_does_not_hide_that_it_is_dark() -> None:
    network = model(vpc())
    told = findings(network)["FL001", "aws_vpc.a"]
    off = replace(told, status=Status.NOT_APPLICABLE, facts={})
    (found,) = coverage_rows(network, [off], [told])
    assert (found.state, found.finding) == ("none", off.id)


def test_a_waived_vpc_is_waived_and_still_dark() -> None:
    network = model(vpc(), subnet())
    told = findings(network)["FL001", "aws_vpc.a"]
    (found,) = coverage_rows(network, [replace(told, status=Status.WAIVED)])
    assert (found.state, found.dark) == ("waived", ("aws_subnet.a",))


def test_a_shared_vpc_has_its_row_with_its_owner_only() -> None:
    theirs = vpc("aws_vpc.theirs", owner="444455556666", **LIVE)
    own = vpc("aws_vpc.own", account="444455556666", owner="444455556666",
              **{**LIVE, "root": "444455556666/eu-west-1"})  # fmt: skip
    network = model(theirs, own)
    told = judge(Loaded(after=network), settings()).findings
    assert [each.account for each in coverage_rows(network, told)] == ["444455556666"]


def test_a_vpc_of_an_account_that_was_not_scanned_is_not_known() -> None:
    assert row(vpc(owner="444455556666", **LIVE)).state == "unknown"


def test_interfaces_are_counted_where_all_were_read() -> None:
    live = {**LIVE, "id": "vpc-1"}
    network = model(
        vpc("aws_vpc.a", **live), interface("eni-1", **{**LIVE, "id": "eni-1"}, vpc="vpc-1", subnet="subnet-1")
    )
    assert rows(network)[0].interfaces == 1
    unread = Unread(types=("aws_network_interface",), cause=Unknown("denied"))
    assert rows(replace(network, unread=(unread,)))[0].interfaces is None
    assert row(vpc()).interfaces is None


@pytest.mark.parametrize(("logged", "state"), [(True, "covered"), (False, "none")])
def test_transit_gateways_have_rows(logged: bool, state: str) -> None:
    gateway = transit_gateway()
    entities: tuple[Entity, ...] = (gateway,)
    if logged:
        entities = (gateway, flow_log(on=gateway.key, target_type=FlowLogTarget.TRANSIT_GATEWAY, traffic_type=None))
    found = row(*entities, FL001={"require": ["transit-gateway"]})
    assert (found.type, found.state) == ("aws_ec2_transit_gateway", state)


def test_rows_are_sorted_and_bear_names() -> None:
    network = model(vpc("aws_vpc.b", region="us-east-1"), vpc("aws_vpc.a", region="us-east-1", tags={"Name": "shop"}),
                    vpc("aws_vpc.c", region="eu-west-1"), vpc("aws_vpc.d", account=LATER))  # fmt: skip
    found = rows(network)
    assert [each.address for each in found] == ["aws_vpc.d", "aws_vpc.c", "aws_vpc.a", "aws_vpc.b"]
    assert [each.name for each in found] == [None, None, "shop", None]
    assert found[0].account is None


def verdict(network: NetworkModel) -> Finding:
    return findings(network)["FL001", "aws_vpc.a"]


def test_only_the_coverage_rule_is_listened_to() -> None:
    network = model(vpc(), flow_log())
    other = replace(verdict(network), rule_id="FL002", status=Status.FAIL)
    assert coverage_rows(network, [other])[0].state == "unknown"
