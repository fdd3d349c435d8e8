"""Traffic and diagnoses of a saved run: what ``traffic_json`` wrote, read back."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_network
from typing import TYPE_CHECKING

from checker.model.address import PortRange, Prefix
from checker.model.diagnosis import (
    Blocker,
    Cause,
    CauseDetail,
    Diagnosis,
    Dimension,
    Icmp,
    Initiator,
    Line,
    NearestMiss,
    Need,
    NeedKind,
    Pattern,
    Peers,
    Side,
    Stage,
    TrafficRoute,
)
from checker.model.finding import Confidence, Remediation
from checker.model.firewall import Direction
from checker.model.origin import Origin, Source
from checker.model.traffic import Hour, LogFormat, Traffic, TrafficSummary

if TYPE_CHECKING:
    from checker.report.run_file import Node


def read_traffic(at: Node) -> TrafficSummary:
    """Return what was read of the logs; raises RunFileError, naming the member, for anything else."""
    return TrafficSummary(
        records=at.of("records", int),
        accepted=at.of("accepted", int),
        rejected=at.of("rejected", int),
        no_data=at.of("no_data", int),
        skipped=at.of("skipped", int),
        outside=at.of("outside", int),
        duplicates=at.of("duplicates", int),
        unreadable=at.of("unreadable", int),
        files=at.of("files", int),
        bytes_read=at.of("bytes_read", int),
        first=_maybe_time(at, "first"),
        last=_maybe_time(at, "last"),
        timeline=at.each(
            "timeline",
            lambda hour: Hour(
                start=_time(hour, "start"), accepted=hour.of("accepted", int), rejected=hour.of("rejected", int)
            ),
        ),
        formats=at.each(
            "formats",
            lambda each: LogFormat(
                fields=_texts(each, "fields"), told_by=each.of("told_by", str), files=each.of("files", int)
            ),
        ),
        top_rejected=tuple(at.each("top_rejected", lambda each: (each.of("address", str), each.of("records", int)))),
        facts={str(name): str(value) for name, value in at.node("facts").values().items()},
    )


def read_diagnosis(at: Node) -> Diagnosis:
    """Return one diagnosis."""
    peers, initiator = at.node("peers"), at.node("initiator")
    direction = at.of("direction", str)
    return Diagnosis(
        rank=at.of("rank", int),
        interface_id=at.of("interface_id", str),
        interface_key=at.maybe("interface_key", str),
        vpc_id=at.maybe("vpc_id", str),
        subnet_id=at.maybe("subnet_id", str),
        account=at.maybe("account", str),
        region=at.maybe("region", str),
        direction=None if direction == "unknown" else at.word("direction", Direction),
        protocol=at.of("protocol", int),
        service_ports=_ports(at, "service_ports"),
        icmp=at.maybe_node("icmp", lambda it: Icmp(type=it.maybe("type", int), code=it.maybe("code", int))),
        local=at.maybe("local", str),
        peers=Peers(prefixes=_prefixes(peers, "prefixes"), count=peers.of("count", int), top=_texts(peers, "top")),
        cause=at.word("cause", Cause),
        cause_detail=at.word("cause_detail", CauseDetail),
        stage=None if at.maybe("stage", str) is None else at.word("stage", Stage),
        rule=at.maybe_node("rule", _line),
        blockers=at.each(
            "blockers", lambda it: Blocker(stage=it.word("stage", Stage), rule=it.maybe_node("rule", _line))
        ),
        nearest_miss=at.maybe_node("nearest_miss", _miss),
        initiator=Initiator(side=initiator.word("side", Side), signals=_texts(initiator, "signals")),
        route=None if at.maybe("route", str) is None else at.word("route", TrafficRoute),
        pattern=None if at.maybe("pattern", str) is None else at.word("pattern", Pattern),
        expected=at.of("expected", bool),
        confidence=at.word("confidence", Confidence),
        assumptions=_texts(at, "assumptions"),
        undetermined_by=at.maybe("undetermined_by", str),
        says=at.of("says", str),
        needs=at.each("needs", _need),
        traffic=_amount(at.node("traffic")),
        evidence=_texts(at, "evidence"),
        remediation=at.maybe_node("remediation", _remediation),
        location=at.maybe_node("location", _place),
        groups=_texts(at, "groups"),
        acl=at.maybe("acl", str),
    )


def _line(at: Node) -> Line:
    return Line(
        id=at.of("id", str),
        address=at.maybe("address", str),
        says=at.of("says", str),
        origin=at.maybe_node("origin", _place),
    )


def _miss(at: Node) -> NearestMiss:
    known = {each.value: each for each in Dimension}
    differs = _texts(at, "differs")
    if any(word not in known for word in differs):
        at.fail(f"'differs' must hold only {', '.join(known)}", differs)
    return NearestMiss(rule=_line(at.node("rule")), differs=tuple(known[w] for w in differs), says=at.of("says", str))


def _need(at: Node) -> Need:
    return Need(
        kind=at.word("kind", NeedKind),
        key=at.of("key", str),
        direction=at.word("direction", Direction),
        protocol=at.of("protocol", int),
        ports=_ports(at, "ports"),
        prefixes=_prefixes(at, "prefixes"),
        peer_group=at.maybe("peer_group", str),
        number=at.maybe("number", int),
    )


def _amount(at: Node) -> Traffic:
    return Traffic(
        records=at.of("records", int),
        packets=at.of("packets", int),
        bytes=at.of("bytes", int),
        first=_time(at, "first"),
        last=_time(at, "last"),
    )


def _remediation(at: Node) -> Remediation:
    return Remediation(summary=at.of("summary", str), terraform=at.maybe("terraform", str), cli=at.maybe("cli", str))


def _place(at: Node) -> Origin:
    return Origin(
        source=at.word("source", Source),
        root=at.of("root", str),
        address=at.maybe("address", str),
        path=at.maybe("path", str),
        line=at.maybe("line", int),
        end_line=at.maybe("end_line", int),
        api=at.maybe("api", str),
        managed=at.of("managed", bool),
    )


def _ports(at: Node, key: str) -> PortRange | None:
    found = at.maybe(key, list)
    if found is None:
        return None
    if len(found) != 2 or not all(isinstance(each, int) and not isinstance(each, bool) for each in found):
        at.fail(f"{key!r} must be two ports", found)
    return PortRange(found[0], found[1])


def _prefixes(at: Node, key: str) -> tuple[Prefix, ...]:
    found = _texts(at, key)
    try:
        return tuple(ip_network(text) for text in found)
    except ValueError:
        at.fail(f"{key!r} must be address blocks", found)


def _texts(at: Node, key: str) -> tuple[str, ...]:
    return tuple(str(each) for each in at.of(key, list))


def _time(at: Node, key: str) -> datetime:
    return at.time(key, datetime.fromisoformat)


def _maybe_time(at: Node, key: str) -> datetime | None:
    return None if at.maybe(key, str) is None else _time(at, key)
