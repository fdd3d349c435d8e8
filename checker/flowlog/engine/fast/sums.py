"""Sums by atom in hash tables: ``sums.Sums``, compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from checker.flowlog.engine.chunk import SLICE
from checker.flowlog.engine.faces import KEY
from checker.flowlog.engine.fast.jit import compiled
from checker.flowlog.engine.fast.pairs import deal
from checker.flowlog.engine.fast.totals import fold
from checker.flowlog.engine.mixing import DPORT, DST, ENI, MIX, PROTO, SPORT, SRC, WORDS
from checker.flowlog.engine.pairs import VALUE_BITS, Pairs, window
from checker.flowlog.engine.totals import NONE, PARTIAL, Partials, Texts, Totals, most_sums, roomier

_KEY_OF, _LOG, _SLICE, _RECORDS, _PACKETS, _BYTES, _FIRST, _LAST, _LOW, _HIGH, _THERE, _AT, _SIZE = range(len(PARTIAL))
_FOUR: Final = 1 << 32
_TOP: Final = 1 << VALUE_BITS
_NOTHING: Final = np.array(NONE, dtype=np.int64)
_PENDING: Final = -1
"""Size of a sample whose text is not yet known; its row stands where the text's place will."""

_STEP: Final = 512
"""Rows that are looked for before they are added up."""

_ROW, _SUMS, _KEYS, _PEERS, _PORTS, _CHANGED = range(6)
"""Places in the cursor: next row, how many there are of each, and how many sums have a new sample."""

_U32 = np.uint64(32)
_U29 = np.uint64(29)
_MIX: Final = np.uint64(MIX)
_C0, _C1, _C2, _C3, _C4 = (np.uint64(each) for each in WORDS)
_C5, _C6, _C7, _C8, _C9, _C10 = (np.uint64(each) for each in (ENI, SRC, DST, SPORT, DPORT, PROTO))
_C11, _C12, _C13, _C14 = (np.uint64(each * MIX & (1 << 64) - 1) for each in (ENI, SRC, DST, SPORT))


class Placed(NamedTuple):
    """Columns of placed rows, as ``faces.PLACED``."""

    eni: Any
    also: Any
    dir: Any
    told: Any
    proto: Any
    local: Any
    class_: Any
    atom: Any
    port_atom: Any
    service: Any
    flags: Any
    reverse: Any
    same: Any
    peer: Any
    dport: Any
    packets: Any
    bytes: Any
    start: Any
    end: Any
    there: Any


_GIVEN: Final = tuple(name.rstrip("_") for name in Placed._fields)


class Tables(NamedTuple):
    """Partial sums and keys, each found by its number through slots; and pairs."""

    slots: Any
    """By bits of the number: place + 1, 0 where free (int32)."""
    numbers: Any
    rows: Any
    """By place, as PARTIAL."""
    key_slots: Any
    key_numbers: Any
    keys: Any
    """By place, as KEY."""
    peers: Any
    ports: Any


class Near(NamedTuple):
    """Of some rows in a row: the numbers of their partial sums, and their places. In steps, so that waits overlap."""

    numbers: Any
    places: Any


@compiled
def _mixed(word: Any) -> Any:
    word ^= word >> _U29
    word *= _MIX
    return word ^ (word >> _U32)


@compiled
def _number(given: Any, row: Any) -> Any:
    """Return the number of a row's key."""
    return _mixed(
        np.uint64(given.eni[row]) * _C0
        + np.uint64(given.also[row]) * _C1
        + np.uint64(given.dir[row]) * _C2
        + np.uint64(given.told[row]) * _C3
        + np.uint64(given.proto[row]) * _C4
        + np.uint64(given.local[row]) * _C5
        + np.uint64(given.class_[row]) * _C6
        + np.uint64(given.atom[row]) * _C7
        + np.uint64(given.port_atom[row]) * _C8
        + np.uint64(given.service[row]) * _C9
        + np.uint64(given.flags[row]) * _C10
        + np.uint64(given.reverse[row]) * _C11
        + np.uint64(given.same[row]) * _C12
    )


@compiled
def _slot(slots: Any, numbers: Any, number: Any) -> Any:
    """Return the slot of a number, or the free one where it belongs."""
    mask = np.int64(len(slots) - 1)
    at = np.int64(number >> _U32) & mask
    while slots[at] != 0 and numbers[slots[at] - 1] != number:
        at = (at + 1) & mask
    return at


