"""Does one rule or entry match one packet? Dimension by dimension, three-valued."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from checker.filter.addresses import address_number
from checker.filter.index import Index
from checker.filter.references import reference
from checker.filter.result import Doubt, Holds, Match, Packet
from checker.filter.service import ICMP, ICMPV6, TCP, UDP
from checker.model.address import ALL_PROTOCOLS, IcmpTypeCode, PortRange, Prefix
from checker.model.diagnosis import CauseDetail, Dimension
from checker.model.firewall import GroupPeer, NetworkAclEntry, PrefixList, PrefixListPeer, SecurityGroupRule
from checker.model.known import Maybe, Unknown
from checker.model.network import NetworkInterface

_YES: Final = Match(Holds.YES)
_PORTED: Final = (TCP, UDP)
_Part: TypeAlias = Callable[[], Match]


def rule_meets(index: Index, interface: NetworkInterface, rule: SecurityGroupRule, packet: Packet) -> Match:
    """Say whether a security group rule, in whatever direction it stands, allows a packet of an interface."""
    service = _service(rule.protocol, rule.ports, rule.icmp, packet)
    found = _both(service, _rule_peer(index, interface, rule, packet))
    if found.holds is Holds.YES and isinstance(rule.exists, Unknown):
        return _perhaps(f"whether {rule.key} exists is not known ({rule.exists.reason})")
    return found


def entry_meets(entry: NetworkAclEntry, packet: Packet) -> Match:
    """Say whether a network ACL entry matches a packet, whatever it then does with it."""
    service = _service(entry.protocol, entry.ports, entry.icmp, packet)
    prefix = entry.prefix
    peer = _perhaps(f"a prefix ({prefix.reason})") if isinstance(prefix, Unknown) else _in_prefix(prefix, packet)
    return _both(service, peer)


def _both(one: Match, other: Match) -> Match:
    return Match(
        min(one.holds, other.holds),
        one.differs + other.differs,
        one.doubts + other.doubts,
        one.note or other.note,
        one.via or other.via,
        one.assumed + other.assumed,
    )


def _service(
    protocol: Maybe[int], ports: Maybe[PortRange | None], icmp: Maybe[IcmpTypeCode | None], packet: Packet
) -> Match:
    """Compare protocol, and ports or ICMP type where the protocol has them."""
    if isinstance(protocol, Unknown):
        return _perhaps(f"a protocol ({protocol.reason})")
    if protocol == ALL_PROTOCOLS:
        return _YES
    same = _YES if protocol == packet.protocol else Match(Holds.NO, (Dimension.PROTOCOL,))
    if protocol in _PORTED and packet.protocol in _PORTED:
        return _both(same, _port(ports, packet))
    if protocol in (ICMP, ICMPV6) and protocol == packet.protocol:
        return _both(same, _icmp(icmp, packet))
    return same


def _port(ports: Maybe[PortRange | None], packet: Packet) -> Match:
    if isinstance(ports, Unknown):
        return _perhaps(f"a port range ({ports.reason})")
    if ports is None or (ports.first == 0 and ports.last == 65535):
        return _YES
    if packet.port is None:
        return Match(Holds.PERHAPS, doubts=(Doubt(CauseDetail.FIELDS_MISSING, "the destination port is not recorded"),))
    return _YES if packet.port in ports else Match(Holds.NO, (Dimension.PORT,))


def _icmp(icmp: Maybe[IcmpTypeCode | None], packet: Packet) -> Match:
    if isinstance(icmp, Unknown):
        return _perhaps(f"an ICMP type ({icmp.reason})")
    if icmp is None or icmp.type < 0:
        return _YES
    if packet.icmp is None:
        return Match(Holds.PERHAPS, doubts=(Doubt(CauseDetail.ICMP_TYPE, "the ICMP type is not known"),))
    same = icmp.type == packet.icmp.type and (icmp.code < 0 or icmp.code == packet.icmp.code)
    return _YES if same else Match(Holds.NO, (Dimension.PORT,))


def _in_prefix(prefix: Prefix, packet: Packet) -> Match:
    if prefix.version != packet.peer.version:
        return Match(Holds.NO, (Dimension.FAMILY,))
    return _YES if packet.peer in prefix else Match(Holds.NO, (Dimension.CIDR,))


def _rule_peer(index: Index, interface: NetworkInterface, rule: SecurityGroupRule, packet: Packet) -> Match:
    peer = rule.peer
    if isinstance(peer, Unknown):
        return _perhaps(f"a peer ({peer.reason})")
    if isinstance(peer, GroupPeer):
        return reference(index, interface, peer.group, packet)
    if isinstance(peer, PrefixListPeer):
        return _in_list(index, peer, packet)
    return _in_prefix(peer, packet)


def _in_list(index: Index, peer: PrefixListPeer, packet: Packet) -> Match:
    listed = index.list_addresses(peer.prefix_list)
    number = address_number(packet.peer)
    if listed is not None and number in listed.least:
        return Match(Holds.YES, via=_entry_of(index, peer, packet))
    if listed is not None and number not in listed.most:
        return Match(Holds.NO, (Dimension.CIDR,))
    missing = f"the entries of prefix list {peer.prefix_list} are not known"
    return Match(Holds.PERHAPS, doubts=(Doubt(CauseDetail.PREFIX_LIST, missing),))


def _entry_of(index: Index, peer: PrefixListPeer, packet: Packet) -> str | None:
    """Return the entry of a prefix list that holds the peer."""
    found = index.entity(PrefixList, peer.prefix_list)
    prefixes = () if found is None or isinstance(found.prefixes, Unknown) else found.prefixes
    return next((str(each) for each in prefixes if not isinstance(each, Unknown) and packet.peer in each), None)


def _perhaps(says: str) -> Match:
    return Match(Holds.PERHAPS, doubts=(Doubt(CauseDetail.CONFIG, says),))
