"""Rewrites HCL into the part of it that python-hcl2 reads rightly, without moving a single character.

Offsets into the rewritten text are offsets into the original, from which identifiers, strings and lines are then
taken. What python-hcl2 8.1 does not read, or reads as something else, and what is done about it:

    comments (between a block's labels and its brace)       become blanks
    line ends within parentheses, brackets, ``${}``         become blanks, as HCL ignores them there
    identifiers outside ASCII                               become ASCII of the same length
    ``provider::aws::arn_parse(``                           becomes one identifier of the same length
    ``!!x``                                                 becomes ``x``
    heredocs (their content is one token to python-hcl2),
    strings with ``$${``, ``%%{``, ``%{``, ``${~``, ``~}``  become a plain string of the same length; the template is
                                                            parsed from the original text (see template.py)
"""

from __future__ import annotations

import re
from typing import Final

from checker.load.terraform.source.lexical import (
    COMMENT,
    HEREDOC,
    IDENTIFIER,
    PLAIN_STRING,
    ScanError,
    skip_braces,
    skip_lexeme,
)
from checker.model.record import dataclass

_LEXEME: Final = re.compile(
    rf"{PLAIN_STRING}|{COMMENT}|{HEREDOC}|\n|(?P<name>{IDENTIFIER}(?:::{IDENTIFIER})*)|!\s*!|[\"{{}}()\[\]]|/\*"
)
_FOR: Final = re.compile(rf"(?:\s++|{COMMENT})*+for\b(?!\s*[=:])")
_AWKWARD: Final = re.compile(r"\$\$\{|%%\{|%\{|\$\{~|~\s*\}|<<|\\(?![nrt\"\\])")
_INTERPOLATION: Final = re.compile(r"\\.|\$\{", re.DOTALL)
_INTERPOLATED: Final = "${"
_PAIRS: Final = {"}": "{", ")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class Normalised:
    """HCL as python-hcl2 is given it."""

    text: str
    plain: str
    """The original without comments."""
    templates: dict[int, int]
    """Where strings and heredocs begin and end that stand as a plain string in ``text``."""


def normalise(text: str, *, inside: bool = False) -> Normalised:
    """Rewrite a body; with ``inside``, an expression that stands where HCL ignores line ends."""
    return _Normaliser(text, inside).run()


class _Normaliser:
    def __init__(self, text: str, inside: bool) -> None:
        self.source = text
        self.pieces: list[str] = []
        self.plain: list[str] = []
        self.templates: dict[int, int] = {}
        self.stack: list[str] = [_INTERPOLATED if inside else ""]
        """Open brackets; ``for`` is the brace of a for-expression."""

    def run(self) -> Normalised:
        self.walk(0, len(self.source))
        return Normalised("".join(self.pieces), "".join(self.plain), self.templates)

    def walk(self, position: int, end: int) -> None:
        while found := _LEXEME.search(self.source, position, end):
            self.put(self.source[position : found.start()])
            position = self.lexeme(found)
        self.put(self.source[position:end])

    def put(self, text: str, plain: str | None = None) -> None:
        self.pieces.append(text)
        self.plain.append(text if plain is None else plain)

    def lexeme(self, found: re.Match[str]) -> int:
        """Copy or rewrite what was found; return where it ends."""
        lexeme = found.group()
        first = lexeme[0]
        if found.lastgroup == "name":
            self.put(self.name(lexeme), lexeme)
        elif lexeme == "\n":
            self.put("\n" if self.stack[-1] in ("", "{") else " ", "\n")
        elif first in "#/" and lexeme != "/*":
            self.put(" " * len(lexeme))
        elif first in '"</':
            return self.string(found)
        elif first == "!":
            self.put(" " * len(lexeme), lexeme)
        else:
            self.bracket(lexeme, found)
        return found.end()

    @staticmethod
    def name(lexeme: str) -> str:
        return lexeme.replace(":", "_") if lexeme.isascii() else "x" * len(lexeme)

    def bracket(self, lexeme: str, found: re.Match[str]) -> None:
        if lexeme in _PAIRS:
            opening = self.stack.pop() if len(self.stack) > 1 else ""
            if ("{" if opening == "for" else opening) != _PAIRS[lexeme]:
                raise ScanError(found.start(), f"{lexeme} closes nothing")
        elif lexeme == "{" and _FOR.match(self.source, found.end()):
            self.stack.append("for")
        else:
            self.stack.append(lexeme)
        self.put(lexeme)

    def string(self, found: re.Match[str]) -> int:
        start, lexeme = found.start(), found.group()
        end = skip_lexeme(self.source, found)
        if len(lexeme) > 1 and lexeme[0] == '"':
            self.put(lexeme)
            return end
        whole = self.source[start:end]
        if lexeme != '"' or _AWKWARD.search(whole):
            self.templates[start] = end
            self.put(f'"{"_" * (len(whole) - 2)}"', whole)
        else:
            self.interpolated(start, end)
        return end

    def interpolated(self, start: int, end: int) -> None:
        """Copy a string whose interpolations python-hcl2 can read, rewriting only what is inside of them."""
        position = start
        while found := _INTERPOLATION.search(self.source, position, end):
            self.put(self.source[position : found.end()])
            position = found.end()
            if found.group() == "${":
                close = skip_braces(self.source, position) - 1
                self.stack.append(_INTERPOLATED)
                self.walk(position, close)
                if self.stack.pop() != _INTERPOLATED:
                    raise ScanError(position, "a bracket is not closed")
                position = close
        self.put(self.source[position:end])
