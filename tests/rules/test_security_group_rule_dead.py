"""SG003: a rule is dead where no network ACL in front of its group lets any of its packets through."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from checker.model.finding import Change, Confidence
from checker.model.firewall import GroupPeer, PrefixListPeer
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import Unread
from checker.model.origin import Source
from tests.rules.build import interface, model, only, subnet, vpc
from tests.rules.filters import ALLOW_ALL, LATER, acl, egress, entry, group, out, prefix_list, rule

NET = subnet(cidrs=(ip_network("10.0.1.0/24"),))
HTTPS = acl(entry(100, "allow", "tcp 443"), out(100, "allow", "tcp 1024-65535"))
PEER = GroupPeer("aws_security_group.b")


def judged(*rules, acls=(HTTPS,), subnets=(NET,), more=(), unread=()):
    return only("SG003", model(vpc(), *subnets, group(*rules), *acls, *more, unread=unread), "aws_security_group.a")


CASES = {
    "let in": ([rule("tcp 443")], "pass"),
    "let in in part": ([rule("tcp 400-500")], "pass"),
    "denied": ([rule("tcp 8443", "192.0.2.0/24")], "fail"),
    "denied on the other protocol": ([rule("udp 443", "192.0.2.0/24")], "fail"),
    "IPv6 of an IPv4 allow": ([rule("tcp 443", "2001:db8::/32")], "fail"),
    "from the subnet itself": ([rule("tcp 8443", "10.0.0.0/8")], "pass"),
    "from beside the subnet": ([rule("tcp 8443", "10.0.2.0/24")], "fail"),
    "let out": ([egress("tcp 1024-2000", "192.0.2.0/24")], "pass"),
    "out on a port that is let in only": ([egress("tcp 443", "192.0.2.0/24")], "fail"),
    "one dead of two": ([rule("tcp 443"), rule("tcp 22", "192.0.2.0/24")], "fail"),
    "from a group on a port that is let in": ([rule("tcp 443", PEER)], "pass"),
    "from a group on another port": ([rule("tcp 22", PEER)], "unknown"),
    "from an address not known, let in": ([rule("tcp 443", LATER)], "unknown"),
    "ports not known": ([rule("tcp", "192.0.2.0/24", ports=LATER)], "unknown"),
    "prefix list not in the input": ([rule("tcp 22", PrefixListPeer("pl-1"))], "unknown"),
    "dead beside what is not known": ([rule("tcp 22", "192.0.2.0/24"), rule("tcp 443", LATER)], "fail"),
    "no rules": ([], "not-applicable"),
}


@pytest.mark.parametrize(("rules", "status"), CASES.values(), ids=CASES.keys())
def test_a_rule_must_let_something_through(rules, status):
    assert judged(*rules).status == status


SSH = rule("tcp 22", "192.0.2.0/24")
OTHER = subnet("aws_subnet.b", cidrs=(ip_network("10.0.2.0/24"),))
OPEN_B = acl(*ALLOW_ALL, address="aws_network_acl.b", subnets=("aws_subnet.b",))
DEFAULT = acl(entry(100, "deny", "all"), address="aws_default_network_acl.a", is_default=True, subnets=())
PLACES = {
    "denied everywhere": ([NET], [HTTPS], "fail"),
    "let in elsewhere in the VPC": ([NET, OTHER], [HTTPS, OPEN_B], "pass"),
    "another subnet has the default ACL": ([NET, OTHER], [HTTPS], "pass"),
    "another subnet has a default ACL that denies": ([NET, OTHER], [HTTPS, DEFAULT], "fail"),
    "no ACL but the default one": ([NET], [], "pass"),
    "an entry not known": ([NET], [acl(entry(90, "allow", "tcp 22", LATER))], "unknown"),
    "an entry of unknown number denies": ([NET], [acl(entry(LATER, "deny", "tcp 22"), *ALLOW_ALL)], "unknown"),
    "entries not read": ([NET], [acl(unread=Unknown("a dynamic block"))], "unknown"),
    "an ACL that may stand there": ([NET], [acl(subnets=LATER), DEFAULT], "fail"),
    "an ACL that may stand there, or an open one": ([NET], [acl(subnets=LATER)], "unknown"),
    "the subnet's addresses are not known": ([subnet(cidrs=LATER)], [HTTPS], "unknown"),
    "no subnet": ([], [], "not-applicable"),
    "a subnet that may exist in the VPC": ([NET, subnet("aws_subnet.b", of=LATER)], [HTTPS], "unknown"),
}


@pytest.mark.parametrize(("subnets", "acls", "status"), PLACES.values(), ids=PLACES.keys())
def test_every_subnet_of_the_vpc_counts_in_a_configuration(subnets, acls, status):
    assert judged(SSH, acls=acls, subnets=subnets).status == status


def test_the_default_acl_that_aws_creates_is_an_assumption():
    finding = judged(SSH, acls=[])
    assert finding.confidence is Confidence.MEDIUM
    assert "Assumed: the default network ACL of aws_vpc.a" in finding.evidence[-1].statement
    assert judged(SSH, acls=[acl(*ALLOW_ALL)]).confidence is Confidence.HIGH


def test_what_is_managed_elsewhere():
    outside = vpc("data.aws_vpc.a", managed=False)
    mine = group(SSH, vpc="data.aws_vpc.a")
    inside = subnet(of="data.aws_vpc.a", cidrs=NET.cidrs)
    assert only("SG003", model(outside, inside, mine, HTTPS)).status == "unknown"
    read = group(address="data.aws_security_group.a", managed=False, unread=Unknown("managed elsewhere"))
    assert only("SG003", model(vpc(), NET, read)).status == "not-applicable"
    assert only("SG003", model(group(SSH, vpc="vpc-9"))).status == "unknown"


def test_rules_that_could_not_be_read():
    unread = Unread(types=("aws_security_group_rule",), cause=Unknown("a module"))
    assert judged(rule("tcp 443"), unread=(unread,)).status == "unknown"
    assert judged(SSH, unread=(unread,)).status == "fail"
    acls = Unread(types=("aws_network_acl_rule",), cause=Unknown("a module"))
    assert judged(SSH, unread=(acls,)).status == "unknown"


def test_prefix_lists_are_their_entries():
    listed = prefix_list("192.0.2.0/24")
    peer = PrefixListPeer(listed.key)
    assert judged(rule("tcp 22", peer), more=[listed]).status == "fail"
    assert judged(rule("tcp 443", peer), more=[listed]).status == "pass"


def test_the_entries_that_deny_are_named_and_the_fix_comes_before_them():
    gate = acl(entry(90, "deny", "tcp 22"), *ALLOW_ALL)
    finding = judged(SSH, acls=[gate])
    assert [each.statement for each in finding.evidence[:2]] == [
        "aws_vpc_security_group_ingress_rule.a allows tcp/22 (SSH) from 192.0.2.0/24",
        "aws_network_acl.a#90 denies it",
    ]
    assert "rule_number    = 89" in finding.remediation.terraform
    assert "aws_network_acl.a#* denies it" in judged(SSH).evidence[1].statement


LIVE = {"source": Source.ACCOUNT, "arn": None}


def live(*, ips=("10.0.9.9",), used=True, gates=(), unread=()):
    own = ("sg-1",) if used else ()
    card = interface("eni-1", vpc="vpc-1", subnet="subnet-1", security_groups=own, private_ips=("10.0.1.5",), **LIVE)
    peer = interface("eni-2", vpc="vpc-1", subnet="subnet-2", security_groups=("sg-2",), private_ips=ips, **LIVE)
    nets = [
        subnet(f"subnet-{n}", "vpc-1", id=f"subnet-{n}", cidrs=(ip_network(f"10.0.{n}.0/24"),), **LIVE) for n in (1, 2)
    ]
    from_group = rule("tcp 22", GroupPeer("sg-2"), address="sgr-1", id="sgr-1", **LIVE)
    return only(
        "SG003",
        model(
            vpc("vpc-1", id="vpc-1", **LIVE),
            *nets,
            card,
            peer,
            group(from_group, address="sg-1", id="sg-1", vpc="vpc-1", **LIVE),
            group(address="sg-2", id="sg-2", vpc="vpc-1", **LIVE),
            *gates,
            unread=unread,
        ),
        "sg-1",
    )


def gate(*entries):
    return acl(*entries, address="acl-1", id="acl-1", vpc="vpc-1", subnets=("subnet-1", "subnet-2"), **LIVE)


def test_live_a_group_is_used_where_its_interfaces_are_and_peers_are_their_members():
    some = gate(entry(100, "allow", "tcp 22", "10.0.9.0/24"))
    assert live(gates=[some]).status == "pass"
    other = live(ips=("10.0.8.9",), gates=[some])
    assert other.status == "fail"
    assert other.evidence[1].statement == "acl-1#* denies it"
    assert other.remediation.cli.endswith("--security-group-rule-ids sgr-1")
    assert live(ips=LATER, gates=[some]).status == "unknown"
    assert live(ips=("10.0.1.9",), gates=[gate()]).status == "pass"
    assert live(used=False, gates=[some]).status == "not-applicable"
    assert live().status == "unknown"


def test_live_interfaces_that_could_not_be_read():
    denied = Unread(types=("aws_network_interface",), cause=Unknown("denied"))
    assert live(ips=("10.0.8.9",), gates=[gate()], unread=(denied,)).status == "unknown"


def test_an_acl_that_closes_makes_a_regression():
    def network(gate):
        return model(vpc(), NET, group(SSH), gate)

    before, after = network(acl(*ALLOW_ALL)), network(HTTPS)
    assert only("SG003", Loaded(after=after, before=before)).change is Change.REGRESSION


def test_several_reasons_not_to_know_where_a_group_is_used_are_one_unknown():
    gap = Unread(types=("aws_network_interface",), cause=Unknown("ec2:DescribeNetworkInterfaces was denied"))
    used = group(rule("tcp 443"), source=Source.ACCOUNT)
    unsure = [interface(f"aws_network_interface.{at}", security_groups=Unknown("hidden")) for at in "xy"]
    stray = interface("aws_network_interface.c", security_groups=(used.key,), subnet="subnet-outside")
    finding = only("SG003", model(vpc(), used, *unsure, stray, unread=(gap,)), used.key)
    assert finding.status == "unknown"
