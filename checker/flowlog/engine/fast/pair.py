"""Which rejected records belong to conversations that were accepted too: ``pair.met``, compiled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from checker.flowlog.engine.fast.jit import compiled
from checker.flowlog.engine.packed import Packed
from checker.flowlog.engine.pair import NEAR, Rejected, among

_U0, _U1, _U6, _U12, _U32, _U63 = (np.uint64(each) for each in (0, 1, 6, 12, 32, 63))
_NO, _YES, _OPEN = range(3)
_NEVER: Final = 1 << 62


@compiled
def _slot(keys: Any, key: Any) -> Any:
    """Return the place of a key, which is never 0: that stands for a free one."""
    mask = np.uint64(len(keys) - 1)
    at = (key >> _U32) & mask
    while keys[at] != _U0 and keys[at] != key:
        at = (at + _U1) & mask
    return at


@compiled
def _bits(key: Any, shift: Any) -> Any:
    """Return the two bits that a key sets in its word of the filter, which its bits above ``shift`` tell."""
    return _U1 << (key >> (shift - _U6) & _U63) | _U1 << (key >> (shift - _U12) & _U63)


@compiled
def _number_all(wanted: Any, keys: Any, numbers: Any, filter_: Any, shift: Any, into: Any, known: Any) -> Any:
    """Number conversations, in order of appearance, from ``known`` on."""
    for row in range(len(wanted)):
        key = max(wanted[row], _U1)
        slot = _slot(keys, key)
        if keys[slot] == _U0:
            keys[slot] = key
            numbers[slot] = known
            known += 1
            filter_[key >> shift] |= _bits(key, shift)
        into[row] = numbers[slot]
    return known


@compiled
def _find(keys: Any, filter_: Any, shift: Any, hashes: Any, rows: Any) -> Any:
    """Put the places of records wanted into ``rows``; return how many."""
    count = 0
    for row in range(len(hashes)):
        key = max(hashes[row], _U1)
        bits = _bits(key, shift)
        if filter_[key >> shift] & bits == bits and keys[_slot(keys, key)] == key:
            rows[count] = row
            count += 1
    return count


@compiled
def _note(keys: Any, numbers: Any, hashes: Any, starts: Any, extremes: Any, found: Any) -> None:
    """Put number and start of records into ``found``, and the first and last start of each conversation."""
    for row in range(len(hashes)):
        number, start = numbers[_slot(keys, max(hashes[row], _U1))], starts[row]
        found[row] = (number << 33) + start
        extremes[number, 0], extremes[number, 1] = min(extremes[number, 0], start), max(extremes[number, 1], start)


@compiled
def _decide(numbers: Any, start: Any, end: Any, extremes: Any, into: Any) -> Any:
    """Say of each rejected record whether it was met near; return how many are open: met before and behind."""
    open_ = 0
    for row in range(len(numbers)):
        first, last = extremes[numbers[row], 0], extremes[numbers[row], 1]
        low, high = max(start[row] - NEAR, 0), end[row] + NEAR
        if first > high or last < low:
            into[row] = _NO
        elif first >= low or last <= high:
            into[row] = _YES
        else:
            into[row] = _OPEN
            open_ += 1
    return open_


def met(rejected: Rejected, accepted: Iterable[Packed]) -> tuple[Any, Any]:
    """Do as ``pair.met`` does."""
    there, back = rejected["there"], rejected["back"]
    bits = max(10, (4 * len(there)).bit_length())
    keys, numbers = np.zeros(1 << bits, dtype=np.uint64), np.empty(1 << bits, dtype=np.int64)
    filter_, shift = np.zeros(1 << (bits - 3), dtype=np.uint64), np.uint64(64 - bits + 3)
    of_there, of_back = np.empty(len(there), dtype=np.int64), np.empty(len(back), dtype=np.int64)
    known = _number_all(there, keys, numbers, filter_, shift, of_there, 0)
    known = _number_all(back, keys, numbers, filter_, shift, of_back, known)
    extremes = np.empty((known, 2), dtype=np.int64)
    extremes[:, 0], extremes[:, 1] = _NEVER, -_NEVER
    found = [np.zeros(0, dtype=np.int64)]
    for packed in accepted:
        kept = packed.fetched()
        rows = np.empty(kept.rows, dtype=np.int64)
        rows = rows[: _find(keys, filter_, shift, kept["number"], rows)]
        if len(rows):
            found.append(np.empty(len(rows), dtype=np.int64))
            _note(keys, numbers, kept["number"][rows], kept["start"][rows], extremes, found[-1])
    return _told(rejected, of_back, extremes, found), _told(rejected, of_there, extremes, found)


def _told(rejected: Rejected, numbers: Any, extremes: Any, found: list[Any]) -> Any:
    start, end, told = rejected["start"], rejected["end"], np.empty(len(numbers), dtype=np.uint8)
    if _decide(numbers, start, end, extremes, told):
        rows = np.flatnonzero(told == _OPEN)
        told[rows] = among(np.sort(np.concatenate(found)), numbers[rows], start[rows], end[rows])
    return told.astype(bool)
