"""From a record format to SQL: what of it stands in which column, whichever way the records are stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from checker.flowlog.part import Encoding
from checker.model.record import dataclass

_WHOLE: Final = frozenset(
    ("version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "tcp-flags", "traffic-path")
)
"""Fields that hold whole numbers where they are read here; all others are text. Source: VPC User Guide."""

_WHEN: Final = "CASE WHEN {0} > 100000000000 THEN {0} // 1000 ELSE {0} END"
"""Some deliveries write milliseconds."""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one record format."""

    fields: tuple[str, ...]
    encoding: Encoding

    def has(self, field: str) -> bool:
        """Say whether records of this format hold a field."""
        return field in self._names

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(name.replace("_", "-") for name in self.fields)

    def at(self, field: str) -> str | None:
        """Return a field as an SQL expression over the stored columns, or None where the format lacks it."""
        if not self.has(field):
            return None
        number = self._names.index(field)
        name = _quoted(self.fields[number]) if self.encoding is Encoding.PARQUET else f"c{number}"
        if self.encoding is Encoding.PARQUET:
            return f"TRY_CAST({name} AS BIGINT)" if field in _WHOLE else f"NULLIF(CAST({name} AS VARCHAR), '-')"
        return name

    def time(self, field: str) -> str:
        """Return ``start`` or ``end`` in seconds since 1970."""
        found = self.at(field)
        return _WHEN.format(found) if found else "NULL"

    def line(self) -> str:
        """Return the whole record as the text it was logged as."""
        parts = [
            f"coalesce(CAST({_quoted(name) if self.encoding is Encoding.PARQUET else f'c{number}'} AS VARCHAR), '-')"
            for number, name in enumerate(self.fields)
        ]
        return f"concat_ws(' ', {', '.join(parts)})"

    def again(self, field: str) -> str:
        """Return a field taken from the split line ``f``."""
        if not self.has(field):
            return "NULL"
        text = f"nullif(f[{self._names.index(field) + 1}], '-')"
        return f"TRY_CAST({text} AS BIGINT)" if field in _WHOLE else text

    def source(self, paths: Sequence[str], header_lines: int, *, named: bool) -> str:
        """Return the files as an SQL table; lines that do not fit go to DuckDB's table of rejects."""
        files = f"[{', '.join(map(literal, paths))}]"
        name = ", filename = true" if named else ""
        if self.encoding is Encoding.PARQUET:
            return f"read_parquet({files}, hive_partitioning = false{name})"
        types = ", ".join(
            f"'c{number}': '{'BIGINT' if field in _WHOLE else 'VARCHAR'}'" for number, field in enumerate(self._names)
        )
        packed = "gzip" if self.encoding is Encoding.GZIP else "none"
        return (
            f"read_csv({files}, delim = ' ', header = false, skip = {header_lines}, auto_detect = false, "
            f"nullstr = '-', quote = '', escape = '', compression = '{packed}', hive_partitioning = false, "
            f"store_rejects = true, columns = {{{types}}}{name})"
        )
