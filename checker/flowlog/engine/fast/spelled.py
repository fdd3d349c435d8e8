"""Rejected records as they were logged, from numbers: kept small, and put together by the hundred when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from checker.flowlog.engine.fast.batch import MISSING, Text
from checker.flowlog.engine.fast.jit import compiled

_DIGITS: Final = 20
"""Bytes of the longest number, and a blank."""
_KINDS: Final = [
    (kind, int(np.iinfo(kind).min), int(np.iinfo(kind).max)) for kind in (np.int8, np.int16, np.int32, np.uint32)
]
_DASH, _BLANK, _DOT, _ZERO = 45, 32, 46, 48


@compiled
def _put_number(value: Any, out: Any, at: Any) -> Any:
    """Write a number; return where it ends."""
    if value < 0:
        out[at] = _DASH
        at, value = at + 1, -value
    size, rest = 1, value // 10
    while rest > 0:
        size, rest = size + 1, rest // 10
    for place in range(at + size - 1, at - 1, -1):
        out[place] = _ZERO + value % 10
        value //= 10
    return at + size


@compiled
def _put(value: Any, numeric: Any, texts: Any, data: Any, out: Any, at: Any) -> Any:
    """Write a value; return where it ends."""
    if numeric:
        if value != MISSING:
            return _put_number(value, out, at)
        out[at] = _DASH
        return at + 1
    if value >= 0:
        for shift in (24, 16, 8, 0):
            at = _put_number(value >> shift & 255, out, at)
            out[at] = _DOT
            at += 1
        return at - 1
    for place in range(texts[-1 - value], texts[-value]):
        out[at] = data[place]
        at += 1
    return at


@compiled
def _spell(values: Any, numeric: Any, texts: Any, data: Any, out: Any, ends: Any) -> None:
    at = 0
    for row in range(values.shape[1]):
        for column in range(values.shape[0]):
            at = _put(values[column, row], numeric[column], texts, data, out, at)
            out[at] = _BLANK
            at += 1
        ends[row] = at - 1


@compiled
def _gather(data: Any, begins: Any, ends: Any, out: Any) -> None:
    """Put texts one behind the other."""
    at = 0
    for text in range(len(begins)):
        for place in range(begins[text], ends[text]):
            out[at] = data[place]
            at += 1


class Kept:
    """What is kept of the fields of rejected records, batch by batch."""

    def __init__(self) -> None:
        self._data = [np.array([_DASH], dtype=np.uint8)]
        self._sizes = [np.ones(1, dtype=np.int64)]
        self._count = 1
        self._numeric: list[bool] = []
        self._columns: list[list[Any]] = []

    def add(self, columns: Sequence[Any], numeric: Sequence[bool]) -> None:
        """Add one batch: of each field numbers; of texts, as ``text`` gives them, or IPv4 addresses."""
        self._numeric = list(numeric)
        self._columns.append([_narrow(each) for each in columns])

    def text(self, text: Text, codes: Any) -> Any:
        """Return what is kept of texts, by their codes: -1 for a missing one, -2 for the first kept, and so on."""
        size, only = len(text), int(codes[0])
        if (codes == only).all():
            return np.full(len(codes), self._keep(text, np.array([only])) if only < size else -1, dtype=np.int64)
        numbers, used = np.full(size + 1, -1, dtype=np.int64), text.used(codes)
        used = used[used < size]
        numbers[used] = self._keep(text, used) - np.arange(len(used))
        return numbers[codes]

    def _keep(self, text: Text, used: Any) -> int:
        """Keep some entries; return the number of the first."""
        begins, ends = (text.begins[used + more].astype(np.int64) for more in range(2))
        sizes = ends - begins
        if len(used) == len(text):
            self._data.append(text.data[begins[0] : ends[-1]])
        else:
            self._data.append(np.empty(sizes.sum(), dtype=np.uint8))
            _gather(text.data, begins, ends, self._data[-1])
        self._sizes.append(sizes)
        first = -1 - self._count
        self._count += len(used)
        return first

    def done(self) -> Spelled:
        """Return what tells whole records."""
        columns = [parts[0] if len(parts) == 1 else np.concatenate(parts) for parts in zip(*self._columns, strict=True)]
        begins = np.cumsum(np.concatenate([np.zeros(1, dtype=np.int64), *self._sizes]))
        return Spelled(columns, np.array(self._numeric), begins, np.concatenate(self._data))


class Spelled:
    """Tells rejected records."""

    def __init__(self, columns: Sequence[Any], numeric: Any, begins: Any, data: Any) -> None:
        self._columns = columns
        self._numeric = numeric
        self._begins = begins
        self._data = data

    def lines_at(self, places: Sequence[int]) -> list[str]:
        """Return records by their places, fields parted by blanks."""
        at = np.array(places, dtype=np.int64)
        values = np.stack([column[at].astype(np.int64) for column in self._columns])
        said = values[~self._numeric]
        said = -1 - said[said < 0]
        room = int((self._begins[said + 1] - self._begins[said]).sum(dtype=np.int64)) + values.size * (_DIGITS + 1)
        out, ends = np.empty(room, dtype=np.uint8), np.empty(len(at), dtype=np.int64)
        _spell(values, self._numeric, self._begins, self._data, out, ends)
        told = ends.tolist()
        spelled = out[: told[-1] if told else 0].tobytes().decode("ascii")
        return [spelled[begin:end] for begin, end in zip([0, *(end + 1 for end in told)], told, strict=False)]


def _narrow(values: Any) -> Any:
    """Return numbers in as few bytes as hold them."""
    least, most = int(values.min(initial=0)), int(values.max(initial=0))
    return values.astype(next((kind for kind, low, high in _KINDS if low <= least and most <= high), np.int64))
