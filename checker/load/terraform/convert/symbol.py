"""Texts of which parts are not known: templates with ``⟦…⟧`` where a value will stand.

A template is the symbol of an Unknown: equal templates mean equal texts. Whatever stands between the brackets names
one value for good, so templates can be joined, split and compared by prefix.
"""

from __future__ import annotations

import re
from typing import Final

from checker.model.arn import Arn, parse_arn
from checker.model.known import Maybe, Unknown

OPEN: Final = "⟦"
CLOSE: Final = "⟧"
HOLE: Final = re.compile(f"{OPEN}[^{CLOSE}]*{CLOSE}")
_MASKS: Final = {":": "\ue000", "/": "\ue001"}


def hole(name: str) -> str:
    """Return the template that stands for one value."""
    return f"{OPEN}{name}{CLOSE}"


def template(value: Maybe[str]) -> str | None:
    """Return the text of a value, holes included; None when nothing is known of it."""
    return value.symbol if isinstance(value, Unknown) else value


def known_or_symbol(text: str, reason: str) -> Maybe[str]:
    """Return a template as a value: itself when it has no holes, else Unknown with it as the symbol.

    ``reason`` is that of the text it was cut from; a single hole has a reason of its own.
    """
    if OPEN not in text:
        return text
    single = HOLE.fullmatch(text) is not None
    return Unknown(f"known after apply: {text.strip(OPEN + CLOSE)}" if single else reason, symbol=text)


def join(*parts: Maybe[str]) -> Maybe[str]:
    """Join known and unknown parts. The first unknown part gives the reason; one without symbol leaves no symbol."""
    unknown: Unknown | None = None
    texts: list[str] = []
    nameless = False
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        else:
            unknown = part if unknown is None else unknown
            nameless = nameless or part.symbol is None
            texts.append(part.symbol or "")
    whole = "".join(texts)
    return whole if unknown is None else Unknown(unknown.reason, symbol=None if nameless else whole)


def mask(text: str) -> str:
    """Hide the separators inside holes, so that a template can be split as if it were known."""
    return HOLE.sub(lambda found: _swap(found.group(), _MASKS), text)


def unmask(text: str) -> str:
    """Undo ``mask``."""
    return _swap(text, {hidden: plain for plain, hidden in _MASKS.items()})


def _swap(text: str, pairs: dict[str, str]) -> str:
    for old, new in pairs.items():
        text = text.replace(old, new)
    return text


def parse_template_arn(text: str) -> Arn | None:
    """Parse an ARN that may have holes. Its fields are masked: split them first, then ``unmask`` the pieces."""
    return parse_arn(mask(text))
