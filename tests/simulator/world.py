"""A small account of its own: what the simulator knows of a network. Nothing here comes from the program under test."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Net: TypeAlias = IPv4Network | IPv6Network

ANY = -1
ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
EPHEMERAL = 32768


class Link(Enum):
    """What joins the VPCs of a world."""

    PEERING = "peering"
    TRANSIT = "transit gateway"


class Way(Enum):
    """Seen from the interface."""

    IN = "ingress"
    OUT = "egress"


@dataclass(frozen=True, slots=True)
class GroupRef:
    group: str


@dataclass(frozen=True, slots=True)
class ListRef:
    list: str


Source: TypeAlias = Net | GroupRef | ListRef


@dataclass(frozen=True, slots=True)
class Rule:
    """A security group rule. ``low`` and ``high`` are ports, or ICMP type and code; None: none given."""

    id: str
    way: Way
    protocol: int
    low: int | None
    high: int | None
    peer: Source


@dataclass(slots=True)
class Group:
    id: str
    vpc: str
    rules: list[Rule] = field(default_factory=list)
    default: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A network ACL entry, ``low`` and ``high`` as with rules."""

    way: Way
    number: int
    allow: bool
    protocol: int
    low: int | None
    high: int | None
    net: Net


@dataclass(slots=True)
class Acl:
    id: str
    vpc: str
    default: bool
    entries: list[Entry]
    """In no order."""


@dataclass(slots=True)
class Subnet:
    id: str
    vpc: str
    nets: tuple[Net, ...]
    acl: str
    associated: bool
    """Whether the account lists the association; without one the default ACL holds."""


@dataclass(slots=True)
class Vpc:
    id: str
    nets: tuple[Net, ...]


@dataclass(slots=True)
class Eni:
    id: str
    vpc: str
    subnet: str
    addresses: tuple[Address, ...]
    """The primary IPv4 address first, then secondary ones, then IPv6."""
    groups: tuple[str, ...]
    kind: str = "interface"
    """``interface``, ``nat_gateway``, ``transit_gateway`` or ``classic`` (of a Classic Load Balancer)."""
    public: IPv4Address | None = None

    @property
    def primary(self) -> Address:
        return self.addresses[0]


@dataclass(frozen=True, slots=True)
class Packet:
    """``code`` is ICMP type and code; ports are 0 where the protocol has none. ``size`` in bytes."""

    protocol: int
    source: Address
    destination: Address
    source_port: int = 0
    port: int = 0
    code: tuple[int, int] | None = None
    flags: int = 0
    size: int = 60


@dataclass(slots=True)
class World:
    seed: int
    vpcs: dict[str, Vpc]
    subnets: dict[str, Subnet]
    acls: dict[str, Acl]
    groups: dict[str, Group]
    lists: dict[str, tuple[Net, ...]]
    enis: dict[str, Eni]
    account: str = "111122223333"
    region: str = "eu-west-1"
    link: Link | None = None
    """Between all VPCs, whose addresses then do not overlap."""
    keeps_groups: bool = False
    """Whether the transit gateway and its attachments support references to security groups."""
    gateways: dict[str, str] = field(default_factory=dict)
    """Interface of the transit gateway by VPC."""
    blocks_internet: bool = False
    """VPC Block Public Access, in both directions."""
    middle: set[frozenset[str]] = field(default_factory=set)
    """Pairs of subnets between which an appliance forwards."""

    def at(self, address: Address, vpc: str) -> Eni | None:
        """Return the interface that has an address in a VPC."""
        for eni in self.enis.values():
            if eni.vpc == vpc and address in eni.addresses:
                return eni
        return None

    def reach(self, address: Address, vpc: str) -> Eni | None:
        """Return the interface that an address leads to from a VPC."""
        if any(address in net for net in self.vpcs[vpc].nets) or self.link is None:
            return self.at(address, vpc)
        found = (self.at(address, other) for other in self.vpcs if other != vpc)
        return next((eni for eni in found if eni is not None), None)
