"""Annotations of GitHub Actions: one workflow command per line of standard output.

GitHub shows ten of each level per step, so no more are written; a last notice says how many there would have been.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.finding import Finding, Report, Status
from checker.report import say
from checker.report.options import RenderOptions
from checker.report.parts import Parts, changes_first, not_listed, parts_of
from checker.report.paths import repository_path
from checker.report.sanitize import plain

LEVELS: Final = ("error", "warning", "notice")


def render(report: Report, options: RenderOptions) -> str:
    """Return the report as workflow commands."""
    parts = parts_of(report)
    commands: dict[str, list[str]] = {level: [] for level in LEVELS}
    for finding in _annotated(parts):
        commands[_level(finding, report)].append(_annotation(finding, report, options))
    for gap in report.gaps:
        text = f"{gap.what}: {gap.cause}. Not known therefore: {gap.affects}"
        commands["warning"].append(_command("warning", {"title": "flowcheck: a gap"}, text))
    most = options.limits.annotations
    room = {"error": most, "warning": most, "notice": most - 1}  # one notice is the summary
    shown = [command for level in LEVELS for command in commands[level][: room[level]]]
    cut = {level: max(len(commands[level]) - room[level], 0) for level in LEVELS}
    return "\n".join([*shown, _summary(report, parts, cut)]) + "\n"


def _annotated(parts: Parts) -> Iterable[Finding]:
    """Return what gets an annotation, the most important first."""
    return [*changes_first(parts.failures), *parts.unknown, *parts.pre_existing, *parts.baselined]


def _level(finding: Finding, report: Report) -> str:
    """Return error for a failure that decides the exit code, a warning for a lesser one and for what is not known."""
    if finding.status is Status.UNKNOWN:
        return "warning"
    reason = say.counted_out(finding, report)
    if reason in (say.NOT_CAUSED, say.IN_BASELINE):
        return "notice"
    return "warning" if reason else "error"


def _annotation(finding: Finding, report: Report, options: RenderOptions) -> str:
    unknown = finding.status is Status.UNKNOWN
    words = ["unknown" if unknown else finding.severity.label, *say.labels(finding)]
    properties: dict[str, str] = {}
    origin = finding.location
    if origin is not None and origin.path:
        properties["file"] = repository_path(origin.path, options.source_root)
        if origin.line:
            properties["line"] = str(origin.line)
            properties["endLine"] = str(max(origin.end_line or origin.line, origin.line))
    properties["title"] = f"{finding.rule_id} {finding.rule_name} ({', '.join(words)})"
    lines = [finding.message, "" if unknown else finding.why]
    if finding.remediation is not None:
        lines.append(f"Fix: {finding.remediation.summary}")
    return _command(_level(finding, report), properties, *lines)


def _summary(report: Report, parts: Parts, cut: dict[str, int]) -> str:
    lines = [say.nothing_examined(report) or f"{say.summary_line(report)}."]
    further = say.left_out((count, f"further {level}") for level, count in cut.items())
    if further:
        lines.append(f"Not annotated, because GitHub shows ten of each level per step: {further}.")
    if hidden := not_listed(parts, "passed", "fixed", "waived", "not_applicable"):
        lines.append(f"Without annotation: {hidden}.")
    lines += [*report.notes, f"{say.exit_reason(report)}."]
    return _command("notice", {"title": "flowcheck"}, *lines)


def _command(level: str, properties: dict[str, str], *lines: str) -> str:
    """Return one workflow command, escaped so that nothing in it ends the line or starts another command."""
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {written}::" + "%0A".join(_data(line) for line in lines if line)


def _data(text: str) -> str:
    """Return the escaped message of a command. Source: actions/toolkit, ``escapeData``."""
    return plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return the escaped value of a property. Source: actions/toolkit, ``escapeProperty``."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
