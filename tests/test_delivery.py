"""Formats that are no text, that need a package, or that leave something out without a place to say so."""

import io
import sys
from importlib import util
from pathlib import Path

import openpyxl
import pytest

from checker.__main__ import main

PLAN = Path(__file__).parents[1] / "checker" / "demo" / "example" / "plan.json"
WORDS = ["plan", str(PLAN), "--no-source", "--now", "2026-01-31T06:00:00Z"]


def test_a_workbook_is_written_to_a_file_and_to_a_pipe(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "report.xlsx"
    assert main([*WORDS, "--quiet", "--output", f"xlsx={path}"]) == 1
    assert openpyxl.load_workbook(path)["Findings"].max_row > 1
    capfdbinary.readouterr()
    main([*WORDS, "--format", "xlsx"])
    piped = capfdbinary.readouterr().out
    assert piped == path.read_bytes()
    assert openpyxl.load_workbook(io.BytesIO(piped)).sheetnames[0] == "Summary"


def test_a_terminal_gets_no_workbook(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main([*WORDS, "--format", "xlsx"]) == 2
    error = capsys.readouterr().err
    assert "xlsx is no text for a terminal" in error
    assert "--output xlsx=PATH" in error


def test_a_package_that_is_missing_is_named_before_any_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    assert main([*WORDS, "--output", "xlsx=x.xlsx"]) == 2
    assert "pip install 'flowcheck[xlsx]'" in capsys.readouterr().err


def test_what_a_format_has_no_place_for_is_said_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*WORDS, "--output", f"asff={tmp_path / 'asff.json'}"])
    assert "flowcheck: asff leaves out: " in capsys.readouterr().err
    main([*WORDS, "--quiet", "--output", f"asff={tmp_path / 'asff.json'}"])
    assert capsys.readouterr().err == ""


def test_a_file_that_cannot_be_written_takes_nothing_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, good, proof = tmp_path / "folder", tmp_path / "good.csv", tmp_path / "proof"
    folder.mkdir()
    outputs = ["--output", f"html={folder}", "--output", f"json={good}/below", "--output", f"csv={good}"]
    good.write_text("")
    assert main([*WORDS, "--quiet", *outputs, "--evidence", str(proof)]) == 2
    told = capsys.readouterr()
    assert "FL001" in told.out, "the verdict comes although only files were asked for"
    assert told.err.count("cannot be written") == 2
    assert "FL001" in good.read_text()
    assert (proof / "manifest.json").is_file()


@pytest.mark.parametrize("what", ["policy", "waivers", "store", "sign-key"])
def test_no_report_is_written_over_what_a_run_reads_or_keeps(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "kept.yaml"
    path.write_text("version: 1\nwaivers: []\n")
    words = ["--evidence", str(tmp_path / "new")] if what == "sign-key" else []
    assert main([*WORDS, f"--{what}", str(path), *words, "--output", f"html={tmp_path}/./kept.yaml"]) == 2
    assert "would overwrite" in capsys.readouterr().err
    assert path.read_text().startswith("version: 1")


def test_settings_are_not_written_over_and_a_baseline_only_by_its_successor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".flowcheck.yaml").write_text("fail-on: high\n")
    assert main([*WORDS, "--output", "html=.flowcheck.yaml"]) == 2
    assert main([*WORDS, "--quiet", "--output", "json=base.json"]) == 1
    assert main([*WORDS, "--quiet", "--baseline", "base.json", "--output", "json=base.json"]) == 0
    assert main([*WORDS, "--quiet", "--baseline", "base.json", "--output", "html=base.json"]) == 2
    assert capsys.readouterr().err.count("would overwrite") == 2
    assert Path("base.json").read_text().startswith("{")


def test_flags_that_would_do_nothing_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        (["--sign-key", "key"], "--sign-key is for --evidence"),
        (["--keep", "30"], "--keep is for --store"),
        (["--evidence", str(tmp_path / "e"), "--output", f"html={tmp_path / 'e' / 'x.html'}"], "lies in the folder"),
    ):
        assert main([*WORDS, *words]) == 2
        assert said in capsys.readouterr().err
