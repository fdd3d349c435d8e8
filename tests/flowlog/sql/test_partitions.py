"""Partitions: nothing of the window is left out, what lies far outside is, and SQL says what Python says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.errors import UsageError
from checker.flowlog.part import Window
from checker.flowlog.sql.partitions import Part, condition, holds, narrowed, parts_of
from checker.flowlog.sql.table import Column

DAY = datetime(2026, 3, 1, tzinfo=UTC)
PROJECTED = {"projection.enabled": "true"}


def dated(form: str, name: str = "day") -> dict[str, str]:
    return {**PROJECTED, f"projection.{name}.type": "date", f"projection.{name}.format": form}


LAYOUTS: Mapping[str, tuple[tuple[Column, ...], Mapping[str, str], Mapping[str, list[str]], Any]] = {
    "projected day": ((Column("day", "string"),), dated("yyyy/MM/dd"), {}, "%Y/%m/%d"),
    "projected hour": ((Column("datehour", "string"),), dated("yyyy/MM/dd/HH", "datehour"), {}, "%Y/%m/%d/%H"),
    "date": ((Column("date", "date"),), {}, {}, "%Y-%m-%d"),
    "shown": ((Column("dt", "string"),), {}, {"dt": ["2026-01-01", "2026-01-02"]}, "%Y-%m-%d"),
    "hive": (tuple(Column(name, "string") for name in ("year", "month", "day")), {}, {}, None),
    "hive, hours": (tuple(Column(name, "string") for name in ("year", "month", "day", "hour")), {}, {}, None),
    "hive, numbers": (tuple(Column(name, "int") for name in ("year", "month", "day", "hour")), {}, {}, None),
}


def values(columns: tuple[Column, ...], form: str | None, when: datetime) -> dict[str, str]:
    if form is not None:
        return {columns[0].name: when.strftime(form)}
    spelled = {"year": when.year, "month": when.month, "day": when.day, "hour": when.hour}
    return {each.name: f"{spelled[each.name]:02d}" for each in columns}


def in_sql(parts: tuple[Part, ...], window: Window, rows: list[dict[str, str]]) -> list[bool]:
    """Ask DuckDB which of some partitions the condition keeps."""
    kinds = {"string": "VARCHAR", "int": "INTEGER", "date": "DATE"}
    columns = ", ".join(f'"{each.column.name}" {kinds[each.column.type]}' for each in parts)
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE partitions (place INTEGER, {columns})")
    for place, row in enumerate(rows):
        marks = ", ".join("?" * (len(row) + 1))
        connection.execute(f"INSERT INTO partitions VALUES ({marks})", [place, *row.values()])
    query = f"SELECT place FROM partitions WHERE {condition(parts, window) or 'true'}"
    (translated,) = sqlglot.transpile(query, read="athena", write="duckdb")
    kept = {place for (place,) in connection.execute(translated).fetchall()}
    return [place in kept for place in range(len(rows))]


HOURS = st.integers(-24 * 40, 24 * 400)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=15)  # each asks a database
@given(start=HOURS, length=st.integers(1, 24 * 60), open_at=st.sampled_from(["neither", "since", "until"]))
def test_partitions_of_the_window_are_kept_and_those_far_outside_are_not(
    layout: str, start: int, length: int, open_at: str
) -> None:
    columns, properties, shown, form = LAYOUTS[layout]
    parts = parts_of(columns, properties, shown)
    since, until = DAY + timedelta(hours=start), DAY + timedelta(hours=start + length)
    window = Window(since=None if open_at == "since" else since, until=None if open_at == "until" else until)
    asked = [since + timedelta(hours=step) for step in (-24 * 33, -49, -25, -1, 0, length // 2)]
    asked += [until + timedelta(hours=step) for step in (-1, 0, 1, 25, 49, 24 * 33)]
    rows = [values(columns, form, when) for when in asked]
    kept = in_sql(parts, window, rows)
    for when, row, is_kept in zip(asked, rows, kept, strict=True):
        inside = (window.since is None or when >= since) and (window.until is None or when < until)
        assert is_kept or not inside, (when, window)
        assert is_kept or not holds(parts, row, window) or "hour" in row, (when, window)
        far = (window.since and when < since - timedelta(hours=48)) or (
            window.until and when > until + timedelta(hours=48)
        )
        assert not (is_kept and far), (when, condition(parts, window))


@pytest.mark.parametrize(
    ("columns", "window", "found"),
    [
        ((Column("region", "string"),), Window(regions=frozenset({"eu-west-1"})), "\"region\" IN ('eu-west-1')"),
        ((Column("aws-account-id", "string"),), Window(accounts=frozenset({"1"})), "\"aws-account-id\" IN ('1')"),
        ((Column("log_account", "string"),), Window(accounts=frozenset({"1"})), "\"log_account\" IN ('1')"),
        ((Column("aws_region", "string"),), Window(regions=frozenset({"r"})), "\"aws_region\" IN ('r')"),
        ((Column("accountid", "string"),), Window(), ""),
        ((Column("aws-service", "string"),), Window(), "\"aws-service\" = 'vpcflowlogs'"),
        ((Column("team", "string"),), Window(since=DAY), ""),
        ((Column("number", "int"),), Window(since=DAY), ""),
        ((Column("day", "string"),), Window(), ""),
    ],
)
def test_conditions(columns: tuple[Column, ...], window: Window, found: str) -> None:
    assert condition(parts_of(columns, {}, {}), window) == found


@pytest.mark.parametrize("form", ["dd/MM/yyyy", "yyyy", "yyyy/DDD", "EEE yyyy/MM/dd"])
def test_dates_that_do_not_sort_are_left_alone(form: str) -> None:
    assert condition(parts_of((Column("day", "string"),), dated(form), {}), Window(since=DAY)) == ""


def test_an_injected_account_is_named_or_asked_for() -> None:
    parts = parts_of(
        (Column("account_id", "string"),), {**PROJECTED, "projection.account_id.type": "injected"}, {}
    )  # fmt: skip
    assert condition(parts, Window(accounts=frozenset({"1"}))) == "\"account_id\" IN ('1')"
    with pytest.raises(UsageError) as raised:
        condition(parts, Window())
    assert raised.value.hint == "Give --account-id."


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_window_at_the_end_of_time_is_a_window(layout: str) -> None:
    columns, properties, shown, form = LAYOUTS[layout]
    parts = parts_of(columns, properties, shown)
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    first = datetime(900, 1, 1, tzinfo=UTC)
    for window in (Window(since=DAY, until=last), Window(since=first, until=DAY + timedelta(hours=1))):
        assert in_sql(parts, window, [values(columns, form, DAY)]) == [True]
        assert len(condition(parts, window)) < 3000
    early = Window(since=first, until=datetime(2027, 1, 1, tzinfo=UTC))
    assert in_sql(parts, early, [values(columns, form, datetime(year, 3, 1, tzinfo=UTC)) for year in (2024, 2026)]) == [
        True, True,
    ]  # fmt: skip
    years = [datetime(year, 3, 1, tzinfo=UTC) for year in (2021, 2022, 2024, 2026, 2027)]
    window = Window(since=datetime(2022, 2, 1, tzinfo=UTC), until=datetime(2026, 4, 1, tzinfo=UTC))
    rows = [values(columns, form, when) for when in years]
    assert in_sql(parts, window, rows) == [False, True, True, True, False]


def test_a_table_without_times_is_read_whole() -> None:
    parts = parts_of((Column("region", "string"),), {}, {})
    window = Window(since=DAY, until=DAY + timedelta(hours=1), accounts=frozenset({"1"}), regions=frozenset({"r"}))
    assert narrowed(window, parts) == Window(regions=frozenset({"r"}))


def test_days_are_read_whole() -> None:
    parts = parts_of((Column("day", "string"),), dated("yyyy/MM/dd"), {})
    window = Window(since=DAY + timedelta(hours=5), until=DAY + timedelta(hours=6))
    assert narrowed(window, parts) == Window(since=DAY, until=DAY + timedelta(days=1))
