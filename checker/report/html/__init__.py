"""The HTML report: one file for people, auditors among them, that loads nothing from elsewhere.

``render`` is the format. Each part of the page is one module that turns facts of the report into markup.
"""

from __future__ import annotations

from typing import Final

from checker.model.finding import Report
from checker.report.html.controls import part as controls
from checker.report.html.coverage import part as coverage
from checker.report.html.data import blocks
from checker.report.html.findings import part as findings
from checker.report.html.front import summary
from checker.report.html.history import part as history
from checker.report.html.inventory import part as inventory
from checker.report.html.method import part as method
from checker.report.html.page import lay_out
from checker.report.html.reproduce import part as reproduce
from checker.report.html.traffic import part as traffic
from checker.report.html.waivers import part as waivers
from checker.report.options import RenderOptions

_PARTS: Final = (summary, coverage, findings, controls, traffic, inventory, waivers, history, method, reproduce)


def render(report: Report, options: RenderOptions) -> str:
    """Return the report as one HTML document."""
    del options
    return "".join(lay_out(report, (part(report) for part in _PARTS), blocks(report)))
