"""An Athena in front of moto: statements are executed over real files, catalogue and buckets are moto's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import sqlglot

from tests.flowlog.sql.engines import Duck, columns_of
from tests.support.fault_proxy import Forward, Proxy, Rule
from tests.support.wire import Answer, Request, encode

BUCKET = "flow-logs-of-the-company"
LOCATION = f"s3://{BUCKET}/AWSLogs/111122223333/vpcflowlogs/"


@dataclass(slots=True)
class FakeAthena:
    """What the statements found, and what is to happen to the next ones."""

    duck: Duck
    page: int = 1000
    states: list[Mapping[str, Any]] = field(default_factory=list)
    """What GetQueryExecution tells, one after the other; the last for good. Empty: SUCCEEDED."""
    statements: list[Mapping[str, Any]] = field(default_factory=list)
    """Requests of StartQueryExecution."""
    stopped: list[str] = field(default_factory=list)
    kept: dict[str, list[Sequence[Any]]] = field(default_factory=dict)
    """Rows by statement: without ORDER BY they may come in another order next time."""

    def rules(self) -> list[Rule]:
        named = {
            "StartQueryExecution": self._start, "GetQueryExecution": self._state, "GetQueryResults": self._results,
            "StopQueryExecution": self._stop,
        }  # fmt: skip
        return [Rule(act, service="athena", operation=name) for name, act in named.items()]

    def _start(self, request: Request, _forward: Forward) -> Answer:
        self.statements.append(request.parameters)
        return encode(request, {"QueryExecutionId": f"query-{len(self.statements)}"})

    def _state(self, request: Request, _forward: Forward) -> Answer:
        told = dict(self.states.pop(0) if len(self.states) > 1 else self.states[0]) if self.states else {}
        scanned = told.pop("scanned", 1_000_000)
        status = {"State": "SUCCEEDED", **told}
        execution = {"Status": status, "Statistics": {"DataScannedInBytes": scanned}}
        return encode(request, {"QueryExecution": execution})

    def _results(self, request: Request, _forward: Forward) -> Answer:
        number = int(request.parameters["QueryExecutionId"].partition("-")[2])
        sql = self.statements[number - 1]["QueryString"]
        if sql not in self.kept:
            columns = [each.alias_or_name for each in sqlglot.parse_one(sql, read="athena").selects]
            self.kept[sql] = [columns, *self.duck.run(sql)]
        rows = self.kept[sql]
        size = min(self.page, int(request.parameters.get("MaxResults", 1000)))
        start = int(request.parameters.get("NextToken", 0))
        some = [
            {"Data": [{} if value is None else {"VarCharValue": str(value)} for value in row]}
            for row in rows[start : start + size]
        ]
        more = {"NextToken": str(start + size)} if start + size < len(rows) else {}
        return encode(request, {"ResultSet": {"Rows": some}, **more})

    def _stop(self, request: Request, _forward: Forward) -> Answer:
        self.stopped.append(request.parameters["QueryExecutionId"])
        return encode(request, {})


class Catalogued(Duck):
    """DuckDB with the table where Athena has it: ``AwsDataCatalog.logs.vpc_flow``, with partitions if any."""

    def __init__(self) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("ATTACH ':memory:' AS AwsDataCatalog; CREATE SCHEMA AwsDataCatalog.logs")

    def place(self, files: Sequence[Path], fields: Sequence[str], partitions: str = "") -> None:
        self.load(files, columns_of(fields), path=True)
        self._connection.execute(
            f"CREATE OR REPLACE VIEW AwsDataCatalog.logs.vpc_flow AS SELECT *{partitions} FROM memory.main.flow_logs"
        )


def create_table(
    proxy: Proxy, fields: Sequence[str], *, partitions: Sequence[str] = (), properties: Mapping[str, str] | None = None,
    location: str = LOCATION, name: str = "vpc_flow",
) -> None:  # fmt: skip
    """Create the table in the catalogue, as the documented statements do."""
    glue = proxy.server.client("glue", "eu-west-1")
    glue.create_database(DatabaseInput={"Name": "logs"})
    glue.create_table(
        DatabaseName="logs",
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": dict(properties or {}),
            "PartitionKeys": [{"Name": each, "Type": "string"} for each in partitions],
            "StorageDescriptor": {
                "Location": location,
                "Columns": [{"Name": each.name, "Type": each.type} for each in columns_of(fields)],
            },
        },
    )
