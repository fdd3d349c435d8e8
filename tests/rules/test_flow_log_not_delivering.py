from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from checker.model.absent import Absent
from checker.model.destination import BucketEncryption
from checker.model.finding import Change, Confidence
from checker.model.flow_log import Freshness, LogDestination, LogDestinationType, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, Loaded
from checker.model.model import Unread
from checker.model.origin import Origin, Source
from tests.rules.build import (
    ACCOUNT,
    DELIVERY,
    LATER,
    OTHER,
    REGION,
    SOURCE,
    bucket,
    change,
    delivery_policy,
    document,
    flow_log,
    interface,
    kms_key,
    log_group,
    model,
    only,
    role,
    statement,
    stream,
    to_bucket,
    to_group,
    to_stream,
    vpc,
)

SERVICE = "vpc-flow-logs.amazonaws.com"


def of(log, *entities, **params):
    return only("FL005", model(log, *entities), log.key, FL005=params)


def empty(kind):
    return LogDestination(type=kind, entity=None, arn=None, name=None, prefix=None)


KMS = BucketEncryption(algorithm="aws:kms", kms_key="aws_kms_key.a")
SSE_S3 = BucketEncryption(algorithm="AES256", kms_key=None)
AWS_KEY = BucketEncryption(algorithm="aws:kms", kms_key=None)
TLS = statement(
    "s3:*", "*", effect="Deny", principals=(("*", "*"),), conditions={"Bool": {"aws:SecureTransport": ("false",)}}
)
OLD_TLS = statement(
    "s3:*", "*", effect="Deny", principals=(("*", "*"),), conditions={"NumericLessThan": {"s3:TlsVersion": ("1.2",)}}
)
UNENCRYPTED = statement(
    "s3:PutObject",
    "*",
    effect="Deny",
    principals=(("*", "*"),),
    conditions={"StringNotEquals": {"s3:x-amz-server-side-encryption": ("aws:kms",)}},
)
ORGANIZATION = statement(
    "s3:*",
    "*",
    effect="Deny",
    principals=(("*", "*"),),
    conditions={"StringNotEquals": {"aws:PrincipalOrgID": ("o-1",)}},
)
NOT_SERVICES = dataclasses.replace(
    ORGANIZATION,
    conditions={
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": ("o-1",)},
        "BoolIfExists": {"aws:PrincipalIsAWSService": ("false",)},
    },
)
ALL_BUT = statement("s3:*", "*", effect="Deny", not_principals=(("Service", DELIVERY),))
FOREIGN = {"StringEquals": {"aws:SourceAccount": (OTHER,)}}
ARN_LIKE = {
    "StringEquals": {"aws:SourceAccount": (ACCOUNT,), "s3:x-amz-acl": ("bucket-owner-full-control",)},
    "ArnLike": {"aws:SourceArn": (f"arn:aws:logs:{REGION}:{ACCOUNT}:*",)},
}
ARN_ELSEWHERE = {"ArnLike": {"aws:SourceArn": (f"arn:aws:logs:us-east-1:{ACCOUNT}:*",)}}
ARN_ONE = {"ArnLike": {"aws:SourceArn": (f"arn:aws:logs:{REGION}:{ACCOUNT}:delivery-source:x",)}}
HIVE = f"arn:aws:s3:::logs/AWSLogs/aws-account-id={ACCOUNT}/*"

