"""What flow logs deliver to: log groups, buckets, delivery streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from checker.load.aws.call import GLOBAL
from checker.load.aws.convert.flow_logs import stream_key
from checker.load.aws.convert.identity import parse_document
from checker.load.aws.convert.view import Row, World, arn_at, place_of
from checker.load.aws.follow import bucket_region
from checker.model.arn import Arn, log_group_arn, parse_arn, partition_of_region
from checker.model.destination import (
    AccountPublicAccessBlock,
    Bucket,
    BucketEncryption,
    DeliveryStream,
    LifecycleRule,
    LogGroup,
    LogsResourcePolicy,
    PublicAccessBlock,
)
from checker.model.known import Key, Maybe, Unknown

T = TypeVar("T")

_DAYS_PER_YEAR: Final = 365


def log_groups(world: World) -> Iterator[LogGroup]:
    """Yield the log groups that were looked for; one that is not there is noted as absent."""
    for reply in world.replies.of("logs", "DescribeLogGroups"):
        request = reply.request
        if reply.response is None:
            continue
        wanted = request.resource
        rows = [row for row in Row(reply.response, reply).rows("logGroups") if _named(row, wanted)]
        if not rows and wanted is not None:
            arn = (
                f"arn:{partition_of_region(request.region)}:logs:{request.region}:{request.account}:log-group:{wanted}"
            )
            says = f"{place_of(reply)} lists no log group of this name"
            world.note_absent("aws_cloudwatch_log_group", arn, reply, says)
        for row in rows:
            yield _log_group(world, row)


def _named(row: Row, wanted: str | None) -> bool:
    name = row.values.get("logGroupName")
    return isinstance(name, str) and bool(name) and wanted in (None, name)


def _log_group(world: World, row: Row) -> LogGroup:
    request = row.reply.request
    name = str(row.values["logGroupName"])
    arn = arn_at(row.reply, "logs", f"log-group:{name}")
    given = row.text("logGroupArn")
    if given is None:
        given = row.text("arn")
    if isinstance(given, str) and parse_arn(log_group_arn(given)) is not None:
        arn = log_group_arn(given)
    tags = world.detail(request.account, request.region, "logs", "ListTagsForResource", arn)
    return LogGroup(
        **world.common(
            row, arn, "aws_cloudwatch_log_group", id_=name, arn=arn,
            tags=tags if isinstance(tags, Unknown) else ({} if tags is None else tags.tags("tags")),
        ),
        name=name,
        retention_days=row.whole("retentionInDays"),
        kms_key=key_name(row.text("kmsKeyId"), request.account, request.region),
        log_group_class=row.text_or("logGroupClass", "STANDARD"),
    )  # fmt: skip


def key_name(text: Maybe[str | None], account: str, region: str) -> Maybe[Key | None]:
    """Return the ARN of a key given by id, alias or ARN; an alias stays the alias' ARN."""
    if text is None or isinstance(text, Unknown) or not text:
        return None if text == "" else text
    if text.startswith("arn:"):
        return text
    resource = text if text.startswith(("alias/", "key/")) else f"key/{text}"
    return str(Arn(partition_of_region(region), "kms", region, account, resource))


def logs_resource_policies(world: World) -> Iterator[LogsResourcePolicy]:
    """Yield the policies on all log groups of an account and region."""
    for name, row in world.listing("logs", "DescribeResourcePolicies", "resourcePolicies", "policyName"):
        request = row.reply.request
        key = f"{request.account}/{request.region}/logs-resource-policy/{name}"
        yield LogsResourcePolicy(
            **world.common(row, key, "aws_cloudwatch_log_resource_policy", id_=name, tags={}),
            name=name,
            policy=parse_document(row.text("policyDocument"), f"{row.where} {name}"),
        )


