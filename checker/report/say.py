"""Words that all formats share: counts, subjects, places, what the exit code means. Texts here are not yet escaped."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Final

from checker.model.finding import Evidence, Finding, Report, Status
from checker.model.origin import Origin

DOCS: Final = "https://github.com/flowcheck/flowcheck/blob/main/docs"

_ALWAYS: Final = ("vpc", "flow_log")
_HEADLINE: Final = (*_ALWAYS, "transit_gateway", "transit_gateway_attachment", "nat_gateway")
"""Kinds of entities that the summary line counts; the JSON report has all."""

_NAMES: Final = {
    "vpc": ("VPC", "VPCs"),
    "nat_gateway": ("NAT gateway", "NAT gateways"),
    "transit_gateway": ("transit gateway", "transit gateways"),
    "transit_gateway_attachment": ("transit gateway attachment", "transit gateway attachments"),
    "flow_log": ("flow log", "flow logs"),
}

NOT_CAUSED: Final = "not caused by this change"
IN_BASELINE: Final = "in the baseline"

_EXIT: Final = {
    0: "clean: nothing failed that counts",
    1: "findings at or above the threshold",
    2: "something was wrong to use, or could not be read or written: see the gaps",
    3: "nothing to examine",
    4: "something could not be examined, and unknown is set to fail",
    70: "a bug in flowcheck: a rule broke, the verdicts are incomplete",
    130: "interrupted",
}


def exit_meaning(code: int) -> str:
    """Return what an exit code means, in a few words."""
    return _EXIT.get(code, "not a code of flowcheck")


def number(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: ``1 failure``, ``2 failures``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def evaluated(report: Report) -> str:
    """Return what was looked at: ``3 VPCs, 5 flow logs``. VPCs and flow logs are named even when there are none."""
    counts = report.summary.evaluated
    parts = [number(counts.get(kind, 0), *_NAMES[kind]) for kind in _HEADLINE if counts.get(kind, 0) or kind in _ALWAYS]
    return ", ".join(parts)


def verdicts(report: Report) -> str:
    """Return the counts of verdicts: ``2 fail, 1 unknown, 10 pass, 1 waived``."""
    counts = report.summary.counts
    shown = (Status.FAIL, Status.UNKNOWN, Status.PASS)
    parts = [f"{counts.get(status, 0):,} {status.value}" for status in shown]
    others = [status for status in (Status.WAIVED, Status.NOT_APPLICABLE) if counts.get(status, 0)]
    return ", ".join([*parts, *(f"{counts[status]:,} {status.value.replace('-', ' ')}" for status in others)])


def summary_line(report: Report) -> str:
    """Return the one line that every report for people carries."""
    text = f"{evaluated(report)} evaluated: {verdicts(report)}"
    return f"{text}, {number(len(report.gaps), 'gap')}" if report.gaps else text


def nothing_examined(report: Report) -> str | None:
    """Return the warning that no verdict was reached at all; None where there is one."""
    if report.findings:
        return None
    return f"NOTHING WAS EXAMINED: {evaluated(report)}, no verdict. This is not a clean result."


def counted_out(finding: Finding, report: Report) -> str | None:
    """Return why a failure does not count for the exit code; None where it does.

    The run's settings decide, as they stand in the report.
    """
    settings = report.run.settings
    if finding.baselined:
        return IN_BASELINE
    if settings.get("scope") == "changed" and finding.change is not None and finding.change.value == "pre-existing":
        return NOT_CAUSED
    threshold = settings.get("fail_on")
    order = ("info", "low", "medium", "high", "critical")
    if isinstance(threshold, str) and threshold in order and finding.severity < order.index(threshold):
        return f"below {threshold}"
    return None


def exit_reason(report: Report) -> str:
    """Return the exit code with its reason: what counted, and how many failures did not count and why."""
    text = f"exit code {report.exit_code}: {exit_meaning(report.exit_code)}"
    failures = [finding for finding in report.findings if finding.status is Status.FAIL]
    reasons = [counted_out(finding, report) for finding in failures]
    if report.exit_code == 1:
        threshold = report.run.settings.get("fail_on")
        counting = f"{number(reasons.count(None), 'failure')}"
        text = f"exit code 1: {counting}" + (f" at or above {threshold}" if isinstance(threshold, str) else "")
    left = sorted({reason for reason in reasons if reason})
    not_counted = [f"{reasons.count(reason):,} {reason}" for reason in left]
    open_ = report.summary.counts.get(Status.UNKNOWN, 0) + len(report.gaps)
    if open_ and report.exit_code != 4:
        not_counted.append(f"{number(open_, 'unknown verdict or gap', 'unknown verdicts and gaps')}, see --unknown")
    return f"{text} (not counted: {', '.join(not_counted)})" if not_counted else text


def subject(finding: Finding) -> str:
    """Return the name by which a person knows the subject: Terraform address, else EC2's id, ARN, or its type."""
    resource = finding.resource
    if resource.id and resource.arn and ":ec2:" in resource.arn:
        return resource.address or resource.id
    return resource.address or resource.arn or resource.id or resource.type


