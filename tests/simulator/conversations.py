"""Who talks to whom: conversations near the rules of a network, one dimension off more often than not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from random import Random
from typing import Final

from tests.simulator.generate import OFFICE, OTHERS, PUBLIC, PUBLIC_V6, TYPES, TYPES_V6
from tests.simulator.network import ACK, FIN, RST, SYN, Network, judge
from tests.simulator.world import (
    ANY,
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    Address,
    Eni,
    Entry,
    GroupRef,
    ListRef,
    Net,
    Packet,
    Rule,
    Way,
    World,
)

SYSTEMS: Final = ((32768, 60999), (49152, 65535), (1024, 65535))
LINK_LOCAL: Final = (
    (ip_address("169.254.169.254"), TCP, 80),
    (ip_address("169.254.169.123"), UDP, 123),
    (ip_address("169.254.169.253"), UDP, 53),
)
SCANNED: Final = (22, 23, 80, 443, 445, 1433, 3389, 5900, 6379, 8080, 8443, 9200)


@dataclass(frozen=True, slots=True)
class Conversation:
    """``client`` and ``server`` are the interfaces; None for an end that no interface of the world stands at."""

    client: Eni | None
    server: Eni | None
    request: Packet
    start: float
    kind: str
    """inside, outside, scan, aws, or long: one that lasts for an hour."""


def reply_to(packet: Packet) -> Packet:
    """Return what a server answers."""
    code = packet.code
    if code is not None:
        code = {(8, 0): (0, 0), (128, 0): (129, 0)}.get(code, code)
    flags = SYN | ACK if packet.flags & SYN else packet.flags
    return Packet(
        packet.protocol, packet.destination, packet.source, packet.port, packet.source_port, code, flags, packet.size
    )


def conversations(world: World, seed: int, number: int) -> Iterator[Conversation]:
    """Yield conversations of a network; equal seeds, equal conversations."""
    talk = _Talk(world, Random(seed))  # noqa: S311 - seeded on purpose
    for _ in range(number):
        yield talk.next()


class _Talk:
    def __init__(self, world: World, random: Random) -> None:
        self.world = world
        self.random = random
        self.enis = [eni for eni in world.enis.values() if eni.kind != "transit_gateway"]

    def next(self) -> Conversation:
        roll = self.random.random()
        if roll < 0.1:
            return self._scan()
        if roll < 0.12:
            return self._service_of_aws()
        if roll > 0.7:
            return self._admitted()
        if roll < 0.2:
            return self._anything()
        return self._near()

    def _start(self) -> float:
        return round(self.random.uniform(0, 3600), 1)

    def _admitted(self) -> Conversation:
        """Look for a request that both ends admit: only then a reply can be refused, or be late."""
        found = self._near()
        for _ in range(6):
            ends = ((found.client, Way.OUT), (found.server, Way.IN))
            verdicts = [judge(self.world, eni, found.request, way) for eni, way in ends if eni is not None]
            if all(verdict.group_allows and verdict.acl_allows for verdict in verdicts):
                break
            found = self._near()
        return found

    def _scan(self) -> Conversation:
        """A stranger from the Internet knocks."""
        eni = self.random.choice(self.enis)
        source = IPv4Address(self.random.choice((45, 80, 103, 185, 222)) * 2**24 + self.random.randrange(2**24))
        protocol = self.random.choice((TCP, TCP, TCP, UDP))
        packet = Packet(
            protocol, source, eni.primary, self.random.randint(1024, 65535), self.random.choice(SCANNED),
            flags=SYN if protocol == TCP else 0,
        )  # fmt: skip
        return Conversation(None, eni, packet, self._start(), "scan")

    def _service_of_aws(self) -> Conversation:
        """An interface asks the DNS server of its VPC, or for its metadata or the time."""
        eni = self.random.choice(self.enis)
        resolver = self.world.vpcs[eni.vpc].nets[0].network_address + 2
        target, protocol, port = self.random.choice(((resolver, UDP, 53), (resolver, TCP, 53), *LINK_LOCAL))
        packet = self._packet(protocol, eni.primary, target, port, None)
        return Conversation(eni, None, packet, self._start(), "aws")

    def _anything(self) -> Conversation:
        """Two interfaces and a service at random."""
        one, other = self.random.choice(self.enis), self.random.choice(self.enis)
        if one is other or (one.vpc != other.vpc and self.world.link is None):
            return self._scan()
        protocol, port = self.random.choice(((TCP, 22), (TCP, 443), (TCP, 5432), (UDP, 53), (TCP, 8080)))
        version = 6 if self.random.random() < 0.3 else 4
        return self._between(one, other, protocol, port, version) or self._scan()

    def _between(self, one: Eni, other: Eni, protocol: int, port: int, version: int) -> Conversation | None:
        sources = [each for each in one.addresses if each.version == version]
        targets = [each for each in other.addresses if each.version == version]
        if not sources or not targets:
            return None
        packet = self._packet(protocol, self.random.choice(sources), self.random.choice(targets), port, None)
        return Conversation(one, other, packet, self._start(), "inside")

    def _near(self) -> Conversation:
        """Take a rule or an entry, make a packet that it matches, and then turn one dimension away from it."""
        eni = self.random.choice(self.enis)
        way = self.random.choice(list(Way))
        rules = [rule for group in eni.groups for rule in self.world.groups[group].rules if rule.way is way]
        acl = self.world.acls[self.world.subnets[eni.subnet].acl]
        entries = [entry for entry in acl.entries if entry.way is way]
        pool: list[Rule | Entry] = [*rules, *rules, *entries]
        if not pool:
            return self._anything()
        found = self.random.choice(pool)
        protocol, low, high = self._service(found)
        net = self._net(found)
        turned = self.random.choice(("port", "port", "peer", "peer", "protocol", "family", "none", "none", "none"))
        if turned == "protocol":
            turned_to = self.random.choice((TCP, UDP, ICMP, 50))
            if ICMP in (protocol, turned_to):
                low, high = -1, -1
            protocol = turned_to
        port, code = self._point(protocol, low, high, off=turned == "port")
        peer = self._peer(net, off=turned == "peer")
        if isinstance(found, Rule) and isinstance(found.peer, GroupRef) and turned == "none":
            peer = self._member(found.peer.group) or peer
        if turned == "family" or not self._plausible(peer, eni):
            peer = self._other(peer, eni)
        made = self._towards(eni, way, peer, protocol, port, code)
        return made or self._anything()

    def _service(self, found: Rule | Entry) -> tuple[int, int, int]:
        protocol = found.protocol
        if protocol == ANY:
            protocol = self.random.choice((TCP, TCP, UDP, ICMP, *OTHERS))
            return (protocol, -1, -1) if protocol in (ICMP, ICMPV6) else (protocol, 0, 65535)
        return protocol, -1 if found.low is None else found.low, -1 if found.high is None else found.high

    def _point(self, protocol: int, low: int, high: int, *, off: bool) -> tuple[int, tuple[int, int] | None]:
        """Return a port (or ICMP type and code) in or just outside a range."""
        if protocol in (ICMP, ICMPV6):
            types = TYPES_V6 if protocol == ICMPV6 else TYPES
            type_, code = (
                self.random.choice([pair for pair in types if pair[0] >= 0]) if off or low < 0 else (low, high)
            )
            return 0, (type_, max(code, 0))
        if protocol not in (TCP, UDP):
            return 0, None
        low, high = max(low, 0), 65535 if high < 0 else high
        if off:
            return self.random.choice((max(low - 1, 0), min(high + 1, 65535))), None
        return self.random.choice((low, high, self.random.randint(low, max(low, high)))), None

    def _net(self, found: Rule | Entry) -> Net:
        if isinstance(found, Entry):
            return found.net
        if isinstance(found.peer, GroupRef):
            carried = [eni for eni in self.enis if found.peer.group in eni.groups]
            eni = self.random.choice(carried or self.enis)
            address = self.random.choice(eni.addresses)
            return next(net for net in self.world.subnets[eni.subnet].nets if address in net)
        if isinstance(found.peer, ListRef):
            return self.random.choice(self.world.lists[found.peer.list])
        return found.peer

    def _peer(self, net: Net, *, off: bool) -> Address:
        inside = [address for eni in self.enis for address in eni.addresses if address in net]
        if inside and not off and self.random.random() < 0.75:
            return self.random.choice(inside)
        if net.prefixlen == 0:
            return self._world(net.version)
        if off:
            below, above = int(net.network_address) - 1, int(net.broadcast_address) + 1
            return _address(self.random.choice((below, above)), net.version)
        return net.network_address + self.random.randrange(min(net.num_addresses, 2**16))

    def _member(self, group: str) -> Address | None:
        """Return an address of a member, now and then its public one, to which no group belongs."""
        carried = [eni for eni in self.enis if group in eni.groups]
        if not carried:
            return None
        eni = self.random.choice(carried)
        if eni.public is not None and self.random.random() < 0.15:
            return eni.public
        return self.random.choice(eni.addresses)

    def _world(self, version: int) -> Address:
        net = self.random.choice(PUBLIC_V6 if version == 6 else (*PUBLIC, OFFICE))
        return net.network_address + self.random.randrange(min(net.num_addresses, 2**16))

    def _plausible(self, peer: Address, eni: Eni) -> bool:
        """Say whether the interface can meet an address: not one that AWS keeps, none of another VPC's interfaces."""
        if peer in eni.addresses or peer.is_multicast or peer.is_unspecified or peer.is_loopback:
            return False
        own = self.world.vpcs[eni.vpc]
        if not any(peer in net for net in own.nets):
            elsewhere = any(peer in net for vpc in self.world.vpcs.values() for net in vpc.nets)
            return not elsewhere or self._reached(peer, eni) is not None
        if peer in [gateway.primary for gateway in self.world.enis.values() if gateway not in self.enis]:
            return False
        return self.world.at(peer, eni.vpc) is not None or 4 <= int(peer) % 256 <= 250

    def _reached(self, peer: Address, eni: Eni) -> Eni | None:
        there = self.world.reach(peer, eni.vpc)
        return there if there in self.enis else None

    def _other(self, peer: Address, eni: Eni) -> Address:
        choices = [
            a
            for each in self.enis
            if each is not eni and (each.vpc == eni.vpc or self.world.link)
            for a in each.addresses
        ]
        wanted = [a for a in choices if a.version != peer.version]
        return self.random.choice(wanted or choices or [self._world(4)])

    def _towards(
        self, eni: Eni, way: Way, peer: Address, protocol: int, port: int, code: tuple[int, int] | None
    ) -> Conversation | None:
        own = [address for address in eni.addresses if address.version == peer.version]
        if not own or not self._plausible(peer, eni):
            return None
        if protocol in (ICMP, ICMPV6):
            protocol, code = _fitting(protocol, peer.version, code)
        local = own[0] if self.random.random() < 0.8 else self.random.choice(own)
        source, target = (peer, local) if way is Way.IN else (local, peer)
        packet = self._packet(protocol, source, target, port, code)
        there = self._reached(peer, eni)
        client, server = (there, eni) if way is Way.IN else (eni, there)
        return Conversation(client, server, packet, self._start(), "inside" if there else "outside")

    def _packet(
        self, protocol: int, source: Address, target: Address, port: int, code: tuple[int, int] | None
    ) -> Packet:
        if protocol not in (TCP, UDP):
            return Packet(protocol, source, target, code=code, size=84)
        first, last = self.random.choice(SYSTEMS)
        return Packet(
            protocol, source, target, self.random.randint(first, last), port, flags=SYN if protocol == TCP else 0
        )


