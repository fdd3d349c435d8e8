"""The plan replaces a flow log that coverage needs, and nothing records the traffic in between.

## What it checks

Flow logs that the plan destroys before it creates their replacement, where coverage stands before and after. Every
argument of a flow log but its tags forces a replacement, so the smallest change opens the gap. A flow log that is
destroyed under one address while another is created for the same target counts too: Terraform orders the two in no
way (a `moved` block avoids that).

No gap is reported where other flow logs that stay record the same traffic, or where the target itself is replaced.
Coverage that ends for good is FL001's to report.

## Why it matters

A new flow log takes minutes until it records. Between the two nothing is recorded, and the time is known in advance
to everybody who can read the plan.

## When it cannot tell

When the target after the plan comes from an expression that cannot be evaluated.

## Parameters

None.

## Remediation

Add `lifecycle { create_before_destroy = true }` to the flow log; for a renamed one, a `moved` block.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-limitations.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-basics.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Confidence, Json, Remediation, Severity
from checker.model.flow_log import FlowLog
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, ResourceChange
from checker.model.network import Vpc
from checker.rules._changes import changes_of
from checker.rules._coverage import PRESENT, Captured, Scopes, chain_of, scopes, target_of, types_of
from checker.rules._fix import address_of, own_block
from checker.rules._lost import before_scopes
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import fact, failed, name, not_applicable, of_kind, passed, unknown

_REPLACED: Final = (ChangeAction.REPLACE, ChangeAction.REPLACE_CREATE_FIRST)
_NEW_TARGET: Final = (ChangeAction.CREATE, *_REPLACED)


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return the flow logs that the plan replaces, under the same address or another."""
    for log in ctx.model.flow_logs:
        if _predecessor(log, ctx) is not None:
            yield log


def _predecessor(log: FlowLog, ctx: Context) -> tuple[FlowLog, ResourceChange] | None:
    """Return the log that this one takes the place of, and the change that does it."""
    change = changes_of(ctx).by_after.get(log.key)
    if change is None or ctx.before is None:
        return None
    if change.action in _REPLACED:
        old = ctx.before.by_key.get(change.before_key or log.key)
        return (old, change) if isinstance(old, FlowLog) else None
    return _renamed(log, ctx) if change.action is ChangeAction.CREATE else None


def _renamed(log: FlowLog, ctx: Context) -> tuple[FlowLog, ResourceChange] | None:
    """Return a destroyed log of the same target, which this one is created to follow."""
    deleted = changes_of(ctx).deleted.get("aws_flow_log", [])
    if not deleted:
        return None
    before, here = before_scopes(ctx), scopes(ctx)
    target = target_of(here, log)
    if before is None or target is None or ctx.before is None:
        return None
    old_target = ctx.before.by_key.get(changes_of(ctx).key_before(target.key))
    if old_target is None:
        return None
    gone = {change.before_key: change for change in deleted}
    for old in (log for scope in _around(before, old_target) for log in before.certain(scope)):
        if old.key in gone and types_of_log(old) & types_of_log(log):
            return old, gone[old.key]
    return None


def _around(before: Scopes, target: Entity) -> list[Entity]:
    """Return a target, what it stands in, and the subnets in it: a log on any of these recorded some of its traffic."""
    inside = before.members(target)[0] if isinstance(target, Vpc) else []
    return [*chain_of(before, target), *inside]


