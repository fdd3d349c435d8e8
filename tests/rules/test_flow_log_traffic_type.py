from __future__ import annotations

import pytest

from checker.model.finding import Change
from checker.model.flow_log import FlowLogTarget, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import Unread
from tests.rules.build import (
    LATER,
    OTHER,
    bucket,
    findings,
    flow_log,
    interface,
    kms_key,
    model,
    on_subnet,
    only,
    subnet,
    to_group,
    transit_gateway,
    vpc,
)

A, R, ALL = TrafficType.ACCEPT, TrafficType.REJECT, TrafficType.ALL
ENI = FlowLogTarget.NETWORK_INTERFACE
SINK = (bucket(), kms_key())


def first(kind, **over):
    return flow_log("aws_flow_log.a", traffic_type=kind, **over)


def second(kind, **over):
    return flow_log("aws_flow_log.b", over.pop("on", "aws_vpc.a"), traffic_type=kind, **over)


CASES = {
    "ALL": ((first(ALL),), "pass"),
    "ACCEPT": ((first(A),), "fail"),
    "REJECT": ((first(R),), "fail"),
    "ACCEPT and REJECT add up": ((first(A), second(R)), "pass"),
    "two ACCEPT logs do not": ((first(A), second(A)), "fail"),
    "a split log that is too slow does not add up": ((first(A), second(R, max_aggregation_interval=600)), "fail"),
    "a split log that cannot deliver does not add up": ((first(A), second(R, destination=to_group(None))), "fail"),
    "a split log of the default format adds up": ((first(A), second(R, log_format=None)), "pass"),
    "ALL by one log, however slow, is FL003's to report": ((first(ALL, max_aggregation_interval=600),), "pass"),
    "a slow ALL log beside a good ACCEPT log": ((first(A), second(ALL, max_aggregation_interval=600)), "pass"),
    "no log": ((), "not-applicable"),
    "not set": ((first(None),), "fail"),
    "not known": ((first(LATER),), "unknown"),
    "not known beside ALL": ((first(LATER), second(ALL)), "pass"),
    "not known beside ACCEPT": ((first(LATER), second(A)), "unknown"),
    "REJECT beside one that may be for it": ((first(R), second(ALL, on=Unknown("local.x"))), "unknown"),
    "REJECT beside another REJECT that may be for it": ((first(R), second(R, on=Unknown("local.x"))), "fail"),
    "REJECT beside one that may not exist": ((first(R), second(A, exists=Unknown("var.on"))), "unknown"),
    "only one that may be for it": ((second(R, on=Unknown("local.x")),), "unknown"),
    "across levels": ((first(R), subnet(), on_subnet("aws_flow_log.b", "aws_subnet.a", traffic_type=A)), "pass"),
    "subnets that may be its own have no log": ((first(A), subnet(vpc=Unknown("local.x"))), "fail"),
    "subnets that may be its own have one": (
        (first(A), subnet(vpc=Unknown("local.x")), on_subnet("aws_flow_log.b", "aws_subnet.a", traffic_type=R)),
        "unknown",
    ),
    "across levels, one subnet short": (
        (first(R), subnet(), subnet("aws_subnet.b"), on_subnet("aws_flow_log.b", "aws_subnet.a", traffic_type=A)),
        "fail",
    ),
    "subnet logs: dark ones are FL001's to report": (
        (subnet(), subnet("aws_subnet.b"), on_subnet("aws_flow_log.a", "aws_subnet.a")),
        "pass",
    ),
    "subnet logs, one short": (
        (
            subnet(),
            subnet("aws_subnet.b"),
            on_subnet("aws_flow_log.a", "aws_subnet.a"),
            on_subnet("aws_flow_log.b", "aws_subnet.b", traffic_type=R),
        ),
        "fail",
    ),
    "interface log short": (
        (subnet(), interface(), flow_log(on="aws_network_interface.a", target_type=ENI, traffic_type=R)),
        "fail",
    ),
    "interface log enough": (
        (subnet(), interface(), flow_log(on="aws_network_interface.a", target_type=ENI)),
        "pass",
    ),
    "interface log beside a log on its subnet": (
        (
            subnet(),
            interface(),
            on_subnet("aws_flow_log.b", "aws_subnet.a"),
            flow_log(on="aws_network_interface.a", target_type=ENI, traffic_type=R),
        ),
        "pass",
    ),
}


@pytest.mark.parametrize(("extra", "status"), CASES.values(), ids=CASES.keys())
def test_recorded_traffic_types_add_up_or_not(extra, status):
    assert only("FL002", model(vpc(), *SINK, *extra), "aws_vpc.a").status == status


