"""One flow through the rules of a network, step by step, there and back: a traceroute for rules.

Security groups keep state, so a reply passes them; network ACLs look at both ways, those at the subnets of NAT gateways
and transit gateways on the way too. Firewalls, hosts and whether routes lead there are not looked at: "allowed" means
that no security group and no network ACL stands in the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from checker.filter.addresses import Address
from checker.filter.ends import Place, places
from checker.filter.entries import NACL_STAGES, acl_stage
from checker.filter.flow_text import Flow, parse_flow
from checker.filter.groups import SG_STAGES, group_stage, has_no_group
from checker.filter.hops import Hop, between
from checker.filter.index import Index
from checker.filter.nearest import nearest_entry, nearest_rule
from checker.filter.public_block import block_mode
from checker.filter.references import is_nat
from checker.filter.result import Doubt, Packet, StageResult
from checker.filter.service import ICMP, ICMPV6, TCP, UDP
from checker.filter.spread import over_ports
from checker.filter.subject import is_public
from checker.filter.unfiltered import perhaps_dns
from checker.filter.words import entity_name
from checker.model.address import IcmpTypeCode
from checker.model.diagnosis import CauseDetail, NearestMiss, Pattern, Stage, TrafficRoute, Verdict
from checker.model.firewall import Direction, NetworkAcl
from checker.model.known import Unknown
from checker.model.record import dataclass, replace

__all__ = ["Explanation", "Flow", "Leg", "Step", "explain", "is_answered", "packets_at", "parse_flow"]


class Leg(StrEnum):
    """Which way a packet goes."""

    REQUEST = "request"
    REPLY = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One control on the way."""

    leg: Leg
    interface: str | None
    """Id of the interface where it stands; None where only the subnet is known, and at a gateway."""
    control: str | None
    """Security groups or network ACL, by id, that are asked."""
    result: StageResult
    nearest_miss: NearestMiss | None = None
    hop: str | None = None
    """Gateway on the way at whose subnet it stands; None at the ends."""

    @property
    def place(self) -> tuple[Leg, Stage, str | None]:
        """Where on the way it stands: no other step of the way has the same."""
        return self.leg, self.result.stage, self.hop


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The whole way, every control on it, and what follows."""

    flow: Flow
    source: Place
    destination: Place
    steps: tuple[Step, ...]
    verdict: Verdict
    """Denied if one control denies, else unknown if one is, else allowed."""
    says: str
    assumptions: tuple[str, ...]
    pattern: Pattern | None
    """What flow logs would record of it where it is denied first; None where nothing denies it."""
    route: TrafficRoute


_IN, _OUT = Direction.INGRESS, Direction.EGRESS
_DENIED: Final = Verdict.DENIED
_PATTERNS: Final = {
    **dict.fromkeys(((Leg.REQUEST, Stage.SG_EGRESS), (Leg.REQUEST, Stage.NACL_EGRESS)), Pattern.OUTBOUND_REJECT),
    **dict.fromkeys(((Leg.REQUEST, Stage.SG_INGRESS), (Leg.REQUEST, Stage.NACL_INGRESS)), Pattern.INBOUND_REJECT),
    (Leg.REPLY, Stage.NACL_EGRESS): Pattern.INBOUND_ACCEPT_OUTBOUND_REJECT,
    (Leg.REPLY, Stage.NACL_INGRESS): Pattern.OUTBOUND_ACCEPT_INBOUND_REJECT,
}
"""What is recorded at the interface that stands before the step. A reply meets no security group."""
_ECHO: Final = {(ICMP, 8): 0, (ICMPV6, 128): 129}
"""Which type answers which. Source: RFC 792, RFC 4443."""
_UNANSWERED: Final = {ICMP: (0, 3, 4, 5, 11, 12), ICMPV6: (1, 2, 3, 4, 129)}
"""Errors and answers, to which nothing is sent back. Source: RFC 792, RFC 1122 section 3.2.2, RFC 4443 section 2.4."""


def explain(index: Index, flow: Flow) -> Explanation:
    """Return the way of a flow. Raises UsageError where neither end lies in the network, or one is ambiguous."""
    source, destination = places(index, flow)
    way = between(index, flow, source, destination, _answer(flow))
    steps = (*_request(index, flow, source, destination, way.hops), *_reply(index, flow, source, destination, way.hops))
    steps = _with_doubt(steps, _perhaps_dns(index, flow, source))
    verdicts = [step.result.verdict for step in steps]
    verdict = next((each for each in (Verdict.DENIED, Verdict.UNKNOWN) if each in verdicts), Verdict.ALLOWED)
    route = _route(index, source, destination)
    assumed = [text for step in steps for text in step.result.assumed]
    return Explanation(
        flow=flow,
        source=source,
        destination=destination,
        steps=steps,
        verdict=verdict,
        says=_says(steps, verdict) + (_blocked(index, source, destination, route) if verdict is not _DENIED else ""),
        assumptions=tuple(dict.fromkeys([*assumed, *_about(source, destination), *_at_nat(destination), *way.assumed])),
        pattern=next(
            (_PATTERNS[step.leg, step.result.stage] for step in steps if step.result.verdict is _DENIED), None
        ),
        route=route,
    )


def _perhaps_dns(index: Index, flow: Flow, source: Place) -> str | None:
    home = source.interface or source.subnet
    if home is None or flow.destination.address is None:
        return None
    return perhaps_dns(index, home.vpc, flow.destination.address, flow.protocol, flow.destination.port)


def _with_doubt(steps: tuple[Step, ...], doubt: str | None) -> tuple[Step, ...]:
    """Return the steps; those that deny are open where nothing may filter the flow."""
    if doubt is None:
        return steps
    more = Doubt(CauseDetail.CONFIG, doubt)
    return tuple(
        replace(each, result=replace(each.result, verdict=Verdict.UNKNOWN, doubts=(more, *each.result.doubts)))
        if each.result.verdict is Verdict.DENIED
        else each
        for each in steps
    )


def _route(index: Index, source: Place, destination: Place) -> TrafficRoute:
    """Return from where to where it is opened; whoever is reached by a public address is reached over the Internet."""
    if source.outside and _is_public(index, source):
        return TrafficRoute.INTERNET_TO_SUBNET
    return TrafficRoute.SUBNET_TO_INTERNET if _is_public(index, destination) else TrafficRoute.SUBNET_TO_SUBNET


def _is_public(index: Index, place: Place) -> bool:
    return not isinstance(place.seen_by_other, Unknown) and is_public(index, place.seen_by_other)


def _request(index: Index, flow: Flow, source: Place, destination: Place, hops: tuple[Hop, ...]) -> Iterator[Step]:
    port = flow.destination.port
    there = _packet(flow, _OUT, destination.seen_by_other, port, flow.icmp)
    yield from _groups(index, source, _OUT, there)
    yield from _acl(index, Leg.REQUEST, source, destination, _OUT, there)
    for hop in hops:
        yield from _at_hop(index, Leg.REQUEST, hop)
    here = _packet(flow, _IN, source.seen_by_other, port, flow.icmp)
    yield from _acl(index, Leg.REQUEST, destination, source, _IN, here)
    yield from _groups(index, destination, _IN, here)


def _reply(index: Index, flow: Flow, source: Place, destination: Place, hops: tuple[Hop, ...]) -> Iterator[Step]:
    """Yield what the answer meets: groups let it pass, network ACLs see it as any other packet."""
    if not is_answered(flow):
        return
    icmp = _answer(flow)
    port = flow.source.port
    back = _packet(flow, _OUT, source.seen_by_other, port, icmp)
    yield from _passing(destination, _OUT)
    yield from _acl(index, Leg.REPLY, destination, source, _OUT, back)
    for hop in reversed(hops):
        yield from _at_hop(index, Leg.REPLY, hop)
    home = _packet(flow, _IN, destination.seen_by_other, port, icmp)
    yield from _acl(index, Leg.REPLY, source, destination, _IN, home)
    yield from _passing(source, _IN)


def is_answered(flow: Flow) -> bool:
    """Say whether a host that gets it may send something back: not to ICMP errors and answers."""
    return flow.icmp is None or flow.icmp.type not in _UNANSWERED.get(flow.protocol, ())


def packets_at(found: Explanation, opens: Direction) -> tuple[Packet | Unknown, Packet | Unknown]:
    """Return request and answer as one end sees them: the source with EGRESS, the destination with INGRESS."""
    flow = found.flow
    if opens is _OUT:
        peer, back = found.destination.seen_by_other, _IN
    else:
        peer, back = found.source.seen_by_other, _OUT
    request = _packet(flow, opens, peer, flow.destination.port, flow.icmp)
    return request, _packet(flow, back, peer, flow.source.port, _answer(flow))


def _answer(flow: Flow) -> IcmpTypeCode | None:
    type_ = None if flow.icmp is None else _ECHO.get((flow.protocol, flow.icmp.type))
    return None if type_ is None else IcmpTypeCode(type_, 0)


def _packet(
    flow: Flow, direction: Direction, peer: Address | Unknown, port: int | None, icmp: IcmpTypeCode | None
) -> Packet | Unknown:
    if isinstance(peer, Unknown):
        return peer
    return Packet(direction=direction, protocol=flow.protocol, peer=peer, port=port, icmp=icmp)


def _groups(index: Index, place: Place, direction: Direction, packet: Packet | Unknown) -> Iterator[Step]:
    interface = place.interface
    if interface is None:
        if not place.outside:
            nobody = Unknown(f"no interface with {place.text} is in the network, so its security groups are not known")
            result = _hidden(SG_STAGES[direction], nobody if place.hidden is None else place.hidden)
            yield Step(leg=Leg.REQUEST, interface=None, control=None, result=result)
        return
    miss = None
    if isinstance(packet, Unknown):
        result = _hidden(SG_STAGES[direction], packet)
    else:
        result = group_stage(index, interface, packet)
        miss = nearest_rule(index, interface, packet) if result.verdict is Verdict.DENIED else None
    listed = () if isinstance(interface.security_groups, Unknown) else interface.security_groups
    names = sorted(index.key(each) for each in listed if isinstance(each, str))
    yield Step(
        leg=Leg.REQUEST, interface=place.name, control=", ".join(names) or None, result=result, nearest_miss=miss
    )


def _acl(
    index: Index, leg: Leg, place: Place, other: Place, direction: Direction, packet: Packet | Unknown
) -> Iterator[Step]:
    if place.outside:
        return
    standing = None if place.subnet is None else index.acl_of(place.subnet).acl
    name = entity_name(standing) if isinstance(standing, NetworkAcl) else None
    miss = None
    if isinstance(packet, Unknown):
        result = _hidden(NACL_STAGES[direction], packet)
    elif place.subnet is None:
        result = _beside(place, other, direction) or (
            acl_stage(index, None, packet, place.interface)
            if place.hidden is None
            else _hidden(NACL_STAGES[direction], place.hidden)
        )
    elif packet.protocol in (TCP, UDP) and packet.port is None:
        result = over_ports(index, place.subnet, packet, place.interface)
    else:
        result = acl_stage(index, place.subnet, packet, place.interface)
        if result.verdict is Verdict.DENIED and isinstance(standing, NetworkAcl):
            miss = nearest_entry(index, standing, packet)
    yield Step(leg=leg, interface=place.name, control=name, result=result, nearest_miss=miss)


def _at_hop(index: Index, leg: Leg, hop: Hop) -> Iterator[Step]:
    """Yield the ACL of a gateway's subnet, for each packet that meets it."""
    standing = index.acl_of(hop.subnet).acl
    name = entity_name(standing) if isinstance(standing, NetworkAcl) else None
    for packet in hop.request if leg is Leg.REQUEST else hop.reply:
        whole = packet.protocol in (TCP, UDP) and packet.port is None
        result = (over_ports if whole else acl_stage)(index, hop.subnet, packet, hop.interface)
        miss = None
        if result.verdict is Verdict.DENIED and not whole and isinstance(standing, NetworkAcl):
            miss = nearest_entry(index, standing, packet)
        yield Step(leg=leg, interface=None, control=name, result=result, nearest_miss=miss, hop=hop.name)


