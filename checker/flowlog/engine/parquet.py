"""Records in Parquet, through DuckDB: it reads only the columns asked for, and of accepted records next to nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from checker.flowlog.engine.chunk import ALSO, SLICE, Chunk, Words
from checker.flowlog.engine.columns import Columns, literal
from checker.flowlog.engine.question import Question
from checker.flowlog.engine.tools import Lines
from checker.model.record import replace

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

_RECORDS: Final = "read_parquet({path}, hive_partitioning = false)"

_REJECTED: Final = """
SELECT {eni} AS eni, {src} AS src, {dst} AS dst, {sport} AS sport, {dport} AS dport, {proto} AS proto,
  {flags} AS flags, {path} AS path, {also} AS also, greatest({packets}, 0) AS packets, greatest({bytes}, 0) AS bytes,
  {start} AS start, greatest({start}, {end}) AS "end", {there} AS there, {back} AS back, {line} AS line
FROM {records} WHERE {rejected} AND {these}
"""

_LINES: Final = """
SELECT string_agg(concat_ws(' ', {line}, {there}, {back}), chr(10)) FILTER (NOT {strange}), count(*) FILTER ({strange})
FROM {records} WHERE {rejected}
"""
"""Rejected records in lines, which compiled code reads in no time, and how many there are of others."""

_STRANGE: Final = "coalesce(contains({src}, ':') OR contains({dst}, ':'), true)"
"""IPv6, or no address."""

_ACCEPTED: Final = "SELECT {there} AS there, {start} AS start FROM {records} WHERE {accepted}"

_COUNTS: Final = """
SELECT {eni}, {kind}, {start} // {slice} * {slice}, count(*), min({start}), max(greatest({start}, {end}))
FROM {records} GROUP BY ALL
"""

_HASH: Final = "hash({eni}, {src}, {dst}, {sport}, {dport}, {proto})"


class ParquetReader:
    """Reads Parquet files, each thread with a connection of its own."""

    def __init__(
        self,
        question: Question,
        words: Words,
        memory: int,
        lines: Callable[[tuple[str, ...], Words], Lines] | None = None,
    ) -> None:
        self._question = question
        self._words = words
        self._memory = memory
        self._lines = lines
        self._local = threading.local()

    def read(self, path: str, fields: tuple[str, ...], account: str | None, flow_log: int) -> list[Chunk]:
        """Return the records of a file. Raises duckdb.Error for a file that is broken."""
        import numpy as np

        columns = Columns(fields)
        named = self._named(columns, path, account)
        run = self._connection().execute
        counts = run(_COUNTS.format(**named)).fetchall()
        accepted = run(_ACCEPTED.format(**named)).fetchnumpy()
        chunks = self._rejected(named, fields, flow_log)
        chunks[0] = replace(
            chunks[0],
            accepted=(_plain(accepted["there"]), _plain(accepted["start"]).astype(np.int64)),
            counts={(self._words.eni(eni), k, s): (n, first, last) for eni, k, s, n, first, last in counts},
        )
        return [chunks[0], *(replace(chunk, counts={}) for chunk in chunks[1:])]

    def _named(self, columns: Columns, path: str, account: str | None) -> dict[str, str]:
        """Return the pieces of the statements."""
        eni = f"coalesce({columns.text('interface-id')}, '-')"
        ends = {"src": columns.text("srcaddr"), "dst": columns.text("dstaddr")}
        numbers = {"sport": columns.number("srcport"), "dport": columns.number("dstport"),
                   "proto": columns.number("protocol")}  # fmt: skip
        own = {"eni": columns.text("interface-id"), **ends, **{
            name: columns.at(field) or "NULL"  # missing ones as they are: hash() takes them, and coalesce costs as much
            for name, field in (("sport", "srcport"), ("dport", "dstport"), ("proto", "protocol"))
        }}  # fmt: skip
        turned = {"src": own["dst"], "dst": own["src"], "sport": own["dport"], "dport": own["sport"]}
        return {
            "eni": eni, "start": columns.time("start"), "end": columns.time("end"), "slice": str(SLICE), **ends,
            **numbers, "there": _HASH.format(**own), "strange": _STRANGE.format(**ends),
            "back": _HASH.format(**{**own, **turned}), "kind": columns.kind(self._question, account),
            "accepted": columns.acted("ACCEPT", self._question, account), "path": columns.number("traffic-path"),
            "rejected": columns.acted("REJECT", self._question, account), "flags": columns.number("tcp-flags"),
            "also": f"concat_ws(chr(31), {', '.join(_kept(columns, name) for name in ALSO)})",
            "packets": columns.number("packets", 0), "bytes": columns.number("bytes", 0), "line": columns.line(),
            "records": _RECORDS.format(path=literal(path)),
        }  # fmt: skip

    def _rejected(self, named: Mapping[str, str], fields: tuple[str, ...], flow_log: int) -> list[Chunk]:
        """Return the rejected records: as lines where they are plain, the others value by value."""
        run = self._connection().execute
        if self._lines is None:
            return [self._by_value(named, "true", flow_log)]
        ((text, others),) = run(_LINES.format(**named)).fetchall()
        chunks = self._lines(fields, self._words).chunks(text or "", flow_log)
        if chunks is None:
            return [self._by_value(named, "true", flow_log)]
        return [*chunks, *([self._by_value(named, named["strange"], flow_log)] if others else [])]

    def _by_value(self, named: Mapping[str, str], these: str, flow_log: int) -> Chunk:
        import numpy as np

        rejected = self._connection().execute(_REJECTED.format(**named, these=these)).fetchnumpy()
        lines = rejected["line"].tolist()
        return Chunk(
            rejected=self._columns(rejected),
            accepted=(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)),
            counts={},
            line_at=lines.__getitem__,
            flow_log=flow_log,
        )

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

    def _columns(self, found: dict[str, Any]) -> dict[str, ndarray]:
        import numpy as np

        words = self._words
        made: dict[str, ndarray] = {
            "eni": np.array([words.eni(text) for text in found["eni"].tolist()], dtype=np.int64),
            "also": self._also(found["also"].tolist()),
            "line": np.arange(len(found["line"]), dtype=np.int64),
        }
        for name in ("src", "dst"):
            known: dict[str, int] = {}
            texts = found[name].tolist()
            for text in texts:
                if text not in known:
                    known[text] = words.address(text)
            made[name] = np.array([known[text] for text in texts], dtype=np.int64)
        for name in ("sport", "dport", "proto", "flags", "path", "packets", "bytes", "start", "end"):
            made[name] = _plain(found[name]).astype(np.int64)
        made["there"], made["back"] = _plain(found["there"]), _plain(found["back"])
        return made

    def _also(self, texts: list[str]) -> ndarray:
        import numpy as np

        known: dict[str, int] = {}
        for text in texts:
            if text not in known:
                known[text] = self._words.beside(tuple(part or None for part in text.split("\x1f")))
        return np.array([known[text] for text in texts], dtype=np.int64)


def _kept(columns: Columns, name: str) -> str:
    return f"coalesce({columns.text(name)}, '')"


def _plain(values: Any) -> Any:
    """Return an array without its mask: nothing here is ever missing."""
    import numpy as np

    return np.ma.getdata(values)