def buckets(world: World) -> Iterator[Bucket]:
    """Yield the buckets that were looked at; one that does not exist is noted as absent."""
    done: set[str] = set()
    for reply in world.replies.of("s3", "GetBucketLocation"):
        name, account = reply.request.resource or "", reply.request.account
        key = f"arn:{_partition(world)}:s3:::{name}"
        gone = world.gone("aws_s3_bucket", key, account, GLOBAL, "s3", "GetBucketLocation", name)
        if gone or name in done or not name:
            continue
        done.add(name)
        yield _bucket(world, Row(reply.response or {}, reply), name, key)


def _partition(world: World) -> str:
    """Return the partition of the accounts that were read: no run goes over two."""
    return next((partition_of_region(region) for _, region in world.replies.scopes), "aws")


def _bucket(world: World, row: Row, name: str, key: Key) -> Bucket:
    region = bucket_region(row.reply)
    account = row.reply.request.account
    owner = _owner(world, name)

    def setting(operation: str, read: Callable[[Row], Maybe[T | None]]) -> Maybe[T | None]:
        answer = world.detail(account, GLOBAL, "s3", operation, name)
        return answer if answer is None or isinstance(answer, Unknown) else read(answer)

    tags = setting("GetBucketTagging", lambda answer: answer.tags("TagSet"))
    shared = world.common(
        row, key, "aws_s3_bucket", id_=name, arn=key, tags={} if tags is None else tags, region=region
    )
    shared["account"] = owner
    if region is None:
        shared["region"] = Unknown(f"{row.where} did not tell where {name} lies")
    lock = setting("GetObjectLockConfiguration", _lock)
    rules = setting("GetBucketLifecycleConfiguration", _lifecycle)
    return Bucket(
        **shared,
        name=name,
        policy=setting(
            "GetBucketPolicy", lambda answer: parse_document(answer.text("Policy"), f"the policy of {name}")
        ),
        encryption=setting("GetBucketEncryption", lambda answer: _encryption(answer, account, region or "")),
        public_access_block=setting("GetPublicAccessBlock", _public_access_block),
        versioning=setting("GetBucketVersioning", lambda answer: answer.text("Status")),
        lifecycle_rules=() if rules is None else rules,
        object_lock_enabled=lock if isinstance(lock, Unknown) else lock is not None and lock[0],
        object_lock_mode=lock if isinstance(lock, Unknown) else (None if lock is None else lock[1]),
        object_lock_days=lock if isinstance(lock, Unknown) else (None if lock is None else lock[2]),
    )


def _owner(world: World, name: str) -> Maybe[str]:
    for reply in world.replies.of("s3", "ListBuckets"):
        rows = Row(reply.response or {}, reply).rows("Buckets")
        if any(row.values.get("Name") == name for row in rows):
            return reply.request.account
    return Unknown(f"none of the accounts that were read owns the bucket {name}")


def _encryption(answer: Row, account: str, region: str) -> Maybe[BucketEncryption | None]:
    holder = answer.row("ServerSideEncryptionConfiguration")
    for rule in holder.rows("Rules") if holder is not None else ():
        default = rule.row("ApplyServerSideEncryptionByDefault")
        if default is not None:
            key = key_name(default.text("KMSMasterKeyID"), account, region)
            return BucketEncryption(algorithm=default.required("SSEAlgorithm"), kms_key=key)
    return None


def _public_access_block(answer: Row) -> Maybe[PublicAccessBlock | None]:
    block = answer.row("PublicAccessBlockConfiguration")
    return None if block is None else _switches(block)


def _switches(block: Row) -> PublicAccessBlock:
    return PublicAccessBlock(
        block_public_acls=block.flag("BlockPublicAcls"),
        block_public_policy=block.flag("BlockPublicPolicy"),
        ignore_public_acls=block.flag("IgnorePublicAcls"),
        restrict_public_buckets=block.flag("RestrictPublicBuckets"),
    )


def _lock(answer: Row) -> tuple[bool, Maybe[str | None], Maybe[int | None]]:
    """Return whether object lock is on, and mode and days of its default retention."""
    holder = answer.row("ObjectLockConfiguration")
    if holder is None:
        return False, None, None
    rule = holder.row("Rule")
    default = None if rule is None else rule.row("DefaultRetention")
    on = holder.values.get("ObjectLockEnabled") == "Enabled"
    if default is None:
        return on, None, None
    days, years = default.whole("Days"), default.whole("Years")
    if isinstance(years, int):
        days = years * _DAYS_PER_YEAR
    return on, default.text("Mode"), days


