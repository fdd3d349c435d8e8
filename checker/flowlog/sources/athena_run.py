"""One statement in Athena, from its start to its rows: what it scanned is counted, and it is stopped where we are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from checker.errors import InputError, ToolError, UsageError
from checker.flowlog.asked import Asking, sized
from checker.flowlog.sources.athena_word import CATALOG, Word
from checker.flowlog.sources.refusal import code_of, expected, explained

_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 3.0
"""Seconds between two questions for the state."""
_PAGE: Final = 1000
"""Rows of a page, the most there are. Source: Athena API Reference, GetQueryResults."""
_RUNNING: Final = ("QUEUED", "RUNNING")


class Runner:
    """Runs statements one after the other, within a limit of bytes for all."""

    def __init__(self, client: Any, word: Word, asking: Asking, name: str) -> None:
        self._client = client
        self._word = word
        self._asking = asking
        self._name = name
        self.scanned = 0
        """Bytes, of all statements, also of those that failed."""
        self.queries: list[str] = []
        """Ids of the executions."""

    def rows(self, sql: str, columns: tuple[str, ...], what: str) -> Iterator[tuple[str | None, ...]]:
        """Run a statement and yield its rows as texts.

        Raises UsageError where the workgroup or the limit does not let it run, InputError where the table may not be
        read, ToolError where Athena gave up. Whatever ends this early, also Ctrl-C, stops the execution.
        """
        query = self._start(sql)
        self.queries.append(query)
        self._asking.say(f"{self._name}: {what}")
        self._wait(query)
        return self._results(query, columns)

    def _start(self, sql: str) -> str:
        word = self._word
        asked: dict[str, Any] = {"QueryString": sql, "WorkGroup": word.workgroup}
        asked["QueryExecutionContext"] = {"Database": word.database, "Catalog": word.catalog or CATALOG}
        if word.output:
            asked["ResultConfiguration"] = {"OutputLocation": word.output}
        try:
            return str(self._client.start_query_execution(**asked)["QueryExecutionId"])
        except expected() as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> UsageError | InputError | ToolError:
        code, why = code_of(error), explained(error)
        if code == "TooManyRequestsException" or "hrottl" in code:
            return ToolError(f"{self._name}: Athena takes no more queries now: {why}", hint="Try again later.")
        if code == "InvalidRequestException" and "output" in why.lower():
            return UsageError(f"{self._name}: {why}", hint="Give ?output=s3://BUCKET/PREFIX/ or another ?workgroup=.")
        if code == "InvalidRequestException":
            return UsageError(f"{self._name}: {why}", hint="Check workgroup, catalogue and region.")
        return InputError(f"{self._name}: Athena cannot be asked: {why}",
                          hint="docs/traffic.md lists the permissions that this needs.")  # fmt: skip

    def _wait(self, query: str) -> None:
        """Wait for the end of an execution; raises what stands for any other end than success."""
        ended = False
        scanned, pause = 0, _FIRST_PAUSE
        try:
            while True:
                found = self._client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
                status = found["Status"]
                ended = status["State"] not in _RUNNING
                scanned = int((found.get("Statistics") or {}).get("DataScannedInBytes") or scanned)
                if ended:
                    self._judge(status)
                    return
                self._hold(self.scanned + scanned)
                self._asking.sleep(pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
        except expected() as error:
            raise self._refused(error) from error
        finally:
            self.scanned += scanned
            if not ended:
                self._stop(query)

    def _hold(self, scanned: int) -> None:
        most = self._asking.most
        if most is not None and scanned > most:
            raise UsageError(
                f"{self._name}: stopped after {sized(scanned)}: more than --max-scan allows ({sized(most)})",
                hint="Narrow --since and --until, or give a larger --max-scan.",
            )

    def _judge(self, status: dict[str, Any]) -> None:
        state, why = str(status["State"]), str(status.get("StateChangeReason") or "")
        if state == "SUCCEEDED":
            return
        said = f": {why}" if why else " and gave no reason"
        if state == "CANCELLED":
            raise ToolError(
                f"{self._name}: the query was cancelled{said}",
                hint="Somebody stopped it, or the workgroup's limit of bytes scanned did.",
            )
        error = status.get("AthenaError") or {}
        message = f"{self._name}: the query failed{said}"
        if error.get("ErrorCategory") == 2 or "denied" in why.lower() or "not authorized" in why.lower():
            raise InputError(message, hint="docs/traffic.md lists the permissions that this needs.")
        again = "Try again: Athena says that this may pass." if error.get("Retryable") else None
        raise ToolError(message, hint=again or "Narrow the window, or read the logs as files: --logs s3://...")

    def _stop(self, query: str) -> None:
        try:
            self._client.stop_query_execution(QueryExecutionId=query)
        except expected():
            return  # what ended us is more important than that this did not work

    def _results(self, query: str, columns: tuple[str, ...]) -> Iterator[tuple[str | None, ...]]:
        token: dict[str, str] = {}
        header = True
        while True:
            try:
                page = self._client.get_query_results(QueryExecutionId=query, MaxResults=_PAGE, **token)
            except expected() as error:
                raise self._refused(error) from error
            for row in page["ResultSet"].get("Rows", ()):
                values = tuple(each.get("VarCharValue") for each in row.get("Data", ()))
                if header:
                    header = False
                    if values == columns:
                        continue
                if len(values) != len(columns):
                    raise ToolError(f"{self._name}: a row of {len(values)} values where {len(columns)} were asked for")
                yield values
            if not page.get("NextToken"):
                return
            token = {"NextToken": str(page["NextToken"])}
