"""Local files and folders, told apart by their content."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from checker.errors import InputError
from checker.flowlog.fields import fields_of
from checker.flowlog.part import Encoding, FormatHints, Part, Window
from checker.model.finding import Gap
from checker.model.loaded import Input
from checker.model.log_format import DEFAULT_FIELDS

_FLOW_LOG: Final = re.compile(r"_(fl-[0-9a-f]+)_(\d{8}T\d{4}Z)")
_OWNER: Final = re.compile(r"^(\d{12})_vpcflowlogs_([a-z0-9-]+)_")


class Files:
    """A file, or every file below a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def described(self) -> Input:
        """Return the source as reports name it."""
        return Input(kind="flow-logs", path=self._path.as_posix())

    def parts(self, window: Window, hints: FormatHints, scratch: Path, gaps: list[Gap]) -> Iterator[Part]:
        """Yield every readable file in the order of the times in their names."""
        del window, scratch
        if not self._path.exists():
            raise InputError(f"{self._path}: no such file or folder", hint="Give a file or folder of flow logs.")
        files = [self._path] if self._path.is_file() else [p for p in self._path.rglob("*") if p.is_file()]
        for path in sorted(files, key=_order):
            if (part := _part(path, hints, gaps)) is not None:
                yield part


def _order(path: Path) -> tuple[str, str]:
    found = _FLOW_LOG.search(path.name)
    return (found[2] if found else "", path.as_posix())


def _part(path: Path, hints: FormatHints, gaps: list[Gap]) -> Part | None:
    name, owner = _FLOW_LOG.search(path.name), _OWNER.search(path.name)
    flow_log = name[1] if name else None
    encoding, line = _first_line(path, gaps)
    if encoding is Encoding.PARQUET:
        fields: tuple[str, ...] | None = _columns(path)
        told, header = "columns", 0
    else:
        fields, told, header = fields_of(line), "header", 1
        if fields is None:
            fields, told, header = _without_header(line, flow_log, hints)
    if fields is None:
        if line:
            gaps.append(Gap(what=path.as_posix(), cause="its record format is not known", affects="its records"))
        return None
    return Part(
        path=path, encoding=encoding, fields=fields, told_by=told, header_lines=header, flow_log=flow_log,
        account=owner[1] if owner else None, region=owner[2] if owner else None, origin=path.as_posix(),
        size=path.stat().st_size,
    )  # fmt: skip


def _without_header(line: str, flow_log: str | None, hints: FormatHints) -> tuple[tuple[str, ...] | None, str, int]:
    count = len(line.split(" "))
    if hints.option is not None:
        return hints.option, "option", 0
    known = hints.by_flow_log(flow_log) if flow_log else None
    if known is not None and len(known) == count:
        return known, "flow-log", 0
    if count == len(DEFAULT_FIELDS) and line[:1].isdigit():
        return DEFAULT_FIELDS, "default", 0
    return None, "", 0


def _first_line(path: Path, gaps: list[Gap]) -> tuple[Encoding, str]:
    with path.open("rb") as file:
        start = file.read(1 << 16)
    if start.startswith(b"PAR1"):
        return Encoding.PARQUET, ""
    encoding = Encoding.GZIP if start.startswith(b"\x1f\x8b") else Encoding.TEXT
    if encoding is Encoding.GZIP:
        try:
            start = zlib.decompressobj(wbits=31).decompress(start, 1 << 16)
        except (zlib.error, gzip.BadGzipFile):
            gaps.append(Gap(what=path.as_posix(), cause="it is damaged", affects="its records"))
            return encoding, ""
    return encoding, start.split(b"\n", 1)[0].decode("utf-8-sig", "replace").rstrip("\r")


def _columns(path: Path) -> tuple[str, ...]:
    import duckdb

    with duckdb.connect() as connection:
        rows = connection.execute("SELECT name FROM parquet_schema(?) WHERE num_children IS NULL", [str(path)])
        return tuple(name for (name,) in rows.fetchall())
