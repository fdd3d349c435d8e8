"""Whatever stands in a report's texts, every format stays well formed."""

import csv
import dataclasses
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import junitparser
import openpyxl
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from checker.model.finding import (
    Change,
    Confidence,
    Control,
    Evidence,
    Finding,
    Gap,
    Remediation,
    Report,
    Resource,
    RuleInfo,
    RunInfo,
    Severity,
    Status,
    Summary,
    WaiverRef,
)
from checker.model.origin import Origin, Source
from checker.report import FORMATS, Limits, RenderOptions
from checker.report.csv_rows import COLUMNS
from checker.report.run_file import read_run
from tests.report.test_asff import SHAPE
from tests.report.test_github import COMMAND
from tests.report.test_markdown import OURS, seen
from tests.report.test_ocsf import validator as ocsf_validator
from tests.report.test_oscal import every

WORDS = [
    "|", "`", "<b>", "</details>", "-->", "@a", "http://b.c", "\n", "\r\n", "::error::x", "##vso[a]", "\x1b[2J",
    "\u202e", "\x00", "=1", "%0A", ",", ":", "]](x)", "\ud800", "\udc00", "\ufffe", "```", "\\", "东", "&lt;", '"',
    "..", "/", "C:/",
]  # fmt: skip
texts = st.one_of(
    st.text(st.characters(codec=None, categories=None), max_size=20),
    st.lists(st.sampled_from(WORDS), max_size=6).map("".join),
)
maybe = st.none() | texts
lines = st.none() | st.integers(1, 9_999)

origins = st.builds(
    Origin, source=st.sampled_from(Source), root=texts, address=maybe, path=maybe, line=lines, end_line=lines, api=maybe
)
findings = st.builds(
    Finding,
    rule_id=texts,
    rule_name=texts,
    status=st.sampled_from(Status),
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    resource=st.builds(
        Resource, type=texts, address=maybe, arn=maybe, id=maybe, account=maybe, region=maybe, root=texts
    ),
    change=st.none() | st.sampled_from(Change),
    message=texts,
    why=texts,
    evidence=st.lists(st.builds(Evidence, statement=texts, origin=st.none() | origins), max_size=3).map(tuple),
    remediation=st.none() | st.builds(Remediation, summary=texts, terraform=maybe, cli=maybe),
    controls=st.lists(st.builds(Control, framework=texts, version=texts, id=texts), max_size=2).map(tuple),
    location=st.none() | origins,
    id=texts,
    facts=st.just({}),
    facts_digest=texts,
    waiver=st.none()
    | st.builds(WaiverRef, source=texts, reason=texts, owner=maybe, until=st.none() | st.dates(date(2000, 1, 1))),
    baselined=st.booleans(),
)
mappings = st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts, max_size=3)
reports = st.builds(
    Report,
    tool_version=texts,
    run=st.builds(
        RunInfo,
        command=texts,
        started_at=st.just(datetime(2026, 1, 31, 6, tzinfo=UTC)),
        inputs=st.lists(mappings | st.fixed_dictionaries({"path": texts}), max_size=2).map(tuple),
        policy=mappings,
        settings=mappings | st.just({"scope": "changed", "fail_on": "medium"}),
    ),
    summary=st.builds(
        Summary,
        evaluated=st.dictionaries(texts | st.just("vpc"), st.integers(0, 99), max_size=3),
        counts=st.dictionaries(st.sampled_from(Status), st.integers(0, 99)),
    ),
    findings=st.lists(findings, max_size=4).map(tuple),
    gaps=st.lists(st.builds(Gap, what=texts, cause=texts, affects=texts), max_size=2).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
    rules=st.lists(
        st.builds(
            RuleInfo,
            id=texts,
            name=texts,
            title=texts,
            severity=st.sampled_from(Severity),
            why=texts,
            help_markdown=texts,
        ),
        max_size=2,
    ).map(tuple),
    exit_code=st.sampled_from([0, 1, 3, 4, 70]),
)
optioned = st.builds(RenderOptions, verbose=st.booleans(), width=st.integers(1, 200), source_root=maybe)
many = settings(deadline=None, phases=[each for each in Phase if each is not Phase.explain],
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip


def render(name: str, report: Report, options: RenderOptions) -> str:
    text = FORMATS[name].render(report, options)
    text.encode("utf-8")  # no half of a surrogate pair
    assert not set(text) & set(
        map(chr, [*range(9), 11, 12, *range(14, 32), 127, *range(128, 160), 0x202E, 0x200B, 0xFEFF])
    )
    return text


@many
@given(reports, optioned)
def test_json_reads_back_to_the_same_bytes(report: Report, options: RenderOptions) -> None:
    text = render("json", report, options)
    assert FORMATS["json"].render(read_run(text), options) == text


def strings(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


@many
@given(reports, optioned)
def test_sarif_is_json_with_what_is_required(report: Report, options: RenderOptions) -> None:
    (run,) = json.loads(render("sarif", report, options))["runs"]
    rules = run["tool"]["driver"]["rules"]
    listed = [each for each in report.findings if each.status in (Status.FAIL, Status.UNKNOWN) or
              (options.verbose and each.status is Status.WAIVED)]  # fmt: skip
    assert strings(run["results"]) == len(listed)
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert result["message"]["text"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"].isascii()
        assert place["artifactLocation"]["uri"]
        assert 1 <= place["region"]["startLine"] <= place["region"]["endLine"]
    for rule in rules:
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))


@many
@given(reports, optioned)
def test_junit_is_read_by_a_reader(report: Report, options: RenderOptions) -> None:
    read = junitparser.JUnitXml.fromstring(render("junit", report, options).encode())
    assert sum(len(list(suite)) for suite in read) == max(len(report.findings), 1) + len(report.gaps)


@many
@given(reports, optioned)
def test_csv_reads_back_and_holds_no_formula(report: Report, options: RenderOptions) -> None:
    rows = list(csv.reader(io.StringIO(render("csv", report, options), newline=""), strict=True))
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert not [cell for row in rows for cell in row if cell.strip().startswith(("=", "+", "-", "@"))]
    statuses = [row[COLUMNS.index("status")] for row in rows[1:]]
    assert statuses[: len(report.findings)] == [each.status.value for each in report.findings]


@many
@given(reports, optioned)
def test_gitlab_is_a_list_of_entries_with_prints_of_their_own(report: Report, options: RenderOptions) -> None:
    entries = json.loads(render("gitlab", report, options))
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    assert all(entry["location"]["lines"]["begin"] >= 1 and entry["location"]["path"] for entry in entries)


@many
@given(reports, optioned)
def test_markdown_holds_no_markup_of_the_input(report: Report, options: RenderOptions) -> None:
    text = render("markdown", report, options)
    page = seen(text)
    assert page.tags <= OURS
    assert page.attributes <= {"class"}
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)
    assert html.count("<details>") == html.count("</details>") == text.count("\n</details>")


