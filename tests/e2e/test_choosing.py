"""What a quick run plans with nothing cached touches all that the cases touch, and is not all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.case import Case, all_cases, load_case
from tests.e2e.choosing import planned_quickly, source_is_enough, touches
from tests.e2e.provider import Providers

CASES = {case.name: case for case in all_cases()}


def test_the_chosen_cases_touch_everything_that_any_case_touches() -> None:
    chosen = planned_quickly(CASES.values())
    assert len(chosen) < len(CASES) / 2
    everything = set().union(*(set(touches(case)) for case in CASES.values()))
    assert set().union(*(set(touches(CASES[name])) for name in chosen)) == everything


def test_every_rule_that_is_judged_on_a_plan_is_judged_on_a_chosen_one() -> None:
    def rules(cases: list[Case]) -> set[str]:
        return {rule for case in cases for way in case.ways if way != "hcl" for rule, _ in case.verdicts(way)}

    assert rules([CASES[name] for name in planned_quickly(CASES.values())]) == rules(list(CASES.values()))


@pytest.mark.parametrize(
    ("text", "more"),
    [
        pytest.param('resource "aws_vpc" "b" {\n}\n', set(), id="more-of-the-same"),
        pytest.param('resource "aws_eip" "b" {\n}\n', {("block", "resource", "aws_eip")}, id="resource-type"),
        pytest.param('data "aws_vpc" "b" {\n}\n', {("block", "data", "aws_vpc")}, id="data-source"),
        pytest.param("moved {\n  from = a.b\n}\n", {("block", "moved", "")}, id="block"),
        pytest.param('output "a" {\n  count = 2\n}\n', {("block", "output", ""), ("argument", "count")}, id="argument"),
        pytest.param("# setunion(1)\n", {("function", "setunion")}, id="function"),
    ],
)
def test_something_new_in_a_case_is_noticed(text: str, more: set[tuple[str, ...]], tmp_path: Path) -> None:
    (tmp_path / "expect.yaml").write_text("about: a case\nverdicts: {FL001: {aws_vpc.a: pass}}\n")
    (tmp_path / "main.tf").write_text('resource "aws_vpc" "a" {\n}\n')
    before = set(touches(load_case(tmp_path)))
    (tmp_path / "main.tf").write_text('resource "aws_vpc" "a" {\n}\n' + text)
    assert set(touches(load_case(tmp_path))) - before == more


def test_source_is_enough_where_nothing_stood_before() -> None:
    assert source_is_enough(CASES["accept_only"], "hcl")
    assert not source_is_enough(CASES["accept_only"], "source")
    assert not source_is_enough(CASES["log_worsened"], "hcl")  # what was applied gives its variables their values


@pytest.mark.parametrize(
    ("text", "command"),
    [
        pytest.param('provider "aws" {\n  alias = "b"\n}\n', "plan", id="two-configurations"),
        pytest.param('provider "aws" {\n}\n', "get", id="no-provider-needed"),
    ],
)
def test_terraform_starts_its_own_provider_where_one_is_not_enough(text: str, command: str, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(text)
    assert Providers(tmp_path / "absent").environment(tmp_path, command, {}) == {}
