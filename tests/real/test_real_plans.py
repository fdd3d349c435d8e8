"""Every real plan at hand loads, and no rule crashes on it. The plans are not part of the repository."""

import json
import os
from pathlib import Path

import pytest

from checker.__main__ import main
from checker.errors import InputError
from checker.load.plan import PlanInput, load_plans
from checker.policy import load_policy
from checker.rules import RULES
from checker.rules.engine import judge

DATA = Path(os.environ.get("FLOWCHECK_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
PLANS = sorted([*(DATA / "plans").rglob("*.json"), *(DATA / "plans_other").rglob("*.json")]) if DATA.is_dir() else []

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not PLANS, reason=f"no real plans below {DATA} (set FLOWCHECK_REAL_DATA)"),
]


def is_plan(path: Path) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, UnicodeDecodeError):
        return False
    return isinstance(content, dict) and "format_version" in content and "planned_values" in content


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.relative_to(DATA).as_posix())
def test_a_real_plan_is_judged_or_refused_with_a_reason(path: Path) -> None:
    given = PlanInput(path=path, data=None, label="real")
    try:
        loaded = load_plans([given], source=None, find_source=False)
    except InputError as error:
        assert not is_plan(path), f"a plan was refused: {error}"
        return
    result = judge(loaded, load_policy("baseline", RULES).settings_for)
    assert result.crashed == ()


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.relative_to(DATA).as_posix())
def test_the_command_never_ends_in_a_traceback(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = main(["plan", str(path), "--no-source", "--format", "json", "--now", "2026-01-01T00:00:00Z"])
    assert code in (0, 1, 2, 3), capfd.readouterr().err
