"""Records in columns: numpy and compiled code read of Parquet what the careful reader reads of text."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.flowlog.engine import mixing
from checker.flowlog.engine.arrow import Column, StreamError, batches, whole
from checker.flowlog.engine.chunk import ACCEPTED, NO_DATA, REJECTED, Words
from checker.flowlog.engine.lines import Gathered, Layout, LineReader, chunk_of
from checker.flowlog.engine.parquet import ParquetReader
from checker.flowlog.engine.rows import TAKEN, RowReader, Rows, small_numbers
from checker.flowlog.engine.tools import compiled
from checker.flowlog.part import Window
from checker.model.log_format import DEFAULT_FIELDS
from checker.model.record import replace
from tests.flowlog.test_engine import ENI, GOOD, QUESTION, T, _rows, line
from tests.support.absent import absent

NAMES = tuple(name.replace("-", "_") for name in DEFAULT_FIELDS)
WHOLE = {"version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end"}
FOUND = compiled()
if FOUND is None:
    absent("compiled code needs the extra `fast`")
READERS = {"numpy": RowReader, "compiled": FOUND.rows}
WAYS = {"numpy": (RowReader, None), "compiled": (FOUND.rows, None), "quick": (FOUND.rows, FOUND.quick)}
if find_spec("pyarrow") is None:
    absent("the quick reader of Parquet needs the extra `fast`")

TEXTS = st.sampled_from(
    [None, "", "-", "a", "eni-1", ENI, "10.0.0.5", "10.9.0.1", "010.0.0.5", "10.0.0.256", "1.2.3", "::1", "é", "x" * 45]
)
NUMBERS = st.sampled_from([None, -(2**63), -5, -1, 0, 6, 443, 65535, 65536, 99_999_999, 123_456_789, 2**63 - 1])
TIMES = st.sampled_from([None, -7, 0, T, T + 59, T + 4000, T * 1000, 2**33, 19_999_999_999, 10**16, 2**63 - 1])
ODD = st.tuples(
    TEXTS, TEXTS, TEXTS, NUMBERS, NUMBERS, NUMBERS, TIMES, TIMES, st.sampled_from([ACCEPTED, REJECTED, NO_DATA])
)


def asked(rows: Sequence[tuple[Any, ...]]) -> Rows:
    """Return rows as columns, as DuckDB gives them."""
    columns = list(zip(*rows, strict=True))
    kinds = np.array(columns[8], dtype=np.int32)
    return Rows(*map(text_column, columns[:3]), *map(whole_column, columns[3:8]), Column(kinds, NOTHING, NOTHING))


NOTHING = np.zeros(0, dtype=np.uint8)


def text_column(values: Sequence[str | None]) -> Column:
    data = [(value or "").encode() for value in values]
    begins = np.cumsum([0, *map(len, data)]).astype(np.int32)
    return Column(begins, np.frombuffer(b"".join(data), dtype=np.uint8), bits(values), text=True)


def whole_column(values: Sequence[int | None]) -> Column:
    return Column(np.array([value or 0 for value in values], dtype=np.int64), NOTHING, bits(values))


def bits(values: Sequence[object]) -> Any:
    if None not in values:
        return NOTHING
    return np.packbits([value is not None for value in values], bitorder="little")


def plainly(rows: Sequence[tuple[Any, ...]], words: Words) -> tuple[Any, ...]:
    """Return what rows hold, one by one."""
    gathered = Gathered()
    rejected = []
    for eni, src, dst, sport, dport, proto, start, end, kind in rows:
        texts = ["-" if value in (None, "") else str(value) for value in (eni, src, dst, sport, dport, proto)]
        own, *sides = map(mixing.of_text, texts)
        to, of, out, into, number = sides
        there = mixing.conversation(own, (to, of), (out, into), number)
        back = mixing.conversation(own, (of, to), (into, out), number)
        first, last = (min(max(at or 0, 0) // (1000 if (at or 0) > 10**11 else 1), 2**33 - 1) for at in (start, end))
        place = words.eni(texts[0])
        gathered.count(place, kind, first, last)
        if kind == ACCEPTED:
            gathered.accepted.append((there, first))
        elif kind == REJECTED:
            ends = [words.address(text) for text in texts[1:3]]
            numbers = [-1 if value is None else value for value in (sport, dport, proto)]
            rejected.append((place, *ends, *numbers, first, max(first, last), there, back))
    return gathered.counts, gathered.accepted, rejected


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@given(st.lists(ODD, min_size=1, max_size=12))
def test_any_value_in_any_column_is_read_as_its_text_would_be(reader: Any, rows: list[tuple[Any, ...]]) -> None:
    words = Words()
    found = reader(words).take(asked(rows))
    accepted = list(zip(*(values.tolist() for values in found.accepted), strict=True))
    rejected = list(zip(*(found.rejected[name].tolist() for name in TAKEN), strict=True))
    assert (dict(found.counts), accepted, rejected) == plainly(rows, words)
    for name, place in (("src", 1), ("dst", 2)):
        texts = [row[place] for row in rows if row[-1] == REJECTED]
        odd = {at: text for at, text in enumerate(texts) if not 0 <= words.address(text) < 1 << 32}
        assert {at: text or "-" for at, text in found.odd[name].items()} == {
            at: text or "-" for at, text in odd.items()
        }


@pytest.mark.parametrize("count", [1, 3000])
def test_many_interfaces_and_hours_find_room(count: int) -> None:
    rows = [(f"eni-{n % count}", "10.0.0.1", "10.0.0.2", n, 443, 6, T + 3600 * (n % 9), T, n % 2) for n in range(6000)]
    given_rows = asked(rows)
    for reader in READERS.values():
        words = Words()
        found = reader(words).take(given_rows)
        assert dict(found.counts) == plainly(rows, words)[0]


def stored(path: Path, lines: Sequence[str], typed: bool) -> str:
    """Write lines as Parquet, as text or in AWS's types; return the file's name."""
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE logs ({', '.join(f'{quoted(name)} VARCHAR' for name in NAMES)})")
    connection.executemany(
        f"INSERT INTO logs VALUES ({', '.join('?' * len(NAMES))})", [text.split(" ") for text in lines]
    )
    kinds = {"start": "BIGINT", "end": "BIGINT", "packets": "BIGINT", "bytes": "BIGINT"}
    columns = [
        f"TRY_CAST({quoted(name)} AS {kinds.get(name, 'INTEGER')}) AS {quoted(name)}"
        if typed and name in WHOLE
        else f"NULLIF({quoted(name)}, '-') AS {quoted(name)}"
        for name in NAMES
    ]
    connection.execute(f"COPY (SELECT {', '.join(columns)} FROM logs ORDER BY rowid) TO '{path}' (FORMAT parquet)")
    return path.as_posix()


def quoted(name: str) -> str:
    return f'"{name}"'


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("typed", [True, False], ids=["typed", "text"])
@settings(max_examples=8)
@given(st.lists(GOOD, min_size=1, max_size=10), st.sampled_from([frozenset(), frozenset({ENI})]))
def test_parquet_is_read_as_text_is(
    tmp_path_factory: pytest.TempPathFactory, way: Any, typed: bool, lines: list[str], enis: frozenset[str]
) -> None:
    quiet = line("-", "-", "-", "-", "-", proto="-", packets="-", status="NODATA").replace(" 40 ", " - ")
    lines = [*lines, quiet, quiet.replace("NODATA", "SKIPDATA"), quiet.replace(" - NODATA", " REJECT OK")]
    question = replace(QUESTION, window=Window(interfaces=enis))
    words, gathered = Words(), Gathered()
    careful = LineReader(Layout(DEFAULT_FIELDS), question, words, None)
    assert all(careful.take(text, gathered) for text in lines)
    expected = chunk_of(gathered, [], 1)
    path = stored(tmp_path_factory.mktemp("p") / "p", lines, typed)
    found = ParquetReader(question, words, 100, *way).read(path, NAMES, None, 1)
    assert dict(found.counts) == expected.counts
    assert [each.tolist() for each in found.accepted] == [each.tolist() for each in expected.accepted]
    assert _rows(found) == _rows(expected)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_file_without_rejected_or_any_records_is_read(tmp_path: Path, way: Any) -> None:
    accepted = stored(tmp_path / "a", [line(action="ACCEPT")], typed=True)
    duckdb.sql(f"COPY (FROM read_parquet('{accepted}') LIMIT 0) TO '{tmp_path / 'none'}' (FORMAT parquet)")
    reader = ParquetReader(QUESTION, Words(), 100, *way)
    (one, none) = (reader.read((tmp_path / name).as_posix(), NAMES, None, 1) for name in ("a", "none"))
    assert [len(one.accepted[0]), len(one.rejected["eni"]), len(one.counts)] == [1, 0, 1]
    assert [len(none.accepted[0]), len(none.rejected["eni"]), len(none.counts)] == [0, 0, 0]
    assert none.lines_at([]) == []


@pytest.mark.parametrize("way", ["compiled", "quick"])
def test_files_larger_than_one_batch_are_put_together(tmp_path: Path, way: str) -> None:
    count = 300_000
    columns = {
        "version": "2", "account_id": "'1'", "interface_id": f"'{ENI}'",
        "srcaddr": "CASE i % 3 WHEN 0 THEN '::' || i ELSE '10.0.0.' || i % 9 END", "dstaddr": "'10.0.0.5'",
        "srcport": "i % 60000", "dstport": "443", "protocol": "6", "packets": "NULLIF(i, i // 5 * 5)", "bytes": "i",
        "start": f"{T}", "end": f"{T}", "action": "CASE i % 4 WHEN 0 THEN 'ACCEPT' ELSE 'REJECT' END",
        "log_status": "CASE i % 7 WHEN 0 THEN NULL ELSE 'OK' || i END",
    }  # fmt: skip
    asked_for = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())
    duckdb.sql(f"COPY (SELECT {asked_for} FROM range({count}) r(i)) TO '{tmp_path / 'p'}' (FORMAT parquet)")
    reader = ParquetReader(QUESTION, Words(), 200, *WAYS[way])
    found = reader.read((tmp_path / "p").as_posix(), NAMES, None, 1)
    numbers = [i for i in range(count) if i % 4]
    assert len(found.accepted[0]) == count - len(numbers)
    assert found.rejected["bytes"].tolist() == numbers
    assert found.rejected["packets"].tolist() == [i if i % 5 else 0 for i in numbers]
    places = [0, 1, 2, len(numbers) // 2, len(numbers) - 1]
    assert found.lines_at(places) == [
        f"2 1 {ENI} {f'10.0.0.{i % 9}' if i % 3 else f'::{i}'} 10.0.0.5 {i % 60000} 443 6 {i if i % 5 else '-'} {i} {T}"
        f" {T} REJECT {f'OK{i}' if i % 7 else '-'}"
        for i in (numbers[place] for place in places)
    ]


def test_numbers_of_ports_are_those_of_their_texts() -> None:
    numbers = small_numbers()
    some = [0, 1, 9, 10, 99, 100, 999, 1000, 9999, 10000, 12345, 65535]
    assert [int(numbers[port]) for port in some] == [mixing.of_text(str(port)) for port in some]


def test_arrays_outlive_the_answer_that_they_came_with() -> None:
    connection = duckdb.connect()
    (column,) = next(batches(connection, "SELECT 'text ' || i FROM range(2000) r(i)"))
    connection.close()
    begins = column.values
    assert column.data[begins[1999] : begins[2000]].tobytes() == b"text 1999"
    assert len(column) == 2000


@pytest.mark.parametrize("missing", [False, True])
def test_columns_of_several_batches_are_one(missing: bool) -> None:
    count = 400_000
    where = "NULLIF(i % 3, 1)" if missing else "i"
    number, text = whole(duckdb.connect(), f"SELECT {where}, 'é' || {where} FROM range({count}) r(i)")
    expected = [None if missing and i % 3 == 1 else (i % 3 if missing else i) for i in range(count)]
    assert [None if not there else value for there, value in zip(*told(number), strict=True)] == expected
    data = text.data.tobytes()
    for place in (0, 1, 2, 131_071, 131_072, 131_073, count - 1):
        said = data[text.values[place] : text.values[place + 1]].decode()
        assert (said if text.present()[place] else None) == (None if expected[place] is None else f"é{expected[place]}")


def told(column: Column) -> tuple[list[bool], list[int]]:
    return column.present().tolist(), column.values.tolist()


def test_an_answer_that_breaks_off_is_an_error() -> None:
    with pytest.raises((duckdb.Error, StreamError)):
        list(batches(duckdb.connect(), "SELECT CAST('x' || i AS BIGINT) FROM range(3) r(i)"))
