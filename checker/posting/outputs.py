"""The files through which a step tells its job something. Source: GitHub Docs, "Workflow commands"."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from checker.errors import PostError
from checker.model.finding import Report, Status
from checker.report.parts import parts_of
from checker.report.sanitize import plain


def lines(report: Report | None, without_run: int, more: Mapping[str, str]) -> str:
    """Return ``name=value`` lines: exit code, counts, and what was posted; no value holds a line break."""
    values: dict[str, str] = {"exit-code": str(report.exit_code if report is not None else without_run)}
    if report is not None:
        parts = parts_of(report)
        values |= {
            "failures": str(len(parts.failures)),
            "pre-existing": str(len(parts.pre_existing) + len(parts.baselined)),
            "fixed": str(len(parts.fixed)),
            "unknown": str(report.summary.counts.get(Status.UNKNOWN, 0) + len(report.gaps)),
        }
    return "".join(f"{name}={plain(value)}\n" for name, value in {**values, **more}.items())


def append(path: str, text: str) -> None:
    """Add a text to a file of the job; raises PostError where it cannot be written."""
    try:
        with Path(path).open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise PostError(f"{path}: cannot be written ({error.strerror})") from error
