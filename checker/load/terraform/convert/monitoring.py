"""What becomes of the logs: metric filters, alarms, topics, insight rules, subscriptions, tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from checker.load.terraform.convert.bucket import kms_key
from checker.load.terraform.convert.common import World, common
from checker.load.terraform.convert.values import Fields, ordered
from checker.model.known import Key, Maybe, Unknown
from checker.model.monitoring import (
    Alarm,
    AthenaWorkgroup,
    GlueTable,
    InsightRule,
    MetricFilter,
    MetricQuery,
    SubscriptionFilter,
    Topic,
    TopicSubscription,
)

_CONFIRMED_AT_ONCE: Final = ("sqs", "lambda", "firehose", "application", "sms")
"""Protocols whose subscriptions need nobody to confirm them. Source: SNS Developer Guide."""


def metric_filters(world: World) -> Iterator[MetricFilter]:
    """Yield the metric filters; ``pattern`` may be empty, which matches every event."""
    for fields in world.of("aws_cloudwatch_log_metric_filter"):
        metric = fields.block("metric_transformation")
        yield MetricFilter(
            **common(fields, arn=None),
            name=fields.required("name"),
            log_group=fields.required_key("log_group_name", "log_group"),
            pattern=fields.text_or("pattern", ""),
            metric_name=_of(metric, "name"),
            metric_namespace=_of(metric, "namespace"),
            metric_value=_of(metric, "value"),
            default_value=_optional(metric, "default_value"),
            unit=_unit(_optional(metric, "unit")),
            dimensions=_mapping(metric, "dimensions"),
        )


def _unit(found: Maybe[str | None]) -> Maybe[str | None]:
    """Return None for the unit ``None``, which the provider writes where no unit is set."""
    return None if not isinstance(found, Unknown) and found == "None" else found


def _of(block: Maybe[Fields | None], name: str) -> Maybe[str]:
    if block is None or isinstance(block, Unknown):
        return Unknown(f"the block with {name} is missing") if block is None else block
    return block.required(name)


def alarms(world: World) -> Iterator[Alarm]:
    """Yield the metric alarms; one on a metric query has no metric name of its own."""
    for fields in world.of("aws_cloudwatch_metric_alarm"):
        actions = _actions(fields)
        yield Alarm(
            **common(fields),
            name=fields.required("alarm_name"),
            metric_name=fields.text("metric_name"),
            metric_namespace=fields.text("namespace"),
            statistic=fields.text("statistic"),
            comparison=fields.required("comparison_operator"),
            threshold=fields.number("threshold"),
            period=fields.whole("period"),
            actions_enabled=fields.flag("actions_enabled", True),
            alarm_actions=actions,
            extended_statistic=fields.text("extended_statistic"),
            unit=_unit(fields.text("unit")),
            dimensions=_mapping(fields, "dimensions"),
            evaluation_periods=fields.whole("evaluation_periods"),
            datapoints_to_alarm=_some(fields.whole("datapoints_to_alarm")),
            treat_missing_data=fields.text_or("treat_missing_data", "missing"),
            queries=_queries(fields),
        )


def _some(found: Maybe[int | None]) -> Maybe[int | None]:
    """Return None for the 0 that a plan shows where nothing is set."""
    return found if isinstance(found, Unknown) else found or None


def _queries(fields: Fields) -> Maybe[tuple[Maybe[MetricQuery], ...]]:
    """Return the metric queries, known ones sorted by id: Terraform keeps them as a set."""
    found = fields.blocks("metric_query")
    if isinstance(found, Unknown):
        return found
    return ordered((each if isinstance(each, Unknown) else _query(each) for each in found), lambda query: str(query.id))


def _query(fields: Fields) -> MetricQuery:
    metric = fields.block("metric")
    period = fields.whole("period")
    if metric is not None and not isinstance(metric, Unknown):
        period = metric.whole("period")
    return MetricQuery(
        id=fields.required("id"),
        metric_name=_optional(metric, "metric_name"),
        metric_namespace=_optional(metric, "namespace"),
        statistic=_optional(metric, "stat"),
        period=period,
        expression=fields.text("expression"),
        return_data=fields.flag("return_data", False),
        dimensions=_mapping(metric, "dimensions"),
        unit=_unit(_optional(metric, "unit")),
        account=fields.text("account_id"),
    )


def _actions(fields: Fields) -> Maybe[tuple[Maybe[Key], ...]]:
    actions = fields.keys("alarm_actions", "topic")
    return () if actions is None else actions


def topics(world: World) -> Iterator[Topic]:
    """Yield the topics: managed, and read as data."""
    for fields in world.of("aws_sns_topic", "data.aws_sns_topic"):
        elsewhere = Unknown(f"{fields.site.instance.address} does not tell the key")
        yield Topic(
            **common(fields),
            name=fields.required("name"),
            kms_key=kms_key(fields, "kms_master_key_id") if fields.site.instance.managed else elsewhere,
        )


def topic_subscriptions(world: World) -> Iterator[TopicSubscription]:
    """Yield the subscriptions."""
    for fields in world.of("aws_sns_topic_subscription"):
        protocol = fields.required("protocol")
        yield TopicSubscription(
            **common(fields),
            topic=fields.required_key("topic_arn", "topic"),
            protocol=protocol,
            endpoint=fields.required("endpoint"),
            confirmed=_confirmed(fields, protocol),
        )


def _confirmed(fields: Fields, protocol: Maybe[str]) -> Maybe[bool]:
    """Return whether somebody confirmed it; only mail and HTTP(S) have to be."""
    pending = fields.flag("pending_confirmation", False, absent="computed")
    if not isinstance(pending, Unknown):
        return not pending
    if not isinstance(protocol, Unknown) and protocol in _CONFIRMED_AT_ONCE:
        return True
    return pending


def insight_rules(world: World) -> Iterator[InsightRule]:
    """Yield the Contributor Insights rules; the state is ENABLED unless it says otherwise."""
    for fields in world.of("aws_cloudwatch_contributor_insight_rule"):
        state = fields.text_or("rule_state", "ENABLED")
        yield InsightRule(
            **common(fields, id_="rule_name", arn="resource_arn"),
            name=fields.required("rule_name"),
            enabled=state if isinstance(state, Unknown) else state == "ENABLED",
            definition=fields.required("rule_definition"),
        )


def subscription_filters(world: World) -> Iterator[SubscriptionFilter]:
    """Yield the subscription filters."""
    for fields in world.of("aws_cloudwatch_log_subscription_filter"):
        yield SubscriptionFilter(
            **common(fields, arn=None),
            name=fields.required("name"),
            log_group=fields.required_key("log_group_name", "log_group"),
            pattern=fields.text_or("filter_pattern", ""),
            destination=fields.required_key("destination_arn", "delivery_stream"),
            role=fields.key("role_arn", "role", absent="configured"),
        )


def glue_tables(world: World) -> Iterator[GlueTable]:
    """Yield the Glue tables."""
    for fields in world.of("aws_glue_catalog_table"):
        storage = fields.block("storage_descriptor")
        serde = storage if storage is None or isinstance(storage, Unknown) else storage.block("ser_de_info")
        yield GlueTable(
            **common(fields),
            database=fields.required("database_name"),
            name=fields.required("name"),
            location=_optional(storage, "location"),
            columns=_columns(storage, "columns"),
            partition_keys=_columns(fields, "partition_keys"),
            parameters=fields.mapping("parameters"),
            input_format=_optional(storage, "input_format"),
            serde=_optional(serde, "serialization_library"),
            serde_parameters=_mapping(serde, "parameters"),
            table_type=fields.text("table_type"),
        )


def _optional(block: Maybe[Fields | None], name: str) -> Maybe[str | None]:
    return block if block is None or isinstance(block, Unknown) else block.text(name)


def _mapping(block: Maybe[Fields | None], name: str) -> Maybe[Mapping[str, Maybe[str]]]:
    if block is None or isinstance(block, Unknown):
        return {} if block is None else block
    return block.mapping(name)


def _columns(block: Maybe[Fields | None], name: str) -> Maybe[tuple[tuple[str, str], ...]]:
    """Return names and types in order; one part that is not known leaves the order in doubt."""
    if block is None or isinstance(block, Unknown):
        return () if block is None else block
    found = block.blocks(name)
    if isinstance(found, Unknown):
        return found
    columns: list[tuple[str, str]] = []
    for column in found:
        if isinstance(column, Unknown):
            return column
        word, type_ = column.required("name"), column.text_or("type", "")
        if isinstance(word, Unknown) or isinstance(type_, Unknown):
            return word if isinstance(word, Unknown) else Unknown(f"the type of column {word} is not known")
        columns.append((word, type_))
    return tuple(columns)


def athena_workgroups(world: World) -> Iterator[AthenaWorkgroup]:
    """Yield the Athena workgroups."""
    for fields in world.of("aws_athena_workgroup"):
        configuration = fields.block("configuration")
        result: Maybe[Fields | None] = None
        cutoff: Maybe[int | None] = None
        if isinstance(configuration, Unknown):
            result, cutoff = configuration, configuration
        elif configuration is not None:
            result = configuration.block("result_configuration")
            cutoff = configuration.whole("bytes_scanned_cutoff_per_query")
        state = fields.text_or("state", "ENABLED")
        yield AthenaWorkgroup(
            **common(fields),
            name=fields.required("name"),
            enabled=state if isinstance(state, Unknown) else state == "ENABLED",
            output_location=_optional(result, "output_location"),
            bytes_scanned_cutoff=cutoff,
        )
