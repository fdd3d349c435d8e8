"""Flow logs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from checker.load.aws.convert.freshness import Newest
from checker.load.aws.convert.row import Row, known_text, then
from checker.load.aws.convert.streams import stream_key
from checker.load.aws.convert.world import World, arn_at, ec2_arn
from checker.model.arn import Arn, bucket_and_prefix, log_group_arn, parse_arn
from checker.model.flow_log import FlowLog, FlowLogTarget, LogDestination, LogDestinationType, TrafficType
from checker.model.known import Key, Maybe, Unknown
from checker.model.log_format import is_default_format

_TARGETS: Final = (
    ("vpc-", FlowLogTarget.VPC),
    ("subnet-", FlowLogTarget.SUBNET),
    ("eni-", FlowLogTarget.NETWORK_INTERFACE),
    ("tgw-attach-", FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT),
    ("tgw-", FlowLogTarget.TRANSIT_GATEWAY),
    ("nat-", FlowLogTarget.REGIONAL_NAT_GATEWAY),
)
"""Start of a resource id and its type, the longer before the shorter: AWS does not tell the type."""

_NO_TRAFFIC_TYPE: Final = (FlowLogTarget.TRANSIT_GATEWAY, FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT)
_INTERVAL: Final = 600
_TRANSIT_INTERVAL: Final = 60
"""Seconds that AWS takes where none are given. Source: EC2 ``CreateFlowLogs``; Transit Gateway guide."""

_SERVICE: Final = {
    "logs": LogDestinationType.CLOUD_WATCH_LOGS,
    "s3": LogDestinationType.S3,
    "firehose": LogDestinationType.FIREHOSE,
}


def flow_logs(world: World, known: Collection[Key]) -> Iterator[FlowLog]:
    """Yield the flow logs; ``known`` are the keys of the destinations in the model."""
    newest = Newest(world)
    for name, row in world.listing("ec2", "DescribeFlowLogs", "FlowLogs", "FlowLogId"):
        target = row.required("ResourceId")
        target_type = then(target, _target_type)
        destination = _destination(row, known)
        options = row.row("DestinationOptions")
        status = row.text("DeliverLogsStatus")
        request = row.reply.request
        yield FlowLog(
            **world.common(row, name, "aws_flow_log", arn=ec2_arn(row, "vpc-flow-log", name)),
            target=target,
            target_type=target_type,
            traffic_type=_traffic_type(row, target_type),
            destination=destination,
            role=row.text("DeliverLogsPermissionArn"),
            cross_account_role=row.text("DeliverCrossAccountRole"),
            log_format=_log_format(row, target_type),
            max_aggregation_interval=_interval(row, target_type),
            file_format=then(options, lambda found: _text(found, "FileFormat", "plain-text")),
            hive_compatible_partitions=then(options, lambda found: _flag(found, "HiveCompatiblePartitions")),
            per_hour_partition=then(options, lambda found: _flag(found, "PerHourPartition")),
            status=row.required("FlowLogStatus"),
            deliver_status=Unknown(f"{row.where} tells no DeliverLogsStatus") if status is None else status,
            deliver_error=known_text(row, "DeliverLogsErrorMessage") or None,
            created=row.time("CreationTime"),
            freshness=newest.of(name, request.account, request.region, destination),
        )


def _text(options: Row | None, name: str, unset: str) -> Maybe[str]:
    return unset if options is None else options.text_or(name, unset)


def _flag(options: Row | None, name: str) -> Maybe[bool]:
    return False if options is None else options.flag(name)


def _target_type(target: str) -> Maybe[FlowLogTarget]:
    found = next((type_ for start, type_ in _TARGETS if target.startswith(start)), None)
    return found or Unknown(f"what kind of resource {target} is, is not known")


def _traffic_type(row: Row, target: Maybe[FlowLogTarget]) -> Maybe[TrafficType | None]:
    if not isinstance(target, Unknown) and target in _NO_TRAFFIC_TYPE:
        return None
    word = row.required("TrafficType")
    if isinstance(word, Unknown):
        return word
    known = {member.value: member for member in TrafficType}
    return known.get(word) or Unknown(f"{row.where}: no traffic type is called {word}")


def _log_format(row: Row, target: Maybe[FlowLogTarget]) -> Maybe[str | None]:
    """Return the format, None for the default one, which AWS writes out; answers before 2019 had no other."""
    text = row.text("LogFormat")
    if text is None or isinstance(text, Unknown) or isinstance(target, Unknown):
        return text
    return None if is_default_format(text, transit=target in _NO_TRAFFIC_TYPE) else text


def _interval(row: Row, target: Maybe[FlowLogTarget]) -> Maybe[int]:
    value = row.whole("MaxAggregationInterval")
    if value is not None:
        return value
    transit = not isinstance(target, Unknown) and target in _NO_TRAFFIC_TYPE
    return _TRANSIT_INTERVAL if transit else _INTERVAL


def _destination(row: Row, known: Collection[Key]) -> Maybe[LogDestination]:
    text, group = row.text("LogDestination"), row.text("LogGroupName")
    for member in (text, group):
        if isinstance(member, Unknown):
            return member
    if text is None and isinstance(group, str):
        text = arn_at(row.reply, "logs", f"log-group:{group}")
    arn = parse_arn(log_group_arn(text)) if isinstance(text, str) else None
    type_ = _type(row, arn)
    if isinstance(type_, Unknown):
        return type_
    if arn is None:
        told = text if isinstance(text, str) else None
        where = Unknown(f"{row.where}: the destination is {told or 'not told'}")
        return LogDestination(type=type_, entity=None, arn=told or where, name=where, prefix=where)
    return _taken_apart(type_, arn, known)


def _type(row: Row, arn: Arn | None) -> Maybe[LogDestinationType]:
    """Return the destination's type; answers before 2018 do not tell it."""
    word = row.text("LogDestinationType")
    if isinstance(word, Unknown):
        return word
    if word is None:
        found = _SERVICE.get(arn.service) if arn is not None else None
        return found or row.odd("LogDestinationType", "there")
    known = {member.value: member for member in LogDestinationType}
    return known.get(word) or Unknown(f"{row.where}: no destination type is called {word}")


def _taken_apart(type_: LogDestinationType, arn: Arn, known: Collection[Key]) -> LogDestination:
    name, prefix, key = arn.resource_name, None, str(arn)
    if type_ is LogDestinationType.S3:
        name, prefix = bucket_and_prefix(arn.resource)
        key = str(Arn(arn.partition, arn.service, arn.region, arn.account, name))
    elif type_ is LogDestinationType.FIREHOSE:
        key = stream_key(arn)
    return LogDestination(type=type_, entity=key if key in known else None, arn=str(arn), name=name, prefix=prefix)