def _beside(place: Place, other: Place, direction: Direction) -> StageResult | None:
    """Return the answer where both ends are in one subnet, which the input does not show."""
    around = [None if each.interface is None else each.interface.subnet for each in (place, other)]
    if not isinstance(around[0], str) or around[0] != around[1]:
        return None
    why = f"the peer is in the same subnet, {around[0]}"
    return StageResult(stage=NACL_STAGES[direction], verdict=Verdict.NOT_EVALUATED, why=why)


def _hidden(stage: Stage, why: Unknown) -> StageResult:
    """Return the answer where the address of the other end is not known."""
    return StageResult(stage=stage, verdict=Verdict.UNKNOWN, doubts=(Doubt(CauseDetail.CONFIG, why.reason),))


def _passing(place: Place, direction: Direction) -> Iterator[Step]:
    """Yield the groups that a reply passes without being looked at."""
    interface = place.interface
    if interface is None or has_no_group(interface):
        return
    why = "security groups keep state: a reply to what was admitted passes"
    result = StageResult(stage=SG_STAGES[direction], verdict=Verdict.NOT_EVALUATED, why=why)
    yield Step(leg=Leg.REPLY, interface=place.name, control=None, result=result)


def _about(*both: Place) -> Iterator[str]:
    for place in both:
        yield from place.assumed


