"""Ends of which the input does not show subnet, VPC or interface: nothing is asserted that they decide."""

from __future__ import annotations

import pytest

from checker.explaining import as_text
from checker.filter.explain import Explanation, explain, parse_flow
from checker.filter.index import Index
from checker.model.diagnosis import Cause, CauseDetail, NeedKind, Stage, Verdict
from checker.model.known import Unknown
from checker.model.model import NetworkModel, Unread
from checker.model.origin import Source
from checker.model.record import replace
from checker.model.traffic import FlagsClass
from tests.filter.net import ALL_OUT, IN, OUT, at, eni, entry, flow, routes, rule, sg, subnet, usual, vpc, why

ALLOWED, DENIED, UNKNOWN, ASIDE = Verdict.ALLOWED, Verdict.DENIED, Verdict.UNKNOWN, Verdict.NOT_EVALUATED
AFTER_APPLY = Unknown("known after apply")
ALL_IN = rule(IN, "all", "0.0.0.0/0", key="sgr-in")
_NACLS = (Stage.NACL_INGRESS, Stage.NACL_EGRESS)


def of(text: str, model: NetworkModel) -> Explanation:
    return explain(Index(model), parse_flow(text))


def nacls(found: Explanation, interface: str) -> list[Verdict]:
    """Return what the ACL of an interface does, there and back."""
    return [each.result.verdict for each in found.steps if each.interface == interface and each.result.stage in _NACLS]


def elsewhere(*more: str, **over) -> NetworkModel:
    """Return the usual network with interfaces in a subnet that it does not show."""
    others = [
        eni(f"eni-far-{number}", "subnet-far", address, groups=("sg-client",), **over)
        for number, address in enumerate(more)
    ]
    return usual(server=[ALL_IN], client=[ALL_IN, rule(OUT, *ALL_OUT)], network_interfaces=others)


@pytest.mark.parametrize("of_vpc", ["vpc-far", AFTER_APPLY, "vpc-1"])
def test_an_interface_in_a_subnet_that_is_not_shown_meets_an_acl_that_is_not_known(of_vpc) -> None:
    found = of("tcp 10.7.0.9 -> 93.184.216.34:443", elsewhere("10.7.0.9", of=of_vpc))
    assert (found.source.name, found.verdict) == ("eni-far-0", UNKNOWN)
    assert nacls(found, "eni-far-0") == [UNKNOWN, UNKNOWN]
    assert "the subnet, and with it the network ACL, is not in the input" in found.says


def test_its_groups_are_asked_although_its_vpc_is_not_shown() -> None:
    model = replace(elsewhere("10.7.0.9", of=AFTER_APPLY), security_groups=(sg("sg-client"), sg("sg-server", ALL_IN)))
    found = of("tcp 10.7.0.9 -> 10.0.2.7:443", model)
    assert (found.verdict, found.steps[0].result.no_rules) == (DENIED, True)


def test_two_interfaces_of_one_subnet_meet_no_acl_even_if_it_is_not_shown() -> None:
    found = of("tcp 10.7.0.9 -> 10.7.0.10:443", elsewhere("10.7.0.9", "10.7.0.10", of=AFTER_APPLY))
    assert found.verdict is ALLOWED
    assert nacls(found, "eni-far-0") == nacls(found, "eni-far-1") == [ASIDE, ASIDE]


def test_what_nothing_filters_needs_no_subnet() -> None:
    assert of("tcp eni-far-0 -> 169.254.169.254:80", elsewhere("10.7.0.9", of=AFTER_APPLY)).verdict is ALLOWED


def test_subnets_that_were_not_read_leave_acls_and_places_open() -> None:
    gap = Unread(types=frozenset({"aws_subnet"}), root=None, cause=Unknown("ec2:DescribeSubnets was not called"))
    model = replace(usual(server=[ALL_IN]), subnets=(), unread=(gap,))
    assert of("tcp 10.0.1.5 -> 10.0.2.7:443", model).verdict is UNKNOWN
    found = of("tcp 10.0.1.5 -> 10.0.2.99:443", model)
    assert [each.result.verdict for each in found.steps if each.interface is None] == [UNKNOWN] * 3
    assert "in which subnet of vpc-1 10.0.2.99 lies is not known: ec2:DescribeSubnets was not called" in as_text(
        found, 400
    )


def test_an_address_of_a_vpc_in_none_of_its_subnets_is_not_called_outside() -> None:
    read = of("tcp 10.0.1.5 -> 10.0.9.9:443", usual())
    assert read.verdict is ALLOWED
    assert "10.0.9.9 lies in vpc-1, but in none of its subnets" in read.assumptions
    assert "outside" not in as_text(read, 80)
    planned = replace(usual(), vpcs=(vpc(source=Source.PLAN),))
    assert of("tcp 10.0.1.5 -> 10.0.9.9:443", planned).verdict is UNKNOWN
    assert of("tcp 10.0.1.5 -> 192.168.9.9:443", planned).verdict is ALLOWED


