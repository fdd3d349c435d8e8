"""From sums to the answer: of flow logs that recorded the same one is chosen, then all is added up and put in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Address
from typing import Any, Final

from checker.flowlog.engine.amounts import amounts_of
from checker.flowlog.engine.chunk import REJECTED, Words
from checker.flowlog.engine.counts import (
    Chosen,
    Counts,
    Number,
    Where,
    choose,
    counting,
    gaps_of,
    interfaces,
    no_verdicts,
    summary,
    without,
)
from checker.flowlog.engine.made import aggregates
from checker.flowlog.engine.most import Tops
from checker.flowlog.engine.pairs import Rows
from checker.flowlog.engine.question import Question
from checker.flowlog.engine.reduce import Reduction
from checker.flowlog.engine.scan import Scanned
from checker.flowlog.engine.tools import Ranking
from checker.flowlog.engine.totals import kept_of
from checker.flowlog.order import in_order
from checker.model.record import replace
from checker.model.traffic import FlowAggregate, LogFormat, TrafficLog

_TOP_REJECTED: Final = 10


def answer(
    reduction: Reduction, question: Question, words: Words, scanned: Scanned, ranks: Sequence[int]
) -> TrafficLog:
    """Return what was recorded. ``ranks`` orders flow logs of equal interfaces, the greater the better."""
    counts: Counts = {
        Where(scanned.flow_logs[log], words.enis[eni], kind, hour): Number(*numbers)
        for (log, eni, kind, hour), numbers in reduction.counts.items()
    }
    chosen = choose(counts, dict(zip(scanned.flow_logs, ranks, strict=True)).__getitem__)
    made, top = _rejected(reduction, question, words, scanned, chosen)
    copies, odd = (
        {Where(scanned.flow_logs[log], words.enis[eni], REJECTED, hour): records for (log, eni, hour), records in found}
        for found in (reduction.repeated.items(), reduction.odd.items())
    )
    once = without(counts, copies)
    not_ip = sum(records for _, records in counting(odd, chosen))
    gaps = gaps_of(odd=not_ip, unreadable=0, no_verdict=no_verdicts(counts), late=reduction.late)
    return TrafficLog(
        aggregates=in_order(made),
        interfaces=interfaces(once, chosen),
        summary=replace(
            summary(counts, once, chosen),
            unreadable=scanned.unreadable,
            files=scanned.files,
            bytes_read=scanned.size,
            formats=tuple(_formats(scanned)),
            top_rejected=tuple(top[:_TOP_REJECTED]),
        ),
        gaps=tuple(sorted({*scanned.gaps, *gaps})),
    )


def _rejected(
    reduction: Reduction, question: Question, words: Words, scanned: Scanned, chosen: Chosen
) -> tuple[list[FlowAggregate], list[tuple[str, int]]]:
    """Return the aggregates in any order, and the peers with most records."""
    totals = reduction.sums.totals()
    kept = kept_of(totals, None if chosen is None else _chosen(chosen, words, scanned))
    with ThreadPoolExecutor(max_workers=2) as beside:  # compiled code, which runs while Python makes objects
        peers = beside.submit(_met, reduction.tools.most(_in_order(words)), totals.peers, kept)
        ports = beside.submit(_met, reduction.tools.most(None), totals.ports, kept)
        found = amounts_of(totals, kept)
        made = aggregates(totals.keys, found, lambda: (peers.result()[0], ports.result()[0]), words, question)
    top = ((words.spelled(peer), records) for peer, records in peers.result()[1])
    return made, sorted(top, key=lambda pair: (-pair[1], pair[0]))


def _met(most: Ranking, read: Callable[[], Rows], kept: Any) -> tuple[Tops, list[tuple[int, int]]]:
    """Return the values met most, by key and of all."""
    for part in read():
        most.add(kept, *part)
    overall = most.overall()
    return most.tops(), overall


def _chosen(chosen: Mapping[tuple[str, int, int], str], words: Words, scanned: Scanned) -> Callable[[int, int], int]:
    """Return what gives the number of the flow log chosen for the rejected records of an interface in an hour."""
    numbers = {name: number for number, name in enumerate(scanned.flow_logs)}
    return lambda eni, hour: numbers[chosen[words.enis[eni], REJECTED, hour]]


def _in_order(words: Words) -> Any:
    """Return for each address that is no IPv4 its place when all are in order: reading order may differ."""
    import numpy as np

    places = sorted(range(len(words.addresses)), key=lambda at: int(IPv6Address(words.addresses[at])))
    ranks = np.zeros(len(places), dtype=np.int64)
    ranks[np.array(places, dtype=np.int64)] = np.arange(len(places))
    return ranks


def _formats(scanned: Scanned) -> list[LogFormat]:
    return [
        LogFormat(fields=tuple(name.replace("_", "-") for name in fields), told_by=told, files=files)
        for (fields, told), files in sorted(scanned.files_of.items())
    ]
