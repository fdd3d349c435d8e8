"""OCSF: valid by the published schema of its version, without a verdict that nobody reached."""

import dataclasses
import json
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from checker.model.assessment import Assessment, FixedFinding, History, OpenFinding
from checker.model.finding import Report, Status
from checker.report import FORMATS, RenderOptions
from checker.report.ocsf import VERSION
from tests.report.html import made
from tests.report.html.hostile import ATTACKS, hostile_report
from tests.report.sample import EMPTY, FINDINGS, REPORT, report_of

REPORTS = {"rich": REPORT, "empty": EMPTY, "live": made.report(), "hostile": hostile_report()}


def events(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(FORMATS["ocsf"].render(report, RenderOptions()))
    return found


@cache
def validator(profiles: tuple[str, ...]) -> Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
    return Draft202012Validator(schema.get_class_schema(class_name="compliance_finding", profiles=list(profiles)))


@pytest.mark.parametrize("name", REPORTS)
def test_events_are_valid(name: str) -> None:
    wrong = [
        f"{error.json_path}: {error.message[:200]}"
        for event in events(REPORTS[name])
        for error in validator(tuple(event["metadata"].get("profiles", ()))).iter_errors(event)
    ]
    assert wrong == []


def test_the_schema_would_find_a_mistake() -> None:
    event = events(REPORT)[0]
    assert list(validator(()).iter_errors({**event, "severity_id": "high"}))
    assert list(validator(()).iter_errors({**event, "invented": 1}))


def test_each_verdict_has_its_words() -> None:
    by_code = {event["status_code"]: event for event in events(REPORT)[:-1]}
    said = {code: (event["compliance"]["status"], event["status"]) for code, event in by_code.items()}
    assert said == {
        "fail": ("Fail", "Suppressed"),  # the last one of the sample is in the baseline
        "unknown": ("Unknown", "New"),
        "waived": ("Fail", "Suppressed"),
        "pass": ("Pass", "Resolved"),
    }
    assert events(REPORT)[0]["status"] == "New"


def test_what_does_not_apply_is_counted_and_gaps_are_told() -> None:
    *findings, last = events(REPORT)
    assert len(findings) == sum(each.status is not Status.NOT_APPLICABLE for each in REPORT.findings)
    assert last["unmapped"]["gaps"][0]["what"] == "broken.tf:4"
    assert last["unmapped"]["not_listed"][0] == "1 not applicable"
    assert last["compliance"]["status"] == "Unknown"


def test_an_empty_run_is_no_pass() -> None:
    (only,) = events(EMPTY)
    assert only["message"].startswith("NOTHING WAS EXAMINED")
    assert only["compliance"]["status"] == "Unknown"


def test_subjects_of_live_accounts_say_where_they_are() -> None:
    event = events(made.report())[0]
    assert event["metadata"]["profiles"] == ["cloud"]
    assert event["cloud"]["provider"] == "AWS"
    assert event["cloud"]["account"]["uid"] == event["resources"][0]["uid"].split(":")[4]
    assert "cloud" not in events(REPORT)[0]


def with_history(statuses: dict[str, Status], **past: Any) -> Report:
    """Return a run with verdicts by subject, and a past of it."""
    found = tuple(
        made.finding(made.RULES[0], made.resource(1, number), status, id=name)
        for number, (name, status) in enumerate(statuses.items())
    )
    assessment = Assessment(history=History(previous=None, **past))
    return made.report(findings=found, assessment=assessment)


SINCE = made.NOW - timedelta(days=9)


def over(name: str, how: str) -> FixedFinding:
    return FixedFinding(id=name, rule_id="FL001", resource="vpc-9", message="It is dark.", since=SINCE, how=how)


def test_a_failure_that_is_over_is_closed_and_one_that_was_seen_before_is_an_update() -> None:
    report = with_history(
        {"new": Status.FAIL, "open": Status.FAIL, "repaired": Status.PASS, "always": Status.PASS,
         "accepted": Status.WAIVED, "dim": Status.UNKNOWN, "exempt": Status.NOT_APPLICABLE},
        open=(OpenFinding(id="open", since=SINCE),),
        fixed=(over("accepted", "waived"), over("dim", "not-examined"), over("exempt", "not-applicable"),
               over("lost", "gone"), over("repaired", "fixed"), over("unseen", "not-examined")),
    )  # fmt: skip
    *found, _ = events(report)
    told = {each["finding_info"]["uid"]: (each["type_uid"], each["status"], each["status_code"]) for each in found}
    assert told == {
        "new": (200301, "New", "fail"),
        "open": (200302, "New", "fail"),
        "repaired": (200303, "Resolved", "pass"),
        "always": (200301, "Resolved", "pass"),
        "accepted": (200302, "Suppressed", "waived"),
        "dim": (200302, "New", "unknown"),
        "exempt": (200303, "Resolved", "not-applicable"),
        "lost": (200303, "Resolved", "gone"),
    }
    assert len(found) == len(told), "one event for each"
    first = {each["finding_info"]["uid"]: each["finding_info"].get("first_seen_time") for each in found}
    assert {name for name, seen in first.items() if seen == SINCE.timestamp() * 1000} == {*told} - {"new", "always"}
    for event in found:
        validator(tuple(event["metadata"].get("profiles", ()))).validate(event)


def test_without_a_history_nothing_is_closed() -> None:
    assert {each["activity_name"] for each in events(made.report(assessment=None))} == {"Create", "Other"}


def test_hostile_texts_come_out_as_they_went_in() -> None:
    messages = [event["message"] for event in events(hostile_report())[:-1]]
    assert messages[0] == ATTACKS[0]
    assert "\x1b" not in FORMATS["ocsf"].render(hostile_report(), RenderOptions())


def test_a_baselined_failure_says_so() -> None:
    known = dataclasses.replace(FINDINGS[0], baselined=True)
    assert events(report_of((known,)))[0]["status_detail"] == "in the baseline"
