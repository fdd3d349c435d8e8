"""Loading policies: files, parents, merging, and the words in which mistakes are said."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from checker.errors import PolicyError
from checker.model.finding import Severity
from checker.policy import Policy, load_policy
from checker.policy._policy import RuleSettings
from tests.policy.samples import RULES, interval, vpc, write

HEAD = "version: 1\nname: mine\n"


def load(folder: Path, text: str) -> Policy:
    return load_policy(write(folder, text), RULES)


def refused(folder: Path, text: str) -> str:
    path = write(folder, text)
    with pytest.raises(PolicyError) as caught:
        load_policy(path, RULES)
    assert caught.value.hint
    return str(caught.value).replace(Path(path).as_posix(), "policy.yaml")


def test_without_a_parent_the_rules_own_defaults_hold(tmp_path: Path) -> None:
    policy = load(tmp_path, HEAD)
    assert policy.defaults_for("FL003") == RuleSettings(
        enabled=True, severity=None, params={"max_seconds": 60, "basis": "configured"}
    )
    assert policy.switched_off() == ["FL010"]
    assert policy.resolve_by_uniqueness is True


def test_parameters_and_severity_stand_over_the_defaults(tmp_path: Path) -> None:
    policy = load(tmp_path, HEAD + "rules: {FL003: {severity: high, max_seconds: 600}}")
    assert policy.defaults_for("FL003") == RuleSettings(
        enabled=True, severity=Severity.HIGH, params={"max_seconds": 600, "basis": "configured"}
    )


ENABLING = [
    ("FL010: {required: [owner]}", True),
    ("FL010: {severity: high}", False),
    ("FL010: {}", False),
    ("FL010: {enabled: true}", True),
    ("FL010: {enabled: false, required: [owner]}", False),
]


@pytest.mark.parametrize(("line", "expected"), ENABLING, ids=[line for line, _ in ENABLING])
def test_giving_parameters_asks_for_a_rule(tmp_path: Path, line: str, expected: bool) -> None:
    assert load(tmp_path, f"{HEAD}rules:\n  {line}").defaults_for("FL010").enabled is expected


def test_three_levels_are_merged_parameter_by_parameter(tmp_path: Path) -> None:
    write(tmp_path, "version: 1\nname: top\nrules: {FL003: {max_seconds: 600, severity: low}}", "org/top.yaml")
    write(tmp_path, "version: 1\nname: mid\nextends: top.yaml\nrules: {FL003: {basis: effective}}", "org/mid.yaml")
    policy = load(tmp_path, HEAD + "extends: org/mid.yaml\nrules: {FL003: {severity: high}}")
    assert policy.defaults_for("FL003") == RuleSettings(
        enabled=True, severity=Severity.HIGH, params={"max_seconds": 600, "basis": "effective"}
    )
    assert [Path(each).name for each in policy.extends] == ["mid.yaml", "top.yaml"]
    assert policy.name == "mine"


def test_a_list_parameter_is_replaced_not_joined(tmp_path: Path) -> None:
    write(tmp_path, "version: 1\nname: top\nrules: {FL010: {required: [owner, cost]}}", "top.yaml")
    policy = load(tmp_path, HEAD + "extends: top.yaml\nrules: {FL010: {required: [team]}}")
    assert policy.defaults_for("FL010").params == {"required": ["team"]}


def test_unlisted_rules_can_be_switched_off(tmp_path: Path) -> None:
    policy = load(tmp_path, HEAD + "unlisted_rules: disabled\nrules: {FL001: {}, FL010: {}, FL003: {enabled: false}}")
    assert policy.switched_off() == ["FL003", "FL004", "FL005", "FL006"]


def test_a_child_switches_on_what_its_parent_left_unlisted(tmp_path: Path) -> None:
    policy = load(tmp_path, HEAD + "extends: cis\nrules: {FL003: {max_seconds: 600}}")
    assert policy.switched_off() == ["FL004", "FL005", "FL006", "FL010"]
    assert policy.resolve_by_uniqueness is False


def test_a_shipped_parent_may_be_pinned_to_its_major_version(tmp_path: Path) -> None:
    assert load(tmp_path, HEAD + "extends: baseline@1").extends == ("baseline@1",)
    assert "baseline has no major version 2 here: this flowcheck ships baseline 1.0" in refused(
        tmp_path, HEAD + "extends: baseline@2"
    )


def test_destinations_kept_elsewhere_reach_the_rules_that_judge_destinations(tmp_path: Path) -> None:
    write(
        tmp_path,
        "version: 1\nname: top\ndestinations:\n"
        '  - {arn: "arn:aws:s3:::b", managed_elsewhere: {owner: old, checked_by: x}}\n'
        '  - {arn: "arn:aws:s3:::a", account: "111122223333", managed_elsewhere: {owner: o, checked_by: audit}}\n',
        "top.yaml",
    )
    own = '[{arn: "arn:aws:s3:::b", managed_elsewhere: {owner: new, checked_by: y}}]'
    policy = load(tmp_path, f"{HEAD}extends: top.yaml\ndestinations: {own}")
    expected = [
        {"arn": "arn:aws:s3:::a", "account": "111122223333", "owner": "o", "checked_by": "audit"},
        {"arn": "arn:aws:s3:::b", "account": None, "owner": "new", "checked_by": "y"},
    ]
    assert policy.defaults_for("FL005").params == {"managed_elsewhere": expected}
    assert policy.defaults_for("FL006").params == {"retention_days": 365, "managed_elsewhere": expected}
    assert "managed_elsewhere" not in policy.defaults_for("FL003").params
    assert policy.defaults_for("FL005").enabled


def test_json_policies_are_read(tmp_path: Path) -> None:
    content = {"version": 1, "name": "j", "rules": {"FL003": {"max_seconds": 600}}}
    path = write(tmp_path, json.dumps(content, indent="\t"), "policy.json")
    assert load_policy(path, RULES).defaults_for("FL003").params["max_seconds"] == 600


def test_equal_demands_have_equal_digests_and_other_demands_others(tmp_path: Path) -> None:
    plain = load(tmp_path, HEAD + "rules: {FL003: {max_seconds: 600}, FL006: {retention_days: 30}}")
    other_order = load(
        tmp_path, "name: other\nversion: 1\nrules: {FL006: {retention_days: 30}, FL003: {max_seconds: 600}}"
    )
    changed = load(tmp_path, HEAD + "rules: {FL003: {max_seconds: 600}, FL006: {retention_days: 31}}")
    selecting = load(
        tmp_path,
        HEAD + "rules: {FL003: {max_seconds: 600}, FL006: {retention_days: 30}}\n"
        "select: [{match: {region: x}, rules: {FL003: {enabled: false}}}]",
    )
    assert plain.digest == other_order.digest
    assert len({plain.digest, changed.digest, selecting.digest}) == 3
    assert len(plain.digest) == 64


def test_a_policy_describes_itself_as_json(tmp_path: Path) -> None:
    policy = load(tmp_path, HEAD + 'policy_version: "2.1"\nextends: cis')
    described = json.loads(json.dumps(policy.describe()))
    assert described["name"] == "mine"
    assert described["version"] == "2.1"
    assert described["extends"] == ["cis"]
    assert described["digest"] == policy.digest
    assert described["switched_off"] == ["FL003", "FL004", "FL005", "FL006", "FL010"]


def test_controls_are_limited_to_the_frameworks_named(tmp_path: Path) -> None:
    cis = load(tmp_path, HEAD + "frameworks: [cis-aws@3.0.0, cis-aws@7.0.0]")
    assert [(each.version, each.id) for each in cis.controls_for("FL001")] == [("3.0.0", "3.7"), ("7.0.0", "4.7")]
    assert cis.controls_for("FL006") == ()
    assert cis.controls_for("XX999") == ()
    everything = load(tmp_path, HEAD)
    assert {each.framework for each in everything.controls_for("FL001")} > {"CIS AWS Foundations Benchmark", "PCI DSS"}


GOLDEN = """\
policy.yaml:2:7: name: "acme prod" is not allowed; expected letters, digits, dots, hyphens and underscores
policy.yaml:4:11: rules.FL003.max_second: FL003 has no parameter 'max_second' (did you mean 'max_seconds'?); \
allowed: basis, enabled, max_seconds, severity
policy.yaml:4:40: rules.FL003.max_seconds: 30 is not allowed; allowed: 60, 600
policy.yaml:4:54: rules.FL003.severity: "hi" is not allowed (did you mean 'high'?); \
allowed: critical, high, medium, low, info
policy.yaml:5:3: rules.FL0001: there is no rule 'FL0001' (did you mean 'FL001'?); `flowcheck rules` lists them
policy.yaml:6:3: rules.flow-log-interval: rules are named by id here: FL003
policy.yaml:7:10: rules.FL001: expected a mapping, found true
policy.yaml:8:27: rules.FL006.retention_days: 0 is too small; at least 1
policy.yaml:9:29: rules.FL004.allow[0].type: "gcs" is not allowed; allowed: s3, cloud-watch-logs
policy.yaml:10:11: rules.FL005.managed_elsewhere: FL005 has no parameter 'managed_elsewhere'; \
allowed: enabled, severity
policy.yaml:12:19: select[0].match.cidr: '10.0.0.1/8' is not a CIDR block such as 10.0.0.0/16 \
(10.0.0.1/8 has host bits set)
policy.yaml:12:40: select[0].match.account: expected text or a list, found 123456789012; put it in quotes
policy.yaml:12:63: select[0].match.address: 'module.legacy.*' matches no resource: after the modules stand a type \
and a name; module.legacy alone covers everything in that module
policy.yaml:12:85: select[0].match.tag: nothing is given
policy.yaml:13:30: select[0].rules.FL003.enabled: expected true or false, found "maybe"
policy.yaml:14:12: select[1].match: nothing is given; allowed: account, address, cidr, region, tag, type
policy.yaml:16:16: destinations[0]: 'managed_elsewhere' is missing
policy.yaml:16:22: destinations[0].arn: 'acme-logs' is not an ARN: expected \
arn:partition:service:region:account:resource
policy.yaml:17:1: extend: unknown key 'extend' (did you mean 'extends'?); allowed: description, destinations, \
extends, frameworks, name, policy_version, resolve_by_uniqueness, rules, select, unlisted_rules, version"""


def test_every_mistake_is_said_with_its_place_what_was_given_and_what_is_allowed(tmp_path: Path) -> None:
    text = """\
