"""What a night says of itself, for programs: what was done, the exit code, gaps, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from checker.history import Remembered
from checker.history.tracks import How
from checker.model.finding import Gap, Report, Status
from checker.nightly.config import NightConfig
from checker.report.run_json import gap_values

SCHEMA_VERSION: Final = "1"
_UNKNOWN: Final = 4
_MOST: Final = 200
"""Gaps that the outcome lists; the report has all."""


def outcome_of(
    config: NightConfig, night: str, report: Report, kept: Remembered, gaps: Sequence[Gap], done: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the outcome of a night. ``gaps`` are those of its delivery; the report has its own."""
    code = report.exit_code
    if gaps and code in (0, 3) and config.base.unknown == "fail":
        code = _UNKNOWN
    every = [*report.gaps, *gaps]
    return {
        "schema_version": SCHEMA_VERSION,
        "name": config.name,
        "night": night,
        "started_at": finished(report.run.started_at),
        "repeated": False,
        "run_id": kept.run.run_id,
        "run_added": kept.added,
        "exit_code": code,
        "counts": {status.value: report.summary.counts.get(status, 0) for status in Status},
        "history": _history(kept),
        **done,
        "gaps": [gap_values(each) for each in every[:_MOST]],
        "gaps_left_out": max(len(every) - _MOST, 0),
        "next": list(_next(config, report, kept, len(gaps), (done["security_hub"] or {}).get("gaps", 0))),
    }


def failure_of(config: NightConfig, night: str, cause: str, hint: str | None, code: int) -> dict[str, Any]:
    """Return the outcome of a night that could not be done."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": config.name,
        "night": night,
        "run_id": None,
        "exit_code": code,
        "error": cause,
        "next": [*([hint] if hint else []), "Call it again for the same night: what was read is kept."],
    }


def finished(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _history(kept: Remembered) -> dict[str, Any]:
    previous = kept.before.points[-1].run_id if kept.before.points else None
    counts = {how.value: sum(1 for _, each in kept.step.ended if each is how) for how in How}
    return {
        "previous": previous,
        "new": len(kept.step.new),
        "reopened": len(kept.step.reopened),
        "open": len(kept.step.still),
        **{key.replace("-", "_"): number for key, number in counts.items()},
    }


def _next(config: NightConfig, report: Report, kept: Remembered, undelivered: int, refused: int) -> Iterable[str]:
    """Yield what to do; ``refused`` of the report's gaps are Security Hub's, the others could not be read."""
    step = kept.step
    compare = f"flowcheck diff --store {config.store} --series {config.name}"
    if step.new and kept.before.points:
        yield f"{len(step.new)} new failures: {compare} lists them."
    if step.reopened:
        yield f"{len(step.reopened)} failures are open again, their waiver ended: repair them, or renew the waiver."
    if any(how is How.NOT_EXAMINED for _, how in step.ended):
        yield "Earlier failures were not examined this time, so they are not known to be fixed: see the gaps."
    if unread := len(report.gaps) - refused:
        yield f"{unread} things could not be read: see the gaps, and `flowcheck account --print-policy`."
    if refused:
        yield "Security Hub does not show everything that was found: see the gaps. The next night sends it whole again."
    if undelivered:
        yield "Something could not be written or sent: see the gaps."
