"""JSON with the place of every value, and with every key, even one that occurs twice."""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from math import isfinite
from typing import Final, TypeAlias, Union

from checker.model.record import dataclass

MAX_DEPTH: Final = 100
"""How deep objects and arrays may nest."""

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_DIGITS: Final = 400
"""Most signs of a number: more is no number of a configuration, and slow to read."""
_WORDS: Final = {"true": True, "false": False, "null": None}
_DECODER: Final = JSONDecoder()
_WORD: Final = re.compile("true|false|null")


class JsonError(Exception):
    """Text that is no JSON."""

    def __init__(self, cause: str, offset: int) -> None:
        super().__init__(cause)
        self.cause = cause
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Member:
    """``"key": value`` in an object."""

    key: str
    value: Node
    start: int
    """Offset of the key."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value at ``text[start:end]``."""

    value: Content
    start: int
    end: int

    @property
    def members(self) -> tuple[Member, ...]:
        """Members of an object; none of another value."""
        return self.value.members if isinstance(self.value, Object) else ()


@dataclass(frozen=True, slots=True)
class Object:
    """An object; keys may repeat."""

    members: tuple[Member, ...]


Content: TypeAlias = Union[bool, int, float, str, Object, "tuple[Node, ...]", None]


def parse_json(text: str) -> Node:
    """Parse a whole text; raises JsonError."""
    node, position = _Parser(text).value(0, 0)
    if position < len(text):
        raise JsonError("something follows the end of the JSON value", position)
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text

    def blank(self, position: int) -> int:
        found = _SPACE.match(self.text, position)
        return found.end() if found else position

    def value(self, position: int, depth: int) -> tuple[Node, int]:
        """Return the value that begins at or behind a position, and where what follows it begins."""
        start = self.blank(position)
        if depth > MAX_DEPTH:
            raise JsonError("the JSON is nested too deeply", start)
        opening = self.text[start : start + 1]
        content: Content
        if opening == "{":
            content, end = self.object(start, depth)
        elif opening == "[":
            content, end = self.array(start, depth)
        elif opening == '"':
            content, end = self.string(start)
        else:
            content, end = self.scalar(start)
        return Node(content, start, end), self.blank(end)

    def object(self, start: int, depth: int) -> tuple[Object, int]:
        members: list[Member] = []
        position = self.blank(start + 1)
        if self.text.startswith("}", position):
            return Object(()), position + 1
        while True:
            begin = position
            if not self.text.startswith('"', begin):
                raise JsonError("a key in quotes is expected", begin)
            key, position = self.string(begin)
            position = self.expect(":", self.blank(position))
            value, position = self.value(position, depth + 1)
            members.append(Member(key, value, begin))
            if self.text.startswith("}", position):
                return Object(tuple(members)), position + 1
            position = self.blank(self.expect(",", position))

    def array(self, start: int, depth: int) -> tuple[tuple[Node, ...], int]:
        items: list[Node] = []
        position = self.blank(start + 1)
        if self.text.startswith("]", position):
            return (), position + 1
        while True:
            item, position = self.value(position, depth + 1)
            items.append(item)
            if self.text.startswith("]", position):
                return tuple(items), position + 1
            position = self.expect(",", position)

    def expect(self, sign: str, position: int) -> int:
        if not self.text.startswith(sign, position):
            raise JsonError(f"{sign!r} is expected", position)
        return position + 1

    def string(self, start: int) -> tuple[str, int]:
        try:
            content, end = _DECODER.raw_decode(self.text, start)
        except JSONDecodeError as error:
            raise JsonError(error.msg, error.pos) from error
        return str(content), end

    def scalar(self, start: int) -> tuple[Content, int]:
        if word := _WORD.match(self.text, start):
            return _WORDS[word.group()], word.end()
        found = _NUMBER.match(self.text, start)
        if found is None:
            raise JsonError("a JSON value is expected", start)
        return _number(found, start), found.end()


def _number(found: re.Match[str], start: int) -> int | float:
    text = found.group()
    if len(text) <= _DIGITS:
        if found.group(1) is None and found.group(2) is None:
            return int(text)
        number = float(text)
        if isfinite(number):
            return int(number) if number.is_integer() else number
    raise JsonError("a number is too large", start)
