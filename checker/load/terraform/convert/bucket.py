"""S3 buckets with the settings that Terraform keeps in separate resources, or, deprecated, in the bucket itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from checker.load.terraform.convert.common import World, common, exists_unknown
from checker.load.terraform.convert.policy import policy_of
from checker.load.terraform.convert.values import Fields
from checker.model.destination import (
    AccountPublicAccessBlock,
    Bucket,
    BucketEncryption,
    LifecycleRule,
    PublicAccessBlock,
)
from checker.model.identity import PolicyDocument
from checker.model.known import Key, Maybe, Unknown
from checker.model.record import dataclass

T = TypeVar("T")

_DAYS_PER_YEAR: Final = 365

_INLINE: Final = {
    "aws_s3_bucket_policy": "policy",
    "aws_s3_bucket_server_side_encryption_configuration": "server_side_encryption_configuration",
    "aws_s3_bucket_versioning": "versioning",
    "aws_s3_bucket_lifecycle_configuration": "lifecycle_rule",
}
"""The bucket's deprecated argument for what is now a resource of its own."""


@dataclass(frozen=True, slots=True)
class _Lock:
    """Object lock as far as retention needs it."""

    enabled: Maybe[bool]
    mode: Maybe[str | None]
    days: Maybe[int | None]


def buckets(world: World) -> Iterator[Bucket]:
    """Yield the buckets: managed, and read as data. The settings of the latter are Unknown unless they are here."""
    for fields in world.of("aws_s3_bucket", "data.aws_s3_bucket"):
        lock = _object_lock(world, fields)
        yield Bucket(
            **common(fields),
            name=fields.required("bucket"),
            policy=_setting(world, fields, "aws_s3_bucket_policy", _policy),
            encryption=_setting(world, fields, "aws_s3_bucket_server_side_encryption_configuration", _encryption),
            public_access_block=_setting(world, fields, "aws_s3_bucket_public_access_block", _access_block),
            versioning=_setting(world, fields, "aws_s3_bucket_versioning", _versioning),
            lifecycle_rules=_lifecycle(world, fields),
            object_lock_enabled=lock.enabled,
            object_lock_mode=lock.mode,
            object_lock_days=lock.days,
            force_destroy=fields.flag("force_destroy", False),
        )


def _setting(world: World, fields: Fields, kind: str, read: Callable[[Fields], Maybe[T | None]]) -> Maybe[T | None]:
    """Return a setting from its own resource, else from the bucket's deprecated argument."""
    found = world.satellites(kind, "bucket", "bucket")
    for item in found.of(fields.site.key):
        unsure = exists_unknown(item)
        return read(item) if unsure is None else unsure
    maybe = found.maybe(fields.site.key)
    if maybe is not None:
        return maybe
    if not fields.site.instance.managed:
        return _elsewhere(fields)
    stale = world.removed(kind, "bucket", "bucket", fields.site.key)
    configured = fields.site.instance.configured or ()
    return None if stale and _INLINE.get(kind) not in configured else read(fields)


def _elsewhere(fields: Fields) -> Unknown:
    return Unknown(f"{fields.site.instance.address} is managed elsewhere and does not tell this setting")


def _policy(fields: Fields) -> Maybe[PolicyDocument | None]:
    return policy_of(fields, "policy", configured_only=fields.site.instance.type == "aws_s3_bucket")


def _encryption(fields: Fields) -> Maybe[BucketEncryption | None]:
    """Return the default encryption, from either spelling."""
    holder: Maybe[Fields | None] = fields
    if fields.site.instance.type == "aws_s3_bucket":
        holder = fields.block("server_side_encryption_configuration")
    rule = _inner(holder, "rule")
    default = _inner(rule, "apply_server_side_encryption_by_default")
    if default is None or isinstance(default, Unknown):
        return default
    return BucketEncryption(algorithm=default.required("sse_algorithm"), kms_key=kms_key(default, "kms_master_key_id"))


def _inner(holder: Maybe[Fields | None], name: str) -> Maybe[Fields | None]:
    return holder if holder is None or isinstance(holder, Unknown) else holder.block(name)


def kms_key(fields: Fields, name: str) -> Maybe[Key | None]:
    """Return the key of a KMS key given by id, ARN, alias name or alias ARN."""
    value = fields.text(name)
    return fields.index.find("kms_key", value, fields.site)


def _access_block(fields: Fields) -> Maybe[PublicAccessBlock | None]:
    """Return the four switches; a bucket itself has none of them."""
    if fields.site.instance.type == "aws_s3_bucket":
        return None
    return _switches(fields)


def _switches(fields: Fields) -> PublicAccessBlock:
    return PublicAccessBlock(
        block_public_acls=fields.flag("block_public_acls", False),
        block_public_policy=fields.flag("block_public_policy", False),
        ignore_public_acls=fields.flag("ignore_public_acls", False),
        restrict_public_buckets=fields.flag("restrict_public_buckets", False),
    )


