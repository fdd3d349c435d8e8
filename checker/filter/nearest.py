"""The nearest miss: the rule that differs least from a packet that nothing admits. For people, the best hint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.filter.entries import in_order
from checker.filter.groups import groups_of
from checker.filter.index import Address, Index
from checker.filter.meets import entry_meets, rule_meets
from checker.filter.result import Doubt, Holds, Match, Packet
from checker.filter.words import entry_line, is_allow, rule_line, service_words
from checker.model.address import ALL_PROTOCOLS, PortRange
from checker.model.diagnosis import Dimension, Line, NearestMiss
from checker.model.firewall import Direction, NetworkAcl, SecurityGroupRule
from checker.model.known import Maybe, Unknown
from checker.model.network import NetworkInterface
from checker.model.record import replace

_WEIGHT: Final = {
    Dimension.FAMILY: 1,
    Dimension.CIDR: 2,
    Dimension.PORT: 3,
    Dimension.PROTOCOL: 4,
    Dimension.DIRECTION: 5,
}
"""Breaks ties: what is most often the mistake comes first."""

_MOST: Final = 2
"""A rule that differs in more than these dimensions is about something else."""


def nearest_rule(index: Index, interface: NetworkInterface, packet: Packet) -> NearestMiss | None:
    """Return the security group rule nearest to a packet; rules of the other direction count as one step off."""
    found = [
        (_distance(packet, match, rule.peer), _miss(rule_line(index, rule), match, packet))
        for rule, match in _rules(index, interface, packet)
        if match.differs and len(match.differs) <= _MOST
    ]
    return min(found, key=lambda each: (each[0], each[1].rule.id))[1] if found else None


def nearest_entry(acl: NetworkAcl, packet: Packet) -> NearestMiss | None:
    """Return the entry that allows something and is nearest to a packet."""
    found = []
    for direction in Direction:
        for entry in in_order(acl.entries, direction):
            other = direction is not packet.direction
            match = _turned(entry_meets(entry, packet), other=other)
            near = match.holds is Holds.NO and 0 < len(match.differs) <= _MOST
            if near and is_allow(entry) and not (other and _is_general(entry.protocol)):
                line = entry_line(acl, entry)
                found.append((_distance(packet, match, entry.prefix), _miss(line, match, packet)))
    return min(found, key=lambda each: (each[0], each[1].rule.id))[1] if found else None


def _rules(index: Index, interface: NetworkInterface, packet: Packet) -> Iterator[tuple[SecurityGroupRule, Match]]:
    for group in groups_of(index, interface):
        if isinstance(group, Doubt):
            continue
        for rule in group.rules:
            other = rule.direction is not packet.direction
            match = _turned(rule_meets(index, interface, rule, packet), other=other)
            if match.holds is Holds.NO and not (other and _is_general(rule.protocol)):
                yield rule, match


def _is_general(protocol: Maybe[int]) -> bool:
    """Say whether a rule is for all protocols: in the other direction that is no mistake about this packet."""
    return not isinstance(protocol, Unknown) and protocol == ALL_PROTOCOLS


def _turned(match: Match, *, other: bool) -> Match:
    """Count the other direction as a difference; a rule that would match there differs in that alone."""
    if not other or match.holds is Holds.PERHAPS:
        return match
    return replace(match, holds=Holds.NO, differs=(Dimension.DIRECTION, *match.differs))


def _distance(packet: Packet, match: Match, peer: Maybe[object]) -> tuple[int, int, int]:
    """Return fewest dimensions first, then the commonest mistake, then the closest block."""
    shared = 0
    network = getattr(peer, "network_address", None)
    if network is not None and network.version == packet.peer.version:
        shared = _common_bits(packet.peer, network)
    return len(match.differs), sum(_WEIGHT[each] for each in match.differs), -shared


def _common_bits(one: Address, other: Address) -> int:
    return one.max_prefixlen - (int(one) ^ int(other)).bit_length()


def _miss(line: Line, match: Match, packet: Packet) -> NearestMiss:
    return NearestMiss(rule=line, differs=match.differs, says=f"{line.id} says {line.says}, not {_words(packet)}")


def _words(packet: Packet) -> str:
    ports = None if packet.port is None else PortRange(packet.port, packet.port)
    service = service_words(packet.protocol, ports, packet.icmp)
    return f"{service} {'from' if packet.direction is Direction.INGRESS else 'to'} {packet.peer}"
