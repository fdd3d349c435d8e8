"""What the records of each atom add up to, and some of them as samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, overload

from checker.flowlog.engine.totals import SAMPLE, Texts, Totals
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray

_PLACE: Final = [SAMPLE.index("at"), SAMPLE.index("size")]
_NONE: Final = -1
"""Size of a sample that is not there."""


class Samples(Sequence[tuple[str, ...]]):
    """The first records of each key's first hours. Texts stay where they lie until asked for: few are ever shown."""

    __slots__ = ("_places", "_texts")

    def __init__(self, places: ndarray, texts: Texts) -> None:
        """``places``: of each key's samples where the text lies, and its bytes."""
        self._places, self._texts = places, texts

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, row: int) -> tuple[str, ...]: ...
    @overload
    def __getitem__(self, row: slice) -> Samples: ...
    def __getitem__(self, row: int | slice) -> tuple[str, ...] | Samples:
        """Return the texts of one key, each once. Not for several threads."""
        if isinstance(row, slice):
            return Samples(self._places[row], self._texts)
        there = self._places[row].tolist()
        return tuple(dict.fromkeys([self._texts.get(at, size) for at, size in there if size != _NONE]))

    def later(self, row: int) -> Callable[[], tuple[str, ...]]:
        """Return what returns the texts of one key."""
        return _Row(self, row)


class _Row:
    """One row of samples: a closure takes three times the memory."""

    __slots__ = ("_row", "_samples")

    def __init__(self, samples: Samples, row: int) -> None:
        self._samples, self._row = samples, row

    def __call__(self) -> tuple[str, ...]:
        return self._samples[self._row]


@dataclass(frozen=True, slots=True)
class Amounts:
    """Columns with a row for each atom that has records."""

    keys: ndarray
    """Its number, ascending."""
    added: tuple[ndarray, ...]
    """Records, packets, bytes, first start, last end, lowest and highest IPv4 peer."""
    samples: Samples


def amounts_of(totals: Totals, kept: ndarray) -> Amounts:
    """Return what partial sums add up to. ``kept`` is the key of each, or -1."""
    import numpy as np

    added, samples = totals.fold(totals.partials(), kept, len(totals.keys))
    keys = np.flatnonzero(added[:, 0])
    return Amounts(keys, tuple(added[keys].T), Samples(_places(samples[keys]), totals.texts))


def _places(samples: Any) -> Any:
    import numpy as np

    there = samples[:, :, :1] >= 0
    return np.where(there, samples[:, :, _PLACE], _NONE)
