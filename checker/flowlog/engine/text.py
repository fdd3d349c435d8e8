"""Text records, quickly: a megabyte at a time as arrays of bytes; lines that do not fit are left to ``lines``.

The quick way needs lines with the format's number of fields, IPv4 addresses (accepted records: any address of up to 16
characters), times of ten digits and numbers of up to eight. Everything is checked; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from checker.errors import InputError
from checker.flowlog.engine import mixing
from checker.flowlog.engine.chunk import (
    ACCEPTED,
    ALSO,
    KINDS,
    NO_DATA,
    OUTSIDE,
    REJECTED,
    REJECTED_COLUMNS,
    SKIPPED,
    SLICE,
    Chunk,
    Words,
    is_header,
)
from checker.flowlog.engine.lines import Gathered, Layout, LineReader, add_count, columns_of
from checker.flowlog.engine.question import Question

if TYPE_CHECKING:
    from numpy import ndarray

_PAD: Final = 64
"""Zero bytes before and behind, so that eight bytes can be read anywhere."""

_STEP: Final = 1 << 20
_NEWLINE: Final = 10
_SPACE: Final = 32
_LONGEST: Final = {"interface-id": 24, "srcaddr": 16, "dstaddr": 16, "srcport": 8, "dstport": 8, "protocol": 8}
"""Characters up to which the fields of a conversation are read quickly."""

_SLOW: Final = -1


class FormatChanges(InputError):
    """A file names its fields anew in its middle."""


class TextReader:
    """Reads decompressed files of one format."""

    def __init__(self, fields: tuple[str, ...], question: Question, words: Words, account: str | None) -> None:
        self._layout = Layout(fields)
        self._question = question
        self._words = words
        self._lines = LineReader(self._layout, question, words, account)
        self._account = account
        needed = ("interface-id", "srcaddr", "dstaddr", "action", "log-status", "start", "end")
        self._quick = all(self._layout.place(name) is not None for name in needed)

    def read(self, data: bytes, header_lines: int, flow_log: int, number: int = 1) -> Chunk:
        """Return the records of whole lines; ``number`` is that of the first in its file.

        Raises FormatChanges where a line in the middle names fields.
        """
        import numpy as np

        padded = np.zeros(len(data) + 2 * _PAD + 1, dtype=np.uint8)
        padded[_PAD : _PAD + len(data)] = np.frombuffer(data, dtype=np.uint8)
        end = _PAD + len(data)
        if data and data[-1] != _NEWLINE:
            padded[end] = _NEWLINE
            end += 1
        at = _PAD
        for _ in range(header_lines):
            at, number = _PAD + data.find(b"\n") + 1 if b"\n" in data else end, number + 1
        part = _Part(padded, Gathered())
        for first, last in _steps(padded, at, end):
            number += self._step(part, first, last, number)
        return part.chunk(flow_log)

    def _step(self, part: _Part, first: int, last: int, number: int) -> int:
        """Read some whole lines; return how many they were."""
        import numpy as np

        step = _Step(part.padded, first, last, len(self._layout.fields))
        slow = step.odd
        if self._quick and len(step.seps):
            kinds, rows = self._kinds(step)
            done = kinds != _SLOW
            refused = self._take(part, step, kinds, rows)
            done[refused] = False
            slow = np.sort(np.concatenate([slow, step.regular[~done]]))
        elif len(step.seps):
            slow = np.sort(np.concatenate([slow, step.regular]))
        for line in slow.tolist():
            self._slowly(part, step, line, number + line)
        return step.count

    def _slowly(self, part: _Part, step: _Step, line: int, number: int) -> None:
        text = step.text(line)
        if not text or self._lines.take(text, part.gathered):
            return
        if is_header(text):
            raise FormatChanges(f"line {number} names fields")
        part.unreadable.append(number)

    def _kinds(self, step: _Step) -> tuple[ndarray, dict[str, Any]]:
        """Return what each regular line counts for, _SLOW where the quick way cannot tell; and what that took."""
        import numpy as np

        layout = self._layout
        action = step.word(self._at("action"))
        status = step.word(self._at("log-status"))
        kinds = np.full(len(step.seps), _SLOW, dtype=np.int64)
        kinds[action == _packed("ACCEPT")] = ACCEPTED
        kinds[action == _packed("REJECT")] = REJECTED
        quiet = action == _packed("-")
        kinds[quiet & (status == _packed("NODATA"))] = NO_DATA
        kinds[quiet & (status == _packed("SKIPDATA"))] = SKIPPED
        for name, most in _LONGEST.items():
            place = layout.place(name)
            if place is not None:
                kinds[step.length(place) > most] = _SLOW
        start, sound = step.seconds(self._at("start"))
        end, also_sound = step.seconds(self._at("end"))
        kinds[~(sound & also_sound)] = _SLOW
        np.maximum(end, start, out=end)
        eni = step.mixed(self._at("interface-id"), 3)
        self._outside(step, kinds, start, end, eni)
        return kinds, {"start": start, "end": end, "eni": eni}

    def _at(self, name: str) -> int:
        place = self._layout.place(name)
        return -1 if place is None else place

    def _outside(self, step: _Step, kinds: ndarray, start: ndarray, end: ndarray, eni: ndarray) -> None:
        """Mark what window and filters leave out."""
        import numpy as np

        window = self._question.window
        out = np.zeros(len(kinds), dtype=bool)
        if window.since is not None:
            out |= end <= int(window.since.timestamp())
        if window.until is not None:
            out |= start >= int(window.until.timestamp())
        if window.interfaces:
            out |= ~_among(eni, window.interfaces)
        if window.vpcs and (place := self._layout.place("vpc-id")) is not None:
            out |= ~_among(step.mixed(place, 5), window.vpcs)
        elif window.vpcs:
            out |= ~_among(eni, self._question.of_vpcs)
        if window.accounts and (place := self._layout.place("account-id")) is not None:
            out |= ~_among(step.mixed(place, 5), window.accounts)
        elif window.accounts and self._account not in window.accounts:
            out[:] = True
        kinds[out & (kinds != _SLOW)] = OUTSIDE

    def _take(self, part: _Part, step: _Step, kinds: ndarray, rows: dict[str, Any]) -> ndarray:
        """Add what was read to the part; return the lines (places among the regular ones) that it could not."""
        import numpy as np

        rejected = np.flatnonzero(kinds == REJECTED)
        sides = self._sides(step, rows["eni"])
        enis = part.enis(rows["eni"], step, self._at("interface-id"), self._words, kinds != _SLOW)
        columns, refused = self._columns(step, rejected, rows, enis, sides)
        kept = kinds.copy()
        kept[refused] = _SLOW
        part.count(kept, enis, rows["start"], rows["end"])
        accepted = kept == ACCEPTED
        part.accepted.append((sides[0][accepted], rows["start"][accepted]))
        keep = np.isin(rejected, refused, invert=True) if len(refused) else np.ones(len(rejected), dtype=bool)
        columns["line"] = np.arange(len(part.lines), len(part.lines) + int(keep.sum()), dtype=np.int64)
        part.rejected.append({name: (values[keep] if name != "line" else values) for name, values in columns.items()})
        part.lines += step.raws(step.regular[rejected[keep]])
        return refused

    def _sides(self, step: _Step, eni: ndarray) -> tuple[ndarray, ndarray]:
        """Return the numbers of the conversations, there and turned round."""
        import numpy as np

        missing = np.uint64(mixing.of_text("-"))

        def field(name: str, words: int) -> Any:
            place = self._layout.place(name)
            return missing if place is None else step.mixed(place, words)

        src, dst = field("srcaddr", 2), field("dstaddr", 2)
        sport, dport, proto = field("srcport", 1), field("dstport", 1), field("protocol", 1)
        common = eni * np.uint64(mixing.ENI) + proto * np.uint64(mixing.PROTO)
        to, of = np.uint64(mixing.SRC), np.uint64(mixing.DST)
        out, into = np.uint64(mixing.SPORT), np.uint64(mixing.DPORT)
        there = common + src * to + dst * of + sport * out + dport * into
        back = common + dst * to + src * of + dport * out + sport * into
        return there, back

    def _columns(
        self, step: _Step, rejected: ndarray, rows: dict[str, Any], enis: ndarray, sides: tuple[ndarray, ndarray]
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

    def _also(self, step: _Step, rejected: ndarray) -> ndarray:
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


def _steps(padded: ndarray, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield pieces of about a megabyte that end with a line."""
    import numpy as np

    while at < end:
        last = min(at + _STEP, end)
        while last < end:
            found = np.flatnonzero(padded[at:last] == _NEWLINE)
            if len(found):
                last = at + int(found[-1]) + 1
                break
            last = min(last + _STEP, end)
        yield at, last
        at = last


