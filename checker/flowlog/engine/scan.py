"""One pass over a batch of files: what every record counts for, and the whole line of each rejected one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.flowlog.engine.columns import Columns, literal
from checker.flowlog.engine.question import Question
from checker.flowlog.part import Encoding, Part
from checker.model.finding import Gap
from checker.model.record import dataclass, field

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ACCEPTED: Final = 0
REJECTED: Final = 1
NO_DATA: Final = 2
SKIPPED: Final = 3
OUTSIDE: Final = 4
NO_VERDICT: Final = 5
"""What a record counts for."""

Recover = Callable[[Part], Iterator[Part]]
"""Reads a file that the engine cannot, slowly and line by line; yields what of it is sound."""

_RAW: Final = """
CREATE OR REPLACE TABLE raw_{batch} (eni VARCHAR, kind UTINYINT, s UINTEGER, d UINTEGER, h UBIGINT, line VARCHAR,
                                     format USMALLINT, flow_log USMALLINT)
"""

_SCAN: Final = """
INSERT INTO raw_{batch}
SELECT eni, kind, coalesce(TRY_CAST(s AS UINTEGER), 0), coalesce(TRY_CAST(e - s AS UINTEGER), 0),
       CASE WHEN kind = 0 THEN hash(eni, src, dst, sport, dport, proto) END, line, {format}, {flow_log}
FROM (
  SELECT {eni} AS eni, {src} AS src, {dst} AS dst, {sport} AS sport, {dport} AS dport, {proto} AS proto,
         {start} AS s, {end} AS e, {kind} AS kind, CASE WHEN {kind} = 1 THEN {line} END AS line
  FROM {source}
)
"""


@dataclass(slots=True)
class Scanned:
    """What the passes found out about files, added up."""

    formats: list[Columns] = field(default_factory=list)
    flow_logs: list[str] = field(default_factory=lambda: [""])
    """Number 0 stands for files that do not tell theirs."""
    files_of: dict[tuple[tuple[str, ...], str], int] = field(default_factory=dict)
    """Files of each format, and what told it."""
    unreadable: int = 0
    gaps: list[Gap] = field(default_factory=list)
    files: int = 0
    size: int = 0


def number_of(values: list[str], value: str) -> int:
    """Return the place of a value in a list, adding it at the end where it is new."""
    if value not in values:
        values.append(value)
    return values.index(value)


class Scan:
    """Reads batches into ``raw_N`` tables of one connection."""

    def __init__(self, connection: DuckDBPyConnection, question: Question, recover: Recover) -> None:
        self._connection = connection
        self._question = question
        self._recover = recover
        self.scanned = Scanned()

    def read(self, batch: int, parts: Sequence[Part]) -> None:
        """Read files into the table of a batch. A file that cannot be read whole is recovered line by line."""
        self._connection.execute(_RAW.format(batch=batch))
        for part in parts:
            self.scanned.files += not part.temporary
            self.scanned.size += part.size
            key = (part.fields, part.told_by)
            self.scanned.files_of[key] = self.scanned.files_of.get(key, 0) + 1
        for group in _alike(parts):
            self._read_group(batch, group)

    def _read_group(self, batch: int, group: Sequence[Part]) -> None:
        if not self._attempt(batch, group):
            for part in group:
                if len(group) == 1 or not self._attempt(batch, [part]):
                    self._read_recovered(batch, part)

    def _read_recovered(self, batch: int, part: Part) -> None:
        for clean in self._recover(part):
            if not self._attempt(batch, [clean]):
                self.scanned.gaps.append(Gap(what=part.origin, cause="it cannot be read", affects="its records"))
            clean.path.unlink(missing_ok=True)

    def _attempt(self, batch: int, group: Sequence[Part]) -> bool:
        """Read files of one format; False, with nothing added, where one of them is broken or changes its format."""
        import duckdb

        self._forget_rejects()
        self._connection.execute("BEGIN")
        try:
            self._connection.execute(self._statement(batch, group))
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException):
            self._connection.execute("ROLLBACK")
            return False
        if group[0].encoding is not Encoding.PARQUET and not self._count_rejects(group):
            self._connection.execute("ROLLBACK")
            return False
        self._connection.execute("COMMIT")
        return True

    def _statement(self, batch: int, group: Sequence[Part]) -> str:
        first = group[0]
        columns = Columns(first.fields, first.encoding)
        if columns not in self.scanned.formats:
            self.scanned.formats.append(columns)
        return _SCAN.format(
            batch=batch,
            format=self.scanned.formats.index(columns),
            flow_log=number_of(self.scanned.flow_logs, first.flow_log or ""),
            eni=columns.at("interface-id") or "'-'",
            src=columns.at("srcaddr") or "NULL",
            dst=columns.at("dstaddr") or "NULL",
            sport=columns.at("srcport") or "NULL",
            dport=columns.at("dstport") or "NULL",
            proto=columns.at("protocol") or "NULL",
            start=columns.time("start"),
            end=columns.time("end"),
            kind=_kind(columns, self._question, first.account),
            line=columns.line(),
            source=columns.source([part.path.as_posix() for part in group], first.header_lines, named=False),
        )

    def _forget_rejects(self) -> None:
        for table in ("reject_errors", "reject_scans"):
            self._connection.execute(f"DROP TABLE IF EXISTS temp.{table}")

    def _count_rejects(self, group: Sequence[Part]) -> bool:
        """Note the lines that did not fit; False where one of them is a header: the format changes there."""
        rows = self._connection.execute(
            "SELECT file_path, line, any_value(csv_line) FROM temp.reject_errors JOIN temp.reject_scans "
            "USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        if any(_is_header(text) for _, _, text in rows):
            return False
        known = {part.path.as_posix(): part for part in group}
        lines: dict[str, list[int]] = {}
        for path, line, _ in rows:
            lines.setdefault(path, []).append(line)
        for path, numbers in lines.items():
            self.scanned.unreadable += len(numbers)
            few = ", ".join(map(str, numbers[:3])) + (", ..." if len(numbers) > 3 else "")
            noun = "line is" if len(numbers) == 1 else "lines are"
            self.scanned.gaps.append(
                Gap(
                    what=known[path].origin if path in known else Path(path).name,
                    cause=f"{len(numbers)} {noun} no record of its format (line {few})",
                    affects="what these lines recorded",
                )
            )
        return True


def _is_header(text: str | None) -> bool:
    return text is not None and "srcaddr" in text.replace("-", "").replace("_", "").lower()


def _alike(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Yield the parts that one statement can read, in the order of their first."""
    groups: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        key = (part.fields, part.encoding, part.header_lines, part.flow_log, part.account)
        groups.setdefault(key, []).append(part)
    yield from groups.values()


