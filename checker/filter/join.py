"""Aggregates that share interface, cause, deciding line and service become one diagnosis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeAlias

from checker.filter.answer import Answer, least
from checker.filter.beyond import further
from checker.filter.cells import Cells
from checker.filter.initiator import Reading, Role
from checker.filter.nearest import closest_entry, closest_rule, entry_candidates, rule_candidates
from checker.filter.needs import EPHEMERAL, needs_of
from checker.filter.peers import exact, peers_of
from checker.filter.settle import Settled, Settling, destination_of, service_of
from checker.filter.subject import Place, Subject, place_of, port_seen
from checker.model.address import PortRange
from checker.model.diagnosis import Cause, CauseDetail, Diagnosis, Icmp, NearestMiss, Need, Pattern, Peers, Stage
from checker.model.firewall import Direction, NetworkAcl
from checker.model.origin import Origin
from checker.model.traffic import FlowAggregate, Traffic

_SAMPLES: Final = 3
_PATTERNS: Final = {
    (Direction.INGRESS, Role.REQUEST): Pattern.INBOUND_REJECT,
    (Direction.EGRESS, Role.REPLY): Pattern.INBOUND_ACCEPT_OUTBOUND_REJECT,
    (Direction.EGRESS, Role.REQUEST): Pattern.OUTBOUND_REJECT,
    (Direction.INGRESS, Role.REPLY): Pattern.OUTBOUND_ACCEPT_INBOUND_REJECT,
}
_FIXABLE: Final = (
    Cause.SG_NO_MATCH, Cause.SG_NO_RULES, Cause.NACL_DENY, Cause.NACL_IMPLICIT_DENY, Cause.REPLY_BLOCKED,
)  # fmt: skip

_Member: TypeAlias = tuple[FlowAggregate, Settled, tuple[int, int] | None]
"""An aggregate, its answer, and the ports of its service."""


def joined(settling: Settling, aggregates: Iterable[FlowAggregate]) -> Iterator[Diagnosis]:
    """Yield one diagnosis for each group of aggregates with one answer."""
    groups: dict[Hashable, list[_Member]] = defaultdict(list)
    for flow in aggregates:
        found = settling.settle(flow)
        service = service_of(flow, found.role)
        apart = None if found.answer.expected or found.answer.detail is CauseDetail.ENI else service
        groups[flow.interface, flow.resource, flow.local, found.same, apart].append((flow, found, service))
    for members in groups.values():
        yield _diagnosis(settling, sorted(members, key=_order) if len(members) > 1 else members)


def _order(member: _Member) -> tuple[int, str, int]:
    flow = member[0]
    return (-flow.traffic.records, flow.peer_first, port_seen(flow) or 0)


def _diagnosis(settling: Settling, members: Sequence[_Member]) -> Diagnosis:
    """Return the diagnosis of aggregates with one answer; the busiest speaks for all where they differ in words."""
    cells = settling.cells
    flows = [flow for flow, _, _ in members]
    flow, found = flows[0], members[0][1]
    answers = [each.answer for each in {each.number: each for _, each, _ in members}.values()]
    subject, reading = settling.by_itself(flow)
    place, answer = place_of(cells, flow), found.answer
    peers = peers_of(cells.index, flows)
    return Diagnosis(
        interface_id=flow.interface,
        vpc_id=place.vpc_id,
        subnet_id=place.subnet_id,
        account=flow.account or place.account,
        region=place.region,
        direction=flow.direction,
        protocol=flow.protocol,
        service_ports=_span(service for _, _, service in members),
        icmp=Icmp(type=None, code=None) if subject.is_icmp else None,
        local=flow.local,
        peers=peers,
        cause=answer.cause,
        cause_detail=answer.detail,
        stage=answer.stage,
        rule=answer.line,
        blockers=answer.blockers,
        nearest_miss=_nearest(cells, subject, answer),
        initiator=reading.initiator,
        route=found.route,
        pattern=None if flow.direction is None else _PATTERNS.get((flow.direction, reading.role)),
        expected=answer.expected,
        confidence=least(*(each.confidence for each in answers)),
        assumptions=tuple(dict.fromkeys(text for each in answers for text in each.assumptions)),
        undetermined_by=answer.undetermined_by,
        says=answer.says,
        needs=_needs(cells, subject, reading, answer, flows, peers),
        traffic=_sum(flows),
        evidence=_evidence(flows),
        location=_location(cells, place, answer),
        interface_key=place.interface.key if place.interface is not None else None,
        groups=place.groups,
        acl=place.acl,
    )


def _evidence(flows: Sequence[FlowAggregate]) -> tuple[str, ...]:
    """Return the first few records, each once."""
    found: dict[str, None] = {}
    for flow in flows:
        found.update(dict.fromkeys(flow.samples))
        if len(found) >= _SAMPLES:
            break
    return tuple(islice(found, _SAMPLES))


def _needs(
    cells: Cells,
    subject: Subject,
    reading: Reading,
    answer: Answer,
    flows: Sequence[FlowAggregate],
    peers: Peers,
) -> tuple[Need, ...]:
    """Return what has to be opened: what denied it, then what would deny its replies or the far end."""
    if answer.cause not in _FIXABLE:
        return ()
    reply = reading.role is Role.REPLY
    ephemeral = EPHEMERAL if subject.has_ports else None
    asked = _span(map(destination_of, flows)) if subject.has_ports else None
    found = [*needs_of(cells, subject, answer.blockers, ephemeral if reply else asked, peers)]
    for more in () if reply else further(cells, subject):
        ends = peers if more.subject.interface is subject.interface else _one_peer(str(more.subject.peer))
        found += needs_of(cells, more.subject, [more.blocker], ephemeral if more.reply else asked, ends)
    return tuple(found)


def _one_peer(address: str) -> Peers:
    return Peers(prefixes=tuple(exact([address])), count=1, top=(address,))


def _nearest(cells: Cells, subject: Subject, answer: Answer) -> NearestMiss | None:
    """Return the nearest miss of the control that rejected it."""
    interface = subject.interface
    if answer.stage is None or subject.evaluation is None or not answer.blockers or interface is None:
        return None
    packet, index = subject.evaluation.packet, cells.index
    atom = cells.atom_both_ways(interface, packet)
    if answer.stage in (Stage.SG_INGRESS, Stage.SG_EGRESS):
        rules = cells.once(("near rules", *atom), lambda: rule_candidates(index, interface, packet))
        return closest_rule(index, rules, packet)
    acl = index.acl_of(subject.subnet).acl if subject.subnet is not None else None
    if not isinstance(acl, NetworkAcl):
        return None
    return closest_entry(acl, cells.once(("near entries", *atom), lambda: entry_candidates(index, acl, packet)), packet)


def _location(cells: Cells, place: Place, answer: Answer) -> Origin | None:
    """Return where the deciding line stands, else the group or ACL that lacks one."""
    if answer.line is not None:
        return answer.line.origin
    if answer.stage in (Stage.SG_INGRESS, Stage.SG_EGRESS):
        found = next((cells.index.group(key) for key in place.groups), None)
        return found.origin if found is not None else None
    return None


def _span(ports: Iterable[tuple[int, int] | None]) -> PortRange | None:
    known = {each for each in ports if each is not None}
    return PortRange(min(first for first, _ in known), max(last for _, last in known)) if known else None


def _sum(flows: Sequence[FlowAggregate]) -> Traffic:
    several = [flow.traffic for flow in flows]
    if len(several) == 1:
        return several[0]
    return Traffic(
        records=sum(each.records for each in several),
        packets=sum(each.packets for each in several),
        bytes=sum(each.bytes for each in several),
        first=min(each.first for each in several),
        last=max(each.last for each in several),
    )
