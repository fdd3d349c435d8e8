"""What rejected records add up to: partial sums, one row of numbers each, and the texts of their samples."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.chunk import SLICE
from checker.flowlog.engine.pairs import Rows
from checker.flowlog.engine.spill import Shelf, Shelved
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray

PARTIAL: Final = (
    "key", "log", "slice", "records", "packets", "bytes", "first", "last", "low", "high", "there", "at", "size",
)  # fmt: skip
"""Columns of a partial sum: number of its key, flow log, slice in seconds since 1970; seven amounts, as AMOUNTS; its
sample, the first record, of equal starts that of the least conversation: that number, and where its text lies."""

AMOUNTS: Final = ("sum", "sum", "sum", "min", "max", "min", "max")
"""How amounts are added up: records, packets, bytes, first start, last end, lowest and highest IPv4 peer."""
NONE: Final = (0, 0, 0, 1 << 62, 0, 1 << 33, -1)
"""Amounts of no record."""
SAMPLES: Final = 3
"""Samples that an aggregate has, at most: those of its first slices."""
SAMPLE: Final = ("slice", "first", "there", "at", "size")
"""Columns of a sample, as PARTIAL; slice -1 where there is none."""

_MOST: Final = 1 << 17
"""Partial sums that are kept in memory, at most: some 130 bytes each."""
_TEXT: Final = 4 << 20
"""Bytes of samples that are kept in memory."""

_HOUR_BITS: Final = 40
"""Bits of the number of an hour since 1970; no time has more than 18 digits."""

Fold = Callable[[Iterable[Any], Any, int], tuple[Any, Any]]
"""From partial sums, in parts, the key of each or -1, and the number of keys to amounts by key, and samples by key."""


def most_sums(memory: int) -> int:
    """Return how many partial sums are kept in memory where there are so many MiB for them."""
    return min(_MOST, max(8, (memory << 20) // 512))


class Texts:
    """Texts of samples one after another, in memory until they grow large."""

    def __init__(self) -> None:
        self._near = bytearray()
        self._file: Any = None
        self._far = 0

    def put(self, texts: Iterable[str]) -> tuple[list[int], list[int]]:
        """Keep texts; return where each begins, and its bytes."""
        data = [text.encode() for text in texts]
        sizes, at, ats = [len(each) for each in data], self._far + len(self._near), []
        for size in sizes:
            ats.append(at)
            at += size
        self._near += b"".join(data)
        if len(self._near) >= _TEXT:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="flowcheck-")  # noqa: SIM115 - lives as long as the texts
            self._file.write(self._near)
            self._far += len(self._near)
            self._near = bytearray()
        return ats, sizes

    def get(self, at: int, size: int) -> str:
        """Return a text by where it begins and its bytes, as ``put`` told them. Not for several threads."""
        if at >= self._far:
            return str(self._near[at - self._far : at - self._far + size], "utf-8")
        self._file.seek(at)
        found = str(self._file.read(size), "utf-8")
        self._file.seek(0, 2)
        return found


class Partials:
    """Partial sums that were put away, in order."""

    def __init__(self) -> None:
        self._shelf = Shelf()
        self._kept: list[Shelved] = []
        self.count = 0

    def put(self, rows: ndarray) -> None:
        """Put rows of PARTIAL away."""
        self._kept.append(self._shelf.put(rows))
        self.count += len(rows)

    def read(self) -> Iterator[Any]:
        """Yield what was put away."""
        for each in self._kept:
            yield each.get().reshape(-1, len(PARTIAL))


@dataclass(frozen=True, slots=True)
class Totals:
    """What rejected records add up to, by partial sum: one atom as one flow log recorded it in one slice of time.

    What one atom, flow log and slice add up to may lie in several partial sums.
    """

    keys: Any
    """What makes atoms differ: columns as ``faces.KEY``, by the number of the atom."""
    partials: Callable[[], Iterator[Any]]
    """Rows of PARTIAL in the order of their places, in parts."""
    texts: Texts
    fold: Fold
    peers: Callable[[], Rows]
    ports: Callable[[], Rows]


def kept_of(totals: Totals, chosen: Callable[[int, int], int] | None) -> Any:
    """Return for each partial sum the number of its key, -1 where another flow log was chosen.

    ``chosen`` gives the flow log of an interface and a slice; None where there is nothing to choose.
    """
    import numpy as np

    found = [np.zeros(0, dtype=np.int64)]
    for rows in totals.partials():
        keys, logs, slices = rows[:, 0].copy(), rows[:, 1], rows[:, 2]
        if chosen is not None:
            asked, which = np.unique(totals.keys[keys, 0] << _HOUR_BITS | slices // SLICE, return_inverse=True)
            told = zip((asked >> _HOUR_BITS).tolist(), (asked & ((1 << _HOUR_BITS) - 1)).tolist(), strict=True)
            best = np.array([chosen(eni, hour * SLICE) for eni, hour in told], dtype=np.int64)
            keys[best[which] != logs] = -1
        found.append(keys)
    return np.concatenate(found)


def fold(partials: Iterable[Any], kept: Any, keys: int) -> tuple[Any, Any]:
    """Return amounts by key, and its samples (SAMPLE) by slice."""
    import numpy as np

    rows = np.concatenate([np.zeros((0, len(PARTIAL)), dtype=np.int64), *partials])[kept >= 0]
    kept = kept[kept >= 0]
    amounts = np.tile(np.array(NONE, dtype=np.int64), (keys, 1))
    samples = np.full((keys, SAMPLES, len(SAMPLE)), -1, dtype=np.int64)
    if not len(rows):
        return amounts, samples
    columns = dict(zip(PARTIAL, rows.T, strict=True))
    order = np.lexsort((columns["there"], columns["first"], columns["slice"], kept))
    kept, rows = kept[order], rows[order]
    begins = firsts_of(kept)
    for at, how in enumerate(AMOUNTS):
        amounts[kept[begins], at] = REDUCE[how](rows[:, 3 + at], begins)
    firsts = np.flatnonzero(np.isin(np.arange(len(rows)), begins) | (np.diff(rows[:, 2], prepend=-1) != 0))
    ranks = np.arange(len(firsts)) - np.searchsorted(kept[firsts], kept[firsts])
    firsts, ranks = firsts[ranks < SAMPLES], ranks[ranks < SAMPLES]
    samples[kept[firsts], ranks] = rows[firsts][:, [PARTIAL.index(name) for name in SAMPLE]]
    return amounts, samples


def firsts_of(values: Any) -> Any:
    """Return the places where sorted values begin anew."""
    import numpy as np

    return np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]])) if len(values) else values


def roomier(rows: Any, count: int) -> None:
    """Make an array longer in its place, so that it has that many rows at least; nothing may refer to it."""
    if count > len(rows):
        rows.resize((max(count, len(rows) + len(rows) // 2), *rows.shape[1:]), refcheck=False)


def _summed(values: Any, firsts: Any) -> Any:
    import numpy as np

    return np.add.reduceat(values, firsts)


def _least(values: Any, firsts: Any) -> Any:
    import numpy as np

    return np.minimum.reduceat(values, firsts)


def _greatest(values: Any, firsts: Any) -> Any:
    import numpy as np

    return np.maximum.reduceat(values, firsts)


REDUCE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {"sum": _summed, "min": _least, "max": _greatest}
"""From values and where groups of them begin to a value for each group."""
