"""What to ask next: the listings first, then what their answers name.

A pure function of the replies so far, asked again until it has nothing more to say; resuming a run is asking it again.
The number of requests grows with pages and with distinct destinations, never with the resources behind them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from checker.load.aws.call import GLOBAL, Group, Replies, Reply, Request, resource_of
from checker.load.aws.calls import calls_in
from checker.model.arn import bucket_and_prefix, log_group_arn, parse_arn, partition_of_region
from checker.model.record import dataclass, field

_BEFORE: Final = (Group.BASE, Group.ORGANIZATION)
"""Groups that are asked before it is known which accounts and regions there are."""

_BUCKET_DETAILS: Final = (
    "GetBucketPolicy", "GetBucketEncryption", "GetPublicAccessBlock", "GetBucketVersioning",
    "GetBucketLifecycleConfiguration", "GetObjectLockConfiguration", "GetBucketTagging",
)  # fmt: skip


def next_requests(replies: Replies, account: str, regions: Collection[str], groups: Collection[Group]) -> list[Request]:
    """Return the requests of one account that can be made now and were not made; sorted, none twice.

    Requests wait where their form hangs on an answer that is still missing: who owns a bucket, in which region it lies.
    """
    wanted = dict.fromkeys(_wanted(_View(replies, account, tuple(sorted(regions))), frozenset(groups)))
    return sorted(
        (each for each in wanted if _reply_to(replies, each) is None), key=lambda each: (each.region, *_order(each))
    )


def _order(request: Request) -> tuple[str, str, str]:
    return request.service, request.operation, request.resource or ""


def _reply_to(replies: Replies, request: Request) -> Reply | None:
    return replies.get(request.account, request.region, request.service, request.operation, request.resource)


@dataclass(frozen=True)
class _View:
    """The replies as one account's next requests need them."""

    replies: Replies
    account: str
    regions: tuple[str, ...]
    scanned: frozenset[str] = field(init=False)
    owners: Mapping[str, str] = field(init=False)
    """Account by the name of each bucket that any account listed."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "scanned", frozenset(account for account, _ in self.replies.scopes) | {self.account})
        owners: dict[str, str] = {}
        for reply, row in self.answers("s3", "ListBuckets", "Buckets"):
            owners.setdefault(_text(row, "Name"), reply.request.account)
        object.__setattr__(self, "owners", owners)

    def answers(self, service: str, operation: str, member: str) -> Iterator[tuple[Reply, Mapping[str, Any]]]:
        """Yield each row of a listing over all accounts and regions, with the reply that holds it."""
        for reply in self.replies.of(service, operation):
            for row in _rows(reply, member):
                yield reply, row

    def own(self, service: str, operation: str, member: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield each row of a listing of this account, with its region; others' are not even looked through."""
        for region in self.regions:
            for row in _rows(self.replies.get(self.account, region, service, operation), member):
                yield region, row

    def ask(self, region: str, service: str, operation: str, *values: str, at: str | None = None) -> Request:
        resource = resource_of(*values) if values else None
        return Request(
            account=self.account, region=region, service=service, operation=operation, resource=resource, at=at
        )

    def mine(self, owner: str, asker: str, *, across: bool) -> bool:
        """Say whether this account asks for a thing: its owner does; the one that names it if the owner cannot."""
        if owner in self.scanned:
            return owner == self.account
        return across and asker == self.account


def _rows(reply: Reply | None, member: str) -> Iterator[Mapping[str, Any]]:
    rows = (reply.response or {}).get(member) if reply is not None else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            yield row


def _text(row: Mapping[str, Any] | None, *path: str) -> str:
    """Return the text at a path of members; empty where it is not there or no text."""
    value: Any = row
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _wanted(view: _View, groups: frozenset[Group]) -> Iterator[Request]:
    yield from _listings(view, groups)
    if Group.FIREWALL in groups:
        yield from _prefix_lists(view)
    if groups & {Group.DESTINATION, Group.MONITORING, Group.FRESHNESS}:
        logs = list(_flow_logs(view))
        if Group.DESTINATION in groups:
            yield from _destinations(view, logs)
        if Group.MONITORING in groups:
            yield from _monitoring(view, logs)
        if {Group.DESTINATION, Group.MONITORING} <= groups:
            yield from _filter_roles(view, logs)
        if Group.FRESHNESS in groups:
            yield from _freshness(view, logs)
    if Group.ATHENA in groups:
        yield from _athena(view)


def _listings(view: _View, groups: frozenset[Group]) -> Iterator[Request]:
    for call in calls_in(groups):
        if call.per or call.group in _BEFORE:
            continue
        for region in view.regions if call.regional else (GLOBAL,):
            yield view.ask(region, call.service, call.operation)


