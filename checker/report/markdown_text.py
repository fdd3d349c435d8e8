"""Texts from the input made safe inside GitHub and GitLab Markdown: no markup, no HTML, no links, nobody mentioned."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from checker.report.sanitize import block, clip, plain

_BREAK: Final = "<!-- -->"
"""An empty comment: splits a text so that no platform sees a mention, an issue or an address in it; shows nothing."""

_LINKS: Final = re.compile(r"@|:(?=//)|(?i:(?<=www)\.)|(?i:(?<=gh)-)(?=\d)|#(?=\d)")
"""The sign after which platforms see a mention, an address, or an issue (``#1``, ``GH-1``)."""

_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKUP: Final = re.compile(r"[\\`*\[\]|~#$&<>{}!^]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""An underscore within a word is no markup."""

_AT_START: Final = re.compile(r"^(?:([-+=:])|(\d+)(?=[.)]))")
_TROUBLE: Final = re.compile(r"[|`\\]|^\s|\s$|^$")
"""What a code span cannot hold inside a table."""


def prose(text: str, most: int = 1000) -> str:
    """Return a text as Markdown that shows it literally, clipped to ``most`` characters. For one line or one cell."""
    shown = (
        clip(plain(text).strip(), most) or "(empty)"
    )  # nothing after a dash would make the line a heading's underline
    return _AT_START.sub(_escape_start, _apart(shown, _escape))


def code(text: str, most: int = 300) -> str:
    """Return a name as code, clipped to ``most`` characters. Also safe inside a table."""
    shown = clip(plain(text), most)
    return html_code(text, most) if _TROUBLE.search(shown) else f"`{shown}`"


def html_code(text: str, most: int = 300) -> str:
    """Return a name as an HTML ``code`` element whose content is neither markup nor HTML: also safe in ``summary``."""
    return f"<code>{_apart(clip(plain(text), most), _entities)}</code>"


def fence(text: str, language: str) -> str:
    """Return several lines as a fenced code block, whose fence is longer than any in the text."""
    body = block(text)
    longest = max((len(run) for run in re.findall("`+", body)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{body}\n{marks}"


def _apart(text: str, escape: Callable[[str], str]) -> str:
    """Return the escaped text with a break after each sign that would start a link."""
    if not _LINKS.search(text):
        return escape(text)
    pieces, end = [], 0
    for match in _LINKS.finditer(text):
        pieces.append(escape(text[end : match.end()]))
        end = match.end()
    return _BREAK.join([*pieces, escape(text[end:])])


def _escape(text: str) -> str:
    return _MARKUP.sub(lambda match: _HTML.get(match[0], f"\\{match[0]}"), text)


def _entities(text: str) -> str:
    return "".join(
        char if char.isalnum() or char in "-/ " or not char.isascii() else f"&#{ord(char)};" for char in text
    )


def _escape_start(match: re.Match[str]) -> str:
    """Keep the beginning of a text from being taken for a list, the underline of a heading, or a rule."""
    return f"&#{ord(match[1])};" if match[1] else f"{match[2]}{_BREAK}"
