"""The answers of a log: aggregates that differ in nothing that matters are explained once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Final, TypeAlias

from checker.filter.addresses import parsed
from checker.filter.answer import Answer
from checker.filter.cells import Cells
from checker.filter.index import Index
from checker.filter.initiator import SEVERAL, WELL_KNOWN, Reading, Role
from checker.filter.service import TCP, UDP
from checker.filter.subject import Place, Subject, is_public, peer_seen, place_of, port_seen, subject_of
from checker.model.diagnosis import CauseDetail, Line, Side, TrafficRoute
from checker.model.known import Key
from checker.model.record import dataclass
from checker.model.traffic import FlowAggregate

NEAR: Final = timedelta(days=1)
"""A network that was read within this time of the records is taken for the one that held."""

Read: TypeAlias = Callable[[Subject], Reading]
Explain: TypeAlias = Callable[[Subject, Reading], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What aggregates have in common that were explained together."""

    number: int
    """Of this answer."""
    same: int
    """The same for answers that may share a diagnosis."""
    role: Role
    answer: Answer
    route: TrafficRoute | None
    whole: bool
    """One diagnosis is for all ports of the service."""


@dataclass(frozen=True, slots=True)
class _Sight:
    """How an interface sees other ends in one direction, by one protocol."""

    number: int
    peers: tuple[int, ...] | None
    """First address of each interval of peers that are alike; None where each is one of its own."""
    port: Callable[[int | None], tuple[object, ...]]
    """Returns what an answer may depend on of a destination port."""
    other: Callable[[int], Key | None]
    """Returns the interface beside it that has a private address, given as a number."""
    alike: bool
    """Interfaces with this number are alike; otherwise it is one interface."""


_SEEN_FROM: Final = attrgetter("interface", "vpc", "subnet", "direction", "protocol")
_KIND: Final = attrgetter(
    "direction_signal", "source_port", "flags", "reject_reason", "reverse_accepted", "same_accepted"
)


def _nobody(_address: int) -> None:
    return None


