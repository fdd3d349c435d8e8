"""What reads and reduces: numpy, or the same compiled, which is worth its start-up for large inputs only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any, Final, Protocol

from checker.flowlog.engine.chunk import Chunk, Words
from checker.flowlog.engine.faces import Faces
from checker.flowlog.engine.most import Most, Tops
from checker.flowlog.engine.pair import Met, met
from checker.flowlog.engine.parquet import Quick, QuickReader
from checker.flowlog.engine.question import Question
from checker.flowlog.engine.rows import RowReader, Taking
from checker.flowlog.engine.sums import Sums
from checker.flowlog.engine.text import TextReader
from checker.flowlog.engine.totals import Totals
from checker.model.record import dataclass

LARGE: Final = 8 << 20
"""Bytes, as stored, from which on compiled code is used: some 400,000 records of gzip text."""


class Reader(Protocol):
    """Reads text of one format."""

    def read_file(self, file: IO[bytes], header_lines: int, flow_log: int) -> Iterator[Chunk]:
        """Yield the records of a file."""


class Placing(Protocol):
    """Finds direction, class and atoms of rejected records."""

    def place(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        """Return the rows with what was found, as ``faces.PLACED``."""


LinesAt = Callable[[Sequence[int]], list[str]]
"""As ``Chunk.lines_at``."""


class Adding(Protocol):
    """Adds placed records up."""

    def add(self, rows: Mapping[str, Any], flow_log: int, lines_at: LinesAt) -> None:
        """Add placed rows of one chunk."""

    def totals(self) -> Totals:
        """Return everything."""


class Ranking(Protocol):
    """Finds the values with most records."""

    def add(self, kept: Any, sums: Any, values: Any, records: Any) -> None:
        """Add rows; ``kept`` gives the key of each partial sum, or -1."""

    def tops(self) -> Tops:
        """Return what was found of each key."""

    def overall(self) -> list[tuple[int, int]]:
        """Return the values with most records, whatever their key; some more than one may want to show."""


@dataclass(frozen=True, slots=True)
class Tools:
    """One way of doing it; all ways give the same."""

    reader: Callable[[tuple[str, ...], Question, Words, str | None], Reader]
    met: Met
    faces: Callable[[Question, Words], Placing]
    sums: Callable[[int], Adding]
    most: Callable[[Any], Ranking]
    rows: Callable[[Words], Taking]
    quick: Quick | None = None
    """Reads of Parquet what is as AWS writes it."""


PLAIN: Final = Tools(TextReader, met, Faces, Sums, Most, RowReader)


def tools_for(size: int) -> Tools:
    """Return what suits an input of that many bytes or more."""
    if size < LARGE:
        return PLAIN
    return compiled() or PLAIN


def compiled() -> Tools | None:
    """Return the compiled tools; None where numba is not installed."""
    try:
        from checker.flowlog.engine.fast.most import FastMost
        from checker.flowlog.engine.fast.pair import met as fast_met
        from checker.flowlog.engine.fast.place import FastFaces
        from checker.flowlog.engine.fast.rows import FastRowReader
        from checker.flowlog.engine.fast.sums import FastSums
        from checker.flowlog.engine.fast.text import FastTextReader
    except ImportError:
        return None
    return Tools(FastTextReader, fast_met, FastFaces, FastSums, FastMost, FastRowReader, _quick)


def _quick(question: Question, words: Words) -> QuickReader | None:
    """Return the quick reader of Parquet; None where pyarrow is not installed."""
    try:
        from checker.flowlog.engine.fast.parquet import QuickParquet
    except ImportError:
        return None
    return QuickParquet(question, words)
