"""Parquet through pyarrow: what the quick reader takes it reads as the careful one does, and the rest it leaves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.flowlog.engine.arrow import StreamError
from checker.flowlog.engine.chunk import ALSO, Chunk, Words
from checker.flowlog.engine.parquet import ParquetReader
from checker.flowlog.engine.question import Question
from checker.flowlog.engine.tools import compiled
from checker.flowlog.part import Window
from checker.model.log_format import DEFAULT_FIELDS
from checker.model.record import replace
from tests.flowlog.test_engine import ENI, QUESTION, WIDE, T
from tests.support.absent import absent

if any(find_spec(name) is None for name in ("numba", "pyarrow")):
    absent("the quick reader needs the extra `fast`")

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from checker.flowlog.engine.fast import pages, thrift
from checker.flowlog.engine.fast import parquet as quick_parquet
from checker.flowlog.engine.fast.batch import Batch, Unexpected
from checker.flowlog.engine.fast.parquet import QuickParquet
from checker.flowlog.engine.fast.spelled import Kept

WHOLE = {
    "version": pa.int32(), "srcport": pa.int32(), "dstport": pa.int32(), "protocol": pa.int32(), "packets": pa.int64(),
    "bytes": pa.int64(), "start": pa.int64(), "end": pa.int64(), "tcp-flags": pa.int32(), "traffic-path": pa.int32(),
}  # fmt: skip
EVERY = (*WIDE, "resource-id", "pkt-srcaddr", "brand-new")

ADDRESSES = [
    None, "", "-", "10.0.0.5", "10.9.0.1", "255.255.255.255", "010.0.0.5", "10.0.0.256", "1.2.3", "::1", "2001:DB8::5",
    "x" * 45,
]  # fmt: skip
TEXTS = [None, "", "-", "a", "vpc-1", "a text", "111122223333", "OK", "x" * 70]
SMALL = [None, -(2**31), -5, -1, 0, 6, 443, 65535, 65536, 2**31 - 1]
LARGE = [None, -(2**63) + 1, -5, 0, 1, 99_999_999_999, 2**40, 2**63 - 1]
TIMES = [None, -7, 0, T, T + 59, T + 4000, T * 1000, 100_000_000_000, 100_000_000_001]
OF = {
    "interface-id": [None, "", "-", ENI, ENI, "eni-2"], "srcaddr": ADDRESSES, "dstaddr": ADDRESSES, "start": TIMES,
    "end": TIMES, "packets": LARGE, "bytes": LARGE, "vpc-id": [None, "", "-", "vpc-1", "vpc-2"],
    "action": ["REJECT", "REJECT", "REJECT", "ACCEPT", "ACCEPT", None, "-", "", "DROP"],
    "log-status": ["OK", "OK", None, "-", "", "NODATA", "SKIPDATA"], "account-id": [None, "-", "1", "2"],
}  # fmt: skip

WAYS = st.fixed_dictionaries(
    {
        "compression": st.sampled_from(["gzip", "snappy", "zstd", "none", "lz4", "brotli"]),
        "use_dictionary": st.sampled_from([True, False, ["srcaddr", "action"]]),
        "row_group_size": st.sampled_from([1, 3, 1000]),
        "dictionary_pagesize_limit": st.sampled_from([1, 30, 1 << 20]),
        "data_page_size": st.sampled_from([1, 1 << 20]),
        "data_page_version": st.sampled_from(["1.0", "2.0"]),
        "version": st.sampled_from(["1.0", "2.6"]),
        "store_schema": st.booleans(),
    }
)
NOON = datetime.fromtimestamp(T + 30, UTC)
WINDOWS = st.builds(
    Window,
    since=st.sampled_from([None, None, NOON]),
    until=st.sampled_from([None, None, NOON]),
    interfaces=st.sampled_from([frozenset(), frozenset(), frozenset({ENI}), frozenset({"-", "eni-2"})]),
    vpcs=st.sampled_from([frozenset(), frozenset(), frozenset({"vpc-1"})]),
    accounts=st.sampled_from([frozenset(), frozenset(), frozenset({"1"})]),
)


def made(fields: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Any:
    arrays = [pa.array([row.get(name) for row in rows], WHOLE.get(name, pa.string())) for name in fields]
    return pa.table(arrays, names=[name.replace("-", "_") for name in fields])


def told(chunk: Chunk, words: Words) -> tuple[Any, ...]:
    """Return what a chunk says, whatever numbers its words have."""
    texts = {"eni": words.enis, "also": words.also}
    rejected = {name: values.tolist() for name, values in chunk.rejected.items()}
    rejected |= {name: [texts[name][place] for place in rejected[name]] for name in texts}
    for name in ("src", "dst"):
        rejected[name] = [each if each < 1 << 32 else words.addresses[each - (1 << 32)] for each in rejected[name]]
    counts = {(words.enis[eni], *key): more for (eni, *key), more in chunk.counts.items()}
    kinds = {name: values.dtype.str for name, values in chunk.rejected.items()}
    lines = chunk.lines_at(list(range(len(rejected["eni"]))))
    return counts, [values.tolist() for values in chunk.accepted], rejected, kinds, lines, chunk.flow_log


def carefully(path: Path, question: Question = QUESTION) -> tuple[Any, ...]:
    words = Words()
    return told(ParquetReader(question, words, 100).read(path.as_posix(), columns_of(path), None, 7), words)


def quickly(path: Path, question: Question = QUESTION) -> tuple[Any, ...] | None:
    words = Words()
    found = QuickParquet(question, words).read(path.as_posix(), columns_of(path), None, 7)
    return None if found is None else told(found, words)


def columns_of(path: Path) -> tuple[str, ...]:
    """Return the columns as they are told where the file is opened."""
    rows = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path.as_posix()]).fetchall()
    return tuple(row[0] for row in rows)


@st.composite
def tables(draw: st.DrawFn) -> Any:
    """Give rows of values that repeat: of each field a few of those that it may have."""
    chance = Random(draw(st.integers(0, 1 << 32)))  # noqa: S311 - for choices, not for keys
    fields = draw(st.sampled_from([DEFAULT_FIELDS, EVERY, ("action", "srcaddr"), tuple(reversed(EVERY)), ("start",)]))
    given = {name: OF.get(name, SMALL if name in WHOLE else TEXTS) for name in fields}
    of = {name: chance.choices(values, k=chance.choice([1, 2, 9])) for name, values in given.items()}
    return made(
        fields, [{name: chance.choice(of[name]) for name in fields} for _ in range(chance.choice([0, 1, 5, 20, 20]))]
    )


@settings(max_examples=40)
@given(tables(), WAYS, WINDOWS, st.sampled_from([frozenset(), frozenset({ENI})]), st.sampled_from([1 << 17, 2]))
def test_whatever_it_reads_the_careful_reader_reads_too(
    tmp_path_factory: pytest.TempPathFactory, table: Any, ways: dict[str, Any], window: Window, of_vpcs: frozenset[str],
    batch: int,
) -> None:  # fmt: skip
    question = replace(QUESTION, window=window, of_vpcs=of_vpcs)
    path = tmp_path_factory.mktemp("q") / "p"
    pq.write_table(table, path, **ways)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick_parquet, "_BATCH", batch)
        found = quickly(path, question)
    assert found is not None
    assert found == carefully(path, question)


COLUMNS = tuple(name.replace("-", "_") for name in DEFAULT_FIELDS)
ROW = {
    "version": 2, "account-id": "1", "interface-id": ENI, "srcaddr": "10.9.0.1", "dstaddr": "10.0.0.5", "srcport": 5,
    "dstport": 443, "protocol": 6, "packets": 1, "bytes": 40, "start": T, "end": T + 59, "action": "REJECT",
    "log-status": "OK",
}  # fmt: skip
PLAIN = made(DEFAULT_FIELDS, [ROW, {**ROW, "action": "ACCEPT"}, {**ROW, "srcport": None}])


def with_column(name: str, values: Any) -> Any:
    return PLAIN.set_column(PLAIN.column_names.index(name), name, values)


OTHERS = {
    "numbers as texts": with_column("srcport", pa.array(["5", "-", "x"])),
    "texts as numbers": with_column("account_id", pa.array([1, 2, None])),
    "numbers beyond 64 bits": with_column("bytes", pa.array([2**64 - 1, 1, None], pa.uint64())),
    "numbers without sign": with_column("packets", pa.array([2**32 - 1, 1, None], pa.uint32())),
    "small numbers": with_column("protocol", pa.array([6, -1, None], pa.int8())),
    "the least number": with_column("bytes", pa.array([-(2**63), 1, None])),
    "numbers with a point": with_column("packets", pa.array([1.5, float("nan"), None])),
    "decimals": with_column("bytes", pa.array([1, 2, None], pa.decimal128(9, 2))),
    "times": with_column("start", pa.array([T, T, None], pa.timestamp("s"))),
    "truth": with_column("log_status", pa.array([True, False, None])),
    "bytes": with_column("account_id", pa.array([b"1", b"\xff", None])),
    "letters of other scripts": with_column("account_id", pa.array(["é", "1", None])),
    "lists": with_column("account_id", pa.array([["1"], [], None])),
    "records": with_column("account_id", pa.array([{"a": "1"}, {"a": None}, None])),
    "nothing at all": with_column("account_id", pa.nulls(3)),
    "long texts": with_column("log_status", pa.array(["OK", None, "OK"], pa.large_string())),
    "a dictionary of its own": with_column("log_status", pa.array(["OK", None, "OK"]).dictionary_encode()),
    "a dictionary of numbers": with_column("srcport", pa.array([5, None, 5]).dictionary_encode()),
    "a column named twice": PLAIN.append_column("Action", pa.array(["ACCEPT", "REJECT", None])),
    "a column spelled twice": PLAIN.append_column("log-status", pa.array(["OK", "OK", None])),
}


@pytest.mark.parametrize("table", OTHERS.values(), ids=OTHERS)
def test_what_is_otherwise_is_read_by_the_careful_reader(tmp_path: Path, table: Any) -> None:
    pq.write_table(table, tmp_path / "p")
    found = quickly(tmp_path / "p")
    expected = carefully(tmp_path / "p")
    assert found in (None, expected)
    words = Words()
    reader = ParquetReader(QUESTION, words, 100, quick=QuickParquet)
    assert told(reader.read((tmp_path / "p").as_posix(), columns_of(tmp_path / "p"), None, 7), words) == expected


def test_plain_files_are_not_left_to_the_careful_reader(tmp_path: Path) -> None:
    pq.write_table(PLAIN, tmp_path / "p", compression="gzip")
    found = quickly(tmp_path / "p")
    assert found is not None
    assert found[4] == [
        f"2 1 {ENI} 10.9.0.1 10.0.0.5 5 443 6 1 40 {T} {T + 59} REJECT OK",
        f"2 1 {ENI} 10.9.0.1 10.0.0.5 - 443 6 1 40 {T} {T + 59} REJECT OK",
    ]


def test_dates_as_old_writers_kept_them_are_left_to_the_careful_reader(tmp_path: Path) -> None:
    table = with_column("start", pa.array([T, T, None], pa.timestamp("ns")))
    pq.write_table(table, tmp_path / "p", use_deprecated_int96_timestamps=True)
    assert quickly(tmp_path / "p") is None
    assert carefully(tmp_path / "p")


def damaged(path: Path, how: str) -> None:
    data = path.read_bytes()
    middle = len(data) // 3
    path.write_bytes(
        {
            "cut": data[: 2 * middle],
            "without its end": data[:-1],
            "not of this kind": b"PAR1" + b"x" * 50 + b"PAR1",
            "with a hole": data[:4] + bytes(middle) + data[4 + middle :],
        }[how]
    )


@pytest.mark.parametrize("how", ["cut", "without its end", "not of this kind", "with a hole"])
def test_a_broken_file_is_an_error_as_ever(tmp_path: Path, how: str) -> None:
    path = tmp_path / "p"
    rows = [{**ROW, "srcaddr": f"10.0.{n >> 8}.{n & 255}", "bytes": n * 977} for n in range(5000)]
    pq.write_table(made(DEFAULT_FIELDS, rows), path, compression="gzip")
    fields = columns_of(path)
    damaged(path, how)
    assert QuickParquet(QUESTION, Words()).read(path.as_posix(), fields, None, 1) is None
    with pytest.raises((duckdb.Error, StreamError)):
        ParquetReader(QUESTION, Words(), 100, quick=QuickParquet).read(path.as_posix(), fields, None, 1)


@settings(max_examples=150)
@given(st.data())
def test_no_byte_that_is_changed_makes_it_fall_over(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("q") / "p"
    pq.write_table(PLAIN, path, compression="none", write_statistics=False)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=3)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    found = QuickParquet(QUESTION, Words()).read(path.as_posix(), COLUMNS, None, 1)
    assert found is None or found.lines_at(list(range(len(found.rejected["eni"])))) is not None


@pytest.mark.parametrize("limit", ["_PAGE", "_GROUP", "_TEXTS", "_CONTENTS"])
def test_a_file_that_claims_to_be_large_is_left_to_a_reader_with_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    pq.write_table(made(DEFAULT_FIELDS, [{**ROW, "account-id": "1" * 60_000}]), tmp_path / "p", compression="gzip")
    assert (tmp_path / "p").stat().st_size < 10_000
    assert quickly(tmp_path / "p") is not None
    monkeypatch.setattr(pages, limit, 1000 if limit == "_CONTENTS" else 60_000)
    assert quickly(tmp_path / "p") is None
    assert carefully(tmp_path / "p")


@pytest.mark.parametrize(
    ("header", "sizes"),
    [
        (b"\x15\x00\x15\x50\x15\x28\x00", [40, 20]),
        (b"\x15\x00\x15\x50\x15\x28\x15\x02\x2c\x15\x0a\x1c\x00\x00\x00", [40, 20]),
        (b"\x15\x00\x15\x50\x15\x28\x28\x03abc\x11\x12\x00", [40, 20]),
        (b"\x15\x00\x15\x50\x15\x28\x29\x25\x02\x04\x00", [40, 20]),
        (b"\x05\x04\x50\x15\x28\x00", [40, 20]),
        (b"\x15\x00\x15\x4f\x15\x28\x00", [-40, 20]),
        (b"\x15\x00\x15\x50\x15\x28", None),
        (b"\x15\x00\x15\xff", None),
        (b"\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", None),
        (b"\x1c" * 40, None),
        (b"\x1b\x01\x55\x02\x02\x00", None),
        (b"", None),
    ],
    ids=["plain", "records inside", "text and truth", "a list", "a field by its number", "less than nothing",
         "cut off", "a number cut off", "a text of less than nothing", "too deep", "a map", "nothing"],
)  # fmt: skip
def test_headers_of_pages_are_read_as_thrift_writes_them(header: bytes, sizes: list[int] | None) -> None:
    stack, found = np.zeros((thrift.DEEPEST, 3), dtype=np.int64), np.zeros((1, 2), dtype=np.int64)
    end = thrift.read(np.frombuffer(header + b"page", dtype=np.uint8)[: len(header)], 0, thrift.PAGE, stack, found)
    assert (end, found[0].tolist()) == (len(header), sizes) if sizes else end == -1


def test_a_code_behind_the_dictionary_is_no_text() -> None:
    codes = pa.array([0, 1, None], pa.int32())
    wrong = pa.DictionaryArray.from_arrays(codes, pa.array(["a"]), safe=False)
    for places in (None, [0, 1]):
        with pytest.raises(Unexpected):
            Batch(3, {"action": wrong}).text("action", places)
    assert Batch(3, {"action": wrong}).text("action", [0, 2]).codes.tolist() == [0, 1]


@pytest.mark.parametrize("begin", [0, 1, 3])
@pytest.mark.parametrize("end", [3, 5])
def test_texts_of_a_part_of_a_dictionary_are_spelled(begin: int, end: int) -> None:
    entries = pa.array(["first", "", "third", "", "fifth", "behind"])[begin:end]
    codes = pa.array([None, *range(len(entries)), None], pa.int32())
    kept, said = Kept(), []
    for array in (pa.DictionaryArray.from_arrays(codes, entries), pa.DictionaryArray.from_arrays(codes, entries)[1:]):
        for places in (range(len(array)), range(1), range(len(array) - 1, len(array)), range(0, len(array), 2)):
            text = Batch(len(array), {"a": array}).text("a", np.array(places))
            kept.add([kept.text(text, text.codes)], [False])
            said += ["-" if array[place].as_py() is None else array[place].as_py() for place in places]
    assert kept.done().lines_at(range(len(said))) == said


def test_records_of_many_groups_and_dictionaries_are_put_together(tmp_path: Path) -> None:
    count = 30_000
    rows = [
        {
            **ROW, "interface-id": f"eni-{n % 5000}", "srcaddr": f"::{n:x}" if n % 3 else f"10.0.{n % 250}.{n // 250}",
            "bytes": n, "start": T + 3600 * (n % 40), "action": "REJECT" if n % 4 else "ACCEPT", "log-status": f"OK{n}",
        }
        for n in range(count)
    ]  # fmt: skip
    pq.write_table(made(DEFAULT_FIELDS, rows), tmp_path / "p", row_group_size=7000, dictionary_pagesize_limit=9000)
    assert quickly(tmp_path / "p") == carefully(tmp_path / "p")


@pytest.mark.parametrize(
    "texts", [[None, "::1"], ["::1", None], ["", "-"], ["::1", "::1"], [None, None], ["x", "", "y"]]
)
@pytest.mark.parametrize("name", ["srcaddr", "interface-id", "log-status", "account-id"])
def test_a_missing_text_beside_the_only_one_stays_missing(tmp_path: Path, name: str, texts: list[str | None]) -> None:
    pq.write_table(made(DEFAULT_FIELDS, [{**ROW, name: text} for text in texts]), tmp_path / "p")
    assert quickly(tmp_path / "p") == carefully(tmp_path / "p")


def test_several_threads_share_a_reader(tmp_path: Path) -> None:
    paths = []
    for file in range(6):
        rows = [{**ROW, "interface-id": f"eni-{n % 7 + file}", "srcport": n} for n in range(500)]
        pq.write_table(made(DEFAULT_FIELDS, rows), tmp_path / f"{file}")
        paths.append(tmp_path / f"{file}")
    words = Words()
    reader = QuickParquet(QUESTION, words)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda path: reader.read(path.as_posix(), COLUMNS, None, 7), paths))
    assert [told(chunk, words) for chunk in found if chunk] == [carefully(path) for path in paths]


def test_without_pyarrow_the_careful_reader_reads_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq.write_table(made(DEFAULT_FIELDS, [{**ROW, "srcport": n} for n in range(9)]), tmp_path / "p")
    expected = carefully(tmp_path / "p")
    for name in [name for name in sys.modules if name.startswith("checker.flowlog.engine.fast.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    tools = compiled()
    assert tools is not None
    assert tools.quick is not None
    assert tools.quick(QUESTION, Words()) is None
    words = Words()
    found = ParquetReader(QUESTION, words, 100, quick=tools.quick).read(str(tmp_path / "p"), COLUMNS, None, 7)
    assert told(found, words) == expected


def test_pyarrow_waits_for_the_first_file_of_parquet() -> None:
    code = "import sys; from checker.flowlog.engine.tools import compiled; compiled(); print('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_the_texts_that_stand_beside_a_record_are_kept_apart(tmp_path: Path) -> None:
    rows = [{**ROW, name: text} for name in ALSO for text in (None, "", "-", "a", "b")]
    pq.write_table(made(EVERY, rows), tmp_path / "p")
    found = quickly(tmp_path / "p")
    assert found is not None
    assert [dict(zip(ALSO, each, strict=True)) for each in found[2]["also"]] == [
        {name: row.get(name) if row.get(name) not in ("", "-") else None for name in ALSO} for row in rows
    ]
