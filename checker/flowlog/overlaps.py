"""Which flow logs of a network write records of the same interfaces into the same log group."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from checker.model.flow_log import FlowLog, LogDestinationType, TrafficType
from checker.model.known import Unknown
from checker.model.model import NetworkModel


def group_of(log: FlowLog) -> str | None:
    """Return the name of the log group that a flow log delivers to; None where it is not known or none."""
    place = log.destination
    if isinstance(place, Unknown | None) or place.type is not LogDestinationType.CLOUD_WATCH_LOGS:
        return None
    if isinstance(place.name, str):
        return place.name
    return place.entity.rpartition(":log-group:")[2].removesuffix(":*") if place.entity is not None else None


def overlapping(model: NetworkModel) -> Mapping[str, tuple[str, ...]]:
    """Return by name of a log group the flow logs of which others record the same interfaces and traffic into it."""
    above: dict[str, tuple[object, ...]] = {each.key: (each.vpc,) for each in model.subnets}
    above |= {each.key: (each.subnet, each.vpc) for each in model.network_interfaces}
    found: dict[str, set[str]] = {}
    for one, other in combinations(model.flow_logs, 2):
        group = group_of(one)
        if group is not None and group == group_of(other) and _alike(one, other) and _nested(one, other, above):
            found.setdefault(group, set()).update((_name(one), _name(other)))
    return {group: tuple(sorted(names)) for group, names in found.items()}


def _alike(one: FlowLog, other: FlowLog) -> bool:
    """Say whether both may record the same verdict."""
    kinds = {kind for kind in (one.traffic_type, other.traffic_type) if not isinstance(kind, Unknown)}
    return kinds != {TrafficType.ACCEPT, TrafficType.REJECT}


def _nested(one: FlowLog, other: FlowLog, above: Mapping[str, tuple[object, ...]]) -> bool:
    first, second = one.target, other.target
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return False
    return first in _places(second, above) or second in _places(first, above)


def _places(target: str, above: Mapping[str, tuple[object, ...]]) -> list[str]:
    return [target, *(place for place in above.get(target, ()) if isinstance(place, str))]


def _name(log: FlowLog) -> str:
    return log.id if isinstance(log.id, str) else log.key
