"""Applying waivers: which findings they cover, until when, and what is said about those of no use."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from checker.model.finding import Finding, Status, WaiverRef
from checker.model.model import NetworkModel
from checker.model.origin import Origin, Source
from checker.policy import Waiver, apply_waivers
from tests.policy.samples import ACCOUNT, NOT_KNOWN, finding, flow_log

TODAY = date(2027, 1, 1)
FAR = date(2030, 1, 1)


def waiver(line: int = 3, **given: Any) -> Waiver:
    unset = dict.fromkeys(("address", "account", "region", "arn"))
    return Waiver(
        **{
            **unset,
            "rules": ("FL003",),
            "reason": "no Nitro yet",
            "owner": "netops@example.com",
            "until": FAR,
            "origin": Origin(source=Source.POLICY, path="waivers.yaml", line=line),
            **given,
        }
    )


def statuses(findings: tuple[Finding, ...]) -> list[str]:
    return [each.status.value for each in findings]


def test_a_failure_in_scope_becomes_waived_and_says_by_what() -> None:
    result = apply_waivers([finding()], [waiver(address="aws_flow_log.this")], today=TODAY)
    assert result.findings[0].status is Status.WAIVED
    assert result.findings[0].waiver == WaiverRef(
        source="waivers.yaml:3", reason="no Nitro yet", owner="netops@example.com", until=FAR
    )
    assert result.notes == ()


LIVE = {"account": ACCOUNT, "region": "eu-west-1", "arn": "arn:aws:ec2:eu-west-1:111122223333:vpc-flow-log/fl-1"}
SCOPES = [
    ({"address": "aws_flow_log.*"}, {}, True),
    ({"address": "aws_flow_log.that"}, {}, False),
    ({"address": "aws_flow_log.*"}, {"address": None, **LIVE}, False),
    ({"address": "module.legacy"}, {"address": 'module.legacy["a"].module.x.aws_flow_log.this[0]'}, True),
    ({"account": ACCOUNT}, LIVE, True),
    ({"account": "999900001111"}, LIVE, False),
    ({"account": ACCOUNT}, {}, False),
    ({"region": "eu-*"}, LIVE, True),
    ({"region": "us-*"}, LIVE, False),
    ({"arn": "arn:aws:ec2:*:111122223333:vpc-flow-log/*"}, LIVE, True),
    ({"arn": "arn:aws:ec2:*:111122223333:vpc-flow-log/fl-2"}, LIVE, False),
    ({"arn": "arn:aws:ec2:*:111122223333:vpc-flow-log/*"}, {}, False),
    ({"account": ACCOUNT, "region": "us-east-1"}, LIVE, False),
    ({"account": ACCOUNT, "address": "aws_flow_log.*"}, LIVE, True),
    ({"address": "aws_flow_log.*", "root": "live/prod"}, {"root": "live/prod"}, True),
    ({"address": "aws_flow_log.*", "root": "live/prod"}, {"root": "live/dev"}, False),
    ({"address": "aws_flow_log.*"}, {"root": "live/dev"}, True),
    ({"address": "aws_flow_log.*", "rules": ("FL006",)}, {}, False),
    ({"address": "aws_flow_log.*", "rules": ("FL006", "FL003")}, {}, True),
]


@pytest.mark.parametrize(("scope", "subject", "expected"), SCOPES, ids=[f"{s} ~ {r}" for s, r, _ in SCOPES])
def test_a_waiver_covers_its_scope_and_no_more(scope: dict[str, Any], subject: dict[str, Any], expected: bool) -> None:
    result = apply_waivers([finding(**subject)], [waiver(**scope)], today=TODAY)
    assert (result.findings[0].status is Status.WAIVED) is expected


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.FAIL])
def test_only_failures_are_waived(status: Status) -> None:
    given = finding(status=status)
    assert apply_waivers([given], [waiver(address="**")], today=TODAY).findings == (given,)


LAST_DAY = date(2027, 3, 31)
MOMENTS = [
    (datetime(2027, 3, 30, 12, tzinfo=UTC), "waived"),
    (datetime(2027, 3, 31, 0, 0, tzinfo=UTC), "waived"),
    (datetime(2027, 3, 31, 23, 59, 59, tzinfo=UTC), "waived"),
    (datetime(2027, 4, 1, 0, 0, tzinfo=UTC), "fail"),
    (datetime(2028, 3, 31, tzinfo=UTC), "fail"),
]


@pytest.mark.parametrize(("moment", "expected"), MOMENTS, ids=[str(moment) for moment, _ in MOMENTS])
def test_a_waiver_holds_to_the_end_of_its_last_day_in_utc(moment: datetime, expected: str) -> None:
    result = apply_waivers([finding()], [waiver(address="**", until=LAST_DAY)], today=moment.date())
    assert statuses(result.findings) == [expected]


def test_an_expired_waiver_opens_the_finding_again_and_says_so() -> None:
    given = finding()
    result = apply_waivers([given], [waiver(address="**", until=LAST_DAY)], today=date(2027, 4, 1))
    assert [each.statement for each in result.findings[0].evidence] == [
        "the waiver at waivers.yaml:3 expired on 2027-03-31"
    ]
    assert result.findings[0].facts_digest == given.facts_digest
    assert result.notes == ("waiver at waivers.yaml:3 expired on 2027-03-31: what it covered is open again",)


def test_a_waiver_that_still_holds_outweighs_an_expired_one() -> None:
    waivers = [waiver(3, address="**", until=date(2026, 1, 1)), waiver(9, address="aws_flow_log.*")]
    result = apply_waivers([finding()], waivers, today=TODAY)
    assert result.findings[0].status is Status.WAIVED
    assert result.findings[0].waiver is not None
    assert result.findings[0].waiver.source == "waivers.yaml:9"
    assert result.findings[0].evidence == ()


def test_the_first_of_several_waivers_is_named_and_none_is_called_useless() -> None:
    result = apply_waivers([finding()], [waiver(3, address="**"), waiver(9, address="aws_flow_log.*")], today=TODAY)
    assert result.findings[0].waiver is not None
    assert result.findings[0].waiver.source == "waivers.yaml:3"
    assert result.notes == ()


NOTES = [
    ("stale", [finding(status=Status.PASS)], {}, "is stale: what it covers no longer fails FL003"),
    ("not applicable", [finding(status=Status.NOT_APPLICABLE)], {}, "is stale: what it covers no longer fails FL003"),
    ("in use", [finding(status=Status.PASS), finding("aws_flow_log.b")], {}, None),
    ("unmatched", [finding("aws_flow_log.x")], {"address": "aws_flow_log.y"}, "matches nothing that FL003 judges"),
    ("other rule", [finding(rule="FL006")], {}, "matches nothing that FL003 judges"),
    (
        "unknown only",
        [finding(status=Status.UNKNOWN), finding("aws_flow_log.b", status=Status.PASS)],
        {},
        "meets only unknown verdicts of FL003; a waiver covers failures only",
    ),
    ("in 30 days", [finding()], {"until": TODAY + timedelta(days=30)}, "ends on 2027-01-31, in 30 days"),
    ("today", [finding()], {"until": TODAY}, "ends on 2027-01-01, in 0 days"),
    ("in 31 days", [finding()], {"until": TODAY + timedelta(days=31)}, None),
    (
        "account unknown",
        [finding()],
        {"account": ACCOUNT},
        "could not be decided for FL003, so it waives nothing there: the account of aws_flow_log.this is not known",
    ),
]


@pytest.mark.parametrize(("findings", "given", "expected"), [n[1:] for n in NOTES], ids=[n[0] for n in NOTES])
def test_waivers_of_no_use_and_those_that_end_soon_are_reported(
    findings: list[Finding], given: dict[str, Any], expected: str | None
) -> None:
    result = apply_waivers(findings, [waiver(**{"address": "**", **given})], today=TODAY)
    assert result.notes == (() if expected is None else (f"waiver at waivers.yaml:3 {expected}",))


def test_each_rule_of_a_waiver_is_reported_by_itself() -> None:
    result = apply_waivers([finding()], [waiver(address="**", rules=("FL003", "FL006"))], today=TODAY)
    assert result.notes == ("waiver at waivers.yaml:3 matches nothing that FL006 judges",)


def test_of_a_rule_that_did_not_run_nothing_is_said() -> None:
    waivers = [waiver(address="**", rules=("FL003", "FL006"))]
    assert apply_waivers([finding()], waivers, today=TODAY, ran={"FL003"}).notes == ()


def test_waivers_without_an_end_are_named_in_one_note() -> None:
    waivers = [waiver(3, address="**", until=None), waiver(8, address="**", until=None), waiver(9, address="**")]
    assert apply_waivers([finding()], waivers, today=TODAY).notes == (
        "2 waivers without an end date (until): waivers.yaml:3, waivers.yaml:8",
    )


TAGGED = [
    ({"env": "dev"}, "waived", 0),
    ({"env": "dev-2"}, "waived", 0),
    ({"env": "prod"}, "fail", 1),
    ({}, "fail", 1),
    (NOT_KNOWN, "fail", 1),
    ({"env": NOT_KNOWN}, "fail", 1),
]


@pytest.mark.parametrize(("tags", "expected", "notes"), TAGGED, ids=[str(tags) for tags, _, _ in TAGGED])
def test_a_scope_by_tag_looks_at_the_tags_of_the_subject(tags: Any, expected: str, notes: int) -> None:
    model = NetworkModel(flow_logs=(flow_log(tags=tags),))
    result = apply_waivers([finding()], [waiver(tags={"env": "dev*"})], today=TODAY, models=[model])
    assert statuses(result.findings) == [expected]
    assert len(result.notes) == notes


def test_the_network_after_the_change_decides_by_tag_and_the_one_before_only_for_what_is_gone() -> None:
    after = NetworkModel(flow_logs=(flow_log(tags={"env": "prod"}),))
    before = NetworkModel(flow_logs=(flow_log(tags={"env": "dev"}), flow_log("aws_flow_log.old", tags={"env": "dev"})))
    found = [finding(), finding("aws_flow_log.old")]
    result = apply_waivers(found, [waiver(tags={"env": "dev"})], today=TODAY, models=[after, before])
    assert statuses(result.findings) == ["fail", "waived"]


def test_without_a_network_a_scope_by_tag_is_undecided_and_said() -> None:
    result = apply_waivers([finding()], [waiver(tags={"env": "dev"})], today=TODAY)
    assert statuses(result.findings) == ["fail"]
    assert "aws_flow_log.this was not read" in result.notes[0]


def test_many_undecided_subjects_make_one_note() -> None:
    found = [finding(f"aws_flow_log.l{number}") for number in range(5)]
    result = apply_waivers(found, [waiver(account=ACCOUNT)], today=TODAY)
    assert len(result.notes) == 1
    assert result.notes[0].endswith("the account of aws_flow_log.l0 is not known (and 4 more)")


def test_without_waivers_nothing_changes() -> None:
    given = (finding(), finding("aws_flow_log.b", status=Status.PASS))
    result = apply_waivers(given, [], today=TODAY)
    assert (result.findings, result.notes) == (given, ())
