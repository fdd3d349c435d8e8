"""Rows of a partial sum and a value dealt out by value: ``pairs.deal``, compiled."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from checker.flowlog.engine.fast.jit import compiled
from checker.flowlog.engine.mixing import MIX, WORDS
from checker.flowlog.engine.pairs import SHARE_BITS, SHARES, VALUE_BITS, Dealt

_VALUES: Final = np.uint64((1 << VALUE_BITS) - 1)
_STEP: Final = np.uint64(WORDS[0])
_MIX: Final = np.uint64(MIX)
_SHIFT: Final = np.uint64(64 - SHARE_BITS)
_U32: Final = np.uint64(32)


@compiled
def _share(row: Any) -> Any:
    return np.int64(((np.uint64(row) & _VALUES) * _STEP) >> _SHIFT)


@compiled
def _count(rows: Any, ends: Any) -> None:
    """Count rows by share, each one place further on."""
    for row in rows:
        ends[_share(row) + 1] += 1


@compiled
def _deal(rows: Any, begins: Any, dealt: Any) -> None:
    """Put rows beside those of their share; afterwards ``begins`` tells where each share ends."""
    for row in rows:
        share = _share(row)
        dealt[begins[share]] = row
        begins[share] += 1


@compiled
def _cleared(slots: Any, count: Any) -> Any:
    """Free as many slots as so many rows need, a power of two; return the mask of their places."""
    size = 16
    while size < 2 * count:
        size *= 2
    for slot in range(size):
        slots[slot] = 0
    return np.int64(size - 1)


@compiled
def _join(dealt: Any, ends: Any, slots: Any, records: Any) -> Any:
    """Join equal rows, share by share, in place; return how many are left, and in ``ends`` where each share ends."""
    done, begin = np.int64(0), np.int64(0)
    for share in range(len(ends)):
        end, first = ends[share], done
        mask = _cleared(slots, end - begin)
        for at in range(begin, end):
            row = dealt[at]
            slot = np.int64((np.uint64(row) * _MIX) >> _U32) & mask
            while slots[slot] != 0 and dealt[first + slots[slot] - 1] != row:
                slot = (slot + 1) & mask
            if slots[slot] == 0:
                dealt[done], records[done] = row, 0
                slots[slot] = done - first + 1
                done += 1
            records[first + slots[slot] - 1] += 1
        ends[share] = done
        begin = end
    return done


def deal(rows: Any) -> Dealt:
    """Deal out rows by value, and count equal ones together."""
    begins = np.zeros(SHARES + 1, dtype=np.int64)
    _count(rows, begins)
    most = int(begins.max())
    ends = np.cumsum(begins)[:-1]
    dealt, records = np.empty(len(rows), dtype=np.int64), np.empty(len(rows), dtype=np.uint32)
    _deal(rows, ends, dealt)
    slots = np.empty(1 << max(4, (2 * most).bit_length()), dtype=np.int32)
    count = int(_join(dealt, ends, slots, records))
    return dealt[:count], records[:count], ends
