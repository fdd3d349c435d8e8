"""Which controls of which framework version are met, judged from the verdicts of the rules that they demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from checker.model.assessment import ControlResult, ControlStatus
from checker.model.control import SUPPORTING, ControlDemand
from checker.model.finding import Status
from checker.model.record import dataclass, field


class NotRun(StrEnum):
    """Why a rule gave no verdict at all."""

    OFF = "the policy switches it off"
    LEFT_OUT = "it was left out of this run"
    COMMAND = "this command does not run it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """What one rule, with the parameters that a control fixes, says of this run."""

    counts: Mapping[Status, int] = field(default_factory=dict)
    """With waivers applied, baselines not; without zeros."""
    failing: frozenset[str] = frozenset()
    """Ids of the findings that fail."""
    not_run: NotRun | None = None
    left_out: int = 0
    """Subjects for which a selector of the policy switches the rule off."""

    @staticmethod
    def of(found: Iterable[tuple[Status, str]], left_out: int = 0) -> Verdicts:
        """Return the sum of verdicts, each with the id of its finding."""
        several = list(found)
        failing = frozenset(name for status, name in several if status is Status.FAIL)
        return Verdicts(counts=Counter(status for status, _ in several), failing=failing, left_out=left_out)


@dataclass(frozen=True, slots=True)
class _Sum:
    """The verdicts of all rules of one control."""

    counts: Mapping[Status, int]
    failing: tuple[str, ...]
    not_run: tuple[str, ...]
    """Rules that did not run, each with why."""
    left_out: int
    gaps: int
    idle: tuple[str, ...]
    """Rules that ran and had nothing to judge."""


def control_results(
    demands: Iterable[ControlDemand], verdicts: Sequence[Mapping[str, Verdicts]], gaps: int
) -> tuple[ControlResult, ...]:
    """Return one row for each control, in the order given.

    ``verdicts`` holds, for each control, what its rules say by rule id; ``gaps`` is how many things could not be read.
    """
    sums: dict[tuple[tuple[str, int], ...], _Sum] = {}  # many controls ask for the same
    rows = []
    for demand, by_rule in zip(demands, verdicts, strict=True):
        same = tuple((rule, id(each)) for rule, each in by_rule.items())
        if same not in sums:
            sums[same] = _add_up(by_rule, gaps)
        rows.append(_result(demand, sums[same]))
    return tuple(rows)


def _result(demand: ControlDemand, found: _Sum) -> ControlResult:
    status, reason = _judge(found)
    if demand.firmness == SUPPORTING and status in (ControlStatus.MET, ControlStatus.NOT_MET):
        status, reason = ControlStatus.PARTLY_EXAMINED, f"{reason} {_OTHER_MEANS}"
    return ControlResult(
        control=demand.control,
        demand=demand.demand,
        rules=tuple(sorted(demand.rules)),
        firmness=demand.firmness,
        source=demand.source,
        status=status,
        reason=reason,
        counts=found.counts,
        failing=found.failing,
    )


_OTHER_MEANS: Final = "This is one means among others, so the control itself stays open."


def _add_up(by_rule: Mapping[str, Verdicts], gaps: int) -> _Sum:
    counted: Counter[Status] = Counter()
    for each in by_rule.values():
        counted.update(each.counts)
    return _Sum(
        counts={status: counted[status] for status in Status if counted[status]},
        failing=tuple(sorted(frozenset[str]().union(*(each.failing for each in by_rule.values())))),
        not_run=tuple(f"{rule} ({each.not_run.value})" for rule, each in sorted(by_rule.items()) if each.not_run),
        left_out=sum(each.left_out for each in by_rule.values()),
        gaps=gaps,
        idle=tuple(rule for rule, each in sorted(by_rule.items()) if not each.not_run and not _judged(each)),
    )


def _judged(verdicts: Verdicts) -> bool:
    return any(count for status, count in verdicts.counts.items() if status is not Status.NOT_APPLICABLE)


def _judge(found: _Sum) -> tuple[ControlStatus, str]:
    """Return the status and one sentence that says why. A failure decides; ignorance never becomes "met"."""
    failed, waived = found.counts.get(Status.FAIL, 0), found.counts.get(Status.WAIVED, 0)
    passed, unknown = found.counts.get(Status.PASS, 0), found.counts.get(Status.UNKNOWN, 0)
    if failed:
        others = [f"{_number(waived, 'more is', 'more are')} waived"] if waived else []
        return ControlStatus.NOT_MET, _sentence([_number(failed, "check fails", "checks fail"), *others, *_open(found)])
    if not passed and not waived and not unknown:
        return ControlStatus.NOT_EXAMINED, _sentence(_open(found) or ["the input holds nothing that it speaks of"])
    if waived and not passed:
        what = f"no check passes, and {_number(waived, 'failure is', 'failures are')} waived"
        return ControlStatus.NOT_MET, _sentence([what, *_open(found)])
    good = [_number(passed, "check passes", "checks pass")] if passed else []
    good += [f"{_number(waived, 'failure is', 'failures are')} waived"] if waived else []
    missing = _open(found)
    status = ControlStatus.PARTLY_EXAMINED if missing else ControlStatus.MET
    idle = [f"nothing to judge for {', '.join(found.idle)}"] if found.idle else []
    return status, _sentence([*good, *idle, *missing])


def _open(found: _Sum) -> list[str]:
    """Return what was not examined."""
    unknown = found.counts.get(Status.UNKNOWN, 0)
    parts = [f"{_number(unknown, 'answer is', 'answers are')} unknown"] if unknown else []
    parts += [f"not run: {', '.join(found.not_run)}"] if found.not_run else []
    if found.left_out:
        parts.append(f"the policy leaves {_number(found.left_out, 'subject', 'subjects')} out")
    return [*parts, f"{_number(found.gaps, 'thing', 'things')} could not be read"] if found.gaps else parts


def _number(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "."
