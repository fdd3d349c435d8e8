"""OSCAL: valid by NIST's own schemas, honest about what was not examined, the same document for the same run."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from markdown_it import MarkdownIt

from checker.model.assessment import ControlStatus
from checker.model.finding import Control, Report, Status
from checker.report import FORMATS, RenderOptions
from checker.report.oscal import control_id
from tests.report.html import made
from tests.report.html.hostile import hostile_report
from tests.report.sample import EMPTY, REPORT

SCHEMAS = Path(__file__).parents[3] / "shared" / "reference" / "schemas"
NAMES = ["oscal_assessment-results_schema.json", "oscal_assessment-results_schema_1.1.json"]
TOKEN = (r"^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$", r"^[^\W\d][\w.\-]*$")
"""The pattern of a token, and the same as Python writes it."""

MADE = made.report()
REPORTS = {"rich": REPORT, "empty": EMPTY, "assessed": MADE, "hostile": hostile_report()}


def oscal(report: Report) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(FORMATS["oscal"].render(report, RenderOptions()))["assessment-results"]
    return document


@pytest.mark.shared
@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="../shared/reference/schemas is not here")
@pytest.mark.parametrize("schema", NAMES)
@pytest.mark.parametrize("name", REPORTS)
def test_a_document_is_valid(name: str, schema: str) -> None:
    text = (SCHEMAS / schema).read_text(encoding="utf-8")
    assert json.dumps(TOKEN[0])[1:-1] in text
    rules = Draft7Validator(json.loads(text.replace(*(json.dumps(each)[1:-1] for each in TOKEN))))
    wrong = [
        f"{error.json_path}: {error.message[:200]}"
        for error in rules.iter_errors({"assessment-results": oscal(REPORTS[name])})
    ]
    assert wrong == []


@pytest.mark.shared
@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="../shared/reference/schemas is not here")
def test_the_schema_would_find_a_mistake() -> None:
    text = (SCHEMAS / NAMES[0]).read_text(encoding="utf-8").replace(*(json.dumps(each)[1:-1] for each in TOKEN))
    document = oscal(MADE)
    document["results"][0]["observations"][0]["collected"] = "yesterday"
    assert list(Draft7Validator(json.loads(text)).iter_errors({"assessment-results": document}))


def every(value: Any, key: str) -> list[Any]:
    if isinstance(value, dict):
        return [each for name, member in value.items() for each in ([member] if name == key else every(member, key))]
    return [each for item in value for each in every(item, key)] if isinstance(value, list) else []


@pytest.mark.parametrize("name", ["rich", "assessed"])
def test_every_reference_leads_somewhere_and_no_name_is_given_twice(name: str) -> None:
    document = oscal(REPORTS[name])
    given = every(document, "uuid")
    assert len(given) == len(set(given))
    for key in ("observation-uuid", "subject-uuid", "component-uuid"):
        assert set(every(document, key)) <= set(given)
    assert document["import-ap"]["href"].removeprefix("#") in given


def test_equal_runs_are_equal_documents_and_other_runs_have_other_names() -> None:
    later = dataclasses.replace(MADE, run=dataclasses.replace(MADE.run, started_at=made.NOW.replace(day=30)))
    assert oscal(MADE) == oscal(made.report())
    assert oscal(MADE)["uuid"] != oscal(later)["uuid"]
    subjects = [each["uuid"] for each in oscal(MADE)["results"][0]["local-definitions"]["inventory-items"]]
    assert subjects == [each["uuid"] for each in oscal(later)["results"][0]["local-definitions"]["inventory-items"]]


def test_only_controls_with_a_verdict_are_satisfied_or_not() -> None:
    (result,) = oscal(with_statuses())["results"]
    states = {each["target"]["target-id"]: each["target"]["status"] for each in result["findings"]}
    assert states == {
        "x-1-met": {"state": "satisfied", "reason": "pass"},
        "x-1-not-met": {"state": "not-satisfied", "reason": "fail"},
    }
    (selection,) = result["reviewed-controls"]["control-selections"]
    included = [each["control-id"] for each in selection["include-controls"]]
    assert included == ["x-1-met", "x-1-not-met", "x-1-partly-examined"]
    assert [each["control-id"] for each in selection["exclude-controls"]] == ["x-1-not-examined"]
    said = [each["title"] for each in result["observations"] if each.get("types") == ["control-objective"]]
    assert said == ["x 1 partly-examined: partly examined", "x 1 not-examined: not examined"]


def with_statuses() -> Report:
    """A run with a control of each status."""
    assert MADE.assessment is not None
    first = MADE.assessment.controls[0]
    rows = tuple(
        dataclasses.replace(
            first, status=status, control=Control(framework="x", version="1", id=status.value), failing=()
        )
        for status in ControlStatus
    )
    return dataclasses.replace(MADE, assessment=dataclasses.replace(MADE.assessment, controls=rows))


def test_failures_are_open_risks_and_waived_ones_accepted_until_their_end() -> None:
    (result,) = oscal(REPORT)["results"]
    states = {
        status: [each for each in result["risks"] if each["status"] == status]
        for status in ("open", "deviation-approved")
    }
    assert len(states["open"]) == REPORT.summary.counts[Status.FAIL]
    assert len(states["deviation-approved"]) == REPORT.summary.counts[Status.WAIVED]
    assert [each.get("deadline") for each in states["deviation-approved"]] == ["2027-03-31T23:59:59Z", None]
    assert "non-Nitro fleet" in states["deviation-approved"][0]["mitigating-factors"][0]["description"]


def test_every_verdict_and_every_gap_is_an_observation() -> None:
    (result,) = oscal(REPORT)["results"]
    assert len(result["observations"]) == len(REPORT.findings) + len(REPORT.gaps)
    assert "Left out: inventory, coverage, history and diagnoses" in result["remarks"]


def test_markup_of_the_input_stays_text() -> None:
    document = oscal(hostile_report())
    page = MarkdownIt("commonmark")
    for key in ("title", "description", "statement", "remarks"):
        for text in every(document, key):
            html = page.render(text)
            assert "<script" not in html
            assert "<img" not in html
            assert "<a href" not in html.replace(f'<a href="{_DOCS}">', "")


_DOCS = "https://github.com/flowcheck/flowcheck/blob/main/docs"


@pytest.mark.parametrize(
    ("control", "token"),
    [
        (("NIST SP 800-53", "r5", "AC-4(26)"), "ac-4.26"),
        (("NIST SP 800-53", "r5", "AU-2"), "au-2"),
        (("CIS AWS Foundations Benchmark", "5.0.0", "3.7"), "cis_aws_foundations_benchmark-5.0.0-3.7"),
        (("HIPAA Security Rule", "45 CFR 164", "164.312(b)"), "hipaa_security_rule-45_cfr_164-164.312_b"),
        (("27001", "1", "A"), "_27001-1-a"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_controls_have_ids_as_oscal_writes_them(control: tuple[str, str, str], token: str) -> None:
    framework, version, name = control
    assert control_id(Control(framework=framework, version=version, id=name)) == token