def _fitting(protocol: int, version: int, code: tuple[int, int] | None) -> tuple[int, tuple[int, int]]:
    """Return ICMP of the right kind for a family: there is no ICMP for IPv4 in IPv6."""
    if (protocol == ICMPV6) == (version == 6):
        return protocol, code or (0, 0)
    return (ICMPV6, (128, 0)) if version == 6 else (ICMP, (8, 0))


def _address(number: int, version: int) -> Address:
    top = 2**32 if version == 4 else 2**128
    return IPv4Address(number % top) if version == 4 else IPv6Address(number % top)


def play(network: Network, talk: Conversation, random: Random) -> None:
    """Run one conversation until something refuses it."""
    step = {TCP: _tcp, UDP: _udp}.get(talk.request.protocol, _once)
    step(network, talk, random)


def _tcp(network: Network, talk: Conversation, random: Random) -> None:
    time, request, answer = talk.start, talk.request, reply_to(talk.request)
    for again in range(3 if talk.kind != "scan" else 1):
        if network.send(request, talk.client, talk.server, time + again * 1.1, reply=False):
            break
    else:
        return
    for again in range(3 if talk.kind != "scan" else 1):
        if network.send(answer, talk.server, talk.client, time + 0.1 + again, reply=True):
            break
    else:
        return
    data, back = _with(request, ACK, 400), _with(answer, ACK, 1400)
    number, pause = (60, 60) if talk.kind == "long" else (random.randint(1, 3), 1)
    for at in range(0, number * pause, pause):
        network.send(data, talk.client, talk.server, time + 1 + at, reply=False)
        network.send(back, talk.server, talk.client, time + 1.1 + at, reply=True)
    time += 0 if talk.kind != "long" else 3600
    network.send(_with(request, FIN | ACK, 52), talk.client, talk.server, time + 5, reply=False)
    network.send(_with(answer, FIN | ACK, 52), talk.server, talk.client, time + 5.1, reply=True)
    if random.random() < 0.25:
        network.close(request, talk.client, talk.server)
        flags = random.choice((ACK, RST, FIN | ACK, RST | ACK))
        network.send(_with(answer, flags, 52), talk.server, talk.client, time + random.uniform(6, 20), reply=True)


