from __future__ import annotations

import dataclasses

import pytest

from checker.model.finding import Change
from checker.model.flow_log import FlowLogTarget, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, Loaded
from tests.rules.build import change, findings, flow_log, model, on_subnet, subnet, transit_gateway, vpc

A, R = TrafficType.ACCEPT, TrafficType.REJECT
REPLACE, FIRST = ChangeAction.REPLACE, ChangeAction.REPLACE_CREATE_FIRST
CREATE, DELETE, NO_OP = ChangeAction.CREATE, ChangeAction.DELETE, ChangeAction.NO_OP
HERE, THERE = vpc(), vpc("aws_vpc.b")
SLOW = flow_log(max_aggregation_interval=600)
OTHER = flow_log("aws_flow_log.b")
LIT = subnet()
GATEWAY = transit_gateway()
TRANSIT = {"target_type": FlowLogTarget.TRANSIT_GATEWAY, "traffic_type": None}
DEPOSED = dataclasses.replace(flow_log(), key="aws_flow_log.a (deposed abcd1234)")
"""What an earlier replacement left behind: it stands beside the object at its address."""
LEFT = change(DELETE, "aws_flow_log.a", before_key=DEPOSED.key, deposed="abcd1234")


def case(before, after, *changes):
    loaded = Loaded(before=model(*before), after=model(*after), changes=changes)
    return {key[1]: each for key, each in findings(loaded).items() if key[0] == "FL011"}


def log(action, **over):
    return change(action, "aws_flow_log.a", **over)


