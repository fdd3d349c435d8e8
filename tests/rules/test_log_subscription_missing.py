from __future__ import annotations

from dataclasses import replace

import pytest

from checker.model.absent import Absent
from checker.model.finding import Change
from checker.model.flow_log import TrafficType
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import Unread
from checker.model.origin import Origin, Source
from checker.rules.engine import judge
from tests.rules.build import (
    FULL_FORMAT,
    LATER,
    document,
    flow_log,
    log_group,
    only,
    role,
    statement,
    stream,
    to_bucket,
    to_group,
)
from tests.rules.build_monitoring import DEFAULT_PATTERN, GROUP, LOG, network, subscription_filter

KINESIS = "arn:aws:kinesis:eu-west-1:111122223333:stream/rejects"
PUT = document(statement(("kinesis:PutRecord", "firehose:PutRecord"), "*"))


def writer(service: str = "logs.amazonaws.com", **over):
    trust = document(statement("sts:AssumeRole", service=service))
    return role("aws_iam_role.writer", **{"trust": trust, "policies": (PUT,), **over})


WRITER = writer()
FULL = flow_log(destination=to_group(), log_format=FULL_FORMAT)
ROLE = {"role": "aws_iam_role.writer"}

FILTERS = {
    "everything to a stream": (ROLE, "pass"),
    "rejects": ({**ROLE, "pattern": "[..., action = REJECT, s]"}, "pass"),
    "logins only": ({**ROLE, "pattern": DEFAULT_PATTERN}, "fail"),
    "of another format": ({**ROLE, "pattern": "[..., action = REJECT]"}, "fail"),
    "pattern not known": ({**ROLE, "pattern": LATER}, "unknown"),
    "two gaps": ({**ROLE, "pattern": "[..., action = REJECT, ...]"}, "unknown"),
    "another group": ({**ROLE, "log_group": "aws_cloudwatch_log_group.b"}, "fail"),
    "group not known": ({**ROLE, "log_group": LATER}, "unknown"),
    "no role": ({"role": None}, "fail"),
    "role not known": ({"role": LATER}, "unknown"),
    "role elsewhere": ({"role": "arn:aws:iam::111122223333:role/x"}, "unknown"),
    "function": ({"role": None, "destination": "arn:aws:lambda:eu-west-1:111122223333:function:f"}, "pass"),
    "destination": ({"role": None, "destination": "arn:aws:logs:eu-west-1:444455556666:destination:d"}, "pass"),
    "delivery stream": ({**ROLE, "destination": "aws_kinesis_firehose_delivery_stream.logs"}, "pass"),
    "stream of this plan": ({**ROLE, "destination": Unknown("x", symbol="⟦aws_kinesis_stream.k.arn⟧")}, "pass"),
    "function in a module": (
        {"role": None, "destination": Unknown("x", symbol="⟦module.f.aws_lambda_function.this[0].arn⟧")},
        "pass",
    ),
    "a queue": ({**ROLE, "destination": "arn:aws:sqs:eu-west-1:111122223333:q"}, "unknown"),
    "destination not known": ({**ROLE, "destination": LATER}, "unknown"),
    "may not exist": ({**ROLE, "exists": LATER}, "unknown"),
}


@pytest.mark.parametrize(("over", "status"), FILTERS.values(), ids=FILTERS.keys())
def test_the_subscription_filter(over, status):
    assert only("DS004", network(GROUP, LOG, WRITER, stream(), subscription_filter(**over))).status == status


@pytest.mark.parametrize(
    ("by", "status"),
    [
        pytest.param(writer(), "pass", id="global name"),
        pytest.param(writer("logs.eu-west-1.amazonaws.com"), "pass", id="regional name"),
        pytest.param(writer("ec2.amazonaws.com"), "fail", id="another service"),
        pytest.param(writer(trust=LATER), "unknown", id="trust not known"),
    ],
)
def test_the_role_trusts_cloudwatch_logs(by, status):
    assert only("DS004", network(GROUP, LOG, by, subscription_filter(**ROLE))).status == status


def aws(name):
    return Unknown("policy of AWS", symbol=f"arn:aws:iam::aws:policy/{name}")