class Settling:
    """Explains aggregates, each kind of them once."""

    def __init__(
        self, cells: Cells, read: Read, explain: Explain, *, taken: datetime | None, service_ports: frozenset[int]
    ) -> None:
        self.cells = cells
        self._read = read
        self._explain = explain
        self._taken = taken
        self._service_ports = service_ports
        self._places: dict[Hashable, Place] = {}
        self._ports: dict[tuple[int, ...] | None, Callable[[int | None], tuple[object, ...]]] = {}

    def settle(self, flows: Sequence[FlowAggregate]) -> list[Settled]:
        """Return the answer for each of some aggregates."""
        known: dict[Hashable, Settled] = {}
        found = []
        for key, flow in zip(self._keys(flows), flows, strict=True):
            settled = known.get(key)
            if settled is None:
                settled = known[key] = self._settled(flow, len(known))
            found.append(settled)
        return found

    def place(self, flow: FlowAggregate) -> Place:
        """Return where an aggregate was recorded."""
        named = (flow.interface, flow.vpc, flow.subnet)
        found = self._places.get(named)
        if found is None:
            found = self._places[named] = place_of(self.cells, flow)
        return found

    def by_itself(self, flow: FlowAggregate) -> tuple[Subject, Reading]:
        """Return an aggregate in its place with what it is in its conversation, in its own words."""
        subject = subject_of(self.cells, flow, self.place(flow))
        return subject, self._read(subject)

    def _settled(self, flow: FlowAggregate, number: int) -> Settled:
        subject, reading = self.by_itself(flow)
        answer = self._explain(subject, reading)
        route = _route(self.cells.index, subject, reading)
        same = (
            flow.direction, flow.protocol, answer.cause, answer.detail, answer.stage, _name(answer.line),
            tuple((each.stage, _name(each.rule)) for each in answer.blockers),
            reading.role, route, parsed(flow.peer_first).version,
        )  # fmt: skip
        return Settled(
            number=number,
            same=self.cells.number(same),
            role=reading.role,
            answer=answer,
            route=route,
            whole=answer.expected or answer.detail is CauseDetail.ENI,
        )

    def _keys(self, flows: Sequence[FlowAggregate]) -> Iterator[Hashable]:
        """Yield for each aggregate all that an answer and its words depend on. Column by column: there are many."""
        named = [*map(_SEEN_FROM, flows)]
        known = {name: self._sight(flow) for name, flow in dict(zip(named, flows, strict=True)).items()}
        sights = [known[name] for name in named]
        both = [*zip(sights, map(peer_seen, flows), strict=True)]
        return zip(
            [sight.number for sight in sights],
            [peer if sight.peers is None else bisect_right(sight.peers, peer) for sight, peer in both],
            [sight.other(peer) for sight, peer in both],
            [sight.port(port) for sight, port in zip(sights, map(port_seen, flows), strict=True)],
            [None if sight.alike else flow.resource for sight, flow in zip(sights, flows, strict=True)],
            map(_KIND, flows),
            [flow.peer_count >= SEVERAL and len(flow.top_ports) == 1 for flow in flows],
            map(self._when, flows),
            strict=True,
        )

    def _sight(self, flow: FlowAggregate) -> _Sight:
        """Return how peers and ports are seen from an interface in one direction, by one protocol."""
        place, direction, protocol = self.place(flow), flow.direction, flow.protocol
        stand, number = place.stand, self.cells.number
        if stand is None or place.interface is None or direction is None:
            here = number((flow.interface, flow.vpc, flow.subnet, direction, protocol))
            common = self.cells.common if place.subnet is None or direction is None else None
            return _Sight(here, common, self._port_of(None), _nobody, alike=False)
        here = number((stand.alike, direction, protocol))
        other = self.cells.index.namer(place.interface.vpc)
        return _Sight(here, stand.peers, self._port_of(stand.ports.get((direction, protocol))), other, alike=True)

    def _port_of(self, starts: tuple[int, ...] | None) -> Callable[[int | None], tuple[object, ...]]:
        """Return what tells of a port what matters; ``starts``: first port of each interval that is alike."""

        def told(port: int | None) -> tuple[object, ...]:
            if port is None:
                return ()
            alike = port if starts is None else bisect_right(starts, port)
            return alike, port == 0, port < WELL_KNOWN or port in self._service_ports

        found = self._ports.get(starts)
        if found is None:
            found = self._ports[starts] = lru_cache(maxsize=1 << 16)(told)
        return found

    def _when(self, flow: FlowAggregate) -> tuple[bool, ...]:
        taken = self._taken
        if taken is None:
            return ()
        traffic = flow.traffic
        return (traffic.first - taken > NEAR, taken - traffic.last > NEAR, traffic.last <= taken)


def _route(index: Index, subject: Subject, reading: Reading) -> TrafficRoute | None:
    if subject.direction is None:
        return None
    if not is_public(index, subject.peer):
        return TrafficRoute.SUBNET_TO_SUBNET
    return TrafficRoute.INTERNET_TO_SUBNET if reading.initiator.side is Side.PEER else TrafficRoute.SUBNET_TO_INTERNET


def _name(line: Line | None) -> tuple[str, str | None] | None:
    return None if line is None else (line.id, line.address)


def service_of(flow: FlowAggregate, role: Role) -> tuple[int, int] | None:
    """Return the ports of the service: the sender's where the record is a reply."""
    if role is not Role.REPLY:
        return destination_of(flow)
    port = flow.source_port
    return None if port is None or flow.protocol not in (TCP, UDP) else (port, port)


def destination_of(flow: FlowAggregate) -> tuple[int, int] | None:
    """Return the destination ports that were seen, as narrow as the aggregate tells; None without TCP and UDP."""
    if flow.protocol not in (TCP, UDP):
        return None
    seen, records = flow.top_ports, flow.traffic.records
    if len(seen) == 1 and seen[0][1] >= records:
        return seen[0][0], seen[0][0]
    if seen and sum([n for _, n in seen]) >= records:
        ports = [port for port, _ in seen]
        return min(ports), max(ports)
    if flow.port_first is None or flow.port_last is None:
        return None
    return flow.port_first, flow.port_last
