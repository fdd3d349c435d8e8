"""One stored file: told by its content what it is, and handed to the engine as it is or as clean temporary parts."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.flowlog.fields import fields_of, misfit, record_pattern
from checker.flowlog.formats import Format, bare, fitting, formats_for
from checker.flowlog.names import LogName
from checker.flowlog.part import Encoding, FormatHints, Part
from checker.flowlog.payloads import payload_parts
from checker.flowlog.reading import GZIP, HEAD, PARQUET, Bytes, head, unpacked_head
from checker.flowlog.recover import careful
from checker.flowlog.seen import NO_RECORDS, Seen
from checker.model.finding import Gap
from checker.model.record import dataclass, replace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ARCHIVES: Final = {
    b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "Zstandard", b"\xfd7zXZ": "xz", b"ORC": "ORC",
    b"Obj\x01": "Avro", b"\xff\x06\x00\x00sNaPpY": "Snappy", b"PARE": "footer-encrypted Parquet", b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}  # fmt: skip
_SAMPLE: Final = 50
"""Lines that are looked at."""
_TELLING: Final = ("eni-", " ACCEPT", " REJECT", " NODATA", " SKIPDATA")
"""What only flow log records hold."""
_MARK: Final = b"\xef\xbb\xbf"
_RETURN: Final = re.compile(rb"\r(?!\n|\Z)")
"""A line's end that the engine does not take for one."""
_UNPACKED: Final = 1 << 32
"""Bytes of a packed file inside a packed file."""


