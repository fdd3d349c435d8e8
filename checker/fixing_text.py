"""What ``flowcheck fix`` did, or would do, in words."""

from __future__ import annotations

from collections.abc import Sequence

from checker.fixing.model import Fix
from checker.fixing.run import Outcome
from checker.model.finding import Finding, Gap
from checker.report.sanitize import plain


def outcome_text(
    outcome: Outcome, *, check: bool, diff: bool, left: tuple[Sequence[Finding], Sequence[Gap]] = ((), ())
) -> str:
    """Return the diff where it is asked for, and what becomes of each finding.

    ``left``: what could not be decided and what could not be read, and so is not fixed either.
    """
    lines: list[str] = []
    for fix in outcome.fixes:
        lines += _lines(fix, check=check)
    for finding in outcome.new:
        lines.append(f"NEW FAILURE {_title(finding)}: {plain(finding.message)}")
    lines += [_sum(outcome, check=check), *_left(*left)]
    changes = outcome.files.diff() if diff else ""
    return f"{changes}{chr(10) if changes else ''}" + "\n".join(lines) + "\n"


def resolved(fix: Fix) -> bool:
    """Return whether the source holds what resolves a finding, as far as the source can tell."""
    return fix.gone is True or (bool(fix.done) and fix.reason is None and fix.gone is None)


def _lines(fix: Fix, *, check: bool) -> list[str]:
    head = {True: "fix", False: "fixed"}[check] if resolved(fix) else "not fixed"
    lines = [f"{head}: {_title(fix.finding)}" + (" (follows from another fix)" if fix.follows else "")]
    lines += [f"  {plain(each)}" for each in fix.done]
    lines += [f"  why: {plain(fix.reason)}"] if fix.reason else []
    return lines + [f"  note: {plain(each)}" for each in fix.notes]


def _left(undecided: Sequence[Finding], gaps: Sequence[Gap]) -> list[str]:
    lines = [f"not decided: {_title(each)}" for each in undecided]
    lines += [f"not read: {plain(gap.what)}: {plain(gap.cause)}" for gap in gaps]
    return [*lines, "`flowcheck hcl` says why; what is not known is not fixed."] if undecided else lines


def _title(finding: Finding) -> str:
    resource = finding.resource
    return f"{finding.rule_id} {plain(resource.address or resource.arn or resource.id or '')}"


def _sum(outcome: Outcome, *, check: bool) -> str:
    asked = [fix for fix in outcome.fixes if not fix.follows]
    left = sum(not resolved(fix) for fix in asked)
    if not asked:
        return "Nothing to fix."
    done = len(asked) - left
    verb = "would be" if check else "is" if done == 1 else "are"
    files = len(outcome.files.changed())
    rest = f"; {left} cannot be fixed in the source" if left else ""
    where = f" by a change of {files} file{'' if files == 1 else 's'}" if files else ""
    return f"{done} finding{'' if done == 1 else 's'} {verb} resolved{where}{rest}."
