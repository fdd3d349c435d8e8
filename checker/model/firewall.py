"""Security groups, network ACLs and prefix lists: complete enough to evaluate a packet on."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from checker.model.address import IcmpTypeCode, PortRange, Prefix
from checker.model.entity import Entity
from checker.model.known import Key, Maybe, Unknown
from checker.model.origin import Origin
from checker.model.record import dataclass


class Direction(StrEnum):
    """Seen from the network interface."""

    INGRESS = "ingress"
    EGRESS = "egress"


class RuleAction(StrEnum):
    """EC2 ``RuleAction`` of a network ACL entry."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class GroupPeer:
    """Traffic from or to the members of a security group; ``self`` is the group's own key."""

    group: Key


@dataclass(frozen=True, slots=True)
class PrefixListPeer:
    """Traffic from or to the entries of a managed prefix list."""

    prefix_list: Key


Peer: TypeAlias = Prefix | GroupPeer | PrefixListPeer


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class SecurityGroupRule(Entity):
    """One rule with one peer, as EC2 ``SecurityGroupRule`` has it: lists in Terraform are split."""

    group: Maybe[Key]
    direction: Direction
    protocol: Maybe[int]
    """IANA number, or ALL_PROTOCOLS."""
    ports: Maybe[PortRange | None]
    """None where the protocol has no ports or all ports of all protocols match."""
    icmp: Maybe[IcmpTypeCode | None]
    peer: Maybe[Peer]
    description: Maybe[str | None]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class SecurityGroup(Entity):
    """Source: EC2 ``SecurityGroup``."""

    vpc: Maybe[Key | None]
    name: Maybe[str | None]
    is_default: Maybe[bool]
    rules: tuple[SecurityGroupRule, ...]
    unread: Unknown | None = None
    """Why there may be rules beside ``rules``; None when they are all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAclEntry:
    """One numbered entry. Source: EC2 ``NetworkAclEntry``; the final ``*`` deny is not stored."""

    origin_key: Key
    """Key of the Terraform resource or ACL that holds it."""
    rule_number: Maybe[int]
    direction: Direction
    rule_action: Maybe[RuleAction]
    protocol: Maybe[int]
    prefix: Maybe[Prefix]
    ports: Maybe[PortRange | None]
    icmp: Maybe[IcmpTypeCode | None]
    origin: Origin | None = None
    """Where the entry itself was read; None: where its ACL was."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class NetworkAcl(Entity):
    """Source: EC2 ``NetworkAcl``. Entries are sorted by direction and rule number, unknown numbers last."""

    vpc: Maybe[Key | None]
    is_default: Maybe[bool]
    entries: tuple[NetworkAclEntry, ...]
    subnets: Maybe[tuple[Maybe[Key], ...]]
    """Subnets associated explicitly."""
    unread: Unknown | None = None
    """Why there may be entries beside ``entries``; None when they are all."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class PrefixList(Entity):
    """Source: EC2 ``ManagedPrefixList`` and its entries."""

    name: Maybe[str | None]
    prefixes: Maybe[tuple[Maybe[Prefix], ...]]
