"""What ``athena:`` names: a table, and where and how it is asked."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

from checker.errors import UsageError
from checker.model.record import dataclass

START: Final = "athena:"
CATALOG: Final = "AwsDataCatalog"
"""The account's own Glue catalogue."""

_TABLE: Final = re.compile(
    r"(?:(?P<catalog>[^.@?\s]+)\.)?(?P<database>[^.@?\s]+)\.(?P<table>[^.@?\s]+)"
    r"(?:@(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+))?(?:\?(?P<options>.*))?"
)
_OPTIONS: Final = ("workgroup", "output", "catalog", "region")
_HINT: Final = "Give athena:DATABASE.TABLE@REGION?workgroup=NAME&output=s3://BUCKET/PREFIX, from @ on as needed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A table, taken apart."""

    database: str
    table: str
    catalog: str = CATALOG
    region: str | None = None
    workgroup: str = "primary"
    output: str | None = None
    """Where results go; None where the workgroup says it."""


def parse(word: str) -> Word:
    """Return what a word names; raises UsageError for anything else."""
    found = _TABLE.fullmatch(word.removeprefix(START))
    if found is None:
        raise UsageError(f"{word}: that names no table", hint=_HINT)
    options: dict[str, str] = {}
    for name, value in parse_qsl(found["options"] or "", keep_blank_values=True):
        if name not in _OPTIONS:
            raise UsageError(f"{word}: {name!r} is no option", hint=f"There are {', '.join(_OPTIONS)}.")
        if not value or name in options:
            raise UsageError(f"{word}: {name} is {'given twice' if value else 'empty'}")
        options[name] = value
    if options.get("output") and not options["output"].startswith("s3://"):
        raise UsageError(f"{word}: output is no place in S3", hint="Give output=s3://BUCKET/PREFIX/.")
    for name in ("catalog", "region"):
        if found[name] and options.get(name, found[name]) != found[name]:
            raise UsageError(f"{word}: {name} is given twice")
    return Word(
        database=found["database"],
        table=found["table"],
        catalog=found["catalog"] or options.get("catalog") or CATALOG,
        region=found["region"] or options.get("region"),
        workgroup=options.get("workgroup", "primary"),
        output=options.get("output"),
    )
