"""Partitions of a table: which column tells the time, the account or the region, and the condition for a window.

The layouts are those of AWS's own tables: one column of dates in some format, ``year``, ``month``, ``day`` and
``hour``, each with or without partition projection. A column of another kind is left alone: more is scanned, nothing
is missed. Source: Athena User Guide, "Query Amazon VPC flow logs", "Partition projection".
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from checker.errors import UsageError
from checker.flowlog.engine.columns import literal, quoted
from checker.flowlog.names import EARLY, LATE, moved
from checker.flowlog.part import Window
from checker.flowlog.sql.table import Column, among, field_of
from checker.model.record import dataclass

_JAVA: Final = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H"}
_SHOWN: Final = (
    (r"\d{4}/\d\d/\d\d", "%Y/%m/%d"), (r"\d{4}-\d\d-\d\d", "%Y-%m-%d"), (r"\d{8}", "%Y%m%d"),
    (r"\d{4}/\d\d/\d\d/\d\d", "%Y/%m/%d/%H"), (r"\d{4}-\d\d-\d\d-\d\d", "%Y-%m-%d-%H"),
)  # fmt: skip
"""Formats that values may show."""
_PARTS: Final = ("year", "month", "day", "hour")
_FEW_DAYS: Final = 3
"""Days up to which hours are named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One partition column, and what it tells."""

    column: Column
    role: str | None
    """time, year, month, day, hour, account, region, service; None: nothing that is known here."""
    format: str | None = None
    """Of ``time``, as ``strftime`` writes it; None for a column of type date."""
    injected: bool = False
    """With projection of type ``injected`` every query must name the values."""

    @property
    def sql(self) -> str:
        """Return the column's name as SQL."""
        return quoted(self.column.name)


def parts_of(
    columns: Iterable[Column], properties: Mapping[str, str], shown: Mapping[str, Iterable[str]]
) -> tuple[Part, ...]:
    """Return what the partition columns tell.

    ``properties``: those of the table, with its projection; ``shown``: by column, values that some partitions have.
    """
    listed = tuple(columns)
    names = {each.name.lower() for each in listed}
    split = {"year", "month", "day"} <= names
    projected = properties.get("projection.enabled", "").lower() == "true"
    found = []
    for column in listed:
        kind = properties.get(f"projection.{column.name}.type", "") if projected else ""
        role, form = _role(column, split), None
        if role == "time":
            given = properties.get(f"projection.{column.name}.format") if kind == "date" else None
            form = _format(given) if given else _shown_format(shown.get(column.name, ()))
            role = role if form or column.type == "date" else None
        found.append(Part(column=column, role=role, format=form, injected=kind == "injected"))
    return tuple(found)


def _role(column: Column, split: bool) -> str | None:
    name = column.name.lower()
    if split and name in _PARTS:
        return name
    bare = name.replace("_", "-").removeprefix("aws-").removeprefix("log-")
    if field_of(bare) in ("account-id", "region"):
        return "region" if field_of(bare) == "region" else "account"
    if bare == "service":
        return "service"
    return None if column.type in ("int", "bigint") else "time"


def _format(java: str) -> str | None:
    """Return a Java pattern as ``strftime`` has it; None for one that does not sort by time, or that is not known."""
    form = re.sub("yyyy|MM|dd|HH", lambda found: _JAVA[found[0]], java.replace("'", ""))
    sorts = re.fullmatch(r"[^%\w]*%Y[^%\w]*%m[^%\w]*%d([^%\w]*%H)?[^%\w]*", form)
    return form if sorts else None


def _shown_format(values: Iterable[str]) -> str | None:
    listed = list(values)
    for pattern, form in _SHOWN:
        if listed and all(re.fullmatch(pattern, value) for value in listed):
            return form
    return None


def timed(parts: Iterable[Part]) -> bool:
    """Say whether the partitions tell the time."""
    roles = {each.role for each in parts}
    return "time" in roles or {"year", "month", "day"} <= roles


def narrowed(window: Window, parts: Iterable[Part]) -> Window:
    """Return the window as far as the partitions can leave out what is outside: whole days, or whole hours."""
    listed = tuple(parts)
    roles, by_time = {each.role for each in listed}, timed(listed)
    since, until = _margins(window)
    by_hour = any("%H" in (each.format or "") for each in listed if each.role == "time")
    step = timedelta(hours=1) if by_hour else timedelta(days=1)
    return Window(
        since=_floor(since, step) if since and by_time else None,
        until=_floor(until, step) + step if until and by_time else None,
        accounts=window.accounts if "account" in roles else frozenset(),
        regions=window.regions if "region" in roles else frozenset(),
    )


def _floor(when: datetime, step: timedelta) -> datetime:
    return when - (when - datetime(1970, 1, 1, tzinfo=UTC)) % step


def condition(parts: Iterable[Part], window: Window) -> str:
    """Return the SQL condition on the partitions that may hold records of a window; empty for none.

    Raises UsageError where a partition's values must be named and nothing names them.
    """
    listed, tests = tuple(parts), []
    for part in listed:
        values = {"account": window.accounts, "region": window.regions}.get(part.role or "", frozenset())
        if part.role == "service":
            tests.append(f"{part.sql} = 'vpcflowlogs'")
        elif values:
            tests.append(among(part.sql, values))
        elif part.injected:
            raise UsageError(
                f"the partition {part.column.name} must be named in every query (its projection is injected)",
                hint="Give --account-id." if part.role == "account" else "Ask a table without injected projection.",
            )
        elif part.role == "time":
            tests += _bounds(part, window)
    by_name: dict[str | None, Part] = {each.role: each for each in listed if each.role in _PARTS}
    if {"year", "month", "day"} <= by_name.keys():
        tests += _split(by_name, window)
    return " AND ".join(tests)


