"""Columns of whole numbers in as few bytes as their values need: what has to wait, in memory or on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from checker.flowlog.engine.spill import Shelf, Shelved

if TYPE_CHECKING:
    from numpy import ndarray


class _Column(NamedTuple):
    kind: str
    """Of the stored numbers, as numpy spells it."""
    least: int
    """What is taken off each value."""
    begin: int
    end: int
    """Where its bytes lie."""


class Packed(Mapping[str, "ndarray"]):
    """Columns of one length. They come out as they went in: int64; uint64, whose bits are spread, as they are."""

    __slots__ = ("_bytes", "_columns", "rows")

    def __init__(self, columns: Mapping[str, ndarray]) -> None:
        """Columns may be views of larger arrays, which are not held."""
        import numpy as np

        kinds = {name: _narrowest(values) for name, values in columns.items()}
        sizes = {name: np.dtype(kind).itemsize for name, (kind, _) in kinds.items()}
        self.rows = len(next(iter(columns.values())))
        begins, at = {}, 0
        for name in sorted(kinds, key=lambda name: -sizes[name]):  # wide ones first, so that all lie on even places
            begins[name], at = at, at + self.rows * sizes[name]
        self._columns = {
            name: _Column(kind, least, begins[name], begins[name] + self.rows * sizes[name])
            for name, (kind, least) in kinds.items()
        }
        self._bytes: Any = np.empty(at, dtype=np.uint8)
        for name, values in columns.items():
            kind, least, begin, end = self._columns[name]
            into = self._bytes[begin:end].view(kind)
            into[:] = values - least if least else values

    @property
    def size(self) -> int:
        """Return the bytes that are held in memory."""
        return 0 if isinstance(self._bytes, Shelved) else int(self._bytes.nbytes)

    def shelve(self, shelf: Shelf) -> None:
        """Put the columns on disk."""
        if not isinstance(self._bytes, Shelved):
            self._bytes = shelf.put(self._bytes)

    def fetched(self) -> Packed:
        """Return the columns in memory, to ask for more than one of them."""
        if not isinstance(self._bytes, Shelved):
            return self
        found = Packed.__new__(Packed)
        found.rows, found._columns, found._bytes = self.rows, self._columns, self._bytes.get()
        return found

    def __getitem__(self, name: str) -> ndarray:
        """Return a column."""
        import numpy as np

        kind, least, begin, end = self._columns[name]
        held = self._bytes.get() if isinstance(self._bytes, Shelved) else self._bytes
        stored: ndarray = held[begin:end].view(kind)
        if kind == "u8":
            return stored
        wide = stored.astype(np.int64)
        if least:
            wide += least
        return wide

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def _narrowest(values: ndarray) -> tuple[str, int]:
    """Return the kind of number that holds all values less the least of them, and that."""
    if not len(values) or values.dtype.kind == "u":
        return values.dtype.str[1:], 0
    least, most = int(values.min()), int(values.max())
    for size in (1, 2, 4):
        if most - least < 1 << 8 * size:
            return f"u{size}", least
    return "i8", 0
