"""Who opened the conversation that a rejected record belongs to: is it a request, or a reply?

Signals add up, each with the weight of its evidence (log-odds, roughly); those that spoke are published. A destination
port above some number is never taken for a reply by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from checker.filter.subject import Subject
from checker.model.diagnosis import Initiator, Side, Verdict
from checker.model.firewall import Direction
from checker.model.record import dataclass
from checker.model.traffic import FlagsClass


class Role(StrEnum):
    """What a record is in its conversation."""

    REQUEST = "request"
    REPLY = "reply"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """The role, and how sure it is."""

    role: Role
    initiator: Initiator
    sure: bool
    """Whether the signals are strong enough not to lower the confidence."""


_SURE: Final = 4
WELL_KNOWN: Final = 1024
"""Ports below are those of services."""
SEVERAL: Final = 3
"""Distinct peers from which on a port looks like that of a service."""


def read(subject: Subject, *, pairing: bool, service_ports: frozenset[int]) -> Reading:
    """Return the role of a rejected aggregate. ``pairing``: accepted records were logged too, and can be missed."""
    weighed = list(_signals(subject, pairing=pairing, service_ports=service_ports))
    total = sum(weight for weight, _ in weighed)
    role = Role.REQUEST if total > 0 else Role.REPLY if total < 0 else Role.UNKNOWN
    told = [text for weight, text in weighed if (weight > 0) == (total > 0) and total]
    return Reading(role, Initiator(side=side_of(subject.direction, role), signals=tuple(told)), abs(total) >= _SURE)


def side_of(direction: Direction | None, role: Role) -> Side:
    """Return who opened a conversation, by what a record of one direction is in it."""
    if direction is None or role is Role.UNKNOWN:
        return Side.UNKNOWN
    came_in = direction is Direction.INGRESS
    return Side.PEER if came_in is (role is Role.REQUEST) else Side.LOCAL


def _signals(subject: Subject, *, pairing: bool, service_ports: frozenset[int]) -> Iterator[tuple[int, str]]:
    """Yield weights, above zero for a request, with the words that are published."""
    flow = subject.flow
    if flow.flags is FlagsClass.SYN:
        yield 10, "tcp-flags: SYN without ACK"
    elif flow.flags is FlagsClass.SYN_ACK:
        yield -10, "tcp-flags: SYN with ACK"
    if flow.reverse_accepted:
        yield -4, "the other direction of the conversation was accepted"
    elif pairing:
        yield 1, "no accepted record of the other direction"
    yield from _port_signals(subject, service_ports)
    yield from _rule_signals(subject)


def _port_signals(subject: Subject, service_ports: frozenset[int]) -> Iterator[tuple[int, str]]:
    """Compare the ports of both ends: which one is that of a service?"""
    if subject.port is None or not subject.has_ports:
        return
    flow = subject.flow
    to_service = subject.port < WELL_KNOWN or subject.port in service_ports
    if to_service and flow.source_port is None:
        yield 2, f"destination port {subject.port} is that of a service, the source port is not"
    elif flow.source_port is not None and not to_service:
        yield -2, f"source port {flow.source_port} is that of a service, the destination port is not"
    elif flow.source_port is None and flow.peer_count >= SEVERAL and len(flow.top_ports) == 1:
        yield 1, f"{flow.peer_count} peers use one destination port"


def _rule_signals(subject: Subject) -> Iterator[tuple[int, str]]:
    """Ask which role the rules would reject: a reply can only be stopped by a network ACL, and needs a request."""
    if subject.evaluation is None or subject.reversed is None:
        return
    if subject.reversed.verdict is Verdict.DENIED:
        yield 2, "the security groups admit no request from the other end that this could answer"
    acl, groups = subject.evaluation.acl.verdict, subject.evaluation.groups.verdict
    if groups is Verdict.DENIED and acl in (Verdict.ALLOWED, Verdict.NOT_EVALUATED):
        yield 5 if subject.is_icmp else 2, "the rules would reject it as a request only"
    elif acl is Verdict.DENIED and groups is Verdict.ALLOWED and subject.reversed.verdict is not Verdict.ALLOWED:
        yield 1, "the security groups admit it as a request"
