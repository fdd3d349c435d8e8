"""Flow logs in CloudWatch Logs, asked through Logs Insights: sums by conversation come back, records stay."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.flowlog.asked import Asking, sized
from checker.flowlog.engine.chunk import ACCEPTED, LATEST, NO_DATA, NO_VERDICT, REJECTED, SKIPPED, SLICE
from checker.flowlog.engine.pair import NEAR
from checker.flowlog.engine.question import Question
from checker.flowlog.fields import missing_for_analysis
from checker.flowlog.formats import formats_for
from checker.flowlog.names import moved
from checker.flowlog.placed import Refused, rows_of
from checker.flowlog.sources.insights_query import (
    BESIDE,
    CONVERSATION,
    LONGEST,
    ROWS,
    accept_query,
    count_query,
    head,
    name_of,
    reject_query,
)
from checker.flowlog.sources.insights_run import Runner
from checker.flowlog.sources.refusal import expected, explained
from checker.flowlog.sql.answer import Answer
from checker.model.finding import Gap
from checker.model.loaded import Input
from checker.model.record import replace
from checker.model.traffic import TrafficLog

START: Final = "insights:"
LOOKUPS: Final = 20
"""Queries for accepted records of rejected peers, at most."""

_WORD: Final = re.compile(r"([.\-_/#A-Za-z0-9]{1,512})(?:@([a-z]{2}(?:-[a-z]+)+-\d+))?")
_PASSES: Final = 3
"""How often the window is scanned at least: counts, rejects, accepted."""
_PERIODS: Final = ((3600, 1440), (86400, 1440))
"""Seconds of a data point, and how many of them one request gives."""
_KINDS: Final = {"ACCEPT": ACCEPTED, "REJECT": REJECTED}
_STATUS: Final = {"SKIPDATA": SKIPPED, "NODATA": NO_DATA}

Talk = tuple[str, ...]
"""A conversation: interface, source, destination, ports, protocol."""


class Insights:
    """A log group."""

    def __init__(self, word: str, session: Callable[[], Any]) -> None:
        """Take ``insights:GROUP`` or ``insights:GROUP@REGION``; raises UsageError for anything else."""
        found = _WORD.fullmatch(word.removeprefix(START))
        if found is None:
            raise UsageError(f"{word}: that names no log group", hint="Give insights:LOG_GROUP@REGION.")
        self._name = word
        self._group, self._region = found[1], found[2]
        self._session = session
        self._facts: dict[str, str] = {}

    def described(self) -> Input:
        """Return the log group as reports name it."""
        return Input(kind="flow-logs", path=self._name, facts=self._facts)

    def ask(self, question: Question, asking: Asking) -> TrafficLog:
        """Return what was recorded.

        Raises UsageError where more would be scanned than is allowed, where that is not known, or without
        credentials; InputError where the group is missing or may not be read; ToolError where Insights gave up.
        """
        logs, metrics = self._clients()
        since, until = self._span(logs, question, asking)
        self._estimate(metrics, since, until, asking)
        form = formats_for(asking.hints, log_group=self._group)[0]
        if lacking := missing_for_analysis(form.fields):
            raise InputError(f"{self._name}: its format has no {', '.join(lacking)}")
        runner = Runner(logs, self._group, asking, self._name)
        answer = Answer(question, asking.rank, form.fields, distinct=False)
        gaps: list[Gap] = []
        try:
            spans = self._counted(answer, runner, form.fields, question, (since, until))
            found = [one for span in spans for one in self._rejected(runner, form.fields, question, span)]
            gaps += self._cut(runner)
            paired, missed = self._paired(found, runner, form.fields, question)
            answer.take_sums(rows_of(paired, question))
        finally:
            self._facts |= {"bytes scanned": str(runner.scanned), "queries": str(runner.queries)}
        gaps += [*missed, *self._doubled(asking)]
        facts = {"engine": "logs-insights", "statements": str(runner.queries), "bytes scanned": str(runner.scanned)}
        return answer.log(size=runner.scanned, told_by=form.told_by, gaps=gaps, facts=facts)

    def _doubled(self, asking: Asking) -> list[Gap]:
        gaps = []
        for found in asking.hints.overlapping(self._group):
            each = ", ".join(found.logs)
            if found.unknown is None:
                cause = (
                    f"{each} deliver records of the same interfaces to it, and Insights does not tell them apart: "
                    "what several of them recorded counts more than once"
                )
            else:
                delivers = "delivers" if len(found.logs) == 1 else "deliver"
                cause = (
                    f"whether {each} {delivers} records to it of interfaces that another flow log records there is not "
                    f"known ({found.unknown}), and Insights does not tell them apart: what several recorded counts "
                    "more than once"
                )
            gaps.append(Gap(what=self._name, cause=cause, affects="numbers of records"))
        return gaps

    def _clients(self) -> tuple[Any, Any]:
        from botocore.config import Config

        config = Config(retries={"mode": "adaptive", "total_max_attempts": 8})
        try:
            session = self._session()
            return tuple(
                session.client(name, region_name=self._region, config=config) for name in ("logs", "cloudwatch")
            )
        except expected() as error:
            raise UsageError(f"{self._name}: {explained(error)}") from error

    def _span(self, logs: Any, question: Question, asking: Asking) -> tuple[int, int]:
        """Return the seconds from and up to which records start that are asked for."""
        window = question.window
        until = window.until or (asking.now + timedelta(hours=1) if asking.now else None)
        since = moved(window.since, -timedelta(seconds=SLICE)) if window.since else self._created(logs)
        if until is None:
            raise UsageError(f"{self._name}: Insights wants the end of the time asked for", hint="Give --until.")
        return max(math.floor(since.timestamp()), 0), min(math.ceil(until.timestamp()), LATEST)

    def _created(self, logs: Any) -> datetime:
        try:
            found = logs.describe_log_groups(logGroupNamePrefix=self._group)["logGroups"]
        except expected() as error:
            raise UsageError(f"{self._name}: when it begins is not known: {explained(error)}",
                             hint="Give --since.") from error  # fmt: skip
        for each in found:
            if each["logGroupName"] == self._group:
                return datetime.fromtimestamp(each["creationTime"] / 1000, UTC) - timedelta(days=1)
        raise InputError(f"{self._name}: there is no such log group", hint="Check name, region and account.")

    def _estimate(self, metrics: Any, since: int, until: int, asking: Asking) -> None:
        """Say how much will be scanned; raises UsageError where that is too much, or not known."""
        try:
            size = self._incoming(metrics, since, until)
        except expected() as error:
            why = explained(error)
            if asking.most is None:
                return
            raise UsageError(
                f"{self._name}: how much will be scanned cannot be told ({why})",
                hint="Allow cloudwatch:GetMetricStatistics, or give --max-scan any.",
            ) from error
        says = f"about {sized(_PASSES * size)} in {_PASSES} passes"
        asking.say(f"{self._name}: will scan {says}")
        self._facts["bytes estimated"] = str(_PASSES * size)
        if asking.most is not None and _PASSES * size > asking.most:
            raise UsageError(
                f"{self._name}: {says} would be scanned, and --max-scan is {sized(asking.most)}",
                hint="Narrow --since and --until, or give a larger --max-scan (GB, or `any`).",
            )

    def _incoming(self, metrics: Any, since: int, until: int) -> int:
        """Return the bytes that arrived in the window. Raises what botocore raises."""
        period, points = next((each for each in _PERIODS if until - since <= each[0] * each[1]), _PERIODS[-1])
        total = 0.0
        for start in range(since - since % period, until, period * points):
            answer = metrics.get_metric_statistics(
                Namespace="AWS/Logs", MetricName="IncomingBytes", Period=period, Statistics=["Sum"],
                Dimensions=[{"Name": "LogGroupName", "Value": self._group}],
                StartTime=datetime.fromtimestamp(start, UTC),
                EndTime=datetime.fromtimestamp(min(start + period * points, until + period), UTC),
            )  # fmt: skip
            total += sum(point["Sum"] for point in answer.get("Datapoints", ()))
        return int(total)

    def _counted(
        self, answer: Answer, runner: Runner, fields: tuple[str, ...], question: Question, span: tuple[int, int]
    ) -> list[tuple[int, int]]:
        """Take the counts; return spans whose rejects fit into one answer each, as far as hours tell."""
        rows = list(runner.rows(lambda since, until: count_query(fields, question, since, until), *span))
        counts: dict[tuple[str, int, int], list[int]] = {}
        for row in rows:
            kind = _kind(row)
            hour, n, first, last = (_whole(row.get(name)) for name in ("hour", "n", "first_s", "last_e"))
            known = counts.setdefault((row.get("v_interface_id", "-"), kind, hour), [0, first, last])
            known[:] = known[0] + n, min(known[1], first), max(known[2], last, first)
        answer.take_counts(
            (0, "", eni, kind, hour, *numbers, None) for (eni, kind, hour), numbers in counts.items()
        )  # fmt: skip
        rejects: dict[int, int] = {}
        for (_, kind, hour), numbers in counts.items():
            if kind == REJECTED:
                rejects[hour] = rejects.get(hour, 0) + numbers[0]
        return list(_spans(rejects, span))

    def _rejected(
        self, runner: Runner, fields: tuple[str, ...], question: Question, span: tuple[int, int]
    ) -> Iterator[Refused]:
        for row in runner.rows(lambda since, until: reject_query(fields, question, since, until), *span):
            yield Refused(
                values={name: row[name_of(name)] for name in (*CONVERSATION, *BESIDE)
                        if row.get(name_of(name), "-") not in ("-", "")},
                records=_whole(row.get("n")), packets=_whole(row.get("packets")), bytes=_whole(row.get("bytes")),
                first=_whole(row.get("first_s")), last=max(_whole(row.get("last_e")), _whole(row.get("first_s"))),
                sample=row.get("sample", ""),
            )  # fmt: skip

    def _paired(
        self, found: list[Refused], runner: Runner, fields: tuple[str, ...], question: Question
    ) -> tuple[list[Refused], list[Gap]]:
        """Return the rejects with what was accepted of their conversations, and gaps where that is not known."""
        if not found:
            return [], []
        peers = _peers(found, question)
        room = LONGEST - len(accept_query(fields, question, 0, 10**10, ["0" * 39])) - len(head(fields))
        chunks = list(_chunks(peers, room // 2))
        first, last = min(one.first for one in found) - NEAR, max(one.last for one in found) + NEAR
        accepted: dict[Talk, list[tuple[int, int]]] = {}
        before = len(runner.cut)
        for some in chunks[:LOOKUPS]:
            rows = runner.rows(partial(accept_query, fields, question, peers=some), first, last)
            for row in rows:
                talk = tuple(row.get(name_of(name), "-") for name in CONVERSATION)
                accepted.setdefault(talk, []).append((_whole(row.get("first_s")), _whole(row.get("last_s"))))
        missed = sum(len(some) for some in chunks[LOOKUPS:])
        gaps = [self._unknown(missed, len(peers))] if missed else []
        gaps += self._cut(runner, before)
        return [_with(one, accepted) for one in found], gaps

    def _unknown(self, missed: int, every: int) -> Gap:
        cause = f"for {missed} of {every} peers of rejected records Insights was not asked what of them was accepted"
        return Gap(what=self._name, cause=cause, affects="who opened their conversations")

    def _cut(self, runner: Runner, start: int = 0) -> list[Gap]:
        return [
            Gap(what=self._name,
                cause=f"more than {ROWS} rows for {_clock(since)} to {_clock(until)}: Insights returned the first",
                affects="the conversations left out")
            for since, until in runner.cut[start:]
        ]  # fmt: skip


def _kind(row: Mapping[str, str]) -> int:
    action, status = row.get("v_action", "-"), row.get("v_log_status", "-")
    if action in _KINDS:
        return _KINDS[action]
    return _STATUS.get(status, NO_DATA if action == status == "-" else NO_VERDICT)


def _whole(text: str | None) -> int:
    """Return a number as Insights writes it, ``12`` or ``1.2E1``; 0 where there is none."""
    try:
        return int(float(text or 0)) if not (text or "").isdigit() else int(text or 0)
    except (ValueError, OverflowError):
        return 0


def _spans(rejects: Mapping[int, int], whole: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Put hours together whose records are fewer than an answer has rows; hours without rejects are left out."""
    begun: int | None = None
    total = end = 0
    for hour, number in sorted(rejects.items()):
        if begun is not None and (total + number >= ROWS or hour > end):
            yield max(begun, whole[0]), min(end, whole[1])
            begun = None
        begun, total = (hour, number) if begun is None else (begun, total + number)
        end = hour + SLICE
    if begun is not None:
        yield max(begun, whole[0]), min(end, whole[1])


