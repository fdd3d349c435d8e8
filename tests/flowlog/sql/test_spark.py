"""The same on Spark: a second engine that shares no code with DuckDB and executes in parts, as Athena does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.model.model import NetworkModel
from tests.flowlog.sql.engines import Spark
from tests.flowlog.sql.equal import assert_equal, both, lines_below
from tests.flowlog.sql.test_adding import WINDOWS, adds_up
from tests.flowlog.sql.test_equal import holds_for, odd_files, odd_lines
from tests.simulator import writing
from tests.simulator.records import DEFAULT
from tests.support.absent import absent

pytestmark = pytest.mark.slow


def missing() -> str | None:
    """Say what Spark lacks here; None where it can run."""
    if shutil.which("java") is None:
        return "no Java"
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "no pyspark: pip install 'flowcheck[spark]'"
    return None


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    lacking = missing()
    if lacking is not None:
        absent(f"Spark cannot run here: {lacking}")
    from pyspark.sql import SparkSession

    place = tmp_path_factory.mktemp("spark")
    builder: Any = SparkSession.builder
    settings = {
        "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "3", "spark.driver.memory": "1g",
        "spark.sql.warehouse.dir": place.as_posix(), "spark.local.dir": place.as_posix(),
        "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC", "spark.driver.extraJavaOptions": f"-Dderby.system.home={place}",
    }  # fmt: skip
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.master("local[2]").appName("flowcheck").getOrCreate()
    yield Spark(session)
    session.stop()


@pytest.mark.parametrize(
    ("seed", "form", "doubled"),
    [(1, writing.text, False), (2, writing.parquet, True), (3, writing.parquet, False), (4, writing.text, True)],
    ids=["default text", "custom parquet, overlapping", "default parquet", "custom text, overlapping"],
)
def test_spark_tells_what_the_files_tell(
    seed: int, form: Any, doubled: bool, spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds_for(spark, seed, tmp_path, monkeypatch, form=form, doubled=doubled)


def test_odd_records_are_read_alike(spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd_files(tmp_path / "logs", odd_lines())
    read, asked, _ = both(spark, tmp_path / "logs", DEFAULT, NetworkModel(), monkeypatch)
    assert read.log.gaps
    assert_equal(read, asked, lines_below(tmp_path / "logs"))


@pytest.mark.parametrize("form", ["text", "parquet"])
def test_figures_add_up(form: str, spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adds_up(spark, 3, tmp_path, monkeypatch, form=form, window=WINDOWS["between"])


def test_benchmark_traffic_is_added_up_alike(spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.traffic.make import make_logs

    make_logs(tmp_path / "logs", 50_000, parquet=True)
    make_logs(tmp_path / "texts", 50_000)
    read, asked, _ = both(spark, tmp_path / "logs", DEFAULT, NetworkModel(), monkeypatch)
    assert_equal(read, asked, lines_below(tmp_path / "texts"))
