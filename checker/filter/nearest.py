"""The nearest miss: the rule that differs least from a packet that nothing admits. For people, the best hint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain
from typing import Final, Generic

from checker.filter.groups import groups_of
from checker.filter.index import Index
from checker.filter.meets import entry_meets, rule_meets
from checker.filter.result import Doubt, Holds, Match, Packet
from checker.filter.sketch import ANY, Numbers, R, Sketch, differs, dimensions
from checker.filter.words import entity_name, entry_line, is_allow, rule_line, service_words
from checker.model.address import PortRange
from checker.model.diagnosis import Dimension, Line, NearestMiss
from checker.model.firewall import Direction, NetworkAcl, NetworkAclEntry, SecurityGroupRule
from checker.model.network import NetworkInterface
from checker.model.record import dataclass

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
    return closest_rule(index, rule_candidates(index, interface, packet), packet)


def nearest_entry(index: Index, acl: NetworkAcl, packet: Packet) -> NearestMiss | None:
    """Return the entry that allows something and is nearest to a packet."""
    return closest_entry(acl, entry_candidates(index, acl, packet), packet)


@dataclass(frozen=True, slots=True)
class Candidate(Generic[R]):
    """A rule that differs from a packet in as little as any other."""

    sketch: Sketch[R]
    differs: tuple[Dimension, ...]


def rule_candidates(
    index: Index, interface: NetworkInterface, packet: Packet
) -> tuple[Candidate[SecurityGroupRule], ...]:
    """Return the rules that are nearest to a packet, but for the peer's address: the same for a whole atom."""
    groups = [each for each in groups_of(index, interface) if not isinstance(each, Doubt)]
    numbers = Numbers.of(packet)
    serving = (index.rules_for(each, packet.direction, numbers.protocol, numbers.port) for each in groups)
    best = _rules(index, interface, packet, chain.from_iterable(serving))
    if not best or len(best[0].differs) > 1:  # one for the service that misses the peer alone is nearer than any other
        best = _rules(index, interface, packet, chain.from_iterable(map(index.rules_of, groups)))
    return best


def _rules(
    index: Index, interface: NetworkInterface, packet: Packet, sketches: Iterable[Sketch[SecurityGroupRule]]
) -> tuple[Candidate[SecurityGroupRule], ...]:
    return _candidates(sketches, packet, lambda rule: rule_meets(index, interface, rule, packet), entity_name)


def entry_candidates(index: Index, acl: NetworkAcl, packet: Packet) -> tuple[Candidate[NetworkAclEntry], ...]:
    """Return the entries that allow something and are nearest to a packet, but for the peer's address."""
    sketches = (each for way in Direction for each in index.entries_of(acl, way) if is_allow(each.of))
    return _candidates(
        sketches, packet, lambda entry: entry_meets(entry, packet), lambda entry: entry_line(acl, entry).id
    )


def closest_rule(
    index: Index, candidates: tuple[Candidate[SecurityGroupRule], ...], packet: Packet
) -> NearestMiss | None:
    """Return the candidate of which the prefix is closest to the peer, in words."""
    best = _closest(candidates, packet)
    return None if best is None else _miss(rule_line(index, best.sketch.of), best.differs, packet)


def closest_entry(
    acl: NetworkAcl, candidates: tuple[Candidate[NetworkAclEntry], ...], packet: Packet
) -> NearestMiss | None:
    """Return the candidate of which the prefix is closest to the peer, in words."""
    best = _closest(candidates, packet)
    return None if best is None else _miss(entry_line(acl, best.sketch.of), best.differs, packet)


def _closest(candidates: tuple[Candidate[R], ...], packet: Packet) -> Candidate[R] | None:
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    numbers = Numbers.of(packet)
    return max(candidates, key=lambda each: _shared_bits(each.sketch, numbers))  # the first of equal ones


def _candidates(
    sketches: Iterable[Sketch[R]], packet: Packet, meets: Callable[[R], Match], name: Callable[[R], str]
) -> tuple[Candidate[R], ...]:
    """Return the rules that differ least and in what, by name."""
    numbers = Numbers.of(packet)
    least = (_MOST + 1, 0)
    found: list[Candidate[R]] = []
    for sketch in sketches:
        bits = differs(sketch, numbers)
        other = sketch.direction is not packet.direction
        if bits.bit_count() + other > least[0] or (other and sketch.protocol == ANY):
            continue  # too far off, or open in the other direction, which is no mistake about this packet
        differing = _dimensions(sketch, bits, other=other, meets=meets)
        if differing is None or len(differing) > _MOST:
            continue
        distance = (len(differing), _weight(differing))
        if distance < least:
            least, found = distance, []
        if distance == least:
            found.append(Candidate(sketch, differing))
    return tuple(sorted(found, key=lambda each: name(each.sketch.of)))


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
