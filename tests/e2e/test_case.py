"""The cases themselves: they say what they mean, and the comparison with a run can fail."""

from __future__ import annotations

import pytest

from tests.e2e.case import CASES, Case, all_cases
from tests.e2e.running import Run, disagreements


def case_with(**expect: object) -> Case:
    return Case("made_up", CASES, {"about": "made up", **expect})


def finding(status: str, change: str | None = None, severity: str = "high", rule: str = "FL001") -> dict[str, object]:
    return {
        "rule_id": rule, "status": status, "severity": severity, "change": change, "message": "…",
        "evidence": [{"statement": "…"}], "resource": {"address": "aws_vpc.a"},
    }  # fmt: skip


def run_of(*findings: dict[str, object], gaps: tuple[object, ...] = ()) -> Run:
    return Run(0, {"findings": list(findings), "gaps": list(gaps)}, "…")


def test_there_is_a_case_for_every_construct() -> None:
    assert len(all_cases()) >= 45


def test_every_reason_for_not_knowing_is_a_sentence() -> None:
    reasons = [v.reason for case in all_cases() for way in case.ways for v in case.verdicts(way).values() if v.reason]
    assert reasons
    assert all(len(reason.split()) > 4 for reason in reasons)


@pytest.mark.parametrize("word", ["", "passed", "unknown", "pass quickly", "high"])
def test_a_verdict_that_nobody_understands_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="made_up"):
        case_with(verdicts={"FL001": {"aws_vpc.a": word}}).verdicts("plan")


@pytest.mark.parametrize(
    ("word", "given", "agrees"),
    [
        pytest.param("fail", finding("fail", "new"), True, id="as-expected"),
        pytest.param("fail", finding("pass"), False, id="other-status"),
        pytest.param("fail low", finding("fail", "new"), False, id="other-severity"),
        pytest.param("fail", finding("fail", "pre-existing"), False, id="other-change"),
        pytest.param("pass", finding("pass", "fixed"), False, id="fixed-out-of-nothing"),
        pytest.param("pass", finding("unknown"), False, id="unknown-where-not-listed"),
        pytest.param({"unknown": "it cannot be known"}, finding("pass"), False, id="a-guess"),
        pytest.param({"unknown": "it cannot be known"}, finding("unknown"), True, id="unknown"),
        pytest.param({"verdict": "fail", "may-be-unknown": "why"}, finding("unknown"), True, id="may-be-unknown"),
        pytest.param({"verdict": "fail", "may-be-unknown": "why"}, finding("pass"), False, id="may-not-be-wrong"),
        pytest.param("ok", finding("not-applicable"), True, id="not-applicable-is-ok"),
        pytest.param("ok", finding("unknown"), False, id="unknown-is-not-ok"),
        pytest.param("pass", finding("pass", rule="FL002"), False, id="other-rule"),
        pytest.param("pass", {**finding("pass"), "evidence": []}, False, id="no-evidence"),
    ],
)
def test_a_run_is_compared_with_what_is_expected(word: object, given: dict[str, object], agrees: bool) -> None:
    case = case_with(verdicts={"FL001": {"aws_vpc.a": word}})
    assert (not disagreements(case, "plan", run_of(given))) is agrees


def test_a_missing_finding_a_second_one_and_a_gap_are_disagreements() -> None:
    case = case_with(good={"vpcs": ["aws_vpc.a"]})
    one, two = finding("pass"), finding("pass", rule="FL002")
    assert disagreements(case, "hcl", run_of(one, two)) == []
    assert disagreements(case, "hcl", run_of(one))
    assert disagreements(case, "hcl", run_of(one, two, one))
    assert disagreements(case, "hcl", run_of(one, two, gaps=({"what": "a.tf:1"},)))
