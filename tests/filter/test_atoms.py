"""Atoms against the evaluator: whatever the network, every packet of an atom gets its representative's answer."""

from __future__ import annotations

from bisect import bisect_right
from ipaddress import IPv4Address, IPv6Address
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from checker.filter.atoms import AtomPlan, PolicyClass, atom_plan
from checker.filter.evaluate import evaluate
from checker.filter.index import Index
from checker.filter.result import Packet
from checker.model.address import IcmpTypeCode, PortRange
from checker.model.firewall import Direction
from checker.model.model import NetworkModel
from checker.model.record import replace
from tests.filter.net import (
    HIDDEN,
    IN,
    OUT,
    acl,
    attachment,
    default_acl,
    eni,
    entry,
    plist,
    routes,
    rule,
    sg,
    subnet,
    usual,
    vpc,
)

V6 = 1 << 128
PEERS = ["0.0.0.0/0", "10.0.0.0/8", "10.0.1.0/24", "10.0.1.4/31", "10.0.2.7/32", "203.0.113.0/25", "52.0.0.0/11",
         "::/0", "2600:1f18::/56", "2600:1f18:0:1::5/128", "sg-a", "sg-b", "sg-gone", "pl-known", "pl-hidden",
         HIDDEN]  # fmt: skip
BLOCKS = [each for each in PEERS if isinstance(each, str) and each[:3] not in ("sg-", "pl-")] + [HIDDEN]
SERVICES = ["all", "tcp", "tcp/22", "tcp/80-443", "tcp/1024-65535", "udp/53", "udp/1-65535", "icmp", "icmp/8",
            "icmpv6/128", "50", "tcp/0", HIDDEN]  # fmt: skip
GROUPS = ["sg-a", "sg-b", "sg-c", "sg-gone"]

rules = st.lists(
    st.builds(rule, st.sampled_from([IN, OUT]), st.sampled_from(SERVICES), st.sampled_from(PEERS)), max_size=5
)
entries = st.lists(
    st.builds(
        entry,
        st.sampled_from([90, 100, 110, 120, HIDDEN]),
        st.sampled_from([IN, OUT]),
        st.sampled_from(["allow", "allow", "deny", HIDDEN]),
        st.sampled_from(SERVICES),
        st.sampled_from(BLOCKS),
    ),
    max_size=5,
)
carried = st.lists(st.sampled_from(GROUPS), max_size=2, unique=True)


@st.composite
def networks(draw) -> NetworkModel:
    """A VPC with three subnets and its neighbours, with parts that are not known."""
    odd = st.sampled_from
    enis = [
        eni("eni-1", "subnet-a", "10.0.1.5", "2600:1f18:0:1::5", groups=draw(carried), public_ip="52.1.2.3"),
        eni(
            "eni-2",
            "subnet-a",
            "10.0.1.6",
            groups=draw(carried),
            description=draw(odd([None, "ELB old", "ELB app/x/1"])),
        ),
        eni("eni-3", "subnet-b", "10.0.2.7", groups=draw(st.one_of(carried, st.just(HIDDEN)))),
        eni("eni-4", "subnet-b", "10.0.2.8", interface_type=draw(odd(["nat_gateway", "transit_gateway"]))),
        eni("eni-5", "subnet-c", "10.9.0.5", groups=draw(carried), of="vpc-2"),
        eni("eni-6", draw(odd(["subnet-hidden", HIDDEN])), "10.0.3.9", groups=draw(carried)),
    ]
    ways = draw(st.lists(st.tuples(odd(["10.9.0.0/16", "10.0.1.0/25", "0.0.0.0/0", "10.9.0.0/25"]),
                                   odd(["pcx-1", "tgw-1", "eni-9", "igw-1"])), max_size=3))  # fmt: skip
    return NetworkModel(
        vpcs=(vpc(), vpc("vpc-2", "10.9.0.0/16")),
        subnets=(
            subnet("subnet-a", "10.0.1.0/24", "2600:1f18:0:1::/64"),
            subnet("subnet-b", cidrs=draw(odd([usual().subnets[1].cidrs, HIDDEN]))),
            subnet("subnet-c", "10.9.0.0/24", of="vpc-2"),
        ),
        network_interfaces=tuple(enis),
        security_groups=tuple(sg(key, *draw(rules), unread=draw(odd([None, None, HIDDEN]))) for key in GROUPS[:3]),
        network_acls=(
            acl("acl-a", *draw(entries), subnets=("subnet-a",)),
            default_acl(*draw(entries)),
        ),
        prefix_lists=(plist("pl-known", ["198.51.100.0/24", "10.9.0.0/24"]), plist("pl-hidden", HIDDEN)),
        route_tables=(routes("vpc-1", *ways),) if draw(st.booleans()) else (),
        transit_gateway_attachments=(attachment("subnet-a"),) if draw(st.booleans()) else (),
    )


