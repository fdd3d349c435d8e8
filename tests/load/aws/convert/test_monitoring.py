"""Filters, alarms, topics, rules and tables from responses."""

from __future__ import annotations

from typing import Any

import pytest

from checker.model.flow_log import TelemetryRule
from checker.model.known import Unknown
from checker.model.monitoring import Alarm, MetricFilter, Topic
from tests.load.aws.made import ACCOUNT, REGION, failed, network, reply

GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/vpc"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
METRIC = {"metricName": "Ssh", "metricNamespace": "Flow", "metricValue": "1"}


def metric_filter(**metric: Any) -> MetricFilter:
    row = {"filterName": "ssh", "filterPattern": "[a]", "metricTransformations": [{**METRIC, **metric}]}
    (found,) = network(reply("logs:DescribeMetricFilters", "/vpc", metricFilters=[row])).metric_filters
    return found


@pytest.mark.parametrize(
    ("members", "field", "value"),
    [
        ({}, "default_value", None),
        ({"defaultValue": 0.0}, "default_value", "0"),
        ({"defaultValue": 1000000}, "default_value", "1000000"),
        ({"defaultValue": 0.5}, "default_value", "0.5"),
        ({"unit": "None"}, "unit", None),
        ({"unit": "Count"}, "unit", "Count"),
        ({"dimensions": {"b": "$srcaddr", "a": "$eni"}}, "dimensions", {"a": "$eni", "b": "$srcaddr"}),
        ({}, "log_group", GROUP),
        ({}, "metric_namespace", "Flow"),
    ],
)
def test_a_metric_filter_reads_as_terraform_writes_it(members: dict[str, Any], field: str, value: object) -> None:
    assert getattr(metric_filter(**members), field) == value


@pytest.mark.parametrize(
    ("members", "field"),
    [({"defaultValue": "x"}, "default_value"), ({"metricName": 3}, "metric_name"), ({"dimensions": []}, "dimensions")],
)
def test_an_odd_member_of_a_metric_is_unknown(members: dict[str, Any], field: str) -> None:
    assert isinstance(getattr(metric_filter(**members), field), Unknown)


def test_a_filter_that_does_not_tell_its_metrics_leaves_the_kind_in_doubt() -> None:
    model = network(reply("logs:DescribeMetricFilters", "/vpc", metricFilters=[{"filterName": "ssh"}]))
    assert model.metric_filters == ()
    assert model.unread_for("aws_cloudwatch_log_metric_filter", f"{ACCOUNT}/{REGION}") is not None


def alarm(**members: Any) -> Alarm:
    row = {"AlarmArn": "arn:aws:cloudwatch:x", "AlarmName": "ssh", "ComparisonOperator": "GreaterThanThreshold",
           "Threshold": 1, **members}  # fmt: skip
    replies = [reply("cloudwatch:DescribeAlarmsForMetric", "Flow", name, MetricAlarms=[row]) for name in ("Ssh", "Rdp")]
    (found,) = network(*replies).alarms
    return found


@pytest.mark.parametrize(
    ("members", "field", "value"),
    [
        ({}, "threshold", 1.0),
        ({}, "actions_enabled", True),
        ({"ActionsEnabled": False}, "actions_enabled", False),
        ({"AlarmActions": ["b", "a", "a"]}, "alarm_actions", ("a", "b")),
        ({}, "treat_missing_data", "missing"),
        (
            {"Dimensions": [{"Name": "b", "Value": "1"}, {"Name": "a", "Value": "2"}]},
            "dimensions",
            {"a": "2", "b": "1"},
        ),
        ({"ExtendedStatistic": "p99"}, "extended_statistic", "p99"),
        ({"Unit": "None"}, "unit", None),
    ],
)
def test_an_alarm_on_two_metrics_of_filters_is_one_alarm(members: dict[str, Any], field: str, value: object) -> None:
    assert getattr(alarm(**members), field) == value