def _prefix_lists(view: _View) -> Iterator[Request]:
    named: set[tuple[str, str]] = set()
    for region, rule in view.own("ec2", "DescribeSecurityGroupRules", "SecurityGroupRules"):
        named.add((region, _text(rule, "PrefixListId")))
    for region, group in view.own("ec2", "DescribeSecurityGroups", "SecurityGroups"):
        for member in ("IpPermissions", "IpPermissionsEgress"):
            for permission in _inner(group, member):
                named |= {(region, _text(row, "PrefixListId")) for row in _inner(permission, "PrefixListIds")}
    for region, table in view.own("ec2", "DescribeRouteTables", "RouteTables"):
        named |= {(region, _text(row, "DestinationPrefixListId")) for row in _inner(table, "Routes")}
    for region, name in sorted(named):
        if name:
            yield view.ask(region, "ec2", "GetManagedPrefixListEntries", name)


def _inner(row: Mapping[str, Any], member: str) -> Iterator[Mapping[str, Any]]:
    rows = row.get(member)
    for inner in rows if isinstance(rows, list) else ():
        if isinstance(inner, dict):
            yield inner


@dataclass(frozen=True, slots=True)
class _Log:
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


def _flow_logs(view: _View) -> Iterator[_Log]:
    """Yield the flow logs that concern an account: its own, and what others deliver to it."""
    for reply, row in view.answers("ec2", "DescribeFlowLogs", "FlowLogs"):
        if reply.request.account != view.account and not _concerns(view, row):
            continue
        kind = _text(row, "LogDestinationType") or "cloud-watch-logs"
        arn = log_group_arn(_text(row, "LogDestination"))
        account, region = reply.request.account, reply.request.region
        group = _text(row, "LogGroupName")
        if not arn and group:
            arn = f"arn:{partition_of_region(region)}:logs:{region}:{account}:log-group:{group}"
        parsed = parse_arn(arn)
        if parsed is None:
            continue
        bucket, prefix = bucket_and_prefix(parsed.resource) if kind == "s3" else ("", None)
        options = row.get("DestinationOptions")
        hive = isinstance(options, dict) and options.get("HiveCompatiblePartitions") is True
        names = (_text(row, "DeliverLogsPermissionArn"), _text(row, "DeliverCrossAccountRole"))
        yield _Log(
            account, region, _text(row, "FlowLogId"), kind,
            f"arn:{parsed.partition}:s3:::{bucket}" if bucket else arn, prefix or "",
            tuple(name for name in names if name), hive,
            f"{reply.requested_at:%Y/%m/%d}", f"{reply.requested_at - timedelta(days=1):%Y/%m/%d}",
        )  # fmt: skip


def _concerns(view: _View, row: Mapping[str, Any]) -> bool:
    """Say whether another account's flow log names something of this one. Cheap: it is asked of every log."""
    arn = _text(row, "LogDestination")
    names = (arn, _text(row, "DeliverLogsPermissionArn"), _text(row, "DeliverCrossAccountRole"))
    if any(view.account in name for name in names):
        return True
    return view.owners.get(arn.rpartition(":")[2].partition("/")[0]) == view.account


def _destinations(view: _View, logs: Collection[_Log]) -> Iterator[Request]:
    buckets = {(log.arn, log.account) for log in logs if log.kind == "s3"}
    keys: list[tuple[str, str, str]] = []
    for log in logs:
        for role in log.roles:
            yield from _role(view, role)
        parsed = parse_arn(log.arn)
        if parsed is None or not view.mine(parsed.account or log.account, log.account, across=False):
            continue
        if log.kind == "cloud-watch-logs":
            yield from _log_group(view, log.arn, keys)
        elif log.kind == "kinesis-data-firehose":
            yield from _stream(view, log.arn, keys, buckets)
    for arn, asker in sorted(buckets):
        yield from _bucket(view, arn, asker, keys)
    for name, region, holder in sorted(set(keys)):
        yield from _key(view, name, region, holder)


def _log_group(view: _View, arn: str, keys: list[tuple[str, str, str]]) -> Iterator[Request]:
    parsed = parse_arn(arn)
    if parsed is None:
        return
    yield view.ask(parsed.region, "logs", "DescribeLogGroups", parsed.resource_name)
    found = view.replies.get(view.account, parsed.region, "logs", "DescribeLogGroups", parsed.resource_name)
    for row in _rows(found, "logGroups"):
        if _text(row, "logGroupName") == parsed.resource_name:
            yield view.ask(parsed.region, "logs", "ListTagsForResource", arn)
            if _text(row, "kmsKeyId"):
                keys.append((_text(row, "kmsKeyId"), parsed.region, view.account))


