"""Sums by atom, kept as arrays: partial ones of each flow log and hour, joined whenever they grow large."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.chunk import SLICE
from checker.flowlog.engine.faces import KEY
from checker.flowlog.engine.mixing import WORDS, mixed_all
from checker.flowlog.engine.spill import Shares
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray

_JOIN_AT: Final = 1_000_000
"""Rows of a table from which on equal ones are joined before more are added."""
PAIR_BYTES: Final = 100
"""What a distinct pair takes in memory, at most."""

AMOUNTS: Final = ("sum", "sum", "sum", "min", "max", "min", "max")
_PAIRS: Final = ("first", "first", "sum")

Sample = tuple[int, int, str]
"""Start, number of the conversation and text of a record."""
Pairs = Iterator[tuple[Any, Any, Any]]
"""Partial sums, values and records; all rows of one value come together, and rows may repeat."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What rejected records add up to, by partial sum: one atom as one flow log recorded it in one slice of time."""

    key: list[int]
    """Number of its atom in ``keys``."""
    flow_log: list[int]
    slices: list[int]
    """Seconds since 1970."""
    samples: list[Sample]
    """Its first record: of equal starts that of the least number."""
    amounts: tuple[Any, ...]
    """Records, packets, bytes, first start, last end, lowest and highest IPv4 peer."""
    peers: Callable[[], Pairs]
    ports: Callable[[], Pairs]


class Table:
    """Rows of unsigned keys with numbers that are added up, or of which the least or greatest counts."""

    def __init__(self, how: tuple[str, ...]) -> None:
        self._how = how
        self._parts: list[tuple[Any, ...]] = []
        self._rows = 0
        self.joined = 0

    def add(self, keys: ndarray, *columns: ndarray) -> None:
        """Add rows; keys may repeat."""
        self._parts.append((keys, *columns))
        self._rows += len(keys)
        if self._rows > max(_JOIN_AT, 2 * self.joined):
            self.join()

    def join(self) -> tuple[Any, ...]:
        """Join rows of equal keys; return keys, ascending, and columns."""
        import numpy as np

        if not self._parts:
            return (np.zeros(0, dtype=np.uint64), *(np.zeros(0, dtype=np.int64) for _ in self._how))
        if len(self._parts) > 1 or not self.joined:
            columns = [np.concatenate(each) for each in zip(*self._parts, strict=True)]
            order = np.argsort(columns[0], kind="stable")
            keys = columns[0][order]
            firsts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else order
            reduced = [
                REDUCE[how](values[order], firsts) if len(keys) else values
                for how, values in zip(self._how, columns[1:], strict=True)
            ]
            self._parts = [(keys[firsts], *reduced)]
            self._rows = self.joined = len(firsts)
        return self._parts[0]


def _summed(values: Any, firsts: Any) -> Any:
    import numpy as np

    return np.add.reduceat(values, firsts)


def _least(values: Any, firsts: Any) -> Any:
    import numpy as np

    return np.minimum.reduceat(values, firsts)


def _greatest(values: Any, firsts: Any) -> Any:
    import numpy as np

    return np.maximum.reduceat(values, firsts)


def _first(values: Any, firsts: Any) -> Any:
    return values[firsts]


REDUCE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "sum": _summed, "min": _least, "max": _greatest, "first": _first,
}  # fmt: skip


