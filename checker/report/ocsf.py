"""OCSF 1.5.0: a list of compliance findings (class 2003), one for each failure, unknown, waived failure and pass.

What does not apply is counted in the last event only, which also says what cannot be a finding: gaps and notes. An
unknown verdict has the compliance status "unknown", never "fail". Subjects of live accounts carry the cloud profile;
those of a plan have no account yet. Where the history is known, a failure that is over is closed, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from checker.model.assessment import FixedFinding, History
from checker.model.finding import Confidence, Evidence, Finding, Report, Resource, Severity, Status
from checker.report import say
from checker.report.options import RenderOptions
from checker.report.parts import not_listed, parts_of
from checker.report.run_json import gap_values
from checker.report.sanitize import json_pieces

VERSION: Final = "1.5.0"

_CLASS: Final = 2003
_SEVERITIES: Final = {
    Severity.INFO: (1, "Informational"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
_COMPLIANCE: Final = {
    Status.PASS: (1, "Pass"),
    Status.FAIL: (3, "Fail"),
    Status.WAIVED: (3, "Fail"),
    Status.UNKNOWN: (0, "Unknown"),
}
_CONFIDENCE: Final = {Confidence.LOW: (1, "Low"), Confidence.MEDIUM: (2, "Medium"), Confidence.HIGH: (3, "High")}
_CREATE: Final = (1, "Create")
_UPDATE: Final = (2, "Update")
_CLOSE: Final = (3, "Close")
_OTHER: Final = (99, "Other")
_NEW: Final = (1, "New")
_SUPPRESSED: Final = (3, "Suppressed")
_RESOLVED: Final = (4, "Resolved")


def render(report: Report, options: RenderOptions) -> str:
    """Return the report as a JSON list of OCSF events. The options make no difference."""
    return "".join(pieces(report, options))


def pieces(report: Report, options: RenderOptions) -> Iterator[str]:
    """Yield the same text piece by piece: it may be hundreds of megabytes."""
    del options
    return json_pieces(_events(report), depth=1, end="\n")


def _events(report: Report) -> Iterator[dict[str, Any]]:
    past = _Past(report)
    for finding in report.findings:
        if finding.status in _COMPLIANCE:
            yield _event(report, finding, past)
    for each in past.ended:
        yield _closed(report, each)
    yield _summary(report)


class _Past:
    """What the history says of the run's findings; nothing where none is known."""

    def __init__(self, report: Report) -> None:
        history = report.assessment.history if report.assessment is not None else None
        known = history if history is not None else History(previous=None)
        self.since = {each.id: each.since for each in known.fixed} | {each.id: each.since for each in known.open}
        self.fixed = {each.id for each in known.fixed if each.how == "fixed"}
        listed = {each.id for each in report.findings if each.status in _COMPLIANCE}
        self.ended = [each for each in known.fixed if each.how in _ENDED and each.id not in listed]

    def activity(self, finding: Finding) -> tuple[int, str]:
        """Return what became of a finding: an event that is closed is one that failed in the run before."""
        if finding.status is Status.PASS and finding.id in self.fixed:
            return _CLOSE
        return _UPDATE if finding.id in self.since else _CREATE


_ENDED: Final = {
    "gone": "the subject is no longer there",
    "not-applicable": "the rule no longer applies to it",
}
"""Ends of a failure of which no verdict of this run tells."""


def _closed(report: Report, each: FixedFinding) -> dict[str, Any]:
    """Return the end of a failure whose subject is gone, or to which the rule no longer applies."""
    text = f"{_ENDED[each.how]}: {each.message}"
    event = {
        **_head(report, _CLOSE, Severity.INFO),
        "status_id": _RESOLVED[0],
        "status": _RESOLVED[1],
        "status_code": each.how,
        "status_detail": _ENDED[each.how],
        "message": text,
        "finding_info": {
            "uid": each.id or "-",
            "title": each.message,
            "desc": text,
            "src_url": f"{say.DOCS}/rules/{each.rule_id}.md",
            "product_uid": "flowcheck",
            "first_seen_time": _milliseconds(each.since),
        },
        "compliance": {"status_id": 99, "status": "Other", "status_code": each.how, "control": each.rule_id},
        "resources": [{"uid": each.resource or "-", "name": each.resource or "-"}],
    }
    event["metadata"]["event_code"] = each.rule_id
    return event


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _event(report: Report, finding: Finding, past: _Past) -> dict[str, Any]:
    passed = finding.status is Status.PASS
    confidence_id, confidence = _CONFIDENCE[finding.confidence]
    event: dict[str, Any] = {
        **_head(report, past.activity(finding), Severity.INFO if passed else finding.severity),
        "confidence_id": confidence_id,
        "confidence": confidence,
        **_state(finding),
        "message": finding.message,
        "finding_info": {
            "uid": finding.id or "-",
            "title": finding.message,
            "desc": finding.why,
            "types": [finding.rule_name],
            "src_url": f"{say.DOCS}/rules/{finding.rule_id}.md",
            "product_uid": "flowcheck",
        },
        "compliance": _compliance(finding),
        "resources": [_resource(finding.resource)],
        "unmapped": _unmapped(finding),
    }
    event["metadata"]["event_code"] = finding.rule_id
    if finding.id in past.since:
        event["finding_info"]["first_seen_time"] = _milliseconds(past.since[finding.id])
    if finding.evidence:
        event["evidences"] = [_evidence(each) for each in finding.evidence]
    if finding.remediation is not None and not passed:
        event["remediation"] = {"desc": finding.remediation.summary}
    if finding.resource.account:
        event["metadata"]["profiles"] = ["cloud"]
        event["cloud"] = _cloud(finding.resource)
    return event


