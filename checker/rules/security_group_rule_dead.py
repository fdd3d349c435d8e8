"""A security group rule allows traffic that the network ACLs deny wherever the group is used.

## What it checks

Each rule of a group against the network ACL of every subnet in which the group is used: ingress rules against what the
ACL lets in, egress rules against what it lets out, first match in order of rule number. A rule is dead where none of
its packets passes in any of these subnets. Traffic between two interfaces of one subnet meets no ACL, so a rule whose
peers include a subnet's own addresses is alive there. A rule that passes in part is not reported.

In a live account a group is used where its interfaces are. A configuration does not show every interface; there the
group counts as used in every subnet of its VPC, and a rule must be dead in all of them.

## Why it matters

One of the two is a mistake: either the rule is left over and opens a port the day somebody changes the ACL, or the ACL
blocks traffic that somebody believes to be allowed, and shows up as REJECT records that the group does not explain.

## When it cannot tell

- Which subnets the group's VPC has, or which network ACL stands at one of them, is not known.
- A part of the rule or of an ACL entry comes from an expression that cannot be evaluated, and decides the question.
- The peer is a security group whose members' addresses are not known, and the ACL passes only some addresses.

A subnet without an ACL of its own has the VPC's default one. Where that is not managed here and the VPC is, it is
taken to allow everything, as AWS creates it; the evidence says so.

## Parameters

None.

## Remediation

Delete the rule, or add an entry to the network ACL that lets its traffic through. Answers need an entry in the other
direction: see NA003.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
- https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.filter.addresses import ALL_IPV4
from checker.filter.match import ANYBODY, AddressBounds, Bounds, rule_packets
from checker.filter.packets import PacketSet, box
from checker.model.entity import Entity
from checker.model.finding import Confidence, Evidence, Json, Remediation, Severity
from checker.model.firewall import (
    Direction,
    GroupPeer,
    NetworkAcl,
    Peer,
    PrefixListPeer,
    SecurityGroup,
    SecurityGroupRule,
)
from checker.model.known import Unknown
from checker.model.network import Subnet
from checker.rules._filters import decided, entry_name, list_addresses, more_rules, peer_words, rule_name, rule_services
from checker.rules._fix_filter import RENUMBER, open_acl, revoke
from checker.rules._ports import in_words
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import confidence_of, fact, failed, name, not_applicable, of_kind, passed, unknown
from checker.rules._text import Tri
from checker.rules._used import Use, gate, member_addresses, reaches, use_of


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every security group."""
    return ctx.model.security_groups


def check(entity: Entity, ctx: Context, _params: Params) -> Outcome:
    """Judge whether every rule of a group lets something through."""
    group = of_kind(SecurityGroup, entity)
    use = use_of(ctx, group)
    aside = _aside(group, use)
    if aside is not None:
        return aside
    alive = {rule.key: _alive(rule, use, ctx) for rule in group.rules}
    dead = [rule for rule in group.rules if alive[rule.key] is False]
    facts: dict[str, Json] = {"dead": [*sorted(rule.key for rule in dead)]}
    if dead:
        return _fail(group, dead, use, ctx, facts)
    doubts = [fact(_doubt(rule, ctx), rule) for rule in group.rules if alive[rule.key] is None]
    doubts = [*_open_questions(group, use, ctx), *doubts] if doubts else doubts
    more = more_rules(ctx, group)
    if more is not None:
        doubts.append(fact(f"it may have more rules: {more.reason}", group))
    if doubts:
        says = doubts[0].statement
        message = f"Whether a rule of {name(group)} is dead behind the network ACLs is not known: {says}."
        return unknown(message, doubts, facts)
    assumed = _assumptions(use, ctx)
    evidence = [fact(f"each of its {len(group.rules)} rules lets something through in {_where(use)}", group), *assumed]
    sure = Confidence.MEDIUM if assumed else confidence_of(group, *group.rules)
    return passed(f"No rule of {name(group)} is dead.", evidence, facts, confidence=sure)


def _aside(group: SecurityGroup, use: Use) -> Outcome | None:
    """Return the outcome for a group of which no rule can be dead."""
    if not group.rules and group.unread is None:
        return not_applicable(f"{name(group)} has no rules.", [fact("it has no rules", group)])
    if not group.origin.managed and not group.rules:
        says = f"{name(group)} is managed elsewhere, and nothing here adds a rule to it."
        return not_applicable(says, [fact("it is only read here", group)])
    if not use.subnets and use.more is None:
        says = "no network interface uses it" if use.interfaces is not None else "its VPC has no subnet"
        return not_applicable(f"{name(group)} is not used: {says}.", [fact(says, group)])
    return None


def _alive(rule: SecurityGroupRule, use: Use, ctx: Context) -> Tri:
    """Say whether a rule lets a packet through in some subnet of use; None where that is not known."""
    reach = rule_packets(rule, lambda peer: _peers(peer, ctx))
    if not reach.most:
        return True
    answer: Tri = False if use.more is None else None
    for subnet in use.subnets:
        passes = reaches(ctx, subnet, rule.direction)
        if reach.least.meets(passes.least) or (not reach.exact and _wherever(rule, reach) <= passes.least):
            return True
        if reach.most.meets(passes.most):
            answer = None
    return answer


def _wherever(rule: SecurityGroupRule, reach: Bounds) -> PacketSet:
    """Return packets that, if all pass, leave a rule alive whoever its peers are. Members of a group have IPv4."""
    return box(rule_services(rule), ALL_IPV4) if isinstance(rule.peer, GroupPeer) else reach.most


