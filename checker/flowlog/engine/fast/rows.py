"""Records in columns by way of compiled code: ``rows.RowReader``, in one pass."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from checker.flowlog.engine import mixing
from checker.flowlog.engine.arrow import Column
from checker.flowlog.engine.chunk import ACCEPTED, KINDS, LATEST, MILLISECONDS, REJECTED, SLICE, Words
from checker.flowlog.engine.fast.jit import compiled
from checker.flowlog.engine.fast.parse import ipv4, mixed, moved, of_text, slot_of, tally
from checker.flowlog.engine.fast.shapes import ACCEPTS, AT, COUNTS, ENIS, REJECTS, Tables
from checker.flowlog.engine.rows import PAD, TAKEN, Rows, Taken, addresses, padded, small_numbers, texts

_ENI, _SRC, _DST, _SPORT, _DPORT, _PROTO, _START, _END, _THERE, _BACK = range(len(TAKEN))
_F_ENI, _F_SRC, _F_DST, _F_SPORT, _F_DPORT, _F_PROTO = (
    np.uint64(each) for each in (mixing.ENI, mixing.SRC, mixing.DST, mixing.SPORT, mixing.DPORT, mixing.PROTO)
)
_MISSING: Final = np.uint64(mixing.of_text("-"))
_W0, _W1, _W2 = (np.uint64(word) for word in mixing.WORDS[:3])
_U0, _U1, _U8, _U10, _U48, _U56 = (np.uint64(each) for each in (0, 1, 8, 10, 48, 56))
_LATEST: Final = np.int64(LATEST)
_NOT: Final = -2


class _Text(NamedTuple):
    begins: Any
    bytes: Any
    words: Any
    valid: Any


class _Whole(NamedTuple):
    values: Any
    valid: Any


class _Given(NamedTuple):
    eni: _Text
    src: _Text
    dst: _Text
    sport: _Whole
    dport: _Whole
    proto: _Whole
    start: _Whole
    end: _Whole
    kinds: Any
    numbers: Any
    """Numbers of the texts of all ports."""


class _Found(NamedTuple):
    cursor: Any
    accepted: Any
    starts: Any
    rejected: Any
    """By TAKEN."""
    places: Any
    """Of the rejected ones."""


@compiled
def _missing(column: Any, row: Any) -> Any:
    return len(column.valid) > 0 and (column.valid[row >> 3] >> (row & 7)) & 1 == 0


@compiled
def _text(column: Any, row: Any) -> Any:
    begin, end = column.begins[row] + PAD, column.begins[row + 1] + PAD
    return _MISSING if begin == end or _missing(column, row) else of_text(column.words, begin, end)


@compiled
def _large(value: Any) -> Any:
    """Return the number of a whole number's text, digit by digit."""
    rest = np.uint64(-value) if value < 0 else np.uint64(value)
    found, word, shift, place, sign = _U0, _U0, _U56, 0, value < 0
    while True:
        if rest > _U0:
            word |= (_U48 + rest % _U10) << shift
            rest //= _U10
        elif sign:
            word |= np.uint64(45) << shift
            sign = False
        done = rest == _U0 and not sign
        if done or shift == _U0:
            found ^= mixed(word * (_W0 if place == 0 else _W1 if place == 1 else _W2))
            word, shift, place = _U0, _U56 + _U8, place + 1
        if done:
            return found
        shift -= _U8


@compiled
def number_of(value: Any, numbers: Any) -> Any:
    """Return the number of a whole number's text; ``numbers`` holds those of all ports."""
    return numbers[value] if 0 <= value < len(numbers) else _large(value)


