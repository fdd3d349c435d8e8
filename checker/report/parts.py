"""A report's findings sorted into the parts in which people read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.finding import Change, Finding, Report, Status
from checker.model.record import dataclass
from checker.report.say import left_out

_CHANGE_ORDER: Final = {Change.REGRESSION: 0, Change.NEW: 1, None: 2, Change.PRE_EXISTING: 3, Change.FIXED: 4}


_NOUNS: Final = {
    "passed": "pass|passes",
    "fixed": "failure that this change fixes|failures that this change fixes",
    "waived": "waived failure",
    "not_applicable": "not applicable|not applicable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Every finding of a report stands in exactly one part."""

    failures: tuple[Finding, ...]
    """Failures that are neither in the baseline nor left out by ``scope: changed``. The worst come first."""
    pre_existing: tuple[Finding, ...]
    """Failures that a plan did not cause, where the scope is what it changes."""
    baselined: tuple[Finding, ...]
    """Failures that a baseline already holds."""
    unknown: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    """Passes that were failures before."""
    passed: tuple[Finding, ...]
    not_applicable: tuple[Finding, ...]


def parts_of(report: Report) -> Parts:
    """Return the findings of a report by part, the order within a part settled by severity and change."""
    changed_only = report.run.settings.get("scope") == "changed"
    found: dict[str, list[Finding]] = {name: [] for name in Parts.__dataclass_fields__}
    for finding in report.findings:
        found[_part(finding, changed_only=changed_only)].append(finding)
    return Parts(**{name: worst_first(findings) for name, findings in found.items()})


def not_listed(parts: Parts, *names: str) -> str:
    """Return how many findings the named parts hold: ``10 passes, 1 waived failure``; empty where they hold none."""
    return left_out((len(getattr(parts, name)), _NOUNS[name]) for name in names)


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by falling severity, then regressions, new ones, others; equal ones in the order given."""
    return tuple(sorted(findings, key=lambda each: (-each.severity, _CHANGE_ORDER[each.change])))


def changes_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with regressions first, then new ones, then others; each by falling severity."""
    return tuple(sorted(findings, key=lambda each: (_CHANGE_ORDER[each.change], -each.severity)))


def _part(finding: Finding, *, changed_only: bool) -> str:
    match finding.status:
        case Status.FAIL if finding.baselined:
            return "baselined"
        case Status.FAIL if changed_only and finding.change is Change.PRE_EXISTING:
            return "pre_existing"
        case Status.FAIL:
            return "failures"
        case Status.PASS if finding.change is Change.FIXED:
            return "fixed"
        case Status.PASS:
            return "passed"
        case Status.NOT_APPLICABLE:
            return "not_applicable"
        case Status.UNKNOWN | Status.WAIVED:
            return finding.status.value
