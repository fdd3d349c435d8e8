"""Every command of a worked example is run where the page says, and prints what the page shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.__main__ import main

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted([*(DOCS / "examples").glob("*.md"), *(DOCS / "how-to").glob("*.md")])


def examples(path: Path) -> list[tuple[str, list[str]]]:
    """Return each command of a page's console blocks with the lines shown below it."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


COMMANDS = [(path, command, shown) for path in PAGES for command, shown in examples(path)]


def differs(shown: list[str], printed: list[str]) -> str | None:
    """Return the first line that is shown and not printed in its place, or None; ``...`` stands for any lines."""
    rest: Iterator[str] = iter(printed)
    skipping = False
    for line in shown:
        if line == "...":
            skipping = True
            continue
        given = next((each for each in rest if each == line), None) if skipping else next(rest, None)
        if given != line:
            return f"shown {line!r}, printed {given!r}"
        skipping = False
    left = next(rest, None)
    return None if skipping or left is None else f"not shown: {left!r}"


@pytest.mark.parametrize(
    ("path", "command", "shown"), COMMANDS, ids=[f"{path.stem}: {command}" for path, command, _ in COMMANDS]
)
def test_the_command_prints_what_the_page_shows(
    path: Path,
    command: str,
    shown: list[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(DOCS / "examples")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767312000")  # 2026-01-02
    program, *words = shlex.split(command)
    assert program == "flowcheck"
    code = main(words)
    printed = capfd.readouterr().out.rstrip("\n").splitlines()
    assert differs(shown, printed) is None
    said = re.search(r"^exit code (\d+):", "\n".join(printed), re.MULTILINE)
    assert said is None or int(said[1]) == code
    assert code in (0, 1)


def test_the_nightly_configuration_is_valid(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text = (DOCS / "how-to" / "nightly-audit.md").read_text(encoding="utf-8")
    block = re.search(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    (tmp_path / "nightly.yaml").write_text(block[1], encoding="utf-8")
    (tmp_path / "policy.yaml").write_text("version: 1\nname: org\nextends: baseline\n", encoding="utf-8")
    (tmp_path / "waivers.yaml").write_text("version: 1\nwaivers: []\n", encoding="utf-8")
    assert main(["nightly", "--config", str(tmp_path / "nightly.yaml"), "--check"]) == 0, capfd.readouterr().err


def test_every_example_page_runs_something() -> None:
    names = {path.stem for path, _, _ in COMMANDS}
    assert {path.stem for path in (DOCS / "examples").glob("*.md")} - names == {"README"}


@pytest.mark.parametrize(
    ("shown", "fits"),
    [
        ("a b c", True),
        ("a ... c", True),
        ("... c", True),
        ("a ...", True),
        ("a b", False),
        ("a c", False),
        ("... b", False),
        ("... c ... b", False),
        ("a b c d", False),
    ],
)
def test_a_difference_is_seen(shown: str, fits: bool) -> None:
    assert (differs(shown.split(), ["a", "b", "c"]) is None) is fits
