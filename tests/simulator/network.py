"""Packets on their way: security groups remember connections, network ACLs stand at the edge of the subnet.

Sources: EC2 User Guide, "Security group connection tracking"; VPC User Guide, "Control subnet traffic with network
ACLs" and "Flow log records". Table of who records what: the sender's interface records what it sends, and a refusal on
its way out; the receiver's interface records what reaches its subnet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address

from tests.simulator.matching import allowing, deciding, everywhere, rules_of
from tests.simulator.world import ANY, ICMP, ICMPV6, TCP, UDP, Address, Eni, Entry, Link, Packet, Rule, Way, World

FIN, SYN, RST, ACK = 1, 2, 4, 16


class Stage(Enum):
    GROUP = "security group"
    ACL = "network acl"
    LATE = "late packet"
    BLOCK = "block public access"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the controls of one interface do with one packet in one direction; both are asked, whoever comes first."""

    groups: tuple[Rule, ...]
    """Every rule that allows it; empty: none does."""
    hinging: tuple[Rule, ...]
    """Rules that allow it, or would, depending on settings of a transit gateway that no listing shows here."""
    filtered: bool
    """Whether the interface has security groups at all."""
    crosses: bool
    """Whether the packet crosses the edge of the subnet."""
    entry: Entry | None
    """The entry that decides; None where the final deny does, or nothing has to."""

    @property
    def group_allows(self) -> bool:
        return not self.filtered or bool(self.groups)

    @property
    def acl_allows(self) -> bool:
        return not self.crosses or (self.entry is not None and self.entry.allow)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one packet was refused: the truth that a diagnosis is held against."""

    stage: Stage
    way: Way
    acl: str | None
    number: int | None
    """Number of the denying entry; None: no rule or entry matches."""
    reply: bool
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Seen:
    """One packet at one interface."""

    eni: Eni
    way: Way
    packet: Packet
    time: float
    refusal: Refusal | None
    verdict: Verdict


_LINK = tuple(ip_address(text) for text in ("169.254.169.123", "169.254.169.253", "169.254.169.254"))


def reserved(world: World, eni: Eni) -> frozenset[Address]:
    """Return what no group or ACL filters and no flow log records: Amazon DNS, IMDS, Time Sync, the router."""
    routers = [net.network_address + 1 for net in world.subnets[eni.subnet].nets if net.version == 4]
    return frozenset((*_LINK, world.vpcs[eni.vpc].nets[0].network_address + 2, *routers))


def crosses(world: World, eni: Eni, packet: Packet, way: Way) -> bool:
    """Say whether a packet meets the ACL of the interface's subnet: mostly when one end of it is outside."""
    subnet = world.subnets[eni.subnet]
    source, target = (any(side in net for net in subnet.nets) for side in (packet.source, packet.destination))
    if eni.kind == "transit_gateway":
        return way is Way.IN or not target
    if way is Way.IN and not source and _from_gateway_beside(world, eni, packet):
        return False
    return not (source and target) or _classic(world, eni, packet)


def _from_gateway_beside(world: World, eni: Eni, packet: Packet) -> bool:
    """Say whether a packet comes from a transit gateway with an interface in the same subnet: it meets no ACL."""
    beside = world.gateways.get(eni.vpc)
    if beside is None or world.enis[beside].subnet != eni.subnet:
        return False
    return any(packet.source in net for vpc in world.vpcs.values() if vpc.id != eni.vpc for net in vpc.nets)


def _classic(world: World, eni: Eni, packet: Packet) -> bool:
    """Say whether one end is a Classic Load Balancer, to which the ACL holds within the subnet too."""
    ends = (world.at(side, eni.vpc) for side in (packet.source, packet.destination))
    return any(end is not None and end.kind == "classic" for end in ends)


def judge(world: World, eni: Eni, packet: Packet, way: Way) -> Verdict:
    """Ask all rules and entries about a packet, without any memory of earlier ones."""
    across = crosses(world, eni, packet, way)
    entry = deciding(world.acls[world.subnets[eni.subnet].acl], packet, way) if across else None
    sure, hinging = allowing(world, eni, packet, way)
    return Verdict(
        tuple(sure + hinging if world.keeps_groups else sure), tuple(hinging), bool(eni.groups), across, entry
    )


def _open(rule: Rule, version: int) -> bool:
    return (
        not hasattr(rule.peer, "group")
        and not hasattr(rule.peer, "list")
        and (rule.peer.version == version and everywhere(rule.peer))
    )


def untracked(world: World, eni: Eni, packet: Packet, way: Way, matched: tuple[Rule, ...]) -> bool:
    """Say whether the interface keeps no memory: open to the world, and the answers open to the world too."""
    version = packet.source.version
    if packet.protocol not in (TCP, UDP) or eni.kind != "interface":
        return False
    other = Way.OUT if way is Way.IN else Way.IN
    back = rules_of(world, eni.groups, other)
    answers = any(
        _open(rule, version) and (rule.protocol == ANY or (rule.protocol == packet.protocol and _all_ports(rule)))
        for rule in back
    )
    return answers and any(_open(rule, version) for rule in matched)


def _all_ports(rule: Rule) -> bool:
    return rule.low is None or (rule.low, rule.high) == (0, 65535)


