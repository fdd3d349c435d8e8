"""NA003: answers to what a network ACL lets through must pass the other way."""

from __future__ import annotations

import pytest

from checker.model.finding import Change, Severity
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.origin import Source
from tests.rules.build import model, only
from tests.rules.filters import ALLOW_ALL, LATER, acl, entry, out

HTTPS = entry(100, "allow", "tcp 443")
ANSWERS_OUT = out(100, "allow", "tcp 1024-65535")
ANSWERS_IN = entry(200, "allow", "tcp 1024-65535")
CALLS = out(200, "allow", "tcp 443")
MEDIUM, LOW = Severity.MEDIUM, Severity.LOW

CASES = {
    "everything both ways": ([*ALLOW_ALL], "pass", MEDIUM),
    "a service with answers": ([HTTPS, ANSWERS_OUT], "pass", MEDIUM),
    "a service without": ([HTTPS], "fail", MEDIUM),
    "answers to a service port only": ([HTTPS, out(100, "allow", "tcp 443"), ANSWERS_IN], "fail", MEDIUM),
    "answers to some peers only": ([HTTPS, out(100, "allow", "tcp 1024-65535", "10.0.0.0/8")], "fail", MEDIUM),
    "peers of both agree": (
        [entry(100, "allow", "tcp 443", "10.0.0.0/8"), out(100, "allow", "tcp 1024-65535", "10.0.0.0/8")],
        "pass", MEDIUM),
    "answers for more peers than needed": (
        [entry(100, "allow", "tcp 443", "10.1.0.0/16"), out(100, "allow", "tcp 1024-65535", "10.0.0.0/8")],
        "pass", MEDIUM),
    "answers over the other protocol": ([HTTPS, out(100, "allow", "udp 1024-65535")], "fail", MEDIUM),
    "answers of the other family": (
        [HTTPS, ANSWERS_OUT, entry(110, "allow", "tcp 443", "::/0")], "fail", MEDIUM),
    "Linux and Windows ports only": ([HTTPS, out(100, "allow", "tcp 32768-65535")], "fail", LOW),
    "Windows ports only": ([HTTPS, out(100, "allow", "tcp 49152-65535")], "fail", MEDIUM),
    "one port denied before": ([HTTPS, out(90, "deny", "tcp 3389"), ANSWERS_OUT], "pass", MEDIUM),
    "many ports denied before": ([HTTPS, out(90, "deny", "tcp 40000-41000"), ANSWERS_OUT], "fail", MEDIUM),
    "a high port is a service": ([entry(100, "allow", "tcp 5432", "10.0.0.0/8")], "fail", MEDIUM),
    "room for answers is none": ([ANSWERS_IN], "not-applicable", MEDIUM),
    "calls with answers": ([ANSWERS_IN, CALLS], "pass", MEDIUM),
    "calls without answers": ([CALLS], "fail", MEDIUM),
    "out on all ports is for answers": ([HTTPS, out(100, "allow", "all")], "pass", MEDIUM),
    "out on all tcp ports is for answers": ([HTTPS, out(100, "allow", "tcp 1-65535")], "pass", MEDIUM),
    "in on all ports serves some": ([entry(100, "allow", "all"), out(100, "allow", "tcp 443")], "fail", MEDIUM),
    "dns over udp": ([entry(100, "allow", "udp 53", "10.0.0.0/8")], "fail", MEDIUM),
    "dns over udp with answers": (
        [entry(100, "allow", "udp 53", "10.0.0.0/8"), out(100, "allow", "udp 1024-65535", "10.0.0.0/8")],
        "pass", MEDIUM),
    "what is denied needs no answer": ([entry(90, "deny", "tcp 443"), HTTPS], "not-applicable", MEDIUM),
    "icmp": ([entry(100, "allow", "icmp")], "not-applicable", MEDIUM),
    "no entries": ([], "not-applicable", MEDIUM),
    "the way in not known": ([entry(100, "allow", "tcp 443", LATER)], "unknown", MEDIUM),
    "the way in not known, all answered": ([entry(100, "allow", "tcp 443", LATER), ANSWERS_OUT,
        out(110, "allow", "tcp 1024-65535", "::/0")], "pass", MEDIUM),
    "the way back not known": ([HTTPS, out(100, "allow", "tcp 1024-65535", LATER)], "unknown", MEDIUM),
    "the way back may be denied": ([HTTPS, out(90, "deny", "tcp", LATER), ANSWERS_OUT], "unknown", MEDIUM),
    "one way is missing, another not known": ([HTTPS, entry(110, "allow", "tcp 80", LATER)], "fail", MEDIUM),
}  # fmt: skip


@pytest.mark.parametrize(("entries", "status", "severity"), CASES.values(), ids=CASES.keys())
def test_answers_must_pass(entries, status, severity):
    finding = only("NA003", model(acl(*entries)))
    assert (finding.status, finding.severity) == (status, severity), finding.message


def test_entries_that_could_not_be_read():
    assert only("NA003", model(acl(HTTPS, unread=Unknown("a block")))).status == "unknown"


def test_calls_can_be_left_out():
    assert only("NA003", model(acl(CALLS)), NA003={"outbound": False}).status == "not-applicable"


def test_the_return_ports_can_be_chosen():
    linux = model(acl(HTTPS, out(100, "allow", "tcp 32768-60999")))
    assert only("NA003", linux).status == "fail"
    assert only("NA003", linux, NA003={"return_ports": "32768-60999"}).status == "pass"


def test_what_is_missing_is_exact():
    served = entry(100, "allow", "tcp 443", "10.0.0.0/8")
    back = out(100, "allow", "tcp 1024-65535", "10.0.0.0/9")
    finding = only("NA003", model(acl(served, back)))
    assert finding.facts["missing"] == ["egress tcp/1024-65535 10.128.0.0/9"]
    assert finding.evidence[0].statement == "aws_network_acl.a#100 allows tcp/443 from 10.0.0.0/8"
    assert 'cidr_block     = "10.128.0.0/9"' in finding.remediation.terraform


def test_a_deny_in_the_way_is_named_and_the_fix_comes_before_it():
    live = {"address": "acl-1", "id": "acl-1", "source": Source.ACCOUNT, "arn": None}
    finding = only("NA003", model(acl(HTTPS, out(50, "deny", "tcp"), ANSWERS_OUT, **live)))
    assert "acl-1#50 denies tcp to 0.0.0.0/0, answers among it" in [each.statement for each in finding.evidence]
    assert "--rule-number 49 --egress" in finding.remediation.cli


def test_single_ports_that_are_missing_are_a_fact():
    finding = only("NA003", model(acl(HTTPS, out(90, "deny", "tcp 3389"), ANSWERS_OUT)))
    assert finding.facts["single_ports"] == ["egress tcp/3389 0.0.0.0/0"]


def test_taking_the_way_back_is_a_regression():
    before, after = model(acl(HTTPS, ANSWERS_OUT)), model(acl(HTTPS))
    assert only("NA003", Loaded(after=after, before=before)).change is Change.REGRESSION
