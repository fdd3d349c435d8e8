"""Which peers and ports were met most: ``most.Most``, compiled."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from checker.flowlog.engine.fast.jit import compiled
from checker.flowlog.engine.mixing import MIX
from checker.flowlog.engine.most import TOP, TOP_OVERALL, VALUE_BITS, Tops, greatest, greatest_of

_VALUES: Final = (1 << VALUE_BITS) - 1
_FOUR: Final = 1 << 32
_U29, _U32 = (np.uint64(each) for each in (29, 32))
_MIX: Final = np.uint64(MIX)

_DISTINCT, _RECORDS, _RANK = range(3)
"""Of each key: how many distinct values; once there are enough of them, records and rank of the last of the best."""


@compiled
def _mixed(word: Any) -> Any:
    word ^= word >> _U29
    word *= _MIX
    return word ^ (word >> _U32)


@compiled
def _place(slots: Any, found: Any, value: Any, count: Any) -> Any:
    """Return the place of a value among ``count`` found ones; that behind them, which it gets, where it is new."""
    mask = np.int64(len(slots) - 1)
    at = np.int64(_mixed(np.uint64(value)) >> _U32) & mask
    while slots[at] != 0 and found[slots[at] - 1] != value:
        at = (at + 1) & mask
    if slots[at] == 0:
        slots[at], found[count] = count + 1, value
    return np.int64(slots[at] - 1)


@compiled
def _join(kept: Any, sums: Any, values: Any, records: Any, slots: Any) -> Any:
    """Add up rows by key and value, in place: ``values`` holds both then; return how many are left."""
    count = 0
    for row in range(len(sums)):
        key, more = np.int64(kept[sums[row]]), records[row]
        if key >= 0:
            at = _place(slots, values, key << VALUE_BITS | values[row], count)
            if at == count:
                records[at] = 0
                count += 1
            records[at] += more
    return count


@compiled
def _rank(value: Any, order: Any) -> Any:
    return value if value < _FOUR or len(order) == 0 else _FOUR + order[value - _FOUR]


@compiled
def _insert(best: Any, key: Any, value: Any, records: Any, order: Any) -> None:
    """Put a value among the best of a key, the last of which it beats."""
    at = TOP - 1
    while at > 0 and (
        best[key, at - 1, 1] < records
        or (best[key, at - 1, 1] == records and _rank(best[key, at - 1, 0], order) > _rank(value, order))
    ):
        best[key, at, 0], best[key, at, 1] = best[key, at - 1, 0], best[key, at - 1, 1]
        at -= 1
    best[key, at, 0], best[key, at, 1] = value, records


@compiled
def _look(values: Any, records: Any, order: Any, keys: Any, best: Any) -> None:
    """Put what was added up into the best of each key."""
    for row in range(len(values)):
        key, value, more = values[row] >> VALUE_BITS, values[row] & _VALUES, records[row]
        keys[key, _DISTINCT] += 1
        if more < keys[key, _RECORDS] or (more == keys[key, _RECORDS] and _rank(value, order) > keys[key, _RANK]):
            continue
        _insert(best, key, value, more, order)
        keys[key, _RECORDS] = best[key, TOP - 1, 1]
        keys[key, _RANK] = _rank(best[key, TOP - 1, 0], order)


@compiled
def _overall(values: Any, records: Any, slots: Any) -> Any:
    """Add up rows by value alone, in place; return how many are left."""
    count = 0
    for row in range(len(values)):
        more = records[row]
        at = _place(slots, values, values[row] & _VALUES, count)
        if at == count:
            records[at] = 0
            count += 1
        records[at] += more
    return count


class FastMost:
    """Finds the values with most records, of each key and of all; parts are given one by one, a value in one part."""

    def __init__(self, ordered: Any) -> None:
        """``ordered``: the order among values from 2**32 up, where it is not their own."""
        self._order = np.zeros(0, dtype=np.int64) if ordered is None else ordered
        self._keys = np.zeros((0, 3), dtype=np.int64)
        self._best = np.zeros((0, TOP, 2), dtype=np.int64)
        self._overall: list[tuple[int, int]] = []
        self._least = 0
        """Records that a value needs to be among the first of all."""

    def add(self, kept: Any, sums: Any, values: Any, records: Any) -> None:
        """Add rows; ``kept`` gives the key of each partial sum, or -1."""
        if not len(self._keys):
            keys = int(kept.max(initial=-1)) + 1
            self._keys = np.zeros((keys, 3), dtype=np.int64)
            self._best = np.zeros((keys, TOP, 2), dtype=np.int64)
        values, records = values.copy(), records.copy()
        slots = np.zeros(1 << max(4, (2 * len(sums)).bit_length()), dtype=np.int32)
        count = _join(kept, np.ascontiguousarray(sums), values, records, slots)
        values, records = values[:count], records[:count]
        _look(values, records, self._order, self._keys, self._best)
        slots[:] = 0
        count = _overall(values, records, slots)
        self._first(values[:count], records[:count])

    def _first(self, values: Any, records: Any) -> None:
        """Keep the values with most records."""
        use = np.flatnonzero(records >= self._least)
        self._overall += greatest(values[use], records[use], self._order)
        if len(self._overall) > 4 * TOP_OVERALL:
            self._overall = self.overall()
            self._least = self._overall[-1][1]

    def tops(self) -> Tops:
        """Return what was found of each key; it is gone from here afterwards."""
        used = self._best[:, :, 1] > 0
        pairs = self._best[used]
        ends = np.cumsum(used.sum(axis=1)) * (2 * pairs.itemsize)
        counts = self._keys[:, _DISTINCT].tolist()
        self._keys, self._best = self._keys[:0].copy(), self._best[:0].copy()
        return Tops(counts, ends.tolist(), pairs.tobytes())

    def overall(self) -> list[tuple[int, int]]:
        """Return the values with most records, whatever their key; some more than one may want to show."""
        return greatest_of(self._overall, self._order)