CASES = {
    "replaced": ((HERE, SLOW), (HERE, flow_log()), (log(REPLACE),), "fail"),
    "created first": ((HERE, SLOW), (HERE, flow_log()), (log(FIRST),), "pass"),
    "another stays": ((HERE, SLOW, OTHER), (HERE, flow_log(), OTHER), (log(REPLACE),), "pass"),
    "another stays but records less": (
        (HERE, SLOW, flow_log("aws_flow_log.b", traffic_type=R)),
        (HERE, flow_log(), flow_log("aws_flow_log.b", traffic_type=R)),
        (log(REPLACE),),
        "fail",
    ),
    "another is replaced as well": (
        (HERE, SLOW, OTHER),
        (HERE, flow_log(), OTHER),
        (log(REPLACE), change(REPLACE, "aws_flow_log.b")),
        "fail",
    ),
    "another is new": (
        (HERE, SLOW),
        (HERE, flow_log(), OTHER),
        (log(REPLACE), change(CREATE, "aws_flow_log.b")),
        "fail",
    ),
    "two that stay add up": (
        (HERE, SLOW, flow_log("aws_flow_log.b", traffic_type=R), flow_log("aws_flow_log.c", traffic_type=A)),
        (HERE, flow_log(), flow_log("aws_flow_log.b", traffic_type=R), flow_log("aws_flow_log.c", traffic_type=A)),
        (log(REPLACE),),
        "pass",
    ),
    "the VPC is replaced too": (
        (HERE, SLOW),
        (HERE, flow_log()),
        (log(REPLACE), change(REPLACE, "aws_vpc.a")),
        "not-applicable",
    ),
    "the target changes": (
        (HERE, THERE, flow_log()),
        (HERE, THERE, flow_log(on="aws_vpc.b")),
        (log(REPLACE),),
        "not-applicable",
    ),
    "target not known afterwards": (
        (HERE, SLOW),
        (HERE, flow_log(on=Unknown("local.vpc_id"))),
        (log(REPLACE),),
        "unknown",
    ),
    "subnet logs take the place of the VPC's": (
        (HERE, LIT, flow_log()),
        (HERE, LIT, on_subnet("aws_flow_log.s", "aws_subnet.a")),
        (log(DELETE), change(CREATE, "aws_flow_log.s")),
        "fail",
    ),
    "a VPC log takes the place of the subnets'": (
        (HERE, LIT, on_subnet("aws_flow_log.s", "aws_subnet.a")),
        (HERE, LIT, flow_log()),
        (log(CREATE), change(DELETE, "aws_flow_log.s")),
        "fail",
    ),
    "a VPC log joins a subnet's that stays": (
        (HERE, LIT, on_subnet("aws_flow_log.s", "aws_subnet.a"), OTHER),
        (HERE, LIT, on_subnet("aws_flow_log.s", "aws_subnet.a"), flow_log()),
        (log(CREATE), change(DELETE, "aws_flow_log.b")),
        "pass",
    ),
    "a VPC log joins those of some subnets that stay": (
        (HERE, LIT, subnet("aws_subnet.b"), on_subnet("aws_flow_log.s", "aws_subnet.a"), OTHER),
        (HERE, LIT, subnet("aws_subnet.b"), on_subnet("aws_flow_log.s", "aws_subnet.a"), flow_log()),
        (log(CREATE), change(DELETE, "aws_flow_log.b")),
        "fail",
    ),
    "a log elsewhere goes while one is made here": (
        (HERE, THERE, flow_log("aws_flow_log.b", "aws_vpc.b")),
        (HERE, THERE, flow_log()),
        (log(CREATE), change(DELETE, "aws_flow_log.b")),
        None,
    ),
    "the VPC's log is made a subnet's": (
        (HERE, LIT, flow_log()),
        (HERE, LIT, on_subnet("aws_flow_log.a", "aws_subnet.a")),
        (log(REPLACE),),
        "fail",
    ),
    "the VPC's log is made a new subnet's": (
        (HERE, flow_log()),
        (HERE, LIT, on_subnet("aws_flow_log.a", "aws_subnet.a")),
        (log(REPLACE), change(CREATE, "aws_subnet.a")),
        "not-applicable",
    ),
    "the VPC's log is made a subnet's, created first": (
        (HERE, LIT, flow_log()),
        (HERE, LIT, on_subnet("aws_flow_log.a", "aws_subnet.a")),
        (log(FIRST),),
        "pass",
    ),
    "two logs change places": (
        (HERE, THERE, flow_log(), flow_log("aws_flow_log.b", "aws_vpc.b")),
        (HERE, THERE, flow_log(on="aws_vpc.b"), flow_log("aws_flow_log.b", "aws_vpc.a")),
        (log(REPLACE), change(REPLACE, "aws_flow_log.b")),
        "fail",
    ),
    "two logs change places, each created before its own old one goes": (
        (HERE, THERE, flow_log(), flow_log("aws_flow_log.b", "aws_vpc.b")),
        (HERE, THERE, flow_log(on="aws_vpc.b"), flow_log("aws_flow_log.b", "aws_vpc.a")),
        (log(FIRST), change(FIRST, "aws_flow_log.b")),
        "fail",
    ),
    "another that stays may record it": (
        (HERE, SLOW, flow_log("aws_flow_log.b", Unknown("local.vpc_id"))),
        (HERE, flow_log(), flow_log("aws_flow_log.b", Unknown("local.vpc_id"))),
        (log(REPLACE),),
        "unknown",
    ),
    "another that stays, of a traffic type not known": (
        (HERE, SLOW, flow_log("aws_flow_log.b", traffic_type=Unknown("var.type"))),
        (HERE, flow_log(), flow_log("aws_flow_log.b", traffic_type=Unknown("var.type"))),
        (log(REPLACE),),
        "unknown",
    ),
    "target not known before": (
        (HERE, flow_log(on=Unknown("local.vpc_id"))),
        (HERE, flow_log()),
        (log(REPLACE),),
        "unknown",
    ),
    "other traffic than before": (
        (HERE, flow_log(traffic_type=A)),
        (HERE, flow_log(traffic_type=R)),
        (log(REPLACE),),
        "not-applicable",
    ),
    "a transit gateway's": (
        (GATEWAY, flow_log(on="aws_ec2_transit_gateway.a", **TRANSIT, max_aggregation_interval=600)),
        (GATEWAY, flow_log(on="aws_ec2_transit_gateway.a", **TRANSIT)),
        (log(REPLACE),),
        "fail",
    ),
    "renamed, of an id outside": (
        (flow_log("aws_flow_log.b", "vpc-1"),),
        (flow_log(on="vpc-1"),),
        (log(CREATE), change(DELETE, "aws_flow_log.b")),
        "fail",
    ),
    "an id outside": ((flow_log(on="vpc-1"),), (flow_log(on="vpc-1"),), (log(REPLACE),), "fail"),
    "another id outside": ((flow_log(on="vpc-1"),), (flow_log(on="vpc-2"),), (log(REPLACE),), "not-applicable"),
}


