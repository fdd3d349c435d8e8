"""Flow logs and what they deliver to: known, unset, gone and not known are four different things."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from checker.load.aws.call import Reply
from checker.model.flow_log import FlowLog, FlowLogTarget, LogDestination, LogDestinationType
from checker.model.known import Unknown
from tests.load.aws.made import ACCOUNT, OTHER, REGION, failed, flow_log, network, read, reply, to_group

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/vpc"


def logs(*rows: dict[str, Any]) -> Reply:
    return reply("ec2:DescribeFlowLogs", FlowLogs=list(rows))


def one(**over: Any) -> FlowLog:
    (found,) = network(logs(flow_log(**over))).flow_logs
    return found


def destination(**over: Any) -> LogDestination:
    found = one(**over).destination
    assert not isinstance(found, Unknown)
    return found


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("vpc-1", FlowLogTarget.VPC),
        ("subnet-1", FlowLogTarget.SUBNET),
        ("eni-1", FlowLogTarget.NETWORK_INTERFACE),
        ("tgw-1", FlowLogTarget.TRANSIT_GATEWAY),
        ("tgw-attach-1", FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT),
        ("nat-1", FlowLogTarget.REGIONAL_NAT_GATEWAY),
    ],
)
def test_the_target_type_follows_from_the_id(target: str, kind: FlowLogTarget) -> None:
    assert one(ResourceId=target).target_type is kind


def test_a_target_of_another_kind_is_unknown() -> None:
    assert isinstance(one(ResourceId="core-network-1").target_type, Unknown)


@pytest.mark.parametrize(
    ("over", "type_", "arn", "name", "prefix"),
    [
        ({}, LogDestinationType.S3, "arn:aws:s3:::logs/net", "logs", "net"),
        ({"LogDestination": "arn:aws:s3:::logs"}, LogDestinationType.S3, "arn:aws:s3:::logs", "logs", None),
        (to_group(), LogDestinationType.CLOUD_WATCH_LOGS, GROUP_ARN, "/vpc", None),
        ({**to_group(), "LogDestination": None}, LogDestinationType.CLOUD_WATCH_LOGS, GROUP_ARN, "/vpc", None),
        ({**to_group(), "LogGroupName": None}, LogDestinationType.CLOUD_WATCH_LOGS, GROUP_ARN, "/vpc", None),
    ],
    ids=["folder", "bucket", "group", "by-name", "by-arn"],
)
def test_destinations_are_taken_apart(
    over: dict[str, Any], type_: LogDestinationType, arn: str, name: str, prefix: str | None
) -> None:
    found = destination(**over)
    assert (found.type, found.arn, found.name, found.prefix) == (type_, arn, name, prefix)


@pytest.mark.parametrize("spelling", ["deliverystream/flow", "deliverystream:flow"])
def test_both_spellings_of_a_stream_name_the_same_stream(spelling: str) -> None:
    row = flow_log(
        LogDestinationType="kinesis-data-firehose", LogDestination=f"arn:aws:firehose:{REGION}:{ACCOUNT}:{spelling}"
    )
    key = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/flow"
    stream = {"DeliveryStreamName": "flow", "DeliveryStreamARN": key, "DeliveryStreamStatus": "ACTIVE",
              "DeliveryStreamType": "DirectPut",
              "Destinations": [{"ExtendedS3DestinationDescription": {"BucketARN": "arn:aws:s3:::b"}}]}  # fmt: skip
    model = network(logs(row), reply("firehose:DescribeDeliveryStream", "flow", DeliveryStreamDescription=stream))
    (log,) = model.flow_logs
    assert not isinstance(log.destination, Unknown)
    assert log.destination.entity == key
    assert [(each.key, each.status, each.destination_bucket) for each in model.delivery_streams] == [
        (key, "ACTIVE", "arn:aws:s3:::b")
    ]


def test_the_default_format_is_no_format_and_defaults_are_filled_in() -> None:
    text = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
    text += "${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
    found = one(LogFormat=text, MaxAggregationInterval=None)
    assert (found.log_format, found.max_aggregation_interval, found.file_format) == (None, 600, "plain-text")
    other = one(DestinationOptions={"FileFormat": "parquet", "HiveCompatiblePartitions": True})
    assert (other.file_format, other.hive_compatible_partitions, other.per_hour_partition) == ("parquet", True, False)


def test_awss_own_words_on_delivery_are_kept() -> None:
    found = one(DeliverLogsStatus="FAILED", DeliverLogsErrorMessage="Access error")
    assert (found.deliver_status, found.deliver_error) == ("FAILED", "Access error")
    silent = one(DeliverLogsStatus=None)
    assert isinstance(silent.deliver_status, Unknown)
    assert silent.deliver_error is None


def test_a_log_group_that_is_not_listed_is_absent_and_a_longer_name_is_not_it() -> None:
    asked = reply("logs:DescribeLogGroups", "/vpc", logGroups=[{"logGroupName": "/vpc2"}])
    model = network(logs(flow_log(**to_group())), asked)
    assert model.log_groups == ()
    gone = model.absent_for(GROUP_ARN)
    assert gone is not None
    assert "lists no log group of this name" in gone.says


def test_of_a_log_group_that_could_not_be_asked_only_the_cause_is_known() -> None:
    model, gaps = read(logs(flow_log(**to_group())), failed("logs:DescribeLogGroups", "/vpc"))
    (found,) = model.log_groups
    cause = f"{ACCOUNT}/{REGION}: logs:DescribeLogGroups was denied (AccessDenied) for /vpc"
    for fact in (found.exists, found.retention_days, found.kms_key, found.log_group_class, found.tags):
        assert isinstance(fact, Unknown)
        assert fact.reason == cause
    assert (found.key, found.name, found.region) == (GROUP_ARN, "/vpc", REGION)
    assert model.absent == ()
    assert "logs:DescribeLogGroups" in " ".join(gap.what for gap in gaps)


def bucket_replies(**over: Reply) -> list[Reply]:
    made = {
        "owner": reply("s3:ListBuckets", Buckets=[{"Name": "logs"}]),
        "location": reply("s3:GetBucketLocation", "logs", LocationConstraint=REGION),
        "policy": reply("s3:GetBucketPolicy", "logs", Policy=json.dumps(POLICY)),
        "encryption": reply("s3:GetBucketEncryption", "logs", ServerSideEncryptionConfiguration={"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/logs"}}]}),
        "block": reply("s3:GetPublicAccessBlock", "logs",
                       PublicAccessBlockConfiguration={"BlockPublicAcls": True, "BlockPublicPolicy": True}),
        "versioning": reply("s3:GetBucketVersioning", "logs", Status="Enabled"),
        "lifecycle": reply("s3:GetBucketLifecycleConfiguration", "logs", Rules=[
            {"ID": "old", "Status": "Enabled", "Filter": {"And": {"Prefix": "net/"}}, "Expiration": {"Days": 400}},
            {"ID": "v1", "Status": "Disabled", "Prefix": "x", "Transitions": [{"Days": 3}]}]),
        "lock": reply("s3:GetObjectLockConfiguration", "logs", ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 2}}}),
        "tags": reply("s3:GetBucketTagging", "logs", TagSet=[{"Key": "a", "Value": "b"}]),
        **over,
    }  # fmt: skip
    return list(made.values())


def test_a_bucket_with_everything() -> None:
    (found,) = network(*bucket_replies()).buckets
    assert (found.key, found.account, found.region, found.name) == ("arn:aws:s3:::logs", ACCOUNT, REGION, "logs")
    assert found.encryption is not None
    assert not isinstance(found.encryption, Unknown)
    assert found.encryption.kms_key == f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/logs"
    assert (found.versioning, found.object_lock_enabled, found.object_lock_mode, found.object_lock_days) == (
        "Enabled", True, "COMPLIANCE", 730,
    )  # fmt: skip
    assert not isinstance(found.lifecycle_rules, Unknown)
    assert [(rule.id, rule.enabled, rule.prefix, rule.expiration_days, rule.transitions)
            for rule in found.lifecycle_rules] == [
        ("old", True, "net/", 400, False), ("v1", False, "x", None, True),
    ]  # fmt: skip
    assert found.tags == {"a": "b"}


@pytest.mark.parametrize(
    ("what", "operation", "code", "member"),
    [
        ("policy", "s3:GetBucketPolicy", "NoSuchBucketPolicy", "policy"),
        ("encryption", "s3:GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError", "encryption"),
        ("block", "s3:GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", "public_access_block"),
        ("lock", "s3:GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "object_lock_mode"),
    ],
)
def test_an_unset_setting_is_none_and_a_denied_one_unknown(what: str, operation: str, code: str, member: str) -> None:
    (unset,) = network(*bucket_replies(**{what: failed(operation, "logs", code=code)})).buckets
    assert getattr(unset, member) is None
    model, gaps = read(*bucket_replies(**{what: failed(operation, "logs")}))
    assert isinstance(getattr(model.buckets[0], member), Unknown)
    assert [gap.what for gap in gaps if operation in gap.what] == [f"{ACCOUNT}/global {operation}"]


def test_a_bucket_without_lifecycle_has_no_rules_and_a_denied_one_may_have_some() -> None:
    operation = "s3:GetBucketLifecycleConfiguration"
    (unset,) = network(
        *bucket_replies(lifecycle=failed(operation, "logs", code="NoSuchLifecycleConfiguration"))
    ).buckets
    assert unset.lifecycle_rules == ()
    (denied,) = network(*bucket_replies(lifecycle=failed(operation, "logs"))).buckets
    assert isinstance(denied.lifecycle_rules, Unknown)


def test_a_bucket_that_does_not_exist_is_absent() -> None:
    model = network(
        logs(flow_log()),
        reply("s3:ListBuckets", Buckets=[]),
        failed("s3:GetBucketLocation", "logs", code="NoSuchBucket"),
    )
    assert model.buckets == ()
    gone = model.absent_for("arn:aws:s3:::logs")
    assert gone is not None
    assert gone.says == "NoSuchBucket: said AWS"


def test_whose_bucket_it_is_is_not_known_when_no_account_lists_it() -> None:
    (found,) = network(*bucket_replies(owner=reply("s3:ListBuckets", Buckets=[]))).buckets
    assert isinstance(found.account, Unknown)


@pytest.mark.parametrize("form", ["encoded", "text", "parsed"])
def test_a_role_has_inline_and_attached_policies_in_every_form(form: str) -> None:
    text = json.dumps(POLICY)
    document: Any = {"encoded": quote(text), "text": text, "parsed": POLICY}[form]
    arn = f"arn:aws:iam::{ACCOUNT}:role/team/flow"
    managed = "arn:aws:iam::aws:policy/Logs"
    (role,) = network(
        reply("iam:GetRole", "flow", Role={"Arn": arn, "AssumeRolePolicyDocument": document}),
        reply("iam:ListRolePolicies", "flow", PolicyNames=["write"]),
        reply("iam:GetRolePolicy", "flow", "write", PolicyDocument=document),
        reply("iam:ListAttachedRolePolicies", "flow", AttachedPolicies=[{"PolicyArn": managed}]),
        reply("iam:GetPolicy", managed, Policy={"DefaultVersionId": "v7"}),
        reply("iam:GetPolicyVersion", managed, "v7", PolicyVersion={"Document": document}),
    ).roles
    assert role.key == arn
    assert role.boundary is None
    assert len(role.policies) == 2
    assert not [each for each in (role.trust, *role.policies) if isinstance(each, Unknown)]


def test_a_policy_that_was_denied_is_unknown_among_the_known_ones() -> None:
    (role,) = network(
        reply("iam:GetRole", "flow", Role={"Arn": "arn:aws:iam::1:role/flow", "AssumeRolePolicyDocument": POLICY}),
        reply("iam:ListRolePolicies", "flow", PolicyNames=[]),
        failed("iam:ListAttachedRolePolicies", "flow"),
    ).roles
    assert [type(each) for each in role.policies] == [Unknown]


def test_a_role_that_is_gone_is_absent_under_the_name_the_log_gives() -> None:
    model = network(logs(flow_log(**to_group())), failed("iam:GetRole", "flow", code="NoSuchEntity"))
    assert model.absent_for(f"arn:aws:iam::{ACCOUNT}:role/team/flow") is not None


@pytest.mark.parametrize(
    ("state", "enabled", "deleting"),
    [("Enabled", True, False), ("Disabled", False, False), ("PendingDeletion", False, True)],
)
def test_the_state_of_a_key(state: str, enabled: bool, deleting: bool) -> None:
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
    (key,) = network(
        reply(
            "kms:DescribeKey", arn, KeyMetadata={"Arn": arn, "KeyId": "k", "KeyState": state, "KeyManager": "CUSTOMER"}
        ),
        reply("kms:GetKeyPolicy", arn, Policy=json.dumps(POLICY)),
        reply("kms:GetKeyRotationStatus", arn, KeyRotationEnabled=True),
    ).kms_keys
    assert (key.enabled, key.deletion_pending, key.customer_managed, key.rotation_enabled) == (
        enabled, deleting, True, True,
    )  # fmt: skip


def test_freshness_is_the_newest_object_of_this_log() -> None:
    def item(log: str, hour: int) -> dict[str, Any]:
        return {"Key": f"net/x_{log}_y.log.gz", "LastModified": datetime(2026, 3, 4, hour, tzinfo=UTC)}

    place = f"net/AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/2026/03/04/"
    objects = reply("s3:ListObjectsV2", "logs", place, Contents=[item("fl-1", 1), item("fl-1", 3), item("fl-2", 5)])
    (found,) = network(logs(flow_log()), objects).flow_logs
    assert found.freshness is not None
    assert found.freshness.newest == datetime(2026, 3, 4, 3, tzinfo=UTC)
    (nothing,) = network(logs(flow_log()), reply("s3:ListObjectsV2", "logs", place, Contents=[])).flow_logs
    assert nothing.freshness is not None
    assert nothing.freshness.newest is None
    (denied,) = network(logs(flow_log()), failed("s3:ListObjectsV2", "logs", place)).flow_logs
    assert denied.freshness is not None
    assert isinstance(denied.freshness.newest, Unknown)
    assert one().freshness is None


def test_a_denied_listing_leaves_everything_it_feeds_in_doubt_in_that_region_only() -> None:
    both = ((ACCOUNT, REGION), (ACCOUNT, "us-east-1"), (OTHER, REGION))
    model, gaps = read(
        failed("ec2:DescribeFlowLogs", code="UnauthorizedOperation"),
        reply("ec2:DescribeFlowLogs", region="us-east-1", FlowLogs=[]),
        reply("ec2:DescribeFlowLogs", account=OTHER, FlowLogs=[]),
        scopes=both,
    )
    here = model.unread_for("aws_flow_log", f"{ACCOUNT}/{REGION}")
    assert here is not None
    assert here.reason == f"{ACCOUNT}/{REGION}: ec2:DescribeFlowLogs was denied (UnauthorizedOperation)"
    assert model.unread_for("aws_flow_log", f"{ACCOUNT}/us-east-1") is None
    assert model.unread_for("aws_flow_log", f"{OTHER}/{REGION}") is None
    assert f"{ACCOUNT}/{REGION} ec2:DescribeFlowLogs" in [gap.what for gap in gaps]
