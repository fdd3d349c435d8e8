"""What the pages of a Parquet file claim to hold, before anything is unpacked: a few bytes can claim gigabytes.

pyarrow has no limit on memory, and ends the whole process over some tables of contents that are asked about their
columns; so both are read here. The careful reader has a limit.
"""

from __future__ import annotations

from typing import IO, Any, Final

import numpy as np

from checker.flowlog.engine.fast import thrift
from checker.flowlog.engine.fast.batch import Unexpected
from checker.flowlog.engine.fast.jit import compiled

_END: Final = b"PAR1"
_CONTENTS: Final = 16 << 20
"""Bytes of a table of contents, at most."""
_PAGE: Final = 64 << 20
"""Bytes of a page, unpacked, at most. Writers aim at one MiB."""
_GROUP: Final = 512 << 20
"""Bytes of all columns of a row group, unpacked, at most."""
_TEXTS: Final = 96 << 20
"""Bytes of the texts of a row group, unpacked, at most: each different one is kept while the group is read."""
_BYTES: Final = 6
"""Number of Parquet's type of texts."""


@compiled
def _claimed(data: Any, stack: Any, sizes: Any) -> Any:
    """Return the bytes of the largest page and of all, unpacked; -1 where they are not in order."""
    at, largest, together = 0, np.int64(0), np.int64(0)
    while at < len(data):
        sizes[0, thrift.UNPACKED], sizes[0, thrift.PACKED] = -1, -1
        at = thrift.read(data, at, thrift.PAGE, stack, sizes)
        if at < 0 or sizes[0, thrift.UNPACKED] < 0 or sizes[0, thrift.PACKED] < 0:
            return np.int64(-1), together
        at += sizes[0, thrift.PACKED]
        largest = max(largest, sizes[0, thrift.UNPACKED])
        together += sizes[0, thrift.UNPACKED]
    return largest, together


class Pages:
    """The pages of a file."""

    def __init__(self, file: IO[bytes], columns: int) -> None:
        """Raise Unexpected where the table of contents is not one of so many columns."""
        self._file = file
        self._columns = columns
        self._stack = np.zeros((thrift.DEEPEST, 3), dtype=np.int64)
        size = file.seek(0, 2)
        file.seek(max(size - 8, 0))
        end = file.read(8)
        length = int.from_bytes(end[:4], "little")
        if end[4:] != _END or length > min(size, _CONTENTS):
            raise Unexpected("no table of contents, or a very long one")
        file.seek(size - 8 - length)
        contents = np.frombuffer(file.read(length), dtype=np.uint8)
        found = np.zeros((length // 8 + 2, 6), dtype=np.int64)
        if thrift.read(contents, 0, thrift.CONTENTS, self._stack, found) < 0:
            raise Unexpected("a table of contents that is not in order")
        self._found = found[1 : found[0, 0] + 1]

    def check(self, group: int) -> None:
        """Raise Unexpected where the columns of a row group are not in order, or would take much memory."""
        columns = self._found[self._found[:, thrift.GROUP] == group].tolist()
        everything, texts = 0, 0
        for column in columns:
            largest, together = self._claims(column) if column[thrift.VALUES] else (0, 0)
            everything += together
            texts += together if column[thrift.KIND] == _BYTES else 0
            if not 0 <= largest < _PAGE or everything > _GROUP or texts > _TEXTS:
                raise Unexpected("pages that are not in order, or large")
        if len(columns) != self._columns or len({column[thrift.VALUES] for column in columns}) != 1:
            raise Unexpected("columns of different lengths, or too few")

    def _claims(self, column: list[int]) -> tuple[int, int]:
        first, dictionary, length = (column[at] for at in (thrift.FIRST, thrift.DICTIONARY, thrift.LENGTH))
        begin = min(first, dictionary) if dictionary > 0 else first
        if begin < 0 or not 0 <= length < _GROUP:
            raise Unexpected("a column that lies nowhere")
        self._file.seek(begin)
        stored = np.frombuffer(self._file.read(length), dtype=np.uint8)
        largest, together = _claimed(stored, self._stack, np.zeros((1, 2), dtype=np.int64))
        return int(largest), int(together)
