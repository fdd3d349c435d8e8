"""Traffic was rejected that the groups and ACLs, as read, allow.

## What it checks

Each recorded interface: records that say REJECT, begin after the network was read, belong to a request, and are
allowed by its groups and its subnet's ACL.

## Why it matters

Either something else rejects it (Block Public Access, encryption controls, a control that is not modelled), or the
network is no longer what was read. Every other statement about this interface is then worth less.

## When it cannot tell

Where it is not known when the network was read, or the packet may belong to a closed connection, nothing is held
against the configuration.

## Parameters

None.

## Remediation

Read the network again and compare; look for changes in CloudTrail at the time of the records.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
"""

from __future__ import annotations

from collections.abc import Iterable

from checker.model.diagnosis import Cause
from checker.model.entity import Entity
from checker.model.finding import Confidence, Remediation, Severity
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import fact, failed, name, passed, unknown
from checker.rules._traffic import MOST_EVIDENCE, evidence, facts, id_of, interfaces, of_interface, weakest


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return the interfaces with records."""
    seen = {each.interface for each in ctx.recorded.log.interfaces} if ctx.recorded else set()
    return [each for each in interfaces(ctx) if id_of(each) in seen]


def check(entity: Entity, ctx: Context, _params: Params) -> Outcome:
    """Judge one interface by the records that its rules do not explain."""
    found = [each for each in of_interface(ctx, entity) if each.cause is Cause.CONTRADICTS_CONFIG]
    if not found:
        says = "its rejected records, if any, agree with its groups and ACL"
        return passed(f"Records and rules of {name(entity)} agree.", [fact(says, entity)], {"flows": []})
    if all(each.confidence is Confidence.LOW for each in found):
        return unknown(
            f"Records of {name(entity)} may contradict its rules: {found[0].says}",
            [evidence(each) for each in found[:MOST_EVIDENCE]],
            facts(found),
        )
    return failed(
        f"{name(entity)} rejected what its groups and ACL allow: {found[0].says}",
        [evidence(each) for each in found[:MOST_EVIDENCE]],
        facts(found),
        Remediation(summary="Read the network again; what rejects it is not among the rules that were read."),
        confidence=weakest(found),
    )


RULE = Rule(
    id="TR003",
    name="traffic-contradicts-configuration",
    title="Rejected although the rules allow it",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="The network is not what was read, or something that is not modelled rejects traffic.",
)
