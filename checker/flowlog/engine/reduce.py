"""From chunks to atoms: what the rules cannot tell apart is added up. Cost and memory follow the rejected records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from checker.flowlog.engine.chunk import SLICE, Words
from checker.flowlog.engine.doubles import Doubles
from checker.flowlog.engine.held import Held
from checker.flowlog.engine.lines import add_count
from checker.flowlog.engine.mixing import WORDS, mixed_all
from checker.flowlog.engine.pair import Pairing
from checker.flowlog.engine.question import Question
from checker.flowlog.engine.spill import Shelf, give_back
from checker.flowlog.engine.tools import PLAIN, Tools
from checker.flowlog.engine.waiting import Unit, Waiting

if TYPE_CHECKING:
    from numpy import ndarray


class Reduction:
    """Adds up chunks, given in any order; quick and lean where that is the order of time."""

    def __init__(self, question: Question, words: Words, tools: Tools = PLAIN, memory: int = 700) -> None:
        """``memory``: MiB for what is kept; a third of it for records that wait for others, a third for sums."""
        self.tools = tools
        self._pairing = Pairing(tools.met)
        self._waiting = Waiting()
        self._most = (memory << 20) // 3
        self._shelf = Shelf()
        self._faces = tools.faces(question, words)
        self.sums = tools.sums(memory // 3)
        self.counts: dict[tuple[int, int, int, int], tuple[int, int, int]] = {}
        """By flow log, interface, kind and slice: records, first start, last end."""
        self.odd: dict[tuple[int, int, int], int] = {}
        """Rejected records without an IP address, by flow log, interface and slice."""
        self._doubles = Doubles()
        self.repeated: dict[tuple[int, int, int], int] = {}
        """Rejected records that were left out because a file repeated them, by flow log, interface and slice."""

    def take(self, chunks: Iterable[Held]) -> None:
        """Add chunks; what has all its neighbours in time is finished."""
        for chunk in chunks:
            for (eni, kind, slice_), more in chunk.counts.items():
                add_count(self.counts, (chunk.flow_log, eni, kind, slice_), more)
            unit = self._waiting.add(chunk)
            chunk.counts = {}
            if unit is not None:
                self._keep(unit)
                for group in self._waiting.ready(self._pairing.records):
                    self._finish(group)
                self._pairing.forget(self._waiting.first)

    def finish(self) -> None:
        """Finish what still waited for neighbours."""
        self._keep(self._waiting.close())
        for group in self._waiting.rest(self._pairing.records):
            self._finish(group)
        self._pairing.forget(self._waiting.first)
        give_back()

    def _keep(self, unit: Unit) -> None:
        """Keep what waits, on disk where memory does not hold it."""
        self._pairing.add((chunk.accepted for chunk in unit.chunks), unit.first, unit.last)
        if self._waiting.size + self._pairing.size > self._most:
            for chunk in unit.chunks:
                chunk.shelve(self._shelf)

    def _finish(self, group: Sequence[Unit]) -> None:
        chunks = [chunk for unit in group for chunk in unit.chunks if chunk.rejected.rows]
        if chunks:
            first, last = min(unit.first for unit in group), max(unit.last for unit in group)
            reverse, same = self._pairing.sides([chunk.rejected for chunk in chunks], first, last)
            at = 0
            for chunk in chunks:
                count = chunk.rejected.rows
                self._add(chunk, reverse[at : at + count], same[at : at + count])
                at += count

    def _add(self, chunk: Held, reverse: ndarray, same: ndarray) -> None:
        rows = {**chunk.rejected.fetched(), "reverse": reverse, "same": same}
        rows = self._without_doubles(chunk, rows)
        placed = self._faces.place(rows)
        sound = placed["peer"] >= 0
        if not sound.all():
            _add_records(self.odd, chunk.flow_log, placed["eni"][~sound], placed["start"][~sound])
        placed = {name: values[sound] for name, values in placed.items()}
        self.sums.add(placed, chunk.flow_log, chunk.lines_at)

    def _without_doubles(self, chunk: Held, rows: dict[str, Any]) -> dict[str, Any]:
        """Leave out records that a file without a flow log's name repeats; elsewhere the name tells."""
        import numpy as np

        if chunk.flow_log:
            return rows
        mixed = rows["there"].copy()
        for number, name in enumerate(("start", "end", "packets", "bytes")):
            mixed = mixed * np.uint64(31) + rows[name].astype(np.uint64) * np.uint64(WORDS[number])
        kept = self._doubles.fresh(mixed_all(mixed))
        if len(kept) == len(mixed):
            return rows
        _add_records(self.repeated, chunk.flow_log, np.delete(rows["eni"], kept), np.delete(rows["start"], kept))
        return {name: values[kept] for name, values in rows.items()}

    @property
    def late(self) -> int:
        """Return how many records, at most, were read when others near them in time no longer waited for them."""
        return self._waiting.late.records(self.counts)


def _add_records(found: dict[tuple[int, int, int], int], flow_log: int, enis: ndarray, starts: ndarray) -> None:
    """Add records to their numbers by flow log, interface and slice."""
    import numpy as np

    places, records = np.unique(np.stack([enis, starts // SLICE * SLICE], axis=1), axis=0, return_counts=True)
    for (eni, slice_), more in zip(places.tolist(), records.tolist(), strict=True):
        found[flow_log, eni, slice_] = found.get((flow_log, eni, slice_), 0) + more