def test_the_queries_of_an_alarm_are_sorted_and_know_what_they_watch() -> None:
    stat = {"Metric": {"MetricName": "Ssh", "Namespace": "Flow"}, "Period": 60, "Stat": "Sum", "Unit": "None"}
    found = alarm(
        Metrics=[{"Id": "m", "MetricStat": stat, "ReturnData": False}, {"Id": "e", "Expression": "m*1", "Period": 300}]
    )
    assert not isinstance(found.queries, Unknown)
    first, second = found.queries
    assert not isinstance(first, Unknown)
    assert not isinstance(second, Unknown)
    assert (first.id, first.expression, first.period, first.return_data, first.metric_name) == (
        "e", "m*1", 300, True, None,
    )  # fmt: skip
    assert (second.id, second.metric_name, second.statistic, second.period, second.unit, second.return_data) == (
        "m", "Ssh", "Sum", 60, None, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"AlarmActions": "x"}, "alarm_actions"),
        ({"AlarmActions": [3]}, "alarm_actions"),
        ({"Dimensions": [{"Value": "v"}]}, "dimensions"),
        ({"Metrics": [3]}, "queries"),
        ({"ComparisonOperator": None}, "comparison"),
        ({"Threshold": "ten"}, "threshold"),
    ],
)
def test_an_odd_member_of_an_alarm_is_unknown(members: dict[str, Any], field: str) -> None:
    assert isinstance(getattr(alarm(**members), field), Unknown)


def test_pending_subscriptions_are_there_unconfirmed_each_with_a_key_of_its_own() -> None:
    rows = [
        {"SubscriptionArn": f"{TOPIC}:1", "Protocol": "email", "Endpoint": "a@example.com"},
        {"SubscriptionArn": "PendingConfirmation", "Protocol": "email", "Endpoint": "b@example.com"},
        {"SubscriptionArn": "PendingConfirmation", "Protocol": "email", "Endpoint": "b@example.com"},
        {"SubscriptionArn": "Deleted", "Protocol": "https", "Endpoint": "https://example.com"},
    ]
    found = network(reply("sns:ListSubscriptionsByTopic", TOPIC, Subscriptions=rows)).topic_subscriptions
    assert [(each.topic, each.confirmed) for each in found] == [
        (TOPIC, each == f"{TOPIC}:1") for each in sorted(each.key for each in found)
    ]
    assert len({each.key for each in found}) == 4


def topic(*, key: Any) -> Topic:
    (found,) = network(reply("sns:GetTopicAttributes", TOPIC, Attributes={"KmsMasterKeyId": key})).topics
    return found


