"""A VPC, or another network resource that the policy names, is recorded by no flow log.

## What it checks

Every VPC, default VPCs and VPCs read by a data source included, and further kinds that the policy names. A VPC is

- COVERED by a flow log on the VPC itself,
- COVERED_BY_SUBNETS where every subnet, empty ones too, has a flow log,
- PARTIAL where only some subnets or interfaces have one,
- NONE otherwise.

PARTIAL and NONE fail. Any flow log counts here, whatever it records and wherever it delivers: what is wrong with it
is reported once, by the rule on that, and the fact `effective_coverage` says what remains if only logs without such a
defect count.

In a plan, a flow log that is destroyed or pointed elsewhere is named as the reason, and `change` is `regression`. One
that only leaves the state (a `removed` block) records on and counts.

## Why it matters

Without a flow log an intrusion leaves no trace in the network, and nobody can say which rule rejects a connection.
Records cannot be made afterwards.

## When it cannot tell

- A flow log's target comes from an expression that cannot be evaluated, and may be this VPC. A literal id names
  something outside the input, not a VPC of it whose id is not known.
- The input shows no subnet of the VPC, which stands already, and a flow log names a subnet by its id.
- A file or module that may hold flow logs could not be read.
- The VPC is read by a data source and no flow log for it stands here: it may be recorded by another configuration.
- The VPC is shared by an account that was not scanned. One that was is charged with it: not applicable here.
- A telemetry rule makes AWS create flow logs, and none is to be seen yet.

## Parameters

- `subnet_composition` (`warn`): what COVERED_BY_SUBNETS is: `pass`, `warn` (pass with a note: a subnet added later is
  dark) or `fail`.
- `vpc_level_only` (false): only flow logs on the VPC itself count, as CIS and AWS Config see it.
- `unused_vpc` (`fail`): `fail`, `warn` (low severity) or `ignore` (not applicable) for a VPC of a live account
  without any network interface. A plan does not show all interfaces, so there no VPC counts as unused.
- `require` (empty): further kinds: `subnet`, `network-interface`, `transit-gateway`, `transit-gateway-attachment`,
  `regional-nat-gateway`.

## Remediation

Add a flow log on the VPC for ALL traffic. The finding shows the resource.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-basics.html
- https://docs.aws.amazon.com/vpc/latest/userguide/vpc-share-limitations.html
- https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Confidence, Evidence, Json, Severity, Status
from checker.model.flow_log import FlowLog
from checker.model.known import Unknown
from checker.model.network import NatGateway, Subnet, Vpc
from checker.rules._coverage import (
    PRESENT,
    Bounds,
    Level,
    Scopes,
    bounds,
    captured,
    chain_of,
    presence,
    scopes,
    strangers,
    unknown_parent,
    unread_logs,
)
from checker.rules._effective import effective_facts
from checker.rules._fix import new_log
from checker.rules._kinds import REQUIRE_SCHEMA, required
from checker.rules._live import is_live
from checker.rules._lost import drifted_logs, lost_logs
from checker.rules._owner import shared
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import assumed, fact, failed, listed, name, not_applicable, passed, unknown


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every VPC and whatever else the policy wants recorded."""
    return required(ctx, "FL001")


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge whether a VPC, or one of the other kinds, is recorded."""
    return _vpc(entity, ctx, params) if isinstance(entity, Vpc) else _single(entity, ctx)


def quick(entity: Entity, ctx: Context, _params: Params) -> Status | None:
    """Return what ``check`` would say of a VPC with a log of its own: it passes whatever is asked."""
    return Status.PASS if isinstance(entity, Vpc) and scopes(ctx).certain(entity) else None


def _vpc(vpc: Vpc, ctx: Context, params: Params) -> Outcome:
    here = scopes(ctx)
    found = bounds(here, vpc, presence, PRESENT)
    facts: dict[str, Json] = {"coverage": found.worst.name}
    if _suffices(found.worst, params):
        return _covered(vpc, ctx, here, found, params)
    elsewhere = shared(vpc, ctx, facts)
    if elsewhere is not None:
        return elsewhere
    doubts = _doubts(vpc, ctx, here, may_pass=_suffices(found.best, params))
    if doubts:
        message = f"Whether {name(vpc)} is recorded is not known: {doubts[0].statement}."
        return unknown(message, [*doubts, *_losses(vpc, ctx)], facts)
    return _dark(vpc, ctx, here, found, params)


def _suffices(level: Level, params: Params) -> bool:
    if level is not Level.COVERED_BY_SUBNETS:
        return level is Level.COVERED
    return params.get("vpc_level_only") is not True and params.get("subnet_composition") != "fail"


def _covered(vpc: Vpc, ctx: Context, here: Scopes, found: Bounds, params: Params) -> Outcome:
    logs = here.certain(vpc)
    composed = found.worst is Level.COVERED_BY_SUBNETS
    if composed:
        logs = [log for subnet in found.lit for log in here.certain(subnet)]
    evidence = [_standing(log, here, "a subnet of it" if composed else "it") for log in logs]
    evidence += [*assumed([*logs, vpc]), *drifted_logs(ctx, vpc)]
    facts, notes = effective_facts(vpc, ctx, here)
    facts["coverage"] = found.worst.name
    evidence += notes
    message = f"{name(vpc)} is recorded by {listed([name(log) for log in logs])}."
    if composed:
        note = "every subnet is recorded, the VPC is not: a subnet added later is dark"
        evidence.append(fact(f"Note: {note}", vpc))
        if params.get("subnet_composition") != "pass":
            message = f"{name(vpc)}: {note}."
    if notes:
        message += f" Effective coverage is {facts['effective_coverage']}: {notes[0].statement}."
    sure = not composed and not any(log.assumptions or log.key in here.forgotten for log in logs)
    return passed(message, evidence, facts, confidence=Confidence.HIGH if sure else Confidence.MEDIUM)


def _standing(log: FlowLog, here: Scopes, where: str) -> Evidence:
    leaves = "; it leaves the state with this plan and stays in AWS" if log.key in here.forgotten else ""
    return fact(f"{name(log)} stands on {where}{leaves}", log)


def _doubts(vpc: Vpc, ctx: Context, here: Scopes, *, may_pass: bool) -> list[Evidence]:
    """Return why "no flow log" cannot be concluded; empty where it can."""
    found: list[Evidence] = []
    if may_pass:
        found += [_doubt(log) for log in _maybe_logs(vpc, here)]
        _, maybe = here.members(vpc)
        found += [fact(f"whether {name(subnet)} lies in it is not known", subnet) for subnet in maybe]
        found += [_stranger(log) for log in strangers(here, vpc)]
        found = found or [fact("subnets that are not known may be recorded", vpc)]
    unread = unread_logs(here, vpc)
    if unread is not None:
        found.append(fact(unread.reason, vpc))
    if not vpc.origin.managed:
        says = "it is read here and managed elsewhere, and no flow log here covers it (--live SNAPSHOT settles it)"
        found.append(fact(says, vpc))
    found += _pending(vpc, ctx)
    return found


def _maybe_logs(vpc: Vpc, here: Scopes) -> list[FlowLog]:
    sure, maybe = here.members(vpc)
    logs = [log for scope in [vpc, *sure, *maybe] for log in here.possible(scope)]
    return list({log.key: log for log in logs}.values())


def _doubt(log: FlowLog) -> Evidence:
    if isinstance(log.exists, Unknown):
        return fact(f"whether {name(log)} exists is not known ({log.exists.reason})", log)
    if isinstance(log.target, Unknown):
        return fact(f"{name(log)} may be for it: what it records is not known ({log.target.reason})", log)
    return fact(f"{name(log)} may be for it: {log.target} may be its id", log)


def _stranger(log: FlowLog) -> Evidence:
    return fact(f"{name(log)} records {log.target}, which may be a subnet of it that is not in the input", log)


def _pending(vpc: Vpc, ctx: Context) -> list[Evidence]:
    """Return the telemetry rules by which AWS may yet create a flow log."""
    found = []
    for rule in ctx.model.telemetry_rules:
        kind = rule.resource_type
        other = isinstance(rule.region, str) and isinstance(vpc.region, str) and rule.region != vpc.region
        if other or not (isinstance(kind, Unknown) or kind == "AWS::EC2::VPC"):
            continue
        found.append(fact(f"pending: {name(rule)} makes AWS create flow logs, and none is to be seen yet", rule))
    return found


def _losses(vpc: Vpc, ctx: Context) -> list[Evidence]:
    sure, maybe = scopes(ctx).members(vpc)
    found = [lost.evidence() for scope in [vpc, *sure, *maybe] for lost in lost_logs(ctx, scope)]
    return found + drifted_logs(ctx, vpc)


def _dark(vpc: Vpc, ctx: Context, here: Scopes, found: Bounds, params: Params) -> Outcome:
    evidence = [fact(_situation(found), vpc), *_losses(vpc, ctx)]
    if found.worst is not Level.NONE:
        evidence += [_dark_subnet(subnet, here) for subnet in found.dark]
    facts: dict[str, Json] = {"coverage": found.worst.name, "dark": [subnet.key for subnet in found.dark]}
    severity = None
    if _unused(vpc, here):
        facts["unused"] = True
        evidence.append(fact("it has no network interface", vpc))
        if params.get("unused_vpc") == "ignore":
            return not_applicable(f"{name(vpc)} is not recorded and not used.", evidence, facts)
        severity = Severity.LOW if params.get("unused_vpc") == "warn" else None
    fix = new_log(ctx, vpc, "Record all traffic of the VPC.")
    return failed(_complaint(vpc, found), evidence, facts, fix, severity=severity)


def _dark_subnet(subnet: Subnet, here: Scopes) -> Evidence:
    count = len(here.interfaces.get(here.identity(subnet.key), []))
    return fact(f"dark: {name(subnet)} ({count} interfaces known)", subnet)


def _situation(found: Bounds) -> str:
    words = {
        Level.NONE: "no flow log stands on it, on its subnets or on its interfaces",
        Level.PARTIAL: "flow logs stand on some of its subnets or interfaces, none on it",
        Level.COVERED_BY_SUBNETS: "flow logs stand on every subnet, none on the VPC, as the policy demands",
    }
    return words[found.worst]


def _complaint(vpc: Vpc, found: Bounds) -> str:
    if found.worst is Level.NONE:
        return f"No flow log records {name(vpc)}."
    if found.worst is Level.COVERED_BY_SUBNETS:
        return f"{name(vpc)} is recorded by its subnets only; the policy demands a flow log on the VPC."
    dark = listed([name(subnet) for subnet in found.dark])
    return f"{name(vpc)} is recorded in part only{f'; dark: {dark}' if dark else ''}."


def _unused(vpc: Vpc, here: Scopes) -> bool:
    """Say whether a VPC certainly has no interface; only a live account shows them all."""
    if not is_live(vpc):
        return False
    if here.model.unread_for("aws_network_interface", vpc.origin.root) is not None:
        return False
    unsure = any(isinstance(interface.vpc, Unknown) for interface in here.model.network_interfaces)
    return not unsure and not here.interfaces.get(here.identity(vpc.key))


def _single(entity: Entity, ctx: Context) -> Outcome:
    """Judge a subnet, interface, transit gateway, attachment or regional NAT gateway."""
    here = scopes(ctx)
    chain = chain_of(here, entity)
    low, _ = captured(here, chain, presence)
    facts: dict[str, Json] = {"covered": bool(low)}
    if low:
        logs = [log for scope in chain for log in here.certain(scope)]
        evidence = [fact(f"{name(log)} records it", log) for log in logs]
        return passed(f"{name(entity)} is recorded by {listed([name(log) for log in logs])}.", evidence, facts)
    doubts = _single_doubts(entity, here, chain)
    if doubts:
        message = f"Whether {name(entity)} is recorded is not known: {doubts[0].statement}."
        return unknown(message, doubts, facts)
    evidence = [fact("no flow log stands on it or around it", entity)]
    evidence += [lost.evidence() for scope in chain for lost in lost_logs(ctx, scope)]
    fix = new_log(ctx, entity, "Record it.")
    return failed(f"No flow log records {name(entity)}.", evidence, facts, fix)


def _single_doubts(entity: Entity, here: Scopes, chain: list[Entity]) -> list[Evidence]:
    found = [_doubt(log) for scope in chain for log in here.possible(scope)]
    parent = unknown_parent(entity)
    if parent is not None:
        found.append(fact(f"what it stands in is not known ({parent.reason})", entity))
    unread = unread_logs(here, entity)
    if unread is not None:
        found.append(fact(unread.reason, entity))
    if not entity.origin.managed:
        found.append(fact("it is read here and managed elsewhere (--live SNAPSHOT settles it)", entity))
    if isinstance(entity, NatGateway) and isinstance(entity.availability_mode, Unknown):
        found.append(fact(f"whether it is regional is not known ({entity.availability_mode.reason})", entity))
    return found


RULE: Final = Rule(
    id="FL001",
    name="vpc-flow-log-missing",
    title="VPC without a flow log",
    severity=Severity.HIGH,
    subjects=subjects,
    check=check,
    quick=quick,
    why="Without a flow log an intrusion leaves no trace, and records cannot be made afterwards.",
    default_params={"subnet_composition": "warn", "vpc_level_only": False, "unused_vpc": "fail", "require": []},
    stricter={"vpc_level_only": lambda one, _other: one is True},
    params_schema={
        "subnet_composition": {"enum": ["pass", "warn", "fail"]},
        "vpc_level_only": {"type": "boolean"},
        "unused_vpc": {"enum": ["fail", "warn", "ignore"]},
        "require": dict(REQUIRE_SCHEMA),
    },
)
