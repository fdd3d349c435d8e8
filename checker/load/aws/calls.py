"""Every API call that flowcheck makes: the one table from which collecting, snapshots and the IAM policy come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.load.aws.call import Call, Group, Meaning

_DENIED_OWNER: Final = {"NoSuchBucket": Meaning.GONE}


def _ec2(operation: str, result: str, *feeds: str, group: Group = Group.NETWORK) -> Call:
    return Call(service="ec2", operation=operation, group=group, feeds=feeds, result=result)


def _bucket(operation: str, action: str, *, unset: str | None = None, result: str | None = None) -> Call:
    meanings = {**_DENIED_OWNER, **({unset: Meaning.UNSET} if unset else {})}
    return Call(service="s3", operation=operation, group=Group.DESTINATION, per=("Bucket",), result=result,
                regional=False, actions=(f"s3:{action}",), meanings=meanings)  # fmt: skip


def _role(operation: str, *more: str, result: str | None = None) -> Call:
    return Call(service="iam", operation=operation, group=Group.DESTINATION, per=("RoleName", *more), result=result,
                regional=False, meanings={"NoSuchEntity": Meaning.GONE})  # fmt: skip


def _managed_policy(operation: str, *more: str) -> Call:
    return Call(service="iam", operation=operation, group=Group.DESTINATION, per=("PolicyArn", *more),
                regional=False, meanings={"NoSuchEntity": Meaning.GONE})  # fmt: skip


def _key(operation: str, *, result: str | None = None, unset: str | None = None) -> Call:
    meanings = {"NotFoundException": Meaning.GONE, **({unset: Meaning.UNSET} if unset else {})}
    parameters = {"PolicyName": "default"} if operation == "GetKeyPolicy" else {}
    return Call(service="kms", operation=operation, group=Group.DESTINATION, per=("KeyId",), result=result,
                parameters=parameters, meanings=meanings)  # fmt: skip


def _telemetry_rule(operation: str) -> Call:
    return Call(service="observabilityadmin", operation=operation, group=Group.MONITORING, per=("RuleIdentifier",),
                meanings={"ResourceNotFoundException": Meaning.GONE})  # fmt: skip


_BASE: Final = (
    Call(service="sts", operation="GetCallerIdentity", group=Group.BASE, regional=False),
    Call(service="ec2", operation="DescribeRegions", group=Group.BASE, regional=False, result="Regions",
         parameters={"AllRegions": True}),
)  # fmt: skip

_NETWORK: Final = (
    _ec2("DescribeVpcs", "Vpcs", "aws_vpc", "aws_default_vpc"),
    _ec2("DescribeSubnets", "Subnets", "aws_subnet", "aws_default_subnet"),
    _ec2("DescribeNetworkInterfaces", "NetworkInterfaces", "aws_network_interface"),
    _ec2("DescribeInstances", "Reservations"),
    _ec2("DescribeNatGateways", "NatGateways", "aws_nat_gateway"),
    _ec2("DescribeTransitGateways", "TransitGateways", "aws_ec2_transit_gateway"),
    _ec2("DescribeTransitGatewayAttachments", "TransitGatewayAttachments", "aws_ec2_transit_gateway_vpc_attachment"),
    _ec2("DescribeTransitGatewayVpcAttachments", "TransitGatewayVpcAttachments"),
    _ec2("DescribeFlowLogs", "FlowLogs", "aws_flow_log"),
)

_FIREWALL: Final = (
    _ec2("DescribeSecurityGroups", "SecurityGroups", "aws_security_group", "aws_default_security_group",
         group=Group.FIREWALL),
    _ec2("DescribeSecurityGroupRules", "SecurityGroupRules", group=Group.FIREWALL),
    _ec2("DescribeNetworkAcls", "NetworkAcls", "aws_network_acl", "aws_default_network_acl", group=Group.FIREWALL),
    _ec2("DescribeManagedPrefixLists", "PrefixLists", "aws_ec2_managed_prefix_list", group=Group.FIREWALL),
    Call(service="ec2", operation="GetManagedPrefixListEntries", group=Group.FIREWALL, per=("PrefixListId",),
         result="Entries", meanings={"InvalidPrefixListID.NotFound": Meaning.GONE}),
    _ec2("DescribeRouteTables", "RouteTables", "aws_route_table", group=Group.FIREWALL),
    _ec2("DescribeInternetGateways", "InternetGateways", "aws_internet_gateway", group=Group.FIREWALL),
    Call(service="ec2", operation="DescribeVpcBlockPublicAccessOptions", group=Group.FIREWALL,
         feeds=("aws_vpc_block_public_access_options",)),
    _ec2("DescribeVpcBlockPublicAccessExclusions", "VpcBlockPublicAccessExclusions",
         "aws_vpc_block_public_access_exclusion", group=Group.FIREWALL),
    _ec2("DescribeVpcEncryptionControls", "VpcEncryptionControls", "aws_vpc_encryption_control", group=Group.FIREWALL),
)  # fmt: skip

_DESTINATION: Final = (
    Call(service="s3", operation="ListBuckets", group=Group.DESTINATION, regional=False, result="Buckets",
         actions=("s3:ListAllMyBuckets",)),
    _bucket("GetBucketLocation", "GetBucketLocation"),
    _bucket("GetBucketPolicy", "GetBucketPolicy", unset="NoSuchBucketPolicy"),
    _bucket("GetBucketEncryption", "GetEncryptionConfiguration",
            unset="ServerSideEncryptionConfigurationNotFoundError"),
    _bucket("GetPublicAccessBlock", "GetBucketPublicAccessBlock", unset="NoSuchPublicAccessBlockConfiguration"),
    _bucket("GetBucketVersioning", "GetBucketVersioning"),
    _bucket("GetBucketLifecycleConfiguration", "GetLifecycleConfiguration", unset="NoSuchLifecycleConfiguration"),
    _bucket("GetObjectLockConfiguration", "GetBucketObjectLockConfiguration",
            unset="ObjectLockConfigurationNotFoundError"),
    _bucket("GetBucketTagging", "GetBucketTagging", unset="NoSuchTagSet"),
    Call(service="s3control", operation="GetPublicAccessBlock", group=Group.DESTINATION, regional=False,
         feeds=("aws_s3_account_public_access_block",), actions=("s3:GetAccountPublicAccessBlock",),
         meanings={"NoSuchPublicAccessBlockConfiguration": Meaning.UNSET}),
    Call(service="logs", operation="DescribeLogGroups", group=Group.DESTINATION, per=("logGroupNamePrefix",),
         result="logGroups"),
    Call(service="logs", operation="ListTagsForResource", group=Group.DESTINATION, per=("resourceArn",),
         meanings={"ResourceNotFoundException": Meaning.GONE}),
    Call(service="logs", operation="DescribeResourcePolicies", group=Group.DESTINATION, result="resourcePolicies",
         feeds=("aws_cloudwatch_log_resource_policy",)),
    Call(service="firehose", operation="DescribeDeliveryStream", group=Group.DESTINATION, per=("DeliveryStreamName",),
         meanings={"ResourceNotFoundException": Meaning.GONE}),
    Call(service="firehose", operation="ListTagsForDeliveryStream", group=Group.DESTINATION,
         per=("DeliveryStreamName",), result="Tags", meanings={"ResourceNotFoundException": Meaning.GONE}),
    _role("GetRole"),
    _role("ListRolePolicies", result="PolicyNames"),
    _role("GetRolePolicy", "PolicyName"),
    _role("ListAttachedRolePolicies", result="AttachedPolicies"),
    _managed_policy("GetPolicy"),
    _managed_policy("GetPolicyVersion", "VersionId"),
    _key("DescribeKey"),
    _key("GetKeyPolicy"),
    _key("GetKeyRotationStatus", unset="UnsupportedOperationException"),
    _key("ListResourceTags", result="Tags"),
)  # fmt: skip

_FRESHNESS: Final = (
    Call(service="s3", operation="ListObjectsV2", group=Group.FRESHNESS, per=("Bucket", "Prefix"), result="Contents",
         regional=False, actions=("s3:ListBucket",), meanings=_DENIED_OWNER),
    Call(service="logs", operation="DescribeLogStreams", group=Group.FRESHNESS, per=("logGroupName",),
         parameters={"orderBy": "LastEventTime", "descending": True, "limit": 1}, result="logStreams",
         meanings={"ResourceNotFoundException": Meaning.GONE}),
)  # fmt: skip

_MONITORING: Final = (
    Call(service="logs", operation="DescribeMetricFilters", group=Group.MONITORING, per=("logGroupName",),
         result="metricFilters", feeds=("aws_cloudwatch_log_metric_filter",),
         meanings={"ResourceNotFoundException": Meaning.GONE}),
    Call(service="logs", operation="DescribeSubscriptionFilters", group=Group.MONITORING, per=("logGroupName",),
         result="subscriptionFilters", feeds=("aws_cloudwatch_log_subscription_filter",),
         meanings={"ResourceNotFoundException": Meaning.GONE}),
    Call(service="cloudwatch", operation="DescribeAlarmsForMetric", group=Group.MONITORING,
         per=("Namespace", "MetricName"), result="MetricAlarms", feeds=("aws_cloudwatch_metric_alarm",)),
    Call(service="cloudwatch", operation="DescribeInsightRules", group=Group.MONITORING, result="InsightRules",
         feeds=("aws_cloudwatch_contributor_insight_rule",)),
    Call(service="sns", operation="GetTopicAttributes", group=Group.MONITORING, per=("TopicArn",),
         meanings={"NotFound": Meaning.GONE}),
    Call(service="sns", operation="ListSubscriptionsByTopic", group=Group.MONITORING, per=("TopicArn",),
         result="Subscriptions", feeds=("aws_sns_topic_subscription",), meanings={"NotFound": Meaning.GONE}),
    Call(service="observabilityadmin", operation="ListTelemetryRules", group=Group.MONITORING,
         result="TelemetryRuleSummaries", feeds=("aws_observabilityadmin_telemetry_rule",)),
    _telemetry_rule("GetTelemetryRule"),
    Call(service="observabilityadmin", operation="ListTelemetryRulesForOrganization", group=Group.MONITORING,
         result="TelemetryRuleSummaries", feeds=("aws_observabilityadmin_telemetry_rule_for_organization",)),
    _telemetry_rule("GetTelemetryRuleForOrganization"),
)  # fmt: skip

_ATHENA: Final = (
    Call(service="glue", operation="GetDatabases", group=Group.ATHENA, result="DatabaseList",
         feeds=("aws_glue_catalog_table",)),
    Call(service="glue", operation="GetTables", group=Group.ATHENA, per=("DatabaseName",), result="TableList",
         feeds=("aws_glue_catalog_table",)),
    Call(service="athena", operation="ListWorkGroups", group=Group.ATHENA, result="WorkGroups",
         feeds=("aws_athena_workgroup",)),
    Call(service="athena", operation="GetWorkGroup", group=Group.ATHENA, per=("WorkGroup",)),
)  # fmt: skip

_ORGANIZATION: Final = (
    Call(service="organizations", operation="ListAccounts", group=Group.ORGANIZATION, regional=False,
         result="Accounts"),
    Call(service="organizations", operation="ListParents", group=Group.ORGANIZATION, regional=False,
         per=("ChildId",), result="Parents"),
    Call(service="organizations", operation="ListTagsForResource", group=Group.ORGANIZATION, regional=False,
         per=("ResourceId",), result="Tags"),
)  # fmt: skip

CALLS: Final[tuple[Call, ...]] = (
    *_BASE, *_NETWORK, *_FIREWALL, *_DESTINATION, *_FRESHNESS, *_MONITORING, *_ATHENA, *_ORGANIZATION,
)  # fmt: skip

_BY_NAME: Final = {(call.service, call.operation): call for call in CALLS}


def call_of(service: str, operation: str) -> Call:
    """Return the call of this name; raises KeyError for one that flowcheck does not make."""
    return _BY_NAME[service, operation]


def calls_in(groups: Iterable[Group]) -> tuple[Call, ...]:
    """Return the calls of some groups in table order; those of ``base`` always."""
    wanted = {Group.BASE, *groups}
    return tuple(call for call in CALLS if call.group in wanted)
