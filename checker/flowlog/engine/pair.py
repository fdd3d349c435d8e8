"""Conversations: whether records of the same one were accepted, in the same or the other direction, at that time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.packed import Packed
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray

NEAR: Final = 660
"""Seconds between two records of one conversation: an aggregation interval of 600 and its delay."""

_FILTER_BITS: Final = 22
"""Size of the filter that most accepted records do not pass, as a power of two."""

Rejected = Mapping[str, Any]
"""Of rejected records: the numbers of their conversation, ``there`` and ``back``, their ``start`` and ``end``."""
Met = Callable[[Rejected, Iterable[Packed]], tuple[Any, Any]]
"""From rejected records and accepted ones (``number`` and ``start``) to what ``met`` tells."""

ASKED: Final = ("there", "back", "start", "end")


@dataclass(frozen=True, slots=True)
class _Accepted:
    packed: Packed
    first: int
    last: int


class Pairing:
    """Keeps the accepted records of a span of time, as numbers, and finds those that rejected ones belong to."""

    def __init__(self, find: Met) -> None:
        self._kept: list[_Accepted] = []
        self._find = find

    def add(self, accepted: Iterable[Packed], first: int, last: int) -> None:
        """Remember accepted records, which lie in a span of time."""
        self._kept += (_Accepted(each, first, last) for each in accepted if each.rows)

    def forget(self, before: int) -> None:
        """Forget what lies so far before a time that nothing asks for it any more."""
        self._kept = [each for each in self._kept if each.last + NEAR >= before]

    @property
    def records(self) -> int:
        """Return how many accepted records are kept."""
        return sum(each.packed.rows for each in self._kept)

    @property
    def size(self) -> int:
        """Return the bytes that they take in memory."""
        return sum(each.packed.size for each in self._kept)

    def sides(self, rejected: Sequence[Packed], first: int, last: int) -> tuple[ndarray, ndarray]:
        """Return for each rejected record, which all lie in a span of time, as ``met``."""
        import numpy as np

        columns = {name: np.concatenate([each[name] for each in rejected]) for name in ASKED}
        columns["end"] = np.minimum(columns["end"], columns["start"] + NEAR)  # so far anything waits for a record
        near = (each.packed for each in self._kept if each.first <= last + NEAR and each.last + NEAR >= first)
        return self._find(columns, near)


def met(rejected: Rejected, accepted: Iterable[Packed]) -> tuple[ndarray, ndarray]:
    """Return of each rejected record whether its conversation was accepted within NEAR seconds: turned round, as it is.

    ``rejected``: one at least.
    """
    import numpy as np

    wanted = np.unique(np.concatenate([rejected["there"], rejected["back"]]))
    sorted_ = np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *_found(wanted, accepted)]))
    return (
        among(sorted_, np.searchsorted(wanted, rejected["back"]), rejected["start"], rejected["end"]),
        among(sorted_, np.searchsorted(wanted, rejected["there"]), rejected["start"], rejected["end"]),
    )


def _found(wanted: ndarray, accepted: Iterable[Packed]) -> Iterator[Any]:
    """Yield of accepted records that are wanted the place among these, and the start, shifted into one number."""
    import numpy as np

    shift = np.uint64(64 - _FILTER_BITS)
    filter_ = np.zeros(1 << _FILTER_BITS, dtype=bool)
    filter_[wanted >> shift] = True
    for packed in accepted:
        kept = packed.fetched()
        rows = np.flatnonzero(filter_[kept["number"] >> shift])
        numbers = kept["number"][rows]
        at = np.minimum(np.searchsorted(wanted, numbers), len(wanted) - 1)
        hit = wanted[at] == numbers
        yield (at[hit] << 33) + kept["start"][rows[hit]]


def among(found: Any, numbers: Any, start: Any, end: Any) -> Any:
    """Return whether a record was met within NEAR seconds. ``found``: number and start as one, ascending."""
    import numpy as np

    if not len(found):
        return np.zeros(len(numbers), dtype=bool)
    base = numbers << 33
    at = np.searchsorted(found, base + np.maximum(start - NEAR, 0))
    inside = at < len(found)
    return inside & (found[np.minimum(at, len(found) - 1)] <= base + end + NEAR)
