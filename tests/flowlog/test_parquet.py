"""Parquet as AWS writes it: by its columns, whatever its name."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from checker.flowlog.fields import BY_NAME, missing_for_analysis
from checker.flowlog.part import Encoding
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
