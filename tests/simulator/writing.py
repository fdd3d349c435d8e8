"""Flow logs on disk as AWS delivers them: gzip text or Parquet, below ``AWSLogs/``.

Source: VPC User Guide, "Flow log files".
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.simulator.records import EPOCH, NUMBERS
from tests.simulator.world import World

FLOW_LOG = "fl-0123456789abcdef0"


def _path(folder: Path, world: World, number: int, ending: str, flow_log: str) -> Path:
    when = datetime.fromtimestamp(EPOCH + number * 300, UTC)
    place = folder / "AWSLogs" / world.account / "vpcflowlogs" / world.region / f"{when:%Y/%m/%d}"
    place.mkdir(parents=True, exist_ok=True)
    name = f"{world.account}_vpcflowlogs_{world.region}_{flow_log}_{when:%Y%m%dT%H%MZ}_{number:08x}.log.{ending}"
    return place / name


def text(
    folder: Path, world: World, names: Sequence[str], found: dict[int, list[str]], flow_log: str = FLOW_LOG
) -> None:
    """Write gzip text, one file for each five minutes, with the header line that S3 has."""
    for number, rows in sorted(found.items()):
        body = "\n".join([" ".join(names), *rows]) + "\n"
        _path(folder, world, number, "gz", flow_log).write_bytes(gzip.compress(body.encode(), 6))


def parquet(
    folder: Path, world: World, names: Sequence[str], found: dict[int, list[str]], flow_log: str = FLOW_LOG
) -> None:
    """Write Parquet with the column names and types that AWS uses: underscores, numbers as numbers, ``-`` as null."""
    import pyarrow
    from pyarrow import parquet as files

    kinds = {
        name: pyarrow.int64() if name in ("packets", "bytes", "start", "end") else pyarrow.int32() for name in NUMBERS
    }
    schema = pyarrow.schema([(name.replace("-", "_"), kinds.get(name, pyarrow.string())) for name in names])
    for number, rows in sorted(found.items()):
        columns = [_column(values, name) for name, values in zip(names, _turned(rows), strict=True)]
        table = pyarrow.table(dict(zip(schema.names, columns, strict=True)), schema=schema)
        files.write_table(table, _path(folder, world, number, "parquet", flow_log))


def _turned(rows: Iterable[str]) -> list[tuple[str, ...]]:
    return list(zip(*(row.split(" ") for row in rows), strict=True))


def _column(values: tuple[str, ...], name: str) -> list[str | int | None]:
    if name in NUMBERS:
        return [None if value == "-" else int(value) for value in values]
    return list(values)
