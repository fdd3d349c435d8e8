"""What waits for its neighbours in time: found by its conversation, kept small, and put on disk when there is much."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.flowlog.engine import Limits, tools, waiting
from checker.flowlog.engine.chunk import Chunk
from checker.flowlog.engine.held import Held, Logged, held
from checker.flowlog.engine.packed import Packed
from checker.flowlog.engine.pair import NEAR, met
from checker.flowlog.engine.reduce import Reduction
from checker.flowlog.engine.spill import Shelf
from checker.flowlog.engine.waiting import Waiting
from checker.model.record import replace
from checker.model.traffic import TrafficLog
from tests.flowlog.test_engine import ENI, T, line, made_lines, part, read

MET = {"numpy": met}
if find_spec("numba") is not None:
    from checker.flowlog.engine.fast.pair import met as fast_met

    MET["compiled"] = fast_met

WHOLE = st.integers(-(2**62), 2**62) | st.integers(-1, 2**16) | st.sampled_from([255, 256, 65536, 2**32 - 1, 2**32])


@given(st.integers(0, 6).flatmap(lambda count: st.lists(st.lists(WHOLE, min_size=count, max_size=count), min_size=1)))
def test_columns_come_out_as_they_went_in_from_memory_and_disk(columns: list[list[int]]) -> None:
    given_columns = {str(at): np.array(values, dtype=np.int64) for at, values in enumerate(columns)}
    given_columns["there"] = given_columns["0"].view(np.uint64)
    packed = Packed(given_columns)
    for _ in ("memory", "disk"):
        assert {name: values.tolist() for name, values in packed.items()} == {
            name: values.tolist() for name, values in given_columns.items()
        }
        assert all(packed[name].dtype == values.dtype for name, values in given_columns.items())
        assert packed.fetched()["0"].tolist() == columns[0]
        packed.shelve(Shelf())
    assert packed.size == 0


@pytest.mark.parametrize(("most", "size"), [(255, 1), (256, 2), (65536, 4), (2**32, 8)])
def test_a_column_takes_the_bytes_that_its_values_need(most: int, size: int) -> None:
    assert Packed({"start": np.array([T, T + most])}).size == 2 * size


@given(st.lists(st.text(max_size=5)), st.lists(st.text(max_size=5)), st.data())
def test_texts_come_out_as_they_went_in_from_memory_and_disk(first: list[str], more: list[str], data: Any) -> None:
    said = [text.encode() for text in first]
    ends = np.cumsum([len(each) for each in said], dtype=np.int64)
    logged = Logged(np.frombuffer(b"".join(said) + b"rest", dtype=np.uint8), ends, more)
    every = [*first, *more]
    places = data.draw(st.lists(st.integers(0, len(every) - 1))) if every else []
    for _ in ("memory", "disk"):
        assert logged(places) == [every[place] for place in places]
        logged.shelve(Shelf())
    assert logged.size == 0


NUMBERS = st.integers(0, 5).map(lambda number: number << 61)
TIMES = st.integers(0, 8).map(lambda step: T + 400 * step) | st.integers(T, T + 3000) | st.just(0)
REJECTED = st.lists(st.tuples(NUMBERS, NUMBERS, TIMES, st.sampled_from([0, 59, 700])), min_size=1, max_size=8)
ACCEPTED = st.lists(st.lists(st.tuples(NUMBERS, TIMES), max_size=8), max_size=3)


@pytest.mark.parametrize("find", MET.values(), ids=MET)
@given(REJECTED, ACCEPTED, st.booleans())
def test_a_conversation_is_met_where_one_accepted_record_of_it_is_near(
    find: Any, rejected: list[tuple[int, int, int, int]], accepted: list[list[tuple[int, int]]], on_disk: bool
) -> None:
    there, back, start, length = (np.array(values) for values in zip(*rejected, strict=True))
    columns = {"there": there.astype(np.uint64), "back": back.astype(np.uint64), "start": start, "end": start + length}
    kept = [packed([number for number, _ in some], [start for _, start in some]) for some in accepted]
    for each in kept:
        if on_disk:
            each.shelve(Shelf())
    met_back, met_there = find(columns, kept)
    every = [pair for some in accepted for pair in some]

    def near(number: int, row: tuple[int, int, int, int]) -> bool:
        return any(number == other and row[2] - NEAR <= at <= row[2] + row[3] + NEAR for other, at in every)

    assert met_back.tolist() == [near(row[1], row) for row in rejected]
    assert met_there.tolist() == [near(row[0], row) for row in rejected]


def packed(numbers: Sequence[int], starts: Sequence[int]) -> Packed:
    return Packed({"number": np.array(numbers, dtype=np.uint64), "start": np.array(starts, dtype=np.int64)})


def some(first: int, last: int, records: int, rejected: int = 0) -> Held:
    """Return a chunk of records in a span of time."""
    starts = np.linspace(first, last, records + rejected, dtype=np.int64)
    names = ("there", "back", "start", "end", "line")
    columns = {name: starts[:rejected].astype(np.uint64 if name in names[:2] else np.int64) for name in names}
    chunk = Chunk(
        columns, (starts[rejected:].astype(np.uint64), starts[rejected:]), {}, lambda places: ["x"] * len(places)
    )
    return held(chunk)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ten records be many."""
    for name, value in {"_UNIT": 10, "_BEHIND": 30, "_GROUP": 20, "_REJECTED": 15}.items():
        monkeypatch.setattr(waiting, name, value)


