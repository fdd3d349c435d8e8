"""Security groups, network ACLs, prefix lists, route tables, internet gateways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from checker.load.aws.convert.view import Row, World, ec2_arn, owner_first
from checker.load.terraform.convert.packet import ICMP, TCP_UDP
from checker.load.terraform.convert.values import as_prefix, prefixes
from checker.model.address import ALL_PROTOCOLS, PROTOCOL_NUMBERS, IcmpTypeCode, PortRange, Prefix
from checker.model.firewall import (
    Direction,
    GroupPeer,
    NetworkAcl,
    NetworkAclEntry,
    Peer,
    PrefixList,
    PrefixListPeer,
    RuleAction,
    SecurityGroup,
    SecurityGroupRule,
)
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import InternetGateway, Route, RouteTable

_LAST_NUMBER: Final = 32766
"""Higher numbers are the final deny, which is not stored. Source: EC2 ``NetworkAclEntry``."""

_TARGETS: Final = (
    "GatewayId", "NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId", "InstanceId",
    "EgressOnlyInternetGatewayId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn",
)  # fmt: skip


def security_groups(world: World) -> Iterator[SecurityGroup]:
    """Yield the groups with their rules, from the rules' own listing where it was read."""
    listed, read = _listed_rules(world)
    for name, row in owner_first(world.listing("ec2", "DescribeSecurityGroups", "SecurityGroups", "GroupId")).items():
        request = row.reply.request
        rules = listed.get(name, []) if (request.account, request.region) in read else _permissions(world, row, name)
        group_name, owner = row.text("GroupName"), row.text("OwnerId")
        yield SecurityGroup(
            **world.common(row, name, "aws_security_group", arn=ec2_arn(row, "security-group", name, owner)),
            vpc=row.text("VpcId"),
            name=group_name,
            is_default=group_name if isinstance(group_name, Unknown) else group_name == "default",
            rules=tuple(sorted(rules, key=lambda rule: rule.key)),
        )


def _listed_rules(world: World) -> tuple[dict[Key, list[SecurityGroupRule]], set[tuple[str, str]]]:
    """Return the rules by group, and where their listing was read."""
    found: dict[Key, list[SecurityGroupRule]] = {}
    read = {
        (reply.request.account, reply.request.region)
        for reply in world.replies.of("ec2", "DescribeSecurityGroupRules")
        if reply.response is not None
    }
    rows = world.listing("ec2", "DescribeSecurityGroupRules", "SecurityGroupRules", "SecurityGroupRuleId")
    for name, row in owner_first(rows, "GroupOwnerId").items():
        group = row.required("GroupId")
        egress = row.flag("IsEgress")
        if isinstance(group, Unknown) or isinstance(egress, Unknown):
            world.odd.append(row.where)
            continue
        shared = world.common(row, name, "aws_security_group_rule", arn=ec2_arn(row, "security-group-rule", name))
        found.setdefault(group, []).append(_rule(row, shared, group, egress, _listed_peer(row)))
    return found, read


def _listed_peer(row: Row) -> Maybe[Peer]:
    for member in ("CidrIpv4", "CidrIpv6"):
        text = row.text(member)
        if text is not None:
            return text if isinstance(text, Unknown) else as_prefix(text)
    named = row.text("PrefixListId")
    if named is not None:
        return named if isinstance(named, Unknown) else PrefixListPeer(named)
    inner = row.row("ReferencedGroupInfo")
    group = None if inner is None else inner.text("GroupId")
    if group is None:
        return Unknown(f"{row.where}: a rule without a peer")
    return group if isinstance(group, Unknown) else GroupPeer(group)


def _rule(row: Row, shared: dict[str, Any], group: Key, egress: bool, peer: Maybe[Peer]) -> SecurityGroupRule:
    protocol = protocol_of(row, "IpProtocol")
    description = row.text("Description")
    return SecurityGroupRule(
        **shared,
        group=group,
        direction=Direction.EGRESS if egress else Direction.INGRESS,
        protocol=protocol,
        ports=ports_of(row, protocol, "FromPort", "ToPort"),
        icmp=icmp_of(row, protocol, "FromPort", "ToPort"),
        peer=peer,
        description=None if description == "" else description,
    )


