"""Findings on what stands in an account: named by what AWS calls it, put right without anybody's Terraform."""

from __future__ import annotations

import pytest

from checker.model.destination import BucketEncryption
from checker.model.flow_log import LogDestination, LogDestinationType, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.origin import Source
from checker.rules.engine import judge
from tests.rules.build import (
    ACCOUNT,
    DELIVERY,
    OTHER,
    REGION,
    bucket,
    delivery_policy,
    document,
    flow_log,
    interface,
    kms_key,
    lifecycle,
    log_group,
    model,
    role,
    settings,
    statement,
    stream,
    subnet,
    transit_gateway,
    vpc,
)

HERE = f"{ACCOUNT}/{REGION}"
EC2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
BUCKET, GROUP = "arn:aws:s3:::logs", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/vpc"
STREAM, ROLE = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/logs", f"arn:aws:iam::{ACCOUNT}:role/logs"
LOG = f"{EC2}:vpc-flow-log/fl-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"


def live(make, key, type_, *, id_=None, arn=None, **over):
    """An entity as the account's loader makes it: keyed by id or ARN, without address."""
    return make(
        key, **{"type": type_, "id": id_ or key, "arn": arn or key, "source": Source.ACCOUNT, "root": HERE, **over}
    )


def a_vpc(key="vpc-1", **over):
    return live(vpc, key, "aws_vpc", arn=f"{EC2}:vpc/{key}", **over)


def a_subnet(**over):
    return live(subnet, "subnet-1", "aws_subnet", arn=f"{EC2}:subnet/subnet-1", of="vpc-1", **over)


def a_log(key="fl-1", on="vpc-1", **over):
    made = {"destination": to(BUCKET, LogDestinationType.S3, "logs"), **over}
    return live(flow_log, key, "aws_flow_log", arn=f"{EC2}:vpc-flow-log/{key}", on=on, **made)


def a_bucket(**over):
    encryption = BucketEncryption(algorithm="aws:kms", kms_key=KEY)
    return live(bucket, BUCKET, "aws_s3_bucket", id_="logs", **{"encryption": encryption, **over})


def a_group(**over):
    return live(log_group, GROUP, "aws_cloudwatch_log_group", id_="/vpc", **{"kms_key": KEY, **over})


def a_stream(**over):
    tags = {"LogDeliveryEnabled": "true"}
    return live(stream, STREAM, "aws_kinesis_firehose_delivery_stream", **{"kms_key": KEY, "tags": tags, **over})


def a_role(**over):
    return live(role, ROLE, "aws_iam_role", id_="AROAEXAMPLE", **over)


def a_key(**over):
    return live(kms_key, KEY, "aws_kms_key", id_="1", **over)


def to(arn, kind, name, entity=True, prefix=None):
    return LogDestination(type=kind, entity=arn if entity else None, arn=arn, name=name, prefix=prefix)


TO_GROUP = {"destination": to(GROUP, LogDestinationType.CLOUD_WATCH_LOGS, "/vpc"), "role": ROLE}
TO_STREAM = {"destination": to(STREAM, LogDestinationType.FIREHOSE, "logs")}
SINK = (a_vpc(), a_bucket(), a_key())
GROUPS = (a_vpc(), a_group(), a_role(), a_key())
AWS_KEY = BucketEncryption(algorithm="aws:kms", kms_key=None)
OPEN = document(statement("s3:GetObject", "*", principals=(("*", "*"),)))

