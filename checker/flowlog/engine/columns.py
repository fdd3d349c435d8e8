"""From a record format to SQL over Parquet columns: what of it stands in which column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from checker.flowlog.engine.chunk import ACCEPTED, LARGEST, NO_DATA, NO_VERDICT, OUTSIDE, REJECTED, SKIPPED
from checker.flowlog.engine.question import Question
from checker.model.record import dataclass

_WHOLE: Final = frozenset(
    ("version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "tcp-flags", "traffic-path")
)
"""Fields that hold whole numbers where they are read here; all others are text. Source: VPC User Guide."""

WHOLE: Final = frozenset(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"))
"""Types, in DuckDB's words, whose values are whole numbers of 64 bits at most."""

_WHEN: Final = "CASE WHEN {0} > 100000000000 THEN {0} // 1000 ELSE {0} END"
"""Some deliveries write milliseconds."""


def quoted(name: str) -> str:
    """Return a column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one Parquet format, as the files spell them."""

    fields: tuple[str, ...]

    def _place(self, field: str) -> int | None:
        names = [name.replace("_", "-") for name in self.fields]
        return names.index(field) if field in names else None

    def at(self, field: str) -> str | None:
        """Return a field as an SQL expression, or None where the format lacks it."""
        place = self._place(field)
        if place is None:
            return None
        name = quoted(self.fields[place])
        return f"TRY_CAST({name} AS BIGINT)" if field in _WHOLE else f"NULLIF(CAST({name} AS VARCHAR), '-')"

    def text(self, field: str) -> str:
        """Return a field as SQL text, NULL where it is missing."""
        return self.at(field) or "CAST(NULL AS VARCHAR)"

    def raw(self, field: str) -> str:
        """Return a field as SQL text, as it is."""
        place = self._place(field)
        return "CAST(NULL AS VARCHAR)" if place is None else f"CAST({quoted(self.fields[place])} AS VARCHAR)"

    def whole(self, field: str) -> str:
        """Return a field as an SQL whole number, NULL where it is missing."""
        return self.at(field) or "CAST(NULL AS BIGINT)"

    def amount(self, field: str, types: Sequence[str]) -> str:
        """Return packets or bytes as an SQL whole number, NULL where it is missing; too large ones as LARGEST + 1.

        ``types``: what the columns hold, in DuckDB's words.
        """
        place = self._place(field)
        if place is None or types[place] in WHOLE:
            return self.whole(field)
        found = f"TRY_CAST({quoted(self.fields[place])} AS HUGEINT)"
        least, most = f"WHEN {found} < 0 THEN -1", f"WHEN {found} > {LARGEST} THEN {LARGEST + 1}"
        return f"CAST(CASE {least} {most} ELSE {found} END AS BIGINT)"

    def number(self, field: str, missing: int = -1) -> str:
        """Return a field as an SQL whole number, ``missing`` where it has none."""
        found = self.at(field)
        return f"coalesce({found}, {missing})" if found else str(missing)

    def time(self, field: str) -> str:
        """Return ``start`` or ``end`` in seconds since 1970, 0 where it is missing."""
        found = self.at(field)
        return f"coalesce({_WHEN.format(found)}, 0)" if found else "0"

    def kind(self, question: Question, account: str | None) -> str:
        """Return the SQL that says what a record counts for."""
        action, status = self.text("action"), self.text("log-status")
        acted, said = self.raw("action"), self.raw("log-status")  # which cost half as much
        inside = self._inside(question, account)
        outside = f"WHEN NOT coalesce({inside}, false) THEN {OUTSIDE} " if inside else ""
        return (
            f"CASE {outside}WHEN {acted} = 'REJECT' THEN {REJECTED} WHEN {acted} = 'ACCEPT' THEN {ACCEPTED} "
            f"WHEN {said} = 'SKIPDATA' THEN {SKIPPED} WHEN {said} = 'NODATA' OR ({action} IS NULL AND "
            f"{status} IS NULL) THEN {NO_DATA} ELSE {NO_VERDICT} END"
        )

    def acted(self, action: str, question: Question, account: str | None) -> str:
        """Return the SQL condition of records with an action, inside window and filters; plain, for DuckDB to use."""
        place = self._place("action")
        inside = self._inside(question, account)
        found = f"{quoted(self.fields[place])} = {literal(action)}" if place is not None else "false"
        return f"({found} AND ({inside}))" if inside else f"({found})"

    def _inside(self, question: Question, account: str | None) -> str:
        """Return the SQL condition of the window and the filters; empty where everything is asked for."""
        window, tests = question.window, []
        eni = f"coalesce({self.text('interface-id')}, '-')"
        if window.since is not None:
            tests.append(f"{self.time('end')} > {math.floor(window.since.timestamp())}")
        if window.until is not None:
            tests.append(f"{self.time('start')} < {math.ceil(window.until.timestamp())}")
        if window.interfaces:
            tests.append(_among(eni, window.interfaces))
        if window.vpcs:
            vpc = self.at("vpc-id")
            tests.append(_among(vpc, window.vpcs) if vpc else _among(eni, question.of_vpcs))
        if window.accounts:
            told = literal(account or "")
            said = self.at("account-id")
            tests.append(_among(f"coalesce(NULLIF({said}, ''), {told})" if said else told, window.accounts))
        return " AND ".join(tests)


def _among(expression: str, values: frozenset[str]) -> str:
    listed = ", ".join(literal(value) for value in sorted(values)) or "NULL"
    return f"{expression} IN ({listed})"