def test_an_address_may_lie_in_a_subnet_without_known_block() -> None:
    some = subnet("subnet-c", cidrs=AFTER_APPLY)
    model = usual(subnets=[some])
    assert of("tcp 10.0.1.5 -> 10.0.9.9:443", model).verdict is UNKNOWN
    assert of("tcp 10.0.1.5 -> 93.184.216.34:443", model).verdict is ALLOWED, "no VPC is known to hold it"


def test_an_ipv6_block_that_is_not_known_says_nothing_of_ipv4() -> None:
    dual = replace(usual().subnets[1], cidrs=(*usual().subnets[1].cidrs, AFTER_APPLY))
    model = usual(server=[ALL_IN], acl_b=[entry(100, IN, "allow", "all", "10.0.2.0/24")])
    model = replace(model, subnets=(model.subnets[0], dual))
    assert at(model, "eni-server", IN, "tcp/443", "93.184.216.34").acl.verdict is DENIED
    assert at(model, "eni-server", IN, "tcp/443", "fd00::1").acl.verdict is UNKNOWN


def test_a_configuration_does_not_tell_that_an_interface_has_no_public_address() -> None:
    planned = eni("eni-client", "subnet-a", "10.0.1.5", groups=("sg-client",), source=Source.PLAN)
    model = usual()
    told = of("tcp 10.0.1.5 -> 93.184.216.34:443", model)
    assert any("through a NAT gateway" in each for each in told.assumptions)
    model = replace(model, network_interfaces=(planned, model.network_interfaces[1]))
    for text in ("tcp 10.0.1.5 -> 93.184.216.34:443", "tcp 93.184.216.34 -> 10.0.1.5:443"):
        says = " ".join(of(text, model).assumptions)
        assert "whether 10.0.1.5 has a public address, by which the other end sees it, is not known" in says
        assert "NAT gateway" not in says
        assert "no public address" not in says


@pytest.mark.parametrize("blocks", [AFTER_APPLY, (AFTER_APPLY,)])
def test_what_may_be_amazon_dns_is_not_called_denied(blocks) -> None:
    closed = usual(client=[], vpcs=[])
    model = replace(closed, vpcs=(vpc(cidrs=blocks),))
    for there, verdict in (("10.0.0.2:53", UNKNOWN), ("10.0.0.2:443", DENIED), ("10.0.0.3:53", DENIED)):
        assert of(f"udp 10.0.1.5 -> {there}", model).verdict is verdict, there
    assert of("udp 93.184.216.34 -> 10.0.1.5:53", model).verdict is DENIED
    assert (
        "whether 10.0.0.2 is Amazon DNS, which nothing filters, is not known"
        in of("udp 10.0.1.5 -> 10.0.0.2:53", model).says
    )


def test_a_member_of_a_vpc_that_is_not_known_may_be_the_peer() -> None:
    model = usual(server=[rule(IN, "tcp/443", "sg-client")])
    client = replace(model.network_interfaces[0], vpc=AFTER_APPLY)
    hidden = replace(model, network_interfaces=(client, model.network_interfaces[1]))
    assert at(model, "eni-server", IN, "tcp/443", "10.0.1.5").groups.verdict is ALLOWED
    found = at(hidden, "eni-server", IN, "tcp/443", "10.0.1.5").groups
    assert (found.verdict, [each.says for each in found.doubts]) == (
        UNKNOWN, ["whether eni-client, which carries the group, is in the same VPC is not known"],
    )  # fmt: skip


def test_what_an_acl_denies_to_groups_that_are_not_known_is_not_called_wanted() -> None:
    scan = flow(IN, "tcp/23", "52.1.2.3", flags=FlagsClass.SYN)
    shut = usual(acl_b=[entry(100, IN, "allow", "all", "10.0.0.0/8")])
    groups = (shut.security_groups[0], sg("sg-server", rule(IN, "tcp/23", "pl-far")))
    found = why(replace(shut, security_groups=groups), scan)
    assert (found.cause, found.stage, found.needs) == (Cause.UNDETERMINED, Stage.NACL_INGRESS, ())
    assert "Whether it was wanted cannot be told: the entries of prefix list pl-far are not known" in found.says
    meant = replace(shut, security_groups=(groups[0], sg("sg-server", ALL_IN)))
    assert why(meant, scan).cause is Cause.NACL_IMPLICIT_DENY


# Records of interfaces that are gone, and of those that never admit anything.

