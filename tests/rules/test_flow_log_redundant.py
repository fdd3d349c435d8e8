from __future__ import annotations

import dataclasses
from itertools import product

import pytest

from checker.model.finding import Change
from checker.model.flow_log import FlowLogTarget, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import Unread
from checker.rules.engine import judge
from tests.rules.build import (
    FULL_FORMAT,
    LATER,
    bucket,
    findings,
    flow_log,
    kms_key,
    model,
    on_subnet,
    subnet,
    to_bucket,
    to_group,
    vpc,
)

SINK = (vpc(), vpc("aws_vpc.b"), subnet(), bucket(), kms_key())
R = TrafficType.REJECT
SYMBOL = Unknown("known after apply", symbol="⟦var.vpc⟧")


def both(*logs, **params):
    found = findings(model(*SINK, *logs), FL009=params)
    return tuple(found["FL009", log.key].status for log in logs)


def one(**over):
    return flow_log("aws_flow_log.a", **over)


def two(**over):
    return flow_log("aws_flow_log.b", over.pop("on", "aws_vpc.a"), **over)


CASES = {
    "alone": ((one(),), ("pass",)),
    "equal: the later one": ((one(), two()), ("pass", "fail")),
    "another VPC": ((one(), two(on="aws_vpc.b")), ("pass", "pass")),
    "narrower traffic": ((one(traffic_type=R), two()), ("fail", "pass")),
    "split traffic": ((one(traffic_type=R), two(traffic_type=TrafficType.ACCEPT)), ("pass", "pass")),
    "narrower scope": ((on_subnet("aws_flow_log.a", "aws_subnet.a"), two()), ("fail", "pass")),
    "wider scope adds": ((one(), on_subnet("aws_flow_log.b", "aws_subnet.a")), ("pass", "fail")),
    "narrower scope, more fields": (
        (on_subnet("aws_flow_log.a", "aws_subnet.a", log_format=FULL_FORMAT + " ${az-id}"), two()),
        ("pass", "pass"),
    ),
    "coarser": ((one(max_aggregation_interval=600), two()), ("fail", "pass")),
    "fewer fields": ((one(log_format=None), two()), ("fail", "pass")),
    "coarser, but more fields": ((one(max_aggregation_interval=600), two(log_format=None)), ("pass", "pass")),
    "another destination": ((one(), two(destination=to_group(None))), ("pass", "pass")),
    "another bucket": ((one(), two(destination=to_bucket(None, "other"))), ("pass", "pass")),
    "another folder": ((one(), two(destination=to_bucket(prefix="net"))), ("pass", "pass")),
    "the other cannot deliver": (
        (one(destination=to_group(None)), two(destination=to_group(None))),
        ("pass", "pass"),
    ),
    "destination not known": ((one(), two(destination=LATER)), ("pass", "unknown")),
    "ARN of one not known": (
        (one(), two(destination=dataclasses.replace(to_bucket(None), arn=LATER))),
        ("pass", "unknown"),
    ),
    "destination not known, traffic tells apart": (
        (one(traffic_type=R), two(destination=LATER, traffic_type=TrafficType.ACCEPT)),
        ("pass", "pass"),
    ),
    "traffic not known": ((one(), two(traffic_type=LATER)), ("unknown", "unknown")),
    "target not known": ((one(), two(on=Unknown("local.x"))), ("pass", "unknown")),
    "target of the first not known": ((one(on=Unknown("local.x")), two()), ("pass", "unknown")),
    "may not exist": ((one(), two(exists=Unknown("var.on"))), ("pass", "unknown")),
    "the first may not exist": ((one(exists=Unknown("var.on")), two()), ("pass", "unknown")),
    "interval not known": ((one(), two(max_aggregation_interval=LATER)), ("unknown", "unknown")),
    "one symbol": ((one(on=SYMBOL), two(on=SYMBOL)), ("pass", "fail")),
    "two symbols": ((one(on=SYMBOL), two(on=Unknown("x", symbol="⟦var.other⟧"))), ("pass", "unknown")),
    "same id outside": ((one(on="vpc-1"), two(on="vpc-1")), ("pass", "fail")),
    "other ids outside": ((one(on="vpc-1"), two(on="vpc-2")), ("pass", "pass")),
}


