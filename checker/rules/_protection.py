"""Is what flow logs deliver to protected? Defects, doubts and merits of log groups, buckets and streams."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from checker.model.destination import Bucket, DeliveryStream, LifecycleRule, LogGroup, PublicAccessBlock
from checker.model.entity import Entity
from checker.model.finding import Severity
from checker.model.identity import KmsKey, PolicyDocument, Role, Statement
from checker.model.known import Key, Maybe, Unknown
from checker.model.loaded import ChangeAction
from checker.model.record import dataclass, replace
from checker.rules._changes import changes_of
from checker.rules._fix_policy import customer_key
from checker.rules._fix_protect import block_public, expire, group_key, restrict_policy, retain, switch_on
from checker.rules._keys import is_aws_managed
from checker.rules._live import is_live
from checker.rules._point import Fix
from checker.rules._policy_eval import condition_keys, title
from checker.rules._rule import Context, Params
from checker.rules._say import cause, name
from checker.rules._text import Tri

SOURCE_KEYS: Final = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
"""Condition keys by which a resource tells apart on whose behalf a service comes."""
_KEY_ATTRIBUTES: Final = (".arn⟧", ".key_id⟧", ".id⟧", ".target_key_arn⟧")
"""Ends of the symbols of attributes that are never null: a key that only the apply will name."""
RETENTION: Final = "retention"
PUBLIC: Final = "public-access"
KEY: Final = "key"
SOURCE: Final = "source-condition"
VERSIONING: Final = "versioning"
OBJECT_LOCK: Final = "object-lock"
ASPECTS: Final = (RETENTION, PUBLIC, KEY, SOURCE, VERSIONING, OBJECT_LOCK)
"""What protection consists of; a policy or a control may ask for some of it only."""

_FLAGS: Final = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """One thing about the protection of a destination."""

    ok: Tri
    says: str
    severity: Severity = Severity.MEDIUM
    """How bad it is where ``ok`` is False."""
    entity: Entity
    fix: Fix | None = None
    assumed: bool = False
    aspect: str | None = None
    """One of ``ASPECTS``; None where all of them are in doubt."""


def asked_for(traits: Iterable[Trait], params: Params) -> list[Trait]:
    """Return the traits of the aspects that a policy asks for."""
    aspects = params.get("aspects", list(ASPECTS))
    return [each for each in traits if each.aspect is None or (isinstance(aspects, list) and each.aspect in aspects)]


def _of(aspect: str, traits: Iterable[Trait]) -> list[Trait]:
    return [replace(each, aspect=aspect) for each in traits]


def group_traits(group: LogGroup, ctx: Context, params: Params) -> list[Trait]:
    """Return the traits of a log group."""
    return [*_of(RETENTION, [_retention(group, params)]), *_of(KEY, _group_key(group, ctx, params))]


def _days(params: Params) -> int:
    return int(str(params["retention_days"]))


def _endless(params: Params) -> bool:
    return params.get("endless") == "pass"


def _retention(group: LogGroup, params: Params) -> Trait:
    days, least = group.retention_days, _days(params)
    if isinstance(days, Unknown):
        return Trait(ok=None, says=f"the retention of {name(group)} is not known ({days.reason})", entity=group)
    if days is None:
        says = f"{name(group)} never expires its events: nobody has decided how long they are kept, and cost only grows"
        return Trait(ok=_endless(params), says=says, entity=group, fix=partial(retain, group, least))
    if days < least:
        says = f"{name(group)} keeps events for {days} days, at least {least} are required"
        return Trait(ok=False, says=says, entity=group, fix=partial(retain, group, least))
    return Trait(ok=True, says=f"{name(group)} keeps events for {days} days", entity=group)


def _group_key(group: LogGroup, ctx: Context, params: Params) -> list[Trait]:
    return _key_trait(group, group.kms_key, ctx, params, partial(group_key, group))


def _key_trait(holder: Entity, key: Maybe[Key | None], ctx: Context, params: Params, fix: Fix) -> list[Trait]:
    if params.get("require_customer_key") is False:
        return []
    if isinstance(key, Unknown):
        if key.symbol is not None and key.symbol.endswith(_KEY_ATTRIBUTES):
            return [Trait(ok=True, says=f"{name(holder)} is encrypted with a key of its own", entity=holder)]
        return [Trait(ok=None, says=f"the key of {name(holder)} is not known ({key.reason})", entity=holder)]
    if key is None or is_aws_managed(key) or _kept_by_aws(ctx.model.by_key.get(key)):
        says = f"{name(holder)} is not encrypted with a customer managed key"
        return [Trait(ok=False, says=says, severity=Severity.LOW, entity=holder, fix=fix)]
    return [Trait(ok=True, says=f"{name(holder)} is encrypted with key {key}", entity=holder)]


def _kept_by_aws(key: Entity | None) -> bool:
    return isinstance(key, KmsKey) and not isinstance(key.customer_managed, Unknown) and not key.customer_managed


def bucket_traits(bucket: Bucket, ctx: Context, params: Params) -> list[Trait]:
    """Return the traits of a bucket."""
    return [
        *_of(PUBLIC, [*_public_access(bucket, ctx), *_public_policy(bucket)]),
        *_of(RETENTION, [_lifecycle(bucket, params)]),
        *_demanded(bucket, params),
        *_of(KEY, _bucket_key(bucket, ctx, params)),
        *_of(SOURCE, _source_conditions(bucket, params)),
    ]


def _public_access(bucket: Bucket, ctx: Context) -> list[Trait]:
    block = bucket.public_access_block
    if any(_complete(each.block) for each in ctx.model.account_public_access_blocks if _same_place(each, bucket)):
        return [Trait(ok=True, says="the account blocks public access to every bucket", entity=bucket)]
    if isinstance(block, Unknown):
        says = f"the public access block of {name(bucket)} is not known ({block.reason})"
        return [Trait(ok=None, says=says, entity=bucket)]
    if block is None:
        return [_no_block(bucket, ctx)]
    off = [flag for flag in _FLAGS if _is(getattr(block, flag), False)]
    open_ = [flag for flag in _FLAGS if isinstance(getattr(block, flag), Unknown)]
    unread = _account_unread(bucket, ctx)
    if off and unread is not None:
        return [_perhaps_the_account(bucket, unread)]
    if off:
        says = f"{name(bucket)} does not block public access: {', '.join(off)} off"
        return [Trait(ok=False, says=says, entity=bucket, fix=partial(block_public, bucket))]
    if open_:
        return [Trait(ok=None, says=f"{', '.join(open_)} of {name(bucket)} not known", entity=bucket)]
    return [Trait(ok=True, says=f"{name(bucket)} blocks public access", entity=bucket)]


def _no_block(bucket: Bucket, ctx: Context) -> Trait:
    """Judge a bucket without the setting: a live one has none, a configured one has AWS's default."""
    unread = _account_unread(bucket, ctx)
    if unread is not None:
        return _perhaps_the_account(bucket, unread)
    if is_live(bucket):
        says = f"{name(bucket)} has no public access block"
        return Trait(ok=False, says=says, entity=bucket, fix=partial(block_public, bucket))
    change = changes_of(ctx).by_after.get(bucket.key)
    created = change is not None and change.action is ChangeAction.CREATE
    since = "it is created by this plan and" if created else "unless it was made before April 2023,"
    says = f"Assumed: {name(bucket)} sets no public access block; {since} has AWS's default, which blocks everything"
    return Trait(ok=True, says=says, entity=bucket, assumed=True)