def protocol_of(row: Row, member: str) -> Maybe[int]:
    """Return the protocol number that EC2 gives as a name or a number in text."""
    word = row.required(member)
    if isinstance(word, Unknown):
        return word
    if word in PROTOCOL_NUMBERS:
        return PROTOCOL_NUMBERS[word]
    try:
        number = int(word)
    except ValueError:
        return Unknown(f"{row.where}: no protocol is called {word}")
    return number if ALL_PROTOCOLS <= number <= 255 else Unknown(f"{row.where}: protocol {word}")


def ports_of(row: Row | None, protocol: Maybe[int], first: str, last: str) -> Maybe[PortRange | None]:
    """Return the ports of TCP and UDP; None for other protocols, which have none."""
    if isinstance(protocol, Unknown):
        return protocol
    if protocol not in TCP_UDP:
        return None
    low, high = (None, None) if row is None else (row.whole(first), row.whole(last))
    for end in (low, high):
        if isinstance(end, Unknown):
            return end
    if low is None and high is None:
        return PortRange(0, 65535)
    if isinstance(low, int) and isinstance(high, int) and 0 <= low <= high <= 65535:
        return PortRange(low, high)
    return Unknown(f"ports {low} to {high}")


def icmp_of(row: Row | None, protocol: Maybe[int], type_: str, code: str) -> Maybe[IcmpTypeCode | None]:
    """Return type and code of ICMP, -1 for all; None for other protocols."""
    if isinstance(protocol, Unknown):
        return protocol
    if protocol not in ICMP:
        return None
    kind, part = (None, None) if row is None else (row.whole(type_), row.whole(code))
    for number in (kind, part):
        if isinstance(number, Unknown):
            return number
    kind = -1 if not isinstance(kind, int) else kind
    return IcmpTypeCode(kind, -1 if kind == -1 or not isinstance(part, int) else part)


def _permissions(world: World, row: Row, group: Key) -> list[SecurityGroupRule]:
    """Return the rules of the group's own permissions, one for each peer; they have no ids of their own."""
    found: list[SecurityGroupRule] = []
    for member, egress in (("IpPermissions", False), ("IpPermissionsEgress", True)):
        for permission in row.rows(member):
            for peer in _peers(permission):
                word = "egress" if egress else "ingress"
                key = f"{group}#{word}/{len(found):05}"
                shared = world.common(row, key, "aws_security_group_rule", tags={})
                shared["id"] = None
                found.append(_rule(permission, shared, group, egress, peer))
    return found


def _peers(permission: Row) -> Iterator[Maybe[Peer]]:
    for member, name in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
        for each in permission.rows(member):
            text = each.required(name)
            yield text if isinstance(text, Unknown) else as_prefix(text)
    for each in permission.rows("PrefixListIds"):
        named = each.required("PrefixListId")
        yield named if isinstance(named, Unknown) else PrefixListPeer(named)
    for each in permission.rows("UserIdGroupPairs"):
        group = each.required("GroupId")
        yield group if isinstance(group, Unknown) else GroupPeer(group)


def network_acls(world: World) -> Iterator[NetworkAcl]:
    """Yield the ACLs with their numbered entries; the final deny is not stored."""
    for name, row in owner_first(world.listing("ec2", "DescribeNetworkAcls", "NetworkAcls", "NetworkAclId")).items():
        yield NetworkAcl(
            **world.common(row, name, "aws_network_acl", arn=ec2_arn(row, "network-acl", name, row.text("OwnerId"))),
            vpc=row.text("VpcId"),
            is_default=row.flag("IsDefault"),
            entries=tuple(sorted(_entries(row, name), key=_order)),
            subnets=tuple(sorted(subnet for each in row.rows("Associations") if (subnet := _subnet(each)))),
        )


def _subnet(row: Row) -> str:
    value = row.values.get("SubnetId")
    return value if isinstance(value, str) else ""


