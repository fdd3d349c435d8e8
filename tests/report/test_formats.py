"""What holds for every format: golden files, the same bytes twice, nothing left unsaid."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker.model.finding import Status
from checker.report import FORMATS, Limits, RenderOptions
from checker.report.say import exit_meaning
from tests.report.html import made
from tests.report.reading import shown, without_assets
from tests.report.sample import EMPTY, FINDINGS, REPORT, report_of

COMPLETE = {"junit", "csv", "xlsx", "oscal", "ocsf"}
"""Formats that list passes too, for programs."""

GOLDEN = Path(__file__).parents[1] / "golden"
FOR_PEOPLE = sorted(set(FORMATS) - {"json", "asff"})  # asff holds findings of live accounts, and nothing else


@pytest.mark.parametrize("name", FORMATS)
def test_the_sample_looks_as_the_golden_file_does(name: str) -> None:
    """FLOWCHECK_UPDATE_GOLDEN=1 writes the files anew; read the difference before committing it."""
    path = GOLDEN / f"report.{name}"
    text = without_assets(shown(name, REPORT, RenderOptions()))
    if os.environ.get("FLOWCHECK_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="")
    assert text == path.read_bytes().decode("utf-8")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("options", [RenderOptions(), RenderOptions(verbose=True, color=True, width=132)],
                         ids=["plain", "verbose"])  # fmt: skip
def test_two_renders_give_the_same_text(name: str, options: RenderOptions) -> None:
    again = dataclasses.replace(REPORT, findings=tuple(dataclasses.replace(each) for each in FINDINGS))
    assert shown(name, REPORT, options) == shown(name, again, options)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_is_written_piece_by_piece_is_the_same(name: str) -> None:
    for report in (REPORT, EMPTY):
        assert b"".join(FORMATS[name].chunks(report, RenderOptions())) == FORMATS[name].data(report, RenderOptions())


@pytest.mark.parametrize("name", ["json", "ocsf", "asff"])
def test_pieces_come_before_the_last_finding_is_written(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checker.report._CHUNK", 1_000)
    sizes = [len(each) for each in FORMATS[name].chunks(made.report(total=100), RenderOptions())]
    assert len(sizes) > 20
    assert max(sizes) < sum(sizes) / 5


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_a_run_without_verdict_is_not_shown_as_clean(name: str) -> None:
    assert "NOTHING WAS EXAMINED: 0 VPCs, 0 flow logs" in shown(name, EMPTY, RenderOptions())
    assert "NOTHING WAS EXAMINED" not in shown(name, REPORT, RenderOptions())


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_what_is_evaluated_and_all_counts_are_said(name: str) -> None:
    line = "6 VPCs, 1 flow log, 1 transit gateway evaluated: 6 fail, 1 unknown, 3 pass, 2 waived, 1 not applicable"
    assert line in " ".join(shown(name, REPORT, RenderOptions()).split())


@pytest.mark.parametrize("name", FOR_PEOPLE)
def test_unknowns_and_gaps_are_visible(name: str) -> None:
    text = " ".join(shown(name, REPORT, RenderOptions()).split())
    assert "is not known whether a flow log records the VPC" in text
    assert "broken.tf:4" in text
    assert "flow logs declared in this file" in text


@pytest.mark.parametrize("name", sorted({*FOR_PEOPLE} - COMPLETE))
def test_what_is_not_listed_is_counted(name: str) -> None:
    text = " ".join(shown(name, REPORT, RenderOptions()).split())
    assert "2 passes" in text
    assert "1 not applicable" in text
    more = report_of((*FINDINGS, *(each for each in FINDINGS if each.status is Status.PASS)))
    assert "4 passes" in " ".join(shown(name, more, RenderOptions()).split())


@pytest.mark.parametrize("name", sorted((COMPLETE | {"json"}) - {"ocsf"}))
def test_complete_formats_hold_every_verdict(name: str) -> None:
    text = shown(name, REPORT, RenderOptions())
    for finding in FINDINGS:
        if finding.resource.address is None or finding.resource.address.isascii():
            assert finding.id.split('"')[0] in text


@pytest.mark.parametrize("name", FORMATS)
def test_the_facts_of_a_rule_do_not_leave_the_program(name: str) -> None:
    secret = dataclasses.replace(FINDINGS[0], facts={"tag": "hunter2"})
    for verbose in (False, True):
        text = shown(name, report_of((secret,)), RenderOptions(verbose=verbose))
        assert "hunter2" not in text


@pytest.mark.parametrize("name", sorted({*FORMATS} - {"asff"}))
def test_a_baselined_failure_is_shown_as_such(name: str) -> None:
    known = dataclasses.replace(FINDINGS[0], baselined=True)
    assert "baseline" in shown(name, report_of((known,)), RenderOptions()).lower()


@pytest.mark.parametrize(
    "name", ["table", "csv", "sarif", "junit", "gitlab", "github", "markdown", "xlsx", "oscal", "ocsf"]
)
def test_failures_come_with_their_fix(name: str) -> None:
    assert "Keep a flow log on the VPC." in shown(name, REPORT, RenderOptions())


def test_formats_are_imported_when_used_and_not_before() -> None:
    code = "import sys, checker.report; print([m for m in sys.modules if m.startswith('checker.report.')])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "['checker.report.options']"


def test_every_format_has_a_name_a_file_and_a_description() -> None:
    assert all(name == each.name and each.description for name, each in FORMATS.items())
    assert len({each.default_file for each in FORMATS.values()}) == len(FORMATS)


@pytest.mark.parametrize(("code", "word"), [(0, "clean"), (1, "threshold"), (2, "wrong to use"), (3, "nothing"),
                                            (4, "not be examined"), (70, "bug"), (130, "interrupted")])  # fmt: skip
def test_exit_codes_have_a_meaning(code: int, word: str) -> None:
    assert word in exit_meaning(code)


def test_limits_hold_what_the_platforms_document() -> None:
    assert Limits() == Limits(markdown_bytes=65_536, summary_bytes=2**20, annotations=10, sarif_results=25_000,
                              sarif_locations=1_000)  # fmt: skip
