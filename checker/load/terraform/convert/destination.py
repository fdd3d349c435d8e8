"""Log groups and delivery streams; buckets have a file of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.terraform.convert.bucket import kms_key
from checker.load.terraform.convert.common import World, common
from checker.load.terraform.convert.values import Fields
from checker.model.destination import DeliveryStream, LogGroup
from checker.model.known import Key, Maybe, Unknown

_S3_CONFIGURATIONS: Final = ("extended_s3_configuration", "s3_configuration")


def log_groups(world: World) -> Iterator[LogGroup]:
    """Yield the log groups. A retention of 0, or none, keeps events for ever."""
    for fields in world.of("aws_cloudwatch_log_group", "data.aws_cloudwatch_log_group"):
        days = fields.whole("retention_in_days")
        yield LogGroup(
            **common(fields),
            name=fields.required("name"),
            retention_days=None if not isinstance(days, Unknown) and days == 0 else days,
            kms_key=kms_key(fields, "kms_key_id"),
            log_group_class=fields.text_or("log_group_class", "STANDARD", absent="configured"),
        )


def delivery_streams(world: World) -> Iterator[DeliveryStream]:
    """Yield the Firehose delivery streams: managed, and read as data."""
    for fields in world.of("aws_kinesis_firehose_delivery_stream", "data.aws_kinesis_firehose_delivery_stream"):
        encryption = fields.block("server_side_encryption")
        managed = fields.site.instance.managed
        elsewhere = Unknown(f"{fields.site.instance.address} is managed elsewhere and does not tell this setting")
        yield DeliveryStream(
            **common(fields),
            name=fields.required("name"),
            status=None,
            source_type=_source(fields) if managed else elsewhere,
            server_side_encryption=_enabled(encryption) if managed else elsewhere,
            kms_key=_stream_key(encryption) if managed else elsewhere,
            destination_bucket=_bucket(fields) if managed else elsewhere,
        )


def _source(fields: Fields) -> Maybe[str]:
    """Return where the stream reads from: only one without a source of its own takes records put into it."""
    for block, word in (
        ("kinesis_source_configuration", "KinesisStreamAsSource"),
        ("msk_source_configuration", "MSKAsSource"),
    ):
        found = fields.blocks(block)
        if isinstance(found, Unknown):
            return found
        if found:
            return word
    return "DirectPut"


def _enabled(encryption: Maybe[Fields | None]) -> Maybe[bool]:
    if encryption is None or isinstance(encryption, Unknown):
        return False if encryption is None else encryption
    return encryption.flag("enabled", False)


def _stream_key(encryption: Maybe[Fields | None]) -> Maybe[Key | None]:
    if encryption is None or isinstance(encryption, Unknown):
        return encryption
    return kms_key(encryption, "key_arn")


def _bucket(fields: Fields) -> Maybe[Key | None]:
    """Return the bucket of an S3 destination; None for other destinations."""
    for name in _S3_CONFIGURATIONS:
        block = fields.block(name)
        if isinstance(block, Unknown):
            return block
        if block is not None:
            return block.required_key("bucket_arn", "bucket")
    return None
