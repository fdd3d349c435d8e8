"""Leaves out what passed minutes ago, where it is told to: `make test-full` repeats all of `make test` otherwise.

With FLOWCHECK_TESTS_PASSED=FILE a run writes down which tests passed; with FLOWCHECK_TESTS_LEFT_OUT=FILE a later one
leaves these out, and says how many. Property tests are never written down: the later run gives them more examples.
The list is of the files as they were. Where one has changed since, nothing is left out.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
WRITTEN: Final = "FLOWCHECK_TESTS_PASSED"
LEFT_OUT: Final = "FLOWCHECK_TESTS_LEFT_OUT"
SAID: Final = "FLOWCHECK_TESTS_LEFT_OUT_SAID"
"""What is said of it in the end. Looked up once, by the process that starts the workers."""

_FOLDERS: Final = ("checker", "policies", "terraform", "docs", "tests", "benchmarks")
_SUFFIXES: Final = frozenset({".py", ".yaml", ".yml", ".json", ".toml", ".tf", ".hcl", ".md", ".html", ".txt"})


def digest(root: Path = ROOT) -> str:
    """Return one word for the content of everything that the tests are about."""
    files = [
        path
        for folder in _FOLDERS
        for path in (root / folder).rglob("*")
        if path.suffix in _SUFFIXES and not any(part.startswith(".") for part in path.relative_to(root).parts)
    ]
    sha = hashlib.sha256((root / "pyproject.toml").read_bytes())
    for path in sorted(files):
        sha.update(f"\n{path.relative_to(root).as_posix()}\n".encode() + path.read_bytes())
    return sha.hexdigest()


def look_up() -> None:
    """Decide whether a list may be used, before workers start: they inherit the variables."""
    given = os.environ.get(LEFT_OUT)
    if not given or SAID in os.environ:
        return
    made_of, *tests = Path(given).read_text(encoding="utf-8").splitlines() or [""]
    if made_of == digest():
        os.environ[SAID] = f"left out: {len(tests)} tests that passed before ({LEFT_OUT}={given})"
    else:
        del os.environ[LEFT_OUT]
        os.environ[SAID] = f"nothing is left out: files have changed since {given} was written"


def chosen(items: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests to run, and those that passed before."""
    given = os.environ.get(LEFT_OUT)
    passed = set(Path(given).read_text(encoding="utf-8").splitlines()[1:]) if given else set()
    return [item for item in items if item.nodeid not in passed], [item for item in items if item.nodeid in passed]


class Passed:
    """Collects the tests that passed in a run, whichever worker ran them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digest = digest()
        self._passed: set[str] = set()
        self._other: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test, its setup or its teardown ended."""
        if report.outcome != "passed" or "hypothesis" in report.keywords:
            self._other.add(report.nodeid)
        elif report.when == "call":
            self._passed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write them down."""
        self._path.write_text("\n".join([self._digest, *self.lines()]), encoding="utf-8")

    def lines(self) -> Iterator[str]:
        """Yield the tests of which every part passed; a name with a line break could not be read back."""
        yield from (name for name in sorted(self._passed - self._other) if len(name.splitlines()) == 1)
