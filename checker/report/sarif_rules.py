"""The rules of a SARIF log: every rule that ran, and for each rule with unknown verdicts one of its own for those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from checker.model.finding import Finding, Report, RuleInfo, Severity, Status
from checker.report import say
from checker.report.sanitize import block, clip, plain

_TEXT: Final = 1024
_NAME: Final = 255
"""Characters that GitHub code scanning takes in a description and in a name."""

_SCORES: Final = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.1",
}
"""``security-severity``: above 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, 0.1 to 3.9 low. Source: GitHub docs,
"SARIF support for code scanning"."""


def rule_key(finding: Finding) -> str:
    """Return the SARIF rule id of a finding; unknowns have a rule of their own below the rule's."""
    rule = plain(finding.rule_id) or "?"
    return f"{rule}/unknown" if finding.status is Status.UNKNOWN else rule


def descriptors(report: Report, findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return a reportingDescriptor for every rule that ran and for every rule id that the findings use."""
    worst: dict[str, Severity] = {}
    for finding in findings:
        key = rule_key(finding)
        worst[key] = max(worst.get(key, Severity.INFO), finding.severity)
    rules = {rule.id: rule for rule in [*_from_findings(report.findings), *report.rules]}
    found = {}
    for identifier, rule in sorted(rules.items()):
        key = plain(identifier) or "?"
        found[key] = _failure(key, rule, worst.get(key, rule.severity))
        if f"{key}/unknown" in worst:
            found[f"{key}/unknown"] = _unknown(f"{key}/unknown", rule)
    return list(found.values())


def _from_findings(findings: Iterable[Finding]) -> Iterator[RuleInfo]:
    """Yield what findings tell of their rules, for reports that carry no pages of rules."""
    for finding in findings:
        yield RuleInfo(
            id=finding.rule_id,
            name=finding.rule_name,
            title=finding.rule_name,
            severity=finding.severity,
            why=finding.why,
            help_markdown="",
        )


def _failure(key: str, rule: RuleInfo, severity: Severity) -> dict[str, Any]:
    level = "error" if severity >= Severity.HIGH else "warning" if severity is Severity.MEDIUM else "note"
    problem = {"error": "error", "warning": "warning", "note": "recommendation"}[level]
    return {
        **_texts(key, rule, plain(rule.title), plain(rule.why)),
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": ["security", "aws", "vpc-flow-logs"],
            "precision": "very-high",
            "problem.severity": problem,
            "security-severity": _SCORES[severity],
        },
    }


def _unknown(key: str, rule: RuleInfo) -> dict[str, Any]:
    short = f"Not known: {plain(rule.title)}"
    full = f"flowcheck could not decide whether this holds. {plain(rule.why)}"
    return {
        **_texts(key, rule, short, full),
        "defaultConfiguration": {"level": "note"},
        "properties": {"tags": ["aws", "vpc-flow-logs", "unknown"], "problem.severity": "recommendation"},
    }


def _texts(key: str, rule: RuleInfo, short: str, full: str) -> dict[str, Any]:
    page = block(rule.help_markdown) or full or short or key
    return {
        "id": key,
        "name": clip(plain(rule.name) or key, _NAME),
        "shortDescription": {"text": clip(short or key, _TEXT)},
        "fullDescription": {"text": clip(full or short or key, _TEXT)},
        "help": {"text": page, "markdown": page},
        "helpUri": f"{say.DOCS}/rules/{_segment(rule.id)}.md",
    }


def _segment(text: str) -> str:
    """Return a rule id as part of a URI."""
    from urllib.parse import quote

    return quote(plain(text), safe="")