@compiled
def _key(given: Any, row: Any, tables: Any, cursor: Any, number: Any) -> Any:
    """Return the place of a row's key."""
    at = _slot(tables.key_slots, tables.key_numbers, number)
    if tables.key_slots[at] == 0:
        place = cursor[_KEYS]
        cursor[_KEYS] += 1
        tables.key_slots[at], tables.key_numbers[place] = place + 1, number
        keys = tables.keys
        keys[place, 0], keys[place, 1], keys[place, 2] = given.eni[row], given.also[row], given.dir[row]
        keys[place, 3], keys[place, 4], keys[place, 5] = given.told[row], given.proto[row], given.local[row]
        keys[place, 6], keys[place, 7], keys[place, 8] = given.class_[row], given.atom[row], given.port_atom[row]
        keys[place, 9], keys[place, 10] = given.service[row], given.flags[row]
        keys[place, 11], keys[place, 12] = given.reverse[row], given.same[row]
    return tables.key_slots[at] - 1


@compiled
def _new(given: Any, row: Any, tables: Any, cursor: Any, log: Any) -> Any:
    """Begin a partial sum with a row; return its place."""
    place, rows = cursor[_SUMS], tables.rows
    cursor[_SUMS] += 1
    rows[place, _KEY_OF], rows[place, _LOG] = _key(given, row, tables, cursor, _number(given, row)), log
    rows[place, _SLICE] = given.start[row] // SLICE * SLICE
    for column in range(len(_NOTHING)):
        rows[place, _RECORDS + column] = _NOTHING[column]
    rows[place, _THERE] = rows[place, _AT] = rows[place, _SIZE] = 0
    return place


