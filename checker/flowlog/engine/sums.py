"""Sums by atom, kept as arrays: partial ones of each file, joined whenever they grow large."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.chunk import SLICE
from checker.flowlog.engine.mixing import WORDS, mixed_all

if TYPE_CHECKING:
    from numpy import ndarray

_JOIN_AT: Final = 1_000_000
"""Rows of a table from which on equal ones are joined before more are added."""


_AMOUNTS: Final = ("sum", "sum", "sum", "min", "max", "min", "max")
_PAIRS: Final = ("first", "first", "sum")


class Table:
    """Rows of unsigned keys with numbers that are added up, or of which the least or greatest counts."""

    def __init__(self, how: tuple[str, ...]) -> None:
        self._how = how
        self._parts: list[tuple[Any, ...]] = []
        self._rows = 0
        self._joined = 0

    def add(self, keys: ndarray, *columns: ndarray) -> None:
        """Add rows; keys may repeat."""
        self._parts.append((keys, *columns))
        self._rows += len(keys)
        if self._rows > max(_JOIN_AT, 2 * self._joined):
            self.join()

    def join(self) -> tuple[Any, ...]:
        """Join rows of equal keys; return keys, ascending, and columns."""
        import numpy as np

        if not self._parts:
            return (np.zeros(0, dtype=np.uint64), *(np.zeros(0, dtype=np.int64) for _ in self._how))
        if len(self._parts) > 1 or not self._joined:
            columns = [np.concatenate(each) for each in zip(*self._parts, strict=True)]
            order = np.argsort(columns[0], kind="stable")
            keys = columns[0][order]
            firsts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else order
            reduced = [
                _REDUCE[how](values[order], firsts) if len(keys) else values
                for how, values in zip(self._how, columns[1:], strict=True)
            ]
            self._parts = [(keys[firsts], *reduced)]
            self._rows = self._joined = len(firsts)
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


_REDUCE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "sum": _summed, "min": _least, "max": _greatest, "first": _first,
}  # fmt: skip


class Sums:
    """What the rejected records add up to."""

    def __init__(self) -> None:
        self.keys: dict[int, tuple[int, ...]] = {}
        """By the number of the key: its values, as ``reduce.KEY``."""
        self.partial: dict[int, tuple[int, int, int]] = {}
        """By the number of the partial sum: number of its key, flow log, slice."""
        self.samples: dict[int, str] = {}
        """By the number of the partial sum: its first record."""
        self.amounts = Table(_AMOUNTS)
        """By partial sum: records, packets, bytes, first start, last end, lowest and highest IPv4 peer."""
        self.peers = Table(_PAIRS)
        """By partial sum and peer, mixed: partial sum, peer, records."""
        self.ports = Table(_PAIRS)
        """By partial sum and destination port, mixed: partial sum, port, records."""

    def add(self, rows: Mapping[str, Any], flow_log: int, line_at: Callable[[int], str]) -> None:
        """Add placed rows of one chunk."""
        import numpy as np

        from checker.flowlog.engine.reduce import KEY

        if not len(rows["eni"]):
            return
        slices = rows["start"] // SLICE
        key = _mix([rows[name] for name in KEY])
        partial = _mix([key.view(np.int64), slices, np.full(len(key), flow_log, dtype=np.int64)])
        order = np.argsort(partial, kind="stable")
        ordered = partial[order]
        firsts = order[np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))]
        new = [at for at in firsts.tolist() if int(partial[at]) not in self.partial]
        for at in new:
            number = int(key[at])
            self.partial[int(partial[at])] = number, flow_log, int(slices[at]) * SLICE
            self.samples[int(partial[at])] = line_at(int(rows["line"][at]))
            if number not in self.keys:
                self.keys[number] = tuple(int(rows[name][at]) for name in KEY)
        one = np.ones(len(key), dtype=np.int64)
        four = rows["peer"] < 1 << 32
        low = np.where(four, rows["peer"], 1 << 33)
        high = np.where(four, rows["peer"], -1)
        chunked = Table(_AMOUNTS)
        chunked.add(partial, one, rows["packets"], rows["bytes"], rows["start"], rows["end"], low, high)
        self.amounts.add(*chunked.join())
        for table, values, use in (
            (self.peers, rows["peer"], slice(None)),
            (self.ports, rows["dport"], rows["port_atom"] >= 0),
        ):
            numbers = partial[use].view(np.int64)
            pairs = Table(_PAIRS)
            pairs.add(_mix([numbers, values[use]]), numbers, values[use], one[use])
            table.add(*pairs.join())


def _mix(columns: list[Any]) -> Any:
    import numpy as np

    found = np.zeros(len(columns[0]), dtype=np.uint64)
    for number, values in enumerate(columns):
        found = found * np.uint64(0x9E3779B97F4A7C15) + mixed_all(
            values.astype(np.int64).view(np.uint64) * np.uint64(WORDS[number % 5]) + np.uint64(number + 1)
        )
    return mixed_all(found)
