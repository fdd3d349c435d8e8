"""Recorded traffic, reduced: what the engine hands to the diagnosis, and what was read to get there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from checker.model.finding import Gap
from checker.model.firewall import Direction
from checker.model.later import lazily
from checker.model.loaded import Input
from checker.model.record import dataclass, field


class FlagsClass(StrEnum):
    """What the ``tcp-flags`` of a record tell of the one who sent it. Source: VPC User Guide, ``tcp-flags``."""

    SYN = "syn"
    """SYN without ACK: the sender opens the connection."""
    SYN_ACK = "syn-ack"
    """SYN and ACK: the sender answers."""
    OTHER = "other"
    """Flags are recorded, and no SYN among them: the middle or the end of a connection."""
    NONE = "none"
    """Not recorded, or not TCP."""


class DirectionSignal(StrEnum):
    """What told the direction of a record."""

    FIELD = "flow-direction"
    ADDRESS = "own-address"
    """One side, and only one, is an address of the interface."""
    SUBNET = "subnet"
    """One side, and only one, lies in the subnet of the interface."""
    PATH = "traffic-path"
    """The path is recorded, which AWS does for egress only."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Traffic:
    """How much."""

    records: int
    packets: int
    bytes: int
    first: datetime
    last: datetime


@lazily("samples")
@dataclass(frozen=True, slots=True)
class FlowAggregate:
    """Rejected records that no rule of the interface tells apart: one atom of the rule sets.

    Every security group rule and network ACL entry of the interface treats all peers from ``peer_first`` to
    ``peer_last`` alike, and all destination ports from ``port_first`` to ``port_last``.
    """

    interface: str
    """``interface-id``; ``-`` where AWS gives none."""
    resource: str | None
    """``resource-id``: a regional NAT gateway."""
    account: str | None
    vpc: str | None
    subnet: str | None
    """As the records tell them; None where the format lacks the field."""
    direction: Direction | None
    """Seen from the interface; None where the record does not tell."""
    direction_signal: DirectionSignal
    protocol: int
    """IANA number."""
    local: str | None
    """Address on the interface's side; None where the direction is unknown."""
    peer_first: str
    peer_last: str
    """Closed interval of addresses of one family. With an unknown direction: of the source."""
    peer_count: int
    """Distinct peers seen."""
    top_peers: Sequence[tuple[int, int]]
    """Peers with most records, and their records: a tuple, or ``Ranked``, which equals it.

    Peers as numbers, IPv6 from 2**128 on: few are ever shown.
    """
    port_first: int | None
    port_last: int | None
    """Closed interval of destination ports; None where the protocol has none."""
    top_ports: Sequence[tuple[int, int]]
    """Destination ports with most records, and their records."""
    source_port: int | None
    """Source port where it may be that of a service (below 1024, sensitive, or named by a rule); None otherwise."""
    flags: FlagsClass
    reject_reason: str | None
    """``BPA`` or ``EC``."""
    reverse_accepted: bool
    """The same conversation was accepted in the other direction at about that time."""
    same_accepted: bool
    """Records of the same conversation and direction were accepted at about that time."""
    traffic: Traffic
    samples: tuple[str, ...]
    """Up to three of the records, fields as logged."""
    peer_low: int | None = None
    peer_high: int | None = None
    """Lowest and highest peer seen, as numbers; None for IPv6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceSeen:
    """What was recorded of one interface."""

    interface: str
    accepted: int
    rejected: int
    no_data: int
    """``NODATA`` records: the interface was watched and silent."""
    skipped: int
    """``SKIPDATA`` records: AWS lost some."""
    first: datetime
    last: datetime
    flow_logs: tuple[str, ...]
    """Flow log ids, where object or stream names tell them."""
    account: str | None = None
    vpc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One hour of the timeline."""

    start: datetime
    accepted: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFormat:
    """One record format that was met."""

    fields: tuple[str, ...]
    """Names as AWS writes them (``interface-id``), in order; unknown ones kept."""
    told_by: str
    """header, flow-log, option, default or columns (Parquet)."""
    files: int


FILES_AGAIN: Final = "files found again"
"""Fact of a summary: files that several of the asked places lead to, or copies; each was read once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficSummary:
    """What was read, without the aggregates: for reports."""

    records: int
    """Records read, inside the window and the filters."""
    accepted: int
    rejected: int
    no_data: int
    skipped: int
    outside: int
    """Records read and left out by window or filter."""
    duplicates: int
    """Records left out because another flow log recorded the same."""
    unreadable: int
    """Lines that are no record; each file that has some is a gap."""
    files: int
    bytes_read: int
    """As stored, compressed."""
    first: datetime | None
    last: datetime | None
    timeline: tuple[Hour, ...] = ()
    formats: tuple[LogFormat, ...] = ()
    top_rejected: tuple[tuple[str, int], ...] = ()
    """Addresses with most rejected records, any interface."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Engine, bytes scanned in Athena, and the like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficLog:
    """Everything that the engine learned from the log sources."""

    aggregates: tuple[FlowAggregate, ...]
    interfaces: tuple[InterfaceSeen, ...]
    summary: TrafficSummary
    gaps: tuple[Gap, ...] = ()
    inputs: tuple[Input, ...] = ()
