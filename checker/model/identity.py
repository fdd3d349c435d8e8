"""IAM roles, policies and KMS keys."""

from __future__ import annotations

from collections.abc import Mapping

from checker.model.entity import Entity
from checker.model.known import Maybe
from checker.model.record import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One policy statement. Elements that are absent are empty tuples; unknown elements stay in their place.

    Source: IAM User Guide, "IAM JSON policy elements reference".
    """

    sid: Maybe[str | None] = None
    effect: Maybe[str]
    """Allow or Deny."""
    principals: tuple[tuple[str, Maybe[str]], ...] = ()
    """Pairs of kind (AWS, Service, Federated, CanonicalUser, or ``*`` for a bare star) and value."""
    not_principals: tuple[tuple[str, Maybe[str]], ...] = ()
    actions: tuple[Maybe[str], ...] = ()
    not_actions: tuple[Maybe[str], ...] = ()
    resources: tuple[Maybe[str], ...] = ()
    not_resources: tuple[Maybe[str], ...] = ()
    conditions: Maybe[Mapping[str, Mapping[str, tuple[Maybe[str], ...]]]] = field(default_factory=dict)
    """Operator, condition key as written, values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """A parsed policy."""

    statements: tuple[Maybe[Statement], ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Role(Entity):
    """Source: IAM ``Role`` with its inline and attached policies."""

    name: Maybe[str]
    trust: Maybe[PolicyDocument]
    policies: tuple[Maybe[PolicyDocument], ...]
    """Inline and attached identity policies; an attached policy outside the model is Unknown naming its ARN."""
    boundary: Maybe[PolicyDocument | None]
    """Permissions boundary."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class KmsKey(Entity):
    """Source: KMS ``KeyMetadata`` and key policy."""

    enabled: Maybe[bool]
    deletion_pending: Maybe[bool]
    policy: Maybe[PolicyDocument | None]
    """None for the default policy, which leaves access to the account's IAM policies."""
    aliases: tuple[Maybe[str], ...]
    customer_managed: Maybe[bool]
    rotation_enabled: Maybe[bool]
