"""From the rows of the two statements to the answer: the same as the engine gives for the files behind the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from checker.flowlog.engine.chunk import REJECTED
from checker.flowlog.engine.counts import (
    Chosen,
    Counts,
    Number,
    Where,
    choose,
    counting,
    gaps_of,
    interfaces,
    limited_gap,
    no_verdicts,
    summary,
    without,
)
from checker.flowlog.engine.question import Question
from checker.flowlog.order import in_order
from checker.flowlog.sql.keys import spelled
from checker.flowlog.sql.ranges import Loser, losers_of
from checker.flowlog.sql.statements import ALL, BY_HOUR, BY_PEER, BY_PORT, BY_SLICE, COUNTS, SUMS, TOP
from checker.flowlog.sql.sums import Sum, aggregate_of
from checker.flowlog.sql.table import UNREADABLE
from checker.model.finding import Gap
from checker.model.record import replace
from checker.model.traffic import LogFormat, TrafficLog, TrafficSummary

Row = Sequence[str | int | None]
"""One row as an engine returns it: numbers, or texts of numbers; None for NULL."""

_TOP_REJECTED: Final = 10


class Answer:
    """Takes the rows of the count statement, then those of all sum statements, then gives the answer."""

    def __init__(
        self, question: Question, rank: Callable[[str], int], fields: tuple[str, ...], *, distinct: bool = True
    ) -> None:
        """``distinct``: of equal records that do not tell their flow log the sums have one only."""
        self._question = question
        self._distinct = distinct
        self._rank = rank
        self._fields = fields
        self._counts: dict[Where, Number] = {}
        self._files = self._unreadable = self._odd = self._limited = 0
        self._left: dict[tuple[str, int], int] = {}
        """Rejected records that were added up, by interface and hour; asked where some do not tell their flow log."""
        self._sums: list[dict[tuple[str | None, ...], Sum]] = []
        self._top: dict[str, int] = {}

    def take_counts(self, rows: Iterable[Row]) -> None:
        """Take the rows of the count statement."""
        for row in rows:
            named = dict(zip(COUNTS, row, strict=True))
            if _number(named["what"]):
                self._files = _number(named["files"])
            elif _number(named["kind"]) == UNREADABLE:
                self._unreadable += _number(named["n"])
            else:
                where = Where(str(named["flow_log"] or ""), str(named["eni"]), _number(named["kind"]),
                              _number(named["slice"]))  # fmt: skip
                number = Number(_number(named["n"]), _number(named["first_s"]), _number(named["last_e"]))
                self._counts[where] = number

    @property
    def interfaces(self) -> list[str]:
        """Those with rejected records."""
        return sorted({where.eni for where in self._counts if where.kind == REJECTED})

    @property
    def nameless(self) -> bool:
        """Whether rejected records do not tell their flow log."""
        return any(where.kind == REJECTED and not where.flow_log for where in self._counts)

    @property
    def losers(self) -> list[Loser]:
        """Flow logs and hours that do not count, since another flow log recorded the same interface."""
        chosen = self._chosen()
        if chosen is None:
            return []
        present: dict[tuple[str, str], list[int]] = {}
        for where in self._counts:
            if where.kind == REJECTED:
                present.setdefault((where.flow_log, where.eni), []).append(where.hour)
        best = {(eni, hour): log for (eni, kind, hour), log in chosen.items() if kind == REJECTED}
        return losers_of(best, present)

    def _chosen(self) -> Chosen:
        return choose(self._counts, self._rank)

    def take_sums(self, rows: Iterable[Row]) -> None:
        """Take the rows of one sum statement. No key comes in two of them: each asks for other interfaces."""
        sums: dict[tuple[str | None, ...], Sum] = {}
        self._sums.append(sums)
        for row in rows:
            named = dict(zip(SUMS, map(_text, row), strict=True))
            what, n = _number(named["what"]), _number(named["n"])
            if what == TOP:
                if named["peer"] is not None:
                    self._top[named["peer"]] = self._top.get(named["peer"], 0) + n
                continue
            if what == BY_HOUR:
                self._left[str(named["eni"]), _number(named["slice"])] = n
                continue
            self._limited += _number(named["limited"]) if what == ALL else 0
            if named["atom"] is None:  # no IP address
                self._odd += n if what == ALL else 0
                continue
            found = sums.setdefault(Sum.key_of(named), Sum())
            _take(found, what, n, named)

    def log(self, *, size: int, told_by: str, gaps: Iterable[Gap], facts: Mapping[str, str]) -> TrafficLog:
        """Return what was recorded. ``size``: bytes that were read for it."""
        chosen = self._chosen()
        made = [
            aggregate_of(found, self._question) for sums in self._sums for found in sums.values()
        ]  # fmt: skip
        once = without(self._counts, self._copies(chosen))
        told = gaps_of(odd=self._odd, unreadable=self._unreadable, no_verdict=no_verdicts(self._counts))
        if self._limited:
            told.append(limited_gap("flow log records", self._limited))
        return TrafficLog(
            aggregates=in_order(made),
            interfaces=interfaces(once, chosen),
            summary=self._summary(once, chosen, size, told_by, facts),
            gaps=tuple(sorted({*gaps, *told})),
        )

    def _copies(self, chosen: Chosen) -> dict[Where, int]:
        """Return the rejected records that were counted and not added up, since others are equal to them."""
        if not self._distinct:
            return {}
        return {
            where: max(number.records - self._left.get((where.eni, where.hour), 0), 0)
            for where, number in counting(self._counts, chosen)
            if where.kind == REJECTED and not where.flow_log
        }

    def _summary(
        self, once: Counts, chosen: Chosen, size: int, told_by: str, facts: Mapping[str, str]
    ) -> TrafficSummary:
        top = ((spelled(key), n) for key, n in self._top.items())
        return replace(
            summary(self._counts, once, chosen),
            unreadable=self._unreadable,
            files=self._files,
            bytes_read=size,
            formats=(LogFormat(fields=self._fields, told_by=told_by, files=self._files),) if self._counts else (),
            top_rejected=tuple(sorted(top, key=lambda pair: (-pair[1], pair[0]))[:_TOP_REJECTED]),
            facts=dict(facts),
        )


def _take(found: Sum, what: int, n: int, named: Mapping[str, str | None]) -> None:
    if what == ALL:
        found.named = dict(named)
    elif what == BY_SLICE:
        found.samples.append((_number(named["slice"]), str(named["sample"])))
    elif what == BY_PEER:
        found.peers, found.top_peers = _number(named["several"]), [*found.top_peers, (str(named["peer"]), n)]
    elif what == BY_PORT and named["port"] is not None:
        found.top_ports.append((_number(named["port"]), n))


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)


def _number(value: str | int | None) -> int:
    return int(value or 0)
