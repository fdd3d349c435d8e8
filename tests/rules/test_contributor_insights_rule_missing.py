from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.finding import Change
from checker.model.flow_log import TrafficType
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.model.model import Unread
from checker.rules._fields import DEFAULT_FIELDS
from checker.rules._insight import defects, parse_definition
from checker.rules._record import Layout
from checker.rules.engine import judge
from tests.rules.build import FULL_FORMAT, LATER, OTHER, flow_log, log_group, only, to_bucket, to_group
from tests.rules.build_monitoring import GROUP, LOG, insight_rule, network

FULL = flow_log(destination=to_group(), role="aws_iam_role.logs", log_format=FULL_FORMAT)
ACCEPTS = flow_log(destination=to_group(), log_format=None, traffic_type=TrafficType.ACCEPT)
ARN = "arn:aws:logs:eu-west-1:111122223333:log-group:/vpc"


def definition(**over: Any) -> str:
    """The top talkers of the CloudWatch guide."""
    contribution = {
        "Keys": over.pop("keys", ["srcaddr", "dstaddr"]),
        "ValueOf": over.pop("value_of", "bytes"),
        "Filters": over.pop("filters", []),
    }
    made = {
        "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
        "LogGroupNames": ["/vpc"],
        "LogFormat": "CLF",
        "Fields": {"4": "srcaddr", "5": "dstaddr", "10": "bytes"},
        "Contribution": contribution,
        "AggregateOn": "Sum",
    }
    return json.dumps({**made, **over})


REJECTED = {
    "Fields": {"3": "interfaceID", "4": "sourceAddress", "8": "protocol", "13": "action"},
    "keys": ["interfaceID", "sourceAddress"],
    "value_of": None,
    "filters": [{"Match": "protocol", "EqualTo": 6}, {"Match": "action", "In": ["REJECT"]}],
}

DEFINITIONS = {
    "top talkers": (definition(), "pass"),
    "rejected": (definition(**REJECTED), "pass"),
    "group by prefix": (definition(LogGroupNames=["/v*"]), "pass"),
    "another group": (definition(LogGroupNames=["/vpc2"]), "fail"),
    "a prefix without star": (definition(LogGroupNames=["/v"]), "fail"),
    "group by ARN": (definition(LogGroupNames=[], LogGroupARNs=[ARN]), "pass"),
    "group by ARN with star": (definition(LogGroupNames=[], LogGroupARNs=[f"{ARN}:*"]), "pass"),
    "ARN of another account": (definition(LogGroupNames=[], LogGroupARNs=[ARN.replace("1111", "9999")]), "fail"),
    "json": (definition(LogFormat="JSON"), "fail"),
    "one place off": (definition(Fields={"5": "srcaddr", "6": "dstaddr", "10": "bytes"}), "fail"),
    "beyond the record": (definition(Fields={"4": "srcaddr", "5": "dstaddr", "15": "bytes"}), "fail"),
    "place zero": (definition(Fields={"0": "srcaddr", "5": "dstaddr", "10": "bytes"}), "fail"),
    "no place": (definition(Fields={"$.srcaddr": "srcaddr"}, keys=["srcaddr"], value_of=None), "fail"),
    "a name that says nothing": (definition(Fields={"4": "who"}, keys=["who"], value_of=None), "pass"),
    "a name that says nothing on another place": (definition(Fields={"9": "who"}, keys=["who"], value_of=None), "fail"),
    "key that is no field": (definition(keys=["pkt-srcaddr"]), "fail"),
    "no key": (definition(keys=[]), "fail"),
    "key that is no contributor": (definition(Fields={"7": "dstport"}, keys=["dstport"], value_of=None), "fail"),
    "sum of words": (definition(value_of="dstaddr"), "fail"),
    "sum of nothing": (definition(value_of="packets"), "fail"),
    "filter on no field": (definition(filters=[{"Match": "action", "In": ["REJECT"]}]), "fail"),
    "another schema": (definition(Schema={"Name": "Other", "Version": 1}), "fail"),
    "no json text": ("{", "fail"),
    "a list": ("[]", "fail"),
    "not known": (LATER, "unknown"),
}


@pytest.mark.parametrize(("text", "status"), DEFINITIONS.values(), ids=DEFINITIONS.keys())
def test_the_definition_fits_the_default_format(text, status):
    assert only("DS002", network(GROUP, LOG, insight_rule(definition=text))).status == status