@compiled
def second(value: Any) -> Any:
    """Return a time, which may be in milliseconds, in seconds from 0 to LATEST."""
    found = max(value, 0)
    return min(found // 1000 if found > MILLISECONDS else found, _LATEST)


@compiled
def _number(column: Any, row: Any, numbers: Any) -> Any:
    if _missing(column, row):
        return _MISSING
    return number_of(column.values[row], numbers)


@compiled
def _seconds(column: Any, row: Any) -> Any:
    return np.int64(0) if _missing(column, row) else second(column.values[row])


@compiled
def _address(column: Any, row: Any) -> Any:
    if _missing(column, row):
        return _NOT
    return ipv4(column.bytes, column.begins[row] + PAD, column.begins[row + 1] + PAD)


@compiled
def _rejected(given: Any, found: Any, row: Any) -> None:
    into, at = found.rejected, found.cursor[REJECTS]
    into[_SRC, at], into[_DST, at] = _address(given.src, row), _address(given.dst, row)
    into[_SPORT, at] = -1 if _missing(given.sport, row) else given.sport.values[row]
    into[_DPORT, at] = -1 if _missing(given.dport, row) else given.dport.values[row]
    into[_PROTO, at] = -1 if _missing(given.proto, row) else given.proto.values[row]
    found.places[at] = row
    found.cursor[REJECTS] += 1


@compiled
def _take(given: Any, found: Any, tables: Any) -> None:
    """Read records until all are read or a table is half full; ``cursor`` tells how far it came."""
    cursor, rows = found.cursor, tables.eni_rows
    while (
        cursor[AT] < len(given.kinds)
        and 2 * cursor[ENIS] < len(tables.enis)
        and 2 * cursor[COUNTS] < len(tables.counts)
    ):
        row = cursor[AT]
        start = _seconds(given.start, row)
        end = max(start, _seconds(given.end, row))
        kind, eni = given.kinds[row], _text(given.eni, row)
        key = max(eni, _U1)
        slot = slot_of(tables.enis, key)
        if tables.enis[slot] == _U0:
            tables.enis[slot] = key
            rows[slot, 0], rows[slot, 1] = cursor[ENIS], row
            cursor[ENIS] += 1
        number = rows[slot, 0]
        if kind <= REJECTED:
            src, dst = _text(given.src, row), _text(given.dst, row)
            sport, dport = _number(given.sport, row, given.numbers), _number(given.dport, row, given.numbers)
            common = eni * _F_ENI + _number(given.proto, row, given.numbers) * _F_PROTO
            there = common + src * _F_SRC + dst * _F_DST + sport * _F_SPORT + dport * _F_DPORT
            if kind == ACCEPTED:
                found.accepted[cursor[ACCEPTS]], found.starts[cursor[ACCEPTS]] = there, start
                cursor[ACCEPTS] += 1
            else:
                back = common + dst * _F_SRC + src * _F_DST + dport * _F_SPORT + sport * _F_DPORT
                at = cursor[REJECTS]
                found.rejected[_ENI, at], found.rejected[_START, at], found.rejected[_END, at] = number, start, end
                found.rejected[_THERE, at], found.rejected[_BACK, at] = np.int64(there), np.int64(back)
                _rejected(given, found, row)
        tally(found, tables, number, kind, start, end)
        cursor[AT] += 1


class FastRowReader:
    """Reads columns; the same as ``rows.RowReader``."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._numbers = small_numbers()

    def take(self, rows: Rows) -> Taken:
        """Return what some records hold."""
        size = len(rows.kind.values)
        eni, src, dst = (_as_text(column) for column in rows[:3])
        sport, dport, proto, start, end = (_Whole(column.values, column.valid) for column in rows[3:8])
        given = _Given(eni, src, dst, sport, dport, proto, start, end, rows.kind.values, self._numbers)
        found = _Found(
            cursor=np.zeros(9, dtype=np.int64),
            accepted=np.empty(size, dtype=np.uint64),
            starts=np.empty(size, dtype=np.int64),
            rejected=np.empty((len(TAKEN), size), dtype=np.int64),
            places=np.empty(size, dtype=np.int64),
        )
        tables = Tables(*_table(1024, 2), *_table(2, 1), *_table(4096, 5))
        _take(given, found, tables)
        while found.cursor[AT] < size:
            tables = _roomier(tables)
            _take(given, found, tables)
        return self._taken(rows, found, tables)

    def _taken(self, rows: Rows, found: _Found, tables: Tables) -> Taken:
        seen = tables.eni_rows[tables.enis != 0]
        firsts = seen[np.argsort(seen[:, 0]), 1]
        enis = np.array([self._words.eni(text or "-") for text in texts(rows.eni, firsts)], dtype=np.int64)
        counts = {
            (int(enis[pair // KINDS]), pair % KINDS, slice_ * SLICE): (records, first, last)
            for pair, slice_, records, first, last in tables.count_rows[tables.counts != 0].tolist()
        }
        accepts, rejects = int(found.cursor[ACCEPTS]), int(found.cursor[REJECTS])
        rejected = dict(zip(TAKEN, found.rejected[:, :rejects].copy(), strict=True))
        rejected |= {name: rejected[name].view(np.uint64) for name in ("there", "back")}
        if rejects:
            rejected["eni"] = enis[rejected["eni"]]
        odd = {name: self._odd(getattr(rows, name), found.places, rejected[name]) for name in ("src", "dst")}
        return Taken(counts, (found.accepted[:accepts].copy(), found.starts[:accepts].copy()), rejected, odd)

    def _odd(self, column: Column, places: Any, numbers: Any) -> dict[int, str | None]:
        """Put the numbers of addresses that are no IPv4 into ``numbers``; return their texts."""
        at = np.flatnonzero(numbers == _NOT)
        if not len(at):
            return {}
        numbers[at], said = addresses(column, places[at], self._words)
        return {int(at[place]): text for place, text in said.items()}


def _as_text(column: Column) -> _Text:
    return _Text(column.values, *padded(column), column.valid)


def _roomier(tables: Tables) -> Tables:
    made = Tables(*_table(4 * len(tables.enis), 2), *tables[2:4], *_table(4 * len(tables.counts), 5))
    moved(tables.enis, tables.eni_rows, made.enis, made.eni_rows)
    moved(tables.counts, tables.count_rows, made.counts, made.count_rows)
    return made


def _table(places: int, width: int) -> tuple[Any, Any]:
    return np.zeros(places, dtype=np.uint64), np.zeros((places, width), dtype=np.int64)
