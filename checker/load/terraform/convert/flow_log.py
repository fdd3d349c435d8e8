"""Flow logs and the telemetry rules that create them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from checker.load.terraform.convert.canonical import account_of, partition_at, region_of
from checker.load.terraform.convert.common import Common, World, common
from checker.load.terraform.convert.symbol import (
    HOLE,
    hole,
    join,
    known_or_symbol,
    mask,
    parse_template_arn,
    template,
    unmask,
)
from checker.load.terraform.convert.values import Fields
from checker.model.arn import Arn, bucket_and_prefix, log_group_arn
from checker.model.flow_log import (
    FlowLog,
    FlowLogTarget,
    LogDestination,
    LogDestinationType,
    TelemetryRule,
    TrafficType,
)
from checker.model.known import Key, Maybe, Unknown
from checker.model.log_format import is_default_format

_TARGETS: Final = (
    ("vpc_id", "vpc", FlowLogTarget.VPC),
    ("subnet_id", "subnet", FlowLogTarget.SUBNET),
    ("eni_id", "interface", FlowLogTarget.NETWORK_INTERFACE),
    ("transit_gateway_id", "transit_gateway", FlowLogTarget.TRANSIT_GATEWAY),
    ("transit_gateway_attachment_id", "attachment", FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT),
    ("regional_nat_gateway_id", "nat_gateway", FlowLogTarget.REGIONAL_NAT_GATEWAY),
)
"""Argument, family and target type; the provider demands exactly one of the arguments."""

_FAMILY: Final = {
    LogDestinationType.CLOUD_WATCH_LOGS: "log_group",
    LogDestinationType.S3: "bucket",
    LogDestinationType.FIREHOSE: "delivery_stream",
}
_SERVICE: Final = {
    "logs": LogDestinationType.CLOUD_WATCH_LOGS,
    "s3": LogDestinationType.S3,
    "firehose": LogDestinationType.FIREHOSE,
}
_NO_TRAFFIC_TYPE: Final = (FlowLogTarget.TRANSIT_GATEWAY, FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT)


def flow_logs(world: World) -> Iterator[FlowLog]:
    """Yield the flow logs."""
    for fields in world.of("aws_flow_log"):
        target, target_type = _target(fields)
        options = fields.block("destination_options")
        yield FlowLog(
            **common(fields),
            target=target,
            target_type=target_type,
            traffic_type=_traffic_type(fields, target_type),
            destination=_destination(world, fields),
            role=fields.key("iam_role_arn", "role"),
            cross_account_role=fields.key("deliver_cross_account_role", "role"),
            log_format=_log_format(fields, target_type),
            max_aggregation_interval=_interval(fields),
            file_format=_option_text(options, "file_format", "plain-text"),
            hive_compatible_partitions=_option_flag(options, "hive_compatible_partitions"),
            per_hour_partition=_option_flag(options, "per_hour_partition"),
        )


def _target(fields: Fields) -> tuple[Maybe[Key], Maybe[FlowLogTarget]]:
    """Return what is recorded. A known argument decides; of several unknown ones each may be the one that is set."""
    open_: list[tuple[Unknown, FlowLogTarget]] = []
    for name, family, type_ in _TARGETS:
        key = fields.key(name, family)
        if isinstance(key, Unknown):
            open_.append((key, type_))
        elif key is not None:
            return key, type_
    if len(open_) == 1:
        return open_[0]
    if not open_:
        reason = _no_target(fields)
        return reason, reason
    first = open_[0][0]
    everywhere = all(unknown.among for unknown, _ in open_)
    among = dict.fromkeys(key for unknown, _ in open_ for key in unknown.among) if everywhere else ()
    return Unknown(first.reason, among=tuple(among)), Unknown(f"which target is set is not known: {first.reason}")


def _no_target(fields: Fields) -> Unknown:
    """Return why no target is to be had. A plan leaves out what it does not know yet, so without configuration too."""
    instance = fields.site.instance
    if instance.configured is None and "vpc_id" not in instance.values:
        return Unknown(f"what {instance.address} records is known after apply, and the input holds no configuration")
    return Unknown(f"{instance.address} names nothing to record")


def _traffic_type(fields: Fields, target: Maybe[FlowLogTarget]) -> Maybe[TrafficType | None]:
    if not isinstance(target, Unknown) and target in _NO_TRAFFIC_TYPE:
        return None
    value = fields.text("traffic_type")
    if value is None or isinstance(value, Unknown):
        return value
    known = {member.value: member for member in TrafficType}
    return known.get(value) or Unknown(f"{fields.site.instance.address}: no traffic type is called {value}")


def _log_format(fields: Fields, target: Maybe[FlowLogTarget]) -> Maybe[str | None]:
    """Return the format; the default one, written out, is the default one: that is how AWS tells it."""
    text = fields.text("log_format", absent="configured")
    if text is None or isinstance(text, Unknown) or isinstance(target, Unknown):
        return text
    return None if is_default_format(text, transit=target in _NO_TRAFFIC_TYPE) else text


def _interval(fields: Fields) -> Maybe[int]:
    value = fields.whole("max_aggregation_interval")
    return 600 if value is None else value


def _option_text(options: Maybe[Fields | None], name: str, unset: str) -> Maybe[str]:
    if options is None or isinstance(options, Unknown):
        return unset if options is None else options
    return options.text_or(name, unset)


def _option_flag(options: Maybe[Fields | None], name: str) -> Maybe[bool]:
    if options is None or isinstance(options, Unknown):
        return False if options is None else options
    return options.flag(name, False)


def _destination(world: World, fields: Fields) -> Maybe[LogDestination]:
    arn = fields.text("log_destination", absent="configured")
    group = fields.text("log_group_name", absent="configured")
    type_ = _type(fields, arn)
    if isinstance(type_, Unknown):
        return type_
    if type_ is LogDestinationType.CLOUD_WATCH_LOGS and group is not None and (arn is None or isinstance(arn, Unknown)):
        return _by_name(world, fields, group)
    if arn is None:
        return LogDestination(type=type_, entity=None, arn=None, name=None, prefix=None)
    return destination_of(world, fields, type_, arn)


def _type(fields: Fields, arn: Maybe[str | None]) -> Maybe[LogDestinationType]:
    """Return the destination type; one not known may still follow from the ARN's service."""
    value = fields.text_or("log_destination_type", LogDestinationType.CLOUD_WATCH_LOGS.value)
    if isinstance(value, Unknown):
        text = None if arn is None else template(arn)
        parsed = parse_template_arn(text) if text else None
        return _SERVICE.get(parsed.service, value) if parsed else value
    known = {member.value: member for member in LogDestinationType}
    return known.get(value) or Unknown(f"{fields.site.instance.address}: no destination type is called {value}")


