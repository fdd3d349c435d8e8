"""Records read line by line: any format, any address, any oddity. Slow; for the few lines that the quick way leaves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from checker.flowlog.engine import mixing
from checker.flowlog.engine.chunk import (
    ACCEPTED,
    ALSO,
    LARGEST,
    LATEST,
    MILLISECONDS,
    NO_DATA,
    NO_VERDICT,
    OUTSIDE,
    REJECTED,
    REJECTED_COLUMNS,
    SKIPPED,
    SLICE,
    Chunk,
    Words,
)
from checker.flowlog.engine.question import Question
from checker.model.record import dataclass, field

if TYPE_CHECKING:
    from numpy import ndarray

K = TypeVar("K", bound=tuple[int, ...])

LONGEST: Final = 32 << 20
"""Bytes after which a line is cut."""
_DIGITS: Final = 18
"""Digits of a number, at most, that surely fits into 64 bits."""
_ACTIONS: Final = {"ACCEPT": ACCEPTED, "REJECT": REJECTED}


class Layout:
    """Where the fields of one format stand."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = tuple(name.replace("_", "-") for name in fields)
        self._places = {name: place for place, name in enumerate(self.fields)}

    def place(self, name: str) -> int | None:
        """Return the place of a field; None where the format lacks it."""
        return self._places.get(name)

    def value(self, values: list[str], name: str) -> str | None:
        """Return a field of a record; None for ``-`` and where the format lacks it."""
        place = self._places.get(name)
        text = values[place] if place is not None else "-"
        return None if text == "-" else text

    def number(self, values: list[str], name: str) -> int:
        """Return a field that holds a whole number; -1 where it does not."""
        text = self.value(values, name)
        return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= _DIGITS else -1

    def is_beyond(self, values: list[str], name: str) -> bool:
        """Say whether a field holds a whole number of packets or bytes that no record has."""
        text = self.value(values, name)
        if text is None or not text.isascii() or not text.isdigit():
            return False
        return len(text) > _DIGITS or int(text) > LARGEST

    def seconds(self, values: list[str], name: str) -> int:
        """Return a time in seconds since 1970; some deliveries write milliseconds."""
        found = self.number(values, name)
        return min(found // 1000 if found > MILLISECONDS else found, LATEST)


@dataclass(slots=True)
class Gathered:
    """Records of a chunk, as rows; turned into columns at its end."""

    rejected: list[tuple[int, ...]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    accepted: list[tuple[int, int]] = field(default_factory=list)
    counts: dict[tuple[int, int, int], tuple[int, int, int]] = field(default_factory=dict)

    def count(self, eni: int, kind: int, start: int, end: int) -> None:
        """Count one record."""
        add_count(self.counts, (eni, kind, start // SLICE * SLICE), (1, start, max(start, end)))


def add_count(counts: dict[K, tuple[int, int, int]], key: K, more: tuple[int, int, int]) -> None:
    """Add records, first start and last end to what is counted."""
    known = counts.get(key)
    counts[key] = more if known is None else (known[0] + more[0], min(known[1], more[1]), max(known[2], more[2]))


class LineReader:
    """Reads single records of one format."""

    def __init__(self, layout: Layout, question: Question, words: Words, account: str | None) -> None:
        self._layout = layout
        self._question = question
        self._words = words
        self._account = account

    def take(self, text: str, into: Gathered) -> bool:
        """Add one record; False where the line is none."""
        values = text.split(" ")
        layout = self._layout
        start, end = layout.seconds(values, "start") if len(values) == len(layout.fields) else -1, -1
        if (start < 0 and layout.place("start") is not None) or len(values) != len(layout.fields):
            return False
        end = layout.seconds(values, "end")
        eni_text = layout.value(values, "interface-id") or "-"
        eni, start = self._words.eni(eni_text), max(start, 0)
        kind = self._kind(values, eni_text, start, end)
        if kind == REJECTED and (layout.is_beyond(values, "packets") or layout.is_beyond(values, "bytes")):
            return False
        into.count(eni, kind, start, end)
        if kind <= REJECTED:
            there, back = self._conversation(values, eni_text)
            if kind == ACCEPTED:
                into.accepted.append((there, start))
            else:
                into.rejected.append(self._rejected(values, eni, start, end, (there, back), len(into.lines)))
                into.lines.append(text)
        return True

    def _kind(self, values: list[str], eni: str, start: int, end: int) -> int:
        layout, window = self._layout, self._question.window
        if window.since is not None and end <= window.since.timestamp():
            return OUTSIDE
        if window.until is not None and start >= window.until.timestamp():
            return OUTSIDE
        if window.interfaces and eni not in window.interfaces:
            return OUTSIDE
        if window.vpcs and not self._in_vpcs(values, eni):
            return OUTSIDE
        if window.accounts and (layout.value(values, "account-id") or self._account) not in window.accounts:
            return OUTSIDE
        action, status = layout.value(values, "action"), layout.value(values, "log-status")
        if action in _ACTIONS:
            return _ACTIONS[action]
        if status == "SKIPDATA":
            return SKIPPED
        return NO_DATA if status == "NODATA" or (action is None and status is None) else NO_VERDICT

    def _in_vpcs(self, values: list[str], eni: str) -> bool:
        if self._layout.place("vpc-id") is None:
            return eni in self._question.of_vpcs
        return self._layout.value(values, "vpc-id") in self._question.window.vpcs

    def _conversation(self, values: list[str], eni: str) -> tuple[int, int]:
        src, dst, sport, dport, proto = (
            mixing.of_text(self._layout.value(values, name) or "-")
            for name in ("srcaddr", "dstaddr", "srcport", "dstport", "protocol")
        )
        own = mixing.of_text(eni)
        there = mixing.conversation(own, (src, dst), (sport, dport), proto)
        return there, mixing.conversation(own, (dst, src), (dport, sport), proto)

    def _rejected(
        self, values: list[str], eni: int, start: int, end: int, sides: tuple[int, int], line: int
    ) -> tuple[int, ...]:
        layout, words = self._layout, self._words
        also = words.beside(tuple(layout.value(values, name) for name in ALSO))
        numbers = [
            layout.number(values, name) for name in ("srcport", "dstport", "protocol", "tcp-flags", "traffic-path")
        ]
        return (
            eni, words.address(layout.value(values, "srcaddr")), words.address(layout.value(values, "dstaddr")),
            *numbers, also, max(layout.number(values, "packets"), 0), max(layout.number(values, "bytes"), 0), start,
            max(start, end), *sides, line,
        )  # fmt: skip


def columns_of(rows: Iterable[tuple[int, ...]]) -> dict[str, ndarray]:
    """Return rows of rejected records as columns."""
    import numpy as np

    listed: list[Any] = list(zip(*rows, strict=True)) or [()] * len(REJECTED_COLUMNS)
    return {
        name: np.array(values, dtype=np.uint64 if name in ("there", "back") else np.int64)
        for name, values in zip(REJECTED_COLUMNS, listed, strict=True)
    }


def chunk_of(gathered: Gathered, unreadable: list[int], flow_log: int) -> Chunk:
    """Return gathered records as a chunk."""
    import numpy as np

    hashes = np.array([each for each, _ in gathered.accepted], dtype=np.uint64)
    starts = np.array([each for _, each in gathered.accepted], dtype=np.int64)
    return Chunk(
        rejected=columns_of(gathered.rejected),
        accepted=(hashes, starts),
        counts=gathered.counts,
        lines_at=lambda places: [gathered.lines[place] for place in places],
        flow_log=flow_log,
        unreadable=unreadable,
    )
