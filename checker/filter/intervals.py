"""Sets of whole numbers as intervals: exact, canonical, and as large as the number of edges, never of members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from checker.model.record import dataclass


@dataclass(frozen=True, slots=True)
class Intervals:
    """A set of whole numbers. Equal sets are equal objects, whatever they were made from."""

    edges: tuple[int, ...] = ()
    """Where membership changes, ascending: ``(2, 5, 9, 10)`` is {2, 3, 4, 9}. Always an even number of edges."""

    def __bool__(self) -> bool:
        return bool(self.edges)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield each interval as first member and the number after its last one."""
        return zip(self.edges[::2], self.edges[1::2], strict=True)

    def __or__(self, other: Intervals) -> Intervals:
        if self.edges == other.edges or not other.edges:
            return self
        return _combine(self.edges, other.edges, (False, True, True, True)) if self.edges else other

    def __and__(self, other: Intervals) -> Intervals:
        if self.edges == other.edges or not self.edges:
            return self
        return _combine(self.edges, other.edges, (False, False, False, True)) if other.edges else other

    def __sub__(self, other: Intervals) -> Intervals:
        if not other.edges or not self.edges:
            return self
        return _combine(self.edges, other.edges, (False, False, True, False))

    def __le__(self, other: Intervals) -> bool:
        return not (self - other)

    def __contains__(self, number: int) -> bool:
        low, high = 0, len(self.edges)
        while low < high:
            middle = (low + high) // 2
            if self.edges[middle] <= number:
                low = middle + 1
            else:
                high = middle
        return bool(low & 1)

    def meets(self, other: Intervals) -> bool:
        """Return whether two sets have a member in common, without working out which."""
        one, two = self.edges, other.edges
        i = j = 0
        while i < len(one) and j < len(two):
            if one[i + 1] <= two[j]:
                i += 2
            elif two[j + 1] <= one[i]:
                j += 2
            else:
                return True
        return False

    def size(self) -> int:
        """Return the number of members."""
        return sum(end - start for start, end in self)


NOTHING: Final = Intervals()
_BEYOND: Final = 1 << 200
"""Greater than any member."""

_SHORT: Final = 64
"""Edges up to which results are remembered: groups and ACLs of one network repeat the same few blocks."""


def interval(first: int, last: int) -> Intervals:
    """Return the numbers from ``first`` to ``last``, both included."""
    return Intervals((first, last + 1))


def union(ranges: Iterable[tuple[int, int]]) -> Intervals:
    """Return the union of closed ranges, in any order: one sort, however many there are."""
    edges: list[int] = []
    for first, last in sorted(ranges):
        if edges and first <= edges[-1]:
            edges[-1] = max(edges[-1], last + 1)
        else:
            edges += (first, last + 1)
    return Intervals(tuple(edges))


def _combine(one: tuple[int, ...], other: tuple[int, ...], keep: tuple[bool, bool, bool, bool]) -> Intervals:
    """Return what ``keep`` says is a member: what is in neither, in the second, in the first, in both."""
    return (_swept if len(one) + len(other) > _SHORT else _remembered)(one, other, keep)


@lru_cache(maxsize=1 << 14)
def _remembered(one: tuple[int, ...], other: tuple[int, ...], keep: tuple[bool, bool, bool, bool]) -> Intervals:
    return _swept(one, other, keep)


def _swept(one: tuple[int, ...], other: tuple[int, ...], keep: tuple[bool, bool, bool, bool]) -> Intervals:
    """Sweep over both."""
    edges: list[int] = []
    left, right = (*one, _BEYOND), (*other, _BEYOND)
    i = j = 0
    inside = False
    while True:
        at = min(left[i], right[j])
        if at == _BEYOND:
            return Intervals(tuple(edges))
        i += left[i] == at
        j += right[j] == at
        now = keep[(i & 1) * 2 + (j & 1)]
        if now is not inside:
            edges.append(at)
            inside = now
