"""What a piece of text held, as it is read: in the end a ``Chunk``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.flowlog.engine.chunk import KINDS, REJECTED_COLUMNS, SLICE, Chunk, Words
from checker.flowlog.engine.lines import Gathered, add_count, columns_of
from checker.flowlog.engine.step import Step

if TYPE_CHECKING:
    from numpy import ndarray

SLOW: Final = -1
"""Kind of a line that has to be read carefully."""


class Filling:
    """What a file holds, as it is read."""

    def __init__(self, padded: ndarray, gathered: Gathered) -> None:
        self.padded = padded
        self.gathered = gathered
        self.rejected: list[dict[str, ndarray]] = []
        self.accepted: list[tuple[ndarray, ndarray]] = []
        self.lines: list[bytes] = []
        self.unreadable: list[int] = []
        self._counted: list[tuple[ndarray, ndarray, ndarray, ndarray]] = []
        self._known: tuple[ndarray, ndarray] | None = None

    def enis(self, mixed: ndarray, step: Step, place: int, words: Words, wanted: ndarray) -> ndarray:
        """Return the number of each line's interface; 0 where the line is not wanted."""
        import numpy as np

        if self._known is None:
            self._known = (np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64))
        keys, numbers = self._known
        at = np.minimum(np.searchsorted(keys, mixed), max(len(keys) - 1, 0))
        new = wanted & (keys[at] != mixed) if len(keys) else wanted
        if new.any():
            lines = np.flatnonzero(new)
            fresh, firsts = np.unique(mixed[lines], return_index=True)
            found = []
            for first in firsts.tolist():
                line = int(step.regular[lines[first]])
                found.append(words.eni(step.text(line).split(" ")[place]))
            keys = np.concatenate([keys, fresh])
            numbers = np.concatenate([numbers, np.array(found, dtype=np.int64)])
            order = np.argsort(keys)
            self._known = keys, numbers = keys[order], numbers[order]
            at = np.minimum(np.searchsorted(keys, mixed), len(keys) - 1)
        return numbers[at] if len(numbers) else np.zeros(len(mixed), dtype=np.int64)

    def count(self, kinds: ndarray, enis: ndarray, start: ndarray, end: ndarray) -> None:
        """Remember records to be counted by interface, kind and slice."""
        rows = kinds != SLOW
        self._counted.append((kinds[rows], enis[rows], start[rows], end[rows]))

    def _count(self) -> None:
        import numpy as np

        if self._counted:
            for key, more in counted(*(np.concatenate(each) for each in zip(*self._counted, strict=True))).items():
                add_count(self.gathered.counts, key, more)

    def chunk(self, flow_log: int) -> Chunk:
        """Return everything as one chunk."""
        import numpy as np

        self._count()
        slow = columns_of(self.gathered.rejected)
        slow["line"] = slow["line"] + len(self.lines)
        parts = [*self.rejected, slow]
        rejected = {name: np.concatenate([part[name] for part in parts]) for name in REJECTED_COLUMNS}
        accepted = [*self.accepted, (
            np.array([each for each, _ in self.gathered.accepted], dtype=np.uint64),
            np.array([each for _, each in self.gathered.accepted], dtype=np.int64),
        )]  # fmt: skip
        lines: list[bytes | str] = [*self.lines, *self.gathered.lines]
        return Chunk(
            rejected=rejected,
            accepted=(np.concatenate([h for h, _ in accepted]), np.concatenate([s for _, s in accepted])),
            counts=self.gathered.counts,
            lines_at=lambda places: [_as_text(lines[place]) for place in places],
            flow_log=flow_log,
            unreadable=self.unreadable,
        )


def counted(
    kinds: ndarray, enis: ndarray, start: ndarray, end: ndarray
) -> dict[tuple[int, int, int], tuple[int, int, int]]:
    """Return by interface, kind and slice: records, first start, last end."""
    import numpy as np

    if not len(kinds):
        return {}
    slices = start // SLICE
    base = int(slices.min())
    width = int(slices.max()) - base + 1
    code = (enis * KINDS + kinds) * width + (slices - base)
    if width > 4096:  # times all over: sort instead of counting in a table
        unique, inverse = np.unique(code, return_inverse=True)
    else:
        table = np.bincount(code)
        unique = np.flatnonzero(table)
        back = np.zeros(len(table), dtype=np.int64)
        back[unique] = np.arange(len(unique))
        inverse = back[code]
    number = np.bincount(inverse)
    first = np.full(len(unique), np.iinfo(np.int64).max)
    last = np.zeros(len(unique), dtype=np.int64)
    np.minimum.at(first, inverse, start)
    np.maximum.at(last, inverse, end)
    found = {}
    for at, each in enumerate(unique.tolist()):
        pair, slice_ = divmod(each, width)
        key = (*divmod(pair, KINDS), (slice_ + base) * SLICE)
        found[key] = int(number[at]), int(first[at]), int(last[at])
    return found


def _as_text(line: bytes | str) -> str:
    return line if isinstance(line, str) else line.rstrip(b"\r").decode("utf-8", "replace")
