"""Parquet as AWS writes it: by its columns, whatever its name."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from checker.flowlog.fields import BY_NAME, missing_for_analysis
from checker.flowlog.part import Encoding, FormatHints, Window
from checker.flowlog.sources.files import Files
from checker.model.finding import Gap
from checker.model.log_format import DEFAULT_FIELDS
from tests.flowlog.made import NAME, got_file, v2
from tests.flowlog.test_names import FULL

ARROW = {"STRING": pa.string(), "INT_32": pa.int32(), "INT_64": pa.int64()}


def table(fields: tuple[str, ...], *records: str) -> Any:
    columns: dict[str, list[Any]] = {name: [] for name in fields}
    for record in records:
        for name, value in zip(fields, record.split(), strict=True):
            known = BY_NAME.get(name)
            columns[name].append(int(value) if known is not None and known.whole else value)
    schema = pa.schema(
        [(name.replace("-", "_"), ARROW[BY_NAME[name].type if name in BY_NAME else "STRING"]) for name in fields]
    )
    return pa.table([pa.array(columns[name], schema.field(n).type) for n, name in enumerate(fields)], schema=schema)


def written(tmp_path: Path, made: Any) -> bytes:
    path = tmp_path / "made.parquet"
    pq.write_table(made, path, compression="gzip")
    return path.read_bytes()


@pytest.mark.parametrize("name", [NAME.replace(".gz", ".parquet"), NAME, "x.log"])
def test_parquet_is_known_by_its_content_and_told_by_its_columns(tmp_path: Path, name: str) -> None:
    content = written(tmp_path, table(DEFAULT_FIELDS, v2(), v2(1)))
    found = got_file(tmp_path, content, name)
    part = found.part
    assert part.encoding is Encoding.PARQUET
    assert part.fields == tuple(each.replace("-", "_") for each in DEFAULT_FIELDS)
    assert missing_for_analysis(part.fields) == ()
    assert (part.told_by, part.header_lines, part.size, part.temporary) == ("columns", 0, len(content), False)
    assert part.flow_log == (FULL.flow_log if name != "x.log" else None)
    assert found.gaps == []


def test_every_field_has_the_type_of_its_column(tmp_path: Path) -> None:
    every = tuple(BY_NAME)
    content = written(tmp_path, table(every))
    assert got_file(tmp_path, content).part.fields == tuple(name.replace("-", "_") for name in every)


def test_unknown_columns_are_kept(tmp_path: Path) -> None:
    content = written(tmp_path, table((*DEFAULT_FIELDS, "brand-new"), v2() + " x"))
    assert got_file(tmp_path, content).part.fields[-1] == "brand_new"


def test_parquet_of_something_else_is_named(tmp_path: Path) -> None:
    content = written(tmp_path, pa.table({"name": ["a"], "price": [1]}))
    found = got_file(tmp_path, content, "sales.parquet")
    assert (found.parts, found.causes) == ([], ["its Parquet columns are no fields of flow logs"])


@pytest.mark.parametrize("kept", [5, 100, -9, -1])
def test_parquet_that_is_cut_off_is_named(tmp_path: Path, kept: int) -> None:
    content = written(tmp_path, table(DEFAULT_FIELDS, v2()))
    found = got_file(tmp_path, content[:kept])
    assert found.parts == []
    assert "Parquet keeps its table of contents at the end" in found.causes[0]


def handed_over(tmp_path: Path, made: Any) -> tuple[dict[str, list[Any]], list[str]]:
    """Return what the engine gets of a file, by field, and the causes of gaps."""
    path = tmp_path / "x.parquet"
    pq.write_table(made, path)
    gaps: list[Gap] = []
    (part,) = Files(path).parts(Window(), FormatHints(), tmp_path, gaps)
    read = pq.read_table(part.path)
    assert list(part.fields) == read.column_names
    return {name.replace("_", "-"): read[name].to_pylist() for name in part.fields}, [gap.cause for gap in gaps]


def renamed(made: Any, name: Callable[[str], str]) -> Any:
    return made.rename_columns([name(each) for each in made.column_names])


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


OLDER = {"srcaddr": "sourceaddress", "start": "starttime", "bytes": "numbytes", "interface_id": "interfaceid"}
NAMES = [
    pytest.param(str.upper, id="capital letters"),
    pytest.param(camel, id="words run together"),
    pytest.param(lambda name: OLDER.get(name, name), id="names of Athena's older tables"),
    pytest.param(lambda name: name.replace("_", "-"), id="hyphens"),
]


@pytest.mark.parametrize("name", NAMES)
def test_columns_of_other_names_are_known(tmp_path: Path, name: Callable[[str], str]) -> None:
    plain = table(DEFAULT_FIELDS, v2(), v2(1))
    wanted = {each.replace("_", "-"): plain[each].to_pylist() for each in plain.column_names}
    assert handed_over(tmp_path, renamed(plain, name)) == (wanted, [])


def test_the_first_of_several_columns_for_a_field_counts(tmp_path: Path) -> None:
    plain = table(DEFAULT_FIELDS, v2())
    made = plain.append_column("SourceAddress", pa.array(["192.0.2.1"]))
    assert handed_over(tmp_path, made)[0]["srcaddr"] == plain["srcaddr"].to_pylist()


TIMES = [
    pytest.param(lambda when: when, id="timestamps in UTC"),
    pytest.param(lambda when: when.replace(tzinfo=None), id="timestamps without a zone"),
    pytest.param(lambda when: when.isoformat(), id="texts"),
    pytest.param(lambda when: when.astimezone(timezone(timedelta(hours=2))).isoformat(), id="texts of another zone"),
    pytest.param(lambda when: f"{when:%Y-%m-%d %H:%M:%S}.000", id="texts as Athena writes"),
]


def with_times(made: Any, spelled: Callable[[datetime], Any]) -> Any:
    """Return records whose times are of another type."""
    for name in ("start", "end"):
        given = [spelled(datetime.fromtimestamp(each, UTC)) for each in made[name].to_pylist()]
        made = made.set_column(made.schema.get_field_index(name), name, pa.array(given))
    return made


@pytest.mark.parametrize("spelled", TIMES)
def test_times_of_any_type_are_seconds(
    tmp_path: Path, spelled: Callable[[datetime], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    plain = table(DEFAULT_FIELDS, v2(), v2(1))
    found, causes = handed_over(tmp_path, with_times(plain, spelled))
    assert (found["start"], found["end"], causes) == (plain["start"].to_pylist(), plain["end"].to_pylist(), [])


def test_numbers_as_texts_are_left_to_the_engine(tmp_path: Path) -> None:
    made = with_times(table(DEFAULT_FIELDS, v2()), lambda when: str(int(when.timestamp())))
    part = got_file(tmp_path, written(tmp_path, made), "x.parquet").part
    assert not part.temporary


def test_times_that_change_their_spelling_in_the_middle_are_seconds(tmp_path: Path) -> None:
    plain = table(DEFAULT_FIELDS, *map(v2, range(1500)))
    numbers = iter(range(3000))  # those of the first column, then those of the second

    def spelled(when: datetime) -> str:
        return str(int(when.timestamp())) if next(numbers) % 1500 < 1200 else when.isoformat()

    found, causes = handed_over(tmp_path, with_times(plain, spelled))
    assert (found["start"], found["end"], causes) == (plain["start"].to_pylist(), plain["end"].to_pylist(), [])


def test_records_that_tell_no_time_are_left_out_and_counted(tmp_path: Path) -> None:
    times = iter(["2026-11-21T10:00:00Z", "soon"] * 2)
    made = with_times(table(DEFAULT_FIELDS, v2(), v2(1)), lambda _when: next(times))
    found, causes = handed_over(tmp_path, made)
    assert found["start"] == [1795255200]
    assert causes == ["1 of its records tells no time and cannot be used"]


def test_columns_that_others_added_do_no_harm(tmp_path: Path) -> None:
    made = table(DEFAULT_FIELDS, v2())
    for number in range(20):
        made = made.append_column(f"__index_level_{number}__", pa.array([0]))
    assert got_file(tmp_path, written(tmp_path, made), "x.parquet").part.fields == tuple(made.column_names)


def test_packed_parquet_is_unpacked(tmp_path: Path) -> None:
    found = got_file(tmp_path, gzip.compress(written(tmp_path, table(DEFAULT_FIELDS, v2()))), "x.parquet.gz")
    assert (found.part.encoding, found.part.temporary, found.gaps) == (Encoding.PARQUET, True, [])
