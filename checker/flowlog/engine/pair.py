"""Conversations: whether records of the same one were accepted, in the same or the other direction, at that time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.chunk import Chunk
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray

NEAR: Final = 660
"""Seconds between two records of one conversation: an aggregation interval of 600 and its delay."""

_FILTER_BITS: Final = 22
"""Size of the filter that most accepted records do not pass, as a power of two."""


@dataclass(frozen=True, slots=True)
class _Accepted:
    hashes: ndarray
    starts: ndarray
    first: int
    last: int


class Pairing:
    """Keeps the accepted records of a span of time, as numbers, and finds those that rejected ones belong to."""

    def __init__(self) -> None:
        self._kept: list[_Accepted] = []

    def add(self, chunks: Iterable[Chunk], first: int, last: int) -> None:
        """Remember the accepted records of some chunks."""
        for chunk in chunks:
            hashes, starts = chunk.accepted
            if len(hashes):
                self._kept.append(_Accepted(hashes, starts, first, last))

    def forget(self, before: int) -> None:
        """Forget what lies so far before a time that nothing asks for it any more."""
        self._kept = [each for each in self._kept if each.last + NEAR >= before]

    def sides(self, chunks: Sequence[Chunk], first: int, last: int) -> tuple[ndarray, ndarray]:
        """Return for each rejected record, chunk after chunk, whether the other and the same direction was accepted."""
        import numpy as np

        if not chunks:
            return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
        there = np.concatenate([chunk.rejected["there"] for chunk in chunks])
        back = np.concatenate([chunk.rejected["back"] for chunk in chunks])
        start = np.concatenate([chunk.rejected["start"] for chunk in chunks])
        end = np.concatenate([chunk.rejected["end"] for chunk in chunks])
        wanted = np.unique(np.concatenate([there, back]))
        near = [each for each in self._kept if each.first <= last + NEAR and each.last + NEAR >= first]
        met = _met(wanted, near)
        return _among(met, wanted, back, start, end), _among(met, wanted, there, start, end)


def _met(wanted: ndarray, near: Iterable[_Accepted]) -> ndarray:
    """Return, sorted, place among the wanted and start (shifted into one number) of the accepted records wanted."""
    import numpy as np

    shift = np.uint64(64 - _FILTER_BITS)
    filter_ = np.zeros(1 << _FILTER_BITS, dtype=bool)
    filter_[wanted >> shift] = True
    found = []
    for each in near:
        rows = np.flatnonzero(filter_[each.hashes >> shift])
        hashes = each.hashes[rows]
        at = np.minimum(np.searchsorted(wanted, hashes), len(wanted) - 1)
        hit = wanted[at] == hashes
        found.append((at[hit] << 33) + each.starts[rows[hit]])
    return np.sort(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


def _among(met: ndarray, wanted: ndarray, hashes: ndarray, start: ndarray, end: ndarray) -> Any:
    """Return whether a record was met within NEAR seconds."""
    import numpy as np

    if not len(met):
        return np.zeros(len(hashes), dtype=bool)
    base = np.searchsorted(wanted, hashes) << 33
    at = np.searchsorted(met, base + np.maximum(start - NEAR, 0))
    inside = at < len(met)
    found = met[np.minimum(at, len(met) - 1)]
    return inside & (found <= base + end + NEAR)
