"""A Markdown page of limited size that counts what does not fit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_RESERVE: Final = 1_500
"""Bytes kept for the last lines, which say what was left out."""


class Page:
    """Hands out the room of one page. Sizes are UTF-8 bytes; a limit below 2,000 holds the last lines only."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit - _RESERVE
        self.cut: list[tuple[int, str]] = []
        """Count and noun of what did not fit."""

    def take(self, text: str) -> str:
        """Return the text if there is room for it, else an empty one; what it says is then missing."""
        size = len(text.encode("utf-8")) + 2  # joined to the next by an empty line
        if size > self._left:
            return ""
        self._left -= size
        return text

    def rows(self, head: str, rows: Iterable[str], foot: str, *, noun: str, share: float) -> str:
        """Return head, as many of the rows as fit into a share of the page, and foot; the other rows are counted.

        ``noun`` names one row, or one and several as ``pass|passes``.
        """
        every = list(rows)
        room = min(self._left, int(self._limit * share)) - len((head + foot).encode("utf-8")) - 4
        kept = []
        for row in every:
            room -= len(row.encode("utf-8")) + 1
            if room < 0:
                break
            kept.append(row)
        if len(kept) < len(every):
            self.cut.append((len(every) - len(kept), noun))
        if not kept:
            return ""
        text = "\n".join([head, *kept]) + foot
        self._left -= len(text.encode("utf-8")) + 2
        return text
