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
    Eni,
    Entry,
    GroupRef,
    Link,
    ListRef,
    Net,
    Packet,
    Rule,
    Way,
    World,
)


def peer_of(packet: Packet, way: Way) -> Address:
    return packet.source if way is Way.IN else packet.destination


class Hinges(Exception):
    """Whether a rule matches depends on the settings of the transit gateway."""


def carries(world: World, eni: Eni, group: str, peer: Address, way: Way) -> bool:
    """Say whether an interface sees a group at a peer: private addresses, same VPC or a link that keeps the group.

    A middlebox loses it, and so does a transit gateway for outbound rules; for inbound ones it can be set.
    """
    there = world.reach(peer, eni.vpc)
    if there is None or group not in there.groups:
        return False
    if there.vpc == eni.vpc:
        return frozenset((eni.subnet, there.subnet)) not in world.middle
    if world.link is Link.TRANSIT and way is Way.IN:
        raise Hinges
    return world.link is Link.PEERING


def peer_matches(world: World, eni: Eni, rule: Rule, address: Address) -> bool:
    if isinstance(rule.peer, GroupRef):
        return carries(world, eni, rule.peer.group, address, rule.way)
    if isinstance(rule.peer, ListRef):
        return any(address in net for net in world.lists[rule.peer.list])
    return address in rule.peer


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


def rules_of(world: World, groups: tuple[str, ...], way: Way) -> list[Rule]:
    return [rule for group in groups for rule in world.groups[group].rules if rule.way is way]


def allowing(world: World, eni: Eni, packet: Packet, way: Way) -> tuple[list[Rule], list[Rule]]:
    """Return every rule of any group that allows a packet, and those that do if the transit gateway keeps groups."""
    sure: list[Rule] = []
    hinging: list[Rule] = []
    for rule in rules_of(world, eni.groups, way):
        if rule_service(rule, packet):
            try:
                if peer_matches(world, eni, rule, peer_of(packet, way)):
                    sure.append(rule)
            except Hinges:
                hinging.append(rule)
    return sure, hinging


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
