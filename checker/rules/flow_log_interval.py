"""A flow log gathers traffic over longer intervals than the policy allows.

## What it checks

The maximum aggregation interval of each flow log, 60 or 600 seconds, against `max_seconds`. Flow logs of transit
gateways and their attachments must be at 60: AWS refuses any other value when the plan is applied.

## Why it matters

A record of ten minutes blurs when a connection was tried and how often, and it arrives ten minutes late. Rejected
logins, scans and short-lived interfaces are told apart only in short intervals.

## When it cannot tell

When the interval comes from an expression that cannot be evaluated. With `interval_basis: effective`, also when it is
not known that every network interface in reach sits on a Nitro instance: those aggregate in 60 seconds or less
whatever is configured. A plan shows interfaces only in part, so the configured value is the default basis; the fact
`effective_seconds` says where it makes no difference.

## Parameters

- `max_seconds` (60): the longest interval allowed, 60 or 600.
- `interval_basis` (`configured`): `configured` judges the argument, `effective` what AWS makes of it.

## Remediation

Set `max_aggregation_interval = 60`. A flow log cannot be changed, so Terraform replaces it: add
`create_before_destroy` to avoid a gap.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
- https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Evidence, Json, Remediation, Severity
from checker.model.flow_log import FlowLog, FlowLogTarget
from checker.model.known import Unknown
from checker.model.network import NetworkInterface
from checker.rules._coverage import Scopes, scopes, target_of
from checker.rules._fix import set_argument
from checker.rules._live import is_live
from checker.rules._nitro import is_nitro
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import confidence_of, fact, failed, name, of_kind, passed, shown, unknown

TRANSIT: Final = (FlowLogTarget.TRANSIT_GATEWAY, FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT)
TRANSIT_SECONDS: Final = 60


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every flow log."""
    return ctx.model.flow_logs


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the interval of one flow log."""
    log = of_kind(FlowLog, entity)
    most = int(str(params["max_seconds"]))
    seconds = log.max_aggregation_interval
    facts: dict[str, Json] = {"max_aggregation_interval": shown(seconds), "max_seconds": most}
    if isinstance(seconds, Unknown):
        message = f"{name(log)}: the aggregation interval is not known ({seconds.reason})."
        return unknown(message, [fact(seconds.reason, log)], facts)
    evidence = [fact(f"max_aggregation_interval is {seconds} seconds; at most {most} are allowed", log)]
    if seconds <= min(most, TRANSIT_SECONDS):
        message = f"{name(log)} aggregates over {seconds} seconds."
        return passed(message, evidence, facts, confidence=confidence_of(log))
    if isinstance(log.target_type, Unknown) or log.target_type in TRANSIT:
        return _transit(log, facts, evidence)
    if seconds <= most:
        return passed(f"{name(log)} aggregates over {seconds} seconds.", evidence, facts)
    return _too_long(log, scopes(ctx), params, facts, evidence)


def _transit(log: FlowLog, facts: dict[str, Json], evidence: list[Evidence]) -> Outcome:
    """Judge an interval above 60 seconds on what is, or may be, a transit gateway."""
    seconds, most = log.max_aggregation_interval, facts["max_seconds"]
    above = isinstance(seconds, int) and isinstance(most, int) and seconds > most
    if isinstance(log.target_type, Unknown) and not above:
        reason = log.target_type.reason
        message = f"{name(log)}: a transit gateway would need 60 seconds, and the target is not known ({reason})."
        return unknown(message, [*evidence, fact(reason, log)], facts)
    if isinstance(log.target_type, Unknown):
        return failed(f"{name(log)} aggregates over {seconds} seconds.", evidence, facts, _fix(log))
    message = (
        f"{name(log)} aggregates over {seconds} seconds, but a flow log of a transit gateway needs 60: "
        "AWS refuses it at apply."
    )
    return failed(message, evidence, facts, _fix(log))


def _too_long(log: FlowLog, here: Scopes, params: Params, facts: dict[str, Json], evidence: list[Evidence]) -> Outcome:
    nitro = _all_nitro(log, here)
    if nitro is True:
        facts["effective_seconds"] = 60
        evidence.append(fact("every network interface in reach is on a Nitro instance: effective 60 seconds", log))
    if params.get("interval_basis") == "effective":
        if nitro is True:
            return passed(f"{name(log)} aggregates over 60 seconds or less in effect.", evidence, facts)
        if isinstance(nitro, str):
            message = f"{name(log)}: the effective interval is not known ({nitro})."
            return unknown(message, [*evidence, fact(nitro, log)], facts)
    effect = " (60 in effect: every interface is on a Nitro instance)" if nitro is True else ""
    message = f"{name(log)} aggregates over {facts['max_aggregation_interval']} seconds{effect}."
    return failed(message, evidence, facts, _fix(log), confidence=confidence_of(log))


def _all_nitro(log: FlowLog, here: Scopes) -> bool | str:
    """Say whether every interface in reach is on a Nitro instance, or why that is not known."""
    target = target_of(here, log)
    if target is None:
        return "the target is not in the input"
    if isinstance(target, NetworkInterface):
        interfaces = [target]
    elif not is_live(target):
        return "a configuration does not show every network interface"
    else:
        interfaces = here.interfaces.get(here.identity(target.key), [])
    unread = here.model.unread_for("aws_network_interface", target.origin.root)
    if unread is not None:
        return unread.reason
    for interface in interfaces:
        kind = interface.instance_type
        if isinstance(kind, Unknown):
            return kind.reason
        if kind is None or not is_nitro(kind):
            return f"{name(interface)} is not known to be on a Nitro instance"
    return bool(interfaces) or "there is no network interface in reach"


def _fix(log: FlowLog) -> Remediation:
    return set_argument(log, "Aggregate over 60 seconds.", {"max_aggregation_interval": "60"})


RULE: Final = Rule(
    id="FL003",
    name="flow-log-interval",
    title="Aggregation interval longer than allowed",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="Long intervals blur when rejected connections were tried and delay every alarm on them.",
    default_params={"max_seconds": 60, "interval_basis": "configured"},
    params_schema={
        "max_seconds": {"enum": [60, 600]},
        "interval_basis": {"enum": ["configured", "effective"]},
    },
)
