"""Records in Parquet, through DuckDB: it reads only the columns asked for, and of accepted records next to nothing.

A file is read twice: of all records what tells conversation, time and verdict; of the rejected ones the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from checker.flowlog.engine.arrow import Column, StreamError, batches, whole
from checker.flowlog.engine.chunk import ALSO, LARGEST, REJECTED_COLUMNS, Chunk, Words
from checker.flowlog.engine.columns import Columns, literal
from checker.flowlog.engine.lines import add_count
from checker.flowlog.engine.logged import Lines, beside, lines_of
from checker.flowlog.engine.question import Question
from checker.flowlog.engine.rows import TAKEN, RowReader, Rows, Taken, Taking, limited_amounts, numbers, together

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

_RECORDS: Final = "read_parquet({path}, hive_partitioning = false)"
_AMOUNTS: Final = ("packets", "bytes")
_NUMBERS: Final = {"flags": "tcp-flags", "path": "traffic-path"}
"""Other whole numbers that only rejected records are asked for."""


class QuickReader(Protocol):
    """Reads Parquet files that are as AWS writes them."""

    def read(self, path: str, fields: tuple[str, ...], account: str | None, flow_log: int) -> Chunk | None:
        """Return the records of a file; None where it is broken, or otherwise."""


Quick = Callable[[Question, Words], QuickReader | None]
"""Makes a quick reader, which several threads use; None where what it needs is not installed."""


def _once(make: Callable[[], QuickReader | None]) -> Callable[[], QuickReader | None]:
    """Return what returns the quick reader, made when one of several threads first asks: its imports take 25 MiB."""
    lock, made = threading.Lock(), list[QuickReader | None]()

    def found() -> QuickReader | None:
        with lock:
            if not made:
                made.append(make())
        return made[0]

    return found


class ParquetReader:
    """Reads Parquet files, each thread with a connection of its own."""

    def __init__(
        self,
        question: Question,
        words: Words,
        memory: int,
        rows: Callable[[Words], Taking] = RowReader,
        quick: Quick | None = None,
    ) -> None:
        self._quick = _once(lambda: quick(question, words) if quick else None)
        self._question = question
        self._words = words
        self._memory = memory
        self._rows = rows(words)
        self._local = threading.local()

    def read(self, path: str, fields: tuple[str, ...], account: str | None, flow_log: int) -> Chunk:
        """Return the records of a file. Raises duckdb.Error or StreamError for a file that is broken."""
        quick = self._quick()
        found = quick.read(path, fields, account, flow_log) if quick else None
        return found or self._carefully(path, fields, account, flow_log)

    def _carefully(self, path: str, fields: tuple[str, ...], account: str | None, flow_log: int) -> Chunk:
        columns, records = Columns(fields), _RECORDS.format(path=literal(path))
        run, kind = self._connection(), columns.kind(self._question, account)
        wanted = f"SELECT {', '.join(_of_all(columns))}, {kind} FROM {records}"
        taken = _joined([self._rows.take(Rows(*found)) for found in batches(run, wanted)])
        rejected, limited = dict(taken.rejected), 0
        lines_at: Lines = _no_lines
        if len(rejected["eni"]):
            types = [str(each) for each in run.sql(f"SELECT * FROM {records} LIMIT 0").types]
            kept = beside(fields, types)
            amounts = {name: columns.amount(name, types) for name in _AMOUNTS}
            asked = {sql: None for sql in [*amounts.values(), *_of_rejected(columns), *kept] if sql is not None}
            which = columns.acted("REJECT", self._question, account)
            found = whole(run, f"SELECT {', '.join(asked)} FROM {records} WHERE {which}")
            if not found or len(found[0]) != len(rejected["eni"]):
                raise StreamError("the file changes while it is read")
            known = dict(zip(asked, found, strict=True))
            more, limited = limited_amounts({name: numbers(known[sql], 0) for name, sql in amounts.items()})
            rejected |= more | self._more(columns, known)
            said = [None if sql is None else known[sql] for sql in kept]
            lines_at = lines_of(fields, said, rejected, taken.odd, self._words)
        return Chunk(_whole_rows(rejected), taken.accepted, taken.counts, lines_at, flow_log, limited=limited)

    def _more(self, columns: Columns, found: Mapping[str, Column]) -> dict[str, ndarray]:
        """Return the other columns that only rejected records have; ``found`` by their SQL."""
        import numpy as np

        made = {
            name: np.clip(numbers(found[columns.whole(field)], -1), -1, LARGEST) for name, field in _NUMBERS.items()
        }
        texts = [found[columns.raw(name)] for name in ALSO]
        return made | {"also": together(texts, self._words)}

    def _connection(self) -> DuckDBPyConnection:
        import duckdb

        found: DuckDBPyConnection | None = getattr(self._local, "connection", None)
        if found is None:
            found = duckdb.connect()
            found.execute(
                f"SET threads = 1; SET memory_limit = '{self._memory}MiB'; SET preserve_insertion_order = true"
            )
            found.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
            self._local.connection = found
        return found


def _of_all(columns: Columns) -> list[str]:
    """Return as SQL what all records are asked for, as ``rows.Rows``."""
    texts = [columns.raw(name) for name in ("interface-id", "srcaddr", "dstaddr")]
    return texts + [columns.whole(name) for name in ("srcport", "dstport", "protocol", "start", "end")]


def _of_rejected(columns: Columns) -> list[str]:
    """Return as SQL what only rejected records are asked for, amounts aside."""
    return [columns.whole(field) for field in _NUMBERS.values()] + [columns.raw(name) for name in ALSO]


def _joined(parts: Sequence[Taken]) -> Taken:
    """Return what the parts of a file hold as one."""
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    parts = [_nothing(), *parts]
    counts: dict[tuple[int, int, int], tuple[int, int, int]] = {}
    odd: dict[str, dict[int, str | None]] = {"src": {}, "dst": {}}
    before = 0
    for part in parts:
        for key, more in part.counts.items():
            add_count(counts, key, more)
        for name, said in odd.items():
            said.update((before + place, text) for place, text in part.odd[name].items())
        before += len(part.rejected["eni"])
    rejected = {name: np.concatenate([part.rejected[name] for part in parts]) for name in TAKEN}
    hashes, starts = (np.concatenate([part.accepted[at] for part in parts]) for at in range(2))
    return Taken(counts, (hashes, starts), rejected, odd)


def _nothing() -> Taken:
    import numpy as np

    kinds = {"there": np.uint64, "back": np.uint64}
    rejected = {name: np.zeros(0, dtype=kinds.get(name, np.int64)) for name in TAKEN}
    return Taken({}, (rejected["there"], rejected["start"]), rejected, {"src": {}, "dst": {}})


def _no_lines(_places: Sequence[int]) -> list[str]:
    """Tell the texts of records where none was rejected."""
    return []


def _whole_rows(rejected: Mapping[str, ndarray]) -> dict[str, ndarray]:
    """Return all columns of rejected records, numbered."""
    import numpy as np

    count = len(rejected["eni"])
    numbered = {"line": np.arange(count, dtype=np.int64), **rejected}
    return {name: numbered.get(name, np.zeros(count, dtype=np.int64)) for name in REJECTED_COLUMNS}
