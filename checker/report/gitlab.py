"""The code quality report of GitLab: a JSON list of failures and unknowns.

Unknowns and gaps have the severity ``info`` and say so. A last entry of the same severity says what is not listed: the
format has no other place for it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, Final

from checker.model.finding import Finding, Report, Severity, Status
from checker.report import say
from checker.report.options import RenderOptions
from checker.report.parts import Parts, not_listed, parts_of
from checker.report.paths import Place, Places
from checker.report.sanitize import json_text, plain

_SEVERITIES: Final = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def render(report: Report, options: RenderOptions) -> str:
    """Return the report as GitLab's code quality JSON."""
    parts = parts_of(report)
    places = Places(report, options)
    listed = [*parts.failures, *parts.unknown, *parts.pre_existing, *parts.baselined]
    entries = [_entry(finding, places) for finding in listed]
    for gap in report.gaps:
        text = f"Gap: {gap.what}: {gap.cause}. Not known therefore: {gap.affects}"
        entries.append(_remark("flowcheck-gap", text, f"gap {gap.what} {gap.cause}", places.of_gap(gap)))
    entries.append(_remark("flowcheck-summary", _summary(report, parts), "summary", places.first))
    return json_text(_unique(entries), depth=1, end="\n")


def _entry(finding: Finding, places: Places) -> dict[str, Any]:
    unknown = finding.status is Status.UNKNOWN
    notes = "".join(f" [{label}]" for label in say.labels(finding))
    fix = f" Fix: {finding.remediation.summary}" if finding.remediation else ""
    text = f"{'Unknown: ' if unknown else ''}{finding.message}{notes} {finding.why}{fix}"
    return {
        "description": plain(text),
        "check_name": plain(f"{finding.rule_id} {finding.rule_name}"),
        "fingerprint": _digest(finding.id),
        "severity": "info" if unknown else _SEVERITIES[finding.severity],
        "location": _location(places.of(finding)),
    }


def _remark(name: str, text: str, key: str, place: Place) -> dict[str, Any]:
    return {
        "description": plain(text),
        "check_name": name,
        "fingerprint": _digest(f"flowcheck {key}"),
        "severity": "info",
        "location": _location(place),
    }


def _location(place: Place) -> dict[str, Any]:
    return {"path": place.path, "lines": {"begin": place.line}}


def _summary(report: Report, parts: Parts) -> str:
    hidden = not_listed(parts, "passed", "fixed", "waived", "not_applicable")
    hidden = ", ".join(text for text in (hidden, say.left_out([(len(report.notes), "note")])) if text)
    text = say.nothing_examined(report) or say.summary_line(report)
    return f"{text}. Not listed here: {hidden}." if hidden else f"{text}."


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _unique(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries with fingerprints that differ, as GitLab demands: repeated ones are numbered."""
    seen: Counter[str] = Counter()
    for entry in entries:
        print_ = entry["fingerprint"]
        seen[print_] += 1
        if seen[print_] > 1:
            entry["fingerprint"] = _digest(f"{print_} {seen[print_]}")
    return entries
