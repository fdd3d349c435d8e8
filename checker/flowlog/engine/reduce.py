"""From chunks to atoms: what the rules cannot tell apart is added up. Cost and memory follow the rejected records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from checker.flowlog.engine.chunk import REJECTED, Chunk, Words
from checker.flowlog.engine.doubles import Doubles
from checker.flowlog.engine.lines import add_count
from checker.flowlog.engine.mixing import WORDS, mixed_all
from checker.flowlog.engine.pair import NEAR, Pairing
from checker.flowlog.engine.question import Question
from checker.flowlog.engine.tools import PLAIN, Tools
from checker.model.record import dataclass

if TYPE_CHECKING:
    from numpy import ndarray


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Chunks that were read together, until everything near them in time has been read."""

    chunks: tuple[Chunk, ...]
    first: int
    last: int
    """Seconds from the first start to the last start of their records."""


class Reduction:
    """Adds up chunks, given in any order; quick and lean where that is the order of time."""

    def __init__(self, question: Question, words: Words, tools: Tools = PLAIN, memory: int = 700) -> None:
        """``memory``: MiB for what is kept; a third of it for accepted records."""
        self.tools = tools
        self._pairing = Pairing(memory // 3, tools.met)
        self._waiting: list[_Waiting] = []
        self._faces = tools.faces(question, words)
        self.sums = tools.sums(memory // 3)
        self.counts: dict[tuple[int, int, int, int], tuple[int, int, int]] = {}
        """By flow log, interface, kind and slice: records, first start, last end."""
        self.odd = 0
        """Rejected records without an IP address."""
        self._doubles = Doubles()

    def take(self, chunks: Iterable[Chunk]) -> None:
        """Add the chunks of one batch; what has all its neighbours in time is finished."""
        read = tuple(chunks)
        for chunk in read:
            for (eni, kind, slice_), more in chunk.counts.items():
                add_count(self.counts, (chunk.flow_log, eni, kind, slice_), more)
        first, last = _span(read)
        self._pairing.add(read, first, last)
        self._waiting.append(_Waiting(read, first, last))
        while self._waiting and self._waiting[0].last + NEAR < first:
            self._finish(self._waiting.pop(0))

    def finish(self) -> None:
        """Finish what still waited for neighbours."""
        while self._waiting:
            self._finish(self._waiting.pop(0))
        self._pairing.clear()

    def _finish(self, done: _Waiting) -> None:
        chunks = [chunk for chunk in done.chunks if len(chunk.rejected["eni"])]
        reverse, same = self._pairing.sides(chunks, done.first, done.last)
        at = 0
        for chunk in chunks:
            count = len(chunk.rejected["eni"])
            self._add(chunk, reverse[at : at + count], same[at : at + count])
            at += count
        self._pairing.forget(min((each.first for each in self._waiting), default=done.last))

    def _add(self, chunk: Chunk, reverse: ndarray, same: ndarray) -> None:
        rows = {**chunk.rejected, "reverse": reverse, "same": same}
        rows = self._without_doubles(chunk, rows)
        placed = self._faces.place(rows)
        sound = placed["peer"] >= 0
        self.odd += int((~sound).sum())
        placed = {name: values[sound] for name, values in placed.items()}
        self.sums.add(placed, chunk.flow_log, chunk.lines_at)

    def _without_doubles(self, chunk: Chunk, rows: dict[str, Any]) -> dict[str, Any]:
        """Leave out records that a file without a flow log's name repeats; elsewhere the name tells."""
        import numpy as np

        if chunk.flow_log:
            return rows
        mixed = rows["there"].copy()
        for number, name in enumerate(("start", "end", "packets", "bytes")):
            mixed = mixed * np.uint64(31) + rows[name].astype(np.uint64) * np.uint64(WORDS[number])
        kept = self._doubles.fresh(mixed_all(mixed))
        return rows if len(kept) == len(mixed) else {name: values[kept] for name, values in rows.items()}

    @property
    def repeated(self) -> int:
        """Rejected records that were left out because a file repeated them."""
        counted = sum(n for (log, _, kind, _), (n, _, _) in self.counts.items() if kind == REJECTED and log == 0)
        return counted - self._doubles.count


def _span(chunks: Iterable[Chunk]) -> tuple[int, int]:
    starts = [values for chunk in chunks for values in (chunk.rejected["start"], chunk.accepted[1]) if len(values)]
    if not starts:
        return 0, 0
    return min(int(each.min()) for each in starts), max(int(each.max()) for each in starts)
