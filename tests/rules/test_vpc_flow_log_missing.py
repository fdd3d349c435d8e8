from __future__ import annotations

import dataclasses

import pytest

from checker.model.finding import Change, Confidence, Severity
from checker.model.flow_log import FlowLogTarget, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, Loaded
from checker.model.model import Unread
from checker.model.network import TransitGatewayAttachmentType
from checker.model.origin import Source
from tests.rules.build import (
    ACCOUNT,
    LATER,
    OTHER,
    attachment,
    bucket,
    change,
    findings,
    flow_log,
    interface,
    kms_key,
    model,
    nat_gateway,
    on_subnet,
    only,
    subnet,
    telemetry_rule,
    transit_gateway,
    vpc,
)

MAYBE = Unknown("var.log is not known")
ANYWHERE = Unknown("local.vpc_id is not known")
ENI = FlowLogTarget.NETWORK_INTERFACE
TWO_SUBNETS = (subnet("aws_subnet.a"), subnet("aws_subnet.b"))

CASES = {
    "a log on the VPC": ((flow_log(),), "pass", "COVERED"),
    "no log at all": ((), "fail", "NONE"),
    "a log on another VPC": ((vpc("aws_vpc.b"), flow_log(on="aws_vpc.b")), "fail", "NONE"),
    "a log on an id outside the input": ((flow_log(on="vpc-0abc"),), "fail", "NONE"),
    "logs on every subnet": (
        (*TWO_SUBNETS, on_subnet("aws_flow_log.a", "aws_subnet.a"), on_subnet("aws_flow_log.b", "aws_subnet.b")),
        "pass",
        "COVERED_BY_SUBNETS",
    ),
    "one subnet dark": ((*TWO_SUBNETS, on_subnet("aws_flow_log.a", "aws_subnet.a")), "fail", "PARTIAL"),
    "an interface only": (
        (subnet(), interface(), flow_log(on="aws_network_interface.a", target_type=ENI)),
        "fail",
        "PARTIAL",
    ),
    "an interface does not light its subnet": (
        (
            *TWO_SUBNETS,
            interface(),
            on_subnet("aws_flow_log.b", "aws_subnet.b"),
            flow_log(on="aws_network_interface.a", target_type=ENI),
        ),
        "fail",
        "PARTIAL",
    ),
    "a log of any type counts": ((flow_log(traffic_type=TrafficType.ACCEPT),), "pass", "COVERED"),
    "a log that may be for it": ((flow_log(on=ANYWHERE),), "unknown", "NONE"),
    "a log that may be for it or another": (
        (vpc("aws_vpc.b"), flow_log(on=Unknown("x", among=("aws_vpc.a", "aws_vpc.b")))),
        "unknown",
        "NONE",
    ),
    "a log that may be for others only": (
        (vpc("aws_vpc.b"), vpc("aws_vpc.c"), flow_log(on=Unknown("x", among=("aws_vpc.b", "aws_vpc.c")))),
        "fail",
        "NONE",
    ),
    "a log that must be for it": ((flow_log(on=Unknown("x", among=("aws_vpc.a",))),), "pass", "COVERED"),
    "a log that may not exist": ((flow_log(exists=MAYBE),), "unknown", "NONE"),
    "an unknown subnet log and one dark subnet": (
        (
            *TWO_SUBNETS,
            on_subnet("aws_flow_log.a", "aws_subnet.a"),
            flow_log("aws_flow_log.b", ANYWHERE, target_type=FlowLogTarget.SUBNET),
        ),
        "unknown",
        "PARTIAL",
    ),
    "an unknown transit gateway log is not for it": (
        (flow_log(on=ANYWHERE, target_type=FlowLogTarget.TRANSIT_GATEWAY),),
        "fail",
        "NONE",
    ),
    "a proof beside an unknown": ((flow_log(), flow_log("aws_flow_log.b", ANYWHERE)), "pass", "COVERED"),
    "a subnet that may lie in it is dark": (
        (subnet(), subnet("aws_subnet.b", of=Unknown("x")), on_subnet("aws_flow_log.a", "aws_subnet.a")),
        "unknown",
        "PARTIAL",
    ),
    "pending: a telemetry rule without a log": ((telemetry_rule(),), "unknown", "NONE"),
    "a telemetry rule in another region": ((telemetry_rule(region="us-east-1"),), "fail", "NONE"),
    "a telemetry rule for something else": ((telemetry_rule(resource_type="AWS::Lambda::Function"),), "fail", "NONE"),
}


