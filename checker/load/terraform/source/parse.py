"""Parses blocks and expressions of HCL with python-hcl2."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from checker.load.terraform.source.convert_tree import TreeConverter
from checker.load.terraform.source.lexical import ScanError, skip_quoted
from checker.load.terraform.source.normalise import Normalised, normalise
from checker.load.terraform.source.scan import Lines, Slice
from checker.load.terraform.source.shown import shown
from checker.load.terraform.source.syntax import Attribute, Block, Expr
from checker.load.terraform.source.template import parse_raw
from checker.model.record import dataclass

if TYPE_CHECKING:
    from lark import Token, Tree

REPEATING: Final = ("count", "for_each", "provider")
"""Arguments that are read of a resource whose type nobody needs: they say which instances there are."""

_TOO_DEEP: Final = "it is nested too deeply"
_PREFIX: Final = "_ = "
_WORD: Final = re.compile(r"[ \t]*([^\W\d][\w-]{0,30}|[^\s\w])")
_REPEATING: Final = re.compile(rf"\b(?:{'|'.join(REPEATING)})[ \t]*=")
_AT_TOP: Final = re.compile(rf'["{{}}]|^[ \t]*({"|".join(REPEATING)})[ \t]*=(?!=)|\n', re.MULTILINE)


class ParseError(Exception):
    """Text that is no HCL, or none that python-hcl2 can read."""

    def __init__(self, cause: str, offset: int) -> None:
        super().__init__(cause)
        self.cause = cause
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Body:
    """Attributes and blocks of a file or block."""

    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]


def parse_block(text: str, part: Slice, path: str) -> Block:
    """Parse one top-level block of a file; raises ParseError with an offset into the file."""
    body = _body(text, part.body, part.end - 1, path)
    return Block(part.type, part.labels, body.attributes, body.blocks, path, part.line, part.end_line)


def parse_outline(text: str, part: Slice, path: str) -> Block:
    """Return a block with nothing but its count, for_each and provider."""
    attributes: dict[str, Attribute] = {}
    if _REPEATING.search(text, part.body, part.end):
        for start, end in _repeating(text, part):
            attributes.update(_body(text, start, end, path).attributes)
    return Block(part.type, part.labels, attributes, (), path, part.line, part.end_line)


def parse_body(text: str, path: str) -> Body:
    """Parse attributes and blocks without anything around them."""
    return _body(text, 0, len(text), path)


def parse_expression(text: str) -> Expr:
    """Parse one expression; raises ParseError."""
    try:
        return _inner(text, 0)
    except RecursionError as error:
        raise ParseError(_TOO_DEEP, 0) from error


def parse_template(text: str) -> Expr:
    """Parse a template without quotes, such as the content of a template file; raises ParseError."""
    try:
        return parse_raw(text, _inner)
    except ScanError as error:
        raise ParseError(error.cause, error.offset) from error
    except RecursionError as error:
        raise ParseError(_TOO_DEEP, 0) from error


def _inner(text: str, offset: int) -> Expr:
    """Parse an expression that stands at an offset of a text, inside a template."""
    normalised = _normalise(text, offset, inside=True)
    leading = len(normalised.text) - len(normalised.text.lstrip())
    tree = _tree(f"{_PREFIX}{normalised.text.strip()}", offset + leading - len(_PREFIX))
    content = [child for child in tree.children if not isinstance(child, str) and child.data != "new_line_or_comment"]
    if len(content) != 1:
        raise ParseError("here one expression is expected", offset)
    converter = TreeConverter(text, normalised, _at(offset), offset=leading - len(_PREFIX))
    try:
        return converter.expression(_value(content[0]))
    except ScanError as error:
        raise ParseError(error.cause, offset + error.offset) from error


def _child(node: Tree[Token], index: int) -> Tree[Token]:
    child: Any = node.children[index]
    return child  # type: ignore[no-any-return]


def _value(attribute: Tree[Token]) -> Tree[Token]:
    """Return the expression behind the ``=`` of an attribute."""
    return _child(attribute, 2)


def _at(start: int) -> Callable[[str, int], Expr]:
    """Return what parses an expression at an offset of a text that itself begins at ``start``."""
    return lambda text, offset: _inner(text, start + offset)


def _normalise(text: str, offset: int, *, inside: bool = False) -> Normalised:
    try:
        return normalise(text, inside=inside)
    except ScanError as error:
        raise ParseError(error.cause, error.offset + offset) from error


def _tree(text: str, offset: int) -> Tree[Token]:
    """Return python-hcl2's tree of a body."""
    import hcl2
    from lark.exceptions import LarkError, UnexpectedInput

    try:
        tree: Tree[Token] = hcl2.parses_to_tree(text + "\n")
    except UnexpectedInput as error:
        position = error.pos_in_stream if isinstance(error.pos_in_stream, int) and error.pos_in_stream >= 0 else 0
        raise ParseError(_cause(text, position), offset + min(position, len(text))) from error
    except LarkError as error:
        raise ParseError("it cannot be parsed", offset) from error
    return _child(tree, 0)


