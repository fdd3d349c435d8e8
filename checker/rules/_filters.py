"""What groups and ACLs let through, and where they stand: worked out once for a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

from checker.filter.acl import Decided, decide
from checker.filter.intervals import Intervals
from checker.filter.match import (
    ANYBODY,
    AddressBounds,
    Bounds,
    bounds_of,
    no_group,
    prefix_list_addresses,
    rule_packets,
)
from checker.model.finding import Evidence
from checker.model.firewall import (
    Direction,
    GroupPeer,
    NetworkAcl,
    NetworkAclEntry,
    Peer,
    PrefixList,
    PrefixListPeer,
    SecurityGroup,
    SecurityGroupRule,
)
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import NetworkInterface
from checker.model.record import dataclass, field
from checker.rules._rule import Context
from checker.rules._say import name

T = TypeVar("T")


def remembered(ctx: Context, memo: tuple[str, ...], kind: type[T], make: Callable[[], T]) -> T:
    """Return what was made under this name before, else make it."""
    found = ctx.memory.get(memo)
    if not isinstance(found, kind):
        found = ctx.memory[memo] = make()
    return found


@dataclass(frozen=True)
class Places:
    """Who uses which group, and which ACLs name which subnet. Keys are those of the model, ids lead to the same."""

    keys: dict[str, Key] = field(default_factory=dict)
    """Id, ARN or key of a group, subnet, VPC or prefix list to its key."""
    members: dict[Key, list[NetworkInterface]] = field(default_factory=lambda: defaultdict(list))
    """Interfaces by group."""
    unsure: list[NetworkInterface] = field(default_factory=list)
    """Interfaces of which not every group is known."""
    acls: dict[Key, list[NetworkAcl]] = field(default_factory=lambda: defaultdict(list))
    """ACLs by the subnet that they name."""
    floating: list[NetworkAcl] = field(default_factory=list)
    """ACLs that may name more subnets."""
    defaults: dict[Key, list[NetworkAcl]] = field(default_factory=lambda: defaultdict(list))
    """Default ACLs by VPC."""
    loose_defaults: list[NetworkAcl] = field(default_factory=list)
    """Default ACLs of a VPC that is not known."""

    def key(self, text: Key) -> Key:
        """Return the model's key for a key, an id or an ARN."""
        return self.keys.get(text, text)


def places(ctx: Context) -> Places:
    """Return the index of the context's model, built on first use."""
    return remembered(ctx, ("filter places",), Places, lambda: _places(ctx))


def _places(ctx: Context) -> Places:
    model = ctx.model
    made = Places()
    for entity in (*model.security_groups, *model.subnets, *model.vpcs, *model.prefix_lists):
        for text in (entity.key, entity.id, entity.arn):
            if isinstance(text, str):
                made.keys[text] = entity.key
    for interface in model.network_interfaces:
        _place_interface(made, interface)
    for acl in model.network_acls:
        _place_acl(made, acl)
    return made


def _place_interface(made: Places, interface: NetworkInterface) -> None:
    groups = interface.security_groups
    listed: tuple[Maybe[Key], ...] = () if isinstance(groups, Unknown) else groups
    for group in listed:
        if not isinstance(group, Unknown):
            made.members[made.key(group)].append(interface)
    if isinstance(groups, Unknown) or any(isinstance(group, Unknown) for group in listed):
        made.unsure.append(interface)


def _place_acl(made: Places, acl: NetworkAcl) -> None:
    listed: tuple[Maybe[Key], ...] = (acl.subnets,) if isinstance(acl.subnets, Unknown) else acl.subnets
    for subnet in listed:
        if not isinstance(subnet, Unknown):
            made.acls[made.key(subnet)].append(acl)
    if any(isinstance(subnet, Unknown) for subnet in listed) or isinstance(acl.exists, Unknown):
        made.floating.append(acl)
    default = acl.is_default
    if isinstance(default, Unknown) or (default and not isinstance(acl.vpc, str)):
        made.loose_defaults.append(acl)
    elif default and isinstance(acl.vpc, str):
        made.defaults[made.key(acl.vpc)].append(acl)


def list_addresses(ctx: Context, key: Key) -> AddressBounds:
    """Return the addresses in a prefix list; anybody where it is not in the input."""
    found = ctx.model.by_key.get(places(ctx).key(key))
    if not isinstance(found, PrefixList):
        return ANYBODY
    return remembered(ctx, ("prefix list", found.key), AddressBounds, lambda: prefix_list_addresses(found))


def from_prefixes(ctx: Context, rule: SecurityGroupRule) -> Bounds:
    """Return what a rule lets through from or to prefixes and prefix lists; members of groups are not counted."""
    return rule_packets(rule, no_group(lambda key: list_addresses(ctx, key)))


def rule_services(rule: SecurityGroupRule) -> Intervals:
    """Return the protocols and ports of a rule; all that it may have where they are not known."""
    return rule_packets(rule, lambda _peer: ANYBODY).most.services()


def group_packets(ctx: Context, group: SecurityGroup, direction: Direction) -> Bounds:
    """Return what a group's rules let through together from or to prefixes; more may stand in unread rules."""
    return bounds_of(from_prefixes(ctx, rule) for rule in group.rules if rule.direction is direction)


def decided(ctx: Context, acl: NetworkAcl, direction: Direction) -> Decided:
    """Return what an ACL does in one direction, evaluated once."""
    return remembered(ctx, ("acl", acl.key, direction.value), Decided, lambda: decide(acl, direction))


# Words.


def rule_name(rule: SecurityGroupRule) -> str:
    """Return how a person finds a rule: its id, its own Terraform address, or its group's."""
    return rule.id if isinstance(rule.id, str) and not rule.origin.address else name(rule)


def peer_words(ctx: Context, peer: Maybe[Peer]) -> str:
    """Return a peer in words."""
    if isinstance(peer, Unknown):
        return f"a peer that is not known ({peer.reason})"
    if isinstance(peer, GroupPeer | PrefixListPeer):
        key = peer.group if isinstance(peer, GroupPeer) else peer.prefix_list
        entity = ctx.model.by_key.get(places(ctx).key(key))
        return name(entity) if entity is not None else key
    return str(peer)


def entry_name(acl: NetworkAcl, entry: NetworkAclEntry) -> str:
    """Return ``acl-0abc#90``, or the entry's own Terraform address with its number."""
    number = "?" if isinstance(entry.rule_number, Unknown) else entry.rule_number
    if entry.origin_key != acl.key and acl.origin.address:
        return f"{entry.origin_key} (#{number})"
    known = acl.id if isinstance(acl.id, str) and not acl.origin.address else name(acl)
    return f"{known}#{number}"


def entry_fact(acl: NetworkAcl, entry: NetworkAclEntry, says: str) -> Evidence:
    """Return evidence about one entry, located where it stands."""
    return Evidence(statement=f"{entry_name(acl, entry)} {says}", origin=entry.origin or acl.origin)


_RULE_TYPES = (
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
)


def more_rules(ctx: Context, group: SecurityGroup) -> Unknown | None:
    """Return why a group may have rules that the model lacks, None where it has them all."""
    if group.unread is not None:
        return group.unread
    found = (ctx.model.unread_for(type_, group.origin.root) for type_ in _RULE_TYPES)
    return next((cause for cause in found if cause is not None), None)


def more_entries(ctx: Context, acl: NetworkAcl) -> Unknown | None:
    """Return why an ACL may have entries that the model lacks, None where it has them all."""
    if acl.unread is not None:
        return acl.unread
    return ctx.model.unread_for("aws_network_acl_rule", acl.origin.root)
