"""What every log source hands to the engine: files of one format each, readable from disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from checker.model.finding import Gap
from checker.model.loaded import Input
from checker.model.record import dataclass


class Encoding(StrEnum):
    """How the records of a part are stored."""

    TEXT = "text"
    """One record a line, fields separated by one space."""
    GZIP = "gzip"
    """The same, compressed."""
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file on disk whose records have one format."""

    path: Path
    encoding: Encoding
    fields: tuple[str, ...]
    """Names as AWS writes them, ``interface-id``, in the order of the columns (Parquet: as its columns spell them)."""
    told_by: str
    """header, flow-log, option, default or columns."""
    header_lines: int
    """Lines before the first record: 1 with a header."""
    flow_log: str | None
    """``fl-...`` where the object's or stream's name, or the source, tells it."""
    account: str | None
    region: str | None
    """Of the flow log, as the object's name tells."""
    origin: str
    """What a person calls it: path, ``s3://`` address, log group and stream."""
    size: int
    """Bytes as stored at the source."""
    delivered: datetime | None = None
    """Time in the object's name."""
    temporary: bool = False
    """The source made this file; whoever consumed the part deletes it."""
    files: int = 1
    """Files at the source that it stands for: 0 for all but the first part of a file that was split."""
    unreadable: int = 0
    """Lines of that file that are no record and were left out of the part; a gap names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What of the logs is asked for; None everywhere means all."""

    since: datetime | None = None
    until: datetime | None = None
    """Records that end at or before ``since``, or start at or after ``until``, are outside."""
    interfaces: frozenset[str] = frozenset()
    vpcs: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    """Empty: any."""
    regions: frozenset[str] = frozenset()
    """Of the flow logs, where object names tell them; empty: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Flow logs that deliver records of the same interfaces to one log group."""

    logs: tuple[str, ...]
    """Their ids, or keys where those are not known; sorted."""
    unknown: str | None = None
    """What of the first is not known, where it cannot be told whether these do; None where they do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatHints:
    """What is known of record formats before the files are opened."""

    option: tuple[str, ...] | None = None
    """``--log-format``: counts for everything that has no header."""
    by_flow_log: Callable[[str], tuple[str, ...] | None] = lambda _id: None
    """Fields of a flow log's LogFormat, by its id."""
    by_log_group: Callable[[str], tuple[str, ...] | None] = lambda _name: None
    """Fields of the LogFormat of the flow log that delivers to a log group."""
    overlapping: Callable[[str], tuple[Overlap, ...]] = lambda _name: ()
    """Flow logs that deliver records of the same interfaces to a log group, by its name."""
    interfaces_of_vpc: Callable[[str], frozenset[str]] = lambda _id: frozenset()
    """Interface ids of a VPC, for sources whose streams are named after interfaces."""


class LogSource(Protocol):
    """A place that holds flow logs. Parts come lazily, in a deterministic order, as fast as they can be had."""

    def parts(self, window: Window, hints: FormatHints, scratch: Path, gaps: list[Gap]) -> Iterator[Part]:
        """Yield the parts that may hold records of the window; what could not be read is put into ``gaps``."""

    def described(self) -> Input:
        """Return the source as reports name it."""
