"""What DuckDB answers as arrays, without a copy and without pyarrow: the Arrow C stream interface.

Source: https://arrow.apache.org/docs/format/CStreamInterface.html and CDataInterface.html
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from checker.errors import InputError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_POINTER: Final = ctypes.c_void_p
_WHOLE: Final = {b"c": "i1", b"s": "i2", b"i": "i4", b"l": "i8", b"C": "u1", b"S": "u2", b"I": "u4"}
_TEXT: Final = {b"u": "i4", b"U": "i8"}
"""Formats of columns, and the numbers that they hold; of texts those that say where each ends."""


class Column(NamedTuple):
    """One column of some records, as arrays over memory of DuckDB's, which is held as long as one of them is."""

    values: Any
    """Whole numbers; of texts where they begin in ``data``, and where the last ends."""
    data: Any
    """Bytes of texts; empty for numbers."""
    valid: Any
    """Bits, the first lowest: 0 where a value is missing. Empty where none is."""
    text: bool = False

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.values) - self.text

    def present(self) -> Any:
        """Return which values are not missing."""
        import numpy as np

        if not len(self.valid):
            return np.ones(len(self), dtype=bool)
        return np.unpackbits(self.valid, count=len(self), bitorder="little").astype(bool)


class _Schema(ctypes.Structure):
    pass


class _Array(ctypes.Structure):
    pass


class _Stream(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", _POINTER), ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64), ("children", ctypes.POINTER(ctypes.POINTER(_Schema))), ("dictionary", _POINTER),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))), ("private_data", _POINTER),
]  # fmt: skip
_Array._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64), ("buffers", ctypes.POINTER(_POINTER)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))), ("dictionary", _POINTER),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))), ("private_data", _POINTER),
]  # fmt: skip
_Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))), ("private_data", _POINTER),
]  # fmt: skip


class _Held:
    """Memory that DuckDB lent, given back when no array needs it any more."""

    def __init__(self) -> None:
        self.array = _Array()

    def __del__(self) -> None:
        if self.array.release:
            self.array.release(ctypes.byref(self.array))


class StreamError(InputError):
    """DuckDB could not go on with an answer that it had begun."""


def batches(connection: DuckDBPyConnection, statement: str) -> Iterator[list[Column]]:
    """Yield the columns of an answer, some records at a time: whole numbers and texts.

    Raises duckdb.Error or StreamError where it cannot be read.
    """
    capsule = connection.sql(statement).__arrow_c_stream__()
    at = ctypes.pythonapi.PyCapsule_GetPointer
    at.restype, at.argtypes = _POINTER, [ctypes.py_object, ctypes.c_char_p]
    stream = _Stream.from_address(at(capsule, b"arrow_array_stream"))
    formats = _formats(stream)
    while True:
        held = _Held()
        _checked(stream, stream.get_next(ctypes.byref(stream), ctypes.byref(held.array)))
        if not held.array.release:
            return
        children, length = held.array.children, held.array.length
        yield [_column(children[at].contents, kind, length, held) for at, kind in enumerate(formats)]


def whole(connection: DuckDBPyConnection, statement: str) -> list[Column]:
    """Return the columns of an answer, all of it. Raises as ``batches`` does."""
    found = list(batches(connection, statement))
    return found[0] if len(found) == 1 else [_joined(parts) for parts in zip(*found, strict=True)]


def _joined(parts: Sequence[Column]) -> Column:
    import numpy as np

    valid = np.packbits(np.concatenate([part.present() for part in parts]), bitorder="little")
    if not parts[0].text:
        return Column(np.concatenate([part.values for part in parts]), parts[0].data, valid)
    before = np.cumsum([0, *(len(part.data) for part in parts)]).tolist()
    begins = [part.values[:-1] + at for part, at in zip(parts, before, strict=False)]
    data = np.concatenate([part.data for part in parts])
    return Column(np.concatenate([*begins, before[-1:]]), data, valid, text=True)


def _checked(stream: _Stream, code: int) -> None:
    if code:
        said = stream.get_last_error(ctypes.byref(stream)) or b""
        raise StreamError(said.decode("utf-8", "replace") or f"error {code}")


def _formats(stream: _Stream) -> list[bytes]:
    schema = _Schema()
    _checked(stream, stream.get_schema(ctypes.byref(stream), ctypes.byref(schema)))
    try:
        return [schema.children[at].contents.format for at in range(schema.n_children)]
    finally:
        schema.release(ctypes.byref(schema))


def _column(array: _Array, kind: bytes, length: int, held: _Held) -> Column:
    import numpy as np

    first = array.offset
    valid = np.zeros(0, dtype=np.uint8)
    if array.null_count and array.buffers[0]:
        valid = _buffer(array.buffers[0], (first + length + 7) // 8, "u1", held)
        if first:
            valid = np.packbits(np.unpackbits(valid, bitorder="little")[first:], bitorder="little")
    if kind in _WHOLE:
        return Column(
            _buffer(array.buffers[1], first + length, _WHOLE[kind], held)[first:], np.zeros(0, np.uint8), valid
        )
    begins = _buffer(array.buffers[1], first + length + 1, _TEXT[kind], held)[first:]
    return Column(begins, _buffer(array.buffers[2], int(begins[-1]), "u1", held), valid, text=True)


def _buffer(address: int | None, count: int, kind: str, held: _Held) -> Any:
    """Return an array over memory that DuckDB holds."""
    import numpy as np

    if not address or not count:
        return np.zeros(count, dtype=kind)
    lent = (ctypes.c_char * (count * np.dtype(kind).itemsize)).from_address(address)
    lent.held = held  # type: ignore[attr-defined]
    return np.ndarray(count, dtype=kind, buffer=memoryview(lent))
