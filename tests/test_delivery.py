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
