"""Network ACLs and their entries, in both spellings, and managed prefix lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.terraform.convert.common import World, adopted_vpc, common, exists_unknown, first_unknown
from checker.load.terraform.convert.packet import icmp_of, ports_of, protocol_of
from checker.load.terraform.convert.resolve import Settled
from checker.load.terraform.convert.values import Fields, as_prefix, ordered, prefixes
from checker.model.address import Prefix
from checker.model.firewall import Direction, NetworkAcl, NetworkAclEntry, PrefixList, RuleAction
from checker.model.known import Key, Maybe, Unknown

_LAST_NUMBER: Final = 32766
"""Higher numbers are the final deny, which is not stored. Source: EC2 ``NetworkAclEntry``."""


def network_acls(world: World) -> Iterator[NetworkAcl]:
    """Yield the ACLs with inline entries and ``aws_network_acl_rule``; subnets from arguments and associations."""
    rules = world.satellites("aws_network_acl_rule", "network_acl_id", "network_acl")
    for fields in world.of("aws_network_acl", "aws_default_network_acl"):
        default = fields.site.instance.type == "aws_default_network_acl"
        inline, unread = _inline(fields)
        stale = _stale(world, fields)
        own = [_entry(item, item.flag("egress", False)) for item in rules.of(fields.site.key)]
        reasons = [unread, rules.maybe(fields.site.key), *map(_unsure, rules.of(fields.site.key))]
        yield NetworkAcl(
            **common(fields),
            vpc=adopted_vpc(world, fields, "default_network_acl_id")
            if default
            else fields.required_key("vpc_id", "vpc"),
            is_default=default,
            entries=_merged([entry for entry in own if entry is not None], inline, stale),
            subnets=_subnets(world, fields),
            unread=first_unknown(reasons),
        )


def _unsure(fields: Fields) -> Unknown | None:
    """Return why one rule may not exist, or may stand in the other direction."""
    egress = fields.flag("egress", False)
    return egress if isinstance(egress, Unknown) else exists_unknown(fields)


def _inline(fields: Fields) -> tuple[list[NetworkAclEntry], Unknown | None]:
    entries: list[NetworkAclEntry] = []
    reasons: list[Unknown | None] = []
    for direction in Direction:
        blocks = fields.blocks(direction.value)
        for block in (blocks,) if isinstance(blocks, Unknown) else blocks:
            if isinstance(block, Unknown):
                reasons.append(block)
                continue
            entry = _entry(block, direction is Direction.EGRESS)
            if entry is not None:
                entries.append(entry)
    return entries, first_unknown(reasons)


def _entry(fields: Fields, egress: Maybe[bool]) -> NetworkAclEntry | None:
    """Return one entry, None where its direction or existence is not known (the ACL then says so)."""
    if isinstance(egress, Unknown) or exists_unknown(fields) is not None:
        return None
    standalone = not fields.path
    protocol = protocol_of(fields, "protocol")
    return NetworkAclEntry(
        origin_key=fields.site.key,
        rule_number=_number(fields, "rule_number" if standalone else "rule_no"),
        direction=Direction.EGRESS if egress else Direction.INGRESS,
        rule_action=_action(fields, "rule_action" if standalone else "action"),
        protocol=protocol,
        prefix=_prefix(fields),
        ports=ports_of(fields, protocol),
        icmp=icmp_of(fields, protocol, ("icmp_type", "icmp_code"), 0),
        origin=fields.site.instance.origin if standalone else None,
    )


def _number(fields: Fields, name: str) -> Maybe[int]:
    number = fields.whole(name)
    return Unknown(f"{fields.site.instance.address}: no {name}") if number is None else number


def _action(fields: Fields, name: str) -> Maybe[RuleAction]:
    word = fields.required(name)
    if isinstance(word, Unknown):
        return word
    known = {action.value: action for action in RuleAction}
    return known.get(word.lower()) or Unknown(f"{fields.site.instance.address}: {name} {word}")


def _prefix(fields: Fields) -> Maybe[Prefix]:
    """Return the prefix of either family; a set argument beats an unknown one."""
    found = [fields.prefix("cidr_block"), fields.prefix("ipv6_cidr_block")]
    given = [prefix for prefix in found if prefix is not None]
    given.sort(key=lambda prefix: isinstance(prefix, Unknown))
    return given[0] if given else Unknown(f"{fields.site.instance.address} has an entry without CIDR block")


def _place(entry: NetworkAclEntry | None) -> tuple[Direction, int] | None:
    if entry is None or isinstance(entry.rule_number, Unknown):
        return None
    return entry.direction, entry.rule_number


def _stale(world: World, fields: Fields) -> set[tuple[Direction, int]]:
    """Return the places of entries that were resources of their own and that the ACL's arguments still repeat."""
    configured = fields.site.instance.configured or frozenset()
    removed = world.removed("aws_network_acl_rule", "network_acl_id", "network_acl", fields.site.key)
    places = [_place(_entry(item, item.flag("egress", False))) for item in removed]
    return {place for place in places if place is not None and place[0].value not in configured}


