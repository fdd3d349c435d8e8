"""SG001: peers are added up as addresses; what only may be open is unknown; what is nearly open passes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checker.model.finding import Change
from checker.model.firewall import GroupPeer, PrefixListPeer
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import Unread
from checker.model.origin import Source
from tests.rules.build import interface, model, only, subnet, vpc
from tests.rules.filters import LATER, acl, egress, entry, group, prefix_list, rule

HALVES = ("0.0.0.0/1", "128.0.0.0/1")
ALL_BUT_PRIVATE = (
    "0.0.0.0/5", "8.0.0.0/7", "11.0.0.0/8", "12.0.0.0/6", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2", "128.0.0.0/3",
    "160.0.0.0/5", "168.0.0.0/6", "172.0.0.0/12", "172.32.0.0/11", "172.64.0.0/10", "172.128.0.0/9", "173.0.0.0/8",
    "174.0.0.0/7", "176.0.0.0/4", "192.0.0.0/9", "192.128.0.0/11", "192.160.0.0/13", "192.169.0.0/16",
    "192.170.0.0/15", "192.172.0.0/14", "192.176.0.0/12", "192.192.0.0/10", "193.0.0.0/8", "194.0.0.0/7",
    "196.0.0.0/6", "200.0.0.0/5", "208.0.0.0/4",
)  # fmt: skip
LIST = PrefixListPeer("aws_ec2_managed_prefix_list.a")
ONE_ADDRESS = Unknown("aws_eip.a.public_ip", symbol="⟦aws_eip.a.public_ip⟧/32")
A_NETWORK = Unknown("var.x", symbol="⟦var.x⟧/6")
EXACT = {"world_ipv4": 0, "world_ipv6": 0}

CASES = {
    "ssh from anywhere": ([rule()], {}, "fail"),
    "ssh from anywhere over IPv6": ([rule(peer="::/0")], {}, "fail"),
    "a range that holds rdp": ([rule("tcp 3000-4000")], {}, "fail"),
    "all tcp ports": ([rule("tcp")], {}, "fail"),
    "all protocols": ([rule("all")], {}, "fail"),
    "two halves": ([rule(peer=half) for half in HALVES], {}, "fail"),
    "two halves, exactly the world": ([rule(peer=half) for half in HALVES], EXACT, "fail"),
    "one half": ([rule(peer=HALVES[0])], {}, "fail"),
    "one half is not all": ([rule(peer=HALVES[0])], EXACT, "pass"),
    "two halves on two ports": ([rule("tcp 22", HALVES[0]), rule("tcp 23", HALVES[1])], EXACT, "pass"),
    "two halves in overlapping ranges": ([rule("tcp 20-22", HALVES[0]), rule("tcp 22-30", HALVES[1])], EXACT, "fail"),
    "everything public": ([rule(peer=prefix) for prefix in ALL_BUT_PRIVATE], EXACT, "fail"),
    "everything public but one": ([rule(peer=prefix) for prefix in ALL_BUT_PRIVATE[:-1]], EXACT, "pass"),
    "a public /8": ([rule(peer="8.0.0.0/8")], {}, "fail"),
    "a public /9": ([rule(peer="8.0.0.0/9")], {}, "pass"),
    "two public /9": ([rule(peer="8.0.0.0/9"), rule(peer="16.0.0.0/9")], {}, "fail"),
    "a private /8": ([rule(peer="10.0.0.0/8")], {}, "pass"),
    "one address": ([rule(peer="198.51.100.7/32")], {}, "pass"),
    "https from anywhere": ([rule("tcp 443")], {}, "pass"),
    "IPv6 is not looked at": ([rule(peer="::/0")], {"world_ipv6": -1}, "pass"),
    "IPv4 is not looked at": ([rule()], {"world_ipv4": -1, "world_ipv6": 0}, "pass"),
    "IPv6 alone is looked at": ([rule(), rule(peer="::/0")], {"world_ipv4": -1, "world_ipv6": 0}, "fail"),
    "what is not known is IPv4, which is not looked at": ([rule(peer=A_NETWORK)], {"world_ipv4": -1}, "unknown"),
    "udp 22": ([rule("udp 22")], {}, "pass"),
    "tcp 0-0 is port 0": ([rule("tcp 0-0")], {}, "pass"),
    "icmp from anywhere": ([rule("icmp")], {}, "pass"),
    "esp from anywhere": ([rule("50")], {}, "pass"),
    "egress to anywhere": ([egress()], {}, "pass"),
    "from a group": ([rule(peer=GroupPeer("aws_security_group.b"))], {}, "pass"),
    "no rules": ([], {}, "pass"),
    "other ports": ([rule("tcp 8080")], {"ports": [8080]}, "fail"),
    "ssh not listed": ([rule()], {"ports": ["tcp/23", "udp/53"]}, "pass"),
    "nothing listed": ([rule("all")], {"ports": []}, "pass"),
    "peer not known": ([rule(peer=LATER)], {}, "unknown"),
    "peer of https not known": ([rule("tcp 443", LATER)], {}, "pass"),
    "one address not known": ([rule(peer=ONE_ADDRESS)], {}, "pass"),
    "a large network not known": ([rule(peer=A_NETWORK)], {}, "unknown"),
    "one address not known beside nearly the world": (
        [rule(peer="8.0.0.0/9"), rule(peer="9.0.0.0/10"), rule(peer="16.0.0.0/9", exists=LATER)], {}, "unknown"),
    "ports not known": ([rule(ports=LATER)], {}, "unknown"),
    "ports not known, private": ([rule(peer="10.0.0.0/8", ports=LATER)], {}, "pass"),
    "protocol not known": ([rule("tcp 443", protocol=LATER)], {}, "unknown"),
    "may not exist": ([rule(exists=LATER)], {}, "unknown"),
    "open beside what is not known": ([rule(), rule(peer=LATER)], {}, "fail"),
    "prefix list not in the input": ([rule(peer=PrefixListPeer("pl-1"))], {}, "unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "params", "status"), CASES.values(), ids=CASES.keys())
def test_ingress_is_judged_by_addresses(rules, params, status):
    assert only("SG001", model(vpc(), group(*rules)), SG001=params).status == status


LISTS = {
    "halves": (prefix_list(*HALVES), "fail"),
    "offices": (prefix_list("198.51.100.0/24", "203.0.113.0/24"), "pass"),
    "empty": (prefix_list(), "pass"),
    "an entry not known": (prefix_list("198.51.100.0/24", LATER), "unknown"),
    "halves and an entry not known": (prefix_list(*HALVES, LATER), "fail"),
    "entries not known": (prefix_list(prefixes=LATER), "unknown"),
}


@pytest.mark.parametrize(("listed", "status"), LISTS.values(), ids=LISTS.keys())
def test_prefix_lists_count_with_their_entries(listed, status):
    assert only("SG001", model(group(rule(peer=LIST)), listed)).status == status


def test_a_prefix_list_is_found_by_its_id():
    listed = prefix_list("0.0.0.0/0", id="pl-1")
    assert only("SG001", model(group(rule(peer=PrefixListPeer("pl-1"))), listed)).status == "fail"


def test_rules_that_could_not_be_read_leave_it_open():
    closed = group(rule("tcp 443"))
    assert only("SG001", model(replace(closed, unread=Unknown("a block")))).status == "unknown"
    unread = Unread(types=("aws_security_group_rule",), cause=Unknown("a module"))
    assert only("SG001", model(closed, unread=(unread,))).status == "unknown"
    assert only("SG001", model(group(rule()), unread=(unread,))).status == "fail"


def test_a_group_that_is_only_read_here_is_judged_elsewhere():
    reason = Unknown("managed elsewhere")
    read = group(address="data.aws_security_group.a", managed=False, unread=reason)
    assert only("SG001", model(read)).status == "not-applicable"
    added = group(rule(), address="sg-1", managed=False, unread=reason)
    assert only("SG001", model(added)).status == "fail"
    assert only("SG001", model(replace(added, rules=(rule("tcp 443"),)))).status == "unknown"


def test_the_message_and_the_evidence_name_ports_families_and_rules():
    peers = [rule(peer="0.0.0.0/0"), rule(peer="::/0", address="aws_vpc_security_group_ingress_rule.b")]
    finding = only("SG001", model(group(*peers, rule("tcp 443", address="aws_security_group_rule.https"))))
    assert finding.message == ("aws_security_group.a lets the whole Internet (IPv4 and IPv6) in on tcp/22 (SSH).")
    assert [each.statement for each in finding.evidence] == [
        "aws_vpc_security_group_ingress_rule.a allows tcp/22 (SSH) from 0.0.0.0/0",
        "aws_vpc_security_group_ingress_rule.b allows tcp/22 (SSH) from ::/0",
    ]
    assert finding.facts["open"] == ["tcp/22 IPv4", "tcp/22 IPv6"]


def test_a_live_rule_is_named_by_its_id_and_can_be_revoked():
    live = {"source": Source.ACCOUNT, "arn": None}
    ssh = rule(address="sgr-1", id="sgr-1", **live)
    finding = only("SG001", model(group(ssh, address="sg-1", id="sg-1", **live)))
    assert finding.evidence[0].statement.startswith("sgr-1 allows tcp/22")
    assert finding.remediation.cli == (
        "aws ec2 revoke-security-group-ingress --group-id sg-1 --security-group-rule-ids sgr-1"
    )


def live(*more, groups=("sg-1",)):
    made = {"source": Source.ACCOUNT, "arn": None}
    return model(
        vpc("vpc-1", id="vpc-1", **made),
        subnet("subnet-1", "vpc-1", id="subnet-1", **made),
        interface("eni-1", vpc="vpc-1", subnet="subnet-1", security_groups=groups, **made),
        group(rule(address="sgr-1", **made), address="sg-1", id="sg-1", vpc="vpc-1", **made),
        *more,
    )


def test_use_and_network_acls_are_facts_and_change_nothing():
    made = {"source": Source.ACCOUNT, "arn": None, "address": "acl-1", "vpc": "vpc-1", "subnets": ("subnet-1",)}
    used = only("SG001", live(acl(entry(100, "allow", "all"), **made)), "sg-1")
    assert (used.status, used.facts["used"], "denied_by_network_acl" in used.facts) == ("fail", True, False)
    denied = only("SG001", live(acl(entry(100, "deny", "tcp 22"), entry(110, "allow", "all"), **made)), "sg-1")
    assert (denied.status, denied.severity, denied.facts["denied_by_network_acl"]) == ("fail", used.severity, True)
    unused = only("SG001", live(groups=("sg-2",)), "sg-1")
    assert (unused.status, unused.facts["used"]) == ("fail", False)


def test_one_more_open_port_is_a_regression():
    before, after = model(group(rule())), model(group(rule(), rule("tcp 3389")))
    assert only("SG001", Loaded(after=after, before=before)).change is Change.REGRESSION
    assert only("SG001", Loaded(after=after, before=after)).change is Change.PRE_EXISTING
    assert only("SG001", Loaded(after=model(group()), before=before)).change is Change.FIXED