def _stream(
    view: _View, arn: str, keys: list[tuple[str, str, str]], buckets: set[tuple[str, str]]
) -> Iterator[Request]:
    parsed = parse_arn(arn)
    if parsed is None:
        return
    name = parsed.resource_name
    yield view.ask(parsed.region, "firehose", "DescribeDeliveryStream", name)
    yield view.ask(parsed.region, "firehose", "ListTagsForDeliveryStream", name)
    found = view.replies.get(view.account, parsed.region, "firehose", "DescribeDeliveryStream", name)
    stream = (found.response or {}).get("DeliveryStreamDescription") if found is not None else None
    if not isinstance(stream, dict):
        return
    key = _text(stream, "DeliveryStreamEncryptionConfiguration", "KeyARN")
    if key:
        keys.append((key, parsed.region, view.account))
    for target in _inner(stream, "Destinations"):
        held = _text(target, "ExtendedS3DestinationDescription", "BucketARN") or _text(
            target, "S3DestinationDescription", "BucketARN"
        )
        if held:
            buckets.add((held, view.account))


def _bucket(view: _View, arn: str, asker: str, keys: list[tuple[str, str, str]]) -> Iterator[Request]:
    parsed = parse_arn(arn)
    if parsed is None:
        return
    name = parsed.resource
    owner = _bucket_owner(view, name)
    if owner is None or not view.mine(owner, asker, across=True):
        return
    yield view.ask(GLOBAL, "s3", "GetBucketLocation", name)
    location = view.replies.get(view.account, GLOBAL, "s3", "GetBucketLocation", name)
    if location is None:
        return
    at = bucket_region(location)
    for operation in _BUCKET_DETAILS:
        yield view.ask(GLOBAL, "s3", operation, name, at=at)
    encryption = view.replies.get(view.account, GLOBAL, "s3", "GetBucketEncryption", name)
    rules = (encryption.response or {}).get("ServerSideEncryptionConfiguration") if encryption is not None else None
    for rule in _inner(rules, "Rules") if isinstance(rules, dict) else ():
        key = _text(rule, "ApplyServerSideEncryptionByDefault", "KMSMasterKeyID")
        if key:
            keys.append((key, at or "", owner or asker))


def _bucket_owner(view: _View, name: str) -> str | None:
    """Return the scanned account that owns a bucket, empty for none of them, None while some did not answer yet."""
    if name in view.owners:
        return view.owners[name]
    asked = {reply.request.account for reply in view.replies.of("s3", "ListBuckets")}
    return "" if view.scanned <= asked else None


def bucket_region(location: Reply | None) -> str | None:
    """Return the region that GetBucketLocation tells. Source: S3 API reference: none is us-east-1, EU is eu-west-1."""
    if location is None or location.response is None:
        return None
    constraint = location.response.get("LocationConstraint")
    if not isinstance(constraint, str) or not constraint:
        return "us-east-1"
    return "eu-west-1" if constraint == "EU" else constraint


def _role(view: _View, arn: str) -> Iterator[Request]:
    parsed = parse_arn(arn)
    if parsed is None or parsed.account != view.account:
        return  # a role is read by its name, in its own account only
    name = parsed.resource.rpartition("/")[2]
    yield view.ask(GLOBAL, "iam", "GetRole", name)
    yield view.ask(GLOBAL, "iam", "ListRolePolicies", name)
    yield view.ask(GLOBAL, "iam", "ListAttachedRolePolicies", name)
    inline = view.replies.get(view.account, GLOBAL, "iam", "ListRolePolicies", name)
    names = (inline.response or {}).get("PolicyNames") if inline is not None else None
    for policy in names if isinstance(names, list) else ():
        yield view.ask(GLOBAL, "iam", "GetRolePolicy", name, str(policy))
    attached = view.replies.get(view.account, GLOBAL, "iam", "ListAttachedRolePolicies", name)
    managed = [_text(row, "PolicyArn") for row in _rows(attached, "AttachedPolicies")]
    role = view.replies.get(view.account, GLOBAL, "iam", "GetRole", name)
    managed.append(_text((role.response if role else None), "Role", "PermissionsBoundary", "PermissionsBoundaryArn"))
    for policy in managed:
        yield from _managed_policy(view, policy)


def _filter_roles(view: _View, logs: Collection[_Log]) -> Iterator[Request]:
    """Yield the requests for the roles by which log groups write to streams."""
    for region, name in _groups_of(view, logs):
        filters = view.replies.get(view.account, region, "logs", "DescribeSubscriptionFilters", name)
        for row in _rows(filters, "subscriptionFilters"):
            yield from _role(view, _text(row, "roleArn"))


