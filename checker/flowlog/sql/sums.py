"""One sum of rejected records, as the rows of a statement tell it, and the aggregate that it is."""

from __future__ import annotations

from collections.abc import Mapping

from checker.flowlog.engine.atoms import DIRECTIONS, FLAGS, SIGNALS, peer_interval, port_interval, time_of
from checker.flowlog.engine.question import Question
from checker.flowlog.sql.keys import number_at, spelled
from checker.flowlog.sql.statements import ATOMS, KEY, SAMPLES, TOPS
from checker.model.record import dataclass, field
from checker.model.traffic import FlowAggregate, Traffic


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
    port_first, port_last = port_interval(cuts.ports.get(found.number("proto"), ()), found.number("port_atom"))
    local, low, high = found.text("local"), found.text("low"), found.text("high")
    peers = sorted(found.top_peers, key=lambda pair: (-pair[1], pair[0]))[:TOPS]
    return FlowAggregate(
        interface=str(found.named["eni"]),
        resource=found.text("resource"),
        account=found.text("account"),
        vpc=found.text("vpc"),
        subnet=found.text("subnet"),
        direction=DIRECTIONS[found.number("way")],
        direction_signal=SIGNALS[found.number("told")],
        protocol=found.number("proto"),
        local=spelled(local) if local else None,
        peer_first=peer_first,
        peer_last=peer_last,
        peer_count=found.peers,
        top_peers=tuple((number_at(key), n) for key, n in peers),
        port_first=port_first,
        port_last=port_last,
        top_ports=tuple(sorted(found.top_ports, key=lambda pair: (-pair[1], pair[0]))[:TOPS]),
        source_port=found.number("service") if found.number("service") >= 0 else None,
        flags=FLAGS[found.number("flags")],
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
        first=time_of(found.number("first_s")),
        last=time_of(found.number("last_e")),
    )
