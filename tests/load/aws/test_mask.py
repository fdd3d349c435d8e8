"""A masked snapshot names nobody, and gives the same verdicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from checker.load.aws.call import Failure, Reply
from checker.load.aws.directory import DirectoryStore, read_replies
from checker.load.aws.mask import Mask
from checker.load.aws.mask_words import Words
from checker.load.snapshot import load_snapshots
from checker.model.known import Unknown
from checker.model.record import replace
from checker.rules.engine import judge
from tests.load.aws.made import ACCOUNT, AT, EVERYTHING, OTHER, REGION, failed, flow_log, reply, to_group

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11112222-3333-4444-5555-666677778888"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/AcmeFlow"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:acme-alerts"
DAY = f"acme/AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/2026/03/04/"
VPC = "vpc-0123456789abcdef0"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Id": "AcmeFlowPolicy", "Statement": list(statements)})


BUCKET_POLICY = policy(
    {"Sid": "AcmeWrite", "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
     "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::acme-flow*/acme/AWSLogs/{ACCOUNT}/*",
     "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT, "s3:x-amz-acl": "bucket-owner-full-control"},
                   "ArnLike": {"aws:SourceArn": f"arn:aws:logs:*:{ACCOUNT}:*"}}},
    {"Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "s3:GetBucketAcl",
     "Resource": "arn:aws:s3:::acme-flow-logs"},
)  # fmt: skip
TRUST = {"Statement": [
    {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole",
     "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}]}  # fmt: skip
WRITE = {"Statement": [
    {"Effect": "Allow", "Action": ["logs:*"], "Resource": f"arn:aws:logs:*:{ACCOUNT}:log-group:/acme/*"}]}  # fmt: skip

REPLIES = (
    reply("sts:GetCallerIdentity", Account=ACCOUNT, UserId="AROA1234567890ABCDEFG:jane@example.com",
          Arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/AcmeAudit/jane@example.com"),
    reply("ec2:DescribeVpcs", Vpcs=[
        {"VpcId": VPC, "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "owner", "Value": "jane"}]},
        {"VpcId": "vpc-0aaaaaaaaaaaaaaa1", "OwnerId": OTHER, "CidrBlock": "10.1.0.0/16"}]),
    reply("ec2:DescribeSubnets", Subnets=[
        {"SubnetId": "subnet-0123456789abcdef1", "VpcId": VPC, "OwnerId": ACCOUNT, "CidrBlock": "10.0.1.0/24"}]),
    reply("ec2:DescribeFlowLogs", FlowLogs=[
        flow_log(FlowLogId="fl-0123456789abcdef0", ResourceId=VPC, CreationTime=AT,
                 **{**to_group("/acme/vpc"), "DeliverLogsPermissionArn": ROLE}),
        flow_log(FlowLogId="fl-0123456789abcdef9", ResourceId="subnet-0123456789abcdef1",
                 LogDestination="arn:aws:s3:::acme-flow-logs/acme"),
        flow_log(FlowLogId="fl-0123456789abcdef8", ResourceId=VPC, LogDestinationType="kinesis-data-firehose",
                 LogDestination=f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/acme-stream")]),
    reply("ec2:DescribeNetworkInterfaces", NetworkInterfaces=[
        {"NetworkInterfaceId": "eni-0123456789abcdef0", "VpcId": VPC, "SubnetId": "subnet-0123456789abcdef1",
         "OwnerId": ACCOUNT, "Status": "in-use", "Description": "ELB app/acme-shop/50dc6c495c0c9188",
         "Groups": [{"GroupId": "sg-0123456789abcdef0", "GroupName": "acme-web"}],
         "Association": {"PublicIp": "203.0.113.77", "PublicDnsName": "ec2-203-0-113-77.amazonaws.com"},
         "TagSet": [{"Key": "app", "Value": "acme-shop"}]}]),
    reply("ec2:DescribeSecurityGroups", SecurityGroups=[
        {"GroupId": f"sg-0123456789abcdef{n}", "GroupName": name, "VpcId": VPC, "OwnerId": ACCOUNT,
         "Description": "jane's group"} for n, name in enumerate(("acme-web", "default"))]),
    reply("ec2:DescribeSecurityGroupRules", SecurityGroupRules=[
        {"SecurityGroupRuleId": f"sgr-0123456789abcdef{n}", "GroupId": f"sg-0123456789abcdef{n}", "IsEgress": False,
         "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "0.0.0.0/0", "Description": "jane's door",
         "GroupOwnerId": ACCOUNT} for n in range(2)]),
    reply("s3:ListBuckets", Buckets=[{"Name": "acme-flow-logs"}], Owner={"DisplayName": "jane", "ID": "ab" * 32}),
    reply("s3:GetBucketLocation", "acme-flow-logs", LocationConstraint=REGION),
    reply("s3:GetBucketPolicy", "acme-flow-logs", Policy=BUCKET_POLICY),
    reply("s3:GetBucketEncryption", "acme-flow-logs", ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}}]}),
    reply("s3:GetBucketTagging", "acme-flow-logs", TagSet=[{"Key": "owner", "Value": "jane"}]),
    reply("s3:GetBucketLifecycleConfiguration", "acme-flow-logs", Rules=[
        {"ID": "acme-expire", "Status": "Enabled", "Filter": {"Prefix": "acme/"}, "Expiration": {"Days": 400}}]),
    reply("s3:ListObjectsV2", "acme-flow-logs", DAY, Name="acme-flow-logs", Prefix=DAY, Contents=[
        {"Key": f"{DAY}{ACCOUNT}_vpcflowlogs_{REGION}_fl-0123456789abcdef9_20260304T0500Z_0f0f0f0f.log.gz",
         "LastModified": AT}]),
    reply("s3:ListObjectsV2", "acme-flow-logs", DAY.replace("/04/", "/03/"), Contents=[]),
    reply("kms:DescribeKey", KEY, KeyMetadata={"Arn": KEY, "KeyManager": "CUSTOMER", "KeyState": "Enabled",
                                               "Enabled": True, "Description": "acme"}),
    reply("kms:GetKeyPolicy", KEY, Policy=policy({"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {
        "Service": "delivery.logs.amazonaws.com"}})),
    reply("kms:ListResourceTags", KEY, Tags=[{"TagKey": "owner", "TagValue": "jane"}]),
    reply("logs:DescribeLogGroups", "/acme/vpc", logGroups=[
        {"logGroupName": "/acme/vpc", "retentionInDays": 400, "storedBytes": 1,
         "arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/acme/vpc:*"}]),
    reply("logs:ListTagsForResource", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/acme/vpc", tags={"owner": "jane"}),
    reply("logs:DescribeMetricFilters", "/acme/vpc", metricFilters=[
        {"filterName": "acme-ssh", "logGroupName": "/acme/vpc", "filterPattern": '[version, account, eni]',
         "metricTransformations": [{"metricName": "AcmeSsh", "metricNamespace": "Acme", "metricValue": "1"}]}]),
    reply("cloudwatch:DescribeAlarmsForMetric", "Acme", "AcmeSsh", MetricAlarms=[
        {"AlarmName": "Acme says stop", "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:Acme says stop",
         "MetricName": "AcmeSsh", "Namespace": "Acme", "Statistic": "Sum", "Period": 300, "Threshold": 1.0,
         "ComparisonOperator": "GreaterThanOrEqualToThreshold", "EvaluationPeriods": 1, "AlarmActions": [TOPIC],
         "Dimensions": [{"Name": "Vpc", "Value": VPC}]}]),
    reply("sns:GetTopicAttributes", TOPIC, Attributes={"TopicArn": TOPIC, "Owner": ACCOUNT, "DisplayName": "Acme"}),
    reply("sns:ListSubscriptionsByTopic", TOPIC, Subscriptions=[
        {"SubscriptionArn": f"{TOPIC}:11112222-3333-4444-5555-666677778888", "Protocol": "email",
         "Endpoint": "jane@example.com", "TopicArn": TOPIC, "Owner": ACCOUNT}]),
    reply("firehose:DescribeDeliveryStream", "acme-stream", DeliveryStreamDescription={
        "DeliveryStreamName": "acme-stream", "DeliveryStreamStatus": "ACTIVE", "DeliveryStreamType": "DirectPut",
        "DeliveryStreamARN": f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/acme-stream", "Destinations": [
            {"ExtendedS3DestinationDescription": {"BucketARN": "arn:aws:s3:::acme-flow-logs",
                                                  "Prefix": "acme/!{timestamp:yyyy}/"}}]}),
    reply("firehose:ListTagsForDeliveryStream", "acme-stream", Tags=[{"Key": "LogDeliveryEnabled", "Value": "true"}]),
    reply("iam:GetRole", "AcmeFlow", Role={"RoleName": "AcmeFlow", "Path": "/team/", "Arn": ROLE,
                                           "RoleId": "AROA1234567890ABCDEFG", "AssumeRolePolicyDocument": TRUST}),
    reply("iam:ListRolePolicies", "AcmeFlow", PolicyNames=["acme-write"]),
    reply("iam:GetRolePolicy", "AcmeFlow", "acme-write", RoleName="AcmeFlow", PolicyName="acme-write",
          PolicyDocument=WRITE),
    failed("iam:ListAttachedRolePolicies", "AcmeFlow"),
    reply("glue:GetDatabases", DatabaseList=[{"Name": "acme"}]),
    reply("glue:GetTables", "acme", TableList=[
        {"Name": "acme_flow", "DatabaseName": "acme", "Owner": "jane", "Parameters": {"projection.enabled": "true"},
         "StorageDescriptor": {"Location": f"s3://acme-flow-logs/acme/AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/",
                               "Columns": [{"Name": "version", "Type": "int"}]}}]),
)  # fmt: skip
SECRET = (ACCOUNT, OTHER, "0123456789abcdef", "0aaaaaaaaaaaaaaa1", "jane", "acme", "203.0.113.77", "203-0-113-77",
          "1234567890ABCDEFG", "11112222-3333", "50dc6c495c0c9188", "abababab")  # fmt: skip


MASK = Mask(Words(b"1" * 32))


def saved(folder: Path, *replies: Reply, mask: bool) -> Path:
    store = DirectoryStore.create(folder, mask=mask)
    store.add_scope(ACCOUNT, REGION)
    for each in replies:
        store.put(each)
    store.close({"taken_at": AT.isoformat(), "caller": f"arn:aws:iam::{ACCOUNT}:user/jane"})
    return folder


def test_nothing_that_names_the_account_is_in_any_file_or_file_name(tmp_path: Path) -> None:
    folder = saved(tmp_path / "s", *REPLIES, mask=True)
    written = [path.relative_to(folder).as_posix() + path.read_text(encoding="utf-8")
               for path in folder.rglob("*") if path.is_file()]  # fmt: skip
    assert len(written) == len(REPLIES) - 1 + 2  # one call failed; manifest and journal
    assert [word for word in SECRET if any(word.lower() in text.lower() for text in written)] == []


def test_the_verdicts_are_those_of_the_unmasked_snapshot(tmp_path: Path) -> None:
    def verdicts(*, mask: bool) -> list[tuple[str, str, str, str]]:
        loaded = load_snapshots([saved(tmp_path / str(mask), *REPLIES, mask=mask)], groups=EVERYTHING)
        report = judge(loaded)
        assert report.crashed == ()
        return sorted(
            (each.rule_id, each.resource.type, each.status.value, each.severity.value) for each in report.findings
        )

    plain = verdicts(mask=False)
    assert {rule for rule, *_ in plain} >= {"FL001", "FL002", "FL005", "FL006", "SG001", "SG002"}
    assert {status for _, _, status, _ in plain} >= {"pass", "fail", "unknown"}
    assert verdicts(mask=True) == plain


def test_what_names_what_still_names_it(tmp_path: Path) -> None:
    plain, masked = (
        load_snapshots([saved(tmp_path / str(mask), *REPLIES, mask=mask)], groups=EVERYTHING) for mask in (False, True)
    )
    for loaded in (plain, masked):
        model = loaded.after
        known = {each.key for each in (*model.buckets, *model.delivery_streams, *model.log_groups)}
        arns = {str(getattr(log.destination, "arn", None)) for log in model.flow_logs}
        assert len(arns) == 3
        assert {arn.partition("/")[0] if ":s3:" in arn else arn for arn in arns} <= known
        assert {log.role for log in model.flow_logs if log.role is not None} == {role.key for role in model.roles}
        assert {stream.destination_bucket for stream in model.delivery_streams} <= known
        newest = [log.freshness.newest for log in model.flow_logs if log.freshness is not None]
        assert AT in [moment for moment in newest if not isinstance(moment, Unknown)]
        assert [each.managed_by for each in model.network_interfaces] == ["elb"]
    assert [gap.cause for gap in masked.gaps] == [gap.cause for gap in plain.gaps]


def test_a_failures_words_name_nothing_that_was_asked_for(tmp_path: Path) -> None:
    said = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Audit/jane may not read role AcmeFlow of {ACCOUNT} (Flow)"
    role = replace(failed("iam:GetRole", "AcmeFlow"), failure=Failure(code="AccessDenied", message=said))
    masked = MASK.reply(role)
    assert masked.failure is not None
    text = masked.failure.message
    assert text.startswith("User: arn:aws:sts::")
    assert str(masked.request.resource) in text
    assert [word for word in (ACCOUNT, "jane", "Acme", "Audit") if word in text] == []


def test_the_same_thing_has_the_same_mask_and_another_snapshot_another() -> None:
    other = Mask(Words(b"2" * 32))
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{VPC}"
    assert MASK.text(arn) == MASK.text(arn) != other.text(arn)
    assert MASK.text(ACCOUNT) in MASK.text(arn)
    assert MASK.text(VPC) in MASK.text(arn)
    assert MASK.value({"a": [ACCOUNT, 3, None, True]}) == {"a": [MASK.text(ACCOUNT), 3, None, True]}
    assert b"1" * 32 not in repr(MASK).encode()
    assert Mask.new().text(arn) != Mask.new().text(arn)


@pytest.mark.parametrize(
    "value",
    [
        {"CidrBlock": "10.0.0.0/16", "FromPort": 22, "GroupName": "default", "RegionName": "eu-west-1", "Key": "env"},
        {
            "LogFormat": "${version} ${account-id}",
            "CreationTime": "2026-03-04T05:06:07+00:00",
            "InterfaceType": "lambda",
        },
        {"Resource": ["*", "arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:s3:::*", "arn:aws:logs:*:*:*"]},
        {"Action": "s3:PutObject", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Effect": "Allow"},
        {"KMSMasterKeyID": "alias/aws/s3", "PrefixListName": "com.amazonaws.eu-west-1.s3", "Path": "/service-role/"},
        {"Tags": [{"Key": "LogDeliveryEnabled", "Value": "true"}], "State": {"Name": "running"}},
        {"StorageDescriptor": {"Columns": [{"Name": "srcaddr", "Type": "string"}]}},
        {"Definition": '{"Schema": {"Name": "CloudWatchLogRule", "Version": 1}}'},
        {"Key": "AWSLogs/", "Prefix": "AWSLogs/aws-account-id=*/year=2026/month=03/"},
    ],
)
def test_what_verdicts_hang_on_is_kept(value: dict[str, Any]) -> None:
    assert MASK.value(value) == value


@pytest.mark.parametrize(
    "value",
    [
        {"KeyId": "alias/acme"}, {"Namespace": "Acme/Net"}, {"Tags": {"team": "acme"}}, {"LogGroupNames": ["/acme/*"]},
        {"Buckets": [{"Name": "acme"}]}, {"BucketARN": "arn:aws:s3:::acme/acme"}, {"Location": "s3a://acme/x"},
        {"Policy": '{"Resource": "arn:aws:sqs:eu-west-1:111122223333:acme"}'}, {"Owner": "acme"},
        {"Policy": "%7B%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aacme%22%7D"}, {"Text": "mail acme@example.com"},
        {"SubscriptionArn": "arn:aws:sns:eu-west-1:111122223333:acme:11112222-3333-4444-5555-666677778888"},
        {"Endpoint": "https://hooks.acme.example/x"}, {"Endpoint": "arn:aws:lambda:eu-west-1:1:function:acme"},
        {"arn:aws:iam::111122223333:role/acme": 1}, {"Filter": {"Tag": {"Key": "team", "Value": "acme"}}},
        {"RequesterId": "AROA1234567890ABCDEFG:acme"}, {"Policy": "{acme arn:aws:s3:::acme"},
        {"SelectionCriteria": "resourceTags.team = 'acme'"}, {"DestinationPattern": "/acme/<resourceId>"},
        {"PrefixListName": "acme"}, {"RuleIdentifier": "arn:aws:observabilityadmin:eu-west-1:1:telemetry-rule/acme"},
    ],
)  # fmt: skip
def test_what_names_somebody_is_not(value: dict[str, Any]) -> None:
    masked = json.dumps(MASK.value(value))
    assert "acme" not in masked.lower().replace("{acme", "")
    assert ACCOUNT not in masked


def test_masked_json_within_json_is_json_still() -> None:
    masked = MASK.value({"Policy": BUCKET_POLICY})["Policy"]
    (write, _) = json.loads(masked)["Statement"]
    assert write["Condition"]["StringEquals"]["aws:SourceAccount"] == MASK.text(ACCOUNT)
    assert write["Resource"].endswith(f"/AWSLogs/{MASK.text(ACCOUNT)}/*")


def test_a_masked_folder_is_read_like_any_other(tmp_path: Path) -> None:
    replies, gaps = read_replies(saved(tmp_path / "s", *REPLIES, mask=True))
    assert gaps == []
    assert len(replies) == len(REPLIES)
