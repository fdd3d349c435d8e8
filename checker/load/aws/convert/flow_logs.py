"""Flow logs, and when their destinations last received something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from checker.load.aws.call import GLOBAL
from checker.load.aws.convert.view import Row, World, ec2_arn
from checker.model.arn import Arn, bucket_and_prefix, log_group_arn, parse_arn, partition_of_region
from checker.model.destination import Bucket, DeliveryStream, LogGroup
from checker.model.flow_log import (
    FlowLog,
    FlowLogTarget,
    Freshness,
    LogDestination,
    LogDestinationType,
    TelemetryRule,
    TrafficType,
)
from checker.model.known import Key, Maybe, Unknown

_TARGETS: Final = (
    ("vpc-", FlowLogTarget.VPC),
    ("subnet-", FlowLogTarget.SUBNET),
    ("eni-", FlowLogTarget.NETWORK_INTERFACE),
    ("tgw-attach-", FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT),
    ("tgw-", FlowLogTarget.TRANSIT_GATEWAY),
    ("nat-", FlowLogTarget.REGIONAL_NAT_GATEWAY),
)
"""Start of a resource id and its type: AWS does not tell the type."""

_NO_TRAFFIC_TYPE: Final = (FlowLogTarget.TRANSIT_GATEWAY, FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT)
_DEFAULT: Final = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
_DEFAULT_FORMAT: Final = " ".join(f"${{{field}}}" for field in _DEFAULT.split())
"""What AWS writes for a log without a format of its own. Source: VPC User Guide, "Flow log records"."""


def flow_logs(world: World, holders: Iterable[Bucket | LogGroup | DeliveryStream]) -> Iterator[FlowLog]:
    """Yield the flow logs; ``holders`` are the destinations in the model."""
    known = frozenset(each.key for each in holders)
    for name, row in world.listing("ec2", "DescribeFlowLogs", "FlowLogs", "FlowLogId"):
        target = row.required("ResourceId")
        target_type = _target_type(row, target)
        options = row.row("DestinationOptions")
        log_format = row.text("LogFormat")
        log = FlowLog(
            **world.common(row, name, "aws_flow_log", arn=ec2_arn(row, "vpc-flow-log", name)),
            target=target,
            target_type=target_type,
            traffic_type=_traffic_type(row, target_type),
            destination=_destination(row, known),
            role=row.text("DeliverLogsPermissionArn"),
            cross_account_role=row.text("DeliverCrossAccountRole"),
            log_format=None if isinstance(log_format, str) and log_format == _DEFAULT_FORMAT else log_format,
            max_aggregation_interval=_interval(row),
            file_format="plain-text" if options is None else options.text_or("FileFormat", "plain-text"),
            hive_compatible_partitions=False if options is None else options.flag("HiveCompatiblePartitions"),
            per_hour_partition=False if options is None else options.flag("PerHourPartition"),
            status=row.text("FlowLogStatus"),
            deliver_status=row.text("DeliverLogsStatus"),
            deliver_error=_known_text(row, "DeliverLogsErrorMessage"),
            created=_time(row, "CreationTime"),
        )
        yield replace(log, freshness=_freshness(world, row, log))


def _known_text(row: Row, name: str) -> str | None:
    value = row.values.get(name)
    return value if isinstance(value, str) and value else None


def _time(row: Row, name: str) -> datetime | None:
    """Return a time that the API gives as such, or a snapshot as text."""
    value = row.values.get(name)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _target_type(row: Row, target: Maybe[str]) -> Maybe[FlowLogTarget]:
    if isinstance(target, Unknown):
        return target
    found = next((type_ for start, type_ in _TARGETS if target.startswith(start)), None)
    return found or Unknown(f"{row.where}: what {target} is is not known")


def _traffic_type(row: Row, target: Maybe[FlowLogTarget]) -> Maybe[TrafficType | None]:
    if not isinstance(target, Unknown) and target in _NO_TRAFFIC_TYPE:
        return None
    word = row.text("TrafficType")
    if word is None or isinstance(word, Unknown):
        return word
    known = {member.value: member for member in TrafficType}
    return known.get(word) or Unknown(f"{row.where}: no traffic type is called {word}")


def _interval(row: Row) -> Maybe[int]:
    value = row.whole("MaxAggregationInterval")
    return 600 if value is None else value


def _destination(row: Row, known: frozenset[Key]) -> Maybe[LogDestination]:
    word = row.text_or("LogDestinationType", LogDestinationType.CLOUD_WATCH_LOGS.value)
    if isinstance(word, Unknown):
        return word
    type_ = next((member for member in LogDestinationType if member.value == word), None)
    if type_ is None:
        return Unknown(f"{row.where}: no destination type is called {word}")
    text, group = row.text("LogDestination"), row.text("LogGroupName")
    if isinstance(text, Unknown):
        return text
    if not text and isinstance(group, str) and group:
        text = _group_arn(row, group)
    arn = parse_arn(log_group_arn(text)) if text else None
    if arn is None:
        where = Unknown(f"{row.where}: the destination is {text or 'not told'}")
        return LogDestination(type=type_, entity=None, arn=text or where, name=where, prefix=None)
    return _taken_apart(type_, arn, known)


def _group_arn(row: Row, group: str) -> str:
    request = row.reply.request
    return f"arn:{partition_of_region(request.region)}:logs:{request.region}:{request.account}:log-group:{group}"


def _taken_apart(type_: LogDestinationType, arn: Arn, known: frozenset[Key]) -> LogDestination:
    name, prefix, key = arn.resource_name, None, str(arn)
    if type_ is LogDestinationType.S3:
        name, prefix = bucket_and_prefix(arn.resource)
        key = str(replace(arn, resource=name))
    elif type_ is LogDestinationType.FIREHOSE:
        key = stream_key(arn)
    return LogDestination(type=type_, entity=key if key in known else None, arn=str(arn), name=name, prefix=prefix)


def stream_key(arn: Arn) -> Key:
    """Return the ARN of a delivery stream in the spelling with a slash; API texts show both."""
    return str(replace(arn, resource=f"deliverystream/{arn.resource_name}"))


def _freshness(world: World, row: Row, log: FlowLog) -> Freshness | None:
    """Return the newest object or event, where it was looked for."""
    destination = log.destination
    if isinstance(destination, Unknown) or not isinstance(destination.name, str):
        return None
    arn = parse_arn(destination.arn) if isinstance(destination.arn, str) else None
    if destination.type is LogDestinationType.CLOUD_WATCH_LOGS and arn is not None:
        reply = world.replies.get(arn.account, arn.region, "logs", "DescribeLogStreams", destination.name)
        if reply is None:
            return None
        streams = world.detail(arn.account, arn.region, "logs", "DescribeLogStreams", destination.name)
        api = "logs:DescribeLogStreams"
        if streams is None or isinstance(streams, Unknown):
            newest: Maybe[datetime | None] = streams
        else:
            newest = _latest(_time(each, "lastEventTimestamp") for each in streams.rows("logStreams"))
        return Freshness(newest=newest, looked_at=reply.requested_at, api=api)
    if destination.type is LogDestinationType.S3:
        return _newest_object(world, row, destination.name, log)
    return None


def _newest_object(world: World, row: Row, bucket: str, log: FlowLog) -> Freshness | None:
    mark = f"_{log.key}_"
    found: list[datetime | None] = []
    asked: list[datetime] = []
    failed: Unknown | None = None
    for reply in world.replies.of("s3", "ListObjectsV2"):
        place = (reply.request.resource or "").split("|", 1)
        if place[0] != bucket or f"{row.reply.request.account}" not in place[-1]:
            continue
        asked.append(reply.requested_at)
        if reply.response is None:
            failed = Unknown(f"{reply.request.account}/{GLOBAL}: s3:ListObjectsV2 failed")
            continue
        rows = Row(reply.response, reply).rows("Contents")
        found += [_time(each, "LastModified") for each in rows if mark in str(each.values.get("Key"))]
    if not asked:
        return None
    newest = _latest(found)
    unknown = failed is not None and newest is None
    return Freshness(
        newest=failed if unknown and failed is not None else newest, looked_at=max(asked), api="s3:ListObjectsV2"
    )


def _latest(times: Iterable[datetime | None]) -> datetime | None:
    return max((each for each in times if each is not None), default=None)


def telemetry_rules(world: World) -> Iterator[TelemetryRule]:
    """Yield the CloudWatch telemetry rules of the accounts and of the organisation."""
    account = "aws_observabilityadmin_telemetry_rule"
    for operation, kind in (
        ("ListTelemetryRules", account),
        ("ListTelemetryRulesForOrganization", f"{account}_for_organization"),
    ):
        for name, row in world.listing("observabilityadmin", operation, "TelemetryRuleSummaries", "RuleArn"):
            yield TelemetryRule(
                **world.common(row, name, kind, id_=_known_text(row, "RuleName"), arn=name, tags={}),
                resource_type=row.required("ResourceType"),
                organization_wide=kind != account,
                telemetry_type=row.text("TelemetryType"),
                selection_criteria=Unknown(f"{row.where} does not tell the selection"),
            )