@pytest.mark.parametrize(("extra", "status", "level"), CASES.values(), ids=CASES.keys())
def test_a_vpc_is_recorded_or_not(extra, status, level):
    finding = only("FL001", model(vpc(), *extra), "aws_vpc.a")
    assert (finding.status, finding.facts["coverage"]) == (status, level)


STANDS = {"id": "vpc-1"}
ON_STRANGER = on_subnet("aws_flow_log.a", "subnet-9")
KNOWN_SUBNET = subnet("aws_subnet.a", id="subnet-1")
STRANGERS = {
    "no subnet of the VPC in the input": (STANDS, (ON_STRANGER,), {}, "unknown", "NONE"),
    "the subnet is in the input": (STANDS, (subnet(id="subnet-9"), ON_STRANGER), {}, "pass", "COVERED_BY_SUBNETS"),
    "the subnet names the VPC by its id": (
        STANDS,
        (subnet(of="vpc-1", id="subnet-9"), ON_STRANGER),
        {},
        "pass",
        "COVERED_BY_SUBNETS",
    ),
    "one by its id, one by reference": (
        STANDS,
        (KNOWN_SUBNET, subnet("aws_subnet.b"), on_subnet("aws_flow_log.a", "subnet-1"),
         on_subnet("aws_flow_log.b", "aws_subnet.b")),
        {},
        "pass",
        "COVERED_BY_SUBNETS",
    ),
    "a subnet of the VPC is dark": (STANDS, (KNOWN_SUBNET, ON_STRANGER), {}, "fail", "NONE"),
    "the VPC is new": ({}, (ON_STRANGER,), {}, "fail", "NONE"),
    "source alone does not tell whether it is new": ({"source": Source.HCL}, (ON_STRANGER,), {}, "unknown", "NONE"),
    "an interface by its id lights no subnet": (STANDS, (flow_log(on="eni-9", target_type=ENI),), {}, "fail", "NONE"),
    "another VPC by its id": (STANDS, (flow_log(on="vpc-9"),), {}, "fail", "NONE"),
    "an account shows all subnets": ({**STANDS, "source": Source.ACCOUNT}, (ON_STRANGER,), {}, "fail", "NONE"),
    "the policy wants a log on the VPC": (STANDS, (ON_STRANGER,), {"vpc_level_only": True}, "fail", "NONE"),
    "the policy takes no composition": (STANDS, (ON_STRANGER,), {"subnet_composition": "fail"}, "fail", "NONE"),
}  # fmt: skip


@pytest.mark.parametrize(("own", "extra", "params", "status", "level"), STRANGERS.values(), ids=STRANGERS.keys())
def test_a_subnet_named_by_its_id_may_be_one_of_a_vpc_that_stands(own, extra, params, status, level):
    finding = only("FL001", model(vpc(**own), *extra), FL001=params)
    assert (finding.status, finding.facts["coverage"]) == (status, level)
    assert status != "unknown" or "subnet-9, which may be a subnet of it" in finding.message


def test_a_doubt_is_a_sentence_whatever_the_reason_is():
    finding = only("FL001", model(vpc(), flow_log(on=Unknown("sensitive"))))
    assert finding.message.endswith("aws_flow_log.a may be for it: what it records is not known (sensitive).")


