"""Flow logs in CloudWatch Logs, against moto over HTTP and a proxy that breaks things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checker.errors import InputError, UsageError
from checker.flowlog.part import FormatHints, Window
from checker.flowlog.sources import cloudwatch, source_of
from checker.model.log_format import DEFAULT_FIELDS
from tests.flowlog.made import V5, Got, got, hints, v2, v5
from tests.flowlog.test_s3 import session
from tests.support import faults
from tests.support.fault_proxy import Forward, Proxy, Rule
from tests.support.wire import Answer, Request, error

GROUP = "/vpc/flow-logs"
NOW = datetime.now(UTC).replace(microsecond=0)  # CloudWatch takes no events from long ago


class Group:
    """A log group on the proxy, and a source that reads it."""

    def __init__(self, proxy: Proxy, scratch: Path) -> None:
        self.proxy = proxy
        self.client = proxy.server.client("logs", region="eu-west-1")
        self.client.create_log_group(logGroupName=GROUP)
        self.scratch = scratch
        self.facts: dict[str, str] = {}

    def put(self, stream: str, *records: str, ago: timedelta = timedelta(hours=1)) -> None:
        self.client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        self.add(stream, records, ago)

    def add(self, stream: str, records: Sequence[str], ago: timedelta) -> None:
        when = int((NOW - ago).timestamp() * 1000)
        events = [{"timestamp": when + number, "message": each} for number, each in enumerate(records)]
        self.client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)

    def read(self, window: Window | None = None, given: FormatHints | None = None, word: str = "") -> Got:
        source = source_of(word or f"cloudwatch:{GROUP}@eu-west-1", session=session)
        try:
            return got(source, self.scratch, window, given)
        finally:
            self.facts = dict(source.described().facts)


@pytest.fixture
def group(moto: object, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Group]:
    for name, value in proxy.server.environment.items():
        monkeypatch.setenv(name, value)
    yield Group(proxy, tmp_path / "scratch")


def record(interface: str, number: int = 0) -> str:
    return v2(number, interface=interface)


def test_all_streams_are_read_in_the_default_format(group: Group) -> None:
    group.put("eni-1a-all", record("eni-1a"), record("eni-1a", 1))
    group.put("eni-2b-reject", record("eni-2b"))
    found = group.read()
    assert sorted(found.records) == sorted([record("eni-1a"), record("eni-1a", 1), record("eni-2b")])
    part = found.part
    assert (part.fields, part.told_by, part.header_lines) == (DEFAULT_FIELDS, "default", 0)
    assert (part.origin, part.region, part.temporary) == (f"cloudwatch:{GROUP}@eu-west-1", "eu-west-1", True)
    assert part.size == sum(map(len, found.records))
    assert found.gaps == []


def test_the_format_is_that_of_the_flow_log_of_the_group(group: Group) -> None:
    group.put("eni-1a-all", v5(), v5(1))
    found = group.read(given=hints(by_log_group={GROUP: V5}))
    assert (found.part.fields, found.part.told_by, found.records) == (V5, "flow-log", [v5(), v5(1)])


def test_two_flow_logs_in_one_group_are_told_apart_by_shape(group: Group) -> None:
    group.put("eni-1a-all", v5(), v2(), v5(1))
    found = group.read(given=hints(by_log_group={GROUP: V5}))
    assert {each.fields: lines for each, lines in zip(found.parts, found.lines, strict=True)} == {
        V5: [v5(), v5(1)], DEFAULT_FIELDS: [v2()],
    }  # fmt: skip
    assert [each.files for each in found.parts] == [1, 0]


def test_records_of_no_known_format_say_what_to_do(group: Group) -> None:
    group.put("eni-1a-all", v5(), v5(1))
    found = group.read()
    assert found.records == []
    assert "2 lines are no record" in found.causes[0]
    assert "--log-format" in found.causes[0]
    assert sum(each.unreadable for each in found.parts) == 2


WINDOWS = [
    pytest.param(Window(interfaces=frozenset({"eni-1a"})), {"eni-1a"}, id="interface"),
    pytest.param(Window(vpcs=frozenset({"vpc-1"})), {"eni-1a", "eni-2b"}, id="VPC"),
    pytest.param(Window(vpcs=frozenset({"vpc-1"}), interfaces=frozenset({"eni-2b", "eni-3c"})), {"eni-2b"}, id="both"),
    pytest.param(Window(vpcs=frozenset({"vpc-unknown"})), {"eni-1a", "eni-2b", "eni-3c"}, id="VPC that is not known"),
    pytest.param(Window(vpcs=frozenset({"vpc-1", "vpc-unknown"})), {"eni-1a", "eni-2b", "eni-3c"}, id="one of both"),
    pytest.param(Window(interfaces=frozenset({"eni-9"})), set(), id="an interface that has no stream"),
]


@pytest.mark.parametrize(("window", "wanted"), WINDOWS)
def test_only_streams_of_the_interfaces_are_read(group: Group, window: Window, wanted: set[str]) -> None:
    for each in ("eni-1a", "eni-2b", "eni-3c"):
        group.put(f"{each}-all", record(each))
    known = hints(of_vpc={"vpc-1": frozenset({"eni-1a", "eni-2b"})})
    found = group.read(window, known)
    assert {line.split()[2] for line in found.records} == wanted
    assert found.gaps == []
    assert sum(each.files for each in found.parts) == (1 if len(wanted) == 3 else len(wanted))


def test_streams_with_other_names_may_hold_anything(group: Group) -> None:
    group.put("merged", record("eni-1a"))
    group.put("eni-2b-all", record("eni-2b"))
    assert group.read(Window(interfaces=frozenset({"eni-1a"}))).records == [record("eni-1a")]


def test_many_streams_are_asked_for_a_hundred_at_a_time(group: Group) -> None:
    for number in range(230):
        group.put(f"eni-{number:04x}-all", record(f"eni-{number:04x}"))
    group.put("eni-ffff-all", record("eni-ffff"))
    window = Window(interfaces=frozenset(f"eni-{number:04x}" for number in range(230)))
    with group.proxy.recording() as calls:
        found = group.read(window)
    assert len(found.records) == 230
    assert sum(call.operation == "FilterLogEvents" for call in calls) == 3
    assert [each.files for each in found.parts] == [100, 100, 30]
    assert group.facts == {"streams": "230", "streams left out": "1"}


def test_only_the_time_asked_for_is_read(group: Group) -> None:
    group.put("eni-1a-all", record("eni-1a", 1), ago=timedelta(hours=30))
    group.add("eni-1a-all", [record("eni-1a", 2)], timedelta(hours=5))
    group.add("eni-1a-all", [record("eni-1a", 3)], timedelta(hours=1))
    group.put("eni-2b-all", record("eni-2b"), ago=timedelta(days=5))
    found = group.read(Window(since=NOW - timedelta(hours=6), until=NOW - timedelta(hours=4)))
    assert found.records == [record("eni-1a", 2)]
    assert group.facts == {"streams": "1", "streams left out": "1"}


def test_records_near_the_ends_of_the_window_are_left_to_the_engine(group: Group) -> None:
    group.put("eni-1a-all", record("eni-1a"), ago=timedelta(hours=1))
    for margin, wanted in ((10, 1), (20, 0)):
        window = Window(since=NOW - timedelta(minutes=60 - margin))
        assert len(group.read(window).records) == wanted


def test_much_is_handed_over_in_several_files(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudwatch, "ROLL", 5000)
    group.put("eni-1a-all", *(record("eni-1a", number) for number in range(9000)))
    group.add("eni-1a-all", [record("eni-1a", number) for number in range(9000, 16000)], timedelta(minutes=30))
    found = group.read()
    assert len(found.records) == 16000
    assert len(found.parts) > 1
    assert [each.files for each in found.parts] == [1, *[0] * (len(found.parts) - 1)]
    assert sum(each.size for each in found.parts) == sum(map(len, found.records))


def test_a_group_that_does_not_exist_is_an_error(group: Group) -> None:
    with pytest.raises(InputError, match="there is no such log group"):
        group.read(word="cloudwatch:/another@eu-west-1")
    with pytest.raises(InputError, match="there is no such log group"):
        group.read(Window(since=NOW), word=f"cloudwatch:{GROUP}@us-east-1")


def test_an_empty_group_gives_nothing(group: Group) -> None:
    found = group.read()
    assert (found.parts, found.gaps) == ([], [])


def test_the_region_is_that_of_the_session_where_none_is_named(group: Group) -> None:
    with pytest.raises(InputError):
        group.read(word=f"cloudwatch:{GROUP}")


def test_a_refusal_is_a_gap(group: Group) -> None:
    group.put("eni-1a-all", record("eni-1a"))
    with group.proxy.with_rules(faults.denied(service="logs", operation="FilterLogEvents")):
        found = group.read()
    assert found.records == []
    assert "it cannot be read: AccessDeniedException: User: arn:aws:iam::123456789012:user/auditor" in found.causes[0]


def test_streams_that_may_not_be_listed_are_read_all(group: Group) -> None:
    group.put("eni-1a-all", record("eni-1a"))
    group.put("eni-2b-all", record("eni-2b"))
    with group.proxy.with_rules(faults.denied(service="logs", operation="DescribeLogStreams")):
        found = group.read(Window(interfaces=frozenset({"eni-1a"})))
    assert len(found.records) == 2, "the engine leaves the others out"
    assert (found.gaps, group.facts) == ([], {"streams": "all, since they may not be listed"})


def test_what_was_read_before_a_failure_is_kept(group: Group) -> None:
    for number in range(150):
        group.put(f"eni-{number:04x}-all", record(f"eni-{number:04x}"))
    group.put("eni-ffff-all", record("eni-ffff"))
    window = Window(interfaces=frozenset(f"eni-{number:04x}" for number in range(150)))
    with group.proxy.with_rules(faults.denied(service="logs", operation="FilterLogEvents", skip=1)):
        found = group.read(window)
    assert (len(found.records), len(found.gaps)) == (100, 1)


def test_without_credentials_or_region_nothing_is_asked(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(UsageError, match="no AWS credentials"):
        group.read()
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)

    def nowhere() -> Any:
        import boto3

        return boto3.Session()

    source = source_of(f"cloudwatch:{GROUP}", session=nowhere)
    with pytest.raises(UsageError, match="the region of the logs is not known"):
        got(source, group.scratch)


def deleted(what: str, **where: Any) -> Rule:
    return faults.fails(
        "ResourceNotFoundException", f"The specified log {what} does not exist.", service="logs", **where
    )


def test_a_stream_that_is_deleted_meanwhile_is_a_gap_and_the_others_are_read(group: Group) -> None:
    for number in range(3):
        group.put(f"eni-{number:04x}-all", record(f"eni-{number:04x}"))

    def vanishing(request: Request, forward: Forward) -> Answer:
        group.client.delete_log_stream(logGroupName=GROUP, logStreamName="eni-0001-all")
        return error(request, "ResourceNotFoundException", "The specified log stream does not exist.", 400)

    with group.proxy.with_rules(Rule(vanishing, service="logs", operation="FilterLogEvents", times=1)):
        found = group.read(Window(interfaces=frozenset({"eni-0000", "eni-0001"})))
    assert found.records == [record("eni-0000")]
    assert found.causes == ["log streams that were deleted before they were read: 1"]


def test_where_all_streams_of_one_request_are_deleted_the_next_request_is_made(group: Group) -> None:
    for number in range(102):
        group.put(f"eni-{number:04x}-all", record(f"eni-{number:04x}"))

    def vanishing(request: Request, forward: Forward) -> Answer:
        for name in request.parameters["logStreamNames"]:
            group.client.delete_log_stream(logGroupName=GROUP, logStreamName=name)
        return error(request, "ResourceNotFoundException", "The specified log stream does not exist.", 400)

    with group.proxy.with_rules(Rule(vanishing, service="logs", operation="FilterLogEvents", times=1)):
        found = group.read(Window(interfaces=frozenset(f"eni-{number:04x}" for number in range(101))))
    assert found.records == [record("eni-0064")]
    assert found.causes == ["log streams that were deleted before they were read: 100"]


@pytest.mark.parametrize("rules", [
    [deleted("group", operation="FilterLogEvents")],
    [deleted("group", operation="FilterLogEvents"), deleted("group", operation="DescribeLogStreams", skip=1)],
], ids=["the streams are listed", "nor are the streams"])  # fmt: skip
def test_a_group_that_is_deleted_meanwhile_is_a_gap(group: Group, rules: list[Rule]) -> None:
    group.put("eni-1a-all", record("eni-1a"))
    group.put("eni-2b-all", record("eni-2b"))
    with group.proxy.with_rules(*rules):
        found = group.read(Window(interfaces=frozenset({"eni-1a"})))
    assert found.causes == ["it cannot be read: ResourceNotFoundException: The specified log group does not exist."]


@pytest.mark.parametrize("operation", ["FilterLogEvents", "DescribeLogStreams"])
def test_half_an_answer_is_a_gap(group: Group, operation: str) -> None:
    group.put("eni-1a-all", record("eni-1a"))
    with group.proxy.with_rules(faults.garbled(service="logs", operation=operation)):
        found = group.read(Window(interfaces=frozenset({"eni-1a"})))
    assert found.records == []
    assert "ResponseParserError: an answer without" in found.causes[0]


def test_a_window_may_begin_and_end_where_years_do(group: Group) -> None:
    group.put("eni-1a-all", record("eni-1a"))
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert group.read(Window(since=first, until=last)).records == [record("eni-1a")]
