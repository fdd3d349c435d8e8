"""Flow logs through CloudWatch Logs Insights: what comes back, what is cut, and every failure in its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from checker.errors import CheckerError, InputError, ToolError, UsageError
from checker.flowlog.asked import Asking
from checker.flowlog.engine.question import Question
from checker.flowlog.part import FormatHints, Overlap, Window
from checker.flowlog.sources import asked_of, insights, insights_run
from checker.model.loaded import Input, Loaded
from checker.model.record import replace
from checker.model.traffic import TrafficLog
from checker.settings import Settings
from checker.tracing import read_and_explain
from tests.flowlog.insights import FakeInsights
from tests.flowlog.sql.test_equal import simulated
from tests.flowlog.test_s3 import session
from tests.simulator import writing
from tests.simulator.bridge import model_of
from tests.simulator.records import EPOCH
from tests.support import faults
from tests.support.fault_proxy import Proxy
from tests.support.moto_server import Server

GROUP = "/vpc/flow-logs"
WORD = f"insights:{GROUP}@eu-west-1"
FROM, TO = datetime.fromtimestamp(EPOCH - 60, UTC), datetime.fromtimestamp(EPOCH + 7200, UTC)


@dataclass(slots=True)
class Place:
    proxy: Proxy
    fake: FakeInsights
    folder: Path

    def ask(self, **over: Any) -> TrafficLog:
        source = asked_of(WORD, session=session)
        assert source is not None
        window = over.pop("window", Window(since=FROM, until=TO))
        asking = Asking(**{"most": 10**9, "sleep": lambda _seconds: None, **over})
        return source.ask(Question(window=window), asking)


@pytest.fixture
def place(moto: Server, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name, value in proxy.server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    proxy.server.client("logs", "eu-west-1").create_log_group(logGroupName=GROUP)
    fake = FakeInsights([line(), line(action="ACCEPT"), line(dport=22)])
    with proxy.with_rules(*fake.rules()):
        yield Place(proxy, fake, tmp_path)


def line(
    src: str = "10.9.0.1", sport: int = 50000, dport: int = 443, action: str = "REJECT", start: int = EPOCH
) -> str:
    return f"2 111122223333 eni-1 {src} 10.0.0.5 {sport} {dport} 6 1 40 {start} {start + 59} {action} OK"


@pytest.mark.parametrize("seed", [1, 2], ids=["default", "custom"])
@pytest.mark.parametrize("most", [10_000, 40], ids=["whole", "in halves"])
def test_insights_tells_what_the_files_tell(
    seed: int, most: int, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, fields = simulated(seed, tmp_path / "logs", form=writing.text)
    from tests.flowlog.sql.equal import lines_below

    place.fake.lines = sorted(lines_below(tmp_path / "logs"))
    place.fake.most = most
    for module in (insights, insights_run):
        monkeypatch.setattr(module, "ROWS", most)
    snapshot = Input(kind="snapshot", path="net", facts={"taken_at": TO.isoformat()})
    loaded = Loaded(after=model_of(found.world), inputs=(snapshot,))

    def told(word: str) -> Any:
        settings = Settings(command="traffic", logs=(word,), since=FROM, until=TO, log_format=" ".join(fields))
        return read_and_explain(loaded, settings, session=session)

    asked, read = told(WORD), told((tmp_path / "logs").as_posix())
    assert asked.log.summary.rejected == read.log.summary.rejected
    assert asked.log.summary.accepted == read.log.summary.accepted
    assert asked.log.summary.timeline == read.log.summary.timeline
    assert asked.log.interfaces == tuple(replace(each, flow_logs=()) for each in read.log.interfaces)
    assert [_bare(each) for each in asked.log.aggregates] == [_bare(each) for each in read.log.aggregates]
    assert [replace(each, evidence=()) for each in asked.diagnoses] == [
        replace(each, evidence=()) for each in read.diagnoses
    ]
    assert (len(place.fake.queries) > 10) is (most == 40)


def _bare(found: Any) -> Any:
    return replace(found, samples=())


def test_what_is_cut_even_in_the_shortest_span_is_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.fake.lines = [line(f"203.0.113.{number}") for number in range(50)]
    place.fake.most = 20
    for module in (insights, insights_run):
        monkeypatch.setattr(module, "ROWS", 20)
    log = place.ask()
    assert log.summary.rejected == 50
    assert sum(each.traffic.records for each in log.aggregates) == 20
    (gap,) = log.gaps
    assert "more than 20 rows for 2026-03-01 10:0" in gap.cause


def test_flow_logs_that_record_the_same_into_the_group_are_told(place: Place) -> None:
    told = (Overlap(logs=("fl-1", "fl-2")), Overlap(logs=("fl-3",), unknown="its target: var.x has no value"))
    hints = FormatHints(overlapping=lambda name: told if name == GROUP else ())
    (sure, unsure) = place.ask(hints=hints).gaps
    assert sure.what == unsure.what == WORD
    assert sure.cause.startswith("fl-1, fl-2 deliver records of the same interfaces to it")
    assert unsure.cause.startswith("whether fl-3 delivers records to it of interfaces that another flow log records")
    assert "is not known (its target: var.x has no value)" in unsure.cause
    assert place.ask().gaps == ()


def test_peers_that_nobody_looked_up_are_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.fake.lines = [line(f"203.0.{number // 250}.{number % 250}") for number in range(1000)]
    monkeypatch.setattr(insights, "LOOKUPS", 1)
    (gap,) = place.ask().gaps
    assert "of 1000 peers of rejected records Insights was not asked" in gap.cause


def test_a_private_peer_is_looked_up_first(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    scanners = [line(f"203.0.{number // 250}.{number % 250}") for number in range(1000)]
    reply = f"2 111122223333 eni-1 10.0.0.5 10.9.0.1 443 50000 6 1 40 {EPOCH} {EPOCH + 59} ACCEPT OK"
    place.fake.lines = [*scanners * 2, line(), reply]
    monkeypatch.setattr(insights, "LOOKUPS", 1)
    log = place.ask()
    (found,) = [each for each in log.aggregates if each.reverse_accepted]
    assert found.top_peers == ((int(IPv4Address("10.9.0.1")), 1),)


def test_the_format_is_that_of_the_flow_log(place: Place) -> None:
    fields = ("interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "start",
              "end", "action", "log-status")  # fmt: skip
    place.fake.lines = [" ".join(line().split(" ")[2:])]
    log = place.ask(hints=FormatHints(by_log_group={GROUP: fields}.get))
    assert log.summary.rejected == 1
    assert log.summary.formats[0].fields == fields


def test_a_window_without_a_start_begins_with_the_group(place: Place) -> None:
    place.ask(window=Window(), now=datetime.now(UTC))
    (first, *_) = place.fake.queries
    assert abs(first["startTime"] - (datetime.now(UTC) - timedelta(days=1)).timestamp()) < 3600


def test_a_window_may_begin_and_end_where_years_do(place: Place) -> None:
    window = Window(since=datetime.min.replace(tzinfo=UTC), until=datetime.max.replace(tzinfo=UTC))
    assert place.ask(window=window, most=None).summary.records == 3
    (first, *_) = place.fake.queries
    assert (first["startTime"], datetime.fromtimestamp(first["endTime"], UTC).year) == (0, 2242)


@pytest.mark.parametrize(
    ("state", "says"),
    [("Failed", "ended as Failed"), ("Cancelled", "ended as Cancelled"), ("Timeout", "ended as Timeout")],
)
def test_every_end_but_complete_has_its_words(state: str, says: str, place: Place) -> None:
    place.fake.states = [{"status": "Scheduled"}, {"status": "Running"}, {"status": state}]
    with pytest.raises(ToolError, match=says) as raised:
        place.ask()
    assert raised.value.hint


@pytest.mark.parametrize(
    ("rule", "kind", "says"),
    [
        (faults.denied(service="logs", operation="StartQuery"), InputError, "it may not be asked"),
        (faults.fails("LimitExceededException", "30 concurrent queries", service="logs", operation="StartQuery"),
         ToolError, "takes no more queries now"),
        (faults.fails("MalformedQueryException", "unexpected symbol", service="logs", operation="StartQuery"),
         ToolError, "the query was refused: MalformedQueryException: unexpected symbol"),
        (faults.fails("ResourceNotFoundException", "no group", service="logs", operation="StartQuery"),
         InputError, "there is no such log group"),
        (faults.denied(service="cloudwatch", operation="GetMetricStatistics"), UsageError,
         "how much will be scanned cannot be told"),
    ],
    ids=["denied", "limit", "malformed", "no group", "metrics denied"],
)  # fmt: skip
def test_every_refusal_has_its_words(
    rule: Any, kind: type[CheckerError], says: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # botocore waits between its tries
    with place.proxy.with_rules(rule), pytest.raises(kind, match=says) as raised:
        place.ask()
    assert raised.value.exit_code == 2
    assert raised.value.hint


def test_without_credentials_it_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(UsageError, match="no AWS credentials"):
        place.ask()


def test_an_interrupt_stops_the_query(place: Place) -> None:
    place.fake.states = [{"status": "Running"}]

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.ask(sleep=interrupted)
    assert place.fake.stopped == ["1"]


def test_a_query_that_scans_more_than_allowed_is_stopped(place: Place) -> None:
    place.fake.states = [{"status": "Running", "scanned": 5 * 10**9}]
    with pytest.raises(UsageError, match=r"stopped after 5.0 GB"):
        place.ask()
    assert place.fake.stopped == ["1"]


def test_a_missing_group_is_said_before_anything_is_asked(place: Place) -> None:
    place.proxy.server.client("logs", "eu-west-1").delete_log_group(logGroupName=GROUP)
    with pytest.raises(InputError, match="there is no such log group"):
        place.ask(window=Window(until=TO))
    assert place.fake.queries == []


@pytest.mark.parametrize("word", ["insights:", "insights:a b", "insights:g@nowhere", "insights:g|fields @message"])
def test_words_that_name_no_group_are_refused(word: str) -> None:
    with pytest.raises(UsageError):
        asked_of(word, session=session)
