"""What the names of log objects tell: flow log, account, region and time; and which names a window needs.

``[prefix/]AWSLogs/ACCOUNT/vpcflowlogs/REGION/YYYY/MM/DD[/HH]/ACCOUNT_vpcflowlogs_REGION_fl-ID_YYYYMMDDTHHMMZ_HASH.log.gz``
or ``AWSLogs/aws-account-id=ACCOUNT/aws-service=vpcflowlogs/aws-region=REGION/year=YYYY/month=MM/day=DD[/hour=HH]/``.
Source: VPC User Guide, "Publish flow logs to Amazon S3", "Flow log files".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from checker.flowlog.part import Window
from checker.model.record import dataclass

EARLY: Final = timedelta(minutes=15)
LATE: Final = timedelta(hours=1)
"""A file named after a time may hold records from somewhat before, and is written up to so long after they ended:
600 s of aggregation, 10 minutes of delivery, and what AWS calls best effort."""

LOG_ENDINGS: Final = frozenset(
    ("", ".csv", ".dat", ".gz", ".gzip", ".json", ".jsonl", ".log", ".ndjson", ".parquet", ".txt")
)
"""Endings of files that one expects to be logs, as ``ending`` gives them."""

PACKED_ENDINGS: Final = frozenset((".bz2", ".hsnappy", ".lz4", ".snappy", ".xz", ".zip", ".zst"))
"""Endings of packed files, Firehose's among them, that are not read."""

WRITE_TEST: Final = "aws-logs-write-test"
"""What an export of CloudWatch Logs leaves in a bucket to see that it may write there."""

_ENDING: Final = re.compile(r"(?<=[^/])\.[a-z][a-z0-9]*$")
_FILE: Final = re.compile(
    r"(?:^|/)(?P<account>\d{12})_(?P<service>[a-z0-9]+)_(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)"
    r"_(?P<log>fl-[0-9a-f]+)_(?P<time>\d{8}T\d{4}Z)_[0-9a-f]+\.log(?:\.gz|\.parquet)?$",
    re.ASCII,
)
_LOG: Final = re.compile(r"(?<![0-9a-z])(fl-[0-9a-f]{8,17})(?![0-9a-z])")
_TIME: Final = re.compile(r"(?<![0-9])(\d{8}T\d{4}Z)")
_TREE: Final = re.compile(r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?(?:aws-account-id=)?(?P<account>\d{12})/"
                          r"(?:aws-service=)?vpcflowlogs/(?:aws-region=)?(?P<region>[a-z0-9-]+)/")  # fmt: skip
_DAY: Final = re.compile(
    r"/(?:year=)?(?P<y>\d{4})/(?:month=)?(?P<m>\d\d)/(?:day=)?(?P<d>\d\d)(?:/(?:hour=)?(?P<h>\d\d))?/"
)


@dataclass(frozen=True, slots=True)
class LogName:
    """What a path or key tells of the records in it; None where it does not."""

    account: str | None = None
    """Owner of the flow log, not necessarily of the interfaces."""
    region: str | None = None
    flow_log: str | None = None
    delivered: datetime | None = None
    span: timedelta = timedelta()
    """How long from ``delivered`` on: a file's five minutes, or an hour or day where only the folder tells."""


def log_name(path: str) -> LogName:
    """Return what a path or object key, with ``/``, tells."""
    file = _FILE.search(path)
    if file is not None:
        return LogName(file["account"], file["region"], file["log"], _time(file["time"]), timedelta(minutes=5))
    tree = _TREE.search(path)
    last = path.rsplit("/", 1)[-1]
    log, time = _LOG.search(last), _TIME.search(last)
    named = log and time  # a time alone may be that of a file into which a person put many
    delivered, span = (_time(time[1]), timedelta(minutes=5)) if time and named else _folder_time(path, tree)
    return LogName(
        tree["account"] if tree else None, tree["region"] if tree else None, log[1] if log else None, delivered, span
    )