@pytest.mark.parametrize(("before", "after", "changes", "status"), CASES.values(), ids=CASES.keys())
def test_a_replacement_opens_a_gap_or_not(before, after, changes, status):
    found = case(before, after, *changes)
    assert {str(each.status) for each in found.values()} == ({status} if status else set())


def test_what_is_not_replaced_is_no_subject():
    assert case((HERE, flow_log()), (HERE, flow_log()), log(NO_OP)) == {}
    assert case((), (HERE, flow_log()), log(CREATE)) == {}
    assert case((HERE, flow_log()), (HERE, flow_log(tags={"a": "b"})), log(ChangeAction.UPDATE)) == {}


def test_a_rename_without_a_moved_block_is_a_replacement_in_no_order():
    found = case((HERE, flow_log()), (HERE, OTHER), log(DELETE), change(CREATE, "aws_flow_log.b"))
    finding = found["aws_flow_log.b"]
    assert (finding.status, finding.confidence) == ("fail", "medium")
    assert finding.remediation is not None
    assert finding.remediation.terraform == "moved {\n  from = aws_flow_log.a\n  to   = aws_flow_log.b\n}\n"


def test_a_moved_log_is_no_replacement():
    moved = log(NO_OP, before_key="aws_flow_log.old")
    assert case((HERE, flow_log("aws_flow_log.old")), (HERE, flow_log()), moved) == {}


def test_a_moved_and_replaced_log_is_found_under_its_old_address():
    moved = log(REPLACE, before_key="aws_flow_log.old")
    found = case((HERE, flow_log("aws_flow_log.old", max_aggregation_interval=600)), (HERE, flow_log()), moved)
    assert found["aws_flow_log.a"].status == "fail"


def test_a_plain_deletion_is_for_another_rule():
    loaded = Loaded(before=model(HERE, flow_log()), after=model(HERE), changes=(log(DELETE),))
    found = findings(loaded)
    assert not [key for key in found if key[0] == "FL011"]
    assert found["FL001", "aws_vpc.a"].change is Change.REGRESSION


def test_the_reason_for_the_replacement_is_told():
    found = case((HERE, SLOW, subnet()), (HERE, flow_log(), subnet()), log(REPLACE, reason="max_aggregation_interval"))
    finding = found["aws_flow_log.a"]
    assert "(max_aggregation_interval)" in finding.message
    assert finding.change is Change.NEW


def test_what_was_not_recorded_before_is_no_loss():
    """The log is widened to ALL; another one records on what it recorded so far."""
    before, after = flow_log(traffic_type=R), flow_log()
    steady = flow_log("aws_flow_log.b", traffic_type=R)
    assert case((HERE, before, steady), (HERE, after, steady), log(REPLACE))["aws_flow_log.a"].status == "pass"
    assert case((HERE, after, steady), (HERE, after, steady), log(REPLACE))["aws_flow_log.a"].status == "fail"


