"""Network ACLs between two ends: those of the subnets where NAT gateways and transit gateways have their interfaces.

Source: VPC User Guide, "NAT gateway basics" (a NAT gateway has no group, the ACL of its subnet holds); Transit Gateway
guide, "Network ACLs": an ACL at an attachment's subnet is asked for what comes from hosts of the VPC and for what goes
to them, and for hosts of that very subnet for what leaves them only.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Final

from checker.filter.addresses import Address
from checker.filter.ends import Place
from checker.filter.flow_text import End, Flow
from checker.filter.index import Index, has_address, is_transit_gateway, own_addresses
from checker.filter.result import Packet
from checker.filter.routes import next_hops
from checker.filter.words import entity_name
from checker.model.address import IcmpTypeCode
from checker.model.firewall import Direction
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import NatGateway, NetworkInterface, Subnet, TransitGatewayAttachment
from checker.model.record import dataclass

_EMBEDDED: Final = IPv6Network("64:ff9b::/96")
"""IPv6 addresses that stand for IPv4 ones. Source: RFC 6052; VPC User Guide, "DNS64 and NAT64"."""
_IN, _OUT = Direction.INGRESS, Direction.EGRESS
_GATEWAYS: Final = ("nat-", "aws_nat_gateway.", "tgw-", "aws_ec2_transit_gateway.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A gateway on the way, in a subnet of its own."""

    name: str
    subnet: Subnet
    interface: NetworkInterface | None = None
    """That of the gateway, where the ACL has to know it."""
    request: tuple[Packet, ...] = ()
    """As its subnet's ACL meets them, in order."""
    reply: tuple[Packet, ...] = ()


@dataclass(frozen=True, slots=True)
class _Side:
    """One end, from which a gateway is reached."""

    local: Address | None
    """Its private address; None where it is not known."""
    subnet: Subnet
    opens: bool


@dataclass(frozen=True, slots=True)
class Between:
    """What lies between two ends."""

    hops: tuple[Hop, ...]
    """From source to destination."""
    assumed: tuple[str, ...]


def between(index: Index, flow: Flow, source: Place, destination: Place, answer: IcmpTypeCode | None) -> Between:
    """Return the gateways between two ends. ``answer``: type and code of ICMP replies."""
    here, there = _side(flow.source, source, opens=True), _side(flow.destination, destination, opens=False)
    found: list[Hop | str] = []
    if here is not None and not isinstance(destination.seen_by_other, Unknown):
        found += _passed(index, flow, here, destination.seen_by_other, answer)
    if there is not None and not isinstance(source.seen_by_other, Unknown):
        found += _passed(index, flow, there, source.seen_by_other, answer)
    return Between(
        tuple(each for each in found if isinstance(each, Hop)), tuple(each for each in found if isinstance(each, str))
    )


def _side(end: End, place: Place, *, opens: bool) -> _Side | None:
    if place.subnet is None:
        return None
    local = end.address
    if place.interface is not None and (local is None or not has_address(place.interface, local)):
        local = next((ip_address(each) for each in own_addresses(place.interface)[0]), None)
    return _Side(local, place.subnet, opens)


def _passed(index: Index, flow: Flow, side: _Side, peer: Address, answer: IcmpTypeCode | None) -> Iterator[Hop | str]:
    """Yield the gateway by which one end is left or reached; where its ACL cannot be asked, what is assumed of it."""
    found = next_hops(index, side.subnet, peer)
    if isinstance(found, Unknown):
        if index.model.nat_gateways or index.model.transit_gateway_attachments:
            yield f"no network ACL stands in the way at a gateway: {found.reason}"
        return
    gateways = tuple(each for each in found if _is_gateway(each))
    local = side.local
    if not gateways or (local is not None and local.version != peer.version):
        return
    name = gateways[0]
    nat = index.entity(NatGateway, name)
    if nat is not None and not side.opens:
        return  # nothing is reached through a NAT gateway
    subnet = _attached(index, name, side.subnet) if nat is None else index.subnet(nat.subnet)
    if local is None or subnet is None or found != (name,):
        yield f"the network ACL of the subnet of {name} lets it pass, if it goes that way"
    elif nat is None:
        yield from _transit(index, flow, side, local, name, subnet, answer)
    elif subnet.key != side.subnet.key:
        yield _nat(flow, local, nat, subnet, peer, answer)


