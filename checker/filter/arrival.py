"""What records tell of one conversation, read at both of its ends: how far it came.

Routes, gateways, firewalls and hosts drop without a record. What leaves one end and never arrives at the other, or
arrives and is not answered, was therefore stopped by none of the rules.
Source: VPC User Guide, "Flow log records": a record is made where security groups and network ACLs decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, Protocol

from checker.model.record import dataclass


class Arrival(StrEnum):
    """How far the records say that a conversation came."""

    NOT_RECORDED = "not-recorded"
    REJECTED_LEAVING = "rejected-leaving"
    NOT_LOGGED_THERE = "not-logged-there"
    """It left; whether it arrived cannot be told, as the other end is not logged at that time."""
    LOST = "lost-on-the-way"
    """It left, and never arrived although the other end is logged: not the rules, but what lies between."""
    REJECTED_ARRIVING = "rejected-arriving"
    NOT_ANSWERED = "not-answered"
    """It arrived, and nothing went back: the host, not the rules."""
    REPLY_REJECTED_LEAVING = "reply-rejected-leaving"
    REPLY_NOT_LOGGED = "reply-not-logged-there"
    REPLY_LOST = "reply-lost-on-the-way"
    REPLY_REJECTED_ARRIVING = "reply-rejected-arriving"
    ANSWERED = "answered"
    """Request and reply passed wherever they were recorded."""


class Leg(Protocol):
    """Records of one direction at one interface."""

    @property
    def accepted(self) -> int:
        """How many were accepted."""

    @property
    def rejected(self) -> int:
        """How many were rejected."""

    @property
    def minutes(self) -> set[int]:
        """Minutes in which some were accepted."""


class Watch(Protocol):
    """What an interface recorded at all."""

    @property
    def accepted(self) -> int:
        """Accepted records."""

    @property
    def rejected(self) -> int:
        """Rejected records."""

    @property
    def minutes(self) -> set[int]:
        """Minutes with any record."""

    @property
    def lost(self) -> set[int]:
        """Minutes in which AWS lost records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndHeard:
    """One end: what was recorded there of request and reply, and at all."""

    name: str | None
    """Id of its interface; None for an end outside the network, which records nothing."""
    request: Leg
    reply: Leg
    watch: Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How far it came, in words."""

    arrival: Arrival
    says: str
    assumptions: tuple[str, ...]
    settled_by: str | None = None
    """What would tell it; None where it is told."""


_BETWEEN: Final = (
    "what lies between drops it (route, peering, transit gateway, firewall), no security group and no network ACL"
)


def arrival(source: EndHeard, destination: EndHeard, *, replies: bool) -> Heard:
    """Return how far a conversation came. ``replies``: the records tell replies, which takes the source port."""
    found = _request(source, destination)
    if found is None and not replies and not _any(source.reply, destination.reply):
        came = "arrived" if destination.request.accepted else "left"
        says = f"The request {came}. Whether it was answered cannot be told: the records lack srcport."
        found = Arrival.REPLY_NOT_LOGGED, says, "records with the field srcport"
    kind, says, settled = found or _reply(source, destination)
    return Heard(arrival=kind, says=says, settled_by=settled, assumptions=tuple(_assumed(source, destination, kind)))


_Found = tuple[Arrival, str, str | None]


def _request(source: EndHeard, destination: EndHeard) -> _Found | None:
    """Return what stopped the request; None where it arrived, or left for an end that records nothing."""
    sent, came = source.request, destination.request
    if _any(source.reply, destination.reply):
        return None
    if not came.accepted and sent.rejected and not sent.accepted:
        return Arrival.REJECTED_LEAVING, f"The request was rejected when it left {source.name}.", None
    if came.accepted:
        return None
    if came.rejected:
        return Arrival.REJECTED_ARRIVING, f"The request was rejected when it reached {destination.name}.", None
    if not sent.accepted:
        return _nothing(source, destination)
    if destination.name is None:
        return None
    return _silence(sent, destination, "request", Arrival.LOST, Arrival.NOT_LOGGED_THERE, left=source.name)


def _nothing(source: EndHeard, destination: EndHeard) -> _Found:
    silent = [end.name for end in (source, destination) if end.name is not None and not end.watch.minutes]
    if not silent:
        return Arrival.NOT_RECORDED, "No such packet is recorded, neither accepted nor rejected.", None
    names = " and ".join(silent)
    says = f"No such packet is recorded, and nothing else of {names}: not logged, or the records are not here."
    return Arrival.NOT_RECORDED, says, f"a flow log of all traffic of {names}"


def _reply(source: EndHeard, destination: EndHeard) -> _Found:
    sent, came = destination.reply, source.reply
    if came.accepted:
        return _answered(source, destination)
    if sent.rejected and not sent.accepted:
        says = f"The reply was rejected when it left {destination.name}: {_BY_WHAT}."
        return Arrival.REPLY_REJECTED_LEAVING, says, _all_traffic(destination)
    if came.rejected:
        says = f"The reply was rejected when it reached {source.name}: {_BY_WHAT}."
        return Arrival.REPLY_REJECTED_ARRIVING, says, _all_traffic(source)
    if not sent.accepted and _lost(source, destination):
        why = "records of that time were lost (SKIPDATA)"
        says = f"The request was accepted. Whether it was answered cannot be told: {why}."
        return Arrival.REPLY_NOT_LOGGED, says, "the same at another time"
    if not sent.accepted:
        where = destination.name or "the other end"
        known = destination.name is not None
        says = f"The request {'arrived at ' + where if known else 'left'}, and no reply was recorded: " + (
            "look at the host (does it listen, its own firewall, its routes), not at the rules."
            if known else "look at the other end, its rules too, and at what lies between."
        )  # fmt: skip
        return Arrival.NOT_ANSWERED, says, None if known else "the records of the other end"
    if source.name is None:
        return _answered(source, destination)
    return _silence(sent, source, "reply", Arrival.REPLY_LOST, Arrival.REPLY_NOT_LOGGED, left=destination.name)


def _answered(source: EndHeard, destination: EndHeard) -> _Found:
    legs = (source.request, source.reply, destination.request, destination.reply)
    if any(leg.rejected for leg in legs):
        says = "It was accepted both ways, and rejected too: rules changed in between, or some packets came late."
    else:
        says = (
            "It was accepted both ways. If it fails all the same, look at host firewall and application, not the rules."
        )
    return Arrival.ANSWERED, says, None


def _silence(sent: Leg, there: EndHeard, what: str, lost: Arrival, unknown: Arrival, *, left: str | None) -> _Found:
    """Judge what was accepted on leaving and is not recorded at the other end."""
    watch = there.watch
    if not _near(sent, watch.minutes):
        why = f"{there.name} has no record of any kind at that time, so it is not logged, or its records are not here"
        settled = f"a flow log of all traffic of {there.name}, and its records of that time"
    elif not _near(sent, watch.minutes - watch.lost) - watch.lost:
        why, settled = f"records of {there.name} were lost at that time (SKIPDATA)", "the same at another time"
    elif there.watch.rejected and not there.watch.accepted:
        why = f"{there.name} recorded rejected packets only"
        settled = f"a flow log of all traffic of {there.name}"
    else:
        says = (
            f"The {what} was accepted when it left {left} and never reached {there.name}, which is logged: {_BETWEEN}."
        )
        return lost, says, None
    return unknown, f"The {what} was accepted when it left {left}. Whether it arrived cannot be told: {why}.", settled


_BY_WHAT: Final = "by a network ACL, or late, when the security groups no longer tracked it"


def _any(*legs: Leg) -> bool:
    return any(leg.accepted or leg.rejected for leg in legs)


def _all_traffic(end: EndHeard) -> str | None:
    return (
        None
        if end.watch.accepted
        else f"a flow log of all traffic of {end.name}: accepted packets are not among its records"
    )


def _near(sent: Leg, minutes: set[int]) -> set[int]:
    return sent.minutes & {minute + more for minute in minutes for more in (-1, 0, 1)}


def _lost(source: EndHeard, destination: EndHeard) -> bool:
    """Say whether a record of the reply may be among those that AWS lost at the end that tells of it."""
    end = source if destination.name is None else destination
    return bool(_near(end.request, end.watch.lost))


def _assumed(source: EndHeard, destination: EndHeard, kind: Arrival) -> Iterator[str]:
    there = {
        Arrival.LOST: destination,
        Arrival.REPLY_LOST: source,
        Arrival.NOT_ANSWERED: source if destination.name is None else destination,
    }.get(kind)
    if there is not None and there.name is not None and not there.watch.rejected:
        yield f"the flow log of {there.name} records rejected packets too, although none is among its records"
    for end in (source, destination):
        for leg in (end.request, end.reply):
            if leg.accepted and leg.rejected:
                yield f"{end.name} accepted some of these packets and rejected others: rules may have changed"
                break
