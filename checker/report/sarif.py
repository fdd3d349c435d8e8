"""SARIF 2.1.0, as the standard has it and GitHub code scanning takes it.

Failures are results of kind ``fail``. Unknowns are of kind ``open`` ("insufficient information to decide") and level
``none``, as section 3.27.9 and 3.27.10 demand, under a rule id of their own (``FL001/unknown``) without a security
severity: code scanning does not look at kinds, and would show an unknown with the severity of the failure.

Failures in the baseline carry a suppression. Waived ones appear, suppressed, only with ``verbose``: code scanning does
not look at suppressions either, and would open an alert for what somebody accepted. Passes and what is not applicable
are counted, not listed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from checker.model.finding import Finding, Report, Severity, Status
from checker.report import say
from checker.report.options import RenderOptions
from checker.report.parts import Parts, changes_first, not_listed, parts_of
from checker.report.paths import Place, Places, file_uri, repository_path
from checker.report.run_json import timestamp
from checker.report.sanitize import json_text, plain
from checker.report.sarif_rules import descriptors, rule_key

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}


def render(report: Report, options: RenderOptions) -> str:
    """Return the report as a SARIF log with one run."""
    parts = parts_of(report)
    findings = _listed(parts, options)
    kept = findings[: options.limits.sarif_results]
    rules = descriptors(report, kept)
    index = {rule["id"]: at for at, rule in enumerate(rules)}
    places = Places(report, options)
    driver = {
        "name": "flowcheck",
        "version": plain(report.tool_version) or "0",
        "informationUri": say.DOCS,
        "rules": rules,
        "notifications": _NOTIFICATIONS,
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": _category(report, options)},
        "invocations": [_invocation(report, parts, len(findings) - len(kept), options)],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, places, index, options) for each in kept],
    }
    return json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, depth=4, end="\n")


def _listed(parts: Parts, options: RenderOptions) -> list[Finding]:
    """Return what becomes a result, in the order in which a limit may cut: what counts most comes first."""
    waived = parts.waived if options.verbose else ()
    return [
        *changes_first(parts.failures),
        *parts.unknown,
        *parts.pre_existing,
        *parts.baselined,
        *waived,
    ]


def _category(report: Report, options: RenderOptions) -> str:
    """Return ``category/run-id`` with an empty run id: one category per command and root module.

    The root module is named from the top of the repository: uploads of the same category replace each other. Live
    accounts are one category, however many regions have findings today.
    """
    live = any(each.get("kind") == "account" for each in report.run.inputs)
    roots = set[str]() if live else {finding.resource.root for finding in report.findings}
    root = plain(repository_path(roots.pop() if len(roots) == 1 else "", options.source_root)).strip("/")
    middle = f"/{root}" if root not in ("", ".") else ""
    return f"flowcheck/{plain(report.run.command)}{middle}/"


def _result(finding: Finding, places: Places, index: dict[str, int], options: RenderOptions) -> dict[str, Any]:
    key = rule_key(finding)
    unknown = finding.status is Status.UNKNOWN
    result: dict[str, Any] = {
        "ruleId": key,
        "ruleIndex": index[key],
        "kind": "open" if unknown else "fail",
        "level": "none" if unknown else _LEVELS[finding.severity],
        "message": {"text": _message(finding, options)},
        "locations": [_location(finding, places)],
        "partialFingerprints": {"flowcheckFindingId/v1": hashlib.sha256(_bytes(finding.id)).hexdigest()},
        "properties": _properties(finding),
    }
    if related := _related(finding, places, options):
        result["relatedLocations"] = related
    if suppression := _suppression(finding):
        result["suppressions"] = [suppression]
    return result


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _message(finding: Finding, options: RenderOptions) -> str:
    """Return what is so, why it matters, the evidence and the fix, as plain paragraphs.

    ``](`` would start a link in a SARIF message (3.11.6), so names cannot hold one.
    """
    unknown = finding.status is Status.UNKNOWN
    parts = [f"Unknown: {finding.message}" if unknown else f"{finding.message} {finding.why}"]
    parts += [f"- {each.statement}" for each in finding.evidence[: options.limits.table_evidence]]
    if finding.remediation is not None:
        parts.append(f"Fix: {finding.remediation.summary}")
    text = "\n".join(plain(part).strip() for part in parts).strip()
    return text.replace("](", "] (") or "(no message)"


def _location(finding: Finding, places: Places) -> dict[str, Any]:
    logical = {"fullyQualifiedName": plain(say.subject(finding)) or "?", "kind": "resource"}
    return {"physicalLocation": _physical(places.of(finding)), "logicalLocations": [logical]}


def _physical(place: Place) -> dict[str, Any]:
    uri, relative = file_uri(place.path)
    artifact = {"uri": uri, "uriBaseId": "%SRCROOT%"} if relative else {"uri": uri}
    region = {"startLine": place.line, "startColumn": 1, "endLine": place.end_line, "endColumn": 2}
    return {"artifactLocation": artifact, "region": region}


def _related(finding: Finding, places: Places, options: RenderOptions) -> list[dict[str, Any]]:
    """Return the places of the evidence, each once, with what was read there."""
    found: dict[tuple[str, int | None], dict[str, Any]] = {}
    for evidence in finding.evidence:
        origin = evidence.origin
        if origin is not None and origin.path and (origin.path, origin.line) not in found:
            found[origin.path, origin.line] = {
                "id": len(found) + 1,
                "physicalLocation": _physical(places.at(origin)),
                "message": {"text": plain(evidence.statement) or "(no text)"},
            }
    return list(found.values())[: options.limits.sarif_locations]


def _properties(finding: Finding) -> dict[str, Any]:
    fix = finding.remediation
    return {
        "id": finding.id,
        "status": finding.status.value,
        "severity": finding.severity.label,
        "confidence": finding.confidence.value,
        "change": finding.change.value if finding.change else None,
        "baselined": finding.baselined,
        "evidence": [each.statement for each in finding.evidence],
        "terraform": fix.terraform if fix else None,
        "controls": [f"{each.framework} {each.version} {each.id}" for each in finding.controls],
    }


def _suppression(finding: Finding) -> dict[str, Any] | None:
    if finding.waiver is not None:
        return {"kind": "external", "status": "accepted", "justification": plain(say.waiver_text(finding))}
    if finding.baselined:
        return {"kind": "external", "status": "accepted", "justification": "An earlier run (the baseline) holds it."}
    return None


_NOTIFICATIONS: Final = [
    {"id": "gap", "shortDescription": {"text": "Something that could not be examined."}},
    {"id": "left-out", "shortDescription": {"text": "What this file does not list."}},
    {"id": "note", "shortDescription": {"text": "What a reader of the report should know."}},
]


def _invocation(report: Report, parts: Parts, cut: int, options: RenderOptions) -> dict[str, Any]:
    return {
        "executionSuccessful": report.exit_code not in (2, 70, 130),
        "exitCode": report.exit_code,
        "exitCodeDescription": say.exit_meaning(report.exit_code),
        "startTimeUtc": timestamp(report.run.started_at),
        "toolExecutionNotifications": list(_notifications(report, parts, cut, options)),
    }


def _notifications(report: Report, parts: Parts, cut: int, options: RenderOptions) -> Iterable[dict[str, Any]]:
    if warning := say.nothing_examined(report):
        yield _notification("note", "warning", warning)
    for gap in report.gaps:
        yield _notification("gap", "warning", f"{gap.what}: {gap.cause}. Not known therefore: {gap.affects}")
    if cut:
        limit = options.limits.sarif_results
        yield _notification("left-out", "warning", f"{cut:,} further results are left out: the limit is {limit:,}.")
    names = (
        ("passed", "fixed", "not_applicable") if options.verbose else ("passed", "fixed", "waived", "not_applicable")
    )
    if hidden := not_listed(parts, *names):
        yield _notification("left-out", "note", f"Not listed: {hidden}. The JSON report has everything.")
    for text in (say.summary_line(report), *report.notes):
        yield _notification("note", "note", text)


def _notification(kind: str, level: str, text: str) -> dict[str, Any]:
    return {"descriptor": {"id": kind}, "level": level, "message": {"text": plain(text) or "(no text)"}}
