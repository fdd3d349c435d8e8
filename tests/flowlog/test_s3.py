"""Flow logs in S3, against moto over HTTP and a proxy that breaks things."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.errors import InputError, UsageError
from checker.flowlog.part import FormatHints, Window
from checker.flowlog.sources import source_of
from checker.flowlog.sources.s3 import AHEAD
from checker.model.log_format import DEFAULT_FIELDS
from tests.flowlog.made import HEADER, Got, got, packed, text, v2
from tests.flowlog.test_names import at
from tests.support import faults
from tests.support.fault_proxy import Forward, Proxy, Rule
from tests.support.wire import Answer, Request, error

BUCKET = "flow-logs-of-the-company"
ONE, TWO = "123456789012", "210987654321"


def key(day: int, hour: int, minute: int = 0, *, account: str = ONE, region: str = "eu-west-1", hive: bool = False,
        hourly: bool = False, folder: str = "", ending: str = "log.gz") -> str:  # fmt: skip
    if hive:
        tree = (f"AWSLogs/aws-account-id={account}/aws-service=vpcflowlogs/aws-region={region}/"
                f"year=2026/month=11/day={day:02}/{f'hour={hour:02}/' if hourly else ''}")  # fmt: skip
    else:
        tree = f"AWSLogs/{account}/vpcflowlogs/{region}/2026/11/{day:02}/{f'{hour:02}/' if hourly else ''}"
    time = f"202611{day:02}T{hour:02}{minute:02}Z"
    return f"{folder}{tree}{account}_vpcflowlogs_{region}_fl-0a1b2c3d4e5f60718_{time}_1a2b3c4d.{ending}"


class Bucket:
    """A bucket on the proxy, and a source that reads it."""

    def __init__(self, proxy: Proxy, scratch: Path) -> None:
        self.proxy = proxy
        self.client = proxy.server.client("s3")
        self.client.create_bucket(Bucket=BUCKET)
        self.scratch = scratch
        self.facts: dict[str, str] = {}

    def put(self, *keys: str, content: bytes | None = None, **more: Any) -> None:
        for number, each in enumerate(keys):
            body = packed(HEADER, v2(number)) if content is None else content
            self.client.put_object(Bucket=BUCKET, Key=each, Body=body, **more)

    def read(self, prefix: str = "", window: Window | None = None, bucket: str = BUCKET) -> Got:
        source = source_of(f"s3://{bucket}/{prefix}", session=session)
        try:
            return got(source, self.scratch, window)
        finally:
            self.facts = dict(source.described().facts)

    def keys(self, prefix: str = "", window: Window | None = None) -> list[str]:
        found = self.read(prefix, window)
        assert found.gaps == []
        return [each.origin.removeprefix(f"s3://{BUCKET}/") for each in found.parts]


def session() -> Any:
    import boto3

    return boto3.Session(region_name="us-east-1")


@pytest.fixture
def bucket(moto: object, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name, value in proxy.server.environment.items():
        monkeypatch.setenv(name, value)
    yield Bucket(proxy, tmp_path / "scratch")


LAYOUTS = [
    pytest.param({}, id="default"),
    pytest.param({"hourly": True}, id="hourly"),
    pytest.param({"hive": True}, id="Hive"),
    pytest.param({"hive": True, "hourly": True}, id="Hive, hourly"),
    pytest.param({"folder": "network/team-a/"}, id="in a folder"),
    pytest.param({"folder": "a/b/c/d/"}, id="deep in folders"),
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_read_and_pruned_by_time_account_and_region(bucket: Bucket, layout: dict[str, Any]) -> None:
    wanted = [key(20, 23, 55, **layout), key(21, 0, 5, **layout), key(21, 10, **layout)]
    other_days = [key(19, 12, **layout), key(20, 1, **layout), key(21, 23, 55, **layout), key(22, 1, **layout)]
    other_regions = [key(21, 10, region="us-east-1", **layout)]
    other_accounts = [key(21, 10, account=TWO, **layout)]
    bucket.put(*wanted, *other_days, *other_regions, *other_accounts)
    window = Window(since=at(0), until=at(20), accounts=frozenset({ONE}), regions=frozenset({"eu-west-1"}))
    assert bucket.keys("", window) == wanted
    assert sorted(bucket.keys()) == sorted([*wanted, *other_days, *other_regions, *other_accounts])


def test_a_part_tells_what_the_key_tells(bucket: Bucket) -> None:
    bucket.put(key(21, 10))
    found = bucket.read()
    part = found.part
    assert (part.flow_log, part.account, part.region) == ("fl-0a1b2c3d4e5f60718", ONE, "eu-west-1")
    assert (part.delivered, part.fields, part.told_by) == (at(10), DEFAULT_FIELDS, "header")
    assert (part.origin, part.files) == (f"s3://{BUCKET}/{key(21, 10)}", 1)
    assert part.size == len(packed(HEADER, v2()))
    assert part.temporary
    assert found.records == [v2()]


def test_only_the_days_of_the_window_are_listed(bucket: Bucket) -> None:
    bucket.put(*(key(day, hour) for day in range(1, 29) for hour in (3, 15)), content=packed(HEADER))
    with bucket.proxy.recording() as calls:
        assert len(bucket.keys("AWSLogs/", Window(since=at(12, day=14), until=at(16, day=14)))) == 1
    listed = [call for call in calls if call.operation.startswith("ListObjects")]
    fetched = [call for call in calls if call.operation == "GetObject"]
    assert len(listed) <= 5, "AWSLogs, account, service, and one run of keys"
    assert len(fetched) == 1
    assert int(bucket.facts["files outside the window"]) <= 4, "of the days at both ends"


PREFIXES = [
    pytest.param("AWSLogs", True, id="no slash"),
    pytest.param("AWSLogs/", True, id="slash"),
    pytest.param(f"AWSLogs/{ONE}", True, id="account, no slash"),
    pytest.param(f"AWSLogs/{ONE}/vpcflowlogs/eu-west-1/", True, id="region"),
    pytest.param(f"AWSLogs/{ONE}/vpcflowlogs/eu-west-1/2026/11/21", True, id="day"),
    pytest.param(key(21, 10), True, id="the object itself"),
    pytest.param("AWSLogs/1234", True, id="part of a name"),
    pytest.param("elsewhere/", False, id="nothing there"),
    pytest.param("AWSLogs/99", False, id="part of no name"),
]


@pytest.mark.parametrize(("prefix", "there"), PREFIXES)
def test_a_prefix_may_end_anywhere(bucket: Bucket, prefix: str, there: bool) -> None:
    bucket.put(key(21, 10))
    assert bucket.keys(prefix) == ([key(21, 10)] if there else [])


def test_a_folder_is_not_all_that_begins_with_its_name(bucket: Bucket) -> None:
    bucket.put("logs/a.log.gz", "logs-old/b.log.gz")
    assert bucket.keys("logs") == ["logs/a.log.gz"]


def test_other_things_in_the_bucket_are_not_fetched(bucket: Bucket) -> None:
    bucket.put(key(21, 10))
    trail = f"AWSLogs/{ONE}/CloudTrail/eu-west-1/2026/11/21/{ONE}_CloudTrail_eu-west-1_20261121T1000Z_x.json.gz"
    bucket.put("state/terraform.tfstate", "AWSLogs/aws-logs-write-test", trail, content=b"{}")
    bucket.put(key(21, 11), "AWSLogs/", content=b"")
    with bucket.proxy.recording() as calls:
        assert bucket.keys() == [key(21, 10)]
    assert sum(call.operation == "GetObject" for call in calls) == 1
    assert bucket.facts["empty files"] == "1"
    assert "terraform.tfstate" in bucket.facts["ignored"]
    assert "aws-logs-write-test" in bucket.facts["ignored"]


def test_many_objects_come_in_their_order_and_bounded_ahead(bucket: Bucket) -> None:
    keys = [key(21, hour, minute) for hour in range(8) for minute in range(0, 60, 10)]
    bucket.put(*keys)
    bucket.scratch.mkdir()
    parts = source_of(f"s3://{BUCKET}", session=session).parts(Window(), FormatHints(), bucket.scratch, [])
    found, most = [], 0
    for part in parts:
        most = max(most, len(list(bucket.scratch.iterdir())))
        found.append(part.origin.removeprefix(f"s3://{BUCKET}/"))
        part.path.unlink()
    assert found == keys
    assert most <= AHEAD + 1


def test_flow_logs_of_one_folder_come_together_in_the_order_of_time(bucket: Bucket) -> None:
    log = "fl-0a1b2c3d4e5f60718"
    keys = [
        key(day, hour, region=region).replace(log, each)
        for region in ("eu-west-1", "us-east-1")
        for day in (20, 21)
        for hour in (3, 9, 22)
        for each in (log, "fl-0b1b2c3d4e5f60718")
    ]
    untimed = [f"AWSLogs/{name}.log.gz" for name in "cab"]
    bucket.put(*keys, *untimed)
    assert sorted(keys) != keys
    assert bucket.keys() == [*sorted(untimed), *keys]


def test_nothing_is_left_where_the_reader_stops(bucket: Bucket) -> None:
    bucket.put(*(key(21, hour) for hour in range(20)))
    bucket.scratch.mkdir()
    parts = source_of(f"s3://{BUCKET}", session=session).parts(Window(), FormatHints(), bucket.scratch, [])
    next(iter(parts)).path.unlink()
    parts.close()  # type: ignore[attr-defined]
    assert list(bucket.scratch.iterdir()) == []


def test_whoever_stops_does_not_wait_for_an_object_that_never_comes(bucket: Bucket) -> None:
    bucket.put("a.log.gz", "b.log.gz")
    bucket.scratch.mkdir()
    with bucket.proxy.with_rules(faults.stalled(service="s3", operation="GetObject", about="b.log", times=1)):
        parts = source_of(f"s3://{BUCKET}", session=session).parts(Window(), FormatHints(), bucket.scratch, [])
        next(iter(parts)).path.unlink()
        late = threading.Timer(20, bucket.proxy.release)  # should it wait after all
        late.start()
        began = time.monotonic()
        parts.close()  # type: ignore[attr-defined]
        late.cancel()
        assert time.monotonic() - began < 15
        left = [each for each in threading.enumerate() if each.name == "s3"]
        assert [each.daemon for each in left] == [True], "it ends with the process"
        bucket.proxy.release()
        left[0].join()
    assert list(bucket.scratch.iterdir()) == []


@pytest.mark.slow
def test_more_than_one_page_is_listed(bucket: Bucket) -> None:
    bucket.put(*(f"logs/{number:04}.log" for number in range(1100)), content=b"")
    bucket.put("logs/9999.log", content=text(v2()))
    assert bucket.keys("logs/") == ["logs/9999.log"]
    assert bucket.facts["empty files"] == "1100"


def test_damaged_objects_and_payloads_are_read_as_files_are(bucket: Bucket) -> None:
    content = packed(HEADER, *(v2(number) for number in range(500)))
    bucket.put("a.log.gz", content=content[: len(content) // 2])
    bucket.put("b.json.gz", content=gzip.compress(b'{"message": "' + v2(9).encode() + b'"}'))
    bucket.put("c.log.gz", content=b"\0\0")
    found = bucket.read()
    assert found.records[-1] == v2(9)
    assert len(found.records) > 100
    assert [(gap.what[-8:], "cut off" in gap.cause) for gap in found.gaps] == [("a.log.gz", True), ("c.log.gz", False)]


def test_a_denied_object_is_a_gap_and_the_others_are_read(bucket: Bucket) -> None:
    bucket.put("a.log.gz", "b.log.gz", "c.log.gz")
    with bucket.proxy.with_rules(faults.denied(service="s3", operation="GetObject", about="b.log")):
        found = bucket.read()
    assert len(found.records) == 2
    (gap,) = found.gaps
    assert gap.what == f"s3://{BUCKET}/b.log.gz"
    assert "cannot be fetched: AccessDenied: User: arn:aws:iam::123456789012:user/auditor is not auth" in gap.cause


def test_a_denied_prefix_is_a_gap_and_the_others_are_read(bucket: Bucket) -> None:
    bucket.put(key(21, 10), key(21, 10, account=TWO))
    with bucket.proxy.with_rules(faults.denied(service="s3", about=TWO)):
        found = bucket.read()
    assert [part.account for part in found.parts] == [ONE]
    (gap,) = found.gaps
    assert gap.what == f"s3://{BUCKET}/AWSLogs/{TWO}/"
    assert "cannot be listed: AccessDenied" in gap.cause


def test_many_objects_that_are_denied_share_a_gap(bucket: Bucket) -> None:
    bucket.put(*(key(21, hour) for hour in range(10)))

    def denied(request: Request, forward: Forward) -> Answer:
        resource = request.path.lstrip("/").partition("?")[0]
        says = f'not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::{resource}" because no policy does'
        return error(request, "AccessDenied", says, 403)

    with bucket.proxy.with_rules(Rule(denied, service="s3", operation="GetObject")):
        (gap,) = bucket.read().gaps
    assert gap.what.endswith(" and 8 more")
    assert 'on resource: "arn:aws:s3:::…" because no policy does' in gap.cause


ENDINGS = ["UPPER.LOG", "flow.log.1", "2026/11/21/my.stream-1-2026-11-21-10-05-00-0a1b2c3d", "AWSLogs-copy"]


@pytest.mark.parametrize("name", ENDINGS)
def test_objects_are_fetched_that_have_no_ending_of_another_kind(bucket: Bucket, name: str) -> None:
    bucket.put(name)
    assert bucket.keys() == [name]


@pytest.mark.parametrize("ending", ["snappy", "zip", "log.zst"])
def test_packed_objects_that_are_not_read_are_a_gap_and_not_fetched(bucket: Bucket, ending: str) -> None:
    bucket.put("a.log.gz", f"b.{ending}")
    with bucket.proxy.recording() as calls:
        found = bucket.read()
    assert (len(found.records), sum(call.operation == "GetObject" for call in calls)) == (1, 1)
    kind = ending.rpartition(".")[2]
    assert [(gap.what, gap.cause) for gap in found.gaps] == [
        (f"s3://{BUCKET}/b.{ending}", f"it is named .{kind}, which is not read: unpack or convert it")
    ]


def test_an_archived_object_says_so(bucket: Bucket) -> None:
    bucket.put("a.log.gz")
    bucket.put("b.log.gz", StorageClass="GLACIER")
    found = bucket.read()
    assert len(found.records) == 1
    assert [(gap.what, gap.cause) for gap in found.gaps] == [
        (f"s3://{BUCKET}/b.log.gz", "it is archived: restore it first")
    ]


def test_an_object_that_vanished_meanwhile_is_a_gap(bucket: Bucket) -> None:
    bucket.put("a.log.gz")
    gone = faults.fails("NoSuchKey", "The specified key does not exist.", 404, service="s3", operation="GetObject")
    with bucket.proxy.with_rules(gone):
        found = bucket.read()
    assert "NoSuchKey" in found.causes[0]


FAILING: list[Any] = [
    pytest.param(faults.truncated, id="the body ends early"),
    pytest.param(faults.reset, id="reset"),
    pytest.param(faults.throttled, id="too fast"),
]


@pytest.mark.parametrize("fault", FAILING)
def test_what_passes_by_is_tried_again(bucket: Bucket, fault: Callable[..., Any]) -> None:
    bucket.put("a.log.gz", "b.log.gz")
    with bucket.proxy.with_rules(fault(service="s3", operation="GetObject", about="b.log", times=2)):
        found = bucket.read()
    assert (len(found.records), found.gaps) == (2, [])


def test_a_body_that_always_ends_early_is_a_gap(bucket: Bucket) -> None:
    bucket.put("a.log.gz", "b.log.gz")
    with bucket.proxy.with_rules(faults.truncated(service="s3", operation="GetObject", about="b.log")):
        found = bucket.read()
    assert (len(found.records), len(found.gaps)) == (1, 1)


def test_a_bucket_that_does_not_exist_is_an_error(bucket: Bucket) -> None:
    with pytest.raises(InputError, match="there is no such bucket"):
        bucket.read(bucket="another-bucket")


def test_without_credentials_nothing_is_asked(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with bucket.proxy.recording() as calls, pytest.raises(UsageError, match="no AWS credentials"):
        bucket.read()
    assert calls == []
