"""Addresses, ports and protocols: values that security group rules and network ACL entries are made of."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Final, TypeAlias

from checker.model.record import dataclass

Prefix: TypeAlias = IPv4Network | IPv6Network

V6: Final = 1 << 128
"""Where IPv6 begins on the line of numbers that holds the addresses of both families: far above IPv4, so that no
interval spans both."""

ALL_PROTOCOLS: Final = -1
"""The EC2 way to say "every protocol" (``IpProtocol`` or ``Protocol`` equal to ``-1``)."""

PROTOCOL_NUMBERS: Final = {"all": ALL_PROTOCOLS, "icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}
"""Protocol names that EC2 and the Terraform provider accept. Source: IANA protocol numbers."""


@dataclass(frozen=True, slots=True, order=True)
class PortRange:
    """Closed range of ports, 0 to 65535."""

    first: int
    last: int

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last


ALL_PORTS: Final = PortRange(0, 65535)


@dataclass(frozen=True, slots=True, order=True)
class IcmpTypeCode:
    """ICMP type and code; -1 stands for every type or code (EC2 ``IcmpTypeCode``)."""

    type: int
    code: int
