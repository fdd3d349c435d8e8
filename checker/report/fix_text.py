"""The code of a fix, to be copied: Terraform, and the commands that do the same, never wrapped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.model.finding import Finding, Remediation, Report
from checker.model.record import replace
from checker.report.sanitize import block

_INDENT: Final = 4


def fix_shown(finding: Finding, report: Report) -> Remediation | None:
    """Return a finding's fix as a page shows it, JSON and HTML aside.

    What Terraform keeps is changed there: the next apply would undo a command. Rejected traffic is blocked now, and its
    fixes keep theirs.
    """
    fix = finding.remediation
    if fix is None or report.traffic is not None or finding.resource.address is None or not fix.terraform:
        return fix
    return replace(fix, cli=None)


def code_lines(fix: Remediation) -> Iterator[str]:
    """Yield the lines for a terminal, an empty one first; nothing where a fix has no code."""
    if fix.terraform:
        yield from ("", *_indented(fix.terraform))
    if fix.terraform and fix.cli:
        yield from ("", f"{' ' * _INDENT}or run")
    elif fix.cli:
        yield ""
    if fix.cli:
        yield from _indented(fix.cli)


def _indented(code: str) -> Iterator[str]:
    return (f"{' ' * _INDENT}  {line}".rstrip() for line in block(code).split("\n"))
