"""Controls are held against their own parameters, whatever the policy demands; what it leaves out stays out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from checker.__main__ import main
from checker.auditing import Audit, audit_controls
from checker.model.assessment import ControlResult, ControlStatus
from checker.model.entity import Entity
from checker.model.finding import Finding, Status
from checker.model.flow_log import TrafficType
from checker.model.loaded import Loaded
from checker.policy import Policy, RuleSettings, apply_waivers, control_demands, load_policy, load_waivers
from checker.rules import RULES
from checker.rules._rule import Params
from checker.rules.engine import judge
from tests.rules.build import flow_log, model, on_subnet, subnet, vpc
from tests.rules.filters import group, rule
from tests.rules.test_again import BY_ID, NETWORKS

ALL = frozenset(each.id for each in RULES)
MET, NOT_MET, PARTLY, NOT_EXAMINED = (
    ControlStatus.MET, ControlStatus.NOT_MET, ControlStatus.PARTLY_EXAMINED, ControlStatus.NOT_EXAMINED
)  # fmt: skip
PLAN = Path(__file__).parents[1] / "checker" / "demo" / "example" / "plan.json"


def same(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return found


def controls(
    tmp_path: Path,
    *entities: Entity,
    rules: str = "{}",
    more: str = "",
    waive: Callable[[tuple[Finding, ...]], tuple[Finding, ...]] = same,
    chosen: frozenset[str] = ALL,
    of_command: frozenset[str] = ALL,
) -> dict[str, ControlResult]:
    """The controls of CIS 5.0.0 by number, on a network and under a policy."""
    path = tmp_path / "policy.yaml"
    text = f"version: 1\nname: mine\nframeworks: [cis-aws@5.0.0]\nrules: {rules}\n{more}"
    path.write_text(text, encoding="utf-8")
    loaded = Loaded(after=model(*entities))
    policy = load_policy(str(path), RULES).on(loaded.after)
    found = waive(judge(loaded, policy.settings_for).findings)
    audit = Audit(loaded=loaded, policy=policy, findings=found, chosen=chosen, of_command=of_command)
    return {each.control.id: each for each in audit_controls(audit, waive)}


REJECT = flow_log(traffic_type=TrafficType.REJECT)
ACCEPT = flow_log(traffic_type=TrafficType.ACCEPT)


@pytest.mark.parametrize(
    ("log", "rules", "status"),
    [
        (REJECT, "{FL002: {need: [ACCEPT, REJECT]}}", MET),
        (REJECT, "{FL002: {need: [REJECT]}}", MET),
        (ACCEPT, "{FL002: {need: [REJECT]}}", NOT_MET),
        (ACCEPT, "{FL002: {need: [ACCEPT]}}", NOT_MET),
    ],
    ids=["the policy wants more", "the policy wants the same", "both want it", "the policy wants less"],
)
def test_the_types_of_traffic_are_those_of_the_control(tmp_path: Path, log: Entity, rules: str, status: Any) -> None:
    assert controls(tmp_path, vpc(), log, rules=rules)["3.7"].status is status


def test_logs_on_subnets_do_not_meet_a_control_that_wants_them_on_the_vpc(tmp_path: Path) -> None:
    network = (vpc(), subnet(), on_subnet("aws_flow_log.s", "aws_subnet.a"))
    found = controls(tmp_path, *network)["3.7"]
    assert found.status is NOT_MET
    assert any(each.startswith("FL001:") for each in found.failing)


def test_a_length_and_a_family_are_those_of_the_control(tmp_path: Path) -> None:
    found = controls(tmp_path, vpc(), group(rule("tcp 22", "8.0.0.0/8")))
    assert (found["5.3"].status, found["5.4"].status) == (MET, MET), "a /8 is not 0.0.0.0/0"
    found = controls(tmp_path, vpc(), group(rule("tcp 22", "::/0")))
    assert (found["5.3"].status, found["5.4"].status) == (MET, NOT_MET)
    found = controls(tmp_path, vpc(), group(rule("tcp 22", "0.0.0.0/0")))
    assert (found["5.3"].status, found["5.4"].status) == (NOT_MET, MET)


def test_what_the_policy_switches_off_is_not_examined(tmp_path: Path) -> None:
    off = controls(tmp_path, vpc(), REJECT, rules="{FL001: {enabled: false}, FL002: {enabled: false}}")["3.7"]
    assert off.status is NOT_EXAMINED
    assert off.counts == {}
    half = controls(tmp_path, vpc(), REJECT, rules="{FL002: {enabled: false}}")["3.7"]
    assert half.status is PARTLY
    assert "FL002 (the policy switches it off)" in half.reason


def test_what_a_run_leaves_out_is_not_examined(tmp_path: Path) -> None:
    left = controls(tmp_path, vpc(), REJECT, chosen=ALL - {"FL001"})["3.7"]
    assert (left.status, "FL001 (it was left out of this run)" in left.reason) == (PARTLY, True)
    other = controls(tmp_path, vpc(), REJECT, of_command=frozenset({"TR001"}))["3.7"]
    assert (other.status, "this command does not run it" in other.reason) == (NOT_EXAMINED, True)


SELECT = "select:\n  - match: {tag: {env: dev}}\n    rules: {FL001: {enabled: false}}\n"


def test_subjects_that_a_selector_leaves_out_are_counted(tmp_path: Path) -> None:
    dev = vpc("aws_vpc.dev", tags={"env": "dev"})
    found = controls(tmp_path, vpc(), REJECT, dev, more=SELECT)["3.7"]
    assert found.status is PARTLY
    assert "the policy leaves 1 subject out" in found.reason
    assert controls(tmp_path, vpc(), REJECT, more=SELECT)["3.7"].status is MET


def test_a_waiver_holds_for_the_control_too(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(
        "version: 1\nwaivers:\n  - rule: [FL001, FL002]\n    scope: {address: aws_vpc.old}\n"
        "    reason: r\n    owner: o\n",
        encoding="utf-8",
    )

    def waive(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return apply_waivers(found, load_waivers(waivers, RULES), today=date(2026, 1, 31)).findings

    found = controls(tmp_path, vpc(), REJECT, vpc("aws_vpc.old"), waive=waive)["3.7"]
    assert found.status is MET
    assert "waived" in found.reason
    assert found.failing == ()


def test_nothing_to_look_at_meets_nothing(tmp_path: Path) -> None:
    assert {each.status for each in controls(tmp_path).values()} == {NOT_EXAMINED}


POLICIES = {
    "as it is": "{}",
    "asks for more": "{FL001: {vpc_level_only: true}, SG001: {world_ipv4: 16, ports: [22, 3389, 8080]}}",
    "asks for less": "{FL006: {retention_days: 30, aspects: [retention]}, FL007: {fields: [srcaddr]}, "
    "SG001: {ports: [22], world_ipv4: 0, world_ipv6: -1}, NA001: {default_acl: judge, return_range: ignore}}",
}


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("policy", POLICIES)
def test_every_control_counts_what_judging_again_finds(tmp_path: Path, network: str, policy: str) -> None:
    loaded = Loaded(after=NETWORKS[network])
    path = tmp_path / "policy.yaml"
    path.write_text(f"version: 1\nname: mine\nrules: {POLICIES[policy]}\n", encoding="utf-8")
    asked = load_policy(str(path), RULES).on(loaded.after)
    found = judge(loaded, asked.settings_for).findings
    audit = Audit(loaded=loaded, policy=asked, findings=found, chosen=ALL, of_command=ALL)
    for demand, row in zip(control_demands(), audit_controls(audit, same), strict=True):
        told = [each for rule_id, only in demand.rules.items() for each in judged_alone(loaded, asked, rule_id, only)]
        assert row.counts == Counter(each.status for each in told), row.control
        assert row.failing == tuple(sorted({each.id for each in told if each.status is Status.FAIL})), row.control


def judged_alone(loaded: Loaded, asked: Policy, rule_id: str, only: Params) -> tuple[Finding, ...]:
    def settings(other: str, entity: Entity) -> RuleSettings:
        found = asked.settings_for(other, entity)
        if other != rule_id:
            return found
        own = {name: found.params[name] for name in ("retention_days",) if name in found.params}  # the organisation's
        return replace(found, params={**BY_ID[rule_id].default_params, **own, **only})

    return judge(loaded, settings, rules=(BY_ID[rule_id],)).findings


def test_a_waiver_holds_for_what_only_the_control_asks(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(
        "version: 1\nwaivers:\n  - rule: SG001\n    scope: {address: aws_security_group.a}\n"
        "    reason: r\n    owner: o\n",
        encoding="utf-8",
    )

    def waive(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return apply_waivers(found, load_waivers(waivers, RULES), today=date(2026, 1, 31)).findings

    network = (vpc(), group(rule("tcp 22")), group(rule("tcp 22"), address="aws_security_group.b"))
    found = controls(tmp_path, *network, rules="{SG001: {ports: [3389]}}", waive=waive)["5.3"]
    assert (found.status, found.counts) == (NOT_MET, {Status.FAIL: 1, Status.WAIVED: 1})
    assert [each.rpartition(":")[2] for each in found.failing] == ["aws_security_group.b"]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    main(["plan", str(PLAN), "--no-source", "--now", "2026-01-31T06:00:00Z", *words])
    return capsys.readouterr().out


def test_the_frameworks_asked_for_are_judged_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "--framework", "cis-aws@5.0.0", "--framework", "nist-csf")
    assert "CIS AWS Foundations Benchmark 5.0.0: 2 met" in text
    assert "NIST Cybersecurity Framework 2.0" in text
    assert "CONTROLS" not in run(capsys)
    page = run(capsys, "--framework", "cis-aws@5.0.0", "--format", "markdown")
    assert "<summary>Controls of <code>CIS AWS Foundations Benchmark 5&#46;0&#46;0" in page
    assert "Controls of" not in run(capsys, "--format", "markdown")
    told = json.loads(run(capsys, "--framework", "soc-2", "--format", "json"))
    assert {each["framework"] for each in told["assessment"]["controls"]} == {"SOC 2 Trust Services Criteria"}
    assert {control["framework"] for each in told["findings"] for control in each["controls"]} == {
        "SOC 2 Trust Services Criteria"
    }


def test_a_saved_run_shows_the_frameworks_that_it_judged(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    saved.write_text(run(capsys, "--framework", "cis-aws@5.0.0", "--format", "json"), encoding="utf-8")
    main(["report", str(saved), "--framework", "cis-aws", "--framework", "soc-2"])
    text = capsys.readouterr().out
    assert "CIS AWS Foundations Benchmark 5.0.0: 2 met" in text
    assert "SOC 2 Trust Services Criteria: not judged in this run." in text


def test_a_framework_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(PLAN), "--framework", "cis"]) == 2
    error = capsys.readouterr().err
    assert "there is no framework 'cis'" in error
    assert "cis-aws@5.0.0" in error
