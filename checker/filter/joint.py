"""Aggregates with one answer, as a diagnosis. What few of them are asked for is worked out when it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Final, TypeAlias

from checker.filter.answer import Answer, least
from checker.filter.cells import Cells
from checker.filter.initiator import Reading, Role, side_of
from checker.filter.lacks import Lack, lacks_of, need_of
from checker.filter.nearest import closest_entry, closest_rule, entry_candidates, rule_candidates
from checker.filter.peers import peers_of
from checker.filter.service import ICMP, ICMPV6
from checker.filter.settle import Settled, Settling, destination_of
from checker.filter.subject import Place, Subject, port_seen
from checker.model.address import PortRange
from checker.model.diagnosis import (
    Cause,
    Diagnosis,
    Fixes,
    Icmp,
    Initiator,
    NearestMiss,
    Need,
    Pattern,
    Peers,
    Side,
    Stage,
    TrafficRoute,
)
from checker.model.finding import Confidence
from checker.model.firewall import Direction, NetworkAcl
from checker.model.later import later
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
_NOT_TOLD: Final = Icmp(type=None, code=None)

Member: TypeAlias = tuple[FlowAggregate, Settled, tuple[int, int] | None]
"""An aggregate, its answer, and the ports of its service."""


class Joint:
    """Aggregates with one answer; the busiest speaks for all where they differ in words."""

    def __init__(self, settling: Settling, members: Sequence[Member]) -> None:
        self._settling = settling
        self._cells: Cells = settling.cells
        self._members = members
        self._flow, self._found, _ = _busiest(members)
        self._answers = _answers(members)
        self.traffic = _sum(members)
        self.service_ports = _span([service for _, _, service in members])

    # What ranking asks for.

    @property
    def flow(self) -> FlowAggregate:
        """The busiest aggregate."""
        return self._flow

    @property
    def answer(self) -> Answer:
        """The answer for it."""
        return self._found.answer

    @property
    def route(self) -> TrafficRoute | None:
        """From where to where."""
        return self._found.route

    @property
    def side(self) -> Side:
        """Who opened the conversation."""
        return side_of(self._flow.direction, self._found.role)

    @property
    def confidence(self) -> Confidence:
        """The lowest of all answers."""
        several = self._answers
        return several[0].confidence if len(several) == 1 else least(*(each.confidence for each in several))

    @cached_property
    def peers(self) -> Peers:
        """The other ends."""
        return peers_of(self._cells.index, self._flows)

    @cached_property
    def evidence(self) -> tuple[str, ...]:
        """The first few records, each once."""
        found: dict[str, None] = {}
        for flow in self._flows:
            found.update(dict.fromkeys(flow.samples))
            if len(found) >= _SAMPLES:
                break
        return tuple(islice(found, _SAMPLES))

    # The diagnosis.

    def diagnosis(self, rank: int, fixes: Fixes | None) -> Diagnosis:
        """Return it. ``fixes`` say how to let diagnosed traffic through."""
        flow, answer = self._flow, self._found.answer
        place = self._settling.place(flow)
        found = Diagnosis(
            interface_id=flow.interface,
            vpc_id=place.vpc_id,
            subnet_id=place.subnet_id,
            account=flow.account or place.account,
            region=place.region,
            direction=flow.direction,
            protocol=flow.protocol,
            service_ports=self.service_ports,
            icmp=_NOT_TOLD if flow.protocol in (ICMP, ICMPV6) else None,
            local=flow.local,
            peers=later(lambda: self.peers),
            cause=answer.cause,
            cause_detail=answer.detail,
            stage=answer.stage,
            rule=answer.line,
            blockers=answer.blockers,
            nearest_miss=later(self._nearest),
            initiator=later(self._initiator),
            route=self._found.route,
            pattern=None if flow.direction is None else _PATTERNS.get((flow.direction, self._found.role)),
            expected=answer.expected,
            confidence=self.confidence,
            assumptions=self._assumptions,
            undetermined_by=answer.undetermined_by,
            says=answer.says,
            needs=later(lambda: self._needs(found, fixes)),
            traffic=self.traffic,
            evidence=later(lambda: self.evidence),
            location=_location(self._cells, place, answer),
            interface_key=place.interface.key if place.interface is not None else None,
            groups=place.groups,
            acl=place.acl,
            rank=rank,
            remediation=None if fixes is None else later(lambda: fixes.remedy(found)),
        )
        return found

    @cached_property
    def _sorted(self) -> Sequence[Member]:
        return self._members if len(self._members) == 1 else sorted(self._members, key=_order)

    @cached_property
    def _flows(self) -> list[FlowAggregate]:
        return [flow for flow, _, _ in self._sorted]

    @property
    def _assumptions(self) -> tuple[str, ...]:
        """What was taken for granted, that for the busiest aggregate first."""
        if len(self._answers) > 1 and len({each.assumptions for each in self._answers}) > 1:
            return tuple(dict.fromkeys(text for _, found, _ in self._sorted for text in found.answer.assumptions))
        return tuple(dict.fromkeys(self._found.answer.assumptions))

    @cached_property
    def _itself(self) -> tuple[Subject, Reading]:
        return self._settling.by_itself(self._flow)

    def _initiator(self) -> Initiator:
        return self._itself[1].initiator

    def _needs(self, found: Diagnosis, fixes: Fixes | None) -> tuple[Need, ...]:
        """Return what has to be opened: what denied it, then what would deny its replies or the far end."""
        if self.answer.cause not in _FIXABLE:
            return ()
        index, protocol = self._cells.index, self._flow.protocol
        replied = self._found.role is Role.REPLY
        asked = _span([destination_of(each) for each, _, _ in self._members]) if replied else self.service_ports
        number = None if fixes is None else lambda need: fixes.number(found, need)
        return tuple(
            need_of(index, each, protocol, asked, self._seen, lambda: self.peers, number) for each in self._lacks()
        )

    def _seen(self) -> Iterator[int]:
        """Yield peers that are known by their addresses, as numbers."""
        for flow, _, _ in self._members:
            for peer, _ in flow.top_peers:
                yield peer

    def _lacks(self) -> tuple[Lack, ...]:
        """Return what stands in the way: the same for all of one answer, but for what a far end tells apart."""
        found, flow = self._found, self._flow
        seen_there = (flow.local, port_seen(flow)) if flow.direction is Direction.EGRESS else None

        def made() -> tuple[Lack, ...]:
            reply = found.role is Role.REPLY
            return tuple(lacks_of(self._cells, self._itself[0], found.answer.blockers, reply=reply))

        return self._cells.once(("lacks", found.number, seen_there), made)

    def _nearest(self) -> NearestMiss | None:
        """Return the nearest miss of the control that rejected it."""
        subject, answer = self._itself[0], self.answer
        interface = subject.interface
        if answer.stage is None or subject.evaluation is None or not answer.blockers or interface is None:
            return None
        cells, packet, index = self._cells, subject.evaluation.packet, self._cells.index
        atom = cells.atom_both_ways(interface, packet)
        if answer.stage in (Stage.SG_INGRESS, Stage.SG_EGRESS):
            rules = cells.once(("near rules", *atom), lambda: rule_candidates(index, interface, packet))
            return closest_rule(index, rules, packet)
        acl = index.acl_of(subject.subnet).acl if subject.subnet is not None else None
        if not isinstance(acl, NetworkAcl):
            return None
        entries = cells.once(("near entries", *atom), lambda: entry_candidates(index, acl, packet))
        return closest_entry(acl, entries, packet)


def _answers(members: Sequence[Member]) -> Sequence[Answer]:
    """Return each of the answers once."""
    if len(members) == 1:
        return (members[0][1].answer,)
    return [*{found.number: found.answer for _, found, _ in members}.values()]


def _busiest(members: Sequence[Member]) -> Member:
    """Return the first of some members in their order."""
    if len(members) == 1:
        return members[0]
    records = [flow.traffic.records for flow, _, _ in members]
    most = max(records)
    if records.count(most) == 1:
        return members[records.index(most)]
    return min((each for each in members if each[0].traffic.records == most), key=_order)


def _order(member: Member) -> tuple[int, str, int]:
    flow = member[0]
    return (-flow.traffic.records, flow.peer_first, port_seen(flow) or 0)


def _location(cells: Cells, place: Place, answer: Answer) -> Origin | None:
    """Return where the deciding line stands, else the group or ACL that lacks one."""
    if answer.line is not None:
        return answer.line.origin
    if answer.stage in (Stage.SG_INGRESS, Stage.SG_EGRESS):
        found = cells.index.group(place.groups[0]) if place.groups else None
        return found.origin if found is not None else None
    return None


def _span(ports: Sequence[tuple[int, int] | None]) -> PortRange | None:
    """Return the range of all ports; None where there are none."""
    if len(ports) == 1:
        return None if ports[0] is None else _range(*ports[0])
    known = {each for each in ports if each is not None}
    return _range(min([first for first, _ in known]), max([last for _, last in known])) if known else None


_range = lru_cache(maxsize=1 << 12)(PortRange)


def _sum(members: Sequence[Member]) -> Traffic:
    if len(members) == 1:
        return members[0][0].traffic
    several = [flow.traffic for flow, _, _ in members]
    return Traffic(
        records=sum([each.records for each in several]),
        packets=sum([each.packets for each in several]),
        bytes=sum([each.bytes for each in several]),
        first=min([each.first for each in several]),
        last=max([each.last for each in several]),
    )
