from __future__ import annotations

from dataclasses import replace

import pytest

from checker.model.absent import Absent
from checker.model.finding import Change, Confidence
from checker.model.flow_log import FlowLogTarget, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, Loaded
from checker.model.model import Unread
from checker.model.monitoring import MetricQuery
from checker.model.origin import Origin, Source
from checker.rules.engine import judge
from tests.rules.build import (
    FULL_FORMAT,
    LATER,
    OTHER,
    change,
    flow_log,
    log_group,
    only,
    to_bucket,
    to_group,
)
from tests.rules.build_monitoring import (
    DEFAULT_PATTERN,
    GROUP,
    LOG,
    alarm,
    metric_filter,
    network,
    subscription,
    topic,
)

FULL = flow_log(destination=to_group(), role="aws_iam_role.logs", log_format=FULL_FORMAT)
FULL_B = flow_log("aws_flow_log.b", destination=to_group(), log_format=FULL_FORMAT)
FULL_PATTERN = (
    "[version, account_id, interface_id, vpc_id, subnet_id, srcaddr, dstaddr, srcport, dstport = 22 || dstport = 3389, "
    "protocol = 6, tcp_flags, type, pkt_srcaddr, pkt_dstaddr, flow_direction, traffic_path, action = REJECT, ...]"
)
ONE_PORT = DEFAULT_PATTERN.replace(' || destport="3389"', "")
OTHER_PORT = DEFAULT_PATTERN.replace('destport="22" || ', "")
QUERY = MetricQuery(
    id="m1",
    metric_name="rejected",
    metric_namespace="net",
    statistic="Sum",
    period=300,
    expression=None,
    return_data=True,
)
SUM = replace(QUERY, id="e1", metric_name=None, metric_namespace=None, expression="m1 * 2", return_data=True)
BY_QUERY = {"metric_name": None, "metric_namespace": None, "statistic": None, "period": None}
MAIL = {"protocol": "email", "confirmed": LATER}

FILTERS = {
    "fits": ({}, "pass"),
    "another group": ({"log_group": "aws_cloudwatch_log_group.other"}, "fail"),
    "group not known": ({"log_group": LATER}, "unknown"),
    "group is one of others": ({"log_group": Unknown("x", among=("aws_cloudwatch_log_group.b",))}, "fail"),
    "pattern not known": ({"pattern": LATER}, "unknown"),
    "pattern of another format": ({"pattern": FULL_PATTERN}, "fail"),
    "one port only": ({"pattern": ONE_PORT}, "fail"),
    "all rejects": ({"pattern": "[..., action=REJECT, s]"}, "fail"),
    "accepted too": ({"pattern": DEFAULT_PATTERN.replace('action="REJECT"', "action")}, "fail"),
    "other protocols too": ({"pattern": DEFAULT_PATTERN.replace('protocol="6"', "protocol")}, "pass"),
    "two gaps": ({"pattern": "[..., dstport=22, ..., action=REJECT, ...]"}, "unknown"),
    "word": ({"pattern": "REJECT"}, "fail"),
    "json": ({"pattern": "{ $.action = REJECT }"}, "fail"),
    "empty": ({"pattern": ""}, "fail"),
    "adds nothing": ({"metric_value": "0"}, "fail"),
    "adds the packets": ({"metric_value": "$packets"}, "pass"),
    "adds what is not known": ({"metric_value": LATER}, "unknown"),
    "dimensions": ({"dimensions": {"Source": "$source"}}, "fail"),
    "metric not known": ({"metric_name": LATER}, "unknown"),
    "metric that nobody watches": ({"metric_name": "other"}, "fail"),
    "another namespace": ({"metric_namespace": "other"}, "fail"),
    "default that counts": ({"default_value": "1"}, "fail"),
    "default of nothing": ({"default_value": "0"}, "pass"),
    "may not exist": ({"exists": LATER}, "unknown"),
    "kept in another region": ({"region": "us-east-1"}, "fail"),
}


@pytest.mark.parametrize(("over", "status"), FILTERS.values(), ids=FILTERS.keys())
def test_the_metric_filter(over, status):
    parts = (GROUP, LOG, metric_filter(**over), alarm(), topic(), subscription())
    assert only("DS001", network(*parts)).status == status


