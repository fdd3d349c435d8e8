"""Columns of a Parquet file as pyarrow reads them: texts as codes and a dictionary, whole numbers of 64 bits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from checker.errors import InputError
from checker.flowlog.engine.chunk import MILLISECONDS
from checker.model.record import dataclass

_WHOLE: Final = {pa.int32(): np.int32, pa.int64(): np.int64}
_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
MISSING: Final = np.iinfo(np.int64).min
"""Stands for a number that is not there."""


class Unexpected(InputError):
    """A file holds what only the careful reader knows how to read."""


@dataclass(frozen=True, slots=True)
class Text:
    """A column of texts."""

    codes: Any
    """By record: place in the dictionary; behind its end where the text is missing (int32)."""
    entries: Any
    """The dictionary, a pyarrow array."""
    begins: Any
    """Where its entries begin in ``data``, and where the last ends."""
    data: Any

    def __len__(self) -> int:
        """Return the number of entries; it also is the code of a missing text."""
        return len(self.entries)

    def labels(self) -> list[str | None]:
        """Return the entries, and None behind them for a missing text; None for ``-`` too."""
        return [*(None if each == "-" else each for each in self.entries.to_pylist()), None]

    def at(self, code: int) -> str | None:
        """Return the text of a code; None where it is missing, empty or ``-``."""
        if code == len(self):
            return None
        said = self.data[self.begins[code] : self.begins[code + 1]].tobytes().decode("ascii")
        return None if said in ("", "-") else said

    def used(self, codes: Any) -> Any:
        """Return which some codes are, ascending."""
        return np.flatnonzero(np.bincount(codes, minlength=len(self) + 1))

    def without_empty(self, codes: Any) -> Any:
        """Return codes, those of texts without a letter as if the text were missing."""
        empty = np.flatnonzero(self.begins[1:] == self.begins[:-1])
        return np.where(np.isin(codes, empty), np.int32(len(self)), codes) if len(empty) else codes


class Whole(NamedTuple):
    """A column of whole numbers."""

    values: Any
    valid: Any
    """By record: whether there is a number (uint8); empty where all are there."""

    def known(self, missing: int) -> Any:
        """Return the numbers, ``missing`` where there is none."""
        return np.where(self.valid, self.values, np.int64(missing)) if len(self.valid) else self.values


_ABSENT: Final = pa.array([], pa.string())


class Batch:
    """Some records, by field as this program names them."""

    def __init__(self, count: int, arrays: Mapping[str, Any]) -> None:
        self.count = count
        self.arrays = arrays

    def is_whole(self, name: str) -> bool:
        """Say whether a column holds whole numbers."""
        return self.arrays[name].type in _WHOLE

    def text(self, name: str, places: Any = None) -> Text:
        """Return a column of texts, or some records of it; raises Unexpected where it is of another kind."""
        array = self.arrays.get(name)
        if array is None:
            codes = np.zeros(self.count if places is None else len(places), dtype=np.int32)
            return Text(_kept(codes), _ABSENT, np.zeros(1, np.int32), np.zeros(0, np.uint8))
        if array.type != _TEXT:
            raise Unexpected(f"a text of type {array.type}")
        return _text(array, places)

    def whole(self, name: str, places: Any = None) -> Whole:
        """Return a column of whole numbers, or some records of it; raises Unexpected where it is of another kind."""
        array = self.arrays.get(name)
        if array is None:
            count = self.count if places is None else len(places)
            return Whole(_kept(np.zeros(count, np.int64)), _kept(np.zeros(count, np.uint8)))
        kind = _WHOLE.get(array.type)
        if kind is None:
            raise Unexpected(f"a number of type {array.type}")
        values, valid = _taken(array, kind, places)
        if kind is np.int64 and values.min(initial=0) == MISSING:
            raise Unexpected("the least number of all, which stands for a missing one here")
        return Whole(
            _kept(values.astype(np.int64, copy=False)), _kept(np.zeros(0, np.uint8) if valid is None else valid)
        )

    def time(self, name: str) -> Any:
        """Return times in seconds, 0 where they are missing."""
        values = self.whole(name).known(0)
        return np.where(values > MILLISECONDS, values // 1000, values)


def _text(array: Any, places: Any) -> Text:
    entries, size = array.dictionary, len(array.dictionary)
    codes, valid = _taken(array.indices, np.int32, places)
    begins = _buffer(entries.buffers()[1], np.int32, entries.offset, size + 1)
    data = _buffer(entries.buffers()[2], np.uint8, 0, int(begins[-1]))
    if valid is not None:
        outside = ((codes.view(np.uint32) >= size) & valid.view(bool)).any()
        codes = np.where(valid, codes, np.int32(size))
    else:
        outside = len(codes) and codes.view(np.uint32).max() >= size
    if outside or entries.null_count or data.max(initial=0) > 127:
        raise Unexpected("a text that is not in the dictionary, or not plain")
    return Text(_kept(codes), entries, begins, data)


def _taken(array: Any, kind: Any, places: Any) -> tuple[Any, Any]:
    """Return the values of an array, or of some places in it, and which are there; None where all are."""
    values = _buffer(array.buffers()[1], kind, array.offset, len(array))
    valid = None
    if array.null_count:
        bits = _buffer(array.buffers()[0], np.uint8, 0, (array.offset + len(array) + 7) // 8)
        valid = np.unpackbits(bits, bitorder="little")[array.offset : array.offset + len(array)]
    if places is None:
        return values, valid
    if valid is not None:
        valid = valid.take(places)
        valid = None if valid.all() else valid
    return values.take(places), valid


def _buffer(buffer: Any, kind: Any, offset: int, count: int) -> Any:
    if buffer is None:
        return np.zeros(count, dtype=kind)
    return np.frombuffer(buffer, dtype=kind, count=count, offset=offset * np.dtype(kind).itemsize)


def _kept(values: Any) -> Any:
    """Return an array that is read only, as those of pyarrow are: compiled code tells them apart."""
    values.setflags(write=False)
    return values
