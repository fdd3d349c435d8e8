from __future__ import annotations

from dataclasses import replace

import pytest

from checker.model.finding import Change
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import Unread
from checker.model.origin import Source
from checker.rules.engine import judge
from tests.rules.build import LATER, OTHER, model, only, telemetry_rule, vpc

ORGANIZATION = "aws_observabilityadmin_telemetry_rule_for_organization.a"


def rule(address="aws_observabilityadmin_telemetry_rule.a", **over):
    return replace(telemetry_rule(address), **over)


RULES = {
    "for VPCs": (rule(), "pass"),
    "for VPCs, logs": (rule(telemetry_type="Logs"), "pass"),
    "metrics": (rule(telemetry_type="Metrics"), "fail"),
    "for load balancers": (rule(resource_type="AWS::ElasticLoadBalancingV2::LoadBalancer"), "fail"),
    "for what is not known": (rule(resource_type=LATER), "unknown"),
    "another region": (rule(region="us-east-1"), "fail"),
    "copied to this region": (rule(region="us-east-1", regions=("eu-west-1", "eu-west-2")), "pass"),
    "copied to other regions": (rule(region="us-east-1", regions=("eu-west-2",)), "fail"),
    "copied everywhere": (rule(region="us-east-1", regions=None), "pass"),
    "copies not known": (rule(region="us-east-1", regions=LATER), "unknown"),
    "region not known": (rule(region=LATER), "unknown"),
    "another account": (rule(account=OTHER), "fail"),
    "by tags": (rule(selection_criteria="env = prod"), "unknown"),
    "criteria not known": (rule(selection_criteria=LATER), "unknown"),
    "may not exist": (rule(exists=LATER), "unknown"),
    "organization, its own account": (rule(ORGANIZATION, organization_wide=True), "pass"),
    "organization, another account": (rule(ORGANIZATION, organization_wide=True, account=OTHER), "unknown"),
    "organization, another region": (rule(ORGANIZATION, organization_wide=True, region="us-east-1"), "fail"),
    "organization, part of it": (rule(ORGANIZATION, organization_wide=True, scope="ou"), "unknown"),
}


@pytest.mark.parametrize(("made", "status"), RULES.values(), ids=RULES.keys())
def test_a_telemetry_rule_holds_where_the_vpc_lies(made, status):
    assert only("DS005", model(vpc(), made)).status == status


def test_without_a_rule_each_vpc_fails():
    assert only("DS005", model(vpc(), vpc("aws_vpc.b")), "aws_vpc.b").status == "fail"


def test_the_organization_is_the_policys_choice():
    made = model(vpc(), rule(ORGANIZATION, organization_wide=True, account=OTHER))
    assert only("DS005", made, DS005={"all_accounts_belong": True}).status == "pass"
    assert only("DS005", made, DS005={"organization": False}).status == "fail"


def test_what_was_not_read_may_be_there():
    unread = (Unread(types=("aws_observabilityadmin_telemetry_rule",), cause=Unknown("denied")),)
    assert only("DS005", model(vpc(), unread=unread)).status == "unknown"
    organization = (Unread(types=("aws_observabilityadmin_telemetry_rule_for_organization",), cause=Unknown("x")),)
    assert only("DS005", model(vpc(), unread=organization)).status == "unknown"
    assert only("DS005", model(vpc(), unread=organization), DS005={"organization": False}).status == "fail"


def test_shared_and_foreign_vpcs():
    shared = vpc("vpc-1", id="vpc-1", owner=OTHER, source=Source.ACCOUNT)
    assert only("DS005", model(shared)).status == "unknown"
    assert only("DS005", model(shared, vpc(account=OTHER, owner=OTHER)), "vpc-1").status == "not-applicable"
    loaded = Loaded(after=model(vpc("data.aws_vpc.a", managed=False)))
    assert not [each for each in judge(loaded).findings if each.rule_id == "DS005"]


def test_changes_and_off_by_default():
    good, bad = model(vpc(), rule()), model(vpc())
    assert only("DS005", Loaded(before=good, after=bad)).change is Change.REGRESSION
    assert not [each for each in judge(Loaded(after=bad)).findings if each.rule_id == "DS005"]
