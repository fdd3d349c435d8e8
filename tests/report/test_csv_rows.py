"""CSV reads back, and no cell is a formula to a spreadsheet."""

import csv
import io

import pytest

from checker.model.finding import Report, Status
from checker.report import FORMATS, RenderOptions
from checker.report.csv_rows import COLUMNS, safe_cell
from tests.report.sample import FINDINGS, REPORT, RULES, finding, report_of, vpc


def rows(report: Report = REPORT) -> list[dict[str, str]]:
    text = FORMATS["csv"].render(report, RenderOptions())
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_there_is_one_row_per_verdict_in_the_order_of_the_report_then_the_remarks() -> None:
    found = rows()
    assert [row["status"] for row in found[: len(FINDINGS)]] == [each.status.value for each in FINDINGS]
    assert [row["status"] for row in found[len(FINDINGS) :]] == ["gap", "gap", "note", "note", "summary"]
    assert all(row["rule_id"] for row in found[: len(FINDINGS)])
    assert not any(row["rule_id"] for row in found[len(FINDINGS) :])


def test_lines_end_as_rfc_4180_has_it_and_have_all_columns() -> None:
    text = FORMATS["csv"].render(REPORT, RenderOptions())
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert {len(row) for row in csv.reader(io.StringIO(text, newline=""))} == {len(COLUMNS)}


def test_a_row_holds_the_verdict() -> None:
    row = rows()[0]
    assert row["address"] == "aws_vpc.payments"
    assert (row["path"], row["start_line"], row["end_line"]) == ("main.tf", "12", "18")
    assert row["change"] == "regression"
    assert row["fix"] == "Keep a flow log on the VPC."
    assert row["controls"] == "cis-aws 6.0.0: 4.7; fsbp 1: EC2.6"
    assert rows()[6]["baselined"] == "true"
    assert "netops@example.com" in rows()[7]["waiver"]


@pytest.mark.parametrize("text", [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\tx", "\rx", "  =1", "\ufeff=1", "\xa0=1", "\u3000=1",
    "\u200b@x", " \ufeff\t-2", "＝1+1", "＠x", "\x00=1", "=\ud800",
])  # fmt: skip
def test_a_formula_is_made_text(text: str) -> None:
    assert safe_cell(text).startswith("'")
    (row, *_) = rows(report_of((finding(RULES[0], vpc(text), Status.FAIL, text),)))
    assert row["address"] == row["message"] == safe_cell(text)


@pytest.mark.parametrize("text", ["", "aws_vpc.a", "1", "a=b", "a-b", "a @ b", "'=1", "_=1", "(=1)"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize("text", ['a"b', "a,b", "a;b", '"', "a'b", "a b"])
def test_separators_and_quotes_read_back(text: str) -> None:
    assert rows(report_of((finding(RULES[0], vpc(text), Status.PASS, text),)))[0]["message"] == text
