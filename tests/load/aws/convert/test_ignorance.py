"""What a call that did not answer leaves: things of which only the cause is known, and kinds that may lack some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from checker.load.aws.call import GLOBAL, Failure, Reply
from checker.load.aws.convert import network_of
from checker.model.entity import Entity
from checker.model.known import Unknown
from checker.model.model import NetworkModel
from checker.model.origin import Source
from tests.load.aws.convert.everything import GROUP, KEY, ROLE, STREAM, TOPIC, everything
from tests.load.aws.made import ACCOUNT, EVERYTHING, OTHER, REGION, read, reply, store

HERE = f"{ACCOUNT}/{REGION}"
BUCKET = "arn:aws:s3:::logs"

NAMED = [
    ("logs:DescribeLogGroups", GROUP, ("retention_days", "kms_key", "log_group_class", "tags")),
    ("firehose:DescribeDeliveryStream", STREAM, ("status", "source_type", "server_side_encryption", "tags")),
    ("iam:GetRole", ROLE, ("trust", "boundary", "tags")),
    ("sns:GetTopicAttributes", TOPIC, ("kms_key", "tags")),
    ("kms:DescribeKey", KEY, ("policy", "enabled", "deletion_pending", "customer_managed", "rotation_enabled", "tags")),
]
"""Calls that tell of one thing, the thing's key, and what only they tell."""


def without(operation: str, how: str) -> list[Reply]:
    """The whole account, where every answer of one call is denied, lost, or holds nothing that can be read."""
    service, _, name = operation.partition(":")
    kept = []
    for each in everything():
        mine = (each.request.service, each.request.operation) == (service, name)
        if mine and how == "denied":
            kept.append(replace(each, response=None, failure=Failure(code="AccessDenied", message="")))
        elif mine and how == "odd":
            kept.append(replace(each, response=dict.fromkeys(each.response or {}, "odd")))
        elif not mine:
            kept.append(each)
    return kept


def entity(model: NetworkModel, key: str) -> Entity:
    return model.by_key[key]


@pytest.mark.parametrize(("operation", "key", "facts"), NAMED, ids=[each[0] for each in NAMED])
@pytest.mark.parametrize(
    ("how", "words"), [("denied", "was denied (AccessDenied)"), ("lost", "was not called"), ("odd", "")]
)
def test_a_thing_that_could_not_be_read_is_there_with_the_cause(
    operation: str, key: str, facts: tuple[str, ...], how: str, words: str
) -> None:
    model, gaps = read(*without(operation, how))
    found = entity(model, key)
    assert isinstance(found.exists, Unknown)
    for name in facts:
        value = getattr(found, name)
        assert isinstance(value, Unknown), name
        assert operation in value.reason
        assert words in value.reason
    assert [gap for gap in gaps if operation in f"{gap.what} {gap.cause}"] or how == "odd"
    assert model.absent == ()


FEEDING = [
    ("logs:DescribeMetricFilters", "aws_cloudwatch_log_metric_filter"),
    ("logs:DescribeSubscriptionFilters", "aws_cloudwatch_log_subscription_filter"),
    ("cloudwatch:DescribeAlarmsForMetric", "aws_cloudwatch_metric_alarm"),
    ("cloudwatch:DescribeInsightRules", "aws_cloudwatch_contributor_insight_rule"),
    ("sns:ListSubscriptionsByTopic", "aws_sns_topic_subscription"),
    ("glue:GetDatabases", "aws_glue_catalog_table"),
    ("glue:GetTables", "aws_glue_catalog_table"),
    ("ec2:DescribeFlowLogs", "aws_flow_log"),
    ("ec2:DescribeNetworkAcls", "aws_default_network_acl"),
    ("ec2:DescribeVpcBlockPublicAccessOptions", "aws_vpc_block_public_access_options"),
    ("s3control:GetPublicAccessBlock", "aws_s3_account_public_access_block"),
]


@pytest.mark.parametrize(("operation", "kind"), FEEDING, ids=[each[0] for each in FEEDING])
@pytest.mark.parametrize("how", ["denied", "lost", "odd"])
def test_a_kind_of_which_some_may_be_missing_is_unread_there_and_nowhere_else(
    operation: str, kind: str, how: str
) -> None:
    model, gaps = read(*without(operation, how))
    cause = model.unread_for(kind, HERE)
    assert cause is not None
    assert operation in cause.reason
    assert model.unread_for(kind, f"{OTHER}/{REGION}") is None
    told = [gap for gap in gaps if operation in f"{gap.what} {gap.cause}"]
    assert told
    assert {gap.call for gap in told} == ({None} if how == "lost" else {operation}), "one gap names all that were lost"
    assert {f"{gap.account}/{gap.region}" for gap in told} <= {HERE, f"{ACCOUNT}/{GLOBAL}"}
    assert {f"{each.account}/{each.region}" for each in model.unread} == {each.root for each in model.unread}
    whole, _ = read(*everything())
    assert whole.unread_for(kind, HERE) is None


def test_an_account_wide_call_leaves_every_region_in_doubt_and_what_lies_in_none() -> None:
    replies = store(scopes=((ACCOUNT, REGION), (ACCOUNT, "us-east-1"), (OTHER, REGION)))
    model, _ = network_of(replies, source=Source.ACCOUNT, groups=EVERYTHING)
    kind = "aws_s3_account_public_access_block"
    for region in (REGION, "us-east-1", GLOBAL):
        assert model.unread_for(kind, f"{ACCOUNT}/{region}") is not None


