"""Method and limits of the run."""

from __future__ import annotations

from typing import Any, Final

from checker.model.finding import Report, Status
from checker.report.html.markup import Child, Html, definitions, note, section, table, tag
from checker.report.html.words import STATUSES

GAPS: Final = 500

_MEANINGS: Final = {
    Status.FAIL: "The facts show that the rule is not kept.",
    Status.UNKNOWN: "The input does not tell. It is neither a pass nor a failure, and is never left out.",
    Status.WAIVED: "It fails, and somebody named has accepted that until a date.",
    Status.PASS: "The facts show that the rule is kept; the evidence names what was read.",
    Status.NOT_APPLICABLE: "The rule has nothing to say of this subject, with the reason.",
}
_LIMITS: Final = (
    "The report says what the input said when it was read. What changed afterwards is not in it.",
    "A plan is judged as the network will be once it is applied; what others change meanwhile is not seen.",
    "A flow log that stands and delivers shows that records are written, not that anybody reads them.",
    "Controls are judged on what they ask of flow logs and packet filters; the rest of a control is not judged.",
    "Flow logs do not record all traffic: among others DNS to Amazon's resolver, DHCP and instance metadata.",
)


def part(report: Report) -> Html:
    """Return the part on method and limits."""
    return section(
        "method", "Method and limits",
        tag("p", "Facts are read from the input into one model of the network; what cannot be read stays unknown. "
                 "Each rule judges each of its subjects exactly once. Nothing was changed: all access is reading."),
        tag("h3", "The five verdicts"),
        definitions([(STATUSES[each], _MEANINGS[each]) for each in STATUSES], class_="meanings"),
        tag("h3", "What was looked at"),
        tag("p", _looked_at(report)),
        tag("h3", "What could not be read"), _gaps(report),
        tag("h3", "Said of this run"),
        tag("ul", [tag("li", each) for each in report.notes]) if report.notes else tag("p", "Nothing further."),
        tag("h3", "Rules"), _rules(report),
        tag("h3", "Limits"), tag("ul", [tag("li", each) for each in _LIMITS]),
    )  # fmt: skip


def _looked_at(report: Report) -> str:
    counts = sorted(report.summary.evaluated.items())
    words = ", ".join(f"{count:,} × {kind.replace('_', ' ')}" for kind, count in counts if count)
    return f"{words}." if words else "Nothing."


def _gaps(report: Report) -> Html:
    if not report.gaps:
        return tag("p", "Everything that was asked for was read.")
    rows: list[list[Child]] = [[tag("span", each.what, class_="mono"), each.cause, each.affects]
                               for each in report.gaps[:GAPS]]  # fmt: skip
    made = table(["What", "Why", "Not known therefore"], rows, caption="Gaps")
    if len(report.gaps) <= GAPS:
        return made
    return tag("div", made, note(f"{len(report.gaps) - GAPS:,} more stand in the JSON report."))


def _rules(report: Report) -> Html:
    policy = report.run.policy
    rows: list[list[Child]] = [[each.id, each.title, each.severity.label, each.why] for each in report.rules]
    off = [*_words(policy.get("switched_off")), *_words(policy.get("left_out"))]
    left = f"Not judged: {', '.join(sorted(set(off)))} (switched off by the policy, or not for this kind of run)."
    return tag(
        "div",
        table(["Rule", "What fails", "Severity", "Why it matters"], rows, caption="Rules of this run"),
        note(left) if off else None,
    )


def _words(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
