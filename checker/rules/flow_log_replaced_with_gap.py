"""The plan replaces a flow log that coverage needs, and nothing records the traffic in between.

## What it checks

Flow logs that the plan destroys before it creates their replacement, where coverage stands before and after. Every
argument of a flow log but its tags forces a replacement, so the smallest change opens the gap. A flow log that is
destroyed under one address, or pointed elsewhere, while others are created that record what it recorded counts too,
be it on the same target, on the subnets of a VPC instead of the VPC, or the other way round: Terraform orders them in
no way. So does one that an earlier replacement left behind (a deposed object). Several new flow logs in the place of
one give one finding.

No gap is reported where other flow logs that stay record the same traffic, or where the target itself is replaced.
Coverage that ends for good is FL001's to report.

## Why it matters

A new flow log takes minutes until it records. Between the two nothing is recorded, and the time is known in advance
to everybody who can read the plan.

## When it cannot tell

When the target before or after the plan, or that of a flow log that would bridge the gap, comes from an expression
that cannot be evaluated.

## Parameters

None.

## Remediation

Add `lifecycle { create_before_destroy = true }` to the flow log; for a renamed one, a `moved` block. Where others
take its place, apply these first.

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
from checker.rules._changes import REPLACE, changes_of
from checker.rules._coverage import chain_of, scopes, target_of
from checker.rules._fix import address_of, own_block
from checker.rules._fix_live import in_quotes
from checker.rules._lost import before_scopes, said
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import fact, failed, listed, name, not_applicable, of_kind, passed, unknown
from checker.rules._succession import (
    Heir,
    Succession,
    made_anew,
    meanwhile,
    scope_after,
    shared_types,
    successions,
)


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return the flow logs that the plan replaces, and the first of those that take the place of one that goes."""
    if ctx.before is None:
        return
    found = successions(ctx)
    for log in ctx.model.flow_logs:
        if log.key in found or _predecessor(log, ctx) is not None:
            yield log