def _account_unread(bucket: Bucket, ctx: Context) -> Unknown | None:
    """Return why the account's own block, which would do, is not known; None where it is."""
    if not is_live(bucket):
        return None
    return ctx.model.unread_for("aws_s3_account_public_access_block", bucket.origin.root)


def _perhaps_the_account(bucket: Bucket, unread: Unknown) -> Trait:
    says = (
        f"{name(bucket)} does not block public access itself; whether its account does is not known ({unread.reason})"
    )
    return Trait(ok=None, says=says, entity=bucket)


def _complete(block: PublicAccessBlock) -> bool:
    return all(_is(getattr(block, flag), True) for flag in _FLAGS)


def _is(value: Maybe[bool], wanted: bool) -> bool:
    return not isinstance(value, Unknown) and value is wanted


def _same_place(one: Entity, other: Entity) -> bool:
    if isinstance(one.account, Unknown) or isinstance(other.account, Unknown):
        return one.origin.root == other.origin.root
    return one.account == other.account


def _public_policy(bucket: Bucket) -> list[Trait]:
    """Return a defect where a statement allows everybody without a condition and the block does not stop it."""
    block = bucket.public_access_block
    if isinstance(block, PublicAccessBlock) and _is(block.restrict_public_buckets, True):
        return []
    for statement in _statements(bucket.policy):
        everybody = any(not isinstance(value, Unknown) and value == "*" for _, value in statement.principals)
        keys = condition_keys(statement)
        if everybody and _is_allow(statement) and not isinstance(keys, Unknown) and not keys:
            says = f"{title(statement)} of the policy of {name(bucket)} admits everybody"
            return [Trait(ok=False, says=says, entity=bucket, fix=partial(block_public, bucket))]
    return []


