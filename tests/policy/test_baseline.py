"""Baselines: what is known already, what has changed, and which files are no runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from checker.errors import RunFileError
from checker.model.finding import Finding, Status
from checker.policy import apply_baseline, load_baseline
from tests.policy.samples import finding, write


def run(*findings: Finding, **given: Any) -> str:
    rows = [{"id": each.id, "status": each.status.value, "facts_digest": each.facts_digest} for each in findings]
    return json.dumps({"schema_version": "1", "findings": rows, **given})


def compared(folder: Path, saved: list[Finding], now: list[Finding]) -> tuple[Finding, ...]:
    return apply_baseline(now, load_baseline(write(folder, run(*saved), "run.json")))


FAIL, UNKNOWN, PASS, WAIVED = Status.FAIL, Status.UNKNOWN, Status.PASS, Status.WAIVED
CASES = [
    ("the same failure", finding(), finding(), True, False),
    ("the same unknown", finding(status=UNKNOWN), finding(status=UNKNOWN), True, False),
    ("other facts", finding(digest="d1"), finding(digest="d2"), False, True),
    ("unknown before, fails now", finding(status=UNKNOWN), finding(), False, True),
    ("failed before, unknown now", finding(), finding(status=UNKNOWN), False, True),
    ("passed before", finding(status=PASS), finding(), False, False),
    ("was waived", finding(status=WAIVED), finding(), False, False),
    ("another resource", finding("aws_flow_log.other"), finding(), False, False),
    ("another rule", finding(rule="FL006"), finding(), False, False),
    ("another root module", finding(root="live/dev"), finding(root="live/prod"), False, False),
    ("passes now", finding(), finding(status=PASS), False, False),
    ("passes now with other facts", finding(), finding(status=PASS, digest="d2"), False, False),
    ("waived now", finding(), finding(status=WAIVED), False, False),
]


@pytest.mark.parametrize(("before", "now", "known", "changed"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_only_the_same_open_finding_with_equal_facts_is_known(
    tmp_path: Path, before: Finding, now: Finding, known: bool, changed: bool
) -> None:
    (found,) = compared(tmp_path, [before], [now])
    assert found.baselined is known
    statements = [each.statement for each in found.evidence]
    assert any(each.startswith("changed since the baseline ") for each in statements) is changed
    assert found.status is now.status


def test_one_known_failure_hides_no_other(tmp_path: Path) -> None:
    now = [finding(), finding("aws_flow_log.new"), finding(rule="FL006")]
    assert [each.baselined for each in compared(tmp_path, [finding()], now)] == [True, False, False]


def test_an_empty_baseline_holds_nothing(tmp_path: Path) -> None:
    assert [each.baselined for each in compared(tmp_path, [], [finding()])] == [False]


def test_a_later_minor_version_of_the_schema_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, run(finding(), schema_version="1.4", new_field=[1]), "run.json")
    assert load_baseline(path).known == {finding().id: {("fail", "d1")}}


WHOLE = run(finding())
BROKEN = [
    ("", "is not whole JSON"),
    (WHOLE[:-5], "is not whole JSON"),
    ("version: 1\nwaivers: []\n", "is not whole JSON"),
    ("[]", "this is not a saved run"),
    ("null", "this is not a saved run"),
    ('{"findings": []}', "this is not a saved run"),
    ('{"schema_version": "1"}', "this is not a saved run"),
    ('{"schema_version": "1", "findings": {}}', "this is not a saved run"),
    ('{"format_version": "1.2", "planned_values": {}}', "this is not a saved run"),
    (run(schema_version="2"), "schema_version '2' is not supported; supported: 1"),
    (run(schema_version=1), "schema_version 1 is not supported"),
    (run(schema_version="10"), "schema_version '10' is not supported"),
    (run(findings=[1]), "findings[0] has no id, status and facts_digest"),
    (run(findings=[{"id": "a", "status": "fail"}]), "findings[0] has no id, status and facts_digest"),
    (run(findings=[{"id": "a", "status": "bad", "facts_digest": "d"}]), "findings[0] has no id, status"),
    (run(findings=[{"id": "", "status": "fail", "facts_digest": "d"}]), "findings[0] has no id, status"),
    ("[" * 100_000, "is not whole JSON"),
]


@pytest.mark.parametrize(("text", "expected"), BROKEN, ids=[text[:40] for text, _ in BROKEN])
def test_what_is_no_run_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(RunFileError) as caught:
        load_baseline(write(tmp_path, text, "run.json"))
    assert expected in str(caught.value)
    assert "run.json" in str(caught.value)
    assert caught.value.hint


def test_bytes_that_are_no_text_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RunFileError, match="is not whole JSON"):
        load_baseline(path)
    with pytest.raises(RunFileError, match="the baseline cannot be read"):
        load_baseline(tmp_path / "gone.json")
