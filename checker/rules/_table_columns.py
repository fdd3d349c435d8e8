"""Do the columns of a table, and how it reads objects, fit the records of a flow log?

Sources: Athena User Guide, "Query Amazon VPC flow logs"; Hive's serde names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from checker.model.flow_log import FlowLog
from checker.model.known import Maybe, Unknown
from checker.model.monitoring import GlueTable
from checker.rules._fields import LONG_NUMBERS, SHORT_NUMBERS, VERSION_OF, field_called
from checker.rules._table_path import YES, Answer

PARQUET: Final = "parquet"
_LAZY: Final = "lazysimpleserde"
_CSV: Final = "opencsvserde"
_WORDS: Final = ("string", "varchar", "char")
_LONG: Final = ("bigint",)
_WHOLE: Final = ("int", "integer", "bigint")
_NUMBERS: Final = (*_WHOLE, "double", "float", "decimal", "smallint", "tinyint")


def column_of(field: str) -> str:
    """Return the column that AWS names after a field."""
    return field.replace("-", "_")


def type_of(field: str) -> str:
    """Return the column type for a field that fits both kinds of files."""
    if field in LONG_NUMBERS:
        return "bigint"
    return "int" if field in SHORT_NUMBERS else "string"


def reading_answer(table: GlueTable, log: FlowLog) -> Answer:
    """Say whether a table reads the kind of files that a log writes."""
    if isinstance(log.file_format, Unknown):
        return Answer(None, f"the file format is not known ({log.file_format.reason})")
    if isinstance(table.serde, Unknown):
        return Answer(None, f"its serde is not known ({table.serde.reason})")
    serde = (table.serde or "").lower().rpartition(".")[2]
    parquet = log.file_format == PARQUET
    if parquet:
        return Answer(
            PARQUET in serde, "" if PARQUET in serde else f"it reads with {serde or 'no serde'}, files are Parquet"
        )
    if PARQUET in serde or "orc" in serde or "json" in serde:
        return Answer(False, f"it reads with {serde}, and the files are text")
    return _separator(table, serde)


def _separator(table: GlueTable, serde: str) -> Answer:
    """Judge the separator of text files, which is one space."""
    parameters = table.serde_parameters
    if isinstance(parameters, Unknown):
        return Answer(None, f"its serde parameters are not known ({parameters.reason})")
    names = {_LAZY: ("field.delim", "serialization.format"), _CSV: ("separatorChar",)}.get(serde)
    if names is None:
        return Answer(None, f"how it reads with {serde or 'no serde'} is not evaluated")
    found: Maybe[str] | None = next((parameters[name] for name in names if name in parameters), None)
    if isinstance(found, Unknown):
        return Answer(None, f"its separator is not known ({found.reason})")
    if found != " ":
        return Answer(
            False, f"it separates columns by {'nothing' if found is None else repr(found)}, records by a space"
        )
    return Answer(True, _header(table))


def _header(table: GlueTable) -> str:
    parameters = table.parameters
    if isinstance(parameters, Unknown) or "skip.header.line.count" in parameters:
        return ""
    return 'Note: without "skip.header.line.count" = "1" the first line of each object is read as a record'


def column_answer(table: GlueTable, log: FlowLog, fields: Sequence[str], needed: Sequence[str]) -> Answer:
    """Say whether columns hold what their names mean, and those that the policy needs are there."""
    if isinstance(table.columns, Unknown):
        return Answer(None, f"its columns are not known ({table.columns.reason})")
    if isinstance(log.file_format, Unknown):
        return Answer(None, f"the file format is not known ({log.file_format.reason})")
    if log.file_format == PARQUET:
        return _by_name(table.columns, fields, _recorded(needed, fields))
    return _by_order(table.columns, fields, _recorded(needed, fields))


def _recorded(needed: Sequence[str], fields: Sequence[str]) -> list[str]:
    """Return the needed fields that a log records; that it records too few is FL007's to say."""
    return [field for field in needed if field in fields]


def _by_order(columns: Sequence[tuple[str, str]], fields: Sequence[str], needed: Sequence[str]) -> Answer:
    for at, ((name, type_), field) in enumerate(zip(columns, fields, strict=False), start=1):
        meant = field_called(name)
        if meant is not None and meant != field:
            return Answer(False, f"its column {at} is {name}, where the records have {field}")
        if field in VERSION_OF and type_of(field) == "string" and _base(type_) in _NUMBERS:
            return Answer(False, f"its column {at}, {name}, is {type_}, and {field} holds words")
    lacking = [field for field in needed if list(fields).index(field) >= len(columns)]
    if lacking:
        return Answer(False, f"it has {len(columns)} columns and so none for {lacking[0]}, field "
                      f"{list(fields).index(lacking[0]) + 1} of the records")  # fmt: skip
    return Answer(True, _surplus(len(columns), len(fields)))


def _surplus(columns: int, fields: int) -> str:
    if columns == fields:
        return ""
    if columns < fields:
        return f"Note: {fields - columns} fields at the end of the records have no column"
    return f"Note: {columns - fields} columns at the end are always empty"


def _by_name(columns: Sequence[tuple[str, str]], fields: Sequence[str], needed: Sequence[str]) -> Answer:
    types = {name.lower(): _base(type_) for name, type_ in columns}
    for field in needed:
        if column_of(field) not in types:
            return Answer(False, f"it has no column {column_of(field)}; Parquet columns are found by name")
    for field in fields:
        wrong = _type_defect(field, types.get(column_of(field)))
        if wrong:
            return Answer(False, wrong)
    strange = sorted(set(types) - {column_of(field) for field in fields})
    return Answer(True, f"Note: columns that no record has are always empty: {', '.join(strange)}") if strange else YES


def _type_defect(field: str, type_: str | None) -> str:
    """Return why a column's type cannot read a field of a Parquet file; a 32-bit number may be read as a longer one."""
    if type_ is None or field not in VERSION_OF:
        return ""
    allowed: Mapping[str, tuple[str, ...]] = {"bigint": _LONG, "int": _WHOLE, "string": _WORDS}
    if type_ in allowed[type_of(field)]:
        return ""
    return f"its column {column_of(field)} is {type_}, and the files hold {type_of(field)}"


def _base(type_: str) -> str:
    return type_.lower().partition("(")[0].strip()
