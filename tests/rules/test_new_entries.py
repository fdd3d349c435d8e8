"""Rules that add entries to a network ACL: in one report no two of them give the same number to different entries."""

from __future__ import annotations

import re

from checker.model.finding import Finding, Remediation
from tests.filter.net import IN, OUT, usual
from tests.filter.net import entry as live_entry
from tests.filter.net import rule as live_rule
from tests.rules.build import findings, model, only, subnet, vpc
from tests.rules.filters import acl, entry, group, rule
from tests.rules.recorded import recorded
from tests.rules.test_traffic_fixes import reply

ALL = entry(100, "allow", "all")


def number(found: Finding) -> int:
    fix = found.remediation
    told = re.search(r"rule_number +=\s+(\d+)", (fix and fix.terraform) or "")
    assert told is not None
    return int(told[1])


def test_two_rules_on_one_acl_take_different_numbers() -> None:
    found = findings(model(acl(ALL, entry(110, "deny", "tcp 22", "10.0.0.0/8"))))
    acl_key = "aws_network_acl.a"
    assert [number(found[rule_id, acl_key]) for rule_id in ("NA001", "NA002")] == [99, 98]


def test_two_subjects_of_a_rule_take_different_numbers_for_different_entries_only() -> None:
    groups = [
        group(rule(what, "10.1.0.0/16", group=f"aws_security_group.{name}", address=f"aws_rule.{name}"),
              address=f"aws_security_group.{name}")
        for name, what in (("a", "tcp 22"), ("b", "tcp 23"), ("c", "tcp 22"))
    ]  # fmt: skip
    found = findings(model(vpc(), subnet(), *groups, acl()))
    assert [number(found["SG003", f"aws_security_group.{name}"]) for name in "abc"] == [10, 20, 10]


def test_where_no_number_is_free_it_is_said() -> None:
    fix = only("NA001", model(acl(entry(1, "allow", "all"))), "aws_network_acl.a").remediation
    assert isinstance(fix, Remediation)
    assert (fix.terraform, fix.cli) == (None, None)
    assert fix.summary.endswith("No number is free for the new entry: renumber those that are there first.")


def test_what_records_call_for_has_other_numbers() -> None:
    one_way = [live_entry(100, IN, "allow", "all", "0.0.0.0/0"), live_entry(100, OUT, "allow", "tcp/443", "0.0.0.0/0")]
    found = recorded(usual(server=[live_rule(IN, "tcp/443", "0.0.0.0/0")], acl_b=one_way), reply("10.0.1.5"))
    assert number(found["TR002", "acl-b"]) == 110
    assert number(found["NA003", "acl-b"]) == 120