ALARMS = {
    "ten in an hour": ({}, "pass"),
    "more than none": ({"comparison": "GreaterThanThreshold", "threshold": 0.0}, "pass"),
    "at least none": ({"threshold": 0.0}, "fail"),
    "less than": ({"comparison": "LessThanThreshold"}, "fail"),
    "anomaly": ({"comparison": "GreaterThanUpperThreshold"}, "fail"),
    "threshold not known": ({"threshold": LATER}, "unknown"),
    "samples": ({"statistic": "SampleCount"}, "pass"),
    "average of ten": ({"statistic": "Average"}, "fail"),
    "maximum of ten": ({"statistic": "Maximum"}, "fail"),
    "maximum of one": ({"statistic": "Maximum", "threshold": 1.0}, "pass"),
    "percentile of one": ({"statistic": None, "extended_statistic": "p99", "threshold": 1.0}, "pass"),
    "percentile of ten": ({"statistic": None, "extended_statistic": "p99"}, "fail"),
    "statistic not known": ({"statistic": LATER}, "unknown"),
    "missing data rings": ({"treat_missing_data": "breaching"}, "fail"),
    "missing data is quiet": ({"treat_missing_data": "notBreaching"}, "pass"),
    "too late": ({"evaluation_periods": 25}, "fail"),
    "early enough of many": ({"evaluation_periods": 25, "datapoints_to_alarm": 2}, "pass"),
    "period not known": ({"period": LATER}, "unknown"),
    "switched off": ({"actions_enabled": False}, "fail"),
    "no action": ({"alarm_actions": ()}, "fail"),
    "a function": ({"alarm_actions": ("arn:aws:lambda:eu-west-1:111122223333:function:f",)}, "fail"),
    "action not known": ({"alarm_actions": (LATER,)}, "unknown"),
    "actions not known": ({"alarm_actions": LATER}, "unknown"),
    "a topic elsewhere": ({"alarm_actions": ("arn:aws:sns:eu-west-1:111122223333:x",)}, "unknown"),
    "one of two topics": ({"alarm_actions": ("arn:aws:sns:eu-west-1:111122223333:x", "aws_sns_topic.a")}, "pass"),
    "dimension": ({"dimensions": {"Source": "203.0.113.9"}}, "fail"),
    "unit": ({"unit": "Count"}, "fail"),
    "another metric": ({"metric_name": "accepted"}, "fail"),
    "metric not known": ({"metric_name": LATER}, "unknown"),
    "another region": ({"region": "us-east-1"}, "fail"),
    "another account": ({"account": OTHER}, "fail"),
    "query": ({**BY_QUERY, "queries": (QUERY,)}, "pass"),
    "query of another metric": ({**BY_QUERY, "queries": (replace(QUERY, metric_name="x"),)}, "fail"),
    "expression": ({**BY_QUERY, "queries": (replace(QUERY, return_data=False), SUM)}, "unknown"),
    "query not known": ({**BY_QUERY, "queries": LATER}, "unknown"),
    "may not exist": ({"exists": LATER}, "unknown"),
}


@pytest.mark.parametrize(("over", "status"), ALARMS.values(), ids=ALARMS.keys())
def test_the_alarm(over, status):
    parts = (GROUP, LOG, metric_filter(), alarm(**over), topic(), subscription())
    assert only("DS001", network(*parts)).status == status


SUBSCRIPTIONS = {
    "confirmed": ((topic(), subscription()), "pass"),
    "nobody": ((topic(),), "fail"),
    "pending": ((topic(), subscription(protocol="email", confirmed=False)), "fail"),
    "one of two is pending": (
        (topic(), subscription(confirmed=False), subscription("aws_sns_topic_subscription.b")),
        "pass",
    ),
    "to be confirmed": ((topic(), subscription(**MAIL)), "unknown"),
    "of another topic": ((topic(), subscription(topic="aws_sns_topic.b")), "fail"),
    "of a topic not known": ((topic(), subscription(topic=LATER)), "unknown"),
    "may not exist": ((topic(), subscription(exists=LATER)), "unknown"),
    "topic read as data": ((topic(managed=False),), "unknown"),
    "topic read as data, subscription here": ((topic(managed=False), subscription()), "pass"),
}