def test_what_settles_a_vpc_of_another_configuration_is_named():
    assert "(--live SNAPSHOT settles it)" in only("FL001", model(vpc("data.aws_vpc.d", managed=False))).message


VPCS = {
    "default VPC": (vpc("aws_default_vpc.d", is_default=True), "fail"),
    "data source": (vpc("data.aws_vpc.d", managed=False), "unknown"),
    "shared, owner not scanned": (vpc(owner=OTHER), "unknown"),
    "account not known": (vpc(account=Unknown("x"), owner=OTHER), "fail"),
}


@pytest.mark.parametrize(("subject", "status"), VPCS.values(), ids=VPCS.keys())
def test_kinds_of_vpcs_without_a_log(subject, status):
    assert only("FL001", model(subject)).status == status


def test_a_data_source_with_a_log_here_passes():
    found = only("FL001", model(vpc("data.aws_vpc.d", managed=False), flow_log(on="data.aws_vpc.d")))
    assert found.status == "pass"


def test_a_shared_vpc_is_charged_to_a_scanned_owner():
    mine, owned = vpc(owner=OTHER), vpc("aws_vpc.b", account=OTHER, owner=OTHER)
    found = findings(model(mine, owned))
    assert found["FL001", "aws_vpc.a"].status == "not-applicable"
    assert OTHER in found["FL001", "aws_vpc.a"].message
    assert found["FL001", "aws_vpc.b"].status == "fail"


@pytest.mark.parametrize(
    ("unread", "status"),
    [
        (Unread(types=("aws_flow_log",), cause=Unknown("logs.tf:3 does not parse")), "unknown"),
        (Unread(types=(), cause=Unknown("module x was not read")), "unknown"),
        (Unread(types=("aws_s3_bucket",), cause=Unknown("s3.tf")), "fail"),
        (Unread(types=("aws_flow_log",), root="elsewhere", cause=Unknown("x")), "fail"),
    ],
    ids=["flow logs", "anything", "buckets", "another root"],
)
def test_what_was_not_read_may_hold_the_log(unread, status):
    found = only("FL001", model(vpc(root="here"), unread=(unread,)))
    assert found.status == status
    assert status != "unknown" or unread.cause.reason in found.message


def test_unread_subnets_leave_composition_open_but_not_a_log_on_the_vpc():
    unread = (Unread(types=("aws_subnet",), cause=Unknown("x")),)
    assert (
        only("FL001", model(vpc(), subnet(), on_subnet("aws_flow_log.a", "aws_subnet.a"), unread=unread)).status
        == "unknown"
    )
    assert only("FL001", model(vpc(), subnet(), flow_log(), unread=unread)).status == "pass"


@pytest.mark.parametrize(
    ("over", "status"),
    [
        pytest.param({}, "fail", id="a VPC"),
        pytest.param({"target_type": FlowLogTarget.NETWORK_INTERFACE}, "fail", id="an interface"),
        pytest.param({"target_type": FlowLogTarget.SUBNET}, "unknown", id="a subnet"),
        pytest.param({"target_type": LATER}, "unknown", id="not known"),
    ],
)
def test_where_no_subnet_was_read_only_a_log_that_may_stand_on_one_leaves_the_vpc_open(over, status):
    unread = (Unread(types=("aws_subnet",), cause=Unknown("x")),)
    elsewhere = flow_log(on="x-0123456789abcdef0", **over)
    assert only("FL001", model(vpc(), elsewhere, unread=unread)).status == status


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, "pass"),
        ({"subnet_composition": "pass"}, "pass"),
        ({"subnet_composition": "fail"}, "fail"),
        ({"vpc_level_only": True}, "fail"),
    ],
    ids=["note", "silent", "fail", "VPC level only"],
)
def test_composition_of_subnets_is_the_policys_to_accept(params, status):
    network = model(vpc(), subnet(), on_subnet("aws_flow_log.a", "aws_subnet.a"))
    found = only("FL001", network, FL001=params)
    assert found.status == status
    if status == "pass":
        assert found.confidence is Confidence.MEDIUM
        assert ("added later is dark" in found.message) == (params == {})


