"""A security group lets the whole Internet in on a port that nobody needs to reach from everywhere.

## What it checks

The ingress rules of each group, taken together: for every port of `ports`, all peers from which some rule of the group
lets traffic in, as addresses. Prefix lists count with their entries, `0.0.0.0/1` with `128.0.0.0/1` is the same as
`0.0.0.0/0`, and rules for all ports or all protocols hold every port. It fails where these peers hold so many public
IPv4 or IPv6 addresses that they are the Internet. Peers that are security groups never are: members are matched by
their private addresses.

## Why it matters

Every address of IPv4 is scanned for open SSH, RDP and databases within hours. A password that is weak, or a flaw that
is not patched, is then found by strangers first.

## When it cannot tell

- The port, the protocol or the peer of a rule comes from an expression that cannot be evaluated, and the rule may
  complete the Internet on one of the ports.
- A prefix list that a rule names is not in the input, or its entries are not known.
- The group may have rules that could not be read, or its other rules are managed elsewhere.

A group that is only read here, by a data source, is judged where it is managed.

## Parameters

- `ports`: a list of ports: `22` or `"tcp/22"`, `"udp/137-139"`. By default remote administration, databases, file
  shares and control planes.
- `world_ipv4` (8): peers that hold as many public IPv4 addresses as a prefix of this length count as the Internet; 0:
  only all of them do; -1: IPv4 is not looked at.
- `world_ipv6` (16): the same for global unicast IPv6.

Whether an interface uses the group, and what the network ACLs in front of it do, are facts of the finding and change
nothing: both can be changed without a look at the group.

## Remediation

Let in only the networks that need the port. For administration, Session Manager needs no open port at all.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
- https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
- https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.filter.match import Bounds, length_of
from checker.filter.packets import PacketSet
from checker.model.entity import Entity
from checker.model.finding import Evidence, Json, Severity, Status
from checker.model.firewall import Direction, SecurityGroup, SecurityGroupRule
from checker.model.known import Unknown
from checker.rules._exposed import status_of_group
from checker.rules._filters import from_prefixes, group_packets, more_rules, peer_words, rule_name, rule_services
from checker.rules._fix_filter import narrow_rule
from checker.rules._ports import PORTS_SCHEMA, SENSITIVE, in_words, listed_in_words, more_ports, services_named
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import confidence_of, fact, failed, name, not_applicable, of_kind, passed, unknown
from checker.rules._used import usage_facts
from checker.rules._world import (
    WORLD_PARAMS,
    WORLD_SCHEMA,
    WORLD_STRICTER,
    family_words,
    open_facts,
    open_to_world,
    shortfall,
)


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every security group."""
    return ctx.model.security_groups


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge what one group lets in from the Internet."""
    group = of_kind(SecurityGroup, entity)
    if not group.origin.managed and not group.rules:
        says = f"{name(group)} is managed elsewhere, and nothing here adds a rule to it."
        return not_applicable(says, [fact("it is only read here", group)])
    ports = services_named(params["ports"])
    let_in = group_packets(ctx, group, Direction.INGRESS)
    wide = open_to_world(let_in.least, ports, params)
    if wide:
        return _open(group, ctx, wide, params)
    more = more_rules(ctx, group)
    doubts = _doubts(group, ctx, let_in, params) if not let_in.exact else []
    if more is not None:
        doubts.append(fact(f"it may have more rules: {more.reason}", group))
    facts: dict[str, Json] = {"open": []}
    if doubts:
        message = f"Whether {name(group)} is open to the Internet is not known: {doubts[0].statement}."
        return unknown(message, doubts, facts)
    evidence = [
        fact(f"ingress rules: {len(_ingress(group))}; together they let the Internet in on no listed port", group)
    ]
    message = f"{name(group)} lets the Internet in on no sensitive port."
    return passed(message, evidence, facts, confidence=confidence_of(group, *group.rules))


def quick(entity: Entity, ctx: Context, params: Params) -> Status | None:
    """Return what ``check`` would say, where the sizes of the peers alone settle it."""
    group = of_kind(SecurityGroup, entity)
    if not group.origin.managed and not group.rules:
        return Status.NOT_APPLICABLE
    return status_of_group(ctx, group, params)


def _open(group: SecurityGroup, ctx: Context, wide: PacketSet, params: Params) -> Outcome:
    rules = [rule for rule in _ingress(group) if from_prefixes(ctx, rule).least & wide]
    evidence = [fact(_says(rule, ctx), rule) for rule in rules]
    facts: dict[str, Json] = {"open": open_facts(wide, params["ports"])}
    used, notes = usage_facts(ctx, group, wide)
    facts.update(used)
    ports = listed_in_words(wide.services(), params["ports"])
    message = f"{name(group)} lets the whole Internet ({family_words(wide)}) in on {ports}."
    fix = narrow_rule(group, rules, wide)
    return failed(message, [*evidence, *notes], facts, fix, confidence=confidence_of(group, *rules))


def _says(rule: SecurityGroupRule, ctx: Context) -> str:
    return f"{rule_name(rule)} allows {in_words(rule_services(rule))} from {peer_words(ctx, rule.peer)}"


def _ingress(group: SecurityGroup) -> list[SecurityGroupRule]:
    return [rule for rule in group.rules if rule.direction is Direction.INGRESS]


def _doubts(group: SecurityGroup, ctx: Context, let_in: Bounds, params: Params) -> list[Evidence]:
    """Return the rules that may complete the Internet on a sensitive port."""
    ports = services_named(params["ports"])
    maybe = open_to_world(let_in.most, ports, params)
    unsure = [rule for rule in _ingress(group) if _matters(from_prefixes(ctx, rule), maybe)]
    missing = shortfall(let_in.least, ports, params)
    if all(_adds(rule, version) is not None for rule in unsure for version in missing):
        most = {version: sum(_adds(rule, version) or 0 for rule in unsure) for version in missing}
        if all(most[version] < missing[version] for version in missing):
            return []
    return [fact(f"{rule_name(rule)} may: {_cause(rule, ctx)}", rule) for rule in unsure]


def _matters(reach: Bounds, maybe: PacketSet) -> bool:
    return not reach.exact and bool(reach.most & maybe)


def _adds(rule: SecurityGroupRule, version: int) -> int | None:
    """Return how many addresses a peer of known prefix length adds at most, None where the length is not known."""
    length = length_of(rule.peer) if isinstance(rule.peer, Unknown) else None
    if length is None:
        return None
    return 1 << max((32 if version == 4 else 128) - length, 0)


def _cause(rule: SecurityGroupRule, ctx: Context) -> str:
    for value in (rule.exists, rule.protocol, rule.ports, rule.icmp, rule.peer):
        if isinstance(value, Unknown):
            return value.reason
    return f"the entries of {peer_words(ctx, rule.peer)} are not known"


RULE: Final = Rule(
    id="SG001",
    name="security-group-open-to-world",
    title="Security group open to the world on a sensitive port",
    severity=Severity.HIGH,
    subjects=subjects,
    check=check,
    quick=quick,
    why="What the whole Internet can reach is found and attacked within hours.",
    default_params={"ports": list(SENSITIVE), **WORLD_PARAMS},
    stricter={"ports": more_ports, **WORLD_STRICTER},
    params_schema={"ports": PORTS_SCHEMA, **WORLD_SCHEMA},
)
