"""Aggregates that share interface, cause, deciding line and service become one diagnosis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from checker.filter.addresses import parsed
from checker.filter.answer import Answer, least
from checker.filter.beyond import further
from checker.filter.index import Index
from checker.filter.initiator import Reading, Role
from checker.filter.nearest import nearest_entry, nearest_rule
from checker.filter.needs import EPHEMERAL, needs_of
from checker.filter.peers import exact, peers_of
from checker.filter.subject import Subject
from checker.model.address import PortRange
from checker.model.diagnosis import (
    Cause,
    Diagnosis,
    Icmp,
    Line,
    NearestMiss,
    Need,
    Pattern,
    Peers,
    Stage,
    TrafficRoute,
)
from checker.model.firewall import Direction, NetworkAcl
from checker.model.known import Key, Maybe, Unknown
from checker.model.origin import Origin
from checker.model.traffic import FlowAggregate, Traffic

Explained = tuple[Subject, Reading, Answer, TrafficRoute | None]

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


def joined(index: Index, explained: Iterable[Explained]) -> Iterator[Diagnosis]:
    """Yield one diagnosis for each group of aggregates with one answer."""
    groups: dict[tuple[object, ...], list[Explained]] = defaultdict(list)
    for each in explained:
        groups[_same(*each)].append(each)
    for members in groups.values():
        yield _diagnosis(index, members)


def _same(subject: Subject, reading: Reading, answer: Answer, route: TrafficRoute | None) -> tuple[object, ...]:
    """Return what aggregates of one diagnosis have in common."""
    flow = subject.flow
    return (
        flow.interface,
        flow.resource,
        flow.direction,
        flow.protocol,
        flow.local,
        answer.cause,
        answer.detail,
        answer.stage,
        _name(answer.line),
        tuple((each.stage, _name(each.rule)) for each in answer.blockers),
        reading.role,
        route,
        parsed(flow.peer_first).version,
        None if answer.expected else _service(subject, reading),
    )


def _name(line: Line | None) -> tuple[str, str | None] | None:
    return None if line is None else (line.id, line.address)


def _service(subject: Subject, reading: Reading) -> tuple[int, int] | None:
    """Return the ports of the service: the sender's where the record is a reply."""
    flow = subject.flow
    if not subject.has_ports:
        return None
    if reading.role is Role.REPLY:
        return None if flow.source_port is None else (flow.source_port, flow.source_port)
    return _destination(flow)


def _destination(flow: FlowAggregate) -> tuple[int, int] | None:
    """Return the destination ports that were seen, as narrow as the aggregate tells."""
    if flow.top_ports and sum(records for _, records in flow.top_ports) >= flow.traffic.records:
        ports = [port for port, _ in flow.top_ports]
        return min(ports), max(ports)
    if flow.port_first is None or flow.port_last is None:
        return None
    return flow.port_first, flow.port_last


def _diagnosis(index: Index, members: Sequence[Explained]) -> Diagnosis:
    """Return the diagnosis of aggregates with one answer; the busiest speaks for all where they differ in words."""
    ordered = sorted(
        members, key=lambda each: (-each[0].flow.traffic.records, each[0].flow.peer_first, each[0].port or 0)
    )
    subject, reading, answer, route = ordered[0]
    flows = [each[0].flow for each in ordered]
    peers = peers_of(index, flows)
    flow, interface = subject.flow, subject.interface
    return Diagnosis(
        interface_id=flow.interface,
        vpc_id=_id(index, interface.vpc if interface is not None else flow.vpc) or flow.vpc,
        subnet_id=_id(index, interface.subnet if interface is not None else flow.subnet) or flow.subnet,
        account=flow.account or _known(interface.account if interface is not None else None),
        region=_known(interface.region if interface is not None else None),
        direction=flow.direction,
        protocol=flow.protocol,
        service_ports=_span(_service(each[0], each[1]) for each in ordered),
        icmp=Icmp(type=None, code=None) if subject.is_icmp else None,
        local=flow.local,
        peers=peers,
        cause=answer.cause,
        cause_detail=answer.detail,
        stage=answer.stage,
        rule=answer.line,
        blockers=answer.blockers,
        nearest_miss=_nearest(index, subject, answer),
        initiator=reading.initiator,
        route=route,
        pattern=None if flow.direction is None else _PATTERNS.get((flow.direction, reading.role)),
        expected=answer.expected,
        confidence=least(*(each[2].confidence for each in ordered)),
        assumptions=tuple(dict.fromkeys(text for each in ordered for text in each[2].assumptions)),
        undetermined_by=answer.undetermined_by,
        says=answer.says,
        needs=_needs(index, subject, reading, answer, ordered, peers),
        traffic=_sum(flows),
        evidence=tuple(dict.fromkeys(sample for each in flows for sample in each.samples))[:_SAMPLES],
        location=_location(index, subject, answer),
        interface_key=interface.key if interface is not None else None,
        groups=_groups(index, subject),
        acl=_acl_key(index, subject),
    )


