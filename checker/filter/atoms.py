"""Atoms: the coarsest intervals of peers and ports that no rule of an interface tells apart.

An engine that counts records by atom instead of by address hands over what is small however many peers there are, and
loses nothing: the evaluator gives every packet of an atom the same answer (held by a property test).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeAlias

from checker.filter.cuts import PORTED, Cuts, named_ports, port_cuts
from checker.filter.index import Index, own_addresses
from checker.model.address import Prefix
from checker.model.firewall import Direction
from checker.model.known import Unknown
from checker.model.network import NetworkInterface
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True)
class PolicyClass:
    """Interfaces of which the rules in one direction cut peers and ports alike."""

    number: int
    """0 is the class of what is not known: interface or direction."""
    peers: tuple[int, ...]
    """First address of each interval, ascending, as ``addresses.address_number`` has it: IPv4 as its number, IPv6 with
    2**128 added. 0 and 2**128 are always among them."""
    ports: Mapping[int, tuple[int, ...]]
    """First destination port of each interval by protocol (6 and 17), ascending from 0."""


@dataclass(frozen=True, slots=True)
class AtomPlan:
    """What an engine needs in order to count by atom. Keys are interface ids (``eni-...``)."""

    ingress: Mapping[str, int]
    """Number of the class of each interface for traffic that comes in."""
    egress: Mapping[str, int]
    classes: tuple[PolicyClass, ...]
    """By number: ``classes[n].number == n``."""
    addresses: Mapping[str, tuple[str, ...]]
    """Private addresses of each interface, the primary one first."""
    subnets: Mapping[str, tuple[Prefix, ...]]
    """Address blocks of the subnet of each interface."""
    service_ports: frozenset[int]
    """Ports that some rule names, and sensitive ones: a source port among them may be that of a service."""


_Shape: TypeAlias = tuple[tuple[int, ...], tuple[tuple[int, tuple[int, ...]], ...]]


def atom_plan(index: Index, *, sensitive_ports: Collection[int]) -> AtomPlan:
    """Return the atoms of every interface of a network. ``sensitive_ports`` are kept apart from their neighbours."""
    cuts = Cuts(index)
    plain = (tuple(sorted(cuts.common)), tuple((each, port_cuts((), each, sensitive_ports)) for each in PORTED))
    numbers: dict[_Shape, int] = {}
    classes: dict[Direction, dict[str, int]] = {direction: {} for direction in Direction}
    known = _by_id(index)
    for name, interface in known.items():
        peers = cuts.of_interface(interface)
        for direction in Direction:
            ports = ((each, cuts.ports_of(interface, direction, each, sensitive_ports)) for each in PORTED)
            classes[direction][name] = numbers.setdefault((peers, tuple(ports)), len(numbers) + 1)
    shapes = [(plain, 0), *numbers.items()]
    return AtomPlan(
        ingress=classes[Direction.INGRESS],
        egress=classes[Direction.EGRESS],
        classes=tuple(PolicyClass(number, peers, dict(ports)) for (peers, ports), number in shapes),
        addresses={name: own_addresses(interface)[0] for name, interface in known.items()},
        subnets={name: _blocks(index, interface) for name, interface in known.items()},
        service_ports=named_ports(index) | frozenset(sensitive_ports),
    )


def _by_id(index: Index) -> dict[str, NetworkInterface]:
    """Return the interfaces that have an id, by it: others have no records yet."""
    named = [(each.id, each) for each in index.model.network_interfaces]
    return dict(sorted(((name, each) for name, each in named if isinstance(name, str)), key=lambda pair: pair[0]))


def _blocks(index: Index, interface: NetworkInterface) -> tuple[Prefix, ...]:
    subnet = index.subnet(interface.subnet)
    listed = () if subnet is None or isinstance(subnet.cidrs, Unknown) else subnet.cidrs
    return tuple(each for each in listed if not isinstance(each, Unknown))
