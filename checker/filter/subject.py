"""One aggregate of rejected records together with what the network says of its interface."""

from __future__ import annotations

from typing import Final

from checker.filter.addresses import PUBLIC_IPV4, PUBLIC_IPV6, Address, address_number, address_of, number_of
from checker.filter.cells import Cells, Stand
from checker.filter.evaluate import Evaluation
from checker.filter.index import Index
from checker.filter.result import Packet, StageResult
from checker.filter.service import ICMP, ICMPV6, TCP, UDP
from checker.model.firewall import Direction, NetworkAcl
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import NetworkInterface, Subnet, Vpc
from checker.model.record import dataclass
from checker.model.traffic import FlowAggregate

OPPOSITE: Final = {Direction.INGRESS: Direction.EGRESS, Direction.EGRESS: Direction.INGRESS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where aggregates were recorded: their interface, and what the network or the records tell of it."""

    interface: NetworkInterface | None
    subnet: Subnet | None
    vpc: Vpc | None
    stand: Stand | None
    """None where the network does not show the interface."""
    vpc_id: str | None
    subnet_id: str | None
    account: str | None
    region: str | None
    groups: tuple[Key, ...]
    acl: Key | None


def place_of(cells: Cells, flow: FlowAggregate) -> Place:
    """Return where an aggregate was recorded."""
    return cells.once(("place", flow.interface, flow.vpc, flow.subnet), lambda: _place(cells, flow))


def _place(cells: Cells, flow: FlowAggregate) -> Place:
    index = cells.index
    interface = index.interface(flow.interface)
    subnet = index.subnet(interface.subnet if interface is not None else flow.subnet)
    vpc = interface.vpc if interface is not None else flow.vpc
    acl = index.acl_of(subnet).acl if subnet is not None else None
    return Place(
        interface=interface,
        subnet=subnet,
        vpc=index.vpc(vpc),
        stand=cells.stand(interface) if interface is not None else None,
        vpc_id=_id(index, vpc) or flow.vpc,
        subnet_id=_id(index, interface.subnet if interface is not None else flow.subnet) or flow.subnet,
        account=_known(interface.account if interface is not None else None),
        region=_known(interface.region if interface is not None else None),
        groups=tuple(_group_keys(index, interface)) if interface is not None else (),
        acl=acl.key if isinstance(acl, NetworkAcl) else None,
    )


def _id(index: Index, key: Maybe[Key | None]) -> str | None:
    """Return the AWS id behind a key, the key itself where the model does not hold it."""
    if not isinstance(key, str):
        return None
    found = index.model.by_key.get(index.key(key))
    return found.id if found is not None and isinstance(found.id, str) else key


def _known(value: Maybe[str | None]) -> str | None:
    return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is to be explained."""

    flow: FlowAggregate
    interface: NetworkInterface | None
    subnet: Subnet | None
    vpc: Vpc | None
    peer: Address
    """A peer that stands for all of the aggregate: the rules treat them alike."""
    port: int | None
    direction: Direction | None
    evaluation: Evaluation | None
    """As a packet that opens a conversation; None where interface or direction is not known."""
    reversed: StageResult | None
    """What the groups do with a packet that opens the conversation from the other end."""

    @property
    def is_icmp(self) -> bool:
        """Whether it is ICMP of either family."""
        return self.flow.protocol in (ICMP, ICMPV6)

    @property
    def has_ports(self) -> bool:
        """Whether the protocol has ports."""
        return self.flow.protocol in (TCP, UDP)


def subject_of(cells: Cells, flow: FlowAggregate, place: Place) -> Subject:
    """Return an aggregate with its place in the network. Atoms make the first address and port stand for all."""
    peer, port = address_of(peer_seen(flow)), port_seen(flow)
    evaluation = backwards = None
    if place.interface is not None and flow.direction is not None:
        packet = Packet(direction=flow.direction, protocol=flow.protocol, peer=peer, port=port)
        evaluation = cells.evaluate(place.interface, packet)
        turned = OPPOSITE[flow.direction]
        request = Packet(direction=turned, protocol=flow.protocol, peer=peer, port=flow.source_port)
        backwards = cells.groups(place.interface, request)
    return Subject(
        flow=flow,
        interface=place.interface,
        subnet=place.subnet,
        vpc=place.vpc,
        peer=peer,
        port=port,
        direction=flow.direction,
        evaluation=evaluation,
        reversed=backwards,
    )


def peer_seen(flow: FlowAggregate) -> int:
    """Return the number of a peer that was seen, where the aggregate names some."""
    peers = flow.top_peers
    return peers[0][0] if peers else number_of(flow.peer_first)


def port_seen(flow: FlowAggregate) -> int | None:
    """Return a destination port that was seen, where the aggregate names some."""
    ports = flow.top_ports
    return ports[0][0] if ports else flow.port_first


def is_public(index: Index, peer: Address) -> bool:
    """Say whether an address is one of the Internet and of no VPC in the model."""
    number = address_number(peer)
    public = number in PUBLIC_IPV4 or number in PUBLIC_IPV6
    return public and number not in index.vpc_space


def shared_group(index: Index, one: NetworkInterface, other: NetworkInterface) -> Key | None:
    """Return a group that two interfaces both carry."""
    here, there = (_group_keys(index, each) for each in (one, other))
    return next((key for key in here if key in there), None)


def _group_keys(index: Index, interface: NetworkInterface) -> list[Key]:
    listed = () if isinstance(interface.security_groups, Unknown) else interface.security_groups
    return sorted(index.key(each) for each in listed if isinstance(each, str))
