from __future__ import annotations

import json

import pytest

from checker.load.terraform.convert import build_model
from checker.model.known import Unknown
from tests.load.terraform.convert.instances import ACCOUNT, instance, model, ref, root, symbol

TRUST = (
    '{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "vpc-flow-logs.amazonaws.com"}}}'
)
ROLE = instance("aws_iam_role.r", {"name": "flow", "assume_role_policy": TRUST})


def allow(action):
    return json.dumps({"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}})


def role(*instances, key="aws_iam_role.r"):
    return next(item for item in model(*instances).roles if item.key == key)


def actions(found):
    return sorted(
        policy.reason if isinstance(policy, Unknown) else policy.statements[0].actions[0] for policy in found.policies
    )


def test_a_role_tells_trust_and_arn():
    found = role(ROLE)
    assert found.trust.statements[0].principals == (("Service", "vpc-flow-logs.amazonaws.com"),)
    assert (found.arn, found.policies, found.boundary) == (f"arn:aws:iam::{ACCOUNT}:role/flow", (), None)


def test_the_path_is_part_of_the_arn_and_a_generated_name_is_a_symbol():
    assert (
        role(instance("aws_iam_role.r", {"name": "flow", "path": "/net/"})).arn
        == f"arn:aws:iam::{ACCOUNT}:role/net/flow"
    )
    assert (
        symbol(role(instance("aws_iam_role.r", {"name_prefix": "f"})).arn)
        == f"arn:aws:iam::{ACCOUNT}:role/⟦aws_iam_role.r.name⟧"
    )


@pytest.mark.parametrize("argument", ["name", "id"])
def test_a_role_whose_name_the_provider_makes_up_has_its_policies(argument):
    values = {"name": None, "name_prefix": "flow-", "assume_role_policy": TRUST}
    policy = instance("aws_iam_policy.p", {"name": None, "name_prefix": "p-", "policy": allow("a")})
    attachment = instance(
        "aws_iam_role_policy_attachment.a",
        {"role": ref(f"aws_iam_role.r.{argument}"), "policy_arn": ref("aws_iam_policy.p.arn")},
    )
    inline = instance("aws_iam_role_policy.i", {"role": ref(f"aws_iam_role.r.{argument}"), "policy": allow("b")})
    assert actions(role(instance("aws_iam_role.r", values), policy, attachment, inline)) == ["a", "b"]


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(ref("aws_iam_role.r.arn"), id="arn"),
        pytest.param(f"arn:aws:iam::{ACCOUNT}:role/flow", id="literal arn"),
    ],
)
def test_a_flow_log_finds_its_role(target):
    found = model(ROLE, instance("aws_flow_log.l", {"vpc_id": "vpc-1", "iam_role_arn": target})).flow_logs[0]
    assert found.role == "aws_iam_role.r"


@pytest.mark.parametrize("arn", [f"arn:aws:iam::{ACCOUNT}:role/flow2", "arn:aws:iam::999900001111:role/flow"])
def test_another_role_is_outside(arn):
    assert model(ROLE, instance("aws_flow_log.l", {"vpc_id": "vpc-1", "iam_role_arn": arn})).flow_logs[0].role == arn


