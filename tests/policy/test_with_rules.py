"""Policies, waivers and baselines together with the real rules, on a network of one VPC without a flow log."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from checker.model.finding import Finding, Severity
from checker.model.loaded import Loaded
from checker.model.model import NetworkModel
from checker.policy import apply_baseline, apply_waivers, load_baseline, load_policy, load_waivers
from checker.rules import RULES
from checker.rules.engine import judge
from tests.policy.samples import NOT_KNOWN, vpc, write


def findings(reference: str, **given: Any) -> dict[str, Finding]:
    model = NetworkModel(vpcs=(vpc("module.legacy[0].aws_vpc.this", **given),))
    policy = load_policy(reference, RULES).on(model)
    return {each.rule_id: each for each in judge(Loaded(after=model), policy.settings_for).findings}


def test_every_shipped_policy_fails_a_vpc_without_a_flow_log() -> None:
    assert findings("baseline")["FL001"].status == "fail"
    assert findings("cis")["FL001"].status == "fail"
    assert findings("fsbp")["FL001"].severity is Severity.MEDIUM


def test_the_frameworks_judge_a_vpc_by_three_rules_only() -> None:
    assert set(findings("cis")) == {"FL001", "FL002", "SG002"}


SELECTING = """\
version: 1
name: mine
extends: baseline
select:
  - match: {tag: {env: dev}}
    rules: {FL001: {enabled: false}}
"""


def test_a_selector_decides_whether_a_vpc_is_judged(tmp_path: Path) -> None:
    path = write(tmp_path, SELECTING)
    off = findings(path, tags={"env": "dev"})["FL001"]
    assert off.status == "not-applicable"
    assert "switched off by selector 1 of policy mine" in off.message
    assert findings(path, tags={"env": "prod"})["FL001"].status == "fail"


def test_an_undecided_selector_makes_the_verdict_unknown_and_names_the_reason(tmp_path: Path) -> None:
    found = findings(write(tmp_path, SELECTING), tags=NOT_KNOWN)["FL001"]
    assert found.status == "unknown"
    assert (
        "selector 1 of policy mine could not be decided: the tags are not known (var.x has no value)" in found.message
    )


def test_an_undecided_selector_of_the_severity_leaves_the_verdict_and_the_higher_severity(tmp_path: Path) -> None:
    for given, severity in (("low", Severity.HIGH), ("critical", Severity.CRITICAL)):
        path = write(tmp_path, SELECTING.replace("enabled: false", f"severity: {given}"))
        found = findings(path, tags=NOT_KNOWN)["FL001"]
        assert (found.status, found.severity) == ("fail", severity)


def test_a_waiver_file_covers_what_the_rules_find(tmp_path: Path) -> None:
    text = (
        "version: 1\nwaivers:\n"
        "  - {rule: vpc-flow-log-missing, scope: {address: module.legacy}, reason: r, owner: o, until: 2027-03-31}\n"
    )
    waivers = load_waivers(write(tmp_path, text, "w.yaml"), RULES)
    found = [findings("baseline")["FL001"]]
    assert apply_waivers(found, waivers, today=date(2027, 3, 31)).findings[0].status == "waived"
    assert apply_waivers(found, waivers, today=date(2027, 4, 1)).findings[0].status == "fail"


def test_a_saved_run_knows_its_own_findings_again(tmp_path: Path) -> None:
    now = tuple(findings("baseline").values())
    rows = [{"id": each.id, "status": each.status.value, "facts_digest": each.facts_digest} for each in now]
    path = write(tmp_path, json.dumps({"schema_version": "1", "findings": rows}), "run.json")
    again = apply_baseline(now, load_baseline(path))
    assert [each.baselined for each in again] == [each.status in ("fail", "unknown") for each in now]
    assert any(each.baselined for each in again)
