"""Only those parts of a plan are converted that the chosen rules look at, and no verdict depends on that."""

import json
from pathlib import Path
from typing import Any

import pytest

from checker.__main__ import main
from checker.judging import Demands, parts_for, read_demands
from checker.load.plan import PlanInput, load_plans
from checker.load.terraform.convert import PARTS
from checker.model.entity import Entity
from checker.model.model import NetworkModel
from checker.model.record import fields
from checker.rules import RULES
from checker.rules._rule import Rule
from checker.rules.engine import PlainSetting, Setting, judge
from checker.settings import from_process

HERE = Path(__file__).parent
DEMO = HERE.parent / "checker" / "demo" / "example" / "plan.json"
APPLIED = HERE / "load" / "aws" / "convert" / "applied" / "plan.json"
OWN = [*sorted(HERE.glob("load/plans/*/plan.json")), APPLIED, DEMO]
SHARED = sorted((HERE.parents[1] / "shared" / "data").rglob("*plan*.json"))
EACH = {"allow": ["arn:aws:s3:::central-*"]}
MADE = {
    rule.id: PlainSetting(
        enabled=True, params={**rule.default_params, **(EACH if "allow" in rule.default_params else {})}
    )
    for rule in RULES
}


def everything_on(rule_id: str, _entity: Entity) -> Setting:
    return MADE[rule_id]


def rules_of(*families: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.id[:2] in families)


def parts_of(rules: tuple[Rule, ...], **flags: Any) -> frozenset[str] | None:
    settings = from_process({"command": "plan", "inputs": ("plan.json",), **flags})
    return parts_for(Demands(read_demands(settings).policy, rules, (), None), settings)


def held(model: NetworkModel) -> set[str]:
    return {part.name for part in fields(model) if part.name in PARTS and getattr(model, part.name)}


@pytest.mark.parametrize("path", [*OWN, *(pytest.param(path, marks=pytest.mark.shared) for path in SHARED)], ids=str)
@pytest.mark.parametrize("families", [("FL",), ("SG",), ("NA",), ("SG", "NA")], ids="-".join)
def test_findings_are_equal_with_all_parts_and_with_those_of_the_rules(path: Path, families: tuple[str, ...]) -> None:
    rules = rules_of(*families)
    parts = parts_of(rules)
    assert parts is not None
    inputs = [PlanInput(path=path, data=None, label="")]
    whole, narrow = load_plans(inputs, find_source=False), load_plans(inputs, find_source=False, parts=parts)
    expected = judge(whole, everything_on, rules=rules)
    assert judge(narrow, everything_on, rules=rules) == expected
    assert not expected.crashed


def test_parts_that_no_chosen_rule_looks_at_are_left_out() -> None:
    inputs = [PlanInput(path=APPLIED, data=None, label="")]
    whole = load_plans(inputs, find_source=False).after
    narrow = load_plans(inputs, find_source=False, parts=parts_of(rules_of("FL"))).after
    assert held(whole) - held(narrow) >= {"security_groups", "network_acls", "alarms"}
    assert {"vpcs", "flow_logs", "roles", "log_groups"} <= held(narrow)
    assert narrow.flow_logs == whole.flow_logs


@pytest.mark.parametrize(
    ("rules", "flags"),
    [
        (RULES, {}),
        (rules_of("FL", "DS"), {}),
        (rules_of("TR"), {}),
        (rules_of("FL"), {"live": "snapshot"}),
    ],
    ids=["every rule", "rules that look at everything", "rules on traffic", "laid over a live network"],
)
def test_all_parts_are_converted_where_they_may_be_looked_at(rules: tuple[Rule, ...], flags: dict[str, Any]) -> None:
    assert parts_of(rules, **flags) is None


def test_a_rule_alone_judges_as_among_all_and_counts_what_it_looked_at(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def report(*words: str) -> Any:
        main(["plan", str(APPLIED), "--no-source", "--format", "json", "--now", "2026-01-01T00:00:00Z", *words])
        return json.loads(capsys.readouterr().out)

    def verdicts(saved: Any) -> list[tuple[str, str]]:
        return [(each["id"], each["status"]) for each in saved["findings"] if each["rule_id"] == "FL001"]

    alone, among = report("--only", "FL001"), report()
    assert verdicts(alone)
    assert verdicts(alone) == verdicts(among)
    assert among["summary"]["evaluated"].items() > alone["summary"]["evaluated"].items()
    assert "security_group" not in alone["summary"]["evaluated"]
