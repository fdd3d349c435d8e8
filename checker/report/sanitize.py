"""Names and texts made safe for where they are shown. The one place for escaping that several formats share.

Resource names, for_each keys, file names and messages come from the input, so they may hold anything: escape sequences
for the terminal, marks that reverse the reading direction, spaces without width, line breaks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

_UNSEEN: Final = (
    r"\x00-\x1f\x7f-\x9f"  # control characters, C0 and C1: escape sequences, line breaks
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers, selectors
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # without width; line separators; direction
    r"\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"  # blank, byte order mark, interlinear marks, no characters
    r"\ud800-\udfff"  # halves of a pair: no text encoding takes them
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # format controls, tags
)
"""Characters that are not seen as themselves, as the inside of a regular expression's set."""

_AGENT: Final = re.compile(r"##(?=\w*\[)")
"""Starts a command wherever it stands in a line of a build log: ``##vso[`` (Azure), ``##teamcity[``, ``##[``."""

_DELETE: Final = "\x7f"
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)
_HOLDERS: Final = (dict, list, Iterator)
_PAIR: Final = re.compile(r"[\ud800-\udbff][\udc00-\udfff]")
_ELLIPSIS: Final = "…"


@lru_cache(maxsize=1)  # takes two milliseconds, and most texts need none
def _escaped() -> re.Pattern[str]:
    return re.compile(f"[{_UNSEEN}]")


def plain(text: str) -> str:
    r"""Return the text on one line with everything unseen spelled out, for example ``\x1b`` or ``\u202e``.

    What a build log would take for a command is broken in the same way.
    """
    if not (text.isascii() and text.isprintable()):
        text = _escaped().sub(_spell, text)
    return _AGENT.sub(r"#\\x23", text) if "##" in text else text


def block(text: str) -> str:
    """Return a text of several lines, each made plain; tabs become two spaces and no blank lines end it."""
    lines = text.replace("\r\n", "\n").replace("\t", "  ").rstrip("\n").split("\n")
    return "\n".join(log_line(plain(line)) for line in lines)


def log_line(line: str) -> str:
    """Return a line that GitHub Actions does not take for a workflow command (``::set-env`` after any blanks)."""
    blanks = len(line) - len(line.lstrip())
    return f"{line[:blanks]}\\x3a{line[blanks + 1 :]}" if line.startswith("::", blanks) else line


def clip(text: str, most: int) -> str:
    """Return the text, or its beginning with an ellipsis, in at most ``most`` characters."""
    return text if len(text) <= most else text[: most - 1] + _ELLIPSIS


class Written(str):
    """JSON text made with ``json_text``, to be placed in another one as it stands."""

    __slots__ = ()


def json_text(value: Any, *, depth: int, end: str = "") -> str:
    r"""Return a value as JSON in which unseen characters are written as ``\uXXXX``; others stand as they are.

    Objects and lists down to ``depth`` levels have one member a line; what lies deeper stands on that line. That reads
    and compares well line by line, and is written ten times faster than with every member on a line of its own. An
    iterator within that depth is written like a list, without holding all of its members at once. ``end`` comes last.
    """
    return "".join(json_pieces(value, depth=depth, end=end))


def json_pieces(value: Any, *, depth: int, end: str = "") -> Iterator[str]:
    """Yield the pieces of ``json_text``, so that a report of hundreds of megabytes need not be held to be written."""
    yield from _lay_out(value, depth, "\n")
    yield end


def _lay_out(value: Any, depth: int, newline: str) -> Iterator[str]:
    if not depth or not isinstance(value, _HOLDERS):
        yield value if value.__class__ is Written else _compact(value)
        return
    inner = newline + "  "
    is_object = isinstance(value, dict)
    yield "{" if is_object else "["
    separator = inner
    for name, member in value.items() if isinstance(value, dict) else ((None, member) for member in value):
        yield separator
        separator = f",{inner}"
        if is_object:
            yield f"{_compact(name)}: "
        if depth == 1 or not isinstance(member, _HOLDERS):
            yield member if member.__class__ is Written else _compact(member)
        else:
            yield from _lay_out(member, depth - 1, inner)
    if separator is not inner:
        yield newline
    yield "}" if is_object else "]"


def _compact(value: Any) -> str:
    text = _ENCODER.encode(value)
    if not text.isascii() or _DELETE in text:  # the encoder has escaped all other control characters
        text = _escaped().sub(_json_escape, _join_pairs(text))
    return _AGENT.sub(r"#\\u0023", text) if "##" in text else text


def _spell(match: re.Match[str]) -> str:
    names = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
    char = match[0]
    code = ord(char)
    if char in names:
        return names[char]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(match: re.Match[str]) -> str:
    """Return one character as a JSON string has it escaped."""
    return json.dumps(match[0])[1:-1].replace("\x7f", "\\u007f")


def _join_pairs(text: str) -> str:
    """Return the text with both halves of a surrogate pair joined, as every reader of JSON joins them."""
    return _PAIR.sub(lambda match: match[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
