"""A network ACL lets the whole Internet in on a port that nobody needs to reach from everywhere.

## What it checks

What each network ACL lets in, with its entries in order of rule number: the first that matches decides, so an allow
behind a deny of the same port does not count, and several allows add up. For every port of `ports` it fails where the
peers that get in hold so many public IPv4 or IPv6 addresses that they are the Internet.

A network ACL is stateless, so many let in ports 1024 to 65535 from everywhere for the answers to connections that the
subnet opens itself. Sensitive ports that are open only through an entry for the whole of `return_ports` are a lesser
case: see `return_range`.

## Why it matters

The ACL is the second lock, which still holds when somebody opens a security group by mistake.

## When it cannot tell

- An entry's number, action, protocol, ports or CIDR block comes from an expression that cannot be evaluated, and
  decides the question.
- The ACL may have entries that could not be read.

## Parameters

- `ports`: a list of ports: `22` or `"tcp/22"`, `"udp/137-139"`. By default those of SG001.
- `world_ipv4` (8), `world_ipv6` (16): peers that hold as many public addresses as a prefix of this length count as the
  Internet; 0: only all of them do; -1: this family is not looked at.
- `return_ports` (`1024-65535`): the ports to which answers go.
- `return_range` (`low`): what it is when the port is open only as a part of `return_ports`: `low` (severity low),
  `fail` or `ignore` (pass with a note).
- `default_acl` (`skip`): `skip` says nothing of default network ACLs, which AWS creates open and which security groups
  are meant to complete, as Security Hub sees it; `judge` treats them like any other, also those of new VPCs that a
  plan does not manage.

## Remediation

Deny the port with an entry numbered before the one that allows it, or allow only the networks that need it.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
- https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html
- https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Final

from checker.filter.acl import Decided, Decision
from checker.filter.packets import PacketSet, union_of
from checker.filter.service import TCP, UDP, services
from checker.model.address import ALL_PROTOCOLS, PortRange
from checker.model.entity import Entity
from checker.model.finding import Json, Severity, Status
from checker.model.firewall import Direction, NetworkAcl, RuleAction
from checker.model.known import Unknown
from checker.model.network import Vpc
from checker.rules._acl_say import decides, doubts_of
from checker.rules._default_of_vpc import Untouched, default_acl
from checker.rules._filters import decided, entry_fact, more_entries
from checker.rules._fix_filter import close_acl, close_default_acl
from checker.rules._ports import (
    PORTS_SCHEMA,
    RANGE_SCHEMA,
    SENSITIVE,
    listed_in_words,
    more_ports,
    port_range,
    services_named,
)
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import confidence_of, fact, failed, name, not_applicable, of_kind, passed, unknown
from checker.rules._world import (
    WORLD_PARAMS,
    WORLD_SCHEMA,
    WORLD_STRICTER,
    family_words,
    least_needed,
    open_facts,
    open_to_world,
    public_addresses,
)

_NUMBER: Final = "NA001"


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every network ACL, and each new VPC whose default one is not in the input where those are judged."""
    yield from ctx.model.network_acls
    for vpc in ctx.model.vpcs:
        params = ctx.params_for(_NUMBER, vpc)
        if params is None or params.get("default_acl") != "judge":
            continue
        found = default_acl(ctx, vpc)
        if found.entity is None and found.untouched is Untouched.NEW:
            yield vpc


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge what one ACL lets in from the Internet."""
    if isinstance(entity, Vpc):
        return _as_created(entity)
    acl = of_kind(NetworkAcl, entity)
    default = acl.is_default
    if params.get("default_acl") != "judge" and not isinstance(default, Unknown) and default:
        says = "it is the default network ACL of its VPC; the policy leaves those to the security groups"
        return not_applicable(f"{name(acl)} is a default network ACL, which the policy skips.", [fact(says, acl)])
    let_in = decided(ctx, acl, Direction.INGRESS)
    ports = services_named(params["ports"])
    wide = open_to_world(let_in.allowed.least, ports, params)
    judged = not isinstance(default, Unknown) or params.get("default_acl") == "judge"
    if wide and judged:
        return _open(ctx, acl, let_in, wide, params)
    if open_to_world(let_in.allowed.most, ports, params) or more_entries(ctx, acl) is not None:
        found = doubts_of(ctx, acl, let_in)
        message = f"Whether {name(acl)} is open to the Internet is not known: {found[0].statement}."
        return unknown(message, found, {"open": []})
    evidence = [fact("its ingress entries, in order, let the Internet in on no listed port", acl)]
    message = f"{name(acl)} lets the Internet in on no sensitive port."
    return passed(message, evidence, {"open": []}, confidence=confidence_of(acl))


def quick(entity: Entity, _ctx: Context, params: Params) -> Status | None:
    """Return what ``check`` would say of a VPC, of a default ACL that is skipped, and of an ACL that allows all."""
    if isinstance(entity, Vpc):
        return Status.FAIL
    acl = of_kind(NetworkAcl, entity)
    judged = params.get("default_acl") == "judge"
    if not judged and isinstance(acl.is_default, Unknown):
        return None
    if not judged and acl.is_default:
        return Status.NOT_APPLICABLE
    need = least_needed(4, params)
    asked = need is not None and need <= public_addresses(4) and bool(services_named(params["ports"]))
    returns = params.get("return_range") != "ignore"
    return Status.FAIL if asked and returns and _allows_all_first(acl) else None


def _allows_all_first(acl: NetworkAcl) -> bool:
    """Return whether the first ingress entry lets every IPv4 address in on everything, as AWS makes default ACLs."""
    entries = [entry for entry in acl.entries if entry.direction is Direction.INGRESS]
    numbers = [entry.rule_number for entry in entries if not isinstance(entry.rule_number, Unknown)]
    if acl.unread is not None or not entries or len(numbers) < len(entries):
        return False
    first = next(entry for entry in entries if entry.rule_number == min(numbers))
    parts = (first.rule_action, first.protocol, first.prefix)
    if any(isinstance(part, Unknown) for part in (*parts, first.ports, first.icmp)):
        return False
    return parts == (RuleAction.ALLOW, ALL_PROTOCOLS, _EVERYBODY)


_EVERYBODY: Final = IPv4Network("0.0.0.0/0")


def _open(ctx: Context, acl: NetworkAcl, let_in: Decided, wide: PacketSet, params: Params) -> Outcome:
    takes = [each for each in let_in.decisions if each.allows and each.surely & wide]
    narrow = union_of(each.surely for each in takes if not _is_return(each, params)) & wide
    evidence = [entry_fact(acl, each.entry, decides(each)) for each in takes]
    facts: dict[str, Json] = {"open": open_facts(wide, params["ports"]), "entries": len(takes)}
    returns = not narrow
    if returns:
        facts["return_range"] = True
        note = f"the ports are open only as a part of {params['return_ports']}, to which answers go"
        evidence.append(fact(f"Note: {note}", acl))
        if params.get("return_range") == "ignore":
            return passed(f"{name(acl)} is open for answers only.", evidence, facts)
    ports = listed_in_words(wide.services(), params["ports"])
    message = f"{name(acl)} lets the whole Internet ({family_words(wide)}) in on {ports}."
    severity = Severity.LOW if returns and params.get("return_range") == "low" else None
    fix = close_acl(ctx, acl, let_in, narrow or wide)
    return failed(message, evidence, facts, fix, severity=severity, confidence=confidence_of(acl))


def _is_return(decision: Decision, params: Params) -> bool:
    """Say whether an entry opens the whole range of return ports and nothing below it."""
    first, last = port_range(params["return_ports"])
    matched = decision.matches.least.services()
    for protocol in (TCP, UDP):
        everything = services(protocol)
        whole = services(protocol, PortRange(first, last))
        if matched <= everything and whole <= matched and not matched & (everything - whole):
            return True
    return False


def _as_created(vpc: Vpc) -> Outcome:
    evidence = [
        fact("no aws_default_network_acl manages the default network ACL", vpc),
        fact("AWS creates it with entry 100: allow all traffic from 0.0.0.0/0", vpc),
    ]
    facts: dict[str, Json] = {"open": ["all protocols IPv4"], "managed": False}
    message = f"The default network ACL of {name(vpc)} stays as AWS creates it: open to the Internet."
    return failed(message, evidence, facts, close_default_acl(vpc))


def _no_less_fails(one: Json, _other: Json) -> bool:
    """Order the values of ``return_range``: only one of them lets anything pass."""
    return one != "ignore"


RULE: Final = Rule(
    id=_NUMBER,
    name="network-acl-open-to-world",
    title="Network ACL open to the world on a sensitive port",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    quick=quick,
    why="The network ACL is the second lock, which holds when a security group is opened by mistake.",
    default_params={
        "ports": list(SENSITIVE),
        **WORLD_PARAMS,
        "return_ports": "1024-65535",
        "return_range": "low",
        "default_acl": "skip",
    },
    stricter={"ports": more_ports, **WORLD_STRICTER, "return_range": _no_less_fails},
    params_schema={
        "ports": PORTS_SCHEMA,
        **WORLD_SCHEMA,
        "return_ports": RANGE_SCHEMA,
        "return_range": {"enum": ["low", "fail", "ignore"]},
        "default_acl": {"enum": ["skip", "judge"]},
    },
)