def _statements(policy: Maybe[PolicyDocument | None]) -> Iterable[Statement]:
    if policy is None or isinstance(policy, Unknown):
        return ()
    return [statement for statement in policy.statements if not isinstance(statement, Unknown)]


def _is_allow(statement: Statement) -> bool:
    return not isinstance(statement.effect, Unknown) and statement.effect == "Allow"


def _lifecycle(bucket: Bucket, params: Params) -> Trait:
    rules = bucket.lifecycle_rules
    least = _days(params)
    if isinstance(rules, Unknown):
        return Trait(ok=None, says=f"the lifecycle of {name(bucket)} is not known ({rules.reason})", entity=bucket)
    sure = [rule for rule in rules if _is(rule.enabled, True)]
    for rule in sure:
        days = rule.expiration_days
        if not isinstance(days, Unknown) and days is not None and days < least:
            says = f"{name(bucket)} deletes objects after {days} days, at least {least} are required"
            return Trait(ok=False, says=says, entity=bucket, fix=partial(expire, bucket, least))
    doubtful = [rule for rule in rules if _doubtful(rule)]
    if any(_manages(rule) for rule in sure):
        if doubtful:
            return Trait(ok=None, says=f"a lifecycle rule of {name(bucket)} is not known", entity=bucket)
        return Trait(ok=True, says=f"{name(bucket)} has a lifecycle rule", entity=bucket)
    if doubtful:
        return Trait(ok=None, says=f"a lifecycle rule of {name(bucket)} is not known", entity=bucket)
    says = f"{name(bucket)} has no lifecycle rule: nobody has decided how long records are kept, and cost only grows"
    wanted = params.get("require_lifecycle") is not False and not _endless(params)
    return Trait(ok=not wanted, says=says, entity=bucket, fix=partial(expire, bucket, least))


def _manages(rule: LifecycleRule) -> bool:
    return (isinstance(rule.expiration_days, int) and rule.expiration_days > 0) or _is(rule.transitions, True)


def _doubtful(rule: LifecycleRule) -> bool:
    if _is(rule.enabled, False):
        return False
    return isinstance(rule.enabled, Unknown) or isinstance(rule.expiration_days, Unknown)


