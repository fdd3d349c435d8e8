"""Flow logs in Athena: the answer is that of the files, within the bytes allowed, and every failure has its words."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checker import cli
from checker.errors import CheckerError, InputError, ToolError, UsageError
from checker.flowlog.asked import Asking, sized
from checker.flowlog.engine.question import Question
from checker.flowlog.part import Window
from checker.flowlog.sources import asked_of
from checker.flowlog.sources.athena_word import Word, parse
from checker.model.log_format import DEFAULT_FIELDS
from checker.model.traffic import TrafficLog
from tests.flowlog.athena import BUCKET, LOCATION, Catalogued, FakeAthena, create_table
from tests.flowlog.test_s3 import session
from tests.support import faults
from tests.support.fault_proxy import Proxy
from tests.support.moto_server import Server
from tests.support.scripts import answered
from tests.test_traffic_command import HEADER, LINES, network

NAME = "111122223333_vpcflowlogs_eu-west-1_fl-0a1b2c3d4e5f60718_20251009T0855Z_1a2b3c4d.log.gz"
KEY = f"AWSLogs/111122223333/vpcflowlogs/eu-west-1/2025/10/09/{NAME}"
WORD = "athena:logs.vpc_flow@eu-west-1?output=s3://results/of/mine/"


@dataclass(slots=True)
class Place:
    proxy: Proxy
    athena: FakeAthena
    folder: Path

    def ask(self, word: str = WORD, window: Window | None = None, **over: Any) -> TrafficLog:
        source = asked_of(word, session=session)
        assert source is not None
        asking = Asking(**{"most": 10**9, "sleep": lambda _seconds: None, **over})
        return source.ask(Question(window=window or Window()), asking)


@pytest.fixture
def place(moto: Server, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name, value in {**proxy.server.environment, "AWS_DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.chdir(tmp_path)
    network(tmp_path / "net")
    path = tmp_path / "logs" / NAME
    path.parent.mkdir()
    path.write_bytes(gzip.compress("\n".join([HEADER, *LINES, ""]).encode(), mtime=0))
    s3 = proxy.server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=path.read_bytes())
    duck = Catalogued()
    duck.place([path], DEFAULT_FIELDS)
    athena = FakeAthena(duck)
    with proxy.with_rules(*athena.rules()):
        yield Place(proxy, athena, tmp_path)


@pytest.fixture
def table(place: Place) -> Place:
    create_table(place.proxy, DEFAULT_FIELDS)
    return place


def told(capfd: pytest.CaptureFixture[str], where: str, *more: str, code: int = 1) -> Any:
    words = ["traffic", "--logs", where, "--network", "net", "--format", "json", "--now", "2026-01-01T00:00:00Z"]
    assert cli.run([*words, *more]) == code
    return json.loads(capfd.readouterr().out)


def test_a_table_tells_what_a_folder_tells(table: Place, capfd: pytest.CaptureFixture[str]) -> None:
    asked, read = told(capfd, WORD), told(capfd, "logs")
    for one, other in zip(asked["diagnoses"], read["diagnoses"], strict=True):
        assert set(one["evidence"]) <= set(LINES)  # of records of one hour any may stand for them
        assert {**one, "evidence": len(one["evidence"])} == {**other, "evidence": len(other["evidence"])}
    assert asked["findings"] == read["findings"]
    same = ("records", "accepted", "rejected", "no_data", "skipped", "files", "first", "last", "timeline")
    assert {name: asked["traffic"][name] for name in same} == {name: read["traffic"][name] for name in same}
    facts = asked["traffic"]["facts"]
    assert (facts["engine"], facts["statements"], facts["bytes scanned"]) == ("athena", "2", "2000000")
    assert int(facts["bytes estimated at most"]) == 2 * (table.folder / "logs" / NAME).stat().st_size
    (first, _) = table.athena.statements
    assert first["ResultConfiguration"] == {"OutputLocation": "s3://results/of/mine/"}
    assert first["WorkGroup"] == "primary"
    assert first["QueryExecutionContext"] == {"Database": "logs", "Catalog": "AwsDataCatalog"}


def test_the_estimate_is_said_before(table: Place) -> None:
    said: list[str] = []
    table.ask(say=said.append)
    size = 2 * (table.folder / "logs" / NAME).stat().st_size
    assert said[0] == f"athena:logs.vpc_flow@eu-west-1: will scan at most {sized(size)} in 2 statements"


def test_results_come_in_pages(table: Place) -> None:
    whole = table.ask()
    table.athena.page = 3
    with table.proxy.recording() as calls:
        assert table.ask() == whole
    assert sum(call.operation == "GetQueryResults" for call in calls) > 4


def test_files_beside_a_table_are_joined(table: Place, capfd: pytest.CaptureFixture[str]) -> None:
    both = told(capfd, WORD, "--logs", "logs")
    read = told(capfd, "logs")
    assert both["traffic"]["rejected"] == 2 * read["traffic"]["rejected"]
    assert [each for each in both["gaps"] if "counts twice" in each["cause"]]
    assert len(both["findings"]) == len(read["findings"])


def test_more_than_allowed_is_refused_before_anything_is_asked(table: Place, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match=r"more than .* in 2 statements would be scanned, and --max-scan is 100 bytes"):
        table.ask(most=100)
    assert cli.run(["traffic", "--logs", WORD, "--network", "net", "--max-scan", "0.0000001"]) == 2
    assert "would be scanned, and --max-scan is 100 bytes" in capfd.readouterr().err
    assert table.athena.statements == []


@pytest.mark.parametrize("word", ["0", "-1", "much", "nan", "inf", "1e300", ""])
def test_a_limit_that_is_none_is_refused(word: str, table: Place, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["traffic", "--logs", WORD, "--network", "net", f"--max-scan={word}"]) == 2
    assert "no number of GB" in capfd.readouterr().err
    assert table.athena.statements == []


def test_where_nothing_tells_how_much_only_any_will_do(table: Place) -> None:
    with table.proxy.with_rules(faults.denied(service="s3", operation="ListObjectsV2")):
        with pytest.raises(UsageError, match="how much will be scanned cannot be told"):
            table.ask()
        assert table.athena.statements == []
        assert table.ask(most=None).summary.rejected


def test_statistics_of_the_catalogue_do_where_the_bucket_may_not_be_listed(place: Place) -> None:
    create_table(place.proxy, DEFAULT_FIELDS, properties={"totalSize": "4000000000"})
    with (
        place.proxy.with_rules(faults.denied(service="s3", operation="ListObjectsV2")),
        pytest.raises(UsageError, match=r"at most 8.0 GB in 2 statements would be scanned, and --max-scan is 1.0 GB"),
    ):
        place.ask()


def test_a_query_that_scans_more_than_allowed_is_stopped(table: Place) -> None:
    table.athena.states = [{"State": "RUNNING", "scanned": 500}, {"State": "RUNNING", "scanned": 2 * 10**9}]
    with pytest.raises(UsageError, match=r"stopped after 2.0 GB"):
        table.ask()
    assert table.athena.stopped == ["query-1"]


def test_an_interrupt_stops_the_query(table: Place) -> None:
    table.athena.states = [{"State": "QUEUED"}]

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        table.ask(sleep=interrupted)
    assert table.athena.stopped == ["query-1"]


def test_waiting_goes_through_all_states(table: Place) -> None:
    pauses: list[float] = []
    table.athena.states = [{"State": "QUEUED"}, *[{"State": "RUNNING"}] * 12, {"State": "SUCCEEDED"}]
    table.ask(sleep=pauses.append)
    assert len(pauses) == 13
    assert pauses == sorted(pauses)
    assert pauses[-1] <= 3


@pytest.mark.parametrize(
    ("state", "kind", "says"),
    [
        ({"State": "FAILED", "StateChangeReason": "HIVE_BAD_DATA: Field 3's type INT64"}, ToolError,
         "the query failed: HIVE_BAD_DATA: Field 3's type INT64"),
        ({"State": "FAILED", "StateChangeReason": "Query exhausted resources at this scale factor",
          "AthenaError": {"ErrorCategory": 1, "Retryable": True}}, ToolError, "exhausted resources"),
        ({"State": "FAILED", "StateChangeReason": "Access denied when writing output to url: s3://results"}, InputError,
         "Access denied when writing output"),
        ({"State": "FAILED"}, ToolError, "the query failed and gave no reason"),
        ({"State": "CANCELLED", "StateChangeReason": "Bytes scanned limit was exceeded"}, ToolError,
         "the query was cancelled: Bytes scanned limit was exceeded"),
    ],
    ids=["bad data", "exhausted", "denied output", "no reason", "cancelled"],
)  # fmt: skip
def test_every_end_but_success_has_its_words(
    state: dict[str, Any], kind: type[CheckerError], says: str, table: Place
) -> None:
    table.athena.states = [{"State": "RUNNING"}, state]
    with pytest.raises(kind) as raised:
        table.ask()
    assert says in str(raised.value)
    assert raised.value.exit_code == 2
    assert raised.value.hint
    assert table.athena.stopped == []


@pytest.mark.parametrize(
    ("rule", "kind", "says"),
    [
        (faults.denied(service="athena", operation="StartQueryExecution"), InputError, "Athena cannot be asked"),
        (faults.fails("TooManyRequestsException", "You have exceeded the limit of queries.", service="athena",
                      operation="StartQueryExecution"), ToolError, "takes no more queries now"),
        (faults.fails("InvalidRequestException", "No output location provided.", service="athena",
                      operation="StartQueryExecution"), UsageError, "No output location provided"),
        (faults.fails("InvalidRequestException", "WorkGroup primary is not found.", service="athena",
                      operation="StartQueryExecution"), UsageError, "WorkGroup primary is not found"),
        (faults.denied(service="athena", operation="GetQueryResults"), InputError, "Athena cannot be asked"),
        (faults.denied(service="athena", operation="GetQueryExecution"), InputError, "Athena cannot be asked"),
        (faults.fails("EntityNotFoundException", "Table vpc_flow not found.", service="glue", operation="GetTable"),
         InputError, "there is no such table"),
    ],
    ids=["denied", "throttled", "no output", "no workgroup", "results denied", "state denied", "no table"],
)  # fmt: skip
def test_every_refusal_has_its_words(
    rule: Any, kind: type[CheckerError], says: str, table: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # botocore waits between its tries
    with table.proxy.with_rules(rule), pytest.raises(kind, match=says) as raised:
        table.ask()
    assert raised.value.exit_code == 2
    assert raised.value.hint


def test_a_table_without_the_needed_columns_is_refused(place: Place) -> None:
    create_table(place.proxy, ("version", "srcaddr"))
    with pytest.raises(InputError, match="no column for interface-id, dstaddr, srcport"):
        place.ask()


def test_where_glue_may_not_be_asked_athena_tells_the_table(table: Place) -> None:
    listed = [{"Name": name.replace("-", "_"), "Type": "string"} for name in DEFAULT_FIELDS]
    known = {"Name": "vpc_flow", "TableType": "EXTERNAL_TABLE", "Columns": listed, "Parameters": {"location": LOCATION}}
    rules = (
        faults.denied(service="glue", operation="GetTable"),
        answered("athena", "GetTableMetadata", {"TableMetadata": known}),
    )
    with table.proxy.with_rules(*rules):
        assert table.ask().summary.rejected


def test_partitions_outside_the_window_are_neither_read_nor_estimated(place: Place) -> None:
    from datetime import UTC, datetime

    for day in ("07", "08", "09", "10", "11"):
        key = KEY.replace("/10/09/", f"/10/{day}/").replace("20251009", f"202510{day}")
        place.proxy.server.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x" * 1000)
    place.athena.duck.place(  # type: ignore[attr-defined]
        [place.folder / "logs" / NAME], DEFAULT_FIELDS, ", '2025/10/09' AS day, 'eu-west-1' AS region"
    )
    create_table(
        place.proxy, DEFAULT_FIELDS, partitions=("region", "day"),
        properties={
            "projection.enabled": "true", "projection.region.type": "enum", "projection.region.values": "eu-west-1",
            "projection.day.type": "date", "projection.day.range": "2021/01/01,NOW",
            "projection.day.format": "yyyy/MM/dd", "storage.location.template": LOCATION + "${region}/${day}",
        },
    )  # fmt: skip
    window = Window(since=datetime(2025, 10, 9, 8, tzinfo=UTC), until=datetime(2025, 10, 9, 22, tzinfo=UTC))
    said: list[str] = []
    log = place.ask(window=window, say=said.append)
    assert log.summary.rejected
    assert all(
        """"day" >= '2025/10/09' AND "day" <= '2025/10/09'""" in each["QueryString"] for each in place.athena.statements
    )
    assert "at most 2.0 kB" in said[0]


def test_a_projection_that_wants_names_gets_them_or_says_so(place: Place) -> None:
    create_table(
        place.proxy, DEFAULT_FIELDS, partitions=("account_no",),
        properties={"projection.enabled": "true", "projection.account_no.type": "injected"},
    )  # fmt: skip
    with pytest.raises(UsageError, match="the partition account_no must be named in every query"):
        place.ask()


def test_without_credentials_it_says_so(table: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(UsageError, match="no AWS credentials"):
        table.ask()


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("athena:db.t", Word(database="db", table="t")),
        ("athena:db.t@eu-west-1", Word(database="db", table="t", region="eu-west-1")),
        ("athena:c.db.t?workgroup=w", Word(database="db", table="t", catalog="c", workgroup="w")),
        ("athena:db.t?output=s3://b/p/&region=us-gov-west-1&catalog=c",
         Word(database="db", table="t", catalog="c", region="us-gov-west-1", output="s3://b/p/")),
    ],
)  # fmt: skip
def test_words_name_a_table(word: str, found: Word) -> None:
    assert parse(word) == found


@pytest.mark.parametrize(
    "word",
    [
        "athena:", "athena:db", "athena:db.", "athena:.t", "athena:a.b.c.d", "athena:db.t?workgroup=",
        "athena:db.t?w=1", "athena:db.t?output=bucket",
        "athena:db.t@eu-west-1?region=eu-west-2", "athena:db.t?workgroup=a&workgroup=b",
        "athena:db.t@europe", "athena:c.db.t?catalog=d",
    ],
)  # fmt: skip
def test_words_that_name_none_are_refused(word: str) -> None:
    with pytest.raises(UsageError):
        parse(word)