def test_a_disqualified_log_passes_here_and_names_the_rule_that_disqualifies_it():
    found = findings(model(vpc(), flow_log(max_aggregation_interval=600), bucket(), kms_key()))
    assert found["FL003", "aws_flow_log.a"].status == "fail"
    finding = found["FL001", "aws_vpc.a"]
    assert finding.status == "pass"
    assert finding.facts["effective_coverage"] == "NONE"
    assert "FL003" in finding.message


def test_a_healthy_log_gives_full_effective_coverage():
    finding = only("FL001", model(vpc(), flow_log(), bucket(), kms_key()))
    assert finding.facts["effective_coverage"] == "COVERED"
    assert finding.confidence is Confidence.HIGH


def test_an_assumption_of_the_loader_lowers_confidence_and_is_evidence():
    finding = only("FL001", model(vpc(), flow_log(assumptions=("the only VPC of the module",))))
    assert finding.confidence is Confidence.MEDIUM
    assert any("the only VPC of the module" in each.statement for each in finding.evidence)


LIVE = {"source": Source.ACCOUNT, "id": "vpc-1"}


@pytest.mark.parametrize(
    ("subject", "extra", "params", "status", "severity"),
    [
        (vpc(**LIVE), (), {}, "fail", Severity.HIGH),
        (vpc(**LIVE), (), {"unused_vpc": "warn"}, "fail", Severity.LOW),
        (vpc(**LIVE), (), {"unused_vpc": "ignore"}, "not-applicable", Severity.HIGH),
        (vpc(**LIVE), (interface(),), {"unused_vpc": "ignore"}, "fail", Severity.HIGH),
        (vpc(), (), {"unused_vpc": "ignore"}, "fail", Severity.HIGH),
    ],
    ids=["live", "warn", "ignore", "used", "a plan never shows a VPC unused"],
)
def test_an_unused_vpc_has_an_option_of_its_own(subject, extra, params, status, severity):
    found = only("FL001", model(subject, *extra), FL001=params)
    assert (found.status, found.severity) == (status, severity)


TGW = FlowLogTarget.TRANSIT_GATEWAY
PEER = TransitGatewayAttachmentType.CONNECT
REQUIRED = {
    "subnet by its VPC": ("subnet", (subnet(), flow_log()), "aws_subnet.a", "pass"),
    "subnet by itself": ("subnet", (subnet(), on_subnet("aws_flow_log.a", "aws_subnet.a")), "aws_subnet.a", "pass"),
    "dark subnet": ("subnet", (subnet(),), "aws_subnet.a", "fail"),
    "subnet of a VPC not known": ("subnet", (subnet(of=Unknown("x")),), "aws_subnet.a", "unknown"),
    "interface by its subnet": (
        "network-interface",
        (subnet(), interface(), on_subnet("aws_flow_log.a", "aws_subnet.a")),
        "aws_network_interface.a",
        "pass",
    ),
    "interface by another subnet": (
        "network-interface",
        (subnet(), subnet("aws_subnet.b"), interface(), on_subnet("aws_flow_log.a", "aws_subnet.b")),
        "aws_network_interface.a",
        "fail",
    ),
    "transit gateway": (
        "transit-gateway",
        (transit_gateway(), flow_log(on="aws_ec2_transit_gateway.a", target_type=TGW)),
        "aws_ec2_transit_gateway.a",
        "pass",
    ),
    "transit gateway is not recorded by a VPC": (
        "transit-gateway",
        (transit_gateway(), flow_log()),
        "aws_ec2_transit_gateway.a",
        "fail",
    ),
    "attachment by its gateway": (
        "transit-gateway-attachment",
        (
            transit_gateway(),
            attachment(attachment_type=PEER),
            flow_log(on="aws_ec2_transit_gateway.a", target_type=TGW),
        ),
        "aws_ec2_transit_gateway_vpc_attachment.a",
        "pass",
    ),
    "regional NAT gateway": ("regional-nat-gateway", (nat_gateway(),), "aws_nat_gateway.a", "fail"),
    "NAT gateway that may be regional": (
        "regional-nat-gateway",
        (nat_gateway(availability_mode=Unknown("x")),),
        "aws_nat_gateway.a",
        "unknown",
    ),
}