class _Pairs:
    """Records by partial sum and value, in memory until there are too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._table = Table(_PAIRS)
        self._shares = Shares()

    def add(self, sums: ndarray, values: ndarray) -> None:
        """Add one record each."""
        import numpy as np

        chunked = Table(_PAIRS)
        chunked.add(mix([sums, values]), sums, values, np.ones(len(sums), dtype=np.int64))
        self._table.add(*chunked.join())
        if self._table.joined > self._most:
            self._shares.add(*self._table.join()[1:])
            self._table = Table(_PAIRS)

    def read(self) -> Pairs:
        if not self._shares:
            yield self._table.join()[1:]
            return
        self._shares.add(*self._table.join()[1:])
        self._table = Table(_PAIRS)
        yield from self._shares.read()


class Sums:
    """What the rejected records add up to."""

    def __init__(self, memory: int) -> None:
        self.keys: dict[int, tuple[int, ...]] = {}
        """What makes atoms differ, as ``faces.KEY``, by the number of the atom."""
        self._numbers: dict[tuple[int, ...], int] = {}
        self._partial: dict[int, int] = {}
        """Place of a partial sum, by its number."""
        self._told: list[tuple[int, int, int]] = []
        """By place: place of its key, flow log, slice."""
        self._samples: list[Sample] = []
        self._amounts = Table(AMOUNTS)
        self._peers, self._ports = (_Pairs((memory << 20) // (4 * PAIR_BYTES)) for _ in range(2))

    def add(self, rows: Mapping[str, Any], flow_log: int, lines_at: Callable[[Sequence[int]], list[str]]) -> None:
        """Add placed rows of one chunk."""
        import numpy as np

        if not len(rows["eni"]):
            return
        slices = rows["start"] // SLICE
        key = mix([rows[name] for name in KEY])
        partial = mix([key.view(np.int64), slices, np.full(len(key), flow_log, dtype=np.int64)])
        order = np.lexsort((rows["there"], rows["start"], partial))
        ordered = partial[order]
        firsts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        places = np.array(
            [self._place(rows, at, int(partial[at]), flow_log, lines_at) for at in order[firsts].tolist()]
        )
        sums = np.empty(len(key), dtype=np.int64)
        sums[order] = np.repeat(places, np.diff([*firsts.tolist(), len(key)]))
        four = rows["peer"] < 1 << 32
        low = np.where(four, rows["peer"], 1 << 33)
        high = np.where(four, rows["peer"], -1)
        chunked = Table(AMOUNTS)
        one = np.ones(len(key), dtype=np.int64)
        chunked.add(sums.view(np.uint64), one, rows["packets"], rows["bytes"], rows["start"], rows["end"], low, high)
        self._amounts.add(*chunked.join())
        self._peers.add(sums, rows["peer"])
        ported = rows["port_atom"] >= 0
        self._ports.add(sums[ported], rows["dport"][ported])

    def _place(
        self,
        rows: Mapping[str, Any],
        at: int,
        number: int,
        flow_log: int,
        lines_at: Callable[[Sequence[int]], list[str]],
    ) -> int:
        """Return the place of a row's partial sum; the row is the first of its own in this chunk."""
        start, there = int(rows["start"][at]), int(rows["there"][at])
        place = self._partial.get(number)
        if place is None:
            place = self._partial[number] = len(self._told)
            key = tuple(int(rows[name][at]) for name in KEY)
            number = self._numbers.setdefault(key, len(self.keys))
            self.keys[number] = key
            self._told.append((number, flow_log, start // SLICE * SLICE))
            self._samples.append((start, there, lines_at([int(rows["line"][at])])[0]))
        elif (start, there) < self._samples[place][:2]:
            self._samples[place] = start, there, lines_at([int(rows["line"][at])])[0]
        return place

    def totals(self) -> Totals:
        """Return everything."""
        key, flow_log, slices = ([each[at] for each in self._told] for at in range(3))
        amounts = self._amounts.join()[1:]
        return Totals(key, flow_log, slices, self._samples, amounts, self._peers.read, self._ports.read)


def mix(columns: list[Any]) -> Any:
    """Return one number for each row of some columns."""
    import numpy as np

    found = np.zeros(len(columns[0]), dtype=np.uint64)
    for number, values in enumerate(columns):
        found = found * np.uint64(0x9E3779B97F4A7C15) + mixed_all(
            values.astype(np.int64).view(np.uint64) * np.uint64(WORDS[number % 5]) + np.uint64(number + 1)
        )
    return mixed_all(found)
