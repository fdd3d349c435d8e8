"""Conversations: whether records of the same one were accepted, in the same or the other direction, at that time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.chunk import Chunk
from checker.flowlog.engine.spill import Shelf
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray

NEAR: Final = 660
"""Seconds between two records of one conversation: an aggregation interval of 600 and its delay."""

_FILTER_BITS: Final = 22
"""Size of the filter that most accepted records do not pass, as a power of two."""

Met = Callable[[Any, Any, Iterable[tuple[Any, Any]]], tuple[Any, Any, Any]]
"""From the numbers of conversations wanted, there and back, and accepted ones (numbers, starts): ``met``."""


@dataclass(frozen=True, slots=True)
class _Accepted:
    hashes: Any
    starts: Any
    """Arrays, or where they lie on the shelf."""
    first: int
    last: int
    count: int
    shelved: bool


class Pairing:
    """Keeps the accepted records of a span of time, as numbers, and finds those that rejected ones belong to."""

    def __init__(self, memory: int, find: Met) -> None:
        """``memory``: MiB for accepted records; more of them wait on disk."""
        self._kept: list[_Accepted] = []
        self._most = (memory << 20) // 16
        self._find = find
        self._shelf = Shelf()

    def add(self, chunks: Iterable[Chunk], first: int, last: int) -> None:
        """Remember the accepted records of some chunks."""
        held = sum(each.count for each in self._kept if not each.shelved)
        for chunk in chunks:
            hashes, starts = chunk.accepted
            count = len(hashes)
            if held + count > self._most:
                put = self._shelf.put
                self._kept.append(_Accepted(put(hashes), put(starts), first, last, count, True))
            elif count:
                self._kept.append(_Accepted(hashes, starts, first, last, count, False))
                held += count

    def forget(self, before: int) -> None:
        """Forget what lies so far before a time that nothing asks for it any more."""
        self._kept = [each for each in self._kept if each.last + NEAR >= before]
        if not any(each.shelved for each in self._kept):
            self._shelf = Shelf()

    def clear(self) -> None:
        """Forget everything."""
        self._kept = []

    def sides(self, chunks: Sequence[Chunk], first: int, last: int) -> tuple[ndarray, ndarray]:
        """Return for each rejected record, chunk after chunk, whether the other and the same direction was accepted."""
        import numpy as np

        if not chunks:
            return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
        there = np.concatenate([chunk.rejected["there"] for chunk in chunks])
        back = np.concatenate([chunk.rejected["back"] for chunk in chunks])
        start = np.concatenate([chunk.rejected["start"] for chunk in chunks])
        end = np.concatenate([chunk.rejected["end"] for chunk in chunks])
        near = (each for each in self._kept if each.first <= last + NEAR and each.last + NEAR >= first)
        found, of_there, of_back = self._find(there, back, (self._arrays(each) for each in near))
        return _among(found, of_back, start, end), _among(found, of_there, start, end)

    def _arrays(self, kept: _Accepted) -> tuple[Any, Any]:
        if not kept.shelved:
            return kept.hashes, kept.starts
        return self._shelf.get(kept.hashes), self._shelf.get(kept.starts)


def met(there: Any, back: Any, accepted: Iterable[tuple[Any, Any]]) -> tuple[Any, Any, Any]:
    """Number the conversations; return the accepted records of these, and the number of each ``there`` and ``back``.

    Number and start of a record are shifted into one number; these come sorted.
    """
    import numpy as np

    wanted = np.unique(np.concatenate([there, back]))
    shift = np.uint64(64 - _FILTER_BITS)
    filter_ = np.zeros(1 << _FILTER_BITS, dtype=bool)
    filter_[wanted >> shift] = True
    found = [np.zeros(0, dtype=np.int64)]
    for numbers, starts in accepted:
        rows = np.flatnonzero(filter_[numbers >> shift])
        hashes = numbers[rows]
        at = np.minimum(np.searchsorted(wanted, hashes), len(wanted) - 1)
        hit = wanted[at] == hashes
        found.append((at[hit] << 33) + starts[rows[hit]])
    return np.sort(np.concatenate(found)), np.searchsorted(wanted, there), np.searchsorted(wanted, back)


def _among(found: ndarray, numbers: ndarray, start: ndarray, end: ndarray) -> Any:
    """Return whether a record was met within NEAR seconds."""
    import numpy as np

    if not len(found):
        return np.zeros(len(numbers), dtype=bool)
    base = numbers << 33
    at = np.searchsorted(found, base + np.maximum(start - NEAR, 0))
    inside = at < len(found)
    return inside & (found[np.minimum(at, len(found) - 1)] <= base + end + NEAR)
