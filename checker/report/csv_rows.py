"""CSV as RFC 4180 has it: one row per verdict, all five statuses. Safe to open in a spreadsheet.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula and runs it. Such cells get an
apostrophe in front, which spreadsheets take for "this is text".
"""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from checker.model.finding import Finding, Report
from checker.report import say
from checker.report.options import RenderOptions
from checker.report.sanitize import plain

COLUMNS: Final = (
    "rule_id", "rule_name", "status", "severity", "confidence", "change", "baselined", "resource_type", "address",
    "arn", "resource_id", "account", "region", "root", "path", "start_line", "end_line", "message", "why", "evidence",
    "fix", "controls", "waiver", "id",
)  # fmt: skip
"""The header row. Names stay; new columns come at the end."""

FORMULA: Final = re.compile(r"[\t\r\n]|[\s\u200b-\u200f\u2060-\u2064\ufeff\x00-\x1f]*[=+\-@＝＋－＠]")
"""Start of a cell that some spreadsheet takes for a formula: also after blanks and marks that it skips, and with the
wide forms of the signs."""


def render(report: Report, options: RenderOptions) -> str:
    """Return the findings as CSV, then one comment row for each thing that rows cannot hold: gaps, notes, counts."""
    del options
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows([safe_cell(cell) for cell in cells_of(finding)] for finding in report.findings)
    writer.writerows([safe_cell(cell) for cell in row] for row in _remarks(report))
    return out.getvalue()


def safe_cell(text: str) -> str:
    """Return a cell that a spreadsheet shows as text, on one line."""
    return ("'" if FORMULA.match(text) else "") + plain(text)


def cells_of(finding: Finding) -> list[str]:
    """Return the cells of a verdict in the order of ``COLUMNS``, not yet made safe."""
    resource, origin, fix = finding.resource, finding.location, finding.remediation
    return [
        finding.rule_id,
        finding.rule_name,
        finding.status.value,
        finding.severity.label,
        finding.confidence.value,
        finding.change.value if finding.change else "",
        "true" if finding.baselined else "false",
        resource.type,
        resource.address or "",
        resource.arn or "",
        resource.id or "",
        resource.account or "",
        resource.region or "",
        resource.root,
        (origin.path or "") if origin else "",
        _text(origin.line if origin else None),
        _text(origin.end_line if origin else None),
        finding.message,
        finding.why,
        "; ".join(each.statement for each in finding.evidence),
        fix.summary if fix else "",
        say.controls(finding),
        say.waiver_text(finding),
        finding.id,
    ]


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _remarks(report: Report) -> list[list[str]]:
    """Return rows without a rule, told by their status ``gap``, ``note`` or ``summary``; their text is the message."""
    found = [("gap", f"{gap.what}: {gap.cause}. Not known therefore: {gap.affects}") for gap in report.gaps]
    found += [("note", note) for note in (say.nothing_examined(report), *report.notes) if note]
    fixes = sum(1 for each in report.findings if each.remediation and each.remediation.terraform)
    hidden = f"; not in these rows: {say.number(fixes, 'fix', 'fixes')} as Terraform code" if fixes else ""
    found.append(("summary", say.summary_line(report) + hidden))
    at, text = COLUMNS.index("status"), COLUMNS.index("message")
    return [[kind if i == at else said if i == text else "" for i in range(len(COLUMNS))] for kind, said in found]
