"""Files to chunks, several at a time, in order. What cannot be read whole is recovered line by line."""

from __future__ import annotations

import gzip
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Final

from checker.flowlog.engine.arrow import StreamError
from checker.flowlog.engine.chunk import Chunk, FormatChanges, Words
from checker.flowlog.engine.counts import limited_gap
from checker.flowlog.engine.held import Held, held
from checker.flowlog.engine.parquet import ParquetReader
from checker.flowlog.engine.question import Limits, Question
from checker.flowlog.engine.spill import Shelf
from checker.flowlog.engine.tools import PLAIN, Tools
from checker.flowlog.part import Encoding, Part
from checker.model.finding import Gap
from checker.model.record import dataclass, field

_AHEAD: Final = 8 << 20
"""Bytes, as stored, up to which files that are read ahead are small ones."""
_LARGE: Final = 4
"""Files that are read ahead for each thread, at most, where they are larger."""
_SMALL: Final = 8
_SHARE: Final = 8
"""Of the memory that may be held, what the chunks of files take while these are read: one such part."""
_BUSY: Final = 2
"""Files that each thread has before it, so that it need not wait while records are added up."""

Recover = Callable[[Part], Iterator[Part]]
"""Reads a file that the engine cannot, slowly and line by line; yields what of it is sound."""


@dataclass(slots=True)
class Scanned:
    """What was found out about files, added up."""

    flow_logs: list[str] = field(default_factory=lambda: [""])
    """Number 0 stands for files that do not tell theirs."""
    files_of: dict[tuple[tuple[str, ...], str], int] = field(default_factory=dict)
    """Files of each format, and what told it."""
    unreadable: int = 0
    gaps: list[Gap] = field(default_factory=list)
    files: int = 0
    size: int = 0


class Scan:
    """Reads parts with some threads; the work is in numpy, inflate and DuckDB, which run side by side."""

    def __init__(
        self, question: Question, words: Words, limits: Limits, recover: Recover, tools: Tools = PLAIN
    ) -> None:
        self._tools = tools
        self._question = question
        self._words = words
        self._threads = max(limits.threads, 1)
        memory = max(limits.memory // self._threads, 100)
        self._parquet = ParquetReader(question, words, memory, tools.rows, tools.quick)
        self._most = (limits.memory << 20) // (_SHARE * self._threads)
        self._recover = recover
        self.scanned = Scanned()

    def chunks(self, parts: Iterable[Part]) -> Generator[list[Held], None, None]:
        """Yield the chunks of each part, part by part; closed early, it begins no further file."""
        running: deque[tuple[Part, Future[list[Held] | None]]] = deque()
        ahead = 0
        pool = ThreadPoolExecutor(self._threads)
        try:
            for part in parts:
                self._note(part)
                running.append((part, pool.submit(self._read, part, self._flow_log(part))))
                ahead += part.size
                while running and self._enough([reading for _, reading in running], ahead):
                    ahead -= running[0][0].size
                    yield self._done(*running.popleft())
            while running:
                yield self._done(*running.popleft())
        finally:  # whoever stops early waits only for files that are just being read
            pool.shutdown(cancel_futures=True)

    def _enough(self, running: Sequence[Future[list[Held] | None]], ahead: int) -> bool:
        """Say whether to wait for the first of the files that are being read, rather than to begin another."""
        if len(running) >= (_LARGE if ahead > _AHEAD else _SMALL) * self._threads:
            return True
        return running[0].done() and sum(not each.done() for each in running) >= _BUSY * self._threads

    def _note(self, part: Part) -> None:
        scanned = self.scanned
        scanned.files += part.files
        scanned.unreadable += part.unreadable
        scanned.size += part.size
        key = (part.fields, part.told_by)
        scanned.files_of[key] = scanned.files_of.get(key, 0) + 1

    def _flow_log(self, part: Part) -> int:
        names = self.scanned.flow_logs
        name = part.flow_log or ""
        if name not in names:
            names.append(name)
        return names.index(name)

    def _done(self, part: Part, reading: Future[list[Held] | None]) -> list[Held]:
        chunks = reading.result()
        if chunks is None:
            chunks = [chunk for clean in self._recover(part) for chunk in self._recovered(part, clean)]
            self._refused(part, sum(len(chunk.unreadable) for chunk in chunks))
        if limited := sum(chunk.limited for chunk in chunks):
            self.scanned.gaps.append(limited_gap(part.origin, limited))
        if part.temporary:
            part.path.unlink(missing_ok=True)
        return chunks

    def _recovered(self, part: Part, clean: Part) -> list[Held]:
        self.scanned.unreadable += clean.unreadable
        chunks = self._read(clean, self._flow_log(clean), careful=True)
        clean.path.unlink(missing_ok=True)
        if chunks is None:
            self.scanned.gaps.append(Gap(what=part.origin, cause="it cannot be read", affects="its records"))
        return chunks or []

    def _refused(self, part: Part, lines: int) -> None:
        """Note lines that recovery kept for their looks and that are no record; where they stand, is not known here."""
        if not lines:
            return
        self.scanned.unreadable += lines
        cause = "1 line is no record of its format" if lines == 1 else f"{lines} lines are no record of its format"
        self.scanned.gaps.append(Gap(what=part.origin, cause=cause, affects="what these lines recorded"))

    def _read(self, part: Part, flow_log: int, *, careful: bool = False) -> list[Held] | None:
        """Return the chunks of a file; None where it is broken or has lines that are no record of its format.

        Such lines may be of another format, which recovery tells; ``careful``: it has had its turn.
        """
        try:
            if part.encoding is Encoding.PARQUET:
                return [held(self._parquet.read(part.path.as_posix(), part.fields, part.account, flow_log))]
            chunks = self._text(part, flow_log)
            return None if not careful and any(chunk.unreadable for chunk in chunks) else chunks
        except _broken():
            return None

    def _text(self, part: Part, flow_log: int) -> list[Held]:
        reader = self._tools.reader(part.fields, self._question, self._words, part.account)
        with _opened(part) as file:
            return list(self._kept(reader.read_file(file, part.header_lines, flow_log)))

    def _kept(self, chunks: Iterable[Chunk]) -> Iterator[Held]:
        """Yield the chunks of a file, packed; what exceeds the share of a thread waits on disk for the file's end."""
        shelf, size = Shelf(), 0
        for chunk in chunks:
            kept = held(chunk)
            size += kept.size
            if size > self._most:
                kept.shelve(shelf)
            yield kept


def _broken() -> tuple[type[Exception], ...]:
    """Return what readers raise for a file that is broken or gone. Asked when one is raised: DuckDB takes 25 MiB."""
    import duckdb

    found = (FormatChanges, EOFError, OSError, zlib.error, duckdb.Error, StreamError)
    try:
        from isal import isal_zlib
    except ImportError:  # as in ``_opened``
        return found
    return *found, isal_zlib.error  # type: ignore[return-value]  # a class of its own, which its stub calls a value


def _opened(part: Part) -> IO[bytes]:
    if part.encoding is not Encoding.GZIP:
        return part.path.open("rb")
    try:
        from isal import igzip
    except ImportError:  # no wheel for this machine: four times slower, otherwise the same
        return gzip.open(part.path, "rb")  # type: ignore[return-value]
    opened: IO[bytes] = igzip.open(part.path, "rb")  # type: ignore[no-untyped-call]
    return opened
