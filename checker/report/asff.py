"""AWS Security Finding Format (2018-10-08): a JSON list of findings, as Security Hub's BatchImportFindings takes it.

Security Hub keeps findings by account and region, so only subjects that have both are findings here: those of live
accounts. Failures, waived failures, unknowns and passes are listed; what is left out is told on standard error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from checker.model.finding import Control, Finding, Report, Resource, Severity, Status
from checker.report import say
from checker.report.options import RenderOptions
from checker.report.run_json import timestamp
from checker.report.sanitize import clip, json_pieces, plain

PREFIX: Final = "flowcheck/"
"""Begins the id and the generator of every finding, by which a later run knows its own."""

_IDS: Final = 512
_TITLE: Final = 256
_DESCRIPTION: Final = 1024
_TEXT: Final = 512
_FIELD: Final = 2048
_REQUIREMENTS: Final = 32
_REQUIREMENT: Final = 64
_STATUSES: Final = {
    Status.PASS: "PASSED",
    Status.FAIL: "FAILED",
    Status.WAIVED: "FAILED",
    Status.UNKNOWN: "NOT_AVAILABLE",
}
_LABELS: Final = {
    Severity.INFO: "INFORMATIONAL",
    Severity.LOW: "LOW",
    Severity.MEDIUM: "MEDIUM",
    Severity.HIGH: "HIGH",
    Severity.CRITICAL: "CRITICAL",
}
_TYPE: Final = "Software and Configuration Checks/AWS Security Best Practices"
_RESOURCES: Final = {
    "aws_vpc": "AwsEc2Vpc",
    "aws_subnet": "AwsEc2Subnet",
    "aws_security_group": "AwsEc2SecurityGroup",
    "aws_default_security_group": "AwsEc2SecurityGroup",
    "aws_network_acl": "AwsEc2NetworkAcl",
    "aws_default_network_acl": "AwsEc2NetworkAcl",
    "aws_network_interface": "AwsEc2NetworkInterface",
    "aws_ec2_transit_gateway": "AwsEc2TransitGateway",
    "aws_s3_bucket": "AwsS3Bucket",
}


def render(report: Report, options: RenderOptions) -> str:
    """Return the findings of live accounts as a JSON list. The options make no difference."""
    return "".join(pieces(report, options))


def pieces(report: Report, options: RenderOptions) -> Iterator[str]:
    """Yield the same text piece by piece: it may be hundreds of megabytes."""
    del options
    return json_pieces(findings(report), depth=1, end="\n")


def remarks(report: Report, options: RenderOptions) -> str | None:
    """Return what the list has no place for, in one sentence; None where it holds everything."""
    del options
    homeless = sum(1 for each in report.findings if each.status in _STATUSES and not has_home(each.resource))
    counts = [
        (homeless, "finding without an account and a region|findings without an account and a region"),
        (report.summary.counts.get(Status.NOT_APPLICABLE, 0), "not applicable|not applicable"),
        (len(report.gaps), "gap"),
        (len(report.notes), "note"),
    ]
    said = say.left_out(counts)
    return f"asff leaves out: {said}." if said else say.nothing_examined(report)


def findings(report: Report) -> Iterator[dict[str, Any]]:
    """Yield a finding for each failure, waived failure, unknown and pass that has an account and a region."""
    history = report.assessment.history if report.assessment is not None else None
    since = {each.id: each.since for each in history.open} if history is not None else {}
    for finding in report.findings:
        if finding.status in _STATUSES and has_home(finding.resource):
            yield to_asff(finding, report, since)


def has_home(resource: Resource) -> bool:
    """Return whether Security Hub can keep a finding on this subject."""
    return bool(resource.account and resource.region and resource.account.isdecimal() and len(resource.account) == 12)


def finding_id(finding: Finding) -> str:
    """Return the id by which Security Hub keeps a finding: the finding's own, or its digest where that is too long."""
    name = plain(finding.id)
    if len(PREFIX) + len(name) <= _IDS and name == finding.id:
        return PREFIX + name
    digest = hashlib.sha256(finding.id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{PREFIX}{plain(finding.rule_id)[:20]}:{digest}"


def to_asff(finding: Finding, report: Report, since: Mapping[str, datetime]) -> dict[str, Any]:
    """Return one finding; ``since`` tells when a failure was first seen."""
    resource, moment = finding.resource, timestamp(report.run.started_at)
    severity = Severity.INFO if finding.status is Status.PASS else finding.severity
    created = timestamp(since[finding.id]) if finding.id in since else moment
    found: dict[str, Any] = {
        "SchemaVersion": "2018-10-08",
        "Id": finding_id(finding),
        "ProductArn": product_arn(str(resource.account), str(resource.region)),
        "GeneratorId": PREFIX + plain(finding.rule_id),
        "AwsAccountId": resource.account,
        "Region": resource.region,
        "CreatedAt": created,
        "UpdatedAt": moment,
        "FirstObservedAt": created,
        "LastObservedAt": moment,
        "Title": _clip(f"{finding.rule_id} {finding.rule_name}: {say.subject(finding)}", _TITLE),
        "Description": _clip(f"{finding.message} {finding.why}", _DESCRIPTION),
        "FindingProviderFields": {
            "Severity": {"Label": _LABELS[severity], "Original": severity.label},
            "Types": [_TYPE],
        },
        "ProductFields": _fields(finding, report),
        "Resources": [_resource(resource)],
        "Compliance": _compliance(finding),
        "RecordState": "ACTIVE",
    }
    if finding.status is Status.WAIVED or finding.baselined:
        found["Workflow"] = {"Status": "SUPPRESSED"}
    if finding.remediation is not None and finding.status is not Status.PASS:
        url = f"{say.DOCS}/rules/{plain(finding.rule_id)}.md"
        found["Remediation"] = {"Recommendation": {"Text": _clip(finding.remediation.summary, _TEXT), "Url": url}}
    return found


def partition_of(region: str) -> str:
    """Return the partition that a region belongs to."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def product_arn(account: str, region: str) -> str:
    """Return the ARN of the product "default", under which an account imports findings of its own."""
    return f"arn:{partition_of(region)}:securityhub:{region}:{account}:product/{account}/default"


def _clip(text: str, most: int) -> str:
    return clip(plain(text).strip(), most) or "-"


def _resource(resource: Resource) -> dict[str, Any]:
    name = resource.arn or resource.id or resource.address or resource.type
    return {
        "Type": _RESOURCES.get(resource.type, "Other"),
        "Id": _clip(name, _IDS),
        "Partition": partition_of(str(resource.region)),
        "Region": resource.region,
    }


def _compliance(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {"Status": _STATUSES[finding.status]}
    if finding.controls:
        found["RelatedRequirements"] = [_requirement(each) for each in finding.controls[:_REQUIREMENTS]]
    if finding.status is Status.UNKNOWN:
        found["StatusReasons"] = [{"ReasonCode": "FLOWCHECK_UNKNOWN", "Description": _clip(finding.message, _FIELD)}]
    return found


def _requirement(control: Control) -> str:
    return _clip(f"{control.framework} {control.version}/{control.id}", _REQUIREMENT)


def _fields(finding: Finding, report: Report) -> dict[str, str]:
    """Return what ASFF has no member for; values are texts."""
    fields = {
        "version": report.tool_version,
        "status": finding.status.value,
        "confidence": finding.confidence.value,
        "evidence": "; ".join(each.statement for each in finding.evidence),
        "waiver": say.waiver_text(finding),
        "baseline": say.IN_BASELINE if finding.baselined else "",
        "place": say.place(finding.location) or "",
        "controls": say.controls(finding) if len(finding.controls) > _REQUIREMENTS else "",
    }
    return {f"{PREFIX}{name}": _clip(value, _FIELD) for name, value in fields.items() if value}
