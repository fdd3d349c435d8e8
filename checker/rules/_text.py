"""Texts compared with three answers: yes, no, or not known.

Two texts may hold ``⟦…⟧``: a part that only the apply will tell, named by what stands between the brackets. Equal
names mean equal parts; different names mean nothing. A pattern may also hold ``*`` and ``?`` as IAM knows them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, TypeAlias

from checker.model.known import Maybe, Unknown

Tri: TypeAlias = bool | None
"""True, False, or None for "cannot be told"."""

_OPEN: Final = "⟦"
_HOLE: Final = re.compile("⟦[^⟧]*⟧")
_TOKEN: Final = re.compile("⟦[^⟧]*⟧|.", re.DOTALL)


def all_of(*parts: Tri) -> Tri:
    """Return the three-valued AND; True for none."""
    if any(part is False for part in parts):
        return False
    return True if all(part is True for part in parts) else None


def any_of(*parts: Tri) -> Tri:
    """Return the three-valued OR; False for none."""
    if any(part is True for part in parts):
        return True
    return False if all(part is False for part in parts) else None


def opposite(part: Tri) -> Tri:
    """Return the three-valued NOT."""
    return None if part is None else not part


def hole(name: str) -> str:
    """Return a text that stands for something not known, by name."""
    return f"{_OPEN}{name}⟧"


def is_open(text: str) -> bool:
    """Say whether a part of a text is not known."""
    return _OPEN in text


def text_of(value: Maybe[str], name: str) -> str:
    """Return a value as text: itself, its symbol, or a part of its own under ``name``."""
    if isinstance(value, Unknown):
        return value.symbol if value.symbol is not None else hole(name)
    return value


def mask(text: str) -> str:
    """Hide ``:`` and ``/`` inside unknown parts, so that a text can be split at those outside."""
    return _HOLE.sub(lambda found: found.group().replace(":", "\ue000").replace("/", "\ue001"), text)


@lru_cache(maxsize=16384)
def matches(pattern: str, text: str) -> Tri:
    """Say whether a text matches a pattern with ``*`` (any characters) and ``?`` (one character)."""
    if _OPEN not in pattern and _OPEN not in text:
        return re.fullmatch(_regex(pattern), text, re.DOTALL) is not None
    wanted, given = _TOKEN.findall(pattern), _TOKEN.findall(text)
    if _aligned(wanted, given, loose=False):
        return True
    return None if _aligned(wanted, given, loose=True) else False


def equal(one: str, other: str) -> Tri:
    """Say whether two texts are equal; ``*`` and ``?`` are plain characters here."""
    if one == other:
        return True
    if _OPEN not in one and _OPEN not in other:
        return False
    plain = {"*": "\ue010", "?": "\ue011"}
    return matches("".join(plain.get(char, char) for char in one), "".join(plain.get(char, char) for char in other))


def equal_maybe(one: Maybe[str | None], other: Maybe[str | None]) -> Tri:
    """Say whether two values that may not be known are equal. None, "known to be unset", equals only itself."""
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        first = one.symbol if isinstance(one, Unknown) else one
        second = other.symbol if isinstance(other, Unknown) else other
        return equal(first, second) if first is not None and second is not None else None
    return one == other


def _regex(pattern: str) -> str:
    return "".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)


def _aligned(pattern: list[str], text: list[str], *, loose: bool) -> bool:
    """Say whether the tokens can be laid over each other.

    Strictly, an unknown part matches only ``*`` and itself: the match then holds whatever the part is. Loosely, it may
    stand for any characters on either side: without a match then, there is none in truth.
    """
    row = [True]
    for token in text:
        row.append(row[-1] and loose and _any(token))
    for wanted in pattern:
        many = wanted == "*" or (loose and _any(wanted))
        below = [row[0] and many]
        for column, token in enumerate(text, start=1):
            here = row[column - 1] and _single(wanted, token)
            here = here or (many and (row[column] or below[column - 1]))
            here = here or (loose and _any(token) and (row[column] or below[column - 1]))
            below.append(here)
        row = below
    return row[-1]


def _any(token: str) -> bool:
    return token.startswith(_OPEN)


def _single(wanted: str, token: str) -> bool:
    return wanted == token or (wanted == "?" and not _any(token))
