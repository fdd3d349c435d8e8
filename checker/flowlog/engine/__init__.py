"""The engine: files of any size are read once, and what the rules cannot tell apart is added up. See ADR 8."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain

from checker.flowlog.engine.answer import answer
from checker.flowlog.engine.chunk import Words
from checker.flowlog.engine.question import Cuts, Limits, Question
from checker.flowlog.engine.reduce import Reduction
from checker.flowlog.engine.scan import Recover, Scan
from checker.flowlog.engine.tools import LARGE, tools_for
from checker.flowlog.part import Part
from checker.model.traffic import TrafficLog

__all__ = ["Cuts", "Limits", "Question", "read_traffic"]


def read_traffic(
    parts: Iterable[Part],
    question: Question,
    *,
    recover: Recover,
    limits: Limits,
    rank: Callable[[str], int] = lambda _flow_log: 0,
    progress: Callable[[int, int], None] = lambda _files, _bytes: None,
) -> TrafficLog:
    """Read all parts and return what they recorded.

    Memory follows the rejected records' distinct peers and atoms, not the records. ``rank`` orders flow logs that
    record the same interface; ``progress`` is told files and bytes after each file.
    """
    words = Words()
    first, size = _beginning(parts := iter(parts))
    tools = tools_for(size)
    scan = Scan(question, words, limits, recover, tools)
    reduction = Reduction(question, words, tools, limits.memory)
    with closing(scan.chunks(chain(first, parts))) as found:
        for chunks in found:
            reduction.take(chunks)
            progress(scan.scanned.files, scan.scanned.size)
    reduction.finish()
    return answer(reduction, question, words, scan.scanned, [rank(name) for name in scan.scanned.flow_logs])


def _beginning(parts: Iterator[Part]) -> tuple[list[Part], int]:
    """Take so many parts that one sees whether there is much to read; return them and their bytes."""
    taken, size = [], 0
    for part in parts:
        taken.append(part)
        size += part.size
        if size >= LARGE:
            break
    return taken, size
