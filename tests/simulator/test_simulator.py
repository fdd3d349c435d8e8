"""The simulator against the documentation: who records what, which connections are remembered, how records read."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address, ip_network

import pytest

from tests.simulator.network import ACK, FIN, SYN, Network, untracked
from tests.simulator.records import CUSTOM, DEFAULT, Record, fields_of, lines, records_of, silence
from tests.simulator.world import (
    ANY,
    ICMP,
    TCP,
    Acl,
    Eni,
    Entry,
    Group,
    Link,
    Net,
    Packet,
    Rule,
    Subnet,
    Vpc,
    Way,
    World,
)

ALL, ALL_V6 = ip_network("0.0.0.0/0"), ip_network("::/0")
NET = ip_network("10.0.0.0/16")
A, B = ip_address("10.0.1.5"), ip_address("10.0.2.7")
SECOND = ip_address("10.0.2.8")
PORT, EPHEMERAL = 5432, 40000


def world(
    *, a_out: bool = True, b_in: bool = True, denied: tuple[str, Way] | None = None, port: int | None = None
) -> World:
    """Return A and B in two subnets of one VPC. ``denied``: subnet and direction in which the ACL denies ``port``."""
    made = World(0, {"vpc": Vpc("vpc", (NET,))}, {}, {}, {}, {}, {})
    for name, number in (("one", 1), ("two", 2)):
        made.acls[name] = Acl(name, "vpc", name == "one", [Entry(way, 100, True, ANY, None, None, ALL) for way in Way])
        made.subnets[name] = Subnet(name, "vpc", (ip_network(f"10.0.{number}.0/24"),), name, associated=True)
    if denied is not None:
        subnet, way = denied
        made.acls[subnet].entries.append(Entry(way, 90, False, TCP, port, port, ALL))
    outward = [Rule("out-a", Way.OUT, ANY, None, None, ALL)] if a_out else []
    inward = [Rule("in-b", Way.IN, TCP, PORT, PORT, NET)] if b_in else []
    made.groups = {"a": Group("a", "vpc", outward), "b": Group("b", "vpc", inward)}
    made.enis = {
        "eni-a": Eni("eni-a", "vpc", "one", (A,), ("a",)),
        "eni-b": Eni("eni-b", "vpc", "two", (B, SECOND), ("b",)),
    }
    return made


REQUEST = Packet(TCP, A, B, EPHEMERAL, PORT, flags=SYN)
REPLY = Packet(TCP, B, A, PORT, EPHEMERAL, flags=SYN | ACK)


def recorded(found: World) -> list[tuple[str, str, str]]:
    """Return what a request, and its reply if it arrives, leave behind: interface, direction, action."""
    network = Network(found)
    a, b = found.enis["eni-a"], found.enis["eni-b"]
    if network.send(REQUEST, a, b, 0, reply=False):
        network.send(REPLY, b, a, 1, reply=True)
    return [(each.eni.id, each.way.value, "ACCEPT" if each.refusal is None else "REJECT") for each in network.seen]


OUT_A, IN_B, OUT_B, IN_A = ("eni-a", "egress"), ("eni-b", "ingress"), ("eni-b", "egress"), ("eni-a", "ingress")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            world(), [(*OUT_A, "ACCEPT"), (*IN_B, "ACCEPT"), (*OUT_B, "ACCEPT"), (*IN_A, "ACCEPT")], id="none"
        ),
        pytest.param(world(a_out=False), [(*OUT_A, "REJECT")], id="group of A, out"),
        pytest.param(world(denied=("one", Way.OUT), port=PORT), [(*OUT_A, "REJECT")], id="ACL of A, out"),
        pytest.param(
            world(denied=("two", Way.IN), port=PORT), [(*OUT_A, "ACCEPT"), (*IN_B, "REJECT")], id="ACL of B, in"
        ),
        pytest.param(world(b_in=False), [(*OUT_A, "ACCEPT"), (*IN_B, "REJECT")], id="group of B, in"),
        pytest.param(
            world(denied=("two", Way.OUT), port=EPHEMERAL),
            [(*OUT_A, "ACCEPT"), (*IN_B, "ACCEPT"), (*OUT_B, "REJECT")],
            id="reply, ACL of B, out",
        ),
        pytest.param(
            world(denied=("one", Way.IN), port=EPHEMERAL),
            [(*OUT_A, "ACCEPT"), (*IN_B, "ACCEPT"), (*OUT_B, "ACCEPT"), (*IN_A, "REJECT")],
            id="reply, ACL of A, in",
        ),
    ],
)
def test_who_records_what(found: World, expected: list[tuple[str, str, str]]) -> None:
    assert recorded(found) == expected


def test_the_ping_of_the_user_guide() -> None:
    """Group and ACL allow ICMP in, and neither does out: ACCEPT for the ping, REJECT for the answer.

    Source: VPC User Guide, "Security group and network ACL rules".
    """
    made = world()
    made.groups["b"].rules = [Rule("ping", Way.IN, ICMP, 8, -1, ALL)]
    made.acls["two"].entries = [Entry(Way.IN, 100, True, ICMP, -1, -1, ALL)]
    home = ip_address("203.0.113.12")
    network, b = Network(made), made.enis["eni-b"]
    assert network.send(Packet(ICMP, home, B, code=(8, 0)), None, b, 0, reply=False)
    assert not network.send(Packet(ICMP, B, home, code=(0, 0)), b, None, 1, reply=True)
    actions = [(str(each.source), str(each.destination), each.rejected) for each in records_of(network.seen)]
    assert actions == [("203.0.113.12", str(B), False), (str(B), "203.0.113.12", True)]


@pytest.mark.parametrize(
    ("inward", "outward", "expected"),
    [
        pytest.param((TCP, 22, 22, ALL), (ANY, None, None, ALL), True, id="open both ways"),
        pytest.param((TCP, 22, 22, ALL), (TCP, 0, 65535, ALL), True, id="all ports of the protocol out"),
        pytest.param((TCP, 22, 22, ALL), (TCP, 1024, 65535, ALL), False, id="some ports out"),
        pytest.param((TCP, 22, 22, NET), (ANY, None, None, ALL), False, id="inbound from a block"),
        pytest.param((TCP, 22, 22, ALL), (ANY, None, None, NET), False, id="outbound to a block"),
        pytest.param(
            (TCP, 22, 22, ALL), (ANY, None, None, ip_network("::/0")), False, id="outbound of the other family"
        ),
        pytest.param((ICMP, -1, -1, ALL), (ANY, None, None, ALL), False, id="ICMP"),
    ],
)
def test_what_is_not_tracked(
    inward: tuple[int, int, int, Net], outward: tuple[int, int | None, int | None, Net], expected: bool
) -> None:
    made = world()
    rule = Rule("in", Way.IN, *inward)
    made.groups["b"].rules = [rule, Rule("out", Way.OUT, *outward)]
    packet = Packet(inward[0], A, B, 40000, 22 if inward[0] == TCP else 0)
    assert untracked(made, made.enis["eni-b"], packet, Way.IN, (rule,)) is expected


def _joined(subnet: str) -> World:
    """Return A and B in two VPCs behind a transit gateway, which has an interface in B's subnet or beside it."""
    made = world()
    there = ip_network("10.9.0.0/16")
    made.vpcs["far"] = Vpc("far", (there,))
    made.acls["far"] = Acl("far", "far", True, [])
    for name, net in (("beside", "10.9.1.0/24"), ("same", "10.9.2.0/24")):
        made.subnets[name] = Subnet(name, "far", (ip_network(net),), "far", associated=True)
    made.enis["eni-b"] = Eni("eni-b", "far", "same", (ip_address("10.9.2.7"),), ("b",))
    made.enis["eni-t1"] = Eni("eni-t1", "vpc", "two", (ip_address("10.0.2.200"),), (), "transit_gateway")
    where = ip_network("10.9.1.0/24" if subnet == "beside" else "10.9.2.0/24").network_address + 200
    made.enis["eni-t2"] = Eni("eni-t2", "far", subnet, (where,), (), "transit_gateway")
    made.link = Link.TRANSIT
    made.gateways = {"vpc": "eni-t1", "far": "eni-t2"}
    return made


