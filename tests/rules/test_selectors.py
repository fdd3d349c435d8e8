"""What selectors of a policy make of verdicts: off here, on there, or not to be decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.model.finding import Finding
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.policy import load_policy
from checker.rules import RULES
from checker.rules.engine import judge
from tests.rules.build import flow_log, model, to_bucket, vpc

PROD, DEV, HIDDEN = {"env": "prod"}, {"env": "dev"}, Unknown("local.tags")
HEAD = "version: 1\nname: mine\nextends: baseline\n"


def on(*lines: str) -> str:
    return "select:\n" + "".join(f"  - {line}\n" for line in lines)


OFF = "{match: {tag: {env: dev}}, rules: {FL003: {enabled: false}}}"
ON = "{match: {tag: {env: dev}}, rules: {FL003: {enabled: true}}}"
GLOBALLY_OFF = "rules: {FL003: {enabled: false}}\n"
EVERYWHERE = "{match: {type: '*'}, rules: {FL003: {enabled: false}}}"
WORSE = "{match: {tag: {env: dev}}, rules: {FL003: {severity: critical}}}"
MILDER = "{match: {tag: {env: dev}}, rules: {FL003: {severity: low}}}"
LONGER = "{match: {tag: {env: dev}}, rules: {FL003: {severity: low, max_seconds: 600}}}"

CASES = {
    "not selected": (on(OFF), PROD, "fail medium"),
    "switched off": (on(OFF), DEV, "not-applicable medium: switched off by selector 1 of policy mine"),
    "switched off, then on": (on(OFF, ON), DEV, "fail medium"),
    "switched on, then off": (
        GLOBALLY_OFF + on(ON, EVERYWHERE), DEV, "not-applicable medium: switched off by selector 2 of policy mine",
    ),
    "off for everything": (GLOBALLY_OFF + on(OFF), DEV, None),
    "off for everything, on elsewhere": (GLOBALLY_OFF + on(ON), PROD, None),
    "off here whatever an undecided one says": (
        on(WORSE, EVERYWHERE), HIDDEN, "not-applicable medium: switched off by selector 2 of policy mine",
    ),
    "not to be decided": (on(OFF), HIDDEN, "unknown medium: selector 1 of policy mine could not be decided"),
    "worse, not to be decided": (on(WORSE), HIDDEN, "fail critical"),
    "milder, not to be decided": (on(MILDER), HIDDEN, "fail medium"),
    "milder and another demand, not to be decided": (
        on(LONGER), HIDDEN, "unknown medium: selector 1 of policy mine could not be decided",
    ),
}  # fmt: skip


def judged(folder: Path, text: str, tags: object, rule: str = "FL003") -> list[Finding]:
    path = folder / "policy.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    log = flow_log(tags=tags, max_aggregation_interval=600, destination=to_bucket(None))
    network = model(vpc(), log)
    policy = load_policy(str(path), RULES).on(network)
    return [each for each in judge(Loaded(after=network), policy.settings_for).findings if each.rule_id == rule]


@pytest.mark.parametrize(("text", "tags", "expected"), CASES.values(), ids=CASES.keys())
def test_a_selector_leaves_a_verdict_or_says_what_it_did(tmp_path, text, tags, expected):
    found = judged(tmp_path, text, tags)
    if expected is None:
        assert found == []
        return
    (finding,) = found
    verdict, _, message = expected.partition(": ")
    assert f"{finding.status} {finding.severity.label}" == verdict
    assert message in finding.message
    unsure = any("the severity is the higher one" in each.statement for each in finding.evidence)
    assert unsure == (tags is HIDDEN and finding.status == "fail")


ALLOW = "rules: {FL004: {allow: [{type: cloud-watch-logs}]}}\n"


def test_an_undecided_severity_of_a_rule_that_shares_its_allow_list_is_kept(tmp_path):
    given = "{match: {tag: {env: dev}}, rules: {FL008: {severity: critical}}}"
    verdicts = {}
    for rule in ("FL004", "FL008"):
        (finding,) = judged(tmp_path, ALLOW + on(given), HIDDEN, rule)
        verdicts[rule] = (finding.status.value, finding.severity.label)
    assert verdicts == {"FL004": ("fail", "high"), "FL008": ("not-applicable", "critical")}
