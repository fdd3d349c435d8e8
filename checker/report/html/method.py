"""Method and limits, and how to make the same report again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

from checker.model.finding import Report, Status
from checker.report.html.markup import Child, Html, code, code_block, definitions, note, section, table, tag
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


def reproduce(report: Report) -> Html:
    """Return the part that says how to make the same report again."""
    run = report.run
    return section(
        "reproduce", "How to reproduce",
        tag("p", "With the inputs below, the same version and the same policy, this command gives the same verdicts "
                 "and the same bytes:"),
        code_block(command(report)),
        tag("h3", "Versions"),
        definitions([("flowcheck", report.tool_version), ("Exit code", f"{report.exit_code}"),
                     ("Findings", f"{len(report.findings):,}")], class_="facts"),
        tag("h3", "Policy"), _settings(run.policy),
        tag("h3", "Settings"), _settings(run.settings),
        tag("h3", "Inputs"), _inputs(report),
    )  # fmt: skip


def _settings(found: Mapping[str, Any]) -> Html:
    return definitions(((key.replace("_", " "), _value(value)) for key, value in sorted(found.items())), class_="facts")


def command(report: Report) -> str:
    """Return the command line, as far as the run tells it."""
    run = report.run
    words = ["flowcheck", run.command]
    if run.command in ("plan", "hcl", "state", "snapshot"):
        words += [str(each["path"]) for each in run.inputs if each.get("kind") == run.command and each.get("path")]
    source = run.policy.get("source")
    if isinstance(source, str) and source:
        words += ["--policy", source.removeprefix("shipped:")]
    settings: Mapping[str, Any] = run.settings
    for flag in ("fail_on", "unknown", "scope"):
        if isinstance(settings.get(flag), str):
            words += [f"--{flag.replace('_', '-')}", str(settings[flag])]
    if settings.get("allow_empty") is True:
        words.append("--allow-empty")
    words += ["--now", f"{run.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "--format", "html"]
    return " ".join(map(shlex.quote, words))


def _value(value: Any) -> Child:
    if value is None or value in ([], ""):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return code(json.dumps(value, sort_keys=True, ensure_ascii=False) if isinstance(value, dict) else str(value))


def _inputs(report: Report) -> Html:
    rows: list[list[Child]] = []
    for each in report.run.inputs:
        facts = [f"{key}: {value}" for key, value in sorted(each.items()) if key not in ("kind", "path", "sha256")]
        digest = each.get("sha256")
        rows.append([tag("span", str(each.get("path", "")), class_="mono"), str(each.get("kind", "")),
                     code(str(digest)) if digest else "none: not one file", "; ".join(facts) or "none"])  # fmt: skip
    if not rows:
        return tag("p", "No input is recorded.")
    return table(["Input", "Kind", "SHA-256", "Facts"], rows[:GAPS], caption="Inputs")
