"""What to look at first: not the loudest, but what was most probably meant to work.

An internal client that cannot reach its database stands above a million packets of scanners.
"""

from __future__ import annotations

from math import log10
from typing import Final

from checker.filter.joint import Joint
from checker.model.diagnosis import Cause, Diagnosis, Fixes, Side, TrafficRoute
from checker.model.finding import Confidence

_BROKEN: Final = (Cause.SG_NO_MATCH, Cause.SG_NO_RULES, Cause.NACL_DENY, Cause.NACL_IMPLICIT_DENY, Cause.REPLY_BLOCKED)
_STOPPED: Final = (Cause.BPA, Cause.ENCRYPTION_CONTROL, Cause.CONTRADICTS_CONFIG)
_OPEN: Final = (Cause.UNDETERMINED, Cause.NOT_ANALYSABLE)

_CONFIDENCE: Final = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}

DATA_PORTS: Final = frozenset((1433, 1521, 2049, 3306, 5432, 5671, 6379, 8182, 9042, 9092, 9200, 11211, 27017))
"""Databases, caches, queues and file systems: what is rejected there stops an application."""
_BASIC_PORTS: Final = frozenset((53, 88, 123, 389, 443, 445, 636, 2379, 6443))
"""Names, time, directories and APIs, on which many things depend."""


def ranked(found: list[Joint], fixes: Fixes | None = None) -> tuple[Diagnosis, ...]:
    """Return diagnoses in order, each with its rank from 1. ``fixes`` say how to let diagnosed traffic through."""
    return tuple(each.diagnosis(rank, fixes) for rank, each in enumerate(sorted(found, key=_key), 1))


def _key(each: Joint) -> tuple[object, ...]:
    return (_tier(each), -_weight(each), _CONFIDENCE[each.confidence], *_name(each), _Rest(each))


class _Rest:
    """What orders diagnoses that are equal so far; worked out for those only."""

    __slots__ = ("_of",)

    def __init__(self, of: Joint) -> None:
        self._of = of

    def _text(self) -> tuple[str, tuple[str, ...]]:
        return str(self._of.peers.prefixes), self._of.evidence

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rest) and self._text() == other._text()

    def __lt__(self, other: _Rest) -> bool:
        return self._text() < other._text()

    def __hash__(self) -> int:
        return hash(self._text())


def _tier(each: Joint) -> int:
    """Return the class of urgency, 0 first."""
    cause = each.answer.cause
    if each.answer.expected:
        return 6
    if cause in _BROKEN:
        return 0 if each.route is TrafficRoute.SUBNET_TO_SUBNET or cause is Cause.REPLY_BLOCKED else 1
    if cause in _STOPPED:
        return 2 if each.side is not Side.PEER or each.route is not TrafficRoute.INTERNET_TO_SUBNET else 5
    if cause in _OPEN:
        return 3
    return 4


def _weight(each: Joint) -> float:
    """Return volume on a logarithmic scale, with more for services on which applications depend."""
    ports = each.service_ports
    single = ports.first if ports is not None and ports.first == ports.last else None
    bonus = 3.0 if single in DATA_PORTS else 2.0 if single in _BASIC_PORTS else 1.0 if single is not None else 0.0
    return round(bonus + log10(max(each.traffic.records, 1)), 3)


def _name(each: Joint) -> tuple[object, ...]:
    """Return what makes the order the same in every run."""
    ports, flow = each.service_ports, each.flow
    return (
        -each.traffic.records,
        flow.interface,
        flow.direction or "",
        flow.protocol,
        (ports.first, ports.last) if ports is not None else (-1, -1),
        each.answer.cause,
        each.answer.detail,
    )
