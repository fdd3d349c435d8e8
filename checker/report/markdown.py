"""A pull-request comment: the verdict in one line, what the change brings, what is not known; the rest is folded.

The first line is a marker by which a later run finds its comment and replaces it. The page keeps below the size that
GitHub takes and says what it had to leave out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from checker.model.finding import Finding, Report, Status
from checker.model.record import dataclass
from checker.report import say, traffic_markdown
from checker.report.fix_text import fix_shown
from checker.report.markdown_page import Page
from checker.report.markdown_text import code, fence, html_code, prose
from checker.report.options import RenderOptions
from checker.report.parts import Parts, changes_first, not_listed, parts_of

MARKER: Final = "<!-- flowcheck -->"

_VERDICT: Final = {
    0: "pass",
    1: "fail",
    3: "nothing was examined",
    4: "incomplete",
    70: "flowcheck itself failed",
}


def render(report: Report, options: RenderOptions) -> str:
    """Return the report as a comment with the marker, at most ``options.limits.markdown_bytes`` long."""
    return write_page(report, options, limit=options.limits.markdown_bytes)


def write_page(
    report: Report, options: RenderOptions, *, limit: int, marker: str = MARKER, name: str = "", foot: str = ""
) -> str:
    """Return the report as Markdown of at most ``limit`` bytes.

    ``name`` stands in the heading, ``foot`` (Markdown) in the last line.
    """
    return _Comment(report, options, limit).text(marker, name, foot)


@dataclass(frozen=True, slots=True)
class _Detail:
    """The folded block of one finding."""

    finding: Finding
    text: str
    whole: bool
    """Whether there was room for the code of its fix."""


class _Comment:
    """One rendering. Room is handed out by importance, which is not quite the order on the page."""

    def __init__(self, report: Report, options: RenderOptions, limit: int) -> None:
        self.report = report
        self.options = options
        self.page = Page(limit)
        self.parts: Parts = parts_of(report)
        self.roots = say.several_roots(report)

    def text(self, marker: str, name: str, foot: str) -> str:
        """Return the whole page."""
        head = [self.page.take(text) for text in self._head(name)]
        open_ = [
            self._failures(),
            self._unknown(),
            *traffic_markdown.blocks(self.report, self.page),
            *self._controls(),
            self._notes(),
            self._gaps(),
        ]
        folded = [
            self._folded("Failures this change did not cause", self.parts.pre_existing),
            self._folded("Failures in the baseline", self.parts.baselined),
            self._folded("Waived", self.parts.waived),
            self._folded("Fixed by this change", self.parts.fixed),
        ]
        details = self._details()
        if self.options.verbose:
            folded.append(self._folded("Passed", self.parts.passed))
            folded.append(self._folded("Not applicable", self.parts.not_applicable))
        told = [*self._with_commands(details)]
        told += traffic_markdown.fixes(self.report, self.options, self.page)
        blocks = [marker, *head, *open_, *told, *folded, *self._end(), foot]
        return "\n\n".join(block for block in blocks if block) + "\n"

    def _head(self, name: str) -> Iterator[str]:
        counts = [(len(self.parts.failures), "failure"), (len(self.parts.unknown), "unknown|unknown")]
        said = say.left_out(counts)
        verdict = _VERDICT.get(self.report.exit_code, say.exit_meaning(self.report.exit_code))
        called = f" {code(name)}" if name else ""
        yield f"### flowcheck{called}: {verdict}" + (f" ({said})" if said else "")
        if warning := say.nothing_examined(self.report):
            yield f"**{prose(warning)}**"
        reason = say.exit_reason(self.report)
        yield f"{prose(say.summary_line(self.report))}. {prose(reason[0].upper() + reason[1:])}."

    def _failures(self) -> str:
        found = changes_first(self.parts.failures)
        changes = any(each.change for each in found)
        title = "What this change brings" if changes else "Failures"
        columns = ["Severity", "Rule", "Resource", *(["Change"] if changes else []), "Where", "What is wrong"]
        rows = [
            _row(
                each.severity.label,
                prose(each.rule_id),
                self._subject(each),
                *([each.change.value if each.change else ""] if changes else []),
                self._where(each),
                prose(each.message, 300),
            )
            for each in found
        ]
        head = f"#### {title}\n\n{_head_rows(columns)}"
        return self.page.rows(head, rows, "", noun="failure in the table|failures in the table", share=0.5)

    def _unknown(self) -> str:
        rows = [
            _row(prose(each.rule_id), self._subject(each), self._where(each), prose(each.message, 300))
            for each in self.parts.unknown
        ]
        head = f"#### Could not be decided\n\n{_head_rows(['Rule', 'Resource', 'Where', 'Why not'])}"
        return self.page.rows(head, rows, "", noun="unknown|unknown", share=0.2)

    def _notes(self) -> str:
        rows = [f"- {prose(note, 500)}" for note in self.report.notes]
        return self.page.rows("#### Notes\n", rows, "", noun="note", share=0.1)

    def _gaps(self) -> str:
        rows = [_row(prose(gap.what, 300), prose(gap.cause, 300), prose(gap.affects, 300)) for gap in self.report.gaps]
        head = f"<details><summary>Could not be examined: {say.number(len(rows), 'gap')}</summary>\n\n" + _head_rows(
            ["What", "Cause", "Not known therefore"]
        )
        return self.page.rows(head, rows, "\n\n</details>", noun="gap", share=0.1)

    def _controls(self) -> Iterator[str]:
        """Yield one folded table per framework asked for."""
        if not self.options.frameworks:
            return
        from checker.report.controls_text import by_framework, chosen, missing, words  # most runs ask for none

        for title, controls in by_framework(chosen(self.report, self.options)):
            rows = [
                _row(prose(each.control.id), words(each.status), prose(each.demand, 300), prose(each.reason, 300))
                for each in controls
            ]
            head = f"<details><summary>Controls of {html_code(title)}</summary>\n\n"
            head += _head_rows(["Control", "Status", "Demand", "Why"])
            yield self.page.rows(head, rows, "\n\n</details>", noun="control", share=0.2)
        for name in missing(self.report, self.options):
            yield self.page.take(f"Controls of {html_code(name)}: not judged in this run.")

    def _folded(self, title: str, findings: tuple[Finding, ...]) -> str:
        """Return findings as a folded table with one row each; waivers with reason, owner and end."""
        rows = [
            _row(
                each.severity.label,
                prose(each.rule_id),
                self._subject(each),
                self._where(each),
                prose(say.waiver_text(each) or each.message, 300),
            )
            for each in findings
        ]
        head = f"<details><summary>{title}: {len(rows):,}</summary>\n\n" + _head_rows(
            ["Severity", "Rule", "Resource", "Where", "What"]
        )
        name = title[0].lower() + title[1:]
        noun = f"row of “{name}”|rows of “{name}”"
        return self.page.rows(head, rows, "\n\n</details>", noun=noun, share=0.1)

    def _details(self) -> list[_Detail]:
        """Return one folded block per failure and unknown: evidence, fix and controls, as far as there is room."""
        found = [*changes_first(self.parts.failures), *self.parts.unknown]
        details = []
        for at, finding in enumerate(found):
            text = self.page.take(self._detail(finding, with_code=True))
            whole = bool(text)
            text = text or self.page.take(self._detail(finding, with_code=False))
            if not text:
                self.page.cut.append((len(found) - at, "block of details|blocks of details"))
                break
            details.append(_Detail(finding, text, whole))
        return details

    def _with_commands(self, details: Iterable[_Detail]) -> Iterator[str]:
        """Yield the blocks with the commands that do the same as their Terraform, in the room that is left."""
        left_out = 0
        for each in details:
            fix = fix_shown(each.finding, self.report) if each.whole else None
            commands = fence(fix.cli, "sh") if fix is not None and fix.terraform and fix.cli else ""
            if commands and self.page.take(commands):
                yield self._detail(each.finding, with_code=True, commands=commands)
            else:
                left_out += bool(commands)
                yield each.text
        if left_out:
            self.page.cut.append((left_out, "fix as commands|fixes as commands"))

    def _detail(self, finding: Finding, *, with_code: bool, commands: str = "") -> str:
        words = ["unknown"] if finding.status is Status.UNKNOWN else [finding.severity.label]
        words += say.labels(finding)
        name = html_code(f"{finding.rule_id} {finding.rule_name}")
        subject = html_code(self._name(finding))
        summary = f"<details><summary>{name} {subject} ({', '.join(words)})</summary>"
        lines = [summary, f"**What.** {prose(finding.message)}"]
        if finding.status is Status.FAIL:
            lines.append(f"**Why it matters.** {prose(finding.why)}")
        if finding.evidence:
            lines.append("**Evidence.**\n\n" + "\n".join(self._evidence(finding)))
        lines += [*_fix(finding, with_code=with_code), *([commands] if commands else [])]
        if mapped := say.controls(finding):
            lines.append(f"**Controls.** {prose(mapped)}")
        return "\n\n".join([*lines, "</details>"])

    def _evidence(self, finding: Finding) -> Iterable[str]:
        most = len(finding.evidence) if self.options.verbose else self.options.limits.table_evidence
        for each in finding.evidence[:most]:
            where = say.evidence_text(finding, each)
            yield f"- {prose(each.statement, 500)}" + (f" ({code(where)})" if where else "")
        if len(finding.evidence) > most:
            yield f"- … and {len(finding.evidence) - most} more"

    def _end(self) -> Iterator[str]:
        """Yield what the page does not hold, and where it can be had."""
        lines = []
        if cut := say.left_out(self.page.cut):
            lines.append(f"**Left out because of the size limit:** {cut}.")
        if not self.options.verbose and (hidden := not_listed(self.parts, "passed", "not_applicable")):
            lines.append(f"Not listed: {hidden}.")
        if lines:
            lines.append("The JSON report (`--output json=PATH`) has everything.")
        yield " ".join(lines)

    def _name(self, finding: Finding) -> str:
        name = say.subject(finding)
        return f"{finding.resource.root}: {name}" if self.roots and finding.resource.root else name

    def _subject(self, finding: Finding) -> str:
        return code(self._name(finding))

    def _where(self, finding: Finding) -> str:
        where = say.place(finding.location)
        return code(where) if where else ""


def _fix(finding: Finding, *, with_code: bool) -> Iterator[str]:
    fix = finding.remediation
    if fix is None:
        return
    yield f"**Fix.** {prose(fix.summary)}"
    for text, language in ((fix.terraform, "hcl"), (None if fix.terraform else fix.cli, "sh")):
        if text:
            yield fence(text, language) if with_code else "(The code is left out because of the size limit.)"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _head_rows(columns: list[str]) -> str:
    return f"{_row(*columns)}\n{_row(*('---' for _ in columns))}"
