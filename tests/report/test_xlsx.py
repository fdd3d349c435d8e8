"""The workbook, read by a reader that we did not write: nothing in it runs, nothing is cut without a word."""

import dataclasses
import io
import zipfile
from typing import Any

import openpyxl
import pytest

from checker.model.finding import Report
from checker.report import FORMATS, RenderOptions, xlsx
from checker.report.csv_rows import COLUMNS
from tests.report.html import made
from tests.report.html.hostile import hostile_report
from tests.report.sample import EMPTY, REPORT

SHEETS = ["Summary", "Findings", "Controls", "Coverage", "Flow logs", "Destinations", "Diagnoses", "Gaps", "Waivers",
          "Changes"]  # fmt: skip


def data(report: Report) -> bytes:
    return FORMATS["xlsx"].data(report, RenderOptions())


def book(report: Report) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data(report)))


def rows(sheet: Any) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


@pytest.mark.parametrize(
    "report", [REPORT, EMPTY, made.report(), hostile_report()], ids=["rich", "empty", "live", "hostile"]
)
def test_every_sheet_is_there_with_its_headings(report: Report) -> None:
    found = book(report)
    assert found.sheetnames == SHEETS
    assert [rows(sheet)[0][0] is not None for sheet in found] == [True] * len(SHEETS)
    assert tuple(rows(found["Findings"])[0]) == COLUMNS


@pytest.mark.parametrize("report", [REPORT, hostile_report()], ids=["rich", "hostile"])
def test_no_cell_is_a_formula_a_link_or_a_date(report: Report) -> None:
    cells = [cell for sheet in book(report) for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    with zipfile.ZipFile(io.BytesIO(data(report))) as archive:
        names = archive.namelist()
        for name in names:
            content = archive.read(name)
            assert b"<f>" not in content
            assert b"<hyperlink" not in content
        assert not [name for name in names if "vba" in name.lower() or "external" in name.lower()]


def test_what_looks_like_a_formula_is_marked_as_text() -> None:
    subject = dataclasses.replace(REPORT.findings[0].resource, address="=cmd|' /C calc'!A0", id="+1", region="@SUM(A1)")
    finding = dataclasses.replace(REPORT.findings[0], resource=subject)
    sheet = book(dataclasses.replace(REPORT, findings=(finding,)))["Findings"]
    marked = {cell.value for cell in sheet[2] if cell.quotePrefix}
    assert marked == {"=cmd|' /C calc'!A0", "+1", "@SUM(A1)"}


def test_findings_are_rows_with_numbers_as_they_are() -> None:
    listed = rows(book(REPORT)["Findings"])[1:]
    assert [row[COLUMNS.index("status")] for row in listed] == [each.status.value for each in REPORT.findings]
    assert listed[0][COLUMNS.index("fix")] == "Keep a flow log on the VPC."
    traffic = rows(book(made.report())["Diagnoses"])
    assert traffic[1][traffic[0].index("records")] == 90


def test_the_assessment_has_its_sheets() -> None:
    report = made.report()
    assert report.assessment is not None
    found = book(report)
    assert len(rows(found["Controls"])) == len(report.assessment.controls) + 1
    assert len(rows(found["Coverage"])) == len(report.assessment.coverage) + len(report.assessment.unexamined) + 1
    assert rows(found["Flow logs"])[1][2] == "fl-1"
    assert rows(found["Destinations"])[1][3] == "arn:aws:s3:::acme-logs"
    assert rows(found["Gaps"])[1][1] == "AccessDenied"
    assert {row[4] for row in rows(found["Waivers"])[1:]} == {"netops@example.com"}
    assert {row[0] for row in rows(found["Changes"])[1:]} == {"new", "still open", "over"}


def test_coverage_shows_what_is_wrong_with_flow_logs_and_what_was_not_examined() -> None:
    report = made.report()
    assert report.assessment is not None
    head, *listed = rows(book(report)["Coverage"])
    told = [dict(zip(head, row, strict=True)) for row in listed]
    assert [(each["status"], each["defects"]) for each in told[:3]] == [
        ("filtered", report.assessment.coverage[0].defects[0].message),
        ("broken", report.assessment.coverage[1].defects[0].message),
        (report.assessment.coverage[2].state, None),
    ]
    assert (told[0]["defects found by"], told[1]["defects found by"]) == ("FL002", "FL005")
    closed = told[len(report.assessment.coverage) :]
    assert {(each["status"], each["defects"]) for each in closed} == {
        ("not examined", each.cause) for each in report.assessment.unexamined
    }


def test_rows_and_texts_beyond_the_limits_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_ROWS", 100)
    found = book(made.report())
    assert len(rows(found["Findings"])) == 101
    said = [value for what, value in rows(found["Summary"]) if what == "left out"]
    assert said[0] == "140 rows of sheet Findings: a sheet holds 100"


def test_a_text_that_no_cell_holds_is_cut_with_a_mark() -> None:
    finding = dataclasses.replace(REPORT.findings[0], message="x" * 40_000)
    sheet = book(dataclasses.replace(REPORT, findings=(finding,)))["Findings"]
    text = sheet.cell(2, COLUMNS.index("message") + 1).value
    assert len(text) == xlsx.MAX_TEXT
    assert text.endswith("…")


def test_equal_runs_are_equal_files() -> None:
    assert data(REPORT) == data(dataclasses.replace(REPORT))


def test_an_empty_run_warns() -> None:
    assert rows(book(EMPTY)["Summary"])[1][1].startswith("NOTHING WAS EXAMINED")


def test_a_workbook_is_no_text() -> None:
    with pytest.raises(TypeError, match="xlsx is no text"):
        FORMATS["xlsx"].render(REPORT, RenderOptions())