def _at_nat(destination: Place) -> Iterator[str]:
    """Yield that what a NAT gateway's ACL admits gets no further."""
    if destination.interface is not None and is_nat(destination.interface):
        yield f"{destination.name} is a NAT gateway: it drops what nothing behind it asked for, so this is no exposure"


def _says(steps: tuple[Step, ...], verdict: Verdict) -> str:
    if verdict is Verdict.ALLOWED:
        return (
            "No security group and no network ACL of this network stands in the way. If it fails all the same, look at "
            "routes, gateways and the host itself."
        )
    first = next(step for step in steps if step.result.verdict is verdict)
    if verdict is Verdict.DENIED:
        return f"The {first.leg.value} is denied at {first.result.stage.value} of {_where(first)}: {_by(first.result)}."
    doubt = next(iter(first.result.doubts), Doubt(CauseDetail.CONFIG, "something is not known"))
    return f"Whether the {first.leg.value} passes {first.result.stage.value} of {_where(first)} is open: {doubt.says}."


def _blocked(index: Index, source: Place, destination: Place, route: TrafficRoute) -> str:
    """Return that VPC Block Public Access may stand in the way of what goes over the Internet; else nothing."""
    if route is TrafficRoute.SUBNET_TO_SUBNET:
        return ""
    for place, inward in ((source, False), (destination, True)):
        mode = None if place.subnet is None else block_mode(index, place.subnet, inward=inward)
        if mode is not None:
            return f" VPC Block Public Access is set to {mode} there: it may reject it, whatever groups and ACLs allow."
    return ""


def _where(step: Step) -> str:
    return step.interface or step.hop or step.control or "an end without known interface"


def _by(result: StageResult) -> str:
    if result.line is not None:
        return f"{result.line.id}, {result.line.says}"
    if result.no_rules:
        return "the groups have no rule in this direction"
    return "no rule of the groups allows it" if not result.candidates else "by one of several entries"
