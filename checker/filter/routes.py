"""Which way packets leave a subnet, as far as a group reference or a transit gateway depends on it."""

from __future__ import annotations

from enum import StrEnum

from checker.filter.addresses import Address, address_number, addresses
from checker.filter.index import Index
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import Route, Subnet


class Way(StrEnum):
    """The next hop towards a peer."""

    LOCAL = "local"
    PEERING = "peering"
    TRANSIT_GATEWAY = "transit-gateway"
    MIDDLEBOX = "middlebox"
    """An interface or endpoint that forwards: appliance, firewall, gateway load balancer."""
    OTHER = "other"
    """Internet, NAT, VPN and the like."""
    NONE = "none"
    """No route."""
    NOT_KNOWN = "not-known"


_BY_ID = (
    ("pcx-", Way.PEERING),
    ("tgw-", Way.TRANSIT_GATEWAY),
    ("eni-", Way.MIDDLEBOX),
    ("vpce-", Way.MIDDLEBOX),
    ("i-", Way.MIDDLEBOX),
)
_BY_TYPE = (
    ("aws_vpc_peering_connection", Way.PEERING),
    ("aws_ec2_transit_gateway", Way.TRANSIT_GATEWAY),
    ("aws_network_interface", Way.MIDDLEBOX),
    ("aws_instance", Way.MIDDLEBOX),
    ("aws_vpc_endpoint", Way.MIDDLEBOX),
)


def way_to(index: Index, subnet: Subnet | None, peer: Address) -> Way:
    """Return the next hop from a subnet to a peer: the longest prefix of its route table decides."""
    if subnet is None:
        return Way.NOT_KNOWN
    inside = _inside(index, subnet, peer)
    table = index.route_table_of(subnet)
    if table is None or isinstance(table.routes, Unknown):
        return Way.LOCAL if inside is not None else Way.NOT_KNOWN
    best, found = (-1, Way.NONE) if inside is None else (inside, Way.LOCAL)
    for route in table.routes:
        length = _length(index, route, peer)
        if isinstance(length, Unknown):
            found = found if inside is not None else Way.NOT_KNOWN
        elif length > best:
            best, found = length, _kind(route.target)
    return found


def next_hops(index: Index, subnet: Subnet | None, peer: Address) -> Maybe[tuple[str, ...]]:
    """Return the targets by which packets to a peer may leave a subnet, that of the longest prefix first.

    None within the VPC. Several where a route's destination is not known: a prefix list of AWS, for example.
    """
    if subnet is None:
        return Unknown("the subnet is not in the input")
    inside = _inside(index, subnet, peer)
    table = index.route_table_of(subnet)
    if table is None or isinstance(table.routes, Unknown):
        return () if inside is not None else Unknown(f"no route table of {subnet.key} is in the input")
    best, found = (-1 if inside is None else inside), list[Maybe[Key | None]]()
    unsure: list[Maybe[Key | None]] = []
    for route in table.routes:
        length = _length(index, route, peer)
        if isinstance(length, Unknown) or _is_unread_list(index, route):
            unsure += [route.target] if inside is None else []
        elif length > best:
            best, found = length, [route.target]
    hidden = next((each for each in found + unsure if isinstance(each, Unknown)), None)
    return hidden if hidden is not None else tuple(each for each in found + unsure if isinstance(each, str))


def _is_unread_list(index: Index, route: Route) -> bool:
    return isinstance(route.destination, str) and index.list_addresses(route.destination) is None


def gateway_endpoint(index: Index, subnet: Subnet | None, peer: Address) -> str | None:
    """Return the gateway endpoint by which packets to a peer leave, or may: routes to those name prefix lists."""
    table = None if subnet is None else index.route_table_of(subnet)
    for route in () if table is None or isinstance(table.routes, Unknown) else table.routes:
        target = route.target
        if isinstance(target, str) and (target.startswith("vpce-") or "aws_vpc_endpoint." in target):
            listed = index.list_addresses(route.destination) if isinstance(route.destination, str) else None
            if isinstance(route.destination, str) and (listed is None or address_number(peer) in listed.most):
                return target
    return None


def destinations(index: Index, subnet: Subnet) -> frozenset[int]:
    """Return the addresses, as numbers, from which on the way out of a subnet may be another."""
    table = index.route_table_of(subnet)
    found: set[int] = set()
    for route in () if table is None or isinstance(table.routes, Unknown) else table.routes:
        to = route.destination
        if isinstance(to, str):
            listed = index.list_addresses(to)
            found.update(listed.least.edges if listed is not None else ())
        elif to is not None and not isinstance(to, Unknown):
            found.update(addresses([to]).edges)
    return frozenset(found)


def _inside(index: Index, subnet: Subnet, peer: Address) -> int | None:
    """Return the length of the local route to a peer, None where it is not in the VPC."""
    vpc = index.vpc(subnet.vpc)
    blocks = () if vpc is None or isinstance(vpc.cidrs, Unknown) else vpc.cidrs
    lengths = [block.prefixlen for block in blocks if not isinstance(block, Unknown) and peer in block]
    return max(lengths, default=None)


def _length(index: Index, route: Route, peer: Address) -> Maybe[int]:
    """Return the length of a route's prefix if it covers a peer, -1 if not."""
    to = route.destination
    if isinstance(to, Unknown):
        return to
    if to is None:
        return -1
    if not isinstance(to, str):
        return to.prefixlen if peer in to else -1
    listed = index.list_addresses(to)
    if listed is None:
        return -1  # AWS-managed lists of gateway endpoints: public addresses, never a peer's group
    return peer.max_prefixlen if address_number(peer) in listed.least else -1


def _kind(target: Maybe[Key | None]) -> Way:
    if isinstance(target, Unknown):
        return Way.NOT_KNOWN
    text = target or ""
    for start, way in _BY_ID:
        if text.startswith(start):
            return way
    type_ = text.removeprefix("data.").split(".")[-2] if "." in text else ""
    return next((way for start, way in _BY_TYPE if type_.startswith(start)), Way.OTHER)
