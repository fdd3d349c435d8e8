"""Names of log objects, and which of them a window needs."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.flowlog.names import LogName, ending, is_region, log_name, may_hold, reach, worth_listing
from checker.flowlog.part import Window

FILE = "123456789012_vpcflowlogs_eu-west-1_fl-0a1b2c3d4e5f60718_20261121T1005Z_1a2b3c4d.log"
DEFAULT = "AWSLogs/123456789012/vpcflowlogs/eu-west-1/"
HIVE = "AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=eu-west-1/"
FIVE = timedelta(minutes=5)


def at(hour: int, minute: int = 0, *, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


FULL = LogName("123456789012", "eu-west-1", "fl-0a1b2c3d4e5f60718", at(10, 5), FIVE)

NAMES = [
    pytest.param(f"{DEFAULT}2026/11/21/{FILE}.gz", FULL, id="default layout"),
    pytest.param(f"{DEFAULT}2026/11/21/10/{FILE}.gz", FULL, id="by hour"),
    pytest.param(f"team/a/{HIVE}year=2026/month=11/day=21/hour=10/{FILE}.parquet", FULL, id="Hive"),
    pytest.param(f"{FILE}.gz", FULL, id="the name alone"),
    pytest.param(FILE, FULL, id="unpacked"),
    pytest.param(f"/home/me/{FILE}.gz", FULL, id="downloaded"),
    pytest.param(
        "logs/copy of fl-0a1b2c3d 20261121T1005Z.txt",
        LogName(None, None, "fl-0a1b2c3d", at(10, 5), FIVE),
        id="renamed, id and time kept",
    ),
    pytest.param(
        f"{DEFAULT}2026/11/21/part-1.gz",
        LogName("123456789012", "eu-west-1", None, at(0), timedelta(days=1)),
        id="a day's folder",
    ),
    pytest.param(
        f"{HIVE}year=2026/month=11/day=21/hour=10/part-1.gz",
        LogName("123456789012", "eu-west-1", None, at(10), timedelta(hours=1)),
        id="an hour's folder",
    ),
    pytest.param("logs/2026/11/21/part-1.gz", LogName(), id="numbers outside AWS's layout mean nothing"),
    pytest.param(f"{DEFAULT}2026/13/41/part-1.gz", LogName("123456789012", "eu-west-1"), id="no such day"),
    pytest.param(FILE.replace("T1005Z", "T2505Z"), LogName("123456789012", "eu-west-1", FULL.flow_log, None, FIVE),
                 id="no such time"),
    pytest.param("AWSLogs/123456789012/CloudTrail/eu-west-1/2026/11/21/x.json.gz", LogName(), id="another service"),
    pytest.param("wolf-0a1b2c3d.log", LogName(), id="an id that begins within a word"),
    pytest.param("fl-xyz.log", LogName(), id="no id"),
    pytest.param("logs/20261121T0000Z-merged.log", LogName(), id="a time that a person wrote"),
    pytest.param("", LogName(), id="nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "wanted"), NAMES)
def test_a_name_tells_flow_log_account_region_and_time(path: str, wanted: LogName) -> None:
    assert log_name(path) == wanted


WINDOWS = [
    pytest.param(Window(), True, id="all"),
    pytest.param(Window(since=at(10)), True, id="begins shortly before"),
    pytest.param(Window(since=at(10, 24)), True, id="just within what a file may be late"),
    pytest.param(Window(since=at(10, 25)), False, id="begins after it"),
    pytest.param(Window(until=at(11)), True, id="ends after it"),
    pytest.param(Window(until=at(9, 6)), True, id="the file may hold what ended an hour before"),
    pytest.param(Window(until=at(9, 5)), False, id="ended long before"),
    pytest.param(Window(accounts=frozenset({"123456789012", "2"})), True, id="its account"),
    pytest.param(Window(accounts=frozenset({"210987654321"})), False, id="another account"),
    pytest.param(Window(interfaces=frozenset({"eni-1"})), True, id="interfaces are not told"),
]


@pytest.mark.parametrize(("window", "wanted"), WINDOWS)
def test_a_file_is_read_if_its_name_lies_near_the_window(window: Window, wanted: bool) -> None:
    assert may_hold(FULL, window) is wanted


def test_a_file_whose_name_tells_nothing_is_read_always() -> None:
    window = Window(since=at(10), until=at(11), accounts=frozenset({"1"}))
    assert may_hold(LogName(), window)


FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("window", [Window(since=FIRST), Window(until=LAST), Window(since=FIRST, until=LAST)])
def test_a_window_may_begin_and_end_where_years_do(window: Window) -> None:
    assert may_hold(FULL, window)
    assert may_hold(LogName(None, None, None, LAST, FIVE), Window(since=at(10)))
    found = reach(DEFAULT, window)
    assert found.after in ("", f"{DEFAULT}0001/01/01/")
    assert found.until in ("", f"{DEFAULT}9999/12/31/")


ENDINGS = [
    ("a/b.log.gz", ".gz"), ("A.LOG", ".log"), ("a.parquet", ".parquet"), ("part-0001", ""), ("flow.log.1", ""),
    ("x/my.stream-1-2026-11-21-10-05-00-0a1b2c3d", ""), ("a.b/c", ""), (".hidden", ""), ("a/.hidden", ""), ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "wanted"), ENDINGS)
def test_what_follows_a_dot_is_an_ending_if_it_is_a_word(name: str, wanted: str) -> None:
    assert ending(name) == wanted


def test_a_day_is_read_if_the_window_begins_at_its_end() -> None:
    day = LogName(None, None, None, at(0), timedelta(days=1))
    assert may_hold(day, Window(since=at(23, 59)))
    assert not may_hold(day, Window(since=at(0, 16, day=22)))


PREFIXES = [
    pytest.param("AWSLogs/", True, id="top"),
    pytest.param("team/", True, id="unknown folder"),
    pytest.param("AWSLogs/123456789012/", True, id="the account"),
    pytest.param("AWSLogs/210987654321/", False, id="another account"),
    pytest.param("x/AWSLogs/aws-account-id=210987654321/", False, id="another account, Hive"),
    pytest.param("AWSLogs/o-abc123/123456789012/", True, id="below an organisation"),
    pytest.param("AWSLogs/123456789012/vpcflowlogs/", True, id="service"),
    pytest.param("AWSLogs/123456789012/CloudTrail/", False, id="another service"),
    pytest.param("AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/", True, id="service, Hive"),
    pytest.param("AWSLogs/123456789012/elasticloadbalancing/", False, id="load balancers"),
    pytest.param(DEFAULT, True, id="the region"),
    pytest.param(DEFAULT.replace("eu-west-1", "us-east-1"), False, id="another region"),
    pytest.param(HIVE.replace("eu-west-1", "us-east-1"), False, id="another region, Hive"),
]


@pytest.mark.parametrize(("prefix", "wanted"), PREFIXES)
def test_prefixes_of_other_accounts_services_and_regions_are_not_listed(prefix: str, wanted: bool) -> None:
    window = Window(accounts=frozenset({"123456789012"}), regions=frozenset({"eu-west-1"}))
    assert worth_listing(prefix, window) is wanted


REACHES = [
    pytest.param(DEFAULT, "2026/11/20/", "2026/11/22/", id="default"),
    pytest.param(HIVE, "year=2026/month=11/day=20/", "year=2026/month=11/day=22/", id="Hive"),
]


@pytest.mark.parametrize(("prefix", "after", "until"), REACHES)
def test_one_listing_runs_from_the_first_day_to_the_last(prefix: str, after: str, until: str) -> None:
    found = reach(prefix, Window(since=at(0, 10), until=at(23, 30)))
    assert (found.prefix, found.after, found.until) == (prefix, prefix + after, prefix + until)
    hourly = prefix + after + ("hour=23/" if "=" in after else "23/")
    assert found.after < hourly, "keys of the first day stand behind the start"
    assert reach(prefix, Window()).after == reach(prefix, Window()).until == ""


def test_a_region_is_told_from_what_lies_above_and_below() -> None:
    assert is_region(DEFAULT)
    assert is_region(f"team/{HIVE}")
    assert not is_region(DEFAULT + "2026/")
    assert not is_region("AWSLogs/123456789012/vpcflowlogs/")


WORDS = ["AWSLogs", "/", "123456789012", "vpcflowlogs", "eu-west-1", "2026", "13", "00", "_", "fl-0a1b2c3d",
         "20269999T9999Z", "year=", "0000", "x", ".log.gz", "９"]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=16))
def test_any_name_tells_something_or_nothing(words: list[str]) -> None:
    found = log_name("".join(words))
    assert found.flow_log is None or (found.flow_log.startswith("fl-0a1b2c3d") and found.flow_log in "".join(words))
    assert found.delivered is None or found.delivered.tzinfo is UTC
    assert isinstance(may_hold(found, Window(since=at(10), until=at(11))), bool)
