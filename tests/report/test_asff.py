"""ASFF: as botocore's own model of BatchImportFindings takes it, within the limits that Security Hub documents."""

import dataclasses
import json
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from checker.model.finding import Finding, Report, Status
from checker.report import FORMATS, RenderOptions
from checker.report.asff import partition_of, product_arn
from tests.report.html import made
from tests.report.html.hostile import hostile_report
from tests.report.sample import EMPTY, REPORT

SHAPE = (
    botocore.session.get_session().get_service_model("securityhub").operation_model("BatchImportFindings").input_shape
)


def asff(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(FORMATS["asff"].render(report, RenderOptions()))
    return found


def at_home(finding: Finding) -> Finding:
    place = dataclasses.replace(finding.resource, account="111122223333", region="eu-central-1")
    return dataclasses.replace(finding, resource=place)


HOSTILE = dataclasses.replace(hostile_report(), findings=tuple(map(at_home, hostile_report().findings)))


@pytest.mark.parametrize("report", [REPORT, made.report(), HOSTILE], ids=["rich", "live", "hostile"])
def test_findings_are_what_the_service_takes(report: Report) -> None:
    found = asff(report)
    assert found
    assert ParamValidator().validate({"Findings": found}, SHAPE).generate_report() == ""
    for each in found:
        lengths = {"Id": 512, "Title": 256, "Description": 1024, "ProductArn": 2048}
        assert all(1 <= len(each[name]) <= most for name, most in lengths.items())
        assert len(json.dumps(each).encode()) < 240_000
        assert len(each["ProductFields"]) <= 50
        assert all(len(value) <= 2048 for value in each["ProductFields"].values())
        assert len(each["Resources"]) == 1


def test_the_validator_would_find_a_mistake() -> None:
    wrong = [{**asff(REPORT)[0], "Resources": "none"}]
    assert ParamValidator().validate({"Findings": wrong}, SHAPE).generate_report()


def test_ids_are_told_apart_also_where_they_are_too_long() -> None:
    found = asff(HOSTILE)
    assert len({each["Id"] for each in found}) == len(HOSTILE.findings)


def test_an_unknown_is_neither_passed_nor_failed() -> None:
    states = {each["ProductFields"]["flowcheck/status"]: each["Compliance"]["Status"] for each in asff(made.report())}
    assert states == {"fail": "FAILED", "waived": "FAILED", "unknown": "NOT_AVAILABLE", "pass": "PASSED"}
    unknown = next(each for each in asff(made.report()) if each["Compliance"]["Status"] == "NOT_AVAILABLE")
    assert unknown["Compliance"]["StatusReasons"][0]["ReasonCode"] == "FLOWCHECK_UNKNOWN"


def test_waived_and_baselined_failures_are_suppressed() -> None:
    waived = [each for each in asff(made.report()) if each["ProductFields"]["flowcheck/status"] == "waived"]
    assert {each["Workflow"]["Status"] for each in waived} == {"SUPPRESSED"}
    assert "netops@example.com" in waived[0]["ProductFields"]["flowcheck/waiver"]
    known = dataclasses.replace(made.report().findings[0], baselined=True)
    (found,) = asff(dataclasses.replace(made.report(), findings=(known,)))
    assert found["Workflow"] == {"Status": "SUPPRESSED"}


def test_a_failure_seen_before_is_as_old_as_it_is() -> None:
    report = made.report()
    assert report.assessment is not None
    assert report.assessment.history is not None
    still = report.assessment.history.open[0]
    found = next(each for each in asff(report) if each["Id"].endswith(still.id))
    assert found["CreatedAt"] == "2026-01-22T06:00:00Z"
    assert found["UpdatedAt"] == "2026-01-31T06:00:00Z"


def test_what_is_left_out_is_said_beside_the_list() -> None:
    said = FORMATS["asff"].remarks(REPORT, RenderOptions())
    assert said == "asff leaves out: 11 findings without an account and a region, 1 not applicable, 2 gaps, 2 notes."
    assert len(asff(REPORT)) == sum(each.resource.account is not None for each in REPORT.findings)
    assert asff(EMPTY) == []
    clean = dataclasses.replace(
        made.report(), gaps=(), notes=(), summary=dataclasses.replace(REPORT.summary, counts={})
    )
    assert FORMATS["asff"].remarks(clean, RenderOptions()) is None
    assert FORMATS["sarif"].remarks(REPORT, RenderOptions()) is None


def test_what_does_not_apply_is_no_finding() -> None:
    some = [each for each in made.report().findings if each.status is Status.NOT_APPLICABLE]
    assert some
    assert asff(dataclasses.replace(made.report(), findings=tuple(some))) == []


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov")]
)
def test_arns_are_of_the_partition(region: str, partition: str) -> None:
    assert partition_of(region) == partition
    assert product_arn("1" * 12, region).split(":")[1] == partition
