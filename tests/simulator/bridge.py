"""The one place where the simulator meets the program: a world, as the program would read it from an account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import Any, TypeVar

from checker.model.address import IcmpTypeCode, PortRange
from checker.model.entity import Entity
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
from checker.model.model import NetworkModel
from checker.model.network import (
    NetworkInterface,
    Route,
    RouteTable,
    Subnet,
    TransitGatewayAttachment,
    TransitGatewayAttachmentType,
    Vpc,
    VpcBlockPublicAccess,
)
from checker.model.origin import Origin, Source
from tests.simulator.world import (
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    Acl,
    Eni,
    Entry,
    Group,
    GroupRef,
    Link,
    ListRef,
    Net,
    Rule,
    Way,
    World,
)
from tests.simulator.world import Source as PeerOfRule

T = TypeVar("T", bound=Entity)
EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_LINKS = {Link.PEERING: "pcx-0a", Link.TRANSIT: "tgw-0a"}
_MANAGED = {"nat_gateway": "nat-gateway", "transit_gateway": "transit-gateway", "classic": "elb"}
DIRECTIONS = {Way.IN: Direction.INGRESS, Way.OUT: Direction.EGRESS}


def model_of(world: World) -> NetworkModel:
    """Return the network as a snapshot of the account would give it."""
    bridge = _Bridge(world)
    return NetworkModel(
        vpcs=_sorted(bridge.vpc(key) for key in world.vpcs),
        subnets=_sorted(bridge.subnet(key) for key in world.subnets),
        network_interfaces=_sorted(bridge.interface(each) for each in world.enis.values()),
        security_groups=_sorted(bridge.group(each) for each in world.groups.values()),
        network_acls=_sorted(bridge.acl(each) for each in world.acls.values()),
        prefix_lists=_sorted(bridge.list(key) for key in world.lists),
        route_tables=_sorted(bridge.route_tables()),
        vpc_block_public_access=_sorted(bridge.blocks()),
        transit_gateway_attachments=_sorted(bridge.attachment(vpc) for vpc in world.gateways),
    )


def _sorted(found: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(found, key=lambda each: each.key))


class _Bridge:
    def __init__(self, world: World) -> None:
        self.world = world
        self.origin = Origin(source=Source.SNAPSHOT, root=f"{world.account}/{world.region}")

    def common(self, key: str, kind: str) -> dict[str, Any]:
        world = self.world
        return {
            "key": key, "origin": self.origin, "type": kind, "id": key, "arn": None,
            "account": world.account, "region": world.region, "tags": {},
        }  # fmt: skip

    def vpc(self, key: str) -> Vpc:
        nets = self.world.vpcs[key].nets
        return Vpc(**self.common(key, "aws_vpc"), cidrs=nets, owner=self.world.account, is_default=False)

    def subnet(self, key: str) -> Subnet:
        found = self.world.subnets[key]
        return Subnet(
            **self.common(key, "aws_subnet"), vpc=found.vpc, cidrs=found.nets, availability_zone=None,
            owner=self.world.account,
        )  # fmt: skip

    def interface(self, eni: Eni) -> NetworkInterface:
        return NetworkInterface(
            **self.common(eni.id, "aws_network_interface"),
            vpc=eni.vpc,
            subnet=eni.subnet,
            security_groups=eni.groups,
            private_ips=tuple(str(address) for address in eni.addresses),
            interface_type="interface" if eni.kind == "classic" else eni.kind,
            requester_managed=eni.kind != "interface",
            description="ELB old-friend" if eni.kind == "classic" else None,
            instance_type="m5.large" if eni.kind == "interface" else None,
            managed_by=_MANAGED.get(eni.kind),
            public_ip=None if eni.public is None else str(eni.public),
        )

    def group(self, group: Group) -> SecurityGroup:
        return SecurityGroup(
            **self.common(group.id, "aws_security_group"),
            vpc=group.vpc,
            name="default" if group.default else group.id,
            is_default=group.default,
            rules=_sorted(self.rule(group, rule) for rule in group.rules),
        )

    def rule(self, group: Group, rule: Rule) -> SecurityGroupRule:
        return SecurityGroupRule(
            **self.common(rule.id, "aws_security_group_rule"),
            group=group.id,
            direction=DIRECTIONS[rule.way],
            protocol=rule.protocol,
            ports=_ports(rule),
            icmp=_icmp(rule),
            peer=_peer(rule.peer),
            description=None,
        )

    def acl(self, acl: Acl) -> NetworkAcl:
        listed = [each.id for each in self.world.subnets.values() if each.acl == acl.id and each.associated]
        return NetworkAcl(
            **self.common(acl.id, "aws_network_acl"),
            vpc=acl.vpc,
            is_default=acl.default,
            entries=tuple(_entry(acl.id, entry) for entry in acl.entries),
            subnets=tuple(listed),
        )

    def route_tables(self) -> Iterator[RouteTable]:
        """Yield the main table of each VPC, and one for each subnet that an appliance stands before."""
        world = self.world
        for vpc in world.vpcs:
            yield self.route_table(f"rtb-main-{vpc}", vpc, (), ())
        for subnet in world.subnets.values():
            others = [other for pair in world.middle if subnet.id in pair for other in pair - {subnet.id}]
            nets = [net for other in others for net in world.subnets[other].nets]
            if nets:
                yield self.route_table(f"rtb-{subnet.id}", subnet.vpc, (subnet.id,), nets)

    def route_table(self, key: str, vpc: str, subnets: tuple[str, ...], appliance: Iterable[Net]) -> RouteTable:
        world = self.world
        routes = [Route(destination=net, target="local") for net in world.vpcs[vpc].nets]
        routes += [Route(destination=net, target="igw-0a") for net in EVERYWHERE]
        routes += [Route(destination=net, target="eni-0fff") for net in appliance]
        if world.link is not None:
            far = [net for other in world.vpcs.values() if other.id != vpc for net in other.nets]
            routes += [Route(destination=net, target=_LINKS[world.link]) for net in far]
        return RouteTable(
            **self.common(key, "aws_route_table"), vpc=vpc, routes=tuple(routes), subnets=subnets, is_main=not subnets
        )

    def blocks(self) -> Iterator[VpcBlockPublicAccess]:
        mode = "block-bidirectional" if self.world.blocks_internet else "off"
        yield VpcBlockPublicAccess(
            **self.common("block-public-access", "aws_vpc_block_public_access_options"),
            internet_gateway_block_mode=mode,
        )

    def attachment(self, vpc: str) -> TransitGatewayAttachment:
        return TransitGatewayAttachment(
            **self.common(f"tgw-attach-{vpc}", "aws_ec2_transit_gateway_vpc_attachment"),
            transit_gateway=_LINKS[Link.TRANSIT],
            attachment_type=TransitGatewayAttachmentType.VPC,
            vpc=vpc,
            subnets=(self.world.enis[self.world.gateways[vpc]].subnet,),
        )

    def list(self, key: str) -> PrefixList:
        return PrefixList(**self.common(key, "aws_ec2_managed_prefix_list"), name=key, prefixes=self.world.lists[key])


def _entry(acl: str, entry: Entry) -> NetworkAclEntry:
    return NetworkAclEntry(
        origin_key=acl,
        rule_number=entry.number,
        direction=DIRECTIONS[entry.way],
        rule_action=RuleAction.ALLOW if entry.allow else RuleAction.DENY,
        protocol=entry.protocol,
        prefix=entry.net,
        ports=_ports(entry),
        icmp=_icmp(entry),
    )


def _ports(line: Rule | Entry) -> PortRange | None:
    """Return the ports as the program's model has them: only of protocols that have any."""
    if line.protocol not in (TCP, UDP) or line.low is None or line.high is None:
        return None
    return PortRange(line.low, line.high)


def _icmp(line: Rule | Entry) -> IcmpTypeCode | None:
    if line.protocol not in (ICMP, ICMPV6):
        return None
    return IcmpTypeCode(-1 if line.low is None else line.low, -1 if line.high is None else line.high)


def _peer(peer: PeerOfRule) -> Peer:
    if isinstance(peer, GroupRef):
        return GroupPeer(peer.group)
    return PrefixListPeer(peer.list) if isinstance(peer, ListRef) else peer
