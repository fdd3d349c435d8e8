"""One aggregate of rejected records together with what the network says of its interface."""

from __future__ import annotations

from typing import Final

from checker.filter.addresses import PUBLIC_IPV4, PUBLIC_IPV6, Address, address_number, parsed
from checker.filter.evaluate import Evaluation, evaluate
from checker.filter.groups import group_stage
from checker.filter.index import Index, own_addresses
from checker.filter.result import Packet, StageResult
from checker.filter.service import ICMP, ICMPV6, TCP, UDP
from checker.model.firewall import Direction
from checker.model.known import Key, Unknown
from checker.model.network import NetworkInterface, Subnet, Vpc
from checker.model.record import dataclass
from checker.model.traffic import FlowAggregate

OPPOSITE: Final = {Direction.INGRESS: Direction.EGRESS, Direction.EGRESS: Direction.INGRESS}


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


def subject_of(index: Index, flow: FlowAggregate) -> Subject:
    """Return an aggregate with its place in the network. Atoms make the first address and port stand for all."""
    interface = index.interface(flow.interface)
    subnet = index.subnet(interface.subnet) if interface is not None else index.subnet(flow.subnet)
    vpc = index.vpc(interface.vpc if interface is not None else flow.vpc)
    peer, port = _seen(flow)
    evaluation = backwards = None
    if interface is not None and flow.direction is not None:
        packet = Packet(direction=flow.direction, protocol=flow.protocol, peer=peer, port=port)
        evaluation = evaluate(index, interface, packet)
        turned = OPPOSITE[flow.direction]
        request = Packet(direction=turned, protocol=flow.protocol, peer=peer, port=flow.source_port)
        backwards = group_stage(index, interface, request)
    return Subject(
        flow=flow,
        interface=interface,
        subnet=subnet,
        vpc=vpc,
        peer=peer,
        port=port,
        direction=flow.direction,
        evaluation=evaluation,
        reversed=backwards,
    )


def _seen(flow: FlowAggregate) -> tuple[Address, int | None]:
    """Return a peer and a port that were seen, where the aggregate names some."""
    peer = flow.top_peers[0][0] if flow.top_peers else flow.peer_first
    return parsed(peer), flow.top_ports[0][0] if flow.top_ports else flow.port_first


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


def is_own(interface: NetworkInterface, address: str) -> bool:
    """Say whether an address is known to be the interface's own."""
    return str(parsed(address)) in own_addresses(interface)[0]
