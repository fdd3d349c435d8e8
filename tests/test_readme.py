"""The README shows what the program prints, and names what exists."""

import re
from pathlib import Path

import pytest

from checker.__main__ import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_is_what_the_demo_prints(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    main(["demo", "--now", "2026-01-01T00:00:00Z"])
    printed = iter(capfd.readouterr().out.splitlines())
    block = re.search(r"`flowcheck demo` says:\n\n```text\n(.*?)\n```", README, re.DOTALL)
    assert block is not None
    for line in block[1].splitlines():
        if line.strip() != "...":
            assert any(line == given for given in printed), f"the demo does not print, in this place: {line!r}"


def test_every_command_is_documented() -> None:
    from checker.cli import build_parser

    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    names = re.findall(r"^    (\w+)  ", build_parser().format_help(), re.MULTILINE)
    assert names
    assert [name for name in names if f"## flowcheck {name}" not in text] == []
