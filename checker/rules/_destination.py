"""Destinations against an allow-list. ARNs are taken apart and compared field by field, never as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from checker.model.absent import Absent
from checker.model.arn import Arn, bucket_and_prefix, log_group_arn, parse_arn, partition_of_region
from checker.model.destination import Bucket, DeliveryStream, LogGroup
from checker.model.entity import Entity
from checker.model.finding import Json
from checker.model.flow_log import FlowLog, LogDestination, LogDestinationType
from checker.model.identity import Role
from checker.model.known import Maybe, Unknown, may_equal
from checker.rules._changes import changes_of
from checker.rules._rule import Context, Params
from checker.rules._text import Tri, all_of, any_of, equal, mask, matches, text_of

SERVICES: Final = {
    LogDestinationType.S3: "s3",
    LogDestinationType.CLOUD_WATCH_LOGS: "logs",
    LogDestinationType.FIREHOSE: "firehose",
}
_TYPES: Final = ("aws_s3_bucket", "aws_cloudwatch_log_group", "aws_kinesis_firehose_delivery_stream")
"""Terraform types of destinations."""
_STREAM: Final = "deliverystream"
_NAMED: Final = (Bucket, DeliveryStream, LogGroup, Role)
_Named = Bucket | DeliveryStream | LogGroup | Role
"""Things that others name by an ARN which follows from their own name."""

ENTRY_SCHEMA: Final[Mapping[str, Json]] = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {
            "type": {"enum": [kind.value for kind in LogDestinationType]},
            "arn": {"type": "string", "pattern": "^arn:"},
            "account": {"type": "string", "pattern": "^[0-9]{12}$"},
            "region": {"type": "string", "pattern": "^[a-z]{2}(-[a-z]+)+-[0-9]+$"},
        },
    },
}
"""JSON Schema of an allow-list."""

ELSEWHERE_SCHEMA: Final[Mapping[str, Json]] = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["arn", "owner", "checked_by"],
        "properties": {
            "arn": {"type": "string", "pattern": "^arn:"},
            "account": {"type": ["string", "null"], "pattern": "^[0-9]{12}$"},
            "owner": {"type": "string", "minLength": 1},
            "checked_by": {"type": "string", "minLength": 1},
        },
    },
}
"""JSON Schema of the destinations that another team keeps."""


def entries(params: Params, name: str) -> list[Mapping[str, Json]]:
    """Return a parameter that is a list of objects; empty when it is unset."""
    found = params.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def allow_list(ctx: Context, log: Entity, own: Params) -> list[Mapping[str, Json]]:
    """Return the allow-list for a log: the rule's own, else the one that the policy gives to FL004 or FL008."""
    found = entries(own, "allow")
    for other in ("FL004", "FL008"):
        found = found or entries(ctx.params_for(other, log) or {}, "allow")
    return found


def describe(destination: Maybe[LogDestination]) -> str:
    """Return a destination as a person reads it."""
    if isinstance(destination, Unknown):
        return f"a destination that is not known ({destination.reason})"
    words = {"s3": "bucket", "cloud-watch-logs": "log group", "kinesis-data-firehose": "delivery stream"}
    kind = words[destination.type.value]
    if not isinstance(destination.arn, Unknown) and destination.arn:
        return f"{kind} {destination.arn}"
    if destination.entity:
        return f"{kind} {destination.entity}"
    if not isinstance(destination.name, Unknown) and destination.name:
        return f"{kind} {destination.name}"
    if isinstance(destination.arn, Unknown):
        return f"{kind} not known ({destination.arn.reason})"
    return f"{kind} that is not set"


def is_empty(destination: LogDestination) -> bool:
    """Say whether the configuration leaves the destination empty, so that nothing can be delivered."""
    unset = not isinstance(destination.arn, Unknown) and not destination.arn
    nameless = not isinstance(destination.name, Unknown) and not destination.name
    return unset and nameless and destination.entity is None


