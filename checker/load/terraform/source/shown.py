"""An expression as a reason names it: on one line, short, and without its literal texts, which may be secrets."""

from __future__ import annotations

import re
from typing import Final

LENGTH: Final = 160
"""Longest text."""

_QUOTED: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"')
_HEREDOC: Final = re.compile(r"<<-?\w+.*", re.DOTALL)
_INTERPOLATION: Final = re.compile(r"(\$\{[^{}\"]*\})")


def shown(written: str) -> str:
    """Return an expression for people: names and structure stay, literal texts become ``…``.

    ``[`` before a text makes it a key, which an address holds anyway. A template keeps what it interpolates; one whose
    end is not plain (texts inside an interpolation) ends what is shown.
    """
    text = _HEREDOC.sub("<<…", written)
    kept: list[str] = []
    position = 0
    for quoted in _QUOTED.finditer(text):
        kept.append(text[position : quoted.start()])
        position = quoted.end()
        parts = _INTERPOLATION.split(quoted.group()[1:-1])
        if any("${" in part or "%{" in part for part in parts[::2]):
            kept.append('"…"')
            position = len(text)
            break
        key = text[: quoted.start()].endswith("[") and len(parts) == 1
        kept.append(quoted.group() if key else '"' + "".join(_hidden(parts)) + '"')
    line = " ".join("".join([*kept, text[position:]]).split())
    return line if len(line) <= LENGTH else f"{line[: LENGTH - 1]}…"


def _hidden(parts: list[str]) -> list[str]:
    """Return the pieces of a template, its literal ones (at even places) hidden."""
    return [part if number % 2 else "…" if part else "" for number, part in enumerate(parts)]
