"""Each violating example gives exactly the intended findings, from its source and from its plan."""

from __future__ import annotations

import pytest

from checker.rules import RULES
from tests.e2e.running import NOW, Run, check
from tests.terraform.example import Example, doubts, failures, violating
from tests.terraform.planning import Planner

EXAMPLES = violating()
FLAT = [example for example in EXAMPLES if not example.change]


def judge(example: Example, *words: str) -> Run:
    return check([*words, *example.policy, "--format", "json", "--now", NOW, "--jobs", "1", "--cache", "cache"])


def test_there_is_one_for_each_rule_on_configurations() -> None:
    rules = [rule.id for rule in RULES if not rule.id.startswith("TR")]
    assert sorted(example.name for example in EXAMPLES) == sorted(rules)
    assert all(list(example.expected) == [example.name] for example in EXAMPLES)


@pytest.mark.parametrize("example", FLAT, ids=lambda example: example.name)
def test_the_source_gives_the_intended_findings(example: Example) -> None:
    report = judge(example, "hcl", str(example.folder)).report
    assert failures(report) == example.expected
    assert doubts(report) == []


@pytest.mark.slow
@pytest.mark.terraform
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_plan_gives_the_intended_findings(example: Example, planner: Planner) -> None:
    planned = planner.planned(example)
    report = judge(example, "plan", str(planned.plan), "--source", str(planned.source)).report
    assert failures(report) == example.expected
    assert doubts(report) == []


def test_nothing_is_to_be_seen_in_the_source_of_a_change() -> None:
    for example in EXAMPLES:
        if example.change:
            assert failures(judge(example, "hcl", str(example.folder)).report) == {}
