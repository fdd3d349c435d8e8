"""Lines sorted by record format into temporary files that the engine reads fast; what is no record is counted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from checker.flowlog.fields import fields_of, misfit, record_pattern
from checker.flowlog.formats import Format, bare, fitting
from checker.flowlog.part import Encoding, Part
from checker.model.finding import Gap
from checker.model.record import replace

_MOST: Final = 64
"""Formats in one file."""
_NAMED: Final = 3
"""Lines that a gap names."""


class Sorter:
    """Takes lines, or values by field, and yields parts. Use as a context: files that nobody took are deleted.

    ``formats``, never empty, are those that lines without a header may have.
    """

    def __init__(self, model: Part, formats: Sequence[Format], scratch: Path) -> None:
        self.model = model
        """Of the parts: all but path, encoding, fields, told_by and header_lines."""
        self._formats = tuple(formats)
        self._scratch = scratch
        self._current: Format | None = None
        self._headers: dict[Format, None] = {}
        """Formats that headers named so far; a record of one of them may follow any other."""
        self._written: dict[Format, tuple[Path, IO[str]]] = {}
        self._bad: list[int] = []
        self._why: str | None = None
        self.unreadable = 0
        self.records = 0

    def __enter__(self) -> Sorter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for path, file in self._written.values():
            file.close()
            path.unlink(missing_ok=True)
        self._written.clear()

    def take(self, number: int, line: str | None, formats: Sequence[Format] | None = None) -> None:
        """Take one line; None for one that could not be read. ``formats`` counts for this line instead."""
        if line is None:
            self.refuse(number, "too long, or no text")
            return
        current = self._current
        if formats is None and current is not None and record_pattern(current.fields).fullmatch(line):
            self._write(current, line)
            return
        self._take_other(number, bare(line), self._formats if formats is None else formats)

    def take_values(self, number: int, given: dict[str, str]) -> None:
        """Take a record whose values are known by field."""
        fields = tuple(given)
        why = misfit(fields, tuple(given.values()))
        if why is not None:
            self.refuse(number, why)
            return
        self._write(Format(fields, "columns"), " ".join(given.values()))

    def parts(self) -> Iterator[Part]:
        """Yield what was taken; the first part stands for the file, and for what could not be read of it."""
        for _, file in self._written.values():
            file.close()
        files, size = self.model.files, self.model.size
        if not self._written and self._bad:
            self._write(self._current or Format(self.model.fields, self.model.told_by), None)
        for each, (path, _) in list(self._written.items()):
            first = files == self.model.files and size == self.model.size
            yield replace(
                self.model, path=path, encoding=Encoding.TEXT, fields=each.fields, told_by=each.told_by,
                header_lines=0, temporary=True, files=files, size=size, unreadable=self.unreadable if first else 0,
            )  # fmt: skip
            del self._written[each]
            files, size = 0, 0

    def gap(self) -> Gap | None:
        """Return what to say of the lines that are no record."""
        if not self.unreadable:
            return None
        few = ", ".join(map(str, self._bad)) + (", ..." if self.unreadable > len(self._bad) else "")
        noun = "line is" if self.unreadable == 1 else "lines are"
        cause = f"{self.unreadable} {noun} no record of its format (line {few}; the first: {self._why})"
        if not self.records and self._current is None:
            cause += "; there is no header: give --log-format where it is not the default format"
        return Gap(
            what=self.model.origin,
            cause=cause,
            affects="what these lines recorded",
        )

    def _take_other(self, number: int, line: str, formats: Sequence[Format]) -> None:
        current = self._current
        if current is not None and record_pattern(current.fields).fullmatch(line):
            self._write(current, line)
            return
        fields = None if line[:1].isdigit() or line[:1] == "-" else fields_of(line)
        if fields is not None:
            self._current = Format(fields, "header")
            if len(self._headers) < _MOST:
                self._headers[self._current] = None
            return
        found = fitting(line, (*self._headers, *formats))
        if found is None:
            against = current or formats[0]
            self.refuse(number, self._why or misfit(against.fields, line.split()))
            return
        if current is None or current.told_by != "header":
            self._current = found
        self._write(found, line)

    def refuse(self, number: int, why: str | None) -> None:
        """Count something that is no record."""
        self.unreadable += 1
        self._why = self._why or why or "it does not fit"
        if len(self._bad) < _NAMED:
            self._bad.append(number)

    def _write(self, each: Format, line: str | None) -> None:
        """Write a record; None makes the file only."""
        found = self._written.get(each)
        if found is None:
            if len(self._written) >= _MOST:
                self.refuse(0, f"more than {_MOST} formats in one file")
                return
            made, name = tempfile.mkstemp(dir=self._scratch, prefix="records-", suffix=".log")
            file = open(made, "w", encoding="utf-8", errors="replace", newline="\n")  # noqa: SIM115, PTH123
            found = self._written[each] = (Path(name), file)  # replaced: halves of characters, which JSON may hold
        if line is not None:
            found[1].write(line + "\n")
            self.records += 1
