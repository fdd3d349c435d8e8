"""What one rule or entry matches, as packets; where a part of it is not known, at least and at most."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, TypeAlias

from checker.filter.addresses import ALL_ADDRESSES, addresses
from checker.filter.intervals import NOTHING, Intervals
from checker.filter.packets import EMPTY, PacketSet, box, union_of
from checker.filter.service import ALL_SERVICES, protocol_services, services
from checker.model.address import IcmpTypeCode, PortRange, Prefix
from checker.model.firewall import GroupPeer, NetworkAclEntry, Peer, PrefixList, PrefixListPeer, SecurityGroupRule
from checker.model.known import Key, Maybe, Unknown
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """Packets that are certainly in a set, and those that may be; equal where everything is known."""

    least: PacketSet
    most: PacketSet

    @property
    def exact(self) -> bool:
        """Whether nothing is left open."""
        return self.least.steps == self.most.steps


@dataclass(frozen=True, slots=True)
class AddressBounds:
    """Addresses that are certainly in a set, and those that may be."""

    least: Intervals
    most: Intervals


NOBODY: Final = AddressBounds(NOTHING, NOTHING)
ANYBODY: Final = AddressBounds(NOTHING, ALL_ADDRESSES)
"""Nothing is known of the addresses."""

PeersOf: TypeAlias = Callable[[Peer], AddressBounds]
"""The addresses behind a peer that is a group or a prefix list; a prefix stands for itself."""


def bounds_of(parts: Iterable[Bounds]) -> Bounds:
    """Return the union of several bounds."""
    several = list(parts)
    least = union_of(part.least for part in several)
    if all(part.exact for part in several):
        return Bounds(least, least)
    return Bounds(least, union_of(part.most for part in several))


def rule_packets(rule: SecurityGroupRule, peers_of: PeersOf) -> Bounds:
    """Return what a security group rule allows. One that may not exist allows nothing for certain."""
    peers = _peers(rule.peer, peers_of)
    found = _packets(rule.protocol, rule.ports, rule.icmp, peers)
    return Bounds(EMPTY, found.most) if isinstance(rule.exists, Unknown) else found


def entry_packets(entry: NetworkAclEntry) -> Bounds:
    """Return what a network ACL entry matches, whatever it does with it."""
    prefix = entry.prefix
    return _packets(entry.protocol, entry.ports, entry.icmp, _peers(prefix, lambda _peer: ANYBODY))


def prefix_list_addresses(found: PrefixList) -> AddressBounds:
    """Return the addresses in a prefix list; an entry that is not known may be any prefix."""
    if isinstance(found.prefixes, Unknown):
        return ANYBODY
    known = addresses(prefix for prefix in found.prefixes if not isinstance(prefix, Unknown))
    unsure = isinstance(found.exists, Unknown) or any(isinstance(each, Unknown) for each in found.prefixes)
    return AddressBounds(known, ALL_ADDRESSES if unsure else known)


def no_group(lists: Callable[[Key], AddressBounds]) -> PeersOf:
    """Return a reading of peers in which groups have no address: only prefixes and prefix lists count."""

    def peers_of(peer: Peer) -> AddressBounds:
        return lists(peer.prefix_list) if isinstance(peer, PrefixListPeer) else NOBODY

    return peers_of


def _packets(
    protocol: Maybe[int],
    ports: Maybe[PortRange | None],
    icmp: Maybe[IcmpTypeCode | None],
    peers: AddressBounds,
) -> Bounds:
    if isinstance(protocol, Unknown):
        return Bounds(EMPTY, box(ALL_SERVICES, peers.most))
    if isinstance(ports, Unknown) or isinstance(icmp, Unknown):
        return Bounds(EMPTY, box(protocol_services(protocol), peers.most))
    found = services(protocol, ports, icmp)
    least = box(found, peers.least)
    return Bounds(least, least if peers.least.edges == peers.most.edges else box(found, peers.most))


def _peers(peer: Maybe[Peer], peers_of: PeersOf) -> AddressBounds:
    if isinstance(peer, Unknown):
        return ANYBODY
    if isinstance(peer, GroupPeer | PrefixListPeer):
        return peers_of(peer)
    return _of_prefix(peer)


@lru_cache(maxsize=65536)
def _of_prefix(prefix: Prefix) -> AddressBounds:
    found = addresses([prefix])
    return AddressBounds(found, found)


_LENGTH: Final = re.compile(r"⟧/(\d{1,3})$")


def length_of(peer: Unknown) -> int | None:
    """Return the prefix length of an address known only after apply: 32 for ``"${aws_eip.a.public_ip}/32"``."""
    found = _LENGTH.search(peer.symbol or "")
    return int(found[1]) if found else None
