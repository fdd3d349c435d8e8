"""Sets of packets of one direction: services (protocol, port or ICMP type) times peer addresses."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Final, TypeAlias

from checker.filter.addresses import ALL_ADDRESSES
from checker.filter.intervals import NOTHING, Intervals
from checker.filter.service import ALL_SERVICES
from checker.model.record import dataclass

Step: TypeAlias = tuple[int, Intervals]


@dataclass(frozen=True, slots=True)
class PacketSet:
    """A set of packets, as peers for each service. Equal sets are equal objects.

    Exact for both address families. Size and cost of the operations grow with the number of distinct ports and
    prefixes that were put in, not with the ports or addresses that they hold.
    """

    steps: tuple[Step, ...] = ()
    """Ascending services; from each on these peers hold, until the next. The last one's peers are nobody."""

    def __bool__(self) -> bool:
        return bool(self.steps)

    def __or__(self, other: PacketSet) -> PacketSet:
        if not self.steps or not other.steps:
            return self if self.steps else other
        return _merge(self.steps, other.steps, Intervals.__or__)

    def __and__(self, other: PacketSet) -> PacketSet:
        if not self.steps or not other.steps:
            return EMPTY
        return _merge(self.steps, other.steps, Intervals.__and__)

    def __sub__(self, other: PacketSet) -> PacketSet:
        if not self.steps or not other.steps:
            return self
        return _merge(self.steps, other.steps, Intervals.__sub__)

    def __le__(self, other: PacketSet) -> bool:
        return not (self - other)

    @staticmethod
    def from_steps(steps: Iterable[Step]) -> PacketSet:
        """Return the set of some ascending steps, of which neighbours may have equal peers."""
        made: list[Step] = []
        for at, peers in steps:
            if peers.edges != (made[-1][1].edges if made else ()):
                made.append((at, peers))
        return PacketSet(tuple(made))

    def meets(self, other: PacketSet) -> bool:
        """Return whether two sets have a packet in common; quick where one of them is a single rule."""
        few, many = (self, other) if len(self.steps) <= len(other.steps) else (other, self)
        return any(many._has(start, end, peers) for (start, peers), (end, _) in pairwise(few.steps) if peers)

    def _has(self, start: int, end: int, peers: Intervals) -> bool:
        at = max(bisect_right(self.steps, start, key=_start) - 1, 0)
        for here in range(at, len(self.steps)):
            first, found = self.steps[here]
            if first >= end:
                return False
            if found.meets(peers):
                return True
        return False

    def slabs(self) -> Iterator[tuple[Intervals, Intervals]]:
        """Yield services and the peers that hold for all of them, ascending, none twice."""
        for (start, peers), (end, _) in pairwise(self.steps):
            if peers:
                yield Intervals((start, end)), peers

    def peers_at(self, service: int) -> Intervals:
        """Return the peers of one service."""
        at = bisect_right(self.steps, service, key=_start) - 1
        return self.steps[at][1] if at >= 0 else NOTHING

    def services(self) -> Intervals:
        """Return the services with any peer."""
        return _flat(services for services, _ in self.slabs())

    def peers(self) -> Intervals:
        """Return the peers of any service."""
        found = NOTHING
        for _, peers in self.steps:
            found = found | peers
        return found

    def within(self, services: Intervals) -> PacketSet:
        """Return the part on some services."""
        return self & box(services, ALL_ADDRESSES)


EMPTY: Final = PacketSet()


def box(services: Intervals, peers: Intervals) -> PacketSet:
    """Return every packet of these services from or to these peers."""
    if not peers:
        return EMPTY
    return PacketSet(tuple((edge, NOTHING if number & 1 else peers) for number, edge in enumerate(services.edges)))


EVERYTHING: Final = box(ALL_SERVICES, ALL_ADDRESSES)


def union_of(sets: Iterable[PacketSet]) -> PacketSet:
    """Return the union of many sets, merged in pairs so that no set is walked more often than needed."""
    level = [each for each in sets if each]
    while len(level) > 1:
        paired = [one | other for one, other in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[len(paired) * 2 :]
    return level[0] if level else EMPTY


def _start(step: Step) -> int:
    return step[0]


def _flat(parts: Iterable[Intervals]) -> Intervals:
    edges: list[int] = []
    for part in parts:
        start, end = part.edges
        if edges and edges[-1] == start:
            edges[-1] = end
        else:
            edges += (start, end)
    return Intervals(tuple(edges))


def _merge(
    one: tuple[Step, ...], other: tuple[Step, ...], combine: Callable[[Intervals, Intervals], Intervals]
) -> PacketSet:
    """Sweep over the services of both and combine the peers that hold at each."""
    steps: list[Step] = []
    left = right = last = NOTHING
    i = j = 0
    while i < len(one) or j < len(other):
        at = one[i][0] if j == len(other) or (i < len(one) and one[i][0] <= other[j][0]) else other[j][0]
        if i < len(one) and one[i][0] == at:
            left = one[i][1]
            i += 1
        if j < len(other) and other[j][0] == at:
            right = other[j][1]
            j += 1
        now = combine(left, right)
        if now.edges != last.edges:
            steps.append((at, now))
            last = now
    return PacketSet(tuple(steps))