def taken(waits: Waiting, spans: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Add chunks of ten records; return of each group that is ready where its units begin."""
    found = []
    for first, last in spans:
        waits.add(some(first, last, 5, 5))
        found += [[unit.first for unit in group] for group in waits.ready(0)]
    return found


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("spans", "groups"),
    [
        pytest.param([(100 * n, 100 * n + 99) for n in range(13)], [[0, 100]], id="in the order of time"),
        pytest.param([(0, 99), (100, 199), (900, 999), (900, 999), (50, 999)], [], id="something early among the last"),
        pytest.param([(0, 99), (100, 199), *[(900, 999)] * 3], [[0, 100]], id="as much behind as has to be"),
        pytest.param([(0, 99), (100, 199), *[(900, 999)] * 2], [], id="less behind"),
        pytest.param([(0, 99), (100, 300), *[(900, 999)] * 4], [], id="less in a group than is worth it"),
        pytest.param([(0, 5000), (0, 99), (1, 99), *[(900, 999)] * 4], [[0, 1]], id="one that waits holds up no other"),
    ],
)
def test_what_has_its_neighbours_is_ready(spans: list[tuple[int, int]], groups: list[list[int]]) -> None:
    waits = Waiting()
    assert taken(waits, spans) == groups
    left = [[unit.first for unit in group] for group in waits.rest(0)]
    assert sorted(chain(*groups, *left)) == sorted(first for first, _ in spans)
    assert waits.size == 0


@pytest.mark.usefixtures("small")
def test_groups_hold_no_more_rejected_records_than_one_has_memory_for() -> None:
    waits = Waiting()
    for count in (9, 9, 40, 3, 3):
        waits.add(some(0, 9, 10, count))
    assert [[unit.rejected for unit in group] for group in waits.rest(0)] == [[9], [9], [40], [3, 3]]


def orders(count: int) -> dict[str, list[int]]:
    """Return orders of files of which each is near the place that its time gives it."""
    every = list(range(count))
    return {
        "as they come": every,
        "neighbours changed": [at ^ 1 for at in every],
        "by fours": sorted(every, key=lambda at: (at // 4, at % 2, at)),
    }


@pytest.mark.parametrize("order", orders(40))
@pytest.mark.parametrize("memory", [0, 100])
@pytest.mark.parametrize("compiled", [False, True], ids=["numpy", "compiled"])
def test_the_answer_is_the_same_whenever_groups_are_finished_and_wherever_they_wait(
    tmp_path: Path, order: str, memory: int, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = made_lines(800, 7)
    whole = read([part(tmp_path / "whole", "\n".join(lines))])
    assert {True, False} == {each.reverse_accepted for each in whole.aggregates}
    monkeypatch.setattr(tools, "LARGE", 0 if compiled else 1 << 40)
    for name, value in {"_UNIT": 30, "_BEHIND": 100, "_GROUP": 40}.items():
        monkeypatch.setattr(waiting, name, value)
    finished: list[int] = []
    finish = Reduction._finish
    monkeypatch.setattr(Reduction, "_finish", lambda self, group: finished.append(len(group)) or finish(self, group))
    files = [part(tmp_path / str(at), "\n".join(lines[20 * at : 20 * at + 20])) for at in range(40)]
    other = read([files[at] for at in orders(40)[order]], limits=Limits(memory=memory, threads=2))
    assert len(finished) > 5
    less = [replace(log.summary, files=0, bytes_read=0, formats=()) for log in (other, whole)]
    assert less[0] == less[1]
    assert (other.aggregates, other.interfaces) == (whole.aggregates, whole.interfaces)


def steps(spans: Sequence[int], action: str = "REJECT", eni: str = ENI, overlap: int = 0) -> list[list[str]]:
    """Return the lines of files of ten records, each of them 100 seconds and some of the time before."""
    return [
        [line(sport=50000 + n, action=action, eni=eni, start=T + 100 * at - overlap * (n % 2) + n) for n in range(10)]
        for at in spans
    ]


LATE = {
    "in order": (steps(range(40)), steps(range(40), "ACCEPT"), "together", 0),
    "in order, overlapping by minutes": (
        steps(range(40), overlap=300), steps(range(40), "ACCEPT", overlap=300), "together", 0,
    ),
    "accepted behind, but for what still waits": (steps(range(40)), steps(range(40), "ACCEPT"), "behind", 370),
    "another interface": (steps(range(40)), steps(range(40), "ACCEPT", eni="eni-2"), "behind", 0),
    "only what is rejected": (steps(range(40)), steps(range(40)), "behind", 0),
    "one": (steps(range(40)), [[line(action="ACCEPT", start=T)]], "behind", 1),
    "not long ago": (steps(range(40)), steps(range(38, 48), "ACCEPT"), "behind", 0),
}  # fmt: skip


@pytest.mark.parametrize(("rejected", "accepted", "order", "late"), LATE.values(), ids=LATE)
def test_what_is_read_long_after_others_of_its_time_is_a_gap(
    tmp_path: Path, rejected: list[list[str]], accepted: list[list[str]], order: str, late: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    small_groups(monkeypatch)
    files = rejected + accepted if order == "behind" else [a + b for a, b in zip(rejected, accepted, strict=True)]
    log = read([part(tmp_path / str(at), "\n".join(lines)) for at, lines in enumerate(files)])
    assert late_of(log) == late
    if late == 1:
        (gap,) = log.gaps
        assert gap.cause == "1 record was read long after others of the same time: files are not in the order of time"


BOTH = [a + b for a, b in zip(steps(range(40)), steps(range(40), "ACCEPT"), strict=True)]
LOGS = {
    "each has both": (BOTH, BOTH, 0),
    "one has the accepted only": (steps(range(40)), steps(range(40), "ACCEPT"), 370),
    "one has both, the first the rejected only": (steps(range(40)), BOTH, 370),
    "one has both, the second the accepted only": (BOTH, steps(range(40), "ACCEPT"), 0),
}


@pytest.mark.parametrize(("first", "second", "late"), LOGS.values(), ids=LOGS)
def test_flow_logs_of_one_interface_may_be_read_one_after_the_other_where_none_needs_the_other(
    tmp_path: Path, first: list[list[str]], second: list[list[str]], late: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_groups(monkeypatch)
    files = [("fl-1", lines) for lines in first] + [("fl-2", lines) for lines in second]
    log = read([part(tmp_path / str(at), "\n".join(said), flow_log=fl) for at, (fl, said) in enumerate(files)])
    assert late_of(log) == late


def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"_UNIT": 10, "_BEHIND": 30, "_GROUP": 20}.items():
        monkeypatch.setattr(waiting, name, value)


def late_of(log: TrafficLog) -> int:
    found = [gap.cause.removeprefix("up to ").split()[0] for gap in log.gaps if "order of time" in gap.cause]
    return int(found[0]) if found else 0
