"""What stops early: no file is begun any more, and numbers that did not come back are no numbers."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checker.flowlog.engine import Limits, read_traffic
from checker.flowlog.engine.scan import Scan
from checker.flowlog.engine.spill import Shares, Shelf
from tests.flowlog.test_engine import QUESTION, line, nothing, text_of


def test_who_stops_does_not_wait_for_files_that_are_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [text_of(tmp_path / str(at), [line()]) for at in range(30)]
    begun, stopped, whole = list[Any](), threading.Event(), Scan._read

    def slowly(self: Scan, *given: Any, **more: Any) -> Any:
        begun.append(given)
        if len(begun) > 1:
            stopped.wait(0.2)
        return whole(self, *given, **more)

    def stop(_files: int, _bytes: int) -> None:
        stopped.set()
        raise KeyboardInterrupt

    monkeypatch.setattr(Scan, "_read", slowly)
    monkeypatch.setattr(Scan, "_enough", lambda _self, running, _ahead: len(running) == len(parts))
    with pytest.raises(KeyboardInterrupt):
        read_traffic(parts, QUESTION, recover=nothing, limits=Limits(threads=1), progress=stop)
    assert len(begun) < len(parts)
    assert [each.name for each in threading.enumerate() if each.name.startswith("ThreadPoolExecutor")] == []


def test_a_temporary_file_that_lost_its_end_is_an_error() -> None:
    values = np.arange(1000)
    shelf, shares = Shelf(), Shares()
    kept = shelf.put(values)
    shares.put(values, values.astype(np.uint32), np.array([1000]))
    assert kept.get().tolist() == values.tolist()
    (rows, records), *_ = shares.read(1)
    assert (rows.tolist(), records.tolist()) == (values.tolist(), values.tolist())
    for each in (shelf, shares):
        each._file.truncate(7996)  # type: ignore[union-attr]
    for read in (kept.get, lambda: list(shares.read(1))):
        with pytest.raises(OSError, match="shorter"):
            read()
