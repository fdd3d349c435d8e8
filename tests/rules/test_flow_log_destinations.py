"""FL004 and FL008: one allow-list, two questions, never both answers."""

from __future__ import annotations

import dataclasses

import pytest

from checker.model.finding import Change
from checker.model.flow_log import LogDestination, LogDestinationType, TrafficType
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.rules._destination import arn_allows
from checker.rules.engine import judge
from tests.rules.build import (
    ACCOUNT,
    LATER,
    OTHER,
    REGION,
    bucket,
    findings,
    flow_log,
    interface,
    model,
    on_subnet,
    settings,
    subnet,
    to_bucket,
    to_group,
    to_stream,
    transit_gateway,
    vpc,
)

GOOD = [{"type": "s3", "arn": "arn:aws:s3:::logs/*"}]
ROGUE = to_bucket(None, "rogue")
LOGS = bucket()


def pair(network, allow=GOOD, subject="aws_flow_log.a"):
    found = findings(network, FL004={"allow": allow})
    return found["FL004", subject].status, found["FL008", subject].status


ALLOW = {
    "bucket and its folders": ("arn:aws:s3:::logs", "arn:aws:s3:::logs/net", True),
    "bucket with star": ("arn:aws:s3:::logs/*", "arn:aws:s3:::logs", True),
    "longer bucket name": ("arn:aws:s3:::logs", "arn:aws:s3:::logs-evil", False),
    "longer bucket name with star": ("arn:aws:s3:::logs/*", "arn:aws:s3:::logs-evil/x", False),
    "bucket glob": ("arn:aws:s3:::logs-*", "arn:aws:s3:::logs-eu", True),
    "folder": ("arn:aws:s3:::logs/net", "arn:aws:s3:::logs/net/", True),
    "folder below": ("arn:aws:s3:::logs/net", "arn:aws:s3:::logs/net/vpc", True),
    "folder with star": ("arn:aws:s3:::logs/net/*", "arn:aws:s3:::logs/net", True),
    "folder beside": ("arn:aws:s3:::logs/net", "arn:aws:s3:::logs/network", False),
    "folder missing": ("arn:aws:s3:::logs/net", "arn:aws:s3:::logs", False),
    "another partition": ("arn:aws:s3:::logs", "arn:aws-cn:s3:::logs", False),
    "any partition": ("arn:*:s3:::logs", "arn:aws-cn:s3:::logs", None),
    "log group": ("arn:aws:logs:eu-west-1:1:log-group:/vpc", "arn:aws:logs:eu-west-1:1:log-group:/vpc", True),
    "log group with star in the list": (
        "arn:aws:logs:eu-west-1:1:log-group:/vpc:*",
        "arn:aws:logs:eu-west-1:1:log-group:/vpc",
        True,
    ),
    "log group below": ("arn:aws:logs:*:1:log-group:/vpc/*", "arn:aws:logs:eu-west-1:1:log-group:/vpc/a", True),
    "log group of another account": (
        "arn:aws:logs:*:1:log-group:/vpc",
        "arn:aws:logs:eu-west-1:2:log-group:/vpc",
        False,
    ),
    "stream with slash and colon": (
        "arn:aws:firehose:*:1:deliverystream/logs",
        "arn:aws:firehose:eu-west-1:1:deliverystream:logs",
        True,
    ),
    "symbol equal": ("arn:aws:s3:::logs", "⟦aws_s3_bucket.x.arn⟧", None),
    "symbol as account": ("arn:aws:logs:*:*:log-group:/vpc", "arn:aws:logs:eu-west-1:⟦root::x⟧:log-group:/vpc", True),
    "symbol as account, pinned": ("arn:aws:logs:*:1:log-group:/vpc", "arn:aws:logs:eu-west-1:⟦x⟧:log-group:/vpc", None),
    "symbol as bucket": ("arn:aws:s3:::logs/*", "arn:aws:s3:::⟦x.bucket⟧/net", None),
    "symbol in a bucket that cannot match": ("arn:aws:s3:::logs/*", "arn:aws:s3:::evil-⟦x⟧", False),
    "symbol in a bucket that must match": ("arn:aws:s3:::acme-*", "arn:aws:s3:::acme-⟦x⟧-logs", True),
    "no ARN": ("arn:aws:s3:::logs", "logs", False),
}


@pytest.mark.parametrize(("pattern", "text", "answer"), ALLOW.values(), ids=ALLOW.keys())
def test_arns_are_compared_by_their_parts(pattern, text, answer):
    if pattern.startswith("arn:*"):
        assert arn_allows(pattern, text) is not False
    else:
        assert arn_allows(pattern, text) is answer


