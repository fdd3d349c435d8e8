"""Which accepted records belong to conversations that were also rejected: ``pair.met``, compiled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from checker.flowlog.engine.fast.jit import compiled

_FILTER_BITS: Final = 23
"""Size of the filter that most accepted records do not pass, as a power of two: one megabyte."""

_U0, _U1, _U32 = (np.uint64(each) for each in (0, 1, 32))
_U6, _U63, _SHIFT = (np.uint64(each) for each in (6, 63, 64 - _FILTER_BITS))


@compiled
def _slot(keys: Any, key: Any) -> Any:
    mask = np.uint64(len(keys) - 1)
    at = (key >> _U32) & mask
    while keys[at] != _U0 and keys[at] != key:
        at = (at + _U1) & mask
    return at


@compiled
def _number_all(wanted: Any, keys: Any, numbers: Any, filter_: Any, into: Any, known: Any) -> Any:
    """Number conversations, in order of appearance, from ``known`` on."""
    for row in range(len(wanted)):
        key = wanted[row]
        slot = _slot(keys, key)
        if keys[slot] == _U0:
            keys[slot] = key
            numbers[slot] = known
            known += 1
            bit = key >> _SHIFT
            filter_[bit >> _U6] |= _U1 << (bit & _U63)
        into[row] = numbers[slot]
    return known


@compiled
def _find(keys: Any, numbers: Any, filter_: Any, hashes: Any, starts: Any, found: Any) -> Any:
    """Put number and start of each record wanted into ``found``; return how many."""
    count = 0
    for row in range(len(hashes)):
        key = hashes[row]
        bit = key >> _SHIFT
        if filter_[bit >> _U6] >> (bit & _U63) & _U1:
            slot = _slot(keys, key)
            if keys[slot] == key:
                found[count] = (numbers[slot] << 33) + starts[row]
                count += 1
    return count


def met(there: Any, back: Any, accepted: Iterable[tuple[Any, Any]]) -> tuple[Any, Any, Any]:
    """Do as ``pair.met`` does, except that conversations are numbered in another order."""
    places = 1 << max(10, (4 * len(there)).bit_length())
    keys, numbers = np.zeros(places, dtype=np.uint64), np.empty(places, dtype=np.int64)
    filter_ = np.zeros(1 << (_FILTER_BITS - 6), dtype=np.uint64)
    of_there, of_back = np.empty(len(there), dtype=np.int64), np.empty(len(back), dtype=np.int64)
    known = _number_all(there, keys, numbers, filter_, of_there, 0)
    _number_all(back, keys, numbers, filter_, of_back, known)
    parts = [np.zeros(0, dtype=np.int64)]
    for hashes, starts in accepted:
        found = np.empty(len(hashes), dtype=np.int64)
        parts.append(found[: _find(keys, numbers, filter_, hashes, starts, found)].copy())
    return np.sort(np.concatenate(parts)), of_there, of_back