def address(number: int) -> IPv4Address | IPv6Address:
    return IPv6Address(number - V6) if number >= V6 else IPv4Address(number)


def last_of(starts: tuple[int, ...], at: int, end: int) -> int:
    return starts[at + 1] - 1 if at + 1 < len(starts) else end


def intervals_of(peers: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the closed intervals of addresses, those between the families left out."""
    found = []
    for at, first in enumerate(peers):
        last = last_of(peers, at, 2 * V6 - 1)
        if first < V6:
            first, last = first, min(last, (1 << 32) - 1)
        if first <= last:
            found.append((first, last))
    return found


def class_of(plan: AtomPlan, interface: str, direction: Direction) -> PolicyClass:
    numbers = plan.ingress if direction is IN else plan.egress
    return plan.classes[numbers[interface]]


def answer(index: Index, interface: str, packet: Packet) -> object:
    found = evaluate(index, index.interface(interface), packet)
    return found.groups, found.acl


@settings(max_examples=150, deadline=None)
@given(networks(), st.integers(0, 1 << 32).map(Random))
def test_every_packet_of_an_atom_gets_the_same_answer(model, chance) -> None:
    index = Index(model)
    plan = atom_plan(index, sensitive_ports=(22, 3389))
    for interface in plan.ingress:
        direction = chance.choice([IN, OUT])
        made = class_of(plan, interface, direction)
        protocol = chance.choice([6, 6, 17, 1, 58, 50])
        starts = made.ports.get(protocol, (0,))
        at = chance.randrange(len(starts))
        low, high = (starts[at], last_of(starts, at, 65535)) if protocol in (6, 17) else (None, None)
        icmp = chance.choice([None, IcmpTypeCode(8, 0), IcmpTypeCode(128, 0)]) if protocol in (1, 58) else None
        for first, last in intervals_of(made.peers):
            ends = [(first, low), (last, high), (chance.randint(first, last), high)]
            answers = [
                answer(index, interface,
                       Packet(direction=direction, protocol=protocol, peer=address(peer), port=port, icmp=icmp))
                for peer, port in ends
            ]  # fmt: skip
            assert answers[0] == answers[1] == answers[2], (interface, address(first), address(last), low, high)


@settings(max_examples=50, deadline=None)
@given(networks())
def test_classes_are_well_formed(model) -> None:
    plan = atom_plan(Index(model), sensitive_ports=(22,))
    assert [each.number for each in plan.classes] == list(range(len(plan.classes)))
    for each in plan.classes:
        assert list(each.peers) == sorted(set(each.peers))
        assert each.peers[0] == 0
        assert V6 in each.peers
        assert set(each.ports) == {6, 17}
        assert all(ports[0] == 0 and list(ports) == sorted(set(ports)) and ports[-1] <= 65535
                   for ports in each.ports.values())  # fmt: skip
    assert set(plan.ingress) == set(plan.egress) == {each.id for each in model.network_interfaces}
    assert 0 not in {*plan.ingress.values(), *plan.egress.values()}


def test_equal_interfaces_share_a_class_and_others_do_not() -> None:
    model = usual(network_interfaces=[eni("eni-twin", "subnet-b", "10.0.2.9", groups=("sg-server",))])
    plan = atom_plan(Index(model), sensitive_ports=())
    assert plan.ingress["eni-twin"] == plan.ingress["eni-server"] != plan.ingress["eni-client"]


def test_what_a_rule_names_is_cut_out_and_nothing_near_it() -> None:
    model = usual(server=[rule(IN, "tcp/5432", "198.51.100.7/32")])
    made = class_of(atom_plan(Index(model), sensitive_ports=()), "eni-server", IN)
    number = int(IPv4Address("198.51.100.7"))
    at = bisect_right(made.peers, number) - 1
    assert (made.peers[at], made.peers[at + 1]) == (number, number + 1)
    assert {5432, 5433} <= set(made.ports[6])
    assert 5434 not in made.ports[6]


def test_members_are_cut_out_only_where_a_group_is_named() -> None:
    member = int(IPv4Address("10.0.1.5"))
    named = class_of(
        atom_plan(Index(usual(server=[rule(IN, "tcp/22", "sg-client")])), sensitive_ports=()), "eni-server", IN
    )
    plain = class_of(atom_plan(Index(usual()), sensitive_ports=()), "eni-server", IN)
    assert member in named.peers
    assert member not in plain.peers


def test_ports_of_services_are_those_that_rules_name_in_short_ranges() -> None:
    model = usual(server=[rule(IN, "tcp/5432", "10.0.0.0/8"), rule(IN, "tcp/30000-32767", "10.0.0.0/8")])
    assert atom_plan(Index(model), sensitive_ports=(22,)).service_ports == {22, 5432}


def test_interfaces_without_an_id_have_no_class() -> None:
    model = usual(network_interfaces=[eni("aws_network_interface.new", "subnet-a", groups=(), id=HIDDEN)])
    assert set(atom_plan(Index(model), sensitive_ports=()).ingress) == {"eni-client", "eni-server"}


def test_addresses_and_subnets_tell_directions() -> None:
    plan = atom_plan(Index(usual()), sensitive_ports=())
    assert plan.addresses["eni-client"] == ("10.0.1.5",)
    assert [str(each) for each in plan.subnets["eni-client"]] == ["10.0.1.0/24", "2600:1f18:0:1::/64"]


def test_a_port_range_ends_at_the_last_port() -> None:
    assert (
        PortRange(1024, 65535).last + 1
        not in class_of(
            atom_plan(Index(usual(server=[rule(IN, "tcp/1024-65535", "10.0.0.0/8")])), sensitive_ports=()),
            "eni-server",
            IN,
        ).ports[6]
    )


def test_public_addresses_of_members_are_cut_out_where_their_group_is_named() -> None:
    model = usual(server=[rule(IN, "tcp/22", "sg-client")])
    shown = replace(model.network_interfaces[0], public_ip="52.1.2.3")
    model = replace(model, network_interfaces=(shown, *model.network_interfaces[1:]))
    assert int(IPv4Address("52.1.2.3")) in class_of(atom_plan(Index(model), sensitive_ports=()), "eni-server", IN).peers


def test_routes_are_cut_out_where_a_transit_gateway_stands_in_the_subnet() -> None:
    edge = int(IPv4Address("10.9.128.0"))
    routed = replace(usual(), route_tables=(routes("vpc-1", ("10.9.128.0/17", "tgw-1")),))
    beside = replace(routed, transit_gateway_attachments=(attachment("subnet-b"),))
    index = Index(beside)
    assert edge in class_of(atom_plan(index, sensitive_ports=()), "eni-server", IN).peers
    assert edge not in class_of(atom_plan(Index(routed), sensitive_ports=()), "eni-server", IN).peers
    below, above = (Packet(direction=IN, protocol=6, port=22, peer=address(edge + step)) for step in (-1, 0))
    assert answer(index, "eni-server", below) != answer(index, "eni-server", above)
