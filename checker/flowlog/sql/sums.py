"""One sum of rejected records, as the rows of a statement tell it, and the aggregate that it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address
from typing import Final

from checker.flowlog.counts import at
from checker.flowlog.engine.chunk import dotted
from checker.flowlog.engine.question import V6, Question
from checker.flowlog.sql.keys import number_at, spelled
from checker.flowlog.sql.statements import ATOMS, KEY, SAMPLES, TOPS
from checker.model.firewall import Direction
from checker.model.record import dataclass, field
from checker.model.traffic import DirectionSignal, FlagsClass, FlowAggregate, Traffic

_SIGNALS: Final = (DirectionSignal.NOTHING, DirectionSignal.FIELD, DirectionSignal.ADDRESS, DirectionSignal.PATH,
                   DirectionSignal.SUBNET)  # fmt: skip
_DIRECTIONS: Final = (None, Direction.INGRESS, Direction.EGRESS)
_FLAGS: Final = (FlagsClass.NONE, FlagsClass.SYN, FlagsClass.SYN_ACK, FlagsClass.OTHER)
"""By the numbers of ``told``, ``way`` and ``flags`` in the statement."""


@dataclass(slots=True)
class Sum:
    """Rejected records that no rule tells apart."""

    named: Mapping[str, str | None] = field(default_factory=dict)
    """By column: the row that adds up all of them."""
    peers: int = 0
    top_peers: list[tuple[str, int]] = field(default_factory=list)
    """Keys of addresses."""
    top_ports: list[tuple[int, int]] = field(default_factory=list)
    samples: list[tuple[int, str]] = field(default_factory=list)
    """By hour."""

    @staticmethod
    def key_of(named: Mapping[str, str | None]) -> tuple[str | None, ...]:
        """Return what tells a row's sum from others."""
        return tuple(named[name] for name in (*KEY, *ATOMS))

    def number(self, name: str) -> int:
        """Return a column that is a number, 0 where it is missing."""
        return int(self.named[name] or 0)

    def text(self, name: str) -> str | None:
        """Return a column that is a text."""
        return self.named[name] or None


def aggregate_of(found: Sum, question: Question) -> FlowAggregate:
    """Return a sum as the model has it."""
    cuts = question.classes[found.number("class")]
    peer_first, peer_last = peer_interval(cuts.peers, found.number("atom"))
    starts, place = cuts.ports.get(found.number("proto"), ()), found.number("port_atom")
    local, low, high = found.text("local"), found.text("low"), found.text("high")
    peers = sorted(found.top_peers, key=lambda pair: (-pair[1], pair[0]))[:TOPS]
    return FlowAggregate(
        interface=str(found.named["eni"]),
        resource=found.text("resource"),
        account=found.text("account"),
        vpc=found.text("vpc"),
        subnet=found.text("subnet"),
        direction=_DIRECTIONS[found.number("way")],
        direction_signal=_SIGNALS[found.number("told")],
        protocol=found.number("proto"),
        local=spelled(local) if local else None,
        peer_first=peer_first,
        peer_last=peer_last,
        peer_count=found.peers,
        top_peers=tuple((number_at(key), n) for key, n in peers),
        port_first=starts[place] if place >= 0 else None,
        port_last=(starts[place + 1] - 1 if place + 1 < len(starts) else 65535) if place >= 0 else None,
        top_ports=tuple(sorted(found.top_ports, key=lambda pair: (-pair[1], pair[0]))[:TOPS]),
        source_port=found.number("service") if found.number("service") >= 0 else None,
        flags=_FLAGS[found.number("flags")],
        reject_reason=found.text("reason"),
        reverse_accepted=found.number("reverse") == 1,
        same_accepted=found.number("same") == 1,
        traffic=_traffic(found),
        samples=tuple(dict.fromkeys(text for _, text in sorted(found.samples)[:SAMPLES])),
        peer_low=number_at(low) if low else None,
        peer_high=number_at(high) if high else None,
    )


def _traffic(found: Sum) -> Traffic:
    return Traffic(
        records=found.number("n"),
        packets=found.number("packets"),
        bytes=found.number("bytes"),
        first=at(found.number("first_s")),
        last=at(found.number("last_e")),
    )


def peer_interval(starts: Sequence[int], place: int) -> tuple[str, str]:
    """Return the first and last address of an interval of peers."""
    first = starts[place]
    end = starts[place + 1] if place + 1 < len(starts) else 2 * V6
    if first < V6:
        return dotted(first), dotted(min(end, 1 << 32) - 1)
    return str(IPv6Address(first - V6)), str(IPv6Address(end - 1 - V6))