def _peers(found: Iterable[Refused], question: Question) -> list[str]:
    """Return the far ends of rejected conversations: private ones first, then those with most records."""
    records: dict[str, int] = {}
    for one in found:
        own = question.addresses.get(one.values.get("interface-id", ""), ())
        src, dst = one.values.get("srcaddr", ""), one.values.get("dstaddr", "")
        peer = dst if src in own else src
        if one.key("srcaddr") and one.key("dstaddr"):
            records[peer] = records.get(peer, 0) + one.records
    return sorted(records, key=lambda peer: (not ip_address(peer).is_private, -records[peer], peer))


def _chunks(peers: Iterable[str], room: int) -> Iterator[list[str]]:
    some: list[str] = []
    used = 0
    for peer in peers:
        if some and used + len(peer) + 4 > room:
            yield some
            some, used = [], 0
        some.append(peer)
        used += len(peer) + 4
    if some:
        yield some


def _with(one: Refused, accepted: Mapping[Talk, list[tuple[int, int]]]) -> Refused:
    eni, src, dst, sport, dport, proto = (one.values.get(name, "-") for name in CONVERSATION)

    def near(talk: Talk) -> bool:
        spans = accepted.get(talk, ())
        return any(first <= one.last + NEAR and last >= one.first - NEAR for first, last in spans)

    return replace(
        one, same=near((eni, src, dst, sport, dport, proto)), reverse=near((eni, dst, src, dport, sport, proto))
    )  # fmt: skip


def _clock(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