def _needs(
    index: Index,
    subject: Subject,
    reading: Reading,
    answer: Answer,
    members: Sequence[Explained],
    peers: Peers,
) -> tuple[Need, ...]:
    """Return what has to be opened: what denied it, then what would deny its replies or the far end."""
    if answer.cause not in _FIXABLE:
        return ()
    reply = reading.role is Role.REPLY
    ephemeral = EPHEMERAL if subject.has_ports else None
    asked = _span(_destination(each[0].flow) for each in members) if subject.has_ports else None
    found = [*needs_of(index, subject, answer.blockers, ephemeral if reply else asked, peers)]
    for more in () if reply else further(index, subject):
        here = more.subject.interface is subject.interface
        ends = (
            peers
            if here
            else Peers(prefixes=tuple(exact([str(more.subject.peer)])), count=1, top=(str(more.subject.peer),))
        )
        found += needs_of(index, more.subject, [more.blocker], ephemeral if more.reply else asked, ends)
    return tuple(found)


def _one_peer(address: str) -> Peers:
    return Peers(prefixes=tuple(exact([address])), count=1, top=(address,))


def _nearest(index: Index, subject: Subject, answer: Answer) -> NearestMiss | None:
    """Return the nearest miss of the control that rejected it."""
    if answer.stage is None or subject.evaluation is None or not answer.blockers:
        return None
    packet = subject.evaluation.packet
    if answer.stage in (Stage.SG_INGRESS, Stage.SG_EGRESS):
        return nearest_rule(index, subject.interface, packet) if subject.interface is not None else None
    acl = index.acl_of(subject.subnet).acl if subject.subnet is not None else None
    return nearest_entry(index, acl, packet) if isinstance(acl, NetworkAcl) else None


def _location(index: Index, subject: Subject, answer: Answer) -> Origin | None:
    """Return where the deciding line stands, else the group or ACL that lacks one."""
    if answer.line is not None:
        return answer.line.origin
    if answer.stage in (Stage.SG_INGRESS, Stage.SG_EGRESS):
        found = next((index.group(key) for key in _groups(index, subject)), None)
        return found.origin if found is not None else None
    return None


def _groups(index: Index, subject: Subject) -> tuple[Key, ...]:
    interface = subject.interface
    listed = () if interface is None or isinstance(interface.security_groups, Unknown) else interface.security_groups
    return tuple(sorted(index.key(each) for each in listed if isinstance(each, str)))


def _acl_key(index: Index, subject: Subject) -> Key | None:
    acl = index.acl_of(subject.subnet).acl if subject.subnet is not None else None
    return acl.key if isinstance(acl, NetworkAcl) else None


def _span(ports: Iterable[tuple[int, int] | None]) -> PortRange | None:
    known = [each for each in ports if each is not None]
    return PortRange(min(first for first, _ in known), max(last for _, last in known)) if known else None


def _sum(flows: Sequence[FlowAggregate]) -> Traffic:
    return Traffic(
        records=sum(each.traffic.records for each in flows),
        packets=sum(each.traffic.packets for each in flows),
        bytes=sum(each.traffic.bytes for each in flows),
        first=min(each.traffic.first for each in flows),
        last=max(each.traffic.last for each in flows),
    )


def _id(index: Index, key: Maybe[Key | None]) -> str | None:
    """Return the AWS id behind a key, the key itself where the model does not hold it."""
    if not isinstance(key, str):
        return None
    found = index.model.by_key.get(index.key(key))
    return found.id if found is not None and isinstance(found.id, str) else key


def _known(value: Maybe[str | None]) -> str | None:
    return value if isinstance(value, str) else None
