"""The replies so far, as the next requests of one account need them: listings, owners of buckets, flow logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from checker.load.aws.call import Group, Replies, Reply, Request, resource_of
from checker.model.arn import bucket_and_prefix, log_group_arn, parse_arn, partition_of_region
from checker.model.record import dataclass, field


@dataclass(frozen=True)
class View:
    """The replies as one account's next requests need them."""

    replies: Replies
    account: str
    regions: tuple[str, ...]
    scanned: frozenset[str] = field(init=False)
    owners: Mapping[str, str] = field(init=False)
    """Account by the name of each bucket that any account listed."""

    named: tuple[Named, ...] = ()
    """Destinations that are read though no flow log delivers there yet."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "scanned", frozenset(account for account, _ in self.replies.scopes) | {self.account})
        owners: dict[str, str] = {}
        for reply, row in self.answers("s3", "ListBuckets", "Buckets"):
            owners.setdefault(text_at(row, "Name"), reply.request.account)
        object.__setattr__(self, "owners", owners)

    def answers(self, service: str, operation: str, member: str) -> Iterator[tuple[Reply, Mapping[str, Any]]]:
        """Yield each row of a listing over all accounts and regions, with the reply that holds it."""
        for reply in self.replies.of(service, operation):
            for row in rows_of(reply, member):
                yield reply, row

    def own(self, service: str, operation: str, member: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield each row of a listing of this account, with its region; others' are not even looked through."""
        for region in self.regions:
            for row in rows_of(self.replies.get(self.account, region, service, operation), member):
                yield region, row

    def get(self, region: str, service: str, operation: str, *values: str) -> Reply | None:
        """Return what came of a request of this account."""
        return self.replies.get(self.account, region, service, operation, resource_of(*values) if values else None)

    def ask(self, region: str, service: str, operation: str, *values: str, at: str | None = None) -> Request:
        """Return a request of this account."""
        resource = resource_of(*values) if values else None
        return Request(
            account=self.account, region=region, service=service, operation=operation, resource=resource, at=at
        )

    def mine(self, owner: str, asker: str, *, across: bool) -> bool:
        """Say whether this account asks for a thing: its owner does; the one that names it if the owner cannot."""
        if owner in self.scanned:
            return owner == self.account
        return across and asker == self.account


def rows_of(reply: Reply | None, member: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a listing; none of one that failed, and none that are no rows."""
    rows = (reply.response or {}).get(member) if reply is not None else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            yield row


def text_at(row: Mapping[str, Any] | None, *path: str) -> str:
    """Return the text at a path of members; empty where it is not there or no text."""
    value: Any = row
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def inner_rows(row: Mapping[str, Any], member: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of an inner list."""
    rows = row.get(member)
    for inner in rows if isinstance(rows, list) else ():
        if isinstance(inner, dict):
            yield inner


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A destination that something beside the account names: a flow log that a plan is to create there."""

    kind: str
    """EC2 ``LogDestinationType``."""
    arn: str
    """Of the bucket without folder, the log group without ``:*``, or the stream."""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a run is to read."""

    groups: frozenset[Group]
    named: tuple[Named, ...] = ()
    """Destinations beside those that the accounts' own flow logs name."""


@dataclass(frozen=True, slots=True)
class NamedLog:
    """What a flow log names."""

    account: str
    region: str
    id: str
    kind: str
    """``LogDestinationType``."""
    arn: str
    """Of the bucket without folder, the log group without ``:*``, or the stream."""
    prefix: str
    roles: tuple[str, ...]
    hive: bool
    day: str
    """Day on which the log was read, as ``yyyy/mm/dd``."""
    yesterday: str


def flow_logs(view: View) -> Iterator[NamedLog]:
    """Yield the flow logs that concern an account: its own, and what others deliver to it."""
    for reply, row in view.answers("ec2", "DescribeFlowLogs", "FlowLogs"):
        if reply.request.account != view.account and not _concerns(view, row):
            continue
        kind = text_at(row, "LogDestinationType") or "cloud-watch-logs"
        arn = log_group_arn(text_at(row, "LogDestination"))
        account, region = reply.request.account, reply.request.region
        group = text_at(row, "LogGroupName")
        if not arn and group:
            arn = f"arn:{partition_of_region(region)}:logs:{region}:{account}:log-group:{group}"
        parsed = parse_arn(arn)
        if parsed is None:
            continue
        bucket, prefix = bucket_and_prefix(parsed.resource) if kind == "s3" else ("", None)
        options = row.get("DestinationOptions")
        hive = isinstance(options, dict) and options.get("HiveCompatiblePartitions") is True
        names = (text_at(row, "DeliverLogsPermissionArn"), text_at(row, "DeliverCrossAccountRole"))
        yield NamedLog(
            account, region, text_at(row, "FlowLogId"), kind,
            f"arn:{parsed.partition}:s3:::{bucket}" if bucket else arn, prefix or "",
            tuple(name for name in names if name), hive,
            f"{reply.requested_at:%Y/%m/%d}", f"{reply.requested_at - timedelta(days=1):%Y/%m/%d}",
        )  # fmt: skip


def planned_logs(view: View) -> Iterator[NamedLog]:
    """Yield a flow log for each destination that is named from elsewhere.

    Whose it will be is not known: of several accounts, only the one that owns a bucket asks for it.
    """
    account = view.account if len(view.scanned) == 1 else ""
    for each in view.named:
        yield NamedLog(account, "", "", each.kind, each.arn, "", each.roles, hive=False, day="", yesterday="")


def _concerns(view: View, row: Mapping[str, Any]) -> bool:
    """Say whether another account's flow log names something of this one. Cheap: it is asked of every log."""
    arn = text_at(row, "LogDestination")
    names = (arn, text_at(row, "DeliverLogsPermissionArn"), text_at(row, "DeliverCrossAccountRole"))
    if any(view.account in name for name in names):
        return True
    return view.owners.get(arn.rpartition(":")[2].partition("/")[0]) == view.account


def day_prefix(log: NamedLog, day: str) -> str:
    """Return the key prefix of one day's objects. Source: VPC User Guide, "Flow log files"."""
    folder = f"{log.prefix}/" if log.prefix else ""
    year, month, date = day.split("/")
    if log.hive:
        return (
            f"{folder}AWSLogs/aws-account-id={log.account}/aws-service=vpcflowlogs/aws-region={log.region}/"
            f"year={year}/month={month}/day={date}/"
        )
    return f"{folder}AWSLogs/{log.account}/vpcflowlogs/{log.region}/{year}/{month}/{date}/"