def arn_text(log: FlowLog, destination: LogDestination) -> str | None:
    """Return the ARN of a destination, with ``⟦…⟧`` for parts not known; None when nothing of it is known."""
    if isinstance(destination.arn, str):
        return log_group_arn(destination.arn)
    if isinstance(destination.arn, Unknown) and destination.arn.symbol is not None:
        return log_group_arn(destination.arn.symbol)
    name = destination.name
    if not isinstance(name, str):
        return None
    if destination.type is LogDestinationType.S3:
        folder = destination.prefix
        tail = "" if folder is None else f"/{text_of(folder, 'prefix')}"
        return f"arn:{partition(log)}:s3:::{name}{tail}"
    service = SERVICES[destination.type]
    kind = "log-group:" if service == "logs" else f"{_STREAM}/"
    region, account = text_of(log.region, "region"), account_text(log)
    return f"arn:{partition(log)}:{service}:{region}:{account}:{kind}{name}"


def partition(entity: Entity) -> str:
    """Return the partition that an entity lies in; ``aws`` where its region is not known."""
    if isinstance(entity.region, str):
        return partition_of_region(entity.region)
    arn = parse_arn(entity.arn) if isinstance(entity.arn, str) else None
    return arn.partition if arn is not None else "aws"


def account_text(entity: Entity) -> str:
    """Return the account as text; a part of its own kind where it is not known."""
    return text_of(entity.account, f"account of {entity.origin.root or 'this root'}")


def same_account(one: Entity, other: Entity) -> Tri:
    """Say whether two entities belong to one account; equal unknowns of one root count as one account."""
    if isinstance(one.account, Unknown) and isinstance(other.account, Unknown) and one.account == other.account:
        return True if one.origin.root == other.origin.root else None
    return equal(account_text(one), account_text(other))


def allowed(log: FlowLog, allow: Sequence[Mapping[str, Json]], owner: Entity | None) -> Tri:
    """Say whether a log's destination is on the allow-list.

    ``owner`` is the destination in the model, which tells a bucket's account and region; its ARN does not.
    """
    if isinstance(log.destination, Unknown):
        return None if allow else False
    return any_of(*(_entry_allows(log, log.destination, entry, owner) for entry in allow))


def _entry_allows(log: FlowLog, destination: LogDestination, entry: Mapping[str, Json], owner: Entity | None) -> Tri:
    parts: list[Tri] = []
    if "type" in entry:
        parts.append(destination.type.value == entry["type"])
    text = arn_text(log, destination)
    if "arn" in entry:
        parts.append(None if text is None else arn_allows(str(entry["arn"]), text))
    arn = parse_arn(mask(text)) if text is not None else None
    wanted = [field for field in ("account", "region") if field in entry]
    parts += [_field_allows(str(entry[field]), field, arn, owner) for field in wanted]
    return all_of(*parts)


def _field_allows(wanted: str, field: str, arn: Arn | None, owner: Entity | None) -> Tri:
    own = getattr(arn, field) if arn is not None else ""
    if own:
        return equal(wanted, own)
    if owner is None:
        return None
    return equal(wanted, account_text(owner) if field == "account" else text_of(owner.region, "region"))


def arn_allows(pattern: str, text: str) -> Tri:
    """Say whether an ARN pattern admits an ARN; both may lack the parts that do not matter.

    ``arn:aws:s3:::logs/*`` and ``arn:aws:s3:::logs`` both admit every folder of the bucket; ``arn:aws:s3:::logs/net``
    admits this folder and those below it. A log group's ``:*`` means nothing, a stream's ``/`` may be ``:``.
    """
    wanted, given = parse_arn(log_group_arn(pattern)), parse_arn(mask(text))
    if given is None:
        return matches(mask(pattern), mask(text)) if "⟦" in text else False
    if wanted is None:
        return matches(pattern, text)
    fields = ("partition", "service", "region", "account")
    heads = all_of(*(matches(getattr(wanted, field), getattr(given, field)) for field in fields))
    return all_of(heads, _resource_allows(wanted, given))


