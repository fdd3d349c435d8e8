"""When something last arrived: read from names and times of objects, or from streams."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from checker.load.aws.call import Reply
from checker.model.flow_log import Freshness
from checker.model.known import Unknown
from tests.load.aws.made import ACCOUNT, REGION, failed, flow_log, network, reply, to_group

DAY = f"net/AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/2026/03/04/"
EVE = f"net/AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/2026/03/03/"
HIVE = f"net/AWSLogs/aws-account-id={ACCOUNT}/aws-service=vpcflowlogs/aws-region={REGION}/year=2026/month=03/day=04/"


def at(hour: int) -> datetime:
    return datetime(2026, 3, 4, hour, tzinfo=UTC)


def thing(log: str, hour: int, folder: str = DAY) -> dict[str, Any]:
    return {"Key": f"{folder}{ACCOUNT}_vpcflowlogs_{REGION}_{log}_20260304T0000Z_x.log.gz", "LastModified": at(hour)}


def listed(*things: dict[str, Any], prefix: str = DAY, pages: int = 1) -> Reply:
    return replace(reply("s3:ListObjectsV2", "logs", prefix, Contents=list(things)), pages=pages)


def fresh(*replies: Reply, log: str = "fl-2", **over: Any) -> Freshness | None:
    (found,) = network(reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(FlowLogId=log, **over)]), *replies).flow_logs
    return found.freshness


def newest(*replies: Reply, log: str = "fl-2", **over: Any) -> object:
    found = fresh(*replies, log=log, **over)
    assert found is not None
    return found.newest


def test_the_newest_object_of_all_days_counts_and_only_this_logs() -> None:
    assert newest(listed(thing("fl-2", 1), thing("fl-3", 9)), listed(thing("fl-2", 3), prefix=EVE)) == at(3)


@pytest.mark.parametrize("folder", [DAY, f"{DAY}07/", HIVE, f"{HIVE}hour=07/"], ids=["plain", "hours", "hive", "both"])
def test_every_layout_of_the_bucket_is_understood(folder: str) -> None:
    prefix = HIVE if folder.startswith(HIVE) else DAY
    assert newest(listed(thing("fl-2", 7, folder), prefix=prefix)) == at(7)


@pytest.mark.parametrize(
    "prefix",
    [DAY.replace("net/", "other/"), DAY.removeprefix("net/"), DAY.replace(REGION, "us-east-1"), DAY.replace("1", "2")],
    ids=["folder", "no-folder", "region", "account"],
)
def test_folders_of_other_logs_tell_nothing(prefix: str) -> None:
    assert fresh(listed(thing("fl-2", 1), prefix=prefix)) is None


def test_nothing_at_all_is_known_only_where_every_folder_was_listed() -> None:
    assert newest(listed(), listed(prefix=EVE)) is None
    denied = newest(listed(), failed("s3:ListObjectsV2", "logs", EVE))
    assert isinstance(denied, Unknown)
    assert "s3:ListObjectsV2 was denied (AccessDenied)" in denied.reason


@pytest.mark.parametrize(("log", "known"), [("fl-1", True), ("fl-2", False), ("fl-3", False)])
def test_a_listing_that_was_cut_off_tells_only_of_logs_before_its_last_object(log: str, known: bool) -> None:
    found = newest(listed(thing("fl-1", 5), thing("fl-2", 6), pages=10), log=log)
    assert (found == at(5)) if known else isinstance(found, Unknown)


def test_a_listing_by_hours_that_was_cut_off_tells_nothing() -> None:
    cut = listed(thing("fl-1", 5, f"{DAY}01/"), thing("fl-2", 6, f"{DAY}02/"), pages=10)
    assert isinstance(newest(cut, log="fl-1"), Unknown)


@pytest.mark.parametrize("moment", ["yesterday", None, []])
def test_an_object_without_a_time_leaves_it_open(moment: Any) -> None:
    assert isinstance(newest(listed({**thing("fl-2", 1), "LastModified": moment})), Unknown)


@pytest.mark.parametrize(
    ("stream", "hour"),
    [
        ({"lastEventTimestamp": at(5).timestamp() * 1000}, 5),
        ({"lastEventTimestamp": at(5).timestamp() * 1000, "lastIngestionTime": at(6).timestamp() * 1000}, 6),
        ({"lastEventTimestamp": "2026-03-04T05:00:00+00:00"}, 5),
        ({"lastEventTimestamp": "2026-03-04T05:00:00"}, 5),
    ],
    ids=["event", "ingestion", "text", "no-zone"],
)
def test_the_newest_event_of_a_group(stream: dict[str, Any], hour: int) -> None:
    found = newest(reply("logs:DescribeLogStreams", "/vpc", logStreams=[stream]), **to_group())
    assert found == at(hour)


def test_a_group_without_streams_never_received_anything_and_a_denied_one_may_have() -> None:
    assert newest(reply("logs:DescribeLogStreams", "/vpc", logStreams=[]), **to_group()) is None
    assert newest(reply("logs:DescribeLogStreams", "/vpc", logStreams=[{}]), **to_group()) is None
    assert isinstance(newest(failed("logs:DescribeLogStreams", "/vpc"), **to_group()), Unknown)
    assert isinstance(newest(reply("logs:DescribeLogStreams", "/vpc", logStreams=["x"]), **to_group()), Unknown)


@pytest.mark.parametrize(
    ("value", "known"),
    [
        (datetime(2026, 3, 4, 5), True),  # noqa: DTZ001 - a time without zone is UTC
        (datetime(2026, 3, 4, 5, tzinfo=UTC), True),
        ("2026-03-04T06:00:00+01:00", True),
        ("2026-03-04T05:00:00Z", True),
        (1772600400, True),
        ("0001-01-01T00:00:00+14:00", False),
        ("soon", False),
        (10**40, False),
        (float("nan"), False),
        (True, False),
    ],
)
def test_the_time_of_creation_in_every_form(value: Any, known: bool) -> None:
    (log,) = network(reply("ec2:DescribeFlowLogs", FlowLogs=[flow_log(CreationTime=value)])).flow_logs
    if known:
        assert log.created == at(5)
    else:
        assert isinstance(log.created, Unknown)
