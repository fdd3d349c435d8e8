"""Protocols, ports and ICMP types in EC2's canonical form, whatever spelling Terraform allows."""

from __future__ import annotations

from typing import Final

from checker.load.terraform.convert.values import Fields
from checker.model.address import ALL_PROTOCOLS, PROTOCOL_NUMBERS, IcmpTypeCode, PortRange
from checker.model.known import Maybe, Unknown

TCP_UDP: Final = (6, 17)
ICMP: Final = (1, 58)

_NAMES: Final = {
    **PROTOCOL_NUMBERS,
    "igmp": 2,
    "ipv4": 4,
    "egp": 8,
    "igp": 9,
    "rdp": 27,
    "dccp": 33,
    "ipv6": 41,
    "ipv6-route": 43,
    "ipv6-frag": 44,
    "rsvp": 46,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "ipv6-icmp": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "eigrp": 88,
    "ospf": 89,
    "ospfigp": 89,
    "pim": 103,
    "vrrp": 112,
    "l2tp": 115,
    "sctp": 132,
    "udplite": 136,
}
"""Names the provider takes for network ACL entries. Source: IANA protocol numbers."""


def protocol_of(fields: Fields, name: str) -> Maybe[int]:
    """Return the protocol number, ALL_PROTOCOLS for every one."""
    value = fields.required(name)
    if isinstance(value, Unknown):
        return value
    word = value.strip().lower()
    if word in _NAMES:
        return _NAMES[word]
    try:
        number = int(word)
    except ValueError:
        return Unknown(f"{fields.site.instance.address}: no protocol is called {value}")
    return number if ALL_PROTOCOLS <= number <= 255 else Unknown(f"{fields.site.instance.address}: protocol {value}")


def ports_of(fields: Fields, protocol: Maybe[int]) -> Maybe[PortRange | None]:
    """Return the ports. Only TCP and UDP have any; other protocols match whatever ports are given."""
    if isinstance(protocol, Unknown):
        return Unknown(f"the protocol is not known: {protocol.reason}")
    if protocol not in TCP_UDP:
        return None
    first, last = fields.whole("from_port"), fields.whole("to_port")
    for end in (first, last):
        if isinstance(end, Unknown):
            return end
    if isinstance(first, int) and isinstance(last, int) and 0 <= first <= last <= 65535:
        return PortRange(first, last)
    return Unknown(f"{fields.site.instance.address}: ports {first} to {last}")


def icmp_of(fields: Fields, protocol: Maybe[int], names: tuple[str, str], unset: int) -> Maybe[IcmpTypeCode | None]:
    """Return ICMP type and code, None for other protocols. ``unset`` is what EC2 takes where they are not given."""
    if isinstance(protocol, Unknown):
        return Unknown(f"the protocol is not known: {protocol.reason}")
    if protocol not in ICMP:
        return None
    type_, code = fields.whole(names[0]), fields.whole(names[1])
    if isinstance(type_, Unknown):
        return type_
    if isinstance(code, Unknown):
        return code
    type_ = unset if type_ is None else type_
    code = (-1 if type_ == -1 else unset) if code is None else code
    return IcmpTypeCode(type_, -1 if type_ == -1 else code)