BUCKETS = {
    "as in AWS's guide": ({}, {}, "pass"),
    "with all conditions of the guide": ({"policy": delivery_policy(conditions=ARN_LIKE)}, {}, "pass"),
    "without conditions": ({"policy": delivery_policy(conditions={})}, {}, "pass"),
    "for another account": ({"policy": delivery_policy(conditions=FOREIGN)}, {}, "fail"),
    "for another region": ({"policy": delivery_policy(conditions=ARN_ELSEWHERE)}, {}, "fail"),
    "for one delivery source": ({"policy": delivery_policy(conditions=ARN_ONE)}, {}, "unknown"),
    "another account's path": ({"policy": delivery_policy(path=f"arn:aws:s3:::logs/AWSLogs/{OTHER}/*")}, {}, "fail"),
    "any path": ({"policy": delivery_policy(path="arn:aws:s3:::logs/*")}, {}, "pass"),
    "the bucket, not its objects": ({"policy": delivery_policy(path="arn:aws:s3:::logs")}, {}, "fail"),
    "no right to read the ACL": (
        {"policy": document(statement("s3:PutObject", "arn:aws:s3:::logs/*", service=DELIVERY))},
        {},
        "fail",
    ),
    "another service": (
        {"policy": document(statement("s3:*", "*", service="logging.s3.amazonaws.com"))},
        {},
        "fail",
    ),
    "deny without TLS": ({"policy": delivery_policy(TLS)}, {}, "pass"),
    "deny old TLS": ({"policy": delivery_policy(OLD_TLS)}, {}, "pass"),
    "deny unencrypted": ({"policy": delivery_policy(UNENCRYPTED)}, {}, "unknown"),
    "deny outside the organization": ({"policy": delivery_policy(ORGANIZATION)}, {}, "fail"),
    "deny outside the organization but services": ({"policy": delivery_policy(NOT_SERVICES)}, {}, "pass"),
    "deny everybody but the service": ({"policy": delivery_policy(ALL_BUT)}, {}, "pass"),
    "Hive layout, plain path": ({}, {"hive_compatible_partitions": True}, "fail"),
    "Hive layout, Hive path": ({"policy": delivery_policy(path=HIVE)}, {"hive_compatible_partitions": True}, "pass"),
    "Hive or not, plain path": ({}, {"hive_compatible_partitions": LATER}, "unknown"),
    "Hive or not, any path": (
        {"policy": delivery_policy(path="arn:aws:s3:::logs/*")},
        {"hive_compatible_partitions": LATER},
        "pass",
    ),
    "folder not in the policy": ({}, {"destination": to_bucket(prefix="net")}, "fail"),
    "folder in the policy": (
        {"policy": delivery_policy(path=f"arn:aws:s3:::logs/net/AWSLogs/{ACCOUNT}/*")},
        {"destination": to_bucket(prefix="net")},
        "pass",
    ),
    "reserved folder": ({"policy": None}, {"destination": to_bucket(prefix="AWSLogs")}, "fail"),
    "folder of a like name": ({"policy": None}, {"destination": to_bucket(prefix="AWSLogs2")}, "pass"),
    "no policy, same account": ({"policy": None}, {}, "pass"),
    "no policy, other account": ({"policy": None, "account": OTHER}, {}, "unknown"),
    "no policy, account not known": ({"policy": None, "account": LATER}, {}, "unknown"),
    "no policy, both accounts not known but equal": ({"policy": None, "account": LATER}, {"account": LATER}, "pass"),
    "policy not known": ({"policy": LATER}, {}, "unknown"),
    "statement not known": ({"policy": document(LATER)}, {}, "unknown"),
    "statement not known beside a proof": ({"policy": delivery_policy(LATER)}, {}, "unknown"),
    "account not known": ({}, {"account": LATER}, "unknown"),
    "SSE-S3": ({"encryption": SSE_S3}, {}, "pass"),
    "no encryption set": ({"encryption": None}, {}, "pass"),
    "key of AWS": ({"encryption": AWS_KEY}, {}, "fail"),
    "key of AWS by alias": ({"encryption": BucketEncryption(algorithm="aws:kms", kms_key="alias/aws/s3")}, {}, "fail"),
    "key by id": ({"encryption": BucketEncryption(algorithm="aws:kms", kms_key="1234-abcd")}, {}, "fail"),
    "key outside": (
        {"encryption": BucketEncryption(algorithm="aws:kms", kms_key="arn:aws:kms:eu-west-1:1:key/2")},
        {},
        "unknown",
    ),
    "key not known": ({"encryption": BucketEncryption(algorithm="aws:kms", kms_key=LATER)}, {}, "unknown"),
    "encryption not known": ({"encryption": LATER}, {}, "unknown"),
}


@pytest.mark.parametrize(("settings", "log", "status"), BUCKETS.values(), ids=BUCKETS.keys())
def test_delivery_to_a_bucket(settings, log, status):
    assert of(flow_log(**log), bucket(**settings), kms_key()).status == status


def test_no_policy_is_an_assumption_said_aloud():
    finding = of(flow_log(), bucket(policy=None), kms_key())
    assert finding.confidence is Confidence.MEDIUM
    assert any(each.statement.startswith("Assumed: bucket") for each in finding.evidence)


