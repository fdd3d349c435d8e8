"""Lines that fit a terminal. Nothing is ever cut: a long address goes on in the next line."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import east_asian_width

_PIECE: Final = re.compile(r"\S+|\s+")
_BREAK_AFTER: Final = ("./:,;(", "_-")
"""Where a word that is too long for a line is best broken, the better signs first."""

_MIN_WIDTH: Final = 12


def columns(text: str) -> int:
    """Return how many columns a text takes: two for a wide East Asian character, one for others."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def wrap(text: str, width: int) -> list[str]:
    """Return a text of one line as lines of at most ``width`` columns (12 at least); one empty line for no text."""
    width = max(width, _MIN_WIDTH)
    text = text.strip()
    if columns(text) <= width:
        return [text]
    return (_wrap_words(text, width) if text.isascii() else None) or _wrap_pieces(text, width)


def _wrap_words(text: str, width: int) -> list[str] | None:
    """Return what ``_wrap_pieces`` does, ten times as fast; None for wide gaps and words longer than a line."""
    if "  " in text or not text.isprintable():
        return None
    lines: list[str] = []
    start = 0
    while len(text) - start > width:
        end = text.rfind(" ", start, start + width + 1)
        if end < 0:
            return None
        lines.append(text[start:end])
        start = end + 1
    return [*lines, text[start:]]


def _wrap_pieces(text: str, width: int) -> list[str]:
    lines: list[str] = []
    line, used = "", 0
    for piece in _PIECE.findall(text):
        size = columns(piece)
        if used + size <= width:
            line, used = line + piece, used + size
        elif not piece.isspace():
            if line.strip():
                lines.append(line.rstrip())
            *full, line = _break_word(piece, width)
            lines += full
            used = columns(line)
    return [*lines, line.rstrip()]


def _break_word(word: str, width: int) -> list[str]:
    """Return a word in parts that fit, broken after a punctuation mark where one stands in the second half."""
    parts = []
    while columns(word) > width:
        end = _fitting(word, width)
        good = _good_end(word, end)
        parts.append(word[:good])
        word = word[good:]
    return [*parts, word]


def _good_end(word: str, end: int) -> int:
    """Return where to break within the first ``end`` characters; ``end`` itself where no sign stands near."""
    for signs in _BREAK_AFTER:
        for at in range(end, end // 2, -1):
            if word[at - 1] in signs:
                return at
    return end


def _fitting(word: str, width: int) -> int:
    """Return how many characters from the start fit; one at least."""
    used = 0
    for at, char in enumerate(word):
        used += columns(char)
        if used > width:
            return max(at, 1)
    return len(word)


def hang(label: str, text: str, width: int, *, indent: int, hanging: int) -> list[str]:
    """Return lines with a label in the margin and the text beside it, wrapped to the width.

    ``indent`` is the column of the label, ``hanging`` the column of the text.
    """
    first, *rest = wrap(text, width - hanging)
    return [f"{' ' * indent}{label}".ljust(hanging) + first, *(" " * hanging + line for line in rest)]
