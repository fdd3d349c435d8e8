"""Security group rules that name a group: they hold for the private addresses of its members, if the group survives
the way to the interface.

Source: VPC User Guide, "Security group referencing"; Transit Gateway guide, "Security group referencing support":
peering keeps the group within a region, a transit gateway for inbound rules if it and its attachments are set so, a
middlebox never. Public addresses are not a member's.
"""

from __future__ import annotations

from typing import Final

from checker.filter.addresses import PUBLIC_IPV4, Address, address_number
from checker.filter.index import Index, has_address
from checker.filter.result import Doubt, Holds, Match, Packet
from checker.filter.routes import Way, next_hops, way_to
from checker.model.diagnosis import CauseDetail, Dimension
from checker.model.firewall import Direction
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import NetworkInterface, TransitGateway

_CIDR: Final = (Dimension.CIDR,)
_NO: Final = Match(Holds.NO, _CIDR)


def reference(index: Index, interface: NetworkInterface, group: Key, packet: Packet) -> Match:
    """Say whether the peer of a packet is a member of a group, as the interface can see it."""
    if index.group(group) is None and index.model.absent_for(group) is not None:
        return _no(CauseDetail.SG_REF_STALE, f"{group} does not exist any more")
    member = _member_at(index, interface, group, packet.peer)
    if member is not None:
        return _through(index, interface, member, packet)
    unplaced = _unplaced_member(index, group, packet.peer)
    if unplaced is not None:
        says = f"whether {unplaced.key}, which carries the group, is in the same VPC is not known"
        return _perhaps(CauseDetail.PEER_SG, says)
    found = _not_known_there(index, interface, group, packet.peer)
    balancer = _balancer(index, interface, group) if packet.direction is Direction.INGRESS else None
    if found.holds is not Holds.NO or balancer is None:
        return found
    return _perhaps(CauseDetail.PEER_SG, f"whether it came through the load balancer {balancer.key}, which carries the "
                    "group and may keep client addresses, is not known")  # fmt: skip


def _balancer(index: Index, interface: NetworkInterface, group: Key) -> NetworkInterface | None:
    """Return a Network Load Balancer of the same VPC that carries a group: its clients pass by it, too."""
    members = (each for each in index.member_interfaces(group) if is_network_load_balancer(each))
    return next((each for each in members if _same_vpc(index, interface, each)), None)


def is_network_load_balancer(interface: NetworkInterface) -> bool:
    """Say whether an interface is known to be that of a Network Load Balancer."""
    return isinstance(interface.interface_type, str) and interface.interface_type == "network_load_balancer"


def _member_at(index: Index, interface: NetworkInterface, group: Key, peer: Address) -> NetworkInterface | None:
    """Return the member with an address: in the own VPC where the address lies there, else anywhere."""
    if address_number(peer) not in index.members(group).least:
        return None
    found = [each for each in index.member_interfaces(group) if has_address(each, peer)]
    if in_own_vpc(index, interface, peer):
        found = [each for each in found if _same_vpc(index, interface, each)]
    return next((each for each in found if _same_vpc(index, interface, each)), found[0] if found else None)


def _unplaced_member(index: Index, group: Key, peer: Address) -> NetworkInterface | None:
    """Return a member with an address of which the VPC is not known."""
    unplaced = (each for each in index.member_interfaces(group) if isinstance(each.vpc, Unknown))
    return next((each for each in unplaced if has_address(each, peer)), None)


def in_own_vpc(index: Index, interface: NetworkInterface, peer: Address) -> bool:
    """Say whether an address certainly lies in the VPC of an interface."""
    vpc = index.vpc(interface.vpc)
    return vpc is not None and address_number(peer) in index.vpc_addresses(vpc).least


def _same_vpc(index: Index, one: NetworkInterface, other: NetworkInterface) -> bool:
    return isinstance(one.vpc, str) and isinstance(other.vpc, str) and index.key(one.vpc) == index.key(other.vpc)


def _through(index: Index, interface: NetworkInterface, member: NetworkInterface, packet: Packet) -> Match:
    """Say whether the group of a member survives the way between it and the interface."""
    way = way_to(index, index.subnet(interface.subnet), packet.peer)
    name = member.id if isinstance(member.id, str) else member.key
    if way is Way.MIDDLEBOX:
        return _no(CauseDetail.SG_REF_NOT_PRESERVED, f"{name} carries the group, but a middlebox stands in between")
    if _same_vpc(index, interface, member):
        return Match(Holds.YES, via=name)
    if way is Way.PEERING:
        return _peered(interface, member, name)
    if way is Way.TRANSIT_GATEWAY and packet.direction is Direction.EGRESS:
        says = f"{name} carries the group, but outbound rules do not see groups through a transit gateway"
        return _no(CauseDetail.SG_REF_NOT_PRESERVED, says)
    if way is Way.TRANSIT_GATEWAY:
        return _over_transit(index, interface, member, packet.peer)
    return _perhaps(CauseDetail.PEER_SG, f"by which way packets of {name}, which carries the group, come is not known")


