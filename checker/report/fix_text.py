"""The code of a fix, to be copied: Terraform, and the commands that do the same, never wrapped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.model.finding import Remediation
from checker.report.sanitize import block

_INDENT: Final = 4


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
