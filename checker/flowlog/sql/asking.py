"""The question put to an engine of SQL: how many records of which kind, then what the rejected ones add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from checker.flowlog.engine.question import Question
from checker.flowlog.sql.answer import Answer, Row
from checker.flowlog.sql.ranges import ranges_of
from checker.flowlog.sql.statements import COUNTS, SUMS, count_statement, sum_statement
from checker.flowlog.sql.table import Table

Run = Callable[[str, tuple[str, ...], str], Iterable[Row]]
"""Runs a statement whose columns are known; the last word says for people what it does."""


def put(
    table: Table, question: Question, *, pruned: str, run: Run, rank: Callable[[str], int],
    before: Callable[[int], None] = lambda _statements: None,
) -> Answer:  # fmt: skip
    """Put the question about a table; return what came back.

    ``pruned`` is the condition on partitions, empty for none. ``before`` is told how many statements follow the first
    one, and may raise. Raises UsageError where the network does not fit into statements.
    """
    answer = Answer(question, rank, table.fields)
    answer.take_counts(run(count_statement(table, question, pruned), COUNTS, "counting records"))
    if not answer.interfaces:
        return answer
    packed = ranges_of(question, answer.interfaces, answer.losers)
    before(len(packed))
    for number, ranges in enumerate(packed, 1):
        sql = sum_statement(table, question, pruned, ranges, nameless=answer.nameless)
        answer.take_sums(run(sql, SUMS, f"adding up rejects ({number} of {len(packed)})"))
    return answer