@many
@given(reports, optioned)
def test_github_is_one_command_a_line(report: Report, options: RenderOptions) -> None:
    found = render("github", report, options).splitlines()
    assert all(COMMAND.fullmatch(line) for line in found)
    shown = sum(each.status in (Status.FAIL, Status.UNKNOWN) for each in report.findings) + len(report.gaps)
    assert len(found) == shown + 1


@many
@given(reports, optioned)
def test_the_table_has_no_line_that_is_a_command(report: Report, options: RenderOptions) -> None:
    text = render("table", report, options)
    assert not any(line.strip().startswith("::") for line in text.split("\n"))
    assert "##vso[" not in text


@many
@given(reports, st.integers(2_000, 20_000))
def test_a_page_keeps_its_limit(report: Report, limit: int) -> None:
    report = dataclasses.replace(report, findings=report.findings * 20)
    options = RenderOptions(limits=Limits(markdown_bytes=limit))
    assert len(FORMATS["markdown"].render(report, options).encode()) <= limit


@many
@given(reports, optioned)
def test_ocsf_is_a_list_of_events_that_follow_the_schema(report: Report, options: RenderOptions) -> None:
    for event in json.loads(render("ocsf", report, options)):
        rules = ocsf_validator(tuple(event["metadata"].get("profiles", ())))
        assert [error.message for error in rules.iter_errors(event)] == []


@many
@given(reports, optioned)
def test_oscal_has_values_on_one_line_and_text_without_markup(report: Report, options: RenderOptions) -> None:
    document = json.loads(render("oscal", report, options))
    values = every(document, "value")
    assert all(value and value == value.strip() and "\n" not in value for value in values)
    html = [MarkdownIt("gfm-like", {"linkify": False}).render(text) for text in every(document, "description")]
    assert not [text for text in html if "<details>" in text or "<b>" in text]


@many
@given(reports, optioned)
def test_asff_is_what_the_service_takes(report: Report, options: RenderOptions) -> None:
    home = {"account": "111122223333", "region": "eu-central-1"}
    found = [dataclasses.replace(each, resource=dataclasses.replace(each.resource, **home)) for each in report.findings]
    listed = json.loads(render("asff", dataclasses.replace(report, findings=tuple(found)), options))
    assert not listed or ParamValidator().validate({"Findings": listed}, SHAPE).generate_report() == ""
    assert all(0 < len(each["Title"]) <= 256 and 0 < len(each["Description"]) <= 1024 for each in listed)


@many
@given(reports, optioned)
def test_a_workbook_is_read_by_a_reader(report: Report, options: RenderOptions) -> None:
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].data(report, options)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert book["Findings"].max_row == len(report.findings) + 1