def _merged(
    own: list[NetworkAclEntry], inline: list[NetworkAclEntry], stale: set[tuple[Direction, int]]
) -> tuple[NetworkAclEntry, ...]:
    """Return each numbered entry once: the state repeats rules of their own among the inline ones."""
    taken = {_place(entry) for entry in own} | stale
    rest = [
        entry
        for entry in inline
        if isinstance(entry.rule_number, Unknown) or (_place(entry) not in taken and entry.rule_number <= _LAST_NUMBER)
    ]
    return tuple(sorted([*own, *rest], key=_order))


def _order(entry: NetworkAclEntry) -> tuple[str, bool, int, str]:
    unknown = isinstance(entry.rule_number, Unknown)
    number = 0 if isinstance(entry.rule_number, Unknown) else entry.rule_number
    return str(entry.direction.value == "egress"), unknown, number, entry.origin_key


def _subnets(world: World, fields: Fields) -> Maybe[tuple[Maybe[Key], ...]]:
    listed = fields.keys("subnet_ids", "subnet", absent="configured")
    if isinstance(listed, Unknown):
        return listed
    found = world.satellites("aws_network_acl_association", "network_acl_id", "network_acl")
    keys: list[Maybe[Key]] = [
        key for key in listed or () if isinstance(key, Unknown) or key not in _left(world, fields)
    ]
    for item in found.of(fields.site.key):
        unsure = exists_unknown(item)
        keys.append(item.required_key("subnet_id", "subnet") if unsure is None else unsure)
    maybe = found.maybe(fields.site.key)
    return ordered((*keys, *((maybe,) if maybe is not None else ())))


def _left(world: World, fields: Fields) -> set[Key]:
    """Return the subnets whose association was a resource of its own that the argument still repeats."""
    if "subnet_ids" in (fields.site.instance.configured or ()):
        return set()
    removed = world.removed("aws_network_acl_association", "network_acl_id", "network_acl", fields.site.key)
    keys = [item.required_key("subnet_id", "subnet") for item in removed]
    return {key for key in keys if not isinstance(key, Unknown)}


def prefix_lists(world: World) -> Iterator[PrefixList]:
    """Yield managed prefix lists with inline entries and entry resources, and AWS's lists read as data."""
    for fields in world.of("aws_ec2_managed_prefix_list", "data.aws_ec2_managed_prefix_list", "data.aws_prefix_list"):
        aws = fields.site.kind == "data.aws_prefix_list"
        yield PrefixList(
            **common(fields, arn=None if aws else "arn"),
            name=fields.text("name", absent="computed"),
            prefixes=_listed(fields) if aws else _entries(world, fields),
        )


def _listed(fields: Fields) -> Maybe[tuple[Maybe[Prefix], ...]]:
    items = fields.items("cidr_blocks", absent="computed")
    if isinstance(items, Unknown):
        return items
    return prefixes([_cidr(item) for item in items or ()])


def _cidr(item: Settled) -> Maybe[Prefix | None]:
    if isinstance(item, Unknown):
        return item
    return as_prefix(item) if isinstance(item, str) else None


def _entries(world: World, fields: Fields) -> Maybe[tuple[Maybe[Prefix], ...]]:
    managed = fields.site.instance.managed
    blocks = fields.blocks("entry") if managed else fields.blocks("entries", absent="computed")
    if isinstance(blocks, Unknown):
        return blocks
    found = [block if isinstance(block, Unknown) else block.prefix("cidr") for block in blocks]
    more = world.satellites("aws_ec2_managed_prefix_list_entry", "prefix_list_id", "prefix_list")
    for item in more.of(fields.site.key):
        unsure = exists_unknown(item)
        found.append(item.prefix("cidr") if unsure is None else unsure)
    return prefixes([*found, more.maybe(fields.site.key)])
