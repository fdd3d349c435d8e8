"""The program's diagnoses of a simulated account: its log is written, read by the engine, and explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from checker.filter.atoms import atom_plan
from checker.filter.diagnose import diagnose
from checker.filter.index import Index
from checker.flowlog.engine import Cuts, Limits, Question, read_traffic
from checker.flowlog.part import FormatHints, Window
from checker.flowlog.sources.files import Files
from checker.model.diagnosis import Cause as Word
from checker.model.diagnosis import Diagnosis
from checker.model.firewall import Direction
from checker.model.record import replace
from checker.model.traffic import FlagsClass, FlowAggregate, TrafficLog
from tests.simulator.accounts import NOTHING, Account, Cause
from tests.simulator.bridge import model_of
from tests.simulator.network import ACK, SYN
from tests.simulator.records import EPOCH, Record
from tests.simulator.world import TCP, Way

TAKEN = datetime.fromtimestamp(EPOCH + 2 * 3600, UTC)
"""When the network was read: soon after the traffic."""


def read(found: Account, folder: Path, scratch: Path) -> tuple[TrafficLog, Index]:
    """Read the log files of an account with the engine."""
    index = Index(model_of(found.world))
    plan = atom_plan(index, sensitive_ports={22, 3389, 3306, 5432})
    question = Question(
        classes=tuple(Cuts(peers=each.peers, ports=each.ports) for each in plan.classes),
        ingress=plan.ingress,
        egress=plan.egress,
        addresses=plan.addresses,
        subnets=plan.subnets,
        service_ports=frozenset(port for port in plan.service_ports if port >= 1024),
    )
    log = read_traffic(
        Files(folder).parts(Window(), FormatHints(), scratch, []),
        question,
        recover=lambda part: iter(()),
        scratch=scratch,
        limits=Limits(memory=200, threads=1),
    )
    return log, index


@dataclass(frozen=True, slots=True)
class Explained:
    """One aggregate with its diagnosis."""

    flow: FlowAggregate
    diagnosis: Diagnosis

    @property
    def cause(self) -> Cause | None:
        """The diagnosis in the words of the simulator; None where it asserts nothing."""
        found = self.diagnosis
        if found.cause in (Word.UNDETERMINED, Word.NOT_ANALYSABLE):
            return None
        if found.stage is None:
            return NOTHING
        return Cause(found.stage.value, None if found.rule is None else found.rule.id)

    def holds(self, record: Record, with_flags: bool) -> bool:
        """Say whether a rejected record went into the aggregate, as far as the aggregate tells."""
        flow = self.flow
        way = Direction.INGRESS if record.way is Way.IN else Direction.EGRESS
        if (flow.interface, flow.direction, flow.protocol) != (record.eni.id, way, record.protocol):
            return False
        if with_flags and record.protocol == TCP and flow.flags is not _class(record):
            return False
        first, last = ip_address(flow.peer_first), ip_address(flow.peer_last)
        if first.version != record.peer.version or not first <= record.peer <= last:
            return False
        in_ports = flow.port_first is None or flow.port_last is None or flow.port_first <= record.port <= flow.port_last
        return in_ports and flow.source_port in (None, record.source_port)


def _class(record: Record) -> FlagsClass:
    if record.flags & SYN:
        return FlagsClass.SYN_ACK if record.flags & ACK else FlagsClass.SYN
    return FlagsClass.OTHER


def each_explained(log: TrafficLog, index: Index) -> Iterator[Explained]:
    """Yield every aggregate with the diagnosis that it gets by itself."""
    for flow in log.aggregates:
        (diagnosis,) = diagnose(replace(log, aggregates=(flow,)), index, taken=TAKEN)
        yield Explained(flow, diagnosis)