@pytest.mark.parametrize(("logs", "statuses"), CASES.values(), ids=CASES.keys())
def test_a_log_that_adds_nothing_fails(logs, statuses):
    assert both(*logs) == statuses


def test_two_destinations_are_no_waste_unless_the_policy_says_so():
    logs = (one(), two(destination=to_bucket(None, "other")))
    assert both(*logs) == ("pass", "pass")
    assert both(*logs, allow_second_destination=False) == ("pass", "fail")


def test_a_log_whose_only_double_fails_is_not_redundant():
    logs = (one(destination=to_group(None)), two())
    assert both(*logs) == ("pass", "pass"), "that one cannot deliver is reported once, by FL005"
    slow = (one(max_aggregation_interval=600, log_format=FULL_FORMAT + " ${az-id}"), two(max_aggregation_interval=600))
    assert both(*slow) == ("pass", "pass"), "a double that does not qualify makes nothing redundant"


def test_a_transit_gateway_and_its_default_fields():
    kind = FlowLogTarget.TRANSIT_GATEWAY
    gateway = {"target_type": kind, "traffic_type": None, "log_format": None}
    assert both(one(on="tgw-1", **gateway), two(on="tgw-1", **gateway)) == ("pass", "fail")


def test_the_finding_names_the_log_that_records_it_already():
    found = findings(model(*SINK, one(), two()))
    assert "aws_flow_log.a records already" in found["FL009", "aws_flow_log.b"].message


def test_change():
    loaded = Loaded(before=model(*SINK, one()), after=model(*SINK, one(), two()))
    assert findings(loaded)["FL009", "aws_flow_log.b"].change is Change.NEW


def test_flow_logs_that_nobody_can_see_leave_it_open():
    unread = Unread(types=("aws_flow_log",), root="", cause=Unknown("module.net is not at hand"))
    found = [each for each in judge(Loaded(after=model(one(), unread=(unread,)))).findings if each.rule_id == "FL009"]
    assert [(each.status.value, "module.net is not at hand" in each.message) for each in found] == [("unknown", True)]


def test_the_root_is_named_where_two_roots_have_equal_addresses():
    logs = [dataclasses.replace(one(root=root, on="vpc-1"), key=f"{root}::aws_flow_log.a") for root in ("net", "web")]
    found = [each for each in judge(Loaded(after=model(*logs))).findings if each.rule_id == "FL009"]
    assert [each.message for each in found if each.status.value == "fail"] == [
        "aws_flow_log.a records what aws_flow_log.a of net records already."
    ]


FAR = Unknown("local.subnet_id is not known")
NEW_VPC, OLD_VPC = "aws_vpc.a", "aws_vpc.known"
OPEN = {
    "a VPC log may be around a subnet named by its id": (
        (on_subnet("aws_flow_log.a", "subnet-9"), two(on=OLD_VPC)),
        "unknown",
    ),
    "a new VPC holds no subnet that has an id": ((on_subnet("aws_flow_log.a", "subnet-9"), two()), "pass"),
    "a VPC log may be around a subnet of a VPC not known": (
        (on_subnet("aws_flow_log.a", "aws_subnet.far"), two()),
        "unknown",
    ),
    "another subnet's log is not around it": (
        (on_subnet("aws_flow_log.a", "aws_subnet.far"), on_subnet("aws_flow_log.b", "aws_subnet.a")),
        "pass",
    ),
    "a log of what is not known may be on an id outside": ((two(on="vpc-9"), one(on=Unknown("local.x"))), "unknown"),
    "a subnet not known, in a VPC that is recorded": ((on_subnet("aws_flow_log.a", FAR), two()), "unknown"),
    "a subnet not known, and a narrower VPC log": ((on_subnet("aws_flow_log.a", FAR), two(traffic_type=R)), "pass"),
    "one of two subnets, both in the VPC": (
        (on_subnet("aws_flow_log.a", Unknown("each.value", among=("aws_subnet.a", "aws_subnet.b"))), two()),
        "unknown",
    ),
    "one of two subnets of another VPC": (
        (on_subnet("aws_flow_log.a", Unknown("each.value", among=("aws_subnet.c", "aws_subnet.d"))), two()),
        "pass",
    ),
    "a gateway's log is never a VPC's": (
        (two(on="vpc-9"), one(on=Unknown("x"), target_type=FlowLogTarget.TRANSIT_GATEWAY)),
        "pass",
    ),
}