def _resource_allows(wanted: Arn, given: Arn) -> Tri:
    if given.service == "s3":
        return _folder_allows(wanted.resource, given.resource)
    if given.service == "firehose":
        return matches(wanted.resource.replace(":", "/", 1), given.resource.replace(":", "/", 1))
    return matches(wanted.resource, given.resource)


def _folder_allows(wanted: str, given: str) -> Tri:
    bucket, folder = bucket_and_prefix(wanted)
    their_bucket, their_folder = bucket_and_prefix(given)
    same = matches(bucket, their_bucket)
    if folder in (None, "*"):
        return same
    theirs = their_folder or ""
    inside = any_of(*(matches(each, text) for each in (str(folder), f"{folder}/*") for text in (theirs, f"{theirs}/")))
    return all_of(same, inside)


def kept_elsewhere(log: FlowLog, params: Params) -> Mapping[str, Json] | None:
    """Return the policy's declaration that another team keeps this destination, where there is one."""
    if isinstance(log.destination, Unknown):
        return None
    text = arn_text(log, log.destination)
    for entry in entries(params, "managed_elsewhere"):
        if text is not None and arn_allows(str(entry.get("arn", "")), text) is True:
            return entry
    return None


def owner_of(ctx: Context, log: FlowLog) -> Entity | None:
    """Return the bucket, log group or stream of a log where it is in the model."""
    if isinstance(log.destination, Unknown) or log.destination.entity is None:
        return None
    return ctx.model.by_key.get(log.destination.entity)


def destroyed(log: FlowLog, ctx: Context) -> Entity | None:
    """Return the bucket, log group or stream that the plan takes away although the log goes on naming it."""
    if isinstance(log.destination, Unknown) or log.destination.entity is not None:
        return None
    return taken_away(arn_text(log, log.destination), ctx, _TYPES)


def taken_away(text: str | None, ctx: Context, types: Sequence[str]) -> Entity | None:
    """Return the thing of one of these types that bears an ARN now and that no thing bears after the plan.

    One that is replaced under the same name is there again after the plan.
    """
    if ctx.before is None or text is None:
        return None
    changes = changes_of(ctx)
    for change in (
        each for kind in types for each in (*changes.deleted.get(kind, []), *changes.replaced.get(kind, []))
    ):
        old = ctx.before.by_key.get(change.before_key or "")
        if old is None or not isinstance(old, _NAMED) or not _bears(old, text):
            continue
        new = ctx.model.by_key.get(change.after_key or "")
        if not (isinstance(new, _NAMED) and _same_name(old, new)):
            return old
    return None


def _bears(entity: Entity, text: str) -> bool:
    if entity.arn is None:
        return False
    theirs = log_group_arn(text_of(entity.arn, entity.key))
    return theirs == text or text.startswith(f"{theirs}/")


def _same_name(old: _Named, new: _Named) -> bool:
    """Say whether a replacement bears, or may bear, the name of what it replaces."""
    return may_equal(old.name, new.name)


def bare_arn(log: FlowLog, destination: LogDestination) -> str | None:
    """Return the ARN of the bucket without folder, the group without ``:*``, the stream with a slash."""
    arn = parse_arn(arn_text(log, destination) or "")
    if arn is None:
        return None
    if arn.service == "s3":
        return str(Arn(arn.partition, arn.service, arn.region, arn.account, bucket_and_prefix(arn.resource)[0]))
    if arn.service == "firehose":
        return str(Arn(arn.partition, arn.service, arn.region, arn.account, f"{_STREAM}/{arn.resource_name}"))
    return str(arn)


def absent(log: FlowLog, ctx: Context) -> Absent | None:
    """Return AWS's word that the destination of a log does not exist."""
    if isinstance(log.destination, Unknown) or log.destination.entity is not None:
        return None
    text = bare_arn(log, log.destination)
    return None if text is None else ctx.model.absent_for(text)