def _over_transit(index: Index, interface: NetworkInterface, member: NetworkInterface, peer: Address) -> Match:
    """Say whether a transit gateway and its attachments at both ends keep the group."""
    name = member.id if isinstance(member.id, str) else member.key
    gateway, settings = _settings(index, interface, member, peer)
    off = next((who for who, keeps in settings if keeps is False), None)
    if off is not None:
        return _no(CauseDetail.SG_REF_NOT_PRESERVED, f"{name} carries the group, but {off} does not keep it "
                   "(SecurityGroupReferencingSupport)")  # fmt: skip
    if gateway is not None and len(settings) == _ALL and all(keeps is True for _, keeps in settings):
        return Match(Holds.YES, via=name, assumed=(f"packets of {name} come through {gateway} alone",))
    return _perhaps(CauseDetail.PEER_SG, "whether the transit gateway and its attachments keep groups "
                    f"(SecurityGroupReferencingSupport) on the way from {name} is not in the input")  # fmt: skip


_ALL: Final = 3
"""A gateway and its attachments at both ends."""


def _settings(
    index: Index, interface: NetworkInterface, member: NetworkInterface, peer: Address
) -> tuple[Key | None, list[tuple[str, Maybe[bool]]]]:
    """Return the transit gateway that leads to a peer, and what it and its attachments at both ends are set to."""
    hops = next_hops(index, index.subnet(interface.subnet), peer)
    gateway = None if isinstance(hops, Unknown) or len(hops) != 1 else index.entity(TransitGateway, hops[0])
    if gateway is None:
        return None, []
    found: list[tuple[str, Maybe[bool]]] = [(gateway.key, gateway.keeps_groups)]
    for vpc in (interface.vpc, member.vpc):
        for each in index.model.transit_gateway_attachments:
            ends = (each.transit_gateway, each.vpc, vpc)
            named = [index.key(end) for end in ends if isinstance(end, str)]
            if len(named) == len(ends) and named[0] == gateway.key and named[1] == named[2]:
                found.append((each.key, each.keeps_groups))
    return gateway.key, found


def _peered(interface: NetworkInterface, member: NetworkInterface, name: str) -> Match:
    here, there = interface.region, member.region
    if isinstance(here, Unknown) or isinstance(there, Unknown):
        return _perhaps(CauseDetail.PEER_SG, f"whether {name} is in the same region is not known")
    if here != there:
        return _no(CauseDetail.SG_REF_NOT_PRESERVED, f"{name} carries the group, but peering with another region "
                   "does not keep it")  # fmt: skip
    return Match(Holds.YES, via=name, assumed=(f"the peering connection to the VPC of {name} is active",))


def _not_known_there(index: Index, interface: NetworkInterface, group: Key, peer: Address) -> Match:
    """Judge a peer that is not known to be a member."""
    other = index.interface_at(interface.vpc, peer) if in_own_vpc(index, interface, peer) else None
    if other is not None and _groups_known(other):
        return _behind_nat(index, group, other) or _NO
    by_public = index.interface_of_public(peer)
    if by_public is not None and _carries(index, by_public, group):
        return _no(CauseDetail.SG_REF_PUBLIC_PATH, f"{peer} is the public address of {by_public.key}, which carries "
                   "the group; use its private address or DNS name")  # fmt: skip
    unknown = index.members_unknown(group)
    if unknown is None:
        return _NO
    if _surely_public(index, peer):
        return Match(Holds.NO, _CIDR, assumed=(f"the members of {group} have private addresses",))
    if index.group(group) is None:
        return _perhaps(CauseDetail.SG_REF_UNKNOWN_PEER, unknown.reason)
    return _perhaps(CauseDetail.PEER_SG, unknown.reason)


def _behind_nat(index: Index, group: Key, other: NetworkInterface) -> Match | None:
    if not is_nat(other) or not (index.member_interfaces(group)):
        return None
    return _no(CauseDetail.SG_REF_PUBLIC_PATH, f"{other.key} is a NAT gateway: behind it nobody has a group")


def is_nat(interface: NetworkInterface) -> bool:
    """Say whether an interface is known to be that of a NAT gateway."""
    kinds = [each for each in (interface.interface_type, interface.managed_by) if isinstance(each, str)]
    return any(each in ("nat_gateway", "natGateway", "nat-gateway") for each in kinds)


def _groups_known(interface: NetworkInterface) -> bool:
    groups = interface.security_groups
    return not isinstance(groups, Unknown) and not any(isinstance(each, Unknown) for each in groups)


def _carries(index: Index, interface: NetworkInterface, group: Key) -> bool:
    groups = interface.security_groups
    listed = () if isinstance(groups, Unknown) else groups
    return index.key(group) in [index.key(each) for each in listed if isinstance(each, str)]


def _surely_public(index: Index, peer: Address) -> bool:
    """Say whether an address is a public IPv4 one and in no known VPC."""
    number = address_number(peer)
    return number in PUBLIC_IPV4 and number not in index.vpc_space


def _no(kind: CauseDetail, says: str) -> Match:
    return Match(Holds.NO, _CIDR, note=(kind, says))


def _perhaps(kind: CauseDetail, says: str) -> Match:
    return Match(Holds.PERHAPS, doubts=(Doubt(kind, says),))
