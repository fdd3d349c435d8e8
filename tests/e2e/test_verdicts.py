"""Every case, in every way to read it, gets exactly the verdicts that a careful reader expects."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.case import Case, all_cases
from tests.e2e.choosing import marks
from tests.e2e.planning import Planned, Planner
from tests.e2e.running import Run, check, disagreements, words

pytestmark = pytest.mark.terraform

CASES = all_cases()
RUNS = [pytest.param(case, way, id=f"{case.name}-{way}", marks=marks(case, way)) for case in CASES for way in case.ways]
LOCATED = [param for param in RUNS if param.values[1] != "plan"]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where no configuration file stands."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("case", "way"), RUNS)
def test_verdicts_are_the_expected_ones(case: Case, way: str, planned: Planned) -> None:
    run = check(words(case, planned, way))
    wrong = disagreements(case, way, run)
    assert not wrong, "\n".join([case.expect["about"], *wrong])


@pytest.mark.parametrize(("case", "way"), LOCATED)
def test_findings_point_at_the_block_they_are_about(case: Case, way: str, planned: Planned) -> None:
    run = check(words(case, planned, way))
    wrong = [each for each in run.of(*case.families) if not _points_at_block(each, planned.source)]
    assert not wrong, "\n".join(f"{each['rule_id']} {each['message']}: {each['location']}" for each in wrong)


def _points_at_block(finding: dict, source: Path) -> bool:
    """Whether the first line of the location names the resource."""
    location = finding["location"]
    if not location or not location["path"]:
        return False
    path = next((path for path in (Path(location["path"]), source / location["path"]) if path.is_file()), None)
    if path is None or not location["start_line"]:
        return False
    lines = path.read_text(encoding="utf-8").splitlines()[location["start_line"] - 1 : location["end_line"]]
    name = re.sub(r'\["[^"]*"\]|\[\d+\]', "", finding["resource"]["address"]).rpartition(".")[2]
    return any(f'"{name}"' in line for line in lines[:1])


def test_a_targeted_plan_is_no_pass_where_unknown_fails(planner: Planner) -> None:
    case = next(case for case in CASES if case.name == "plan_targeted")
    run = check([*words(case, planner.planned(case), "plan"), "--unknown", "fail"])
    assert run.exit_code == 4


def test_source_that_does_not_parse_is_no_pass_where_unknown_fails(planner: Planner) -> None:
    case = next(case for case in CASES if case.name == "broken_beside_good")
    run = check([*words(case, planner.planned(case), "hcl"), "--unknown", "fail", "--fail-on", "critical"])
    assert run.exit_code == 4


def test_two_runs_give_the_same_bytes(planner: Planner) -> None:
    case = next(case for case in CASES if case.name == "heredoc_and_functions")
    arguments = words(case, planner.planned(case), "source")
    first: Run = check(arguments)
    assert check(arguments).text == first.text
