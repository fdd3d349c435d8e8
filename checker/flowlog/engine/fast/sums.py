"""Sums by atom in hash tables: ``sums.Sums``, compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from checker.flowlog.engine.chunk import SLICE
from checker.flowlog.engine.faces import KEY, PLACED
from checker.flowlog.engine.fast.jit import compiled
from checker.flowlog.engine.mixing import MIX, WORDS
from checker.flowlog.engine.spill import Shares
from checker.flowlog.engine.sums import Pairs, Sample, Totals

_KEYS: Final = len(KEY)
_PEER, _DPORT, _PACKETS, _BYTES, _START, _END, _LINE, _THERE = (
    PLACED.index(name) for name in ("peer", "dport", "packets", "bytes", "start", "end", "line", "there")
)
_PORTED: Final = KEY.index("port_atom")
_FOUR: Final = 1 << 32
_FIRST, _SAMPLE = 7, 8
"""Columns of a sum behind its seven amounts: start and conversation of its sample."""
_WIDTH: Final = 9

_ROW, _COUNT, _PAIRS_OF_PEERS, _PAIRS_OF_PORTS = range(4)
"""Places in the cursor: next row, and how many there are of each."""

_FREE: Final = -1
_U0, _U1, _U29, _U32 = (np.uint64(each) for each in (0, 1, 29, 32))
_MIX: Final = np.uint64(MIX)
_STEP: Final = np.uint64(WORDS[0])
_SALT: Final = np.uint64(WORDS[1])

_PAIR_BYTES: Final = 100
"""What a distinct pair takes: three numbers in a table that is a fourth full, or two while it grows."""


class Tables(NamedTuple):
    """Sums by the number of their key, and records by sum and value."""

    keys: Any
    places: Any
    amounts: Any
    """By place: records, packets, bytes, first, last, lowest and highest peer, start and conversation of the sample."""
    fresh: Any
    """By place: the row that is its sample since the last look, or -1."""
    peers: Any
    """By slot: sum (-1: free), peer, records."""
    ports: Any


@compiled
def _mixed(word: Any) -> Any:
    word ^= word >> _U29
    word *= _MIX
    return word ^ (word >> _U32)


@compiled
def _key(rows: Any, row: Any, log: Any) -> Any:
    """Return the number of a row's partial sum."""
    key = _mixed(np.uint64(log) * _STEP + np.uint64(rows[_START, row] // SLICE))
    for column in range(_KEYS):
        key = _mixed(key * _STEP + np.uint64(rows[column, row]) + _SALT)
    return key | _U1


@compiled
def _sum(tables: Any, cursor: Any, key: Any) -> Any:
    """Return the place of a sum."""
    mask = np.uint64(len(tables.keys) - 1)
    at = (key >> _U32) & mask
    while tables.keys[at] != _U0 and tables.keys[at] != key:
        at = (at + _U1) & mask
    if tables.keys[at] == _U0:
        tables.keys[at] = key
        place = cursor[_COUNT]
        tables.places[at] = place
        for column in range(3):
            tables.amounts[place, column] = 0
        tables.amounts[place, 3], tables.amounts[place, 4] = 1 << 62, 0
        tables.amounts[place, 5], tables.amounts[place, 6] = 1 << 33, -1
        tables.amounts[place, _FIRST] = 1 << 62
        tables.fresh[place] = -1
        cursor[_COUNT] += 1
    return tables.places[at]


@compiled
def _pair(table: Any, place: Any, value: Any) -> Any:
    """Add a record of a value to a sum; return 1 where it is the first."""
    mask = np.uint64(len(table) - 1)
    at = _mixed(np.uint64(place) * _STEP + np.uint64(value) * _SALT) & mask
    while table[at, 0] != _FREE and (table[at, 0] != place or table[at, 1] != value):
        at = (at + _U1) & mask
    if table[at, 0] == _FREE:
        table[at, 0], table[at, 1], table[at, 2] = place, value, 1
        return 1
    table[at, 2] += 1
    return 0


@compiled
def _add(rows: Any, tables: Any, cursor: Any, log: Any) -> None:
    """Add rows until a table is half full; ``cursor`` tells how far it came."""
    while cursor[_ROW] < rows.shape[1]:
        if (
            2 * cursor[_COUNT] >= len(tables.keys)
            or 2 * cursor[_PAIRS_OF_PEERS] >= len(tables.peers)
            or 2 * cursor[_PAIRS_OF_PORTS] >= len(tables.ports)
        ):
            return
        row = cursor[_ROW]
        place = _sum(tables, cursor, _key(rows, row, log))
        amounts = tables.amounts
        amounts[place, 0] += 1
        amounts[place, 1] += rows[_PACKETS, row]
        amounts[place, 2] += rows[_BYTES, row]
        start, there, peer = rows[_START, row], rows[_THERE, row], rows[_PEER, row]
        amounts[place, 3], amounts[place, 4] = min(amounts[place, 3], start), max(amounts[place, 4], rows[_END, row])
        if peer < _FOUR:
            amounts[place, 5], amounts[place, 6] = min(amounts[place, 5], peer), max(amounts[place, 6], peer)
        first = amounts[place, _FIRST]
        if start < first or (start == first and there < amounts[place, _SAMPLE]):
            amounts[place, _FIRST], amounts[place, _SAMPLE] = start, there
            tables.fresh[place] = row
        cursor[_PAIRS_OF_PEERS] += _pair(tables.peers, place, peer)
        if rows[_PORTED, row] >= 0:
            cursor[_PAIRS_OF_PORTS] += _pair(tables.ports, place, rows[_DPORT, row])
        cursor[_ROW] += 1


@compiled
def _moved_sums(keys: Any, places: Any, into: Any, into_places: Any) -> None:
    mask = np.uint64(len(into) - 1)
    for old in range(len(keys)):
        if keys[old] != _U0:
            at = (keys[old] >> _U32) & mask
            while into[at] != _U0:
                at = (at + _U1) & mask
            into[at], into_places[at] = keys[old], places[old]


@compiled
def _moved_pairs(table: Any, into: Any) -> None:
    mask = np.uint64(len(into) - 1)
    for old in range(len(table)):
        if table[old, 0] != _FREE:
            at = _mixed(np.uint64(table[old, 0]) * _STEP + np.uint64(table[old, 1]) * _SALT) & mask
            while into[at, 0] != _FREE:
                at = (at + _U1) & mask
            for column in range(3):
                into[at, column] = table[old, column]


class FastSums:
    """What the rejected records add up to."""

    def __init__(self, memory: int) -> None:
        self.keys: dict[int, tuple[int, ...]] = {}
        """What makes atoms differ, as ``faces.KEY``, by the number of the atom."""
        self._numbers: dict[tuple[int, ...], int] = {}
        self._told: list[tuple[int, int, int]] = []
        """By place: number of its key, flow log, slice."""
        self._samples: list[Sample] = []
        self._most = 1 << max(12, ((memory << 20) // (2 * _PAIR_BYTES)).bit_length() - 1)
        """Slots of a table of pairs, at most; what does not fit goes to disk."""
        self._tables = Tables(*_sums(1 << 12), _pairs(1 << 12), _pairs(1 << 12))
        self._cursor = np.zeros(4, dtype=np.int64)
        self._shares = Shares(), Shares()

    def add(self, rows: Mapping[str, Any], flow_log: int, lines_at: Callable[[Sequence[int]], list[str]]) -> None:
        """Add placed rows of one chunk."""
        stacked = np.stack([rows[name] for name in PLACED])
        self._cursor[_ROW] = 0
        _add(stacked, self._tables, self._cursor, flow_log)
        while self._cursor[_ROW] < stacked.shape[1]:
            self._look(stacked, flow_log, lines_at)
            self._grow()
            _add(stacked, self._tables, self._cursor, flow_log)
        self._look(stacked, flow_log, lines_at)

    def _look(self, stacked: Any, flow_log: int, lines_at: Callable[[Sequence[int]], list[str]]) -> None:
        """Keep key and sample of sums that are new or have an earlier sample."""
        fresh = self._tables.fresh[: self._cursor[_COUNT]]
        places = np.flatnonzero(fresh >= 0)
        rows = fresh[places]
        fresh[places] = -1
        known = len(self._told)
        told = stacked[:, rows]
        samples = zip(told[_START].tolist(), told[_THERE].tolist(), lines_at(told[_LINE].tolist()), strict=True)
        for place, key, sample in zip(places.tolist(), zip(*told[:_KEYS].tolist(), strict=True), samples, strict=True):
            if place < known:
                self._samples[place] = sample
                continue
            number = self._numbers.setdefault(key, len(self._numbers))
            self.keys[number] = key
            self._told.append((number, flow_log, sample[0] // SLICE * SLICE))
            self._samples.append(sample)

    def _grow(self) -> None:
        """Make room where a table is half full."""
        tables, cursor = self._tables, self._cursor
        keys, places, amounts, fresh = tables[:4]
        if 2 * cursor[_COUNT] >= len(keys):
            keys, places, amounts, fresh = _sums(4 * len(keys))
            _moved_sums(tables.keys, tables.places, keys, places)
            amounts[: len(tables.amounts)], fresh[: len(tables.fresh)] = tables.amounts, tables.fresh
        peers = self._roomier(tables.peers, _PAIRS_OF_PEERS, self._shares[0])
        ports = self._roomier(tables.ports, _PAIRS_OF_PORTS, self._shares[1])
        self._tables = Tables(keys, places, amounts, fresh, peers, ports)

    def _roomier(self, table: Any, count: int, shares: Shares) -> Any:
        if 2 * self._cursor[count] < len(table):
            return table
        if len(table) < self._most:
            into = _pairs(2 * len(table))
            _moved_pairs(table, into)
            return into
        shares.add(*_used(table))
        self._cursor[count] = 0
        table[:, 0] = _FREE
        return table

    def totals(self) -> Totals:
        """Return everything; it is gone from here afterwards."""
        key, flow_log, slices = ([each[at] for each in self._told] for at in range(3))
        tables, (peers, ports) = self._tables, self._shares
        amounts = tuple(tables.amounts[: self._cursor[_COUNT], :_FIRST].T)
        samples, self._samples, self._told = self._samples, [], []
        self._tables = Tables(*_sums(2), _pairs(2), _pairs(2))
        self._cursor[:] = 0
        return Totals(
            key,
            flow_log,
            slices,
            samples,
            amounts,
            lambda: _read(tables.peers, peers),
            lambda: _read(tables.ports, ports),
        )


def _sums(places: int) -> tuple[Any, Any, Any, Any]:
    return (
        np.zeros(places, dtype=np.uint64),
        np.empty(places, dtype=np.int64),
        np.empty((places // 2 + 1, _WIDTH), dtype=np.int64),
        np.empty(places // 2 + 1, dtype=np.int64),
    )


def _pairs(slots: int) -> Any:
    return np.full((slots, 3), _FREE, dtype=np.int64)


def _used(table: Any) -> tuple[Any, Any, Any]:
    used = table[table[:, 0] != _FREE]
    return used[:, 0], used[:, 1], used[:, 2]


def _read(table: Any, shares: Shares) -> Pairs:
    if not shares:
        yield _used(table)
        return
    shares.add(*_used(table))
    table[:, 0] = _FREE
    yield from shares.read()
