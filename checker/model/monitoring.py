"""What becomes of the logs: filters, alarms, topics, insight rules, tables, subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checker.model.entity import Entity
from checker.model.known import Key, Maybe


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class MetricFilter(Entity):
    """Source: CloudWatch Logs ``MetricFilter``."""

    name: Maybe[str]
    log_group: Maybe[Key]
    pattern: Maybe[str]
    metric_name: Maybe[str]
    metric_namespace: Maybe[str]
    metric_value: Maybe[str]


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


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class AthenaWorkgroup(Entity):
    """Source: Athena ``WorkGroup``."""

    name: Maybe[str]
    enabled: Maybe[bool]
    output_location: Maybe[str | None]
    bytes_scanned_cutoff: Maybe[int | None]
