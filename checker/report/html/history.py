"""What changed since the run before, and the trend."""

from __future__ import annotations

from typing import Final

from checker.model.assessment import FixedFinding, History, RunPoint
from checker.model.finding import Report, Status
from checker.report import say
from checker.report.html.charts import Bar, line
from checker.report.html.markup import Child, Html, anchor, definitions, join, note, section, table, tag

ROWS: Final = 200
_HOW: Final = {
    "fixed": "fixed",
    "waived": "waived since",
    "gone": "its subject no longer exists",
    "not-applicable": "its rule no longer applies to it",
    "not-examined": "not examined this time: not known to be fixed",
}


def part(report: Report) -> Html:
    """Return the part on history."""
    history = report.assessment.history if report.assessment else None
    if history is None:
        return section("changes", "History", note("This run was not compared with earlier ones: none are kept."))
    return section(
        "changes", "History", _numbers(history), _trend(history.trend),
        _named("New failures", history.new, report), _named("Open again: their waiver ended", history.reopened, report),
        _open(history),
        _fixed(history.fixed),
    )  # fmt: skip


def _numbers(history: History) -> Html:
    was = history.previous
    compared = f"the run of {was.started_at:%Y-%m-%d %H:%M} UTC ({was.run_id})" if was else "nothing: the first run"
    flapping = sum(1 for each in history.open if each.flapping)
    pairs: list[tuple[str, Child]] = [
        ("Compared with", compared),
        ("New failures", f"{len(history.new):,}"),
        ("Open again", f"{len(history.reopened):,}, their waivers having ended"),
        ("Still open", f"{len(history.open):,}, of them {flapping:,} flapping"),
        ("No longer failing", f"{len(history.fixed):,}"),
    ]
    seconds = history.mean_seconds_to_repair
    if seconds is not None:
        pairs.append(("Mean time to repair", f"{seconds / 86400:.1f} days"))
    return definitions(pairs, class_="facts")


def _trend(trend: tuple[RunPoint, ...]) -> Html | None:
    if len(trend) < 2:
        return None
    points = [Bar(f"{each.started_at:%Y-%m-%d %H:%M}", each.counts.get(Status.FAIL, 0)) for each in trend]
    rows: list[list[Child]] = [
        [f"{each.started_at:%Y-%m-%d %H:%M}", *(f"{each.counts.get(status, 0):,}" for status in Status)]
        for each in trend[-ROWS:]
    ]
    times = [each.started_at for each in trend]
    chart = line(points, times, label=f"Failures over {len(trend)} runs", first=points[0].label, last=points[-1].label)
    told = table(["Run", *(status.value for status in Status)], rows, caption="Verdicts of each run")
    return join([
        tag("h3", "Failures over time"), tag("figure", chart),
        tag("details", tag("summary", "The numbers"), told),
    ])  # fmt: skip


def _named(title: str, ids: tuple[str, ...], report: Report) -> Html | None:
    if not ids:
        return None
    by_id = {each.id: each for each in report.findings}
    items = []
    for each in ids[:ROWS]:
        found = by_id.get(each)
        items.append(tag("li", tag("a", found.message, href=f"#{anchor(each)}") if found else each))
    return join([tag("h3", title), tag("ul", items), _rest(len(ids))])


def _open(history: History) -> Html | None:
    if not history.open:
        return None
    ordered = sorted(history.open, key=lambda each: (each.since, each.id))
    rows: list[list[Child]] = [
        [tag("a", each.id, href=f"#{anchor(each.id)}", class_="mono"), f"{each.since:%Y-%m-%d %H:%M} UTC",
         "yes: fixed and failed again" if each.flapping else "no"]
        for each in ordered[:ROWS]
    ]  # fmt: skip
    told = table(["Finding", "Open since", "Flapping"], rows, caption="Failures that stand, the oldest first")
    return join([tag("h3", "Still open"), told, _rest(len(ordered))])


def _fixed(fixed: tuple[FixedFinding, ...]) -> Html | None:
    if not fixed:
        return None
    rows: list[list[Child]] = [_fixed_row(each) for each in fixed[:ROWS]]
    told = table(["Subject", "What failed", "Since", "Now"], rows, caption="Failures of the run before, none now")
    return join([tag("h3", "No longer failing"), told, _rest(len(fixed))])


def _fixed_row(each: FixedFinding) -> list[Child]:
    name = tag("span", f"{each.rule_id} {each.resource}", class_="mono")
    return [name, each.message, f"{each.since:%Y-%m-%d}", _HOW.get(each.how, each.how)]


def _rest(count: int) -> Html | None:
    more = say.number(count - ROWS, "more stands", "more stand")
    return note(f"{more} in the JSON report.") if count > ROWS else None
