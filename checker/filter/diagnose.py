"""Rejected traffic, explained: every aggregate gets its cause, and those with one answer become one diagnosis."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from checker.filter.answer import Answer, least
from checker.filter.cause import cause_of, fields_missing
from checker.filter.cells import Cells
from checker.filter.cuts import named_ports
from checker.filter.index import Index
from checker.filter.initiator import WELL_KNOWN, Reading, Role, read
from checker.filter.join import joined
from checker.filter.ranking import DATA_PORTS, ranked
from checker.filter.settle import NEAR, Settling
from checker.filter.subject import Subject
from checker.model.diagnosis import Cause, Diagnosis, Fixes
from checker.model.finding import Confidence
from checker.model.network import NetworkInterface
from checker.model.record import dataclass, replace
from checker.model.traffic import DirectionSignal, FlagsClass, FlowAggregate, TrafficLog

NEEDED_FIELDS: Final = ("interface-id", "srcaddr", "dstaddr", "dstport", "protocol", "action")
"""Without one of these no rule can be tried."""

_LOST: Final = 0.05
"""Share of lost records (SKIPDATA) from which on nothing is certain."""

_USUAL: Final = frozenset((22, 80, 443, 3389, 8080, 8443)) | DATA_PORTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What holds for the whole log."""

    taken: datetime | None
    pairing: bool
    """Accepted records were logged too."""
    lossy: bool
    missing: tuple[str, ...]
    """Needed fields that every format lacks."""
    service_ports: frozenset[int]


def diagnose(
    log: TrafficLog, index: Index, *, taken: datetime | None, fixes: Fixes | None = None
) -> tuple[Diagnosis, ...]:
    """Return why rejected traffic was rejected, ranked.

    ``taken`` is when the network was read; None for a plan or source, which bear no date. ``fixes`` say how to let
    diagnosed traffic through; they are asked once all of it is diagnosed.
    """
    told = _told(log, index, taken)

    def reading(subject: Subject) -> Reading:
        return read(subject, pairing=told.pairing, service_ports=told.service_ports)

    def explain(subject: Subject, reading: Reading) -> Answer:
        if told.missing:
            return fields_missing(told.missing)
        return _qualified(subject, reading, cause_of(index, subject, reading, told.taken), told)

    settling = Settling(Cells(index), reading, explain, taken=taken, service_ports=told.service_ports)
    return ranked(joined(settling, log.aggregates), fixes)


def _told(log: TrafficLog, index: Index, taken: datetime | None) -> Told:
    summary = log.summary
    formats = [frozenset(name.replace("_", "-") for name in each.fields) for each in summary.formats]
    missing = [name for name in NEEDED_FIELDS if formats and all(name not in fields for fields in formats)]
    seen = summary.records + summary.skipped
    return Told(
        taken=taken,
        pairing=summary.accepted > 0,
        lossy=summary.skipped > _LOST * max(seen, 1),
        missing=tuple(missing),
        service_ports=named_ports(index) | _USUAL,
    )


_INFERRED: Final = (DirectionSignal.SUBNET, DirectionSignal.PATH)
_BROKEN: Final = (Cause.SG_NO_MATCH, Cause.SG_NO_RULES, Cause.NACL_DENY, Cause.NACL_IMPLICIT_DENY)
_NO_RULE: Final = (Cause.BPA, Cause.ENCRYPTION_CONTROL, Cause.NOT_ANALYSABLE, Cause.UNDETERMINED)


def _qualified(subject: Subject, reading: Reading, answer: Answer, told: Told) -> Answer:
    """Lower the confidence by what was inferred or is missing, and say so."""
    notes: list[tuple[Confidence, str]] = []
    flow = subject.flow
    if flow.direction_signal in _INFERRED:
        notes.append((Confidence.MEDIUM, f"the direction, which was inferred ({flow.direction_signal.value})"))
    if answer.cause not in _NO_RULE:
        notes += _on_reading(subject, reading, told, broken=answer.cause in _BROKEN)
        notes += _on_time(flow, told.taken)
    if subject.has_ports and subject.port == 0:
        notes.append((Confidence.LOW, "port 0 is meant: fragments are recorded with it too"))
    if told.lossy:
        notes.append((Confidence.LOW, "what AWS did not record (SKIPDATA) would not change the picture"))
    assumed = _on_interface(subject.interface)
    if flow.same_accepted and answer.cause in _BROKEN:
        assumed.append("the rules changed in between: packets like it were accepted at about that time")
    return replace(
        answer,
        confidence=least(answer.confidence, *(level for level, _ in notes)),
        assumptions=tuple(dict.fromkeys([*answer.assumptions, *assumed, *(text for _, text in notes)])),
    )


def _on_interface(interface: NetworkInterface | None) -> list[str]:
    if interface is None:
        return []
    shared = isinstance(interface.managed_by, str) and interface.managed_by == "lambda"
    more = ["any of several functions is meant: they share the interface"] if shared else []
    return [*interface.assumptions, *more]


def _on_reading(subject: Subject, reading: Reading, told: Told, *, broken: bool) -> Iterable[tuple[Confidence, str]]:
    if reading.role is Role.UNKNOWN:
        yield Confidence.MEDIUM, "it opens a conversation: nothing tells a request from a reply"
    elif not reading.sure:
        what = "opens a conversation" if reading.role is Role.REQUEST else "is a reply"
        yield Confidence.MEDIUM, f"it {what}, which was inferred"
    elif broken and subject.flow.flags is FlagsClass.OTHER and reading.role is Role.REQUEST:
        yield Confidence.MEDIUM, "its first packet was rejected like this one, which is not the first (no SYN)"
    if told.pairing or subject.flow.flags in (FlagsClass.SYN, FlagsClass.SYN_ACK):
        return
    yield Confidence.MEDIUM, "accepted traffic is not in these logs, so replies cannot be told by it"
    if subject.flow.flags is FlagsClass.NONE and _as_likely_late(subject, reading, told):
        yield Confidence.LOW, "it is no late packet of a connection that was closed, which is as likely"


def _as_likely_late(subject: Subject, reading: Reading, told: Told) -> bool:
    """Say whether nothing but the rules themselves makes a packet between two chosen ports a request."""
    port = subject.port
    if reading.role is not Role.REQUEST or not subject.has_ports or port is None:
        return False
    return port >= WELL_KNOWN and port not in told.service_ports


def _on_time(flow: FlowAggregate, taken: datetime | None) -> Iterable[tuple[Confidence, str]]:
    if taken is None:
        yield Confidence.MEDIUM, "the rules are those that held when it was rejected: they bear no date"
        return
    if flow.traffic.first - taken > NEAR:
        yield Confidence.MEDIUM, f"the rules did not change after {taken:%Y-%m-%d %H:%M} UTC, when they were read"
    elif taken - flow.traffic.last > NEAR:
        yield Confidence.MEDIUM, f"the rules did not change until {taken:%Y-%m-%d %H:%M} UTC, when they were read"
