"""Waivers: who accepted what, why, and until when; also those that have ended and those that cover nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from checker.model.assessment import WaiverRow
from checker.model.finding import Finding, Report, WaiverRef
from checker.report import say
from checker.report.html.markup import Child, Html, anchor, join, note, section, table, tag
from checker.report.html.words import badge

_SOON: Final = timedelta(days=30)
_NAMED: Final = 5
ROWS: Final = 500
"""Waivers in each table; the JSON report holds all."""
_TITLES: Final = {
    "in-use": ("In use", "Waivers in use"),
    "expired": ("Ended: what they covered is open again", "Waivers that have ended"),
    "unused": ("Of no use: they cover no failure of this run", "Waivers of no use"),
}


def part(report: Report) -> Html:
    """Return the part on waivers."""
    rows = _rows(report)
    said = [each for each in report.notes if "waiver" in each.lower()]
    notes = [tag("h3", "Said of waivers"), tag("ul", [tag("li", each) for each in said])] if said else []
    if not rows:
        return section("waivers", "Waivers", tag("p", "No waiver was given or applied in this run."), notes)
    known = {each.id: each for each in report.findings}
    return section(
        "waivers", "Waivers",
        tag("p", "A waived failure is still a failure that somebody has accepted. The soonest to end comes first."),
        [_table(state, [each for each in rows if each.state == state], known, report) for state in _TITLES],
        notes, note("Dates are to the end of the day, UTC, as of the day of this run."),
    )  # fmt: skip


def _rows(report: Report) -> tuple[WaiverRow, ...]:
    """Return the waivers of the run; those in use only, where it was saved without the others."""
    if report.assessment is not None and report.assessment.waivers:
        return report.assessment.waivers
    used: dict[WaiverRef, list[Finding]] = {}
    for each in report.findings:
        if each.waiver is not None:
            used.setdefault(each.waiver, []).append(each)
    rows = [_used(waiver, findings) for waiver, findings in used.items()]
    return tuple(sorted(rows, key=lambda row: (row.until or date.max, row.source)))


def _used(waiver: WaiverRef, findings: list[Finding]) -> WaiverRow:
    return WaiverRow(
        source=waiver.source, rules=tuple(sorted({each.rule_id for each in findings})), scope="", reason=waiver.reason,
        owner=waiver.owner, until=waiver.until, state="in-use", count=len(findings),
        findings=tuple(sorted(each.id for each in findings)[:_NAMED]),
    )  # fmt: skip


def _table(state: str, rows: list[WaiverRow], known: dict[str, Finding], report: Report) -> Html | None:
    if not rows:
        return None
    title, caption = _TITLES[state]
    today = report.run.started_at.date()
    head = ["Where it stands", "Owner", "Until", "Reason", "Rules and scope"]
    body = [_row(each, today) for each in rows[:ROWS]]
    if state != "unused":
        head.append("Findings")
        body = [[*cells, _findings(row, known)] for cells, row in zip(body, rows, strict=False)]
    left = len(rows) - ROWS
    return join([
        tag("h3", f"{title} ({len(rows):,})"), table(head, body, caption=caption, class_="waivers"),
        note(f"{left:,} more stand in the JSON report.") if left > 0 else None,
    ])  # fmt: skip


def _row(row: WaiverRow, today: date) -> list[Child]:
    return [
        tag("span", row.source, class_="mono"), row.owner or tag("b", "nobody is named"), _until(row, today),
        row.reason, join([", ".join(row.rules), tag("span", row.scope, class_="kind") if row.scope else None]),
    ]  # fmt: skip


def _findings(row: WaiverRow, known: dict[str, Finding]) -> Child:
    if not row.count:
        return "none"
    shown = row.findings[:_NAMED]
    links = [tag("li", _link(each, known)) for each in shown]
    more = tag("li", f"{row.count - len(shown):,} more") if row.count > len(shown) else None
    return tag("ul", links, more, class_="plain")


def _link(identifier: str, known: dict[str, Finding]) -> Html:
    found = known.get(identifier)
    if found is None:
        return tag("span", identifier, class_="mono")
    return tag("a", f"{found.rule_id} {say.subject(found)}", href=f"#{anchor(identifier)}")


def _until(row: WaiverRow, today: date) -> Child:
    until = row.until
    if until is None:
        return join([badge("unknown", "without an end")])
    day = tag("span", until.isoformat(), class_="word")
    if until < today:
        return join([day, " ", badge("fail", "ended")])
    if until - today <= _SOON:
        left = "ends today" if until == today else f"ends in {say.number((until - today).days, 'day')}"
        return join([day, " ", badge("unknown", left)])
    return day