def types_of_log(log: FlowLog) -> Captured:
    """Return what a log records; the one word of PRESENT where it has no traffic type or it is not known."""
    kind = log.traffic_type
    return PRESENT if kind is None or isinstance(kind, Unknown) else types_of(kind)


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the replacement of one flow log."""
    log = of_kind(FlowLog, entity)
    found = _predecessor(log, ctx)
    if found is None:
        return not_applicable(f"{name(log)} is not replaced.", [fact("the plan does not replace it", log)])
    old, change = found
    facts: dict[str, Json] = {"action": change.action.value, "before": old.key}
    here = scopes(ctx)
    target = target_of(here, log)
    if isinstance(log.target, Unknown) and target is None:
        message = f"{name(log)} is replaced, and its target after that is not known ({log.target.reason})."
        return unknown(message, [fact(log.target.reason, log)], facts)
    if change.action is ChangeAction.REPLACE_CREATE_FIRST:
        evidence = [fact("create_before_destroy: the replacement stands before the old one goes", log)]
        return passed(f"{name(log)} is replaced without a gap.", evidence, facts)
    reason = _no_loss(log, old, target, ctx)
    if reason is not None:
        return not_applicable(f"{name(log)} is replaced: {reason}.", [fact(reason, log)], facts)
    others = _others(log, old, target, here, ctx)
    if others:
        evidence = [fact(f"{name(other)} records it meanwhile", other) for other in others]
        message = f"{name(log)} is replaced while {name(others[0])} records the same traffic."
        return passed(message, evidence, facts)
    return _gap(log, old, change, target, facts)


def _no_loss(log: FlowLog, old: FlowLog, target: Entity | None, ctx: Context) -> str | None:
    """Return why coverage does not stand before and after, so that there is no gap within it."""
    if target is None:
        same = not isinstance(old.target, Unknown) and not isinstance(log.target, Unknown) and old.target == log.target
        return None if same else "its target changes"
    moved = changes_of(ctx).by_after.get(target.key)
    if moved is not None and moved.action in _NEW_TARGET and not moved.imported:
        return "its target is made anew by the same plan"
    before = before_scopes(ctx)
    old_target = target_of(before, old) if before is not None else None
    scope = None if ctx.before is None else ctx.before.by_key.get(changes_of(ctx).key_before(target.key))
    near = set() if before is None or scope is None else {each.key for each in _around(before, scope)}
    if old_target is None or old_target.key not in near:
        return "its target changes; what that leaves dark, FL001 reports"
    return None


def _others(log: FlowLog, old: FlowLog, target: Entity | None, here: Scopes, ctx: Context) -> list[FlowLog]:
    """Return the logs that stay throughout and record all that is recorded before and after; empty for none."""
    before = before_scopes(ctx)
    if target is None or before is None:
        return []
    need = types_of_log(old) & types_of_log(log)
    changes = changes_of(ctx).by_after
    steady = [
        other
        for scope in chain_of(here, target)
        for other in here.certain(scope)
        if other.key != log.key and _stays(changes.get(other.key))
    ]
    recorded: set[str] = set()
    for other in steady:
        recorded |= types_of_log(other)
    return steady if need <= recorded else []


def _stays(change: ResourceChange | None) -> bool:
    return change is None or change.action in (
        ChangeAction.NO_OP,
        ChangeAction.UPDATE,
        ChangeAction.REPLACE_CREATE_FIRST,
    )


def _gap(log: FlowLog, old: FlowLog, change: ResourceChange, target: Entity | None, facts: dict[str, Json]) -> Outcome:
    what = name(target) if target is not None else str(log.target)
    why = f" ({change.reason})" if change.reason else ""
    if change.action is ChangeAction.REPLACE:
        says = f"the plan destroys {name(old)} before it creates the replacement{why}"
        fix = own_block(log, "Create the replacement first.", "  lifecycle {\n    create_before_destroy = true\n  }")
        message = f"{what} is not recorded while {name(log)} is replaced{why}."
        return failed(message, [fact(says, log)], facts, fix)
    says = f"the plan destroys {name(old)} and creates {name(log)} for the same target, in no order"
    message = f"{what} may not be recorded while {name(log)} takes the place of {name(old)}."
    return failed(message, [fact(says, log)], facts, _moved(old, log), confidence=Confidence.MEDIUM)


def _moved(old: FlowLog, log: FlowLog) -> Remediation:
    first, second = address_of(old), address_of(log)
    source = old.origin.address if first is not None else old.key
    target = log.origin.address if second is not None else log.key
    text = f"moved {{\n  from = {source}\n  to   = {target}\n}}\n"
    return Remediation(summary="Tell Terraform that the flow log was renamed.", terraform=text)


RULE: Final = Rule(
    id="FL011",
    name="flow-log-replaced-with-gap",
    title="Flow log replaced with a gap in between",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="Nothing is recorded between the old flow log and the new one, at a time known in advance.",
)