def _predecessor(log: FlowLog, ctx: Context) -> tuple[FlowLog, ResourceChange] | None:
    """Return the log that this one replaces at its own address, and the change that does it."""
    change = changes_of(ctx).by_after.get(log.key)
    if change is None or change.action not in REPLACE or ctx.before is None:
        return None
    old = ctx.before.by_key.get(change.before_key or log.key)
    return (old, change) if isinstance(old, FlowLog) else None


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the replacement of one flow log, and of those whose place it takes."""
    log = of_kind(FlowLog, entity)
    found = successions(ctx).get(log.key, [])
    own = _predecessor(log, ctx)
    old, change = own or (found[0].old, found[0].change) if own or found else (log, None)
    facts: dict[str, Json] = {"action": change.action.value if change else None, "before": old.key}
    pairs = [(each, heir) for each in found for heir in each.heirs if not each.seamless(heir)]
    open_ = [(each, heir) for each, heir in pairs if not meanwhile(ctx, heir).covers(_need(each, heir))]
    gaps = [(each, heir) for each, heir in open_ if not meanwhile(ctx, heir).may_cover(_need(each, heir))]
    if gaps:
        return _gap(log, gaps, facts)
    doubt = _doubt(log, own, open_)
    if doubt is not None:
        message = f"{name(log)} takes the place of {said(old, change) if change else name(old)}: {doubt}."
        return unknown(message, [fact(doubt, log)], facts)
    if pairs:
        others = {each.key: each for _, heir in pairs for each in meanwhile(ctx, heir).logs}
        evidence = [fact(f"{name(other)} records it meanwhile", other) for other in others.values()]
        message = f"{name(log)} is replaced while {name(next(iter(others.values())))} records the same traffic."
        return passed(message, evidence, facts)
    if found:
        evidence = [fact("create_before_destroy: the replacement stands before the old one goes", log)]
        return passed(f"{name(log)} is replaced without a gap.", evidence, facts)
    reason = _no_loss(log, old, ctx)
    return not_applicable(f"{name(log)} is replaced: {reason}.", [fact(reason, log)], facts)


def _need(succession: Succession, heir: Heir) -> frozenset[str]:
    return shared_types(succession.old, heir.log)


def _doubt(
    log: FlowLog, own: tuple[FlowLog, ResourceChange] | None, open_: list[tuple[Succession, Heir]]
) -> str | None:
    """Return why it cannot be told whether something is left unrecorded; None where it can."""
    if open_:
        _, heir = open_[0]
        return f"whether other flow logs record {_cell(heir)} meanwhile is not known"
    if own is not None and isinstance(log.target, Unknown):
        return f"its target after that is not known ({log.target.reason})"
    if own is not None and isinstance(own[0].target, Unknown):
        return f"its target before that is not known ({own[0].target.reason})"
    return None


def _cell(heir: Heir) -> str:
    return name(heir.cell) if heir.cell is not None else str(heir.log.target)


def _no_loss(log: FlowLog, old: FlowLog, ctx: Context) -> str:
    """Return why a replacement takes no coverage away that stands before and after."""
    here, before = scopes(ctx), before_scopes(ctx)
    target = target_of(here, log)
    if target is not None and made_anew(changes_of(ctx), target):
        return "its target is made anew by the same plan"
    was = target_of(before, old) if before is not None else None
    scope = scope_after(ctx, was) if was is not None else None
    if scope is not None and target is not None and here.identity(scope.key) == here.identity(target.key):
        return "it records other traffic than before; what that leaves out, FL002 reports"
    others = [name(each) for around in (chain_of(here, scope) if scope else []) for each in here.certain(around)]
    rest = "what that leaves dark, FL001 reports"
    if scope is not None and others:
        rest = f"{name(scope)} is recorded by {listed(others)}"
    places = [name(was) if was else str(old.target), name(target) if target else str(log.target)]
    return f"its target changes from {places[0]} to {places[1]}; {rest}"


def _gap(log: FlowLog, gaps: list[tuple[Succession, Heir]], facts: dict[str, Json]) -> Outcome:
    gaps = sorted(gaps, key=lambda pair: not pair[0].ordered(pair[1]))
    evidence = [fact(_order(each, heir), heir.log) for each, heir in gaps]
    first, heir = gaps[0]
    cells = list(dict.fromkeys(_cell(other) for each, other in gaps if each is first))
    if first.ordered(heir):
        why = f" ({first.change.reason})" if first.change.reason else ""
        fix = own_block(log, "Create the replacement first.", "  lifecycle {\n    create_before_destroy = true\n  }")
        verb = "is" if len(cells) == 1 else "are"
        return failed(f"{listed(cells)} {verb} not recorded while {name(log)} is replaced{why}.", evidence, facts, fix)
    names = [name(other.log) for each, other in gaps if each is first]
    takes = "takes" if len(names) == 1 else "take"
    old = said(first.old, first.change)
    message = f"{listed(cells)} may not be recorded while {listed(names)} {takes} the place of {old}."
    return failed(message, evidence, facts, _in_order(first), confidence=Confidence.MEDIUM)


def _order(succession: Succession, heir: Heir) -> str:
    old, why = said(succession.old, succession.change), succession.change.reason
    if succession.ordered(heir):
        return f"the plan destroys {old} before it creates the replacement{f' ({why})' if why else ''}"
    return f"the plan destroys {old} and creates {name(heir.log)}, in no order; both record {_cell(heir)}"


def _in_order(succession: Succession) -> Remediation:
    """Return how to keep recording: a move where one log only got another name, else two steps."""
    old, change, heirs = succession.old, succession.change, succession.heirs
    plain = change.action is ChangeAction.DELETE and not change.deposed
    if plain and len(heirs) == 1 and old.target_type == heirs[0].log.target_type:
        return _moved(old, heirs[0].log)
    targets = " ".join(f"-target={in_quotes(heir.log.origin.address or heir.log.key)}" for heir in heirs)
    summary = "Create the new flow logs first and destroy the old one when they record."
    return Remediation(summary=summary, cli=f"terraform apply {targets}")


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
