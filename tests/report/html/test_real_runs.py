"""Runs of the command line, from input to page: plans, source, a snapshot and traffic."""

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from checker.__main__ import main
from checker.report.html.coverage_picture import NAMED, SQUARES
from tests.report.html.conftest import Open

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "checker" / "demo"
NETWORK = str(DEMO / "traffic" / "network")
FOLDERS = sorted({str(each.parent) for each in (ROOT / "tests" / "e2e" / "cases").glob("*/*.tf")})
RUNS = {
    "plan": ("plan", str(DEMO / "example" / "plan.json")),
    "source of every end-to-end case": ("hcl", *FOLDERS),
    "snapshot": ("snapshot", NETWORK),
    "traffic": ("traffic", "--logs", str(DEMO / "traffic" / "flow-logs"), "--network", NETWORK),
}


@pytest.mark.parametrize("run", RUNS)
def test_a_run_becomes_a_page_that_says_what_the_json_says(run: str, tmp_path: Path, open_page: Open) -> None:
    page_path, saved = tmp_path / "run.html", tmp_path / "run.json"
    when = ["--now", "2026-01-31T06:00:00Z", "--quiet"]
    code = main([*RUNS[run], "--output", f"html={page_path}", "--output", f"json={saved}", *when])
    report = json.loads(saved.read_text(encoding="utf-8"))
    assert code == report["exit_code"]
    page = open_page(page_path)
    expect(page.locator("#found")).to_have_text(f"{len(report['findings']):,} of {len(report['findings']):,} findings")
    for status in ("fail", "unknown", "pass"):
        told = page.locator(f".tile.s-{status} .tile-number").inner_text()
        assert told == f"{report['summary'][status]:,}"
    squares = page.locator("#coverage .picture tbody svg use, #coverage .picture tbody .sq").count()
    rows = report["assessment"]["coverage"]
    assert page.locator("#coverage .named li").count() == (len(rows) if len(rows) <= NAMED else 0)
    assert squares >= min(len(rows), SQUARES)
    assert page.locator("#controls details").count() == len(
        {(row["framework"], row["version"]) for row in report["assessment"]["controls"]}
    )
    drawn = page.locator("#traffic .path")
    assert drawn.count() == sum(each["direction"] != "unknown" for each in report["diagnoses"])
    assert (drawn.count() > 0) is (run == "traffic")
    if run in ("plan", "traffic"):
        assert [each["id"] for each in Axe().run(page).response["violations"]] == []


def test_a_saved_run_renders_to_the_same_bytes(tmp_path: Path) -> None:
    first, saved, again = tmp_path / "first.html", tmp_path / "run.json", tmp_path / "again.html"
    when = ["--now", "2026-01-31T06:00:00Z", "--quiet"]
    main([*RUNS["traffic"], "--output", f"html={first}", "--output", f"json={saved}", *when])
    main(["report", str(saved), "--output", f"html={again}", "--quiet"])
    assert again.read_bytes() == first.read_bytes()
