"""Strings with ``${...}`` and ``%{...}``: quoted, heredoc, and those of JSON syntax."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from checker.load.terraform.source.lexical import IDENTIFIER, ScanError, heredoc_parts, skip_braces
from checker.load.terraform.source.syntax import Expr
from checker.model.record import dataclass, field

ParseExpression: TypeAlias = Callable[[str, int], Expr]
"""Parses the source of an expression that stands at an offset."""

_PART: Final = re.compile(r"\$\$\{|%%\{|[$%]\{")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_IF: Final = re.compile(r"\s*if\b(.*)", re.DOTALL)
_FOR: Final = re.compile(rf"\s*for\s+({IDENTIFIER})\s*(?:,\s*({IDENTIFIER})\s*)?in\b(.*)", re.DOTALL)
_WORD: Final = re.compile(r"\s*(else|endif|endfor)\s*")


@dataclass(slots=True)
class _Part:
    kind: str
    """``text``, or ``$`` and ``%`` for what stands in braces."""
    value: str
    offset: int
    trims_before: bool = False
    trims_after: bool = False


@dataclass(slots=True)
class _Body:
    """The expressions of a template, or of one branch of a directive."""

    pieces: list[Expr] = field(default_factory=list)
    ended_by: str = ""


def unescape(text: str) -> str:
    """Return the content of a quoted string: escapes of line ends, quotes and code points replaced."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(1) or found.group(2)
    if code is not None:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else "\ufffd"
    return _ESCAPES.get(found.group(3), found.group())


def parse_quoted(text: str, start: int, end: int, parse: ParseExpression) -> Expr:
    """Parse the quoted string ``text[start:end]``, quotes included."""
    parts = _split(text, start + 1, end - 1)
    for part in parts:
        if part.kind == "text":
            part.value = unescape(part.value)
    _trim(parts)
    return _assemble(parts, parse)


def parse_heredoc(text: str, start: int, parse: ParseExpression) -> Expr:
    """Parse the heredoc that begins at ``start``. Its value ends with a line end, as Terraform's does."""
    flush, body, close, _ = heredoc_parts(text, start)
    parts = [line for part in _split(text, body, close) for line in _by_line(part)]
    _trim(parts)
    if flush:
        _dedent(parts)  # after ~ has taken effect: an indentation that it took away counts as none
    return _assemble(parts, parse)


def parse_raw(text: str, parse: ParseExpression) -> Expr:
    """Parse a template without quotes and escapes: a string of JSON syntax, a template file."""
    parts = _split(text, 0, len(text))
    _trim(parts)
    return _assemble(parts, parse)


def _split(text: str, start: int, end: int) -> list[_Part]:
    """Cut a template into literal text and what stands in braces."""
    parts: list[_Part] = []
    literal, position = "", start
    while found := _PART.search(text, position, end):
        literal += text[position : found.start()]
        if len(found.group()) == 3:
            literal += found.group()[1:]
            position = found.end()
            continue
        if literal:
            parts.append(_Part("text", literal, position))
            literal = ""
        position = skip_braces(text, found.end())
        if position > end:
            raise ScanError(found.start(), "a brace is not closed")
        parts.append(_braced(text, found.start(), position))
    literal += text[position:end]
    return [*parts, _Part("text", literal, position)] if literal else parts


def _braced(text: str, start: int, end: int) -> _Part:
    begin, close = start + 2, end - 1
    before, after = text.startswith("~", begin), text.startswith("~", close - 1) and close - 1 > begin
    begin, close = begin + before, close - after
    return _Part(text[start], text[begin:close], begin, before, after)


def _by_line(part: _Part) -> list[_Part]:
    if part.kind != "text":
        return [part]
    return [_Part("text", line, part.offset) for line in re.findall(r"[^\n]*\n|[^\n]+", part.value)]


def _dedent(parts: list[_Part]) -> None:
    """Take from each line the white space that all lines that are not blank begin with."""
    firsts = [part for index, part in enumerate(parts) if index == 0 or _ends_line(parts[index - 1])]
    counted = [part for part in firsts if part.kind != "text" or part.value.strip() or not part.value.endswith("\n")]
    widths = [len(part.value) - len(part.value.lstrip()) if part.kind == "text" else 0 for part in counted]
    for part in counted:
        if part.kind == "text":
            part.value = part.value[min(widths) :]


