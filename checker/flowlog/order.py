"""The order of aggregates: one for all that answer, so that equal answers are equal lists."""

from __future__ import annotations

from checker.model.traffic import FlowAggregate


def order_of(found: FlowAggregate) -> tuple[object, ...]:
    """Return what aggregates are put in order by: all that makes them differ, then what they add up."""
    added, first, service = found.traffic, found.port_first, found.source_port
    return (
        found.interface, found.resource or "", found.direction or "", found.protocol, found.local or "",
        ":" in found.peer_first, found.peer_first, -1 if first is None else first, -1 if service is None else service,
        found.flags, found.reject_reason or "", found.reverse_accepted, found.same_accepted, found.direction_signal,
        found.account or "", found.vpc or "", found.subnet or "",
        added.first, added.last, added.records, added.packets, added.bytes,
    )  # fmt: skip