def _demanded(bucket: Bucket, params: Params) -> list[Trait]:
    """Return the traits that only some policies ask for."""
    found: list[Trait] = []
    if params.get("require_versioning") is True:
        value: Tri = None if isinstance(bucket.versioning, Unknown) else bucket.versioning == "Enabled"
        found += _of(VERSIONING, [_switch(bucket, value, "versioning")])
    if params.get("require_object_lock") is True:
        locked: Tri = None
        if not isinstance(bucket.object_lock_enabled, Unknown):
            locked = bucket.object_lock_enabled
        found += _of(OBJECT_LOCK, [_switch(bucket, locked, "object lock")])
    return found


def _switch(bucket: Bucket, value: Tri, what: str) -> Trait:
    words = {True: "has", False: "has no", None: "may have"}
    return Trait(
        ok=value, says=f"{name(bucket)} {words[value]} {what}", entity=bucket, fix=partial(switch_on, bucket, what)
    )


def _bucket_key(bucket: Bucket, ctx: Context, params: Params) -> list[Trait]:
    found = bucket.encryption
    if isinstance(found, Unknown) or (found is not None and isinstance(found.algorithm, Unknown)):
        if params.get("require_customer_key") is False:
            return []
        reason = cause(found if isinstance(found, Unknown) or found is None else found.algorithm)
        return [Trait(ok=None, says=f"the encryption of {name(bucket)} is not known ({reason})", entity=bucket)]
    kms = found is not None and not isinstance(found.algorithm, Unknown) and found.algorithm.startswith("aws:kms")
    return _key_trait(
        bucket, found.kms_key if found is not None and kms else None, ctx, params, partial(customer_key, bucket)
    )


def _source_conditions(bucket: Bucket, params: Params) -> list[Trait]:
    return source_traits(bucket, bucket.policy, "delivery.logs.amazonaws.com", params)


def source_traits(holder: Entity, policy: Maybe[PolicyDocument | None], service: str, params: Params) -> list[Trait]:
    """Return a low defect where a policy admits a service on behalf of any account (confused deputy)."""
    if params.get("require_source_condition") is False:
        return []
    admitting = [statement for statement in _statements(policy) if _is_allow(statement) and _names(statement, service)]
    for statement in admitting:
        keys = condition_keys(statement)
        if not isinstance(keys, Unknown) and not keys & SOURCE_KEYS:
            says = (
                f"{title(statement)} of {name(holder)} admits {service} on behalf of any account: "
                "no aws:SourceAccount or aws:SourceArn condition"
            )
            return [
                Trait(
                    ok=False,
                    says=says,
                    severity=Severity.LOW,
                    entity=holder,
                    fix=partial(restrict_policy, holder, service),
                )
            ]
    if not admitting:
        return []
    return [Trait(ok=True, says=f"{name(holder)} admits {service} for named accounts only", entity=holder)]


def trust_traits(role: Role, params: Params) -> list[Trait]:
    """Return the same of the role by which a flow log writes to a log group."""
    return _of(SOURCE, source_traits(role, role.trust, "vpc-flow-logs.amazonaws.com", params))


def _names(statement: Statement, service: str) -> bool:
    return any(
        kind == "Service" and not isinstance(value, Unknown) and value == service
        for kind, value in statement.principals
    )


def stream_traits(stream: DeliveryStream, ctx: Context, params: Params) -> list[Trait]:
    """Return the traits of a delivery stream and of the bucket it fills."""
    key: Maybe[Key | None] = stream.kms_key
    found = _of(KEY, _key_trait(stream, key, ctx, params, partial(group_key, stream)))
    bucket = stream.destination_bucket
    if isinstance(bucket, Unknown) or bucket is None:
        return found
    entity = ctx.model.by_key.get(bucket)
    if not isinstance(entity, Bucket):
        says = f"bucket {bucket} of {name(stream)} is not in the input: whether it is protected is not known"
        return [*found, Trait(ok=None, says=says, entity=stream)]
    return [*found, *bucket_traits(entity, ctx, params)]
