"""Flow logs that write records of the same interfaces into one log group."""

from __future__ import annotations

from typing import Any

import pytest

from checker.flowlog.overlaps import overlapping
from checker.flowlog.part import Overlap
from checker.model.flow_log import FlowLog, FlowLogTarget, TrafficType
from checker.model.known import Unknown
from checker.model.record import replace
from tests.rules.build import flow_log, interface, model, on_subnet, subnet, to_bucket, to_group, vpc

GROUP = {"destination": to_group(name="/vpc")}
VPC = flow_log("aws_flow_log.vpc", id="fl-vpc", **GROUP)


def log(number: int, on: Any, kind: FlowLogTarget = FlowLogTarget.VPC, **over: Any) -> FlowLog:
    return flow_log(f"aws_flow_log.n{number}", on, **{"id": f"fl-{number}", "target_type": kind, **GROUP, **over})


@pytest.mark.parametrize(
    ("other", "doubled"),
    [
        pytest.param(log(1, "aws_vpc.a"), True, id="the same VPC"),
        pytest.param(log(1, "aws_vpc.b"), False, id="another VPC"),
        pytest.param(log(1, "aws_subnet.a", FlowLogTarget.SUBNET), True, id="a subnet of it"),
        pytest.param(log(1, "aws_subnet.b", FlowLogTarget.SUBNET), False, id="a subnet of another"),
        pytest.param(log(1, "aws_network_interface.a", FlowLogTarget.NETWORK_INTERFACE), True, id="an interface of it"),
        pytest.param(log(1, "aws_vpc.a", destination=to_group(name="/other")), False, id="another group"),
        pytest.param(log(1, "aws_vpc.a", destination=to_bucket(name="/vpc")), False, id="a bucket of that name"),
        pytest.param(log(1, "aws_vpc.a", traffic_type=Unknown("x")), True, id="some of all the verdicts"),
        pytest.param(log(1, Unknown("x"), destination=to_bucket(name="/vpc")), False, id="somewhere, into a bucket"),
        pytest.param(log(1, Unknown("x"), destination=to_group(name="/other")), False, id="somewhere, another group"),
        pytest.param(log(1, Unknown("x"), region="us-west-2"), False, id="somewhere in another region"),
        pytest.param(log(1, "aws_vpc.b", destination=Unknown("x")), False, id="another VPC, into something"),
    ],
)
def test_logs_overlap_where_one_records_what_the_other_does(other: FlowLog, doubled: bool) -> None:
    network = model(
        vpc("aws_vpc.a"), vpc("aws_vpc.b"), subnet("aws_subnet.a", "aws_vpc.a"), subnet("aws_subnet.b", "aws_vpc.b"),
        interface("aws_network_interface.a", vpc="aws_vpc.a", subnet="aws_subnet.a"), VPC, other,
    )  # fmt: skip
    assert overlapping(network) == ({"/vpc": (Overlap(logs=("fl-1", "fl-vpc")),)} if doubled else {})


@pytest.mark.parametrize(
    ("other", "why"),
    [
        pytest.param(log(1, Unknown("x")), "its target: x", id="its target"),
        pytest.param(log(1, Unknown("x"), destination=Unknown("y")), "its target: x", id="its target and destination"),
        pytest.param(log(1, "aws_vpc.a", destination=Unknown("y")), "its destination: y", id="its destination"),
        pytest.param(log(1, "aws_vpc.a", destination=replace(to_group(), name=Unknown("y"))),
                     "its destination: the log group's name", id="its group's name"),
    ],
)  # fmt: skip
def test_where_something_of_a_log_is_not_known_nothing_is_claimed(other: FlowLog, why: str) -> None:
    assert overlapping(model(vpc("aws_vpc.a"), VPC, other)) == {"/vpc": (Overlap(logs=("fl-1",), unknown=why),)}


def test_verdicts_that_are_not_known_may_be_those_that_another_records() -> None:
    network = model(vpc("aws_vpc.a"), log(1, "aws_vpc.a", traffic_type=TrafficType.ACCEPT),
                    log(2, "aws_vpc.a", traffic_type=Unknown("x")))  # fmt: skip
    assert overlapping(network) == {"/vpc": (Overlap(logs=("fl-2",), unknown="its traffic type: x"),)}


def test_what_is_sure_comes_first() -> None:
    network = model(vpc("aws_vpc.a"), VPC, log(1, Unknown("x")), log(2, "aws_vpc.a"))
    sure, unsure = overlapping(network)["/vpc"]
    assert (sure, unsure) == (Overlap(logs=("fl-2", "fl-vpc")), Overlap(logs=("fl-1",), unknown="its target: x"))


def test_a_log_alone_in_its_group_overlaps_with_nothing() -> None:
    assert overlapping(model(vpc("aws_vpc.a"), log(1, Unknown("x")))) == {}


def test_accepted_and_rejected_traffic_apart_do_not_overlap() -> None:
    kinds = (TrafficType.ACCEPT, TrafficType.REJECT)
    apart = [log(number, "aws_vpc.a", traffic_type=kind) for number, kind in enumerate(kinds)]
    assert overlapping(model(vpc("aws_vpc.a"), *apart)) == {}
    assert overlapping(model(vpc("aws_vpc.a"), *apart, log(2, "aws_vpc.a"))) == {
        "/vpc": (Overlap(logs=("fl-0", "fl-1", "fl-2")),)
    }


def test_a_subnet_and_an_interface_in_it_overlap() -> None:
    network = model(
        subnet("aws_subnet.a", "aws_vpc.a"), interface("aws_network_interface.a", subnet="aws_subnet.a"),
        on_subnet("aws_flow_log.s", "aws_subnet.a", id="fl-s", **GROUP),
        log(1, "aws_network_interface.a", FlowLogTarget.NETWORK_INTERFACE),
    )  # fmt: skip
    assert overlapping(network) == {"/vpc": (Overlap(logs=("fl-1", "fl-s")),)}
