"""A Logs Insights in front of moto: queries of the few shapes that are used are answered over made lines, by DuckDB."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from tests.support.fault_proxy import Forward, Rule
from tests.support.wire import Answer, Request, encode

_FUNCTIONS = {"earliest(@message)": "min_by(message, CAST(v_start AS BIGINT))"}


@dataclass(slots=True)
class FakeInsights:
    lines: Sequence[str]
    most: int = 10_000
    """Rows of an answer."""
    states: list[Mapping[str, Any]] = field(default_factory=list)
    """What GetQueryResults tells, one after the other; the last for good. Empty: Complete."""
    queries: list[Mapping[str, Any]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def rules(self) -> list[Rule]:
        named = {"StartQuery": self._start, "GetQueryResults": self._results, "StopQuery": self._stop}
        return [Rule(act, service="logs", operation=name) for name, act in named.items()]

    def _start(self, request: Request, _forward: Forward) -> Answer:
        self.queries.append(request.parameters)
        return encode(request, {"queryId": str(len(self.queries))})

    def _results(self, request: Request, _forward: Forward) -> Answer:
        told = dict(self.states.pop(0) if len(self.states) > 1 else self.states[0]) if self.states else {}
        state = told.get("status", "Complete")
        rows = self._rows(self.queries[int(request.parameters["queryId"]) - 1]) if state == "Complete" else []
        statistics = {"bytesScanned": float(told.get("scanned", 1000)), "recordsMatched": 1.0, "recordsScanned": 1.0}
        return encode(request, {"status": state, "results": rows, "statistics": statistics})

    def _stop(self, request: Request, _forward: Forward) -> Answer:
        self.stopped.append(request.parameters["queryId"])
        return encode(request, {"success": True})

    def _rows(self, query: Mapping[str, Any]) -> list[list[dict[str, str]]]:
        head, *steps = query["queryString"].split(" | ")
        names = head.rpartition(" as ")[2].split(", ")
        kept = [line.split(" ") for line in self.lines if len(line.split(" ")) == len(names)]
        connection = duckdb.connect()
        connection.execute(f"CREATE TABLE found ({', '.join(f'{name} VARCHAR' for name in names)}, message VARCHAR)")
        if kept:
            marks = ", ".join("?" * (len(names) + 1))
            connection.executemany(f"INSERT INTO found VALUES ({marks})", [[*row, " ".join(row)] for row in kept])
        source = f"SELECT * FROM found WHERE v_start BETWEEN '{query['startTime']}' AND '{query['endTime']}'"
        for step in steps:
            source = _applied(step, source)
        cursor = connection.execute(source)
        columns = [each[0] for each in cursor.description or ()]
        rows = cursor.fetchmany(min(self.most, int(query["limit"])))
        return [
            [
                {"field": name, "value": str(value)}
                for name, value in zip(columns, row, strict=True)
                if value is not None
            ]
            for row in rows
        ]


def _applied(step: str, source: str) -> str:
    """Return a step of a query as SQL over what came before it."""
    word, _, rest = step.partition(" ")
    numbers = re.sub(r"\b(v_(?:start|end|packets|bytes))\b", r"TRY_CAST(\1 AS BIGINT)", rest)
    if word == "filter":
        condition = re.sub(r" in \[([^]]*)\]", r" IN (\1)", numbers.replace('"', "'"))
        return f"SELECT * FROM ({source}) WHERE {condition}"
    if word == "fields":
        expression, _, name = numbers.rpartition(" as ")
        return f"SELECT *, CAST({expression} AS BIGINT) AS {name} FROM ({source})"
    if word == "stats":
        sums, _, by = rest.partition(" by ")
        for given, sql in _FUNCTIONS.items():
            sums = sums.replace(given, sql)
        sums = re.sub(r"\((v_(?:start|end|packets|bytes))\)", r"(TRY_CAST(\1 AS BIGINT))", sums)
        return f"SELECT {by}, {sums} FROM ({source}) GROUP BY {by} ORDER BY {by}"
    assert word == "limit", step
    return f"SELECT * FROM ({source}) LIMIT {rest}"
