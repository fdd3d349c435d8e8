"""``flowcheck policy check`` and the files of ``flowcheck init``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.errors import PolicyError
from checker.model.finding import Severity
from checker.policy import check_policy_file, load_policy, load_waivers, starter_policy, starter_waivers
from checker.rules import RULES as REAL_RULES
from tests.policy.samples import RULES, write

POLICY = """\
version: 1
name: acme
policy_version: "2.0"
extends: cis
rules:
  FL003: {severity: high, max_seconds: 600}
select:
  - match: {tag: {env: [dev, test]}, region: eu-*}
    rules: {FL001: {enabled: false}, FL003: {severity: low, max_seconds: 60}}
destinations:
  - {arn: "arn:aws:s3:::central", managed_elsewhere: {owner: platform, checked_by: audit}}
"""


def test_a_policy_is_summed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, POLICY)
    monkeypatch.chdir(tmp_path)
    assert check_policy_file("policy.yaml", RULES) == [
        "policy.yaml: policy acme 2.0 is right, extends cis",
        "2 rules on, 4 off",
        "  FL001  high      vpc-flow-log-missing  vpc_level_only=true",
        '  FL003  high      flow-log-interval  basis="configured", max_seconds=600',
        "  FL004  off       flow-log-destination-not-allowed",
        "  FL005  off       flow-log-not-delivering",
        "  FL006  off       flow-log-destination-unprotected",
        "  FL010  off       flow-log-tags-missing",
        "selector 1: where region is eu-* and tag env is dev or test: FL001 off; FL003 low max_seconds=60",
        "kept elsewhere: arn:aws:s3:::central by platform, checked by audit",
        "references are not resolved by uniqueness",
    ]


def test_a_waiver_file_is_told_by_its_keys_and_summed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "version: 1\nwaivers:\n"
        "  - {rule: [FL003, FL006], scope: {address: module.a, account: '111122223333'}, reason: later, owner: me}\n"
        "  - {rule: FL003, scope: {tag: {env: dev}}, reason: cheap, owner: me, until: 2027-03-31}\n"
    )
    write(tmp_path, text, "w.yaml")
    monkeypatch.chdir(tmp_path)
    assert check_policy_file("w.yaml", RULES) == [
        "w.yaml: 2 waivers, all right",
        "  line 3: FL003, FL006 for address module.a, account 111122223333, without an end date (me: later)",
        "  line 4: FL003 for tag env=dev, until 2027-03-31 (me: cheap)",
    ]


def test_a_shipped_policy_is_checked_by_name() -> None:
    lines = check_policy_file("baseline", RULES)
    assert lines[0] == "shipped:baseline: policy baseline 1.0 is right"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("version: 1\nname: x\nrules: {FL9: {}}", "there is no rule 'FL9'"), ("waivers: 3", "'version' is missing")],
)
def test_a_wrong_file_is_an_error_with_all_its_mistakes(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(PolicyError) as caught:
        check_policy_file(write(tmp_path, text), RULES)
    assert expected in str(caught.value)


def uncommented(text: str) -> str:
    """Return a starter with its examples switched on; lines of words stay comments."""
    return re.sub(r"^# (?=\w+:$|\w+: \S*$|  )", "", text, flags=re.MULTILINE)


def test_the_starter_policy_demands_what_the_baseline_demands(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, starter_policy()), RULES)
    assert policy.extends == ("baseline",)
    assert policy.rules == load_policy("baseline", RULES).rules


def test_the_examples_of_the_starter_policy_are_right(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, uncommented(starter_policy())), REAL_RULES)
    assert policy.defaults_for("FL004").enabled
    assert policy.defaults_for("FL003").severity is Severity.HIGH
    assert len(policy.selectors) == 1
    assert [each.owner for each in policy.destinations] == ["log-platform@example.com"]


def test_the_starter_waivers_are_right_as_they_stand_and_with_their_example(tmp_path: Path) -> None:
    assert load_waivers(write(tmp_path, starter_waivers(), "w.yaml"), RULES) == ()
    example = starter_waivers().replace("waivers: []", "waivers:").replace("\n#  ", "\n  ")
    (found,) = load_waivers(write(tmp_path, example, "w.yaml"), RULES)
    assert found.rules == ("FL003",)
    assert found.until is not None
