"""Reports as text, whatever their format: a workbook is read by somebody else's reader."""

import io

import openpyxl

from checker.model.finding import Report
from checker.report import FORMATS, RenderOptions


def shown(name: str, report: Report, options: RenderOptions) -> str:
    """Return what a format shows; of a workbook, a line for each cell with its sheet and place."""
    if not FORMATS[name].binary:
        return FORMATS[name].render(report, options)
    book = openpyxl.load_workbook(io.BytesIO(FORMATS[name].data(report, options)))
    cells = [(sheet.title, cell) for sheet in book for row in sheet.iter_rows() for cell in row]
    return "".join(f"{title}!{cell.coordinate}: {cell.value}\n" for title, cell in cells if cell.value is not None)
