"""Record formats: which fields stand in which order, and which of them the analysis of rejects needs."""

from __future__ import annotations

import re
from typing import Final

NEEDED: Final = ("interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "action", "start", "end")
"""Without these no rejected record can be joined with the rules that rejected it."""

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")


def fields_of(text: str) -> tuple[str, ...] | None:
    """Return the fields that a format or a header line names; None where it is neither.

    ``${version} ${interface-id}``, ``version interface-id`` and ``version interface_id`` are read alike.
    """
    words = [
        re.sub(r"^\$\{(.*)\}$", r"\1", word).replace("_", "-").lower() for word in re.split(r"[\s,]+", text.strip())
    ]
    if not words or not all(_NAME.fullmatch(word) for word in words):
        return None
    known = {"srcaddr", "interface-id", "action", "tgw-id"} & set(words)
    return tuple(words) if known and len(set(words)) == len(words) else None


def missing_for_analysis(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields that a format lacks for the analysis of rejects."""
    have = {name.replace("_", "-") for name in fields}
    return tuple(name for name in NEEDED if name not in have)
