"""Flow logs in CloudWatch Logs: one stream for each network interface, and no header anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.flowlog.formats import Format, formats_for
from checker.flowlog.names import EARLY, moved
from checker.flowlog.part import Encoding, FormatHints, Part, Window
from checker.flowlog.sorting import Sorter
from checker.flowlog.sources.refusal import code_of, expected, explained
from checker.model.finding import Gap
from checker.model.loaded import Input
from checker.model.record import replace

START: Final = "cloudwatch:"
ROLL: Final = 500_000
"""Records after which a temporary file is handed over and another begun."""

_WORD: Final = re.compile(r"([.\-_/#A-Za-z0-9]{1,512})(?:@([a-z]{2}(?:-[a-z]+)+-\d+))?")
_STREAM: Final = re.compile(r"(eni-[0-9a-f]+)-(?:all|accept|reject)")
_STREAMS: Final = 100
"""Streams that one FilterLogEvents request takes. Source: CloudWatch Logs API Reference."""
_MISSING: Final = "ResourceNotFoundException"
"""The code for a group, and for a stream, that does not exist."""
_SLOW: Final = timedelta(days=1)
"""How late ``lastEventTimestamp`` of a stream may be: usually an hour, in rare cases longer."""


class CloudWatch:
    """The flow logs of a log group, in the region of the session where the word names none."""

    def __init__(self, word: str, session: Callable[[], Any]) -> None:
        """Take ``cloudwatch:GROUP`` or ``cloudwatch:GROUP@REGION``; raises UsageError for anything else."""
        found = _WORD.fullmatch(word.removeprefix(START))
        if found is None:
            raise UsageError(f"{word}: that names no log group", hint="Give cloudwatch:LOG_GROUP@REGION.")
        self._word = word
        self._group, self._region = found[1], found[2]
        self._session = session
        self._facts: dict[str, str] = {}

    def described(self) -> Input:
        """Return the source as reports name it."""
        return Input(kind="flow-logs", path=self._word, facts=self._facts)

    def parts(self, window: Window, hints: FormatHints, scratch: Path, gaps: list[Gap]) -> Iterator[Part]:
        """Yield the records of the window as temporary files of plain text.

        Only the streams of the interfaces asked for are read. Raises InputError where there is no such log group,
        UsageError without credentials or region; what may not be read becomes a gap.
        """
        client = self._client()
        formats = formats_for(hints, log_group=self._group)
        streams: list[str] | None = None
        try:
            streams = self._streams(client, window, hints)
            for some in _hundreds(streams) if streams is not None else [None]:
                yield from self._read(client, some, window, formats, scratch, gaps)
        except expected() as error:
            if code_of(error) == _MISSING and streams is None:
                raise InputError(
                    f"{self._word}: there is no such log group", hint="Check name, region and account."
                ) from error
            gaps.append(Gap(what=self._word, cause=f"it cannot be read: {explained(error)}", affects="its records"))

    def _client(self) -> Any:
        from botocore.config import Config

        config = Config(retries={"mode": "adaptive", "total_max_attempts": 8})
        try:
            client = self._session().client("logs", region_name=self._region, config=config)
            self._region = client.meta.region_name
            return client
        except expected() as error:
            raise UsageError(f"{self._word}: {explained(error)}") from error

    def _streams(self, client: Any, window: Window, hints: FormatHints) -> list[str] | None:
        """Return the streams to read; None for all, where nothing leaves any out or they may not be listed."""
        wanted = _interfaces(window, hints)
        if wanted is None and window.since is None and window.until is None:
            return None
        kept, left = [], 0
        try:
            for each in self._listed(client):
                if _may_hold(each, wanted, window):
                    kept.append(str(each["logStreamName"]))
                else:
                    left += 1
        except expected() as error:
            if code_of(error) != "AccessDeniedException":
                raise
            self._facts["streams"] = "all, since they may not be listed"
            return None
        self._facts |= {"streams": str(len(kept)), **({"streams left out": str(left)} if left else {})}
        return sorted(kept) if left else None

    def _listed(self, client: Any) -> Iterator[dict[str, Any]]:
        for page in client.get_paginator("describe_log_streams").paginate(logGroupName=self._group):
            yield from _whole(page, "logStreams")

    def _read(
        self, client: Any, streams: list[str] | None, window: Window, formats: tuple[Format, ...], scratch: Path,
        gaps: list[Gap],
    ) -> Iterator[Part]:  # fmt: skip
        """Yield the events of some streams, in files of at most about ``ROLL`` records."""
        asked: dict[str, Any] = {"logGroupName": self._group, **_times(window)}
        if streams is not None:
            asked["logStreamNames"] = streams
        files = 1 if streams is None else len(streams)
        pages = iter(client.get_paginator("filter_log_events").paginate(**asked))
        ended = begun = False
        while not ended:
            with Sorter(self._model(files), formats, scratch) as sorter:
                ended, error = _filled(sorter, pages)
                if (gap := sorter.gap()) is not None:
                    gaps.append(gap)
                begun = begun or sorter.records > 0
                yield from sorter.parts()
            if error is not None and streams is not None and code_of(error) == _MISSING and not begun:
                if left := self._left(client, streams, gaps, error):
                    yield from self._read(client, left, window, formats, scratch, gaps)
            elif error is not None:
                raise error
            files = 0

    def _left(self, client: Any, streams: list[str], gaps: list[Gap], error: Exception) -> list[str]:
        """Return the streams that are still there, where some were deleted; raises the error where none was."""
        there = {str(each["logStreamName"]) for each in self._listed(client)}
        left = [name for name in streams if name in there]
        if len(left) == len(streams):
            raise error
        cause = f"log streams that were deleted before they were read: {len(streams) - len(left)}"
        gaps.append(Gap(what=self._word, cause=cause, affects="the records in them"))
        return left

    def _model(self, files: int) -> Part:
        return Part(
            path=Path(), encoding=Encoding.TEXT, fields=(), told_by="", header_lines=0, flow_log=None, account=None,
            region=self._region, origin=self._word, size=0, temporary=True, files=files,
        )  # fmt: skip


def _filled(sorter: Sorter, pages: Iterator[dict[str, Any]]) -> tuple[bool, Exception | None]:
    """Give pages of events to a sorter until it holds enough; True at the last page, and what ended it too early."""
    number = size = 0
    ended, failed = True, None
    try:
        for page in pages:
            for event in _whole(page, "events"):
                number += 1
                size += len(event["message"])
                sorter.take(number, event["message"].strip())
            if sorter.records >= ROLL:
                ended = False
                break
    except expected() as error:
        failed = error
    sorter.model = replace(sorter.model, size=size)
    return ended, failed


def _whole(page: dict[str, Any], name: str) -> Sequence[dict[str, Any]]:
    """Return what a page lists; raises what botocore raises for an answer that is cut off, which a page without is."""
    from botocore.parsers import ResponseParserError

    if name not in page:
        raise ResponseParserError(f"an answer without {name}")
    found: Sequence[dict[str, Any]] = page[name]
    return found


def _hundreds(streams: Sequence[str]) -> Iterator[list[str]]:
    return (list(streams[at : at + _STREAMS]) for at in range(0, len(streams), _STREAMS))


def _interfaces(window: Window, hints: FormatHints) -> frozenset[str] | None:
    """Return the interfaces whose streams are wanted; None where any may be."""
    wanted: frozenset[str] | None = window.interfaces or None
    of_vpcs = [hints.interfaces_of_vpc(vpc) for vpc in sorted(window.vpcs)]
    if of_vpcs and all(of_vpcs):  # a VPC whose interfaces are not known may own any
        every = frozenset().union(*of_vpcs)
        wanted = every if wanted is None else wanted & every
    return wanted


def _may_hold(stream: dict[str, Any], wanted: frozenset[str] | None, window: Window) -> bool:
    named = _STREAM.fullmatch(stream["logStreamName"])
    if wanted is not None and named is not None and named[1] not in wanted:
        return False
    first, last = stream.get("firstEventTimestamp"), stream.get("lastEventTimestamp")
    if window.until is not None and first is not None and _at(first) > moved(window.until, EARLY):
        return False
    return window.since is None or last is None or _at(last) + _SLOW >= window.since


def _times(window: Window) -> dict[str, int]:
    """Return the window as event times: an event has the time at which its record starts or ends."""
    since = {} if window.since is None else {"startTime": max(0, _milliseconds(moved(window.since, -EARLY)))}
    until = {} if window.until is None else {"endTime": max(0, _milliseconds(moved(window.until, EARLY)))}
    return {**since, **until}


def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _milliseconds(when: datetime) -> int:
    return int(when.timestamp() * 1000)
