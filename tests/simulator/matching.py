"""What one rule and one entry match, written as the EC2 documentation says it, packet by packet.

Sources: EC2 API ``IpPermission``, ``NetworkAclEntry``, ``IcmpTypeCode``; VPC User Guide, "Security group rules" and
"Network ACL rules".
"""

from __future__ import annotations

from tests.simulator.world import (
    ANY,
    ICMP,
    ICMPV6,
    TCP,
    UDP,
    Acl,
    Address,
    Entry,
    GroupRef,
    ListRef,
    Net,
    Packet,
    Rule,
    Source,
    Way,
    World,
)


def peer_of(packet: Packet, way: Way) -> Address:
    return packet.source if way is Way.IN else packet.destination


def members(world: World, group: str) -> list[Address]:
    """Return the private addresses of the interfaces that carry a group."""
    return [address for eni in world.enis.values() if group in eni.groups for address in eni.addresses]


def peer_matches(world: World, peer: Source, address: Address) -> bool:
    if isinstance(peer, GroupRef):
        return address in members(world, peer.group)
    if isinstance(peer, ListRef):
        return any(address in net for net in world.lists[peer.list])
    return address in peer


def _icmp(low: int | None, high: int | None, code: tuple[int, int] | None) -> bool:
    if low is None or low == ANY or code is None:
        return True
    return low == code[0] and high in (None, ANY, code[1])


def rule_service(rule: Rule, packet: Packet) -> bool:
    """Protocol and ports of a security group rule; ports count for TCP and UDP, types for ICMP."""
    if rule.protocol == ANY:
        return True
    if rule.protocol != packet.protocol:
        return False
    if rule.protocol in (TCP, UDP):
        return rule.low is None or rule.high is None or rule.low <= packet.port <= rule.high
    if rule.protocol in (ICMP, ICMPV6):
        return _icmp(rule.low, rule.high, packet.code)
    return True


def rule_matches(world: World, rule: Rule, packet: Packet, way: Way) -> bool:
    return rule.way is way and rule_service(rule, packet) and peer_matches(world, rule.peer, peer_of(packet, way))


def rules_of(world: World, groups: tuple[str, ...], way: Way) -> list[Rule]:
    return [rule for group in groups for rule in world.groups[group].rules if rule.way is way]


def allowing(world: World, groups: tuple[str, ...], packet: Packet, way: Way) -> list[Rule]:
    """Return every rule of any group that allows a packet."""
    return [rule for rule in rules_of(world, groups, way) if rule_matches(world, rule, packet, way)]


def entry_service(entry: Entry, packet: Packet) -> bool:
    """Protocol and ports of an entry: destination ports only; types are required of ICMPv6 only with IPv6."""
    if entry.protocol == ANY:
        return True
    if entry.protocol != packet.protocol:
        return False
    if entry.protocol in (TCP, UDP):
        return entry.low is None or entry.high is None or entry.low <= packet.port <= entry.high
    if entry.protocol == ICMP or (entry.protocol == ICMPV6 and entry.net.version == 6):
        return _icmp(entry.low, entry.high, packet.code)
    return True


def deciding(acl: Acl, packet: Packet, way: Way) -> Entry | None:
    """Return the first entry by number that matches, or None where the final ``*`` denies."""
    tried = sorted((entry for entry in acl.entries if entry.way is way), key=lambda entry: entry.number)
    peer = peer_of(packet, way)
    for entry in tried:
        if peer in entry.net and entry_service(entry, packet):
            return entry
    return None


def everywhere(net: Net) -> bool:
    return net.prefixlen == 0
