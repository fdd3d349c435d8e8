"""A flow log that coverage depends on delivers to a destination that the policy does not allow.

## What it checks

Each flow log's destination against the policy's allow-list. An entry may give a type, an ARN with `*` and `?`, an
account and a region; all that it gives must fit. ARNs are taken apart: a bucket entry admits the folders below it, a
log group may be written with or without `:*`, partitions are kept apart. A bucket's account and region are read from
the bucket.

The rule is on only where the policy gives an allow-list. A disallowed destination is reported here when coverage
depends on the log, and by FL008 when the traffic is recorded without it.

## Why it matters

Flow logs tell who talks to whom. In a bucket that nobody watches they are lost as evidence, and in one that somebody
else owns they are a gift.

## When it cannot tell

When the destination is known only after apply and cannot be proven to match, or when an entry asks for an account or
region that a bucket outside the input does not show.

## Parameters

- `allow` (empty): entries with `type`, `arn`, `account`, `region`. Shared with FL008: giving it to one of them is
  enough.

## Remediation

Deliver to an allowed destination, or add this one to the policy. The destination of a flow log cannot be changed, so
Terraform replaces it.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3.html
- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
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
    """Judge the destination of one flow log."""
    log = of_kind(FlowLog, entity)
    found = judge_destination(log, ctx, params)
    if found.allowed is True:
        message = f"{name(log)} delivers to an allowed destination."
        return passed(message, found.evidence, found.facts, confidence=confidence_of(log))
    if found.depends is False:
        message = f"{name(log)}: coverage does not depend on this log; FL008 judges its destination."
        return not_applicable(message, found.evidence, found.facts)
    if found.allowed is None:
        message = f"Whether {name(log)} delivers to an allowed destination is not known: {found.words}."
        return unknown(message, found.evidence, found.facts)
    message = f"{name(log)} delivers to {found.words}, which the policy does not allow."
    return failed(message, found.evidence, found.facts, allowed_fix(log, allow_list(ctx, log, params)))


RULE: Final = Rule(
    id="FL004",
    name="flow-log-destination-not-allowed",
    title="Flow log delivers to a destination that is not allowed",
    severity=Severity.HIGH,
    subjects=subjects,
    check=check,
    why="Records in a place that nobody agreed on are lost as evidence, or given away.",
    default_params={"allow": []},
    params_schema={"allow": dict(ENTRY_SCHEMA)},
    enabled_by_default=False,
)
