"""Traffic that neither security groups nor network ACLs filter.

Source: VPC User Guide, "Security groups" and "Network ACL": Amazon DNS, DHCP, instance metadata, ECS task metadata,
Windows activation, Amazon Time Sync and the reserved addresses of the VPC router.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address
from typing import Final

from checker.filter.addresses import PUBLIC_IPV4, Address, number_of
from checker.filter.index import Index
from checker.filter.service import TCP, UDP
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import Subnet

UNFILTERED: Final = {
    ip_address(address): what
    for what, listed in {
        "Amazon DNS": ("169.254.169.253", "fd00:ec2::253"),
        "instance metadata": ("169.254.169.254", "fd00:ec2::254"),
        "ECS task metadata": ("169.254.170.2",),
        "Windows activation": ("169.254.169.250", "169.254.169.251", "fd00:ec2::250"),
        "Amazon Time Sync": ("169.254.169.123", "fd00:ec2::123"),
    }.items()
    for address in listed
}

_DHCP: Final = {IPv4Address("0.0.0.0"): (67, 68), IPv4Address("255.255.255.255"): (67, 68),  # noqa: S104
                IPv6Address("ff02::1:2"): (546, 547)}  # fmt: skip
DHCP_ADDRESSES: Final = frozenset(_DHCP)
DHCP_PORTS: Final = (67, 68, 546, 547)

_ROUTER: Final = 1
_DNS: Final = 2
_DNS_PORT: Final = 53
_SMALLEST: Final = 16
"""Addresses of the smallest block that a VPC may have."""


def unfiltered(index: Index, subnet: Subnet | None, peer: Address, protocol: int, port: int | None) -> str | None:
    """Return what a packet belongs to that nothing filters, in words; None for any other."""
    if peer in UNFILTERED:
        return UNFILTERED[peer]
    if protocol == UDP and port in _DHCP.get(peer, ()):
        return "DHCP"
    return reserved(index, subnet).get(peer)


def reserved_for(index: Index, subnet: Subnet | None, address: Address) -> str | None:
    """Return what of AWS has an address, in words; None for any other."""
    return UNFILTERED.get(address) or reserved(index, subnet).get(address)


def perhaps_dns(index: Index, vpc: Maybe[Key | None], peer: Address, protocol: int, port: int | None) -> str | None:
    """Return in words that a peer may be Amazon DNS, as the blocks of the VPC are not all known; None where not."""
    if protocol not in (TCP, UDP) or port != _DNS_PORT or peer.version != 4 or int(peer) % _SMALLEST != _DNS:
        return None
    if number_of(str(peer)) in PUBLIC_IPV4:
        return None
    found = index.vpc(vpc)
    blocks = Unknown("not in the input") if found is None else found.cidrs
    if not isinstance(blocks, Unknown) and not any(isinstance(each, Unknown) for each in blocks):
        return None
    return f"whether {peer} is Amazon DNS, which nothing filters, is not known: the blocks of the VPC are not all known"


def reserved(index: Index, subnet: Subnet | None) -> dict[Address, str]:
    """Return the addresses that AWS keeps for itself in a subnet's VPC: DNS of each block, router of the subnet."""
    if subnet is None:
        return {}
    if subnet.key not in index.reserved:
        index.reserved[subnet.key] = _reserved(index, subnet)
    return index.reserved[subnet.key]


def _reserved(index: Index, subnet: Subnet) -> dict[Address, str]:
    found: dict[Address, str] = {}
    vpc = index.vpc(subnet.vpc)
    for blocks, offset, what in (
        ((vpc.cidrs if vpc is not None else ()), _DNS, "Amazon DNS"),
        (subnet.cidrs, _ROUTER, "the VPC router"),
    ):
        for block in () if isinstance(blocks, Unknown) else blocks:
            if isinstance(block, IPv4Network) and block.num_addresses > offset:
                found[block.network_address + offset] = what
    return found
