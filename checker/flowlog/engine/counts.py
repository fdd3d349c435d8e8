"""Counts of records by flow log, interface, kind and hour: what a summary needs, wherever they were counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from checker.flowlog.engine.atoms import time_of
from checker.flowlog.engine.chunk import ACCEPTED, NO_DATA, NO_VERDICT, OUTSIDE, REJECTED, SKIPPED
from checker.model.finding import Gap
from checker.model.traffic import Hour, InterfaceSeen, TrafficSummary


class Where(NamedTuple):
    """What was counted."""

    flow_log: str
    """Empty where it is not told."""
    eni: str
    kind: int
    hour: int
    """Start of the hour, seconds since 1970."""


class Number(NamedTuple):
    """How many, and the first start and last end in seconds since 1970."""

    records: int
    first: int
    last: int


N = TypeVar("N", Number, int)

Counts = Mapping[Where, Number]
Chosen = Mapping[tuple[str, int, int], str] | None
"""Flow log by interface, kind and hour; None where there is nothing to choose."""


def choose(counts: Counts, rank: Callable[[str], int]) -> Chosen:
    """Choose of flow logs that recorded the same interface one for each kind and hour: the best, else the fullest."""
    if len({where.flow_log for where in counts}) < 2:
        return None
    best: dict[tuple[str, int, int], tuple[int, int, str]] = {}
    for where, number in counts.items():
        key = where.eni, where.kind, where.hour
        place = -rank(where.flow_log), -number.records, where.flow_log
        best[key] = min(best.get(key, place), place)
    return {key: log for key, (_, _, log) in best.items()}


def counting(counts: Mapping[Where, N], chosen: Chosen) -> Iterator[tuple[Where, N]]:
    """Yield what counts: all, or what the chosen flow logs recorded."""
    for where, number in counts.items():
        if chosen is None or where.kind > SKIPPED or chosen[where.eni, where.kind, where.hour] == where.flow_log:
            yield where, number


def by_kind(counts: Counts, chosen: Chosen) -> dict[int, int]:
    """Return the records of each kind."""
    found: dict[int, int] = {}
    for where, number in counting(counts, chosen):
        found[where.kind] = found.get(where.kind, 0) + number.records
    return found


def without(counts: Counts, copies: Mapping[Where, int]) -> Counts:
    """Return counts less the copies of records; what they were copies of stays, and so do the times."""
    found = dict(counts)
    for where, more in copies.items():
        found[where] = found[where]._replace(records=found[where].records - more)
    return found


def summary(counts: Counts, once: Counts, chosen: Chosen) -> TrafficSummary:
    """Return what counts tell of all that was read; ``once``: the same ``without`` copies, which are no records."""
    every, counted = by_kind(counts, None), by_kind(once, chosen)
    times = [number for where, number in counts.items() if where.kind <= SKIPPED]
    return TrafficSummary(
        records=sum(counted.get(kind, 0) for kind in (ACCEPTED, REJECTED, NO_DATA, SKIPPED)),
        accepted=counted.get(ACCEPTED, 0),
        rejected=counted.get(REJECTED, 0),
        no_data=counted.get(NO_DATA, 0),
        skipped=counted.get(SKIPPED, 0),
        outside=every.get(OUTSIDE, 0),
        duplicates=sum(every.get(kind, 0) - counted.get(kind, 0) for kind in (ACCEPTED, REJECTED)),
        unreadable=0,
        files=0,
        bytes_read=0,
        first=time_of(min(number.first for number in times)) if times else None,
        last=time_of(max(number.last for number in times)) if times else None,
        timeline=timeline(once, chosen),
    )


def timeline(counts: Counts, chosen: Chosen) -> tuple[Hour, ...]:
    """Return accepted and rejected records by hour."""
    hours: dict[int, list[int]] = {}
    for where, number in counting(counts, chosen):
        if where.kind in (ACCEPTED, REJECTED):
            hours.setdefault(where.hour, [0, 0])[where.kind] += number.records
    return tuple(Hour(start=time_of(each), accepted=hours[each][0], rejected=hours[each][1]) for each in sorted(hours))


def interfaces(counts: Counts, chosen: Chosen) -> tuple[InterfaceSeen, ...]:
    """Return what was recorded of each interface; its times and flow logs count what was not chosen too."""
    seen: dict[str, list[tuple[Where, Number]]] = {}
    for where, number in counts.items():
        if where.kind <= SKIPPED:
            seen.setdefault(where.eni, []).append((where, number))
    numbers: dict[str, list[int]] = {eni: [0, 0, 0, 0] for eni in seen}
    for where, number in counting(counts, chosen):
        if where.kind <= SKIPPED:
            numbers[where.eni][where.kind] += number.records
    return tuple(_seen(eni, numbers[eni], seen[eni]) for eni in sorted(seen))


def _seen(eni: str, numbers: Sequence[int], found: Sequence[tuple[Where, Number]]) -> InterfaceSeen:
    accepted, rejected, no_data, skipped = numbers
    return InterfaceSeen(
        interface=eni,
        accepted=accepted,
        rejected=rejected,
        no_data=no_data,
        skipped=skipped,
        first=time_of(min(number.first for _, number in found)),
        last=time_of(max(number.last for _, number in found)),
        flow_logs=tuple(sorted({where.flow_log for where, _ in found if where.flow_log})),
    )


def gaps_of(*, odd: int, unreadable: int, no_verdict: int, late: int = 0) -> list[Gap]:
    """Return the gaps for records that nothing, or not enough, can be said of."""
    found = []
    if odd:
        cause = f"{odd} rejected record{'' if odd == 1 else 's'} without an IP address (EFA, or fields missing)"
        found.append(Gap(what="flow log records", cause=cause, affects="why these were rejected"))
    if unreadable:
        cause = f"{unreadable} row{' is' if unreadable == 1 else 's are'} no record of the table's format"
        found.append(Gap(what="flow log records", cause=cause, affects="what these rows recorded"))
    if no_verdict:
        cause = f"{no_verdict} record{' says' if no_verdict == 1 else 's say'} neither ACCEPT nor REJECT"
        found.append(Gap(what="flow log records", cause=cause, affects="whether they were rejected"))
    if late:
        many = "1 record was" if late == 1 else f"up to {late} records were"
        cause = f"{many} read long after others of the same time: files are not in the order of time"
        affects = "whether rejected conversations were accepted too"
        found.append(Gap(what="flow log records", cause=cause, affects=affects))
    return found


def limited_gap(what: str, records: int) -> Gap:
    """Return the gap for rejected records whose packets or bytes are none that a record has."""
    told = "1 rejected record tells" if records == 1 else f"{records} rejected records tell"
    cause = f"{told} less than 0 or more than 2^48 packets or bytes, and count{'s' * (records == 1)} with that many"
    return Gap(what=what, cause=cause, affects="sums of packets and bytes")


def no_verdicts(counts: Counts) -> int:
    """Return the records that say neither ACCEPT nor REJECT."""
    return sum(number.records for where, number in counts.items() if where.kind == NO_VERDICT)