class _Step:
    """Some whole lines, taken apart."""

    def __init__(self, padded: ndarray, first: int, last: int, fields: int) -> None:
        import numpy as np

        self._bytes = padded
        self._words = np.ndarray(shape=(len(padded) - 7,), dtype="<u8", buffer=padded.data, strides=(1,))
        seps = np.flatnonzero(padded[first:last] <= _SPACE) + first
        ends = np.flatnonzero(padded[seps] == _NEWLINE)
        self._line_ends = seps[ends]
        self._line_starts = np.concatenate([[first], self._line_ends[:-1] + 1])
        self.count = len(ends)
        starts = np.concatenate([[0], ends[:-1] + 1])
        regular = ends - starts + 1 == fields
        self.regular = np.flatnonzero(regular)
        self.odd = np.flatnonzero(~regular)
        if len(self.odd) == 0:
            self.seps = seps.reshape(-1, fields)
        else:
            self.seps = seps[starts[regular][:, None] + np.arange(fields)]
        self._starts = self._line_starts[regular]
        self._masks = np.array(
            [(mixing.MASK64 << (8 * (8 - length))) & mixing.MASK64 if length else 0 for length in range(9)],
            dtype=np.uint64,
        )
        self._fields: dict[int, tuple[ndarray, ndarray]] = {}
        self._view = padded.data

    def raw(self, line: int) -> bytes:
        """Return a line, by its number from 0."""
        return self._view[self._line_starts[line] : self._line_ends[line]].tobytes()

    def raws(self, lines: ndarray) -> list[bytes]:
        """Return several lines."""
        starts, ends = self._line_starts[lines].tolist(), self._line_ends[lines].tolist()
        view = self._view
        return [view[start:end].tobytes() for start, end in zip(starts, ends, strict=True)]

    def text(self, line: int) -> str:
        """Return a line as text."""
        return self.raw(line).rstrip(b"\r").decode("utf-8", "replace")

    def _ends(self, place: int, rows: Any = None) -> tuple[ndarray, ndarray]:
        """Return where a field ends, and its length."""
        import numpy as np

        if place not in self._fields:
            end = np.ascontiguousarray(self.seps[:, place])
            begin = self._starts if place == 0 else self.seps[:, place - 1] + 1
            self._fields[place] = end, end - begin
        end, length = self._fields[place]
        return (end, length) if rows is None else (end[rows], length[rows])

    def length(self, place: int) -> ndarray:
        """Return the length of a field."""
        return self._ends(place)[1]

    def word(self, place: int, rows: Any = None) -> ndarray:
        """Return the last eight bytes of a field, as a number; shorter fields padded with zeros before."""
        import numpy as np

        end, length = self._ends(place, rows)
        found: ndarray = self._words[end - 8]
        found &= self._masks[np.minimum(length, 8)]
        return found

    def mixed(self, place: int, words: int, rows: Any = None) -> ndarray:
        """Return the number of a field's text, of at most 8 * ``words`` bytes; see ``mixing.of_text``."""
        import numpy as np

        end, length = self._ends(place, rows)
        found = np.zeros(len(end), dtype=np.uint64)
        most = int(length.max()) if len(length) else 0
        for number in range(min(words, (most + 7) // 8)):
            part = self._words[np.maximum(end - 8 * (number + 1), 0)]
            part &= self._masks[np.clip(length - 8 * number, 0, 8)]
            part *= np.uint64(mixing.WORDS[number])
            found ^= mixing.mixed_all(part)
        return found

    def seconds(self, place: int) -> tuple[ndarray, ndarray]:
        """Return a time of ten digits, and whether it is one."""
        import numpy as np

        end, length = self._ends(place)
        low, sound = _digits(self._words[end - 8].copy())
        tens, ones = self._bytes[end - 10].astype(np.int64) - 48, self._bytes[end - 9].astype(np.int64) - 48
        sound &= (length == 10) & (tens >= 0) & (tens <= 9) & (ones >= 0) & (ones <= 9)
        return (tens * 10 + ones) * 100_000_000 + low, sound

    def whole(self, place: int, rows: ndarray) -> tuple[ndarray, ndarray]:
        """Return a whole number of up to eight digits, -1 for ``-``, and whether it is one."""
        import numpy as np

        end, length = self._ends(place, rows)
        word = self._words[end - 8]
        mask = self._masks[np.minimum(length, 8)]
        values, sound = _digits((word & mask) | (np.uint64(0x3030303030303030) & ~mask))
        missing = (length == 1) & (self._bytes[end - 1] == ord("-"))
        values[missing] = -1
        return values, (sound & (length >= 1) & (length <= 8)) | missing

    def ipv4(self, place: int, rows: ndarray) -> tuple[ndarray, ndarray]:
        """Return an IPv4 address as its number, and whether it is one."""
        import numpy as np

        end, length = self._ends(place, rows)
        begin = end - length
        number = np.zeros(len(rows), dtype=np.int64)
        octet = np.zeros(len(rows), dtype=np.int64)
        digits = np.zeros(len(rows), dtype=np.int64)
        dots = np.zeros(len(rows), dtype=np.int64)
        sound = (length >= 7) & (length <= 15)
        for place_in_text in range(15):
            inside = place_in_text < length
            char = self._bytes[begin + place_in_text].astype(np.int64)
            dot = inside & (char == 46)
            digit = inside & (char >= 48) & (char <= 57)
            sound &= ~inside | dot | digit
            sound &= ~dot | (digits > 0)
            number = np.where(dot, (number << 8) | octet, number)
            octet = np.where(dot, 0, np.where(digit, octet * 10 + char - 48, octet))
            digits = np.where(dot, 0, digits + digit)
            sound &= (octet <= 255) & (digits <= 3)
            dots += dot
        return (number << 8) | octet, sound & (dots == 3) & (digits > 0)


def _digits(word: ndarray) -> tuple[ndarray, ndarray]:
    """Return eight digits, the first in the lowest byte, as a number, and whether they are digits."""
    import numpy as np

    high = np.uint64(0xF0F0F0F0F0F0F0F0)
    sound = ((word & high) | (((word + np.uint64(0x0606060606060606)) & high) >> np.uint64(4))) == np.uint64(
        0x3333333333333333
    )
    found = word & np.uint64(0x0F0F0F0F0F0F0F0F)
    found = (found * np.uint64(10) + (found >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    found = (found * np.uint64(100) + (found >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    found = (found * np.uint64(10_000) + (found >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return found.astype(np.int64), sound


class _Part:
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

    def enis(self, mixed: ndarray, step: _Step, place: int, words: Words, wanted: ndarray) -> ndarray:
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
        rows = kinds != _SLOW
        self._counted.append((kinds[rows], enis[rows], start[rows], end[rows]))

    def _count(self) -> None:
        import numpy as np

        if not self._counted:
            return
        kinds, enis, start, end = (np.concatenate(each) for each in zip(*self._counted, strict=True))
        if not len(kinds):
            return
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
        for at, each in enumerate(unique.tolist()):
            pair, slice_ = divmod(each, width)
            eni, kind = divmod(pair, KINDS)
            key = (eni, kind, (slice_ + base) * SLICE)
            add_count(self.gathered.counts, key, (int(number[at]), int(first[at]), int(last[at])))

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
            line_at=lambda number: _as_text(lines[number]),
            flow_log=flow_log,
            unreadable=self.unreadable,
        )


def _as_text(line: bytes | str) -> str:
    return line if isinstance(line, str) else line.rstrip(b"\r").decode("utf-8", "replace")
