"""What becomes of the logs in CloudWatch: metric and subscription filters, alarms, insight rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checker.load.aws.convert.row import Row, then
from checker.load.aws.convert.world import World, arn_at
from checker.model.known import Key, Maybe, Unknown
from checker.model.monitoring import Alarm, InsightRule, MetricFilter, MetricQuery, SubscriptionFilter


def own_key(row: Row, kind: str, *parts: str) -> Key:
    """Return the key of a thing that has no ARN."""
    request = row.reply.request
    return "/".join([request.account, request.region, kind, *parts])


def _group(row: Row) -> Maybe[str]:
    """Return the name of the log group that was asked about, or that the row names."""
    return row.text_or("logGroupName", row.reply.request.resource or "")


def metric_filters(world: World) -> Iterator[MetricFilter]:
    """Yield the metric filters; AWS allows one metric for each."""
    for name, row in world.listing("logs", "DescribeMetricFilters", "metricFilters", "filterName"):
        group, metrics = _group(row), row.required_rows("metricTransformations")
        if isinstance(group, Unknown) or isinstance(metrics, Unknown):
            world.note_odd(row.reply)
            continue
        for number, metric in enumerate(metrics):
            key = own_key(row, "metric-filter", group, name, *([str(number)] if number else []))
            yield MetricFilter(
                **world.common(row, key, "aws_cloudwatch_log_metric_filter", id_=name, tags={}),
                name=name,
                log_group=arn_at(row.reply, "logs", f"log-group:{group}"),
                pattern=row.text_or("filterPattern", ""),
                metric_name=metric.required("metricName"),
                metric_namespace=metric.required("metricNamespace"),
                metric_value=metric.required("metricValue"),
                default_value=then(metric.number("defaultValue"), _as_written),
                unit=_unit(metric.text("unit")),
                dimensions=metric.mapping("dimensions"),
            )


def _as_written(number: float | None) -> str | None:
    """Return a number as a person writes it: ``0`` and not ``0.0``."""
    if number is None:
        return None
    return str(int(number)) if number.is_integer() else str(number)


def _unit(text: Maybe[str | None]) -> Maybe[str | None]:
    return then(text, lambda word: None if word == "None" else word)


def subscription_filters(world: World) -> Iterator[SubscriptionFilter]:
    """Yield the subscription filters."""
    for name, row in world.listing("logs", "DescribeSubscriptionFilters", "subscriptionFilters", "filterName"):
        group = _group(row)
        if isinstance(group, Unknown):
            world.note_odd(row.reply)
            continue
        key = own_key(row, "subscription-filter", group, name)
        yield SubscriptionFilter(
            **world.common(row, key, "aws_cloudwatch_log_subscription_filter", id_=name, tags={}),
            name=name,
            log_group=arn_at(row.reply, "logs", f"log-group:{group}"),
            pattern=row.text_or("filterPattern", ""),
            destination=row.required("destinationArn"),
            role=row.text("roleArn"),
        )


def alarms(world: World) -> Iterator[Alarm]:
    """Yield the metric alarms on the metrics of filters."""
    for key, row in world.listing("cloudwatch", "DescribeAlarmsForMetric", "MetricAlarms", "AlarmArn"):
        name = row.required("AlarmName")
        yield Alarm(
            **world.common(row, key, "aws_cloudwatch_metric_alarm", id_=name, arn=key, tags=world.tags_untold(row)),
            name=name,
            metric_name=row.text("MetricName"),
            metric_namespace=row.text("Namespace"),
            statistic=row.text("Statistic"),
            comparison=row.required("ComparisonOperator"),
            threshold=row.number("Threshold"),
            period=row.whole("Period"),
            actions_enabled=row.flag("ActionsEnabled", unset=True),
            alarm_actions=then(row.texts("AlarmActions"), lambda found: tuple(sorted(set(found)))),
            extended_statistic=row.text("ExtendedStatistic"),
            unit=_unit(row.text("Unit")),
            dimensions=then(row.rows("Dimensions"), _dimensions),
            evaluation_periods=row.whole("EvaluationPeriods"),
            datapoints_to_alarm=row.whole("DatapointsToAlarm"),
            treat_missing_data=row.text_or("TreatMissingData", "missing"),
            queries=then(row.rows("Metrics"), _queries),
        )


def _dimensions(rows: list[Row]) -> Maybe[Mapping[str, Maybe[str]]]:
    found: dict[str, Maybe[str]] = {}
    for row in rows:
        name = row.required("Name")
        if isinstance(name, Unknown):
            return name
        found[name] = row.required("Value")
    return {name: found[name] for name in sorted(found)}


def _queries(rows: list[Row]) -> tuple[MetricQuery, ...]:
    """Return the metric queries by id: Terraform keeps them as a set."""
    return tuple(sorted((_query(row) for row in rows), key=lambda query: str(query.id)))


def _query(row: Row) -> MetricQuery:
    stat = row.row("MetricStat")
    metric = then(stat, lambda inner: None if inner is None else inner.row("Metric"))
    return MetricQuery(
        id=row.required("Id"),
        metric_name=_of(metric, "MetricName"),
        metric_namespace=_of(metric, "Namespace"),
        statistic=_of(stat, "Stat"),
        period=then(stat, lambda inner: row.whole("Period") if inner is None else inner.whole("Period")),
        expression=row.text("Expression"),
        return_data=row.flag("ReturnData", unset=True),
        dimensions=then(metric, lambda inner: {} if inner is None else then(inner.rows("Dimensions"), _dimensions)),
        unit=_unit(_of(stat, "Unit")),
        account=row.text("AccountId"),
    )


def _of(row: Maybe[Row | None], name: str) -> Maybe[str | None]:
    return then(row, lambda inner: None if inner is None else inner.text(name))


def insight_rules(world: World) -> Iterator[InsightRule]:
    """Yield the Contributor Insights rules."""
    for name, row in world.listing("cloudwatch", "DescribeInsightRules", "InsightRules", "Name"):
        key = own_key(row, "insight-rule", name)
        yield InsightRule(
            **world.common(row, key, "aws_cloudwatch_contributor_insight_rule", id_=name, tags=world.tags_untold(row),
                           arn=arn_at(row.reply, "cloudwatch", f"insight-rule/{name}")),
            name=name,
            enabled=then(row.required("State"), lambda state: state == "ENABLED"),
            definition=row.required("Definition"),
        )  # fmt: skip
