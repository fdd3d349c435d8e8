"""The printed policy: the actions of the calls, no more and no fewer, and only reading ones."""

from __future__ import annotations

import re

import pytest

from checker.load.aws.call import Group
from checker.load.aws.calls import CALLS, calls_in
from checker.load.aws.permissions import actions_for, policy_document

_READING = re.compile(r"[a-z0-9]+:(Describe|Get|List)[A-Za-z0-9]+")


def test_every_action_reads() -> None:
    assert [action for action in actions_for(Group) if not _READING.fullmatch(action)] == []


def test_every_call_is_one_that_the_sdk_knows_with_the_members_that_are_named() -> None:
    import botocore.session

    session = botocore.session.get_session()
    for call in CALLS:
        model = session.get_service_model(call.service).operation_model(call.operation)
        members = set(model.input_shape.members) if model.input_shape else set()
        assert set(call.per) | set(call.parameters) <= members, call.name
        assert call.result is None or call.result in model.output_shape.members, call.name


@pytest.mark.parametrize("group", sorted(Group))
def test_a_group_adds_its_own_actions_only(group: Group) -> None:
    own = {action for call in calls_in([group]) for action in call.iam if call.group in (group, Group.BASE)}
    assert {action.replace("s3control:", "s3:") for action in own} == set(actions_for([group]))


def test_an_organisation_needs_to_be_listed_and_entered() -> None:
    alone = policy_document([Group.NETWORK])
    whole = policy_document([Group.NETWORK], org_role="Audit")
    assert [each["Sid"] for each in alone["Statement"]] == ["Read"]
    assert [each["Sid"] for each in whole["Statement"]] == ["Read", "ListAccounts", "EnterAccounts"]
    assert "organizations:ListAccounts" in whole["Statement"][1]["Action"]
    assert whole["Statement"][2]["Resource"] == "arn:*:iam::*:role/Audit"
