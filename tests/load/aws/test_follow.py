"""What is asked next: every listing first, then what the answers name, each once."""

from __future__ import annotations

import pytest

from checker.load.aws.call import GLOBAL, Failure, Group, Reply, Request
from checker.load.aws.calls import calls_in
from checker.load.aws.follow import bucket_region, next_requests
from checker.load.aws.view import Named
from checker.model.record import replace
from tests.load.aws.made import ACCOUNT, AT, EVERYTHING, OTHER, REGION, failed, flow_log, reply, store, to_group

LISTED = reply("s3:ListBuckets", Buckets=[{"Name": "logs"}])


def asked(
    *replies: Reply, groups: tuple[Group, ...] = (Group.DESTINATION,), account: str = ACCOUNT,
    scopes: tuple[tuple[str, str], ...] = ((ACCOUNT, REGION),), named: tuple[Named, ...] = ()
) -> list[str]:  # fmt: skip
    """What is asked beside the listings: ``service:Operation resource``."""
    listings = {(call.service, call.operation) for call in calls_in(groups) if not call.per}
    regions = [region for owner, region in scopes if owner == account]
    return [
        f"{each.service}:{each.operation} {each.resource}"
        for each in next_requests(store(*replies, scopes=scopes), account, regions, groups, named)
        if (each.service, each.operation) not in listings
    ]


def test_the_listings_of_the_groups_are_asked_first_in_every_region_and_once_where_they_are_global() -> None:
    found = next_requests(store(), ACCOUNT, ["eu-west-1", "us-east-1"], [Group.NETWORK, Group.DESTINATION])
    places = [(each.region, each.operation) for each in found]
    assert places.count(("eu-west-1", "DescribeVpcs")) == 1
    assert places.count(("us-east-1", "DescribeVpcs")) == 1
    assert [place for place in places if place[1] == "ListBuckets"] == [(GLOBAL, "ListBuckets")]
    assert not [each for each in found if each.resource is not None]
    assert not [each for each in found if each.service in ("organizations", "sts", "glue")]


def test_nothing_is_asked_twice() -> None:
    first = next_requests(store(), ACCOUNT, [REGION], [Group.NETWORK])
    answered = [failed(f"{each.service}:{each.operation}") for each in first]
    assert next_requests(store(*answered), ACCOUNT, [REGION], [Group.NETWORK]) == []


def test_a_bucket_is_asked_by_its_owner_and_first_where_it_lies() -> None:
    logs = reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(), flow_log(FlowLogId="fl-2", ResourceId="vpc-2")])
    assert asked(logs, LISTED) == ["s3:GetBucketLocation logs"]
    location = reply("s3:GetBucketLocation", "logs", LocationConstraint="eu-central-1")
    found = [
        each
        for each in next_requests(store(logs, LISTED, location), ACCOUNT, [REGION], [Group.DESTINATION])
        if each.service == "s3" and each.resource is not None
    ]
    assert {each.at for each in found} == {"eu-central-1"}
    assert len(found) == 7


def test_a_bucket_waits_until_every_account_told_its_buckets() -> None:
    logs = reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log()])
    both = ((ACCOUNT, REGION), (OTHER, REGION))
    assert asked(logs, reply("s3:ListBuckets", Buckets=[]), scopes=both) == []
    theirs = reply("s3:ListBuckets", account=OTHER, Buckets=[{"Name": "logs"}])
    mine = reply("s3:ListBuckets", Buckets=[])
    assert asked(logs, mine, theirs, scopes=both) == []
    assert asked(logs, mine, theirs, scopes=both, account=OTHER) == ["s3:GetBucketLocation logs"]
    denied = failed("s3:ListBuckets", account=OTHER)
    assert asked(logs, mine, denied, scopes=both) == ["s3:GetBucketLocation logs"]
    assert asked(logs, mine, denied, scopes=both, account=OTHER) == []


@pytest.mark.parametrize(
    ("constraint", "region"),
    [(None, "us-east-1"), ("", "us-east-1"), ("EU", "eu-west-1"), ("cn-north-1", "cn-north-1")],
)
def test_a_location_constraint_is_a_region(constraint: str | None, region: str) -> None:
    assert bucket_region(reply("s3:GetBucketLocation", "b", LocationConstraint=constraint)) == region


