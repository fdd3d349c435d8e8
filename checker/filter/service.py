"""The service axis: protocol together with port, or with ICMP type and code, as one whole number.

Each protocol has 65,536 numbers of its own: ``protocol * 65536 + port`` for TCP and UDP, ``protocol * 65536 +
type * 256 + code`` for ICMP and ICMPv6. EC2 ignores ports of every other protocol, so rules on those always cover all
of the protocol's numbers. A range of ports, all codes of an ICMP type, a protocol and "all protocols" are then plain
intervals. Source: EC2 ``IpPermission`` and ``NetworkAclEntry``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.filter.intervals import Intervals, interval
from checker.model.address import ALL_PROTOCOLS, PROTOCOL_NUMBERS, IcmpTypeCode, PortRange

TCP: Final = PROTOCOL_NUMBERS["tcp"]
UDP: Final = PROTOCOL_NUMBERS["udp"]
ICMP: Final = PROTOCOL_NUMBERS["icmp"]
ICMPV6: Final = PROTOCOL_NUMBERS["icmpv6"]

WIDTH: Final = 1 << 16
ALL_SERVICES: Final = interval(0, 256 * WIDTH - 1)

_NAMES: Final = {number: word for word, number in PROTOCOL_NUMBERS.items()}


def protocol_services(protocol: int) -> Intervals:
    """Return everything of one protocol; of ALL_PROTOCOLS, everything."""
    if protocol == ALL_PROTOCOLS:
        return ALL_SERVICES
    return interval(protocol * WIDTH, (protocol + 1) * WIDTH - 1)


def services(protocol: int, ports: PortRange | None = None, icmp: IcmpTypeCode | None = None) -> Intervals:
    """Return what a rule's protocol, ports and ICMP type match; ports and types that EC2 ignores are ignored."""
    start = protocol * WIDTH
    if protocol in (TCP, UDP) and ports is not None:
        return interval(start + ports.first, start + ports.last)
    if protocol in (ICMP, ICMPV6) and icmp is not None and icmp.type >= 0:
        first = start + icmp.type * 256
        return interval(first, first + 255) if icmp.code < 0 else interval(first + icmp.code, first + icmp.code)
    return protocol_services(protocol)


def service_number(protocol: int, port: int = 0) -> int:
    """Return the number of one service: a TCP or UDP port, or type * 256 + code for ICMP."""
    return protocol * WIDTH + port


def ports_in(found: Intervals, protocol: int) -> Intervals:
    """Return the ports (ICMP: type * 256 + code) of one protocol, as numbers from 0 to 65535."""
    start = protocol * WIDTH
    inside = found & interval(start, start + WIDTH - 1)
    return Intervals(tuple(edge - start for edge in inside.edges))


def words_of(found: Intervals) -> Iterator[str]:
    """Yield a set of services in words, ascending: ``tcp/22``, ``udp/33434-33534``, ``icmp/8-0``, ``protocol 50``."""
    if found == ALL_SERVICES:
        yield "all protocols"
        return
    for start, end in found:
        first, last = start // WIDTH, (end - 1) // WIDTH
        if first < last and not start % WIDTH and not end % WIDTH:
            yield f"protocols {first} to {last}"
            continue
        for protocol in range(first, last + 1):
            low = max(start - protocol * WIDTH, 0)
            high = min(end - protocol * WIDTH, WIDTH) - 1
            yield _words(protocol, low, high)


def _words(protocol: int, low: int, high: int) -> str:
    name = _NAMES.get(protocol, f"protocol {protocol}")
    if (low, high) == (0, WIDTH - 1):
        return name
    if protocol not in (ICMP, ICMPV6):
        return f"{name}/{low}" if low == high else f"{name}/{low}-{high}"
    if low == high:
        return f"{name}/{low // 256}-{low % 256}"
    return f"{name}/{low // 256}" if high - low == 255 and not low % 256 else f"{name}/{low}..{high}"
