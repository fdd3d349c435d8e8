"""Waivers: who accepted what, why, and until when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from checker.model.finding import Finding, Report, WaiverRef
from checker.report import say
from checker.report.html.markup import Child, Html, anchor, join, note, section, table, tag

_SOON: Final = timedelta(days=30)
_NAMED: Final = 5
ROWS: Final = 500
"""Waivers in the table; the JSON report holds all."""


def part(report: Report) -> Html:
    """Return the part on waivers."""
    used: dict[WaiverRef, list[Finding]] = {}
    for each in report.findings:
        if each.waiver is not None:
            used.setdefault(each.waiver, []).append(each)
    said = [each for each in report.notes if "waiver" in each.lower()]
    notes = [tag("h3", "Said of waivers"), tag("ul", [tag("li", each) for each in said])] if said else []
    if not used:
        return section("waivers", "Waivers", tag("p", "No waiver was applied in this run."), notes)
    today = report.run.started_at.date()
    ordered = sorted(used.items(), key=lambda pair: (pair[0].until or date.max, pair[0].source))
    rows = [_row(waiver, findings, today) for waiver, findings in ordered[:ROWS]]
    left = len(ordered) - ROWS
    head = ["Where it stands", "Reason", "Owner", "Until", "Findings"]
    return section(
        "waivers", "Waivers",
        tag("p", "A waived failure is still a failure that somebody has accepted. The soonest to end comes first."),
        table(head, rows, caption="Waivers in use"),
        note(f"{left:,} more stand in the JSON report.") if left > 0 else None,
        notes, note("Dates are to the end of the day, UTC, as of the day of this run."),
    )  # fmt: skip


def _row(waiver: WaiverRef, findings: list[Finding], today: date) -> list[Child]:
    links = [tag("li", tag("a", f"{each.rule_id} {say.subject(each)}", href=f"#{anchor(each.id)}"))
             for each in findings[:_NAMED]]  # fmt: skip
    more = tag("li", f"{len(findings) - _NAMED:,} more") if len(findings) > _NAMED else None
    return [
        tag("span", waiver.source, class_="mono"), waiver.reason, waiver.owner or "nobody is named",
        _until(waiver.until, today), tag("ul", links, more, class_="plain"),
    ]  # fmt: skip


def _until(until: date | None, today: date) -> Child:
    if until is None:
        return "without an end"
    if until < today:
        return join([until.isoformat(), " ", tag("b", "ended")])
    if until - today <= _SOON:
        return join([until.isoformat(), " ", tag("b", f"ends in {say.number((until - today).days, 'day')}")])
    return until.isoformat()
