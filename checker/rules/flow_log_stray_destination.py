"""A further flow log sends traffic records to a destination that the policy does not allow.

## What it checks

Flow logs on which coverage does not depend: the same traffic is recorded by others that deliver to allowed
destinations. Where such a log delivers to a destination outside the policy's allow-list, it fails. A log that
coverage depends on is judged by FL004, so that one cause gives one finding.

## Why it matters

Everything is logged as it should be, and a copy leaves the house. That is what exfiltration of network metadata looks
like, and a check that only asks whether a VPC has flow logs never sees it.

## When it cannot tell

When the destination is known only after apply and cannot be proven to match.

## Parameters

- `allow` (empty): entries with `type`, `arn`, `account`, `region`. Shared with FL004: giving it to one of them is
  enough.

## Remediation

Delete the flow log, deliver to an allowed destination, or add this one to the policy.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3.html
- https://docs.aws.amazon.com/vpc/latest/userguide/working-with-flow-logs.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Severity
from checker.model.flow_log import FlowLog
from checker.rules._allowance import allowed_fix, judge_destination
from checker.rules._destination import ENTRY_SCHEMA, allow_list
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import confidence_of, failed, name, not_applicable, of_kind, passed, unknown


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every flow log."""
    return ctx.model.flow_logs


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the destination of one flow log that coverage does not depend on."""
    log = of_kind(FlowLog, entity)
    found = judge_destination(log, ctx, params)
    if found.allowed is True:
        message = f"{name(log)} delivers to an allowed destination."
        return passed(message, found.evidence, found.facts, confidence=confidence_of(log))
    if found.depends is not False:
        message = f"{name(log)}: coverage depends on this log; FL004 judges its destination."
        return not_applicable(message, found.evidence, found.facts)
    if found.allowed is None:
        message = f"Whether {name(log)} delivers to an allowed destination is not known: {found.words}."
        return unknown(message, found.evidence, found.facts)
    message = f"{name(log)} sends a copy of the records to {found.words}, which the policy does not allow."
    return failed(message, found.evidence, found.facts, allowed_fix(log, allow_list(ctx, log, params)))


RULE: Final = Rule(
    id="FL008",
    name="flow-log-stray-destination",
    title="Further flow log delivers to a destination that is not allowed",
    severity=Severity.HIGH,
    subjects=subjects,
    check=check,
    why="A copy of who talks to whom leaves for a place that nobody agreed on.",
    default_params={"allow": []},
    params_schema={"allow": dict(ENTRY_SCHEMA)},
    enabled_by_default=False,
)
