"""Which record format lines without a header may have, and what stands before a record on a line."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from checker.flowlog.fields import record_pattern
from checker.flowlog.part import FormatHints
from checker.model.log_format import DEFAULT_FIELDS


class Format(NamedTuple):
    """A record format, and what told it."""

    fields: tuple[str, ...]
    told_by: str
    """As ``Part.told_by``."""


DEFAULT: Final = Format(DEFAULT_FIELDS, "default")

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\s+")
_STREAM: Final = re.compile(r"(?:eni|tgw|tgw-attach|nat)-[0-9a-f]+-(?:all|accept|reject)\s+")
_VERSION: Final = re.compile(r"\d{1,2} ")


def formats_for(hints: FormatHints, *, flow_log: str | None = None, log_group: str | None = None) -> tuple[Format, ...]:
    """Return the formats that lines without a header may have, the likeliest first."""
    by_log = hints.by_flow_log(flow_log) if flow_log else None
    by_group = hints.by_log_group(log_group) if log_group else None
    told = [
        Format(fields, by)
        for fields, by in ((hints.option, "option"), (by_log, "flow-log"), (by_group, "flow-log"))
        if fields is not None
    ]
    return (*told, DEFAULT)


def fitting(line: str, formats: Sequence[Format]) -> Format | None:
    """Return the first format that a line is a record of."""
    for each in formats:
        if record_pattern(each.fields).fullmatch(line) and (each.told_by != DEFAULT.told_by or _VERSION.match(line)):
            return each
    return None


def values(line: str) -> list[str]:
    """Return the values of a line, whatever separates them: blanks, tabs, commas or semicolons."""
    if not any(mark in line for mark in ",;") or (" " in line and '"' not in line):
        return line.split()
    try:
        row = next(csv.reader([line], delimiter="," if "," in line else ";", skipinitialspace=True))
    except (csv.Error, StopIteration):
        return line.split()
    return ["-" if not value.strip() else "".join(value.split()) for value in row]


def bare(line: str) -> str:
    """Return a line as one record with single blanks, without what stands before it.

    CloudWatch's exports put the time of the event before the record, ``aws logs tail`` the name of the stream too.
    """
    line = _TIME.sub("", line, count=1) if line[:2] == "20" else line
    line = _STREAM.sub("", line, count=1) if line[:1] in "etn" else line
    return " ".join(values(line))