def test_a_symbol_on_both_sides_proves_delivery():
    account = Unknown("known after apply", symbol="⟦data.aws_caller_identity.me.account_id⟧")
    name = Unknown("known after apply", symbol="arn:aws:s3:::⟦aws_s3_bucket.logs.bucket⟧")
    path = Unknown("x", symbol=f"{name.symbol}/AWSLogs/{account.symbol}/*")
    condition = {"StringEquals": {"aws:SourceAccount": (account,)}}
    policy = document(
        statement("s3:PutObject", path, service=DELIVERY, conditions=condition),
        statement("s3:GetBucketAcl", name, service=DELIVERY, conditions=condition),
    )
    log = flow_log(account=account, destination=to_bucket())
    assert of(log, bucket(policy=policy, arn=name, account=account), kms_key(account=account)).status == "pass"
    other = dataclasses.replace(log, account=Unknown("x", symbol="⟦data.aws_caller_identity.you.account_id⟧"))
    assert of(other, bucket(policy=policy, arn=name, account=account), kms_key()).status == "unknown"


KEYS = {
    "admits the service": ({}, "pass"),
    "default policy": ({"policy": None}, "fail"),
    "policy for the account only": (
        {"policy": document(statement("kms:*", "*", principals=(("AWS", f"arn:aws:iam::{ACCOUNT}:root"),)))},
        "fail",
    ),
    "policy not known": ({"policy": LATER}, "unknown"),
    "disabled": ({"enabled": False}, "fail"),
    "scheduled for deletion": ({"deletion_pending": True}, "fail"),
    "another action": ({"policy": document(statement("kms:Decrypt", "*", service=DELIVERY))}, "fail"),
}


@pytest.mark.parametrize(("settings", "status"), KEYS.values(), ids=KEYS.keys())
def test_the_key_of_a_bucket_must_admit_delivery(settings, status):
    assert of(flow_log(), bucket(), kms_key(**settings)).status == status


GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/vpc"
WRITE = ("logs:CreateLogStream", "logs:PutLogEvents")


def grant(actions=WRITE, resource=f"{GROUP}:*", **over):
    return document(statement(actions, resource, **over))


