"""What becomes of the logs: metric filters, alarms, topics, insight rules, subscriptions, tables, workgroups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from checker.load.aws.convert.destinations import key_name
from checker.load.aws.convert.view import Row, World, arn_at
from checker.model.arn import partition_of_region
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

T = TypeVar("T")


def _group_key(row: Row, name: str) -> Key:
    return arn_at(row.reply, "logs", f"log-group:{name}")


def _own_key(row: Row, kind: str, *names: str) -> Key:
    request = row.reply.request
    return "/".join([request.account, request.region, kind, *names])


def metric_filters(world: World) -> Iterator[MetricFilter]:
    """Yield the metric filters, one for each of their metrics."""
    for name, row in world.listing("logs", "DescribeMetricFilters", "metricFilters", "filterName"):
        group = row.text_or("logGroupName", row.reply.request.resource or "")
        if isinstance(group, Unknown):
            world.odd.append(row.where)
            continue
        for metric in row.rows("metricTransformations"):
            key = _own_key(row, "metric-filter", group, name, str(metric.values.get("metricName")))
            default = metric.number("defaultValue")
            yield MetricFilter(
                **world.common(row, key, "aws_cloudwatch_log_metric_filter", id_=name, tags={}),
                name=name,
                log_group=_group_key(row, group),
                pattern=row.text_or("filterPattern", ""),
                metric_name=metric.required("metricName"),
                metric_namespace=metric.required("metricNamespace"),
                metric_value=metric.required("metricValue"),
                default_value=default if default is None or isinstance(default, Unknown) else f"{default:g}",
                unit=_unit(metric.text("unit")),
                dimensions=_mapping(metric, "dimensions"),
            )


def _unit(text: Maybe[str | None]) -> Maybe[str | None]:
    return None if not isinstance(text, Unknown) and text == "None" else text


def _mapping(row: Row, name: str) -> Mapping[str, Maybe[str]]:
    value = row.values.get(name)
    return {str(key): str(item) for key, item in sorted(value.items())} if isinstance(value, dict) else {}


def subscription_filters(world: World) -> Iterator[SubscriptionFilter]:
    """Yield the subscription filters."""
    for name, row in world.listing("logs", "DescribeSubscriptionFilters", "subscriptionFilters", "filterName"):
        group = row.text_or("logGroupName", row.reply.request.resource or "")
        if isinstance(group, Unknown):
            world.odd.append(row.where)
            continue
        key = _own_key(row, "subscription-filter", group, name)
        yield SubscriptionFilter(
            **world.common(row, key, "aws_cloudwatch_log_subscription_filter", id_=name, tags={}),
            name=name,
            log_group=_group_key(row, group),
            pattern=row.text_or("filterPattern", ""),
            destination=row.required("destinationArn"),
            role=row.text("roleArn"),
        )


def alarms(world: World) -> Iterator[Alarm]:
    """Yield the metric alarms on the metrics of filters."""
    done: set[Key] = set()
    for key, row in world.listing("cloudwatch", "DescribeAlarmsForMetric", "MetricAlarms", "AlarmArn"):
        if key in done:
            continue
        done.add(key)
        name = row.required("AlarmName")
        yield Alarm(
            **world.common(
                row,
                key,
                "aws_cloudwatch_metric_alarm",
                id_=key if isinstance(name, Unknown) else name,
                arn=key,
                tags={},
            ),
            name=name,
            metric_name=row.text("MetricName"),
            metric_namespace=row.text("Namespace"),
            statistic=row.text("Statistic"),
            comparison=row.required("ComparisonOperator"),
            threshold=row.number("Threshold"),
            period=row.whole("Period"),
            actions_enabled=row.flag("ActionsEnabled", unset=True),
            alarm_actions=tuple(sorted(row.texts("AlarmActions"))),
            extended_statistic=row.text("ExtendedStatistic"),
            unit=_unit(row.text("Unit")),
            dimensions=_dimensions(row),
            evaluation_periods=row.whole("EvaluationPeriods"),
            datapoints_to_alarm=row.whole("DatapointsToAlarm"),
            treat_missing_data=row.text_or("TreatMissingData", "missing"),
            queries=tuple(_query(each) for each in row.rows("Metrics")),
        )


def _id(name: Maybe[str], key: Key) -> str:
    return key if isinstance(name, Unknown) else name


def _dimensions(row: Row | None) -> Mapping[str, Maybe[str]]:
    if row is None:
        return {}
    return {str(each.values.get("Name")): str(each.values.get("Value")) for each in row.rows("Dimensions")}


def _query(row: Row) -> MetricQuery:
    stat = row.row("MetricStat")
    metric = None if stat is None else stat.row("Metric")
    return MetricQuery(
        id=row.required("Id"),
        metric_name=None if metric is None else metric.text("MetricName"),
        metric_namespace=None if metric is None else metric.text("Namespace"),
        statistic=None if stat is None else stat.text("Stat"),
        period=row.whole("Period") if stat is None else stat.whole("Period"),
        expression=row.text("Expression"),
        return_data=row.flag("ReturnData", unset=True),
        dimensions=_dimensions(metric),
        unit=None if stat is None else _unit(stat.text("Unit")),
        account=row.text("AccountId"),
    )


def topics(world: World) -> Iterator[Topic]:
    """Yield the topics that alarms name; one that is not there is noted as absent."""
    for reply in world.replies.of("sns", "GetTopicAttributes"):
        request = reply.request
        arn = request.resource or ""
        if world.gone("aws_sns_topic", arn, request.account, request.region, "sns", "GetTopicAttributes", arn):
            continue
        row = Row(reply.response or {}, reply).row("Attributes")
        if row is not None:
            key = key_name(row.text("KmsMasterKeyId"), request.account, request.region)
            yield Topic(
                **world.common(row, arn, "aws_sns_topic", id_=arn, arn=arn, tags={}),
                name=arn.rpartition(":")[2],
                kms_key=key,
            )


def topic_subscriptions(world: World) -> Iterator[TopicSubscription]:
    """Yield the subscriptions of those topics, the unconfirmed ones included."""
    for at, (arn, row) in enumerate(
        world.listing("sns", "ListSubscriptionsByTopic", "Subscriptions", "SubscriptionArn")
    ):
        confirmed = arn.startswith("arn:")
        topic = row.reply.request.resource or ""
        key = arn if confirmed else f"{topic}#pending/{at:05}"
        yield TopicSubscription(
            **world.common(row, key, "aws_sns_topic_subscription", arn=arn if confirmed else None, tags={}),
            topic=topic,
            protocol=row.required("Protocol"),
            endpoint=row.text_or("Endpoint", ""),
            confirmed=confirmed,
        )


def insight_rules(world: World) -> Iterator[InsightRule]:
    """Yield the Contributor Insights rules."""
    for name, row in world.listing("cloudwatch", "DescribeInsightRules", "InsightRules", "Name"):
        state = row.text_or("State", "ENABLED")
        yield InsightRule(
            **world.common(
                row, _own_key(row, "insight-rule", name), "aws_cloudwatch_contributor_insight_rule", id_=name, tags={}
            ),
            name=name,
            enabled=state if isinstance(state, Unknown) else state == "ENABLED",
            definition=row.required("Definition"),
        )


def glue_tables(world: World) -> Iterator[GlueTable]:
    """Yield the Glue tables."""
    for name, row in world.listing("glue", "GetTables", "TableList", "Name"):
        database = row.text_or("DatabaseName", row.reply.request.resource or "")
        storage = row.row("StorageDescriptor")
        serde = None if storage is None else storage.row("SerdeInfo")
        request = row.reply.request
        arn = (
            f"arn:{partition_of_region(request.region)}:glue:{request.region}:{request.account}:table/{database}/{name}"
        )
        yield GlueTable(
            **world.common(row, arn, "aws_glue_catalog_table", id_=name, arn=arn, tags={}),
            database=database,
            name=name,
            location=None if storage is None else storage.text("Location"),
            columns=_columns(storage, "Columns"),
            partition_keys=_columns(row, "PartitionKeys"),
            parameters=_mapping(row, "Parameters"),
            input_format=None if storage is None else storage.text("InputFormat"),
            serde=None if serde is None else serde.text("SerializationLibrary"),
            serde_parameters={} if serde is None else _mapping(serde, "Parameters"),
            table_type=row.text("TableType"),
        )


def _columns(row: Row | None, name: str) -> tuple[tuple[str, str], ...]:
    rows = [] if row is None else row.rows(name)
    return tuple((str(each.values.get("Name", "")), str(each.values.get("Type", ""))) for each in rows)


def athena_workgroups(world: World) -> Iterator[AthenaWorkgroup]:
    """Yield the Athena workgroups."""
    for name, row in world.listing("athena", "ListWorkGroups", "WorkGroups", "Name"):
        request = row.reply.request
        answer = world.detail(request.account, request.region, "athena", "GetWorkGroup", name)
        group = answer.row("WorkGroup") if isinstance(answer, Row) else None
        configuration = None if group is None else group.row("Configuration")
        result = None if configuration is None else configuration.row("ResultConfiguration")
        unread = answer if isinstance(answer, Unknown) else None
        state = row.text_or("State", "ENABLED")
        yield AthenaWorkgroup(
            **world.common(row, _own_key(row, "workgroup", name), "aws_athena_workgroup", id_=name, tags={}),
            name=name,
            enabled=state if isinstance(state, Unknown) else state == "ENABLED",
            output_location=_or(unread, None if result is None else result.text("OutputLocation")),
            bytes_scanned_cutoff=_or(
                unread, None if configuration is None else configuration.whole("BytesScannedCutoffPerQuery")
            ),
        )


def _or(unread: Unknown | None, value: Maybe[T]) -> Maybe[T]:
    return value if unread is None else unread
