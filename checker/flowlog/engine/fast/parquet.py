"""Parquet as AWS writes it, through pyarrow: every column once, texts as codes. What is otherwise is declined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from checker.flowlog.engine.chunk import ALSO, Chunk, Words
from checker.flowlog.engine.fast.batch import Batch, Unexpected
from checker.flowlog.engine.fast.coded import Coded, Reading
from checker.flowlog.engine.fast.pages import Pages
from checker.flowlog.engine.question import Question

_BATCH: Final = 1 << 16
"""Records that are decoded at a time."""
_BUFFER: Final = 1 << 18
"""Bytes of each column that are read ahead."""
_THRIFT: Final = 16 << 20
"""Bytes of a text, and entries of a list, in a table of contents."""
_TEXTS: Final = frozenset(("interface-id", "srcaddr", "dstaddr", "action", "log-status", *ALSO))
_WHOLES: Final = frozenset(
    ("srcport", "dstport", "protocol", "start", "end", "packets", "bytes", "tcp-flags", "traffic-path")
)
_PLAIN: Final = {
    ("BYTE_ARRAY", "STRING"), ("INT32", "NONE"), ("INT32", "INT"), ("INT64", "NONE"), ("INT64", "INT"),
}  # fmt: skip


class QuickParquet:
    """Reads Parquet files, for several threads."""

    def __init__(self, question: Question, words: Words) -> None:
        self._reading = Reading(question, words)

    def read(self, path: str, fields: tuple[str, ...], account: str | None, flow_log: int) -> Chunk | None:
        """Return the records of a file; None where it is broken, or is not as it is expected here."""
        names = [name.replace("_", "-") for name in fields]
        coded = Coded(self._reading, names, account)
        try:
            for batch in _batches(path, fields):
                coded.take(Batch(batch.num_rows, dict(zip(names, batch.columns, strict=True))))
            return coded.chunk(flow_log)
        except (Unexpected, pa.ArrowException, OSError, UnicodeDecodeError):
            return None


def _batches(path: str, fields: Sequence[str]) -> Iterator[Any]:
    """Yield the records of a file, some at a time."""
    with Path(path).open("rb", buffering=0) as raw, _opened(path, fields) as file:
        _check(file.schema, fields)
        pages = Pages(raw, len(fields))
        for group in range(file.num_row_groups):
            pages.check(group)
            yield from file.iter_batches(_BATCH, row_groups=[group], use_threads=False)


def _opened(path: str, fields: Sequence[str]) -> Any:
    try:
        return pq.ParquetFile(
            path, read_dictionary=list(fields), pre_buffer=False, buffer_size=_BUFFER,
            thrift_string_size_limit=_THRIFT, thrift_container_size_limit=_THRIFT,
        )  # fmt: skip
    except KeyError as error:
        raise Unexpected(f"no column {error}") from error


def _check(schema: Any, fields: Sequence[str]) -> None:
    """Raise Unexpected where the columns are not one flat text or whole number for each field."""
    leaves = [schema.column(at) for at in range(len(schema))]
    names = [name.replace("_", "-") for name in fields]
    if [each.path for each in leaves] != list(fields) or len(set(names)) < len(names):
        raise Unexpected("other columns than it had")
    for name, leaf in zip(names, leaves, strict=True):
        text = leaf.physical_type == "BYTE_ARRAY"
        if leaf.max_repetition_level or leaf.max_definition_level > 1:
            raise Unexpected("a column of lists or records")
        if (leaf.physical_type, leaf.logical_type.type) not in _PLAIN or name in (_WHOLES if text else _TEXTS):
            raise Unexpected("a column of another type")
