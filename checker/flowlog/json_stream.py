"""JSON values that follow each other in any way, read one at a time and in bounded memory."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from checker.model.record import dataclass

LARGEST: Final = 1 << 26
"""Characters of one value."""

_DECODER: Final = json.JSONDecoder()
_BLANK: Final = re.compile(r"[\s,\x1e\x00]*")
_LIST: Final = re.compile(r'(?:\[|\{\s*"(?:events|Records|records|results)"\s*:\s*\[)')
"""The beginning of a list at the top, or of an object whose first member is a list of events: read event by event."""
_AHEAD: Final = 128
"""Characters that are held before it is decided what begins."""
_PIECE: Final = 1 << 16
_NEAR: Final = 16
"""Characters before the end of what was read so far within which an error may be that end."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where no JSON value could be read."""

    why: str


class _Text:
    """What was read and not yet used: ``held`` from ``at`` on."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self.held = ""
        self.at = 0
        self.ended = False

    @property
    def left(self) -> int:
        """How many characters are held."""
        return len(self.held) - self.at

    def fill(self, wanted: int) -> None:
        """Read on until so many characters are held, or the end."""
        found = [self.held[self.at :]]
        have = self.left
        while have < wanted and not self.ended:
            piece = next(self._pieces, None)
            self.ended = piece is None
            text = self._decoder.decode(piece or b"", final=self.ended)
            found.append(text)
            have += len(text)
        self.held, self.at = "".join(found), 0

    def begin(self) -> str:
        """Leave out blanks and commas; return the next character, nothing at the end."""
        while True:
            blank = _BLANK.match(self.held, self.at)
            self.at = blank.end() if blank else self.at
            if self.left >= _AHEAD or self.ended:
                return self.held[self.at : self.at + 1]
            self.fill(self.left + _PIECE)

    def line(self) -> str | None:
        """Take the rest of the line; None where it is too long to be held."""
        while (end := self.held.find("\n", self.at)) < 0 and not self.ended and self.left <= LARGEST:
            self.fill(self.left * 2 + _PIECE)
        start, self.at = self.at, len(self.held) if end < 0 else end + 1
        return self.held[start : self.at] if self.at - start <= LARGEST else None


def values(pieces: Iterable[bytes]) -> Iterator[Any]:
    """Yield the values: JSON values, lines that are none as text, and ``Broken`` where there is neither.

    The elements of a list at the top, and of ``{"events": [...]``, come one by one; what follows such a list in its
    object is left out.
    """
    text = _Text(pieces)
    closing = ""  # of the list that is read element by element: what stands behind it
    while start := text.begin():
        if not closing and (opened := _LIST.match(text.held, text.at)):
            closing = "list" if start == "[" else "object"
            text.at = opened.end()
        elif closing and start == "]":
            text.at += 1
            if closing == "object":
                _leave_rest(text)
            closing = ""
        elif closing or start in '{["':
            found = _value(text)
            closing = "" if isinstance(found, Broken) else closing
            yield found
        else:
            line = text.line()
            yield Broken("a line is too long") if line is None else line.strip()


def _leave_rest(text: _Text) -> None:
    """Leave out the members of an object that follow its list."""
    if text.begin() not in ("}", ""):
        text.held, text.at = "{" + text.held[text.at :], 0
        _value(text)
    else:
        text.at += 1


def _value(text: _Text) -> Any:
    """Take one value; at one that is broken, go on with the next line."""
    while True:
        try:
            found, end = _DECODER.raw_decode(text.held, text.at)
        except json.JSONDecodeError as error:
            cut = error.msg.startswith("Unterminated") or error.pos >= len(text.held.rstrip())
            if text.ended or not (cut or error.pos >= len(text.held) - _NEAR) or text.left > LARGEST:
                return _broken(text, "it is cut off" if cut and text.ended else f"it is no JSON: {error.msg}")
        except (ValueError, RecursionError) as error:
            return _broken(text, f"it is no usable JSON: {type(error).__name__}")
        else:
            if end < len(text.held) or text.ended:
                text.at = end
                return found
        text.fill(text.left * 2)


def _broken(text: _Text, why: str) -> Broken:
    text.line()
    return Broken(why)
