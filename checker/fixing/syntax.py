"""Where arguments and blocks stand in a file of HCL: offsets only. What is between them is never touched.

An expression is not parsed: it ends with its line unless a bracket, a text or a heredoc is still open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from checker.load.terraform.source.lexical import COMMENT, HEREDOC, IDENTIFIER, PLAIN_STRING, ScanError, skip_lexeme
from checker.model.record import dataclass

_BLANK: Final = re.compile(rf"(?:\s++|{COMMENT})++")
_SPACE: Final = re.compile(r"(?:[ \t]++|/\*[\s\S]*?\*/)++")
_WORD: Final = re.compile(rf'{IDENTIFIER}|"(?:[^"\\\n]++|\\.)*+"')
_PIECE: Final = re.compile(rf'{PLAIN_STRING}|{COMMENT}|{HEREDOC}|["{{}}()\[\],\n]|/\*')
_PAIRS: Final = {"}": "{", ")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class Argument:
    """``name = value``: ``text[start:]`` begins with the name, ``text[value:end]`` is the expression."""

    name: str
    start: int
    equals: int
    value: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """A block: ``text[start:end]`` from its type to its closing brace, ``text[body:close]`` between the braces."""

    type: str
    labels: tuple[str, ...]
    start: int
    body: int
    close: int
    arguments: tuple[Argument, ...]
    blocks: tuple[Block, ...]

    @property
    def end(self) -> int:
        """Offset behind the closing brace."""
        return self.close + 1

    def argument(self, name: str) -> Argument | None:
        """Return an argument by its name."""
        return next((each for each in self.arguments if each.name == name), None)

    def nested(self, type_: str) -> tuple[Block, ...]:
        """Return the blocks of a type in this block, without dynamic ones."""
        return tuple(each for each in self.blocks if each.type == type_)

    def dynamic(self, type_: str) -> Block | None:
        """Return the ``dynamic`` block that makes blocks of a type."""
        return next((each for each in self.blocks if each.type == "dynamic" and each.labels == (type_,)), None)

    @property
    def parts(self) -> tuple[Argument | Block, ...]:
        """What stands in it."""
        return (*self.arguments, *self.blocks)


@dataclass(frozen=True, slots=True)
class Item:
    """One element of a list or object in an expression: ``text[start:end]``, its key where it is an object's."""

    start: int
    end: int
    key: str | None
    value: int
    """Offset of the value; ``start`` for an element of a list."""


def parse(text: str) -> Block:
    """Return a whole file as the body of a block without a name; raises ScanError where it is no HCL."""
    arguments, blocks, _ = _body(text, 0, top=True)
    return Block("", (), 0, 0, len(text), arguments, blocks)


def _body(text: str, position: int, *, top: bool = False) -> tuple[tuple[Argument, ...], tuple[Block, ...], int]:
    arguments: list[Argument] = []
    blocks: list[Block] = []
    while True:
        position = _skip(text, position)
        if position >= len(text):
            if top:
                return tuple(arguments), tuple(blocks), position
            raise ScanError(position, "a block is not closed")
        if text[position] == "}" and not top:
            return tuple(arguments), tuple(blocks), position
        found = _item(text, position)
        if isinstance(found, Argument):
            arguments.append(found)
            position = found.end
        else:
            blocks.append(found)
            position = found.end


def _skip(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


def _item(text: str, start: int) -> Argument | Block:
    words: list[str] = []
    position = start
    while found := _WORD.match(text, position):
        words.append(found.group())
        space = _SPACE.match(text, found.end())
        position = space.end() if space else found.end()
    if words and text.startswith("=", position) and not text.startswith("==", position):
        space = _SPACE.match(text, position + 1)
        value = space.end() if space else position + 1
        return Argument(words[0].strip('"'), start, position, value, expression_end(text, value))
    if not words or not text.startswith("{", position):
        raise ScanError(start, "here an argument or a block is expected")
    arguments, blocks, close = _body(text, position + 1)
    labels = tuple(word.strip('"') for word in words[1:])
    return Block(words[0], labels, start, position + 1, close, arguments, blocks)


def expression_end(text: str, start: int, stops: str = "\n}") -> int:
    """Return the offset behind an expression, without the blanks and the comment that may follow it."""
    opened: list[str] = []
    position = last = start
    while found := _PIECE.search(text, position):
        sign = found.group()
        if text[position : found.start()].strip():
            last = position + len(text[position : found.start()].rstrip())
        if not opened and (sign in stops or sign in _PAIRS or sign[0] == "#" or sign.startswith("//")):
            return last
        position = skip_lexeme(text, found) if sign[0] in '"/<' and sign != "\n" else found.end()
        if sign in "{([":
            opened.append(sign)
        elif sign in _PAIRS and opened.pop() != _PAIRS[sign]:
            raise ScanError(found.start(), f"unexpected {sign}")
        if sign == "\n" or sign.startswith(("#", "//", "/*")):
            continue
        last = position
    if opened:
        raise ScanError(start, "a bracket is not closed")
    rest = text[position:].rstrip()
    return position + len(rest) if rest else last


def items(text: str, start: int, end: int) -> list[Item] | None:
    """Return the elements of ``[...]`` or ``{...}`` that is a whole expression; None where it is something else."""
    opening = text[start] if start < end else ""
    closing = {"[": "]", "{": "}"}.get(opening)
    if closing is None or expression_end(text, start) != end or text[end - 1] != closing:
        return None
    found: list[Item] = []
    position = _skip(text, start + 1)
    while position < end - 1:
        last = expression_end(text, position, stops=",]" if opening == "[" else ",\n}")
        if last <= position:
            return None
        found.append(_element(text, position, last, opening))
        position = _skip(text, last)
        if text.startswith(",", position):
            position = _skip(text, position + 1)
    return None if found and text[found[0].start :].startswith("for ") else found


def _element(text: str, start: int, end: int, opening: str) -> Item:
    if opening == "[":
        return Item(start, end, None, start)
    word = _WORD.match(text, start)
    after = _skip(text, word.end()) if word else start
    if word is None or text[after : after + 1] not in ("=", ":"):
        return Item(start, end, None, start)
    return Item(start, end, word.group().strip('"'), _skip(text, after + 1))


def walk(block: Block) -> Iterator[Block]:
    """Yield the blocks in a block, those in them too."""
    for each in block.blocks:
        yield each
        yield from walk(each)
