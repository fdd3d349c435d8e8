"""Keys of security group rules that have no id: they say what the rule lets through."""

from __future__ import annotations

from collections.abc import Container

from checker.model.address import IcmpTypeCode, PortRange
from checker.model.firewall import GroupPeer, Peer, PrefixListPeer
from checker.model.known import Key, Maybe, Unknown


def rule_key(
    start: Key,
    protocol: Maybe[int],
    ports: Maybe[PortRange | None],
    icmp: Maybe[IcmpTypeCode | None],
    peer: Maybe[Peer],
) -> Key:
    """Return a key that does not depend on the order of a set: ``sg#ingress/6/443-443#10.0.0.0/8``.

    ``start`` is the group's key with the direction.
    """
    number = "unknown" if isinstance(protocol, Unknown) else protocol
    known_ports = None if isinstance(ports, Unknown) else ports
    known_icmp = None if isinstance(icmp, Unknown) else icmp
    where = "all"
    if known_ports:
        where = f"{known_ports.first}-{known_ports.last}"
    elif known_icmp:
        where = f"{known_icmp.type}-{known_icmp.code}"
    return peer_key(f"{start}/{number}/{where}", peer)


def peer_key(start: Key, peer: Maybe[Peer]) -> Key:
    """Return a key with the peer of one rule of several."""
    if isinstance(peer, Unknown):
        return f"{start}#{peer.symbol or 'unknown'}"
    if isinstance(peer, GroupPeer):
        return f"{start}#{peer.group}"
    return f"{start}#{peer.prefix_list if isinstance(peer, PrefixListPeer) else peer}"


def free_key(key: Key, taken: Container[Key]) -> Key:
    """Return a key that is not taken: itself, or itself with a number."""
    number = 2
    name = key
    while name in taken:
        name = f"{key}~{number}"
        number += 1
    return name