def several_roots(report: Report) -> bool:
    """Return whether subjects of more than one root module or account appear, so that an address alone says little."""
    return len({finding.resource.root for finding in report.findings}) > 1


def place(origin: Origin | None) -> str | None:
    """Return ``path:line``, or the path alone; None where there is no file."""
    if origin is None or not origin.path:
        return None
    return f"{origin.path}:{origin.line}" if origin.line else origin.path


def origin_text(origin: Origin | None) -> str:
    """Return where a fact was read: ``aws_vpc.main, main.tf:12``; empty where nothing is known of it."""
    if origin is None:
        return ""
    parts = [origin.address or origin.api, place(origin)]
    return ", ".join(part for part in parts if part) or origin.root


def evidence_text(finding: Finding, evidence: Evidence) -> str:
    """Return where a piece of evidence was read; empty where that is the place of the finding itself, said already."""
    origin = evidence.origin
    if origin is None or (origin.address == finding.resource.address and place(origin) == place(finding.location)):
        return ""
    return origin_text(origin)


def labels(finding: Finding) -> list[str]:
    """Return what qualifies a verdict: its change, the baseline, and a confidence below high."""
    found = [finding.change.value] if finding.change else []
    if finding.baselined:
        found.append(IN_BASELINE)
    if finding.confidence.value != "high":
        found.append(f"confidence {finding.confidence.value}")
    return found


def controls(finding: Finding) -> str:
    """Return the controls of a finding, each framework named once: ``CIS 5.0.0: 3.7; NIST r5: AU-2, AU-6``."""
    found: dict[str, list[str]] = {}
    for each in finding.controls:
        found.setdefault(f"{each.framework} {each.version}", []).append(each.id)
    return "; ".join(f"{framework}: {', '.join(ids)}" for framework, ids in found.items())


def waiver_text(finding: Finding) -> str:
    """Return who waived a failure, why and until when; empty where nobody did."""
    waiver = finding.waiver
    if waiver is None:
        return ""
    owner = f", owner {waiver.owner}" if waiver.owner else ""
    until = f", until {waiver.until.isoformat()}" if waiver.until else ", without an end"
    return f"{waiver.reason} ({waiver.source}{owner}{until})"


def first_input(report: Report) -> str:
    """Return the path of the first input: the place of whatever has no place of its own."""
    for each in report.run.inputs:
        path = each.get("path")
        if isinstance(path, str) and path not in ("", "-"):
            return path
    return "standard-input"


def inputs_by_root(report: Report) -> dict[str, str]:
    """Return the path of the first input in each root module's folder."""
    found: dict[str, str] = {}
    for each in report.run.inputs:
        path = each.get("path")
        if isinstance(path, str) and path not in ("", "-"):
            found.setdefault(posixpath.dirname(path) or ".", path)
            found.setdefault(path, path)
    return found


def left_out(counts: Iterable[tuple[int, str]]) -> str:
    """Return ``3 passes, 1 gap`` for pairs of count and noun (``pass|passes``); empty where all counts are 0."""
    return ", ".join(number(count, *noun.split("|")) for count, noun in counts if count)
