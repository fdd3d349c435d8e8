"""Recorded traffic on a Markdown page: what was read, the causes, and the rejects that deserve a look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.model.diagnosis import Diagnosis
from checker.model.finding import Remediation, Report
from checker.report import say, traffic_text
from checker.report.markdown_page import Page
from checker.report.markdown_text import code, fence, html_code, prose
from checker.report.options import RenderOptions

_TALKERS: Final = 5
_LONG: Final = 300
_MOST: Final = 10
"""Diagnoses whose fixes are written out without ``verbose``."""


def blocks(report: Report, page: Page) -> Iterator[str]:
    """Yield what a report says of traffic; nothing where no records were read. Rows that do not fit are counted."""
    if report.traffic is None:
        return
    read = [traffic_text.read_line(report.traffic) + "."]
    if other := traffic_text.left_out(report.traffic):
        read.append(f"Not counted: {other}.")
    if top := traffic_text.talkers(report.traffic, _TALKERS):
        read.append(f"Top talkers among the rejected: {top}.")
    yield page.take(f"#### Recorded traffic\n\n{prose(' '.join(read))}")
    rows = [_row(f"{n:,}", cause.value, traffic_text.CAUSES[cause])
            for cause, n in traffic_text.by_cause(report.diagnoses)]  # fmt: skip
    if rows:
        head = "| Records | Cause | Meaning |\n|---:|---|---|"
        yield page.rows(head, rows, "", noun="cause", share=0.1)
    wanted = [each for each in report.diagnoses if not each.expected]
    if wanted:
        head = "| # | Rejected | Kind | Cause | Why | Records |\n|---:|---|---|---|---|---:|"
        yield page.rows(head, map(_diagnosis, wanted), "", noun="diagnosis|diagnoses", share=0.4)
    if noise := len(report.diagnoses) - len(wanted):
        yield page.take(f"{say.number(noise, 'diagnosis', 'diagnoses')} of background noise not listed.")


def fixes(report: Report, options: RenderOptions, page: Page) -> Iterator[str]:
    """Yield one folded block for the fix of each of the first diagnoses, as far as there is room."""
    wanted = [each for each in report.diagnoses if not each.expected]
    shown = wanted if options.verbose else wanted[:_MOST]
    told = [(each, fix) for each in shown if (fix := each.remediation) is not None and (fix.terraform or fix.cli)]
    for at, (each, fix) in enumerate(told):
        text = page.take(_fix(each, fix))
        if not text:
            page.cut.append((len(told) - at, "fix of a diagnosis|fixes of diagnoses"))
            return
        yield text
    if told and len(shown) < len(wanted):
        yield page.take(f"Of {len(wanted):,} diagnoses, the first {len(shown)} are shown with their fixes.")


def _fix(found: Diagnosis, fix: Remediation) -> str:
    summary = f"Fix of {found.rank}, {html_code(traffic_text.headline(found))}"
    codes = [fence(text, language) for text, language in ((fix.terraform, "hcl"), (fix.cli, "sh")) if text]
    return "\n\n".join([f"<details><summary>{summary}</summary>", prose(fix.summary), *codes, "</details>"])


def _diagnosis(found: Diagnosis) -> str:
    why = found.says
    if found.rule is not None:
        why += f" Rule {found.rule.id}: {found.rule.says}."
    if found.remediation is not None:
        why += f" Fix: {found.remediation.summary}"
    cause = code(found.cause.value) + f", {found.confidence.value}"
    columns = (str(found.rank), prose(traffic_text.headline(found)), prose(traffic_text.kind(found)), cause,
               prose(why, _LONG), f"{found.traffic.records:,}")  # fmt: skip
    return f"| {' | '.join(columns)} |"


def _row(*columns: str) -> str:
    return f"| {' | '.join(prose(each) for each in columns)} |"