def ending(path: str) -> str:
    """Return the ending of a name in small letters; empty for none, as in ``flow.log.1`` or ``my.stream-1-2026``."""
    found = _ENDING.search(path.lower())
    return found[0] if found else ""


def object_name(path: str) -> str | None:
    """Return the name that AWS gave a file and no other one; None for a name that others may have."""
    return path.rsplit("/", 1)[-1].removesuffix(".gz") if _FILE.search(path) else None


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _folder_time(path: str, tree: re.Match[str] | None) -> tuple[datetime | None, timedelta]:
    """Return the hour or day of a folder; only within AWS's layout, elsewhere numbers may mean anything."""
    day = _DAY.match(path, tree.end() - 1) if tree else None
    if day is None:
        return None, timedelta()
    try:
        start = datetime(int(day["y"]), int(day["m"]), int(day["d"]), int(day["h"] or 0), tzinfo=UTC)
    except ValueError:
        return None, timedelta()
    return start, timedelta(hours=1) if day["h"] else timedelta(days=1)


def may_hold(name: LogName, window: Window) -> bool:
    """Say whether a file of that name may hold records of the window, as far as its time and account tell.

    A file lies under the account of its flow log. With a filter for accounts, files of other accounts are left out,
    also those of a shared VPC's owner.
    """
    if window.accounts and name.account is not None and name.account not in window.accounts:
        return False
    if name.delivered is None:
        return True
    if window.since is not None and moved(name.delivered, name.span + EARLY) <= window.since:
        return False
    return window.until is None or name.delivered < moved(window.until, LATE)


def moved(when: datetime, by: timedelta) -> datetime:
    """Return a time earlier or later by so much, as far as years have four digits."""
    try:
        return when + by
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if by > timedelta() else datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reach:
    """One run of object keys: those with a prefix, after one key and up to another, in the order of S3."""

    prefix: str
    after: str = ""
    """Keys up to and with this one are left out; empty: none."""
    until: str = ""
    """Keys that stand after this one, and do not begin with it, are left out; empty: none."""


def in_tree(prefix: str) -> bool:
    """Say whether a prefix lies in, or is, one region of one account's flow logs."""
    return _TREE.search(prefix) is not None


def is_region(prefix: str) -> bool:
    """Say whether a prefix is that of one region of one account's flow logs, below which only times follow."""
    tree = _TREE.search(prefix)
    return tree is not None and tree.end() == len(prefix)


def reach(prefix: str, window: Window) -> Reach:
    """Return the keys below the prefix of a region that may hold records of the window.

    Keys in both layouts sort by time, so that one listing from the first day to the last is enough.
    """
    hive = "aws-service=" in prefix
    after = _day(moved(window.since, -EARLY), hive=hive) if window.since is not None else ""
    until = _day(moved(window.until, LATE), hive=hive) if window.until is not None else ""
    return Reach(prefix, prefix + after if after else "", prefix + until if until else "")


def _day(when: datetime, *, hive: bool) -> str:
    utc = when.astimezone(UTC)
    year = f"{utc.year:04}"  # strftime leaves out zeros
    return f"year={year}/month={utc:%m}/day={utc:%d}/" if hive else f"{year}/{utc:%m/%d}/"


_ACCOUNT_STEP: Final = re.compile(r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?(?:aws-account-id=)?(?P<account>\d{12})/")
_SERVICE_STEP: Final = re.compile(
    r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?(?:aws-account-id=)?\d{12}/(?:aws-service=)?(?P<service>[^/]+)/"
)


def worth_listing(prefix: str, window: Window) -> bool:
    """Say whether the flow logs of the window may lie below a prefix that ends with ``/``."""
    account = _ACCOUNT_STEP.search(prefix)
    if account and window.accounts and account["account"] not in window.accounts:
        return False
    service = _SERVICE_STEP.search(prefix)
    if service and service["service"] != "vpcflowlogs":
        return False
    tree = _TREE.search(prefix)
    return not (tree and window.regions and tree["region"] not in window.regions)
