"""Small domains of rules, entries and packets, and the plain evaluator that says what is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from hypothesis import strategies as st

from checker.filter.addresses import address_number
from checker.filter.packets import PacketSet
from checker.filter.service import service_number
from checker.model.address import ALL_PROTOCOLS, IcmpTypeCode, PortRange
from checker.model.firewall import Direction, NetworkAcl, NetworkAclEntry, RuleAction
from checker.model.known import Unknown
from checker.model.origin import Origin, Source

HIDDEN = Unknown("hidden by the test")


@dataclass(frozen=True)
class Packet:
    protocol: int
    port: int
    """For ICMP type * 256 + code; without meaning for protocols other than TCP, UDP and ICMP."""
    peer: IPv4Address | IPv6Address


PREFIXES = [
    ip_network(text)
    for text in ("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.0.0.0/31", "10.0.0.1/32", "192.168.0.0/16",
                 "::/0", "8000::/1", "2001:db8::/32", "2001:db8::1/128")
]  # fmt: skip
PEERS = [
    ip_address(text)
    for text in ("0.0.0.1", "10.0.0.0", "10.0.0.1", "10.0.0.2", "127.255.255.255", "128.0.0.0", "192.168.3.4",
                 "255.255.255.255", "::", "2001:db8::", "2001:db8::1", "2001:db9::", "8000::", "ffff::1")
]  # fmt: skip
PROTOCOLS = [ALL_PROTOCOLS, 1, 6, 17, 50, 58]
PORTS = [PortRange(0, 65535), PortRange(22, 22), PortRange(22, 80), PortRange(80, 443), PortRange(1024, 65535)]
ICMP = [IcmpTypeCode(-1, -1), IcmpTypeCode(8, -1), IcmpTypeCode(8, 0), IcmpTypeCode(3, 4)]
PACKETS = [
    Packet(protocol, port, peer)
    for protocol, ports in (
        (0, (0,)),
        (1, (0, 3 * 256 + 4, 8 * 256, 8 * 256 + 1, 65535)),
        (6, (0, 21, 22, 23, 80, 81, 443, 1023, 1024, 65535)),
        (17, (0, 22, 65535)),
        (50, (0, 22)),
        (58, (8 * 256, 8 * 256 + 1)),
        (255, (65535,)),
    )
    for port in ports
    for peer in PEERS
]


def matches(entry: NetworkAclEntry, packet: Packet) -> bool:
    """Say whether an entry of which everything is known matches: written as the guide says it."""
    if packet.peer not in entry.prefix:
        return False
    if entry.protocol == ALL_PROTOCOLS:
        return True
    if entry.protocol != packet.protocol:
        return False
    if entry.protocol in (6, 17):
        return packet.port in (entry.ports or PortRange(0, 65535))
    if entry.protocol in (1, 58) and entry.icmp is not None:
        type_, code = divmod(packet.port, 256)
        return entry.icmp.type in (-1, type_) and (entry.icmp.type == -1 or entry.icmp.code in (-1, code))
    return True


def verdict(entries: Iterable[NetworkAclEntry], packet: Packet) -> bool:
    """Say whether an ACL of which everything is known allows a packet: the first match in order of number decides."""
    for entry in sorted(entries, key=lambda entry: entry.rule_number):
        if matches(entry, packet):
            return entry.rule_action is RuleAction.ALLOW
    return False


def holds(found: PacketSet, packet: Packet) -> bool:
    """Say whether a set holds a packet."""
    return address_number(packet.peer) in found.peers_at(service_number(packet.protocol, packet.port))


def entry(**over: object) -> NetworkAclEntry:
    made = {
        "origin_key": "acl-1",
        "rule_number": 100,
        "direction": Direction.INGRESS,
        "rule_action": RuleAction.ALLOW,
        "protocol": ALL_PROTOCOLS,
        "prefix": PREFIXES[0],
        "ports": None,
        "icmp": None,
    }
    return NetworkAclEntry(**{**made, **over})  # type: ignore[arg-type]


def acl(*entries: NetworkAclEntry, unread: Unknown | None = None) -> NetworkAcl:
    return NetworkAcl(
        key="acl-1",
        origin=Origin(source=Source.ACCOUNT),
        type="aws_network_acl",
        id="acl-1",
        arn=None,
        account="111122223333",
        region="eu-west-1",
        tags={},
        vpc="vpc-1",
        is_default=False,
        entries=entries,
        subnets=(),
        unread=unread,
    )


entries = st.builds(
    entry,
    rule_number=st.integers(1, 6),
    rule_action=st.sampled_from(list(RuleAction)),
    protocol=st.sampled_from(PROTOCOLS),
    prefix=st.sampled_from(PREFIXES),
    ports=st.sampled_from([*PORTS, None]),
    icmp=st.sampled_from([*ICMP, None]),
)

ordered_entries = st.lists(entries, max_size=6, unique_by=lambda each: each.rule_number)

CHOICES = {
    "rule_number": [1, 2, 3, 4, 5, 6],
    "rule_action": list(RuleAction),
    "protocol": PROTOCOLS,
    "prefix": PREFIXES,
    "ports": PORTS,
    "icmp": ICMP,
}
"""What each part of an entry may be in truth where it is hidden."""


def with_values(hidden: Sequence[tuple[int, str]], known: Sequence[NetworkAclEntry]) -> list[NetworkAclEntry]:
    """Hide parts of entries."""
    made = list(known)
    for at, part in hidden:
        made[at] = replace(made[at], **{part: HIDDEN})
    return made
