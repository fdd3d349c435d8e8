"""The careful way to read a file that the engine cannot: line by line, keeping what is sound."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from checker.flowlog.fields import fields_of
from checker.flowlog.part import Encoding, Part
from checker.model.finding import Gap
from checker.model.record import replace


def recover(part: Part, scratch: Path, gaps: list[Gap]) -> Iterator[Part]:
    """Yield temporary parts with the readable records of a file, one for each format; name the rest in ``gaps``."""
    if part.encoding is Encoding.PARQUET:
        gaps.append(Gap(what=part.origin, cause="it is no Parquet file that can be read", affects="its records"))
        return
    fields, number, found = part.fields, 0, scratch / f"recovered-{part.path.name}-0.txt"
    bad: list[int] = []
    out = found.open("w", encoding="utf-8")
    for at, line in enumerate(_lines(part, gaps), 1):
        header = fields_of(line) if "srcaddr" in line else None
        if header is not None and header != fields:
            out.close()
            yield replace(
                part, path=found, encoding=Encoding.TEXT, fields=fields, header_lines=0, temporary=True, size=0
            )
            fields, number = header, number + 1
            found = scratch / f"recovered-{part.path.name}-{number}.txt"
            out = found.open("w", encoding="utf-8")
        elif header is None and len(line.split(" ")) == len(fields):
            out.write(line + "\n")
        elif header is None and line:
            bad.append(at)
    out.close()
    yield replace(part, path=found, encoding=Encoding.TEXT, fields=fields, header_lines=0, temporary=True, size=0)
    if bad:
        few = ", ".join(map(str, bad[:3]))
        cause = f"{len(bad)} line{'' if len(bad) == 1 else 's'} cannot be read (line {few})"
        gaps.append(Gap(what=part.origin, cause=cause, affects="what these lines recorded"))


def _lines(part: Part, gaps: list[Gap]) -> Iterator[str]:
    opened = gzip.open(part.path, "rb") if part.encoding is Encoding.GZIP else part.path.open("rb")  # noqa: SIM115
    with opened as file:
        try:
            while line := file.readline(1 << 20):
                yield line.rstrip(b"\r\n").decode("utf-8", "replace")
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            cause = f"it is cut off or damaged ({error}); what stands before is used"
            gaps.append(Gap(what=part.origin, cause=cause, affects="the records behind the damage"))
