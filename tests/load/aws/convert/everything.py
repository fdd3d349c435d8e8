"""One account and region with a thing of every kind, as AWS answers: small, whole and consistent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from checker.load.aws.call import Reply
from tests.load.aws.made import ACCOUNT, REGION, failed, flow_log, reply, to_group

GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/vpc"
STREAM = f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/flow"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/flow"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k-1"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:ssh"
RULE = f"arn:aws:observabilityadmin:{REGION}:{ACCOUNT}:telemetry-rule/vpcs"
WIDE = f"arn:aws:observabilityadmin:{REGION}:{ACCOUNT}:organization-telemetry-rule/all"
MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/write"
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/limit"
DAY = "net/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/03"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)

POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{
        "Sid": "Write", "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": ["s3:PutObject"], "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }],
}  # fmt: skip
TEXT = json.dumps(POLICY)


def everything() -> list[Reply]:
    return [*_base(), *_network(), *_firewall(), *_logs(), *_bucket(), *_identity(), *_monitoring(), *_athena()]


def _base() -> list[Reply]:
    return [
        reply("sts:GetCallerIdentity", Account=ACCOUNT, Arn=f"arn:aws:iam::{ACCOUNT}:user/a", UserId="A"),
        reply("ec2:DescribeRegions", Regions=[{"RegionName": REGION, "OptInStatus": "opt-in-not-required"}]),
    ]


def _network() -> list[Reply]:
    block = {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}}
    six = {"Ipv6CidrBlock": "2001:db8::/56", "Ipv6CidrBlockState": {"State": "associated"}}
    return [
        reply("ec2:DescribeVpcs", Vpcs=[{
            "VpcId": "vpc-1", "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16", "IsDefault": False, "State": "available",
            "CidrBlockAssociationSet": [block], "Ipv6CidrBlockAssociationSet": [six],
            "Tags": [{"Key": "env", "Value": "prod"}]}]),
        reply("ec2:DescribeSubnets", Subnets=[{
            "SubnetId": "subnet-1", "VpcId": "vpc-1", "OwnerId": ACCOUNT, "CidrBlock": "10.0.1.0/24",
            "AvailabilityZone": "eu-west-1a", "Ipv6CidrBlockAssociationSet": [], "Tags": []}]),
        reply("ec2:DescribeNetworkInterfaces", NetworkInterfaces=[{
            "NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "SubnetId": "subnet-1", "OwnerId": ACCOUNT,
            "InterfaceType": "interface", "RequesterManaged": False, "Status": "in-use", "Description": "web",
            "Groups": [{"GroupId": "sg-1", "GroupName": "web"}], "PrivateIpAddress": "10.0.1.5",
            "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": "10.0.1.5"}],
            "Ipv6Addresses": [{"Ipv6Address": "2001:db8::5"}], "Association": {"PublicIp": "203.0.113.5"},
            "Attachment": {"InstanceId": "i-1", "Status": "attached"}, "TagSet": [{"Key": "a", "Value": "b"}]}]),
        reply("ec2:DescribeInstances", Reservations=[{
            "Instances": [{"InstanceId": "i-1", "InstanceType": "m5.large"}]}]),
        reply("ec2:DescribeNatGateways", NatGateways=[{
            "NatGatewayId": "nat-1", "VpcId": "vpc-1", "SubnetId": "subnet-1", "State": "available",
            "AvailabilityMode": "zonal"}]),
        reply("ec2:DescribeTransitGateways", TransitGateways=[{
            "TransitGatewayId": "tgw-1", "OwnerId": ACCOUNT, "State": "available",
            "Options": {"SecurityGroupReferencingSupport": "enable"},
            "TransitGatewayArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:transit-gateway/tgw-1"}]),
        reply("ec2:DescribeTransitGatewayAttachments", TransitGatewayAttachments=[{
            "TransitGatewayAttachmentId": "tgw-attach-1", "TransitGatewayId": "tgw-1", "ResourceType": "vpc",
            "ResourceId": "vpc-1", "ResourceOwnerId": ACCOUNT, "TransitGatewayOwnerId": ACCOUNT,
            "State": "available"}]),
        reply("ec2:DescribeTransitGatewayVpcAttachments", TransitGatewayVpcAttachments=[{
            "TransitGatewayAttachmentId": "tgw-attach-1", "SubnetIds": ["subnet-1"], "VpcId": "vpc-1",
            "Options": {"SecurityGroupReferencingSupport": "disable"}}]),
        reply("ec2:DescribeFlowLogs", FlowLogs=[
            flow_log(CreationTime=NOON, Tags=[{"Key": "a", "Value": "b"}],
                     DestinationOptions={"FileFormat": "parquet", "HiveCompatiblePartitions": False,
                                         "PerHourPartition": True}),
            flow_log(FlowLogId="fl-2", **to_group()),
            flow_log(FlowLogId="fl-3", LogDestinationType="kinesis-data-firehose", LogDestination=STREAM),
        ]),
    ]  # fmt: skip


def _firewall() -> list[Reply]:
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
                  "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}  # fmt: skip
    rule = {"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-1", "GroupOwnerId": ACCOUNT, "IsEgress": False,
            "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8", "Tags": []}  # fmt: skip
    listed = {**rule, "SecurityGroupRuleId": "sgr-2", "CidrIpv4": None, "PrefixListId": "pl-1"}
    entry = {"RuleNumber": 100, "Egress": False, "Protocol": "6", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0",
             "PortRange": {"From": 443, "To": 443}}  # fmt: skip
    ping = {"RuleNumber": 90, "Egress": True, "Protocol": "1", "RuleAction": "deny", "CidrBlock": "10.0.0.0/8",
            "IcmpTypeCode": {"Type": 8, "Code": -1}}  # fmt: skip
    last = {"RuleNumber": 32767, "Egress": False, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"}
    return [
        reply("ec2:DescribeSecurityGroups", SecurityGroups=[{
            "GroupId": "sg-1", "GroupName": "web", "VpcId": "vpc-1", "OwnerId": ACCOUNT, "Tags": [],
            "IpPermissions": [permission], "IpPermissionsEgress": []}]),
        reply("ec2:DescribeSecurityGroupRules", SecurityGroupRules=[rule, listed]),
        reply("ec2:DescribeNetworkAcls", NetworkAcls=[{
            "NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": True, "OwnerId": ACCOUNT,
            "Entries": [entry, ping, last], "Associations": [{"SubnetId": "subnet-1"}], "Tags": []}]),
        reply("ec2:DescribeManagedPrefixLists", PrefixLists=[{
            "PrefixListId": "pl-1", "PrefixListName": "offices", "OwnerId": ACCOUNT, "Tags": [],
            "PrefixListArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:prefix-list/pl-1"}]),
        reply("ec2:GetManagedPrefixListEntries", "pl-1", Entries=[{"Cidr": "192.0.2.0/24"}]),
        reply("ec2:DescribeRouteTables", RouteTables=[{
            "RouteTableId": "rtb-1", "VpcId": "vpc-1", "OwnerId": ACCOUNT, "Tags": [],
            "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"},
                       {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}],
            "Associations": [{"Main": True, "AssociationState": {"State": "associated"}},
                             {"SubnetId": "subnet-1", "Main": False, "AssociationState": {"State": "associated"}}]}]),
        reply("ec2:DescribeInternetGateways", InternetGateways=[{
            "InternetGatewayId": "igw-1", "OwnerId": ACCOUNT, "Tags": [],
            "Attachments": [{"State": "available", "VpcId": "vpc-1"}]}]),
        reply("ec2:DescribeVpcBlockPublicAccessOptions",
              VpcBlockPublicAccessOptions={"InternetGatewayBlockMode": "off", "State": "default-state"}),
        reply("ec2:DescribeVpcBlockPublicAccessExclusions", VpcBlockPublicAccessExclusions=[{
            "ExclusionId": "vpcbpa-exclude-1", "InternetGatewayExclusionMode": "allow-egress",
            "ResourceArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-1", "State": "create-complete", "Tags": []}]),
        reply("ec2:DescribeVpcEncryptionControls", VpcEncryptionControls=[{
            "VpcEncryptionControlId": "vpcec-1", "VpcId": "vpc-1", "Mode": "monitor", "State": "available"}]),
    ]  # fmt: skip


def _logs() -> list[Reply]:
    return [
        reply("logs:DescribeLogGroups", "/vpc", logGroups=[{
            "logGroupName": "/vpc", "arn": f"{GROUP}:*", "logGroupArn": GROUP, "retentionInDays": 400,
            "kmsKeyId": KEY, "logGroupClass": "STANDARD"}]),
        reply("logs:ListTagsForResource", GROUP, tags={"a": "b"}),
        reply("logs:DescribeResourcePolicies", resourcePolicies=[{"policyName": "p", "policyDocument": TEXT}]),
        reply("logs:DescribeLogStreams", "/vpc", logStreams=[{
            "logStreamName": "eni-1-all", "lastEventTimestamp": 1772625600000, "lastIngestionTime": 1772625660000}]),
        reply("firehose:DescribeDeliveryStream", "flow", DeliveryStreamDescription={
            "DeliveryStreamName": "flow", "DeliveryStreamARN": STREAM, "DeliveryStreamStatus": "ACTIVE",
            "DeliveryStreamType": "DirectPut",
            "DeliveryStreamEncryptionConfiguration": {"Status": "ENABLED", "KeyARN": KEY},
            "Destinations": [{"ExtendedS3DestinationDescription": {"BucketARN": "arn:aws:s3:::logs"}}]}),
        reply("firehose:ListTagsForDeliveryStream", "flow", Tags=[{"Key": "LogDeliveryEnabled", "Value": "true"}]),
    ]  # fmt: skip


def _bucket() -> list[Reply]:
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    switches = dict.fromkeys(names, True)
    objects = [{"Key": f"{DAY}/04/{ACCOUNT}_vpcflowlogs_{REGION}_fl-1_20260304T1155Z_x.log.gz", "LastModified": NOON}]
    return [
        reply("s3:ListBuckets", Buckets=[{"Name": "logs"}]),
        reply("s3:GetBucketLocation", "logs", LocationConstraint=REGION),
        reply("s3:GetBucketPolicy", "logs", Policy=TEXT),
        reply("s3:GetBucketEncryption", "logs", ServerSideEncryptionConfiguration={"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k-1"}}]}),
        reply("s3:GetPublicAccessBlock", "logs", PublicAccessBlockConfiguration=switches),
        reply("s3:GetBucketVersioning", "logs", Status="Enabled"),
        reply("s3:GetBucketLifecycleConfiguration", "logs", Rules=[{
            "ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 400},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}]),
        reply("s3:GetObjectLockConfiguration", "logs", ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 365}}}),
        failed("s3:GetBucketTagging", "logs", code="NoSuchTagSet"),
        reply("s3control:GetPublicAccessBlock", PublicAccessBlockConfiguration=switches),
        reply("s3:ListObjectsV2", "logs", f"{DAY}/04/", Contents=objects),
        reply("s3:ListObjectsV2", "logs", f"{DAY}/03/", Contents=[]),
    ]  # fmt: skip


def _identity() -> list[Reply]:
    return [
        reply("iam:GetRole", "flow", Role={
            "Arn": ROLE, "RoleName": "flow", "RoleId": "AROA1", "AssumeRolePolicyDocument": POLICY, "Tags": [],
            "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": LIMIT}}),
        reply("iam:ListRolePolicies", "flow", PolicyNames=["own"]),
        reply("iam:GetRolePolicy", "flow", "own", RoleName="flow", PolicyName="own", PolicyDocument=POLICY),
        reply("iam:ListAttachedRolePolicies", "flow", AttachedPolicies=[{"PolicyName": "w", "PolicyArn": MANAGED}]),
        reply("iam:GetPolicy", MANAGED, Policy={"Arn": MANAGED, "DefaultVersionId": "v1"}),
        reply("iam:GetPolicyVersion", MANAGED, "v1", PolicyVersion={"Document": POLICY, "VersionId": "v1"}),
        reply("iam:GetPolicy", LIMIT, Policy={"Arn": LIMIT, "DefaultVersionId": "v2"}),
        reply("iam:GetPolicyVersion", LIMIT, "v2", PolicyVersion={"Document": POLICY, "VersionId": "v2"}),
        reply("kms:DescribeKey", KEY, KeyMetadata=_key()),
        reply("kms:DescribeKey", "k-1", KeyMetadata=_key()),
        reply("kms:GetKeyPolicy", KEY, Policy=TEXT),
        reply("kms:GetKeyRotationStatus", KEY, KeyRotationEnabled=True),
        reply("kms:ListResourceTags", KEY, Tags=[{"TagKey": "a", "TagValue": "b"}]),
    ]  # fmt: skip


def _key() -> dict[str, Any]:
    return {"Arn": KEY, "KeyId": "k-1", "KeyState": "Enabled", "Enabled": True, "KeyManager": "CUSTOMER",
            "AWSAccountId": ACCOUNT}  # fmt: skip


def _monitoring() -> list[Reply]:
    return [
        reply("logs:DescribeMetricFilters", "/vpc", metricFilters=[{
            "filterName": "ssh", "logGroupName": "/vpc", "filterPattern": "[a, b]", "metricTransformations": [{
                "metricName": "SshRejected", "metricNamespace": "Flow", "metricValue": "1", "defaultValue": 0.0,
                "unit": "None"}]}]),
        reply("logs:DescribeSubscriptionFilters", "/vpc", subscriptionFilters=[{
            "filterName": "out", "logGroupName": "/vpc", "filterPattern": "", "destinationArn": STREAM,
            "roleArn": ROLE}]),
        reply("cloudwatch:DescribeAlarmsForMetric", "Flow", "SshRejected", MetricAlarms=[{
            "AlarmArn": ALARM, "AlarmName": "ssh", "MetricName": "SshRejected", "Namespace": "Flow",
            "Statistic": "Sum", "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 10.0,
            "Period": 3600, "EvaluationPeriods": 1, "ActionsEnabled": True, "AlarmActions": [TOPIC],
            "Dimensions": [{"Name": "d", "Value": "v"}], "TreatMissingData": "notBreaching", "Metrics": [{
                "Id": "m", "ReturnData": True, "MetricStat": {
                    "Metric": {"MetricName": "SshRejected", "Namespace": "Flow", "Dimensions": []},
                    "Period": 60, "Stat": "Sum"}}]}]),
        reply("cloudwatch:DescribeInsightRules", InsightRules=[{
            "Name": "talkers", "State": "ENABLED", "Definition": "{}"}]),
        reply("sns:GetTopicAttributes", TOPIC, Attributes={"TopicArn": TOPIC, "KmsMasterKeyId": "alias/aws/sns"}),
        reply("sns:ListSubscriptionsByTopic", TOPIC, Subscriptions=[
            {"SubscriptionArn": f"{TOPIC}:1", "Protocol": "email", "Endpoint": "a@example.com"},
            {"SubscriptionArn": "PendingConfirmation", "Protocol": "email", "Endpoint": "b@example.com"}]),
        reply("observabilityadmin:ListTelemetryRules", TelemetryRuleSummaries=[{
            "RuleArn": RULE, "RuleName": "vpcs", "ResourceType": "AWS::EC2::VPC", "TelemetryType": "Logs"}]),
        reply("observabilityadmin:GetTelemetryRule", RULE, RuleName="vpcs", RuleArn=RULE, HomeRegion=REGION,
              IsReplicated=False, RegionStatuses=[{"Region": "us-east-1", "Status": "ACTIVE"}], TelemetryRule={
                  "ResourceType": "AWS::EC2::VPC", "TelemetryType": "Logs", "Regions": ["us-east-1"]}),
        reply("observabilityadmin:ListTelemetryRulesForOrganization", TelemetryRuleSummaries=[{
            "RuleArn": WIDE, "RuleName": "all", "ResourceType": "AWS::EC2::VPC", "TelemetryType": "Logs"}]),
        reply("observabilityadmin:GetTelemetryRuleForOrganization", WIDE, RuleName="all", RuleArn=WIDE, TelemetryRule={
            "ResourceType": "AWS::EC2::VPC", "TelemetryType": "Logs", "Scope": "ou-abcd-11111111",
            "SelectionCriteria": "resourceTags.env = 'prod'", "AllRegions": True}),
    ]  # fmt: skip


def _athena() -> list[Reply]:
    columns = [{"Name": "version", "Type": "int"}, {"Name": "account_id", "Type": "string"}]
    return [
        reply("glue:GetDatabases", DatabaseList=[{"Name": "net"}]),
        reply("glue:GetTables", "net", TableList=[{
            "Name": "flow", "DatabaseName": "net", "TableType": "EXTERNAL_TABLE",
            "Parameters": {"skip.header.line.count": "1"}, "PartitionKeys": [{"Name": "day", "Type": "string"}],
            "StorageDescriptor": {
                "Location": "s3://logs/net/", "Columns": columns, "InputFormat": "text",
                "SerdeInfo": {"SerializationLibrary": "lazy", "Parameters": {"field.delim": " "}}}}]),
        reply("athena:ListWorkGroups", WorkGroups=[{"Name": "primary", "State": "ENABLED"}]),
        reply("athena:GetWorkGroup", "primary", WorkGroup={"Name": "primary", "State": "ENABLED", "Configuration": {
            "BytesScannedCutoffPerQuery": 10000000, "ResultConfiguration": {"OutputLocation": "s3://r/"}}}),
    ]  # fmt: skip
