"""NA002: entries that never decide, by the union of those before them."""

from __future__ import annotations

import pytest

from checker.model.finding import Change, Severity
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.origin import Source
from tests.rules.build import model, only
from tests.rules.filters import ALLOW_ALL, LATER, acl, entry, out

ALL = entry(100, "allow", "all")
MEDIUM, LOW = Severity.MEDIUM, Severity.LOW

CASES = {
    "one entry": ([ALL], "pass", MEDIUM),
    "a deny behind an allow of everything": ([ALL, entry(110, "deny", "tcp 22")], "fail", MEDIUM),
    "a deny before an allow of everything": ([entry(90, "deny", "tcp 22"), ALL], "pass", MEDIUM),
    "an allow behind a deny": ([entry(90, "deny", "tcp"), entry(100, "allow", "tcp 443")], "fail", MEDIUM),
    "an allow behind an allow": ([ALL, entry(110, "allow", "tcp 443")], "fail", LOW),
    "a deny behind a deny": ([entry(90, "deny", "all"), entry(100, "deny", "tcp 22")], "fail", LOW),
    "given out of order": ([entry(110, "deny", "tcp 22"), ALL], "fail", MEDIUM),
    "shadowed in part": ([entry(90, "deny", "tcp 22", "10.0.0.0/8"), entry(100, "allow", "tcp 22")], "pass", MEDIUM),
    "by two halves": (
        [entry(10, "allow", "all", "0.0.0.0/1"), entry(20, "allow", "all", "128.0.0.0/1"), entry(30, "deny", "tcp 22")],
        "fail", MEDIUM),
    "by two halves but one address": (
        [entry(10, "allow", "all", "0.0.0.0/1"), entry(20, "allow", "all", "128.0.0.0/2"), entry(30, "deny", "tcp 22")],
        "pass", MEDIUM),
    "by port ranges together": (
        [entry(10, "allow", "tcp 0-1000"), entry(20, "deny", "tcp 1001-65535"), entry(30, "allow", "tcp 900-1100")],
        "fail", MEDIUM),
    "the other direction": ([ALL, out(110, "deny", "tcp 22")], "pass", MEDIUM),
    "the other family": ([ALL, entry(110, "deny", "tcp 22", "::/0")], "pass", MEDIUM),
    "another protocol": ([entry(100, "allow", "tcp"), entry(110, "deny", "udp 53")], "pass", MEDIUM),
    "a prefix before not known": ([entry(90, "allow", "all", LATER), entry(100, "deny", "tcp 22")], "unknown", MEDIUM),
    "a prefix before not known, other port": (
        [entry(90, "allow", "tcp 443", LATER), entry(100, "deny", "tcp 22")], "pass", MEDIUM),
    "its own prefix not known": ([ALL, entry(110, "deny", "tcp 22", LATER)], "unknown", MEDIUM),
    "its own prefix not known, all denied": (
        [ALL, entry(101, "allow", "all", "::/0"), entry(110, "deny", "tcp 22", LATER)], "fail", MEDIUM),
    "its number not known": ([ALL, entry(LATER, "deny", "tcp 22")], "unknown", MEDIUM),
    "an action before not known": ([entry(90, "allow", "all", rule_action=LATER), entry(100, "deny", "tcp 22")],
                                   "fail", LOW),
    "conflicting beside what is not known": (
        [ALL, entry(110, "deny", "tcp 22"), entry(120, "deny", "tcp 22", LATER)], "fail", MEDIUM),
    "no entries": ([], "not-applicable", MEDIUM),
}  # fmt: skip


@pytest.mark.parametrize(("entries", "status", "severity"), CASES.values(), ids=CASES.keys())
def test_an_entry_must_decide_something(entries, status, severity):
    finding = only("NA002", model(acl(*entries)))
    assert (finding.status, finding.severity) == (status, severity)


def test_the_final_deny_is_never_reported():
    finding = only("NA002", model(acl(*ALLOW_ALL, entry(101, "allow", "all", "::/0"))))
    assert (finding.status, finding.facts["shadowed"]) == ("pass", [])


def test_entries_that_could_not_be_read():
    assert only("NA002", model(acl(ALL, unread=Unknown("a block")))).status == "unknown"
    shadowed = acl(ALL, entry(110, "deny", "tcp 22"), unread=Unknown("a block"))
    assert only("NA002", model(shadowed)).status == "fail"


def test_what_a_superfluous_entry_is_can_be_chosen():
    twice = model(acl(ALL, entry(110, "allow", "tcp 443")))
    assert only("NA002", twice, NA002={"same_action": "fail"}).severity is MEDIUM
    ignored = only("NA002", twice, NA002={"same_action": "ignore"})
    assert (ignored.status, ignored.facts["shadowed"]) == ("pass", ["ingress 110"])


def test_those_that_shadow_are_named_and_the_partly_shadowed_are_facts():
    finding = only("NA002", model(acl(entry(90, "deny", "tcp 25"), ALL, entry(110, "deny", "tcp 22"))))
    assert [each.statement for each in finding.evidence] == [
        "aws_network_acl.a#110 denies tcp/22 (SSH) from 0.0.0.0/0, and is shadowed",
        "aws_network_acl.a#100 comes first and allows all protocols from 0.0.0.0/0",
    ]
    assert finding.facts == {"shadowed": ["ingress 110"], "partly_shadowed": ["ingress 100"]}
    assert "rule_number    = 98" in finding.remediation.terraform
    assert 'rule_action    = "deny"' in finding.remediation.terraform


def test_a_live_entry_is_deleted_by_its_number():
    live = acl(ALL, entry(110, "allow", "tcp 22"), address="acl-1", id="acl-1", source=Source.ACCOUNT, arn=None)
    finding = only("NA002", model(live))
    assert finding.remediation.cli == (
        "aws ec2 delete-network-acl-entry --network-acl-id acl-1 --rule-number 110 --ingress"
    )


def test_one_more_shadowed_entry_is_a_regression():
    before = model(acl(ALL, entry(110, "deny", "tcp 22")))
    after = model(acl(ALL, entry(110, "deny", "tcp 22"), entry(120, "deny", "tcp 23")))
    assert only("NA002", Loaded(after=after, before=before)).change is Change.REGRESSION
