"""Security groups with their rules, and managed prefix lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from checker.load.aws.call import Reply
from checker.load.aws.convert.packet import icmp_of, ports_of, protocol_of
from checker.load.aws.convert.row import Row, then
from checker.load.aws.convert.world import World, ec2_arn, owner_first
from checker.load.rule_keys import rule_key
from checker.load.terraform.convert.values import as_prefix, prefixes
from checker.model.address import Prefix
from checker.model.firewall import (
    Direction,
    GroupPeer,
    Peer,
    PrefixList,
    PrefixListPeer,
    SecurityGroup,
    SecurityGroupRule,
)
from checker.model.known import Key, Maybe, Unknown

_PORTS: Final = ("FromPort", "ToPort")
_PERMISSIONS: Final = (("IpPermissions", Direction.INGRESS), ("IpPermissionsEgress", Direction.EGRESS))
_NO_ID: Final = Unknown("ec2:DescribeSecurityGroups tells neither ids nor tags of rules")
_TYPE: Final = "aws_security_group_rule"


def security_groups(world: World) -> Iterator[SecurityGroup]:
    """Yield the groups with their rules, from the rules' own listing where it was read, else from the group itself."""
    listing = _Listing(world)
    for name, row in owner_first(world.listing("ec2", "DescribeSecurityGroups", "SecurityGroups", "GroupId")).items():
        rules, unread = listing.of(name, row) if listing.covers(row) else _permissions(world, row, name)
        group_name, owner = row.required("GroupName"), row.text("OwnerId")
        is_default = then(group_name, lambda word: word == "default")
        type_ = "aws_default_security_group" if row.values.get("GroupName") == "default" else "aws_security_group"
        yield SecurityGroup(
            **world.common(row, name, type_, arn=ec2_arn(row, "security-group", name, owner)),
            vpc=row.text("VpcId"),
            name=group_name,
            is_default=is_default,
            rules=tuple(sorted(rules, key=lambda rule: rule.key)),
            unread=unread,
        )


class _Listing:
    """The rules that have ids of their own, by group."""

    def __init__(self, world: World) -> None:
        self._rules: dict[Key, list[SecurityGroupRule]] = {}
        self._read: dict[tuple[str, str], Unknown | None] = {}
        rows = world.listing("ec2", "DescribeSecurityGroupRules", "SecurityGroupRules", "SecurityGroupRuleId")
        for name, row in owner_first(rows, "GroupOwnerId").items():
            group, egress = row.required("GroupId"), row.flag("IsEgress", None)
            if isinstance(group, Unknown) or isinstance(egress, Unknown):
                world.note_odd(row.reply)
                continue
            direction = Direction.EGRESS if egress else Direction.INGRESS
            arn = ec2_arn(row, "security-group-rule", name, row.text("GroupOwnerId"))
            shared = world.common(row, name, _TYPE, arn=arn)
            self._rules.setdefault(group, []).append(_rule(row, shared, group, direction, _listed_peer(row)))
        for reply in world.replies.of("ec2", "DescribeSecurityGroupRules"):
            if reply.response is not None:
                self._read[_place(reply)] = _lost(world, reply)

    def covers(self, row: Row) -> bool:
        """Say whether the rules' own listing was read where a group was."""
        return _place(row.reply) in self._read

    def of(self, group: Key, row: Row) -> tuple[Sequence[SecurityGroupRule], Unknown | None]:
        """Return the rules of a group, and why there may be more."""
        return self._rules.get(group, ()), self._read[_place(row.reply)]


def _place(reply: Reply) -> tuple[str, str]:
    return reply.request.account, reply.request.region


def _lost(world: World, reply: Reply) -> Unknown | None:
    """Return why a listing may have further rules: rows of it cannot be read."""
    if reply.request not in world.odd:
        return None
    return Unknown(f"{reply.request.account}/{reply.request.region}: rows of ec2:DescribeSecurityGroupRules "
                   "cannot be read")  # fmt: skip


def _listed_peer(row: Row) -> Maybe[Peer]:
    for member in ("CidrIpv4", "CidrIpv6"):
        text = row.text(member)
        if text is not None:
            return then(text, as_prefix)
    named = row.text("PrefixListId")
    if named is not None:
        return then(named, PrefixListPeer)
    group = row.inner("ReferencedGroupInfo", lambda inner: inner.required("GroupId"), "")
    if not isinstance(group, Unknown) and not group:
        return Unknown(f"{row.where}: a rule without a peer")
    return then(group, GroupPeer)


