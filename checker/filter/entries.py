"""The network ACL of a subnet, for one packet: the first entry that matches decides, at the subnet's boundary only.

Source: VPC User Guide, "Network ACL rules"; Transit Gateway guide, "Network ACLs"; Reachability Analyzer,
``ELB_ACL_RESTRICTION``.
"""

from __future__ import annotations

from typing import Final

from checker.filter.addresses import Address, address_number
from checker.filter.index import Index, is_transit_gateway
from checker.filter.meets import entry_meets
from checker.filter.result import Doubt, Holds, Match, Packet, StageResult
from checker.filter.routes import Way, way_to
from checker.filter.sketch import Numbers, differs
from checker.filter.unfiltered import unfiltered
from checker.filter.words import entity_name, entry_line, final_line
from checker.model.diagnosis import CauseDetail, Stage, Verdict
from checker.model.firewall import Direction, NetworkAcl, NetworkAclEntry, RuleAction
from checker.model.known import Unknown
from checker.model.network import NetworkInterface, Subnet
from checker.model.record import dataclass, replace

NACL_STAGES: Final = {Direction.INGRESS: Stage.NACL_INGRESS, Direction.EGRESS: Stage.NACL_EGRESS}

_OTHER_LOAD_BALANCERS: Final = ("app/", "net/", "gwy/")


@dataclass(frozen=True, slots=True)
class _Boundary:
    """Whether a packet meets the ACL."""

    crossed: Holds
    why: str | None = None
    """Why it does not, or why it is not known."""
    assumed: tuple[str, ...] = ()


def acl_stage(index: Index, subnet: Subnet | None, packet: Packet, interface: NetworkInterface | None) -> StageResult:
    """Return what the network ACL of a subnet does with a packet.

    ``interface`` is the one in the subnet that sends or receives it; None where it is not known.
    """
    stage = NACL_STAGES[packet.direction]
    free = unfiltered(index, subnet, packet.peer, packet.protocol, packet.port)
    if free is not None:
        return StageResult(stage=stage, verdict=Verdict.NOT_EVALUATED, why=f"network ACLs do not filter {free}")
    if subnet is None:
        missing = "the subnet, and with it the network ACL, is not in the input"
        return StageResult(stage=stage, verdict=Verdict.UNKNOWN, doubts=(Doubt(CauseDetail.NACL_UNKNOWN, missing),))
    boundary = _boundary(index, subnet, packet, interface)
    if boundary.crossed is Holds.NO:
        return StageResult(stage=stage, verdict=Verdict.NOT_EVALUATED, why=boundary.why, assumed=boundary.assumed)
    standing = index.acl_of(subnet)
    if isinstance(standing.acl, Unknown):
        doubt = Doubt(CauseDetail.NACL_UNKNOWN, standing.acl.reason)
        return StageResult(stage=stage, verdict=Verdict.UNKNOWN, doubts=(doubt,))
    found = _first_match(index, standing.acl, stage, packet)
    if standing.assumed is not None:
        found = replace(found, assumed=(standing.assumed,))
    return found if boundary.crossed is Holds.YES else _perhaps_not_met(found, boundary.why or "")


def _perhaps_not_met(found: StageResult, why: str) -> StageResult:
    """Return the answer where the packet may also pass without meeting the ACL."""
    if found.verdict is Verdict.ALLOWED:
        return found
    doubt = Doubt(CauseDetail.NACL_UNKNOWN, why)
    lines = (found.line,) if found.line is not None else ()
    return replace(
        found, verdict=Verdict.UNKNOWN, line=None, candidates=lines + found.candidates, doubts=(doubt, *found.doubts)
    )


# Where the boundary is.


def _boundary(index: Index, subnet: Subnet, packet: Packet, interface: NetworkInterface | None) -> _Boundary:
    own = index.subnet_addresses(subnet)
    number = address_number(packet.peer)
    if number in own.least:
        return _inside(index, subnet, packet, interface)
    if number in own.most:
        return _Boundary(Holds.PERHAPS, f"whether the peer lies in {entity_name(subnet)} is not known")
    if packet.direction is Direction.INGRESS and subnet.key in index.transit_gateway_subnets:
        return _beside_transit_gateway(index, subnet, packet.peer, interface)
    return _Boundary(Holds.YES)


def _inside(index: Index, subnet: Subnet, packet: Packet, interface: NetworkInterface | None) -> _Boundary:
    """Judge a peer of the same subnet: only two kinds of interface make it meet the ACL."""
    if interface is not None and is_transit_gateway(interface) and packet.direction is Direction.INGRESS:
        return _Boundary(Holds.YES)
    peer = index.interface_at(subnet.vpc, packet.peer)
    if any(each is not None and is_classic_load_balancer(each) for each in (interface, peer)):
        return _Boundary(Holds.YES)
    return _Boundary(Holds.NO, f"the peer is in the same subnet, {entity_name(subnet)}")