@dataclass(slots=True)
class Tracker:
    """The connections that interfaces remember, with the time of the last packet of each."""

    known: dict[tuple[object, ...], float] = field(default_factory=dict)

    @staticmethod
    def key(eni: Eni, packet: Packet, way: Way) -> tuple[object, ...]:
        ours = (packet.source, packet.source_port) if way is Way.OUT else (packet.destination, packet.port)
        theirs = (packet.destination, packet.port) if way is Way.OUT else (packet.source, packet.source_port)
        return (eni.id, packet.protocol, ours, theirs)

    def knows(self, eni: Eni, packet: Packet, way: Way, time: float) -> bool:
        last = self.known.get(self.key(eni, packet, way))
        return last is not None and time - last <= timeout(packet.protocol)

    def remember(self, eni: Eni, packet: Packet, way: Way, time: float) -> None:
        self.known[self.key(eni, packet, way)] = time

    def forget(self, eni: Eni, packet: Packet, way: Way) -> None:
        self.known.pop(self.key(eni, packet, way), None)


def timeout(protocol: int) -> float:
    """Seconds that an idle connection is remembered."""
    return {TCP: 432_000, UDP: 30, ICMP: 30, ICMPV6: 30}.get(protocol, 600)


@dataclass(slots=True)
class Network:
    """A world in motion."""

    world: World
    tracker: Tracker = field(default_factory=Tracker)
    seen: list[Seen] = field(default_factory=list)
    unfiltered: list[tuple[Eni, Way, Packet]] = field(default_factory=list)
    """What nothing filters, and nothing records."""
    change: tuple[float, World] | None = None
    """From when on the world is another one; its interfaces are the same."""
    _kept: dict[str, frozenset[Address]] = field(default_factory=dict)

    def send(self, packet: Packet, sender: Eni | None, receiver: Eni | None, time: float, *, reply: bool) -> bool:
        """Send one packet and say whether it arrives; what interfaces see of it goes to ``seen``."""
        world = self.world
        if self.change is not None and time >= self.change[0]:
            self.world = self.change[1]
        arrives = self._send(packet, sender, receiver, time, reply)
        self.world = world
        return arrives

    def _send(self, packet: Packet, sender: Eni | None, receiver: Eni | None, time: float, reply: bool) -> bool:
        if sender is not None and not self._pass(sender, packet, Way.OUT, time, reply):
            return False
        for gateway, way in self._gateways(sender, receiver):
            if not self._pass(gateway, packet, way, time, reply):
                return False
        return receiver is None or self._pass(receiver, packet, Way.IN, time, reply)

    def _gateways(self, sender: Eni | None, receiver: Eni | None) -> list[tuple[Eni, Way]]:
        """Return the interfaces of a transit gateway that lie between two ends."""
        world = self.world
        if world.link is not Link.TRANSIT or sender is None or receiver is None or sender.vpc == receiver.vpc:
            return []
        return [(world.enis[world.gateways[sender.vpc]], Way.IN), (world.enis[world.gateways[receiver.vpc]], Way.OUT)]

    def close(self, packet: Packet, sender: Eni | None, receiver: Eni | None) -> None:
        """Make both sides forget a connection, as after FIN or RST."""
        if sender is not None:
            self.tracker.forget(sender, packet, Way.OUT)
        if receiver is not None:
            self.tracker.forget(receiver, packet, Way.IN)

    def _pass(self, eni: Eni, packet: Packet, way: Way, time: float, reply: bool) -> bool:
        if eni.id not in self._kept:
            self._kept[eni.id] = reserved(self.world, eni)
        kept = self._kept[eni.id]
        if packet.source in kept or packet.destination in kept:
            self.unfiltered.append((eni, way, packet))
            return True
        verdict = judge(self.world, eni, packet, way)
        refusal = self._refused(eni, packet, way, time, reply, verdict)
        if refusal is None and self._new(eni, packet, way, time, verdict):
            self.tracker.remember(eni, packet, way, time)
        self.seen.append(Seen(eni, way, packet, time, refusal, verdict))
        return refusal is None

    def _refused(
        self, eni: Eni, packet: Packet, way: Way, time: float, reply: bool, verdict: Verdict
    ) -> Refusal | None:
        """Return what refuses a packet: whatever comes first on its way."""
        group = self._group(eni, packet, way, time, verdict)
        late = reply or (packet.protocol == TCP and not packet.flags & SYN)
        by_group = None if group else Refusal(Stage.LATE if late else Stage.GROUP, way, None, None, reply, verdict)
        number = None if verdict.entry is None else verdict.entry.number
        acl = self.world.subnets[eni.subnet].acl
        by_acl = None if verdict.acl_allows else Refusal(Stage.ACL, way, acl, number, reply, verdict)
        by_block = Refusal(Stage.BLOCK, way, None, None, reply, verdict) if self._blocked(eni, packet, way) else None
        order = (by_block, by_acl, by_group) if way is Way.IN else (by_group, by_acl, by_block)
        return next((each for each in order if each is not None), None)

    def _blocked(self, eni: Eni, packet: Packet, way: Way) -> bool:
        """Say whether Block Public Access keeps a packet from or to the Internet."""
        peer = packet.source if way is Way.IN else packet.destination
        nets = [net for vpc in self.world.vpcs.values() for net in vpc.nets]
        return self.world.blocks_internet and peer.is_global and not any(peer in net for net in nets)

    def _group(self, eni: Eni, packet: Packet, way: Way, time: float, verdict: Verdict) -> bool:
        return verdict.group_allows or self.tracker.knows(eni, packet, way, time)

    def _new(self, eni: Eni, packet: Packet, way: Way, time: float, verdict: Verdict) -> bool:
        """Say whether the interface remembers the connection from now on."""
        if not verdict.filtered:
            return False
        if self.tracker.knows(eni, packet, way, time):
            return True
        return not untracked(self.world, eni, packet, way, verdict.groups)
