"""Mistakes in a file: where each stands, and one error that names them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from checker.errors import PolicyError
from checker.model.record import dataclass

Steps: TypeAlias = tuple[str | int, ...]
"""Keys and positions from the top of a file to one value."""

SHOWN: Final = 40
"""So many mistakes are shown; the rest is counted."""

_PLAIN: Final = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Line and column, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake."""

    file: str
    place: Place
    steps: str
    """``rules.FL003.max_seconds``; empty for the file as a whole."""
    message: str

    def __str__(self) -> str:
        what = f"{self.steps}: " if self.steps else ""
        return f"{self.file}:{self.place.line}:{self.place.column}: {what}{self.message}"


def raise_problems(problems: Iterable[Problem], *, hint: str) -> None:
    """Raise one PolicyError that lists all problems in the order of the file; nothing where there are none."""
    listed = sorted(set(problems))
    if not listed:
        return
    lines = [str(problem) for problem in listed[:SHOWN]]
    if len(listed) > SHOWN:
        lines.append(f"and {len(listed) - SHOWN} more")
    raise PolicyError("\n".join(lines), hint=hint)


def steps_text(steps: Iterable[str | int]) -> str:
    """Return steps as text: ``select[0].match.tag.env``, with quotes around keys that need them."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            word = step if _PLAIN.fullmatch(step) else f'"{step}"'
            text += f".{word}" if text else word
    return text


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest known word, or nothing where none is near."""
    import difflib

    folded = {each.lower(): each for each in reversed(known)}
    near = difflib.get_close_matches(word.lower(), list(folded), n=1, cutoff=0.6)
    return f" (did you mean {folded[near[0]]!r}?)" if near else ""
