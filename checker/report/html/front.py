"""The first page: the verdict, what it covers, the counts, what could not be examined, what changed."""

from __future__ import annotations

from collections import Counter
from typing import Final

from checker.model.finding import Change, Report, Severity, Status
from checker.report import say
from checker.report.html.markup import Child, Html, definitions, icon, join, note, tag
from checker.report.html.words import STATUSES

_GAPS: Final = 5
"""Gaps named on the first page; all stand under the method."""

_VERDICTS: Final = {
    0: ("pass", "Compliant", "No failure counts against the policy of this run."),
    1: ("fail", "Not compliant", "At least one failure counts against the policy of this run."),
    3: ("unknown", "Nothing examined", "There was nothing to examine. This is not a clean result."),
    4: ("unknown", "Not proven", "Something could not be examined, and the policy of this run does not let that pass."),
    70: ("unknown", "Incomplete", "A rule broke on the way. The verdicts are incomplete."),
}


def summary(report: Report) -> Html:
    """Return the first page."""
    return tag(
        "section", tag("h1", "Flow log compliance report", id="summary-h"),
        verdict(report), _scope(report), _counts(report), _unexamined(report), _changes(report),
        id="summary", aria_labelledby="summary-h",
    )  # fmt: skip


def verdict(report: Report) -> Html:
    """Return the answer, in one word and one sentence, with its picture."""
    look, word, says = _VERDICTS.get(report.exit_code, ("unknown", "No verdict", say.exit_meaning(report.exit_code)))
    nothing = say.nothing_examined(report)
    doubts = report.summary.counts.get(Status.UNKNOWN, 0) + len(report.gaps)
    if report.exit_code == 0 and doubts:
        word = "Compliant as far as examined"
    body = [tag("p", icon(look), word, class_="verdict-word"), tag("p", nothing or says)]
    reason = say.exit_reason(report)
    body.append(note(f"{reason[:1].upper()}{reason[1:]}."))
    return tag("div", body, class_=f"verdict v-{look}")


def _scope(report: Report) -> Html:
    policy = report.run.policy
    version = f", version {policy['version']}" if policy.get("version") not in (None, "") else ""
    pairs: list[tuple[str, Child]] = [
        ("Examined", say.evaluated(report)),
        ("Where", _where(report)),
        ("Policy", f"{policy.get('name', 'not named')}{version}"),
        ("As of", f"{report.run.started_at:%Y-%m-%d %H:%M} UTC"),
    ]
    if report.traffic is not None and report.traffic.first and report.traffic.last:
        period = f"{report.traffic.first:%Y-%m-%d %H:%M} to {report.traffic.last:%Y-%m-%d %H:%M} UTC"
        pairs.append(("Traffic period", period))
    else:
        pairs.append(("Traffic period", "No flow log records were read in this run."))
    pairs.append(("Made by", f"flowcheck {report.tool_version}, command {report.run.command}"))
    return definitions(pairs, class_="facts")


def _where(report: Report) -> str:
    accounts = {each.resource.account for each in report.findings if each.resource.account}
    regions = {each.resource.region for each in report.findings if each.resource.region}
    parts = [_named(sorted(accounts), "account"), _named(sorted(regions), "region")]
    roots = {each.resource.root for each in report.findings if each.resource.root} if not accounts else set()
    parts.append(_named(sorted(roots), "root module"))
    return "; ".join(part for part in parts if part) or ", ".join(
        str(each.get("path", "")) for each in report.run.inputs
    )


def _named(found: list[str], noun: str) -> str:
    if not found:
        return ""
    return f"{noun} {found[0]}" if len(found) == 1 else f"{len(found):,} {noun}s"


def _counts(report: Report) -> Html:
    counts = report.summary.counts
    tiles = [
        tag(
            "li",
            tag(
                "a",
                tag("span", icon(status.value), STATUSES[status], class_="tile-word"),
                tag("span", f"{counts.get(status, 0):,}", class_="tile-number"),
                href=f"#findings?status={status.value}",
            ),
            class_=f"tile s-{status.value}",
        )
        for status in (Status.FAIL, Status.UNKNOWN, Status.WAIVED, Status.PASS, Status.NOT_APPLICABLE)
    ]
    severe = Counter(each.severity for each in report.findings if each.status is Status.FAIL)
    words = [f"{severe[each]:,} {each.label}" for each in sorted(Severity, reverse=True) if severe[each]]
    return join([
        tag("h2", "Verdicts"),
        tag("ul", tiles, class_="tiles"),
        note(f"{say.summary_line(report)}."),
        note(f"Failures by severity: {', '.join(words)}.") if words else None,
    ])  # fmt: skip


def _unexamined(report: Report) -> Html:
    unknown = report.summary.counts.get(Status.UNKNOWN, 0)
    head = tag("h2", "What could not be examined")
    if not unknown and not report.gaps:
        return join([head, tag("p", "Everything that this run set out to examine was examined.")])
    parts: list[Child] = [head]
    if unknown:
        link = tag("a", say.number(unknown, "verdict is unknown", "verdicts are unknown"),
                   href="#findings?status=unknown")  # fmt: skip
        parts.append(tag("p", link, ": the input does not tell enough. An unknown is never counted as a pass."))
    if report.gaps:
        rows = [tag("li", tag("b", gap.what), f": {gap.cause}. Not known therefore: {gap.affects}.")
                for gap in report.gaps[:_GAPS]]  # fmt: skip
        parts += [tag("p", f"{say.number(len(report.gaps), 'part')} of the input could not be read:"), tag("ul", rows)]
        if len(report.gaps) > _GAPS:
            rest = f"{len(report.gaps) - _GAPS:,} more stand under "
            parts.append(tag("p", rest, tag("a", "Method and limits", href="#method"), "."))
    return join(parts)


_CHANGES: Final = {
    Change.REGRESSION: ("regression", "regressions"),
    Change.NEW: ("new failure", "new failures"),
    Change.PRE_EXISTING: ("failure that stood before", "failures that stood before"),
    Change.FIXED: ("failure fixed", "failures fixed"),
}


def _changes(report: Report) -> Html:
    head = tag("h2", "Changes since the last run")
    history = report.assessment.history if report.assessment else None
    if history is not None and history.previous is not None:
        was = history.previous
        line = (
            f"Since {was.started_at:%Y-%m-%d %H:%M} UTC: {len(history.new):,} new, {len(history.fixed):,} no longer "
            f"failing, {len(history.open):,} still open."
        )
        return join([head, tag("p", line, " ", tag("a", "History", href="#changes"), " names them.")])
    changes = Counter(
        each.change for each in report.findings
        if each.change and (each.status is Status.FAIL or each.change is Change.FIXED)
    )  # fmt: skip
    parts: list[Child] = [head]
    if changes:
        words = ", ".join(say.number(changes[each], *words) for each, words in _CHANGES.items() if changes[each])
        parts.append(tag("p", f"Before the plan compared with after it: {words}."))
    parts.append(note("No earlier run is at hand to compare with."))
    return join(parts)