def test_policies_of_every_spelling_belong_to_the_role():
    policy = instance("aws_iam_policy.p", {"name": "p", "policy": allow("b")})
    shared = instance("aws_iam_policy.q", {"name": "q", "policy": allow("c")})
    found = role(
        instance(
            "aws_iam_role.r",
            {
                "name": "flow",
                "inline_policy": [{"name": "x", "policy": allow("d")}, {}],
                "managed_policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            },
        ),
        instance("aws_iam_role_policy.i", {"role": ref("aws_iam_role.r.id"), "name": "i", "policy": allow("a")}),
        policy,
        shared,
        instance(
            "aws_iam_role_policy_attachment.a",
            {"role": ref("aws_iam_role.r.name"), "policy_arn": ref("aws_iam_policy.p.arn")},
        ),
        instance(
            "aws_iam_policy_attachment.s",
            {"name": "s", "roles": ["flow", "other"], "policy_arn": ref("aws_iam_policy.q.arn")},
        ),
        instance("aws_iam_role_policy.other", {"role": "other", "name": "i", "policy": allow("z")}),
    )
    assert actions(found) == [
        "a",
        "b",
        "c",
        "d",
        "the policy arn:aws:iam::aws:policy/ReadOnlyAccess is not in the input",
    ]


def test_an_attachment_to_an_unknown_role_may_be_ours():
    stray = instance("aws_iam_role_policy.i", {"role": Unknown("var.role"), "name": "i", "policy": allow("a")})
    assert "var.role" in actions(role(ROLE, stray))[0]


def test_what_the_state_repeats_of_policies_that_changed_or_went_does_not_count():
    computed = instance(
        "aws_iam_role.r",
        {
            "name": "flow",
            "inline_policy": [{"name": "i", "policy": allow("old")}, {"name": "kept", "policy": allow("kept")}],
            "managed_policy_arns": ["arn:aws:iam::aws:policy/Gone"],
        },
        configured=None,
    )
    attached = instance(
        "aws_iam_role_policy_attachment.a", {"role": "flow", "policy_arn": "arn:aws:iam::aws:policy/Gone"}
    )
    old = instance("aws_iam_role_policy.i", {"role": "flow", "name": "i", "policy": allow("old")})
    new = instance("aws_iam_role_policy.i", {"role": "flow", "name": "i", "policy": allow("new")})
    ours = root(computed, new, before=[computed, old, attached])
    assert actions(build_model([ours], "after").roles[0]) == ["kept", "new"]
    assert actions(build_model([ours], "before").roles[0]) == [
        "kept",
        "old",
        "the policy arn:aws:iam::aws:policy/Gone is not in the input",
    ]


def test_a_role_read_as_data_does_not_tell_its_policies_and_is_the_managed_one_of_its_name():
    data = instance("data.aws_iam_role.r", {"name": "flow", "assume_role_policy": TRUST})
    alone = role(data, key="data.aws_iam_role.r")
    assert isinstance(alone.policies[0], Unknown)
    assert isinstance(alone.arn, Unknown)
    found = model(
        ROLE, data, instance("aws_flow_log.l", {"vpc_id": "v", "iam_role_arn": ref("data.aws_iam_role.r.arn")})
    )
    assert [item.key for item in found.roles] == ["aws_iam_role.r"]
    assert found.flow_logs[0].role == "aws_iam_role.r"


def test_a_boundary_inside_the_input_is_read_and_one_outside_is_named():
    bounds = instance("aws_iam_policy.b", {"name": "b", "policy": allow("logs:*")})
    inside = role(
        instance("aws_iam_role.r", {"name": "r", "permissions_boundary": ref("aws_iam_policy.b.arn")}), bounds
    )
    assert inside.boundary.statements[0].actions == ("logs:*",)
    outside = role(instance("aws_iam_role.r", {"name": "r", "permissions_boundary": "arn:aws:iam::aws:policy/X"}))
    assert "arn:aws:iam::aws:policy/X" in outside.boundary.reason


def kms(*instances):
    return model(*instances).kms_keys[0]


def test_a_new_key_has_the_default_policy():
    found = kms(instance("aws_kms_key.k", {}))
    assert (found.enabled, found.deletion_pending, found.policy, found.rotation_enabled) == (True, False, None, False)
    assert found.customer_managed is True
    assert symbol(found.arn) == f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/⟦aws_kms_key.k.key_id⟧"


def test_a_key_policy_of_its_own_belongs_to_the_key():
    own = instance("aws_kms_key_policy.p", {"key_id": ref("aws_kms_key.k.id"), "policy": allow("kms:*")})
    other = instance("aws_kms_key_policy.o", {"key_id": "other", "policy": allow("x")})
    assert kms(instance("aws_kms_key.k", {}), own, other).policy.statements[0].actions == ("kms:*",)


def test_a_key_whose_policy_the_configuration_sets_to_something_unknown_has_no_default_policy():
    assert isinstance(kms(instance("aws_kms_key.k", {}, configured=["policy"])).policy, Unknown)


def test_a_key_read_as_data_tells_its_state_only():
    found = kms(
        instance(
            "data.aws_kms_key.k",
            {"key_id": "k", "key_state": "PendingDeletion", "key_manager": "AWS", "enabled": False},
        )
    )
    assert (found.enabled, found.deletion_pending, found.customer_managed) == (False, True, False)
    assert isinstance(found.policy, Unknown)
