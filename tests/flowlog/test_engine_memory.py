"""Memory does not grow with the records: not with days of them, and not with how many come in a minute."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.flowlog.test_engine import ENI, T
from tests.support.absent import absent

if find_spec("numba") is None:
    absent("compiled code needs the extra `fast`")

MORE = 1.2
READ = """
import resource, sys
from pathlib import Path
from checker.flowlog.engine import Limits, tools, waiting
from tests.flowlog.test_engine import part, read, text_of
folder, files, memory = sys.argv[1:]
tools.LARGE = 0
waiting._BEHIND = waiting._GROUP = 20_000
found = sorted(Path(folder).iterdir())[: int(files)]
log = read([part(path, path.read_bytes()) for path in found], limits=Limits(threads=2, memory=int(memory)))
print(log.summary.records, log.summary.rejected, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def minute(records: int, rejected: float) -> str:
    """Return records of one minute, each of a conversation of its own."""
    random = np.random.default_rng(1)
    last, port = random.integers(0, 1 << 16, records).tolist(), random.integers(1024, 1 << 16, records).tolist()
    actions = np.where(random.random(records) < rejected, "REJECT", "ACCEPT").tolist()
    return "".join(
        f"2 111122223333 {ENI} 10.9.{n >> 8}.{n & 255} 10.0.0.5 {sport} 443 6 3 180 START END {action} OK\n"
        for n, sport, action in zip(last, port, actions, strict=True)
    )


def measured(folder: Path, files: int, memory: int) -> tuple[int, int, float]:
    """Return records, rejected ones, and the largest size in MiB of a process that reads so many files."""
    command = [sys.executable, "-c", READ, folder.as_posix(), str(files), str(memory)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    records, rejected, size = ran.stdout.split()
    return int(records), int(rejected), float(size)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's largest size in kilobytes")
@pytest.mark.parametrize(
    ("step", "rejected", "memory"),
    [pytest.param(60, 0.5, 700, id="a long time"), pytest.param(0, 0.5, 30, id="one minute, which waits on disk")],
)
def test_four_times_the_records_take_no_more_memory(tmp_path: Path, step: int, rejected: float, memory: int) -> None:
    text = minute(20_000, rejected)
    for at in range(100):
        start = T + step * at
        said = text.replace("START", str(start)).replace("END", str(start + 59))
        (tmp_path / f"{at:03}").write_text(said)
    measured(tmp_path, 1, memory)  # compiling takes memory too, once
    less, more = (measured(tmp_path, files, memory) for files in (25, 100))
    assert [4 * number for number in less[:2]] == list(more[:2])
    assert more[2] <= MORE * less[2]
