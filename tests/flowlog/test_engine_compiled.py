"""Compiled code gives what numpy and the careful reader give, however the input is cut."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.flowlog.engine import tools as tools_module
from checker.flowlog.engine.amounts import amounts_of
from checker.flowlog.engine.chunk import REJECTED_COLUMNS, Words
from checker.flowlog.engine.faces import PLACED, Faces
from checker.flowlog.engine.lines import Gathered, Layout, LineReader, chunk_of
from checker.flowlog.engine.most import Most, Tops
from checker.flowlog.engine.question import Question
from checker.flowlog.engine.sums import Sums
from checker.flowlog.engine.text import TextReader
from checker.flowlog.engine.tools import PLAIN, compiled, tools_for
from checker.flowlog.engine.totals import Totals, kept_of
from checker.flowlog.part import Encoding, Window
from checker.model.log_format import DEFAULT_FIELDS
from checker.model.record import replace
from tests.flowlog.test_engine import (
    ENI,
    GOOD,
    ODD,
    QUESTION,
    SPOILT,
    WIDE,
    T,
    _rows,
    line,
    made_lines,
    part,
    read,
    text_of,
)
from tests.support.absent import absent

if find_spec("numba") is None:
    absent("compiled code needs the extra `fast`")

from checker.flowlog.engine.fast import jit
from checker.flowlog.engine.fast import text as fast_text
from checker.flowlog.engine.fast.most import FastMost
from checker.flowlog.engine.fast.place import FastFaces
from checker.flowlog.engine.fast.sums import FastSums
from checker.flowlog.engine.fast.text import FastTextReader

READERS = {"numpy": TextReader, "compiled": FastTextReader}

STRANGE = st.sampled_from(
    [
        line().replace(" 6 ", "\t6 "),
        line() + "\r",
        line().replace(" 6 ", " 6  "),
        line(src="010.0.0.1"),
        line(src="10.9.0.1", start=T).replace(str(T + 59), str(T - 1)),
        line(src="2001:db8::7", dst="2001:db8::5", action="ACCEPT"),
        line(action="-", status="NODATA"),
        line(action="-", status="SKIPDATA"),
        line(sport="-", dport="-", packets="-"),
        line(sport=1234567890),
        line(eni="é"),
        line(src="10.9.0.1", start=0),
        line(start=10**14),
        "x" * 300,
        "",
    ]
)
LINES = st.lists(GOOD | SPOILT | ODD | STRANGE, max_size=14)
WINDOWS = st.builds(
    Window,
    since=st.sampled_from([None, datetime.fromtimestamp(T + 1000.5, UTC)]),
    until=st.sampled_from([None, datetime.fromtimestamp(T + 2000.5, UTC)]),
    interfaces=st.sampled_from([frozenset(), frozenset({ENI})]),
    vpcs=st.sampled_from([frozenset(), frozenset({"vpc-1"})]),
    accounts=st.sampled_from([frozenset(), frozenset({"111122223333"}), frozenset({"9"})]),
)


def rows_of(chunks: Sequence[Any]) -> tuple[Any, ...]:
    counts: dict[Any, list[int]] = {}
    for chunk in chunks:
        for key, (n, first, last) in chunk.counts.items():
            known = counts.setdefault(key, [0, first, last])
            counts[key] = [known[0] + n, min(known[1], first), max(known[2], last)]
    accepted = [pair for chunk in chunks for pair in zip(*(a.tolist() for a in chunk.accepted), strict=True)]
    rejected = [row for chunk in chunks for row in _rows(chunk)]
    unreadable = [number for chunk in chunks for number in chunk.unreadable]
    return counts, sorted(accepted), sorted(rejected), unreadable


def careful(data: bytes, fields: tuple[str, ...], question: Question, words: Words, account: str) -> tuple[Any, ...]:
    gathered, refused = Gathered(), []
    reader = LineReader(Layout(fields), question, words, account)
    for number, raw in enumerate(data.split(b"\n"), 1):
        text = raw.rstrip(b"\r").decode("utf-8", "replace")
        if text and not reader.take(text, gathered):
            refused.append(number)
    return rows_of([chunk_of(gathered, refused, 1)])


@pytest.fixture(params=[(1 << 20, 1 << 17), (512, 3)], ids=["large pieces", "small pieces"])
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    size, lines = request.param
    monkeypatch.setattr(fast_text, "_PIECE", size)
    monkeypatch.setattr(fast_text, "_LINES", lines)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.usefixtures("pieces")
@given(LINES, st.booleans(), WINDOWS, st.sampled_from(["111122223333", "9"]))
def test_lines_are_read_as_carefully(
    reader: Any, lines: list[str], final_newline: bool, window: Window, account: str
) -> None:
    words = Words()
    question = replace(QUESTION, window=window, of_vpcs=frozenset({ENI}))
    data = "\n".join(lines).encode() + (b"\n" if final_newline else b"")
    found = list(reader(DEFAULT_FIELDS, question, words, account).read_file(BytesIO(data), 0, 1))
    assert rows_of(found) == careful(data, DEFAULT_FIELDS, question, words, account)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("source", "number"), [("10.0.0.05", -1), ("10.0.0.00", -1), ("010.0.0.5", -1), ("10.0.0.0", 10 << 24)]
)
def test_an_address_with_leading_zeros_is_none(reader: Any, source: str, number: int) -> None:
    text = f"2 111122223333 {ENI} {source} 10.0.0.9 1 2 6 1 60 {T} {T + 59} REJECT OK\n"
    (found,) = reader(DEFAULT_FIELDS, QUESTION, Words(), None).read_file(BytesIO(text.encode()), 0, 1)
    assert found.rejected["src"].tolist() == [number]


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("action", ["ACCEPT", "REJECT"])
@pytest.mark.parametrize("place", range(len(DEFAULT_FIELDS)), ids=DEFAULT_FIELDS)
@pytest.mark.parametrize("account", ["9", "111122223333"])
def test_a_field_without_text_is_a_missing_one(reader: Any, action: str, place: int, account: str) -> None:
    values = line(action=action).split(" ")
    values[place] = ""
    words, data = Words(), "\n".join([line(), " ".join(values), line(action=action)]).encode()
    question = replace(QUESTION, window=Window(accounts=frozenset({"9"})))
    found = list(reader(DEFAULT_FIELDS, question, words, account).read_file(BytesIO(data), 0, 1))
    assert rows_of(found) == careful(data, DEFAULT_FIELDS, question, words, account)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@given(
    st.lists(
        st.tuples(
            GOOD,
            st.sampled_from(["vpc-1 subnet-1 2 egress - -", "vpc-2 subnet-1 18 ingress 8 BPA", "- - - - - -", "- x"]),
        ),
        max_size=8,
    ),
    WINDOWS,
)
def test_fields_of_later_versions_are_read_as_carefully(
    reader: Any, lines: list[tuple[str, str]], window: Window
) -> None:
    words = Words()
    question = replace(QUESTION, window=window)
    data = "\n".join(f"{first} {more}" for first, more in lines).encode()
    found = list(reader(WIDE, question, words, None).read_file(BytesIO(data), 0, 1))
    assert rows_of(found) == careful(data, WIDE, question, words, "")


@pytest.mark.parametrize("count", [1, 700])
def test_many_interfaces_and_hours_find_room(count: int) -> None:
    lines = [line(eni=f"eni-{n % count}", start=T + 3600 * (n % 9), dport=n) for n in range(6000)]
    data = "\n".join(["srcaddr", *lines]).encode()
    words = Words()
    found = rows_of(list(FastTextReader(DEFAULT_FIELDS, QUESTION, words, None).read_file(BytesIO(data), 1, 1)))
    assert found == careful(b"\n".join(data.split(b"\n")[1:]), DEFAULT_FIELDS, QUESTION, words, "")


ADDRESSES = st.sampled_from([-1, 10 << 24 | 5, 10 << 24 | 200, 11 << 24, 9, (1 << 32) + 0, (1 << 32) + 1])
ROW = st.fixed_dictionaries(
    {
        "eni": st.integers(0, 2), "src": ADDRESSES, "dst": ADDRESSES,
        "proto": st.sampled_from([-1, 1, 6, 17, 255, 256, 300]),
        "sport": st.sampled_from([-1, 22, 5432, 1024, 65535, 99999]), "path": st.sampled_from([-1, 1]),
        "dport": st.sampled_from([-1, 0, 22, 443, 444, 53, 65535]), "flags": st.sampled_from([-1, 0, 2, 18, 19, 4]),
        "also": st.integers(0, 2), "packets": st.integers(0, 5), "bytes": st.integers(0, 9), "line": st.integers(0, 9),
        "start": st.sampled_from([T, T + 1, T + 4000]), "end": st.just(T + 9000), "there": st.integers(0, 3),
        "back": st.integers(0, 3), "reverse": st.booleans(), "same": st.booleans(),
    }
)  # fmt: skip


def columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    kinds = {"there": np.uint64, "back": np.uint64, "reverse": np.bool_, "same": np.bool_}
    names = (*REJECTED_COLUMNS, "reverse", "same")
    return {name: np.array([row[name] for row in rows], dtype=kinds.get(name, np.int64)) for name in names}


def some_words() -> Words:
    words = Words()
    for eni in (ENI, "eni-2", "eni-3"):
        words.eni(eni)
    for direction in (None, "ingress", "egress"):
        words.beside((None, None, None, None, None, direction))
    for address in ("2001:db8::5", "2001:db8::7"):
        words.address(address)
    return words


@given(st.lists(ROW, max_size=20))
def test_records_are_placed_alike(rows: list[dict[str, Any]]) -> None:
    given_rows = columns(rows)
    one, two = Faces(QUESTION, some_words()).place(given_rows), FastFaces(QUESTION, some_words()).place(given_rows)
    for name in PLACED:
        assert one[name].tolist() == two[name].tolist(), name


def summary(totals: Totals, most: Any) -> Any:
    """Return all that sums tell; what one atom, flow log and slice add up to is one, in however many parts."""
    rows = np.concatenate([*totals.partials()])
    keys = [tuple(key) for key in totals.keys.tolist()]
    sums: dict[Any, list[tuple[int, ...]]] = {}
    for key, log, slice_, *row in rows.tolist():
        sums.setdefault((keys[key], log, slice_), []).append(tuple(row))
    whole = {}
    for place, several in sums.items():
        text = totals.texts.get(*min(row[3:4] + row[7:] for row in several)[2:])
        whole[place] = text, [join(column) for join, column in zip(JOINS, zip(*several, strict=True), strict=False)]
    best = lambda eni, at: 2 if eni == 1 and at > T else 1  # noqa: E731
    kept = kept_of(totals, best)
    told = rows[:, :3].tolist()
    assert kept.tolist() == [key if log == best(keys[key][0], slice_) else -1 for key, log, slice_ in told]
    tops = []
    for read_pairs in (totals.peers, totals.ports):
        ranking = most(np.array([1, 0], dtype=np.int64))
        for pairs in read_pairs():
            ranking.add(kept, *pairs)
        by_key: Tops = ranking.tops()
        tops.append(({key: by_key.of(at) for at, key in enumerate(keys) if by_key.of(at)[0]}, ranking.overall()))
    amounts = amounts_of(totals, kept)
    added = zip(*(each.tolist() for each in amounts.added), strict=True)
    found = zip(amounts.keys.tolist(), added, amounts.samples, strict=True)
    return whole, tops, sorted((keys[key], *more) for key, *more in found)


JOINS = (sum, sum, sum, min, max, min, max)


@given(st.lists(st.tuples(st.lists(ROW, max_size=30), st.integers(0, 2)), max_size=4), st.sampled_from([0, 100]))
def test_sums_and_rankings_are_alike_in_memory_and_on_disk(chunks: list[Any], memory: int) -> None:
    answers = []
    for faces, sums, most in (
        (Faces, Sums(100), Most),
        (FastFaces, FastSums(memory), FastMost),
        (Faces, Sums(0), Most),
    ):
        for at, (rows, log) in enumerate(chunks):
            placed = faces(QUESTION, some_words()).place(columns(rows))
            placed = {name: values[placed["peer"] >= 0] for name, values in placed.items()}
            sums.add(placed, log, lambda numbers, at=at: [f"line {number} of {at}" for number in numbers])
        answers.append(summary(sums.totals(), most))
    assert answers[0] == answers[1] == answers[2]


@pytest.fixture
def always_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools_module, "LARGE", 0)


@pytest.mark.parametrize("seed", range(3))
def test_the_whole_answer_is_the_same_however_it_is_made(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = made_lines(400, seed)
    plain = read([text_of(tmp_path / "a", lines)])
    monkeypatch.setattr(tools_module, "LARGE", 0)
    split = [text_of(tmp_path / f"s{n}", lines[n * 40 : n * 40 + 40]) for n in range(10)]
    packed = part(tmp_path / "g", gzip.compress(("\n".join(lines)).encode()), encoding=Encoding.GZIP)
    names = [name.replace("-", "_") for name in DEFAULT_FIELDS]
    kinds = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    text = f"read_csv('{tmp_path / 'a'}', delim=' ', header=false, columns={{{kinds}}}, quote='')"
    typed = "CAST(srcport AS INTEGER) AS srcport, CAST(start AS BIGINT) AS start"
    duckdb.execute(f"COPY (SELECT * REPLACE ({typed}) FROM {text}) TO '{tmp_path / 'p'}' (FORMAT parquet)")
    stored = replace(packed, path=tmp_path / "p", encoding=Encoding.PARQUET, fields=tuple(names))
    every = {"text": [text_of(tmp_path / "b", lines)], "split": split, "turned": split[::-1], "gzip": [packed]}
    for name, parts in {**every, "parquet": [stored]}.items():
        other = read(parts)
        assert plain.aggregates == other.aggregates, name
        assert plain.interfaces == other.interfaces, name
        assert plain.summary.timeline == other.summary.timeline, name
        assert plain.summary.top_rejected == other.summary.top_rejected, name


@pytest.mark.parametrize(
    "spoil",
    ["srcaddr = '10.0.0.256'", "srcaddr = '10.0.0.05'", "srcaddr = NULL", "dstaddr = 'x y'", "start = NULL",
     "dstport = NULL"],
)  # fmt: skip
@pytest.mark.usefixtures("always_compiled")
def test_odd_rows_in_parquet_are_read_as_without_compiled_code(
    tmp_path: Path, spoil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [name.replace("-", "_") for name in DEFAULT_FIELDS]
    made = duckdb.connect()
    made.execute("CREATE TABLE logs (" + ", ".join(f'"{name}" VARCHAR' for name in names) + ")")
    made.executemany(
        f"INSERT INTO logs VALUES ({', '.join('?' * 14)})", [text.split(" ") for text in made_lines(60, 1)]
    )
    made.execute(f"UPDATE logs SET {spoil} WHERE rowid % 7 = 1")
    made.execute(f"COPY logs TO '{tmp_path / 'p'}' (FORMAT parquet)")
    stored = replace(part(tmp_path / "x", ""), path=tmp_path / "p", encoding=Encoding.PARQUET, fields=tuple(names))
    quick = read([stored])
    monkeypatch.setattr(tools_module, "compiled", lambda: None)
    plain = read([stored])
    assert (quick.aggregates, quick.interfaces, quick.gaps) == (plain.aggregates, plain.interfaces, plain.gaps)
    assert quick.summary == plain.summary


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in sys.modules if name.startswith("checker.flowlog.engine.fast")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numba", None)
    yield


@pytest.mark.usefixtures("without_numba")
def test_without_numba_everything_is_read_all_the_same() -> None:
    assert compiled() is None
    assert tools_for(1 << 40) is PLAIN


def test_small_inputs_do_not_wait_for_compiled_code() -> None:
    assert tools_for(tools_module.LARGE - 1) is PLAIN
    assert tools_for(tools_module.LARGE) is not PLAIN


def _one_more(number: int) -> int:
    return number + 1


def test_where_no_cache_can_be_kept_each_run_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = jit.numba.njit

    def without_cache(*given: Any, **options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("no locator available for file")
        return njit(*given, **options)

    monkeypatch.setattr(jit.numba, "njit", without_cache)
    assert jit.compiled(_one_more)(1) == 2


def test_kept_code_is_stale_when_any_file_of_the_engine_changes() -> None:
    assert jit.compiled(_one_more)._cache._cache_file._source_stamp == jit._STAMP
    assert {"mixing.py", "chunk.py", "shapes.py", "parse.py"} <= {name for name, _, _ in jit._STAMP}
