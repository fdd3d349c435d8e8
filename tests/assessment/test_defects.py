"""What is lost although flow logs stand there: only where no sound log is left."""

from __future__ import annotations

import pytest

from checker.assessment import coverage_rows
from checker.model.assessment import CoverageRow
from checker.model.entity import Entity
from checker.model.finding import Finding, Status
from checker.model.flow_log import TrafficType
from checker.model.model import NetworkModel
from checker.model.record import replace
from tests.rules.build import findings, flow_log, model, on_subnet, subnet, vpc

A, B = subnet("aws_subnet.a"), subnet("aws_subnet.b")
OWN = flow_log("aws_flow_log.own")


def row(*entities: Entity, broken: tuple[str, ...] = (), waived: bool = False) -> CoverageRow:
    """Return the row of the only VPC; the logs named do not deliver."""
    network = model(*entities)
    (found,) = coverage_rows(network, told(network, broken, waived))
    return found


def told(network: NetworkModel, broken: tuple[str, ...], waived: bool = False) -> list[Finding]:
    status = Status.WAIVED if waived else Status.FAIL
    return [
        replace(each, status=status, message=f"{address} does not deliver.")
        if rule == "FL005" and address in broken
        else replace(each, status=Status.PASS) if rule == "FL005" else each
        for (rule, address), each in findings(network).items()
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entities", "broken", "lost"),
    [
        ((vpc(), OWN), (), False),
        ((vpc(), OWN), ("aws_flow_log.own",), True),
        ((vpc(), OWN, flow_log("aws_flow_log.two")), ("aws_flow_log.own",), False),
        ((vpc(), OWN, flow_log("aws_flow_log.two")), ("aws_flow_log.own", "aws_flow_log.two"), True),
        ((vpc(), A, B, on_subnet("aws_flow_log.a", "aws_subnet.a"), on_subnet("aws_flow_log.b", "aws_subnet.b")),
         ("aws_flow_log.b",), True),
        ((vpc(), A, OWN, on_subnet("aws_flow_log.a", "aws_subnet.a")), ("aws_flow_log.own",), False),
        ((vpc(), A, B, OWN, on_subnet("aws_flow_log.a", "aws_subnet.a")), ("aws_flow_log.own",), True),
        ((vpc(), A, OWN, on_subnet("aws_flow_log.a", "aws_subnet.a")), ("aws_flow_log.a",), False),
        ((vpc(),), (), False),
    ],
    ids=["sound", "only-log", "one-of-two", "both", "one-subnet-of-two", "every-subnet-sound", "one-subnet-left-over",
         "subnet-under-sound-vpc", "no-log"],
)  # fmt: skip
def test_logs_that_do_not_deliver(entities: tuple[Entity, ...], broken: tuple[str, ...], lost: bool) -> None:
    found = row(*entities, broken=broken)
    assert bool(found.defects) is lost
    assert {each.rule_id for each in found.defects} <= {"FL005"}


def test_a_defect_refers_to_its_finding() -> None:
    (found,) = row(vpc(), OWN, broken=("aws_flow_log.own",)).defects
    assert (found.rule_id, found.message) == ("FL005", "aws_flow_log.own does not deliver.")
    assert found.finding == "FL005:root:aws_flow_log.own"


def test_what_is_waived_is_lost_all_the_same() -> None:
    (found,) = row(vpc(), OWN, broken=("aws_flow_log.own",), waived=True).defects
    assert found.message == "aws_flow_log.own does not deliver. (waived)"


def test_traffic_that_a_log_leaves_out() -> None:
    (found,) = row(vpc(), flow_log(traffic_type=TrafficType.REJECT)).defects
    assert found.rule_id == "FL002"
    assert "ACCEPT" in found.message
    assert row(vpc(), flow_log(traffic_type=TrafficType.ALL)).defects == ()


def test_a_dark_vpc_has_no_defects() -> None:
    assert row(vpc()).defects == ()


def test_a_verdict_beside_the_report_tells_and_is_not_referred_to() -> None:
    network = model(vpc(), flow_log(traffic_type=TrafficType.REJECT))
    (found,) = coverage_rows(network, (), findings(network).values())
    assert [(each.rule_id, each.finding) for each in found.defects] == [("FL002", None)]