def _peers(peer: Peer, ctx: Context) -> AddressBounds:
    if isinstance(peer, GroupPeer):
        least, most = member_addresses(ctx, peer.group)
        return AddressBounds(least, most)
    return list_addresses(ctx, peer.prefix_list) if isinstance(peer, PrefixListPeer) else ANYBODY


def _doubt(rule: SecurityGroupRule, ctx: Context) -> str:
    for value in (rule.exists, rule.protocol, rule.ports, rule.icmp, rule.peer):
        if isinstance(value, Unknown):
            return f"{rule_name(rule)} may be dead: {value.reason}"
    peer = f"{in_words(rule_services(rule))} {peer_words(ctx, rule.peer)}"
    return f"{rule_name(rule)} ({rule.direction.value} {peer}) may be dead"


def _open_questions(group: SecurityGroup, use: Use, ctx: Context) -> list[Evidence]:
    """Return what is not known of the places where a group is used."""
    found = [fact(use.more.reason, group)] if use.more is not None else []
    for subnet in use.subnets:
        for direction in sorted({rule.direction for rule in group.rules}):
            standing = gate(ctx, subnet, direction)
            if standing.passes.exact:
                continue
            says = f"what the network ACL of {name(subnet)} lets through ({direction.value}) is not wholly known"
            found.append(fact(says, subnet))
    return found[:3]


def _assumptions(use: Use, ctx: Context) -> list[Evidence]:
    found: dict[str, Subnet] = {}
    for subnet in use.subnets:
        for direction in Direction:
            text = gate(ctx, subnet, direction).assumed
            if text is not None:
                found.setdefault(text, subnet)
    return [fact(f"Assumed: {text}", subnet) for text, subnet in sorted(found.items())]


def _where(use: Use) -> str:
    used = "where it is used" if use.interfaces is not None else "of its VPC, where it may be used"
    return f"the subnet {used}" if len(use.subnets) == 1 else f"one or more of the {len(use.subnets)} subnets {used}"


def _fail(
    group: SecurityGroup, dead: list[SecurityGroupRule], use: Use, ctx: Context, facts: dict[str, Json]
) -> Outcome:
    evidence = [each for rule in dead for each in _blocked(rule, use, ctx)]
    if use.interfaces is None:
        evidence.append(fact("Assumed: the group is used in no subnet outside its VPC", group))
    which = "1 rule" if len(dead) == 1 else f"{len(dead)} rules"
    lets = "lets" if len(dead) == 1 else "let"
    message = f"{which} of {name(group)} {lets} nothing through: the network ACLs of {_all(use)} deny it."
    return failed(message, evidence, facts, _fix(group, dead, use, ctx), confidence=confidence_of(group, *dead))


def _all(use: Use) -> str:
    if len(use.subnets) == 1:
        return name(use.subnets[0])
    return f"all {len(use.subnets)} subnets {'where it is used' if use.interfaces is not None else 'of its VPC'}"


def _blocked(rule: SecurityGroupRule, use: Use, ctx: Context) -> list[Evidence]:
    """Return what a dead rule allows and the entries that take it away, once for each ACL."""
    what = f"{in_words(rule_services(rule))} {_FROM[rule.direction]} {peer_words(ctx, rule.peer)}"
    found = [fact(f"{rule_name(rule)} allows {what}", rule)]
    found += [fact(f"{_blockers(acl, rule, ctx)} it", acl) for acl in _gates(use, rule.direction, ctx)]
    return found


_FROM: Final = {Direction.INGRESS: "from", Direction.EGRESS: "to"}


def _gates(use: Use, direction: Direction, ctx: Context) -> list[NetworkAcl]:
    acls = {acl.key: acl for subnet in use.subnets for acl in gate(ctx, subnet, direction).acls}
    return [acls[key] for key in sorted(acls)]


def _blockers(acl: NetworkAcl, rule: SecurityGroupRule, ctx: Context) -> str:
    """Return the entries of an ACL that deny a rule's traffic, the final deny too: ``acl-1#90 and acl-1#* deny``."""
    reach = rule_packets(rule, lambda peer: _peers(peer, ctx)).most
    names = []
    for decision in decided(ctx, acl, rule.direction).decisions:
        taken = decision.perhaps & reach
        if taken and decision.allows is False:
            names.append(entry_name(acl, decision.entry))
        reach = reach - decision.matches.least
    if reach:
        names.append(f"{name(acl)}#*")
    return f"{' and '.join(names)} {'denies' if len(names) == 1 else 'deny'}"


def _fix(group: SecurityGroup, dead: list[SecurityGroupRule], use: Use, ctx: Context) -> Remediation:
    rule = dead[0]
    reach = rule_packets(rule, lambda peer: _peers(peer, ctx))
    acl = next(iter(_gates(use, rule.direction, ctx)), None)
    terraform = open_acl(ctx, acl, rule.direction, reach.least or reach.most) if acl is not None else None
    summary = f"Delete {rule_name(rule)}, or let its traffic through the network ACL if it is wanted."
    summary += RENUMBER if acl is not None and terraform is None else ""
    return Remediation(summary=summary, terraform=terraform, cli=revoke(group, dead))


RULE: Final = Rule(
    id="SG003",
    name="security-group-rule-dead",
    title="Security group rule that the network ACL makes dead",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="A rule that lets nothing through is either left over, or the network ACL blocks what it should not.",
)
