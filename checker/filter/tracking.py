"""Do security groups keep track of a connection? It decides what becomes of it when their rules change.

Packets of a tracked connection pass whatever the rules now say, until it is closed or idle for too long. One that is
not tracked passes only as long as rules of both directions admit its packets.
Source: EC2 User Guide, "Security group connection tracking".
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from checker.filter.addresses import Address
from checker.filter.groups import groups_of
from checker.filter.index import Index
from checker.filter.meets import rule_meets
from checker.filter.result import Doubt, Holds, Packet
from checker.filter.routes import next_hops
from checker.filter.service import TCP, UDP
from checker.filter.words import entity_name, rule_line
from checker.model.diagnosis import CauseDetail
from checker.model.firewall import Direction, SecurityGroupRule
from checker.model.known import Unknown, may_equal
from checker.model.network import IdleTimeouts, NetworkInterface
from checker.model.record import dataclass, replace

_KINDS: Final = {
    "nat_gateway": "a NAT gateway",
    "natGateway": "a NAT gateway",
    "nat-gateway": "a NAT gateway",
    "network_load_balancer": "a Network Load Balancer",
    "global_accelerator_managed": "a Global Accelerator",
    "vpc_endpoint": "an interface endpoint",
    "vpc-endpoint": "an interface endpoint",
    "lambda": "Lambda",
}
"""Interfaces by which connections are always tracked."""

_HOPS: Final = (
    ("nat-", "a NAT gateway"),
    ("aws_nat_gateway.", "a NAT gateway"),
    ("eigw-", "an egress-only internet gateway"),
    ("aws_egress_only_internet_gateway.", "an egress-only internet gateway"),
)
"""Targets of routes by which connections are always tracked."""
_MAYBE_HOPS: Final = ("vpce-", "aws_vpc_endpoint.")
"""Endpoints: those of Network Firewall and of DynamoDB track, those of S3 and of other firewalls do not."""

_UDP_IDLE: Final = 30
_UDP_STREAM_IDLE: Final = 180
"""Seconds, where nothing else is set. Source: EC2 User Guide, "Idle connection tracking timeout"."""
_OTHER: Final = {Direction.INGRESS: Direction.EGRESS, Direction.EGRESS: Direction.INGRESS}


@dataclass(frozen=True, slots=True)
class Tracking:
    """Whether the groups of an interface track a connection, and why."""

    holds: Holds
    says: str


def tracking(index: Index, interface: NetworkInterface, packet: Packet) -> Tracking:
    """Say whether the groups of an interface track the connection that a packet they admit opens.

    ``packet`` is as the interface sees it: going out where the interface itself opens the connection.
    """
    if packet.protocol not in (TCP, UDP):
        return Tracking(Holds.YES, "only TCP and UDP are ever untracked")
    always = _always(index, interface, packet)
    if always is not None and always.holds is Holds.YES:
        return always
    by_rules = _by_rules(index, interface, packet)
    if by_rules.holds is Holds.YES or always is None:
        return by_rules
    return always


def idle_for(protocol: int, interface: NetworkInterface) -> str:
    """Return how long a connection of an interface may be idle before it is no longer tracked, in words."""
    timeouts = interface.idle_timeouts
    told = IdleTimeouts() if isinstance(timeouts, Unknown) else timeouts
    unless = ", unless the interface says otherwise" if isinstance(timeouts, Unknown) else ""
    if protocol == TCP and told.tcp is not None:
        return f"{told.tcp} s, as the interface says"
    if protocol == TCP:
        return f"350 s on Nitro v6 instance types, 432000 s on others{unless}"
    if protocol == UDP:
        return f"{told.udp or _UDP_IDLE} s, or {told.udp_stream or _UDP_STREAM_IDLE} s for a stream{unless}"
    return "600 s"


# By what it goes through.


def _always(index: Index, interface: NetworkInterface, packet: Packet) -> Tracking | None:
    """Return what tracks a connection whatever the rules are; perhaps where that is not known, None where nothing."""
    peer = index.interface_at(interface.vpc, packet.peer) or index.interface_of_public(packet.peer)
    for each in (interface, peer):
        kinds = () if each is None else (each.interface_type, each.managed_by)
        what = next((_KINDS[kind] for kind in kinds if isinstance(kind, str) and kind in _KINDS), None)
        if what is not None and each is not None:
            return Tracking(Holds.YES, f"{entity_name(each)} is that of {what}, whose connections are always tracked")
    if packet.direction is Direction.EGRESS:
        return _by_route(index, interface, packet.peer)
    return _before_it(index, interface, packet.peer)


def _before_it(index: Index, interface: NetworkInterface, peer: Address) -> Tracking | None:
    """Return what may stand before an interface that is reached: a firewall, or a balancer that keeps addresses."""
    hops = next_hops(index, index.subnet(interface.subnet), peer)
    known = () if isinstance(hops, Unknown) else hops
    through = next((hop for hop in known if any(_is(hop, start) for start in _MAYBE_HOPS)), None)
    if through is None:
        kinds = ("network_load_balancer", "global_accelerator_managed")
        told = (each for each in index.model.network_interfaces if isinstance(each.interface_type, str))
        found = (each for each in told if each.interface_type in kinds)  # a planned interface is none of these
        beside = next((each for each in found if may_equal(each.vpc, interface.vpc)), None)
        through = None if beside is None else entity_name(beside)
    if through is None:
        return None
    return Tracking(Holds.PERHAPS, f"whether it comes by {through}, and whether that tracks it, is not known")


def _by_route(index: Index, interface: NetworkInterface, peer: Address) -> Tracking | None:
    hops = next_hops(index, index.subnet(interface.subnet), peer)
    if isinstance(hops, Unknown):
        return Tracking(Holds.PERHAPS, f"it is not known whether it leaves by a NAT gateway: {hops.reason}")
    for hop in hops:
        what = next((what for start, what in _HOPS if _is(hop, start)), None)
        if what is not None and len(hops) == 1:
            return Tracking(Holds.YES, f"it leaves by {hop}, {what}, whose connections are always tracked")
        if what is not None or any(_is(hop, start) for start in _MAYBE_HOPS):
            return Tracking(Holds.PERHAPS, f"whether it leaves by {hop}, and whether that tracks it, is not known")
    return None


def _is(hop: str, start: str) -> bool:
    return hop.startswith(start) if start.endswith("-") else start in hop


# By the rules.


def _by_rules(index: Index, interface: NetworkInterface, packet: Packet) -> Tracking:
    """Untracked: a rule for every address admits it, and one of the other direction any answer to every address."""
    asked, missing = _rules(index, interface, packet)
    wide = [(line, holds) for line, everyone, holds in asked if everyone]
    narrow = [line for line, everyone, _ in asked if not everyone]
    back = replace(packet, direction=_OTHER[packet.direction], port=None)
    replies, missing_back = _rules(index, interface, back)
    answered = [(line, holds) for line, everyone, holds in replies if everyone]
    if not missing and (not wide or (not answered and not missing_back)):
        ways = "out" if packet.direction is Direction.INGRESS else "in"
        lacking = (
            f"no rule lets every port of every address {ways} again" if wide else "no rule for everybody admits it"
        )
        return Tracking(Holds.YES, lacking)
    if missing or missing_back:
        return Tracking(Holds.PERHAPS, missing or missing_back)
    unsure = next((line for found in (wide, answered) if (line := _none_sure(found)) is not None), None)
    if unsure is not None:
        return Tracking(Holds.PERHAPS, f"{unsure} is not wholly known")
    if narrow:
        return Tracking(Holds.PERHAPS, f"{wide[0][0]} admits everybody, which leaves it untracked, {narrow[0]} only "
                        "some; which of them counts is not documented")  # fmt: skip
    return Tracking(Holds.NO, f"{wide[0][0]} admits every address and {answered[0][0]} every packet back")


def _none_sure(found: list[tuple[str, Holds]]) -> str | None:
    return None if any(holds is Holds.YES for _, holds in found) else found[0][0]


def _rules(index: Index, interface: NetworkInterface, packet: Packet) -> tuple[list[tuple[str, bool, Holds]], str]:
    """Return the rules that may admit a packet, those for every address marked, and why there may be more."""
    found: list[tuple[str, bool, Holds]] = []
    missing = ""
    for group in groups_of(index, interface):
        if isinstance(group, Doubt):
            missing = missing or group.says
            continue
        more = index.more_rules(group)
        missing = missing or ("" if more is None else f"{entity_name(group)} may have more rules: {more.reason}")
        found += _of_group(index, interface, group.rules, packet)
    return found, missing


def _of_group(
    index: Index, interface: NetworkInterface, rules: tuple[SecurityGroupRule, ...], packet: Packet
) -> Iterator[tuple[str, bool, Holds]]:
    for rule in rules:
        match = rule_meets(index, interface, rule, packet) if rule.direction is packet.direction else None
        if match is None or match.holds is Holds.NO:
            continue
        if any(each.kind is CauseDetail.FIELDS_MISSING for each in match.doubts):
            continue  # where any port is asked for, a rule for some ports is not it
        yield rule_line(index, rule).id, _for_everyone(rule), match.holds


def _for_everyone(rule: SecurityGroupRule) -> bool:
    peer = rule.peer
    return isinstance(peer, Unknown) or (isinstance(peer, IPv4Network | IPv6Network) and peer.prefixlen == 0)