@pytest.mark.parametrize(("parts", "status"), SUBSCRIPTIONS.values(), ids=SUBSCRIPTIONS.keys())
def test_somebody_hears_the_topic(parts, status):
    assert only("DS001", network(GROUP, LOG, metric_filter(), alarm(), *parts)).status == status


def test_a_mail_that_a_plan_sends_may_be_taken_as_confirmed():
    parts = network(GROUP, LOG, metric_filter(), alarm(), topic(), subscription(**MAIL))
    finding = only("DS001", parts, DS001={"assume_confirmed": True})
    assert (finding.status, finding.confidence) == ("pass", Confidence.MEDIUM)
    assert "Assumed: somebody confirms" in " ".join(each.statement for each in finding.evidence)


def test_a_pending_mail_of_an_account_is_never_taken_as_confirmed():
    parts = network(GROUP, LOG, metric_filter(), alarm(), topic(), subscription(protocol="email", confirmed=False))
    assert only("DS001", parts, DS001={"assume_confirmed": True}).status == "fail"


CHAIN = (alarm(), topic(), subscription())
LOGS = {
    "custom format, its own pattern": ((FULL, metric_filter(pattern=FULL_PATTERN)), "pass"),
    "custom format, the guide's pattern": ((FULL, metric_filter()), "fail"),
    "format not known": ((flow_log(destination=to_group(), log_format=LATER), metric_filter()), "unknown"),
    "accepted only": ((flow_log(destination=to_group(), traffic_type=TrafficType.ACCEPT),), "not-applicable"),
    "traffic not known": ((flow_log(destination=to_group(), traffic_type=LATER), metric_filter()), "unknown"),
    "rejects only": (
        (flow_log(destination=to_group(), log_format=None, traffic_type=TrafficType.REJECT), metric_filter()),
        "pass",
    ),
    "no dstport": ((flow_log(destination=to_group(), log_format="${srcaddr} ${action}"), metric_filter()), "fail"),
    "gateway": (
        (
            flow_log(
                destination=to_group(),
                target_type=FlowLogTarget.TRANSIT_GATEWAY,
                traffic_type=None,
                log_format=None,
            ),
        ),
        "not-applicable",
    ),
    "two formats, one filter": ((LOG, FULL_B, metric_filter()), "fail"),
    "two formats, two filters": (
        (
            LOG,
            FULL_B,
            metric_filter(),
            metric_filter("aws_cloudwatch_log_metric_filter.b", pattern=FULL_PATTERN),
        ),
        "pass",
    ),
    "a filter for each port": (
        (
            LOG,
            metric_filter(pattern=ONE_PORT),
            metric_filter("aws_cloudwatch_log_metric_filter.b", pattern=OTHER_PORT),
        ),
        "pass",
    ),
    "the second port's metric is not watched": (
        (
            LOG,
            metric_filter(pattern=ONE_PORT),
            metric_filter("aws_cloudwatch_log_metric_filter.b", pattern=OTHER_PORT, metric_name="x"),
        ),
        "fail",
    ),
    "the log may not exist": ((replace(LOG, exists=LATER),), "unknown"),
}


@pytest.mark.parametrize(("parts", "status"), LOGS.values(), ids=LOGS.keys())
def test_the_format_of_each_log_counts(parts, status):
    assert only("DS001", network(GROUP, *parts, *CHAIN)).status == status


def test_ports_and_wider_filters_are_the_policys_choice():
    parts = network(GROUP, LOG, metric_filter(pattern=ONE_PORT), *CHAIN)
    assert only("DS001", parts, DS001={"ports": [22]}).status == "pass"
    assert only("DS001", parts, DS001={"ports": [3389]}).status == "fail"
    wide = network(GROUP, LOG, metric_filter(pattern="[..., action=REJECT, s]"), *CHAIN)
    assert only("DS001", wide, DS001={"allow_wider": True}).status == "pass"


GROUPS = {
    "class without metric filters": (log_group(log_group_class="INFREQUENT_ACCESS"), "fail"),
    "class not known": (log_group(log_group_class=LATER), "pass"),
    "read as data": (log_group(managed=False), "pass"),
}


@pytest.mark.parametrize(("group", "status"), GROUPS.values(), ids=GROUPS.keys())
def test_the_group(group, status):
    assert only("DS001", network(group, LOG, metric_filter(), *CHAIN)).status == status


