from __future__ import annotations

import pytest

from checker.model.finding import Change, Confidence
from checker.model.flow_log import FlowLogTarget
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import Unread
from checker.model.origin import Source
from checker.rules._nitro import is_nitro
from tests.rules.build import LATER, findings, flow_log, interface, model, only, subnet, vpc

TGW = FlowLogTarget.TRANSIT_GATEWAY
ATTACHMENT = FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT

CASES = {
    "60": (flow_log(), {}, "pass"),
    "600": (flow_log(max_aggregation_interval=600), {}, "fail"),
    "600 allowed": (flow_log(max_aggregation_interval=600), {"max_seconds": 600}, "pass"),
    "not known": (flow_log(max_aggregation_interval=LATER), {}, "unknown"),
    "transit gateway at 60": (flow_log(target_type=TGW), {"max_seconds": 600}, "pass"),
    "transit gateway at 600": (flow_log(target_type=TGW, max_aggregation_interval=600), {"max_seconds": 600}, "fail"),
    "attachment at 600": (flow_log(target_type=ATTACHMENT, max_aggregation_interval=600), {"max_seconds": 600}, "fail"),
    "maybe a transit gateway, 600 allowed": (
        flow_log(target_type=LATER, max_aggregation_interval=600),
        {"max_seconds": 600},
        "unknown",
    ),
    "maybe a transit gateway, 600 not allowed": (flow_log(target_type=LATER, max_aggregation_interval=600), {}, "fail"),
    "maybe a transit gateway, 60": (flow_log(target_type=LATER), {}, "pass"),
}


@pytest.mark.parametrize(("log", "params", "status"), CASES.values(), ids=CASES.keys())
def test_the_interval_is_judged(log, params, status):
    assert only("FL003", model(vpc(), log), FL003=params).status == status


def test_a_transit_gateway_says_that_aws_refuses():
    finding = only("FL003", model(flow_log(target_type=TGW, max_aggregation_interval=600)))
    assert "AWS refuses it at apply" in finding.message


def live(*types):
    subject = vpc("vpc-1", id="vpc-1", source=Source.ACCOUNT)
    cards = [interface(f"eni-{n}", vpc="vpc-1", source=Source.ACCOUNT, instance_type=t) for n, t in enumerate(types)]
    log = flow_log("fl-1", "vpc-1", source=Source.ACCOUNT, max_aggregation_interval=600)
    return [subject, *cards, log]


EFFECTIVE = {
    "all Nitro": (live("m5.large", "t3.micro"), "pass", True),
    "one not Nitro": (live("m5.large", "m4.large"), "unknown", False),
    "one without an instance": (live("m5.large", None), "unknown", False),
    "type not known": (live(LATER), "unknown", False),
    "no interface": (live(), "unknown", False),
    "a plan does not show all": (
        [vpc(), subnet(), interface(instance_type="m5.large"), flow_log(max_aggregation_interval=600)],
        "unknown",
        False,
    ),
    "the log of one interface": (
        [interface(instance_type="m5.large"), flow_log(on="aws_network_interface.a", max_aggregation_interval=600)],
        "pass",
        True,
    ),
}


@pytest.mark.parametrize(("network", "status", "fact"), EFFECTIVE.values(), ids=EFFECTIVE.keys())
def test_the_effective_interval_counts_where_the_policy_says_so(network, status, fact):
    found = only("FL003", model(*network), FL003={"interval_basis": "effective"})
    assert found.status == status
    configured = only("FL003", model(*network))
    assert configured.status == "fail"
    assert (configured.facts.get("effective_seconds") == 60) is fact


def test_interfaces_that_were_not_read_leave_the_effective_interval_open():
    unread = (Unread(types=("aws_network_interface",), cause=Unknown("denied")),)
    network = model(*live("m5.large"), unread=unread)
    assert only("FL003", network, FL003={"interval_basis": "effective"}).status == "unknown"


@pytest.mark.parametrize(
    ("kind", "nitro"),
    [
        ("m5.large", True),
        ("c7i-flex.large", True),
        ("i3.metal", True),
        ("i3.large", False),
        ("m4.large", False),
        ("u-6tb1.56xlarge", True),
        ("p3dn.24xlarge", True),
        ("p3.2xlarge", False),
        ("new9.large", False),
    ],
)
def test_nitro_is_told_by_family_and_by_single_types(kind, nitro):
    assert is_nitro(kind) is nitro


def test_assumptions_lower_confidence():
    assert only("FL003", model(flow_log(assumptions=("x",)))).confidence is Confidence.MEDIUM


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [(60, 600, Change.REGRESSION), (600, 600, Change.PRE_EXISTING), (600, 60, Change.FIXED), (60, 60, None)],
)
def test_change(before, after, kind):
    old, new = (flow_log(max_aggregation_interval=seconds) for seconds in (before, after))
    assert only("FL003", Loaded(before=model(old), after=model(new))).change is kind


def test_without_a_log_there_is_nothing_to_judge():
    assert not [key for key in findings(model(vpc())) if key[0] == "FL003"]