def test_a_location_that_was_denied_is_no_region() -> None:
    assert bucket_region(failed("s3:GetBucketLocation", "b")) is None


def test_a_log_group_leads_to_its_key_and_the_role_to_its_policies() -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
    logs = reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(**to_group())])
    group = reply("logs:DescribeLogGroups", "/vpc", logGroups=[
        {"logGroupName": "/vpc", "kmsKeyId": key}, {"logGroupName": "/vpc2", "kmsKeyId": "other"}])  # fmt: skip
    assert asked(logs, LISTED) == [
        "logs:DescribeLogGroups /vpc", "iam:GetRole flow", "iam:ListAttachedRolePolicies flow",
        "iam:ListRolePolicies flow",
    ]  # fmt: skip
    limit = {"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/Limit"}
    more = asked(
        logs, LISTED, group,
        reply("iam:GetRole", "flow", Role={"Arn": "a", "PermissionsBoundary": limit}),
        reply("iam:ListRolePolicies", "flow", PolicyNames=["write"]),
        reply("iam:ListAttachedRolePolicies", "flow", AttachedPolicies=[{"PolicyArn": "arn:aws:iam::aws:policy/Logs"}]),
        reply("iam:GetPolicy", "arn:aws:iam::aws:policy/Logs", Policy={"DefaultVersionId": "v7"}),
        reply("kms:DescribeKey", key, KeyMetadata={"Arn": key, "KeyManager": "CUSTOMER"}),
    )  # fmt: skip
    assert set(more) == {
        "iam:GetRolePolicy flow|write", "iam:GetPolicy arn:aws:iam::aws:policy/Limit",
        "iam:GetPolicyVersion arn:aws:iam::aws:policy/Logs|v7", f"kms:GetKeyPolicy {key}",
        f"kms:GetKeyRotationStatus {key}", f"kms:ListResourceTags {key}",
        f"logs:ListTagsForResource arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/vpc",
    }  # fmt: skip


def test_a_role_or_group_of_an_account_that_is_not_scanned_is_not_asked() -> None:
    logs = reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(**to_group(account=OTHER))])
    assert asked(logs, LISTED) == []


def test_requests_grow_with_destinations_not_with_flow_logs() -> None:
    rows = [flow_log(FlowLogId=f"fl-{n}", ResourceId=f"vpc-{n}", **to_group()) for n in range(500)]
    assert len(asked(reply("ec2:DescribeFlowLogs", FlowLogs=rows), LISTED)) == 4


def test_filters_lead_to_alarms_topics_and_subscriptions() -> None:
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
    logs = reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(**to_group())])
    metric = {"metricNamespace": "Vpc", "metricName": "Rejected|Ssh"}
    found = asked(
        logs,
        reply("logs:DescribeMetricFilters", "/vpc", metricFilters=[{"metricTransformations": [metric]}]),
        reply("cloudwatch:DescribeAlarmsForMetric", "Vpc", "Rejected|Ssh",
              MetricAlarms=[{"AlarmActions": [topic, "arn:aws:lambda:x:1:function:f"]}]),
        groups=(Group.MONITORING,),
    )  # fmt: skip
    assert sorted(found) == [
        "logs:DescribeSubscriptionFilters /vpc",
        f"sns:GetTopicAttributes {topic}",
        f"sns:ListSubscriptionsByTopic {topic}",
    ]


def test_a_topic_of_another_account_is_asked_there() -> None:
    topic = f"arn:aws:sns:{REGION}:{OTHER}:alerts"
    alarms = reply("cloudwatch:DescribeAlarmsForMetric", "Vpc", "Rejected", MetricAlarms=[{"AlarmActions": [topic]}])
    both = ((ACCOUNT, REGION), (OTHER, REGION))
    assert asked(alarms, groups=(Group.MONITORING,), scopes=both) == []
    assert asked(alarms, groups=(Group.MONITORING,), scopes=both, account=OTHER) == [
        f"sns:GetTopicAttributes {topic}", f"sns:ListSubscriptionsByTopic {topic}",
    ]  # fmt: skip


