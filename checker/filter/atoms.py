"""Atoms: the coarsest intervals of peers and ports that no rule of an interface tells apart.

An engine that counts records by atom instead of by address hands over what is small however many peers there are, and
loses nothing: the evaluator gives every packet of an atom the same answer (held by a property test).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from checker.filter.index import Index
from checker.model.address import Prefix
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


def atom_plan(index: Index, *, sensitive_ports: Collection[int]) -> AtomPlan:
    """Return the atoms of every interface of a network. ``sensitive_ports`` are kept apart from their neighbours."""
    from checker.filter.cuts import plan  # noqa: PLC0415 - filled in below

    return plan(index, sensitive_ports)
