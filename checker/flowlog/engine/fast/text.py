"""Text records by way of compiled code: from a piece of a file to a ``Chunk``."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, Final

import numpy as np

from checker.flowlog.engine import mixing
from checker.flowlog.engine.chunk import ALSO, KINDS, REJECTED_COLUMNS, SLICE, Chunk, FormatChanges, Words, is_header
from checker.flowlog.engine.fast import shapes
from checker.flowlog.engine.fast.parse import moved, parse
from checker.flowlog.engine.held import Logged
from checker.flowlog.engine.lines import LONGEST, Gathered, Layout, LineReader, add_count, columns_of
from checker.flowlog.engine.packed import Packed
from checker.flowlog.engine.question import Question
from checker.flowlog.engine.text import NEEDED, TextReader

_ROOM: Final = 64
"""Bytes before and behind the text: the compiled code reads eight at a time."""
_PIECE: Final = 1 << 20
"""Bytes of text that are held at a time: what stays in the processor's cache."""
_LINES: Final = 1 << 17
"""Records of one chunk, at most."""
_TEXT: Final = 4 << 20
"""Bytes of the rejected ones among them."""
_LONGEST: Final = 4096
_NEVER: Final = 1 << 62


class FastTextReader:
    """Reads files of one format; the same as ``text.TextReader``, several times as fast."""

    def __init__(self, fields: tuple[str, ...], question: Question, words: Words, account: str | None) -> None:
        self._layout = Layout(fields)
        self._words = words
        self._lines = LineReader(self._layout, question, words, account)
        self._places = _places(self._layout, shapes.ROLES)
        self._also = _places(self._layout, ALSO)
        self._ends = np.empty(len(self._layout.fields), dtype=np.int64)
        self._wanted = _wanted(question, account, self._layout)
        quick = all(self._layout.place(name) is not None for name in NEEDED)
        self._instead = None if quick else TextReader(fields, question, words, account)

    def read_file(self, file: IO[bytes], header_lines: int, flow_log: int) -> Iterator[Chunk]:
        """Yield the records of a file.

        Raises FormatChanges where a line in the middle names fields, and what the file raises.
        """
        if self._instead is not None:
            yield from self._instead.read_file(file, header_lines, flow_log)
            return
        filling = _Filling(self, flow_log)
        for data, end in _pieces(file):
            words = np.ndarray(shape=(len(data) - 7,), dtype="<u8", buffer=data.data, strides=(1,))
            lines = shapes.Lines(data, words, self._places, self._also, self._ends, len(self._ends), _LONGEST)
            at = _ROOM
            while header_lines and at < end:
                at = int(np.flatnonzero(data[at:end] == 10)[0]) + at + 1
                header_lines -= 1
                filling.number += 1
            while at < end:
                at = filling.parse(lines, self._wanted, at, end)
                if at < end and filling.grown():
                    yield filling.chunk()
                    filling = _Filling(self, flow_log, filling.number)
        yield filling.chunk()

    def slowly(self, text: str, number: int, gathered: Gathered) -> bool:
        """Read a line that is left over; False where it is no record."""
        if not text or self._lines.take(text, gathered):
            return True
        if is_header(text):
            raise FormatChanges(f"line {number} names fields")
        return False

    def eni(self, text: bytes) -> int:
        """Return the number of an interface in ``Words``."""
        return self._words.eni(text.decode("ascii"))

    def beside(self, line: str) -> int:
        """Return the number of a record's words of ALSO in ``Words``."""
        values = line.split(" ")
        return self._words.beside(tuple(self._layout.value(values, name) for name in ALSO))


