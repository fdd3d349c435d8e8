"""Every finding as data for the page's script: an index to search in, and details in pieces that are read when opened.

Texts that repeat are kept once in a table and referred to by their place in it. The data stand in blocks of type
``application/json``, which a browser does not run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from checker.model.finding import Control, Finding, Report, Severity, Status
from checker.report import say
from checker.report.html.markup import Html
from checker.report.html.words import STATUSES
from checker.report.sanitize import block, plain

PIECE: Final = 500
"""Findings whose details share a block: read within a few milliseconds."""

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Table:
    """Texts in the order of their first use, each once."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, value: str) -> int:
        """Return the place of a text that goes into the page as one line."""
        found = self._places.get(value)
        if found is None:
            found = self._places[value] = len(self._places)
        return found

    def texts(self, shown: Any = plain) -> list[str]:
        """Return the texts in order, made fit to be shown."""
        return [shown(each) for each in self._places]


def blocks(report: Report) -> Iterator[Html]:
    """Yield the blocks of data: first the index, then the details in pieces."""
    yield _script("data-index", _index(report))
    for number, start in enumerate(range(0, len(report.findings), PIECE)):
        yield _script(f"data-{number}", _details(report, report.findings[start : start + PIECE]))


def _script(identifier: str, value: Any) -> Html:
    """Return a block of data in which nothing can end the block, nor start a comment in it."""
    text = _ENCODER.encode(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Html(f'<script type="application/json" id="{identifier}">{text}</script>\n')


def _index(report: Report) -> dict[str, Any]:
    """Return what is searched, filtered and sorted by: one list for each column, of equal lengths."""
    statuses, severities = list(STATUSES), list(Severity)
    places = {status: at for at, status in enumerate(statuses)}
    rules, accounts, regions, types, roots = Table(), Table(), Table(), Table(), Table()
    controls = _Controls()
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    put = [columns[name].append for name in _COLUMNS]
    for each in report.findings:
        resource = each.resource
        subject = plain(say.subject(each))
        values = (
            _short_id(each, subject), rules.place(f"{each.rule_id} {each.rule_name}"), places[each.status],
            int(each.severity), subject, types.place(resource.type), accounts.place(resource.account or ""),
            regions.place(resource.region or ""), roots.place(resource.root), plain(each.message),
            controls.place(each.controls), " · ".join(say.labels(each)) or 0,
        )  # fmt: skip
        for add, value in zip(put, values, strict=True):
            add(value)
    return {
        "piece": PIECE,
        "statuses": [[each.value, STATUSES[each]] for each in statuses],
        "severities": [each.label for each in severities],
        "rules": rules.texts(),
        "accounts": accounts.texts(),
        "regions": regions.texts(),
        "types": types.texts(),
        "roots": roots.texts(),
        "controls": controls.names.texts(),
        "sets": controls.sets,
        "columns": columns,
    }


_COLUMNS: Final = (
    "id", "rule", "status", "severity", "subject", "type", "account", "region", "root", "message", "controls", "labels",
)  # fmt: skip


def _short_id(finding: Finding, subject: str) -> str | int:
    """Return the id, or 0 where rule, root and subject make it up, as they mostly do."""
    identifier = plain(finding.id)
    return 0 if identifier == f"{finding.rule_id}:{plain(finding.resource.root) or 'root'}:{subject}" else identifier


class _Controls:
    """Sets of controls; all findings of a rule share one."""

    def __init__(self) -> None:
        self.names = Table()
        self.sets: list[list[int]] = []
        self._known: dict[tuple[Control, ...], int] = {}

    def place(self, controls: tuple[Control, ...]) -> int:
        """Return the place of a set."""
        found = self._known.get(controls)
        if found is None:
            found = self._known[controls] = len(self.sets)
            self.sets.append([self.names.place(f"{each.framework} {each.version}: {each.id}") for each in controls])
        return found


def _details(report: Report, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return what a person sees of each finding when it is opened."""
    lines, sources = Table(), Table()
    return {
        "findings": [_detail(report, each, lines, sources) for each in findings],
        "lines": lines.texts(),
        "sources": sources.texts(block),
    }


def _detail(report: Report, finding: Finding, lines: Table, sources: Table) -> list[Any]:
    """Return confidence, why, evidence, fix, place, waiver, and why it does not count; 0 stands for none."""
    fix, place = finding.remediation, say.place(finding.location)
    counted_out = say.counted_out(finding, report) if finding.status is Status.FAIL else None
    waiver = say.waiver_text(finding)
    return [
        finding.confidence.value,
        lines.place(finding.why),
        [
            [lines.place(each.statement), lines.place(where) if (where := say.evidence_text(finding, each)) else -1]
            for each in finding.evidence
        ],
        0
        if fix is None
        else [
            lines.place(fix.summary),
            sources.place(fix.terraform) if fix.terraform else -1,
            sources.place(fix.cli) if fix.cli else -1,
        ],
        lines.place(place) if place else -1,
        lines.place(waiver) if waiver else -1,
        lines.place(counted_out) if counted_out else -1,
        lines.place(finding.resource.arn) if finding.resource.arn else -1,
    ]
