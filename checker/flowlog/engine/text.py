"""Text records, quickly: a megabyte at a time as arrays of bytes; lines that do not fit are left to ``lines``.

The quick way needs lines with the format's number of fields, IPv4 addresses (accepted records: any address of up to 16
characters), times of ten digits and numbers of up to eight. Everything is checked; nothing is guessed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, Final

from checker.flowlog.engine import mixing
from checker.flowlog.engine.chunk import (
    ACCEPTED,
    ALSO,
    NO_DATA,
    OUTSIDE,
    REJECTED,
    SKIPPED,
    Chunk,
    FormatChanges,
    Words,
    is_header,
)
from checker.flowlog.engine.filling import SLOW, Filling
from checker.flowlog.engine.lines import LONGEST, Gathered, Layout, LineReader
from checker.flowlog.engine.question import Question
from checker.flowlog.engine.step import NEWLINE, PAD, Step, steps

if TYPE_CHECKING:
    from numpy import ndarray

_PIECE: Final = 8 << 20
"""Bytes of text that are held at a time."""
_LONGEST: Final = {"interface-id": 24, "srcaddr": 16, "dstaddr": 16, "srcport": 8, "dstport": 8, "protocol": 8}
"""Characters up to which the fields of a conversation are read quickly."""

NEEDED: Final = ("interface-id", "srcaddr", "dstaddr", "action", "log-status", "start", "end")
"""Fields without which every line is read carefully."""


class TextReader:
    """Reads decompressed files of one format."""

    def __init__(self, fields: tuple[str, ...], question: Question, words: Words, account: str | None) -> None:
        self._layout = Layout(fields)
        self._question = question
        self._words = words
        self._lines = LineReader(self._layout, question, words, account)
        self._account = account
        self._quick = all(self._layout.place(name) is not None for name in NEEDED)

    def read_file(self, file: IO[bytes], header_lines: int, flow_log: int) -> Iterator[Chunk]:
        """Yield the records of a file.

        Raises FormatChanges where a line in the middle names fields, and what the file raises.
        """
        rest, number = b"", 1
        while data := file.read(_PIECE):
            data = rest + data
            end = data.rfind(b"\n") + 1 or (len(data) if len(data) > LONGEST else 0)
            rest, data = data[end:], data[:end]
            if data:
                yield self.read(data, header_lines, flow_log, number)
                header_lines, number = 0, number + data.count(b"\n")
        if rest:
            yield self.read(rest, header_lines, flow_log, number)

    def read(self, data: bytes, header_lines: int, flow_log: int, number: int = 1) -> Chunk:
        """Return the records of whole lines; ``number`` is that of the first in its file.

        Raises FormatChanges where a line in the middle names fields.
        """
        import numpy as np

        padded = np.zeros(len(data) + 2 * PAD + 1, dtype=np.uint8)
        padded[PAD : PAD + len(data)] = np.frombuffer(data, dtype=np.uint8)
        end = PAD + len(data)
        if data and data[-1] != NEWLINE:
            padded[end] = NEWLINE
            end += 1
        at = PAD
        for _ in range(header_lines):
            at, number = PAD + data.find(b"\n") + 1 if b"\n" in data else end, number + 1
        part = Filling(padded, Gathered())
        for first, last in steps(padded, at, end):
            number += self._step(part, first, last, number)
        return part.chunk(flow_log)

    def _step(self, part: Filling, first: int, last: int, number: int) -> int:
        """Read some whole lines; return how many they were."""
        import numpy as np

        step = Step(part.padded, first, last, len(self._layout.fields))
        slow = step.odd
        if self._quick and len(step.seps):
            kinds, rows = self._kinds(step)
            done = kinds != SLOW
            refused = self._take(part, step, kinds, rows)
            done[refused] = False
            slow = np.sort(np.concatenate([slow, step.regular[~done]]))
        elif len(step.seps):
            slow = np.sort(np.concatenate([slow, step.regular]))
        for line in slow.tolist():
            self._slowly(part, step, line, number + line)
        return step.count

    def _slowly(self, part: Filling, step: Step, line: int, number: int) -> None:
        text = step.text(line)
        if not text or self._lines.take(text, part.gathered):
            return
        if is_header(text):
            raise FormatChanges(f"line {number} names fields")
        part.unreadable.append(number)

    def _kinds(self, step: Step) -> tuple[ndarray, dict[str, Any]]:
        """Return what each regular line counts for, SLOW where the quick way cannot tell; and what that took."""
        import numpy as np

        layout = self._layout
        action = step.word(self._at("action"))
        status = step.word(self._at("log-status"))
        kinds = np.full(len(step.seps), SLOW, dtype=np.int64)
        kinds[action == _packed("ACCEPT")] = ACCEPTED
        kinds[action == _packed("REJECT")] = REJECTED
        quiet = action == _packed("-")
        kinds[quiet & (status == _packed("NODATA"))] = NO_DATA
        kinds[quiet & (status == _packed("SKIPDATA"))] = SKIPPED
        for name, most in _LONGEST.items():
            place = layout.place(name)
            if place is not None:
                kinds[step.length(place) > most] = SLOW
        start, sound = step.seconds(self._at("start"))
        end, also_sound = step.seconds(self._at("end"))
        kinds[~(sound & also_sound) | (end < start)] = SLOW
        eni = step.mixed(self._at("interface-id"), 3)
        self._outside(step, kinds, start, end, eni)
        return kinds, {"start": start, "end": end, "eni": eni}

    def _at(self, name: str) -> int:
        place = self._layout.place(name)
        return -1 if place is None else place

    def _outside(self, step: Step, kinds: ndarray, start: ndarray, end: ndarray, eni: ndarray) -> None:
        """Mark what window and filters leave out."""
        import numpy as np

        window = self._question.window
        out = np.zeros(len(kinds), dtype=bool)
        if window.since is not None:
            out |= end <= math.floor(window.since.timestamp())
        if window.until is not None:
            out |= start >= math.ceil(window.until.timestamp())
        if window.interfaces:
            out |= ~_among(eni, window.interfaces)
        if window.vpcs and (place := self._layout.place("vpc-id")) is not None:
            out |= ~_among(step.mixed(place, 5), window.vpcs)
        elif window.vpcs:
            out |= ~_among(eni, self._question.of_vpcs)
        if window.accounts and (place := self._layout.place("account-id")) is not None:
            found = step.mixed(place, 5)
            told = found != np.uint64(mixing.of_text("-"))
            out |= np.where(told, ~_among(found, window.accounts), self._account not in window.accounts)
        elif window.accounts and self._account not in window.accounts:
            out[:] = True
        kinds[out & (kinds != SLOW)] = OUTSIDE

    def _take(self, part: Filling, step: Step, kinds: ndarray, rows: dict[str, Any]) -> ndarray:
        """Add what was read to the part; return the lines (places among the regular ones) that it could not."""
        import numpy as np

        rejected = np.flatnonzero(kinds == REJECTED)
        sides = self._sides(step, rows["eni"])
        enis = part.enis(rows["eni"], step, self._at("interface-id"), self._words, kinds != SLOW)
        columns, refused = self._columns(step, rejected, rows, enis, sides)
        kept = kinds.copy()
        kept[refused] = SLOW
        part.count(kept, enis, rows["start"], rows["end"])
        accepted = kept == ACCEPTED
        part.accepted.append((sides[0][accepted], rows["start"][accepted]))
        keep = np.isin(rejected, refused, invert=True) if len(refused) else np.ones(len(rejected), dtype=bool)
        columns["line"] = np.arange(len(part.lines), len(part.lines) + int(keep.sum()), dtype=np.int64)
        part.rejected.append({name: (values[keep] if name != "line" else values) for name, values in columns.items()})
        part.lines += step.raws(step.regular[rejected[keep]])
        return refused

    def _sides(self, step: Step, eni: ndarray) -> tuple[ndarray, ndarray]:
        """Return the numbers of the conversations, there and turned round."""
        import numpy as np

        missing = np.uint64(mixing.of_text("-"))

        def field(name: str, words: int) -> Any:
            place = self._layout.place(name)
            return missing if place is None else step.mixed(place, words)

        src, dst = field("srcaddr", 2), field("dstaddr", 2)
        sport, dport, proto = field("srcport", 1), field("dstport", 1), field("protocol", 1)
        return mixing.conversations(eni, (src, dst), (sport, dport), proto)

    def _columns(
        self, step: Step, rejected: ndarray, rows: dict[str, Any], enis: ndarray, sides: tuple[ndarray, ndarray]
    ) -> tuple[dict[str, ndarray], ndarray]:
        """Return the columns of rejected records, and those that have to be read slowly."""
        import numpy as np

        src, good = step.ipv4(self._at("srcaddr"), rejected)
        dst, fine = step.ipv4(self._at("dstaddr"), rejected)
        good &= fine
        columns = {"eni": enis[rejected], "src": src, "dst": dst}
        names = {"sport": "srcport", "dport": "dstport", "proto": "protocol", "flags": "tcp-flags",
                 "path": "traffic-path", "packets": "packets", "bytes": "bytes"}  # fmt: skip
        for column, name in names.items():
            place = self._layout.place(name)
            if place is None:
                values = np.full(len(rejected), 0 if column in ("packets", "bytes") else -1, dtype=np.int64)
            else:
                values, fine = step.whole(place, rejected)
                good &= fine
            columns[column] = np.maximum(values, 0) if column in ("packets", "bytes") else values
        columns |= {"also": self._also(step, rejected), "start": rows["start"][rejected], "end": rows["end"][rejected]}
        columns |= {"there": sides[0][rejected], "back": sides[1][rejected]}
        return columns, rejected[~good]

    def _also(self, step: Step, rejected: ndarray) -> ndarray:
        """Return the words of the text fields that are kept."""
        import numpy as np

        places = [self._layout.place(name) for name in ALSO]
        mixed: Any = np.zeros(len(rejected), dtype=np.uint64)
        for at, place in enumerate(places):
            if place is not None:
                mixed = mixed * np.uint64(3) + step.mixed(place, 5, rejected) * np.uint64(mixing.WORDS[at % 5])
        _, firsts, inverse = np.unique(mixed, return_index=True, return_inverse=True)
        numbers = []
        for first in firsts.tolist():
            values = step.text(int(step.regular[rejected[first]])).split(" ")
            numbers.append(self._words.beside(tuple(self._layout.value(values, name) for name in ALSO)))
        return np.array(numbers, dtype=np.int64)[inverse] if numbers else np.zeros(0, dtype=np.int64)


def _packed(text: str) -> Any:
    import numpy as np

    return np.uint64(int.from_bytes(text.encode().rjust(8, b"\0"), "little"))


def _among(mixed: ndarray, texts: frozenset[str]) -> Any:
    import numpy as np

    return np.isin(mixed, np.array([mixing.of_text(text) for text in texts], dtype=np.uint64))
