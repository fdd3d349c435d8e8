"""What hangs on flow logs, every field filled, so that a test says only what it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from checker.model.model import NetworkModel, Unread
from checker.model.monitoring import (
    Alarm,
    AthenaWorkgroup,
    GlueTable,
    InsightRule,
    MetricFilter,
    SubscriptionFilter,
    Topic,
    TopicSubscription,
)
from tests.rules.build import _with, flow_log, log_group, model, role, to_group

DEFAULT_PATTERN = (
    '[version, account, eni, source, destination, srcport, destport="22" || destport="3389", protocol="6", packets, '
    'bytes, windowstart, windowend, action="REJECT", flowlogstatus]'
)
"""The pattern of the VPC User Guide, for both ports."""

_PARTS: dict[type, str] = {
    MetricFilter: "metric_filters",
    Alarm: "alarms",
    Topic: "topics",
    TopicSubscription: "topic_subscriptions",
    InsightRule: "insight_rules",
    SubscriptionFilter: "subscription_filters",
    GlueTable: "glue_tables",
    AthenaWorkgroup: "athena_workgroups",
}


def metric_filter(address: str = "aws_cloudwatch_log_metric_filter.a", **over: Any) -> MetricFilter:
    defaults = {
        "name": "rejected",
        "log_group": "aws_cloudwatch_log_group.logs",
        "pattern": DEFAULT_PATTERN,
        "metric_name": "rejected",
        "metric_namespace": "net",
        "metric_value": "1",
        "default_value": None,
        "unit": None,
        "dimensions": {},
    }
    made: MetricFilter = _with(MetricFilter, address, defaults, over)
    return made


def alarm(address: str = "aws_cloudwatch_metric_alarm.a", **over: Any) -> Alarm:
    """The alarm of the VPC User Guide: ten in an hour."""
    defaults = {
        "name": "rejected",
        "metric_name": "rejected",
        "metric_namespace": "net",
        "statistic": "Sum",
        "comparison": "GreaterThanOrEqualToThreshold",
        "threshold": 10.0,
        "period": 3600,
        "actions_enabled": True,
        "alarm_actions": ("aws_sns_topic.a",),
        "extended_statistic": None,
        "unit": None,
        "dimensions": {},
        "evaluation_periods": 1,
        "datapoints_to_alarm": None,
        "treat_missing_data": "missing",
        "queries": (),
    }
    made: Alarm = _with(Alarm, address, defaults, over)
    return made


def topic(address: str = "aws_sns_topic.a", **over: Any) -> Topic:
    made: Topic = _with(Topic, address, {"name": "alerts", "kms_key": None}, over)
    return made


def subscription(address: str = "aws_sns_topic_subscription.a", **over: Any) -> TopicSubscription:
    defaults = {"topic": "aws_sns_topic.a", "protocol": "sqs", "endpoint": "arn:aws:sqs:x", "confirmed": True}
    made: TopicSubscription = _with(TopicSubscription, address, defaults, over)
    return made


def insight_rule(address: str = "aws_cloudwatch_contributor_insight_rule.a", **over: Any) -> InsightRule:
    made: InsightRule = _with(InsightRule, address, {"name": "top", "enabled": True, "definition": "{}"}, over)
    return made


def subscription_filter(address: str = "aws_cloudwatch_log_subscription_filter.a", **over: Any) -> SubscriptionFilter:
    defaults = {
        "name": "stream",
        "log_group": "aws_cloudwatch_log_group.logs",
        "pattern": "",
        "destination": "arn:aws:kinesis:eu-west-1:111122223333:stream/rejects",
        "role": "aws_iam_role.logs",
    }
    made: SubscriptionFilter = _with(SubscriptionFilter, address, defaults, over)
    return made


def glue_table(address: str = "aws_glue_catalog_table.a", **over: Any) -> GlueTable:
    defaults: dict[str, Any] = {
        "database": "net",
        "name": "flow",
        "location": "s3://logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/",
        "columns": (),
        "partition_keys": (),
        "parameters": {"skip.header.line.count": "1"},
        "input_format": "org.apache.hadoop.mapred.TextInputFormat",
        "serde": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "serde_parameters": {"field.delim": " "},
        "table_type": "EXTERNAL_TABLE",
    }
    made: GlueTable = _with(GlueTable, address, defaults, over)
    return made


def workgroup(address: str = "aws_athena_workgroup.a", **over: Any) -> AthenaWorkgroup:
    defaults = {"name": "net", "enabled": True, "output_location": "s3://results/", "bytes_scanned_cutoff": None}
    made: AthenaWorkgroup = _with(AthenaWorkgroup, address, defaults, over)
    return made


def network(*entities: Any, unread: tuple[Unread, ...] = ()) -> NetworkModel:
    """A model of these entities, monitoring included."""
    plain = [each for each in entities if type(each) not in _PARTS]
    parts = {
        part: tuple(sorted((each for each in entities if type(each) is kind), key=lambda each: each.key))
        for kind, part in _PARTS.items()
    }
    return replace(model(*plain, unread=unread), **parts)


GROUP = log_group()
LOG = flow_log(destination=to_group(), role="aws_iam_role.logs", log_format=None)
"""A log in the default format to the group."""
ROLE = role()
