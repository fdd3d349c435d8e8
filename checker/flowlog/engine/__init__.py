"""The engine: DuckDB reads files of any size in batches and keeps what the rules can tell apart. See ADR 8."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from checker.flowlog.engine.answer import answer
from checker.flowlog.engine.columns import literal
from checker.flowlog.engine.question import Cuts, Limits, Question
from checker.flowlog.engine.reduce import Reduction
from checker.flowlog.engine.scan import Recover, Scan
from checker.flowlog.part import Part
from checker.model.traffic import TrafficLog

__all__ = ["Cuts", "Limits", "Question", "read_traffic"]


def read_traffic(
    parts: Iterable[Part],
    question: Question,
    *,
    recover: Recover,
    scratch: Path,
    limits: Limits,
    rank: Callable[[str], int] = lambda _flow_log: 0,
    progress: Callable[[int, int], None] = lambda _files, _bytes: None,
) -> TrafficLog:
    """Read all parts and return what they recorded.

    Memory stays below ``limits`` whatever the parts hold; ``scratch`` takes what does not fit. ``rank`` orders flow
    logs that record the same interface; ``progress`` is told files and bytes after each batch.
    """
    import duckdb

    connection = duckdb.connect(config={"allow_unsigned_extensions": "false"})
    try:
        connection.execute(f"SET threads = {limits.threads}")
        connection.execute(f"SET memory_limit = '{limits.memory}MiB'")
        connection.execute(f"SET temp_directory = {literal((scratch / 'spill').as_posix())}")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
        scan = Scan(connection, question, recover)
        reduction = Reduction(connection, question)
        for number, batch in enumerate(_batches(parts, limits.batch)):
            scan.read(number, batch)
            reduction.take(number, scan.scanned.formats)
            for part in batch:
                if part.temporary:
                    part.path.unlink(missing_ok=True)
            progress(scan.scanned.files, scan.scanned.size)
        reduction.finish()
        return answer(connection, question, scan.scanned, [rank(name) for name in scan.scanned.flow_logs])
    finally:
        connection.close()


def _batches(parts: Iterable[Part], size: int) -> Iterator[list[Part]]:
    batch: list[Part] = []
    total = 0
    for part in parts:
        if batch and total + part.size > size:
            yield batch
            batch, total = [], 0
        batch.append(part)
        total += part.size
    if batch:
        yield batch
