"""S3 buckets with all their settings, and the account-wide public access block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from checker.load.aws.call import GLOBAL, Reply
from checker.load.aws.convert.lifecycle import rules_of
from checker.load.aws.convert.policies import KeyNames, parse_document
from checker.load.aws.convert.row import Row, then
from checker.load.aws.convert.world import World
from checker.load.aws.follow import bucket_region
from checker.model.destination import (
    AccountPublicAccessBlock,
    Bucket,
    BucketEncryption,
    LifecycleRule,
    PublicAccessBlock,
)
from checker.model.entity import Tags
from checker.model.identity import PolicyDocument
from checker.model.known import Key, Maybe, Unknown

T = TypeVar("T")

_TYPE: Final = "aws_s3_bucket"
_DAYS_PER_YEAR: Final = 365
_NO_LOCK: Final = (False, None, None)
_NO_RULES: Final[tuple[LifecycleRule, ...]] = ()
_NO_TAGS: Final[Tags] = {}

Lock = tuple[Maybe[bool], Maybe[str | None], Maybe[int | None]]


def buckets(world: World) -> Iterator[Bucket]:
    """Yield the buckets that were looked at, each once; one that does not exist is noted as absent."""
    owners = _Owners(world)
    keys = KeyNames(world)
    found: dict[str, Reply] = {}
    for reply in world.replies.of("s3", "GetBucketLocation"):
        name = reply.request.resource or ""
        if name and (name not in found or (found[name].response is None and reply.response is not None)):
            found[name] = reply
    for name, reply in found.items():
        key = f"arn:{world.partition}:s3:::{name}"
        if world.is_gone(reply):
            world.note_gone(_TYPE, key, reply)
        else:
            yield _bucket(world, keys, reply, key, owners.of(name))


class _Owners:
    """Whose bucket it is, as far as the accounts that were read own it."""

    def __init__(self, world: World) -> None:
        self._by_name: dict[str, str] = {}
        self._unread: Unknown | None = None
        for reply in world.replies.of("s3", "ListBuckets"):
            if reply.response is None:
                self._unread = world.why(reply)
            for name, row in world.rows(reply, "Buckets", "Name"):
                self._by_name.setdefault(name, row.reply.request.account)

    def of(self, name: str) -> Maybe[str]:
        """Return the account; Unknown for a bucket of none of them."""
        if name in self._by_name:
            return self._by_name[name]
        if self._unread is not None:
            return Unknown(f"whose bucket {name} is, is not known: {self._unread.reason}")
        return Unknown(f"none of the accounts that were read owns the bucket {name}")


def _bucket(world: World, keys: KeyNames, reply: Reply, key: Key, owner: Maybe[str]) -> Bucket:
    name, account = reply.request.resource or "", reply.request.account
    region = bucket_region(reply)
    seen: list[bool] = [reply.response is not None, isinstance(owner, str)]

    def setting(operation: str, read: Callable[[Row], Maybe[T]], unset: T) -> Maybe[T]:
        answer = world.detail(account, GLOBAL, "s3", operation, name)
        seen.append(not isinstance(answer, Unknown))
        return unset if answer is None else then(answer, read)

    lock: Maybe[Lock] = setting("GetObjectLockConfiguration", _lock, _NO_LOCK)
    settings: dict[str, Any] = {
        "policy": setting("GetBucketPolicy", lambda row: _policy(row, name), None),
        "encryption": setting("GetBucketEncryption", _Encryption(keys, owner, account, region), None),
        "public_access_block": setting("GetPublicAccessBlock", _public_access_block, None),
        "versioning": setting("GetBucketVersioning", lambda row: row.text("Status"), None),
        "lifecycle_rules": setting("GetBucketLifecycleConfiguration", rules_of, _NO_RULES),
        "object_lock_enabled": lock if isinstance(lock, Unknown) else lock[0],
        "object_lock_mode": lock if isinstance(lock, Unknown) else lock[1],
        "object_lock_days": lock if isinstance(lock, Unknown) else lock[2],
    }
    tags = setting("GetBucketTagging", lambda row: row.tags("TagSet"), _NO_TAGS)
    shared = world.common(Row({}, reply), key, _TYPE, id_=name, arn=key, tags=tags, region=region)
    shared["account"] = owner
    if region is None:
        shared["region"] = Unknown(f"where {name} lies is not known: {world.why(reply).reason}")
    if not any(seen):
        shared["exists"] = world.why(reply)
    return Bucket(**shared, name=name, **settings)


def _policy(row: Row, name: str) -> Maybe[PolicyDocument | None]:
    return parse_document(row.required("Policy"), f"the policy of bucket {name}")


class _Encryption:
    """Reads the default encryption; a key without ARN lies where the bucket does."""

    def __init__(self, keys: KeyNames, owner: Maybe[str], asker: str, region: str | None) -> None:
        self._keys = keys
        self._account = asker if isinstance(owner, Unknown) else owner
        self._region = region

    def __call__(self, row: Row) -> Maybe[BucketEncryption | None]:
        """Return the first rule's encryption: a bucket has one rule."""
        rules = then(
            row.required_row("ServerSideEncryptionConfiguration"), lambda holder: holder.required_rows("Rules")
        )
        return then(rules, self._first)

    def _first(self, rules: list[Row]) -> Maybe[BucketEncryption | None]:
        for rule in rules:
            default = rule.row("ApplyServerSideEncryptionByDefault")
            if default is not None:
                return then(default, self._read)
        return None

    def _read(self, default: Row) -> BucketEncryption:
        key = self._keys.key(default.text("KMSMasterKeyID"), self._account, self._region)
        return BucketEncryption(algorithm=default.required("SSEAlgorithm"), kms_key=key)


def _public_access_block(row: Row) -> Maybe[PublicAccessBlock | None]:
    return then(row.required_row("PublicAccessBlockConfiguration"), _switches)


def _switches(block: Row) -> PublicAccessBlock:
    return PublicAccessBlock(
        block_public_acls=block.flag("BlockPublicAcls"),
        block_public_policy=block.flag("BlockPublicPolicy"),
        ignore_public_acls=block.flag("IgnorePublicAcls"),
        restrict_public_buckets=block.flag("RestrictPublicBuckets"),
    )


def _lock(row: Row) -> Maybe[Lock]:
    """Return whether object lock is on, and mode and days of its default retention."""
    return then(row.required_row("ObjectLockConfiguration"), _locked)


def _locked(holder: Row) -> Lock:
    on = then(holder.required("ObjectLockEnabled"), lambda word: word == "Enabled")
    default = holder.inner("Rule", lambda rule: rule.row("DefaultRetention"), None)
    if default is None or isinstance(default, Unknown):
        return on, default, default
    days, years = default.whole("Days"), default.whole("Years")
    if days is None:
        days = years if years is None or isinstance(years, Unknown) else years * _DAYS_PER_YEAR
    return on, default.text("Mode"), days


def account_public_access_blocks(world: World) -> Iterator[AccountPublicAccessBlock]:
    """Yield the account-wide settings that are made."""
    for reply in world.replies.of("s3control", "GetPublicAccessBlock"):
        if reply.response is None:
            continue
        block = Row(reply.response, reply).row("PublicAccessBlockConfiguration")
        if not isinstance(block, Row):
            world.note_odd(reply)
            continue
        key = f"{reply.request.account}/public-access-block"
        shared = world.common(block, key, "aws_s3_account_public_access_block", tags={})
        yield AccountPublicAccessBlock(**shared, block=_switches(block))
