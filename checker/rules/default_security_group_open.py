"""The default security group of a VPC has rules.

## What it checks

Each VPC has one security group named `default`, which an interface gets when nobody names another. It must have no
rule, neither ingress nor egress.

AWS creates the group with two rules: all traffic from its own members, and all traffic out. So a VPC that a plan
creates without an `aws_default_security_group` keeps an open default group, and fails.

## Why it matters

What is launched without thought lands in this group, and then talks to everything else in it and to the Internet.

## When it cannot tell

- The VPC existed before the plan, and no `aws_default_security_group` manages its group: somebody may have closed it.
  `--live` settles it.
- Which VPC an `aws_default_security_group` belongs to comes from an expression that cannot be evaluated.
- The rules of the group could not be read, or come from expressions that cannot be evaluated.

A VPC that is shared by another account is judged there: its default group belongs to the owner.

## Parameters

None.

## Remediation

Adopt the group with `aws_default_security_group` and give it no rules. Give every interface a group of its own first:
what uses the default group is cut off.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
- https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.filter.service import words_of
from checker.model.entity import Entity
from checker.model.finding import Confidence, Evidence, Json, Severity
from checker.model.firewall import GroupPeer, SecurityGroup, SecurityGroupRule
from checker.model.known import Unknown
from checker.model.network import Vpc
from checker.model.origin import Source
from checker.model.record import replace
from checker.rules._default_of_vpc import Default, Untouched, default_group
from checker.rules._filters import more_rules, peer_words, places, rule_name, rule_services
from checker.rules._fix_filter import close_default_group
from checker.rules._owner import shared
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import confidence_of, fact, failed, name, not_applicable, passed, unknown
from checker.rules._used import use_of


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every VPC, and default groups of VPCs that are not in the input."""
    yield from ctx.model.vpcs
    here = places(ctx)
    known = {vpc.key for vpc in ctx.model.vpcs}
    for group in ctx.model.security_groups:
        default = not isinstance(group.is_default, Unknown) and group.is_default
        if default and isinstance(group.vpc, str) and here.key(group.vpc) not in known:
            yield group


def check(entity: Entity, ctx: Context, _params: Params) -> Outcome:
    """Judge the default group of one VPC."""
    if isinstance(entity, SecurityGroup):
        return _group(entity, entity, ctx)
    if not isinstance(entity, Vpc):
        return not_applicable(f"{name(entity)} is no VPC.", [fact("it has no default security group", entity)])
    found = default_group(ctx, entity)
    if isinstance(found.entity, SecurityGroup) and found.unknown is None:
        return _group(found.entity, entity, ctx)
    elsewhere = shared(entity, ctx, {})
    if elsewhere is not None:
        says = "the default security group belongs to the account that owns the VPC, and only it sees the group"
        return replace(elsewhere, evidence=(fact(says, entity),))
    return _unseen(entity, found)


def _group(group: SecurityGroup, subject: Entity, ctx: Context) -> Outcome:
    """Judge a group that the input shows."""
    sure = [rule for rule in group.rules if not isinstance(rule.exists, Unknown)]
    facts: dict[str, Json] = {"managed": True, "open": [*sorted(_words(rule, ctx) for rule in sure)]}
    if sure:
        evidence = [fact(_says(rule, ctx), rule) for rule in sure]
        facts.update(_usage(group, ctx, evidence))
        message = f"The default security group of {name(subject)} is not closed: it has {_count(len(sure))}."
        fix = close_default_group(subject, group)
        return failed(message, evidence, facts, fix, confidence=confidence_of(group))
    more = more_rules(ctx, group)
    doubts = [fact(f"{rule_name(rule)} may exist: {rule.exists.reason}", rule) for rule in group.rules
              if isinstance(rule.exists, Unknown)]  # fmt: skip
    if more is not None:
        doubts.append(fact(more.reason, group))
    if doubts:
        message = (
            f"Whether the default security group of {name(subject)} has rules is not known: {doubts[0].statement}."
        )
        return unknown(message, doubts, facts)
    message = f"The default security group of {name(subject)} has no rules."
    return passed(message, [fact(f"{name(group)} has no rules", group)], facts, confidence=confidence_of(group))


def _count(number: int) -> str:
    return "1 rule" if number == 1 else f"{number} rules"


def _words(rule: SecurityGroupRule, ctx: Context) -> str:
    own = isinstance(rule.peer, GroupPeer) and rule.peer.group == rule.group
    peer = "itself" if own else peer_words(ctx, rule.peer)
    services = ", ".join(words_of(rule_services(rule)))
    return f"{rule.direction.value} {services} {peer}"


def _says(rule: SecurityGroupRule, ctx: Context) -> str:
    return f"{rule_name(rule)}: {_words(rule, ctx)}"


def _usage(group: SecurityGroup, ctx: Context, evidence: list[Evidence]) -> dict[str, Json]:
    use = use_of(ctx, group)
    if use.interfaces is None or use.more is not None:
        return {}
    if use.interfaces:
        evidence.append(fact(f"Note: {use.interfaces} network interfaces use it", group))
    return {"used": use.interfaces > 0}


def _unseen(vpc: Vpc, found: Default) -> Outcome:
    """Judge a VPC of which the input does not show the default group."""
    facts: dict[str, Json] = {"managed": False}
    if found.unknown is not None:
        reason = found.unknown.reason
        message = f"The default security group of {name(vpc)} is not known: {reason}."
        return unknown(message, [fact(reason, found.entity or vpc)], facts)
    if found.untouched is Untouched.OLD:
        says = "no aws_default_security_group manages it here, and the VPC stood before (--live SNAPSHOT settles it)"
        message = f"Whether the default security group of {name(vpc)} is closed is not known: {says}."
        return unknown(message, [fact(says, vpc)], facts)
    facts["open"] = ["egress all protocols 0.0.0.0/0", "ingress all protocols itself"]
    evidence = [
        fact("no aws_default_security_group manages the default group", vpc),
        fact("AWS creates it with two rules: all traffic from its members, and all traffic to 0.0.0.0/0", vpc),
    ]
    sure = vpc.origin.source is not Source.HCL
    message = f"The default security group of {name(vpc)} stays as AWS creates it: open."
    fix = close_default_group(vpc, None)
    return failed(message, evidence, facts, fix, confidence=Confidence.HIGH if sure else Confidence.MEDIUM)


RULE: Final = Rule(
    id="SG002",
    name="default-security-group-open",
    title="Default security group not closed",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="What is launched without thought lands in the default group and reaches everything that it allows.",
)
