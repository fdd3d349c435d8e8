"""Texts with a shape that a JSON Schema cannot spell: dates, CIDR blocks, globs over addresses and ARNs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from ipaddress import ip_network
from typing import Any, Final

from checker.policy.glob import check_address_pattern, check_arn_pattern

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _date(text: str) -> None:
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a date such as 2027-03-31")
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a day of the calendar") from error


def _cidr(text: str) -> None:
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a CIDR block such as 10.0.0.0/16 ({error})") from error


FORMATS: Final[dict[str, Callable[[str], None]]] = {
    "date": _date,
    "cidr": _cidr,
    "address-glob": check_address_pattern,
    "arn-glob": check_arn_pattern,
}
"""Each raises ValueError with what is wrong."""


def format_checker() -> Any:
    """Return the formats as jsonschema takes them."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checks(name, raises=ValueError)(_passes(check))
    return checker


def _passes(check: Callable[[str], None]) -> Callable[[object], bool]:
    def conforms(value: object) -> bool:
        if isinstance(value, str):
            check(value)
        return True

    return conforms
