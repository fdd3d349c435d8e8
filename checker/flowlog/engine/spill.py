"""Numbers that wait on disk: what does not fit into the memory that a run may use."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.mixing import WORDS

if TYPE_CHECKING:
    from numpy import ndarray

_SHARES: Final = 32
"""Into so many files rows are dealt out, so that each can be looked at by itself."""


class Shelf:
    """Arrays that are put away and fetched again whole."""

    def __init__(self) -> None:
        self._file: Any = None

    def put(self, values: ndarray) -> tuple[int, int, str]:
        """Put an array away; return what ``get`` wants to know."""
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="flowcheck-")  # noqa: SIM115 - lives as long as the shelf
        at = self._file.seek(0, 2)
        self._file.write(values.data)
        return at, values.nbytes, values.dtype.str

    def get(self, kept: tuple[int, int, str]) -> ndarray:
        """Return an array that was put away."""
        import numpy as np

        at, size, kind = kept
        found = np.empty(size // np.dtype(kind).itemsize, dtype=kind)
        self._file.seek(at)
        self._file.readinto(found.data)
        return found


class Shares:
    """Rows of (sum, value, records), dealt out to files by value: all rows of one value are in one file."""

    def __init__(self) -> None:
        self._files: list[Any] = []

    def __bool__(self) -> bool:
        return bool(self._files)

    def add(self, sums: ndarray, values: ndarray, records: ndarray) -> None:
        """Put rows away."""
        import numpy as np

        if not self._files:
            self._files = [tempfile.TemporaryFile(prefix="flowcheck-") for _ in range(_SHARES)]  # noqa: SIM115
        shares = (values.astype(np.uint64) * np.uint64(WORDS[0])) >> np.uint64(59)
        order = np.argsort(shares, kind="stable")
        rows = np.stack([sums, values, records], axis=1)[order]
        ends = np.searchsorted(shares[order], np.arange(1, _SHARES + 1, dtype=np.uint64)).tolist()
        for file, begin, end in zip(self._files, [0, *ends], ends, strict=False):
            file.write(np.ascontiguousarray(rows[begin:end]).data)

    def read(self) -> Iterator[tuple[ndarray, ndarray, ndarray]]:
        """Yield the rows, file by file."""
        import numpy as np

        for file in self._files:
            file.seek(0)
            rows = np.frombuffer(file.read(), dtype=np.int64).reshape(-1, 3)
            yield rows[:, 0], rows[:, 1], rows[:, 2]
