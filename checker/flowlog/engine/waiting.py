"""What was read waits until everything near it in time has been read; how much of that is in memory has a bound."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from checker.flowlog.engine.chunk import ACCEPTED, REJECTED
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
    until: dict[tuple[int, int, int], int] = field(default_factory=dict)
    """By interface, kind and flow log: the last second."""

    def add(self, held: Held) -> None:
        """Add a chunk, which holds a record at least."""
        self.chunks.append(held)
        self.records += held.records
        self.rejected += held.rejected.rows
        self.first, self.last = min(self.first, held.first), max(self.last, held.last)
        for (eni, kind, _), (_, _, last) in held.counts.items():
            if kind <= REJECTED:
                key = eni, kind, held.flow_log
                self.until[key] = max(self.until.get(key, 0), min(last, held.last))


class Late:
    """Records that were read when others, near them in time, no longer waited for them."""

    def __init__(self) -> None:
        self._until: dict[tuple[int, int], dict[int, int]] = {}
        """By interface and kind: the last second of what is finished, by flow log."""
        self._last = 0
        """The last second of all that is finished."""
        self._sure = 0
        self._apart: dict[tuple[int, frozenset[int]], int] = {}
        """Records that came late for those of other flow logs only, by interface and the logs of the rejected ones."""

    def look(self, held: Held) -> None:
        """Count what comes late in a chunk, by the slice: some of a slice's records may not be late."""
        if held.first > self._last + NEAR:
            return
        for (eni, kind, _), (records, first, _) in held.counts.items():
            others = self._until.get((eni, REJECTED if kind == ACCEPTED else ACCEPTED)) if kind <= REJECTED else None
            logs = frozenset(log for log, last in (others or {}).items() if first <= last + NEAR)
            if held.flow_log in logs:
                self._sure += records
            elif logs:
                key = eni, logs if kind == ACCEPTED else frozenset({held.flow_log})
                self._apart[key] = self._apart.get(key, 0) + records

    def finish(self, units: Iterable[Unit]) -> None:
        """Remember until when each interface is finished."""
        for (eni, kind, log), last in (each for unit in units for each in unit.until.items()):
            self._last = max(self._last, last)
            logs = self._until.setdefault((eni, kind), {})
            logs[log] = max(logs.get(log, 0), last)

    def records(self, counted: Iterable[tuple[int, int, int, int]]) -> int:
        """Return how many came late, at most. ``counted``: as the keys of ``Reduction.counts``.

        A flow log that records accepted traffic itself has no need of another one's.
        """
        whole = {(log, eni) for log, eni, kind, _ in counted if kind == ACCEPTED}
        return self._sure + sum(
            records for (eni, logs), records in self._apart.items() if any((log, eni) not in whole for log in logs)
        )


class Waiting:
    """Chunks in the order in which they were read."""

    def __init__(self) -> None:
        self._open = Unit()
        self._units: list[Unit] = []
        self._recent: deque[Unit] = deque()
        self._behind = 0
        """Records of the recent ones."""
        self.late = Late()

    def add(self, held: Held) -> Unit | None:
        """Add a chunk, with its counts; return the unit that it makes full."""
        self.late.look(held)
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
        self.late.finish(done)
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
