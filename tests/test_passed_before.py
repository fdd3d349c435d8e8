"""What passed before is left out where that is asked for, and only then; property tests never are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests import passed_before
from tests.passed_before import LEFT_OUT, ROOT, SAID, WRITTEN, digest

CONFTEST = (
    (Path(__file__).parent / "conftest.py")
    .read_text(encoding="utf-8")
    .replace("passed_before.look_up()", "passed_before.digest = lambda *_: 'as it was'\npassed_before.look_up()")
)
"""Ours, for files that nobody edits meanwhile."""
SUITE = """
import pytest
from hypothesis import given, strategies

def test_passes(): pass
@pytest.mark.parametrize("text", ["a", "b\\nc", "d e"])
def test_of_a_table(text): assert text != "d e"
def test_fails(): assert False
def test_skips(): pytest.skip("today")
@given(strategies.integers())
def test_holds(number): assert number == number
@pytest.fixture
def broken():
    yield
    raise OSError("torn down badly")
def test_ends_badly(broken): pass
"""


def run(folder: Path, **told: str) -> subprocess.CompletedProcess[str]:
    """Run the suite of a folder with our conftest, in a worker."""
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "test_suite.py").write_text(SUITE, encoding="utf-8")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FLOWCHECK_", "PYTEST_"))}
    words = ["-m", "pytest", "-n", "1", "-p", "no:cacheprovider", "-v", "--rootdir", str(folder), str(folder)]
    environment = {**own, "PYTHONPATH": str(ROOT), "FLOWCHECK_E2E_PLANNED": "", **told}
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True,
                          check=False, timeout=120)  # fmt: skip


def outcomes(done: subprocess.CompletedProcess[str]) -> Counter[str]:
    """Return how often each test of the suite was run."""
    return Counter(re.findall(r"^\[gw\d\] \[ *\d+%\] (?:PASSED|FAILED|SKIPPED) \S+::(.*\S)", done.stdout, re.MULTILINE))


@pytest.mark.slow
def test_a_second_run_leaves_out_what_passed_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "passed"
    first = run(tmp_path, **{WRITTEN: str(path)})
    told = path.read_text(encoding="utf-8").splitlines()
    assert told[1:] == ["test_suite.py::test_of_a_table[a]", "test_suite.py::test_of_a_table[b\\nc]",
                        "test_suite.py::test_passes"], first.stdout  # fmt: skip
    second = run(tmp_path, **{LEFT_OUT: str(path)})
    assert f"left out: 3 tests that passed before ({LEFT_OUT}={path})" in second.stdout
    assert outcomes(second) == outcomes(first) - Counter(name.partition("::")[2] for name in told[1:])
    assert set(outcomes(second)) == {
        "test_of_a_table[d e]",
        "test_fails",
        "test_skips",
        "test_holds",
        "test_ends_badly",
    }


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        pytest.param("{digest}\ntests/a.py::test_a\n", True, id="as-it-was"),
        pytest.param("0123456789abcdef\ntests/a.py::test_a\n", False, id="files-have-changed"),
        pytest.param("", False, id="nothing-was-written"),
    ],
)
def test_a_list_of_other_files_is_not_used(
    content: str, kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "passed"
    path.write_text(content.replace("{digest}", digest()), encoding="utf-8")
    monkeypatch.setenv(LEFT_OUT, str(path))
    monkeypatch.setenv(SAID, "set, so that whatever becomes of it is undone")
    monkeypatch.delenv(SAID)
    passed_before.look_up()
    assert (LEFT_OUT in os.environ) is kept
    assert os.environ[SAID].startswith("left out: 1 test" if kept else "nothing is left out")


@pytest.mark.parametrize("change", ["content", "new-file", "settings"])
def test_every_change_is_another_word(change: str, tmp_path: Path) -> None:
    (tmp_path / "checker").mkdir()
    (tmp_path / "pyproject.toml").write_text("a")
    (tmp_path / "checker" / "a.py").write_text("a")
    before = digest(tmp_path)
    (tmp_path / "checker" / ".cache").mkdir()
    (tmp_path / "checker" / ".cache" / "a.py").write_text("of no account")
    assert digest(tmp_path) == before
    name = {"content": "checker/a.py", "new-file": "checker/b.py", "settings": "pyproject.toml"}[change]
    (tmp_path / name).write_text("b")
    assert digest(tmp_path) != before
