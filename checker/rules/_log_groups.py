"""Log groups that flow logs deliver to, and what is attached to them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TypeVar

from checker.model.destination import LogGroup
from checker.model.entity import Entity
from checker.model.flow_log import FlowLog, LogDestinationType
from checker.model.known import Key, Maybe, Unknown
from checker.model.monitoring import MetricFilter, SubscriptionFilter
from checker.model.record import dataclass
from checker.rules._destination import account_text, arn_text, destroyed, is_empty, same_account
from checker.rules._rule import Context, Outcome
from checker.rules._say import fact, name, not_applicable, unknown
from checker.rules._text import Tri, all_of, any_of, equal, text_of

F = TypeVar("F", MetricFilter, SubscriptionFilter)


@dataclass(frozen=True, slots=True)
class Sink:
    """A log group with the flow logs that deliver to it."""

    entity: Entity
    """The log group; the first of its flow logs where the group is not in the model."""
    group: LogGroup | None
    logs: tuple[FlowLog, ...]
    arn: str | None = None
    """ARN of a group that is not in the model, with ``⟦…⟧`` for what is not known of it."""

    @property
    def outside(self) -> bool:
        """Whether other configurations may add to the group: it is not in the model, or only read there."""
        return self.group is None or not self.group.origin.managed


def sinks(ctx: Context) -> dict[Key, Sink]:
    """Return the log groups that flow logs deliver to, by the key of their entity."""
    memo = ("log group sinks",)
    found = ctx.memory.get(memo)
    if not isinstance(found, dict):
        found = ctx.memory[memo] = _sinks(ctx)
    return found


def _sinks(ctx: Context) -> dict[Key, Sink]:
    inside: dict[Key, list[FlowLog]] = {}
    outside: dict[str, list[FlowLog]] = {}
    for log in ctx.model.flow_logs:
        destination = log.destination
        if isinstance(destination, Unknown):
            outside.setdefault(f"destination of {log.key}", []).append(log)
        elif destination.type is LogDestinationType.CLOUD_WATCH_LOGS and not is_empty(destination):
            group = ctx.model.by_key.get(destination.entity or "")
            if isinstance(group, LogGroup):
                inside.setdefault(group.key, []).append(log)
            else:
                outside.setdefault(arn_text(log, destination) or f"destination of {log.key}", []).append(log)
    groups = {key: ctx.model.by_key[key] for key in inside}
    made = [Sink(groups[key], group_of(groups[key]), tuple(logs)) for key, logs in inside.items()]
    made += [Sink(logs[0], None, tuple(logs), arn) for arn, logs in outside.items()]
    return {sink.entity.key: sink for sink in made}


def group_of(entity: Entity) -> LogGroup | None:
    """Return a log group as what it is."""
    return entity if isinstance(entity, LogGroup) else None


def not_to_be_judged(sink: Sink, ctx: Context) -> Outcome | None:
    """Return the outcome for flow logs of which the group is not known, or known to be gone."""
    log = sink.logs[0]
    if sink.group is not None:
        return None
    if isinstance(log.destination, Unknown):
        reason = log.destination.reason
        return unknown(f"{name(log)}: the destination is not known ({reason}).", [fact(reason, log)], {"logs": 1})
    gone = destroyed(log, ctx)
    if gone is not None:
        reason = f"this plan destroys the log group {name(gone)}"
        return not_applicable(f"{name(log)}: {reason} (FL005).", [fact(reason, gone)])
    absent = ctx.model.absent_for(sink.arn or "")
    if absent is not None:
        reason = f"the log group does not exist ({absent.says})"
        return not_applicable(f"{name(log)}: {reason} (FL005).", [fact(reason, log)])
    return None


def title_of(sink: Sink) -> str:
    """Return the group as a person knows it."""
    return name(sink.group) if sink.group is not None else f"log group {sink.arn} of {name(sink.entity)}"


def attached(ctx: Context, filters: Sequence[F], sink: Sink) -> tuple[list[F], list[F]]:
    """Return the filters on a group: those that certainly are, and those that may be."""
    sure: list[F] = []
    maybe: list[F] = []
    for each in _near(ctx, filters, sink):
        answer = _is_on(each, sink)
        if isinstance(each.exists, Unknown) and answer is True:
            answer = None
        if answer is not False:
            (sure if answer else maybe).append(each)
    return sure, maybe


def _near(ctx: Context, filters: Sequence[F], sink: Sink) -> Sequence[F]:
    """Return the filters that may be on a group: those that name it, and those of which it is not known."""
    group = sink.group
    if group is None or not filters:
        return filters
    memo = ("filters by group", type(filters[0]).__name__)
    found = ctx.memory.get(memo)
    by_group = found if isinstance(found, dict) else _by_group(filters)
    ctx.memory[memo] = by_group
    here: list[F] = by_group.get(group.key, []) + by_group.get(None, [])
    return sorted(here, key=attrgetter("key"))


def _by_group(filters: Sequence[F]) -> dict[Key | None, list[F]]:
    made: dict[Key | None, list[F]] = {}
    for each in filters:
        made.setdefault(None if isinstance(each.log_group, Unknown) else each.log_group, []).append(each)
    return made


def _is_on(one: MetricFilter | SubscriptionFilter, sink: Sink) -> Tri:
    wanted: Maybe[Key] = one.log_group
    if isinstance(wanted, Unknown):
        return None if not wanted.among or sink.entity.key in wanted.among else False
    if sink.group is not None:
        return wanted == sink.group.key
    return any_of(*(_names(one, wanted, log) for log in sink.logs[:1]))


def _names(one: Entity, text: str, log: FlowLog) -> Tri:
    """Say whether a text names the group outside the model that a log delivers to."""
    destination = log.destination
    if isinstance(destination, Unknown):
        return None
    if text.startswith("arn:"):
        return equal(text, arn_text(log, destination) or "")
    called = text_of(destination.name or "", f"name of the group of {log.key}")
    return all_of(equal(text, called), same_place(one, log))


def same_place(one: Entity, other: Entity) -> Tri:
    """Say whether two entities lie in one account and region."""
    if isinstance(one.region, Unknown) and isinstance(other.region, Unknown) and one.region == other.region:
        region: Tri = True if one.origin.root == other.origin.root else None
    else:
        region = equal(text_of(one.region, f"region of {one.key}"), text_of(other.region, f"region of {other.key}"))
    return all_of(same_account(one, other), region)


def place_of(entity: Entity) -> str:
    """Return account and region as text."""
    return f"{account_text(entity)}/{text_of(entity.region, 'region')}"