version: 1
name: acme prod
rules:
  FL003: {max_second: 60, max_seconds: 30, severity: hi}
  FL0001: {}
  flow-log-interval: {}
  FL001: on
  FL006: {retention_days: 0}
  FL004: {allow: [ {  type: gcs} ]}
  FL005: {managed_elsewhere: []}
select:
  - match: {cidr: 10.0.0.1/8, account: 123456789012, address: module.legacy.*, tag: {}}
    rules: {FL003: {enabled: maybe}}
  - match: {}
    rules: {}
destinations: [{arn: acme-logs}]
extend: baseline
"""
    assert refused(tmp_path, text) == GOLDEN


WHOLE = [
    ("[1, 2]", "policy.yaml:1:1: expected a mapping, found a list"),
    ("text", 'policy.yaml:1:1: expected a mapping, found "text"'),
    ("version: 2\nname: x", "policy.yaml:1:10: version: 2 is not allowed; allowed: 1"),
    ("version: 1", "policy.yaml:1:1: 'name' is missing"),
    ("version: 1\nwaivers: []", "policy.yaml:1:1: this is a waiver file; give it with --waivers"),
    ('{"schema_version": "1", "findings": []}', "policy.yaml:1:1: this is a saved run; give it with --baseline"),
    (HEAD + "frameworks: [cis]", "policy.yaml:3:14: frameworks[0]: 'cis' is not a framework; allowed: aws-fsbp,"),
    (HEAD + "extends: basline", "policy.yaml:3:10: extends: there is no shipped policy 'basline' (did you mean 'ba"),
    (HEAD + "extends: gone.yaml", "policy.yaml:3:10: extends: there is no file "),
    (HEAD + "extends: [a]", "policy.yaml:3:10: extends: expected text, found a list"),
    (HEAD + "extends: ''", "policy.yaml:3:10: extends: must not be empty"),
    (HEAD + "rules:", "policy.yaml:3:7: rules: expected a mapping, found nothing"),
]


@pytest.mark.parametrize(("text", "expected"), WHOLE, ids=[text[:40] for text, _ in WHOLE])
def test_a_file_of_the_wrong_kind_is_told_apart(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refused(tmp_path, text)


def test_mistakes_of_a_parent_name_the_parents_file(tmp_path: Path) -> None:
    write(tmp_path, "version: 1\nname: top\nrules: {FL003: {max_seconds: 5}}", "top.yaml")
    text = refused(tmp_path, HEAD + "extends: top.yaml\nrules: {FL003: {max_seconds: 7}}")
    assert "policy.yaml:4:30: rules.FL003.max_seconds: 7 is not allowed" in text
    assert "top.yaml:3:30: rules.FL003.max_seconds: 5 is not allowed" in text


@pytest.mark.parametrize("parent", ["policy.yaml", "./policy.yaml", "../circle/policy.yaml"])
def test_a_policy_that_extends_itself_is_refused(tmp_path: Path, parent: str) -> None:
    text = refused(tmp_path / "circle", f"{HEAD}extends: {parent}")
    assert "policy.yaml:3:10: extends: policies extend each other in a circle" in text


def test_a_circle_of_two_is_refused_at_the_place_that_closes_it(tmp_path: Path) -> None:
    write(tmp_path, "version: 1\nname: b\nextends: policy.yaml", "b.yaml")
    text = refused(tmp_path, HEAD + "extends: b.yaml")
    assert "b.yaml:3:10: extends: policies extend each other in a circle: " in text


def test_a_long_chain_is_refused(tmp_path: Path) -> None:
    for level in range(20):
        write(tmp_path, f"version: 1\nname: p{level}\nextends: p{level + 1}.yaml", f"p{level}.yaml")
    assert "more than 16 policies extend each other" in refused(tmp_path, HEAD + "extends: p0.yaml")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("basline", "there is no shipped policy 'basline' (did you mean 'baseline'?); shipped: baseline, cis, fsbp;"),
        ("baseline@7", "policy baseline has no major version 7 here"),
        ("controls", "there is no shipped policy 'controls'"),
        ("gone.yaml", "gone.yaml: the policy file cannot be read (No such file or directory)"),
    ],
)
def test_a_policy_that_does_not_exist_is_named(reference: str, expected: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(reference, RULES)
    assert expected in str(caught.value)
    assert caught.value.hint


def test_a_file_without_a_suffix_is_a_path_where_it_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, HEAD + "rules: {FL003: {max_seconds: 600}}", "local")
    monkeypatch.chdir(tmp_path)
    assert load_policy("local", [interval()]).defaults_for("FL003").params["max_seconds"] == 600


ALLOWED = "{allow: [{type: s3}]}"
SHARED = [
    (f"FL004: {ALLOWED}", True, True),
    (f"FL008: {ALLOWED}", True, True),
    (f"FL004: {ALLOWED}, FL008: {{enabled: false}}", True, False),
    ("FL004: {enabled: true}", True, False),
    ("FL004: {enabled: false, allow: []}", False, False),
    ("FL004: {severity: low}", False, False),
]


@pytest.mark.parametrize(("lines", "needed", "stray"), SHARED, ids=[lines for lines, _, _ in SHARED])
def test_one_list_of_destinations_switches_on_both_rules_that_use_it(
    tmp_path: Path, lines: str, needed: bool, stray: bool
) -> None:
    allow = next(rule for rule in RULES if rule.id == "FL004")
    rules = [dataclasses.replace(allow, id=each, enabled_by_default=False) for each in ("FL004", "FL008")]
    policy = load_policy(write(tmp_path, f"{HEAD}extends: baseline\nrules: {{{lines}}}"), rules)
    assert [policy.defaults_for(each).enabled for each in ("FL004", "FL008")] == [needed, stray]
    text = f"{HEAD}select: [{{match: {{type: aws_vpc}}, rules: {{{lines}}}}}]"
    policy = load_policy(write(tmp_path, text), rules)
    assert [policy.settings_for(each, vpc()).enabled for each in ("FL004", "FL008")] == [needed, stray]
