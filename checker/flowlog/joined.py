"""Several answers as one: places that answer for themselves, and files that were read here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from checker.model.finding import Gap
from checker.model.traffic import Hour, InterfaceSeen, LogFormat, TrafficLog, TrafficSummary

_TOP_REJECTED: Final = 10


def joined(logs: Sequence[TrafficLog]) -> TrafficLog:
    """Return several answers, at least one, as one.

    Records of two places are not held against each other: what both recorded counts twice, and a gap says so.
    """
    if len(logs) == 1:
        return logs[0]
    return TrafficLog(
        aggregates=tuple(each for log in logs for each in log.aggregates),
        interfaces=_interfaces([each for log in logs for each in log.interfaces]),
        summary=_summary([log.summary for log in logs]),
        gaps=tuple(sorted({*(gap for log in logs for gap in log.gaps), *_doubles(logs)})),
    )


def _interfaces(found: Iterable[InterfaceSeen]) -> tuple[InterfaceSeen, ...]:
    by_id: dict[str, list[InterfaceSeen]] = {}
    for each in found:
        by_id.setdefault(each.interface, []).append(each)
    return tuple(_seen(by_id[name]) for name in sorted(by_id))


def _seen(several: Sequence[InterfaceSeen]) -> InterfaceSeen:
    return InterfaceSeen(
        interface=several[0].interface,
        accepted=sum(each.accepted for each in several),
        rejected=sum(each.rejected for each in several),
        no_data=sum(each.no_data for each in several),
        skipped=sum(each.skipped for each in several),
        first=min(each.first for each in several),
        last=max(each.last for each in several),
        flow_logs=tuple(sorted({name for each in several for name in each.flow_logs})),
        account=next((each.account for each in several if each.account), None),
        vpc=next((each.vpc for each in several if each.vpc), None),
    )


def _summary(several: Sequence[TrafficSummary]) -> TrafficSummary:
    numbers = {
        name: sum(int(getattr(each, name)) for each in several)
        for name in ("records", "accepted", "rejected", "no_data", "skipped", "outside", "duplicates", "unreadable",
                     "files", "bytes_read")
    }  # fmt: skip
    top: dict[str, int] = {}
    for address, number in (pair for each in several for pair in each.top_rejected):
        top[address] = top.get(address, 0) + number
    return TrafficSummary(
        **numbers,
        first=min((each.first for each in several if each.first), default=None),
        last=max((each.last for each in several if each.last), default=None),
        timeline=_hours(hour for each in several for hour in each.timeline),
        formats=_formats(form for each in several for form in each.formats),
        top_rejected=tuple(sorted(top.items(), key=lambda pair: (-pair[1], pair[0]))[:_TOP_REJECTED]),
        facts=_facts(several),
    )


def _hours(found: Iterable[Hour]) -> tuple[Hour, ...]:
    hours: dict[datetime, tuple[int, int]] = {}
    for each in found:
        accepted, rejected = hours.get(each.start, (0, 0))
        hours[each.start] = accepted + each.accepted, rejected + each.rejected
    return tuple(Hour(start=start, accepted=hours[start][0], rejected=hours[start][1]) for start in sorted(hours))


def _formats(found: Iterable[LogFormat]) -> tuple[LogFormat, ...]:
    files: dict[tuple[tuple[str, ...], str], int] = {}
    for each in found:
        files[each.fields, each.told_by] = files.get((each.fields, each.told_by), 0) + each.files
    return tuple(LogFormat(fields=fields, told_by=told, files=files[fields, told]) for fields, told in sorted(files))


def _facts(several: Iterable[TrafficSummary]) -> dict[str, str]:
    """Return all facts; those that several places tell, one after the other."""
    told: dict[str, list[str]] = {}
    for each in several:
        for name, text in each.facts.items():
            told.setdefault(name, []).append(text)
    return {name: "; ".join(texts) for name, texts in told.items()}


def _doubles(logs: Sequence[TrafficLog]) -> list[Gap]:
    times: dict[str, int] = {}
    for log in logs:
        for name in {each.interface for each in log.interfaces if each.accepted + each.rejected}:
            times[name] = times.get(name, 0) + 1
    several = sorted(name for name, number in times.items() if number > 1)
    if not several:
        return []
    what = several[0] if len(several) == 1 else f"{several[0]} and {len(several) - 1} more interfaces"
    cause = "recorded in several places that answer for themselves: what more than one of them holds counts twice"
    return [Gap(what=what, cause=cause, affects="numbers of records, and which conversations were accepted")]