def _cause(text: str, position: int) -> str:
    """Name the word or sign that is not expected, never the content of a text."""
    found = _WORD.match(text, position)
    return f"unexpected {found.group(1)}" if found else "unexpected end of line"


def _body(text: str, start: int, end: int, path: str) -> Body:
    source = text[start:end]
    try:
        normalised = _normalise(source, start)
        tree = _tree(normalised.text, start)
        converter = TreeConverter(source, normalised, _at(start))
        return _Reader(converter, Lines(source, 1 + text.count("\n", 0, start)), path).body(tree)
    except ScanError as error:
        raise ParseError(error.cause, start + error.offset) from error
    except RecursionError as error:
        raise ParseError(_TOO_DEEP, start) from error


@dataclass(frozen=True, slots=True)
class _Reader:
    converter: TreeConverter
    lines: Lines
    path: str

    def body(self, tree: Tree[Token]) -> Body:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for child in tree.children:
            if isinstance(child, str):
                continue
            if child.data == "block":
                blocks.append(self.block(child))
            elif child.data == "attribute":
                name, attribute = self.attribute(child)
                if name in attributes:
                    raise ScanError(child.meta.start_pos, f"argument {name} is set twice")
                attributes[name] = attribute
        return Body(attributes, tuple(blocks))

    def attribute(self, node: Tree[Token]) -> tuple[str, Attribute]:
        value = _value(node)
        expr = self.converter.expression(value)
        written = self.converter.normalised.plain[value.meta.start_pos : value.meta.end_pos]
        line = self.lines.at(node.meta.start_pos)
        return self.converter.identifier(_child(node, 0)), Attribute(expr, line, shown(written))

    def block(self, node: Tree[Token]) -> Block:
        *header, tree = (child for child in node.children if not isinstance(child, str))
        words = [self.word(child) for child in header if child.data != "new_line_or_comment"]
        body = self.body(tree)
        first, last = self.lines.at(node.meta.start_pos), self.lines.at(node.meta.end_pos - 1)
        return Block(words[0], tuple(words[1:]), body.attributes, body.blocks, self.path, first, last)

    def word(self, node: Tree[Token]) -> str:
        if node.data != "string":
            return self.converter.identifier(node)
        expr = self.converter.string(node)
        return str(expr[1]) if expr[0] == "lit" else "?"


def _repeating(text: str, part: Slice) -> list[tuple[int, int]]:
    """Return where count, for_each and provider stand in a block, not in the blocks in it."""
    normalised = _normalise(text[part.body : part.end - 1], part.body).text
    found: list[tuple[int, int]] = []
    begin, depth, position = -1, 0, 0
    while match := _AT_TOP.search(normalised, position):
        lexeme, position = match.group(), match.end()
        if lexeme == '"':
            position = skip_quoted(normalised, match.start())
        elif lexeme == "{":
            depth += 1
        elif lexeme == "}":
            depth -= 1
        elif lexeme == "\n" and depth == 0 and begin >= 0:
            found.append((part.body + begin, part.body + match.start()))
            begin = -1
        elif match.group(1) and depth == 0:
            begin = match.start()
    if begin >= 0:
        found.append((part.body + begin, part.end - 1))
    return found


__all__ = ["Body", "ParseError", "parse_block", "parse_body", "parse_expression", "parse_outline", "parse_template"]
