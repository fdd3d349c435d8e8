"""The address axis: IPv4 and IPv6 addresses as whole numbers that never meet, and sets of them in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from socket import AF_INET, inet_pton
from typing import Final, TypeAlias

from checker.filter.intervals import Intervals, interval, union
from checker.model.address import V6, Prefix

Address: TypeAlias = IPv4Address | IPv6Address

ALL_IPV4: Final = interval(0, (1 << 32) - 1)
ALL_IPV6: Final = interval(V6, 2 * V6 - 1)
ALL_ADDRESSES: Final = ALL_IPV4 | ALL_IPV6


@lru_cache(maxsize=1 << 16)
def parsed(text: str) -> Address:
    """Return the address that a text is. Raises ValueError for any other text."""
    return ip_address(text)


def address_number(address: IPv4Address | IPv6Address) -> int:
    """Return the number of one address."""
    return int(address) + (V6 if address.version == 6 else 0)


@lru_cache(maxsize=1 << 17)
def number_of(text: str) -> int:
    """Return the number of the address that a text is, without making the address. Raises ValueError as ``parsed``."""
    if ":" in text:
        return address_number(ip_address(text))
    try:
        return int.from_bytes(inet_pton(AF_INET, text), "big")
    except OSError:
        return address_number(ip_address(text))  # which says what is wrong


def address_of(number: int) -> Address:
    """Return the address of a number: what ``address_number`` was given."""
    return IPv4Address(number) if number < V6 else IPv6Address(number - V6)


def ends(prefix: Prefix) -> tuple[int, int]:
    """Return the first and the last address of a prefix."""
    first = address_number(prefix.network_address)
    return first, first + (1 << (prefix.max_prefixlen - prefix.prefixlen)) - 1


def addresses(prefixes: Iterable[Prefix]) -> Intervals:
    """Return all addresses of some prefixes of either family."""
    return union(map(ends, prefixes))


def family(found: Intervals, version: int) -> Intervals:
    """Return the addresses of one family (4 or 6)."""
    return found & (ALL_IPV4 if version == 4 else ALL_IPV6)


Block: TypeAlias = tuple[int, int]
"""A prefix as its first address and the number of bits that are free in it."""


def blocks_of(found: Intervals) -> Iterator[Block]:
    """Yield the fewest blocks that make up a set, IPv4 first, ascending."""
    for start, end in found:
        at = start
        while at < end:
            aligned = (at & -at).bit_length() - 1 if at else 128
            free = min(aligned, (end - at).bit_length() - 1)
            yield at, free
            at += 1 << free


def prefix_of(block: Block) -> Prefix:
    """Return a block as a prefix."""
    first, free = block
    return IPv4Network((first, 32 - free)) if first < V6 else IPv6Network((first - V6, 128 - free))


def prefixes_of(found: Intervals) -> Iterator[Prefix]:
    """Yield the fewest prefixes that make up a set, IPv4 first, ascending."""
    return map(prefix_of, blocks_of(found))


NOT_PUBLIC: Final = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/3",
)  # fmt: skip
"""IPv4 blocks from which nothing arrives over the Internet. Source: IANA IPv4 Special-Purpose Address Registry."""

PUBLIC_IPV4: Final = ALL_IPV4 - addresses(ip_network(text) for text in NOT_PUBLIC)
PUBLIC_IPV6: Final = addresses([ip_network("2000::/3")]) - addresses([ip_network("2001:db8::/32")])
"""Global unicast without the documentation prefix. Source: RFC 4291, RFC 3849."""
