"""Engines that answer the statements over real files: DuckDB and Spark, each after a translation of the dialect.

A table of text is read as Athena's does (LazySimpleSerDe): by position, ``-`` in a column of numbers is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import sqlglot

from checker.flowlog.asked import Asking
from checker.flowlog.engine.question import Question
from checker.flowlog.sql.answer import Row
from checker.flowlog.sql.asking import put
from checker.flowlog.sql.table import Column, Table, table_of
from checker.model.loaded import Input
from checker.model.traffic import TrafficLog
from tests.simulator.records import NUMBERS

Spell = Callable[[str], str]


def underscored(field: str) -> str:
    """Return a column as AWS's documents name it."""
    return field.replace("-", "_")


class Engine(Protocol):
    def load(self, files: Sequence[Path], columns: Sequence[Column], *, path: bool) -> None:
        """Make the table ``flow_logs`` of some files of one kind."""

    def run(self, sql: str) -> list[Row]:
        """Return the rows of a statement of Athena."""


def columns_of(fields: Iterable[str], spell: Spell = underscored) -> tuple[Column, ...]:
    """Return the columns of a table as the documented statements make them."""
    wide = ("packets", "bytes", "start", "end", "protocol")
    return tuple(
        Column(spell(name), ("bigint" if name in wide else "int") if name in NUMBERS else "string") for name in fields
    )


class Local:
    """A place that answers the question itself, on this machine."""

    def __init__(
        self, engine: Engine, files: Sequence[Path], fields: Iterable[str], *, spell: Spell = underscored,
        has_path: bool = True,
    ) -> None:  # fmt: skip
        columns = columns_of(fields, spell)
        self._engine = engine
        self._engine.load(files, columns, path=has_path)
        self.table: Table = table_of("flow_logs", columns, has_path=has_path)
        self.statements: list[str] = []

    def described(self) -> Input:
        return Input(kind="flow-logs", path="local")

    def ask(self, question: Question, asking: Asking) -> TrafficLog:
        answer = put(self.table, question, pruned="", run=self._run, rank=asking.rank)
        return answer.log(size=0, told_by="columns", gaps=(), facts={})

    def _run(self, sql: str, _columns: tuple[str, ...], _what: str) -> list[Row]:
        self.statements.append(sql)
        return self._engine.run(sql)


class Duck:
    """DuckDB."""

    def __init__(self) -> None:
        import duckdb

        self._connection = duckdb.connect()

    def load(self, files: Sequence[Path], columns: Sequence[Column], *, path: bool) -> None:
        listed = "[" + ", ".join(f"'{file.as_posix()}'" for file in files) + "]"
        if files[0].suffix == ".parquet":
            source = f"read_parquet({listed}, filename = true, hive_partitioning = false)"
            kept = [f'"{each.name}"' for each in columns]
        else:
            texts = ", ".join(f"'{each.name}': 'VARCHAR'" for each in columns)
            source = (
                f"read_csv({listed}, delim = ' ', skip = 1, header = false, auto_detect = false, quote = '', "
                f"escape = '', columns = {{{texts}}}, filename = true, hive_partitioning = false, "
                "null_padding = true)"
            )
            kept = [f'TRY_CAST("{each.name}" AS {_SQL[each.type]}) AS "{each.name}"' for each in columns]
        kept += ['filename AS "$path"'] if path else []
        self._connection.execute(f"CREATE OR REPLACE VIEW flow_logs AS SELECT {', '.join(kept)} FROM {source}")

    def run(self, sql: str) -> list[Row]:
        (translated,) = sqlglot.transpile(sql, read="athena", write="duckdb")
        rows: list[Row] = self._connection.execute(translated).fetchall()
        return rows


_SQL = {"int": "INTEGER", "bigint": "BIGINT", "string": "VARCHAR"}


class Spark:
    """Spark on this machine."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def load(self, files: Sequence[Path], columns: Sequence[Column], *, path: bool) -> None:
        from pyspark.sql.functions import col

        schema = ", ".join(f"`{each.name}` {each.type}" for each in columns)
        names = [file.as_posix() for file in files]
        if files[0].suffix == ".parquet":
            frame = self._session.read.parquet(*names)
        else:
            reader = self._session.read.schema(schema).option("sep", " ").option("header", "true")
            frame = reader.option("enforceSchema", "true").option("quote", "").csv(names)
        if path:
            frame = frame.withColumn("$path", col("_metadata.file_path"))
        frame.createOrReplaceTempView("flow_logs")

    def run(self, sql: str) -> list[Row]:
        (translated,) = sqlglot.transpile(sql, read="athena", write="spark")
        return [tuple(row) for row in self._session.sql(translated).collect()]
