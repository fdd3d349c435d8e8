"""SG002: the default group of each VPC, in the input or as AWS creates it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checker.model.finding import Change, Confidence
from checker.model.firewall import GroupPeer
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, Loaded
from checker.model.model import Unread
from checker.model.origin import Source
from tests.rules.build import OTHER, change, interface, model, only, vpc
from tests.rules.filters import LATER, default_group, egress, group, rule

MANAGED = {
    "no rules": ([default_group()], "pass"),
    "an ingress rule": ([default_group(rule("tcp 443", "10.0.0.0/8"))], "fail"),
    "an egress rule": ([default_group(egress())], "fail"),
    "members only": ([default_group(rule("all", GroupPeer("aws_default_security_group.a")))], "fail"),
    "a rule of which nothing is known": ([default_group(rule(protocol=LATER, ports=LATER, peer=LATER))], "fail"),
    "a rule that may exist": ([default_group(rule(exists=LATER))], "unknown"),
    "rules not known": ([default_group(unread=Unknown("a dynamic block"))], "unknown"),
    "rules not known, one known": ([default_group(egress(), unread=Unknown("a dynamic block"))], "fail"),
    "of a VPC that is not known": ([default_group(vpc=LATER)], "unknown"),
    "that may exist": ([default_group(exists=LATER)], "unknown"),
    "of another VPC": ([default_group(vpc="vpc-9")], "unknown"),
    "another group": ([group()], "unknown"),
}


@pytest.mark.parametrize(("groups", "status"), MANAGED.values(), ids=MANAGED.keys())
def test_a_default_group_must_have_no_rules(groups, status):
    assert only("SG002", model(vpc(), *groups), "aws_vpc.a").status == status


def judged(action, subject=None, **over):
    subject = subject or vpc()
    after = model(subject)
    planned = change(action, subject.key, **over)
    before = None if action is ChangeAction.CREATE else after
    return only("SG002", Loaded(after=after, before=before, changes=(planned,)))


UNMANAGED = {
    "created": (ChangeAction.CREATE, {}, "fail"),
    "replaced": (ChangeAction.REPLACE, {}, "fail"),
    "as it was": (ChangeAction.NO_OP, {}, "unknown"),
    "updated": (ChangeAction.UPDATE, {}, "unknown"),
    "imported": (ChangeAction.CREATE, {"imported": True}, "unknown"),
}


@pytest.mark.parametrize(("action", "over", "status"), UNMANAGED.values(), ids=UNMANAGED.keys())
def test_a_group_nobody_manages_is_open_where_the_vpc_is_new(action, over, status):
    assert judged(action, **over).status == status


def test_source_without_a_plan_describes_what_it_would_create():
    finding = only("SG002", model(vpc(source=Source.HCL)))
    assert (finding.status, finding.confidence) == ("fail", Confidence.MEDIUM)
    assert only("SG002", model(vpc("data.aws_vpc.a", source=Source.HCL, managed=False))).status == "unknown"
    assert only("SG002", model(vpc("aws_default_vpc.a", source=Source.HCL))).status == "unknown"


def test_a_default_vpc_is_adopted_not_created():
    assert judged(ChangeAction.CREATE, vpc("aws_default_vpc.a")).status == "unknown"


def test_the_fix_adopts_the_group():
    finding = judged(ChangeAction.CREATE)
    assert finding.remediation.terraform == (
        'resource "aws_default_security_group" "a" {\n  vpc_id = aws_vpc.a.id\n}\n'
    )


def test_a_group_of_a_vpc_outside_the_input_is_its_own_subject():
    finding = only("SG002", model(default_group(rule(), vpc="vpc-9")))
    assert (finding.status, finding.resource.address) == ("fail", "aws_default_security_group.a")


def live(*entities, unread=()):
    made = {"source": Source.ACCOUNT, "arn": None}
    return model(vpc("vpc-1", id="vpc-1", **made), *entities, unread=unread)


def test_live():
    made = {"source": Source.ACCOUNT, "arn": None, "vpc": "vpc-1", "id": "sg-1", "address": "sg-1"}
    unread = Unread(types=("aws_default_security_group",), cause=Unknown("denied"))
    assert only("SG002", live(default_group(**made))).status == "pass"
    assert only("SG002", live(unread=(unread,))).status == "unknown"
    assert only("SG002", live()).status == "unknown"
    open_ = default_group(replace(egress(address="sgr-1", source=Source.ACCOUNT), id="sgr-1"), **made)
    card = interface("eni-1", vpc="vpc-1", subnet="subnet-1", security_groups=("sg-1",), source=Source.ACCOUNT)
    finding = only("SG002", live(open_, card))
    assert (finding.status, finding.facts["open"]) == ("fail", ["egress all protocols 0.0.0.0/0"])
    assert finding.remediation.cli == (
        "aws ec2 revoke-security-group-egress --group-id sg-1 --security-group-rule-ids sgr-1"
    )


def test_a_shared_vpc_is_its_owners():
    shared = vpc("vpc-1", id="vpc-1", source=Source.ACCOUNT, owner=OTHER)
    theirs = vpc("vpc-2", id="vpc-2", source=Source.ACCOUNT, owner=OTHER, account=OTHER)
    assert only("SG002", model(shared)).status == "unknown"
    assert only("SG002", model(shared, theirs), "vpc-1").status == "not-applicable"
    seen = default_group(egress(), address="sg-1", vpc="vpc-1", source=Source.ACCOUNT)
    assert only("SG002", model(shared, seen), "vpc-1").status == "fail"


def test_closing_and_opening_are_changes():
    closed, open_ = model(vpc(), default_group()), model(vpc(), default_group(egress()))
    assert only("SG002", Loaded(after=open_, before=closed)).change is Change.REGRESSION
    assert only("SG002", Loaded(after=closed, before=open_)).change is Change.FIXED
