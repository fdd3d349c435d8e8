"""What flow log records tell of one flow, at both of its ends. Called by commands only."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from checker.errors import UsageError
from checker.filter.arrival import Arrival, EndHeard, Heard, arrival
from checker.filter.ends import Place
from checker.filter.explain import Explanation, is_answered
from checker.filter.flow_text import End
from checker.filter.index import has_address, own_addresses
from checker.filter.service import TCP, UDP
from checker.flowlog.between import ConversationAsked, EndAsked, Overheard, overhear
from checker.flowlog.part import Window
from checker.model.finding import Gap
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.record import dataclass, replace
from checker.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """The records of a flow, and what they say."""

    records: Overheard
    heard: Heard
    assumptions: tuple[str, ...]
    gaps: tuple[Gap, ...]


def hear(found: Explanation, loaded: Loaded, settings: Settings, *, session: Callable[[], Any]) -> Hearing:
    """Read the records of an explained flow. Raises UsageError where records cannot name its ends."""
    from checker.tracing import parts_between

    asked = _asked(found, settings)
    ends = (asked.source.interface, asked.destination.interface)
    interfaces = frozenset(each for each in ends if each is not None)
    gaps: list[Gap] = []
    with tempfile.TemporaryDirectory(prefix="flowcheck-") as folder:
        parts = parts_between(loaded, settings, interfaces, Path(folder), gaps, session)
        records = overhear(parts, asked)
    source = EndHeard(name=ends[0], request=records.source_request, reply=records.source_reply, watch=records.source)
    destination = EndHeard(
        name=ends[1],
        request=records.destination_request,
        reply=records.destination_reply,
        watch=records.destination,
    )
    replies = not records.without_source_port or asked.protocol not in (TCP, UDP)
    heard = arrival(source, destination, replies=replies)
    if heard.arrival is Arrival.NOT_RECORDED and records.without_source_port and asked.source.port is not None:
        says = "Whether such a packet is recorded cannot be told: the records lack srcport, and the flow names one."
        heard = replace(heard, says=says, settled_by="records with the field srcport, or the flow without that port")
    if heard.arrival is Arrival.NOT_ANSWERED and not is_answered(found.flow):
        says = "The request was accepted. Nothing is sent back to ICMP of that type, so no reply is missing."
        heard = replace(heard, says=says, settled_by=None)
    return Hearing(
        records=records,
        heard=heard,
        assumptions=(*heard.assumptions, *_by_primary(asked, records), *_portless(asked, records)),
        gaps=tuple(sorted({*gaps, *records.gaps})),
    )


def _asked(found: Explanation, settings: Settings) -> ConversationAsked:
    flow = found.flow
    source, destination = (
        _end(found.source, found.destination, flow.source), _end(found.destination, found.source, flow.destination)
    )  # fmt: skip
    if source is None and destination is None:
        raise UsageError(
            "--logs needs the id of an interface at one end: records name interfaces by id",
            hint="Give a snapshot, a state or account as the network.",
        )
    return ConversationAsked(
        protocol=flow.protocol,
        source=source or _outside(found.source, flow.source),
        destination=destination or _outside(found.destination, flow.destination),
        window=Window(since=settings.since, until=settings.until),
    )


def _end(place: Place, other: Place, end: End) -> EndAsked | None:
    """Return an end as records name it; None where it records nothing, or nothing that can be told from others."""
    interface = place.interface
    if interface is None or not isinstance(interface.id, str) or isinstance(other.seen_by_other, Unknown):
        return None
    own = own_addresses(interface)[0]
    named = str(end.address) if end.address is not None else ""
    same = [each for each in own if (":" in each) == (":" in str(other.seen_by_other))]
    if not same:
        return None
    delegated = end.address is not None and named not in own and has_address(interface, end.address)
    local = named if named in same or delegated else same[0]
    several = (len(same) > 1 or delegated) and ":" not in local
    return EndAsked(
        interface=interface.id, local=local, primary=same[0] if several else None, seen=_seen(place), port=end.port
    )  # fmt: skip


def _outside(place: Place, end: End) -> EndAsked:
    return EndAsked(interface=None, local=_seen(place), primary=None, seen=_seen(place), port=end.port)


def _seen(place: Place) -> str:
    return "" if isinstance(place.seen_by_other, Unknown) else str(place.seen_by_other)


def _portless(asked: ConversationAsked, records: Overheard) -> list[str]:
    """Return that without ports a reply looks like a packet that the other end sends by itself."""
    heard = records.destination_reply.any or records.source_reply.any
    same = asked.source.port is not None and asked.source.port == asked.destination.port
    if not heard or (asked.protocol in (TCP, UDP) and not same):
        return []
    return ["packets the other way are replies, not opened by the other end: no port tells them apart"]


def _by_primary(asked: ConversationAsked, records: Overheard) -> list[str]:
    """Return that records without pkt-srcaddr and pkt-dstaddr do not tell an interface's addresses apart."""
    ends = (
        (asked.source, (records.source_request, records.source_reply)),
        (asked.destination, (records.destination_request, records.destination_reply)),
    )
    return [
        f"records of {end.interface} under its first address, {end.primary}, mean {end.local}: without pkt-srcaddr and "
        "pkt-dstaddr they do not tell its addresses apart"
        for end, legs in ends
        if any(leg.by_primary for leg in legs)
    ]
