"""Security groups and their rules, in all three spellings."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Final

from checker.load.rule_keys import free_key, peer_key, rule_key
from checker.load.terraform.convert.common import Common, World, common, first_unknown
from checker.load.terraform.convert.packet import icmp_of, ports_of, protocol_of
from checker.load.terraform.convert.values import Fields, as_prefix
from checker.model.address import IcmpTypeCode, PortRange
from checker.model.firewall import Direction, GroupPeer, Peer, PrefixListPeer, SecurityGroup, SecurityGroupRule
from checker.model.known import Key, Maybe, Unknown
from checker.model.origin import Origin
from checker.model.record import dataclass, replace

_RULE_TYPES: Final = {
    "aws_security_group_rule": None,
    "aws_vpc_security_group_ingress_rule": Direction.INGRESS,
    "aws_vpc_security_group_egress_rule": Direction.EGRESS,
}
_LISTS: Final = ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups")


@dataclass(frozen=True, slots=True)
class _Match:
    """What a rule lets through, apart from the peer."""

    direction: Direction
    protocol: Maybe[int]
    ports: Maybe[PortRange | None]
    icmp: Maybe[IcmpTypeCode | None]
    description: Maybe[str | None]


def security_groups(world: World) -> Iterator[SecurityGroup]:
    """Yield the groups of the input, then groups outside it to which the input adds rules."""
    standalone = _standalone(world)
    for fields in world.of("aws_security_group", "aws_default_security_group", "data.aws_security_group"):
        inline, unread = _inline(fields)
        own = standalone.pop(fields.site.key, [])
        stale = _stale(world, fields)
        yield SecurityGroup(
            **common(fields),
            vpc=fields.key("vpc_id", "vpc", absent="computed"),
            name=_name(fields),
            is_default=_is_default(fields),
            rules=_merged(own, [rule for rule in inline if _signature(rule) not in stale]),
            unread=first_unknown((unread, _loose(world, fields.site.key))),
        )
    for group in sorted(group for group, rules in standalone.items() if rules):
        yield _outside(group, standalone[group])


def _name(fields: Fields) -> Maybe[str | None]:
    if fields.site.instance.type == "aws_default_security_group":
        return "default"
    return fields.text("name", absent="computed")


def _is_default(fields: Fields) -> Maybe[bool]:
    if fields.site.instance.managed:
        return fields.site.instance.type == "aws_default_security_group"
    name = fields.text("name", absent="computed")
    return name if isinstance(name, Unknown) else name == "default"


def _inline(fields: Fields) -> tuple[list[SecurityGroupRule], Unknown | None]:
    """Return the rules in the group's own arguments, and why there may be more."""
    if not fields.site.instance.managed:
        return [], Unknown(f"{fields.site.instance.address} does not tell the rules of the group")
    rules: list[SecurityGroupRule] = []
    reasons: list[Unknown | None] = []
    for direction in Direction:
        blocks = fields.blocks(direction.value)
        if isinstance(blocks, Unknown):
            reasons.append(blocks)
            continue
        for block in blocks:
            if isinstance(block, Unknown):
                reasons.append(block)
            else:
                rules += _inline_rules(block, direction)
    return rules, first_unknown(reasons)


def _stale(world: World, fields: Fields) -> frozenset[Hashable]:
    """Return the signatures of rules that were resources of their own and that the group's arguments still repeat."""
    configured = fields.site.instance.configured or frozenset()
    removed = [
        rule
        for kind in _RULE_TYPES
        for item in world.removed(kind, "security_group_id", "security_group", fields.site.key)
        for rule in rules_of(item, fields.site.key)
        if rule.direction.value not in configured
    ]
    return frozenset(signature for rule in removed if (signature := _signature(rule)) is not None)


def _inline_rules(block: Fields, direction: Direction) -> Iterator[SecurityGroupRule]:
    group = block.site.key
    match = _match(block, direction, "protocol")
    shared = common(block, id_=None, arn=None)
    shared["id"] = Unknown("Terraform does not tell the id of an inline rule")
    shared["arn"] = Unknown("Terraform does not tell the ARN of an inline rule")
    shared["type"] = "aws_security_group_rule"
    shared["tags"] = {}
    for peer in _peers(block, group, _LISTS):
        yield _rule(shared, group, match, peer, f"{group}#{direction.value}")


def _match(fields: Fields, direction: Direction, protocol_name: str) -> _Match:
    protocol = protocol_of(fields, protocol_name)
    return _Match(
        direction=direction,
        protocol=protocol,
        ports=ports_of(fields, protocol),
        icmp=icmp_of(fields, protocol, ("from_port", "to_port"), -1),
        description=fields.text("description"),
    )


def _peers(fields: Fields, group: Maybe[Key], lists: tuple[str, ...]) -> Iterator[Maybe[Peer]]:
    """Yield each peer of a rule that lists them."""
    for name in lists:
        texts = fields.texts(name)
        for text in (texts,) if isinstance(texts, Unknown) else (texts or ()):
            yield _peer(fields, name, text)
    self_ = fields.flag("self", False)
    if isinstance(self_, Unknown):
        yield self_
    elif self_:
        yield group if isinstance(group, Unknown) else GroupPeer(group)


def _peer(fields: Fields, name: str, text: Maybe[str]) -> Maybe[Peer]:
    """Return one peer from the argument it was given in."""
    if "cidr" in name:
        return text if isinstance(text, Unknown) else as_prefix(text)
    lists = "prefix_list" in name
    if not isinstance(text, Unknown) and not lists:
        text = text.rpartition("/")[2]  # "123456789012/sg-0abc" names a group of another account
    key = fields.index.find("prefix_list" if lists else "security_group", text, fields.site)
    if isinstance(key, Unknown) or key is None:
        return Unknown("no peer") if key is None else key
    return PrefixListPeer(key) if lists else GroupPeer(key)


