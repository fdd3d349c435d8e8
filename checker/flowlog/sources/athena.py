"""Flow logs in Athena: the question is asked in SQL over the table of its user, and only sums come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.flowlog.asked import Asking, sized
from checker.flowlog.engine.question import Question
from checker.flowlog.sources.athena_catalog import Catalogue, Known
from checker.flowlog.sources.athena_estimate import Estimate, estimate
from checker.flowlog.sources.athena_run import Runner
from checker.flowlog.sources.athena_word import parse
from checker.flowlog.sources.refusal import expected, explained
from checker.flowlog.sql.answer import Row
from checker.flowlog.sql.asking import put
from checker.flowlog.sql.partitions import condition
from checker.flowlog.sql.ranges import LONGEST
from checker.model.loaded import Input
from checker.model.traffic import TrafficLog

_AT_LEAST: Final = 2
"""Statements of every question."""
_NARROW: Final = "Narrow --since and --until, or give a larger --max-scan (GB, or `any`)."


class Athena:
    """A table of flow log records."""

    def __init__(self, word: str, session: Callable[[], Any]) -> None:
        """Take ``athena:DATABASE.TABLE`` with options; raises UsageError for anything else."""
        self._name = word.partition("?")[0]
        self._word = parse(word)
        self._session = session
        self._facts: dict[str, str] = {}

    def described(self) -> Input:
        """Return the table as reports name it."""
        return Input(kind="flow-logs", path=self._name, facts=self._facts)

    def ask(self, question: Question, asking: Asking) -> TrafficLog:
        """Return what was recorded.

        Raises UsageError where more would be scanned than is allowed, where that is not known, or without
        credentials; InputError where the table is missing or may not be read; ToolError where Athena gave up.
        """
        catalogue, known, runner, client = self._reached(asking)
        pruned = condition(known.parts, question.window)
        size = self._estimated(known, catalogue, client, question, asking)

        def run(sql: str, columns: tuple[str, ...], what: str) -> Iterable[Row]:
            return runner.rows(self._fitting(sql), columns, what)

        try:
            answer = put(
                known.table, question, pruned=pruned, run=run, rank=asking.rank,
                before=lambda statements: self._check(statements, runner, asking, size),
            )  # fmt: skip
        finally:
            self._facts |= {"bytes scanned": str(runner.scanned), "queries": " ".join(runner.queries)}
        facts = {"engine": "athena", "statements": str(len(runner.queries)), "bytes scanned": str(runner.scanned)}
        if size is not None:
            facts["bytes estimated at most"] = str(size.size * len(runner.queries))
        return answer.log(size=runner.scanned, told_by="columns", gaps=(), facts=facts)

    def _reached(self, asking: Asking) -> tuple[Catalogue, Known, Runner, Callable[[], Any]]:
        from botocore.config import Config

        config = Config(retries={"mode": "adaptive", "total_max_attempts": 8})
        try:
            session = self._session()
            athena = session.client("athena", region_name=self._word.region, config=config)
            glue = session.client("glue", region_name=self._word.region, config=config)
        except expected() as error:
            raise UsageError(f"{self._name}: {explained(error)}") from error
        catalogue = Catalogue(self._word, glue, athena, self._name)
        runner = Runner(athena, self._word, asking, self._name)
        return catalogue, catalogue.known(), runner, lambda: session.client("s3", config=config)

    def _estimated(
        self, known: Known, catalogue: Catalogue, client: Callable[[], Any], question: Question, asking: Asking
    ) -> Estimate | None:
        """Return what a statement scans at most; raises UsageError where that is too much, or not known."""
        each = None if asking.most is None else asking.most // _AT_LEAST
        found = estimate(known, catalogue, client, question.window, each)
        if found is None:
            if asking.most is not None:
                raise UsageError(
                    f"{self._name}: how much will be scanned cannot be told, and --max-scan is {sized(asking.most)}",
                    hint="Allow s3:ListBucket on the table's bucket, or give --max-scan any.",
                )
            return None
        total = _AT_LEAST * found.size
        says = f"{'at most' if found.whole else 'more than'} {sized(total)} in {_AT_LEAST} statements"
        asking.say(f"{self._name}: will scan {says}")
        self._facts["bytes estimated"] = str(total)
        if asking.most is not None and total > asking.most:
            raise UsageError(
                f"{self._name}: {says} would be scanned, and --max-scan is {sized(asking.most)}", hint=_NARROW
            )
        return found

    def _check(self, statements: int, runner: Runner, asking: Asking, size: Estimate | None) -> None:
        """Raise UsageError where the statements that follow the first would scan too much together."""
        needed = runner.scanned + statements * (size.size if size else 0)
        if statements > 1 and asking.most is not None and needed > asking.most:
            raise UsageError(
                f"{self._name}: the network needs {statements} more statements, at most {sized(needed)} in all, and "
                f"--max-scan is {sized(asking.most)}",
                hint=_NARROW,
            )

    def _fitting(self, sql: str) -> str:
        if len(sql.encode()) > LONGEST:
            raise InputError(
                f"{self._name}: the statement has {len(sql.encode())} bytes, and Athena takes {LONGEST}",
                hint="Name fewer --interface, --vpc or --account-id.",
            )
        return sql
