"""Rejected records as they were logged: put together from their columns when one is asked for, which few are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.arrow import Column
from checker.flowlog.engine.chunk import Words, dotted
from checker.flowlog.engine.columns import WHOLE, quoted

if TYPE_CHECKING:
    from numpy import ndarray

_NUMBERS: Final = {"srcport": "sport", "dstport": "dport", "protocol": "proto"}
_ADDRESSES: Final = {"srcaddr": "src", "dstaddr": "dst"}

Lines = Callable[[Sequence[int]], list[str]]
"""From the places of records to their texts."""
_Spelling = Callable[[Any], list[str]]
"""From the places of records, as an array, to the texts of one of their fields."""


def beside(fields: Sequence[str], types: Sequence[str]) -> list[str | None]:
    """Return as SQL what has to be kept of each field for the text of a record; None where that is known anyway.

    ``types``: what the columns hold, in DuckDB's words.
    """
    return [_beside(name.replace("_", "-"), quoted(name), type_) for name, type_ in zip(fields, types, strict=True)]


def _beside(field: str, column: str, type_: str) -> str | None:
    if type_ in WHOLE:
        return None if field in _NUMBERS else f"TRY_CAST({column} AS BIGINT)"
    known = type_ == "VARCHAR" and (field in _ADDRESSES or field == "interface-id")
    return None if known else f"CAST({column} AS VARCHAR)"


def lines_of(
    fields: Sequence[str],
    beside: Sequence[Column | None],
    rejected: Mapping[str, ndarray],
    odd: Mapping[str, Mapping[int, str | None]],
    words: Words,
) -> Lines:
    """Return what tells whole records, fields parted by blanks. ``odd``: as ``rows.Taken.odd``."""
    import numpy as np

    names = [name.replace("_", "-") for name in fields]
    spellings = [
        _spelling(name, rejected, odd, words) if column is None else _text(column) if column.text else _whole(column)
        for name, column in zip(names, beside, strict=True)
    ]

    def lines_at(places: Sequence[int]) -> list[str]:
        at = np.array(places, dtype=np.int64)
        return list(map(" ".join, zip(*(spelling(at) for spelling in spellings), strict=True)))

    return lines_at


def _spelling(
    field: str, rejected: Mapping[str, ndarray], odd: Mapping[str, Mapping[int, str | None]], words: Words
) -> _Spelling:
    """Return how a field is spelled that is known anyway."""
    if field in _NUMBERS:
        numbers = rejected[_NUMBERS[field]]
        return lambda at: ["-" if number < 0 else str(number) for number in numbers[at].tolist()]
    if field not in _ADDRESSES:
        enis = rejected["eni"]
        return lambda at: [words.enis[place] for place in enis[at].tolist()]
    known, said = rejected[_ADDRESSES[field]], odd[_ADDRESSES[field]]
    return lambda at: [
        (said[place] or "-") if place in said else dotted(number)
        for place, number in zip(at.tolist(), known[at].tolist(), strict=True)
    ]


def _text(column: Column) -> _Spelling:
    def spelled(at: ndarray) -> list[str]:
        begins, ends = column.values[at].tolist(), column.values[at + 1].tolist()
        found = [str(column.data[begin:end], "utf-8", "replace") for begin, end in zip(begins, ends, strict=True)]
        return _with_dashes(column, at, found)

    return spelled


def _whole(column: Column) -> _Spelling:
    return lambda at: _with_dashes(column, at, list(map(str, column.values[at].tolist())))


def _with_dashes(column: Column, at: ndarray, texts: list[str]) -> list[str]:
    """Return the texts, ``-`` where the value is missing."""
    if not len(column.valid):
        return texts
    bits = (column.valid[at >> 3] >> (at & 7) & 1).tolist()
    return [text if bit else "-" for text, bit in zip(texts, bits, strict=True)]
