"""Which peers and ports of each atom were met most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from checker.model.ranked import Ranked, ranked
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray

TOP: Final = 8
TOP_OVERALL: Final = 200
"""Values kept of each part; equal numbers are put in order by name later, so some more than are shown."""
VALUE_BITS: Final = 34


@dataclass(frozen=True, slots=True)
class Tops:
    """By key: how many distinct values, and those with most records."""

    counts: Sequence[int]
    ends: Sequence[int]
    """Where the pairs of each key end in ``data``."""
    data: bytes
    """Values and records, as ``Ranked`` holds them."""

    def of(self, key: int) -> tuple[int, Sequence[tuple[int, int]]]:
        """Return what was found of a key; nothing where no value came with it."""
        if key >= len(self.counts):
            return 0, ()
        return self.counts[key], ranked(self.data[self.ends[key - 1] if key else 0 : self.ends[key]])


class Most:
    """Finds the values with most records, of each key and of all; parts are given one by one, a value in one part."""

    def __init__(self, ordered: Any) -> None:
        """``ordered``: the order among values from 2**32 up, where it is not their own."""
        self._ordered = ordered
        self._distinct: dict[int, int] = {}
        self._found: dict[int, list[tuple[int, int]]] = {}
        self._overall: list[tuple[int, int]] = []

    def add(self, kept: ndarray, sums: ndarray, values: ndarray, records: ndarray) -> None:
        """Add rows; ``kept`` gives the key of each partial sum, or -1."""
        import numpy as np

        key = kept[sums]
        if len(key) and key.min() < 0:
            use = key >= 0
            key, values, records = key[use], values[use], records[use]
        if not len(key):
            return
        packed = key << VALUE_BITS | values
        order = np.argsort(packed, kind="stable")
        packed = packed[order]
        firsts = np.flatnonzero(np.concatenate([[True], packed[1:] != packed[:-1]]))
        records = np.add.reduceat(records[order], firsts)
        packed = packed[firsts]
        key, values = packed >> VALUE_BITS, packed & ((1 << VALUE_BITS) - 1)
        self._of_all(values, records)
        self._of_each(key, values, records)

    def _of_each(self, key: ndarray, values: ndarray, records: ndarray) -> None:
        import numpy as np

        starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
        ends = np.concatenate([starts[1:], [len(key)]])
        order = np.lexsort((ties(values, self._ordered), -records, key))
        for at, begin, end in zip(key[starts].tolist(), starts.tolist(), ends.tolist(), strict=True):
            self._distinct[at] = self._distinct.get(at, 0) + end - begin
        stops = np.minimum(ends, starts + TOP)
        rows = zip(key[starts].tolist(), starts.tolist(), stops.tolist(), strict=True)
        values, records = values[order], records[order]
        for at, begin, end in rows:
            best = list(zip(values[begin:end].tolist(), records[begin:end].tolist(), strict=True))
            known = self._found.get(at)
            self._found[at] = best if known is None else self._best([*known, *best])

    def _best(self, found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        return sorted(found, key=lambda pair: (-pair[1], self._tie(pair[0])))[:TOP]

    def _tie(self, value: int) -> int:
        if value < 1 << 32 or self._ordered is None:
            return value
        return (1 << 32) + int(self._ordered[value - (1 << 32)])

    def _of_all(self, values: ndarray, records: ndarray) -> None:
        import numpy as np

        order = np.argsort(values, kind="stable")
        ordered = values[order]
        firsts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        records = np.add.reduceat(records[order], firsts)
        values = ordered[firsts]
        self._overall += greatest(values, records, self._ordered)

    def tops(self) -> Tops:
        """Return what was found of each key."""
        keys = range(max(self._distinct, default=-1) + 1)
        found = [Ranked.of(self._found.get(key, ())) for key in keys]
        ends = accumulate(len(each.data) for each in found)
        return Tops([self._distinct.get(key, 0) for key in keys], [*ends], b"".join(each.data for each in found))

    def overall(self) -> list[tuple[int, int]]:
        """Return the values with most records, whatever their key; some more than one may want to show."""
        return greatest_of(self._overall, self._ordered)


def ties(values: ndarray, ordered: Any) -> ndarray:
    """Return what puts values in order that have equal records; ``ordered`` as ``Most`` gets it, or empty."""
    import numpy as np

    if ordered is None or not len(ordered):
        return values
    return np.where(values < 1 << 32, values, (1 << 32) + ordered[np.maximum(values - (1 << 32), 0)])


def greatest(values: ndarray, records: ndarray, ordered: Any) -> list[tuple[int, int]]:
    """Return the values with most records, in order; of equal ones the first, whichever was read first."""
    import numpy as np

    if len(values) > TOP_OVERALL:
        use = np.flatnonzero(records >= np.partition(records, -TOP_OVERALL)[-TOP_OVERALL])
        values, records = values[use], records[use]
    order = np.lexsort((ties(values, ordered), -records))[:TOP_OVERALL]
    return list(zip(values[order].tolist(), records[order].tolist(), strict=True))


def greatest_of(pairs: Sequence[tuple[int, int]], ordered: Any) -> list[tuple[int, int]]:
    """Return of values and their records those with most, in order."""
    import numpy as np

    values, records = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return greatest(values, records, ordered)
