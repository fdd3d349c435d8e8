"""A network ACL lets connections through whose answers it then drops.

## What it checks

A network ACL is stateless: the answer to a packet that it lets in must be let out by an egress entry, to the port from
which the client called. For each TCP or UDP service that the ACL lets in, every peer that gets in must be reachable
going out on all of `return_ports`. For what it lets out on a service, the answers must get in on the same ports.

- A service is what an entry allows below the return ports, or, where the entry does not open a wide range of them
  (`wide_range` ports or more), on any port: `5432` is a service, `32768-65535` and `1024-65535` are for answers.
- TCP counts in entries for TCP and for all protocols, UDP only in entries for UDP: an entry for everything is no sign
  that somebody serves UDP. ICMP is not judged.
- An egress entry for all ports is taken to be for answers, and demands nothing by itself.
- Peers are compared as addresses, so what is missing is exact: which peers, which ports.

Ports that are missing only one by one (no more than `spare_ports` in all), as where a deny of 3389 stands before the
range for answers, are tolerated as a fact. Where the ports that Linux and Windows use, 32768 to 65535, get through and
only lower ones do not, severity is low: NAT gateways, load balancers and Lambda use them.

## Why it matters

The connection is accepted and then hangs: an ACCEPT record one way and a REJECT record the other. It is the most
frequent mistake with network ACLs, and no security group shows it.

## When it cannot tell

- An entry's number, action, protocol, ports or CIDR block come from an expression that cannot be evaluated, and decide
  the question.
- The ACL may have entries that could not be read.

## Parameters

- `return_ports` (`1024-65535`): the ports from which clients call.
- `wide_range` (4096): an entry that opens at least so many of them opens them for answers.
- `spare_ports` (64): so many single ports may be missing.
- `outbound` (true): judge also what the ACL lets out on services.

## Remediation

Allow the return ports in the other direction, for the same peers.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html
- https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.filter.acl import Decided, Decision
from checker.filter.intervals import Intervals
from checker.filter.match import Bounds
from checker.filter.packets import EMPTY, PacketSet, box, union_of
from checker.filter.service import TCP, UDP, services, words_of
from checker.model.address import ALL_PROTOCOLS, PortRange
from checker.model.entity import Entity
from checker.model.finding import Evidence, Json, Remediation, Severity
from checker.model.firewall import Direction, NetworkAcl
from checker.model.known import Unknown
from checker.model.record import dataclass
from checker.rules._acl_say import decides, doubts_of
from checker.rules._filters import decided, entry_fact, more_entries
from checker.rules._fix_filter import RENUMBER, NewEntry, first_deny, range_of
from checker.rules._ports import RANGE_SCHEMA, in_words, port_range
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import confidence_of, fact, failed, name, not_applicable, of_kind, passed, unknown
from checker.rules._world import peers_in_words

_CORE: Final = PortRange(32768, 65535)
"""What Linux (32768 to 60999) and Windows (49152 to 65535) call from."""

_NEARLY_ALL: Final = 64000
"""So many ports in one entry are "all ports", also where it begins at 1."""

_OPPOSITE: Final = {Direction.INGRESS: Direction.EGRESS, Direction.EGRESS: Direction.INGRESS}


@dataclass(frozen=True, slots=True)
class _Path:
    """Connections in one direction, and which of their answers do not get back."""

    direction: Direction
    wanted: Bounds
    """The answers that must pass the other way."""
    missing: PacketSet
    """Answers that certainly do not pass."""
    doubtful: PacketSet
    """Answers that may be wanted and may not pass."""
    callers: tuple[Decision, ...]
    """The entries that let the connections through."""


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every network ACL."""
    return ctx.model.network_acls


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the way back of what one ACL lets through."""
    acl = of_kind(NetworkAcl, entity)
    both = {direction: decided(ctx, acl, direction) for direction in Direction}
    ways = [Direction.INGRESS, Direction.EGRESS] if params.get("outbound") is not False else [Direction.INGRESS]
    paths = [_path(way, both, params) for way in ways]
    broken = [path for path in paths if path.missing and not _spare(path.missing, params)]
    facts: dict[str, Json] = {"missing": [text for path in broken for text in _missing_facts(path)]}
    if broken:
        return _fail(ctx, acl, broken, both, facts)
    if more_entries(ctx, acl) is not None or any(not _spare(path.doubtful, params) for path in paths):
        found = doubts_of(ctx, acl, *both.values())
        message = f"Whether answers pass {name(acl)} is not known: {found[0].statement}."
        return unknown(message, found, facts)
    if not any(path.wanted.most for path in paths):
        says = "it lets no TCP or UDP service through"
        return not_applicable(f"{name(acl)} lets no service through.", [fact(says, acl)], facts)
    evidence = [fact(f"answers to what it lets {_IN_OUT[path.direction]} pass the other way", acl) for path in paths]
    for path in paths:
        if path.missing:
            facts["single_ports"] = [*_missing_facts(path)]
            evidence.append(fact(f"Note: single ports are missing: {in_words(path.missing.services())}", acl))
    return passed(f"{name(acl)} lets answers pass.", evidence, facts, confidence=confidence_of(acl))


_IN_OUT: Final = {Direction.INGRESS: "in", Direction.EGRESS: "out"}


def _path(way: Direction, both: dict[Direction, Decided], params: Params) -> _Path:
    calls = [each for each in both[way].decisions if each.allows is not False]
    least = union_of(_answers(each.surely, each, way, params) for each in calls if each.allows)
    most = union_of(_answers(each.perhaps, each, way, params) for each in calls)
    back = both[_OPPOSITE[way]].allowed
    missing = least - back.most
    callers = tuple(each for each in calls if _answers(each.surely, each, way, params) & missing)
    return _Path(way, Bounds(least, most), missing, most - back.least, callers)


def _answers(part: PacketSet, decision: Decision, way: Direction, params: Params) -> PacketSet:
    """Return the answers to the services in what an entry lets through: return ports of TCP or UDP, same peers."""
    found = EMPTY
    for protocol in (TCP, UDP):
        served = _served(decision, protocol, way, params)
        peers = part.within(served).peers()
        found = found | box(_return_services(protocol, params), peers)
    return found


def _served(decision: Decision, protocol: int, way: Direction, params: Params) -> Intervals:
    """Return the ports of an entry that are services, not room for answers."""
    of = decision.entry.protocol
    if not isinstance(of, Unknown) and of != protocol and not (of == ALL_PROTOCOLS and protocol == TCP):
        return Intervals()
    matched = decision.matches.most.services() & services(protocol)
    returns = _return_services(protocol, params)
    if (matched & returns).size() < int(str(params["wide_range"])):
        return matched
    everything = matched.size() >= _NEARLY_ALL
    return Intervals() if everything and way is Direction.EGRESS else matched - returns


def _return_services(protocol: int, params: Params) -> Intervals:
    return services(protocol, PortRange(*port_range(params["return_ports"])))


def _spare(packets: PacketSet, params: Params) -> bool:
    """Say whether no more than a few single ports are in a set."""
    return packets.services().size() <= int(str(params["spare_ports"]))


def _missing_facts(path: _Path) -> list[str]:
    back = _OPPOSITE[path.direction].value
    return [f"{back} {', '.join(words_of(ports))} {peers_in_words(peers)}" for ports, peers in path.missing.slabs()]


def _fail(
    ctx: Context, acl: NetworkAcl, broken: list[_Path], both: dict[Direction, Decided], facts: dict[str, Json]
) -> Outcome:
    evidence: list[Evidence] = []
    for path in broken:
        evidence += [entry_fact(acl, each.entry, decides(each)) for each in path.callers]
        evidence += [fact(f"no way back: {text}", acl) for text in _missing_facts(path)]
        evidence += _deniers(acl, both[_OPPOSITE[path.direction]], path.missing)
    core = union_of(box(services(protocol, _CORE), path.missing.peers()) & path.missing
                    for path in broken for protocol in (TCP, UDP))  # fmt: skip
    path = broken[0]
    ports, peers = in_words(path.missing.services()), peers_in_words(path.missing.peers())
    back = "out to" if path.direction is Direction.INGRESS else "in from"
    message = (
        f"{name(acl)} lets connections {_IN_OUT[path.direction]} whose answers it drops: nothing lets "
        f"{ports} {back} {peers}."
    )
    severity = None if core else Severity.LOW
    return failed(message, evidence, facts, _fix(ctx, acl, path), severity=severity, confidence=confidence_of(acl))


def _deniers(acl: NetworkAcl, back: Decided, missing: PacketSet) -> list[Evidence]:
    return [
        entry_fact(acl, each.entry, f"{decides(each)}, answers among it")
        for each in back.decisions
        if each.allows is False and each.perhaps & missing
    ]


def _fix(ctx: Context, acl: NetworkAcl, path: _Path) -> Remediation:
    back = _OPPOSITE[path.direction]
    ports, peers = next(path.missing.slabs())
    entry = NewEntry(acl, back, "allow", range_of(ports), peers_in_words(peers, most=1).split(" ")[0])
    number = entry.number(ctx, first_deny(acl, back, path.missing))
    summary = "Allow the answers in the other direction."
    if number is None:
        return Remediation(summary=summary + RENUMBER)
    text = entry.terraform(f"answers_{back.value}_{number}", number)
    return Remediation(summary=summary, terraform=text, cli=entry.cli(number))


RULE: Final = Rule(
    id="NA003",
    name="network-acl-return-path-missing",
    title="Network ACL without a way back for what it lets through",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="Connections are accepted and then hang, because a network ACL does not remember what it let through.",
    default_params={"return_ports": "1024-65535", "wide_range": 4096, "spare_ports": 64, "outbound": True},
    params_schema={
        "return_ports": RANGE_SCHEMA,
        "wide_range": {"type": "integer", "minimum": 1, "maximum": 65536},
        "spare_ports": {"type": "integer", "minimum": 0, "maximum": 65536},
        "outbound": {"type": "boolean"},
    },
)
