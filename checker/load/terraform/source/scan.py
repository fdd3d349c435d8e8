"""Cuts a file of HCL into its top-level blocks, without parsing what is in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from checker.load.terraform.source.lexical import (
    COMMENT,
    HEREDOC,
    IDENTIFIER,
    PLAIN_STRING,
    ScanError,
    skip_lexeme,
)
from checker.model.record import dataclass

MARK: Final = "flowcheck:"
"""A comment that begins with it is addressed to flowcheck."""

_BLANK: Final = re.compile(rf"(?:\s++|{COMMENT})++")
_BLANK_ON_LINE: Final = re.compile(r"(?:[ \t\r]++|/\*[\s\S]*?\*/)++")
_HEAD: Final = re.compile(rf'{IDENTIFIER}|"(?:[^"\\\n]++|\\.)*+"')
_BODY: Final = re.compile(rf'{PLAIN_STRING}|{COMMENT}|{HEREDOC}|["{{}}]|/\*')
_ESCAPE: Final = re.compile(r'\\(["\\])')
_FRESH_START: Final = re.compile(
    r"^(?:resource|data|module|variable|output|locals|provider|terraform|moved|import|removed|check|ephemeral)\b"
    r'(?=[^\n=]*\{)(?:[ \t]+"[^"\n]*"){0,2}[ \t]*\{',
    re.MULTILINE,
)
"""A line that can only be the first line of a top-level block, where files are laid out as ``terraform fmt`` does."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One top-level block: ``text[start:end]`` from its type to its closing brace."""

    type: str
    labels: tuple[str, ...]
    start: int
    body: int
    """Offset behind the opening brace."""
    end: int
    line: int
    end_line: int

    @property
    def types(self) -> tuple[str, ...]:
        """The resource type it declares, ``data.aws_vpc`` for a data source; empty for other blocks."""
        return header_types(self.type, self.labels)


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of the file that no block can be made of."""

    line: int
    cause: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file consists of."""

    slices: tuple[Slice, ...]
    comments: tuple[tuple[str, int], ...]
    """Comments that begin with ``flowcheck:``, with their line."""
    problems: tuple[Problem, ...]


class Lines:
    """Line numbers, from 1, of offsets into a text."""

    def __init__(self, text: str, first: int = 1) -> None:
        self._starts = [found.end() for found in re.finditer("\n", text)]
        self._first = first

    def at(self, offset: int) -> int:
        """Return the number of the line that holds an offset."""
        return self._first + bisect_right(self._starts, offset)


def header_types(kind: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the resource type that a block of this kind and labels declares."""
    if kind == "resource" and labels:
        return (labels[0],)
    return (f"data.{labels[0]}",) if kind == "data" and labels else ()


def scan(text: str) -> Scan:
    """Cut a file into top-level blocks.

    What cannot be cut becomes a Problem; reading goes on at the next line that can only begin a block. A block after
    which something stands that belongs to no block was closed too early: it is a problem as well, for its content
    cannot be trusted.
    """
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines(text)
        self.attentive = MARK in text
        self.slices: list[Slice] = []
        self.comments: list[tuple[str, int]] = []
        self.problems: list[Problem] = []

    def run(self) -> Scan:
        position = self.blank(0)
        while position < len(self.text):
            try:
                position = self.block(position)
            except ScanError as error:
                position = self.recover(position, error)
            position = self.blank(position)
        return Scan(tuple(self.slices), tuple(self.comments), tuple(self.problems))

    def blank(self, position: int) -> int:
        """Skip white space and comments between blocks."""
        found = _BLANK.match(self.text, position)
        if found is None:
            return position
        if self.attentive:
            for comment in re.finditer(COMMENT, found.group()):
                self.comment(comment.group(), position + comment.start())
        return found.end()

    def block(self, start: int) -> int:
        kind, labels, body = self.header(start)
        try:
            end = self.close(body)
        except ScanError as error:
            where = "" if error.offset == body - 1 else f" in line {self.lines.at(error.offset)}"
            raise _Broken(start, f"{error.cause}{where}", header_types(kind, labels), body) from error
        self.slices.append(Slice(kind, labels, start, body, end, self.lines.at(start), self.lines.at(end - 1)))
        return end

    def header(self, start: int) -> tuple[str, tuple[str, ...], int]:
        """Return a block's type and labels and the offset behind its opening brace."""
        words: list[str] = []
        position = start
        while found := _HEAD.match(self.text, position):
            word = found.group()
            words.append(_ESCAPE.sub(r"\1", word[1:-1]) if word.startswith('"') else word)
            blank = _BLANK_ON_LINE.match(self.text, found.end())
            position = blank.end() if blank else found.end()
        if not words or not self.text.startswith("{", position):
            raise ScanError(start, "here a block is expected")
        return words[0], tuple(words[1:]), position + 1

    def close(self, position: int) -> int:
        """Return the offset behind the brace that closes a block whose body begins at ``position``."""
        opened, begin = 1, position
        while found := _BODY.search(self.text, position):
            lexeme = found.group()
            position = found.end()
            if lexeme == "{":
                opened += 1
            elif lexeme == "}":
                opened -= 1
                if opened == 0:
                    return position
            elif lexeme[0] in "#/" and lexeme != "/*":
                self.comment(lexeme, found.start())
            else:
                position = skip_lexeme(self.text, found)
        raise ScanError(begin - 1, "the block is not closed")

    def comment(self, lexeme: str, offset: int) -> None:
        if not self.attentive:
            return
        content = lexeme[2:-2] if lexeme.startswith("/*") else lexeme.lstrip("#/")
        for number, line in enumerate(content.split("\n")):
            said = line.strip().lstrip("*").strip()
            if said.startswith(MARK):
                self.comments.append((said, self.lines.at(offset) + number))

    def recover(self, position: int, error: ScanError) -> int:
        """Note a problem and return where reading can go on."""
        if isinstance(error, _Broken):
            types, after = error.types, error.body
        else:
            types, after = self.untrust(position), position + 1
        self.problems.append(Problem(self.lines.at(error.offset), error.cause, types))
        found = _FRESH_START.search(self.text, after)
        return found.start() if found else len(self.text)

    def untrust(self, position: int) -> tuple[str, ...]:
        """Drop the block that ends before a text that belongs to no block; return its types."""
        if not self.slices or (self.problems and self.problems[-1].line > self.slices[-1].end_line):
            return ()
        last = self.slices.pop()
        self.problems.append(
            Problem(last.line, f"something follows it in line {self.lines.at(position)} that is no block", last.types)
        )
        return last.types


class _Broken(ScanError):
    def __init__(self, offset: int, cause: str, types: tuple[str, ...], body: int) -> None:
        super().__init__(offset, cause)
        self.types = types
        self.body = body