def _bounds(part: Part, window: Window) -> list[str]:
    since, until = _margins(window)

    def value(when: datetime) -> str:
        text = literal(when.strftime(part.format or "%Y-%m-%d"))
        return f"DATE {text}" if part.column.type == "date" else text

    found = [f"{part.sql} >= {value(since)}"] if since else []
    return [*found, f"{part.sql} <= {value(until)}"] if until else found


_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No record is older, and texts of earlier years may have fewer digits, which does not sort."""


def _margins(window: Window) -> tuple[datetime | None, datetime | None]:
    """Return the first and last time of objects that may hold records of the window."""
    since = max(moved(window.since.astimezone(UTC), -EARLY), _FIRST) if window.since else None
    return since, max(moved(window.until.astimezone(UTC), LATE), _FIRST) if window.until else None


def _split(by_name: Mapping[str | None, Part], window: Window) -> list[str]:
    """Return the condition on year, month, day and hour, in equal comparisons only: these leave partitions unread."""
    since, until = _margins(window)
    if since is None and until is None:
        return []
    year = by_name["year"]
    first = since or datetime(until.year if until else 1, 1, 1, tzinfo=UTC)
    last = until or datetime(first.year, 12, 31, 23, tzinfo=UTC)
    if since and until and (until - since) <= timedelta(days=_FEW_DAYS) and "hour" in by_name:
        clauses = [_day(by_name, day, since, until) for day in _days(first, last)]
    else:
        spans = [(first, last)]
        if last.year - first.year > 1:  # the years between them are whole
            spans = [
                (first, datetime(first.year, 12, 31, 23, tzinfo=UTC)),
                (datetime(last.year, 1, 1, tzinfo=UTC), last),
            ]
        clauses = [_month(by_name, month_of, *span) for span in spans for month_of in _months(*span)]
        if len(spans) > 1:
            between = (f"{year.sql} > {_number(year, first.year)}", f"{year.sql} < {_number(year, last.year)}")
            clauses.append(_all(*between))
    if until is None:
        clauses.append(f"{year.sql} > {_number(year, first.year)}")
    if since is None:
        clauses.append(f"{year.sql} < {_number(year, last.year)}")
    return [f"({' OR '.join(clauses)})"]


def _number(part: Part, value: int) -> str:
    return str(value) if part.column.type in ("int", "bigint") else literal(str(value))


def _in(part: Part, values: Iterable[int]) -> str:
    """Return the condition that a column is one of some numbers, with and without a leading zero."""
    numbers = list(values)
    if part.column.type in ("int", "bigint"):
        return f"{part.sql} IN ({', '.join(map(str, numbers))})"
    texts = dict.fromkeys(text for value in numbers for text in (f"{value:02d}", str(value)))
    return f"{part.sql} IN ({', '.join(map(literal, texts))})"


def _day(by_name: Mapping[str | None, Part], day: date, since: datetime, until: datetime) -> str:
    start = max(since, datetime(day.year, day.month, day.day, tzinfo=UTC))
    end = min(until, datetime(day.year, day.month, day.day, 23, tzinfo=UTC))
    return _all(
        f"{by_name['year'].sql} = {_number(by_name['year'], day.year)}",
        _in(by_name["month"], [day.month]),
        _in(by_name["day"], [day.day]),
        _in(by_name["hour"], range(start.hour, end.hour + 1)),
    )


def _month(by_name: Mapping[str | None, Part], of: date, first: datetime, last: datetime) -> str:
    tests = [f"{by_name['year'].sql} = {_number(by_name['year'], of.year)}", _in(by_name["month"], [of.month])]
    days = [day.day for day in _days(first, last) if (day.year, day.month) == (of.year, of.month)]
    if len(days) < monthrange(of.year, of.month)[1]:
        tests.append(_in(by_name["day"], days))
    return _all(*tests)


def _all(*tests: str) -> str:
    return f"({' AND '.join(tests)})"


def _days(first: datetime, last: datetime) -> list[date]:
    count = (last.date() - first.date()).days + 1
    return [first.date() + timedelta(days=number) for number in range(count)]


def _months(first: datetime, last: datetime) -> list[date]:
    return sorted({day.replace(day=1) for day in _days(first, last)})


def holds(parts: Iterable[Part], values: Mapping[str, str], window: Window) -> bool:
    """Say whether a partition with these values may hold records of a window; the same as ``condition`` in Python."""
    since, until = _margins(window)
    listed = tuple(parts)
    for part in listed:
        value = values.get(part.column.name, "")
        if part.role == "service" and value != "vpcflowlogs":
            return False
        wanted = {"account": window.accounts, "region": window.regions}.get(part.role or "", frozenset())
        if wanted and value not in wanted:
            return False
        if part.role == "time":
            form = part.format or "%Y-%m-%d"
            if (since and value < since.strftime(form)) or (until and value > until.strftime(form)):
                return False
    numbers = {each.role: values.get(each.column.name, "") for each in listed if each.role in _PARTS}
    when = tuple(int(numbers[name]) for name in _PARTS if numbers.get(name, "").isdigit())
    return not (
        len(when) >= 3
        and ((since and when < _tuple(since)[: len(when)]) or (until and when > _tuple(until)[: len(when)]))
    )


def _tuple(when: datetime) -> tuple[int, ...]:
    return when.year, when.month, when.day, when.hour
