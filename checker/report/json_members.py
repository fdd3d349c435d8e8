"""A JSON object read member by member, and one long list in it item by item: its values are never held all at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

_DECODER: Final = json.JSONDecoder()
_BLANK: Final = re.compile(r"[ \t\n\r]*")


def members(text: str, key: str, take: Callable[[dict[str, Any], Iterator[Any]], list[Any]]) -> Any:
    """Return what ``json.loads`` returns; the list under ``key`` is what ``take`` makes of its items.

    ``take`` is given the members before it and the items. Raises what ``json.loads`` raises.
    """
    walk = _Walk(text)
    if walk.peek() != "{":
        return json.loads(text)
    found: dict[str, Any] = {}
    for _ in walk.each("{", "}"):
        name = walk.value()
        if not isinstance(name, str):
            raise json.JSONDecodeError("Expecting property name", text, walk.at)
        walk.sign(":")
        if name == key and name in found:
            raise json.JSONDecodeError(f"{key} stands there twice", text, walk.at)
        long = name == key and walk.peek() == "["
        found[name] = take(found, (walk.value() for _ in walk.each("[", "]"))) if long else walk.value()
    if walk.peek():
        raise json.JSONDecodeError("Extra data", text, walk.at)
    return found


class _Walk:
    """A place in a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> str:
        """Return the next sign that is not blank; empty at the end."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def sign(self, allowed: str) -> str:
        """Take the next sign, which must be one of the allowed."""
        found = self.peek()
        if not found or found not in allowed:
            raise json.JSONDecodeError(f"Expecting one of {allowed}", self.text, self.at)
        self.at += 1
        return found

    def value(self) -> Any:
        """Take the next value."""
        self.peek()
        found, self.at = _DECODER.raw_decode(self.text, self.at)
        return found

    def each(self, begin: str, end: str) -> Iterator[None]:
        """Yield before each item of an object or list, which the caller takes."""
        self.sign(begin)
        if self.peek() == end:
            self.at += 1
            return
        yield
        while self.sign(f",{end}") == ",":
            yield
