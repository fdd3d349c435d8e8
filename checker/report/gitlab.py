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
from checker.report.parts import Parts, parts_of
from checker.report.paths import repository_path
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
    listed = [*parts.failures, *parts.unknown, *parts.pre_existing, *parts.baselined]
    entries = [_entry(finding, report, options) for finding in listed]
    for gap in report.gaps:
        text = f"Gap: {gap.what}: {gap.cause}. Not known therefore: {gap.affects}"
        entries.append(_remark("flowcheck-gap", text, f"gap {gap.what} {gap.cause}", report, options))
    entries.append(_remark("flowcheck-summary", _summary(report, parts), "summary", report, options))
    return json_text(_unique(entries)) + "\n"


def _entry(finding: Finding, report: Report, options: RenderOptions) -> dict[str, Any]:
    unknown = finding.status is Status.UNKNOWN
    notes = "".join(f" [{label}]" for label in say.labels(finding))
    fix = f" Fix: {finding.remediation.summary}" if finding.remediation else ""
    text = f"{'Unknown: ' if unknown else ''}{finding.message}{notes} {finding.why}{fix}"
    origin = finding.location
    path = origin.path if origin is not None and origin.path else say.first_input(report)
    line = origin.line or 1 if origin is not None and origin.path else 1
    return {
        "description": plain(text),
        "check_name": plain(f"{finding.rule_id} {finding.rule_name}"),
        "fingerprint": _digest(finding.id),
        "severity": "info" if unknown else _SEVERITIES[finding.severity],
        "location": _location(path, line, options),
    }


def _remark(name: str, text: str, key: str, report: Report, options: RenderOptions) -> dict[str, Any]:
    return {
        "description": plain(text),
        "check_name": name,
        "fingerprint": _digest(f"flowcheck {key}"),
        "severity": "info",
        "location": _location(say.first_input(report), 1, options),
    }


def _location(path: str, line: int, options: RenderOptions) -> dict[str, Any]:
    return {"path": repository_path(plain(path), options.source_root), "lines": {"begin": max(line, 1)}}


def _summary(report: Report, parts: Parts) -> str:
    passed = len(parts.passed) + len(parts.fixed)
    counts = [
        (passed, "pass|passes"),
        (len(parts.waived), "waived failure"),
        (len(parts.not_applicable), "not applicable|not applicable"),
        (len(report.notes), "note"),
    ]
    hidden = say.left_out(counts)
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
