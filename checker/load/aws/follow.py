"""What to ask next: the listings first, then what their answers name.

A pure function of the replies so far, asked again until it has nothing more to say; resuming a run is asking it again.
The number of requests grows with pages and with distinct destinations, never with the resources behind them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from checker.load.aws.call import GLOBAL, Group, Replies, Reply, Request
from checker.load.aws.calls import calls_in
from checker.load.aws.view import (
    Named,
    NamedLog,
    View,
    day_prefix,
    flow_logs,
    inner_rows,
    planned_logs,
    rows_of,
    text_at,
)
from checker.model.arn import parse_arn

_BEFORE: Final = (Group.BASE, Group.ORGANIZATION)
"""Groups that are asked before it is known which accounts and regions there are."""

_BUCKET_DETAILS: Final = (
    "GetBucketPolicy", "GetBucketEncryption", "GetPublicAccessBlock", "GetBucketVersioning",
    "GetBucketLifecycleConfiguration", "GetObjectLockConfiguration", "GetBucketTagging",
)  # fmt: skip


def next_requests(
    replies: Replies,
    account: str,
    regions: Collection[str],
    groups: Collection[Group],
    named: tuple[Named, ...] = (),
) -> list[Request]:
    """Return the requests of one account that can be made now and were not made; sorted, none twice.

    ``named`` are destinations that are to be read as if a flow log delivered there. Requests wait where their form
    hangs on an answer that is still missing: who owns a bucket, in which region it lies.
    """
    view = View(replies, account, tuple(sorted(regions)), named=named)
    wanted = dict.fromkeys(_wanted(view, frozenset(groups)))
    return sorted(
        (each for each in wanted if _reply_to(replies, each) is None), key=lambda each: (each.region, *_order(each))
    )


def _order(request: Request) -> tuple[str, str, str]:
    return request.service, request.operation, request.resource or ""


def _reply_to(replies: Replies, request: Request) -> Reply | None:
    return replies.get(request.account, request.region, request.service, request.operation, request.resource)


def _wanted(view: View, groups: frozenset[Group]) -> Iterator[Request]:
    yield from _listings(view, groups)
    if Group.FIREWALL in groups:
        yield from _prefix_lists(view)
    if groups & {Group.DESTINATION, Group.MONITORING, Group.FRESHNESS}:
        logs = list(flow_logs(view))
        all_logs = [*logs, *planned_logs(view)]
        if Group.DESTINATION in groups:
            yield from _destinations(view, all_logs)
        if Group.MONITORING in groups:
            yield from _monitoring(view, all_logs)
        if {Group.DESTINATION, Group.MONITORING} <= groups:
            yield from _filter_roles(view, all_logs)
        if Group.FRESHNESS in groups:
            yield from _freshness(view, logs, located=Group.DESTINATION in groups)
    if Group.ATHENA in groups:
        yield from _athena(view)


def _listings(view: View, groups: frozenset[Group]) -> Iterator[Request]:
    for call in calls_in(groups):
        if call.per or call.group in _BEFORE:
            continue
        for region in view.regions if call.regional else (GLOBAL,):
            yield view.ask(region, call.service, call.operation)


def _prefix_lists(view: View) -> Iterator[Request]:
    named: set[tuple[str, str]] = set()
    for region, rule in view.own("ec2", "DescribeSecurityGroupRules", "SecurityGroupRules"):
        named.add((region, text_at(rule, "PrefixListId")))
    for region, group in view.own("ec2", "DescribeSecurityGroups", "SecurityGroups"):
        for member in ("IpPermissions", "IpPermissionsEgress"):
            for permission in inner_rows(group, member):
                named |= {(region, text_at(row, "PrefixListId")) for row in inner_rows(permission, "PrefixListIds")}
    for region, table in view.own("ec2", "DescribeRouteTables", "RouteTables"):
        named |= {(region, text_at(row, "DestinationPrefixListId")) for row in inner_rows(table, "Routes")}
    for region, name in sorted(named):
        if name:
            yield view.ask(region, "ec2", "GetManagedPrefixListEntries", name)


def _destinations(view: View, logs: Collection[NamedLog]) -> Iterator[Request]:
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


def _log_group(view: View, arn: str, keys: list[tuple[str, str, str]]) -> Iterator[Request]:
    parsed = parse_arn(arn)
    if parsed is None:
        return
    yield view.ask(parsed.region, "logs", "DescribeLogGroups", parsed.resource_name)
    found = view.get(parsed.region, "logs", "DescribeLogGroups", parsed.resource_name)
    for row in rows_of(found, "logGroups"):
        if text_at(row, "logGroupName") == parsed.resource_name:
            yield view.ask(parsed.region, "logs", "ListTagsForResource", arn)
            if text_at(row, "kmsKeyId"):
                keys.append((text_at(row, "kmsKeyId"), parsed.region, view.account))


def _stream(view: View, arn: str, keys: list[tuple[str, str, str]], buckets: set[tuple[str, str]]) -> Iterator[Request]:
    parsed = parse_arn(arn)
    if parsed is None:
        return
    name = parsed.resource_name
    yield view.ask(parsed.region, "firehose", "DescribeDeliveryStream", name)
    yield view.ask(parsed.region, "firehose", "ListTagsForDeliveryStream", name)
    found = view.get(parsed.region, "firehose", "DescribeDeliveryStream", name)
    stream = (found.response or {}).get("DeliveryStreamDescription") if found is not None else None
    if not isinstance(stream, dict):
        return
    key = text_at(stream, "DeliveryStreamEncryptionConfiguration", "KeyARN")
    if key:
        keys.append((key, parsed.region, view.account))
    for target in inner_rows(stream, "Destinations"):
        held = text_at(target, "ExtendedS3DestinationDescription", "BucketARN") or text_at(
            target, "S3DestinationDescription", "BucketARN"
        )
        if held:
            buckets.add((held, view.account))


def _bucket(view: View, arn: str, asker: str, keys: list[tuple[str, str, str]]) -> Iterator[Request]:
    parsed = parse_arn(arn)
    if parsed is None:
        return
    name = parsed.resource
    owner = _bucket_owner(view, name)
    if owner is None or not view.mine(owner, asker, across=True):
        return
    yield view.ask(GLOBAL, "s3", "GetBucketLocation", name)
    location = view.get(GLOBAL, "s3", "GetBucketLocation", name)
    if location is None:
        return
    at = bucket_region(location)
    for operation in _BUCKET_DETAILS:
        yield view.ask(GLOBAL, "s3", operation, name, at=at)
    encryption = view.get(GLOBAL, "s3", "GetBucketEncryption", name)
    rules = (encryption.response or {}).get("ServerSideEncryptionConfiguration") if encryption is not None else None
    for rule in inner_rows(rules, "Rules") if isinstance(rules, dict) else ():
        key = text_at(rule, "ApplyServerSideEncryptionByDefault", "KMSMasterKeyID")
        if key:
            keys.append((key, at or "", owner or asker))


def _bucket_owner(view: View, name: str) -> str | None:
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


def _role(view: View, arn: str) -> Iterator[Request]:
    parsed = parse_arn(arn)
    if parsed is None or parsed.account != view.account:
        return  # a role is read by its name, in its own account only
    name = parsed.resource.rpartition("/")[2]
    yield view.ask(GLOBAL, "iam", "GetRole", name)
    yield view.ask(GLOBAL, "iam", "ListRolePolicies", name)
    yield view.ask(GLOBAL, "iam", "ListAttachedRolePolicies", name)
    inline = view.get(GLOBAL, "iam", "ListRolePolicies", name)
    names = (inline.response or {}).get("PolicyNames") if inline is not None else None
    for policy in names if isinstance(names, list) else ():
        yield view.ask(GLOBAL, "iam", "GetRolePolicy", name, str(policy))
    attached = view.get(GLOBAL, "iam", "ListAttachedRolePolicies", name)
    managed = [text_at(row, "PolicyArn") for row in rows_of(attached, "AttachedPolicies")]
    role = view.get(GLOBAL, "iam", "GetRole", name)
    managed.append(text_at((role.response if role else None), "Role", "PermissionsBoundary", "PermissionsBoundaryArn"))
    for policy in managed:
        yield from _managed_policy(view, policy)


def _filter_roles(view: View, logs: Collection[NamedLog]) -> Iterator[Request]:
    """Yield the requests for the roles by which log groups write to streams."""
    for region, name in _groups_of(view, logs):
        filters = view.get(region, "logs", "DescribeSubscriptionFilters", name)
        for row in rows_of(filters, "subscriptionFilters"):
            yield from _role(view, text_at(row, "roleArn"))


def _managed_policy(view: View, arn: str) -> Iterator[Request]:
    if not arn:
        return
    yield view.ask(GLOBAL, "iam", "GetPolicy", arn)
    found = view.get(GLOBAL, "iam", "GetPolicy", arn)
    version = text_at(found.response if found is not None else None, "Policy", "DefaultVersionId")
    if version:
        yield view.ask(GLOBAL, "iam", "GetPolicyVersion", arn, version)


def _key(view: View, name: str, region: str, holder: str) -> Iterator[Request]:
    """Yield the requests for a key named by id, alias or ARN; a bare name is one of its holder's account and region."""
    parsed = parse_arn(name)
    owner = parsed.account if parsed is not None else holder
    region = parsed.region if parsed is not None else region
    if not region or not view.mine(owner, holder, across=parsed is not None):
        return
    yield view.ask(region, "kms", "DescribeKey", name)
    found = view.get(region, "kms", "DescribeKey", name)
    key = text_at(found.response if found is not None else None, "KeyMetadata", "Arn")
    if not key:
        return
    yield view.ask(region, "kms", "GetKeyPolicy", key)
    if text_at(found.response if found is not None else None, "KeyMetadata", "KeyManager") == "CUSTOMER":
        yield view.ask(region, "kms", "GetKeyRotationStatus", key)
        yield view.ask(region, "kms", "ListResourceTags", key)


