"""Sums by atom, kept as arrays: partial ones of each flow log and hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.chunk import SLICE
from checker.flowlog.engine.faces import KEY
from checker.flowlog.engine.mixing import WORDS, mixed_all
from checker.flowlog.engine.pairs import VALUE_BITS, Pairs, deal, window
from checker.flowlog.engine.totals import (
    AMOUNTS,
    NONE,
    PARTIAL,
    REDUCE,
    Partials,
    Texts,
    Totals,
    firsts_of,
    fold,
    most_sums,
    roomier,
)

if TYPE_CHECKING:
    from numpy import ndarray

_RECORDS, _FIRST, _THERE, _AT = (PARTIAL.index(name) for name in ("records", "first", "there", "at"))
_FOUR: Final = 1 << 32

LinesAt = Callable[[Sequence[int]], list[str]]
"""As ``Chunk.lines_at``."""


class Sums:
    """What the rejected records add up to."""

    def __init__(self, memory: int) -> None:
        import numpy as np

        self._most = most_sums(memory)
        self._keys: dict[tuple[int, ...], int] = {}
        self._partial: dict[int, int] = {}
        """Place of a partial sum in ``_rows``, by its number."""
        self._rows = np.zeros((64, len(PARTIAL)), dtype=np.int64)
        self._away = Partials()
        self._texts = Texts()
        self._peers, self._ports = (Pairs(window(memory), deal) for _ in range(2))

    def add(self, rows: Mapping[str, Any], flow_log: int, lines_at: LinesAt) -> None:
        """Add placed rows of one chunk."""
        import numpy as np

        if not len(rows["eni"]):
            return
        if len(self._partial) >= self._most:
            self._away.put(self._rows[: len(self._partial)])
            self._partial.clear()
        key = mix([rows[name] for name in KEY])
        number = mix([key.view(np.int64), rows["start"] // SLICE, np.full(len(key), flow_log, dtype=np.int64)])
        order = np.lexsort((rows["there"], rows["start"], number))
        begins = firsts_of(number[order])
        firsts = order[begins]
        places = self._places(rows, number, firsts, flow_log)
        self._sample(rows, firsts, places, lines_at)
        self._amount(rows, order, begins, places)
        sums = np.empty(len(order), dtype=np.int64)
        sums[order] = np.repeat(places, np.diff(begins, append=len(order)))
        sums = sums + self._away.count << VALUE_BITS
        self._peers.add(sums | rows["peer"])
        ported = (rows["port_atom"] >= 0) & (rows["dport"] < 1 << VALUE_BITS)
        self._ports.add((sums | rows["dport"])[ported])

    def _places(self, rows: Mapping[str, Any], number: ndarray, firsts: ndarray, flow_log: int) -> Any:
        """Return the places of partial sums, given the first row of each; those that are new begin with nothing."""
        import numpy as np

        known, partial = len(self._partial), self._partial
        places = [partial.setdefault(each, len(partial)) for each in number[firsts].tolist()]
        new = firsts[np.array(places) >= known]
        keys = zip(*(rows[name][new].tolist() for name in KEY), strict=True)
        roomier(self._rows, len(partial))
        told = self._rows[known : len(partial)]
        told[:, 0] = [self._keys.setdefault(key, len(self._keys)) for key in keys]
        told[:, 1], told[:, 2] = flow_log, rows["start"][new] // SLICE * SLICE
        told[:, _RECORDS:_THERE], told[:, _THERE:] = NONE, 0
        return np.array(places, dtype=np.int64)

    def _sample(self, rows: Mapping[str, Any], firsts: ndarray, places: ndarray, lines_at: LinesAt) -> None:
        """Keep the samples that are earlier than those known."""
        import numpy as np

        start, there = rows["start"][firsts], rows["there"][firsts]
        known = self._rows[places]
        earlier = (start < known[:, _FIRST]) | ((start == known[:, _FIRST]) & (there < known[:, _THERE]))
        if earlier.any():
            at, size = self._texts.put(lines_at(rows["line"][firsts[earlier]].tolist()))
            self._rows[places[earlier], _THERE:] = np.stack([there[earlier], at, size], axis=1)

    def _amount(self, rows: Mapping[str, Any], order: ndarray, begins: ndarray, places: ndarray) -> None:
        """Add amounts up."""
        import numpy as np

        four = rows["peer"] < _FOUR
        low, high = np.where(four, rows["peer"], 2 * _FOUR), np.where(four, rows["peer"], -1)
        one = np.ones(len(order), dtype=np.int64)
        columns = one, rows["packets"], rows["bytes"], rows["start"], rows["end"], low, high
        join = {"sum": np.add, "min": np.minimum, "max": np.maximum}
        for at, (how, values) in enumerate(zip(AMOUNTS, columns, strict=True), _RECORDS):
            more = REDUCE[how](values[order], begins)
            self._rows[places, at] = join[how](self._rows[places, at], more)

    def totals(self) -> Totals:
        """Return everything; it is gone from here afterwards."""
        import numpy as np

        last, away = self._rows[: len(self._partial)], self._away

        def partials() -> Iterator[Any]:
            yield from away.read()
            yield last

        keys = np.array(list(self._keys), dtype=np.int64).reshape(-1, len(KEY))
        return Totals(keys, partials, self._texts, fold, self._peers.read, self._ports.read)


def mix(columns: list[Any]) -> Any:
    """Return one number for each row of some columns."""
    import numpy as np

    found = np.zeros(len(columns[0]), dtype=np.uint64)
    for number, values in enumerate(columns):
        found = found * np.uint64(0x9E3779B97F4A7C15) + mixed_all(
            values.astype(np.int64).view(np.uint64) * np.uint64(WORDS[number % 5]) + np.uint64(number + 1)
        )
    return mixed_all(found)