def _udp(network: Network, talk: Conversation, random: Random) -> None:
    answer = reply_to(talk.request)
    for again in range(random.randint(1, 3)):
        if network.send(talk.request, talk.client, talk.server, talk.start + again * 5, reply=False):
            network.send(answer, talk.server, talk.client, talk.start + 0.2 + again * 5, reply=True)


def _once(network: Network, talk: Conversation, random: Random) -> None:
    for again in range(random.randint(1, 3)):
        arrived = network.send(talk.request, talk.client, talk.server, talk.start + again, reply=False)
        answers = talk.request.code in (None, (8, 0), (128, 0))
        if arrived and answers:
            network.send(reply_to(talk.request), talk.server, talk.client, talk.start + 0.1 + again, reply=True)


def _with(packet: Packet, flags: int, size: int) -> Packet:
    return Packet(
        packet.protocol, packet.source, packet.destination, packet.source_port, packet.port, packet.code, flags, size
    )


def run(world: World, seed: int, number: int) -> Network:
    """Play a number of conversations in a network; what its interfaces saw is then in order of time."""
    network = Network(world)
    random = Random(seed)  # noqa: S311 - seeded on purpose
    for talk in sorted(conversations(world, seed, number), key=lambda talk: talk.start):
        play(network, talk, random)
    network.seen.sort(key=lambda seen: seen.time)
    return network