def _groups_of(view: View, logs: Collection[NamedLog]) -> list[tuple[str, str]]:
    """Return region and name of the log groups of this account that flow logs deliver to."""
    found = set()
    for log in logs:
        parsed = parse_arn(log.arn) if log.kind == "cloud-watch-logs" else None
        if parsed is not None and parsed.account == view.account:
            found.add((parsed.region, parsed.resource_name))
    return sorted(found)


def _monitoring(view: View, logs: Collection[NamedLog]) -> Iterator[Request]:
    for region, name in _groups_of(view, logs):
        yield view.ask(region, "logs", "DescribeMetricFilters", name)
        yield view.ask(region, "logs", "DescribeSubscriptionFilters", name)
        filters = view.get(region, "logs", "DescribeMetricFilters", name)
        for row in rows_of(filters, "metricFilters"):
            for metric in inner_rows(row, "metricTransformations"):
                words = (text_at(metric, "metricNamespace"), text_at(metric, "metricName"))
                if all(words):
                    yield view.ask(region, "cloudwatch", "DescribeAlarmsForMetric", *words)
    yield from _topics(view)
    yield from _telemetry_rules(view)


def _telemetry_rules(view: View) -> Iterator[Request]:
    """Yield the requests for what telemetry rules on VPCs apply to; the listing does not tell it."""
    for whose in ("", "ForOrganization"):
        for region, row in view.own("observabilityadmin", f"ListTelemetryRules{whose}", "TelemetryRuleSummaries"):
            name = text_at(row, "RuleArn")
            if name and text_at(row, "ResourceType") in ("AWS::EC2::VPC", ""):
                yield view.ask(region, "observabilityadmin", f"GetTelemetryRule{whose}", name)


