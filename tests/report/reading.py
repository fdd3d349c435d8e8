"""Reports as text, whatever their format: a workbook is read by somebody else's reader."""

import base64
import hashlib
import io
from typing import Final

import openpyxl

from checker.model.finding import Report
from checker.report import FORMATS, RenderOptions
from checker.report.html.page import asset

ASSETS: Final = ("report.css", "report.js", "icons.svg")


def shown(name: str, report: Report, options: RenderOptions) -> str:
    """Return what a format shows; of a workbook, a line for each cell with its sheet and place."""
    if not FORMATS[name].binary:
        return FORMATS[name].render(report, options)
    book = openpyxl.load_workbook(io.BytesIO(FORMATS[name].data(report, options)))
    cells = [(sheet.title, cell) for sheet in book for row in sheet.iter_rows() for cell in row]
    return "".join(f"{title}!{cell.coordinate}: {cell.value}\n" for title, cell in cells if cell.value is not None)


def without_assets(text: str) -> str:
    """Return a page with the names of the files that it embeds in place of their texts and digests."""
    for name in ASSETS:
        embedded = asset(name)
        digest = base64.b64encode(hashlib.sha256(embedded.encode()).digest()).decode()
        text = text.replace(embedded, f"({name})").replace(f"sha256-{digest}", f"(sha256 of {name})")
    return text