CASES = {
    "missing": ("FL001", f"{EC2}:vpc/vpc-1", (a_vpc(),), {}),
    "missing_bucket_in_use": ("FL001", f"{EC2}:vpc/vpc-2", (*SINK, a_log(), a_vpc("vpc-2")), {}),
    "missing_gateway": (
        "FL001", "tgw-1", (live(transit_gateway, "tgw-1", "aws_ec2_transit_gateway"),),
        {"FL001": {"require": ["transit-gateway"]}},
    ),
    "missing_interface": (
        "FL001", "eni-1",
        (a_vpc(), a_subnet(), live(interface, "eni-1", "aws_network_interface", vpc="vpc-1", subnet="subnet-1")),
        {"FL001": {"require": ["network-interface"]}},
    ),
    "traffic": ("FL002", f"{EC2}:vpc/vpc-1", (*SINK, a_log(traffic_type=TrafficType.REJECT)), {}),
    "interval": ("FL003", LOG, (*SINK, a_log(max_aggregation_interval=600)), {}),
    "interval_parquet": (
        "FL003", LOG,
        (*SINK, a_log(max_aggregation_interval=600, file_format="parquet", per_hour_partition=True)), {},
    ),
    "not_allowed": (
        "FL004", LOG, (*SINK, a_log()),
        {"FL004": {"allow": [{"type": "s3", "arn": "arn:aws:s3:::acme-logs/*"}]}},
    ),
    "not_allowed_any": (
        "FL004", LOG, (*SINK, a_log()), {"FL004": {"allow": [{"type": "kinesis-data-firehose"}]}},
    ),
    "failed": ("FL005", LOG, (*SINK, a_log(deliver_status="FAILED")), {}),
    "no_role": ("FL005", LOG, (*GROUPS, a_log(**{**TO_GROUP, "role": None})), {}),
    "no_policy": ("FL005", LOG, (a_vpc(), a_key(), a_bucket(policy=None), a_log()), {}),
    "policy": ("FL005", LOG, (a_vpc(), a_key(), a_bucket(policy=document()), a_log()), {}),
    "key_of_aws": ("FL005", LOG, (a_vpc(), a_bucket(encryption=AWS_KEY), a_log()), {}),
    "key_policy": ("FL005", LOG, (a_vpc(), a_bucket(), a_key(policy=document()), a_log()), {}),
    "key_disabled": ("FL005", LOG, (a_vpc(), a_bucket(), a_key(enabled=False), a_log()), {}),
    "key_going": ("FL005", LOG, (a_vpc(), a_bucket(), a_key(deletion_pending=True), a_log()), {}),
    "trust": (
        "FL005", LOG, (a_vpc(), a_group(), a_key(), a_role(trust=document()), a_log(**TO_GROUP)), {},
    ),
    "permissions": (
        "FL005", LOG, (a_vpc(), a_group(), a_key(), a_role(policies=()), a_log(**TO_GROUP)), {},
    ),
    "stream_account": (
        "FL005", LOG, (a_vpc(), a_key(), a_stream(account=OTHER), a_log(**TO_STREAM)), {},
    ),
    "stream_source": (
        "FL005", LOG,
        (a_vpc(), a_key(), a_stream(source_type="KinesisStreamAsSource"), a_log(**TO_STREAM)), {},
    ),
    "stream_tag": ("FL005", LOG, (a_vpc(), a_key(), a_stream(tags={}), a_log(**TO_STREAM)), {}),
    "stream_tag_off": (
        "FL005", LOG, (a_vpc(), a_key(), a_stream(tags={"LogDeliveryEnabled": "false"}), a_log(**TO_STREAM)), {},
    ),
    "retention": (
        "FL006", LOG, (a_vpc(), a_key(), a_role(), a_group(retention_days=None), a_log(**TO_GROUP)), {},
    ),
    "group_key": (
        "FL006", LOG, (a_vpc(), a_role(), a_group(kms_key=None), a_log(**TO_GROUP)), {},
    ),
    "stream_key": ("FL006", LOG, (a_vpc(), a_stream(kms_key=None), a_log(**TO_STREAM)), {}),
    "public": (
        "FL006", LOG, (a_vpc(), a_bucket(policy=OPEN, public_access_block=None), a_log()), {},
    ),
    "lifecycle": ("FL006", LOG, (a_vpc(), a_bucket(lifecycle_rules=(lifecycle(7),)), a_log()), {}),
    "bucket_key": ("FL006", LOG, (a_vpc(), a_bucket(encryption=None), a_log()), {}),
    "versioning": ("FL006", LOG, (*SINK, a_log()), {"FL006": {"require_versioning": True}}),
    "lock": ("FL006", LOG, (*SINK, a_log()), {"FL006": {"require_object_lock": True}}),
    "condition": (
        "FL006", LOG, (a_vpc(), a_bucket(policy=delivery_policy(conditions={})), a_log()), {},
    ),
    "fields": ("FL007", LOG, (*SINK, a_log(log_format=None)), {}),
    "stray": (
        "FL008", f"{EC2}:vpc-flow-log/fl-2",
        (*SINK, a_group(), a_role(), a_log(), a_log("fl-2", **TO_GROUP)), {"FL004": {"allow": [{"type": "s3"}]}},
    ),
    "redundant": ("FL009", f"{EC2}:vpc-flow-log/fl-2", (*SINK, a_log(), a_log("fl-2")), {}),
    "tags": ("FL010", LOG, (*SINK, a_log()), {"FL010": {"required": ["Owner"]}}),
}  # fmt: skip
"""Rule, subject, account, parameters: each a failure."""

NO_TERRAFORM = {
    "redundant", "tags", "key_disabled", "key_going", "trust", "retention", "stream_source", "stream_tag",
    "stream_tag_off",
}  # fmt: skip
"""What only a command puts right: nothing is to be added."""
NO_COMMAND = {"condition", "stream_source"}
"""What takes judgement: which statement, which stream."""


def failing(case):
    rule, arn, account, params = CASES[case]
    found = judge(Loaded(after=model(*account)), settings(**params)).findings
    (finding,) = (each for each in found if each.id == f"{rule}:{HERE}:{arn}")
    assert finding.status == "fail", finding.message
    return finding