def _ends_line(part: _Part) -> bool:
    return part.kind == "text" and part.value.endswith("\n")


def _assemble(parts: list[_Part], parse: ParseExpression) -> Expr:
    parts = [part for part in parts if part.kind != "text" or part.value]
    if not parts:
        return ["lit", ""]
    body, used = _body(parts, 0, parse)
    if used < len(parts) or body.ended_by:
        raise ScanError(parts[min(used, len(parts)) - 1].offset, f"%{{ {body.ended_by} }} belongs to no directive")
    pieces = body.pieces
    if len(pieces) == 1 and pieces[0][0] == "lit":
        return pieces[0]
    if len(pieces) == 1 and parts[0].kind == "%":
        pieces.insert(0, ["lit", ""])  # a lone directive makes text, unlike a lone ${...}
    return ["tpl", pieces]


def _trim(parts: list[_Part]) -> None:
    """Do what ``~`` demands, to the text next to it."""
    for index, part in enumerate(parts):
        if part.trims_before and index and parts[index - 1].kind == "text":
            parts[index - 1].value = parts[index - 1].value.rstrip()
        if part.trims_after and index + 1 < len(parts) and parts[index + 1].kind == "text":
            parts[index + 1].value = parts[index + 1].value.lstrip()


def _body(parts: list[_Part], index: int, parse: ParseExpression) -> tuple[_Body, int]:
    """Return what stands up to the directive that ends this body, and the index behind that directive."""
    body = _Body()
    while index < len(parts):
        part = parts[index]
        index += 1
        if part.kind == "text":
            _add_text(body.pieces, part.value)
        elif part.kind == "$":
            body.pieces.append(parse(part.value, part.offset))
        elif word := _WORD.fullmatch(part.value):
            body.ended_by = word.group(1)
            break
        else:
            expr, index = _directive(parts, index, parse)
            body.pieces.append(expr)
    return body, index


def _add_text(pieces: list[Expr], text: str) -> None:
    if pieces and pieces[-1][0] == "lit" and isinstance(pieces[-1][1], str):
        pieces[-1] = ["lit", pieces[-1][1] + text]
    else:
        pieces.append(["lit", text])


def _directive(parts: list[_Part], index: int, parse: ParseExpression) -> tuple[Expr, int]:
    """Return the expression of the ``if`` or ``for`` before ``index``, and the index behind its end."""
    opening = parts[index - 1]
    if found := _IF.fullmatch(opening.value):
        condition = parse(found.group(1), opening.offset + found.start(1))
        then, index = _body(parts, index, parse)
        otherwise = _Body()
        if then.ended_by == "else":
            otherwise, index = _body(parts, index, parse)
        _expect("endif", then.ended_by if then.ended_by != "else" else otherwise.ended_by, opening)
        return ["cond", condition, _text(then), _text(otherwise)], index
    if found := _FOR.fullmatch(opening.value):
        first, second, source = found.groups()
        collection = parse(source, opening.offset + found.start(3))
        inner, index = _body(parts, index, parse)
        _expect("endfor", inner.ended_by, opening)
        key, value = (first, second) if second else (None, first)
        loop: Expr = ["for_list", key, value, collection, _text(inner), None]
        return ["call", "join", [["lit", ""], loop], False], index
    raise ScanError(opening.offset, f"%{{{opening.value}}} is no directive")


def _expect(word: str, found: str, opening: _Part) -> None:
    if found != word:
        raise ScanError(opening.offset, f"%{{{opening.value}}} has no %{{ {word} }}")


def _text(body: _Body) -> Expr:
    pieces = body.pieces
    if not pieces:
        return ["lit", ""]
    if len(pieces) == 1 and pieces[0][0] == "lit" and isinstance(pieces[0][1], str):
        return pieces[0]
    return ["tpl", [["lit", ""], *pieces] if len(pieces) == 1 else pieces]
