"""Thrift's compact protocol, as far as Parquet's headers and tables of contents use it.

Source: Thrift's doc/specs/thrift-compact-protocol.md and parquet.thrift of the Parquet format.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from checker.flowlog.engine.fast.jit import compiled

_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(13)
_KIND, _AT, _OF = range(3)
"""What is known of a list or record that is being read: its kind, the field it is at or the entries to come, and
of which kind those are."""
DEEPEST: Final = 16

PAGE, CONTENTS = range(2)
"""What is read: the header of a page, or the table of contents."""
UNPACKED, PACKED = range(2)
"""Of a page: its bytes, unpacked and as stored. One row of what is found."""
GROUP, KIND, VALUES, LENGTH, FIRST, DICTIONARY = range(6)
"""Of a column of a row group: which group, physical type, values, bytes as stored, and where its first page of values
and its dictionary begin. A row for each, behind one that holds how many there are, and the last group."""
_UNPACKED_FIELD, _PACKED_FIELD = 2, 3
_ROW_GROUPS, _COLUMNS, _COLUMN = 4, 1, 3
"""Fields on the way: from the table of contents to its row groups, to their columns, to what is told of one."""


@compiled
def _varint(data: Any, at: Any) -> Any:
    """Return a number and where it ends; -1 for one that does not end."""
    value, shift = np.int64(0), 0
    while at < len(data) and shift < 64:
        byte = np.int64(data[at])
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    return np.int64(0), -1


@compiled
def _skipped(data: Any, at: Any, kind: Any) -> Any:
    """Return where a value of no interest ends; -1 where it does not end, or is none that Parquet has."""
    if kind == _BYTE:
        return at + 1
    if kind == _DOUBLE:
        return at + 8
    if kind == _BINARY:
        size, end = _varint(data, at)
        return end + size if end >= 0 and 0 <= size <= len(data) else -1
    return at if kind in (_TRUE, _FALSE) else -1


@compiled
def _in_columns(depth: Any, stack: Any) -> Any:
    """Say whether what is read stands in what is told of a column."""
    return depth == 5 and stack[0, _AT] == _ROW_GROUPS and stack[2, _AT] == _COLUMNS and stack[4, _AT] == _COLUMN


@compiled
def _begun(what: Any, depth: Any, stack: Any, found: Any) -> Any:
    """Note that a record begins; False where there is no room for it."""
    if what != CONTENTS:
        return True
    if depth == 2 and stack[0, _AT] == _ROW_GROUPS:
        found[0, 1] += 1
    elif _in_columns(depth, stack):
        found[0, 0] += 1
        if found[0, 0] >= len(found):
            return False
        found[found[0, 0], :] = -1
        found[found[0, 0], GROUP] = found[0, 1] - 1
    return True


@compiled
def _note(what: Any, depth: Any, stack: Any, found: Any, value: Any) -> None:
    """Note a number, if it is one that is asked for."""
    field = stack[depth, _AT]
    if what == PAGE:
        if depth == 0 and field in (_UNPACKED_FIELD, _PACKED_FIELD):
            found[0, field - _UNPACKED_FIELD] = value
    elif stack[depth, _KIND] == _STRUCT and _in_columns(depth, stack):
        place = KIND if field == 1 else VALUES if field == 5 else LENGTH if field == 7 else -1
        place = FIRST if field == 9 else DICTIONARY if field == 11 else place
        if place >= 0:
            found[found[0, 0], place] = value


@compiled
def _next(data: Any, at: Any, stack: Any, depth: Any) -> Any:
    """Return the kind of the next value and where it begins; _STOP where a list or record ends."""
    if stack[depth, _KIND] == _STRUCT:
        byte = np.int64(data[at])
        if byte >> 4:
            stack[depth, _AT] += byte >> 4
            return byte & 15, at + 1
        if byte == _STOP:
            return np.int64(_STOP), at + 1
        number, end = _varint(data, at + 1)
        stack[depth, _AT] = number >> 1
        return byte & 15, end
    if stack[depth, _AT] == 0:
        return np.int64(_STOP), at
    stack[depth, _AT] -= 1
    kind = stack[depth, _OF]
    return (np.int64(_BYTE), at) if kind in (_TRUE, _FALSE) else (kind, at)


@compiled
def _listed(data: Any, at: Any, stack: Any, depth: Any) -> Any:
    """Begin a list; return where its entries begin."""
    byte = np.int64(data[at])
    size, at = byte >> 4, at + 1
    if size == 15:
        size, at = _varint(data, at)
    stack[depth, _KIND], stack[depth, _AT], stack[depth, _OF] = _LIST, size, byte & 15
    return at if size >= 0 else -1


@compiled
def read(data: Any, at: Any, what: Any, stack: Any, found: Any) -> Any:
    """Read a record that begins somewhere; return where it ends, or -1 where it is none or too large for ``found``."""
    depth = 0
    stack[0, _KIND], stack[0, _AT] = _STRUCT, 0
    while 0 <= at < len(data):
        kind, at = _next(data, at, stack, depth)
        if kind == _STOP:
            if depth == 0:
                return at
            depth -= 1
        elif at < 0 or at >= len(data) or (kind >= _LIST and depth + 1 >= len(stack)):
            return -1
        elif kind == _STRUCT:
            depth += 1
            stack[depth, _KIND], stack[depth, _AT] = _STRUCT, 0
            if not _begun(what, depth, stack, found):
                return -1
        elif kind in (_LIST, _SET):
            depth += 1
            at = _listed(data, at, stack, depth)
        elif kind in (_I16, _I32, _I64):
            value, at = _varint(data, at)
            _note(what, depth, stack, found, (value >> 1) ^ -(value & 1))
        else:
            at = _skipped(data, at, kind)
    return -1
