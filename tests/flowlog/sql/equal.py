"""The same files, the same question: what SQL answers beside what the engine answers."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checker.flowlog import sources
from checker.model.diagnosis import Diagnosis, Recorded
from checker.model.loaded import Input, Loaded
from checker.model.model import NetworkModel
from checker.model.record import replace
from checker.model.traffic import FlowAggregate, TrafficLog
from checker.settings import Settings
from checker.tracing import read_and_explain
from tests.flowlog.sql.engines import Engine, Local, underscored

TAKEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def both(
    engine: Engine, folder: Path, fields: Sequence[str], model: NetworkModel, patch: pytest.MonkeyPatch,
    *, spell: Callable[[str], str] = underscored, has_path: bool = True, **over: Any,
) -> tuple[Recorded, Recorded, Local]:  # fmt: skip
    """Return what the engine and what SQL tell of the log files below a folder, and the place that was asked."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    local = Local(engine, files, fields, spell=spell, has_path=has_path)
    read = read_here(folder, model, **over)
    with patch.context() as patched:
        patched.setattr(sources, "asked_of", lambda _word, session: local)
        asked = _told("athena:db.flow_logs", model, **over)
    return read, asked, local


def read_here(folder: Path, model: NetworkModel, **over: Any) -> Recorded:
    """Return what the engine tells of the log files below a folder."""
    return _told(folder.as_posix(), model, **over)


def _told(word: str, model: NetworkModel, **over: Any) -> Recorded:
    loaded = Loaded(after=model, inputs=(Input(kind="snapshot", path="net", facts={"taken_at": TAKEN.isoformat()}),))
    return read_and_explain(loaded, Settings(command="traffic", logs=(word,), **over), session=_nobody)


def _nobody() -> None:
    raise AssertionError("no session is needed")


def assert_equal(read: Recorded, asked: Recorded, lines: frozenset[str]) -> None:
    """Hold both answers against each other: all but which records stand as evidence, and how much was read."""
    _assert_logs(read.log, asked.log)
    for one, other in zip(read.log.aggregates, asked.log.aggregates, strict=True):
        assert len(one.samples) == len(other.samples)
        assert set(other.samples) <= lines
    assert [_bare(each) for each in read.diagnoses] == [_bare(each) for each in asked.diagnoses]


def _assert_logs(read: TrafficLog, asked: TrafficLog) -> None:
    one, other = ([_without_samples(each) for each in log.aggregates] for log in (read, asked))
    for left, right in zip(one, other, strict=False):
        told = {name: (getattr(left, name), getattr(right, name)) for name in left.__slots__}
        unlike = {name: values for name, values in told.items() if values[0] != values[1]}
        assert not unlike, (unlike, left)
    assert len(one) == len(other)
    assert asked.interfaces == read.interfaces
    assert asked.gaps == read.gaps
    same = {"bytes_read": 0, "facts": {}, "formats": ()}
    assert replace(asked.summary, **same) == replace(read.summary, **same)
    assert [form.fields for form in asked.summary.formats] == [form.fields for form in read.summary.formats][:1]


def _without_samples(found: FlowAggregate) -> FlowAggregate:
    return replace(found, samples=())


def _bare(found: Diagnosis) -> Diagnosis:
    return replace(found, evidence=())


def lines_below(folder: Path) -> frozenset[str]:
    """Return all records of the text files below a folder."""
    found: set[str] = set()
    for path in sorted(folder.rglob("*.gz")):
        found.update(gzip.decompress(path.read_bytes()).decode().splitlines()[1:])
    return frozenset(found)
