"""VPCs and what stands in them. Names follow the EC2 API shapes."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from checker.model.address import Prefix
from checker.model.entity import Entity
from checker.model.known import Key, Maybe, Unknown
from checker.model.record import dataclass

GROUPS_NOT_READ: Final = Unknown("SecurityGroupReferencingSupport is not in the input")
TIMEOUTS_NOT_READ: Final = Unknown("ConnectionTrackingConfiguration is not in the input")
"""Of a transit gateway or attachment that an input without this setting shows."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Vpc(Entity):
    """A virtual private cloud. Source: EC2 ``Vpc``."""

    cidrs: Maybe[tuple[Maybe[Prefix], ...]]
    """Primary and secondary IPv4 blocks and all IPv6 blocks."""
    owner: Maybe[str]
    """Account that owns the VPC; differs from ``account`` for a VPC shared through RAM."""
    is_default: Maybe[bool]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Subnet(Entity):
    """Source: EC2 ``Subnet``."""

    vpc: Maybe[Key]
    cidrs: Maybe[tuple[Maybe[Prefix], ...]]
    availability_zone: Maybe[str | None]
    owner: Maybe[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleTimeouts:
    """After how many idle seconds an interface forgets a tracked connection; None: the default of its instance type.

    Source: EC2 ``ConnectionTrackingConfiguration``.
    """

    tcp: int | None = None
    udp: int | None = None
    udp_stream: int | None = None
    """After more than one request and reply."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class NetworkInterface(Entity):
    """Source: EC2 ``NetworkInterface``."""

    vpc: Maybe[Key]
    subnet: Maybe[Key]
    security_groups: Maybe[tuple[Maybe[Key], ...]]
    private_ips: Maybe[tuple[Maybe[str], ...]]
    """All private IPv4 and IPv6 addresses, the primary one first."""
    interface_type: Maybe[str]
    """EC2 ``InterfaceType``: interface, nat_gateway, network_load_balancer, lambda, ..."""
    requester_managed: Maybe[bool]
    description: Maybe[str | None]
    instance_type: Maybe[str | None]
    """Type of the instance it is attached to, which tells Nitro; None when it is attached to none."""
    in_use: Maybe[bool] = True
    """EC2 ``Status`` in-use; a detached interface carries no traffic."""
    owner: Maybe[str | None] = None
    """Account that owns the interface; in a shared subnet another than the subnet's. None: as ``account``."""
    managed_by: Maybe[str | None] = None
    """AWS service that keeps it: elb, rds, elasticache, redshift, workspaces, nat-gateway, transit-gateway,
    vpc-endpoint, lambda and others; None for one that a person or an instance keeps."""
    public_ip: Maybe[str | None] = None
    more_public_ips: tuple[str, ...] = ()
    """Public addresses of its private addresses other than the primary one."""
    delegated: Maybe[tuple[Maybe[Prefix], ...]] = ()
    """EC2 ``Ipv4Prefixes`` and ``Ipv6Prefixes``: every address in them is its own too, that of a pod for example."""
    idle_timeouts: Maybe[IdleTimeouts] = TIMEOUTS_NOT_READ


class TransitGatewayAttachmentType(StrEnum):
    """EC2 ``TransitGatewayAttachmentResourceType``, the kinds Terraform can name here."""

    VPC = "vpc"
    PEERING = "peering"
    CONNECT = "connect"
    VPN = "vpn"
    DIRECT_CONNECT = "direct-connect-gateway"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class TransitGateway(Entity):
    """Source: EC2 ``TransitGateway``."""

    owner: Maybe[str]
    keeps_groups: Maybe[bool] = GROUPS_NOT_READ
    """Whether it tells its attachments the security group of a sender. Source: ``SecurityGroupReferencingSupport``."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class TransitGatewayAttachment(Entity):
    """Source: EC2 ``TransitGatewayAttachment``."""

    transit_gateway: Maybe[Key]
    attachment_type: Maybe[TransitGatewayAttachmentType]
    vpc: Maybe[Key | None]
    subnets: Maybe[tuple[Maybe[Key], ...]]
    keeps_groups: Maybe[bool] = GROUPS_NOT_READ
    """As that of the transit gateway; both ends and the gateway have to be set so."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class NatGateway(Entity):
    """Source: EC2 ``NatGateway``; only regional ones can carry a flow log of their own."""

    vpc: Maybe[Key | None]
    subnet: Maybe[Key | None]
    availability_mode: Maybe[str]
    """``zonal`` or ``regional``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route, as far as later rules need it."""

    destination: Maybe[Prefix | Key | None]
    """Prefix, or the key or id of a prefix list."""
    target: Maybe[Key | None]
    """Key or id of the gateway, interface, peering or endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class RouteTable(Entity):
    """Source: EC2 ``RouteTable``."""

    vpc: Maybe[Key]
    routes: Maybe[tuple[Route, ...]]
    subnets: Maybe[tuple[Maybe[Key], ...]]
    is_main: Maybe[bool]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class InternetGateway(Entity):
    """Source: EC2 ``InternetGateway``."""

    vpc: Maybe[Key | None]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class VpcBlockPublicAccess(Entity):
    """Account and region wide setting. Source: EC2 ``VpcBlockPublicAccessOptions``."""

    internet_gateway_block_mode: Maybe[str]
    """``off``, ``block-bidirectional`` or ``block-ingress``."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class VpcBlockPublicAccessExclusion(Entity):
    """A VPC or subnet that the block does not hold for. Source: EC2 ``VpcBlockPublicAccessExclusion``."""

    target: Maybe[Key]
    """VPC or subnet."""
    mode: Maybe[str]
    """``allow-bidirectional`` or ``allow-egress``."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class VpcEncryptionControl(Entity):
    """Source: EC2 ``VpcEncryptionControl``."""

    vpc: Maybe[Key]
    mode: Maybe[str]
    """``monitor`` or ``enforce``."""
    state: Maybe[str]