def _entries(row: Row, acl: Key) -> Iterator[NetworkAclEntry]:
    for entry in row.rows("Entries"):
        number = entry.whole("RuleNumber")
        egress = entry.flag("Egress")
        if isinstance(number, int) and number > _LAST_NUMBER:
            continue
        protocol = protocol_of(entry, "Protocol")
        yield NetworkAclEntry(
            origin_key=acl,
            rule_number=Unknown(f"{row.where}: an entry of {acl} without number") if number is None else number,
            direction=Direction.EGRESS if not isinstance(egress, Unknown) and egress else Direction.INGRESS,
            rule_action=_action(entry),
            protocol=protocol,
            prefix=_prefix(entry),
            ports=ports_of(entry.row("PortRange"), protocol, "From", "To"),
            icmp=icmp_of(entry.row("IcmpTypeCode"), protocol, "Type", "Code"),
        )


def _action(entry: Row) -> Maybe[RuleAction]:
    word = entry.required("RuleAction")
    if isinstance(word, Unknown):
        return word
    known = {member.value: member for member in RuleAction}
    return known.get(word) or Unknown(f"{entry.where}: an entry with the action {word}")


def _prefix(entry: Row) -> Maybe[Prefix]:
    found = entry.prefix("CidrBlock")
    if found is None:
        found = entry.prefix("Ipv6CidrBlock")
    return Unknown(f"{entry.where}: an entry without addresses") if found is None else found


def _order(entry: NetworkAclEntry) -> tuple[bool, bool, int]:
    number = entry.rule_number
    return entry.direction is Direction.EGRESS, isinstance(number, Unknown), number if isinstance(number, int) else 0


def prefix_lists(world: World) -> Iterator[PrefixList]:
    """Yield the managed prefix lists; entries are read only of those that something names."""
    rows = world.listing("ec2", "DescribeManagedPrefixLists", "PrefixLists", "PrefixListId")
    for name, row in owner_first(rows).items():
        request = row.reply.request
        entries = world.detail(request.account, request.region, "ec2", "GetManagedPrefixListEntries", name)
        arn = row.text("PrefixListArn")
        yield PrefixList(
            **world.common(row, name, "aws_ec2_managed_prefix_list", arn=arn if isinstance(arn, str) else None),
            name=row.text("PrefixListName"),
            prefixes=entries if isinstance(entries, Unknown) else prefixes(_cidrs(entries)),
        )


def _cidrs(row: Row | None) -> Iterable[Maybe[Prefix | None]]:
    return () if row is None else [entry.prefix("Cidr") for entry in row.rows("Entries")]


def route_tables(world: World) -> Iterator[RouteTable]:
    """Yield the route tables."""
    for name, row in owner_first(world.listing("ec2", "DescribeRouteTables", "RouteTables", "RouteTableId")).items():
        homes = row.rows("Associations")
        yield RouteTable(
            **world.common(row, name, "aws_route_table", arn=ec2_arn(row, "route-table", name, row.text("OwnerId"))),
            vpc=row.required("VpcId"),
            routes=tuple(_route(each) for each in row.rows("Routes")),
            subnets=tuple(sorted(subnet for each in homes if (subnet := _subnet(each)))),
            is_main=any(each.values.get("Main") is True for each in homes),
        )


def _route(row: Row) -> Route:
    destination: Maybe[Prefix | Key | None] = row.prefix("DestinationCidrBlock")
    if destination is None:
        destination = row.prefix("DestinationIpv6CidrBlock")
    if destination is None:
        destination = row.text("DestinationPrefixListId")
    target = next((text for name in _TARGETS if isinstance(text := row.values.get(name), str) and text), None)
    return Route(destination=destination, target=target)


def internet_gateways(world: World) -> Iterator[InternetGateway]:
    """Yield the internet gateways."""
    rows = world.listing("ec2", "DescribeInternetGateways", "InternetGateways", "InternetGatewayId")
    for name, row in owner_first(rows).items():
        attached = [each.text("VpcId") for each in row.rows("Attachments")]
        yield InternetGateway(
            **world.common(row, name, "aws_internet_gateway", arn=ec2_arn(row, "internet-gateway", name)),
            vpc=attached[0] if attached else None,
        )