@pytest.mark.parametrize(
    ("over", "status"),
    [
        pytest.param({"policies": (document(statement("kinesis:Put*", KINESIS)),)}, "pass", id="that stream"),
        pytest.param({"policies": (document(statement("kinesis:PutRecord", f"{KINESIS}-2")),)}, "fail", id="another"),
        pytest.param({"policies": (document(statement("firehose:PutRecord", "*")),)}, "fail", id="another service"),
        pytest.param({"policies": (document(statement("kinesis:DescribeStream", "*")),)}, "fail", id="only reads"),
        pytest.param({"policies": ()}, "fail", id="nothing"),
        pytest.param({"policies": (PUT, document(statement("kinesis:*", "*", effect="Deny")))}, "fail", id="denied"),
        pytest.param({"policies": (LATER,)}, "unknown", id="policy not known"),
        pytest.param({"policies": (aws("AmazonKinesisFullAccess"),)}, "pass", id="AWS's full access"),
        pytest.param({"policies": (aws("CloudWatchLogsFullAccess"),)}, "unknown", id="AWS's access to logs"),
        pytest.param({"boundary": document(statement("logs:*", "*"))}, "fail", id="outside the boundary"),
        pytest.param({"boundary": LATER}, "unknown", id="boundary not known"),
    ],
)
def test_the_role_may_write_to_the_stream(over, status):
    assert only("DS004", network(GROUP, LOG, writer(**over), subscription_filter(**ROLE))).status == status


def test_a_role_that_does_not_exist_fails():
    arn = "arn:aws:iam::111122223333:role/gone"
    absent = Absent(type="aws_iam_role", key=arn, origin=Origin(source=Source.ACCOUNT), says="NoSuchEntity")
    finding = only("DS004", replace(network(GROUP, LOG, subscription_filter(role=arn)), absent=(absent,)))
    assert finding.status == "fail"
    assert "NoSuchEntity" in finding.message


OTHERS = {
    "no filter": ((LOG,), "fail"),
    "custom format": ((FULL, subscription_filter(**ROLE, pattern="[..., action = REJECT, s]")), "fail"),
    "custom format, everything": ((FULL, subscription_filter(**ROLE)), "pass"),
    "format not known": ((flow_log(destination=to_group(), log_format=LATER),), "unknown"),
    "accepted only": ((flow_log(destination=to_group(), traffic_type=TrafficType.ACCEPT),), "not-applicable"),
    "one of two": (
        (LOG, subscription_filter(role=None), subscription_filter("aws_cloudwatch_log_subscription_filter.b", **ROLE)),
        "pass",
    ),
}


@pytest.mark.parametrize(("parts", "status"), OTHERS.values(), ids=OTHERS.keys())
def test_the_format_of_each_log_counts(parts, status):
    assert only("DS004", network(GROUP, WRITER, *parts)).status == status


def test_kinds_and_need_are_the_policys_choice():
    function = subscription_filter(role=None, destination="arn:aws:lambda:eu-west-1:111122223333:function:f")
    assert only("DS004", network(GROUP, LOG, function), DS004={"kinds": ["kinesis"]}).status == "fail"
    rejects = network(GROUP, LOG, WRITER, subscription_filter(**ROLE, pattern="[..., action = REJECT, s]"))
    assert only("DS004", rejects, DS004={"need": ["ACCEPT", "REJECT"]}).status == "fail"


def test_a_destination_that_is_gone_fails():
    absent = Absent(type="aws_kinesis_stream", key=KINESIS, origin=Origin(source=Source.ACCOUNT), says="not found")
    made = replace(network(GROUP, LOG, WRITER, subscription_filter(**ROLE)), absent=(absent,))
    finding = only("DS004", made)
    assert finding.status == "fail"
    assert "not found" in finding.message


def test_a_group_of_another_class_takes_no_filter():
    made = network(log_group(log_group_class="INFREQUENT_ACCESS"), LOG, WRITER, subscription_filter(**ROLE))
    assert only("DS004", made).status == "fail"


def test_what_was_not_read_or_is_kept_elsewhere_may_be_there():
    unread = (Unread(types=("aws_cloudwatch_log_subscription_filter",), cause=Unknown("denied")),)
    assert only("DS004", network(GROUP, LOG, unread=unread)).status == "unknown"
    assert only("DS004", network(log_group(managed=False), LOG)).status == "unknown"
    outside = flow_log(destination=to_group(None), log_format=None)
    assert only("DS004", network(outside), "aws_flow_log.a").status == "unknown"


def test_changes_and_off_by_default():
    good, bad = network(GROUP, LOG, WRITER, subscription_filter(**ROLE)), network(GROUP, LOG)
    assert only("DS004", Loaded(before=good, after=bad)).change is Change.REGRESSION
    assert not [each for each in judge(Loaded(after=bad)).findings if each.rule_id == "DS004"]
    loaded = Loaded(after=network(flow_log(destination=to_bucket()), GROUP))
    assert not [each for each in judge(loaded).findings if each.rule_id == "DS004"]