@pytest.mark.parametrize(("kind", "extra", "subject", "status"), REQUIRED.values(), ids=REQUIRED.keys())
def test_further_kinds_are_judged_where_the_policy_wants_them(kind, extra, subject, status):
    network = model(vpc(), *extra)
    assert only("FL001", network, subject, FL001={"require": [kind]}).status == status
    assert ("FL001", subject) not in findings(network)


def test_a_zonal_nat_gateway_has_no_log_of_its_own():
    network = model(vpc(), nat_gateway(availability_mode="zonal"))
    assert ("FL001", "aws_nat_gateway.a") not in findings(network, FL001={"require": ["regional-nat-gateway"]})


def loaded(before, after, *changes):
    return Loaded(before=model(*before), after=model(*after), changes=changes)


DEPOSED = dataclasses.replace(flow_log(), key="aws_flow_log.a (deposed abcd1234)")
LEFT = change(ChangeAction.DELETE, "aws_flow_log.a", before_key=DEPOSED.key, deposed="abcd1234")

CHANGES = {
    "deleted log": (
        (vpc(), flow_log()),
        (vpc(),),
        (change(ChangeAction.DELETE, "aws_flow_log.a"),),
        "fail",
        Change.REGRESSION,
    ),
    "new VPC": ((), (vpc(),), (change(ChangeAction.CREATE, "aws_vpc.a"),), "fail", Change.NEW),
    "was dark already": ((vpc(),), (vpc(),), (), "fail", Change.PRE_EXISTING),
    "log added": (
        (vpc(),),
        (vpc(), flow_log()),
        (change(ChangeAction.CREATE, "aws_flow_log.a"),),
        "pass",
        Change.FIXED,
    ),
    "was recorded already": ((vpc(), flow_log()), (vpc(), flow_log()), (), "pass", None),
    "moved VPC that was dark": (
        (vpc("aws_vpc.old"),),
        (vpc(),),
        (change(ChangeAction.NO_OP, "aws_vpc.a", before_key="aws_vpc.old"),),
        "fail",
        Change.PRE_EXISTING,
    ),
    "forgotten log goes on recording": (
        (vpc(), flow_log()),
        (vpc(),),
        (change(ChangeAction.FORGET, "aws_flow_log.a"),),
        "pass",
        None,
    ),
    "log pointed elsewhere": (
        (vpc(), vpc("aws_vpc.b"), flow_log()),
        (vpc(), vpc("aws_vpc.b"), flow_log(on="aws_vpc.b")),
        (change(ChangeAction.REPLACE, "aws_flow_log.a"),),
        "fail",
        Change.REGRESSION,
    ),
    "the last record is a deposed object": (
        (vpc(), DEPOSED),
        (vpc(),),
        (LEFT,),
        "fail",
        Change.REGRESSION,
    ),
    "a deposed object, the current one pointed elsewhere": (
        (vpc(), vpc("aws_vpc.b"), DEPOSED, flow_log(on="aws_vpc.b")),
        (vpc(), vpc("aws_vpc.b"), flow_log(on="aws_vpc.b")),
        (LEFT,),
        "fail",
        Change.REGRESSION,
    ),
    "a deposed object beside the current one": (
        (vpc(), DEPOSED, flow_log()),
        (vpc(), flow_log()),
        (LEFT,),
        "pass",
        None,
    ),
    "a deposed object on another VPC": (
        (vpc(), vpc("aws_vpc.b"), dataclasses.replace(DEPOSED, target="aws_vpc.b")),
        (vpc(), vpc("aws_vpc.b")),
        (LEFT,),
        "fail",
        Change.PRE_EXISTING,
    ),
    "a new subnet outside the composition": (
        (vpc(), subnet(), on_subnet("aws_flow_log.a", "aws_subnet.a")),
        (vpc(), *TWO_SUBNETS, on_subnet("aws_flow_log.a", "aws_subnet.a")),
        (change(ChangeAction.CREATE, "aws_subnet.b"),),
        "fail",
        Change.REGRESSION,
    ),
}