def _lifecycle(answer: Row) -> tuple[LifecycleRule, ...]:
    return tuple(_lifecycle_rule(rule) for rule in answer.rows("Rules"))


def _lifecycle_rule(rule: Row) -> LifecycleRule:
    expiration, noncurrent = rule.row("Expiration"), rule.row("NoncurrentVersionExpiration")
    status = rule.text("Status")
    return LifecycleRule(
        id=rule.text("ID"),
        enabled=status if isinstance(status, Unknown) else status == "Enabled",
        prefix=_prefix(rule),
        expiration_days=None if expiration is None else expiration.whole("Days"),
        noncurrent_expiration_days=None if noncurrent is None else noncurrent.whole("NoncurrentDays"),
        transitions=bool(rule.rows("Transitions")),
    )


def _prefix(rule: Row) -> Maybe[str | None]:
    """Return the prefix: of the rule (first version), of its filter, or of the filter's ``And``."""
    filter_ = rule.row("Filter")
    for holder in (rule, filter_, filter_.row("And") if filter_ is not None else None):
        prefix = None if holder is None else holder.text("Prefix")
        if prefix is not None:
            return prefix
    return None


def account_public_access_blocks(world: World) -> Iterator[AccountPublicAccessBlock]:
    """Yield the account-wide settings that are made."""
    for reply in world.replies.of("s3control", "GetPublicAccessBlock"):
        row = Row(reply.response or {}, reply)
        block = row.row("PublicAccessBlockConfiguration")
        if block is not None:
            key = f"{reply.request.account}/public-access-block"
            shared = world.common(row, key, "aws_s3_account_public_access_block", tags={})
            yield AccountPublicAccessBlock(**shared, block=_switches(block))


def delivery_streams(world: World) -> Iterator[DeliveryStream]:
    """Yield the delivery streams that were looked for; one that is not there is noted as absent."""
    for reply in world.replies.of("firehose", "DescribeDeliveryStream"):
        request = reply.request
        name = request.resource or ""
        arn = arn_at(reply, "firehose", f"deliverystream/{name}")
        place = (request.account, request.region, "firehose", "DescribeDeliveryStream", name)
        if world.gone("aws_kinesis_firehose_delivery_stream", arn, *place):
            continue
        answer = Row(reply.response or {}, reply).row("DeliveryStreamDescription")
        if answer is not None:
            yield _stream(world, answer, arn, name)


def _stream(world: World, row: Row, guess: Key, name: str) -> DeliveryStream:
    request = row.reply.request
    arn = parse_arn(str(row.values.get("DeliveryStreamARN", "")))
    key = guess if arn is None else stream_key(arn)
    tags = world.detail(request.account, request.region, "firehose", "ListTagsForDeliveryStream", name)
    encryption = row.row("DeliveryStreamEncryptionConfiguration")
    state = None if encryption is None else encryption.text("Status")
    shared = world.common(
        row, key, "aws_kinesis_firehose_delivery_stream", id_=key, arn=key,
        tags=tags if isinstance(tags, Unknown) else ({} if tags is None else tags.tags()),
    )  # fmt: skip
    return DeliveryStream(
        **shared,
        name=name,
        status=row.text("DeliveryStreamStatus"),
        source_type=row.text_or("DeliveryStreamType", "DirectPut"),
        server_side_encryption=state if isinstance(state, Unknown) else state in ("ENABLED", "ENABLING"),
        kms_key=None if encryption is None else key_name(encryption.text("KeyARN"), request.account, request.region),
        destination_bucket=_target(row),
    )


def _target(row: Row) -> Maybe[Key | None]:
    for target in row.rows("Destinations"):
        for member in ("ExtendedS3DestinationDescription", "S3DestinationDescription"):
            inner = target.row(member)
            if inner is not None:
                return inner.text("BucketARN")
    return None