def test_an_account_wide_call_leaves_the_region_of_a_bucket_in_doubt_though_it_is_not_examined() -> None:
    replies = store(
        reply("s3:ListBuckets", Buckets=[{"Name": "logs"}]),
        reply("s3:GetBucketLocation", "logs", LocationConstraint="ap-south-1"),
    )
    model, _ = network_of(replies, source=Source.ACCOUNT, groups=EVERYTHING)
    (bucket,) = model.buckets
    assert bucket.origin.root == f"{ACCOUNT}/ap-south-1"
    assert model.unread_for("aws_s3_account_public_access_block", bucket.origin.root) is not None


SETTINGS: Mapping[str, tuple[str, ...]] = {
    "s3:GetBucketPolicy": ("policy",),
    "s3:GetBucketEncryption": ("encryption",),
    "s3:GetPublicAccessBlock": ("public_access_block",),
    "s3:GetBucketLifecycleConfiguration": ("lifecycle_rules",),
    "s3:GetObjectLockConfiguration": ("object_lock_enabled", "object_lock_mode", "object_lock_days"),
    "s3:GetBucketTagging": ("tags",),
    "s3:GetBucketLocation": ("region",),
    "s3:ListBuckets": ("account",),
}


ELSEWHERE = {
    ("s3:ListBuckets", "lost"): "who owns a bucket is asked before anything else about it",
    ("s3:GetBucketTagging", "odd"): "that no tags are set is told by an error code, not by a response",
    ("s3:GetBucketLocation", "odd"): "any text is the name of a region",
}


@pytest.mark.parametrize(
    ("operation", "how"),
    [
        (operation, how)
        for operation in sorted(SETTINGS)
        for how in ("denied", "lost", "odd")
        if (operation, how) not in ELSEWHERE
    ],
)
def test_a_bucket_keeps_all_settings_but_the_one_that_could_not_be_read(operation: str, how: str) -> None:
    before = entity(read(*everything())[0], BUCKET)
    after = entity(read(*without(operation, how))[0], BUCKET)
    for name in sorted(name for names in SETTINGS.values() for name in names):
        value = getattr(after, name)
        if name in SETTINGS[operation]:
            assert isinstance(value, Unknown), name
        elif (operation, name) != ("s3:GetBucketLocation", "encryption"):  # a key without ARN lies in that region
            assert repr(value) == repr(getattr(before, name)), name
    assert after.exists is True


def test_a_bucket_of_which_nothing_at_all_can_be_read_may_not_exist() -> None:
    kept = []
    for each in everything():
        if each.request.service == "s3" and each.request.resource:
            kept.append(replace(each, response=None, failure=Failure(code="AccessDenied", message="")))
        elif each.request.operation == "ListBuckets":
            kept.append(replace(each, response={"Buckets": []}))
        else:
            kept.append(each)
    found = entity(read(*kept)[0], BUCKET)
    assert isinstance(found.exists, Unknown)
    assert found.exists.reason == f"{ACCOUNT}/global: s3:GetBucketLocation was denied (AccessDenied) for logs"


def test_a_failure_is_one_gap_for_a_scope_however_many_things_it_concerned() -> None:
    logs: list[dict[str, Any]] = [
        {"FlowLogId": f"fl-{n}", "ResourceId": "vpc-1", "LogGroupName": f"g{n}", "TrafficType": "ALL",
         "LogDestinationType": "cloud-watch-logs"} for n in range(5)
    ]  # fmt: skip
    denied = [
        replace(
            reply("logs:DescribeLogGroups", f"g{n}"),
            response=None,
            failure=Failure(code="AccessDenied", message="secret words"),
        )
        for n in range(5)
    ]
    _, gaps = read(reply("ec2:DescribeFlowLogs", FlowLogs=logs), *denied)
    (gap,) = [gap for gap in gaps if gap.what == f"{HERE} logs:DescribeLogGroups"]
    assert gap.cause == "it was denied (AccessDenied)"
    assert gap.affects == "what it tells of g0, g1, g2 and 2 more"


def test_rules_that_cannot_be_read_leave_the_groups_of_that_scope_open() -> None:
    group = {"GroupId": "sg-1", "GroupName": "web", "VpcId": "vpc-1"}
    rule = {"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-1", "IpProtocol": "-1", "CidrIpv4": "0.0.0.0/0"}
    for odd in (rule, {**rule, "IsEgress": "x"}, {"GroupId": "sg-1"}, {**rule, "GroupId": 3, "IsEgress": False}):
        model, _ = read(
            reply("ec2:DescribeSecurityGroups", SecurityGroups=[group]),
            reply("ec2:DescribeSecurityGroupRules", SecurityGroupRules=[odd]),
        )
        (found,) = model.security_groups
        assert found.rules == ()
        assert found.unread is not None


@pytest.mark.parametrize("members", [{}, {"IpPermissions": []}, {"IpPermissions": [], "IpPermissionsEgress": "x"}])
def test_a_group_that_does_not_tell_all_its_permissions_is_open(members: dict[str, Any]) -> None:
    row = {"GroupId": "sg-1", "GroupName": "web", "VpcId": "vpc-1", **members}
    (found,) = read(reply("ec2:DescribeSecurityGroups", SecurityGroups=[row]))[0].security_groups
    assert found.unread is not None


def test_an_acl_with_an_entry_of_no_direction_is_open() -> None:
    entry = {"RuleNumber": 10, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"}
    row = {"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": False, "Entries": [entry], "Associations": []}
    (found,) = read(reply("ec2:DescribeNetworkAcls", NetworkAcls=[row]))[0].network_acls
    assert found.entries == ()
    assert found.unread is not None
    (lacking,) = read(reply("ec2:DescribeNetworkAcls", NetworkAcls=[{**row, "Entries": None}]))[0].network_acls
    assert lacking.unread is not None
