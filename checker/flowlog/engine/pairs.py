"""Which peers and ports came with which partial sum: rows that wait in a window, then on disk, dealt out by value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.mixing import WORDS
from checker.flowlog.engine.spill import Shares

if TYPE_CHECKING:
    from numpy import ndarray

VALUE_BITS: Final = 33
"""Bits of a value in a row: an IPv4 address, a port, or 2**32 and the place of another address."""
SHARE_BITS: Final = 7
SHARES: Final = 1 << SHARE_BITS
"""Into so many shares rows are dealt out by value, so that each can be counted by itself."""
_WINDOW: Final = 1 << 19
"""Rows that wait in memory, at most: eight bytes each, and twelve more while they are dealt out."""
_TOGETHER: Final = 1 << 15
"""Rows that are looked at together, so that tables stay in the processor's cache: some shares, or one."""

Dealt = tuple[Any, Any, Any]
"""Distinct rows (int64) share by share, the records of each (uint32), and where each share ends."""
Deal = Callable[[Any], Dealt]
"""Deals out rows, and counts equal ones together."""
Rows = Iterator[tuple[Any, Any, Any]]
"""Partial sums, values and records; all rows of one value come together, and rows may repeat."""


def window(memory: int) -> int:
    """Return how many rows wait in memory where there are so many MiB for all sums."""
    return min(_WINDOW, max(8, (memory << 20) // 128))


class Pairs:
    """Rows of one partial sum and one value: the sum's place times 2**33, and the value."""

    def __init__(self, window: int, deal: Deal) -> None:
        import numpy as np

        self.rows = np.empty(window, dtype=np.int64)
        self.count = 0
        """So many of the rows are used; the others are room for more."""
        self._deal = deal
        self._shares = Shares()

    def add(self, rows: ndarray) -> None:
        """Add rows, of one record each."""
        while len(rows):
            now = rows[: len(self.rows) - self.count]
            self.rows[self.count : self.count + len(now)] = now
            self.count, rows = self.count + len(now), rows[len(now) :]
            self.make_room()

    def make_room(self) -> None:
        """Put the rows on disk where all are used."""
        if self.count == len(self.rows):
            self._shares.put(*self._deal(self.rows))
            self.count = 0

    def read(self) -> Rows:
        """Yield everything, once, in parts of one share or some."""
        import numpy as np

        last = self._deal(self.rows[: self.count])
        self.rows, self.count = np.empty(0, dtype=np.int64), 0
        if self._shares:
            self._shares.put(*last)
        for rows, records in self._shares.read(_TOGETHER) if self._shares else _parts(last):
            yield rows >> VALUE_BITS, rows & ((1 << VALUE_BITS) - 1), records.astype(np.int64)


def _parts(dealt: Dealt) -> Iterator[tuple[Any, Any]]:
    rows, records, ends = dealt
    begin = 0
    for end in ends.tolist():
        if end - begin >= _TOGETHER or (end == len(rows) and end > begin):
            yield rows[begin:end], records[begin:end]
            begin = end


def deal(rows: ndarray) -> Dealt:
    """Deal out rows by value."""
    import numpy as np

    distinct, records = np.unique(rows, return_counts=True)
    values = (distinct & ((1 << VALUE_BITS) - 1)).astype(np.uint64)
    shares = (values * np.uint64(WORDS[0])) >> np.uint64(64 - SHARE_BITS)
    order = np.argsort(shares, kind="stable")
    ends = np.searchsorted(shares[order], np.arange(1, SHARES + 1, dtype=np.uint64))
    return distinct[order], records[order].astype(np.uint32), ends