@compiled
def _find(given: Any, begin: Any, end: Any, tables: Any, near: Any, cursor: Any, log: Any) -> None:
    """Find the partial sums of some rows."""
    for row in range(begin, end):
        slice_ = np.uint64(given.start[row] // SLICE)
        near.numbers[row - begin] = _mixed(_number(given, row) + slice_ * _C13 + np.uint64(log) * _C14)
    for row in range(begin, end):
        number = near.numbers[row - begin]
        at = _slot(tables.slots, tables.numbers, number)
        if tables.slots[at] == 0:
            place = _new(given, row, tables, cursor, log)
            tables.slots[at], tables.numbers[place] = place + 1, number
        near.places[row - begin] = tables.slots[at] - 1


@compiled
def _add_row(given: Any, row: Any, sums: Any, place: Any, changed: Any, cursor: Any) -> None:
    """Add a row to its partial sum."""
    start, there, peer = given.start[row], given.there[row], given.peer[row]
    first = sums[place, _FIRST]
    if start < first or (start == first and there < sums[place, _THERE]):
        sums[place, _FIRST], sums[place, _THERE], sums[place, _AT] = start, there, row
        if sums[place, _SIZE] != _PENDING:
            sums[place, _SIZE] = _PENDING
            changed[cursor[_CHANGED]] = place
            cursor[_CHANGED] += 1
    sums[place, _RECORDS] += 1
    sums[place, _PACKETS] += given.packets[row]
    sums[place, _BYTES] += given.bytes[row]
    sums[place, _LAST] = max(sums[place, _LAST], given.end[row])
    if peer < _FOUR:
        sums[place, _LOW], sums[place, _HIGH] = min(sums[place, _LOW], peer), max(sums[place, _HIGH], peer)


@compiled
def _add(given: Any, tables: Any, near: Any, changed: Any, cursor: Any, log: Any, before: Any) -> None:
    """Add rows until there is no room; ``cursor`` tells how far it came. ``before``: sums that were put away."""
    while cursor[_ROW] < len(given.eni):
        begin = cursor[_ROW]
        room = min(len(near.numbers), len(given.eni) - begin)
        room = min(room, len(tables.numbers) - cursor[_SUMS], len(tables.key_numbers) - cursor[_KEYS])
        room = min(room, len(tables.peers) - cursor[_PEERS], len(tables.ports) - cursor[_PORTS])
        if room == 0:
            return
        _find(given, begin, begin + room, tables, near, cursor, log)
        for row in range(begin, begin + room):
            place = near.places[row - begin]
            _add_row(given, row, tables.rows, place, changed, cursor)
            pair = np.int64(before + place) << VALUE_BITS
            tables.peers[cursor[_PEERS]] = pair | given.peer[row]
            cursor[_PEERS] += 1
            if given.port_atom[row] >= 0 and given.dport[row] < _TOP:
                tables.ports[cursor[_PORTS]] = pair | given.dport[row]
                cursor[_PORTS] += 1
        cursor[_ROW] += room


@compiled
def _fill(slots: Any, numbers: Any, count: Any) -> None:
    """Put numbers, all different, into free slots."""
    mask = np.int64(len(slots) - 1)
    for place in range(count):
        at = np.int64(numbers[place] >> _U32) & mask
        while slots[at] != 0:
            at = (at + 1) & mask
        slots[at] = place + 1


class _Numbered:
    """Rows that are found by their numbers."""

    def __init__(self, width: int) -> None:
        self.slots = np.zeros(1 << 10, dtype=np.int32)
        self.numbers = np.empty(1 << 9, dtype=np.uint64)
        self.rows = np.empty((1 << 9, width), dtype=np.int64)

    def make_room(self, count: int) -> None:
        """Make room for more than ``count`` rows."""
        if count < len(self.numbers):
            return
        roomier(self.numbers, count + 1)
        roomier(self.rows, len(self.numbers))
        if 2 * len(self.numbers) > len(self.slots):
            self.slots = np.zeros(2 * len(self.slots), dtype=np.int32)
            _fill(self.slots, self.numbers, count)


class FastSums:
    """What the rejected records add up to."""

    def __init__(self, memory: int) -> None:
        self._most = most_sums(memory)
        self._sums, self._keys = _Numbered(len(PARTIAL)), _Numbered(len(KEY))
        self._peers, self._ports = (Pairs(window(memory), deal) for _ in range(2))
        self._cursor = np.zeros(6, dtype=np.int64)
        self._near = Near(np.empty(_STEP, dtype=np.uint64), np.empty(_STEP, dtype=np.int64))
        self._away = Partials()
        self._texts = Texts()

    def add(self, rows: Mapping[str, Any], flow_log: int, lines_at: Callable[[Sequence[int]], list[str]]) -> None:
        """Add placed rows of one chunk."""
        cursor, count = self._cursor, len(rows["eni"])
        if cursor[_SUMS] >= self._most:
            self._away.put(self._sums.rows[: cursor[_SUMS]])
            self._sums = _Numbered(len(PARTIAL))
            cursor[_SUMS] = 0
        given = Placed(*(np.ascontiguousarray(rows[name]) for name in _GIVEN))
        changed = np.empty(count, dtype=np.int32)
        cursor[_ROW] = cursor[_CHANGED] = 0
        while cursor[_ROW] < count:
            self._make_room()
            _add(given, self._tables(), self._near, changed, cursor, flow_log, self._away.count)
        self._sample(changed[: cursor[_CHANGED]], rows["line"], lines_at)

    def _make_room(self) -> None:
        cursor = self._cursor
        self._sums.make_room(int(cursor[_SUMS]))
        self._keys.make_room(int(cursor[_KEYS]))
        for at, pairs in ((_PEERS, self._peers), (_PORTS, self._ports)):
            pairs.count = int(cursor[at])
            pairs.make_room()
            cursor[at] = pairs.count

    def _tables(self) -> Tables:
        sums, keys = self._sums, self._keys
        return Tables(
            sums.slots, sums.numbers, sums.rows, keys.slots, keys.numbers, keys.rows, self._peers.rows, self._ports.rows
        )

    def _sample(self, places: Any, line: Any, lines_at: Callable[[Sequence[int]], list[str]]) -> None:
        """Keep the texts of new samples."""
        sums = self._sums.rows
        at, size = self._texts.put(lines_at(line[sums[places, _AT]].tolist()))
        sums[places, _AT], sums[places, _SIZE] = at, size

    def totals(self) -> Totals:
        """Return everything; it is gone from here afterwards."""
        cursor, away = self._cursor, self._away
        last, keys = self._sums.rows[: cursor[_SUMS]], self._keys.rows[: cursor[_KEYS]]
        self._peers.count, self._ports.count = int(cursor[_PEERS]), int(cursor[_PORTS])

        def partials() -> Iterator[Any]:
            yield from away.read()
            yield last

        return Totals(keys, partials, self._texts, fold, self._peers.read, self._ports.read)