def _managed_policy(view: _View, arn: str) -> Iterator[Request]:
    if not arn:
        return
    yield view.ask(GLOBAL, "iam", "GetPolicy", arn)
    found = view.replies.get(view.account, GLOBAL, "iam", "GetPolicy", arn)
    version = _text(found.response if found is not None else None, "Policy", "DefaultVersionId")
    if version:
        yield view.ask(GLOBAL, "iam", "GetPolicyVersion", arn, version)


def _key(view: _View, name: str, region: str, holder: str) -> Iterator[Request]:
    """Yield the requests for a key named by id, alias or ARN; a bare name is one of its holder's account and region."""
    parsed = parse_arn(name)
    owner = parsed.account if parsed is not None else holder
    region = parsed.region if parsed is not None else region
    if not region or not view.mine(owner, holder, across=parsed is not None):
        return
    yield view.ask(region, "kms", "DescribeKey", name)
    found = view.replies.get(view.account, region, "kms", "DescribeKey", name)
    key = _text(found.response if found is not None else None, "KeyMetadata", "Arn")
    if not key:
        return
    yield view.ask(region, "kms", "GetKeyPolicy", key)
    if _text(found.response if found is not None else None, "KeyMetadata", "KeyManager") == "CUSTOMER":
        yield view.ask(region, "kms", "GetKeyRotationStatus", key)
        yield view.ask(region, "kms", "ListResourceTags", key)


def _groups_of(view: _View, logs: Collection[_Log]) -> list[tuple[str, str]]:
    """Return region and name of the log groups of this account that flow logs deliver to."""
    found = set()
    for log in logs:
        parsed = parse_arn(log.arn) if log.kind == "cloud-watch-logs" else None
        if parsed is not None and parsed.account == view.account:
            found.add((parsed.region, parsed.resource_name))
    return sorted(found)


def _monitoring(view: _View, logs: Collection[_Log]) -> Iterator[Request]:
    for region, name in _groups_of(view, logs):
        yield view.ask(region, "logs", "DescribeMetricFilters", name)
        yield view.ask(region, "logs", "DescribeSubscriptionFilters", name)
        filters = view.replies.get(view.account, region, "logs", "DescribeMetricFilters", name)
        for row in _rows(filters, "metricFilters"):
            for metric in _inner(row, "metricTransformations"):
                yield from _alarms(view, region, _text(metric, "metricNamespace"), _text(metric, "metricName"))


def _alarms(view: _View, region: str, namespace: str, metric: str) -> Iterator[Request]:
    if not namespace or not metric:
        return
    yield view.ask(region, "cloudwatch", "DescribeAlarmsForMetric", namespace, metric)
    found = view.replies.get(
        view.account, region, "cloudwatch", "DescribeAlarmsForMetric", resource_of(namespace, metric)
    )
    for row in _rows(found, "MetricAlarms"):
        actions = row.get("AlarmActions")
        for action in actions if isinstance(actions, list) else ():
            topic = parse_arn(action) if isinstance(action, str) else None
            if topic is not None and topic.service == "sns" and topic.account == view.account:
                yield view.ask(topic.region, "sns", "GetTopicAttributes", action)
                yield view.ask(topic.region, "sns", "ListSubscriptionsByTopic", action)


def _athena(view: _View) -> Iterator[Request]:
    for region, row in view.own("glue", "GetDatabases", "DatabaseList"):
        if _text(row, "Name"):
            yield view.ask(region, "glue", "GetTables", _text(row, "Name"))
    for region, row in view.own("athena", "ListWorkGroups", "WorkGroups"):
        if _text(row, "Name"):
            yield view.ask(region, "athena", "GetWorkGroup", _text(row, "Name"))


def _freshness(view: _View, logs: Collection[_Log]) -> Iterator[Request]:
    for region, name in _groups_of(view, logs):
        yield view.ask(region, "logs", "DescribeLogStreams", name)
    for log in logs:
        if log.kind != "s3":
            continue
        name = log.arn.rpartition(":")[2]
        owner = _bucket_owner(view, name)
        if owner is None or not view.mine(owner, log.account, across=True):
            continue
        location = view.replies.get(view.account, GLOBAL, "s3", "GetBucketLocation", name)
        for day in (log.day, log.yesterday):
            yield view.ask(GLOBAL, "s3", "ListObjectsV2", name, day_prefix(log, day), at=bucket_region(location))


def day_prefix(log: _Log, day: str) -> str:
    """Return the key prefix of one day's objects. Source: VPC User Guide, "Flow log files"."""
    folder = f"{log.prefix}/" if log.prefix else ""
    year, month, date = day.split("/")
    if log.hive:
        return (
            f"{folder}AWSLogs/aws-account-id={log.account}/aws-service=vpcflowlogs/aws-region={log.region}/"
            f"year={year}/month={month}/day={date}/"
        )
    return f"{folder}AWSLogs/{log.account}/vpcflowlogs/{log.region}/{year}/{month}/{date}/"