def _by_name(world: World, fields: Fields, group: Maybe[str]) -> LogDestination:
    """Return the log group that is given by name: it lies in the account and region of the flow log."""
    site, resolver = fields.site, fields.resolver
    region, account = region_of(resolver, site), account_of(resolver, site)
    parts: list[Maybe[str]] = [
        Unknown(part.reason, symbol=hole(f"{site.key}.{name}"))
        if isinstance(part, Unknown) and part.symbol is None
        else part
        for name, part in (("region", region), ("account", account))
    ]
    arn = join(f"arn:{partition_at(resolver, site)}:logs:", parts[0], ":", parts[1], ":log-group:", group)
    return LogDestination(
        type=LogDestinationType.CLOUD_WATCH_LOGS,
        entity=_entity(world, fields, LogDestinationType.CLOUD_WATCH_LOGS, group),
        arn=arn,
        name=group,
        prefix=None,
    )


def destination_of(world: World, fields: Fields, type_: LogDestinationType, arn: Maybe[str]) -> LogDestination:
    """Take an ARN apart, as far as it is known."""
    plain = _without_star(arn)
    text = template(plain)
    head = _before_last_hole(text or "")
    if type_ is LogDestinationType.S3 and head is not None and isinstance(plain, Unknown):
        entity = _entity(world, fields, type_, known_or_symbol(head, plain.reason))
        if entity is not None:
            return _open_folder(head, plain, entity)
    parsed = parse_template_arn(text) if text else None
    if parsed is None:
        reason = plain if isinstance(plain, Unknown) else Unknown(f"not an ARN: {plain}")
        name: Maybe[str] = Unknown(reason.reason)
        prefix = _no_prefix(type_, reason)
    else:
        name, prefix = _name_and_prefix(type_, parsed, plain)
    return LogDestination(
        type=type_,
        entity=_entity(world, fields, type_, _base(type_, plain, parsed)),
        arn=plain,
        name=name,
        prefix=prefix,
    )


