"""Parquet files whose columns have other names or types than AWS gives them: written anew, as AWS would.

What tools make of flow logs: ``InterfaceId`` or ``sourceaddress`` for a name, a timestamp or a text for a time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.columns import literal, quoted
from checker.flowlog.fields import BY_NAME
from checker.flowlog.sql.table import field_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TIMES: Final = ("start", "end")
_OF_RECORDS: Final = ("interface-id", "srcaddr")
"""Fields of which one is in every record of traffic."""
_NUMBERS: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT",
                   "DOUBLE", "DECIMAL")  # fmt: skip
_ALL: Final = "read_parquet({}, hive_partitioning = false)"


def columns_of(run: DuckDBPyConnection, path: Path) -> dict[str, str]:
    """Return the types of the columns, by their names. Raises duckdb.Error."""
    rows: list[Any] = run.execute(f"DESCRIBE SELECT * FROM {_records(path)}").fetchall()  # noqa: S608 - quoted
    return {str(row[0]): str(row[1]) for row in rows}


def of_flow_logs(columns: Mapping[str, str]) -> bool:
    """Say whether columns are those of flow logs, among whatever others."""
    fields = {field_of(name) for name in columns}
    known = len(fields & BY_NAME.keys())
    return known >= 2 and (known * 2 >= len(columns) or not fields.isdisjoint(_OF_RECORDS))


def as_written(run: DuckDBPyConnection, path: Path, columns: Mapping[str, str]) -> bool:
    """Say whether the engine can read the columns as they are. Raises duckdb.Error."""
    for name, kind in columns.items():
        field = field_of(name)
        if field in BY_NAME and name.replace("_", "-") != field:
            return False
        if field in _TIMES and not kind.startswith(_NUMBERS) and (kind != "VARCHAR" or _dated(run, path, name)):
            return False
    return True


def rewritten(
    run: DuckDBPyConnection, path: Path, columns: Mapping[str, str], scratch: Path
) -> tuple[Path, tuple[str, ...], int]:
    """Write the records anew; return the new file, its columns, and how many records tell no time and were left out.

    Of several columns for one field the first counts. Raises duckdb.Error.
    """
    chosen: dict[str, str] = {}
    for name in columns:
        chosen.setdefault(field_of(name) if field_of(name) in BY_NAME else name, name)
    sql = {field: _seconds(quoted(name)) if field in _TIMES else quoted(name) for field, name in chosen.items()}
    listed = ", ".join(f"{each} AS {quoted(field)}" for field, each in sql.items())
    timed = " AND ".join(f"{sql[field]} IS NOT NULL" for field in _TIMES if field in sql) or "true"
    records = f"SELECT {listed} FROM {_records(path)} WHERE {timed}"  # noqa: S608 - quoted
    with tempfile.NamedTemporaryFile(dir=scratch, prefix="columns-", suffix=".parquet", delete=False) as made:
        target = Path(made.name)
    try:
        run.execute(f"COPY ({records}) TO {literal(target.as_posix())} (FORMAT parquet)")
        untimed: Any = run.execute(f"SELECT count(*) FROM {_records(path)} WHERE NOT ({timed})").fetchone()  # noqa: S608
    except BaseException:
        target.unlink()
        raise
    return target, tuple(chosen), int(untimed[0])


def _records(path: Path) -> str:
    return _ALL.format(literal(path.as_posix()))


def _dated(run: DuckDBPyConnection, path: Path, column: str) -> bool:
    """Say whether some texts of a column are no numbers: all are looked at, for a file may be joined from several."""
    name = quoted(column)
    told = f"SELECT bool_or(TRY_CAST({name} AS BIGINT) IS NULL) FROM {_records(path)} WHERE {name} <> '-'"  # noqa: S608
    found: Any = run.execute(told).fetchone()
    return bool(found[0])


def _seconds(column: str) -> str:
    """Return a time as seconds since 1970; in UTC where it names no zone, as the connection is set."""
    return f"coalesce(TRY_CAST({column} AS BIGINT), CAST(floor(epoch(TRY_CAST({column} AS TIMESTAMPTZ))) AS BIGINT))"
