"""One network, read as plan, as plan with source and as source alone, is one model up to origin and unknowns."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.case import Case, all_cases
from tests.e2e.choosing import marks
from tests.e2e.comparing import differences
from tests.e2e.planning import Planned, Planner

pytestmark = pytest.mark.terraform

CASES = [
    pytest.param(case, id=case.name, marks=marks(case, *case.ways))
    for case in all_cases()
    if set(case.ways) == {"plan", "source", "hcl"} and "unequal" not in case.expect
]


def read(planned: Planned, way: str, cache: Path):
    """Return the model after the change, as one loader reads it."""
    from checker.load.hcl import load_hcl
    from checker.load.plan import PlanInput, load_plans

    options = {"environment": {}, "cache": cache, "jobs": 1}
    if way == "hcl":
        return load_hcl([planned.source], var_files=(), workspace="default", **options).after
    source = planned.source if way == "source" else None
    inputs = [PlanInput(path=planned.plan, data=None, label=".")]
    return load_plans(
        inputs, source=source, find_source=False, resolve_by_uniqueness=True, terraform=None, **options
    ).after


@pytest.mark.parametrize(("left", "right"), [("plan", "source"), ("source", "hcl")])
@pytest.mark.parametrize("case", CASES)
def test_models_are_equal_where_both_know(case: Case, left: str, right: str, planner: Planner, tmp_path: Path) -> None:
    planned = planner.planned(case)
    found = differences(read(planned, left, tmp_path), read(planned, right, tmp_path))
    assert not found, "\n".join(found)