def test_prefix_lists_are_read_only_where_a_rule_or_route_names_them() -> None:
    rules = reply("ec2:DescribeSecurityGroupRules", SecurityGroupRules=[{"PrefixListId": "pl-1"}, {"CidrIpv4": "x"}])
    routes = reply("ec2:DescribeRouteTables", RouteTables=[{"Routes": [{"DestinationPrefixListId": "pl-2"}]}])
    groups = reply("ec2:DescribeSecurityGroups", SecurityGroups=[
        {"IpPermissions": [{"PrefixListIds": [{"PrefixListId": "pl-3"}]}]}])  # fmt: skip
    assert asked(rules, routes, groups, groups=(Group.FIREWALL,)) == [
        f"ec2:GetManagedPrefixListEntries pl-{n}" for n in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("options", "day"),
    [
        ({}, f"net/AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/2026/03/04/"),
        (
            {"DestinationOptions": {"HiveCompatiblePartitions": True}},
            f"net/AWSLogs/aws-account-id={ACCOUNT}/aws-service=vpcflowlogs/aws-region={REGION}/year=2026/month=03/day=04/",
        ),
    ],
)
def test_freshness_looks_at_the_days_folder_of_the_log(options: dict[str, object], day: str) -> None:
    logs = reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(**options)])
    found = asked(logs, LISTED, groups=(Group.FRESHNESS,))
    assert f"s3:ListObjectsV2 logs|{day}" in found
    assert len(found) == 2
    group = reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(**to_group())])
    assert asked(group, LISTED, groups=(Group.FRESHNESS,)) == ["logs:DescribeLogStreams /vpc"]


def test_freshness_waits_for_the_buckets_region() -> None:
    logs = reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log()])
    groups = (Group.DESTINATION, Group.FRESHNESS)
    assert asked(logs, LISTED, groups=groups) == ["s3:GetBucketLocation logs"]
    for location, at in (
        (reply("s3:GetBucketLocation", "logs", LocationConstraint="EU"), "eu-west-1"),
        (failed("s3:GetBucketLocation", "logs"), None),
    ):
        found = next_requests(store(logs, LISTED, location), ACCOUNT, [REGION], groups)
        assert [each.at for each in found if each.operation == "ListObjectsV2"] == [at, at]


