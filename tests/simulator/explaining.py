"""The program's diagnoses of a simulated account: its log is written, read by the engine, and explained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

from checker.filter.diagnose import diagnose
from checker.filter.index import Index
from checker.model.diagnosis import Cause as Word
from checker.model.diagnosis import Diagnosis, Recorded
from checker.model.firewall import Direction
from checker.model.loaded import Input, Loaded
from checker.model.record import replace
from checker.model.traffic import FlagsClass, FlowAggregate, TrafficLog
from checker.settings import Settings
from checker.tracing import read_and_explain
from tests.simulator.accounts import BLOCK, NOTHING, Account, Cause
from tests.simulator.bridge import model_of
from tests.simulator.network import ACK, SYN, Stage
from tests.simulator.records import EPOCH, Record
from tests.simulator.world import TCP, Way

BEFORE = datetime.fromtimestamp(EPOCH - 3600, UTC)
AFTER = datetime.fromtimestamp(EPOCH + 2 * 3600, UTC)
"""The hour of traffic lies between."""


def read(found: Account, folder: Path) -> tuple[Recorded, Index]:
    """Read and explain the log files of an account, as ``flowcheck traffic`` does with a snapshot."""
    model = model_of(found.world)
    snapshot = Input(kind="snapshot", path="snapshot", facts={"taken_at": AFTER.isoformat()})
    settings = Settings(command="traffic", logs=(folder.as_posix(),))
    recorded = read_and_explain(Loaded(after=model, inputs=(snapshot,)), settings, session=_nobody)
    return recorded, Index(model)


def _nobody() -> NoReturn:
    raise AssertionError("files need no AWS session")


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
        if found.cause is Word.BPA:
            return BLOCK
        if found.stage is None:
            return NOTHING
        return Cause(found.stage.value, None if found.rule is None else found.rule.id)

    @property
    def firm(self) -> bool:
        """Whether it asserts something without saying what it takes for granted."""
        return self.cause is not None and not self.diagnosis.assumptions

    def holds(self, record: Record, with_flags: bool) -> bool:
        """Say whether a rejected record went into the aggregate, as far as the aggregate tells."""
        flow = self.flow
        if with_flags and (flow.reject_reason == "BPA") is not any(
            each.stage is Stage.BLOCK for each in record.refusals
        ):
            return False
        way = Direction.INGRESS if record.way is Way.IN else Direction.EGRESS
        if (flow.interface, flow.direction, flow.protocol) != (record.eni.id, way, record.protocol):
            return False
        if with_flags and record.protocol == TCP and flow.flags is not _class(record):
            return False
        first, last = ip_address(flow.peer_first), ip_address(flow.peer_last)
        if first.version != record.peer.version or not first <= record.peer <= last:
            return False
        if not flow.traffic.first.timestamp() <= EPOCH + int(record.start) <= flow.traffic.last.timestamp():
            return False
        in_ports = flow.port_first is None or flow.port_last is None or flow.port_first <= record.port <= flow.port_last
        return in_ports and flow.source_port in (None, record.source_port)


def _class(record: Record) -> FlagsClass:
    if record.flags & SYN:
        return FlagsClass.SYN_ACK if record.flags & ACK else FlagsClass.SYN
    return FlagsClass.OTHER


def each_explained(log: TrafficLog, index: Index, *, taken: datetime = AFTER) -> Iterator[Explained]:
    """Yield every aggregate with the diagnosis that it gets by itself. ``taken`` is when the network was read."""
    for flow in log.aggregates:
        (diagnosis,) = diagnose(replace(log, aggregates=(flow,)), index, taken=taken)
        yield Explained(flow, diagnosis)
