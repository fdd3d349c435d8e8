"""Which peers and ports were met most: ``most.Most``, compiled."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from checker.flowlog.engine.fast.jit import compiled
from checker.flowlog.engine.mixing import MIX
from checker.flowlog.engine.most import TOP, TOP_OVERALL, VALUE_BITS, Tops, greatest

_ROWS: Final = 1 << 18
"""Rows that are looked at together, so that tables stay small: those whose values share some bits of a hash."""

_FREE: Final = -1
_VALUES: Final = (1 << VALUE_BITS) - 1
_FOUR: Final = 1 << 32
_U1, _U29, _U32, _U64 = (np.uint64(each) for each in (1, 29, 32, 64))
_MIX: Final = np.uint64(MIX)


@compiled
def _mixed(word: Any) -> Any:
    word ^= word >> _U29
    word *= _MIX
    return word ^ (word >> _U32)


@compiled
def _count(kept: Any, sums: Any, values: Any, counts: Any) -> None:
    """Count rows by share."""
    for row in range(len(sums)):
        if kept[sums[row]] >= 0:
            counts[_mixed(np.uint64(values[row])) & np.uint64(len(counts) - 1)] += 1


@compiled
def _put(table: Any, key: Any, records: Any) -> None:
    mask = np.uint64(len(table) - 1)
    at = (_mixed(np.uint64(key)) >> _U32) & mask
    while table[at, 0] != _FREE and table[at, 0] != key:
        at = (at + _U1) & mask
    if table[at, 0] == _FREE:
        table[at, 0], table[at, 1] = key, 0
    table[at, 1] += records


@compiled
def _join(kept: Any, sums: Any, values: Any, records: Any, share: Any, shares: Any, table: Any) -> None:
    """Add up the rows of one share by key and value."""
    for row in range(len(sums)):
        key = kept[sums[row]]
        if key >= 0 and np.int64(_mixed(np.uint64(values[row])) & np.uint64(shares - 1)) == share:
            _put(table, key << VALUE_BITS | values[row], records[row])


@compiled
def _rank(value: Any, order: Any) -> Any:
    return value if value < _FOUR or len(order) == 0 else _FOUR + order[value - _FOUR]


@compiled
def _look(table: Any, order: Any, distinct: Any, best: Any, overall: Any) -> None:
    """Put what was added up into the best of each key, and add it up by value."""
    for slot in range(len(table)):
        if table[slot, 0] == _FREE:
            continue
        key, value, records = table[slot, 0] >> VALUE_BITS, table[slot, 0] & _VALUES, table[slot, 1]
        distinct[key] += 1
        _put(overall, value, records)
        at = TOP
        while at > 0 and (
            best[key, at - 1, 1] < records
            or (best[key, at - 1, 1] == records and _rank(best[key, at - 1, 0], order) > _rank(value, order))
        ):
            if at < TOP:
                best[key, at, 0], best[key, at, 1] = best[key, at - 1, 0], best[key, at - 1, 1]
            at -= 1
        if at < TOP:
            best[key, at, 0], best[key, at, 1] = value, records


class FastMost:
    """Finds the values with most records, of each key and of all; parts are given one by one, a value in one part."""

    def __init__(self, ordered: Any) -> None:
        """``ordered``: the order among values from 2**32 up, where it is not their own."""
        self._order = np.zeros(0, dtype=np.int64) if ordered is None else ordered
        self._distinct = np.zeros(0, dtype=np.int64)
        self._best = np.zeros((0, TOP, 2), dtype=np.int64)
        self._overall: list[tuple[int, int]] = []

    def add(self, kept: Any, sums: Any, values: Any, records: Any) -> None:
        """Add rows; ``kept`` gives the key of each partial sum, or -1."""
        if not len(self._distinct):
            keys = int(kept.max(initial=-1)) + 1
            self._distinct = np.zeros(keys, dtype=np.int64)
            self._best = np.zeros((keys, TOP, 2), dtype=np.int64)
        sums, values, records = (np.ascontiguousarray(each) for each in (sums, values, records))
        counts = np.zeros(1 << max(0, (len(sums) // _ROWS).bit_length()), dtype=np.int64)
        _count(kept, sums, values, counts)
        slots = 1 << max(4, (2 * int(counts.max())).bit_length())
        for share in np.flatnonzero(counts).tolist():
            table, overall = (np.full((slots, 2), _FREE, dtype=np.int64) for _ in range(2))
            _join(kept, sums, values, records, share, len(counts), table)
            _look(table, self._order, self._distinct, self._best, overall)
            overall = overall[overall[:, 0] != _FREE]
            self._overall += greatest(overall[:, 0], overall[:, 1])

    def tops(self) -> Tops:
        """Return what was found of each key."""
        used = self._best[:, :, 1] > 0
        pairs = list(zip(*self._best[used].T.tolist(), strict=True))
        ends = np.cumsum(used.sum(axis=1)).tolist()
        found = [pairs[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
        return Tops(self._distinct.tolist(), found)

    def overall(self) -> list[tuple[int, int]]:
        """Return the values with most records, whatever their key; some more than one may want to show."""
        return sorted(self._overall, key=lambda pair: (-pair[1], pair[0]))[:TOP_OVERALL]
