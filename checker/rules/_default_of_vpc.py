"""What AWS puts into every VPC: a default security group and a default network ACL, in the input or not."""

from __future__ import annotations

from enum import StrEnum

from checker.model.firewall import NetworkAcl, SecurityGroup
from checker.model.known import Key, Unknown
from checker.model.loaded import ChangeAction
from checker.model.network import Vpc
from checker.model.origin import Source
from checker.model.record import dataclass
from checker.rules._changes import changes_of
from checker.rules._filters import places, remembered
from checker.rules._live import is_live
from checker.rules._rule import Context
from checker.rules._say import name

_CREATED = (ChangeAction.CREATE, ChangeAction.REPLACE, ChangeAction.REPLACE_CREATE_FIRST)


class Untouched(StrEnum):
    """What is known of a default that the input does not show."""

    NEW = "new"
    """The VPC comes with this configuration, so its defaults are as AWS creates them."""
    OLD = "old"
    """The VPC was there before; somebody may have changed them."""


@dataclass(frozen=True, slots=True)
class Default:
    """The default of one VPC: the entity, or what is known without it."""

    entity: SecurityGroup | NetworkAcl | None
    untouched: Untouched | None
    unknown: Unknown | None
    """Why it cannot be told; with an entity, why it may not be this VPC's."""


@dataclass(frozen=True, slots=True)
class _Index:
    by_vpc: dict[Key, SecurityGroup | NetworkAcl]
    loose: tuple[SecurityGroup | NetworkAcl, ...]


def default_group(ctx: Context, vpc: Vpc) -> Default:
    """Return a VPC's default security group."""
    index = remembered(ctx, ("default groups",), _Index, lambda: _index(ctx, ctx.model.security_groups))
    return _default(ctx, vpc, index, "aws_default_security_group")


def default_acl(ctx: Context, vpc: Vpc) -> Default:
    """Return a VPC's default network ACL."""
    index = remembered(ctx, ("default acls",), _Index, lambda: _index(ctx, ctx.model.network_acls))
    return _default(ctx, vpc, index, "aws_default_network_acl")


def _index(ctx: Context, entities: tuple[SecurityGroup, ...] | tuple[NetworkAcl, ...]) -> _Index:
    by_vpc: dict[Key, SecurityGroup | NetworkAcl] = {}
    loose: list[SecurityGroup | NetworkAcl] = []
    for entity in entities:
        default = entity.is_default
        if isinstance(default, Unknown):
            if is_live(entity) or not entity.origin.managed:
                loose.append(entity)
        elif default and isinstance(entity.vpc, str):
            by_vpc[places(ctx).key(entity.vpc)] = entity
        elif default:
            loose.append(entity)
    return _Index(by_vpc, tuple(loose))


def _default(ctx: Context, vpc: Vpc, index: _Index, type_: str) -> Default:
    found = index.by_vpc.get(vpc.key)
    if found is not None and not isinstance(found.exists, Unknown):
        return Default(found, None, None)
    if found is not None and isinstance(found.exists, Unknown):
        return Default(found, None, found.exists)
    unread = ctx.model.unread_for(type_, vpc.origin.root)
    if unread is not None:
        return Default(None, None, unread)
    for entity in index.loose:
        reason = entity.vpc.reason if isinstance(entity.vpc, Unknown) else "whether it is a default is not known"
        return Default(entity, None, Unknown(f"{name(entity)} may be it: {reason}"))
    if is_live(vpc):
        return Default(None, None, Unknown("it is not in the input"))
    return Default(None, _untouched(ctx, vpc), None)


def _untouched(ctx: Context, vpc: Vpc) -> Untouched:
    """Say whether a VPC comes with this configuration. Source without a plan describes what it would create."""
    if not vpc.origin.managed or vpc.type == "aws_default_vpc":
        return Untouched.OLD
    if vpc.origin.source is Source.HCL:
        return Untouched.NEW
    change = changes_of(ctx).by_after.get(vpc.key)
    created = change is not None and change.action in _CREATED and not change.imported
    return Untouched.NEW if created else Untouched.OLD
