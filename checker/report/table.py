"""The report for people at a terminal: what is wrong, why, the evidence, the place and the fix; then what is not known.

Fits 80 columns and needs no colour. Names from the input are shown plain, so that none can steer the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from checker.model.finding import Finding, Report, Severity, Status
from checker.report import say
from checker.report.fix_text import code_lines, fix_shown
from checker.report.layout import hang, wrap
from checker.report.options import RenderOptions
from checker.report.parts import Parts, not_listed, parts_of
from checker.report.sanitize import log_line, plain

_COLORS: Final = {
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "2",
}
_PADDING: Final = 2
"""Columns that tabulate adds to a heading."""

_INDENT: Final = 4
_TEXT: Final = 14
"""Columns of labels and of the text beside them."""


def render(report: Report, options: RenderOptions) -> str:
    """Return the report as text for a terminal of ``options.width`` columns."""
    return "\n".join(log_line(line) for line in _Table(report, options).lines()) + "\n"


class _Table:
    """One rendering: holds what every part of it needs."""

    def __init__(self, report: Report, options: RenderOptions) -> None:
        self.report = report
        self.options = options
        self.parts: Parts = parts_of(report)
        self.width = max(options.width, 40)
        self.roots = say.several_roots(report)
        self.fixes_left = len(report.findings) if options.verbose else options.limits.table_fixes

    def lines(self) -> Iterator[str]:
        """Yield the lines of the report."""
        if warning := say.nothing_examined(self.report):
            yield from (self._strong(line, "1;31") for line in wrap(warning, self.width))
            yield ""
        if self.report.traffic is not None:
            from checker.report.traffic_table import lines  # most runs read no records

            yield from lines(self.report, self.options)
        yield from self._overview()
        yield from self._in_full("FAILURES", self.parts.failures)
        yield from self._in_full("UNKNOWN: could not be decided", self.parts.unknown)
        if self.options.verbose:
            yield from self._in_full("FAILURES THIS CHANGE DID NOT CAUSE", self.parts.pre_existing)
            yield from self._in_full("FAILURES IN THE BASELINE", self.parts.baselined)
        else:
            yield from self._brief("FAILURES THIS CHANGE DID NOT CAUSE", self.parts.pre_existing)
            yield from self._brief("FAILURES IN THE BASELINE", self.parts.baselined)
        yield from self._brief("WAIVED", self.parts.waived)
        yield from self._brief("FIXED BY THIS CHANGE", self.parts.fixed)
        if self.options.verbose:
            yield from self._in_full("PASSED", self.parts.passed)
            yield from self._in_full("NOT APPLICABLE", self.parts.not_applicable)
        yield from self._controls()
        yield from self._gaps()
        yield from self._list("NOTES", self.report.notes)
        yield from self._end()

    def _overview(self) -> Iterator[str]:
        """Yield the table of what is open: failures, then unknowns."""
        import tabulate

        found = [*self.parts.failures, *self.parts.unknown]
        if not found:
            return
        head = ["verdict", "severity", "rule", "change", "resource"]
        rows = [
            [each.status.value, each.severity.label, each.rule_id, each.change.value if each.change else ""]
            for each in found
        ]
        rows = [[plain(cell) for cell in row] for row in rows]
        taken = sum(max(len(head[at]) + _PADDING, *(len(row[at]) for row in rows)) + 2 for at in range(len(head) - 1))
        for row, finding in zip(rows, found, strict=True):
            row.append("\n".join(wrap(plain(self._subject(finding)), self.width - taken)))
        # Only with this switch off are widths the same whether or not the optional wcwidth is installed.
        tabulate.WIDE_CHARS_MODE = False
        yield from tabulate.tabulate(rows, headers=head, tablefmt="simple", disable_numparse=True).split("\n")
        yield ""

    def _in_full(self, title: str, findings: tuple[Finding, ...]) -> Iterator[str]:
        if not findings:
            return
        yield from self._title(title, len(findings))
        for at, finding in enumerate(findings, 1):
            yield from self._finding(at, finding)
            yield ""

    def _finding(self, at: int, finding: Finding) -> Iterator[str]:
        failed = finding.status in (Status.FAIL, Status.WAIVED)
        severity = f"{finding.severity.label.upper()} " if failed else ""
        notes = "".join(f" [{label}]" for label in say.labels(finding))
        yield from self._heading(at, plain(f"{severity}{finding.rule_id} {finding.rule_name}{notes}"), finding)
        yield from self._labelled("resource", self._subject(finding))
        if where := say.place(finding.location):
            yield from self._labelled("at", where)
        yield from self._labelled("what", finding.message)
        if failed:
            yield from self._labelled("why", finding.why)
        yield from self._evidence(finding)
        if mapped := say.controls(finding):
            yield from self._labelled("controls", mapped)
        if waived := say.waiver_text(finding):
            yield from self._labelled("waived", waived)
        if finding.remediation is not None and finding.status is not Status.PASS:
            yield from self._fix(finding)

    def _heading(self, at: int, text: str, finding: Finding) -> Iterator[str]:
        first, *rest = hang(f"{at}.", text, self.width, indent=0, hanging=_INDENT)
        color = _COLORS[finding.severity] if finding.status is Status.FAIL else "1"
        yield self._strong(first, color)
        yield from rest

    def _evidence(self, finding: Finding) -> Iterator[str]:
        evidence = finding.evidence
        most = len(evidence) if self.options.verbose else self.options.limits.table_evidence
        for at, each in enumerate(evidence[:most]):
            where = say.evidence_text(finding, each)
            text = f"- {each.statement}" + (f" ({where})" if where else "")
            yield from self._labelled("evidence" if at == 0 else "", text)
        if len(evidence) > most:
            yield from self._labelled("", f"… and {len(evidence) - most} more (--verbose)")

    def _fix(self, finding: Finding) -> Iterator[str]:
        fix = fix_shown(finding, self.report)
        if fix is None:
            return
        yield from self._labelled("fix", fix.summary)
        if not (fix.terraform or fix.cli):
            return
        if self.fixes_left <= 0:
            yield from self._labelled("", "(--verbose shows the code)")
            return
        self.fixes_left -= 1
        yield from code_lines(fix)

    def _brief(self, title: str, findings: tuple[Finding, ...]) -> Iterator[str]:
        """Yield one entry per finding: severity, rule, subject, place, and why it does not count."""
        if not findings:
            return
        yield from self._title(title, len(findings))
        for finding in findings:
            waived = say.waiver_text(finding)
            where = say.place(finding.location)
            text = f"{finding.severity.label} {finding.rule_id} {self._subject(finding)}"
            text += (f" at {where}" if where else "") + (f": {waived}" if waived else "")
            yield from hang("-", plain(text), self.width, indent=0, hanging=2)
        yield ""

    def _controls(self) -> Iterator[str]:
        if self.options.frameworks:
            from checker.report.controls_text import lines  # most runs ask for none

            yield from lines(self.report, self.options, self.width)

    def _gaps(self) -> Iterator[str]:
        yield from self._list(
            "GAPS: could not be examined",
            [f"{gap.what}: {gap.cause}. Not known therefore: {gap.affects}" for gap in self.report.gaps],
        )

    def _list(self, title: str, texts: Iterable[str]) -> Iterator[str]:
        found = list(texts)
        if not found:
            return
        yield from self._title(title, len(found))
        for text in found:
            yield from hang("-", plain(text), self.width, indent=0, hanging=2)
        yield ""

    def _end(self) -> Iterator[str]:
        yield from (self._strong(line, "1") for line in wrap(plain(say.summary_line(self.report)), self.width))
        if not self.options.verbose and (hidden := not_listed(self.parts, "passed", "not_applicable")):
            text = f"Not listed: {hidden}. --verbose lists them, the JSON report has everything."
            yield from wrap(text, self.width)
        yield from wrap(plain(say.exit_reason(self.report)), self.width)

    def _title(self, text: str, count: int) -> Iterator[str]:
        yield self._strong(f"{text} ({count:,})", "1")
        yield ""

    def _labelled(self, label: str, text: str) -> list[str]:
        return hang(label, plain(text), self.width, indent=_INDENT, hanging=_TEXT)

    def _subject(self, finding: Finding) -> str:
        name = say.subject(finding)
        return f"{finding.resource.root}: {name}" if self.roots and finding.resource.root else name

    def _strong(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.options.color else text
