"""From sums to the answer: of flow logs that recorded the same one is chosen, then all is added up and put in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from ipaddress import IPv6Address
from typing import Any, Final

from checker.flowlog.engine.chunk import ACCEPTED, NO_DATA, NO_VERDICT, OUTSIDE, REJECTED, SKIPPED, Words, dotted
from checker.flowlog.engine.most import Tops, amounts_of
from checker.flowlog.engine.question import V6, Question
from checker.flowlog.engine.reduce import Reduction
from checker.flowlog.engine.scan import Scanned
from checker.flowlog.engine.sums import Totals
from checker.flowlog.order import order_of
from checker.model.finding import Gap
from checker.model.firewall import Direction
from checker.model.traffic import (
    DirectionSignal,
    FlagsClass,
    FlowAggregate,
    Hour,
    InterfaceSeen,
    LogFormat,
    Traffic,
    TrafficLog,
    TrafficSummary,
)

_TOP_REJECTED: Final = 10

_SIGNALS: Final = (DirectionSignal.NOTHING, DirectionSignal.FIELD, DirectionSignal.ADDRESS, DirectionSignal.PATH,
                   DirectionSignal.SUBNET)  # fmt: skip
_DIRECTIONS: Final = (None, Direction.INGRESS, Direction.EGRESS)
_FLAGS: Final = (FlagsClass.NONE, FlagsClass.SYN, FlagsClass.SYN_ACK, FlagsClass.OTHER)

Chosen = Mapping[tuple[int, int, int], int] | None
"""Flow log by interface, kind and slice; None where there is nothing to choose."""


def answer(
    reduction: Reduction, question: Question, words: Words, scanned: Scanned, ranks: Sequence[int]
) -> TrafficLog:
    """Return what was recorded. ``ranks`` orders flow logs of equal interfaces, the greater the better."""
    chosen = _choose(reduction, scanned, ranks)
    totals = reduction.sums.totals()
    kept = _kept(reduction, totals, chosen)
    peers, ports = reduction.tools.most(_in_order(words)), reduction.tools.most(None)
    for most, read in ((peers, totals.peers), (ports, totals.ports)):
        for part in read():
            most.add(kept, *part)
    tops = peers.tops(), ports.tops()
    making = _Making(question, words, *tops)
    keys = reduction.sums.keys
    made: dict[int, list[FlowAggregate]] = {}
    for key, amounts, said in amounts_of(totals, kept):
        made.setdefault(keys[key][0], []).append(making.aggregate(key, keys[key], amounts, said))
    del totals, kept, tops
    counted = _counted(reduction, chosen)
    counted[REJECTED] = counted.get(REJECTED, 0) - (reduction.repeated if chosen is None else 0)
    top = sorted(((words.spelled(peer), n) for peer, n in peers.overall()), key=lambda pair: (-pair[1], pair[0]))
    return TrafficLog(
        aggregates=tuple(_in_their_order(words, made)),
        interfaces=tuple(_interfaces(reduction, words, scanned, chosen)),
        summary=_summary(reduction, scanned, counted, chosen, tuple(top[:_TOP_REJECTED])),
        gaps=tuple(sorted({*scanned.gaps, *_odd(reduction, counted)})),
    )


def _in_their_order(words: Words, made: Mapping[int, list[FlowAggregate]]) -> Iterator[FlowAggregate]:
    """Yield aggregates, given by interface, in the order of all: ``order_of`` begins with the interface."""
    for eni in sorted(made, key=words.enis.__getitem__):
        yield from sorted(made[eni], key=order_of)


def _kept(reduction: Reduction, totals: Totals, chosen: Chosen) -> Any:
    """Return for each partial sum the number of its key, -1 where another flow log was chosen."""
    import numpy as np

    keys = np.array(totals.key, dtype=np.int64)
    if chosen is None:
        return keys
    told = zip(totals.key, totals.flow_log, totals.slices, strict=True)
    use = [chosen.get((reduction.sums.keys[key][0], REJECTED, slice_)) == log for key, log, slice_ in told]
    return np.where(np.array(use, dtype=bool), keys, -1)


def _choose(reduction: Reduction, scanned: Scanned, ranks: Sequence[int]) -> Chosen:
    """Choose one flow log for each interface, kind and slice of time; None where there is nothing to choose."""
    if len({log for log, _, _, _ in reduction.counts}) < 2:
        return None
    best: dict[tuple[int, int, int], tuple[tuple[int, int, str], int]] = {}
    for (log, eni, kind, slice_), (n, _, _) in reduction.counts.items():
        place = (-ranks[log], -n, scanned.flow_logs[log])
        key = (eni, kind, slice_)
        if key not in best or place < best[key][0]:
            best[key] = place, log
    return {key: log for key, (_, log) in best.items()}


def _counts(reduction: Reduction, chosen: Chosen) -> Iterator[tuple[tuple[int, int, int, int], tuple[int, int, int]]]:
    for (log, eni, kind, slice_), numbers in reduction.counts.items():
        if chosen is None or kind > SKIPPED or chosen[(eni, kind, slice_)] == log:
            yield (log, eni, kind, slice_), numbers


def _counted(reduction: Reduction, chosen: Chosen) -> dict[int, int]:
    found: dict[int, int] = {}
    for (_, _, kind, _), (n, _, _) in _counts(reduction, chosen):
        found[kind] = found.get(kind, 0) + n
    return found


def _in_order(words: Words) -> Any:
    """Return for each address that is no IPv4 its place when all are in order: reading order may differ."""
    import numpy as np

    places = sorted(range(len(words.addresses)), key=lambda at: int(IPv6Address(words.addresses[at])))
    ranks = np.zeros(len(places), dtype=np.int64)
    ranks[np.array(places, dtype=np.int64)] = np.arange(len(places))
    return ranks


class _Making:
    """Makes aggregates. Texts, times and intervals, which most of them share, are made once."""

    def __init__(self, question: Question, words: Words, peers: Tops, ports: Tops) -> None:
        self._words = words
        self._classes = question.classes
        self._peers, self._ports = peers, ports
        self._address = cache(lambda number: words.spelled(number) if number >= 0 else None)
        self._number = cache(words.on_line)
        self._interval = cache(lambda class_, at: _peer_interval(question.classes[class_].peers, at))
        self._span = cache(lambda class_, proto, at: _port_interval(question.classes[class_].ports.get(proto, ()), at))
        self._time = cache(_at)

    def aggregate(
        self, number: int, key: tuple[int, ...], amounts: tuple[int, ...], samples: list[str]
    ) -> FlowAggregate:
        """Return one; ``key`` is what faces.KEY names."""
        eni, also, way, told, proto, local, class_, atom, port_atom, service, flags, reverse, same = key
        records, packets, octets, first, last, low, high = amounts
        resource, account, vpc, subnet, reason, _ = self._words.also[also]
        peer_first, peer_last = self._interval(class_, atom)
        port_first, port_last = self._span(class_, proto, port_atom)
        peer_count, peers = self._peers.of(number)
        return FlowAggregate(
            interface=self._words.enis[eni],
            resource=resource,
            account=account,
            vpc=vpc,
            subnet=subnet,
            direction=_DIRECTIONS[way],
            direction_signal=_SIGNALS[told],
            protocol=proto,
            local=self._address(local),
            peer_first=peer_first,
            peer_last=peer_last,
            peer_count=peer_count,
            top_peers=self._numbered(peers) if self._words.addresses else tuple(peers),
            port_first=port_first,
            port_last=port_last,
            top_ports=tuple(self._ports.of(number)[1]),
            source_port=service if service >= 0 else None,
            flags=_FLAGS[flags],
            reject_reason=reason,
            reverse_accepted=reverse != 0,
            same_accepted=same != 0,
            traffic=Traffic(
                records=records, packets=packets, bytes=octets, first=self._time(first), last=self._time(last)
            ),
            samples=(samples[0],) if len(samples) == 1 else tuple(dict.fromkeys(samples[:3])),
            peer_low=low if low < 1 << 32 else None,
            peer_high=high if high >= 0 else None,
        )

    def _numbered(self, peers: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        """Return peers as numbers on the line of both families."""
        return tuple((self._number(peer), n) for peer, n in peers)


def _peer_interval(starts: Sequence[int], at: int) -> tuple[str, str]:
    first = starts[at]
    end = starts[at + 1] if at + 1 < len(starts) else 2 * V6
    if first < V6:
        return dotted(first), dotted(min(end, 1 << 32) - 1)
    return str(IPv6Address(first - V6)), str(IPv6Address(end - 1 - V6))


def _port_interval(starts: Sequence[int], at: int) -> tuple[int, int] | tuple[None, None]:
    if at < 0:
        return None, None
    return starts[at], starts[at + 1] - 1 if at + 1 < len(starts) else 65535


def _summary(
    reduction: Reduction,
    scanned: Scanned,
    counted: Mapping[int, int],
    chosen: Chosen,
    top: tuple[tuple[str, int], ...],
) -> TrafficSummary:
    every = _counted(reduction, None)
    times = [(first, last) for (_, _, kind, _), (_, first, last) in reduction.counts.items() if kind <= SKIPPED]
    return TrafficSummary(
        records=sum(counted.get(kind, 0) for kind in (ACCEPTED, REJECTED, NO_DATA, SKIPPED)),
        accepted=counted.get(ACCEPTED, 0),
        rejected=counted.get(REJECTED, 0),
        no_data=counted.get(NO_DATA, 0),
        skipped=counted.get(SKIPPED, 0),
        outside=every.get(OUTSIDE, 0),
        duplicates=sum(every.get(kind, 0) - counted.get(kind, 0) for kind in (ACCEPTED, REJECTED)),
        unreadable=scanned.unreadable,
        files=scanned.files,
        bytes_read=scanned.size,
        first=_at(min(first for first, _ in times)) if times else None,
        last=_at(max(last for _, last in times)) if times else None,
        timeline=_timeline(reduction, chosen),
        formats=tuple(
            LogFormat(fields=tuple(name.replace("_", "-") for name in fields), told_by=told, files=files)
            for (fields, told), files in sorted(scanned.files_of.items())
        ),
        top_rejected=top,
    )


def _odd(reduction: Reduction, counted: Mapping[int, int]) -> list[Gap]:
    found = []
    if number := reduction.odd:
        cause = f"{number} rejected record{'' if number == 1 else 's'} without an IP address (EFA, or fields missing)"
        found.append(Gap(what="flow log records", cause=cause, affects="why these were rejected"))
    if number := counted.get(NO_VERDICT, 0):
        cause = f"{number} record{'' if number == 1 else 's'} say neither ACCEPT nor REJECT"
        found.append(Gap(what="flow log records", cause=cause, affects="whether they were rejected"))
    return found


def _interfaces(reduction: Reduction, words: Words, scanned: Scanned, chosen: Chosen) -> list[InterfaceSeen]:
    numbers: dict[int, list[int]] = {}
    times: dict[int, tuple[int, int]] = {}
    logs: dict[int, set[str]] = {}
    for (log, eni, kind, _), (_, first, last) in reduction.counts.items():
        if kind <= SKIPPED:
            known = times.get(eni, (first, last))
            times[eni] = min(known[0], first), max(known[1], last)
            logs.setdefault(eni, set()).add(scanned.flow_logs[log])
    for (_, eni, kind, _), (n, _, _) in _counts(reduction, chosen):
        if kind <= SKIPPED:
            numbers.setdefault(eni, [0, 0, 0, 0])[kind] += n
    found = [
        InterfaceSeen(
            interface=words.enis[eni],
            accepted=numbers[eni][ACCEPTED],
            rejected=numbers[eni][REJECTED],
            no_data=numbers[eni][NO_DATA],
            skipped=numbers[eni][SKIPPED],
            first=_at(times[eni][0]),
            last=_at(times[eni][1]),
            flow_logs=tuple(sorted(name for name in logs[eni] if name)),
        )
        for eni in numbers
    ]
    return sorted(found, key=lambda each: each.interface)


def _timeline(reduction: Reduction, chosen: Chosen) -> tuple[Hour, ...]:
    hours: dict[int, list[int]] = {}
    for (_, _, kind, slice_), (n, _, _) in _counts(reduction, chosen):
        if kind <= REJECTED:
            hours.setdefault(slice_, [0, 0])[kind] += n
    return tuple(Hour(start=_at(each), accepted=hours[each][0], rejected=hours[each][1]) for each in sorted(hours))


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
