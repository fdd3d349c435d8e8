"""A control is met only where something was looked at, everything it demands was, and nothing failed or is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from checker.assessment import NotRun, Verdicts, control_results
from checker.model.assessment import ControlResult, ControlStatus
from checker.model.control import ControlDemand
from checker.model.finding import Control, Status

PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN
WAIVED, NA = Status.WAIVED, Status.NOT_APPLICABLE
MET, NOT_MET = ControlStatus.MET, ControlStatus.NOT_MET
PARTLY, NOT_EXAMINED = ControlStatus.PARTLY_EXAMINED, ControlStatus.NOT_EXAMINED


def verdicts(*statuses: Status, **more: Any) -> Verdicts:
    return Verdicts.of(((status, f"FL001:infra/prod:aws_vpc.{at}") for at, status in enumerate(statuses)), **more)


def judged(*of_rules: Verdicts, gaps: int = 0, firmness: str = "stated") -> ControlResult:
    names = [f"FL00{at}" for at in range(1, len(of_rules) + 1)]
    demand = ControlDemand(key="x", control=Control(framework="X", version="1", id="1"), demand="A log.",
                           rules={each: {} for each in names}, firmness=firmness, source="Here.")  # fmt: skip
    (result,) = control_results([demand], [dict(zip(names, of_rules, strict=True))], gaps)
    return result


OFF = Verdicts(not_run=NotRun.OFF)
CASES = {
    "all pass": ([verdicts(PASS, PASS)], MET, "2 checks pass."),
    "both rules pass": ([verdicts(PASS), verdicts(PASS)], MET, "2 checks pass."),
    "one fails": ([verdicts(PASS, FAIL)], NOT_MET, "1 check fails."),
    "one of another rule fails": ([verdicts(PASS), verdicts(FAIL)], NOT_MET, "1 check fails."),
    "a failure counts though a rule did not run": ([verdicts(FAIL), OFF], NOT_MET,
                                                   "1 check fails; not run: FL002 (the policy switches it off)."),
    "nothing to look at": ([verdicts()], NOT_EXAMINED, "The input holds nothing that it speaks of."),
    "nothing that applies": ([verdicts(NA, NA)], NOT_EXAMINED, "The input holds nothing that it speaks of."),
    "switched off": ([OFF], NOT_EXAMINED, "Not run: FL001 (the policy switches it off)."),
    "left out": ([Verdicts(not_run=NotRun.LEFT_OUT)], NOT_EXAMINED, "Not run: FL001 (it was left out of this run)."),
    "not of this command": ([Verdicts(not_run=NotRun.COMMAND)], NOT_EXAMINED,
                            "Not run: FL001 (this command does not run it)."),
    "one unknown": ([verdicts(PASS, UNKNOWN)], PARTLY, "1 check passes; 1 answer is unknown."),
    "all unknown": ([verdicts(UNKNOWN, UNKNOWN)], PARTLY, "2 answers are unknown."),
    "a rule did not run": ([verdicts(PASS), OFF], PARTLY,
                           "1 check passes; not run: FL002 (the policy switches it off)."),
    "subjects left out": ([verdicts(PASS, left_out=3)], PARTLY, "1 check passes; the policy leaves 3 subjects out."),
    "a rule had nothing to judge": ([verdicts(PASS), verdicts(NA)], MET,
                                    "1 check passes; nothing to judge for FL002."),
    "some are waived": ([verdicts(PASS, WAIVED)], MET, "1 check passes; 1 failure is waived."),
    "all are waived": ([verdicts(WAIVED, WAIVED)], NOT_MET, "No check passes, and 2 failures are waived."),
    "waived and unknown": ([verdicts(PASS, WAIVED, UNKNOWN)], PARTLY,
                           "1 check passes; 1 failure is waived; 1 answer is unknown."),
    "failing and waived": ([verdicts(FAIL, WAIVED)], NOT_MET, "1 check fails; 1 more is waived."),
}  # fmt: skip


@pytest.mark.parametrize(("of_rules", "status", "reason"), CASES.values(), ids=CASES.keys())
def test_a_control(of_rules: list[Verdicts], status: ControlStatus, reason: str) -> None:
    result = judged(*of_rules)
    assert (result.status, result.reason) == (status, reason)


@pytest.mark.parametrize(
    ("statuses", "status"), [((PASS,), PARTLY), ((FAIL,), NOT_MET), ((), NOT_EXAMINED), ((WAIVED, PASS), PARTLY)]
)
def test_nothing_is_met_while_something_could_not_be_read(statuses: tuple[Status, ...], status: ControlStatus) -> None:
    result = judged(verdicts(*statuses), gaps=2)
    assert result.status is status
    assert "2 things could not be read." in result.reason


@pytest.mark.parametrize(("statuses", "status"), [((PASS,), PARTLY), ((FAIL,), PARTLY), ((), NOT_EXAMINED)])
def test_one_means_among_others_neither_meets_nor_breaks_a_control(
    statuses: tuple[Status, ...], status: ControlStatus
) -> None:
    result = judged(verdicts(*statuses), firmness="supporting")
    assert result.status is status
    assert (status is PARTLY) == result.reason.endswith("so the control itself stays open.")


def test_the_failing_are_named_and_all_verdicts_counted() -> None:
    result = judged(verdicts(FAIL, PASS, WAIVED, NA), verdicts(FAIL))
    assert result.failing == ("FL001:infra/prod:aws_vpc.0",)
    assert result.counts == {FAIL: 2, PASS: 1, WAIVED: 1, NA: 1}
    assert result.rules == ("FL001", "FL002")
