from __future__ import annotations

import pytest

from checker.model.known import Unknown
from tests.load.terraform.convert.instances import instance, model, ref

GROUP = instance("aws_cloudwatch_log_group.g", {"name": "flow"})
TOPIC = instance("aws_sns_topic.t", {"name": "alerts"})


def test_a_metric_filter_belongs_to_its_log_group():
    values = {
        "name": "ssh",
        "log_group_name": ref("aws_cloudwatch_log_group.g.name"),
        "pattern": "",
        "metric_transformation": [{"name": "rejected", "namespace": "flow", "value": "1"}],
    }
    found = model(GROUP, instance("aws_cloudwatch_log_metric_filter.f", values)).metric_filters[0]
    assert (found.log_group, found.pattern, found.name) == ("aws_cloudwatch_log_group.g", "", "ssh")
    assert (found.metric_name, found.metric_namespace, found.metric_value) == ("rejected", "flow", "1")


def test_a_metric_filter_on_another_group_and_without_metric_is_not_ours():
    found = model(
        GROUP, instance("aws_cloudwatch_log_metric_filter.f", {"name": "x", "log_group_name": "flow2"})
    ).metric_filters[0]
    assert found.log_group == "flow2"
    assert isinstance(found.metric_name, Unknown)


def test_an_alarm_names_the_topics_it_tells():
    values = {
        "alarm_name": "a",
        "comparison_operator": "GreaterThanThreshold",
        "threshold": 10,
        "period": 3600,
        "metric_name": "rejected",
        "namespace": "flow",
        "statistic": "Sum",
        "alarm_actions": [ref("aws_sns_topic.t.arn"), "arn:aws:sns:eu-west-1:1:other"],
    }
    found = model(TOPIC, instance("aws_cloudwatch_metric_alarm.a", values)).alarms[0]
    assert found.alarm_actions == ("arn:aws:sns:eu-west-1:1:other", "aws_sns_topic.t")
    assert (found.threshold, found.period, found.actions_enabled, found.statistic) == (10.0, 3600, True, "Sum")
    bare = model(instance("aws_cloudwatch_metric_alarm.a", {"alarm_name": "a", "actions_enabled": False})).alarms[0]
    assert (bare.alarm_actions, bare.actions_enabled, bare.metric_name) == ((), False, None)


def test_an_alarm_has_what_decides_when_it_rings():
    values = {
        "alarm_name": "a",
        "evaluation_periods": 3,
        "datapoints_to_alarm": 2,
        "treat_missing_data": "breaching",
        "extended_statistic": "p99",
        "unit": "Count",
        "dimensions": {"Source": "x"},
    }
    found = model(instance("aws_cloudwatch_metric_alarm.a", values)).alarms[0]
    assert (found.evaluation_periods, found.datapoints_to_alarm, found.treat_missing_data) == (3, 2, "breaching")
    assert (found.extended_statistic, found.unit, found.dimensions) == ("p99", "Count", {"Source": "x"})
    unset = {"evaluation_periods": 1, "datapoints_to_alarm": 0, "unit": "None"}
    bare = model(instance("aws_cloudwatch_metric_alarm.a", unset)).alarms[0]
    assert (bare.datapoints_to_alarm, bare.treat_missing_data, bare.unit, bare.queries) == (None, "missing", None, ())


def test_an_alarm_on_queries_keeps_them_by_id():
    metric = {"metric_name": "m", "namespace": "n", "stat": "Sum", "period": 60, "unit": "None"}
    queries = [{"id": "e1", "expression": "m1 * 2", "return_data": True}, {"id": "m1", "metric": [metric]}]
    values = {"alarm_name": "a", "metric_query": queries[::-1]}
    first, second = model(instance("aws_cloudwatch_metric_alarm.a", values)).alarms[0].queries
    assert (first.id, first.expression, first.return_data, first.metric_name) == ("e1", "m1 * 2", True, None)
    assert (second.metric_name, second.metric_namespace, second.statistic) == ("m", "n", "Sum")
    assert (second.period, second.return_data, second.unit) == (60, False, None)


def test_a_metric_filter_tells_what_it_publishes():
    metric = {"name": "m", "namespace": "n", "value": "$bytes", "default_value": "0", "unit": "Bytes"}
    values = {"name": "x", "log_group_name": "flow", "metric_transformation": [{**metric, "dimensions": {"a": "$b"}}]}
    found = model(GROUP, instance("aws_cloudwatch_log_metric_filter.f", values)).metric_filters[0]
    assert (found.default_value, found.unit, found.dimensions) == ("0", "Bytes", {"a": "$b"})


