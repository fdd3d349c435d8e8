"""Rules and entries as plain numbers, to pass over those that certainly do not match without looking closer.

A group may have hundreds of rules, and thousands of different packets are tried on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from operator import itemgetter
from typing import Final, Generic, TypeVar

from checker.filter.addresses import address_number, ends
from checker.filter.result import Packet
from checker.filter.service import TCP, UDP
from checker.model.address import ALL_PROTOCOLS, V6, PortRange
from checker.model.diagnosis import Dimension
from checker.model.firewall import Direction, NetworkAclEntry, SecurityGroupRule
from checker.model.known import Unknown
from checker.model.record import dataclass

R = TypeVar("R", SecurityGroupRule, NetworkAclEntry)

_PROTOCOL, _PORT, _FAMILY, _CIDR = 1, 2, 4, 8
_BITS: Final = ((_PROTOCOL, Dimension.PROTOCOL), (_PORT, Dimension.PORT), (_FAMILY, Dimension.FAMILY),
                (_CIDR, Dimension.CIDR))  # fmt: skip
FAMILY_ONLY: Final = _FAMILY

ANY: Final = -1
"""Stands for what is not known or cannot be told by numbers: it does not rule anything out."""


@dataclass(frozen=True, slots=True)
class Sketch(Generic[R]):
    """What of a rule can be said in numbers."""

    of: R
    direction: Direction
    protocol: int
    """ANY also for all protocols."""
    first: int
    last: int
    """Ports; 0 and 65535 where there are none or they are not known."""
    low: int
    high: int
    """Addresses of its prefix; ANY where it names a group or list, or is not known."""

    def serves(self, protocol: int, port: int) -> bool:
        """Say whether it may be for a service; ``port`` is ANY where it is not known."""
        return self.protocol in (protocol, ANY) and (port == ANY or self.first <= port <= self.last)


def sketches_of(rules: Iterable[R]) -> tuple[Sketch[R], ...]:
    """Return rules or entries in numbers, in their order."""
    return tuple(_sketch(each) for each in rules)


def _sketch(rule: R) -> Sketch[R]:
    peer = rule.peer if isinstance(rule, SecurityGroupRule) else rule.prefix
    low, high = ends(peer) if isinstance(peer, IPv4Network | IPv6Network) else (ANY, ANY)
    protocol = ANY if isinstance(rule.protocol, Unknown) else rule.protocol
    ported = protocol in (TCP, UDP) and isinstance(rule.ports, PortRange)
    first, last = (rule.ports.first, rule.ports.last) if ported and isinstance(rule.ports, PortRange) else (0, 65535)
    return Sketch(rule, rule.direction, ANY if protocol == ALL_PROTOCOLS else protocol, first, last, low, high)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A packet in numbers."""

    protocol: int
    port: int
    """ANY where it is not known."""
    peer: int

    @staticmethod
    def of(packet: Packet) -> Numbers:
        """Return a packet in numbers."""
        ported = packet.protocol in (TCP, UDP)
        port = packet.port if packet.port is not None and ported else ANY
        return Numbers(packet.protocol, port, address_number(packet.peer))


def differs(sketch: Sketch[R], packet: Numbers) -> int:
    """Return in what a rule certainly does not match, as bits; 0: it may match and has to be looked at."""
    found = 0
    if sketch.protocol not in (packet.protocol, ANY):
        found = _PROTOCOL
    if packet.port >= 0 and not sketch.first <= packet.port <= sketch.last:
        found |= _PORT
    if sketch.low >= 0 and not sketch.low <= packet.peer <= sketch.high:
        found |= _FAMILY if (sketch.low >= V6) is not (packet.peer >= V6) else _CIDR
    return found


def in_order(entries: Iterable[NetworkAclEntry], direction: Direction) -> list[NetworkAclEntry]:
    """Return the entries of one direction by rule number, without those of which it is not known."""
    numbered = [(each.rule_number, each) for each in entries if not isinstance(each.rule_number, Unknown)]
    return [each for _, each in sorted(numbered, key=itemgetter(0)) if each.direction is direction]


@lru_cache(maxsize=16)
def dimensions(bits: int) -> tuple[Dimension, ...]:
    """Return what bits of ``differs`` stand for."""
    return tuple(dimension for bit, dimension in _BITS if bits & bit)
