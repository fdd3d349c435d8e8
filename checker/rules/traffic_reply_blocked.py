"""A network ACL lets requests through and rejects the replies to them.

## What it checks

Each network ACL that stood before recorded traffic. ACLs keep no state: a reply needs an entry of its own, for the
ports from which clients ask. It is held against an ACL where records say REJECT for packets of a conversation that was
accepted the other way: *inbound accept with outbound reject* (the replies of a server), *outbound accept with inbound
reject* (the replies to a client).

## Why it matters

The connection is opened and hangs. Both ends and both security groups look right.

## When it cannot tell

Where neither flags nor the accepted half tell which side asked first, the diagnosis says so, and nothing is held
against the ACL with more than low confidence.

## Parameters

None.

## Remediation

An entry for the ports that clients ask from. Linux takes 32768 to 60999, Windows 49152 to 65535, load balancers, NAT
gateways and Lambda 1024 to 65535.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html
"""

from __future__ import annotations

from collections.abc import Iterable

from checker.model.entity import Entity
from checker.model.finding import Severity
from checker.model.firewall import NetworkAcl
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import fact, failed, name, passed
from checker.rules._traffic import MOST_EVIDENCE, REPLIES, blamed, counted, evidence, facts, standing, weakest


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return the ACLs that recorded traffic met."""
    return (each for each in standing(ctx) if isinstance(each, NetworkAcl))


def check(entity: Entity, ctx: Context, _params: Params) -> Outcome:
    """Judge one ACL by the replies that it rejected."""
    found = blamed(ctx, REPLIES).get(entity.key, ())
    if ctx.recorded is None or not found:
        says = "no rejected record is a reply that it denies"
        return passed(f"{name(entity)} rejected no reply.", [fact(says, entity)], {"flows": []})
    records = counted(sum(each.traffic.records for each in found), "record")
    return failed(
        f"{name(entity)} rejected replies to accepted requests, {records}: {found[0].says}",
        [evidence(each) for each in found[:MOST_EVIDENCE]],
        facts(found),
        ctx.recorded.fixes.finding(REPLIES, entity.key),
        confidence=weakest(found),
    )


RULE = Rule(
    id="TR002",
    name="traffic-reply-blocked",
    title="A stateless ACL rejected replies",
    severity=Severity.HIGH,
    subjects=subjects,
    check=check,
    why="Connections open and then hang, although every group and one half of the ACL look right.",
)
