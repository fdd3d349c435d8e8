"""Functions of time stamps. None of them knows what time it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from checker.load.terraform.functions.arguments import FunctionError, text
from checker.load.terraform.instance import Value

_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)")
_DURATION: Final = re.compile(r"[+-]?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+|0")
_TERM: Final = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_RUN: Final = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_FORMATS: Final = {
    "YYYY": "%Y",
    "YY": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "DD": "%d",
    "EEEE": "%A",
    "EEE": "%a",
    "hh": "%H",
    "HH": "%I",
    "AA": "%p",
    "mm": "%M",
    "ss": "%S",
}


def _stamp(value: Value) -> datetime:
    written = text(value)
    if not _STAMP.fullmatch(written):
        raise FunctionError("the text is no RFC 3339 time stamp")
    try:
        return datetime.fromisoformat(written.upper())
    except ValueError as error:
        raise FunctionError("the text is no RFC 3339 time stamp") from error


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + _offset(moment, ":", zero="Z")


def _offset(moment: datetime, between: str, zero: str | None = None) -> str:
    minutes = int((moment.utcoffset() or timedelta()).total_seconds()) // 60
    if minutes == 0 and zero is not None:
        return zero
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{between}{rest:02}"


def _timeadd(value: Value, duration: Value) -> Value:
    written = text(duration)
    if not _DURATION.fullmatch(written):
        raise FunctionError("the text is no duration")
    seconds = sum(float(amount) * _SECONDS[unit] for amount, unit in _TERM.findall(written))
    try:
        return _rfc3339(_stamp(value) + timedelta(seconds=-seconds if written.startswith("-") else seconds))
    except OverflowError as error:
        raise FunctionError("the time is out of range") from error


def _timecmp(first: Value, second: Value) -> Value:
    left, right = _stamp(first).astimezone(UTC), _stamp(second).astimezone(UTC)
    return (left > right) - (left < right)


def _formatdate(layout: Value, value: Value) -> Value:
    moment, template = _stamp(value), text(layout)
    parts: list[str] = []
    position = 0
    while found := _RUN.match(template, position):
        quoted, letter = found.group(1), found.group(2)
        parts.append(quoted.replace("''", "'") if quoted is not None else _field(moment, found.group(), letter))
        position = found.end()
    if position < len(template):
        raise FunctionError("a quote in the format is not closed")
    return "".join(parts)


def _field(moment: datetime, run: str, letter: str | None) -> str:
    if letter is None:
        return run
    if run in _FORMATS:
        return moment.strftime(_FORMATS[run])
    short = {"D": moment.day, "M": moment.month, "h": moment.hour, "m": moment.minute, "s": moment.second}
    if run in short:
        return str(short[run])
    special = {
        "H": lambda: str(moment.hour % 12 or 12),
        "aa": lambda: moment.strftime("%p").lower(),
        "Z": lambda: _offset(moment, ":", zero="Z"),
        "ZZZ": lambda: _offset(moment, "", zero="UTC"),
        "ZZZZ": lambda: _offset(moment, ""),
        "ZZZZZ": lambda: _offset(moment, ":"),
    }
    if run not in special:
        raise FunctionError(f"{run} is no field of a date")
    return special[run]()


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "formatdate": _formatdate,
    "timeadd": _timeadd,
    "timecmp": _timecmp,
}
