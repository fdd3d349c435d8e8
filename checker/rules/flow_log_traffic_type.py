"""The flow logs of a VPC leave out accepted or rejected traffic.

## What it checks

Whether the traffic types that are recorded add up to what the policy needs. One log of type ALL does. An ACCEPT log
and a REJECT log add up to ALL, also across levels (VPC and subnet), but only if each of them qualifies by itself: it
delivers, to an allowed destination, at an allowed interval. Where only subnets or interfaces have logs, each of those
is judged; what has no log is FL001's to report.

Transit gateways and their attachments have no traffic type.

## Why it matters

Accepted traffic shows what an intruder reached; rejected traffic shows what was tried, and which rule blocks a
connection that should pass. One without the other explains neither.

## When it cannot tell

When the traffic type, the target or the existence of a flow log that would make the difference comes from an
expression that cannot be evaluated; when a VPC is managed elsewhere and its logs here fall short. Without any flow
log the rule is not applicable: FL001 says what is known.

## Parameters

- `need` (`[ACCEPT, REJECT]`): the traffic that must be recorded. CIS and AWS Config ask for `[REJECT]`.
- `vpc_level_only` (false): only flow logs on the VPC itself count.
- `require` (empty): further kinds to judge: `subnet`, `network-interface`, `regional-nat-gateway`.

## Remediation

Set `traffic_type = "ALL"`. A flow log cannot be changed, so Terraform replaces it.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-basics.html
- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
- https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Evidence, Json, Severity, Status
from checker.model.flow_log import FlowLog
from checker.model.known import Unknown
from checker.model.network import TransitGateway, TransitGatewayAttachment, Vpc
from checker.model.record import dataclass
from checker.rules._coverage import Captured, Scopes, chain_of, scopes, traffic, types_of, unread_logs
from checker.rules._fix import set_argument
from checker.rules._kinds import REQUIRE_SCHEMA, required
from checker.rules._owner import shared
from checker.rules._qualify import qualifying, quality
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import confidence_of, fact, failed, name, not_applicable, passed, unknown


@dataclass(frozen=True, slots=True)
class _Scope:
    """One place that is recorded, with all logs that record it."""

    entity: Entity
    certain: tuple[FlowLog, ...]
    possible: tuple[FlowLog, ...]
    low: bool
    """The need is certainly met."""
    high: bool
    """The need may be met."""


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every VPC and whatever else the policy wants judged."""
    return required(ctx, "FL002")


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the traffic types recorded for a VPC, or for one of the other kinds."""
    here = scopes(ctx)
    need = frozenset(str(each) for each in _listed(params["need"]))
    if isinstance(entity, (TransitGateway, TransitGatewayAttachment)):
        reason = "flow logs of transit gateways have no traffic type"
        return not_applicable(f"{name(entity)}: {reason}.", [fact(reason, entity)])
    if not isinstance(entity, Vpc):
        return _verdict(entity, [_scope(ctx, here, chain_of(here, entity), need)], ctx, need)
    whole = _scope(ctx, here, [entity], need)
    if whole.low or params.get("vpc_level_only") is True:
        return _verdict(entity, [whole], ctx, need)
    return _parts(entity, whole, ctx, here, need)


def quick(entity: Entity, ctx: Context, params: Params) -> Status | None:
    """Return what ``check`` would say of a VPC of which one log records all that is asked for."""
    if isinstance(entity, Vpc):
        need = frozenset(str(each) for each in _listed(params["need"]))
        if any(need <= traffic(log)[0] for log in scopes(ctx).certain(entity)):
            return Status.PASS
    return None


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _scope(ctx: Context, here: Scopes, chain: list[Entity], need: Captured) -> _Scope:
    certain = tuple(log for scope in chain for log in here.certain(scope))
    possible = tuple(log for scope in chain for log in here.possible(scope))
    everything = (*certain, *possible)
    low = any(need <= traffic(log)[0] for log in certain) or need <= _sum(qualifying(ctx, log)[0] for log in certain)
    high = any(need <= traffic(log)[1] for log in everything) or need <= _sum(
        qualifying(ctx, log)[1] for log in everything
    )
    return _Scope(chain[0], certain, possible, low, high)


def _sum(parts: Iterable[Captured]) -> Captured:
    found: Captured = frozenset()
    for part in parts:
        found |= part
    return found


def _parts(vpc: Vpc, whole: _Scope, ctx: Context, here: Scopes, need: Captured) -> Outcome:
    """Judge a VPC whose own logs do not certainly suffice by its subnets and interfaces."""
    sure, maybe = here.members(vpc)
    subnets = [_scope(ctx, here, [subnet, vpc], need) for subnet in sure]
    if whole.certain:
        unread = here.model.unread_for("aws_subnet", vpc.origin.root) is not None
        doubtful = [_scope(ctx, here, [subnet, vpc], need) for subnet in maybe]
        if subnets and not unread and all(scope.low for scope in [*subnets, *doubtful]):
            return _verdict(vpc, subnets, ctx, need)
        composed = all(scope.high for scope in subnets) and any(scope.high for scope in [*subnets, *doubtful])
        merged = _Scope(vpc, whole.certain, whole.possible, False, whole.high or composed)
        return _verdict(vpc, [merged], ctx, need)
    lit = [scope for scope in subnets if here.certain(scope.entity)]
    lit_keys = {here.identity(scope.entity.key) for scope in lit}
    for interface in here.interfaces.get(here.identity(vpc.key), []):
        dark = isinstance(interface.subnet, Unknown) or here.identity(interface.subnet) not in lit_keys
        if dark and here.certain(interface):
            lit.append(_scope(ctx, here, chain_of(here, interface), need))
    if lit:
        return _verdict(vpc, lit, ctx, need)
    possible = tuple(log for scope in subnets for log in scope.possible)
    return _verdict(vpc, [_Scope(vpc, (), (*whole.possible, *possible), False, True)], ctx, need)


def _verdict(entity: Entity, parts: list[_Scope], ctx: Context, need: Captured) -> Outcome:
    """Add up the scopes that are recorded: all must meet the need."""
    certain = _distinct(log for scope in parts for log in scope.certain)
    possible = _distinct(log for scope in parts for log in scope.possible)
    recorded = sorted(_sum(traffic(log)[0] for log in certain))
    facts: dict[str, Json] = {"need": [*sorted(need)], "recorded": [*recorded]}
    evidence = [fact(_describe(log), log) for log in certain]
    if certain and all(scope.low for scope in parts):
        message = f"{name(entity)}: {' and '.join(sorted(need))} traffic is recorded."
        return passed(message, [*evidence, *_notes(certain, ctx)], facts, confidence=confidence_of(*certain))
    elsewhere = shared(entity, ctx, facts) if isinstance(entity, Vpc) else None
    if elsewhere is not None:
        return elsewhere
    doubts = [fact(_describe(log), log) for log in possible]
    if not certain and not possible:
        reason = "no flow log of it is in sight; FL001 says what is known"
        return not_applicable(f"{name(entity)}: {reason}.", [fact(reason, entity)], facts)
    reason_unknown = _unknown(entity, parts, certain, possible, ctx)
    if reason_unknown is not None:
        message = f"Which traffic of {name(entity)} is recorded is not known: {reason_unknown}."
        return unknown(message, [*evidence, *doubts, fact(reason_unknown, entity)], facts)
    return _short(entity, parts, certain, ctx, evidence, facts)


def _hidden(entity: Entity, ctx: Context) -> str | None:
    """Return why flow logs of an entity may be out of sight; None where they are not."""
    unread = unread_logs(scopes(ctx), entity)
    if unread is not None:
        return unread.reason
    if not entity.origin.managed:
        return "it is managed elsewhere, and further flow logs may stand there (--live SNAPSHOT settles it)"
    return None


def _distinct(logs: Iterable[FlowLog]) -> list[FlowLog]:
    return sorted({log.key: log for log in logs}.values(), key=lambda log: log.key)


def _describe(log: FlowLog) -> str:
    kind = log.traffic_type
    if isinstance(kind, Unknown):
        return f"the traffic type of {name(log)} is not known ({kind.reason})"
    if isinstance(log.exists, Unknown):
        return f"whether {name(log)} ({kind}) exists is not known ({log.exists.reason})"
    if isinstance(log.target, Unknown):
        return f"{name(log)} ({kind}) may be for it: what it records is not known ({log.target.reason})"
    return f"{name(log)} records {kind or 'nothing: traffic_type is not set, so AWS refuses it at apply'}"


def _notes(certain: list[FlowLog], ctx: Context) -> list[Evidence]:
    found = ((log, quality(log, ctx).failed) for log in certain)
    return [fact(f"{name(log)} fails {', '.join(rules)}", log) for log, rules in found if rules]


def _unknown(
    entity: Entity, parts: list[_Scope], certain: list[FlowLog], possible: list[FlowLog], ctx: Context
) -> str | None:
    """Return why the need may be met although it is not certain; None where it certainly is not."""
    if not certain:
        return _describe(possible[0])
    if all(scope.high for scope in parts):
        open_ = [log for log in [*certain, *possible] if isinstance(log.traffic_type, Unknown)] or possible
        if open_:
            return _describe(open_[0])
        return "whether its flow logs qualify, or which subnets it has, is not known"
    return _hidden(entity, ctx)


def _short(
    entity: Entity,
    parts: list[_Scope],
    certain: list[FlowLog],
    ctx: Context,
    evidence: list[Evidence],
    facts: dict[str, Json],
) -> Outcome:
    bad = next(scope for scope in parts if not scope.high)
    need = {str(each) for each in _listed(facts["need"])}
    recorded = _sum(traffic(log)[0] for log in bad.certain)
    where = "" if bad.entity is entity else f" in {name(bad.entity)}"
    missing = sorted(need - recorded)
    notes = _notes(list(bad.certain), ctx)
    if missing:
        message = f"{name(entity)}: {' and '.join(missing)} traffic is not recorded{where}."
    else:
        message = f"{name(entity)}: its ACCEPT and REJECT logs do not add up{where}: {notes[0].statement}."
        facts["split"] = True
    log = _to_change(bad.certain, ctx)
    fix = set_argument(log, "Record all traffic.", {"traffic_type": '"ALL"'})
    return failed(message, [*evidence, *notes], facts, fix, confidence=confidence_of(*certain))


def _to_change(logs: tuple[FlowLog, ...], ctx: Context) -> FlowLog:
    """Return the log to widen: one without a defect of its own, else the first."""
    ordered = sorted(logs, key=lambda log: (bool(quality(log, ctx).failed), -len(types_of_known(log)), log.key))
    return ordered[0]


def types_of_known(log: FlowLog) -> Captured:
    """Return the traffic types that a log certainly records."""
    return frozenset() if isinstance(log.traffic_type, Unknown) else types_of(log.traffic_type)


RULE: Final = Rule(
    id="FL002",
    name="flow-log-traffic-type",
    title="Accepted or rejected traffic not recorded",
    severity=Severity.HIGH,
    subjects=subjects,
    check=check,
    quick=quick,
    why="Accepted traffic shows what was reached, rejected traffic what was tried; one alone explains neither.",
    default_params={"need": ["ACCEPT", "REJECT"], "vpc_level_only": False, "require": []},
    params_schema={
        "need": {
            "type": "array",
            "items": {"enum": ["ACCEPT", "REJECT"]},
            "minItems": 1,
            "uniqueItems": True,
        },
        "vpc_level_only": {"type": "boolean"},
        "require": dict(REQUIRE_SCHEMA),
    },
)
