"""Aggregates that share interface, cause, deciding line and service become one diagnosis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

from checker.filter.joint import Joint, Member
from checker.filter.settle import Settling, service_of
from checker.model.diagnosis import CauseDetail
from checker.model.traffic import FlowAggregate


def joined(settling: Settling, aggregates: Iterable[FlowAggregate]) -> list[Joint]:
    """Return the aggregates in groups that have one answer each."""
    groups: dict[Hashable, list[Member]] = defaultdict(list)
    for flow in aggregates:
        found = settling.settle(flow)
        service = service_of(flow, found.role)
        apart = None if found.answer.expected or found.answer.detail is CauseDetail.ENI else service
        groups[flow.interface, flow.resource, flow.local, found.same, apart].append((flow, found, service))
    return [Joint(settling, members) for members in groups.values()]