@pytest.mark.parametrize(
    ("values", "confirmed"),
    [
        pytest.param({"protocol": "sqs"}, True, id="queue"),
        pytest.param({"protocol": "email", "pending_confirmation": False}, True, id="confirmed mail"),
        pytest.param({"protocol": "email", "pending_confirmation": True}, False, id="pending mail"),
        pytest.param({"protocol": "email"}, None, id="new mail"),
        pytest.param({"protocol": Unknown("var.p")}, None, id="protocol not known"),
    ],
)
def test_a_subscription_is_confirmed_when_somebody_did_or_nobody_must(values, confirmed):
    found = model(
        TOPIC,
        instance("aws_sns_topic_subscription.s", {"topic_arn": ref("aws_sns_topic.t.arn"), "endpoint": "e", **values}),
    )
    (subscription,) = found.topic_subscriptions
    assert subscription.topic == "aws_sns_topic.t"
    if confirmed is None:
        assert isinstance(subscription.confirmed, Unknown)
    else:
        assert subscription.confirmed is confirmed


def test_insight_rules_are_enabled_unless_they_say_otherwise():
    on, off = model(
        instance("aws_cloudwatch_contributor_insight_rule.a", {"rule_name": "a", "rule_definition": "{}"}),
        instance(
            "aws_cloudwatch_contributor_insight_rule.b",
            {"rule_name": "b", "rule_definition": "{}", "rule_state": "DISABLED"},
        ),
    ).insight_rules
    assert (on.enabled, off.enabled, on.definition) == (True, False, "{}")


def test_a_subscription_filter_names_group_and_destination():
    stream = instance("aws_kinesis_stream.k", {"name": "k"})
    values = {
        "name": "s",
        "log_group_name": "flow",
        "filter_pattern": "",
        "destination_arn": ref("aws_kinesis_stream.k.arn"),
    }
    found = model(GROUP, stream, instance("aws_cloudwatch_log_subscription_filter.s", values)).subscription_filters[0]
    assert found.log_group == "aws_cloudwatch_log_group.g"
    assert found.destination == "arn:aws:kinesis:eu-west-1:111122223333:stream/k"
    assert found.role is None
    named = {**values, "role_arn": "arn:aws:iam::111122223333:role/x"}
    (other,) = model(GROUP, stream, instance("aws_cloudwatch_log_subscription_filter.s", named)).subscription_filters
    assert other.role == "arn:aws:iam::111122223333:role/x"


def test_a_glue_table_keeps_its_columns_in_order():
    values = {
        "database_name": "db",
        "name": "flow",
        "parameters": {"skip.header.line.count": 1},
        "partition_keys": [{"name": "day", "type": "string"}],
        "storage_descriptor": [
            {
                "location": "s3://b/",
                "input_format": "text",
                "ser_de_info": [{"serialization_library": "lazy", "parameters": {"field.delim": " "}}],
                "columns": [{"name": "version", "type": "int"}, {"name": "account_id", "type": "string"}],
            }
        ],
    }
    found = model(instance("aws_glue_catalog_table.t", values)).glue_tables[0]
    assert found.columns == (("version", "int"), ("account_id", "string"))
    assert (found.partition_keys, found.parameters) == ((("day", "string"),), {"skip.header.line.count": "1"})
    assert (found.location, found.input_format, found.serde) == ("s3://b/", "text", "lazy")
    assert (found.serde_parameters, found.table_type) == ({"field.delim": " "}, None)


def test_a_glue_table_with_an_unknown_column_has_unknown_columns():
    values = {"storage_descriptor": [{"columns": [{"name": Unknown("var.c")}]}]}
    assert isinstance(model(instance("aws_glue_catalog_table.t", values)).glue_tables[0].columns, Unknown)


def test_athena_workgroups():
    values = {
        "name": "w",
        "configuration": [
            {"bytes_scanned_cutoff_per_query": 10485760, "result_configuration": [{"output_location": "s3://x/"}]}
        ],
    }
    full, bare = model(
        instance("aws_athena_workgroup.a", values),
        instance("aws_athena_workgroup.b", {"name": "w", "state": "DISABLED"}),
    ).athena_workgroups
    assert (full.output_location, full.bytes_scanned_cutoff, full.enabled) == ("s3://x/", 10485760, True)
    assert (bare.output_location, bare.bytes_scanned_cutoff, bare.enabled) == (None, None, False)
