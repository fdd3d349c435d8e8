"""TR001: who rejected requests that look wanted, and what lets exactly them through."""

from __future__ import annotations

import pytest

from checker.model.finding import Severity
from tests.filter.net import IN, OUT, entry, flow, open_entries, rule, usual
from tests.rules.recorded import recorded

INSIDE = flow(IN, "tcp/5432", "10.0.1.5", records=7)


@pytest.mark.parametrize(
    ("network", "flows", "subject", "status"),
    [
        (usual(), [INSIDE], "sg-server", "fail"),
        (usual(server=[rule(IN, "tcp/5432", "10.0.1.0/24")]), [], "sg-server", "pass"),
        (usual(), [flow(IN, "tcp/5432", "203.0.114.9", records=10_000)], "sg-server", "pass"),
        (usual(server=[rule(IN, "all", "0.0.0.0/0")], acl_b=[entry(90, IN, "deny", "tcp/5432", "10.0.1.0/24"),
                                                            *open_entries()]), [INSIDE], "acl-b", "fail"),
        (usual(server=[rule(IN, "all", "0.0.0.0/0")], acl_b=[entry(90, IN, "deny", "tcp/5433", "10.0.1.0/24"),
                                                            *open_entries()]), [INSIDE], "acl-b", "pass"),
        (usual(server=[rule(IN, "tcp/443", "0.0.0.0/0")]),
         [flow(OUT, "tcp/443", "203.0.114.9", records=3)], "sg-server", "fail"),
    ],
    ids=["no rule", "nothing rejected", "noise from the Internet", "entry denies", "entry denies another port",
         "no way out"],
)  # fmt: skip
def test_a_group_or_acl_is_held_to_account_for_what_it_rejected(network, flows, subject, status) -> None:
    assert recorded(network, *flows)[("TR001", subject)].status == status


def test_the_fix_admits_the_client_and_nobody_else() -> None:
    found = recorded(usual(), INSIDE)[("TR001", "sg-server")]
    assert found.severity is Severity.HIGH
    assert 'referenced_security_group_id = "sg-client"' in found.remediation.terraform
    assert "from_port                    = 5432" in found.remediation.terraform
    assert "authorize-security-group-ingress --group-id sg-server" in found.remediation.cli


def test_an_entry_that_denies_gets_one_with_a_free_number_before_it() -> None:
    entries = [entry(2, IN, "deny", "tcp/5432", "10.0.1.0/24"), *open_entries()]
    found = recorded(usual(server=[rule(IN, "all", "0.0.0.0/0")], acl_b=entries), INSIDE)[("TR001", "acl-b")]
    assert "rule_number    = 1\n" in found.remediation.terraform
    assert 'cidr_block     = "10.0.1.5/32"' in found.remediation.terraform


def test_several_flows_make_one_finding_with_one_change_each() -> None:
    flows = [INSIDE, flow(IN, "tcp/22", "10.0.1.5"), flow(IN, "tcp/5432", "10.0.1.6")]
    found = recorded(usual(), *flows)[("TR001", "sg-server")]
    assert found.remediation.terraform.count("resource ") == len(set(found.remediation.terraform.split("\n\n")))
    assert len(found.evidence) == 2 or len(found.evidence) == 3
    assert "9 records" in found.message


def test_numbers_agree_with_their_nouns() -> None:
    one = recorded(usual(), flow(IN, "tcp/5432", "10.0.1.6", records=1))[("TR001", "sg-server")].message
    assert one.startswith("sg-server rejected 1 kind of request that looks wanted, 1 record: ")
    several = recorded(usual(), INSIDE, flow(IN, "tcp/22", "10.0.1.5", records=3))[("TR001", "sg-server")].message
    assert several.startswith("sg-server rejected 2 kinds of requests that look wanted, 10 records: ")


def test_each_new_entry_has_a_free_number_before_what_denies() -> None:
    entries = [*open_entries(), *(entry(each, IN, "deny", "tcp/5432", "10.0.0.0/16") for each in (79, 90))]
    network = usual(server=[rule(IN, "all", "0.0.0.0/0")], acl_b=entries)
    flows = [flow(IN, "tcp/5432", f"10.0.3.{last}") for last in (1, 3, 5)]
    found = recorded(network, *flows)[("TR001", "acl-b")]
    numbers = [int(line.split("=")[1]) for line in found.remediation.terraform.splitlines() if "rule_number" in line]
    assert len(set(numbers)) == 3
    assert all(number < 79 for number in numbers)
    assert all(str(number) in found.remediation.summary for number in numbers)


def test_where_no_number_is_free_the_entries_have_to_be_renumbered_first() -> None:
    entries = [entry(1, IN, "deny", "tcp/5432", "10.0.0.0/16"), *open_entries()]
    found = recorded(usual(server=[rule(IN, "all", "0.0.0.0/0")], acl_b=entries), INSIDE)[("TR001", "acl-b")]
    assert found.remediation.terraform is None
    assert "renumber acl-b" in found.remediation.summary


def test_an_entry_for_icmp_names_type_and_code() -> None:
    entries = [entry(90, IN, "deny", "icmp", "10.0.0.0/16"), *open_entries()]
    network = usual(server=[rule(IN, "all", "0.0.0.0/0")], acl_b=entries)
    found = recorded(network, flow(IN, "icmp", "10.0.1.5"))[("TR001", "acl-b")]
    assert "icmp_type      = -1" in found.remediation.terraform
    assert "--icmp-type-code Type=-1,Code=-1" in found.remediation.cli
