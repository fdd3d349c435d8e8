"""The nearest miss: the rule that differs least from a packet that nothing admits. For people, the best hint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain
from typing import Final

from checker.filter.groups import groups_of
from checker.filter.index import Index
from checker.filter.meets import entry_meets, rule_meets
from checker.filter.result import Doubt, Holds, Match, Packet
from checker.filter.sketch import ANY, Numbers, R, Sketch, differs, dimensions
from checker.filter.words import entity_name, entry_line, is_allow, rule_line, service_words
from checker.model.address import PortRange
from checker.model.diagnosis import Dimension, Line, NearestMiss
from checker.model.firewall import Direction, NetworkAcl, SecurityGroupRule
from checker.model.network import NetworkInterface

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
    groups = [each for each in groups_of(index, interface) if not isinstance(each, Doubt)]
    numbers = Numbers.of(packet)
    serving = (index.rules_for(each, packet.direction, numbers.protocol, numbers.port) for each in groups)
    best = _nearest_rule(index, interface, packet, chain.from_iterable(serving))
    if best is None or len(best[1]) > 1:  # one for the service that misses the peer alone is nearer than any other
        best = _nearest_rule(index, interface, packet, chain.from_iterable(map(index.rules_of, groups)))
    return None if best is None else _miss(rule_line(index, best[0]), best[1], packet)


def _nearest_rule(
    index: Index, interface: NetworkInterface, packet: Packet, sketches: Iterable[Sketch[SecurityGroupRule]]
) -> tuple[SecurityGroupRule, tuple[Dimension, ...]] | None:
    return _nearest(sketches, packet, lambda rule: rule_meets(index, interface, rule, packet), entity_name)


def nearest_entry(index: Index, acl: NetworkAcl, packet: Packet) -> NearestMiss | None:
    """Return the entry that allows something and is nearest to a packet."""
    sketches = (each for way in Direction for each in index.entries_of(acl, way) if is_allow(each.of))
    best = _nearest(sketches, packet, lambda entry: entry_meets(entry, packet), lambda entry: entry_line(acl, entry).id)
    return None if best is None else _miss(entry_line(acl, best[0]), best[1], packet)


def _nearest(
    sketches: Iterable[Sketch[R]], packet: Packet, meets: Callable[[R], Match], name: Callable[[R], str]
) -> tuple[R, tuple[Dimension, ...]] | None:
    """Return the rule that differs least, and in what."""
    numbers = Numbers.of(packet)
    best: tuple[tuple[int, int, int], Sketch[R], tuple[Dimension, ...]] | None = None
    most = _MOST
    for sketch in sketches:
        bits = differs(sketch, numbers)
        other = sketch.direction is not packet.direction
        if bits.bit_count() + other > most or (other and sketch.protocol == ANY):
            continue  # too far off, or open in the other direction, which is no mistake about this packet
        found = _dimensions(sketch, bits, other=other, meets=meets)
        if found is None or len(found) > most:
            continue
        most = len(found)
        distance = (most, _weight(found), -_shared_bits(sketch, numbers))
        if best is None or distance < best[0] or (distance == best[0] and name(sketch.of) < name(best[1].of)):
            best = (distance, sketch, found)
    return None if best is None else (best[1].of, best[2])


def _dimensions(
    sketch: Sketch[R], bits: int, *, other: bool, meets: Callable[[R], Match]
) -> tuple[Dimension, ...] | None:
    """Return in what a rule certainly differs; None where it may match."""
    found: tuple[Dimension, ...] = dimensions(bits)
    if sketch.low == ANY or not bits:
        match = meets(sketch.of)
        if match.holds is Holds.PERHAPS or (match.holds is Holds.YES and not other):
            return None
        found = match.differs
    return (Dimension.DIRECTION, *found) if other else found


@lru_cache(maxsize=64)
def _weight(differing: tuple[Dimension, ...]) -> int:
    return sum(_WEIGHT[each] for each in differing)


def _shared_bits(sketch: Sketch[R], numbers: Numbers) -> int:
    """Return how close a rule's prefix is: the leading bits that it shares with the peer, of 129."""
    return 0 if sketch.low == ANY else 129 - (sketch.low ^ numbers.peer).bit_length()


def _miss(line: Line, differing: tuple[Dimension, ...], packet: Packet) -> NearestMiss:
    return NearestMiss(rule=line, differs=differing, says=f"{line.id} says {line.says}, not {_words(packet)}")


def _words(packet: Packet) -> str:
    ports = None if packet.port is None else PortRange(packet.port, packet.port)
    service = service_words(packet.protocol, ports, packet.icmp)
    return f"{service} {'from' if packet.direction is Direction.INGRESS else 'to'} {packet.peer}"