AWS_POLICY = Unknown("x", symbol="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
AWS_FULL = Unknown("x", symbol="arn:aws:iam::aws:policy/CloudWatchLogsFullAccess")
AWS_DENY = Unknown("x", symbol="arn:aws:iam::aws:policy/AWSDenyAll")
OUTSIDE = Unknown("the policy arn:aws:iam::1:policy/x is not in the input", symbol="arn:aws:iam::1:policy/x")


def trust(service=SERVICE, action="sts:AssumeRole", **over):
    return document(statement(action, service=service, **over))


ROLES = {
    "as in AWS's guide": ({}, "pass"),
    "any resource": ({"policies": (grant(resource="*"),)}, "pass"),
    "any action": ({"policies": (grant("logs:*"),)}, "pass"),
    "the group without its streams": ({"policies": (grant(resource=GROUP),)}, "fail"),
    "another group": ({"policies": (grant(resource=f"{GROUP}2:*"),)}, "fail"),
    "one action short": ({"policies": (grant("logs:CreateLogStream"),)}, "fail"),
    "no policy": ({"policies": ()}, "fail"),
    "two policies together": ({"policies": (grant("logs:CreateLogStream"), grant("logs:Put*"))}, "pass"),
    "all but": ({"policies": (document(statement((), "*", not_actions=("s3:*",))),)}, "pass"),
    "denied": ({"policies": (grant(), grant(effect="Deny", sid="No"))}, "fail"),
    "policy outside": ({"policies": (OUTSIDE,)}, "unknown"),
    "policy outside beside a grant may deny": ({"policies": (grant(), OUTSIDE)}, "unknown"),
    "policy of AWS beside a grant": ({"policies": (grant(), AWS_POLICY)}, "pass"),
    "policy of AWS alone": ({"policies": (AWS_POLICY,)}, "unknown"),
    "policy of AWS that allows logs": ({"policies": (AWS_FULL,)}, "pass"),
    "policy of AWS that denies": ({"policies": (grant(), AWS_DENY)}, "unknown"),
    "boundary allows": ({"boundary": grant("*", "*")}, "pass"),
    "boundary does not": ({"boundary": grant("s3:*", "*")}, "fail"),
    "boundary not known": ({"boundary": OUTSIDE}, "unknown"),
    "trusts another service": ({"trust": trust("ec2.amazonaws.com")}, "fail"),
    "trusts for another account": ({"trust": trust(conditions=FOREIGN)}, "fail"),
    "trusts for this account": ({"trust": trust(conditions=SOURCE)}, "pass"),
    "trusts for flow logs of this account": (
        {
            "trust": trust(
                conditions={"ArnLike": {"aws:SourceArn": (f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-flow-log/*",)}}
            )
        },
        "pass",
    ),
    "wants an external id": ({"trust": trust(conditions={"StringEquals": {"sts:ExternalId": ("x",)}})}, "fail"),
    "trust not known": ({"trust": LATER}, "unknown"),
    "of another account": ({"account": OTHER}, "fail"),
}


def to_logs(**over):
    return flow_log(**{"destination": to_group(), "role": "aws_iam_role.logs", **over})


@pytest.mark.parametrize(("settings", "status"), ROLES.values(), ids=ROLES.keys())
def test_delivery_to_a_log_group_through_a_role(settings, status):
    assert of(to_logs(), log_group(), role(**settings), kms_key()).status == status


LOGS_KEY = f"logs.{REGION}.amazonaws.com"
OTHERS = {
    "no role": (to_logs(role=None), (), "fail"),
    "role not known": (to_logs(role=LATER), (), "unknown"),
    "role outside": (to_logs(role=f"arn:aws:iam::{ACCOUNT}:role/x"), (), "unknown"),
    "role outside, of another account": (to_logs(role=f"arn:aws:iam::{OTHER}:role/x"), (), "fail"),
    "group outside": (to_logs(destination=to_group(None)), (), "unknown"),
    "group outside, role broken": (to_logs(destination=to_group(None), role=None), (), "fail"),
    "destination not known": (to_logs(destination=LATER), (), "unknown"),
    "nothing set, as in the public VPC module": (
        to_logs(destination=empty(LogDestinationType.CLOUD_WATCH_LOGS), role=None),
        (),
        "fail",
    ),
    "empty bucket": (to_logs(destination=empty(LogDestinationType.S3)), (), "fail"),
    "bucket outside": (to_logs(destination=to_bucket(None)), (), "unknown"),
    "stream outside": (to_logs(destination=to_stream(None)), (), "unknown"),
}


@pytest.mark.parametrize(("log", "extra", "status"), OTHERS.values(), ids=OTHERS.keys())
def test_what_is_missing_or_outside(log, extra, status):
    assert of(log, log_group(), role(), kms_key(), *extra).status == status


def test_an_empty_destination_says_that_the_apply_will_fail():
    finding = of(to_logs(destination=empty(LogDestinationType.CLOUD_WATCH_LOGS), role=None))
    assert "the apply will fail" in finding.message


@pytest.mark.parametrize(
    ("key", "status"),
    [({}, "pass"), ({"policy": None}, "fail"), ({"policy": document()}, "fail"), ({"policy": LATER}, "unknown")],
)
def test_the_key_of_a_log_group_must_admit_cloudwatch_logs(key, status):
    assert of(to_logs(), log_group(), role(), kms_key(**key)).status == status


def test_a_log_group_without_a_key_of_its_own_needs_none():
    assert of(to_logs(), log_group(kms_key=None), role()).status == "pass"


TRUSTS = role(trust=trust(DELIVERY))
STREAMS = {
    "same account": ({}, {}, (), "pass"),
    "reads from a stream": ({"source_type": "KinesisStreamAsSource"}, {}, (), "fail"),
    "source not known": ({"source_type": LATER}, {}, (), "unknown"),
    "being created": ({"status": "CREATING"}, {}, (), "unknown"),
    "failed": ({"status": "CREATING_FAILED"}, {}, (), "fail"),
    "account not known": ({"account": LATER}, {}, (), "unknown"),
    "other account, no roles": ({"account": OTHER}, {}, (), "fail"),
    "other account, both roles": (
        {"account": OTHER},
        {"role": "aws_iam_role.logs", "cross_account_role": f"arn:aws:iam::{OTHER}:role/x"},
        (TRUSTS,),
        "pass",
    ),
    "other account, one role": ({"account": OTHER}, {"role": "aws_iam_role.logs"}, (TRUSTS,), "fail"),
    "other account, role trusts another": (
        {"account": OTHER},
        {"role": "aws_iam_role.logs", "cross_account_role": f"arn:aws:iam::{OTHER}:role/x"},
        (role(),),
        "fail",
    ),
    "other account, role outside": (
        {"account": OTHER},
        {"role": "arn:aws:iam::1:role/y", "cross_account_role": f"arn:aws:iam::{OTHER}:role/x"},
        (),
        "unknown",
    ),
}


@pytest.mark.parametrize(("settings", "log", "extra", "status"), STREAMS.values(), ids=STREAMS.keys())
def test_delivery_to_a_stream(settings, log, extra, status):
    assert of(flow_log(destination=to_stream(), **log), stream(**settings), *extra).status == status


def test_the_tag_that_aws_sets_on_a_stream_is_advised():
    finding = of(flow_log(destination=to_stream()), stream())
    assert any("LogDeliveryEnabled" in each.statement for each in finding.evidence)
    tagged = of(flow_log(destination=to_stream()), stream(tags={"LogDeliveryEnabled": "true"}))
    assert not any("LogDeliveryEnabled" in each.statement for each in tagged.evidence)


LIVE = {
    "failed": ({"deliver_status": "FAILED", "deliver_error": "Access error"}, "fail"),
    "failed without words": ({"deliver_status": "FAILED"}, "fail"),
    "success settles what is not known": ({"deliver_status": "SUCCESS"}, "pass"),
    "not told": ({}, "unknown"),
    "not active": ({"status": "DELETING", "deliver_status": "SUCCESS"}, "fail"),
    "active": ({"status": "ACTIVE"}, "unknown"),
}


@pytest.mark.parametrize(("over", "status"), LIVE.values(), ids=LIVE.keys())
def test_what_aws_reports_of_a_live_log(over, status):
    assert of(flow_log(destination=to_bucket(None), **over)).status == status


def test_the_error_is_quoted_verbatim():
    finding = of(flow_log(deliver_status="FAILED", deliver_error="Rate limited"))
    assert '"Rate limited"' in finding.message


DECLARED = [{"arn": "arn:aws:s3:::logs", "account": OTHER, "owner": "platform", "checked_by": "their pipeline"}]


def test_a_destination_kept_elsewhere_is_declared_once():
    outside = flow_log(destination=to_bucket(None))
    finding = of(outside, managed_elsewhere=DECLARED)
    assert finding.status == "not-applicable"
    assert any("kept by platform" in each.statement for each in finding.evidence)
    near = [{**DECLARED[0], "arn": "arn:aws:s3:::logs-2"}]
    assert of(outside, managed_elsewhere=near).status == "unknown"


def test_a_declaration_does_not_excuse_what_is_known_to_fail():
    finding = of(flow_log(destination=to_bucket(None), deliver_status="FAILED"), managed_elsewhere=DECLARED)
    assert finding.status == "fail"


def test_a_bucket_of_this_configuration_is_judged_though_declared():
    assert of(flow_log(), bucket(policy=document()), kms_key(), managed_elsewhere=DECLARED).status == "fail"


def test_a_key_kept_elsewhere_can_be_declared_too():
    far = "arn:aws:kms:eu-west-1:444455556666:key/1"
    declared = [{**DECLARED[0], "arn": far}]
    sink = bucket(encryption=BucketEncryption(algorithm="aws:kms", kms_key=far))
    assert of(flow_log(), sink, managed_elsewhere=declared).status == "pass"


def test_a_bucket_destroyed_by_the_same_plan_is_gone():
    loaded = Loaded(
        before=model(flow_log(), bucket(), kms_key()),
        after=model(flow_log(destination=to_bucket(None)), kms_key()),
        changes=(change(ChangeAction.DELETE, "aws_s3_bucket.logs"),),
    )
    finding = only("FL005", loaded)
    assert (finding.status, finding.change) == ("fail", Change.REGRESSION)
    assert "destroys its destination" in finding.message


def test_facts_do_not_change_when_ids_become_known():
    later = of(flow_log(), bucket(policy=document(), arn=LATER), kms_key())
    known = of(flow_log(id="fl-1", arn="arn:x"), bucket(policy=document()), kms_key(id="k-1"))
    assert later.facts_digest == known.facts_digest


def test_accounts_that_are_not_known_are_one_within_a_root_only():
    log = flow_log(account=LATER, root="net")
    for root, status in (("net", "pass"), ("logs", "unknown")):
        assert of(log, bucket(policy=None, account=LATER, root=root), kms_key()).status == status


ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/logs"
GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/vpc"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"


def absent(key):
    origin = Origin(source=Source.SNAPSHOT, root=f"{ACCOUNT}/{REGION}", api="a:Call")
    return Absent(type="x", key=key, origin=origin, says="NoSuchThing: it is not there")


@pytest.mark.parametrize(
    ("log", "key", "others"),
    [
        (flow_log(destination=to_bucket(None, prefix="net")), "arn:aws:s3:::logs", ()),
        (flow_log(destination=to_group(None), role="aws_iam_role.logs"), GROUP_ARN, (role(),)),
        (flow_log(destination=to_group(), role=ROLE_ARN), ROLE_ARN, (log_group(), kms_key())),
        (flow_log(destination=to_stream(None)), f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/logs", ()),
        (flow_log(), KEY_ARN, (bucket(encryption=BucketEncryption(algorithm="aws:kms", kms_key=KEY_ARN)),)),
    ],
    ids=["bucket", "log group", "role", "stream", "key"],
)
@pytest.mark.parametrize("reported", [None, "SUCCESS"])
def test_what_aws_says_is_not_there_fails_whatever_it_reports_of_the_delivery(log, key, others, reported):
    log = dataclasses.replace(log, deliver_status=reported)
    network = dataclasses.replace(model(log, *others), absent=(absent(key),))
    finding = only("FL005", Loaded(after=network))
    assert finding.status == "fail"
    assert "NoSuchThing: it is not there" in finding.message
    near = dataclasses.replace(network, absent=(absent(f"{key}2"),))
    assert only("FL005", Loaded(after=near)).status != "fail"


def named_again(kind, name):
    """What replaces the thing: under the same name, or another."""
    return {
        "aws_s3_bucket.logs": bucket(arn=LATER, name=name, policy=None, encryption=None),
        "aws_cloudwatch_log_group.logs": log_group(name=name, kms_key=None),
        "aws_iam_role.logs": role(name=name),
    }[kind]


TAKEN = {
    "aws_s3_bucket.logs": (bucket(), flow_log(destination=to_bucket(None)), ()),
    "aws_cloudwatch_log_group.logs": (
        log_group(arn=GROUP_ARN), flow_log(destination=to_group(None), role="aws_iam_role.logs"), (role(),),
    ),
    "aws_iam_role.logs": (
        role(arn=ROLE_ARN), flow_log(destination=to_group(), role=ROLE_ARN), (log_group(kms_key=None),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("action", [ChangeAction.DELETE, ChangeAction.REPLACE, ChangeAction.REPLACE_CREATE_FIRST])
def test_what_the_plan_takes_away_while_the_log_goes_on_naming_it_is_gone(kind, action):
    old, log, others = TAKEN[kind]
    new = () if action is ChangeAction.DELETE else (named_again(kind, "another"),)
    loaded = Loaded(before=model(log, old, *others), after=model(log, *others, *new), changes=(change(action, kind),))
    assert only("FL005", loaded).status == "fail"


@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("name", ["same", Unknown("known after apply")])
def test_what_is_replaced_and_may_have_the_same_name_again_is_not_gone(kind, name):
    old, log, others = TAKEN[kind]
    new = named_again(kind, old.name if name == "same" else name) if isinstance(name, str) else named_again(kind, name)
    loaded = Loaded(
        before=model(log, old, *others),
        after=model(log, *others, new),
        changes=(change(ChangeAction.REPLACE, kind),),
    )
    assert only("FL005", loaded).status != "fail"


def test_a_live_bucket_without_policy_admits_nobody():
    log, sink = flow_log(source=Source.ACCOUNT), bucket(policy=None, encryption=None, source=Source.ACCOUNT)
    finding = of(log, sink)
    assert finding.status == "fail"
    assert "has no policy" in finding.message
    assert of(flow_log(), sink).status == "pass"
    assert of(log, bucket(policy=LATER, encryption=None, source=Source.ACCOUNT)).status == "unknown"


NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def arrived(minutes, api="s3:ListObjectsV2", **over):
    """A log of which something arrived so many minutes before noon; None: never."""
    newest = minutes if isinstance(minutes, Unknown) else None if minutes is None else NOON - timedelta(minutes=minutes)
    fresh = Freshness(newest=newest, looked_at=NOON, api=api)
    return flow_log(freshness=fresh, **{"created": NOON - timedelta(days=9), **over})


USED = interface(vpc="aws_vpc.a")
IDLE = interface(vpc="aws_vpc.a", in_use=False)
AWAY = interface(vpc="aws_vpc.b")
FRESH = {
    "just now": (arrived(1), (USED,), "pass"),
    "at the limit": (arrived(17), (USED,), "pass"),
    "past the limit": (arrived(17.1), (USED,), "fail"),
    "past the limit of a longer interval": (arrived(30, max_aggregation_interval=600), (USED,), "pass"),
    "never": (arrived(None), (USED,), "fail"),
    "never, and nothing is in use": (arrived(None), (IDLE,), "pass"),
    "never, and another vpc is in use": (arrived(None), (AWAY,), "pass"),
    "never, and nothing is there": (arrived(None), (), "pass"),
    "never, and whether it is in use is not known": (arrived(None), (interface(in_use=LATER),), "unknown"),
    "never, and one is in use, of another it is not known": (
        arrived(None),
        (USED, interface("aws_network_interface.b", in_use=LATER)),
        "fail",
    ),
    "never, and where an interface stands is not known": (
        arrived(None),
        (interface(vpc=LATER, subnet=LATER),),
        "unknown",
    ),
    "never, of rejected traffic alone": (arrived(None, traffic_type=TrafficType.REJECT), (USED,), "unknown"),
    "just now, of rejected traffic alone": (arrived(1, traffic_type=TrafficType.REJECT), (USED,), "pass"),
    "never, and the log is new": (arrived(None, created=NOON - timedelta(minutes=5)), (USED,), "pass"),
    "not known when": (arrived(Unknown("s3:ListObjectsV2 was denied")), (USED,), "pass"),
    "an event within the hour that logs take": (arrived(60, "logs:DescribeLogStreams"), (USED,), "pass"),
    "no event for longer": (arrived(90, "logs:DescribeLogStreams"), (USED,), "fail"),
}


@pytest.mark.parametrize(("log", "interfaces", "status"), FRESH.values(), ids=FRESH.keys())
def test_whether_anything_arrives(log, interfaces, status):
    finding = of(log, bucket(), kms_key(), vpc(), *interfaces)
    assert finding.status == status
    assert ("delivering=stale" in finding.message) is (status == "fail")


def test_nothing_is_said_of_arrival_where_the_interfaces_were_not_read():
    gap = Unread(types=("aws_network_interface",), cause=Unknown("ec2:DescribeNetworkInterfaces was denied"))
    network = model(arrived(None), bucket(), kms_key(), vpc(), unread=(gap,))
    assert only("FL005", Loaded(after=network)).status == "unknown"


def test_the_facts_of_a_stale_log_are_the_same_the_next_day():
    later = NOON + timedelta(days=1)
    next_day = Freshness(newest=NOON, looked_at=later, api="s3:ListObjectsV2")
    days = [arrived(90), dataclasses.replace(arrived(90), freshness=next_day)]
    found = [of(log, bucket(), kms_key(), vpc(), USED) for log in days]
    assert [each.facts["not_met"] for each in found] == [["delivering=stale"]] * 2
    assert len({each.facts_digest for each in found}) == 1


STREAM_ARN = f"arn:aws:firehose:{REGION}:{OTHER}:deliverystream/logs"
FAR_ROLE = f"arn:aws:iam::{OTHER}:role/x"
FAR = {"role": "aws_iam_role.logs", "cross_account_role": FAR_ROLE}
GONE_BEHIND = {
    "the stream's bucket": (flow_log(destination=to_stream()), stream(destination_bucket="arn:aws:s3:::far"),
                            "arn:aws:s3:::far"),
    "the role of the other account": (flow_log(destination=to_stream(account=OTHER), **FAR), stream(account=OTHER),
                                      FAR_ROLE),
}  # fmt: skip


@pytest.mark.parametrize(("log", "sink", "key"), GONE_BEHIND.values(), ids=GONE_BEHIND.keys())
def test_what_stands_behind_a_stream_may_be_absent_too(log, sink, key):
    network = model(log, sink, TRUSTS)
    assert only("FL005", network).status == "pass"
    found = only("FL005", dataclasses.replace(network, absent=(absent(key),)))
    assert found.status == "fail"
    assert "NoSuchThing: it is not there" in found.message
