"""NA001: what gets in through the entries in order, added up as addresses."""

from __future__ import annotations

import pytest

from checker.model.finding import Change, Severity
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, Loaded
from checker.model.model import Unread
from checker.model.origin import Source
from tests.rules.build import change, findings, model, only, vpc
from tests.rules.filters import LATER, acl, entry, out

SSH = entry(100, "allow", "tcp 22")
RETURN = entry(200, "allow", "tcp 1024-65535")
EXACT = {"world_ipv4": 0, "world_ipv6": 0}

CASES = {
    "ssh allowed": ([SSH], {}, "fail"),
    "ssh allowed over IPv6": ([entry(100, "allow", "tcp 22", "::/0")], {}, "fail"),
    "everything allowed": ([entry(100, "allow", "all")], {}, "fail"),
    "denied before": ([entry(90, "deny", "tcp 22"), SSH], {}, "pass"),
    "denied before, listed after": ([SSH, entry(90, "deny", "tcp 22")], {}, "pass"),
    "denied after": ([SSH, entry(110, "deny", "tcp 22")], {}, "fail"),
    "denied before in part": ([entry(90, "deny", "tcp 22", "0.0.0.0/2"), SSH], {}, "fail"),
    "denied before in part, exactly the world": ([entry(90, "deny", "tcp 22", "0.0.0.0/2"), SSH], EXACT, "pass"),
    "denied before for one family": (
        [entry(90, "deny", "tcp 22", "0.0.0.0/0"), SSH, entry(110, "allow", "tcp 22", "::/0")], {}, "fail"),
    "two halves": (
        [entry(100, "allow", "tcp 22", "0.0.0.0/1"), entry(110, "allow", "tcp 22", "128.0.0.0/1")], EXACT, "fail"),
    "one half": ([entry(100, "allow", "tcp 22", "0.0.0.0/1")], EXACT, "pass"),
    "private": ([entry(100, "allow", "tcp 22", "10.0.0.0/8")], {}, "pass"),
    "https": ([entry(100, "allow", "tcp 443")], {}, "pass"),
    "ssh going out": ([out(100, "allow", "tcp 22")], {}, "pass"),
    "no entries": ([], {}, "pass"),
    "answers": ([RETURN], {}, "fail"),
    "answers are left alone": ([RETURN], {"return_range": "ignore"}, "pass"),
    "answers and a port of their own": (
        [entry(100, "allow", "tcp 3389"), RETURN], {"return_range": "ignore"}, "fail"),
    "answers with rdp denied": (
        [entry(90, "deny", "tcp 3389"), RETURN], {"ports": [22, 3389]}, "pass"),
    "a prefix not known": ([entry(100, "allow", "tcp 22", LATER)], {}, "unknown"),
    "a prefix of https not known": ([entry(100, "allow", "tcp 443", LATER)], {}, "pass"),
    "an action not known": ([entry(100, "allow", "tcp 22", rule_action=LATER)], {}, "unknown"),
    "a number not known, allow": ([entry(LATER, "allow", "tcp 22")], {}, "fail"),
    "a number not known, deny": ([SSH, entry(LATER, "deny", "tcp 22")], {}, "unknown"),
    "a deny of which the prefix is not known": ([entry(90, "deny", "tcp 22", LATER), SSH], {}, "unknown"),
    "a deny not known after": ([SSH, entry(110, "deny", "tcp 22", LATER)], {}, "fail"),
}  # fmt: skip


@pytest.mark.parametrize(("entries", "params", "status"), CASES.values(), ids=CASES.keys())
def test_the_first_match_decides(entries, params, status):
    assert only("NA001", model(acl(*entries)), NA001=params).status == status


def test_a_port_open_for_answers_only_is_low():
    finding = only("NA001", model(acl(RETURN)))
    assert (finding.severity, finding.facts["return_range"]) == (Severity.LOW, True)
    assert only("NA001", model(acl(RETURN)), NA001={"return_range": "fail"}).severity is Severity.MEDIUM
    assert only("NA001", model(acl(SSH, RETURN))).severity is Severity.MEDIUM


def test_unread_entries():
    assert only("NA001", model(acl(unread=Unknown("a dynamic block")))).status == "unknown"
    unread = Unread(types=("aws_network_acl_rule",), cause=Unknown("a module"))
    assert only("NA001", model(acl(), unread=(unread,))).status == "unknown"


DEFAULT = {"address": "aws_default_network_acl.a", "is_default": True}


def test_default_acls_are_judged_on_demand_only():
    everything = entry(100, "allow", "all")
    assert only("NA001", model(acl(everything, **DEFAULT))).status == "not-applicable"
    judge = {"default_acl": "judge"}
    assert only("NA001", model(acl(everything, **DEFAULT)), NA001=judge).status == "fail"
    assert only("NA001", model(acl(everything, is_default=LATER))).status == "unknown"
    assert only("NA001", model(acl(is_default=LATER))).status == "pass"


def test_a_new_vpc_keeps_the_open_default_acl():
    loaded = Loaded(after=model(vpc()), before=model(), changes=(change(ChangeAction.CREATE, "aws_vpc.a"),))
    judge = {"default_acl": "judge"}
    finding = only("NA001", loaded, NA001=judge)
    assert (finding.status, finding.resource.type) == ("fail", "aws_vpc")
    assert "default_network_acl_id = aws_vpc.a.default_network_acl_id" in finding.remediation.terraform
    assert not [key for key in findings(loaded) if key[0] == "NA001"]
    managed = model(vpc(), acl(**DEFAULT))
    assert only("NA001", Loaded(after=managed, changes=loaded.changes), NA001=judge).status == "pass"
    assert not [key for key in findings(model(vpc()), NA001=judge) if key[0] == "NA001"]


def test_the_entry_is_named_and_denied_before():
    finding = only("NA001", model(acl(SSH, address="acl-1", id="acl-1", source=Source.ACCOUNT, arn=None)))
    assert finding.evidence[0].statement == "acl-1#100 allows tcp/22 (SSH) from 0.0.0.0/0"
    assert finding.remediation.cli == (
        "aws ec2 create-network-acl-entry --network-acl-id acl-1 --rule-number 99 --ingress --protocol 6"
        " --port-range From=22,To=22 --cidr-block 0.0.0.0/0 --rule-action deny"
    )


def test_another_open_port_is_a_regression():
    before, after = model(acl(SSH)), model(acl(SSH, entry(110, "allow", "tcp 23")))
    assert only("NA001", Loaded(after=after, before=before)).change is Change.REGRESSION