def _beside_transit_gateway(
    index: Index, subnet: Subnet, peer: Address, interface: NetworkInterface | None
) -> _Boundary:
    """Judge what comes into a subnet that also holds a transit gateway's interface: from there, no ACL is met."""
    if interface is not None and is_transit_gateway(interface):
        return _Boundary(Holds.YES)
    way = way_to(index, subnet, peer)
    beside = f"a transit gateway has an interface in {entity_name(subnet)}, and what comes from it meets no network ACL"
    if way is Way.TRANSIT_GATEWAY:
        return _Boundary(Holds.NO, beside, ("it came through the transit gateway, as its replies go",))
    return _Boundary(Holds.PERHAPS, beside) if way is Way.NOT_KNOWN else _Boundary(Holds.YES)


def is_classic_load_balancer(interface: NetworkInterface) -> bool:
    """Say whether an interface is known to be that of a Classic Load Balancer, by its description ``ELB name``."""
    text = interface.description
    if not isinstance(text, str) or not text.startswith("ELB "):
        return False
    return not text.removeprefix("ELB ").startswith(_OTHER_LOAD_BALANCERS)


# What the entries say.


@dataclass(frozen=True, slots=True)
class _Tried:
    """The entries that may decide, and the one that does if none of them did."""

    open: tuple[tuple[NetworkAclEntry, Match], ...]
    firm: NetworkAclEntry | None
    """None: the final deny."""
    reached: bool
    """Whether it may come to the firm one at all."""


def _first_match(index: Index, acl: NetworkAcl, stage: Stage, packet: Packet) -> StageResult:
    tried = _try(index, acl, packet)
    firm = final_line(acl, packet.peer.version) if tried.firm is None else entry_line(acl, tried.firm)
    possible = {action for entry, _ in tried.open for action in _actions(entry)}
    if tried.reached:
        possible |= {RuleAction.DENY} if tried.firm is None else _actions(tried.firm)
    doubts = [doubt for entry, match in tried.open for doubt in match.doubts or (_doubt(acl, entry),)]
    if tried.firm is not None and isinstance(tried.firm.rule_action, Unknown):
        doubts.append(_doubt(acl, tried.firm))
    more = index.more_entries(acl)
    if more is not None:
        possible = set(RuleAction)
        doubts.append(Doubt(CauseDetail.CONFIG, f"{entity_name(acl)} may have more entries: {more.reason}"))
    verdict = _VERDICTS[possible.pop()] if len(possible) == 1 else Verdict.UNKNOWN
    if not doubts:
        return StageResult(stage=stage, verdict=verdict, line=firm)
    lines = [entry_line(acl, entry) for entry, _ in tried.open] + ([firm] if tried.reached else [])
    return StageResult(stage=stage, verdict=verdict, candidates=tuple(lines), doubts=tuple(dict.fromkeys(doubts)))


_VERDICTS: Final = {RuleAction.ALLOW: Verdict.ALLOWED, RuleAction.DENY: Verdict.DENIED}


def _try(index: Index, acl: NetworkAcl, packet: Packet) -> _Tried:
    """Try the entries in order, up to the first that certainly matches. One of unknown number may stand anywhere."""
    found: list[tuple[NetworkAclEntry, Match]] = []
    firm: NetworkAclEntry | None = None
    numbers = Numbers.of(packet)
    for sketch in index.entries_of(acl, packet.direction):
        entry = sketch.of
        placed = not isinstance(entry.rule_number, Unknown)
        if differs(sketch, numbers) or (placed and firm is not None):
            continue
        match = entry_meets(entry, packet)
        if match.holds is Holds.YES and placed:
            firm = entry
        elif match.holds is not Holds.NO:
            found.append((entry, match))
    taken = any(match.holds is Holds.YES for _, match in found)
    return _Tried(tuple(found), firm, reached=firm is not None or not taken)


def _actions(entry: NetworkAclEntry) -> set[RuleAction]:
    return set(RuleAction) if isinstance(entry.rule_action, Unknown) else {entry.rule_action}


def _doubt(acl: NetworkAcl, entry: NetworkAclEntry) -> Doubt:
    line = entry_line(acl, entry)
    for value in (entry.rule_number, entry.rule_action):
        if isinstance(value, Unknown):
            return Doubt(CauseDetail.CONFIG, f"{line.id}: {value.reason}")
    return Doubt(CauseDetail.CONFIG, f"{line.id} is not wholly known")
