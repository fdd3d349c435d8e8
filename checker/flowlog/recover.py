"""The careful way to read a file: line by line, keeping what is sound, sorted by format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from checker.flowlog.formats import DEFAULT, Format
from checker.flowlog.part import Encoding, Part
from checker.flowlog.reading import Bytes, head, lines
from checker.flowlog.sorting import Sorter
from checker.model.finding import Gap


def recover(part: Part, scratch: Path, gaps: list[Gap]) -> Iterator[Part]:
    """Yield temporary parts with the readable records of a file, one for each format; name the rest in ``gaps``.

    The first of them carries ``files``, ``size`` and ``unreadable`` of the whole file. The file itself stays.
    """
    if part.encoding is Encoding.PARQUET:
        gaps.append(Gap(what=part.origin, cause=_of_parquet(part.path), affects="its records"))
        return
    formats = (DEFAULT,) if part.header_lines else (Format(part.fields, part.told_by), DEFAULT)
    yield from careful(part, formats, scratch, gaps)


def _of_parquet(path: Path) -> str:
    try:
        head(path)
    except OSError as error:
        return f"it cannot be read further: {error.strerror or error}"
    return "it is cut off or damaged; Parquet keeps its table of contents at the end, so nothing of it can be used"


def careful(model: Part, formats: Sequence[Format], scratch: Path, gaps: list[Gap]) -> Iterator[Part]:
    """Yield what a text file holds, whatever stands before its records and whichever formats follow each other.

    ``model`` tells all but the formats; ``formats`` are those that lines without a header may have.
    """
    stored = Bytes(model.path, model.encoding)
    with Sorter(model, formats, scratch) as sorter:
        for number, line in lines(stored):
            sorter.take(number, line)
        if stored.trouble is not None:
            kept = f"the {sorter.records} record{'' if sorter.records == 1 else 's'} before are used"
            gaps.append(Gap(what=model.origin, cause=f"{stored.trouble}; {kept}", affects="the records behind"))
        if (gap := sorter.gap()) is not None:
            gaps.append(gap)
        yield from sorter.parts()