OTHERS = {
    "disabled": ((LOG, insight_rule(definition=definition(), enabled=False)), "fail"),
    "state not known": ((LOG, insight_rule(definition=definition(), enabled=LATER)), "unknown"),
    "another region": ((LOG, insight_rule(definition=definition(), region="us-east-1")), "fail"),
    "another account": ((LOG, insight_rule(definition=definition(), account=OTHER)), "fail"),
    "may not exist": ((LOG, insight_rule(definition=definition(), exists=LATER)), "unknown"),
    "custom format": ((FULL, insight_rule(definition=definition())), "fail"),
    "custom format with its places": (
        (FULL, insight_rule(definition=definition(Fields={"6": "srcaddr", "7": "dstaddr", "23": "bytes"}))),
        "pass",
    ),
    "format not known": ((flow_log(destination=to_group(), log_format=LATER),), "unknown"),
    "rejected traffic that is not recorded": ((ACCEPTS, insight_rule(definition=definition(**REJECTED))), "fail"),
    "accepted traffic": ((ACCEPTS, insight_rule(definition=definition())), "pass"),
    "one of two rules": (
        (
            LOG,
            insight_rule(definition=definition(LogFormat="JSON")),
            insight_rule("aws_cloudwatch_contributor_insight_rule.b", definition=definition()),
        ),
        "pass",
    ),
    "no rule": ((LOG,), "fail"),
}


@pytest.mark.parametrize(("parts", "status"), OTHERS.values(), ids=OTHERS.keys())
def test_the_rule_reads_the_group_and_fits_each_log(parts, status):
    assert only("DS002", network(GROUP, *parts)).status == status


def test_the_contributors_are_the_policys_choice():
    made = network(GROUP, LOG, insight_rule(definition=definition(Fields={"3": "eni"}, keys=["eni"], value_of=None)))
    assert only("DS002", made).status == "fail"
    assert only("DS002", made, DS002={"contributors": ["interface-id"]}).status == "pass"


def test_what_was_not_read_or_is_kept_elsewhere_may_be_there():
    unread = (Unread(types=("aws_cloudwatch_contributor_insight_rule",), cause=Unknown("denied")),)
    assert only("DS002", network(GROUP, LOG, unread=unread)).status == "unknown"
    assert only("DS002", network(log_group(managed=False), LOG)).status == "unknown"
    outside = flow_log(destination=to_group(None), log_format=None)
    assert only("DS002", network(outside), "aws_flow_log.a").status == "unknown"
    assert only("DS002", network(outside, insight_rule(definition=definition())), "aws_flow_log.a").status == "pass"


def test_a_failure_names_the_place_and_gives_a_rule_that_fits():
    finding = only("DS002", network(GROUP, FULL, insight_rule(definition=definition())))
    assert "srcaddr is field 4, where the records have vpc-id" in finding.message
    assert finding.remediation is not None and finding.remediation.terraform is not None
    assert '"6" = "srcaddr"' in finding.remediation.terraform and '"23" = "bytes"' in finding.remediation.terraform


def test_changes_and_off_by_default():
    good, bad = network(GROUP, LOG, insight_rule(definition=definition())), network(GROUP, LOG)
    assert only("DS002", Loaded(before=good, after=bad)).change is Change.REGRESSION
    assert not [each for each in judge(Loaded(after=bad)).findings if each.rule_id == "DS002"]
    loaded = Loaded(after=network(flow_log(destination=to_bucket()), GROUP))
    assert not [each for each in judge(loaded).findings if each.rule_id == "DS002"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)
PARTS = ("Schema", "LogGroupNames", "LogGroupARNs", "LogFormat", "Fields", "Contribution", "AggregateOn")
INNER = ("Keys", "ValueOf", "Filters")


@given(st.sampled_from((*PARTS, *INNER)), JSON)
def test_a_strange_definition_gives_a_defect_and_no_error(part, value):
    data = json.loads(definition(**REJECTED))
    (data["Contribution"] if part in INNER else data)[part] = value
    found = parse_definition(json.dumps(data))
    if not isinstance(found, str):
        assert all(isinstance(each, str) for each in defects(found, Layout(DEFAULT_FIELDS, frozenset()), ["srcaddr"]))
        assert found.names_group("/vpc", ARN) in (True, False, None)


@given(st.text(max_size=60))
def test_any_text_as_a_definition_is_read_without_an_error(text):
    found = parse_definition(text)
    assert isinstance(found, str) or found.keys == ()