def _is_gateway(hop: str) -> bool:
    return any(hop.startswith(start) if start.endswith("-") else start in hop for start in _GATEWAYS)


def _nat(
    flow: Flow, local: Address, gateway: NatGateway, subnet: Subnet, peer: Address, answer: IcmpTypeCode | None
) -> Hop:
    """Return a NAT gateway: it asks from a port of its own choice, and IPv4 for addresses that embed it (NAT64)."""
    port = flow.destination.port
    far = IPv4Address(int(peer) & 0xFFFFFFFF) if peer in _EMBEDDED else peer
    return Hop(
        name=entity_name(gateway),
        subnet=subnet,
        request=(_packet(flow, _IN, local, port, flow.icmp), _packet(flow, _OUT, far, port, flow.icmp)),
        reply=(_packet(flow, _IN, far, None, answer), _packet(flow, _OUT, local, flow.source.port, answer)),
    )


def _transit(
    index: Index, flow: Flow, side: _Side, local: Address, name: str, subnet: Subnet, answer: IcmpTypeCode | None
) -> Iterator[Hop | str]:
    """Yield the transit gateway's interface on the side of one end."""
    same = subnet.key == side.subnet.key
    interface = next((each for each in index.model.network_interfaces if _stands(index, each, subnet)), None)
    if same and interface is None:
        yield f"the network ACL of {entity_name(subnet)} lets it pass to {name}, which has an interface there"
        return
    sent, back = (flow.destination.port, flow.icmp), (flow.source.port, answer)
    leaving, coming = (sent, back) if side.opens else (back, sent)
    from_it = (_packet(flow, _IN, local, *leaving),)
    to_it = () if same else (_packet(flow, _OUT, local, *coming),)
    request, reply = (from_it, to_it) if side.opens else (to_it, from_it)
    yield Hop(name=name, subnet=subnet, interface=interface, request=request, reply=reply)


def _attached(index: Index, gateway: Key, subnet: Subnet) -> Subnet | None:
    """Return the subnet of a VPC from which its hosts reach a transit gateway: that of their zone, or the only one."""
    listed: list[Maybe[Key]] = []
    for each in index.model.transit_gateway_attachments:
        ends = ((each.transit_gateway, gateway), (each.vpc, subnet.vpc))
        if all(_same(index, one, other) for one, other in ends):
            listed += _subnets(each)
    found = [index.subnet(each) for each in listed]
    known = [each for each in found if each is not None]
    if len(known) == 1 == len(found):
        return known[0]
    zone = subnet.availability_zone
    beside = [each for each in known if isinstance(zone, str) and each.availability_zone == zone]
    return beside[0] if len(beside) == 1 else None


def _subnets(attachment: TransitGatewayAttachment) -> tuple[Maybe[Key], ...]:
    found = attachment.subnets
    return (found,) if isinstance(found, Unknown) else found


def _same(index: Index, one: Maybe[Key | None], other: Maybe[Key | None]) -> bool:
    return isinstance(one, str) and isinstance(other, str) and index.key(one) == index.key(other)


def _stands(index: Index, interface: NetworkInterface, subnet: Subnet) -> bool:
    return is_transit_gateway(interface) and _same(index, interface.subnet, subnet.key)


def _packet(flow: Flow, direction: Direction, peer: Address, port: int | None, icmp: IcmpTypeCode | None) -> Packet:
    return Packet(direction=direction, protocol=flow.protocol, peer=peer, port=port, icmp=icmp)
