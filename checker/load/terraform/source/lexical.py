"""Where strings, heredocs, templates and comments of HCL begin and end. Offsets only; nothing is interpreted."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

MAX_DEPTH: Final = 20
"""How deep templates may nest in templates."""

IDENTIFIER: Final = r"[^\W\d][\w-]*"

# Possessive, so that a quote that is never closed costs one pass and not all ways to split what follows it.
PLAIN_STRING: Final = r'"(?:[^"\\$%\n]++|\\.|\$(?![{$])|%(?![{%]))*+"'
"""A quoted string without interpolation, directive or escaped ``$${``."""

COMMENT: Final = r"\#[^\n]*|//[^\n]*|/\*[\s\S]*?\*/"
HEREDOC: Final = rf"<<-?{IDENTIFIER}[ \t]*\r?\n"

_IN_QUOTES: Final = re.compile(r'\\.|\$\$\{|%%\{|[$%]\{|"|\n', re.DOTALL)
_IN_CODE: Final = re.compile(rf'{PLAIN_STRING}|{COMMENT}|{HEREDOC}|["{{}}]|/\*')
_HEREDOC_START: Final = re.compile(rf"<<(-?)({IDENTIFIER})[ \t]*\r?\n")


class ScanError(Exception):
    """Text in which something is opened and not closed, or nested beyond reason."""

    def __init__(self, offset: int, cause: str) -> None:
        super().__init__(cause)
        self.offset = offset
        self.cause = cause


def skip_lexeme(text: str, found: re.Match[str], depth: int = 0) -> int:
    """Return the end of the string, heredoc or comment that a pattern made of the ones above has found."""
    lexeme = found.group()
    if lexeme == '"':
        return skip_quoted(text, found.start(), depth)
    if lexeme == "/*":
        raise ScanError(found.start(), "a comment is not closed")
    if lexeme.startswith("<<"):
        return skip_heredoc(text, found.start(), depth)
    return found.end()


def skip_quoted(text: str, start: int, depth: int = 0) -> int:
    """Return the offset behind the closing quote of the string that begins at ``start``."""
    position = start + 1
    while found := _IN_QUOTES.search(text, position):
        lexeme = found.group()
        if lexeme == '"':
            return found.end()
        if lexeme == "\n":
            break
        position = skip_braces(text, found.end(), depth + 1) if lexeme in ("${", "%{") else found.end()
    raise ScanError(start, "a quoted text is not closed")


def skip_braces(text: str, position: int, depth: int = 0) -> int:
    """Return the offset behind the ``}`` that closes the brace before ``position``."""
    if depth > MAX_DEPTH:
        raise ScanError(position, "templates are nested too deeply")
    opened, begin = 1, position
    while found := _IN_CODE.search(text, position):
        lexeme = found.group()
        position = found.end()
        if lexeme == "{":
            opened += 1
        elif lexeme == "}":
            opened -= 1
            if opened == 0:
                return position
        else:
            position = skip_lexeme(text, found, depth)
    raise ScanError(begin - 1, "a brace is not closed")


def skip_heredoc(text: str, start: int, depth: int = 0) -> int:
    """Return the offset behind the closing marker (before its line end) of the heredoc that begins at ``start``."""
    return heredoc_parts(text, start, depth)[3]


def heredoc_parts(text: str, start: int, depth: int = 0) -> tuple[bool, int, int, int]:
    """Return whether a heredoc is ``<<-``, where its body begins, where its closing line begins, and where it ends."""
    head = _HEREDOC_START.match(text, start)
    if head is None:
        raise ScanError(start, "a heredoc has no marker")
    marker = _in_heredoc(head.group(2))
    position = head.end()
    while found := marker.search(text, position):
        lexeme = found.group()
        if lexeme in ("${", "%{"):
            position = skip_braces(text, found.end(), depth + 1)
        elif lexeme in ("$${", "%%{"):
            position = found.end()
        else:
            return head.group(1) == "-", head.end(), found.start(), found.end()
    raise ScanError(start, f"the heredoc {head.group(2)} is not closed")


@lru_cache(maxsize=256)
def _in_heredoc(marker: str) -> re.Pattern[str]:
    return re.compile(rf"\$\$\{{|%%\{{|[$%]\{{|^[ \t]*{re.escape(marker)}(?=[ \t\r]*$)", re.MULTILINE)