def _kind(columns: Columns, question: Question, account: str | None) -> str:
    """Return the SQL that says what a record counts for."""
    action = columns.at("action") or "NULL"
    status = columns.at("log-status") or "NULL"
    inside = _inside(columns, question, account)
    outside = f"WHEN NOT coalesce({inside}, false) THEN {OUTSIDE} " if inside else ""
    return (
        f"CASE {outside}WHEN {action} = 'REJECT' THEN {REJECTED} WHEN {action} = 'ACCEPT' THEN {ACCEPTED} "
        f"WHEN {status} = 'SKIPDATA' THEN {SKIPPED} WHEN {status} = 'NODATA' OR {action} IS NULL AND {status} IS NULL "
        f"THEN {NO_DATA} ELSE {NO_VERDICT} END"
    )


def _inside(columns: Columns, question: Question, account: str | None) -> str:
    """Return the SQL condition of the window and the filters; empty where everything is asked for."""
    window, tests = question.window, []
    if window.since is not None:
        tests.append(f"{columns.time('end')} > {_seconds(window.since)}")
    if window.until is not None:
        tests.append(f"{columns.time('start')} < {_seconds(window.until)}")
    if window.interfaces:
        tests.append(_among(columns.at("interface-id") or "'-'", window.interfaces))
    if window.vpcs:
        vpc = columns.at("vpc-id")
        tests.append(_among(vpc, window.vpcs) if vpc else _among(columns.at("interface-id") or "'-'", question.of_vpcs))
    if window.accounts:
        tests.append(_among(columns.at("account-id") or literal(account or ""), window.accounts))
    return " AND ".join(tests)


def _among(expression: str, values: frozenset[str]) -> str:
    listed = ", ".join(literal(value) for value in sorted(values)) or "NULL"
    return f"{expression} IN ({listed})"


def _seconds(when: datetime) -> int:
    return int(when.timestamp())
