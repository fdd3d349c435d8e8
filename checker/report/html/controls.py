"""Control by control, for each version of each framework."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Final

from checker.model.assessment import ControlResult
from checker.model.finding import Report, Status
from checker.report.html.markup import Child, Html, anchor, join, note, section, table, tag
from checker.report.html.words import CONTROLS, badge

_FAILING: Final = 3
"""Findings that a control names; the list filtered by the control has all."""

_ABSENT: Final = (
    "No framework was judged in this run, or it was saved without it. To have controls judged, run again with "
    "--framework (cis-aws, say), or ask for --format json, html, xlsx or oscal."
)


def part(report: Report) -> Html:
    """Return the part on controls."""
    results = report.assessment.controls if report.assessment else ()
    if not results:
        return section("controls", "Controls", note(_ABSENT))
    known = {each.id for each in report.findings}
    ordered = sorted(results, key=lambda each: (each.control.framework, each.control.version, each.control.id))
    groups = groupby(ordered, key=lambda each: (each.control.framework, each.control.version))
    return section(
        "controls", "Controls",
        tag("p", "What each control asks of flow logs, in our own words, and what this run can say of it. A control is "
                 "met only where all that it demands was examined. Flow logs are a part of what most controls ask; "
                 "their other parts are not judged here."),
        _overview(ordered),
        [_framework(name, version, list(inside), known) for (name, version), inside in groups],
    )  # fmt: skip


def _framework(name: str, version: str, results: list[ControlResult], known: set[str]) -> Html:
    counted = Counter(each.status for each in results)
    words = [
        badge(look, f"{word}: {counted[status]:,}") for status, (word, look) in CONTROLS.items() if counted[status]
    ]
    rows = [_row(each, known) for each in results]
    head = ["Control", "Status", "What it asks of flow logs", "Rules", "Verdicts", "Failing"]
    return tag(
        "details",
        tag("summary", tag("h3", f"{name} {version}"), tag("span", words, class_="marks")),
        table(head, rows, caption=f"{name} {version}", class_="controls"),
    )


def _overview(ordered: list[ControlResult]) -> Html:
    """Return how many controls of each version of a framework are in which status."""
    rows: list[list[Child]] = []
    for (name, version), inside in groupby(ordered, key=lambda each: (each.control.framework, each.control.version)):
        counted = Counter(each.status for each in inside)
        rows.append([f"{name} {version}", *(f"{counted[status]:,}" for status in CONTROLS)])
    head: list[Child] = ["Framework", *(badge(look, word) for word, look in CONTROLS.values())]
    return table(head, rows, caption="Controls by framework and status")


def _row(result: ControlResult, known: set[str]) -> list[Child]:
    word, look = CONTROLS[result.status]
    firm = f"{result.firmness} mapping; source: {result.source}"
    return [
        result.control.id,
        join([badge(look, word), tag("p", result.reason, class_="note")]),
        join([result.demand, tag("p", firm, class_="note")]),
        ", ".join(result.rules) or "none",
        ", ".join(f"{result.counts[each]:,} {each.value}" for each in Status if result.counts.get(each)) or "none",
        _failing(result, known),
    ]


def _failing(result: ControlResult, known: set[str]) -> Child:
    """Return the findings that fail it; those of a control's own parameters are not in the list, and bear no link."""
    if not result.failing:
        return "none"
    shown = [tag("li", tag("a", each, href=f"#{anchor(each)}") if each in known else tag("span", each, class_="mono"))
             for each in result.failing[:_FAILING]]  # fmt: skip
    more = len(result.failing) - len(shown)
    return tag("ul", shown, tag("li", f"{more:,} more") if more else None, class_="plain")
