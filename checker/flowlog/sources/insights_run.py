"""Queries of CloudWatch Logs Insights, from start to rows: within a limit of bytes, halved where rows are cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from checker.errors import InputError, ToolError, UsageError
from checker.flowlog.asked import Asking, sized
from checker.flowlog.sources.insights_query import ROWS, STEP
from checker.flowlog.sources.refusal import code_of, expected, explained

Row = dict[str, str]
Make = Callable[[int, int], str]
"""Makes the query for records that start from one second up to another."""

_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 3.0
_SHORTEST: Final = 300
"""Seconds of the shortest span that is asked for by itself."""
_MARGIN: Final = STEP + 60
"""Seconds between the start of a record and the time of its event, at most."""
_RUNNING: Final = ("Scheduled", "Running", "Unknown")


class Runner:
    """Runs queries about one log group, one after the other."""

    def __init__(self, client: Any, group: str, asking: Asking, name: str) -> None:
        self._client = client
        self._group = group
        self._asking = asking
        self._name = name
        self.scanned = 0
        self.queries = 0
        self.cut: list[tuple[int, int]] = []
        """Spans, in seconds since 1970, of which only the first rows came."""

    def rows(self, make: Make, since: int, until: int) -> Iterator[Row]:
        """Yield the rows for a span; a span with too many of them is asked in halves.

        Raises UsageError where the limit of bytes is passed, InputError where the group may not be read, ToolError
        where the query ended otherwise than well. Whatever ends this early, also Ctrl-C, stops the query.
        """
        found = self._run(make(since, until), since, until)
        if len(found) < ROWS:
            yield from found
        elif until - since <= _SHORTEST:
            self.cut.append((since, until))
            yield from found
        else:
            middle = since + max((until - since) // 2 // STEP * STEP, _SHORTEST)
            yield from self.rows(make, since, middle)
            yield from self.rows(make, middle, until)

    def _run(self, query: str, since: int, until: int) -> list[Row]:
        ended, scanned, number = False, 0, None
        pause = _FIRST_PAUSE
        try:
            number = self._client.start_query(
                logGroupName=self._group, startTime=max(since - _MARGIN, 0), endTime=until + _MARGIN, queryString=query,
                limit=ROWS,
            )["queryId"]  # fmt: skip
            self.queries += 1
            while True:
                found = self._client.get_query_results(queryId=number)
                scanned = int((found.get("statistics") or {}).get("bytesScanned") or scanned)
                ended = found["status"] not in _RUNNING
                self._hold(self.scanned + scanned)
                if ended:
                    return self._judged(found)
                self._asking.sleep(pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE)
        except expected() as error:
            raise self._refused(error) from error
        finally:
            self.scanned += scanned
            if number is not None and not ended:
                self._stop(str(number))

    def _hold(self, scanned: int) -> None:
        most = self._asking.most
        if most is not None and scanned > most:
            raise UsageError(
                f"{self._name}: stopped after {sized(scanned)}: more than --max-scan allows ({sized(most)})",
                hint="Narrow --since and --until, or give a larger --max-scan.",
            )

    def _judged(self, found: dict[str, Any]) -> list[Row]:
        if found["status"] != "Complete":
            raise ToolError(
                f"{self._name}: the query ended as {found['status']}",
                hint="Narrow the window, or read the group itself: --logs cloudwatch:GROUP.",
            )
        return [{str(cell["field"]): str(cell.get("value", "")) for cell in row} for row in found.get("results", ())]

    def _refused(self, error: Exception) -> InputError | ToolError:
        code, why = code_of(error), explained(error)
        if code == "ResourceNotFoundException":
            return InputError(f"{self._name}: there is no such log group", hint="Check name, region and account.")
        if code in ("LimitExceededException", "ThrottlingException", "ServiceUnavailableException"):
            return ToolError(f"{self._name}: Insights takes no more queries now: {why}", hint="Try again later.")
        if code == "AccessDeniedException":
            return InputError(f"{self._name}: it may not be asked: {why}",
                              hint="docs/traffic.md lists the permissions that this needs.")  # fmt: skip
        return ToolError(f"{self._name}: the query was refused: {why}",
                         hint="Read the group itself: --logs cloudwatch:GROUP.")  # fmt: skip

    def _stop(self, number: str) -> None:
        try:
            self._client.stop_query(queryId=number)
        except expected():
            return  # what ended us is more important than that this did not work
