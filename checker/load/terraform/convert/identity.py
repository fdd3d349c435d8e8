"""IAM roles with their policies, and KMS keys."""

from __future__ import annotations

from collections.abc import Iterator

from checker.load.terraform.convert.common import World, common, exists_unknown
from checker.load.terraform.convert.policy import policy_of
from checker.load.terraform.convert.values import Fields, ordered
from checker.model.identity import KmsKey, PolicyDocument, Role
from checker.model.known import Key, Maybe, Unknown

Policies = list[Maybe[PolicyDocument]]


def roles(world: World) -> Iterator[Role]:
    """Yield the roles: managed, and read as data."""
    shared_attachments = _policy_attachments(world)
    for fields in world.of("aws_iam_role", "data.aws_iam_role"):
        trust = policy_of(fields, "assume_role_policy")
        address = fields.site.instance.address
        yield Role(
            **common(fields, id_="unique_id"),
            name=fields.required("name"),
            trust=Unknown(f"{address} has no assume_role_policy") if trust is None else trust,
            policies=tuple(_policies(world, fields, shared_attachments)),
            boundary=_boundary(world, fields),
        )


def _policies(world: World, fields: Fields, shared: dict[Key, Policies]) -> Policies:
    """Return inline and attached policies from every spelling."""
    key = fields.site.key
    inline = world.satellites("aws_iam_role_policy", "role", "role")
    apart = [*inline.of(key), *world.removed("aws_iam_role_policy", "role", "role", key)]
    names = [item.text("name") for item in apart]
    found: Policies = list(_inline(fields, {name for name in names if isinstance(name, str)}))
    for item in inline.of(key):
        unsure = exists_unknown(item)
        found.append(_required(item) if unsure is None else unsure)
    attached = world.satellites("aws_iam_role_policy_attachment", "role", "role")
    for item in attached.of(key):
        unsure = exists_unknown(item)
        policy = attached_policy(world, item, item.required("policy_arn"))
        found.append(policy if unsure is None else unsure)
    found += shared.get(key, [])
    found += _managed_arns(world, fields)
    found += [maybe for maybe in (inline.maybe(key), attached.maybe(key)) if maybe is not None]
    if not fields.site.instance.managed:
        found.append(Unknown(f"{fields.site.instance.address} does not tell the policies of the role"))
    return _unique(found)


def _unique(found: Policies) -> Policies:
    """Return each policy once: the state repeats attachments in ``managed_policy_arns``."""
    return list({repr(policy): policy for policy in found}.values())


def _inline(fields: Fields, apart: set[str]) -> Iterator[Maybe[PolicyDocument]]:
    """Yield the policies of ``inline_policy`` blocks; an empty block removes all and adds none.

    The state repeats policies that are resources of their own (``apart``, by name) in these blocks.
    """
    blocks = fields.blocks("inline_policy")
    for block in (blocks,) if isinstance(blocks, Unknown) else blocks:
        if isinstance(block, Unknown):
            yield block
            continue
        name = block.text("name")
        if isinstance(name, str) and name in apart:
            continue
        policy = policy_of(block, "policy", configured_only=True)
        if policy is not None:
            yield policy


def _required(fields: Fields) -> Maybe[PolicyDocument]:
    policy = policy_of(fields, "policy")
    return Unknown(f"{fields.site.instance.address} has no policy") if policy is None else policy


def _managed_arns(world: World, fields: Fields) -> Policies:
    """Return what ``managed_policy_arns`` names; the state repeats attachments of their own there."""
    arns = fields.texts("managed_policy_arns", absent="configured")
    if isinstance(arns, Unknown):
        return [arns]
    stale: set[str] = set()
    if "managed_policy_arns" not in (fields.site.instance.configured or ()):
        removed = world.removed("aws_iam_role_policy_attachment", "role", "role", fields.site.key)
        gone = [item.text("policy_arn") for item in removed]
        stale = {arn for arn in gone if isinstance(arn, str)}
    return [
        attached_policy(world, fields, arn)
        for arn in ordered(arns or ())
        if isinstance(arn, Unknown) or arn not in stale
    ]


def attached_policy(world: World, fields: Fields, arn: Maybe[str]) -> Maybe[PolicyDocument]:
    """Return a policy by ARN; one outside the model is Unknown naming the ARN."""
    key = world.index.find("iam_policy", arn, fields.site)
    policy = world.at(key) if isinstance(key, str) else None
    if policy is not None:
        return _required(policy)
    return arn if isinstance(arn, Unknown) else Unknown(f"the policy {arn} is not in the input", symbol=arn)


def _policy_attachments(world: World) -> dict[Key, Policies]:
    """Return what ``aws_iam_policy_attachment`` attaches, by role."""
    found: dict[Key, Policies] = {}
    for fields in world.of("aws_iam_policy_attachment"):
        keys = fields.keys("roles", "role")
        if keys is None or isinstance(keys, Unknown):
            continue
        unsure = exists_unknown(fields)
        policy = attached_policy(world, fields, fields.required("policy_arn")) if unsure is None else unsure
        for key in keys:
            if not isinstance(key, Unknown):
                found.setdefault(key, []).append(policy)
    return found


def _boundary(world: World, fields: Fields) -> Maybe[PolicyDocument | None]:
    arn = fields.text("permissions_boundary")
    return None if arn is None else attached_policy(world, fields, arn)


def kms_keys(world: World) -> Iterator[KmsKey]:
    """Yield the keys with key policies and aliases of their own."""
    aliases = world.satellites("aws_kms_alias", "target_key_id", "kms_key")
    for fields in world.of("aws_kms_key", "data.aws_kms_key"):
        managed = fields.site.instance.managed
        names = tuple(item.required("name") for item in aliases.of(fields.site.key))
        yield KmsKey(
            **common(fields, id_="key_id" if managed else "id"),
            enabled=fields.flag("is_enabled" if managed else "enabled", True),
            deletion_pending=False if managed else _pending(fields),
            policy=_key_policy(world, fields),
            aliases=ordered(names),
            customer_managed=True if managed else _by_customer(fields),
            rotation_enabled=_rotation(fields),
        )


def _rotation(fields: Fields) -> Maybe[bool]:
    if fields.site.instance.managed:
        return fields.flag("enable_key_rotation", False)
    return Unknown(f"{fields.site.instance.address} does not tell whether the key is rotated")


def _pending(fields: Fields) -> Maybe[bool]:
    state = fields.required("key_state")
    return state if isinstance(state, Unknown) else state == "PendingDeletion"


def _by_customer(fields: Fields) -> Maybe[bool]:
    manager = fields.required("key_manager")
    return manager if isinstance(manager, Unknown) else manager == "CUSTOMER"


def _key_policy(world: World, fields: Fields) -> Maybe[PolicyDocument | None]:
    found = world.satellites("aws_kms_key_policy", "key_id", "kms_key")
    for item in found.of(fields.site.key):
        unsure = exists_unknown(item)
        return _required(item) if unsure is None else unsure
    maybe = found.maybe(fields.site.key)
    if maybe is not None:
        return maybe
    if not fields.site.instance.managed:
        return Unknown(f"{fields.site.instance.address} does not tell the key policy")
    return policy_of(fields, "policy", configured_only=True)
