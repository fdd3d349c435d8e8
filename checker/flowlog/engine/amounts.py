"""What the records of each atom add up to, and some of them as samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from checker.flowlog.engine.totals import SAMPLE, Texts, Totals
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray

_PLACE: Final = [SAMPLE.index("at"), SAMPLE.index("size")]


@dataclass(frozen=True, slots=True)
class Amounts:
    """Columns with a row for each atom that has records."""

    keys: ndarray
    """Its number, ascending."""
    added: tuple[ndarray, ...]
    """Records, packets, bytes, first start, last end, lowest and highest IPv4 peer."""
    samples: Sequence[tuple[str, ...]]
    """The first records of its first hours."""


def amounts_of(totals: Totals, kept: ndarray) -> Amounts:
    """Return what partial sums add up to. ``kept`` is the key of each, or -1."""
    import numpy as np

    added, samples = totals.fold(totals.partials(), kept, len(totals.keys))
    keys = np.flatnonzero(added[:, 0])
    return Amounts(keys, tuple(added[keys].T), [*_told(samples[keys], totals.texts)])


def _told(samples: ndarray, texts: Texts) -> Iterator[tuple[str, ...]]:
    """Yield the texts of each key's samples."""
    import numpy as np

    there = samples[:, :, 0] >= 0
    found = texts.get(*samples[there][:, _PLACE].T)
    ends = np.cumsum(there.sum(axis=1)).tolist()
    for begin, end in zip([0, *ends], ends, strict=False):
        yield tuple(found[begin:end]) if end == begin + 1 else tuple(dict.fromkeys(found[begin:end]))