DEPOSALS = {
    "the current one stays": ((HERE, DEPOSED, flow_log()), (HERE, flow_log()), (LEFT,), {}),
    "the current one is on another VPC": (
        (HERE, THERE, DEPOSED, flow_log(on="aws_vpc.b")),
        (HERE, THERE, flow_log(on="aws_vpc.b")),
        (LEFT,),
        {},
    ),
    "both go, another comes": (
        (HERE, DEPOSED, flow_log()),
        (HERE, OTHER),
        (LEFT, log(DELETE), change(CREATE, "aws_flow_log.b")),
        {"aws_flow_log.b": "fail"},
    ),
    "it alone recorded, another comes": (
        (HERE, DEPOSED),
        (HERE, OTHER),
        (LEFT, change(CREATE, "aws_flow_log.b")),
        {"aws_flow_log.b": "fail"},
    ),
    "another comes beside the current one": (
        (HERE, DEPOSED, flow_log()),
        (HERE, flow_log(), OTHER),
        (LEFT, change(CREATE, "aws_flow_log.b")),
        {"aws_flow_log.b": "pass"},
    ),
    "it does not bridge the replacement of the current one": (
        (HERE, DEPOSED, SLOW),
        (HERE, flow_log()),
        (LEFT, log(REPLACE)),
        {"aws_flow_log.a": "fail"},
    ),
    "nothing is known of it": (
        (HERE, flow_log()),
        (HERE, flow_log(), OTHER),
        (log(DELETE, before_key=None, deposed="abcd1234"), change(CREATE, "aws_flow_log.b")),
        {},
    ),
}


@pytest.mark.parametrize(("before", "after", "changes", "statuses"), DEPOSALS.values(), ids=DEPOSALS.keys())
def test_what_an_earlier_replacement_left_behind_records_until_it_goes(before, after, changes, statuses):
    found = case(before, after, *changes)
    assert {key: each.status for key, each in found.items()} == statuses


def test_a_deposed_log_is_called_so_and_is_never_moved():
    (finding,) = case((HERE, DEPOSED), (HERE, OTHER), LEFT, change(CREATE, "aws_flow_log.b")).values()
    assert "takes the place of the deposed object of aws_flow_log.a" in finding.message
    assert finding.remediation is not None
    assert (finding.remediation.terraform, finding.remediation.cli) == (
        None,
        "terraform apply -target='aws_flow_log.b'",
    )


def test_several_logs_in_the_place_of_one_give_one_finding_that_names_them():
    new = [on_subnet(f"aws_flow_log.{each}", f"aws_subnet.{each}") for each in "bcd"]
    parts = [subnet(f"aws_subnet.{each}") for each in "bcd"]
    made = [change(CREATE, each.key) for each in new]
    found = case((HERE, *parts, flow_log()), (HERE, *parts, *new), log(DELETE), *made)
    assert list(found) == ["aws_flow_log.b"]
    finding = found["aws_flow_log.b"]
    assert finding.message == (
        "aws_subnet.b, aws_subnet.c, aws_subnet.d may not be recorded while aws_flow_log.b, aws_flow_log.c, "
        "aws_flow_log.d take the place of aws_flow_log.a."
    )
    assert finding.remediation is not None and finding.remediation.terraform is None
    stays = on_subnet("aws_flow_log.stays", "aws_subnet.b")
    found = case((HERE, *parts, flow_log(), stays), (HERE, *parts, *new, stays), log(DELETE), *made)
    assert found["aws_flow_log.b"].message.startswith("aws_subnet.c, aws_subnet.d may not be recorded")


def test_what_becomes_of_the_old_target_is_told():
    found = case((HERE, THERE, flow_log()), (HERE, THERE, flow_log(on="aws_vpc.b")), log(REPLACE))
    assert found["aws_flow_log.a"].message == (
        "aws_flow_log.a is replaced: its target changes from aws_vpc.a to aws_vpc.b; what that leaves dark, FL001 "
        "reports."
    )
    found = case((HERE, THERE, flow_log(), OTHER), (HERE, THERE, flow_log(on="aws_vpc.b"), OTHER), log(REPLACE))
    assert found["aws_flow_log.a"].message.endswith("; aws_vpc.a is recorded by aws_flow_log.b.")


def test_a_log_pointed_elsewhere_is_a_regression_where_it_was_and_no_gap():
    before, after = (HERE, THERE, flow_log()), (HERE, THERE, flow_log(on="aws_vpc.b"))
    found = findings(Loaded(before=model(*before), after=model(*after), changes=(log(REPLACE),)))
    assert found["FL001", "aws_vpc.a"].change is Change.REGRESSION
    assert found["FL001", "aws_vpc.b"].change is Change.FIXED