@pytest.mark.parametrize(("before", "after", "changes", "status", "kind"), CHANGES.values(), ids=CHANGES.keys())
def test_the_verdict_is_compared_with_the_one_before(before, after, changes, status, kind):
    found = only("FL001", loaded(before, after, *changes), "aws_vpc.a")
    assert (found.status, found.change) == (status, kind)


def test_a_deleted_log_is_named():
    found = only("FL001", loaded((vpc(), flow_log()), (vpc(),), change(ChangeAction.DELETE, "aws_flow_log.a")))
    assert any("destroys aws_flow_log.a" in each.statement for each in found.evidence)


def test_a_deposed_log_that_goes_is_named():
    found = only("FL001", loaded((vpc(), DEPOSED), (vpc(),), LEFT))
    said = [each.statement for each in found.evidence]
    assert "this plan destroys the deposed object of aws_flow_log.a, which recorded it" in said


def test_a_log_that_vanished_outside_terraform_is_named():
    drift = change(ChangeAction.DRIFT_DELETE, "aws_flow_log.a", after_key="aws_flow_log.a")
    again = change(ChangeAction.CREATE, "aws_flow_log.a")
    found = only("FL001", loaded((vpc(),), (vpc(), flow_log()), drift, again))
    assert (found.status, found.change) == ("pass", Change.FIXED)
    assert any("vanished outside Terraform" in each.statement for each in found.evidence)


def test_one_vpc_read_by_two_roots_is_recorded_by_either():
    mine = vpc("aws_vpc.a", root="net", id="vpc-1")
    theirs = vpc("logs::data.aws_vpc.a", root="logs", id="vpc-1", managed=False)
    found = findings(model(mine, theirs, flow_log(on="logs::data.aws_vpc.a", root="logs")))
    assert found["FL001", "aws_vpc.a"].status == "pass"


def test_a_literal_id_names_something_outside_also_without_a_plan():
    subject = vpc(source=Source.HCL)
    assert only("FL001", model(subject, flow_log(on="vpc-0abc", source=Source.HCL))).status == "fail"


def test_a_forgotten_log_records_on_and_is_said_to():
    moved = change(ChangeAction.NO_OP, "aws_vpc.a", before_key="aws_vpc.old")
    gone = change(ChangeAction.FORGET, "aws_flow_log.a")
    before = (vpc("aws_vpc.old"), flow_log(on="aws_vpc.old"), bucket(), kms_key())
    found = findings(loaded(before, (vpc(), bucket(), kms_key()), gone, moved))
    finding = found["FL001", "aws_vpc.a"]
    assert (finding.status, finding.confidence) == ("pass", Confidence.MEDIUM)
    assert any("leaves the state" in each.statement for each in finding.evidence)
    assert found["FL002", "aws_vpc.a"].status == "pass"
    assert ("FL003", "aws_flow_log.a") not in found


def test_a_vpc_that_may_not_exist_cannot_fail():
    found = only("FL001", model(vpc(exists=MAYBE)))
    assert found.status == "unknown"
    assert MAYBE.reason in found.message


def test_the_account_in_a_message_is_the_owner():
    assert ACCOUNT not in only("FL001", model(vpc(owner=OTHER))).message
