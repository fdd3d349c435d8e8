"""Firehose delivery streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.aws.call import Reply
from checker.load.aws.convert.policies import KeyNames
from checker.load.aws.convert.row import Row, then
from checker.load.aws.convert.world import World, arn_at
from checker.model.arn import Arn, parse_arn
from checker.model.destination import DeliveryStream
from checker.model.entity import Tags
from checker.model.known import Key, Maybe, Unknown

_TYPE: Final = "aws_kinesis_firehose_delivery_stream"
_ENCRYPTED: Final = ("ENABLED", "ENABLING", "DISABLING_FAILED")
"""Source: Firehose ``DeliveryStreamEncryptionStatus``."""


def stream_key(arn: Arn) -> Key:
    """Return the ARN of a delivery stream in the spelling with a slash; API texts show both."""
    return str(Arn(arn.partition, arn.service, arn.region, arn.account, f"deliverystream/{arn.resource_name}"))


def delivery_streams(world: World) -> Iterator[DeliveryStream]:
    """Yield the delivery streams that were looked for.

    One that is not there is noted as absent; one that cannot be read is there with nothing known but why.
    """
    keys = KeyNames(world)
    for reply in world.replies.of("firehose", "DescribeDeliveryStream"):
        name = reply.request.resource or ""
        key = arn_at(reply, "firehose", f"deliverystream/{name}")
        answer = world.answer(reply)
        if world.is_gone(reply):
            world.note_gone(_TYPE, key, reply)
            continue
        row = answer.required_row("DeliveryStreamDescription") if isinstance(answer, Row) else answer
        yield _stream(world, keys, row, key, name) if isinstance(row, Row) else _unseen(world, reply, row, key, name)


def _unseen(world: World, reply: Reply, why: Unknown | None, key: Key, name: str) -> DeliveryStream:
    cause = world.why(reply) if why is None else why
    return DeliveryStream(
        **world.unseen(reply, key, _TYPE, cause),
        name=name,
        status=cause,
        source_type=cause,
        server_side_encryption=cause,
        kms_key=cause,
        destination_bucket=cause,
    )


def _stream(world: World, keys: KeyNames, row: Row, guess: Key, name: str) -> DeliveryStream:
    request = row.reply.request
    given = row.text("DeliveryStreamARN")
    arn = parse_arn(given) if isinstance(given, str) else None
    key = guess if arn is None else stream_key(arn)
    encryption = row.row("DeliveryStreamEncryptionConfiguration")
    return DeliveryStream(
        **world.common(row, key, _TYPE, id_=key, arn=key, tags=_tags(world, row, name)),
        name=name,
        status=row.required("DeliveryStreamStatus"),
        source_type=row.required("DeliveryStreamType"),
        server_side_encryption=False if encryption is None else then(encryption, _is_encrypted),
        kms_key=None if encryption is None else then(
            encryption, lambda inner: keys.key(inner.text("KeyARN"), request.account, request.region)
        ),
        destination_bucket=then(row.rows("Destinations"), _bucket),
    )  # fmt: skip


def _is_encrypted(encryption: Row) -> Maybe[bool]:
    return then(encryption.required("Status"), lambda word: word in _ENCRYPTED)


def _tags(world: World, row: Row, name: str) -> Maybe[Tags]:
    request = row.reply.request
    answer = world.detail(request.account, request.region, "firehose", "ListTagsForDeliveryStream", name)
    if isinstance(answer, Unknown):
        return answer
    return {} if answer is None else answer.tags()


def _bucket(destinations: list[Row]) -> Maybe[Key | None]:
    """Return the bucket of an S3 destination; None for other destinations."""
    for target in destinations:
        for member in ("ExtendedS3DestinationDescription", "S3DestinationDescription"):
            inner = target.row(member)
            if inner is not None:
                return then(inner, lambda found: found.required("BucketARN"))
    return None