@pytest.mark.parametrize(("logs", "status"), OPEN.values(), ids=OPEN.keys())
def test_where_one_of_the_two_stands_may_not_be_known(logs, status):
    further = (
        vpc(OLD_VPC, id="vpc-1"), subnet("aws_subnet.b"), subnet("aws_subnet.far", of=Unknown("local.vpc_id")),
        subnet("aws_subnet.c", "aws_vpc.b"), subnet("aws_subnet.d", "aws_vpc.b"),
    )  # fmt: skip
    found = findings(model(*SINK, *further, *logs))
    assert found["FL009", logs[0].key].status == status


def test_the_verdicts_are_those_of_comparing_every_pair():
    """What makes it quick leaves nothing out: each log against each other one, by the plain definition."""
    formats = (FULL_FORMAT, None)
    places = (to_bucket(), to_bucket(prefix="net"), to_bucket(None, "far"))
    scopes = (("aws_vpc.a", flow_log), ("aws_subnet.a", None))
    logs = []
    for number, (place, seconds, kind, text, (on, _)) in enumerate(
        product(places, (60, 600), (TrafficType.ALL, R), formats, scopes)
    ):
        make = flow_log if on == "aws_vpc.a" else on_subnet
        logs.append(
            make(
                f"aws_flow_log.n{number:02}", on, destination=place, max_aggregation_interval=seconds,
                traffic_type=kind, log_format=text,
            )
        )  # fmt: skip
    found = findings(model(*SINK, *logs), FL003=None, FL005=None)
    for log in logs:
        doubles = [other for other in logs if other is not log and plainly_covers(other, log)]
        assert (found["FL009", log.key].status == "fail") == bool(doubles), log.key


def plainly_covers(other, log):
    around = other.target in (log.target, "aws_vpc.a")
    more = (other.traffic_type is TrafficType.ALL or log.traffic_type is R) and (
        other.log_format is not None or log.log_format is None
    )
    if not (around and more and other.destination == log.destination):
        return False
    if other.max_aggregation_interval > log.max_aggregation_interval:
        return False
    alike = (other.target, other.traffic_type, other.log_format, other.max_aggregation_interval)
    return alike != (log.target, log.traffic_type, log.log_format, log.max_aggregation_interval) or other.key < log.key


COUNTS = {
    "one bucket": lambda at: to_bucket(),
    "a bucket each": lambda at: to_bucket(f"aws_s3_bucket.n{at}", f"n{at}"),
    "a bucket each, outside": lambda at: to_bucket(None, f"n{at}"),
    "destinations not known": lambda at: Unknown(f"local.destinations[{at}]"),
}


@pytest.mark.parametrize("place", COUNTS.values(), ids=COUNTS.keys())
@pytest.mark.parametrize("on", ["aws_vpc.a", Unknown("local.x")], ids=["one VPC", "target not known"])
def test_the_number_of_comparisons_grows_with_the_logs_not_with_their_pairs(monkeypatch, place, on):
    from checker.rules import flow_log_redundant

    calls = []
    plain = flow_log_redundant._at_least
    monkeypatch.setattr(flow_log_redundant, "_at_least", lambda *pair: calls.append(pair) or plain(*pair))
    logs = [flow_log(f"aws_flow_log.n{at:03}", on, destination=place(at)) for at in range(300)]
    judge(Loaded(after=model(*SINK, *logs)))
    assert len(calls) < 10 * len(logs)