NEEDS = {
    "REJECT needs REJECT": ((first(R),), {"need": ["REJECT"]}, "pass"),
    "ALL satisfies a need of REJECT": ((first(ALL),), {"need": ["REJECT"]}, "pass"),
    "ACCEPT does not": ((first(A),), {"need": ["REJECT"]}, "fail"),
    "VPC level only, subnets have all": (
        (first(A), subnet(), on_subnet("aws_flow_log.b", "aws_subnet.a")),
        {"vpc_level_only": True},
        "fail",
    ),
    "VPC level only, no log on the VPC": (
        (subnet(), on_subnet("aws_flow_log.b", "aws_subnet.a", traffic_type=A)),
        {"vpc_level_only": True},
        "not-applicable",
    ),
}


@pytest.mark.parametrize(("extra", "params", "status"), NEEDS.values(), ids=NEEDS.keys())
def test_the_policy_says_what_is_needed_and_where(extra, params, status):
    assert only("FL002", model(vpc(), *SINK, *extra), "aws_vpc.a", FL002=params).status == status


def test_one_cause_gives_one_finding():
    found = findings(model(vpc(), *SINK, first(R)), FL010=None)
    failed = [key for key, each in found.items() if each.status == "fail" and key[0].startswith("FL")]
    assert failed == [("FL002", "aws_vpc.a")]
    assert found["FL002", "aws_vpc.a"].message == "aws_vpc.a: ACCEPT traffic is not recorded."


def test_logs_that_do_not_add_up_name_the_rule_that_disqualifies_one():
    finding = only("FL002", model(vpc(), *SINK, first(A), second(R, max_aggregation_interval=600)))
    assert "aws_flow_log.b fails FL003" in finding.message


def test_format_disqualifies_only_where_the_policy_ties_coverage_to_it():
    network = model(vpc(), *SINK, first(A), second(R, log_format=None))
    assert only("FL002", network).status == "pass"
    assert only("FL002", network, FL007={"required_for_coverage": True}).status == "fail"


@pytest.mark.parametrize("off", ["FL003", "FL005"])
def test_a_rule_that_is_off_disqualifies_nothing(off):
    split = (first(A), second(R, max_aggregation_interval=600 if off == "FL003" else 60))
    assert only("FL002", model(vpc(), *SINK, *split), **{off: None}).status == "pass"


def test_what_was_not_read_may_record_the_rest():
    unread = (Unread(types=("aws_flow_log",), cause=Unknown("logs.tf:3 does not parse")),)
    assert only("FL002", model(vpc(), *SINK, first(R), unread=unread)).status == "unknown"
    assert only("FL002", model(vpc(), *SINK, unread=unread)).status == "not-applicable"
    assert only("FL002", model(vpc(), *SINK, first(ALL), unread=unread)).status == "pass"


def test_a_vpc_managed_elsewhere_may_have_further_logs():
    data = vpc("data.aws_vpc.d", managed=False)
    assert only("FL002", model(data, *SINK, flow_log(on=data.key, traffic_type=R))).status == "unknown"
    assert only("FL002", model(data, *SINK, flow_log(on=data.key))).status == "pass"
    assert only("FL002", model(data)).status == "not-applicable"
    assert only("FL002", model(vpc())).status == "not-applicable"


def test_a_shared_vpc_is_not_judged_here():
    assert only("FL002", model(vpc(owner=OTHER))).status == "unknown"


@pytest.mark.parametrize(
    ("kind", "entity", "extra", "status"),
    [
        ("subnet", subnet(), (flow_log(traffic_type=R),), "fail"),
        ("subnet", subnet(), (flow_log(),), "pass"),
        ("network-interface", interface(), (subnet(), flow_log()), "pass"),
        ("transit-gateway", transit_gateway(), (), "not-applicable"),
    ],
)
def test_further_kinds(kind, entity, extra, status):
    found = findings(model(vpc(), *SINK, entity, *extra), FL002={"require": [kind]})
    assert found["FL002", entity.key].status == status


@pytest.mark.parametrize(
    ("before", "after", "status", "kind"),
    [
        ((first(ALL),), (first(R),), "fail", Change.REGRESSION),
        ((first(R),), (first(R),), "fail", Change.PRE_EXISTING),
        ((first(R),), (first(ALL),), "pass", Change.FIXED),
        ((), (first(R),), "fail", Change.NEW),
    ],
    ids=["narrowed", "as it was", "widened", "first log"],
)
def test_change(before, after, status, kind):
    loaded = Loaded(before=model(vpc(), *SINK, *before), after=model(vpc(), *SINK, *after))
    found = only("FL002", loaded)
    assert (found.status, found.change) == (status, kind)


def test_subnets_that_were_not_read_may_be_short():
    parts = (first(R), subnet(), on_subnet("aws_flow_log.b", "aws_subnet.a", traffic_type=A))
    unread = (Unread(types=("aws_subnet",), cause=Unknown("net.tf:3 does not parse")),)
    assert only("FL002", model(vpc(), *SINK, *parts)).status == "pass"
    assert only("FL002", model(vpc(), *SINK, *parts, unread=unread)).status == "unknown"