ANSWERS = (
    LISTED,
    reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(), flow_log(FlowLogId="fl-2", **to_group())]),
    reply("s3:GetBucketEncryption", "logs", ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"KMSMasterKeyID": "alias/logs"}}]}),
    reply("s3:GetBucketLocation", "logs", LocationConstraint=REGION),
    reply("kms:DescribeKey", "alias/logs", KeyMetadata={"Arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k",
                                                        "KeyManager": "CUSTOMER"}),
    reply("iam:ListRolePolicies", "flow", PolicyNames=["write"]),
    reply("logs:DescribeMetricFilters", "/vpc", metricFilters=[
        {"metricTransformations": [{"metricNamespace": "Vpc", "metricName": "Ssh"}]}]),
    reply("cloudwatch:DescribeAlarmsForMetric", "Vpc", "Ssh", MetricAlarms=[
        {"AlarmActions": [f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"]}]),
    reply("glue:GetDatabases", DatabaseList=[{"Name": "logs"}]),
    reply("athena:ListWorkGroups", WorkGroups=[{"Name": "primary"}]),
    reply("ec2:DescribeRouteTables", RouteTables=[{"Routes": [{"DestinationPrefixListId": "pl-1"}]}]),
)  # fmt: skip


@pytest.mark.parametrize("answers", [ANSWERS, ()], ids=["answered", "all denied"])
def test_a_run_comes_to_an_end_asks_nothing_twice_and_only_what_is_in_the_table(answers: tuple[Reply, ...]) -> None:
    known = {each.request: each for each in answers}
    made = store()
    asked_for: list[Request] = []
    rounds = 0
    while found := next_requests(made, ACCOUNT, [REGION], EVERYTHING):
        rounds += 1
        asked_for += found
        for request in found:
            plain = replace(request, at=None)
            denied = Reply(
                request=request, response=None, failure=Failure(code="AccessDenied", message=""), requested_at=AT
            )
            made.put(replace(known[plain], request=request) if plain in known else denied)
    assert len(asked_for) == len(set(asked_for))
    assert {replace(each, at=None) for each in asked_for} >= set(known)
    assert {(each.service, each.operation) for each in asked_for} <= {
        (call.service, call.operation) for call in calls_in(EVERYTHING)
    }
    assert rounds <= 6


@pytest.mark.parametrize("odd", [None, [], "text", 3, [None], [{"LogDestination": 3}], [{"LogDestination": "arn:x"}]])
def test_odd_responses_are_passed_over(odd: object) -> None:
    assert asked(reply("ec2:DescribeFlowLogs", FlowLogs=odd), LISTED) == []


def test_the_role_of_a_subscription_filter_is_read() -> None:
    logs = reply("ec2:DescribeFlowLogs", FlowLogs=[{**flow_log(**to_group()), "DeliverLogsPermissionArn": None}])
    role = f"arn:aws:iam::{ACCOUNT}:role/to-kinesis"
    filters = reply("logs:DescribeSubscriptionFilters", "/vpc", subscriptionFilters=[{"roleArn": role}])
    found = asked(logs, LISTED, filters, groups=(Group.DESTINATION, Group.MONITORING))
    assert "iam:GetRole to-kinesis" in found
    assert not [each for each in asked(logs, LISTED, filters, groups=(Group.MONITORING,)) if each.startswith("iam:")]


def test_destinations_that_only_a_plan_names_are_read_too() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/flow"
    bucket = Named(kind="s3", arn="arn:aws:s3:::logs")
    group = Named(
        kind="cloud-watch-logs", arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/vpc", roles=(role, "aws_iam_role.a")
    )
    assert asked(LISTED, named=(bucket,)) == ["s3:GetBucketLocation logs"]
    assert sorted(asked(LISTED, named=(group,))) == [
        "iam:GetRole flow", "iam:ListAttachedRolePolicies flow", "iam:ListRolePolicies flow",
        "logs:DescribeLogGroups /vpc",
    ]  # fmt: skip
    assert asked(named=(group,), groups=(Group.MONITORING,)) == [
        "logs:DescribeMetricFilters /vpc",
        "logs:DescribeSubscriptionFilters /vpc",
    ]
    assert asked(LISTED, named=(bucket, group), groups=(Group.FRESHNESS,)) == []


def test_of_several_accounts_only_the_owner_reads_a_bucket_that_a_plan_names() -> None:
    both = ((ACCOUNT, REGION), (OTHER, REGION))
    theirs = reply("s3:ListBuckets", account=OTHER, Buckets=[{"Name": "theirs"}])
    for name, mine, other in (("logs", True, False), ("theirs", False, True), ("nobodys", False, False)):
        bucket = (Named(kind="s3", arn=f"arn:aws:s3:::{name}"),)
        wanted = [f"s3:GetBucketLocation {name}"]
        assert (asked(LISTED, theirs, named=bucket, scopes=both) == wanted) is mine
        assert (asked(LISTED, theirs, named=bucket, scopes=both, account=OTHER) == wanted) is other
    alone = asked(LISTED, named=(Named(kind="s3", arn="arn:aws:s3:::nobodys"),))
    assert alone == ["s3:GetBucketLocation nobodys"]


def test_what_a_telemetry_rule_on_vpcs_is_for_is_asked_and_not_of_others() -> None:
    rows = [
        {"RuleArn": "arn:1", "ResourceType": "AWS::EC2::VPC"},
        {"RuleArn": "arn:2", "ResourceType": "AWS::EKS::Cluster"},
        {"RuleArn": "arn:3"},
        {"ResourceType": "AWS::EC2::VPC"},
    ]
    own = reply("observabilityadmin:ListTelemetryRules", TelemetryRuleSummaries=rows)
    wide = reply("observabilityadmin:ListTelemetryRulesForOrganization", TelemetryRuleSummaries=rows[:1])
    assert asked(own, wide, groups=(Group.MONITORING,)) == [
        "observabilityadmin:GetTelemetryRule arn:1",
        "observabilityadmin:GetTelemetryRule arn:3",
        "observabilityadmin:GetTelemetryRuleForOrganization arn:1",
    ]
