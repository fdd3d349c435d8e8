"""Writers that are killed in the middle of writing, and writers at the same time, on one SQLite file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checker.history import Book, open_documents

WRITER = """
import sys
from pathlib import Path
from checker.history import Book, open_documents
from tests.history.made import FAIL, PASS, day, finding, run
where, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
book = Book(open_documents(where, session=lambda: None), "s")
for number in range(first, last):
    many = [finding(f"vpc-{at}", FAIL if (at + number) % 3 else PASS) for at in range(40)]
    kept = book.add(run(day(number), *many))
    print(number, kept.added, flush=True)
"""
ROOT = Path(__file__).parents[2]


def writer(store: Path, first: int, last: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", WRITER, str(store), str(first), str(last)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def numbers(lines: list[str], *ends: str) -> set[int]:
    """Return the runs that lines tell of; a line that was cut off tells of none."""
    return {int(line.split()[0]) for line in lines if line.strip().endswith(ends)}


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
def test_a_writer_that_is_killed_loses_nothing_that_it_had_told(tmp_path: Path) -> None:
    store = tmp_path / "runs.sqlite"
    told: set[int] = set()
    for turn in range(6):
        process = writer(store, 1, 40)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2 + turn)]
        time.sleep(0.003 * turn)  # somewhere within the next write
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=30)
        told |= {
            int(line.split()[0]) for line in [*lines, *rest.splitlines()] if line.strip().endswith(("True", "False"))
        }
        ids = Book(open_documents(str(store), session=lambda: None), "s").run_ids()
        assert len(ids) == len(set(ids))
        assert len(told) <= len(ids) <= len(told) + 1, "at most the write that was under way is there too"
    process = writer(store, 1, 40)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert {int(line.split()[0]) for line in out.splitlines() if line.endswith("False")} >= told, (
        "none is written twice"
    )
    book = Book(open_documents(str(store), session=lambda: None), "s")
    assert len(book.run_ids()) == 39
    assert [each.run_id for each in book.state().points] == book.run_ids()


def test_two_writers_at_once_are_both_kept(tmp_path: Path) -> None:
    store = tmp_path / "runs.sqlite"
    pair = [writer(store, 1, 20), writer(store, 11, 30)]
    ends = [(process.communicate(timeout=120), process.returncode) for process in pair]
    assert [code for _, code in ends] == [0, 0], ends
    added = [line.split()[0] for (out, _), _ in ends for line in out.splitlines() if line.endswith("True")]
    assert sorted(added, key=int) == [str(number) for number in range(1, 30)], "each run is added by one of the two"
    book = Book(open_documents(str(store), session=lambda: None), "s")
    assert [each.run_id for each in book.state().points] == book.run_ids()
    assert len(book.run_ids()) == 29