@pytest.mark.parametrize(
    ("key", "arn"),
    [
        (None, None),
        ("alias/aws/sns", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/sns"),
        ("k-1", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k-1"),
    ],
)
def test_the_key_of_a_topic(key: str | None, arn: str | None) -> None:
    assert topic(key=key).kms_key == arn
    assert topic(key=key).name == "alerts"


def test_a_topic_that_does_not_exist_is_absent() -> None:
    model = network(failed("sns:GetTopicAttributes", TOPIC, code="NotFound"))
    assert model.topics == ()
    assert model.absent_for(TOPIC) is not None


def test_what_a_listing_of_telemetry_rules_does_not_tell_is_unknown() -> None:
    row = {"RuleArn": "arn:1", "RuleName": "vpcs", "ResourceType": "AWS::EC2::VPC", "TelemetryType": "Logs"}
    one, two = network(
        reply("observabilityadmin:ListTelemetryRules", TelemetryRuleSummaries=[row]),
        reply("observabilityadmin:ListTelemetryRulesForOrganization",
              TelemetryRuleSummaries=[{**row, "RuleArn": "arn:2"}]),
    ).telemetry_rules  # fmt: skip
    assert (one.organization_wide, two.organization_wide) == (False, True)
    assert (one.resource_type, one.telemetry_type, one.id) == ("AWS::EC2::VPC", "Logs", "vpcs")
    assert all(isinstance(fact, Unknown) for fact in (one.selection_criteria, one.scope, one.regions))


@pytest.mark.parametrize(
    ("columns", "known"),
    [
        ([{"Name": "version", "Type": "int"}], (("version", "int"),)),
        ([{"Name": "version"}], (("version", ""),)),
        ([], ()),
        ([{"Type": "int"}], None),
        (["version"], None),
        ("version", None),
    ],
)
def test_one_column_that_cannot_be_read_leaves_the_order_in_doubt(columns: Any, known: object) -> None:
    table = {"Name": "flow", "DatabaseName": "net", "StorageDescriptor": {"Columns": columns}}
    (found,) = network(reply("glue:GetTables", "net", TableList=[table])).glue_tables
    assert isinstance(found.columns, Unknown) if known is None else found.columns == known


def test_a_workgroup_of_which_only_the_name_can_be_read() -> None:
    groups = reply("athena:ListWorkGroups", WorkGroups=[{"Name": "primary", "State": "DISABLED"}])
    (denied,) = network(groups, failed("athena:GetWorkGroup", "primary")).athena_workgroups
    assert denied.enabled is False
    assert isinstance(denied.output_location, Unknown)
    (bare,) = network(groups, reply("athena:GetWorkGroup", "primary", WorkGroup={"Name": "primary"})).athena_workgroups
    assert (bare.output_location, bare.bytes_scanned_cutoff) == (None, None)


SUMMARY = {"RuleArn": "arn:1", "RuleName": "vpcs", "ResourceType": "AWS::EC2::VPC", "TelemetryType": "Logs"}
COPIES = [{"Region": "us-east-1", "Status": "ACTIVE"}, {"Region": "us-west-2", "Status": "FAILED"}]


def telemetry_rule(rule: object, **members: Any) -> TelemetryRule:
    listed = reply("observabilityadmin:ListTelemetryRules", TelemetryRuleSummaries=[SUMMARY])
    detail = reply("observabilityadmin:GetTelemetryRule", "arn:1", TelemetryRule=rule, **members)
    (found,) = network(listed, detail).telemetry_rules
    return found


@pytest.mark.parametrize(
    ("rule", "members", "criteria", "scope", "regions"),
    [
        pytest.param({}, {}, None, None, (), id="everything-here"),
        pytest.param({"SelectionCriteria": "a = b", "Scope": "ou-1"}, {}, "a = b", "ou-1", (), id="some"),
        pytest.param({"SelectionCriteria": "", "Scope": ""}, {}, None, None, (), id="empty-is-unset"),
        pytest.param({"Regions": ["us-west-2", "us-east-1"]}, {}, None, None, ("us-east-1", "us-west-2"), id="copied"),
        pytest.param({"Regions": ["us-west-2", "us-east-1"]}, {"RegionStatuses": COPIES}, None, None, ("us-east-1",),
                     id="a-copy-failed"),
        pytest.param({"AllRegions": True}, {}, None, None, None, id="everywhere"),
        pytest.param({"AllRegions": True}, {"RegionStatuses": COPIES[:1]}, None, None, None, id="everywhere-well"),
        pytest.param({"AllRegions": True}, {"RegionStatuses": COPIES}, None, None, ("us-east-1",),
                     id="everywhere-but-one"),
    ],
)  # fmt: skip
def test_a_telemetry_rule_tells_what_it_is_for(
    rule: dict[str, Any], members: dict[str, Any], criteria: str | None, scope: str | None, regions: object
) -> None:
    found = telemetry_rule(rule, **members)
    assert (found.selection_criteria, found.scope, found.regions) == (criteria, scope, regions)


@pytest.mark.parametrize("rule", [None, "x", {"Regions": "x"}, {"AllRegions": "x"}])
def test_an_odd_telemetry_rule_is_not_known_to_be_for_anything(rule: object) -> None:
    assert isinstance(telemetry_rule(rule).regions, Unknown)


def test_a_telemetry_rule_that_may_not_be_read_says_why_and_a_deleted_one_is_none() -> None:
    listed = reply("observabilityadmin:ListTelemetryRules", TelemetryRuleSummaries=[SUMMARY])
    (denied,) = network(listed, failed("observabilityadmin:GetTelemetryRule", "arn:1")).telemetry_rules
    assert isinstance(denied.regions, Unknown) and "AccessDenied" in denied.regions.reason
    gone = failed("observabilityadmin:GetTelemetryRule", "arn:1", code="ResourceNotFoundException")
    assert network(listed, gone).telemetry_rules == ()