class Content(Enum):
    """What a file holds."""

    RECORDS = "records"
    PAYLOAD = "payload"
    PACKED = "packed"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file on disk, and what is known of it before it is opened."""

    path: Path
    origin: str
    """What a person calls it."""
    name: LogName
    size: int
    """As stored at the source."""
    temporary: bool = False
    """The source made it: it is deleted once nobody needs it."""


def content_of(start: bytes) -> Content:
    """Tell what the first bytes, unpacked, begin."""
    if start.startswith((GZIP, PARQUET)):
        return Content.PACKED
    if any(start.startswith(magic) for magic in _ARCHIVES):
        return Content.ARCHIVE
    text = start.removeprefix(_MARK).lstrip()
    return Content.PAYLOAD if text[:1] in (b"{", b"[") or text.startswith(b"H4sI") else Content.RECORDS


class Opener:
    """Opens the files of one source. Not for several threads."""

    def __init__(self, hints: FormatHints, scratch: Path) -> None:
        self._hints = hints
        self._scratch = scratch
        self._duckdb: DuckDBPyConnection | None = None
        self.seen = Seen()

    def close(self) -> None:
        """Give back what opening Parquet files took."""
        if self._duckdb is not None:
            self._duckdb.close()

    def parts(self, file: StoredFile, depth: int = 0) -> Iterator[Part]:
        """Yield what a file holds. A healthy one costs its first 64 KiB; what cannot be read becomes a gap."""
        self.seen.files += depth == 0
        handed = False
        gaps: list[Gap] = []
        try:
            for part in self._parts(file, depth, gaps):
                handed = handed or part.path == file.path
                yield part
        except OSError as error:
            self.seen.refuse(file.origin, f"it cannot be read: {error.strerror or error}")
        finally:
            for gap in gaps:  # those of many files may be one
                self.seen.refuse(gap.what, gap.cause, gap.affects)
            if file.temporary and not handed:
                file.path.unlink(missing_ok=True)

    def _parts(self, file: StoredFile, depth: int, gaps: list[Gap]) -> Iterator[Part]:
        start = head(file.path)
        if start.startswith(PARQUET):
            yield from self._parquet(file)
            return
        packed = start.startswith(GZIP)
        text, sound = unpacked_head(start) if packed else (start, True)
        model = _model(file, Encoding.GZIP if packed else Encoding.TEXT)
        if not text:
            self._nothing(file, sound)
            return
        content = content_of(text)
        if content is Content.RECORDS:
            yield from self._records(file, model, text, sound, gaps)
        elif content is Content.PAYLOAD:
            yield from payload_parts(model, self._hints, self._scratch, gaps)
        elif content is Content.PACKED and depth < 2:
            inner = self._unpacked(file, model)
            yield from self.parts(replace(file, path=inner, temporary=True), depth + 1)
        else:
            kind = next((name for magic, name in _ARCHIVES.items() if text.startswith(magic)), "many times packed")
            self.seen.refuse(file.origin, f"it is a {kind} file, which is not read: unpack or convert it")

    def _nothing(self, file: StoredFile, sound: bool) -> None:
        if sound:
            self.seen.empty += 1
        else:
            self.seen.refuse(file.origin, "its gzip stream is damaged or cut off at its beginning")

    def _unpacked(self, file: StoredFile, model: Part) -> Path:
        """Unpack one layer of a file that is packed more than once."""
        stored, size = Bytes(model.path, Encoding.GZIP), 0
        with tempfile.NamedTemporaryFile(dir=self._scratch, prefix="unpacked-", delete=False) as out:
            for piece in stored:
                size += len(piece)
                if size > _UNPACKED:
                    stored.trouble = f"it unpacks to more than {_UNPACKED >> 30} GiB"
                    break
                out.write(piece)
        if stored.trouble is not None:
            self.seen.refuse(file.origin, stored.trouble, "the records behind")
        return Path(out.name)

    def _records(self, file: StoredFile, model: Part, text: bytes, sound: bool, gaps: list[Gap]) -> Iterator[Part]:
        lines = _sample(text)
        formats = formats_for(self._hints, flow_log=file.name.flow_log)
        marked = text.startswith(_MARK) and fields_of(lines[0] if lines else "") is None
        odd = not sound or b"\0" in text or marked or _RETURN.search(text) is not None
        plain = None if odd else _plainly(lines, formats)
        if plain is not None:
            fields, told_by = plain
            yield replace(model, fields=fields, told_by=told_by, header_lines=int(told_by == "header"),
                          temporary=file.temporary)  # fmt: skip
        elif any(fields_of(line) or fitting(bare(line), formats) for line in lines):
            yield from careful(model, formats, self._scratch, gaps)
        elif b"\0" in text:
            self.seen.refuse(file.origin, "it is binary, and no log")
        else:
            self._not_known(file, lines, formats)

    def _not_known(self, file: StoredFile, lines: list[str], formats: tuple[Format, ...]) -> None:
        """Note a text file that holds no record of a known format."""
        if not lines:
            self.seen.refuse(file.origin, f"no line ends within its first {HEAD >> 10} KiB, or none is text")
        elif file.name.flow_log is None and not any(word in line for line in lines for word in _TELLING):
            self.seen.ignored[file.origin] = NO_RECORDS
        elif formats[0].told_by in ("option", "flow-log"):
            said = "--log-format" if formats[0].told_by == "option" else f"the format of {file.name.flow_log}"
            why = misfit(formats[0].fields, lines[0].split())
            self.seen.refuse(file.origin, f"it has no header, and {said} does not fit: {why} in its first line")
        else:
            count = len(lines[0].split())
            cause = f"it has no header, and its {count} values a line are not the default format: give --log-format"
            self.seen.refuse(file.origin, cause)

    def _parquet(self, file: StoredFile) -> Iterator[Part]:
        import duckdb

        try:
            part = self._by_columns(file)
        except duckdb.Error:
            cause = "it is cut off or damaged; Parquet keeps its table of contents at the end, so nothing can be used"
            self.seen.refuse(file.origin, cause)
            return
        if part is not None:
            yield part

    def _by_columns(self, file: StoredFile) -> Part | None:
        """Return the part of a Parquet file, written anew where the engine cannot read its columns; None: no log."""
        from checker.flowlog.parquet import as_written, columns_of, of_flow_logs, rewritten

        run, model = self._connection(), replace(_model(file, Encoding.PARQUET), told_by="columns")
        columns = columns_of(run, file.path)
        if not of_flow_logs(columns):
            self.seen.refuse(file.origin, "its Parquet columns are no fields of flow logs")
            return None
        if as_written(run, file.path, columns):
            return replace(model, fields=tuple(columns), temporary=file.temporary)
        path, fields, untimed = rewritten(run, file.path, columns, self._scratch)
        if untimed:
            cause = f"{untimed} of its records tell{'s' if untimed == 1 else ''} no time and cannot be used"
            self.seen.refuse(file.origin, cause, "what these recorded")
        return replace(model, path=path, fields=fields, temporary=True, unreadable=untimed)

    def _connection(self) -> DuckDBPyConnection:
        import duckdb

        if self._duckdb is None:
            self._duckdb = duckdb.connect()
            self._duckdb.execute("SET TimeZone = 'UTC'")
        return self._duckdb


def _model(file: StoredFile, encoding: Encoding) -> Part:
    return Part(
        path=file.path, encoding=encoding, fields=(), told_by="", header_lines=0, flow_log=file.name.flow_log,
        account=file.name.account, region=file.name.region, origin=file.origin, size=file.size,
        delivered=file.name.delivered,
    )  # fmt: skip


def _sample(text: bytes) -> list[str]:
    """Return the first lines that are complete, without line ends and byte order mark."""
    raw = re.split(rb"[\r\n]+", text.removeprefix(_MARK))
    whole = raw if len(text) < HEAD else raw[:-1]
    lines = (line.decode("utf-8", "replace") for line in whole[:_SAMPLE])
    return [line for line in lines if line]


def _plainly(lines: list[str], formats: tuple[Format, ...]) -> Format | None:
    """Return the format of a file that the engine can read as it is: by its header, or by its first record.

    Lines that are no record in any way do not count; one that the careful way can read, and the engine cannot, does.
    """
    if not lines:
        return None
    header = fields_of(lines[0])
    if header is not None and len(lines[0].split(" ")) != len(header):
        return None
    found = Format(header, "header") if header is not None else fitting(lines[0], formats)
    if found is None:
        return None
    pattern, others = record_pattern(found.fields), (found, *formats)
    records = 0
    for line in lines[1:]:
        if pattern.fullmatch(line):
            records += 1
        elif fields_of(line) is not None or fitting(bare(line), others):
            return None
    return found if records or header is None or not lines[1:] else None
