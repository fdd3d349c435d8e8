"""Glue tables and Athena workgroups."""

from __future__ import annotations

from collections.abc import Iterator

from checker.load.aws.convert.monitoring import own_key
from checker.load.aws.convert.row import Row, then
from checker.load.aws.convert.world import World, arn_at
from checker.model.known import Maybe, Unknown
from checker.model.monitoring import AthenaWorkgroup, GlueTable


def glue_tables(world: World) -> Iterator[GlueTable]:
    """Yield the Glue tables. Databases are read for what they may lack: each has tables of its own."""
    for _ in world.listing("glue", "GetDatabases", "DatabaseList", "Name"):
        pass
    for name, row in world.listing("glue", "GetTables", "TableList", "Name"):
        database = row.text_or("DatabaseName", row.reply.request.resource or "")
        if isinstance(database, Unknown):
            world.note_odd(row.reply)
            continue
        arn = arn_at(row.reply, "glue", f"table/{database}/{name}")
        storage = row.row("StorageDescriptor")
        serde = then(storage, lambda inner: None if inner is None else inner.row("SerdeInfo"))
        yield GlueTable(
            **world.common(row, arn, "aws_glue_catalog_table", id_=name, arn=arn, tags={}),
            database=database,
            name=name,
            location=_text(storage, "Location"),
            columns=then(storage, lambda inner: () if inner is None else _columns(inner, "Columns")),
            partition_keys=_columns(row, "PartitionKeys"),
            parameters=row.mapping("Parameters"),
            input_format=_text(storage, "InputFormat"),
            serde=_text(serde, "SerializationLibrary"),
            serde_parameters=then(serde, lambda inner: {} if inner is None else inner.mapping("Parameters")),
            table_type=row.text("TableType"),
        )


def _text(row: Maybe[Row | None], name: str) -> Maybe[str | None]:
    return then(row, lambda inner: None if inner is None else inner.text(name))


def _columns(row: Row, name: str) -> Maybe[tuple[tuple[str, str], ...]]:
    """Return names and types in order; one part that cannot be read leaves the order in doubt."""
    rows = row.rows(name)
    if isinstance(rows, Unknown):
        return rows
    columns: list[tuple[str, str]] = []
    for column in rows:
        word, type_ = column.required("Name"), column.text_or("Type", "")
        if isinstance(word, Unknown):
            return word
        if isinstance(type_, Unknown):
            return type_
        columns.append((word, type_))
    return tuple(columns)


def athena_workgroups(world: World) -> Iterator[AthenaWorkgroup]:
    """Yield the Athena workgroups."""
    for name, row in world.listing("athena", "ListWorkGroups", "WorkGroups", "Name"):
        request = row.reply.request
        answer = world.detail(request.account, request.region, "athena", "GetWorkGroup", name)
        inner = answer.required_row("WorkGroup") if isinstance(answer, Row) else answer
        configuration = None if inner is None else then(inner, lambda group: group.row("Configuration"))
        yield AthenaWorkgroup(
            **world.common(
                row, own_key(row, "workgroup", name), "aws_athena_workgroup", id_=name, tags=world.tags_untold(row),
                arn=arn_at(row.reply, "athena", f"workgroup/{name}"),
            ),
            name=name,
            enabled=then(row.text_or("State", "ENABLED"), lambda state: state == "ENABLED"),
            output_location=then(configuration, _output),
            bytes_scanned_cutoff=then(
                configuration, lambda found: None if found is None else found.whole("BytesScannedCutoffPerQuery")
            ),
        )  # fmt: skip


def _output(configuration: Row | None) -> Maybe[str | None]:
    if configuration is None:
        return None
    return configuration.inner("ResultConfiguration", lambda result: result.text("OutputLocation"), None)
