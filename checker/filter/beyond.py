"""What else stands in the way of diagnosed traffic: its replies, and the controls at the other end.

A record shows one packet at one interface. Who opens only what stopped that packet may find the next control closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.filter.addresses import parsed
from checker.filter.cells import Cells
from checker.filter.entries import acl_stage
from checker.filter.index import Index, own_addresses
from checker.filter.result import Packet, StageResult
from checker.filter.service import TCP, UDP
from checker.filter.spread import shares
from checker.filter.subject import OPPOSITE, Subject
from checker.model.address import PortRange
from checker.model.diagnosis import Blocker, Verdict
from checker.model.firewall import Direction
from checker.model.network import NetworkInterface, Subnet
from checker.model.record import dataclass, replace

_PORTED: Final = (TCP, UDP)
_COMMON: Final = PortRange(49152, 60999)
"""Ports from which Linux and Windows alike open connections."""


@dataclass(frozen=True, slots=True)
class Further:
    """A control that would stop the conversation next."""

    blocker: Blocker
    subject: Subject
    """Seen from the interface where it stands."""
    reply: bool
    """It stops the replies, not the request."""


def further(cells: Cells, subject: Subject) -> Iterator[Further]:
    """Yield what would stop a request after the controls that stopped it: first here, then at the other end."""
    if subject.direction is None or subject.evaluation is None or subject.interface is None:
        return
    yield from _replies(cells, subject)
    other = cells.index.interface_at(subject.interface.vpc, subject.peer)
    if other is None or subject.direction is not Direction.EGRESS or other.key == subject.interface.key:
        return
    there = _seen_there(cells, subject, subject.interface, other)
    if there is not None and there.evaluation is not None:
        for stage in there.evaluation.denying():
            yield Further(Blocker(stage=stage.stage, rule=stage.line), there, reply=False)
        yield from _replies(cells, there)


def _replies(cells: Cells, subject: Subject) -> Iterator[Further]:
    """Yield the network ACL of the own subnet where it denies replies, whatever system asked."""
    subnet, interface = subject.subnet, subject.interface
    if subnet is None or interface is None or subject.direction is None:
        return
    packet = Packet(direction=OPPOSITE[subject.direction], protocol=subject.flow.protocol, peer=subject.peer)
    atom = cells.atom(interface, packet)
    found = cells.once(("replies", *atom), lambda: _denied_reply(cells.index, subnet, packet, interface))
    if found is not None:
        yield Further(Blocker(stage=found.stage, rule=found.line), subject, reply=True)


def _denied_reply(index: Index, subnet: Subnet, packet: Packet, interface: NetworkInterface) -> StageResult | None:
    return next(
        (each for each in _on_replies(index, subnet, packet, interface) if each.verdict is Verdict.DENIED), None
    )


def _on_replies(
    index: Index, subnet: Subnet, packet: Packet, interface: NetworkInterface | None
) -> Iterator[StageResult]:
    if packet.protocol in _PORTED:
        found = shares(index, subnet, packet, interface)
        yield from (
            each.result for each in found if each.ports.first <= _COMMON.last and _COMMON.first <= each.ports.last
        )
    else:
        yield acl_stage(index, subnet, packet, interface)


def _seen_there(cells: Cells, subject: Subject, here: NetworkInterface, other: NetworkInterface) -> Subject | None:
    """Return the same packet as the other end receives it."""
    own, _ = own_addresses(here)
    local = subject.flow.local or next(iter(own), None)
    if local is None:
        return None
    flow = replace(subject.flow, interface=other.key, direction=Direction.INGRESS, local=str(subject.peer))
    packet = Packet(direction=Direction.INGRESS, protocol=subject.flow.protocol, peer=parsed(local), port=subject.port)
    return replace(
        subject,
        flow=flow,
        interface=other,
        subnet=cells.index.subnet(other.subnet),
        peer=packet.peer,
        direction=Direction.INGRESS,
        evaluation=cells.evaluate(other, packet),
    )
