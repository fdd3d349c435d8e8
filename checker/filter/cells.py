"""Cells: what the controls at an interface do with all packets of one atom, tried once by the plain evaluator.

Interfaces with the same groups, subnet and kind share their cells, so that cost follows the different rule sets and
atoms that traffic met, not the aggregates. Which packets make up an atom: see ``cuts``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from checker.filter.addresses import address_number
from checker.filter.cuts import PORTED, Cuts
from checker.filter.entries import acl_stage, is_classic_load_balancer
from checker.filter.evaluate import Evaluation
from checker.filter.groups import group_stage
from checker.filter.index import Index
from checker.filter.result import Packet, StageResult
from checker.model.firewall import Direction
from checker.model.known import Key, Unknown
from checker.model.network import NetworkInterface
from checker.model.record import dataclass

T = TypeVar("T")
Atom: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where an interface stands, as far as rules can tell."""

    alike: int
    """The same number for interfaces that all rules, and all words about them, treat alike."""
    peers: tuple[int, ...]
    """First address of each interval of peers that no rule tells apart, ascending."""
    ports: dict[tuple[Direction, int], tuple[int, ...]]
    """First destination port of each interval, by direction and protocol (6 and 17)."""


class Cells:
    """The answers that were worked out for one network so far."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._cuts = Cuts(index)
        self._stands: dict[Key, Stand] = {}
        self._numbers: dict[object, int] = {}
        self._known: dict[tuple[object, ...], Any] = {}

    def once(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """Return what was made for a key, making it the first time. The first word of the key says what it is."""
        found: T | None = self._known.get(key)
        if found is None and key not in self._known:
            found = self._known[key] = make()
        return found  # type: ignore[return-value]

    def number(self, thing: object) -> int:
        """Return a number that equal things share and others do not."""
        return self._numbers.setdefault(thing, len(self._numbers))

    @property
    def common(self) -> tuple[int, ...]:
        """First address of each interval of peers that differ whatever the rules: families, special blocks, VPCs."""
        return self.once(("common",), lambda: tuple(sorted(self._cuts.common)))

    def stand(self, interface: NetworkInterface) -> Stand:
        """Return where an interface stands."""
        if interface.key not in self._stands:
            self._stands[interface.key] = Stand(
                self.number(_alike(self.index, interface)),
                self._cuts.of_interface(interface),
                {
                    (direction, protocol): self._cuts.ports_of(interface, direction, protocol, ())
                    for direction in Direction
                    for protocol in PORTED
                },
            )
        return self._stands[interface.key]

    def atom(self, interface: NetworkInterface, packet: Packet) -> Atom:
        """Return the name of the cell of a packet: equal ones get equal answers."""
        stand = self.stand(interface)
        starts = stand.ports.get((packet.direction, packet.protocol))
        port = packet.port if starts is None or packet.port is None else bisect_right(starts, packet.port)
        peer = bisect_right(stand.peers, address_number(packet.peer))
        return (stand.alike, packet.direction, packet.protocol, peer, port, packet.icmp)

    def atom_both_ways(self, interface: NetworkInterface, packet: Packet) -> Atom:
        """Return the name of the cell in which rules of the other direction meet a packet alike, too."""
        found = self.atom(interface, packet)
        if packet.port is None or packet.protocol not in PORTED:
            return found
        ports = self.stand(interface).ports
        return (*found, *(bisect_right(ports[way, packet.protocol], packet.port) for way in Direction))

    def groups(self, interface: NetworkInterface, packet: Packet) -> StageResult:
        """Return what the security groups of an interface do with a packet."""
        atom = self.atom(interface, packet)
        return self.once(("groups", *atom), lambda: group_stage(self.index, interface, packet))

    def evaluate(self, interface: NetworkInterface, packet: Packet) -> Evaluation:
        """Return what the controls at an interface do with a packet that opens a conversation."""
        atom = self.atom(interface, packet)
        subnet = self.index.subnet(interface.subnet)
        return Evaluation(
            packet,
            self.once(("groups", *atom), lambda: group_stage(self.index, interface, packet)),
            self.once(("acl", *atom), lambda: acl_stage(self.index, subnet, packet, interface)),
        )


def _alike(index: Index, interface: NetworkInterface) -> object:
    """Return what interfaces have in common that get the same answers in the same words.

    One without a group, or of which the groups are not all known, stands for itself: answers name it.
    """
    listed = interface.security_groups
    if isinstance(listed, Unknown) or not listed or any(isinstance(each, Unknown) for each in listed):
        return interface.key
    facts = (
        interface.subnet, interface.vpc, interface.region, interface.interface_type, interface.managed_by,
        interface.instance_type, interface.idle_timeouts,
    )  # fmt: skip
    groups = tuple(index.key(each) for each in listed if isinstance(each, str))
    told = tuple(("not known", each.reason) if isinstance(each, Unknown) else each for each in facts)
    return (groups, told, is_classic_load_balancer(interface), interface.assumptions)