SYMBOL = LogDestination(
    type=LogDestinationType.S3,
    entity="aws_s3_bucket.logs",
    arn=Unknown("known after apply", symbol="arn:aws:s3:::⟦aws_s3_bucket.logs.bucket⟧"),
    name=LATER,
    prefix=None,
)
CASES = {
    "allowed": (to_bucket(), GOOD, ("pass", "pass")),
    "allowed folder": (to_bucket(prefix="net"), GOOD, ("pass", "pass")),
    "not allowed": (ROGUE, GOOD, ("fail", "not-applicable")),
    "another type": (to_group(None), GOOD, ("fail", "not-applicable")),
    "any of several": (to_group(None), [*GOOD, {"type": "cloud-watch-logs"}], ("pass", "pass")),
    "all of one entry must fit": (to_group(None), [{"type": "s3", "account": ACCOUNT}], ("fail", "not-applicable")),
    "account of a log group": (to_group(None), [{"account": ACCOUNT}], ("pass", "pass")),
    "another account": (to_stream(None, account=OTHER), [{"account": ACCOUNT}], ("fail", "not-applicable")),
    "account of a bucket in the input": (to_bucket(), [{"account": ACCOUNT}], ("pass", "pass")),
    "another account's bucket": (to_bucket(), [{"account": OTHER}], ("fail", "not-applicable")),
    "account of a bucket outside": (to_bucket(None, "far"), [{"account": ACCOUNT}], ("unknown", "not-applicable")),
    "region of a bucket": (to_bucket(), [{"region": REGION}], ("pass", "pass")),
    "another region": (to_group(None), [{"region": "us-east-1"}], ("fail", "not-applicable")),
    "not known": (LATER, GOOD, ("unknown", "not-applicable")),
    "known by symbol only": (SYMBOL, GOOD, ("unknown", "not-applicable")),
    "known by symbol, type forbidden": (SYMBOL, [{"type": "cloud-watch-logs"}], ("fail", "not-applicable")),
}


@pytest.mark.parametrize(("destination", "allow", "statuses"), CASES.values(), ids=CASES.keys())
def test_a_log_that_coverage_depends_on_is_judged_by_the_first_rule(destination, allow, statuses):
    assert pair(model(vpc(), LOGS, flow_log(destination=destination)), allow) == statuses


def rogue(address="aws_flow_log.a", **over):
    return flow_log(address, over.pop("on", "aws_vpc.a"), destination=ROGUE, **over)


def good(address="aws_flow_log.b", **over):
    return flow_log(address, over.pop("on", "aws_vpc.a"), **over)


DEPENDS = {
    "another log records all": ((good(),), ("not-applicable", "fail")),
    "another log records less": ((good(traffic_type=TrafficType.REJECT),), ("fail", "not-applicable")),
    "two others add up": (
        (good(traffic_type=TrafficType.REJECT), good("aws_flow_log.c", traffic_type=TrafficType.ACCEPT)),
        ("not-applicable", "fail"),
    ),
    "another stray log does not help": ((rogue("aws_flow_log.b"),), ("fail", "not-applicable")),
    "a log on every subnet": ((subnet(), on_subnet("aws_flow_log.b", "aws_subnet.a")), ("not-applicable", "fail")),
    "a log on one of two subnets": (
        (subnet(), subnet("aws_subnet.b"), on_subnet("aws_flow_log.b", "aws_subnet.a")),
        ("fail", "not-applicable"),
    ),
    "a log that may be for it": ((good(on=Unknown("x")),), ("fail", "not-applicable")),
}


@pytest.mark.parametrize(("extra", "statuses"), DEPENDS.values(), ids=DEPENDS.keys())
def test_whether_coverage_depends_on_the_log_decides_which_rule_speaks(extra, statuses):
    assert pair(model(vpc(), LOGS, rogue(), *extra)) == statuses


def test_a_narrower_scope_is_covered_by_the_wider_one():
    stray = on_subnet("aws_flow_log.a", "aws_subnet.a", destination=ROGUE)
    assert pair(model(vpc(), LOGS, subnet(), interface(), stray, good())) == ("not-applicable", "fail")


def test_a_transit_gateway_has_no_traffic_type_to_compare():
    gateway = transit_gateway()
    stray = rogue(on=gateway.key, traffic_type=None)
    assert pair(model(gateway, LOGS, stray)) == ("fail", "not-applicable")
    assert pair(model(gateway, LOGS, stray, good(on=gateway.key, traffic_type=None))) == ("not-applicable", "fail")


def test_a_destination_not_known_on_a_superfluous_log_is_open_in_the_second_rule():
    assert pair(model(vpc(), LOGS, rogue(), good(destination=LATER)), GOOD) == ("fail", "not-applicable")
    assert pair(model(vpc(), LOGS, flow_log(destination=LATER), good())) == ("not-applicable", "unknown")


def test_both_are_off_without_an_allow_list_and_share_one():
    network = model(vpc(), LOGS, rogue())
    asked = {"FL004", "FL008"}
    assert not {rule for rule, _ in findings(network)} & asked
    for giver in asked:
        assert {rule for rule, _ in findings(network, **{giver: {"allow": GOOD}})} >= asked
    assert "FL004" not in {rule for rule, _ in findings(network, FL004=None, FL008={"allow": GOOD})}


def test_an_allow_list_of_a_rule_that_is_off_does_not_count():
    plain = settings(FL004={"allow": GOOD})

    def off(rule_id, entity):
        found = plain(rule_id, entity)
        return dataclasses.replace(found, enabled=False) if rule_id == "FL004" else found

    judged = judge(Loaded(after=model(vpc(), LOGS, rogue())), off)
    assert not [each for each in judged.findings if each.rule_id == "FL008"]


def test_coverage_by_a_disallowed_log_is_not_effective():
    found = findings(model(vpc(), LOGS, rogue()), FL004={"allow": GOOD})
    assert found["FL001", "aws_vpc.a"].status == "pass"
    assert found["FL001", "aws_vpc.a"].facts["effective_coverage"] == "NONE"


@pytest.mark.parametrize("rule_id", ["FL004", "FL008"])
def test_change(rule_id):
    extra = (good(),) if rule_id == "FL008" else ()
    before = model(vpc(), LOGS, flow_log(), *extra)
    after = model(vpc(), LOGS, rogue(), *extra)
    found = findings(Loaded(before=before, after=after), FL004={"allow": GOOD})
    assert found[rule_id, "aws_flow_log.a"].change is Change.REGRESSION