def _versioning(fields: Fields) -> Maybe[str | None]:
    if fields.site.instance.type == "aws_s3_bucket":
        block = fields.block("versioning")
        if block is None or isinstance(block, Unknown):
            return block
        enabled = block.flag("enabled", False)
        return enabled if isinstance(enabled, Unknown) else ("Enabled" if enabled else None)
    block = fields.block("versioning_configuration")
    if block is None or isinstance(block, Unknown):
        return block
    status = block.text("status")
    return None if not isinstance(status, Unknown) and status == "Disabled" else status


def _lifecycle(world: World, fields: Fields) -> Maybe[tuple[LifecycleRule, ...]]:
    rules = _setting(world, fields, "aws_s3_bucket_lifecycle_configuration", _lifecycle_rules)
    return () if rules is None else rules


def _lifecycle_rules(fields: Fields) -> Maybe[tuple[LifecycleRule, ...] | None]:
    inline = fields.site.instance.type == "aws_s3_bucket"
    blocks = fields.blocks("lifecycle_rule" if inline else "rule")
    if isinstance(blocks, Unknown):
        return blocks
    rules: list[LifecycleRule] = []
    for block in blocks:
        if isinstance(block, Unknown):
            return block
        rules.append(_lifecycle_rule(block, "days" if inline else "noncurrent_days"))
    return tuple(rules)


def _lifecycle_rule(block: Fields, noncurrent: str) -> LifecycleRule:
    return LifecycleRule(
        id=block.text("id"),
        enabled=_enabled(block),
        prefix=_prefix(block),
        expiration_days=_days(block, "expiration", "days"),
        noncurrent_expiration_days=_days(block, "noncurrent_version_expiration", noncurrent),
        transitions=_any(block, "transition"),
    )


def _enabled(block: Fields) -> Maybe[bool]:
    if block.has("enabled"):
        return block.flag("enabled", False)
    status = block.text("status")
    return status if isinstance(status, Unknown) else status == "Enabled"


def _prefix(block: Fields) -> Maybe[str | None]:
    """Return the key prefix: of the rule, of its filter, or of the filter's ``and``."""
    prefix = block.text("prefix")
    if prefix is not None:
        return prefix
    filter_ = block.block("filter")
    for holder in (filter_, _inner(filter_, "and")):
        if isinstance(holder, Unknown):
            return holder
        prefix = None if holder is None else holder.text("prefix")
        if prefix is not None:
            return prefix
    return None


def _days(block: Fields, name: str, argument: str) -> Maybe[int | None]:
    inner = block.block(name)
    if inner is None or isinstance(inner, Unknown):
        return inner
    days = inner.whole(argument)
    return None if not isinstance(days, Unknown) and days == 0 else days


def _any(block: Fields, name: str) -> Maybe[bool]:
    found = block.blocks(name)
    return found if isinstance(found, Unknown) else bool(found)


def _object_lock(world: World, fields: Fields) -> _Lock:
    found = world.satellites("aws_s3_bucket_object_lock_configuration", "bucket", "bucket")
    for item in found.of(fields.site.key):
        unsure = exists_unknown(item)
        if unsure is not None:
            return _Lock(unsure, unsure, unsure)
        return _lock(item.block("rule"), True)
    maybe = found.maybe(fields.site.key)
    if maybe is None and not fields.site.instance.managed:
        maybe = _elsewhere(fields)
    if maybe is not None:
        return _Lock(maybe, maybe, maybe)
    inline = fields.block("object_lock_configuration")
    if isinstance(inline, Unknown):
        return _Lock(inline, inline, inline)
    enabled = fields.flag("object_lock_enabled", False, absent="configured")
    if inline is not None and inline.has("object_lock_enabled"):
        enabled = True
    return _lock(_inner(inline, "rule"), enabled)


def _lock(rule: Maybe[Fields | None], enabled: Maybe[bool]) -> _Lock:
    retention = _inner(rule, "default_retention")
    if isinstance(retention, Unknown):
        return _Lock(enabled, retention, retention)
    if retention is None:
        return _Lock(enabled, None, None)
    days, years = retention.whole("days"), retention.whole("years")
    if not isinstance(days, Unknown) and days in (None, 0) and years is not None:
        days = years if isinstance(years, Unknown) else (years * _DAYS_PER_YEAR or None)
    return _Lock(enabled, retention.text("mode"), days)


def account_public_access_blocks(world: World) -> Iterator[AccountPublicAccessBlock]:
    """Yield the account-wide settings; ``account_id`` defaults to the provider's account."""
    for fields in world.of("aws_s3_account_public_access_block"):
        shared = common(fields, arn=None)
        account = fields.text("account_id", absent="configured")
        if account is not None:
            shared["account"] = account
        yield AccountPublicAccessBlock(**shared, block=_switches(fields))
