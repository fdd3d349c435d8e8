"""Which flow logs of a network write records of the same interfaces into the same log group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

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
    into: dict[tuple[str, str], list[FlowLog]] = defaultdict(list)
    placed = [(group, log.target, log) for log in model.flow_logs
              if (group := group_of(log)) is not None and not isinstance(log.target, Unknown)]  # fmt: skip
    for group, target, log in placed:
        into[group, target].append(log)
    found: dict[str, set[str]] = defaultdict(set)
    for group, target, log in placed:
        for other in (each for place in _places(target, above) for each in into.get((group, place), ())):
            if other is not log and _alike(log, other):
                found[group].update((_name(log), _name(other)))
    return {group: tuple(sorted(names)) for group, names in found.items()}


def _alike(one: FlowLog, other: FlowLog) -> bool:
    """Say whether both may record the same verdict."""
    kinds = {kind for kind in (one.traffic_type, other.traffic_type) if not isinstance(kind, Unknown)}
    return kinds != {TrafficType.ACCEPT, TrafficType.REJECT}


def _places(target: str, above: Mapping[str, tuple[object, ...]]) -> list[str]:
    return [target, *(place for place in above.get(target, ()) if isinstance(place, str))]


def _name(log: FlowLog) -> str:
    return log.id if isinstance(log.id, str) else log.key
