"""Some megabytes of text as arrays: where fields lie, and their bytes eight at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine import mixing
from checker.flowlog.engine.chunk import LATEST

if TYPE_CHECKING:
    from numpy import ndarray

PAD: Final = 64
"""Zero bytes before and behind, so that eight bytes can be read anywhere."""
NEWLINE: Final = 10
_SPACE: Final = 32
_STEP: Final = 1 << 20
"""Bytes that are taken apart at a time."""


def steps(padded: ndarray, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield pieces of about a megabyte that end with a line."""
    import numpy as np

    while at < end:
        last = min(at + _STEP, end)
        while last < end:
            found = np.flatnonzero(padded[at:last] == NEWLINE)
            if len(found):
                last = at + int(found[-1]) + 1
                break
            last = min(last + _STEP, end)
        yield at, last
        at = last


class Step:
    """Some whole lines, taken apart."""

    def __init__(self, padded: ndarray, first: int, last: int, fields: int) -> None:
        import numpy as np

        self._bytes = padded
        self._words = np.ndarray(shape=(len(padded) - 7,), dtype="<u8", buffer=padded.data, strides=(1,))
        seps = np.flatnonzero(padded[first:last] <= _SPACE) + first
        chars = padded[seps]
        ends = np.flatnonzero(chars == NEWLINE)
        self._line_ends = seps[ends]
        self._line_starts = np.concatenate([[first], self._line_ends[:-1] + 1])
        self.count = len(ends)
        starts = np.concatenate([[0], ends[:-1] + 1])
        regular = ends - starts + 1 == fields
        if odd := np.flatnonzero((chars != NEWLINE) & (chars != _SPACE)).tolist():
            regular[np.searchsorted(ends, odd)] = False  # a tab parts no fields
        empty = np.flatnonzero(np.diff(seps, prepend=first - 1) == 1)
        regular[np.searchsorted(ends, empty)] = False  # a field without text is a missing one
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
        end, length = self._ends(place, rows)
        return mixing.of_texts(self._words, end, length, words)

    def seconds(self, place: int) -> tuple[ndarray, ndarray]:
        """Return a time of ten digits, and whether it is one."""
        import numpy as np

        end, length = self._ends(place)
        low, sound = _digits(self._words[end - 8].copy())
        tens, ones = self._bytes[end - 10].astype(np.int64) - 48, self._bytes[end - 9].astype(np.int64) - 48
        sound &= (length == 10) & (tens >= 0) & (tens <= 9) & (ones >= 0) & (ones <= 9)
        found = (tens * 10 + ones) * 100_000_000 + low
        return found, sound & (found <= LATEST)

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
            sound &= (octet <= 255) & (digits <= 3) & ~(digit & (digits > 1) & (octet < 10))
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
