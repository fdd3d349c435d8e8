"""A table of flow log records as its user made it: which column holds which field, in SQL of Trino."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from checker.flowlog.engine.chunk import ACCEPTED, NO_DATA, NO_VERDICT, OUTSIDE, REJECTED, SKIPPED
from checker.flowlog.engine.columns import literal, quoted
from checker.flowlog.engine.question import Question
from checker.flowlog.fields import BY_NAME, canonical
from checker.model.record import dataclass, field

UNREADABLE: Final = 6
"""Kind of a row that is no record: a line of text that does not fit, so that it has no start."""

_OTHER_NAMES: Final = {
    "account": "account-id", "accountid": "account-id", "interfaceid": "interface-id", "sourceaddress": "srcaddr",
    "destinationaddress": "dstaddr", "sourceport": "srcport", "destinationport": "dstport", "numpackets": "packets",
    "numbytes": "bytes", "starttime": "start", "endtime": "end", "start-time": "start", "end-time": "end",
    "logstatus": "log-status", "vpcid": "vpc-id", "subnetid": "subnet-id", "tcpflags": "tcp-flags",
    "flowdirection": "flow-direction", "trafficpath": "traffic-path", "rejectreason": "reject-reason",
    "src-addr": "srcaddr", "dst-addr": "dstaddr", "src-port": "srcport", "dst-port": "dstport",
}  # fmt: skip
"""Column names of older documented tables, by the field they hold. Source: Athena User Guide, 2017 to 2023."""

_FLOW_LOG: Final = "coalesce(regexp_extract({path}, '_(fl-[0-9a-f]+)_', 1), '')"
_ACCOUNT: Final = "regexp_extract({path}, '/([0-9]{{12}})_[a-z0-9]+_', 1)"


@dataclass(frozen=True, slots=True)
class Column:
    """One column, as the catalogue has it."""

    name: str
    type: str
    """Hive's word: string, int, bigint, timestamp and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table or view of records. ``catalog`` and ``database`` may be empty: those of the session."""

    catalog: str = ""
    database: str = ""
    name: str
    columns: tuple[Column, ...]
    partitions: tuple[Column, ...] = ()
    has_path: bool = True
    """Whether the hidden column ``$path`` tells the object of each row: not for views."""
    by_field: Mapping[str, Column] = field(default_factory=dict)
    """Made by ``table_of``: the column of each field."""

    @property
    def source(self) -> str:
        """Return the table's name as SQL."""
        return ".".join(quoted(word) for word in (self.catalog, self.database, self.name) if word)

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields of its records, as AWS writes them, in the order of the columns."""
        return tuple(self.by_field)

    def at(self, name: str) -> str | None:
        """Return a field as an SQL expression, NULL where it is missing; None where the table lacks it."""
        column = self.by_field.get(name)
        if column is None:
            return None
        known, sql = BY_NAME.get(name), quoted(column.name)
        if column.type.startswith("timestamp"):
            return f"CAST(to_unixtime({sql}) AS bigint)"
        if known is not None and known.whole:
            return sql if column.type == "bigint" else f"TRY_CAST({sql} AS bigint)"
        return f"NULLIF({sql if column.type in ('string', 'varchar') else f'CAST({sql} AS varchar)'}, '-')"

    def text(self, name: str) -> str:
        """Return a field as SQL text, NULL where it is missing."""
        return self.at(name) or "CAST(NULL AS varchar)"

    def number(self, name: str, missing: int = -1) -> str:
        """Return a field as an SQL whole number, ``missing`` where it has none."""
        found = self.at(name)
        return f"coalesce({found}, {missing})" if found else f"CAST({missing} AS bigint)"

    def time(self, name: str) -> str:
        """Return ``start`` or ``end`` in seconds since 1970, 0 where it is missing; some write milliseconds."""
        found = self.at(name)
        if not found:
            return "CAST(0 AS bigint)"
        whole = f"CAST(({found} - {found} % 1000) / 1000 AS bigint)"
        return f"coalesce(CASE WHEN {found} > 100000000000 THEN {whole} ELSE {found} END, 0)"

    def eni(self) -> str:
        """Return the interface, ``-`` where there is none."""
        return f"coalesce({self.text('interface-id')}, '-')"

    def flow_log(self) -> str:
        """Return the id of the flow log as the object's name tells it, empty where it does not."""
        return _FLOW_LOG.format(path=quoted("$path")) if self.has_path else "''"

    def path(self) -> str:
        """Return the object of a row, NULL where it is not told."""
        return quoted("$path") if self.has_path else "CAST(NULL AS varchar)"

    def line(self) -> str:
        """Return the whole record as text, as it was logged."""
        parts = (f"coalesce(CAST({quoted(column.name)} AS varchar), '-')" for column in self.by_field.values())
        return " || ' ' || ".join(parts)

    def account(self) -> str:
        """Return the account of a record: its field, else that of the object's name."""
        found = self.at("account-id")
        if found:
            return found
        return _ACCOUNT.format(path=quoted("$path")) if self.has_path else "CAST(NULL AS varchar)"

    def is_header(self) -> str:
        """Return the SQL condition for rows that are the header line of a file, where the table does not skip it."""
        return f"{self.eni()} IN ('interface-id', 'interface_id')"

    def kind(self, question: Question) -> str:
        """Return the SQL that says what a row counts for."""
        action, status = self.text("action"), self.text("log-status")
        inside = self.inside(question)
        start = self.at("start")
        unreadable = f"WHEN {start} IS NULL THEN {UNREADABLE} " if start else ""
        outside = f"WHEN NOT coalesce({inside}, false) THEN {OUTSIDE} " if inside else ""
        return (
            f"CASE {unreadable}{outside}WHEN {action} = 'REJECT' THEN {REJECTED} WHEN {action} = 'ACCEPT' THEN "
            f"{ACCEPTED} WHEN {status} = 'SKIPDATA' THEN {SKIPPED} WHEN {status} = 'NODATA' OR ({action} IS NULL AND "
            f"{status} IS NULL) THEN {NO_DATA} ELSE {NO_VERDICT} END"
        )

    def inside(self, question: Question) -> str:
        """Return the SQL condition of the window and the filters; empty where everything is asked for."""
        window, tests = question.window, []
        if window.since is not None:
            tests.append(f"{self.time('end')} > {math.floor(window.since.timestamp())}")
        if window.until is not None:
            tests.append(f"{self.time('start')} < {math.ceil(window.until.timestamp())}")
        if window.interfaces:
            tests.append(among(self.eni(), window.interfaces))
        if window.vpcs:
            vpc = self.at("vpc-id")
            tests.append(among(vpc, window.vpcs) if vpc else among(self.eni(), question.of_vpcs))
        if window.accounts:
            tests.append(among(self.account(), window.accounts))
        return " AND ".join(tests)


def table_of(
    name: str, columns: tuple[Column, ...], *, database: str = "", catalog: str = "",
    partitions: tuple[Column, ...] = (), has_path: bool = True,
) -> Table:  # fmt: skip
    """Return a table with its columns matched to fields by name: hyphens, underscores and older names alike.

    A partition stands for a field only where no column does: ``region``, ``account_id``.
    """
    found: dict[str, Column] = {}
    for column in columns:
        found.setdefault(field_of(column.name), column)
    for column in partitions:
        if field_of(column.name) in ("account-id", "region"):
            found.setdefault(field_of(column.name), column)
    return Table(
        catalog=catalog, database=database, name=name, columns=columns, partitions=partitions, has_path=has_path,
        by_field=found,
    )  # fmt: skip


def field_of(column: str) -> str:
    """Return the field that a column of that name holds, spelled as AWS does; unknown ones as they are."""
    name = canonical(column)
    return name if name in BY_NAME else _OTHER_NAMES.get(name.removesuffix("-"), name.removesuffix("-"))


def among(expression: str, values: frozenset[str]) -> str:
    """Return the SQL condition that an expression is one of some texts."""
    listed = ", ".join(literal(value) for value in sorted(values)) or "NULL"
    return f"{expression} IN ({listed})"
