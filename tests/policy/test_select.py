"""Selectors: which entity they hold for, and what happens where that is not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from checker.model.entity import Entity
from checker.model.finding import Severity
from checker.model.known import Unknown
from checker.model.model import NetworkModel
from checker.policy import Policy, load_policy
from tests.policy.samples import ACCOUNT, NOT_KNOWN, RULES, entity, flow_log, subnet, vpc, write

HEAD = "version: 1\nname: mine\n"


def selecting(folder: Path, match: str, change: str = "FL003: {max_seconds: 600}") -> Policy:
    text = f"{HEAD}select:\n  - match: {{{match}}}\n    rules: {{{change}}}\n"
    return load_policy(write(folder, text), RULES)


def seconds(policy: Policy, subject: Entity) -> Any:
    return policy.settings_for("FL003", subject).params["max_seconds"]


CASES = [
    # account
    (f'account: "{ACCOUNT}"', vpc(), True),
    ('account: "999900001111"', vpc(), False),
    (f'account: ["999900001111", "{ACCOUNT}"]', vpc(), True),
    (f'account: "{ACCOUNT}"', vpc(account=NOT_KNOWN), "the account is not known (var.x has no value)"),
    # region
    ("region: eu-west-1", vpc(), True),
    ("region: eu-*", vpc(), True),
    ("region: eu", vpc(), False),
    ("region: eu-west-1", vpc(region="eu-west-10"), False),
    ("region: eu-west-1", vpc(region=NOT_KNOWN), "the region is not known (var.x has no value)"),
    # tag
    ("tag: {env: dev}", vpc(tags={"env": "dev"}), True),
    ("tag: {env: dev}", vpc(tags={"env": "dev2"}), False),
    ("tag: {env: dev*}", vpc(tags={"env": "dev2"}), True),
    ("tag: {env: dev}", vpc(tags={"Env": "dev"}), False),
    ("tag: {env: dev}", vpc(), False),
    ("tag: {env: [dev, test]}", vpc(tags={"env": "test"}), True),
    ("tag: {env: dev, team: a}", vpc(tags={"env": "dev"}), False),
    ("tag: {env: dev, team: a}", vpc(tags={"env": "dev", "team": "a"}), True),
    ("tag: {env: dev}", vpc(tags={"env": NOT_KNOWN}), "the tag env is not known (var.x has no value)"),
    ("tag: {env: dev, team: a}", vpc(tags={"env": NOT_KNOWN, "team": "b"}), False),
    ("tag: {env: dev}", vpc(tags=NOT_KNOWN), "the tags are not known (var.x has no value)"),
    # address
    ("address: aws_vpc.*", vpc("aws_vpc.x[0]"), True),
    ("address: module.legacy", vpc("module.legacy[0].aws_vpc.x"), True),
    ("address: module.legacy", vpc("aws_vpc.x"), False),
    ("address: [aws_vpc.a, aws_vpc.b]", vpc("aws_vpc.b"), True),
    # type
    ("type: aws_vpc", vpc(), True),
    ("type: aws_default_vpc", vpc(), False),
    ("type: aws_*vpc", vpc(), True),
    # cidr of the VPC itself
    ("cidr: 10.0.0.0/8", vpc(), True),
    ("cidr: 10.0.0.0/16", vpc(), True),
    ("cidr: 10.0.0.0/17", vpc(), False),
    ("cidr: 10.1.0.0/16", vpc(), False),
    ("cidr: 0.0.0.0/0", vpc(cidrs=("2001:db8::/56",)), False),
    ("cidr: 2001:db8::/32", vpc(cidrs=("10.0.0.0/16", "2001:db8::/56")), True),
    ("cidr: [192.0.2.0/24, 10.0.0.0/8]", vpc(), True),
    ("cidr: 10.0.0.0/8", vpc(cidrs=NOT_KNOWN), "the CIDR blocks are not known (var.x has no value)"),
    ("cidr: 10.0.0.0/8", vpc(cidrs=(NOT_KNOWN, "10.0.0.0/16")), True),
    ("cidr: 10.0.0.0/8", vpc(cidrs=(NOT_KNOWN, "192.0.2.0/24")), "a CIDR block is not known (var.x has no value)"),
    # all parts must match; one that surely fails outweighs one that is not known
    ("region: eu-west-1, tag: {env: dev}", vpc(tags={"env": "dev"}), True),
    ("region: us-east-1, tag: {env: dev}", vpc(tags={"env": "dev"}), False),
    ("region: us-east-1, tag: {env: dev}", vpc(tags=NOT_KNOWN), False),
    ("cidr: 192.0.2.0/24, tag: {env: dev}", vpc(tags=NOT_KNOWN), False),
    ("region: eu-*, tag: {env: dev}", vpc(tags=NOT_KNOWN), "the tags are not known (var.x has no value)"),
]


@pytest.mark.parametrize(("match", "subject", "expected"), CASES, ids=[f"{case[0]} -> {case[2]}" for case in CASES])
def test_a_selector_holds_does_not_hold_or_says_why_it_cannot_be_decided(
    tmp_path: Path, match: str, subject: Entity, expected: bool | str
) -> None:
    found = selecting(tmp_path, match).settings_for("FL003", subject)
    assert found.params["max_seconds"] == (600 if expected is True else 60)
    if isinstance(expected, str):
        assert found.uncertain == f"selector 1 of policy mine could not be decided: {expected}"
    else:
        assert found.uncertain is None


THE_VPC = vpc()
THE_SUBNET = subnet(cidrs=("10.0.4.0/24",))
LONE_SUBNET = subnet("aws_subnet.lone", vpc="vpc-0abc", cidrs=("10.0.5.0/24",))
MODEL = NetworkModel(vpcs=(THE_VPC,), subnets=(THE_SUBNET, LONE_SUBNET))

IN_THE_NETWORK = [
    ("10.0.0.0/16", flow_log(target="aws_vpc.this"), True),
    ("192.0.2.0/24", flow_log(target="aws_vpc.this"), False),
    ("10.0.0.0/16", flow_log(target="aws_subnet.a"), True),
    ("10.0.4.0/24", flow_log(target="aws_subnet.a"), True),
    ("10.0.5.0/24", flow_log(target="aws_subnet.a"), False),
    ("10.0.4.0/24", THE_SUBNET, True),
    ("10.0.4.0/24", THE_VPC, False),
    ("10.0.5.0/24", LONE_SUBNET, True),
    ("192.0.2.0/24", LONE_SUBNET, "its VPC is not known (vpc-0abc is not part of this input)"),
    ("10.0.0.0/8", flow_log(target="vpc-0abc"), "its VPC is not known (vpc-0abc is not part of this input)"),
    ("10.0.0.0/8", flow_log(target=NOT_KNOWN), "its VPC is not known (var.x has no value)"),
    ("10.0.0.0/8", entity(), False),
]


@pytest.mark.parametrize(
    ("cidr", "subject", "expected"), IN_THE_NETWORK, ids=[f"{case[1].key} in {case[0]}" for case in IN_THE_NETWORK]
)
def test_a_selector_by_cidr_looks_at_the_vpc_that_a_thing_stands_in(
    tmp_path: Path, cidr: str, subject: Entity, expected: bool | str
) -> None:
    found = selecting(tmp_path, f"cidr: {cidr}").on(MODEL).settings_for("FL003", subject)
    assert found.params["max_seconds"] == (600 if expected is True else 60)
    assert (found.uncertain is not None) is isinstance(expected, str)
    if isinstance(expected, str):
        assert expected in str(found.uncertain)


def test_without_a_network_a_flow_logs_vpc_is_not_known(tmp_path: Path) -> None:
    found = selecting(tmp_path, "cidr: 10.0.0.0/8").settings_for("FL003", flow_log())
    assert found.params["max_seconds"] == 60
    assert "aws_vpc.this is not part of this input" in str(found.uncertain)


def test_a_thing_is_looked_up_in_the_network_it_belongs_to(tmp_path: Path) -> None:
    log_after, log_before = flow_log(), flow_log()
    after = NetworkModel(vpcs=(vpc(cidrs=("192.0.2.0/24",)),), flow_logs=(log_after,))
    before = NetworkModel(vpcs=(vpc(cidrs=("10.0.0.0/16",)),), flow_logs=(log_before,))
    policy = selecting(tmp_path, "cidr: 10.0.0.0/8").on(after, before)
    assert (seconds(policy, log_after), seconds(policy, log_before)) == (60, 600)


def test_equal_keys_before_and_after_are_decided_each_by_itself(tmp_path: Path) -> None:
    policy = selecting(tmp_path, "tag: {env: dev}")
    before, after = vpc(tags={"env": "dev"}), vpc(tags={"env": "prod"})
    assert [seconds(policy, each) for each in (before, after, before)] == [600, 60, 600]


def test_later_selectors_win_and_change_only_what_they_name(tmp_path: Path) -> None:
    text = HEAD + (
        "select:\n"
        "  - {match: {tag: {env: dev}}, rules: {FL003: {max_seconds: 600, severity: low}, FL006: {enabled: false}}}\n"
        "  - {match: {tag: {pci: 'yes'}}, rules: {FL003: {max_seconds: 60}, FL006: {enabled: true}}}\n"
    )
    policy = load_policy(write(tmp_path, text), RULES)
    subject = vpc(tags={"env": "dev", "pci": "yes"})
    found = policy.settings_for("FL003", subject)
    assert (found.params["max_seconds"], found.severity) == (60, Severity.LOW)
    assert policy.settings_for("FL006", subject).enabled
    assert not policy.settings_for("FL006", vpc(tags={"env": "dev"})).enabled
    assert policy.settings_for("FL001", subject) == policy.defaults_for("FL001")


def test_a_childs_selectors_stand_over_its_parents(tmp_path: Path) -> None:
    entry = "select: [{{match: {{region: eu-*}}, rules: {{FL003: {{max_seconds: {}}}}}}}]"
    write(tmp_path, "version: 1\nname: top\n" + entry.format(600), "top.yaml")
    policy = load_policy(write(tmp_path, f"{HEAD}extends: top.yaml\n{entry.format(60)}"), RULES)
    assert seconds(policy, vpc()) == 60


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("FL006: {enabled: false}", "it says nothing of this rule"),
        ("FL003: {max_seconds: 60}", "it would change nothing"),
    ],
)
def test_an_undecided_selector_that_would_change_nothing_makes_nothing_uncertain(
    tmp_path: Path, change: str, why: str
) -> None:
    policy = selecting(tmp_path, "tag: {env: dev}", change)
    assert policy.settings_for("FL003", vpc(tags=NOT_KNOWN)).uncertain is None, why


def test_an_undecided_selector_overridden_by_a_later_one_makes_nothing_uncertain(tmp_path: Path) -> None:
    text = HEAD + (
        "select:\n"
        "  - {match: {tag: {env: dev}}, rules: {FL003: {max_seconds: 600}}}\n"
        "  - {match: {region: eu-*}, rules: {FL003: {max_seconds: 60}}}\n"
    )
    policy = load_policy(write(tmp_path, text), RULES)
    assert policy.settings_for("FL003", vpc(tags=NOT_KNOWN)).uncertain is None
    assert policy.settings_for("FL003", vpc(tags=NOT_KNOWN, region="us-east-1")).uncertain is not None


def test_an_undecided_selector_of_a_rule_that_a_later_one_switches_off_makes_nothing_uncertain(tmp_path: Path) -> None:
    text = HEAD + (
        "select:\n"
        "  - {match: {tag: {env: dev}}, rules: {FL003: {severity: low}}}\n"
        "  - {match: {region: eu-*}, rules: {FL003: {enabled: false}}}\n"
    )
    policy = load_policy(write(tmp_path, text), RULES)
    off = policy.settings_for("FL003", vpc(tags=NOT_KNOWN))
    assert (off.enabled, off.uncertain, off.off_by) == (False, None, "selector 2 of policy mine")
    on = policy.settings_for("FL003", vpc(tags=NOT_KNOWN, region="us-east-1"))
    assert (on.enabled, on.uncertain, on.off_by) == (True, None, None)


def test_an_undecided_selector_that_changes_only_the_severity_leaves_the_higher_one(tmp_path: Path) -> None:
    for given, severities in (("low", {Severity.LOW}), ("critical", {Severity.CRITICAL})):
        text = HEAD + f"select:\n  - {{match: {{tag: {{env: dev}}}}, rules: {{FL003: {{severity: {given}}}}}}}\n"
        settings = load_policy(write(tmp_path, text), RULES).settings_for("FL003", vpc(tags=NOT_KNOWN))
        assert settings.uncertain is None
        assert set(settings.or_severity) == severities


def test_a_selector_may_switch_a_rule_on_by_its_parameters(tmp_path: Path) -> None:
    policy = selecting(tmp_path, "region: eu-*", "FL010: {required: [owner]}")
    assert policy.settings_for("FL010", vpc()).enabled
    assert not policy.settings_for("FL010", vpc(region="us-east-1")).enabled
    assert policy.switched_off() == ["FL010"]


def test_settings_are_shared_by_all_entities_for_which_the_same_selectors_hold(tmp_path: Path) -> None:
    policy = selecting(tmp_path, "region: eu-*")
    many = [vpc(f"aws_vpc.v{number}") for number in range(50)]
    assert len({id(policy.settings_for("FL003", each)) for each in many}) == 1
    assert policy.settings_for("FL003", many[0]) is policy.settings_for("FL003", many[0])


def test_an_unknown_rule_id_is_a_key_error(tmp_path: Path) -> None:
    policy = selecting(tmp_path, "region: eu-*")
    with pytest.raises(KeyError):
        policy.settings_for("XX999", vpc())


def test_unknown_values_among_the_regions_do_not_raise(tmp_path: Path) -> None:
    subject = flow_log(region=Unknown("provider.aws has no region"), target=NOT_KNOWN)
    found = selecting(tmp_path, "region: eu-*, cidr: 10.0.0.0/8").on(MODEL).settings_for("FL003", subject)
    assert "provider.aws has no region" in str(found.uncertain)