def _rule(row: Row, shared: dict[str, Any], group: Key, direction: Direction, peer: Maybe[Peer]) -> SecurityGroupRule:
    protocol = protocol_of(row, "IpProtocol")
    return SecurityGroupRule(
        **shared,
        group=group,
        direction=direction,
        protocol=protocol,
        ports=ports_of(row, protocol, _PORTS),
        icmp=icmp_of(row, protocol, _PORTS),
        peer=peer,
        description=row.text("Description"),
    )


def _permissions(world: World, row: Row, group: Key) -> tuple[list[SecurityGroupRule], Unknown | None]:
    """Return the rules of the group's own permissions, one for each peer, and why there may be more.

    They have no ids there; their keys say what they let through, so that the order of the answer does not matter.
    """
    found: dict[Key, SecurityGroupRule] = {}
    unread: Unknown | None = None
    for member, direction in _PERMISSIONS:
        permissions = row.required_rows(member)
        if isinstance(permissions, Unknown):
            unread = permissions
            continue
        for permission in permissions:
            for peer, description in _peers(permission):
                key = rule_key(f"{group}#{direction.value}", *_match(permission), peer)
                shared = world.common(row, key, _TYPE, id_=_NO_ID, arn=_NO_ID, tags=_NO_ID)
                told = Row({**permission.values, "Description": description}, row.reply)
                found.setdefault(key, _rule(told, shared, group, direction, peer))
    return list(found.values()), unread


def _match(permission: Row) -> tuple[Any, Any, Any]:
    protocol = protocol_of(permission, "IpProtocol")
    return protocol, ports_of(permission, protocol, _PORTS), icmp_of(permission, protocol, _PORTS)


def _peers(permission: Row) -> Iterator[tuple[Maybe[Peer], Any]]:
    """Yield each peer of a permission with the description that stands beside it."""
    kinds: tuple[tuple[str, str, Any], ...] = (
        ("IpRanges", "CidrIp", as_prefix),
        ("Ipv6Ranges", "CidrIpv6", as_prefix),
        ("PrefixListIds", "PrefixListId", PrefixListPeer),
        ("UserIdGroupPairs", "GroupId", GroupPeer),
    )
    for member, name, make in kinds:
        rows = permission.rows(member)
        if isinstance(rows, Unknown):
            yield rows, None
            continue
        for each in rows:
            yield then(each.required(name), make), each.values.get("Description")


def prefix_lists(world: World) -> Iterator[PrefixList]:
    """Yield the managed prefix lists; entries are read only of those that something names."""
    entries = _entries(world)
    rows = world.listing("ec2", "DescribeManagedPrefixLists", "PrefixLists", "PrefixListId")
    for name, row in owner_first(rows).items():
        region = row.reply.request.region
        unread = Unknown(f"{row.reply.request.account}/{region}: ec2:GetManagedPrefixListEntries was not called")
        yield PrefixList(
            **world.common(row, name, "aws_ec2_managed_prefix_list", arn=row.text("PrefixListArn")),
            name=row.text("PrefixListName"),
            prefixes=entries.get((region, name), unread),
        )


def _entries(world: World) -> dict[tuple[str, str], Maybe[tuple[Maybe[Prefix], ...]]]:
    """Return the entries by region and list: a list that is shared is read by an account that uses it."""
    found: dict[tuple[str, str], Maybe[tuple[Maybe[Prefix], ...]]] = {}
    for reply in world.replies.of("ec2", "GetManagedPrefixListEntries"):
        place = (reply.request.region, reply.request.resource or "")
        if not isinstance(found.get(place), tuple):
            answer = world.answer(reply)
            rows = answer.required_rows("Entries") if isinstance(answer, Row) else world.why(reply)
            found[place] = then(rows, lambda entries: prefixes([_cidr(entry) for entry in entries]))
    return found


def _cidr(entry: Row) -> Maybe[Prefix | None]:
    prefix = entry.prefix("Cidr")
    return entry.odd("Cidr", "there") if prefix is None else prefix
