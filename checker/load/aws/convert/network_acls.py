"""Network ACLs with their numbered entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.aws.convert.packet import icmp_of, ports_of, protocol_of
from checker.load.aws.convert.row import Row, names, then
from checker.load.aws.convert.world import World, ec2_arn, owner_first
from checker.model.address import IcmpTypeCode, PortRange, Prefix
from checker.model.firewall import Direction, NetworkAcl, NetworkAclEntry, RuleAction
from checker.model.known import Key, Maybe, Unknown

_LAST_NUMBER: Final = 32766
"""Higher numbers are the final deny of each family, which is not stored. Source: EC2 ``NetworkAclEntry``."""


def network_acls(world: World) -> Iterator[NetworkAcl]:
    """Yield the ACLs; the final deny is not stored."""
    for name, row in owner_first(world.listing("ec2", "DescribeNetworkAcls", "NetworkAcls", "NetworkAclId")).items():
        entries, unread = _entries(row, name)
        type_ = "aws_default_network_acl" if row.values.get("IsDefault") is True else "aws_network_acl"
        yield NetworkAcl(
            **world.common(row, name, type_, arn=ec2_arn(row, "network-acl", name, row.text("OwnerId"))),
            vpc=row.text("VpcId"),
            is_default=row.flag("IsDefault", None),
            entries=tuple(sorted(entries, key=_order)),
            subnets=names(row.required_rows("Associations"), "SubnetId"),
            unread=unread,
        )


def _entries(row: Row, acl: Key) -> tuple[list[NetworkAclEntry], Unknown | None]:
    """Return the entries, and why there may be more: one without direction may stand in either."""
    rows = row.required_rows("Entries")
    if isinstance(rows, Unknown):
        return [], rows
    found: list[NetworkAclEntry] = []
    unread: Unknown | None = None
    for entry in rows:
        number, egress = entry.whole("RuleNumber"), entry.flag("Egress", None)
        if isinstance(number, int) and number > _LAST_NUMBER:
            continue
        if isinstance(egress, Unknown):
            unread = egress
            continue
        rule_number = entry.odd("RuleNumber", "there") if number is None else number
        found.append(_entry(entry, acl, rule_number, Direction.EGRESS if egress else Direction.INGRESS))
    return found, unread


def _entry(entry: Row, acl: Key, number: Maybe[int], direction: Direction) -> NetworkAclEntry:
    protocol = protocol_of(entry, "Protocol")
    return NetworkAclEntry(
        origin_key=acl,
        rule_number=number,
        direction=direction,
        rule_action=_action(entry),
        protocol=protocol,
        prefix=_prefix(entry),
        ports=_ports(entry, protocol),
        icmp=_icmp(entry, protocol),
    )


def _ports(entry: Row, protocol: Maybe[int]) -> Maybe[PortRange | None]:
    inner = entry.row("PortRange")
    return then(Row({}, entry.reply) if inner is None else inner, lambda row: ports_of(row, protocol, ("From", "To")))


def _icmp(entry: Row, protocol: Maybe[int]) -> Maybe[IcmpTypeCode | None]:
    inner = entry.row("IcmpTypeCode")
    return then(Row({}, entry.reply) if inner is None else inner, lambda row: icmp_of(row, protocol, ("Type", "Code")))


def _action(entry: Row) -> Maybe[RuleAction]:
    word = entry.required("RuleAction")
    if isinstance(word, Unknown):
        return word
    known = {member.value: member for member in RuleAction}
    return known.get(word) or Unknown(f"{entry.where}: an entry with the action {word}")


def _prefix(entry: Row) -> Maybe[Prefix]:
    """Return the prefix of either family."""
    for member in ("CidrBlock", "Ipv6CidrBlock"):
        found = entry.prefix(member)
        if found is not None:
            return found
    return entry.odd("CidrBlock", "there")


def _order(entry: NetworkAclEntry) -> tuple[bool, bool, int]:
    number = entry.rule_number
    unknown = isinstance(number, Unknown)
    return entry.direction is Direction.EGRESS, unknown, 0 if isinstance(number, Unknown) else number
