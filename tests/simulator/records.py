"""What AWS writes down of simulated traffic: flow log records of one minute each.

Sources: VPC User Guide, "Flow log records" and "Flow log limitations": an interface's IPv4 address is always given as
its primary one, ``pkt-srcaddr`` and ``pkt-dstaddr`` tell the true ones; flags are OR-ed over the minute, and ACK alone
is 0; accepted and rejected packets have records of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.simulator.network import ACK, SYN, Refusal, Seen, Stage
from tests.simulator.world import ICMP, ICMPV6, TCP, Address, Eni, Way, World

EPOCH: Final = 1_772_359_200
"""2026-03-01 10:00 UTC: second 0 of the simulation."""

_DEFAULT: Final = """
version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
"""
_CUSTOM: Final = """
version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr srcport dstport pkt-srcaddr
pkt-dstaddr protocol bytes packets start end action tcp-flags flow-direction traffic-path region az-id reject-reason
log-status
"""
DEFAULT: Final = tuple(_DEFAULT.split())
CUSTOM: Final = tuple(_CUSTOM.split())
"""In no usual order, with fields of versions 2 to 8."""
NUMBERS: Final = frozenset(
    ("version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "tcp-flags", "traffic-path")
)


@dataclass(slots=True)
class Record:
    """One record. ``refusals`` is the truth: why its packets were refused, none where they were accepted."""

    eni: Eni
    way: Way
    protocol: int
    source: Address
    destination: Address
    source_port: int
    port: int
    rejected: bool
    true_source: Address
    true_destination: Address
    start: float
    end: float
    flags: int = 0
    packets: int = 0
    size: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def peer(self) -> Address:
        return self.source if self.way is Way.IN else self.destination

    @property
    def conversation(self) -> tuple[object, ...]:
        """What the record has in common with those of the same packets' direction."""
        return (self.eni.id, self.protocol, self.source, self.source_port, self.destination, self.port)

    @property
    def reverse(self) -> tuple[object, ...]:
        return (self.eni.id, self.protocol, self.destination, self.port, self.source, self.source_port)


def records_of(seen: Iterable[Seen]) -> list[Record]:
    """Return the records of what interfaces saw, in order of time."""
    made: dict[tuple[object, ...], Record] = {}
    for each in seen:
        record = _begun(each)
        memo = (*record.conversation, each.way, record.rejected, record.true_source, record.true_destination,
                int(each.time // 60))  # fmt: skip
        record = made.setdefault(memo, record)
        record.end = max(record.end, each.time)
        record.packets += 1
        record.size += each.packet.size
        flags = each.packet.flags
        record.flags |= flags if flags & SYN else flags & ~ACK
        if each.refusal is not None:
            record.refusals.append(each.refusal)
    return sorted(made.values(), key=lambda record: record.start)


def _begun(each: Seen) -> Record:
    packet, eni = each.packet, each.eni
    source, destination = packet.source, packet.destination
    if eni.primary.version == source.version:
        source = eni.primary if each.way is Way.OUT else source
        destination = eni.primary if each.way is Way.IN else destination
    return Record(
        eni, each.way, packet.protocol, source, destination, packet.source_port, packet.port, each.refusal is not None,
        packet.source, packet.destination, each.time, each.time,
    )  # fmt: skip


def fields_of(world: World, record: Record) -> dict[str, str]:
    """Return the record as its fields read, whatever the format."""
    eni = record.eni
    outward = record.way is Way.OUT
    return {
        "version": "2",
        "account-id": world.account,
        "interface-id": eni.id,
        "srcaddr": str(record.source),
        "dstaddr": str(record.destination),
        "srcport": str(record.source_port),
        "dstport": str(record.port),
        "protocol": str(record.protocol),
        "packets": str(record.packets),
        "bytes": str(record.size),
        "start": str(EPOCH + int(record.start)),
        "end": str(EPOCH + int(record.start) // 60 * 60 + 59),
        "action": "REJECT" if record.rejected else "ACCEPT",
        "log-status": "OK",
        "vpc-id": eni.vpc,
        "subnet-id": eni.subnet,
        "instance-id": "i-0" + eni.id.removeprefix("eni-") if eni.kind == "interface" else "-",
        "type": f"IPv{record.source.version}",
        "pkt-srcaddr": str(record.true_source),
        "pkt-dstaddr": str(record.true_destination),
        "tcp-flags": str(record.flags if record.protocol == TCP else 0),
        "flow-direction": record.way.value,
        "traffic-path": ("1" if any(record.destination in net for net in world.vpcs[eni.vpc].nets) else "8")
        if outward
        else "-",
        "region": world.region,
        "az-id": "euw1-az1",
        "reject-reason": "BPA" if any(each.stage is Stage.BLOCK for each in record.refusals) else "-",
    }


def lines(world: World, found: Iterable[Record], names: Sequence[str]) -> dict[int, list[str]]:
    """Return records as lines of text, by the five minutes that they are delivered with."""
    made: dict[int, list[str]] = defaultdict(list)
    version = "2" if names == DEFAULT else "8"
    for record in found:
        values = fields_of(world, record) | {"version": version}
        made[int(record.start // 300)].append(" ".join(values[name] for name in names))
    return made


def silence(world: World, eni: Eni, names: Sequence[str], status: str, start: int) -> str:
    """Return a record of nothing: NODATA, or SKIPDATA where AWS lost some."""
    known = {
        "version": "2" if names == DEFAULT else "8", "account-id": world.account, "interface-id": eni.id,
        "start": str(EPOCH + start), "end": str(EPOCH + start + 59), "log-status": status,
    }  # fmt: skip
    return " ".join(known.get(name, "-") for name in names)


def is_icmp(protocol: int) -> bool:
    return protocol in (ICMP, ICMPV6)
