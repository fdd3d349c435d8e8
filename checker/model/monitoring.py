"""What becomes of the logs: filters, alarms, topics, insight rules, tables, subscriptions."""

from __future__ import annotations

from collections.abc import Mapping

from checker.model.entity import Entity
from checker.model.known import Key, Maybe
from checker.model.record import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class MetricFilter(Entity):
    """Source: CloudWatch Logs ``MetricFilter``."""

    name: Maybe[str]
    log_group: Maybe[Key]
    pattern: Maybe[str]
    metric_name: Maybe[str]
    metric_namespace: Maybe[str]
    metric_value: Maybe[str]
    default_value: Maybe[str | None] = None
    """Value published for each minute with events of which none matches; None for none."""
    unit: Maybe[str | None] = None
    """None for the unit ``None``."""
    dimensions: Maybe[Mapping[str, Maybe[str]]] = field(default_factory=dict)
    """Name and selector (``$srcaddr``): each combination of values is a metric of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """One metric, or an expression over others. Source: CloudWatch ``MetricDataQuery``."""

    id: Maybe[str]
    metric_name: Maybe[str | None]
    """None for an expression."""
    metric_namespace: Maybe[str | None]
    statistic: Maybe[str | None]
    period: Maybe[int | None]
    """Seconds."""
    expression: Maybe[str | None]
    return_data: Maybe[bool]
    """Whether the alarm watches it; one query of an alarm is watched."""
    dimensions: Maybe[Mapping[str, Maybe[str]]] = field(default_factory=dict)
    unit: Maybe[str | None] = None
    account: Maybe[str | None] = None
    """Account of the metric; None for the alarm's own."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Alarm(Entity):
    """Source: CloudWatch ``MetricAlarm``."""

    name: Maybe[str]
    metric_name: Maybe[str | None]
    metric_namespace: Maybe[str | None]
    statistic: Maybe[str | None]
    comparison: Maybe[str]
    threshold: Maybe[float | None]
    period: Maybe[int | None]
    """Seconds."""
    actions_enabled: Maybe[bool]
    alarm_actions: Maybe[tuple[Maybe[Key], ...]]
    extended_statistic: Maybe[str | None] = None
    """A percentile such as ``p99`` instead of a statistic."""
    unit: Maybe[str | None] = None
    dimensions: Maybe[Mapping[str, Maybe[str]]] = field(default_factory=dict)
    evaluation_periods: Maybe[int | None] = None
    datapoints_to_alarm: Maybe[int | None] = None
    """None for as many as ``evaluation_periods``."""
    treat_missing_data: Maybe[str] = "missing"
    """missing, ignore, breaching or notBreaching."""
    queries: Maybe[tuple[Maybe[MetricQuery], ...]] = ()
    """Of an alarm on metric queries, which has no metric of its own."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Topic(Entity):
    """Source: SNS topic."""

    name: Maybe[str]
    kms_key: Maybe[Key | None]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class TopicSubscription(Entity):
    """Source: SNS subscription."""

    topic: Maybe[Key]
    protocol: Maybe[str]
    endpoint: Maybe[str]
    confirmed: Maybe[bool]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class InsightRule(Entity):
    """Source: CloudWatch Contributor Insights rule."""

    name: Maybe[str]
    enabled: Maybe[bool]
    definition: Maybe[str]
    """The JSON text."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class SubscriptionFilter(Entity):
    """Source: CloudWatch Logs ``SubscriptionFilter``."""

    name: Maybe[str]
    log_group: Maybe[Key]
    pattern: Maybe[str]
    destination: Maybe[Key]
    """Key or ARN of the Kinesis stream, delivery stream or function."""
    role: Maybe[Key | None] = None
    """Role by which CloudWatch Logs writes to a stream; functions and logs destinations need none."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class GlueTable(Entity):
    """Source: Glue ``Table``."""

    database: Maybe[str]
    name: Maybe[str]
    location: Maybe[str | None]
    columns: Maybe[tuple[tuple[str, str], ...]]
    """Name and type, in order."""
    partition_keys: Maybe[tuple[tuple[str, str], ...]]
    parameters: Maybe[Mapping[str, Maybe[str]]]
    input_format: Maybe[str | None]
    serde: Maybe[str | None]
    serde_parameters: Maybe[Mapping[str, Maybe[str]]] = field(default_factory=dict)
    table_type: Maybe[str | None] = None
    """EXTERNAL_TABLE, VIRTUAL_VIEW, ...; None for none."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class AthenaWorkgroup(Entity):
    """Source: Athena ``WorkGroup``."""

    name: Maybe[str]
    enabled: Maybe[bool]
    output_location: Maybe[str | None]
    bytes_scanned_cutoff: Maybe[int | None]