@pytest.mark.parametrize(
    ("subnet", "arrives", "refused_at"),
    [("beside", False, ("eni-t2", "egress")), ("same", True, None)],
    ids=["in a subnet of its own", "in the subnet of the target"],
)
def test_acl_behind_a_transit_gateway(subnet: str, arrives: bool, refused_at: tuple[str, str] | None) -> None:
    """An ACL without entries: it stands at the gateway's own subnet, and is not met from the gateway in the same one.

    Source: Transit Gateway guide, "Network ACLs".
    """
    made = _joined(subnet)
    network = Network(made)
    packet = Packet(TCP, A, ip_address("10.9.2.7"), EPHEMERAL, PORT, flags=SYN)
    assert network.send(packet, made.enis["eni-a"], made.enis["eni-b"], 0, reply=False) is arrives
    last = network.seen[-1]
    assert refused_at == (None if last.refusal is None else (last.eni.id, last.way.value))


def _records(flags: tuple[int, ...], times: tuple[float, ...]) -> list[Record]:
    made = world()
    network = Network(made)
    for flag, time in zip(flags, times, strict=True):
        packet = Packet(TCP, A, SECOND, EPHEMERAL, PORT, flags=flag, size=100)
        network.send(packet, made.enis["eni-a"], made.enis["eni-b"], time, reply=False)
    return [each for each in records_of(network.seen) if each.eni.id == "eni-b"]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [((SYN,), 2), ((SYN, ACK, FIN | ACK), 3), ((ACK, ACK), 0), ((SYN | ACK, ACK), 18), ((FIN | ACK,), 1)],
)
def test_flags_of_a_minute_are_put_together_and_ack_alone_is_none(flags: tuple[int, ...], expected: int) -> None:
    (record,) = _records((SYN, *flags), tuple(60.0 * (at > 0) for at in range(len(flags) + 1)))[1:]
    assert record.flags == expected


def test_a_record_is_of_one_minute_and_gives_the_primary_address() -> None:
    first, second = _records((SYN, ACK, ACK), (1, 59, 61))
    fields = fields_of(world(), first)
    assert (fields["dstaddr"], fields["pkt-dstaddr"]) == (str(B), str(SECOND))
    assert (first.packets, first.size, second.packets) == (2, 200, 1)


def test_lines_have_the_fields_of_their_format() -> None:
    found = _records((SYN,), (1,))
    assert lines(world(), found, DEFAULT)[0] == [
        "2 111122223333 eni-b 10.0.1.5 10.0.2.7 40000 5432 6 1 100 1772359201 1772359259 ACCEPT OK"
    ]
    (line,) = lines(world(), found, CUSTOM)[0]
    assert dict(zip(CUSTOM, line.split(" "), strict=True))["flow-direction"] == "ingress"
    assert silence(world(), world().enis["eni-a"], DEFAULT, "NODATA", 0) == (
        "2 111122223333 eni-a - - - - - - - 1772359200 1772359259 - NODATA"
    )


def test_amazon_dns_is_neither_filtered_nor_recorded() -> None:
    made = world(a_out=False)
    network = Network(made)
    packet = Packet(17, A, IPv4Address("10.0.0.2"), EPHEMERAL, 53)
    assert network.send(packet, made.enis["eni-a"], None, 0, reply=False)
    assert not network.seen
