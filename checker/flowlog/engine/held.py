"""Chunks that wait for others, in as little memory as that takes, or on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.chunk import Chunk
from checker.flowlog.engine.packed import Packed
from checker.flowlog.engine.pair import NEAR
from checker.flowlog.engine.spill import Shelf, Shelved
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray

_LINE: Final = 100
"""Bytes that the text of a record takes, where it is not told."""


class Logged:
    """Records as they were logged, one behind the other: a ``Chunk.lines_at`` that can be put away."""

    __slots__ = ("_data", "_ends")

    def __init__(self, data: ndarray, ends: ndarray, more: Sequence[str] = ()) -> None:
        """``data`` in UTF-8 and where each text ends in it, which are copied; ``more`` follow behind."""
        import numpy as np

        added = [text.encode() for text in more]
        last = int(ends[-1]) if len(ends) else 0
        self._data: Any = np.concatenate([data[:last], np.frombuffer(b"".join(added), dtype=np.uint8)])
        behind = last + np.cumsum([len(text) for text in added], dtype=np.int64)
        self._ends = Packed({"end": np.concatenate([ends, behind])})

    def __call__(self, places: Sequence[int]) -> list[str]:
        """Return some records."""
        if not places:
            return []
        import numpy as np

        view = (self._data.get() if isinstance(self._data, Shelved) else self._data).data
        at, ends = np.array(places), self._ends["end"]
        begins = np.where(at > 0, ends[at - 1], 0)
        return [
            str(view[begin:end], "utf-8", "replace")
            for begin, end in zip(begins.tolist(), ends[at].tolist(), strict=True)
        ]

    @property
    def size(self) -> int:
        """Return the bytes that are held in memory."""
        return self._ends.size + (0 if isinstance(self._data, Shelved) else int(self._data.nbytes))

    def shelve(self, shelf: Shelf) -> None:
        """Put the texts on disk."""
        self._ends.shelve(shelf)
        if not isinstance(self._data, Shelved):
            self._data = shelf.put(self._data)


@dataclass(slots=True)
class Held:
    """A chunk, packed."""

    rejected: Packed
    """By REJECTED_COLUMNS."""
    accepted: Packed
    """``number`` and ``start``, as ``Chunk.accepted``."""
    counts: Mapping[tuple[int, int, int], tuple[int, int, int]]
    lines_at: Callable[[Sequence[int]], list[str]]
    flow_log: int
    unreadable: list[int]
    limited: int
    first: int
    last: int
    """Seconds: the first start of its records; the last start, or end of a rejected one."""

    @property
    def records(self) -> int:
        """Return how many records it holds."""
        return self.rejected.rows + self.accepted.rows

    @property
    def size(self) -> int:
        """Return the bytes that it takes in memory."""
        lines = self.lines_at.size if isinstance(self.lines_at, Logged) else _LINE * self.rejected.rows
        return self.accepted.size + self.rejected.size + lines

    def shelve(self, shelf: Shelf) -> None:
        """Put everything on disk."""
        import numpy as np

        self.accepted.shelve(shelf)
        self.rejected.shelve(shelf)
        if not isinstance(self.lines_at, Logged):
            none = np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.int64)
            self.lines_at = Logged(*none, self.lines_at(range(self.rejected.rows)))
        self.lines_at.shelve(shelf)


def held(chunk: Chunk) -> Held:
    """Return a chunk packed."""
    numbers, starts = chunk.accepted
    first, last = _span(chunk)
    return Held(
        rejected=chunk.rejected if isinstance(chunk.rejected, Packed) else Packed(chunk.rejected),
        accepted=Packed({"number": numbers, "start": starts}),
        counts=chunk.counts,
        lines_at=chunk.lines_at,
        flow_log=chunk.flow_log,
        unreadable=chunk.unreadable,
        limited=chunk.limited,
        first=first,
        last=last,
    )


def _span(chunk: Chunk) -> tuple[int, int]:
    """Return ``Held.first`` and ``Held.last``; a record that ends far behind its start keeps nothing waiting."""
    starts = [values for values in (chunk.rejected["start"], chunk.accepted[1]) if len(values)]
    if not starts:
        return 0, 0
    last = max(int(each.max()) for each in starts)
    ends = int(chunk.rejected["end"].max(initial=last))
    return min(int(each.min()) for each in starts), max(last, min(ends, last + NEAR))
