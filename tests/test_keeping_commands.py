"""``--store``, ``--evidence``, ``history``, ``diff`` and ``verify`` at the command line."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from checker import cli
from checker.history.sqlite_documents import SqliteDocuments
from tests.evidence.test_bundle import key_pair

EXAMPLE = Path(__file__).parents[1] / "checker" / "demo"
PLAN = str(EXAMPLE / "example" / "plan.json")
NETWORK = str(EXAMPLE / "traffic" / "network")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def plan(day: int, *words: str) -> int:
    return cli.run(["plan", PLAN, "--now", f"2026-03-0{day}T00:00:00Z", "--store", "runs.sqlite", *words])


def told(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capfd.readouterr()
    code = cli.run([*words, "--format", "json"])
    return code, json.loads(capfd.readouterr().out)


def test_the_report_tells_what_changed(capfd: pytest.CaptureFixture[str]) -> None:
    plan(1)
    code, report = told(capfd, "plan", PLAN, "--now", "2026-03-02T00:00:00Z", "--store", "runs.sqlite")
    assert code == 1
    history = report["assessment"]["history"]
    assert (history["new"], len(history["open"]), len(history["trend"])) == ([], 11, 2)
    assert {each["since"] for each in history["open"]} == {"2026-03-01T00:00:00Z"}


def test_runs_of_other_words_are_not_compared(capfd: pytest.CaptureFixture[str]) -> None:
    plan(1, "--series", "main")
    plan(2, "--series", "branch")
    capfd.readouterr()
    assert cli.run(["history", "--store", "runs.sqlite"]) == 0
    out = capfd.readouterr().out
    assert "branch" in out
    assert "main" in out
    assert cli.run(["diff", "--store", "runs.sqlite"]) == 2
    assert "--series: branch, main" in capfd.readouterr().err
    code, main = told(capfd, "history", "--store", "runs.sqlite", "--series", "main")
    assert (code, len(main["runs"])) == (0, 1)


def test_saved_runs_are_compared_without_a_store(capfd: pytest.CaptureFixture[str]) -> None:
    for name, words in (("a", ["--skip", "FL003"]), ("b", [])):
        cli.run(["plan", PLAN, "--output", f"json={name}.json", "--now", "2026-03-01T00:00:00Z", *words])
    code, found = told(capfd, "diff", "a.json", "b.json")
    assert (code, [each["rule_id"] for each in found["new"]], len(found["open"])) == (0, ["FL003"], 10)
    code, found = told(capfd, "diff", "b.json", "a.json", "--fail-on-new")
    assert (code, [(each["rule_id"], each["how"]) for each in found["ended"]]) == (0, [("FL003", "not-examined")])
    assert cli.run(["diff", "a.json", "b.json", "--fail-on-new"]) == 1
    assert "new (1):" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["history"], "--store is missing"),
        (["history", "--store", "x.sqlite", "--max-age", "soon"], "no span of time"),
        (["history", "--store", "."], "this is a folder"),
        (["diff", "nowhere.json", "b"], "no such file"),
        (["diff", "a", "b", "c"], "two runs"),
        (["verify", "."], "holds neither"),
        (["plan", PLAN, "--framework", ""], "--framework: an empty name"),
        (["plan", PLAN, "--framework", "cis-aws", "--framework", " "], "--framework: an empty name"),
        (["plan", PLAN, "--only", ","], "--only: an empty name"),
        (["account", "--send", ""], "--send: an empty name"),
        (["plan", PLAN, "--store", "x.sqlite", "--keep", "long"], "neither days nor a number"),
        (["plan", PLAN, "--evidence", "full"], "not a new or empty folder"),
        (["plan", PLAN, "--evidence", "new", "--sign-key", "nowhere"], "the key cannot be read"),
    ],
    ids=lambda value: " ".join(value).replace(PLAN, "PLAN") if isinstance(value, list) else None,
)
def test_a_mistake_is_exit_2(words: list[str], message: str, capfd: pytest.CaptureFixture[str]) -> None:
    Path("full").mkdir()
    Path("full/x").write_text("")
    assert cli.run(words) == 2
    captured = capfd.readouterr()
    assert message in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("words", [["history"], ["history", "--max-age", "26h"], ["history", "--series", "x"],
                                   ["diff"], ["diff", "a", "b"]], ids=" ".join)  # fmt: skip
@pytest.mark.parametrize("place", ["none.sqlite", "none/runs.sqlite", "empty.sqlite"])
def test_a_wrong_path_is_no_empty_history(words: list[str], place: str, capfd: pytest.CaptureFixture[str]) -> None:
    Path("empty.sqlite").touch()
    assert cli.run([*words, "--store", place]) == 2
    told = capfd.readouterr()
    assert told.out == ""
    assert f"--store {place}: nothing was ever kept there" in told.err
    assert "Check the path" in told.err
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["empty.sqlite"], "looking makes nothing"
    assert Path("empty.sqlite").stat().st_size == 0


def test_a_store_in_which_no_run_came_to_its_end_is_empty_and_too_old(capfd: pytest.CaptureFixture[str]) -> None:
    SqliteDocuments(Path("runs.sqlite")).create("nights/org/2026-03-01.json.gz", b"")
    assert cli.run(["history", "--store", "runs.sqlite"]) == 0
    assert capfd.readouterr().out == "runs.sqlite: no run is kept here yet\n"
    assert cli.run(["history", "--store", "runs.sqlite", "--max-age", "26h"]) == 1
    assert cli.run(["diff", "--store", "runs.sqlite"]) == 2
    assert "holds no run" in capfd.readouterr().err


def test_a_store_that_cannot_be_written_is_exit_2_and_the_report_comes_all_the_same(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("runs.sqlite").write_text("not a database " * 100)
    assert plan(1) == 2
    captured = capfd.readouterr()
    assert "aws_vpc.payments" in captured.out
    assert "the store of runs cannot be used" in captured.err


def test_evidence_of_a_snapshot_is_verified(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    private, public = key_pair(tmp_path)
    words = ["snapshot", NETWORK, "--now", "2026-03-01T00:00:00Z", "--evidence", "proof", "--sign-key", str(private)]
    code = cli.run(words)
    assert code in (1, 4)
    names = {path.relative_to("proof").as_posix() for path in Path("proof").rglob("*") if path.is_file()}
    assert {"report/flowcheck.json", "report/flowcheck.csv", "manifest.json", "SHA256SUMS", "SHA256SUMS.sig",
            "policies/1-baseline.yaml", "snapshot/eu-west-1/describe-vpcs.json"} <= names  # fmt: skip
    code, found = told(capfd, "verify", "proof", "--key", str(public))
    assert (code, found["whole"], found["trusted"]) == (0, True, True)
    with Path("proof/report/flowcheck.json").open("ab") as file:
        file.write(b" ")
    code, found = told(capfd, "verify", "proof", "--key", str(public))
    assert (code, found["differences"]) == (1, ["report/flowcheck.json: changed"])


def test_evidence_tells_nothing_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t-of-the-environment")
    cli.run(["plan", PLAN, "--evidence", "proof", "--now", "2026-03-01T00:00:00Z"])
    whole = b"".join(path.read_bytes() for path in Path("proof").rglob("*") if path.is_file())
    assert b"s3cr3t-of-the-environment" not in whole
    assert str(tmp_path).encode() not in whole


def test_a_series_that_is_not_there_is_told_with_those_that_are(capfd: pytest.CaptureFixture[str]) -> None:
    plan(1, "--store", "runs.sqlite", "--series", "one")
    capfd.readouterr()
    assert cli.run(["history", "--store", "runs.sqlite", "--series", "other"]) == 2
    assert "It holds: one." in capfd.readouterr().err
    assert cli.run(["history", "--store", "runs.sqlite", "--series", "other", "--max-age", "26h"]) == 1


def test_a_store_of_a_later_version_is_left_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    plan(1, "--store", "runs.sqlite")
    with closing(sqlite3.connect("runs.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 9")
    before = Path("runs.sqlite").read_bytes()
    capfd.readouterr()
    assert plan(2, "--store", "runs.sqlite") == 2
    told = capfd.readouterr()
    assert "a store of version 9, and this flowcheck knows version 1" in told.err
    assert "Use the flowcheck that wrote it, or a later one." in told.err
    assert Path("runs.sqlite").read_bytes() == before


def test_evidence_is_not_put_into_what_it_copies(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    network = tmp_path / "network"
    shutil.copytree(NETWORK, network)
    words = ["snapshot", str(network), "--now", "2026-03-01T00:00:00Z", "--quiet"]
    assert cli.run([*words, "--evidence", str(network / "proof")]) == 2
    assert "lies within" in capfd.readouterr().err
    if sys.platform == "linux":  # elsewhere names of files are always text
        Path(os.fsdecode(bytes(network / "eu-west-1") + b"/\xff.txt")).write_text("x")
    assert cli.run([*words, "--evidence", str(tmp_path / "proof")]) == 1
    assert cli.run(["verify", str(tmp_path / "proof")]) == 0