def _before_last_hole(text: str) -> str | None:
    """Return what stands before the hole that a template ends with, None when it ends otherwise."""
    found = re.search(f"{HOLE.pattern}$", text)
    return text[: found.start()] if found and found.start() else None


def _open_folder(head: str, whole: Unknown, entity: Key) -> LogDestination:
    """Return a bucket of which is known which one it is, and not whether a folder follows."""
    arn = parse_template_arn(head)
    name: Maybe[str] = Unknown(whole.reason)
    if arn is not None:
        name = known_or_symbol(unmask(bucket_and_prefix(arn.resource)[0]), whole.reason)
    folder = Unknown(f"whether a folder follows the bucket is not known: {whole.reason}")
    return LogDestination(type=LogDestinationType.S3, entity=entity, arn=whole, name=name, prefix=folder)


def _without_star(arn: Maybe[str]) -> Maybe[str]:
    if isinstance(arn, Unknown):
        return Unknown(arn.reason, symbol=log_group_arn(arn.symbol), among=arn.among) if arn.symbol else arn
    return log_group_arn(arn)


def _no_prefix(type_: LogDestinationType, reason: Unknown) -> Maybe[str | None]:
    return Unknown(reason.reason) if type_ is LogDestinationType.S3 else None


def _name_and_prefix(type_: LogDestinationType, arn: Arn, whole: Maybe[str]) -> tuple[Maybe[str], Maybe[str | None]]:
    reason = whole.reason if isinstance(whole, Unknown) else ""
    if type_ is not LogDestinationType.S3:
        return known_or_symbol(unmask(arn.resource_name), reason), None
    bucket, folder = bucket_and_prefix(arn.resource)
    return known_or_symbol(unmask(bucket), reason), known_or_symbol(unmask(folder), reason) if folder else None


def _base(type_: LogDestinationType, whole: Maybe[str], arn: Arn | None) -> Maybe[str]:
    """Return the text that names the destination itself: no folder of a bucket, and ``deliverystream/name``."""
    if arn is None:
        text = template(whole)
        if type_ is LogDestinationType.S3 and text and "/" in mask(text):
            return known_or_symbol(unmask(mask(text).partition("/")[0]), "part of the destination")
        return whole
    resource = arn.resource
    if type_ is LogDestinationType.S3:
        resource = bucket_and_prefix(resource)[0]
    elif type_ is LogDestinationType.FIREHOSE:
        resource = f"{arn.resource_type}/{arn.resource_name}"
    text = unmask(str(Arn(arn.partition, arn.service, arn.region, arn.account, resource)))
    return known_or_symbol(text, whole.reason if isinstance(whole, Unknown) else "")


def _entity(world: World, fields: Fields, type_: LogDestinationType, name: Maybe[str]) -> Key | None:
    """Return the key of the destination when it is in the model."""
    key = world.index.find(_FAMILY[type_], name, fields.site)
    return key if isinstance(key, str) and key in fields.resolver.sites else None


def telemetry_rules(world: World) -> Iterator[TelemetryRule]:
    """Yield the CloudWatch telemetry rules of the account and of the organization."""
    account = "aws_observabilityadmin_telemetry_rule"
    for kind in (account, f"{account}_for_organization"):
        for fields in world.of(kind):
            shared: Common = common(fields, arn="rule_arn" if "rule_arn" in fields.values else "arn")
            rule = fields.block("rule")
            inner = rule if isinstance(rule, Unknown) else (rule or fields)
            yield TelemetryRule(
                **shared,
                resource_type=inner if isinstance(inner, Unknown) else inner.required("resource_type"),
                organization_wide=kind != account,
                telemetry_type=inner if isinstance(inner, Unknown) else inner.text("telemetry_type"),
                selection_criteria=inner if isinstance(inner, Unknown) else inner.text("selection_criteria"),
                scope=inner if isinstance(inner, Unknown) else inner.text("scope"),
                regions=inner if isinstance(inner, Unknown) else _regions(inner),
            )


def _regions(rule: Fields) -> Maybe[tuple[str, ...] | None]:
    """Return the regions that a telemetry rule is copied to, None for all."""
    everywhere, found = rule.flag("all_regions", False), rule.texts("regions")
    if isinstance(everywhere, Unknown):
        return everywhere
    if everywhere:
        return None
    if isinstance(found, Unknown):
        return found
    doubt = next((each for each in found or () if isinstance(each, Unknown)), None)
    return doubt if doubt is not None else tuple(sorted(str(each) for each in found or ()))
