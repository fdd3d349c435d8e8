"""What is asked of the logs, as plain values: the engine knows nothing of groups and ACLs, only of cuts."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network

from checker.flowlog.part import Window
from checker.model.address import V6
from checker.model.record import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """Where the rules of one class of interfaces may change their minds."""

    peers: tuple[int, ...]
    """First numbers of the intervals of peer addresses, ascending; IPv4 from 0, IPv6 from ``V6``."""
    ports: Mapping[int, tuple[int, ...]]
    """By protocol with ports: first destination ports of the intervals, ascending from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything that the reduction needs of the network."""

    window: Window = field(default_factory=Window)
    classes: tuple[Cuts, ...] = (Cuts(peers=(0, V6), ports={}),)
    """Class 0 is for interfaces that are not known and for records whose direction is not."""
    ingress: Mapping[str, int] = field(default_factory=dict)
    egress: Mapping[str, int] = field(default_factory=dict)
    """Class of each interface, by its id and by direction."""
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Own addresses of each interface."""
    subnets: Mapping[str, tuple[IPv4Network | IPv6Network, ...]] = field(default_factory=dict)
    """Blocks of the subnet of each interface."""
    of_vpcs: frozenset[str] = frozenset()
    """Interfaces of the window's VPCs, for records that do not name their VPC."""
    service_ports: frozenset[int] = frozenset()
    """Ports from 1024 up that a service may listen on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the engine may use of the machine."""

    memory: int = 700
    """MiB that DuckDB takes before it spills to disk."""
    threads: int = 2
