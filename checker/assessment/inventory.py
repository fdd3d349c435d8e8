"""Flow logs and where they deliver to, as rows for reports. None in a row is what was not read or is not known yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from checker.model.assessment import DestinationRow, FlowLogRow
from checker.model.destination import (
    Bucket,
    BucketEncryption,
    DeliveryStream,
    LifecycleRule,
    LogGroup,
    PublicAccessBlock,
)
from checker.model.entity import Entity
from checker.model.flow_log import FlowLog, FlowLogTarget, LogDestination
from checker.model.known import Maybe, Unknown
from checker.model.log_format import DEFAULT_FIELDS, TRANSIT_DEFAULT_FIELDS
from checker.model.model import NetworkModel
from checker.model.origin import Source

T = TypeVar("T")

_LIVE: Final = (Source.ACCOUNT, Source.SNAPSHOT)
_TRANSIT: Final = (FlowLogTarget.TRANSIT_GATEWAY, FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT)
_FLAGS: Final = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def flow_log_rows(model: NetworkModel) -> tuple[FlowLogRow, ...]:
    """Return one row for each flow log, sorted by account, region and name."""
    names = {each.key: _name(each) for each in model.entities()}
    return tuple(sorted((_flow_log(log, names) for log in model.flow_logs), key=_log_order))


def _flow_log(log: FlowLog, names: dict[str, str]) -> FlowLogRow:
    destination = known(log.destination)
    target, traffic = known(log.target), known(log.traffic_type)
    return FlowLogRow(
        account=known(log.account),
        region=known(log.region),
        id=known(log.id),
        address=log.origin.address,
        subject=None if target is None else names.get(target, target),
        traffic_type=traffic.value if traffic else None,
        interval=known(log.max_aggregation_interval),
        destination=_destination_text(destination, names),
        destination_type=destination.type.value if destination else None,
        file_format=known(log.file_format),
        fields=_fields(log),
        status=_status(log),
    )


def _fields(log: FlowLog) -> int | None:
    """Return how many fields a record has; None where the format is not known."""
    if isinstance(log.log_format, Unknown):
        return None
    if log.log_format is not None:
        return len(log.log_format.split())
    kind = known(log.target_type)
    if kind is None:
        return None
    return len(TRANSIT_DEFAULT_FIELDS if kind in _TRANSIT else DEFAULT_FIELDS)


def _status(log: FlowLog) -> str | None:
    """Return what AWS says of the delivery, its error with it; None where the source has no such thing."""
    words = [word for word in (known(log.status), known(log.deliver_status)) if word]
    text = ", ".join(words)
    return f"{text}: {log.deliver_error}" if log.deliver_error else text or None


def _destination_text(found: LogDestination | None, names: dict[str, str]) -> str | None:
    if found is None:
        return None
    arn = known(found.arn)
    if arn:
        return arn
    return names.get(found.entity, found.entity) if found.entity else known(found.name)


def destination_rows(model: NetworkModel) -> tuple[DestinationRow, ...]:
    """Return one row for each place that a flow log delivers to, sorted by type and name.

    A place that the input does not hold is a row all the same: its settings are not known, and a note says so.
    """
    used: dict[tuple[str, str], list[FlowLog]] = {}
    for log in model.flow_logs:
        found = known(log.destination)
        if found is not None:
            place = found.entity or known(found.arn) or known(found.name)
            if place is not None:
                used.setdefault((found.type.value, place), []).append(log)
    rows = [_destination(kind, place, logs, model) for (kind, place), logs in used.items()]
    return tuple(sorted(rows, key=lambda row: (row.type, row.id, row.account or "", row.region or "")))


def _destination(kind: str, place: str, logs: list[FlowLog], model: NetworkModel) -> DestinationRow:
    entity = model.by_key.get(place)
    if isinstance(entity, Bucket):
        return _bucket(entity, kind, logs, model)
    if isinstance(entity, LogGroup):
        kept = _said(entity.retention_days, lambda days: "never expires" if days is None else f"{days} days")
        key = _said(entity.kms_key, lambda key: f"KMS key {key}" if key else "AWS owned key")
        return _row(entity, kind, logs, retention=kept, encryption=key)
    if isinstance(entity, DeliveryStream):
        inside = _said(entity.server_side_encryption, lambda on: "on" if on else "off")
        return _row(entity, kind, logs, retention=None, encryption=inside, notes=_stream_notes(entity))
    return DestinationRow(
        account=None, region=None, type=kind, id=place, flow_logs=len(logs), retention=None, encryption=None,
        public_access=None, notes=("not read in this run: its settings are not known",),
    )  # fmt: skip


def _bucket(bucket: Bucket, kind: str, logs: list[FlowLog], model: NetworkModel) -> DestinationRow:
    rules = bucket.lifecycle_rules
    notes = []
    if known(bucket.object_lock_enabled):
        notes.append("object lock is on")
    if known(bucket.versioning) == "Enabled":
        notes.append("versioning is on")
    return _row(
        bucket,
        kind,
        logs,
        retention=None if isinstance(rules, Unknown) else _retention(rules),
        encryption=None if isinstance(bucket.encryption, Unknown) else _encryption(bucket.encryption),
        public_access=_public(bucket, model),
        notes=tuple(notes),
    )


def _encryption(found: BucketEncryption | None) -> str | None:
    if found is None:
        return "SSE-S3 by default"
    key = known(found.kms_key)
    return known(found.algorithm) if key is None else f"{known(found.algorithm) or 'KMS'}, key {key}"


def _retention(rules: Iterable[LifecycleRule]) -> str:
    """Return the shortest expiry that some enabled rule sets; limited ones say so."""
    found = []
    for rule in rules:
        days, on, prefix = known(rule.expiration_days), known(rule.enabled), known(rule.prefix)
        if on and days is not None:
            found.append((days, f"{days} days" + (f" below {prefix}" if prefix else "")))
    return ", ".join(text for _, text in sorted(found)) or "no expiry"


def _public(bucket: Bucket, model: NetworkModel) -> str | None:
    """Return whether public access is blocked, by the bucket or by its account; None where that is not known."""
    if any(_blocked(each.block) for each in model.account_public_access_blocks if _same_account(each, bucket)):
        return "blocked by the account"
    block = bucket.public_access_block
    if isinstance(block, Unknown):
        return None
    if block is None:
        return "no block set" if bucket.origin.source in _LIVE else "no block set: AWS's default holds"
    if _blocked(block):
        return "blocked"
    off = [flag for flag in _FLAGS if getattr(block, flag) is False]
    return f"off: {', '.join(off)}" if off else None


def _blocked(block: PublicAccessBlock) -> bool:
    return all(getattr(block, flag) is True for flag in _FLAGS)


def _same_account(one: Entity, other: Entity) -> bool:
    mine, yours = known(one.account), known(other.account)
    return one.origin.root == other.origin.root if mine is None or yours is None else mine == yours


def _stream_notes(stream: DeliveryStream) -> tuple[str, ...]:
    bucket, status = known(stream.destination_bucket), known(stream.status)
    notes = [f"status {status}"] if status else []
    return (*notes, *((f"delivers to {bucket}",) if bucket else ()))


def _row(
    entity: Entity,
    kind: str,
    logs: list[FlowLog],
    *,
    retention: str | None,
    encryption: str | None,
    public_access: str | None = None,
    notes: tuple[str, ...] = (),
) -> DestinationRow:
    return DestinationRow(
        account=known(entity.account),
        region=known(entity.region),
        type=kind,
        id=_name(entity),
        flow_logs=len(logs),
        retention=retention,
        encryption=encryption,
        public_access=public_access,
        notes=notes if entity.origin.managed else (*notes, "managed elsewhere"),
    )


def known(value: Maybe[T]) -> T | None:
    """Return a value, or None where it is not known."""
    return None if isinstance(value, Unknown) else value


def _said(value: Maybe[T], say: Callable[[T], str]) -> str | None:
    """Return a value in words; None where it is not known."""
    return None if isinstance(value, Unknown) else say(value)


def _name(entity: Entity) -> str:
    return entity.origin.address or known(entity.arn) or known(entity.id) or entity.key


def _log_order(row: FlowLogRow) -> tuple[str, ...]:
    return tuple(each or "" for each in (row.account, row.region, row.address, row.id, row.subject, row.destination))
