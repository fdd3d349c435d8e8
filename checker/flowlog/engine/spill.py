"""Numbers that wait on disk: what does not fit into the memory that a run may use."""

from __future__ import annotations

import ctypes
import sys
import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from numpy import ndarray

_SHELF: Final = 64 << 20
"""Bytes of a file, after which another one is begun."""


def give_back() -> None:
    """Give freed memory back to the system. A C library that cannot be asked to keeps what lies between used parts."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def fill(file: Any, at: int, values: ndarray) -> None:
    """Fill an array with what lies at that byte of a file; an OSError where the file ends before."""
    file.seek(at)
    if file.readinto(values.data) != values.nbytes:
        raise OSError("a temporary file is shorter than what was written to it")


class Shelved:
    """An array on disk, as one row of numbers."""

    __slots__ = ("_at", "_count", "_file", "_kind")

    def __init__(self, file: IO[bytes], at: int, values: ndarray) -> None:
        """``values`` lie, or will, at that byte of the file."""
        self._file, self._at = file, at
        self._count, self._kind = values.size, values.dtype

    def get(self) -> ndarray:
        """Return the numbers. Not for several threads."""
        import numpy as np

        found = np.empty(self._count, dtype=self._kind)
        fill(self._file, self._at, found)
        return found


class Shelf:
    """Where arrays are put away. A file goes when nothing that lies in it is held any more."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._filled = 0

    def put(self, values: ndarray) -> Shelved:
        """Put an array away."""
        if self._file is None or self._filled > _SHELF:
            self._file = tempfile.TemporaryFile(prefix="flowcheck-")  # noqa: SIM115 - lives as long as what it holds
            self._filled = 0
        at, self._filled = self._filled, self._filled + values.nbytes
        self._file.seek(at)
        self._file.write(values.data)
        return Shelved(self._file, at, values)


class Shares:
    """Rows dealt out to shares, and how many records each stands for: written together, read share by share."""

    def __init__(self) -> None:
        self._file: Any = None
        self._put: list[tuple[int, ndarray]] = []
        """Where rows lie, their counts behind them, and the end of each share among them."""

    def __bool__(self) -> bool:
        return bool(self._put)

    def put(self, rows: ndarray, records: ndarray, ends: ndarray) -> None:
        """Put rows (int64) away, share by share, with the records of each (uint32)."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="flowcheck-")  # noqa: SIM115 - lives as long as the shares
        self._put.append((self._file.seek(0, 2), ends))
        self._file.write(rows.data)
        self._file.write(records.data)

    def read(self, together: int) -> Iterator[tuple[ndarray, ndarray]]:
        """Yield rows and records: a share, or several in a row that have no more than so many rows together."""
        import numpy as np

        begins = np.array([[0, *ends[:-1]] for _, ends in self._put])
        sizes = (np.array([ends for _, ends in self._put]) - begins).sum(axis=0).tolist()
        first = 0
        for last in range(len(sizes)):
            if last + 1 == len(sizes) or sum(sizes[first : last + 2]) > together:
                yield self._of(first, last, sum(sizes[first : last + 1]))
                first = last + 1

    def _of(self, first: int, last: int, count: int) -> tuple[ndarray, ndarray]:
        import numpy as np

        rows, records = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.uint32)
        filled = 0
        for at, ends in self._put:
            begin, end = int(ends[first - 1]) if first else 0, int(ends[last])
            if end > begin:
                until = filled + end - begin
                fill(self._file, at + begin * rows.itemsize, rows[filled:until])
                fill(self._file, at + int(ends[-1]) * rows.itemsize + begin * records.itemsize, records[filled:until])
                filled = until
        return rows, records