class _Room(threading.local):
    """What each thread fills again and again: memory that is given back piecemeal comes back in part only."""

    def __init__(self) -> None:
        self._free: list[shapes.Found] = []

    def take(self) -> shapes.Found:
        """Return room for a chunk."""
        while self._free:
            found = self._free.pop()
            if len(found.ends) == _LINES:
                found.cursor[:] = 0
                return found
        return shapes.Found(
            cursor=np.zeros(9, dtype=np.int64),
            accepted=np.empty(_LINES, dtype=np.uint64),
            starts=np.empty(_LINES, dtype=np.int64),
            rejected=np.empty((len(shapes.COLUMNS), _LINES), dtype=np.int64),
            text=np.empty(_TEXT, dtype=np.uint8),
            ends=np.empty(_LINES, dtype=np.int64),
            slow=np.empty((_PIECE // 8, 3), dtype=np.int64),
        )

    def give(self, found: shapes.Found) -> None:
        """Take room back."""
        self._free.append(found)


_ROOMS: Final = _Room()


class _Filling:
    """A chunk in the making."""

    def __init__(self, reader: FastTextReader, flow_log: int, number: int = 1) -> None:
        self._reader = reader
        self._flow_log = flow_log
        self._found = _ROOMS.take()
        self._tables = shapes.Tables(*_table(1024, 4), *_table(64, 2), *_table(4096, 5))
        self._enis: list[int] = []
        self._gathered, self._unreadable = Gathered(), list[int]()
        self.number = number
        """Of the next line."""

    def parse(self, lines: shapes.Lines, wanted: shapes.Wanted, at: int, end: int) -> int:
        """Read lines; return the first byte of those that there was no room for."""
        cursor = self._found.cursor
        cursor[shapes.AT], cursor[shapes.LINE] = at, self.number
        parse(lines, wanted, self._found, self._tables, end)
        self.number = int(cursor[shapes.LINE])
        for begin, stop, number in self._found.slow[: cursor[shapes.SLOWS]].tolist():
            text = lines.bytes[begin:stop].tobytes().rstrip(b"\r").decode("utf-8", "replace")
            if not self._reader.slowly(text, number, self._gathered):
                self._unreadable.append(number)
        cursor[shapes.SLOWS] = 0
        known = len(self._enis)
        if cursor[shapes.ENIS] > known:
            rows = self._tables.eni_rows[self._tables.enis != 0]
            for _, begin, stop, _ in rows[np.argsort(rows[:, 0])][known:].tolist():
                self._enis.append(self._reader.eni(lines.bytes[begin:stop].tobytes()))
        return int(cursor[shapes.AT])

    def grown(self) -> bool:
        """Make tables larger that are half full; True where it is something else that is full."""
        cursor, tables = self._found.cursor, self._tables
        made = []
        for count, keys, rows in zip(
            (shapes.ENIS, shapes.ALSOS, shapes.COUNTS), tables[::2], tables[1::2], strict=True
        ):
            into, into_rows = keys, rows
            if 2 * cursor[count] >= len(keys):
                into, into_rows = _table(4 * len(keys), rows.shape[1])
                moved(keys, rows, into, into_rows)
            made += [into, into_rows]
        self._tables = shapes.Tables(*made)
        full = cursor[shapes.ACCEPTS] >= _LINES or cursor[shapes.REJECTS] >= _LINES
        return bool(full or cursor[shapes.TEXT] + _LONGEST >= _TEXT)

    def chunk(self) -> Chunk:
        """Return what was read; nothing more can be."""
        found, gathered = self._found, self._gathered
        count, accepts = int(found.cursor[shapes.REJECTS]), int(found.cursor[shapes.ACCEPTS])
        lines_at = Logged(found.text, found.ends[:count], gathered.lines)
        for key, more in self._counts():
            add_count(gathered.counts, key, more)
        quick, slow = self._columns(count, lines_at), columns_of(gathered.rejected)
        slow["line"] = slow["line"] + count
        hashes, starts = zip(*gathered.accepted, strict=True) if gathered.accepted else ((), ())
        chunk = Chunk(
            rejected=Packed({name: _joined(quick[name], slow[name]) for name in REJECTED_COLUMNS}),
            accepted=(
                _joined(found.accepted[:accepts], np.array(hashes, dtype=np.uint64)).copy(),
                _joined(found.starts[:accepts], np.array(starts, dtype=np.int64)).copy(),
            ),
            counts=gathered.counts,
            lines_at=lines_at,
            flow_log=self._flow_log,
            unreadable=self._unreadable,
        )
        _ROOMS.give(found)
        return chunk

    def _columns(self, count: int, lines_at: Logged) -> Mapping[str, Any]:
        columns = dict(zip(shapes.COLUMNS, self._found.rejected[:, :count], strict=True))
        rows = self._tables.also_rows[self._tables.alsos != 0]
        firsts = [row for _, row in rows[np.argsort(rows[:, 0])].tolist() if row < count]
        alsos = [self._reader.beside(line) for line in lines_at(firsts)]
        if count:
            columns["eni"] = np.array(self._enis, dtype=np.int64)[columns["eni"]]
            columns["also"] = np.array(alsos, dtype=np.int64)[columns["also"]]
        columns["line"] = np.arange(count, dtype=np.int64)
        return columns | {name: columns[name].view(np.uint64) for name in ("there", "back")}

    def _counts(self) -> Iterable[tuple[tuple[int, int, int], tuple[int, int, int]]]:
        rows = self._tables.count_rows[self._tables.counts != 0]
        for pair, slice_, records, first, last in rows.tolist():
            yield (self._enis[pair // KINDS], pair % KINDS, slice_ * SLICE), (records, first, last)


def _pieces(file: IO[bytes]) -> Iterator[tuple[Any, int]]:
    """Yield arrays that hold whole lines from the byte _ROOM on, and where these end. The arrays are used again."""
    data = np.zeros(_PIECE + 2 * _ROOM, dtype=np.uint8)
    view = memoryview(data.data)
    filled = _ROOM
    while got := file.readinto(view[filled:-_ROOM]):  # type: ignore[attr-defined]
        filled += got
        end = _last_line(data, filled - got, filled)
        if end:
            yield data, end
            rest = filled - end
            data[_ROOM : _ROOM + rest] = data[end:filled].copy()
            filled = _ROOM + rest
        elif len(data) > LONGEST:
            data[filled] = 10
            yield data, filled + 1
            filled = _ROOM
        elif filled == len(data) - _ROOM:
            data = np.concatenate([data, np.zeros(len(data), dtype=np.uint8)])
            view = memoryview(data.data)
    if filled > _ROOM:
        data[filled] = 10
        yield data, filled + 1


def _last_line(data: Any, begin: int, end: int) -> int:
    """Return where the last whole line ends; 0 where none does."""
    while end > begin:
        at = max(begin, end - 4096)
        found = np.flatnonzero(data[at:end] == 10)
        if len(found):
            return at + int(found[-1]) + 1
        end = at
    return 0


def _places(layout: Layout, names: Iterable[str]) -> Any:
    found = (layout.place(name) for name in names)
    return np.array([-1 if place is None else place for place in found], dtype=np.int64)


def _wanted(question: Question, account: str | None, layout: Layout) -> shapes.Wanted:
    window = question.window
    enis: frozenset[str] | None = window.interfaces or None
    if window.vpcs and layout.place("vpc-id") is None:
        enis = question.of_vpcs if enis is None else enis & question.of_vpcs
    return shapes.Wanted(
        since=-_NEVER if window.since is None else math.floor(window.since.timestamp()),
        until=_NEVER if window.until is None else math.ceil(window.until.timestamp()),
        by_eni=enis is not None,
        enis=_numbers(enis or ()),
        vpcs=_numbers(window.vpcs),
        accounts=_numbers(window.accounts),
        told=account in window.accounts,
    )


def _numbers(texts: Iterable[str]) -> Any:
    return np.sort(np.array([mixing.of_text(text) for text in texts], dtype=np.uint64))


def _table(places: int, width: int) -> tuple[Any, Any]:
    return np.zeros(places, dtype=np.uint64), np.zeros((places, width), dtype=np.int64)


def _joined(quick: Any, slow: Any) -> Any:
    """Return both as one; a view of the first where that is all."""
    return np.concatenate([quick, slow]) if len(slow) else quick
