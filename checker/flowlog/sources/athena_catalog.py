"""What the catalogue tells of a table: columns, partitions, projection, location."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from checker.errors import InputError
from checker.flowlog.fields import missing_for_analysis
from checker.flowlog.sources.athena_word import CATALOG, Word
from checker.flowlog.sources.refusal import code_of, expected, explained
from checker.flowlog.sql.partitions import Part, parts_of
from checker.flowlog.sql.table import Column, Table, table_of
from checker.model.record import dataclass

_SAMPLE: Final = 50
"""Partitions whose values are looked at for the format of dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A table as the catalogue has it."""

    table: Table
    parts: tuple[Part, ...]
    location: str | None
    """``s3://`` address; None for views."""
    properties: Mapping[str, str]
    projected: bool

    @property
    def prefix(self) -> str | None:
        """Return the place below which all its objects lie: of a template what stands before the first ``${``."""
        template = self.properties.get("storage.location.template") if self.projected else None
        return template.partition("${")[0] if template else self.location


class Catalogue:
    """Asks Glue, and Athena's own catalogue calls for catalogues that are not Glue's or where Glue may not be asked."""

    def __init__(self, word: Word, glue: Any, athena: Any, name: str) -> None:
        self._word = word
        self._glue = glue
        self._athena = athena
        self._name = name

    def known(self) -> Known:
        """Return the table. Raises InputError where it is missing, may not be read, or has no flow log records."""
        try:
            found = self._from_glue() if self._word.catalog == CATALOG else self._from_athena()
        except expected() as error:
            if code_of(error) in ("EntityNotFoundException", "MetadataException"):
                raise InputError(f"{self._name}: there is no such table ({explained(error)})",
                                 hint="Check catalogue, database, table and region.") from error  # fmt: skip
            raise InputError(f"{self._name}: the table cannot be looked up: {explained(error)}",
                             hint="Allow glue:GetTable, or athena:GetTableMetadata.") from error  # fmt: skip
        if lacking := missing_for_analysis(found.table.fields):
            raise InputError(
                f"{self._name}: no column for {', '.join(lacking)}",
                hint="The table must have a column for each field, named like it: interface_id, srcaddr, ...",
            )
        return found

    def _from_glue(self) -> Known:
        word = self._word
        try:
            found = self._glue.get_table(DatabaseName=word.database, Name=word.table)["Table"]
        except expected() as error:
            if code_of(error) != "AccessDeniedException":
                raise
            return self._from_athena()
        stored = found.get("StorageDescriptor") or {}
        view = found.get("TableType") == "VIRTUAL_VIEW"
        return self._made(
            _columns(stored.get("Columns")), _columns(found.get("PartitionKeys")), found.get("Parameters") or {},
            None if view else stored.get("Location"), view,
        )  # fmt: skip

    def _from_athena(self) -> Known:
        word = self._word
        found = self._athena.get_table_metadata(
            CatalogName=word.catalog, DatabaseName=word.database, TableName=word.table
        )["TableMetadata"]
        properties = {str(name): str(value) for name, value in (found.get("Parameters") or {}).items()}
        view = found.get("TableType") == "VIRTUAL_VIEW"
        return self._made(
            _columns(found.get("Columns")), _columns(found.get("PartitionKeys")), properties,
            None if view else properties.get("location"), view or word.catalog != CATALOG,
        )  # fmt: skip

    def _made(
        self, columns: tuple[Column, ...], partitions: tuple[Column, ...], properties: Mapping[str, str],
        location: str | None, pathless: bool,
    ) -> Known:  # fmt: skip
        word = self._word
        projected = properties.get("projection.enabled", "").lower() == "true"
        shown = {} if projected or not partitions else self._shown(partitions)
        return Known(
            table=table_of(word.table, columns, database=word.database, catalog=word.catalog, partitions=partitions,
                           has_path=not pathless),
            parts=parts_of(partitions, properties, shown),
            location=location,
            properties=properties,
            projected=projected,
        )  # fmt: skip

    def _shown(self, partitions: tuple[Column, ...]) -> dict[str, list[str]]:
        """Return values of some partitions by column; nothing where they may not be listed."""
        try:
            some = [each["Values"] for each in islice(self.partitions(), _SAMPLE)]
        except expected():
            return {}
        return {column.name: [values[at] for values in some] for at, column in enumerate(partitions)}

    def partitions(self) -> Any:
        """Yield the partitions that the catalogue lists, as Glue has them. Raises what botocore raises."""
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=self._word.database, TableName=self._word.table, ExcludeColumnSchema=True
        )
        for page in pages:
            yield from page["Partitions"]


def _columns(listed: Any) -> tuple[Column, ...]:
    return tuple(Column(str(each["Name"]), str(each.get("Type") or "string").lower()) for each in listed or ())
