"""Aggregates that share interface, cause, deciding line and service become one diagnosis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

from checker.filter.joint import Joint, Member
from checker.filter.settle import Settling, service_of
from checker.model.traffic import FlowAggregate


def joined(settling: Settling, aggregates: Sequence[FlowAggregate]) -> list[Joint]:
    """Return the aggregates in groups that have one answer each."""
    groups: dict[Hashable, list[Member]] = defaultdict(list)
    for flow, found in zip(aggregates, settling.settle(aggregates), strict=True):
        service = service_of(flow, found.role)
        apart = None if found.whole else service
        groups[flow.interface, flow.resource, flow.local, found.same, apart].append((flow, found, service))
    return [Joint(settling, members) for members in groups.values()]
