"""The JSON report: everything, in a fixed order. Its schema is ``run.schema.json`` beside this file.

Other programs, baselines and ``flowcheck report`` read it. What a rule read (``Finding.facts``) stays out: only its
digest is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from checker.model.finding import (
    Control,
    Evidence,
    Finding,
    Gap,
    Remediation,
    Report,
    Resource,
    RuleInfo,
    Status,
    WaiverRef,
)
from checker.model.origin import Origin
from checker.report.options import RenderOptions
from checker.report.sanitize import Written, json_pieces, json_text

SCHEMA_VERSION: Final = "1"
"""Changes when a member is taken away or changes its meaning; members and words of enumerations may be added."""


def render(report: Report, options: RenderOptions) -> str:
    """Return the report as JSON. The options make no difference."""
    return "".join(pieces(report, options))


def pieces(report: Report, options: RenderOptions) -> Iterator[str]:
    """Yield the same text piece by piece: it may be hundreds of megabytes."""
    del options
    return json_pieces({**_members(report), "findings": _written(report.findings)}, depth=2, end="\n")


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON values."""
    members = _members(report)
    findings = ({**_finding(each), "controls": _controls(each.controls)} for each in report.findings)
    return {**members, "findings": list(findings)}


def _members(report: Report) -> dict[str, Any]:
    """Return the report as JSON values, without its findings."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "flowcheck", "version": report.tool_version},
        "run": {
            "command": report.run.command,
            "started_at": timestamp(report.run.started_at),
            "inputs": [_sorted(each) for each in report.run.inputs],
            "policy": _sorted(report.run.policy),
            "settings": _sorted(report.run.settings),
        },
        "exit_code": report.exit_code,
        "summary": {
            "evaluated": _sorted(report.summary.evaluated),
            **{status.value.replace("-", "_"): report.summary.counts.get(status, 0) for status in Status},
        },
        "findings": [],
        **_recorded(report),
        "assessment": _assessment(report),
        "gaps": [gap_values(each) for each in report.gaps],
        "notes": list(report.notes),
        "rules": [_rule(each) for each in report.rules],
    }


def _written(findings: Iterable[Finding]) -> Iterator[Written]:
    """Yield the findings as JSON text, made one by one: a large run has tens of thousands.

    The controls, half of the text, are the same for all findings of a rule.
    """
    known: dict[int, str] = {}
    for finding in findings:
        controls = known.get(id(finding.controls))  # the report keeps them, so that the number stays theirs
        if controls is None:
            controls = known[id(finding.controls)] = json_text(_controls(finding.controls), depth=0)
        without = json_text(_finding(finding), depth=0)
        yield Written(without.replace(_NO_CONTROLS, f'"controls": {controls}', 1))


_NO_CONTROLS: Final = '"controls": []'
"""Stands in a finding's text once: quotes inside values are escaped, and its keys are those below."""


def _recorded(report: Report) -> dict[str, Any]:
    """Return what flow log records showed; most runs read none."""
    if report.traffic is None:
        return {"traffic": None, "diagnoses": []}
    from checker.report.traffic_json import diagnosis_json, traffic_json

    return {"traffic": traffic_json(report.traffic), "diagnoses": [diagnosis_json(each) for each in report.diagnoses]}


def _assessment(report: Report) -> dict[str, Any] | None:
    if report.assessment is None:
        return None
    from checker.report.assessment_json import assessment_json

    return assessment_json(report.assessment)


def gap_values(gap: Gap) -> dict[str, Any]:
    """Return a gap as JSON values."""
    return {
        "what": gap.what,
        "cause": gap.cause,
        "affects": gap.affects,
        "account": gap.account,
        "region": gap.region,
        "call": gap.call,
    }


def timestamp(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC, for example ``2026-01-31T06:00:00Z``."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _sorted(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with its keys in order, at every depth."""
    return {key: _sorted(value) if isinstance(value, Mapping) else value for key, value in sorted(values.items())}


def _finding(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON values, its controls left out."""
    return {
        "rule_id": finding.rule_id,
        "rule_name": finding.rule_name,
        "status": finding.status.value,
        "severity": finding.severity.label,
        "confidence": finding.confidence.value,
        "resource": _resource(finding.resource),
        "change": finding.change.value if finding.change else None,
        "message": finding.message,
        "why": finding.why,
        "evidence": [_evidence(each) for each in finding.evidence],
        "remediation": _remediation(finding.remediation),
        "controls": [],
        "location": _location(finding.location),
        "baselined": finding.baselined,
        "waiver": _waiver(finding.waiver),
        "id": finding.id,
        "facts_digest": finding.facts_digest,
    }


def _controls(controls: Iterable[Control]) -> list[dict[str, str]]:
    return [{"framework": each.framework, "version": each.version, "id": each.id} for each in controls]


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "type": resource.type,
        "address": resource.address,
        "arn": resource.arn,
        "id": resource.id,
        "account": resource.account,
        "region": resource.region,
        "root": resource.root,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    origin = evidence.origin
    if origin is None:
        return {"statement": evidence.statement, "origin": None}
    place = {
        "source": origin.source.value,
        "root": origin.root,
        "address": origin.address,
        "path": origin.path,
        "line": origin.line,
        "end_line": origin.end_line,
        "api": origin.api,
        "managed": origin.managed,
    }
    return {"statement": evidence.statement, "origin": place}


def _remediation(fix: Remediation | None) -> dict[str, Any] | None:
    return None if fix is None else {"summary": fix.summary, "terraform": fix.terraform, "cli": fix.cli}


def _location(origin: Origin | None) -> dict[str, Any] | None:
    """Return where the subject stands in a file; None where it stands in none."""
    if origin is None or origin.path is None:
        return None
    return {
        "path": origin.path,
        "start_line": origin.line,
        "end_line": origin.end_line,
        "source": origin.source.value,
    }


def _waiver(waiver: WaiverRef | None) -> dict[str, Any] | None:
    if waiver is None:
        return None
    until = waiver.until.isoformat() if waiver.until else None
    return {"source": waiver.source, "reason": waiver.reason, "owner": waiver.owner, "until": until}


def _rule(rule: RuleInfo) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "title": rule.title,
        "severity": rule.severity.label,
        "why": rule.why,
        "help_markdown": rule.help_markdown,
    }
