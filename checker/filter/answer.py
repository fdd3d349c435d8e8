"""The answer for one aggregate, before aggregates of equal answers become one diagnosis."""

from __future__ import annotations

from typing import Final

from checker.filter.result import StageResult
from checker.model.diagnosis import Blocker, Cause, CauseDetail, Line, Stage
from checker.model.finding import Confidence
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Cause, deciding line, and how sure."""

    cause: Cause
    detail: CauseDetail
    says: str
    """One sentence."""
    stage: Stage | None = None
    line: Line | None = None
    blockers: tuple[Blocker, ...] = ()
    confidence: Confidence = Confidence.HIGH
    assumptions: tuple[str, ...] = ()
    undetermined_by: str | None = None
    expected: bool = False


def blocker(result: StageResult) -> Blocker:
    """Return a control that denies."""
    return Blocker(stage=result.stage, rule=result.line)


def least(*found: Confidence) -> Confidence:
    """Return the lowest of several."""
    return max(found, key=_DOUBT.__getitem__)


_DOUBT: Final = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}