def test_a_group_kept_elsewhere_may_have_its_filter_there():
    assert only("DS001", network(log_group(managed=False), LOG)).status == "unknown"
    outside = flow_log(destination=to_group(None), log_format=None)
    assert only("DS001", network(outside), "aws_flow_log.a").status == "unknown"
    here = network(outside, metric_filter(log_group="/vpc"), *CHAIN)
    assert only("DS001", here, "aws_flow_log.a").status == "pass"
    other = network(outside, metric_filter(log_group="/vpc2"), *CHAIN)
    assert only("DS001", other, "aws_flow_log.a").status == "unknown"


def test_a_group_that_is_gone_or_not_known_is_not_judged_here():
    outside = flow_log(destination=to_group(None), log_format=None)
    absent = Absent(
        type="aws_cloudwatch_log_group",
        key="arn:aws:logs:eu-west-1:111122223333:log-group:/vpc",
        origin=Origin(source=Source.ACCOUNT),
        says="not there",
    )
    assert only("DS001", replace(network(outside), absent=(absent,))).status == "not-applicable"
    assert only("DS001", network(replace(outside, destination=LATER))).status == "unknown"
    group = log_group(arn="arn:aws:logs:eu-west-1:111122223333:log-group:/vpc")
    gone = (change(ChangeAction.DELETE, "aws_cloudwatch_log_group.logs"),)
    loaded = Loaded(before=network(group, LOG), after=network(outside), changes=gone)
    assert only("DS001", loaded).status == "not-applicable"


def test_logs_to_a_bucket_are_no_subject():
    loaded = Loaded(after=network(flow_log(destination=to_bucket()), GROUP))
    assert not [each for each in judge(loaded).findings if each.rule_id == "DS001"]


@pytest.mark.parametrize(
    ("type_", "parts"),
    [
        pytest.param("aws_cloudwatch_log_metric_filter", (), id="filters"),
        pytest.param("aws_cloudwatch_metric_alarm", (metric_filter(),), id="alarms"),
        pytest.param("aws_sns_topic_subscription", (metric_filter(), alarm(), topic()), id="subscriptions"),
    ],
)
def test_what_was_not_read_may_be_there(type_, parts):
    unread = (Unread(types=(type_,), cause=Unknown("denied")),)
    assert only("DS001", network(GROUP, LOG, *parts, unread=unread)).status == "unknown"
    assert only("DS001", network(GROUP, LOG, *parts)).status == "fail"


def test_a_topic_that_does_not_exist_fails():
    arn = "arn:aws:sns:eu-west-1:111122223333:gone"
    absent = Absent(type="aws_sns_topic", key=arn, origin=Origin(source=Source.ACCOUNT), says="NotFound: no topic")
    made = replace(network(GROUP, LOG, metric_filter(), alarm(alarm_actions=(arn,))), absent=(absent,))
    finding = only("DS001", made)
    assert finding.status == "fail"
    assert "NotFound: no topic" in finding.message


def test_a_pass_says_which_field_stands_where():
    finding = only("DS001", network(GROUP, LOG, metric_filter(), *CHAIN))
    says = " ".join(each.statement for each in finding.evidence)
    assert "fields 7 (dstport), 8 (protocol), 13 (action) of the 14 that aws_flow_log.a writes" in says


def test_a_failure_says_what_stands_there_and_gives_the_right_pattern():
    finding = only("DS001", network(GROUP, FULL, metric_filter(), *CHAIN))
    assert "destport stands at field 7, where the records have dstaddr" in finding.message
    assert finding.remediation is not None and FULL_PATTERN in (finding.remediation.terraform or "")


def test_changes():
    good = network(GROUP, LOG, metric_filter(), *CHAIN)
    worse = only("DS001", Loaded(before=good, after=network(GROUP, LOG)))
    assert worse.change is Change.REGRESSION
    half = network(GROUP, LOG, metric_filter(pattern=ONE_PORT), *CHAIN)
    assert only("DS001", Loaded(before=half, after=network(GROUP, LOG))).change is Change.REGRESSION
    assert only("DS001", Loaded(before=network(GROUP, LOG), after=good)).change is Change.FIXED


def test_it_is_off_by_default():
    assert not [each for each in judge(Loaded(after=network(GROUP, LOG))).findings if each.rule_id == "DS001"]