def _rule(shared: Common, group: Maybe[Key], match: _Match, peer: Maybe[Peer], key: Key) -> SecurityGroupRule:
    shared = shared.copy()
    shared["key"] = key
    return SecurityGroupRule(
        **shared,
        group=group,
        direction=match.direction,
        protocol=match.protocol,
        ports=match.ports,
        icmp=match.icmp,
        peer=peer,
        description=match.description,
    )


def _standalone(world: World) -> dict[Key, list[SecurityGroupRule]]:
    """Return the rules that are resources of their own, by group; of an unknown group they stand in ``_loose``."""
    found: dict[Key, list[SecurityGroupRule]] = {}
    for kind in _RULE_TYPES:
        for group, items in world.satellites(kind, "security_group_id", "security_group").by_key.items():
            for fields in items:
                found.setdefault(group, []).extend(rules_of(fields, group))
    return found


def rules_of(fields: Fields, group: Maybe[Key]) -> list[SecurityGroupRule]:
    """Return the rules of one rule resource: one, or one per peer."""
    direction = _RULE_TYPES[fields.site.instance.type]
    if direction is None:
        word = fields.required("type")
        if isinstance(word, Unknown) or word not in ("ingress", "egress"):
            return []
        direction = Direction(word)
        match, peers = _match(fields, direction, "protocol"), list(_listed_peers(fields, group))
        shared = common(fields, id_="security_group_rule_id", arn=None)
    else:
        match, peers = _match(fields, direction, "ip_protocol"), [_single_peer(fields)]
        shared = common(fields, id_="security_group_rule_id")
    key = fields.site.key
    several = len(peers) > 1
    return [_rule(shared, group, match, peer, peer_key(key, peer) if several else key) for peer in peers]


def _listed_peers(fields: Fields, group: Maybe[Key]) -> Iterator[Maybe[Peer]]:
    peers = list(_peers(fields, group, _LISTS[:3]))
    source = fields.text("source_security_group_id", absent="configured")
    if source is not None and not (peers and isinstance(source, Unknown)):
        peers.append(_peer(fields, "source_security_group_id", source))
    yield from peers or [Unknown(f"{fields.site.instance.address} names no peer")]


def _single_peer(fields: Fields) -> Maybe[Peer]:
    """Return the peer of the newer rule resources, which have exactly one; a set argument beats an unknown one."""
    found: Maybe[Peer] = Unknown(f"{fields.site.instance.address} names no peer")
    for name in ("referenced_security_group_id", "prefix_list_id", "cidr_ipv6", "cidr_ipv4"):
        text = fields.text(name)
        if text is not None and (isinstance(found, Unknown) or not isinstance(text, Unknown)):
            found = _peer(fields, name, text)
    return found


def _loose(world: World, group: Key) -> Unknown | None:
    """Return why a rule of which the group, or the direction, is not known may belong to this group."""
    reasons: list[Unknown | None] = []
    for kind in _RULE_TYPES:
        found = world.satellites(kind, "security_group_id", "security_group")
        reasons.append(found.maybe(group))
        if kind == "aws_security_group_rule":
            reasons += [_no_direction(fields) for fields in found.of(group)]
    return first_unknown(reasons)


def _no_direction(fields: Fields) -> Unknown | None:
    word = fields.required("type")
    if isinstance(word, Unknown):
        return word
    return None if word in ("ingress", "egress") else Unknown(f"{fields.site.instance.address} has the type {word}")


def _signature(rule: SecurityGroupRule) -> Hashable | None:
    """Return what EC2 identifies a rule by, None when a part is not known."""
    parts = (rule.direction, rule.protocol, rule.ports, rule.icmp, rule.peer)
    return None if any(isinstance(part, Unknown) for part in parts) else parts


def _merged(own: Iterable[SecurityGroupRule], inline: Iterable[SecurityGroupRule]) -> tuple[SecurityGroupRule, ...]:
    """Return both sorts of rules once each: the state repeats rules of their own among the inline ones."""
    found: dict[Hashable, SecurityGroupRule] = {}
    keys: set[Key] = set()
    for rule in own:
        found.setdefault(_signature(rule) or rule.key, rule)
        keys.add(rule.key)
    for rule in inline:
        signature = _signature(rule)
        if signature is None or signature not in found:
            key = rule_key(rule.key, rule.protocol, rule.ports, rule.icmp, rule.peer)
            numbered = replace(rule, key=free_key(key, keys))
            found[signature or numbered.key] = numbered
            keys.add(numbered.key)
    return tuple(sorted(found.values(), key=lambda rule: rule.key))


def _outside(group: Key, rules: list[SecurityGroupRule]) -> SecurityGroup:
    """Return a group that is managed elsewhere, known only by the rules that are added here."""
    first = rules[0]
    origin: Origin = replace(first.origin, managed=False)
    reason = Unknown(f"the security group {group} is managed elsewhere")
    return SecurityGroup(
        key=group,
        origin=origin,
        type="aws_security_group",
        id=group,
        arn=reason,
        account=first.account,
        region=first.region,
        tags=reason,
        exists=first.exists,
        vpc=reason,
        name=reason,
        is_default=reason,
        rules=_merged(rules, ()),
        unread=reason,
    )
