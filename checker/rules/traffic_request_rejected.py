"""A security group or network ACL rejected requests that look wanted.

## What it checks

Each security group and network ACL that stood before recorded traffic. A request is held against it where its records
say REJECT, the rules as configured explain why, and it is not background noise: it came from inside the network, or
it went out from it. One finding for each group or ACL lists all requests that it rejected, the rule or the missing
rule, and the change that lets exactly them through.

Read with the words of the AWS documentation: *inbound reject* (a request to an interface) and *outbound reject* (a
request from it), on the route *subnet to subnet*, *subnet to internet* or *internet to subnet*.

## Why it matters

Somebody's service does not work, and nothing else in the account says why: flow logs do not name the rule.

## When it cannot tell

Rejected records that no rule explains for certain are not held against anybody; they are listed as diagnoses with what
would settle them.

## Parameters

None.

## Remediation

The rule or entry to add, in Terraform and for the command line, an entry with a rule number that is free and that no
finding of the report gives to another. Add it only where the traffic is wanted: that it was tried is all that records
tell.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html
"""

from __future__ import annotations

from collections.abc import Iterable

from checker.model.entity import Entity
from checker.model.finding import Severity
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import fact, failed, name, passed
from checker.rules._traffic import MOST_EVIDENCE, WRONG, blamed, counted, evidence, facts, standing, weakest, weight


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return the groups and ACLs that recorded traffic met."""
    return standing(ctx)


def check(entity: Entity, ctx: Context, _params: Params) -> Outcome:
    """Judge one group or ACL by the requests that it rejected."""
    found = blamed(ctx, WRONG).get(entity.key, ())
    if ctx.recorded is None or not found:
        says = "no rejected record is held against it"
        return passed(f"{name(entity)} rejected no request that looks wanted.", [fact(says, entity)], {"flows": []})
    kinds = "1 kind of request that looks" if len(found) == 1 else f"{len(found)} kinds of requests that look"
    records = counted(sum(each.traffic.records for each in found), "record")
    return failed(
        f"{name(entity)} rejected {kinds} wanted, {records}: {found[0].says}",
        [evidence(each) for each in found[:MOST_EVIDENCE]],
        facts(found),
        ctx.recorded.fixes.finding(WRONG, entity.key),
        severity=weight(found),
        confidence=weakest(found),
    )


RULE = Rule(
    id="TR001",
    name="traffic-request-rejected",
    title="A group or ACL rejected requests that look wanted",
    severity=Severity.HIGH,
    subjects=subjects,
    check=check,
    why="A service does not work, and flow logs do not say which rule is to blame.",
)
