"""Ignorance never becomes a verdict: whichever answer is missing, a verdict stays, or turns unknown, or goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given, settings

from checker.load.aws.call import Failure, Reply
from checker.model.entity import Entity
from checker.model.finding import Finding, Status
from checker.model.loaded import Loaded
from checker.rules import RULES
from checker.rules.engine import Judgement, PlainSetting, judge
from tests.load.aws.convert.test_everything import NAMES, READ, WHOLE, instead, mutations
from tests.load.aws.made import read

SETTINGS: Final = {rule.id: PlainSetting(enabled=True, params=rule.default_params) for rule in RULES}

PASSED_ON: Final = {("FL002", "ec2:DescribeFlowLogs"): "FL001 says of the same VPC that it is not known"}
"""Rule and call after whose failure the rule leaves the verdict to another, and to which."""


def judged(replies: list[Reply]) -> Judgement:
    model, gaps = read(*replies)

    def always(rule_id: str, _: Entity) -> PlainSetting:
        return SETTINGS[rule_id]

    return judge(Loaded(after=model, gaps=gaps), always)


def verdicts(judgement: Judgement) -> Mapping[tuple[str, str], Finding]:
    return {(each.rule_id, str(each.resource.id)): each for each in judgement.findings}


BEFORE: Final = verdicts(judged(WHOLE))


def test_the_whole_account_gets_verdicts_of_every_family() -> None:
    known = {rule for (rule, _), each in BEFORE.items() if each.status in (Status.PASS, Status.FAIL)}
    assert {"FL001", "FL002", "FL003", "FL005", "FL006", "FL007", "SG001", "SG003", "NA002", "DS001"} <= known


@pytest.mark.parametrize("number", range(len(READ)), ids=NAMES)
@pytest.mark.parametrize("how", ["denied", "missing"])
def test_no_verdict_comes_from_a_missing_answer(number: int, how: str) -> None:
    failure = Failure(code="AccessDenied", message="no")
    denied = replace(READ[number], response=None, failure=failure)
    judgement = judged(instead(number, denied if how == "denied" else None))
    assert judgement.crashed == ()
    wrong = []
    for (rule, name), found in verdicts(judgement).items():
        before = BEFORE.get((rule, name))
        if found.status is Status.UNKNOWN or (rule, NAMES[number]) in PASSED_ON:
            continue
        if before is None and found.status is Status.FAIL:
            wrong.append(f"{rule} {name} fails, and was no subject before: {found.message}")
        elif before is not None and before.status is not found.status:
            wrong.append(f"{rule} {name}: {found.status} after {before.status}: {found.message}")
    assert wrong == []


@settings(max_examples=30)
@given(mutations())
def test_no_rule_breaks_on_what_odd_answers_leave(replies: list[Reply]) -> None:
    assert judged(replies).crashed == ()
