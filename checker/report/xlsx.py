"""A workbook for people who live in a spreadsheet: one sheet for each kind of row, with headings, filters and colours.

Every cell is text or a whole number; no cell is a formula, a link or a date that a program might run, follow or change.
Needs XlsxWriter (``pip install 'flowcheck[xlsx]'``).
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from checker.model.finding import Report, Status
from checker.report import say
from checker.report.csv_rows import FORMULA
from checker.report.options import RenderOptions
from checker.report.run_json import timestamp
from checker.report.sanitize import clip, plain
from checker.report.xlsx_rows import Cell, Sheet, sheets

MAX_ROWS: Final = 1_048_575
"""Rows below the headings that Excel holds."""
MAX_TEXT: Final = 32_767
"""Characters that a cell holds."""
MAX_WIDTH: Final = 80
_SAMPLE: Final = 200
"""Rows from which a column's width is taken."""

_COLOURS: Final = {
    "fail": "#F8D7DA",
    "not met": "#F8D7DA",
    "none": "#F8D7DA",
    "broken": "#F8D7DA",
    "filtered": "#FFF3CD",
    "unknown": "#FFF3CD",
    "partly examined": "#FFF3CD",
    "partial": "#FFF3CD",
    "pass": "#D1E7DD",
    "met": "#D1E7DD",
    "covered": "#D1E7DD",
    "covered-by-subnets": "#D1E7DD",
    "waived": "#E2E3E5",
    "not examined": "#E2E3E5",
}
"""Background of the column "status"; the word itself says it too."""


def render(report: Report, options: RenderOptions) -> bytes:
    """Return the workbook. Equal arguments give equal bytes. The options make no difference."""
    import xlsxwriter

    del options
    out = io.BytesIO()
    # Rows go to a temporary file as they are written: Excel's table of all texts would be held in memory.
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties(
        {
            "title": "flowcheck",
            "comments": f"flowcheck {plain(report.tool_version)}",
            "created": report.run.started_at.astimezone(UTC).replace(tzinfo=None),
        }
    )
    writer = _Writer(book)
    listed = list(sheets(report))
    cut = [(len(each.rows) - MAX_ROWS, each.name) for each in listed if len(each.rows) > MAX_ROWS]
    writer.add(Sheet(name="Summary", columns=("what", "value"), rows=[*_summary(report, cut)]))
    for each in listed:
        writer.add(each)
    book.close()
    return out.getvalue()


def _summary(report: Report, cut: Iterable[tuple[int, str]]) -> Iterable[tuple[Cell, ...]]:
    run = report.run
    if warning := say.nothing_examined(report):
        yield "WARNING", warning
    yield "summary", say.summary_line(report)
    yield "exit code", say.exit_reason(report)
    yield "flowcheck", report.tool_version
    yield "command", run.command
    yield "time of the run", timestamp(run.started_at)
    yield "policy", f"{run.policy.get('name')} {run.policy.get('version') or ''}, digest {run.policy.get('digest')}"
    for each in run.inputs:
        yield "input", ", ".join(f"{name} {value}" for name, value in sorted(each.items()) if value)
    for kind, count in sorted(report.summary.evaluated.items()):
        yield f"looked at: {kind}", count
    for status in Status:
        yield f"verdicts: {status.value}", report.summary.counts.get(status, 0)
    for note in report.notes:
        yield "note", note
    for count, name in cut:
        yield "left out", f"{count:,} rows of sheet {name}: a sheet holds {MAX_ROWS:,}"
    yield "left out", "Code of fixes, the rules' pages and the rest of history; the JSON report has them."


class _Writer:
    """Lays sheets out."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF"})
        self._text = book.add_format({"valign": "top"})
        self._quoted = book.add_format({"valign": "top", "quote_prefix": True})
        self._marks = {word: book.add_format({"bg_color": colour}) for word, colour in _COLOURS.items()}

    def add(self, sheet: Sheet) -> None:
        """Add a sheet with its headings, rows, filter and widths."""
        page = self._book.add_worksheet(sheet.name)
        for at, name in enumerate(sheet.columns):
            page.write_string(0, at, name, self._head)
        sample = list(islice(sheet.rows, _SAMPLE))
        for at, name in enumerate(sheet.columns):
            page.set_column(at, at, _width([name, *(row[at] for row in sample)]))
        for number, row in enumerate(islice(sheet.rows, MAX_ROWS), 1):
            for at, cell in enumerate(row):
                self._write(page, number, at, cell)
        page.freeze_panes(1, 0)
        rows = min(len(sheet.rows), MAX_ROWS)
        if rows:
            page.autofilter(0, 0, rows, len(sheet.columns) - 1)
        self._colour(page, sheet, rows)

    def _write(self, page: Any, row: int, column: int, cell: Cell) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, int):
            page.write_number(row, column, cell, self._text)
            return
        shown, formula = _shown(cell)
        # Marked as text for good: a cell that is edited, or written out as CSV, shall not turn into a formula either.
        page.write_string(row, column, shown, self._quoted if formula else self._text)

    def _colour(self, page: Any, sheet: Sheet, rows: int) -> None:
        if "status" not in sheet.columns or not rows:
            return
        at = sheet.columns.index("status")
        for word, mark in self._marks.items():
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": mark}
            page.conditional_format(1, at, rows, at, rule)


@lru_cache(maxsize=4096)  # most columns say the same again and again
def _shown(text: str) -> tuple[str, bool]:
    """Return a text as its cell shows it, and whether a program might take it for a formula."""
    shown = clip(plain(text), MAX_TEXT)
    return shown, FORMULA.match(shown) is not None


def _width(cells: Iterable[Cell]) -> int:
    longest = max((len(str(cell)) for cell in cells if cell is not None), default=0)
    return min(longest + 2, MAX_WIDTH)
