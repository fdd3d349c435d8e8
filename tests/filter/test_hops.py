"""Gateways between two ends: the network ACLs of their subnets are asked as well."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from checker.explaining import as_json, as_text
from checker.filter.change import Effect, Fate, change
from checker.filter.explain import Explanation, explain, parse_flow
from checker.filter.index import Index
from checker.model.diagnosis import Pattern, Verdict
from checker.model.firewall import NetworkAclEntry
from checker.model.known import Unknown
from checker.model.model import NetworkModel
from checker.model.network import NatGateway, TransitGatewayAttachment
from checker.model.network import TransitGatewayAttachmentType as AttachmentType
from checker.model.record import replace
from tests.filter.net import (  # fmt: skip
    IN,
    OUT,
    acl,
    common,
    default_acl,
    eni,
    entry,
    open_entries,
    routes,
    rule,
    sg,
    subnet,
    usual,
    vpc,
)

FLOW = "tcp 10.0.1.5:40000 -> 93.184.216.34:443"
ALLOWED, DENIED, UNKNOWN = Verdict.ALLOWED, Verdict.DENIED, Verdict.UNKNOWN
FROM_VPC = entry(100, IN, "allow", "tcp/443", "10.0.0.0/16")
TO_WEB = entry(100, OUT, "allow", "tcp/443", "0.0.0.0/0")
BACK_IN = entry(110, IN, "allow", "tcp/1024-65535", "0.0.0.0/0")
BACK_HOME = entry(110, OUT, "allow", "tcp/1024-65535", "10.0.0.0/16")


def of(text: str, model: NetworkModel) -> Explanation:
    return explain(Index(model), parse_flow(text))


def at_gateways(found: Explanation) -> list[tuple[str, str, Verdict]]:
    return [(each.leg.value, each.result.stage.value, each.result.verdict) for each in found.steps if each.hop]


def behind_nat(*entries: NetworkAclEntry, within: Any = "subnet-nat") -> NetworkModel:
    """Return the usual network, of which subnet-a leaves by a NAT gateway."""
    gateway = NatGateway(vpc="vpc-1", subnet=within, availability_mode="zonal", **common("nat-1", "aws_nat_gateway"))
    return usual(
        nat_gateways=[gateway],
        subnets=[subnet("subnet-nat", "10.0.100.0/24")],
        network_acls=[acl("acl-nat", *entries, subnets=("subnet-nat",))],
        route_tables=[routes("vpc-1", ("0.0.0.0/0", "nat-1"), subnets=("subnet-a",), main=False)],
    )


def test_the_acl_of_a_nat_gateway_s_subnet_is_asked_four_times() -> None:
    found = of(FLOW, behind_nat(FROM_VPC, TO_WEB, BACK_IN, BACK_HOME))
    assert found.verdict is ALLOWED
    assert at_gateways(found) == [
        ("request", "nacl-ingress", ALLOWED), ("request", "nacl-egress", ALLOWED),
        ("reply", "nacl-ingress", ALLOWED), ("reply", "nacl-egress", ALLOWED),
    ]  # fmt: skip
    assert "nacl-ingress nat-1 acl-nat: acl-nat#100" in as_text(found, 200)
    assert [each["hop"] for each in json.loads(as_json(found))["steps"]].count("nat-1") == 4


def test_where_the_own_address_is_not_known_the_gateway_is_assumed_to_let_it_pass() -> None:
    model = behind_nat()
    client = replace(model.network_interfaces[0], private_ips=Unknown("known after apply"))
    model = replace(model, network_interfaces=(client, model.network_interfaces[1]))
    found = of("tcp eni-client:40000 -> 93.184.216.34:443", model)
    assert "the network ACL of the subnet of nat-1 lets it pass, if it goes that way" in found.assumptions


def test_behind_nat64_the_acl_meets_ipv4() -> None:
    inward = entry(100, IN, "allow", "all", "2001:db8::/32")
    home = entry(100, OUT, "allow", "all", "2001:db8::/32")
    web, back = entry(110, OUT, "allow", "tcp/443", "93.184.216.34/32"), entry(110, IN, "allow", "all", "0.0.0.0/0")
    model = behind_nat(inward, home, web, back)
    table = routes("vpc-1", ("64:ff9b::/96", "nat-1"), subnets=("subnet-a",), main=False)
    client = replace(model.network_interfaces[0], private_ips=("10.0.1.5", "2001:db8::5"))
    model = replace(model, route_tables=(table,), network_interfaces=(client, model.network_interfaces[1]))
    found = of("tcp [2001:db8::5]:40000 -> [64:ff9b::5db8:d822]:443", model)
    assert {verdict for _, _, verdict in at_gateways(found)} == {ALLOWED}


@pytest.mark.parametrize(
    ("missing", "says", "pattern"),
    [
        (FROM_VPC, "The request is denied at nacl-ingress of nat-1", Pattern.INBOUND_REJECT),
        (TO_WEB, "The request is denied at nacl-egress of nat-1", Pattern.OUTBOUND_REJECT),
        (BACK_IN, "The reply is denied at nacl-ingress of nat-1", Pattern.OUTBOUND_ACCEPT_INBOUND_REJECT),
        (BACK_HOME, "The reply is denied at nacl-egress of nat-1", Pattern.INBOUND_ACCEPT_OUTBOUND_REJECT),
    ],
)
def test_what_it_lacks_stops_the_flow(missing: NetworkAclEntry, says: str, pattern: Pattern) -> None:
    kept = [each for each in (FROM_VPC, TO_WEB, BACK_IN, BACK_HOME) if each is not missing]
    found = of(FLOW, behind_nat(*kept))
    assert (found.verdict, found.pattern) == (DENIED, pattern)
    assert found.says.startswith(says)


def test_a_nat_gateway_asks_from_any_port() -> None:
    narrow = entry(110, IN, "allow", "tcp/32768-60999", "0.0.0.0/0")
    assert of(FLOW, behind_nat(FROM_VPC, TO_WEB, narrow, BACK_HOME)).verdict is UNKNOWN


def test_a_nat_gateway_in_the_own_subnet_stands_before_no_other_acl() -> None:
    assert at_gateways(of(FLOW, behind_nat(within="subnet-a"))) == []


def test_through_a_nat_gateway_nobody_comes_in() -> None:
    assert at_gateways(of("tcp 93.184.216.34:40000 -> 10.0.1.5:443", behind_nat())) == []


@pytest.mark.parametrize("within", [None, Unknown("known after apply"), "subnet-far"])
def test_an_acl_that_cannot_be_asked_is_assumed_aloud(within) -> None:
    found = of(FLOW, behind_nat(within=within))
    assert found.verdict is ALLOWED
    assert "the network ACL of the subnet of nat-1 lets it pass, if it goes that way" in found.assumptions


def test_connections_through_a_gateway_that_a_plan_exchanges_are_not_said_to_continue() -> None:
    was = behind_nat(FROM_VPC, TO_WEB, BACK_IN, BACK_HOME)
    other = NatGateway(
        vpc="vpc-1", subnet="subnet-nat", availability_mode="zonal", **common("nat-2", "aws_nat_gateway")
    )
    tables = (routes("vpc-1", ("0.0.0.0/0", "nat-2"), subnets=("subnet-a",), main=False),)
    now = replace(was, nat_gateways=(other,), route_tables=tables)
    found = change(Index(was), Index(now), of(FLOW, now), ())
    assert (found.effect, found.standing) == (Effect.DEPENDS_ON_UNKNOWN, Fate.UNKNOWN)
    assert found.because == ("it goes through nat-2 after the plan, and through nat-1 before it",)
    same = change(Index(was), Index(was), of(FLOW, was), ())
    assert (same.effect, same.standing) == (Effect.UNCHANGED, Fate.CONTINUE)


def test_what_a_plan_does_to_the_acl_of_a_gateway_is_told() -> None:
    was, now = behind_nat(FROM_VPC, TO_WEB, BACK_IN, BACK_HOME), behind_nat(FROM_VPC, TO_WEB, BACK_IN)
    after = of(FLOW, now)
    found = change(Index(was), Index(now), after, ())
    assert found.effect is Effect.WOULD_BREAK
    assert any("answers are stopped at nacl-egress by acl-nat#*" in text for text in found.because)
    assert "before the plan: pass, acl-nat#110" in as_text(after, 200, found)


def attached(of_vpc: str, *subnets: str) -> TransitGatewayAttachment:
    return TransitGatewayAttachment(
        transit_gateway="tgw-1", attachment_type=AttachmentType.VPC, vpc=of_vpc, subnets=subnets,
        **common(f"tgw-attach-{of_vpc}", "aws_ec2_transit_gateway_vpc_attachment"),
    )  # fmt: skip


def joined(near: Iterable[NetworkAclEntry], far: Iterable[NetworkAclEntry], *, beside: bool = False) -> NetworkModel:
    """Return the usual network and another VPC, joined by a transit gateway with interfaces in subnets of its own.

    ``beside``: on the near side it has its interface in subnet-a itself, which then has the near ACL.
    """
    near_subnet = "subnet-a" if beside else "subnet-t1"
    to_it = ("10.0.0.0/8", "tgw-1")
    return usual(
        vpcs=[vpc("vpc-2", "10.9.0.0/16")],
        subnets=[
            subnet("subnet-t1", "10.0.9.0/28"), subnet("subnet-far", "10.9.1.0/24", of="vpc-2"),
            subnet("subnet-t2", "10.9.9.0/28", of="vpc-2"),
        ],
        network_interfaces=[
            eni("eni-far", "subnet-far", "10.9.1.7", of="vpc-2", groups=("sg-far",)),
            eni("eni-t1", near_subnet, "10.0.1.200" if beside else "10.0.9.4", interface_type="transit_gateway"),
            eni("eni-t2", "subnet-t2", "10.9.9.4", of="vpc-2", interface_type="transit_gateway"),
        ],
        security_groups=[sg("sg-far", rule(IN, "tcp/443", "10.0.0.0/8"), of="vpc-2")],
        network_acls=[
            acl("acl-t1", *near, subnets=(near_subnet,)), default_acl(of="vpc-2"),
            acl("acl-t2", *far, subnets=("subnet-t2",), of="vpc-2"),
        ],
        route_tables=[routes("vpc-1", to_it), routes("vpc-2", to_it)],
        transit_gateway_attachments=[attached("vpc-1", near_subnet), attached("vpc-2", "subnet-t2")],
    )  # fmt: skip


ACROSS = "tcp 10.0.1.5:40000 -> 10.9.1.7:443"


def test_a_transit_gateway_s_subnets_ask_what_comes_from_hosts_and_what_goes_to_them() -> None:
    near = [entry(1, IN, "allow", "tcp/443", "10.0.1.5/32"), entry(1, OUT, "allow", "tcp/40000", "10.0.1.5/32")]
    far = [entry(1, OUT, "allow", "tcp/443", "10.9.1.7/32"), entry(1, IN, "allow", "tcp/40000", "10.9.1.7/32")]
    found = of(ACROSS, joined(near, far))
    assert found.verdict is ALLOWED
    assert at_gateways(found) == [
        ("request", "nacl-ingress", ALLOWED), ("request", "nacl-egress", ALLOWED),
        ("reply", "nacl-ingress", ALLOWED), ("reply", "nacl-egress", ALLOWED),
    ]  # fmt: skip
    for lacking in ((near[1:], far), (near[:1], far), (near, far[1:]), (near, far[:1])):
        assert of(ACROSS, joined(*lacking)).verdict is DENIED


def test_beside_a_transit_gateway_what_leaves_is_asked_twice_and_what_comes_not_at_all() -> None:
    leaving = [entry(1, OUT, "allow", "tcp/443", "10.9.0.0/16"), entry(1, IN, "allow", "tcp/443", "10.0.1.5/32")]
    found = of(ACROSS, joined(leaving, open_entries(), beside=True))
    assert found.verdict is ALLOWED
    stopped = of(ACROSS, joined(leaving[:1], open_entries(), beside=True))
    assert (stopped.verdict, stopped.says[:52]) == (DENIED, "The request is denied at nacl-ingress of tgw-1: acl-")


def test_on_the_way_from_outside_only_the_near_side_is_asked() -> None:
    found = of("tcp 10.200.1.5:40000 -> 10.0.1.5:443", joined([], []))
    assert at_gateways(found) == [("request", "nacl-egress", DENIED), ("reply", "nacl-ingress", DENIED)]


def test_of_several_zones_the_own_one_is_taken_or_none() -> None:
    model = joined(open_entries(), open_entries())
    extra = subnet("subnet-t3", "10.0.9.16/28")
    both = attached("vpc-1", "subnet-t1", "subnet-t3")
    model = replace(model, subnets=tuple(sorted((*model.subnets, extra), key=lambda each: each.key)),
                    transit_gateway_attachments=(both,))  # fmt: skip
    unsure = of("tcp 10.0.1.5:40000 -> 10.200.1.5:443", model)
    assert at_gateways(unsure) == []
    assert "the network ACL of the subnet of tgw-1 lets it pass, if it goes that way" in unsure.assumptions
    elsewhere = tuple(
        replace(each, availability_zone="eu-west-1b") if each.key == "subnet-t3" else each for each in model.subnets
    )
    told = of("tcp 10.0.1.5:40000 -> 10.200.1.5:443", replace(model, subnets=elsewhere))
    assert len(at_gateways(told)) == 2