SCANNER = {"flags": FlagsClass.SYN, "interface": "eni-gone", "subnet": "subnet-b"}
CLOSED = usual(acl_b=[entry(100, IN, "allow", "all", "10.0.0.0/8")])


def test_what_the_internet_sent_to_an_interface_that_is_gone_is_not_called_wanted() -> None:
    found = why(CLOSED, flow(IN, "tcp/23", "52.1.2.3", **SCANNER))
    assert (found.cause, found.cause_detail, found.stage) == (Cause.UNDETERMINED, CauseDetail.ENI, Stage.NACL_INGRESS)
    assert [each.rule and each.rule.id for each in found.blockers] == ["acl-b#*"]
    assert not found.needs
    assert "Whether it was wanted cannot be told: eni-gone is not in the network" in found.says


def test_what_an_acl_denies_to_an_interface_that_is_gone_is_still_named_inside() -> None:
    found = why(usual(acl_b=[]), flow(IN, "tcp/23", "192.168.4.5", **SCANNER))
    assert (found.cause, found.stage) == (Cause.NACL_IMPLICIT_DENY, Stage.NACL_INGRESS)


def test_a_reply_to_an_interface_that_is_gone_is_called_a_reply() -> None:
    answer = SCANNER | {"flags": FlagsClass.SYN_ACK}
    found = why(CLOSED, flow(IN, "tcp/40000", "52.1.2.3", source_port=443, reverse_accepted=True, **answer))
    assert (found.cause, found.cause_detail) == (Cause.REPLY_BLOCKED, CauseDetail.NACL_IN_RETURN)
    assert [each.ports and each.ports.first for each in found.needs] == [1024]


def nat(**over) -> NetworkModel:
    gateway = eni("eni-nat", "subnet-b", "10.0.2.10", interface_type="nat_gateway", managed_by="nat-gateway", **over)
    return replace(CLOSED, network_interfaces=(*CLOSED.network_interfaces, gateway))


def test_what_the_internet_opens_to_a_nat_gateway_is_noise_whatever_its_acl_says() -> None:
    found = why(nat(), flow(IN, "tcp/3389", "52.1.2.3", interface="eni-nat", local="10.0.2.10", flags=FlagsClass.SYN))
    assert (found.cause, found.cause_detail, found.expected) == (
        Cause.EXPECTED_DENIAL, CauseDetail.INTERNET_NOISE, True,
    )  # fmt: skip
    assert found.remediation is None
    assert not found.needs


def test_what_may_be_a_reply_to_a_nat_gateway_is_no_noise() -> None:
    unsure = flow(IN, "tcp/50000", "52.1.2.3", interface="eni-nat", local="10.0.2.10")
    assert not why(nat(), unsure, accepted=0).expected
    reply = replace(unsure, source_port=443, reverse_accepted=True)
    assert why(nat(), reply).cause is Cause.REPLY_BLOCKED


# Fixes that would not help, or help everybody.


def test_behind_a_middlebox_a_fix_names_addresses_and_no_group() -> None:
    model = usual(route_tables=[routes("vpc-1", ("10.0.1.0/24", "eni-firewall"))])
    (need,) = why(model, flow(IN, "tcp/443", "10.0.1.5", flags=FlagsClass.SYN)).needs
    assert (need.kind, need.peer_group) == (NeedKind.SG_RULE, None)
    assert [str(each) for each in need.prefixes] == ["10.0.1.5/32"]
    (direct,) = why(usual(), flow(IN, "tcp/443", "10.0.1.5", flags=FlagsClass.SYN)).needs
    assert direct.peer_group == "sg-client"


def test_a_fix_never_opens_a_group_to_everybody() -> None:
    peers = [f"{first}.10.20.30" for first in (3, 13, 18, 34, 52, 54, 63, 99, 104, 140, 151, 185)]
    outward = [flow(OUT, "tcp/443", peer, flags=FlagsClass.SYN) for peer in peers]
    (need,) = why(usual(server=[]), *outward).needs
    assert [str(each) for each in need.prefixes] == [f"{peer}/32" for peer in peers]


def test_an_acl_behind_an_open_group_may_be_opened_to_everybody() -> None:
    peers = [f"{first}.10.20.30" for first in (3, 13, 18, 34, 52, 54, 63, 99, 104, 140, 151, 185)]
    inward = [flow(IN, "tcp/443", peer, flags=FlagsClass.SYN) for peer in peers]
    model = usual(server=[ALL_IN], acl_b=[entry(100, OUT, "allow", "all", "0.0.0.0/0")])
    (need,) = why(model, *inward).needs
    assert (need.kind, [str(each) for each in need.prefixes]) == (NeedKind.NACL_ENTRY, ["0.0.0.0/0"])
