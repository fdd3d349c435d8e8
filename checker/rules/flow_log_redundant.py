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
nothing that is known tells them apart; when what a subnet or interface lies in is not known; when part of the input
that may hold flow logs was not read.

## Parameters

- `allow_second_destination` (true): whether the same traffic may be recorded to two destinations.

## Remediation

Delete the flow log that adds nothing. What it delivered stays where it is.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-basics.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-pricing.html
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from shlex import quote
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Remediation, Severity
from checker.model.flow_log import FlowLog, FlowLogTarget
from checker.model.known import Unknown
from checker.rules._coverage import scopes, types_of
from checker.rules._destination import describe
from checker.rules._doubles import Shelves, kind_of, same_place, shelve
from checker.rules._fields import DEFAULT_FIELDS, TRANSIT_FIELDS, fields_of
from checker.rules._fix import address_of
from checker.rules._fix_live import command
from checker.rules._qualify import quality
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import beside, confidence_of, fact, failed, name, of_kind, passed, unknown
from checker.rules._text import Tri, all_of, equal_maybe

TRANSIT: Final = (FlowLogTarget.TRANSIT_GATEWAY, FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT)


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every flow log."""
    return ctx.model.flow_logs


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Look for a flow log that records all that this one does."""
    log = of_kind(FlowLog, entity)
    shelves = _shelves(ctx, anywhere=params.get("allow_second_destination") is False)
    other, sure = _double(log, shelves, ctx)
    if other is not None and sure:
        return _redundant(log, other)
    if other is not None:
        reason = f"whether {beside(other, log)} records all that {name(log)} does is not known"
        why = _open_target(log) or _open_target(other)
        evidence = [fact(reason, other), *([fact(why, log)] if why else [])]
        message = f"{reason[0].upper()}{reason[1:]}{f': {why}' if why else ''}."
        return unknown(message, evidence, {"doubt": other.key})
    unread = ctx.model.unread_for("aws_flow_log", log.origin.root)
    if unread is not None:
        reason = f"there may be further flow logs ({unread.reason})"
        return unknown(
            f"Whether {name(log)} is redundant is not known: {reason}.", [fact(reason, log)], {"doubt": None}
        )
    evidence = [fact("no other flow log records all that this one does", log)]
    return passed(f"{name(log)} is not redundant.", evidence, {"redundant_to": None}, confidence=confidence_of(log))


def _open_target(log: FlowLog) -> str | None:
    return f"what {name(log)} stands on is not known ({log.target.reason})" if isinstance(log.target, Unknown) else None


def _shelves(ctx: Context, *, anywhere: bool) -> Shelves:
    """Return the logs, sorted by where they stand and deliver to; done once for a model."""
    memo = ("shelves", str(anywhere))
    found = ctx.memory.get(memo)
    if not isinstance(found, Shelves):
        failed = frozenset(log.key for log in ctx.model.flow_logs if quality(log, ctx).failed)
        found = ctx.memory[memo] = shelve(scopes(ctx), failed, anywhere=anywhere)
    return found


def _double(log: FlowLog, shelves: Shelves, ctx: Context) -> tuple[FlowLog | None, bool]:
    """Return a log that makes this one superfluous and True; one that may and False; None where there is none."""
    doubt: FlowLog | None = None
    for shelf, stands, same in shelves.related(log):
        if stands is None and doubt is not None:
            break
        for other in chain(shelf.certain(log), shelf.open(log)):
            answer = False if other.key == log.key else _covers(other, log, stands, ctx, shelves.anywhere, same=same)
            if answer is True:
                return other, True
            if answer is None and doubt is None:
                doubt = other
            if doubt is not None and stands is None:
                break
    return doubt, False


def _covers(other: FlowLog, log: FlowLog, stands: Tri, ctx: Context, anywhere: bool, *, same: bool) -> Tri:
    """Say whether ``other`` makes ``log`` superfluous. Of two equal logs, the one that sorts later is."""
    alone = same or (stands is None and kind_of(other) is not None and kind_of(other) is kind_of(log))
    if alone and other.key > log.key and _at_least(log, other) is True:
        return False
    return all_of(
        stands,
        None if isinstance(other.exists, Unknown) else True,
        True if anywhere else same_place(other.destination, log.destination),
        _at_least(other, log),
        not quality(other, ctx).failed,
    )


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
    theirs = beside(other, log)
    evidence = [
        fact(f"{theirs} records the same traffic or more, as finely, to {describe(other.destination)}", other),
        fact(f"{name(log)} delivers to {describe(log.destination)}", log),
        fact("it adds no record, only cost", log),
    ]
    address = address_of(log)
    what = address.local if address is not None else log.key
    cli = command(log, f"ec2 delete-flow-logs --flow-log-ids {quote(log.id)}") if isinstance(log.id, str) else None
    where = f" in {address.module}" if address is not None and address.module else ""
    text = f"# remove {what}{where}\n" if address is not None else None
    fix = Remediation(summary=f"Remove {what}{where}.", terraform=text, cli=cli)
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
