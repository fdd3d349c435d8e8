"""A flow log records what another one records already.

## What it checks

Pairs of flow logs of which one records all that the other does: on the same target or on the VPC or subnet around it,
with the same or more traffic types, the same or a shorter interval, and at least the same fields. The one that adds
nothing fails; of two equal ones, the one that comes second in order. The one that stays must itself qualify: it is
not known to fail, and delivers to an allowed destination.

Only logs to the same place are compared, for an archive in a bucket beside a log group with alarms has its reason. A
policy may call that waste too.

## Why it matters

Every record is paid for twice. In one place, every count taken from the logs is wrong by a factor of two.

## When it cannot tell

When the target, the traffic type, the interval, the format or the destination of one of the two is not known, and
nothing that is known tells them apart.

## Parameters

- `allow_second_destination` (true): whether the same traffic may be recorded to two destinations.

## Remediation

Delete the flow log that adds nothing. What it delivered stays where it is.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-basics.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-pricing.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Remediation, Severity
from checker.model.flow_log import FlowLog, FlowLogTarget, LogDestination
from checker.model.known import Maybe, Unknown
from checker.rules._coverage import Scopes, chain_of, scopes, target_of, types_of
from checker.rules._destination import describe
from checker.rules._fields import DEFAULT_FIELDS, TRANSIT_FIELDS, fields_of
from checker.rules._fix import address_of
from checker.rules._qualify import quality
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import confidence_of, fact, failed, name, of_kind, passed, unknown
from checker.rules._text import Tri, all_of, equal_maybe

TRANSIT: Final = (FlowLogTarget.TRANSIT_GATEWAY, FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT)


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every flow log."""
    return ctx.model.flow_logs


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Look for a flow log that records all that this one does."""
    log = of_kind(FlowLog, entity)
    here = scopes(ctx)
    anywhere = params.get("allow_second_destination") is False
    doubt: FlowLog | None = None
    for other in _partners(here, log, ctx):
        answer = _covers(other, log, here, ctx, anywhere=anywhere)
        if answer is True:
            return _redundant(log, other)
        if answer is None and doubt is None:
            doubt = other
    if doubt is not None:
        reason = f"whether {name(doubt)} records all that {name(log)} does is not known"
        return unknown(f"{reason[0].upper()}{reason[1:]}.", [fact(reason, doubt)], {"doubt": doubt.key})
    hidden = _hidden(log, here, ctx, anywhere=anywhere)
    if hidden is not None:
        return unknown(
            f"Whether {name(log)} is redundant is not known: {hidden}.", [fact(hidden, log)], {"doubt": None}
        )
    evidence = [fact("no other flow log records all that this one does", log)]
    return passed(f"{name(log)} is not redundant.", evidence, {"redundant_to": None}, confidence=confidence_of(log))


def _partners(here: Scopes, log: FlowLog, ctx: Context) -> list[FlowLog]:
    """Return the logs that certainly or possibly record the same target, best evidence first."""
    target = target_of(here, log)
    if target is None:
        if isinstance(log.target, Unknown):
            return [other for other in _alike(here, ctx, log.target) if other.key != log.key]
        return [other for other in here.logs.get(here.identity(log.target), []) if other.key != log.key]
    found = [other for scope in chain_of(here, target) for other in here.any(scope) if other.key != log.key]
    return sorted({other.key: other for other in found}.values(), key=lambda other: other.key)


def _hidden(log: FlowLog, here: Scopes, ctx: Context, *, anywhere: bool) -> str | None:
    """Return why a log that makes this one superfluous may stand where nobody can see it; None where none can."""
    unread = ctx.model.unread_for("aws_flow_log", log.origin.root)
    if unread is not None:
        return f"there may be further flow logs ({unread.reason})"
    if not isinstance(log.target, Unknown):
        return None
    for other in ctx.model.flow_logs:
        place = True if anywhere else _same_place(other.destination, log.destination)
        if other.key != log.key and all_of(place, _at_least(other, log)) is not False and _may_meet(log, other, here):
            return f"what it records is not known ({log.target.reason}), and {name(other)} may record the same"
    return None


def _may_meet(log: FlowLog, other: FlowLog, here: Scopes) -> bool:
    """Say whether two logs may have one target, the target of the first being unknown."""
    if isinstance(log.target, Unknown) and log.target.among and not isinstance(other.target, Unknown):
        return here.identity(other.target) in {here.identity(key) for key in log.target.among}
    return other.key < log.key or not isinstance(other.target, Unknown)


def _alike(here: Scopes, ctx: Context, target: Unknown) -> list[FlowLog]:
    """Return the logs whose target is not known and yet certainly this one: equal symbols."""
    memo = ("logs by symbol",)
    if memo not in ctx.memory:
        made: dict[str, list[FlowLog]] = defaultdict(list)
        for log in here.floating:
            if isinstance(log.target, Unknown) and log.target.symbol is not None:
                made[log.target.symbol].append(log)
        ctx.memory[memo] = made
    found = ctx.memory[memo]
    return list(found.get(target.symbol, [])) if isinstance(found, dict) else []


def _same_unknown(log: FlowLog, other: FlowLog) -> bool:
    return equal_maybe(log.target, other.target) is True


def _covers(other: FlowLog, log: FlowLog, here: Scopes, ctx: Context, *, anywhere: bool) -> Tri:
    """Say whether ``other`` makes ``log`` superfluous. Of two equal logs, the one that sorts later is."""
    if other.key > log.key and _equals(other, log, here):
        return False
    return all_of(
        _exists(other, log),
        True if anywhere else _same_place(other.destination, log.destination),
        _at_least(other, log),
        not quality(other, ctx).failed,
    )


def _equals(other: FlowLog, log: FlowLog, here: Scopes) -> bool:
    same_target = equal_maybe(_target(here, other), _target(here, log)) is True
    return same_target and _at_least(log, other) is True


def _target(here: Scopes, log: FlowLog) -> Maybe[str | None]:
    return log.target if isinstance(log.target, Unknown) else here.identity(log.target)


def _exists(other: FlowLog, log: FlowLog) -> Tri:
    if isinstance(other.exists, Unknown):
        return None
    if isinstance(other.target, Unknown) and not _same_unknown(log, other):
        return None
    return True


def _same_place(one: Maybe[LogDestination], other: Maybe[LogDestination]) -> Tri:
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        return None
    if one.type is not other.type:
        return False
    if one.entity is not None and other.entity is not None:
        return all_of(one.entity == other.entity, equal_maybe(one.prefix, other.prefix))
    if one.arn is None or other.arn is None:
        return False
    return equal_maybe(one.arn, other.arn)


def _at_least(other: FlowLog, log: FlowLog) -> Tri:
    """Say whether ``other`` records at least what ``log`` does, record by record."""
    return all_of(_traffic(other, log), _interval(other, log), _fields(other, log))


def _traffic(other: FlowLog, log: FlowLog) -> Tri:
    if isinstance(other.traffic_type, Unknown) or isinstance(log.traffic_type, Unknown):
        return True if equal_maybe(other.traffic_type, log.traffic_type) is True else None
    return types_of(log.traffic_type) <= types_of(other.traffic_type)


def _interval(other: FlowLog, log: FlowLog) -> Tri:
    mine, theirs = log.max_aggregation_interval, other.max_aggregation_interval
    if isinstance(mine, Unknown) or isinstance(theirs, Unknown):
        return None
    return theirs <= mine


def _fields(other: FlowLog, log: FlowLog) -> Tri:
    mine, theirs = _field_set(log), _field_set(other)
    return None if mine is None or theirs is None else mine <= theirs


def _field_set(log: FlowLog) -> frozenset[str] | None:
    if isinstance(log.log_format, Unknown):
        return None
    if log.log_format is not None:
        return frozenset(fields_of(log.log_format))
    if isinstance(log.target_type, Unknown):
        return None
    return TRANSIT_FIELDS if log.target_type in TRANSIT else frozenset(DEFAULT_FIELDS)


def _redundant(log: FlowLog, other: FlowLog) -> Outcome:
    theirs = name(other) if other.origin.root == log.origin.root else f"{name(other)} of {other.origin.root}"
    evidence = [
        fact(f"{theirs} records the same traffic or more, as finely, to {describe(other.destination)}", other),
        fact(f"{name(log)} delivers to {describe(log.destination)}", log),
        fact("it adds no record, only cost", log),
    ]
    address = address_of(log)
    what = address.local if address is not None else log.key
    cli = f"aws ec2 delete-flow-logs --flow-log-ids {log.id}" if isinstance(log.id, str) else None
    where = f" in {address.module}" if address is not None and address.module else ""
    fix = Remediation(summary=f"Remove {what}{where}.", terraform=f"# remove {what}{where}\n", cli=cli)
    message = f"{name(log)} records what {theirs} records already."
    return failed(message, evidence, {"redundant_to": other.key}, fix, confidence=confidence_of(log, other))


RULE: Final = Rule(
    id="FL009",
    name="flow-log-redundant",
    title="Flow log that records what another one records already",
    severity=Severity.LOW,
    subjects=subjects,
    check=check,
    why="Every record is paid for twice, and counts taken from the logs are wrong.",
    default_params={"allow_second_destination": True},
    params_schema={"allow_second_destination": {"type": "boolean"}},
)