@pytest.mark.parametrize("case", CASES)
def test_a_failure_names_its_subject_by_id_and_is_put_right_by_terraform_to_add_or_a_command(case):
    finding = failing(case)
    subject = finding.resource.arn.rpartition("/")[2]
    assert subject in finding.message
    assert finding.resource.address is None
    fix = finding.remediation
    assert (fix.terraform is None) == (case in NO_TERRAFORM)
    assert (fix.cli is None) == (case in NO_COMMAND)
    text = f"{fix.summary}\n{fix.terraform}\n{fix.cli}"
    for never in (
        "the other arguments stay",
        "Terraform replaces",
        'None"',
        "AROAEXAMPLE",
        "⟦",
        "<name>",
        "create_before",
    ):
        assert never not in text, never


COMMANDS = {
    "missing": (
        "aws ec2 create-flow-logs --resource-type VPC --resource-ids vpc-1 --traffic-type ALL "
        "--log-destination-type s3 --log-destination arn:aws:s3:::BUCKET --max-aggregation-interval 60 "
        "--region eu-west-1"
    ),
    "missing_bucket_in_use": (
        "aws ec2 create-flow-logs --resource-type VPC --resource-ids vpc-2 --traffic-type ALL "
        "--log-destination-type s3 --log-destination arn:aws:s3:::logs --max-aggregation-interval 60 --region eu-west-1"
    ),
    "redundant": "aws ec2 delete-flow-logs --flow-log-ids fl-2 --region eu-west-1",
    "tags": "aws ec2 create-tags --resources fl-1 --tags 'Key=Owner,Value=...' --region eu-west-1",
    "key_disabled": "aws kms enable-key --key-id 1 --region eu-west-1",
    "key_going": "aws kms cancel-key-deletion --key-id 1 --region eu-west-1",
    "retention": "aws logs put-retention-policy --log-group-name /vpc --retention-in-days 365 --region eu-west-1",
    "trust": (
        "aws iam update-assume-role-policy --role-name logs --policy-document "
        '\'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},'
        '"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"},"ArnLike":'
        '{"aws:SourceArn":"arn:aws:ec2:*:*:vpc-flow-log/*"}}}]}\' --region eu-west-1'
    ),
    "lifecycle": (
        "aws s3api put-bucket-lifecycle-configuration --bucket logs --lifecycle-configuration "
        '\'{"Rules":[{"ID":"expire-flow-logs","Status":"Enabled","Filter":{},"Expiration":{"Days":365}}]}\' '
        "--region eu-west-1"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", COMMANDS)
def test_the_command_is_complete(case):
    assert failing(case).remediation.cli == COMMANDS[case]


def test_a_flow_log_is_made_anew_with_what_it_has_and_then_deleted():
    fix = failing("interval_parquet").remediation
    assert 'vpc_id                   = "vpc-1"' in fix.terraform
    assert 'log_destination          = "arn:aws:s3:::logs"' in fix.terraform
    assert "max_aggregation_interval = 60" in fix.terraform
    assert 'file_format        = "parquet"' in fix.terraform and "per_hour_partition = true" in fix.terraform
    create, delete = fix.cli.split(" && ")
    assert "--max-aggregation-interval 60 --log-format '${version} " in create
    assert "--destination-options FileFormat=parquet,PerHourPartition=true" in create
    assert delete == "aws ec2 delete-flow-logs --flow-log-ids fl-1 --region eu-west-1"


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ({"LogDeliveryEnabled": "true"}, "pass"),
        ({"LogDeliveryEnabled": Unknown("x")}, "unknown"),
        (Unknown("firehose:ListTagsForDeliveryStream was denied"), "unknown"),
    ],
)
def test_the_tag_of_a_live_stream(tags, status):
    network = model(a_vpc(), a_key(), a_stream(tags=tags), a_log(**TO_STREAM))
    (finding,) = (each for each in judge(Loaded(after=network)).findings if each.rule_id == "FL005")
    assert finding.status == status


def test_a_name_tag_stands_beside_the_id():
    named = a_vpc(tags={"Name": "prod"})
    (finding,) = (each for each in judge(Loaded(after=model(named))).findings if each.rule_id == "FL001")
    assert finding.message == "No flow log records vpc-1 (prod)."


def test_a_log_that_passes_everywhere_says_so_by_its_id():
    found = {each.rule_id: each for each in judge(Loaded(after=model(*SINK, a_subnet(), a_log()))).findings}
    assert {key: each.status for key, each in found.items() if key.startswith("FL")} == dict.fromkeys(
        ("FL001", "FL002", "FL003", "FL005", "FL006", "FL007", "FL009"), "pass"
    )
    assert found["FL001"].message == "vpc-1 is recorded by fl-1."
    assert found["FL005"].message == "fl-1 can deliver to bucket arn:aws:s3:::logs."
    assert DELIVERY in "".join(each.statement for each in found["FL005"].evidence)