def _head(report: Report, activity: tuple[int, str], severity: Severity) -> dict[str, Any]:
    severity_id, word = _SEVERITIES[severity]
    product = {"name": "flowcheck", "uid": "flowcheck", "vendor_name": "flowcheck", "version": report.tool_version}
    return {
        "activity_id": activity[0],
        "activity_name": activity[1],
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "type_uid": _CLASS * 100 + activity[0],
        "type_name": f"Compliance Finding: {activity[1]}",
        "time": _milliseconds(report.run.started_at),
        "severity_id": severity_id,
        "severity": word,
        "metadata": {"version": VERSION, "product": product},
    }


def _state(finding: Finding) -> dict[str, Any]:
    if finding.status is Status.WAIVED:
        state, detail = _SUPPRESSED, f"waived: {say.waiver_text(finding)}"
    elif finding.baselined:
        state, detail = _SUPPRESSED, say.IN_BASELINE
    else:
        state, detail = (_RESOLVED if finding.status is Status.PASS else _NEW), ""
    found = {"status_id": state[0], "status": state[1], "status_code": finding.status.value}
    return {**found, "status_detail": detail} if detail else found


def _compliance(finding: Finding) -> dict[str, Any]:
    status_id, status = _COMPLIANCE[finding.status]
    standards = list(dict.fromkeys(f"{each.framework} {each.version}" for each in finding.controls))
    check = {
        "uid": finding.rule_id,
        "name": finding.rule_name,
        "desc": finding.why,
        "status_id": status_id,
        "status": status,
        "severity_id": _SEVERITIES[finding.severity][0],
        "severity": _SEVERITIES[finding.severity][1],
    }
    return {
        "status_id": status_id,
        "status": status,
        "status_code": finding.status.value,
        "control": f"{finding.rule_id} {finding.rule_name}",
        "standards": standards,
        "requirements": [f"{each.framework} {each.version}: {each.id}" for each in finding.controls],
        "checks": [{**check, "standards": standards} if standards else check],
    }


def _resource(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = {
        "uid": resource.arn or resource.id or resource.address or resource.type or "-",
        "name": resource.address or resource.id or resource.arn or resource.type or "-",
        "type": resource.type,
    }
    if resource.region and resource.account:  # a member of the cloud profile
        found["region"] = resource.region
    return found


def _cloud(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = {
        "provider": "AWS",
        "account": {"uid": resource.account, "type_id": 10, "type": "AWS Account"},
    }
    if resource.region:
        found["region"] = resource.region
    return found


def _evidence(evidence: Evidence) -> dict[str, Any]:
    where = say.origin_text(evidence.origin)
    data = {"statement": evidence.statement, "read_at": where} if where else {"statement": evidence.statement}
    return {"data": data}


def _unmapped(finding: Finding) -> dict[str, Any]:
    """Return what OCSF has no place for."""
    fix = finding.remediation
    found = {
        "root": finding.resource.root,
        "region": None if finding.resource.account else finding.resource.region,
        "change": finding.change.value if finding.change else None,
        "place": say.place(finding.location),
        "terraform": fix.terraform if fix else None,
        "cli": fix.cli if fix else None,
        "facts_digest": finding.facts_digest,
    }
    return {name: value for name, value in found.items() if value}


def _summary(report: Report) -> dict[str, Any]:
    """Return the last event: what was looked at, and what is no finding of its own."""
    hidden = not_listed(parts_of(report), "not_applicable")
    text = say.nothing_examined(report) or say.summary_line(report)
    complete = report.findings and not report.gaps
    return {
        **_head(report, _OTHER, Severity.INFO),
        "status_id": 99,
        "status": "Other",
        "status_detail": say.exit_reason(report),
        "message": text,
        "finding_info": {"uid": "flowcheck:summary", "title": "Summary of the run", "desc": text},
        "compliance": {"status_id": 99 if complete else 0, "status": "Other" if complete else "Unknown"},
        "unmapped": {
            "gaps": [gap_values(each) for each in report.gaps],
            "notes": list(report.notes),
            "not_listed": [text for text in (hidden, *_LEFT_OUT) if text],
        },
    }


_LEFT_OUT: Final = (
    "Not in this format: controls of frameworks judged as a whole, inventory, the trend and diagnoses of traffic; the "
    "JSON report has them.",
)
