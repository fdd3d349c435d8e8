"""The process ends with all that it has to say said, and does nothing else any more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")

AFTER_DUCKDB = (
    "import atexit, duckdb, sys; from checker.__main__ import main; atexit.register(print, 'taken apart');"
    " sys.argv[0] = 'flowcheck'; sys.exit(main())"
)


def ended(*words: str, to: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", AFTER_DUCKDB, *words], stdout=to, stderr=subprocess.PIPE, text=True, check=False
    )


def test_what_was_printed_arrives_and_nothing_is_taken_apart() -> None:
    found = ended("rules")
    assert (found.returncode, found.stderr) == (0, "")
    assert "TR005" in found.stdout
    assert "taken apart" not in found.stdout


def test_the_exit_code_stays() -> None:
    assert ended("rules", "--nonsense").returncode == 2


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
def test_output_that_cannot_be_written_is_no_success() -> None:
    with FULL.open("w") as full:
        found = ended("rules", to=full.fileno())
    assert found.returncode not in (0, 1)
    assert "No space left" in found.stderr
    assert "leaked" not in found.stderr
