"""Records of which each text is a code: what a text means is found out once for each entry of its dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from checker.flowlog.engine import mixing
from checker.flowlog.engine.chunk import ACCEPTED, REJECTED
from checker.flowlog.engine.fast.batch import Text, Whole
from checker.flowlog.engine.fast.jit import compiled
from checker.flowlog.engine.fast.parse import ipv4, moved, of_text, tally
from checker.flowlog.engine.fast.rows import number_of, second
from checker.flowlog.engine.fast.shapes import ACCEPTS, AT, COUNTS, REJECTS
from checker.flowlog.engine.rows import PAD, small_numbers

_F_ENI, _F_SRC, _F_DST, _F_SPORT, _F_DPORT, _F_PROTO = (
    np.uint64(each) for each in (mixing.ENI, mixing.SRC, mixing.DST, mixing.SPORT, mixing.DPORT, mixing.PROTO)
)
_MISSING: Final = np.uint64(mixing.of_text("-"))
_START, _END, _THERE, _BACK = range(4)
_U0: Final = np.uint64(0)


class _Coded(NamedTuple):
    codes: Any
    numbers: Any
    """By code: number of the text."""


class _Given(NamedTuple):
    eni: _Coded
    src: _Coded
    dst: _Coded
    sport: Whole
    dport: Whole
    proto: Whole
    start: Whole
    end: Whole
    kinds: Any
    numbers: Any
    """Numbers of the texts of all ports."""


class _Found(NamedTuple):
    cursor: Any
    accepted: Any
    starts: Any
    rejected: Any
    """Start, end, and the numbers of the conversation there and back."""
    places: Any
    """Of the rejected ones."""


class _Tables(NamedTuple):
    counts: Any
    count_rows: Any


class Read(NamedTuple):
    """What some records hold."""

    counts: Any
    """Rows of: KINDS times the code of the interface plus the kind, slice, records, first start, last end."""
    enis: Any
    """By code: number of the interface's text."""
    accepted: tuple[Any, Any]
    """As ``Chunk.accepted``."""
    places: Any
    """Of the rejected records."""
    rejected: dict[str, Any]
    """Their columns ``start``, ``end``, ``there`` and ``back``."""


@compiled
def _text_numbers(begins: Any, words: Any, found: Any) -> None:
    for at in range(len(found) - 1):
        begin, end = begins[at] + PAD, begins[at + 1] + PAD
        found[at] = _MISSING if begin == end else of_text(words, begin, end)
    found[len(found) - 1] = _MISSING


@compiled
def _addresses(begins: Any, data: Any, found: Any) -> None:
    for at in range(len(found) - 1):
        found[at] = ipv4(data, begins[at], begins[at + 1])
    found[len(found) - 1] = -1


@compiled
def _number(column: Any, row: Any, numbers: Any) -> Any:
    if len(column.valid) > 0 and column.valid[row] == 0:
        return _MISSING
    return number_of(column.values[row], numbers)


@compiled
def _seconds(column: Any, row: Any) -> Any:
    missing = len(column.valid) > 0 and column.valid[row] == 0
    return np.int64(0) if missing else second(column.values[row])


@compiled
def _take(given: Any, found: Any, tables: Any) -> None:
    """Read records until all are read or the table is half full; ``cursor`` tells how far it came."""
    cursor = found.cursor
    while cursor[AT] < len(given.kinds) and 2 * cursor[COUNTS] < len(tables.counts):
        row = cursor[AT]
        start = _seconds(given.start, row)
        end = max(start, _seconds(given.end, row))
        kind, number = given.kinds[row], np.int64(given.eni.codes[row])
        if kind <= REJECTED:
            src, dst = given.src.numbers[given.src.codes[row]], given.dst.numbers[given.dst.codes[row]]
            sport, dport = _number(given.sport, row, given.numbers), _number(given.dport, row, given.numbers)
            common = given.eni.numbers[number] * _F_ENI + _number(given.proto, row, given.numbers) * _F_PROTO
            there = common + src * _F_SRC + dst * _F_DST + sport * _F_SPORT + dport * _F_DPORT
            if kind == ACCEPTED:
                found.accepted[cursor[ACCEPTS]], found.starts[cursor[ACCEPTS]] = there, start
                cursor[ACCEPTS] += 1
            else:
                back = common + dst * _F_SRC + src * _F_DST + dport * _F_SPORT + sport * _F_DPORT
                at = cursor[REJECTS]
                found.rejected[_START, at], found.rejected[_END, at] = start, end
                found.rejected[_THERE, at], found.rejected[_BACK, at] = np.int64(there), np.int64(back)
                found.places[at] = row
                cursor[REJECTS] += 1
        tally(found, tables, number, kind, start, end)
        cursor[AT] += 1


class CodeReader:
    """Reads coded records."""

    def __init__(self) -> None:
        self._numbers = small_numbers()

    def read(self, texts: Sequence[Text], wholes: Sequence[Whole], kinds: Any) -> Read:
        """Return what records hold.

        ``texts``: interface, source and destination; ``wholes``: ports, protocol, start and end; ``kinds``: what each
        record counts for, int64.
        """
        size = len(kinds)
        eni, src, dst = (_Coded(text.codes, text_numbers(text)) for text in texts)
        sport, dport, proto, start, end = wholes
        given = _Given(eni, src, dst, sport, dport, proto, start, end, kinds, self._numbers)
        found = _Found(
            cursor=np.zeros(9, dtype=np.int64),
            accepted=np.empty(size, dtype=np.uint64),
            starts=np.empty(size, dtype=np.int64),
            rejected=np.empty((4, size), dtype=np.int64),
            places=np.empty(size, dtype=np.int64),
        )
        tables = _table(4096)
        _take(given, found, tables)
        while found.cursor[AT] < size:
            larger = _table(4 * len(tables.counts))
            moved(*tables, *larger)
            tables = larger
            _take(given, found, tables)
        return _read(found, tables, given.eni.numbers)


def _read(found: _Found, tables: _Tables, enis: Any) -> Read:
    accepts, rejects = int(found.cursor[ACCEPTS]), int(found.cursor[REJECTS])
    start, end, there, back = found.rejected[:, :rejects].copy()
    rejected = {"start": start, "end": end, "there": there.view(np.uint64), "back": back.view(np.uint64)}
    accepted = _cut(found.accepted, accepts), _cut(found.starts, accepts)
    return Read(tables.count_rows[tables.counts != _U0], enis, accepted, found.places[:rejects].copy(), rejected)


def _cut(values: Any, count: int) -> Any:
    """Return the first values; a copy only where much room would be held for nothing."""
    return values[:count] if 2 * count > len(values) else values[:count].copy()


def _table(places: int) -> _Tables:
    return _Tables(np.zeros(places, dtype=np.uint64), np.zeros((places, 5), dtype=np.int64))


def text_numbers(text: Text) -> Any:
    """Return by code the number of the text, that of ``-`` where it is missing or empty."""
    data = np.zeros(len(text.data) + 2 * PAD, dtype=np.uint8)
    data[PAD:-PAD] = text.data
    words = np.ndarray(shape=(len(data) - 7,), dtype="<u8", buffer=data.data, strides=(1,))
    found = np.empty(len(text) + 1, dtype=np.uint64)
    _text_numbers(text.begins, words, found)
    return found


def ipv4_numbers(text: Text) -> Any:
    """Return by code the IPv4 address, -1 where the text is missing and -2 where it is another one."""
    found = np.empty(len(text) + 1, dtype=np.int64)
    _addresses(text.begins, text.data, found)
    return found
