"""Which flow logs of a network write records of the same interfaces into the same log group, or may."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from checker.flowlog.part import Overlap
from checker.model.flow_log import FlowLog, LogDestinationType, TrafficType
from checker.model.known import Maybe, Unknown
from checker.model.model import NetworkModel


def group_of(log: FlowLog) -> str | None:
    """Return the name of the log group that a flow log delivers to; None where it is not known or none."""
    place = log.destination
    if isinstance(place, Unknown | None) or place.type is not LogDestinationType.CLOUD_WATCH_LOGS:
        return None
    if isinstance(place.name, str):
        return place.name
    _, told, name = (place.entity or "").rpartition(":log-group:")
    return name.removesuffix(":*") if told else None


def overlapping(model: NetworkModel) -> Mapping[str, tuple[Overlap, ...]]:
    """Return by name of a log group which flow logs record the same interfaces and traffic into it.

    First those that do, then those of which that cannot be told, with the reason.
    """
    sure: dict[str, set[str]] = defaultdict(set)
    unsure: dict[str, dict[str, str]] = defaultdict(dict)
    for group, one, other in (*_known_targets(model), *_unknown_targets(model.flow_logs)):
        untold = {_name(log): why for log in (one, other) if (why := _untold(log, one, other)) is not None}
        if untold:
            unsure[group].update(untold)
        else:
            sure[group].update((_name(one), _name(other)))
    return {group: (*_as_overlap(sure.get(group, ())), *_as_overlap(unsure.get(group, ())))
            for group in sorted({*sure, *unsure})}  # fmt: skip


def _as_overlap(logs: Iterable[str]) -> list[Overlap]:
    names = tuple(sorted(logs))
    reason = logs[names[0]] if isinstance(logs, dict) else None
    return [Overlap(logs=names, unknown=reason)] if names else []


def _known_targets(model: NetworkModel) -> Iterator[tuple[str, FlowLog, FlowLog]]:
    """Yield each two flow logs of which one's target is the other's or lies in it, with the group both may write to."""
    above: dict[str, tuple[object, ...]] = {each.key: (each.vpc,) for each in model.subnets}
    above |= {each.key: (each.subnet, each.vpc) for each in model.network_interfaces}
    on: dict[str, list[FlowLog]] = defaultdict(list)
    for log in model.flow_logs:
        if not isinstance(log.target, Unknown):
            on[log.target].append(log)
    for target, logs in on.items():
        places = [target, *(place for place in above.get(target, ()) if isinstance(place, str))]
        for log in logs:
            for other in (each for place in places for each in on.get(place, ())):
                group = group_of(log) or group_of(other)
                if other is not log and group is not None and _may_share(log, other):
                    yield group, log, other


def _unknown_targets(logs: Sequence[FlowLog]) -> Iterator[tuple[str, FlowLog, FlowLog]]:
    """Yield each flow log whose target is not known with one that may record the same, for each group it may be in."""
    into: dict[str, list[FlowLog]] = defaultdict(list)
    for log in logs:
        if (group := group_of(log)) is not None:
            into[group].append(log)
    for log in logs:
        if isinstance(log.target, Unknown) and _may_write_to_a_group(log):
            own = group_of(log)
            for group in into if own is None else (own,):
                others = (each for each in into[group] if each is not log and _may_share(log, each))
                yield from ((group, log, other) for other in islice(others, 1))


def _may_share(one: FlowLog, other: FlowLog) -> bool:
    """Say whether two flow logs may write the same verdicts into the same group, as far as their targets allow it."""
    groups = {group for log in (one, other) if (group := group_of(log)) is not None}
    return (
        len(groups) == 1
        and all(_may_write_to_a_group(log) for log in (one, other))
        and _kinds(one, other) != {TrafficType.ACCEPT, TrafficType.REJECT}
        and not _differ(one.account, other.account)
        and not _differ(one.region, other.region)
    )


def _may_write_to_a_group(log: FlowLog) -> bool:
    place = log.destination
    return isinstance(place, Unknown) or (place is not None and place.type is LogDestinationType.CLOUD_WATCH_LOGS)


def _differ(one: Maybe[str | None], other: Maybe[str | None]) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one != other


def _untold(log: FlowLog, one: FlowLog, other: FlowLog) -> str | None:
    """Return what of a flow log must be known to tell whether two overlap, with the reason; None where all is."""
    if isinstance(log.target, Unknown):
        return f"its target: {log.target.reason}"
    if group_of(log) is None:
        reason = log.destination.reason if isinstance(log.destination, Unknown) else "the log group's name"
        return f"its destination: {reason}"
    if isinstance(log.traffic_type, Unknown) and TrafficType.ALL not in _kinds(one, other):
        return f"its traffic type: {log.traffic_type.reason}"
    return None


def _kinds(*logs: FlowLog) -> set[TrafficType | None]:
    return {log.traffic_type for log in logs if not isinstance(log.traffic_type, Unknown)}


def _name(log: FlowLog) -> str:
    return log.id if isinstance(log.id, str) else log.key
