"""Protocols, ports and ICMP types as EC2 gives them, in the form that the model has from Terraform."""

from __future__ import annotations

from checker.load.aws.convert.row import Row
from checker.load.terraform.convert.packet import ICMP, TCP_UDP
from checker.model.address import ALL_PORTS, ALL_PROTOCOLS, PROTOCOL_NUMBERS, IcmpTypeCode, PortRange
from checker.model.known import Maybe, Unknown


def protocol_of(row: Row, member: str) -> Maybe[int]:
    """Return the protocol number that EC2 gives as a name or a number in text."""
    word = row.required(member)
    if isinstance(word, Unknown):
        return word
    if word in PROTOCOL_NUMBERS:
        return PROTOCOL_NUMBERS[word]
    number = int(word) if word.removeprefix("-").isdecimal() and len(word) <= len("-255") else None
    if number is None or not ALL_PROTOCOLS <= number <= 255:
        return Unknown(f"{row.where}: no protocol is called {word}")
    return number


def ports_of(row: Row, protocol: Maybe[int], names: tuple[str, str]) -> Maybe[PortRange | None]:
    """Return the ports of TCP and UDP; None for other protocols, which have none."""
    if isinstance(protocol, Unknown):
        return protocol
    if protocol not in TCP_UDP:
        return None
    first, last = row.whole(names[0]), row.whole(names[1])
    for end in (first, last):
        if isinstance(end, Unknown):
            return end
    if isinstance(first, int) and isinstance(last, int) and ALL_PORTS.first <= first <= last <= ALL_PORTS.last:
        return PortRange(first, last)
    return Unknown(f"{row.where}: ports {first} to {last}")


def icmp_of(row: Row, protocol: Maybe[int], names: tuple[str, str]) -> Maybe[IcmpTypeCode | None]:
    """Return type and code of ICMP, -1 for all; None for other protocols.

    Both may be left out for ICMPv6, which means all. Source: EC2 API reference, ``IpPermission``.
    """
    if isinstance(protocol, Unknown):
        return protocol
    if protocol not in ICMP:
        return None
    type_, code = row.whole(names[0]), row.whole(names[1])
    if isinstance(type_, Unknown):
        return type_
    if isinstance(code, Unknown):
        return code
    if type_ is None and protocol == ICMP[0]:
        return row.odd(names[0], "there")
    kind = -1 if type_ is None else type_
    return IcmpTypeCode(kind, -1 if kind == -1 or code is None else code)