def _topics(view: View) -> Iterator[Request]:
    """Yield the requests for the topics of this account that an alarm names, be it another account's."""
    for _, row in view.answers("cloudwatch", "DescribeAlarmsForMetric", "MetricAlarms"):
        actions = row.get("AlarmActions")
        for action in actions if isinstance(actions, list) else ():
            topic = parse_arn(action) if isinstance(action, str) else None
            if topic is not None and topic.service == "sns" and topic.account == view.account:
                yield view.ask(topic.region, "sns", "GetTopicAttributes", action)
                yield view.ask(topic.region, "sns", "ListSubscriptionsByTopic", action)


def _athena(view: View) -> Iterator[Request]:
    for region, row in view.own("glue", "GetDatabases", "DatabaseList"):
        if text_at(row, "Name"):
            yield view.ask(region, "glue", "GetTables", text_at(row, "Name"))
    for region, row in view.own("athena", "ListWorkGroups", "WorkGroups"):
        if text_at(row, "Name"):
            yield view.ask(region, "athena", "GetWorkGroup", text_at(row, "Name"))


def _freshness(view: View, logs: Collection[NamedLog], *, located: bool) -> Iterator[Request]:
    """Yield the requests for the newest objects and events; ``located``: the buckets' regions are asked for."""
    for region, name in _groups_of(view, logs):
        yield view.ask(region, "logs", "DescribeLogStreams", name)
    for log in logs:
        if log.kind != "s3":
            continue
        name = log.arn.rpartition(":")[2]
        owner = _bucket_owner(view, name)
        if owner is None or not view.mine(owner, log.account, across=True):
            continue
        location = view.get(GLOBAL, "s3", "GetBucketLocation", name)
        if location is None and located:
            continue
        for day in (log.day, log.yesterday):
            yield view.ask(GLOBAL, "s3", "ListObjectsV2", name, day_prefix(log, day), at=bucket_region(location))
