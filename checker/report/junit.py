"""JUnit XML, as Jenkins and GitLab read it: a suite per root module or account, a case per verdict.

Failures are ``failure``; unknowns and gaps are ``error``, for nobody knows whether they would pass; what is not
applicable, waived, in the baseline or not caused by the change is ``skipped`` with the reason. Nothing is left out.
"""

from __future__ import annotations

from typing import TypeAlias
from xml.etree import ElementTree

from checker.model.finding import Finding, Report, Status
from checker.model.origin import Origin
from checker.report import say
from checker.report.options import RenderOptions
from checker.report.run_json import timestamp
from checker.report.sanitize import block, plain


def render(report: Report, options: RenderOptions) -> str:
    """Return the report as JUnit XML. The options make no difference."""
    del options
    top = ElementTree.Element("testsuites", {"name": "flowcheck"})
    facts = _facts(report)
    by_root: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_root.setdefault(finding.resource.root, []).append(finding)
    for root in sorted(by_root):
        suite = _suite(top, report, plain(root) or "flowcheck", facts)
        for finding in by_root[root]:
            _case(suite, finding, report)
    if not report.findings:
        _nothing(_suite(top, report, "flowcheck", facts), report)
    if report.gaps:
        _gaps(_suite(top, report, "gaps", facts), report)
    _count(top)
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(top, encoding="unicode") + "\n"


_Facts: TypeAlias = tuple[tuple[str, str], ...]


def _facts(report: Report) -> _Facts:
    """Return what every suite says of the run; worked out once, since each looks at every finding."""
    return (
        ("flowcheck.version", report.tool_version),
        ("flowcheck.summary", say.summary_line(report)),
        ("flowcheck.exit", say.exit_reason(report)),
        *(("flowcheck.note", note) for note in report.notes),
    )


def _suite(top: ElementTree.Element, report: Report, name: str, facts: _Facts) -> ElementTree.Element:
    suite = ElementTree.SubElement(
        top, "testsuite", {"name": name, "timestamp": timestamp(report.run.started_at).removesuffix("Z"), "time": "0"}
    )
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in facts:
        ElementTree.SubElement(properties, "property", {"name": key, "value": plain(value)})
    return suite


def _case(suite: ElementTree.Element, finding: Finding, report: Report) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {
            "classname": plain(f"{finding.rule_id} {finding.rule_name}"),
            "name": plain(say.subject(finding)) or "?",
            "time": "0",
        },
    )
    if finding.location is not None and finding.location.path:
        case.set("file", plain(finding.location.path))
        if finding.location.line:
            case.set("line", str(finding.location.line))
    kind, message = _result(finding, say.counted_out(finding, report))
    if kind:
        result = ElementTree.SubElement(case, kind, {"message": plain(message)})
        if kind != "skipped":
            result.set("type", finding.severity.label)
        result.text = _details(finding)
    else:
        ElementTree.SubElement(case, "system-out").text = _details(finding)


def _result(finding: Finding, counted_out: str | None) -> tuple[str, str]:
    """Return the element that tells the verdict, and its message; no element for a pass."""
    match finding.status:
        case Status.FAIL if counted_out in (say.IN_BASELINE, say.NOT_CAUSED):
            return "skipped", f"{counted_out}: {finding.message}"
        case Status.FAIL:
            return "failure", finding.message
        case Status.UNKNOWN:
            return "error", f"unknown: {finding.message}"
        case Status.WAIVED:
            return "skipped", f"waived: {say.waiver_text(finding)}"
        case Status.NOT_APPLICABLE:
            return "skipped", f"not applicable: {finding.message}"
        case Status.PASS:
            return "", finding.message


def _details(finding: Finding) -> str:
    """Return everything about a verdict as lines of text."""
    fix = finding.remediation
    lines = [
        plain(finding.message),
        plain(finding.why),
        *(plain(f"- {each.statement}{_where(each.origin)}") for each in finding.evidence),
        plain(f"at: {say.place(finding.location) or 'no file'}"),
        plain(f"notes: {', '.join(say.labels(finding)) or 'none'}"),
        plain(f"controls: {say.controls(finding) or 'none'}"),
        plain(f"id: {finding.id}"),
    ]
    if fix is not None:
        code = fix.terraform or fix.cli
        lines += [plain(f"fix: {fix.summary}"), *([block(code)] if code else [])]
    return "\n".join(lines)


def _where(origin: Origin | None) -> str:
    text = say.origin_text(origin)
    return f" ({text})" if text else ""


def _nothing(suite: ElementTree.Element, report: Report) -> None:
    """Add a case that says that nothing was examined; an empty suite would read as a success."""
    case = ElementTree.SubElement(
        suite, "testcase", {"classname": "flowcheck", "name": "something to examine", "time": "0"}
    )
    message = {"message": plain(say.nothing_examined(report) or "")}
    ElementTree.SubElement(case, "error" if report.exit_code else "skipped", message)


def _gaps(suite: ElementTree.Element, report: Report) -> None:
    for gap in report.gaps:
        case = ElementTree.SubElement(
            suite, "testcase", {"classname": "gaps", "name": plain(gap.what) or "gap", "time": "0"}
        )
        text = {"message": plain(f"unknown: {gap.cause}"), "type": "gap"}
        ElementTree.SubElement(case, "error", text).text = plain(f"Not known therefore: {gap.affects}")


def _count(top: ElementTree.Element) -> None:
    """Write the numbers of cases, failures, errors and skipped ones on each suite and on the whole."""
    total = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in top:
        found = {
            "tests": len(suite.findall("testcase")),
            "failures": len(suite.findall("testcase/failure")),
            "errors": len(suite.findall("testcase/error")),
            "skipped": len(suite.findall("testcase/skipped")),
        }
        for key, value in found.items():
            suite.set(key, str(value))
            total[key] += value
    for key, value in total.items():
        top.set(key, str(value))
