"""What was read waits until everything near it in time has been read; how much of that is in memory has a bound."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from checker.flowlog.engine.held import Held
from checker.flowlog.engine.pair import NEAR
from checker.model.record import dataclass, field

_UNIT: Final = 100_000
"""Records of small chunks that wait as one."""
_BEHIND: Final = 500_000
"""Records that have to follow, all of them later in time: so far files may be out of order."""
_GROUP: Final = 300_000
"""Records that are finished together."""
_MOST: Final = 4_000_000
"""The same, where very many accepted ones are looked through for each group."""
_REJECTED: Final = 500_000
"""Rejected records that are finished together, at most, but for a chunk that holds more."""
_SCANS: Final = 16
"""Groups for which an accepted record is looked at, about, before groups grow."""


@dataclass(slots=True)
class Unit:
    """Chunks that were read one after the other."""

    chunks: list[Held] = field(default_factory=list)
    records: int = 0
    rejected: int = 0
    first: int = 1 << 62
    last: int = 0

    def add(self, held: Held) -> None:
        """Add a chunk, which holds a record at least."""
        self.chunks.append(held)
        self.records += held.records
        self.rejected += held.rejected.rows
        self.first, self.last = min(self.first, held.first), max(self.last, held.last)


class Waiting:
    """Chunks in the order in which they were read."""

    def __init__(self) -> None:
        self._open = Unit()
        self._units: list[Unit] = []
        self._recent: deque[Unit] = deque()
        self._behind = 0
        """Records of the recent ones."""

    def add(self, held: Held) -> Unit | None:
        """Add a chunk; return the unit that it makes full."""
        if held.records:
            self._open.add(held)
        return self.close() if self._open.records >= _UNIT else None

    def close(self) -> Unit:
        """Return the unit that is not full yet."""
        full, self._open = self._open, Unit()
        self._units.append(full)
        self._recent.append(full)
        self._behind += full.records
        while self._behind - self._recent[0].records >= _BEHIND:
            self._behind -= self._recent.popleft().records
        return full

    def ready(self, accepted: int) -> list[list[Unit]]:
        """Take those whose neighbours were all read, in groups, where these are large enough.

        ``accepted``: records that are looked through for each group.
        """
        if self._behind < _BEHIND:
            return []
        low, size = min(unit.first for unit in self._recent), _size(accepted)
        done = [unit for unit in self._units if unit.last + NEAR < low]
        if sum(unit.records for unit in done) < size:
            return []
        self._units = [unit for unit in self._units if unit.last + NEAR >= low]
        return list(_groups(done, size))

    def rest(self, accepted: int) -> Iterator[list[Unit]]:
        """Take all, in groups."""
        units, self._units = self._units, []
        self._recent.clear()
        yield from _groups(units, _size(accepted))

    @property
    def first(self) -> int:
        """Return the first second of what waits."""
        return min((unit.first for unit in (*self._units, self._open)), default=1 << 62)

    @property
    def size(self) -> int:
        """Return the bytes that rejected records take in memory."""
        return sum(held.size - held.accepted.size for unit in self._units for held in unit.chunks)


def _size(accepted: int) -> int:
    """Return how many records are finished together where so many accepted ones are looked through."""
    return min(max(_GROUP, accepted // _SCANS), _MOST)


def _groups(units: Sequence[Unit], size: int) -> Iterator[list[Unit]]:
    group: list[Unit] = []
    records = rejected = 0
    for unit in units:
        if group and (records >= size or rejected + unit.rejected > _REJECTED):
            yield group
            group, records, rejected = [], 0, 0
        group.append(unit)
        records, rejected = records + unit.records, rejected + unit.rejected
    if group:
        yield group
