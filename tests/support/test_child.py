"""A server ends with the block that keeps it running, and with the process that started it, even one that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.child import running

ROOT = Path(__file__).parents[2]
SERVER = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
STARTER = """
import sys, time
from tests.support.child import running
with running([sys.executable, "-c", sys.argv[1], sys.argv[2]]):
    time.sleep(600)
"""


def started(place: Path) -> int:
    """Return the id of the server that writes it to a file."""
    for _ in range(600):
        if place.is_file() and place.read_text():
            return int(place.read_text())
        time.sleep(0.05)
    raise AssertionError("the server does not start")


def gone(process: int) -> bool:
    """Whether a process ends within a while; one that nobody has waited for yet counts as ended."""
    for _ in range(600):
        status = Path(f"/proc/{process}/status")
        if not status.exists() or "State:\tZ" in status.read_text():
            return True
        time.sleep(0.05)
    return False


pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at processes in /proc")


def test_it_runs_within_the_block_and_not_after(tmp_path: Path) -> None:
    place = tmp_path / "id"
    with running([sys.executable, "-c", SERVER, str(place)]):
        server = started(place)
        os.kill(server, 0)
    assert gone(server)


def test_it_ends_with_a_starter_that_is_killed(tmp_path: Path) -> None:
    place = tmp_path / "id"
    words = [sys.executable, "-c", STARTER, SERVER, str(place)]
    starter = subprocess.Popen(words, cwd=ROOT)
    server = started(place)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    assert gone(server)


def test_what_it_prints_is_kept(tmp_path: Path) -> None:
    place, printed = tmp_path / "id", tmp_path / "printed"
    with (
        printed.open("w") as output,
        running([sys.executable, "-uc", f"print('ready'); {SERVER}", str(place)], None, output),
    ):
        started(place)
    assert printed.read_text() == "ready\n"
