"""The records of one conversation at both of its ends, out of files of any size.

The engine adds up what was rejected; here accepted records count too, but those of two interfaces only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from checker.flowlog.engine.chunk import MILLISECONDS
from checker.flowlog.fields import fields_of, misfit
from checker.flowlog.part import Encoding, Part, Window
from checker.flowlog.reading import Bytes, lines
from checker.model.finding import Gap
from checker.model.record import dataclass, field

NEEDED: Final = ("interface-id", "srcaddr", "dstaddr", "dstport", "protocol", "action", "start", "end")
"""Without these a record tells nothing of a conversation."""
_MORE: Final = ("srcport", "pkt-srcaddr", "pkt-dstaddr", "log-status")
_WHOLE: Final = ("srcport", "dstport", "protocol", "start", "end")
_DIGITS: Final = 13
"""Of a time, in milliseconds."""
_SAMPLES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAsked:
    """One end, as records name it."""

    interface: str | None
    """``eni-...``; None for an end that records nothing here."""
    local: str
    """Its address as its own records give it."""
    seen: str
    """Its address as the other end's records give it: a public one over the Internet."""
    primary: str | None
    """The interface's first address where it has several: records give it in place of each of them."""
    port: int | None
    """None: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationAsked:
    """One conversation, opened by the source."""

    protocol: int
    source: EndAsked
    destination: EndAsked
    window: Window = field(default_factory=Window)


@dataclass(slots=True)
class Heard:
    """Records of one direction of the conversation at one interface."""

    accepted: int = 0
    rejected: int = 0
    first: int | None = None
    last: int | None = None
    """Unix seconds, of all of them."""
    minutes: set[int] = field(default_factory=set)
    """Minutes since 1970 in which some were accepted."""
    by_primary: int = 0
    """Records that name the interface's first address, and do not tell whether another one was meant."""
    samples: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there is a record at all."""
        return self.accepted + self.rejected > 0

    def times(self) -> tuple[datetime, datetime] | None:
        """Return the times of the first and the last of them."""
        if self.first is None or self.last is None:
            return None
        return datetime.fromtimestamp(self.first, UTC), datetime.fromtimestamp(self.last, UTC)


@dataclass(slots=True)
class Watched:
    """What was recorded at one interface at all: whether silence means anything."""

    accepted: int = 0
    rejected: int = 0
    minutes: set[int] = field(default_factory=set)
    """Minutes since 1970 of any record, NODATA included."""
    lost: set[int] = field(default_factory=set)
    """Minutes in which AWS lost records (SKIPDATA)."""


@dataclass(slots=True)
class Overheard:
    """Everything that the records tell of the conversation."""

    source_request: Heard = field(default_factory=Heard)
    destination_request: Heard = field(default_factory=Heard)
    destination_reply: Heard = field(default_factory=Heard)
    source_reply: Heard = field(default_factory=Heard)
    source: Watched = field(default_factory=Watched)
    destination: Watched = field(default_factory=Watched)
    without_source_port: bool = False
    """Some records lack the source port: replies cannot be told."""
    without_packet_address: bool = False
    """Some records lack pkt-srcaddr and pkt-dstaddr."""
    gaps: list[Gap] = field(default_factory=list)


Row = Mapping[str, str]


def overhear(parts: Iterable[Part], asked: ConversationAsked) -> Overheard:
    """Return what was recorded of a conversation."""
    found = Overheard()
    listening = _Listening(asked, found)
    for part in parts:
        listening.flow_log = part.flow_log
        _read(part, listening)
        if part.temporary:
            part.path.unlink(missing_ok=True)
    for interface, logs in sorted(listening.logs.items()):
        if len(logs) > 1:
            cause = f"{' and '.join(sorted(logs))} record it: what several record counts several times"
            found.gaps.append(Gap(what=interface, cause=cause, affects="numbers of records"))
    return found


def _read(part: Part, listening: _Listening) -> None:
    names = _names(part.fields)
    if not listening.begin(names):
        listening.lacking(part.origin, names)
    elif part.encoding is Encoding.PARQUET:
        _read_parquet(part, names, listening)
    else:
        _read_text(part, names, listening)


def _names(words: Iterable[str]) -> list[str]:
    return [word.replace("_", "-") for word in words]


def _read_text(part: Part, names: list[str], listening: _Listening) -> None:
    """Add the records of some interfaces; a header in the middle of a file tells the format of what follows."""
    stored = Bytes(part.path, part.encoding)
    odd = 0
    for number, line in lines(stored):
        if number <= part.header_lines:
            continue
        header = None if line is None or not _may_be_header(line) else fields_of(line)
        if header is not None:
            names = list(header)
            if not listening.begin(names):
                listening.lacking(part.origin, names)
                names = []
        elif line is None or any(interface in line for interface in listening.interfaces):
            words = [] if line is None else line.split()
            if line is not None and misfit(names, words) is None:
                odd += listening.take([dict(zip(names, words, strict=True), **{_LINE: line})])
            else:
                odd += 1
    if stored.trouble is not None:
        listening.found.gaps.append(Gap(what=part.origin, cause=stored.trouble, affects="the records behind"))
    _tell_odd(part, odd, listening)


def _may_be_header(line: str) -> bool:
    return not line[:1].isdigit() and line[:1] != "-" and ("interface" in line or "addr" in line)


def _tell_odd(part: Part, odd: int, listening: _Listening) -> None:
    if odd:
        cause = f"{odd} line{'' if odd == 1 else 's'} that {'is' if odd == 1 else 'are'} no record"
        listening.found.gaps.append(Gap(what=part.origin, cause=cause, affects="what they tell of this flow"))


_LINE: Final = ""
"""Under this name a row holds the record as logged."""


def _read_parquet(part: Part, names: list[str], listening: _Listening) -> None:
    import duckdb

    columns = {name: column for name, column in zip(names, part.fields, strict=True) if name in (*NEEDED, *_MORE)}
    chosen = ", ".join(
        f'CAST(TRY_CAST("{column}" AS BIGINT) AS VARCHAR)' if name in _WHOLE else f'CAST("{column}" AS VARCHAR)'
        for name, column in columns.items()
    )
    some = ", ".join("?" for _ in listening.interfaces)
    statement = (
        f'SELECT {chosen} FROM read_parquet(?, hive_partitioning = false) WHERE "{columns["interface-id"]}" IN ({some})'  # noqa: S608
    )
    try:
        with duckdb.connect() as database:
            rows = database.execute(statement, [part.path.as_posix(), *listening.interfaces])
            odd = 0
            while batch := rows.fetchmany(10_000):
                odd += listening.take(_row(list(columns), row) for row in batch)
            _tell_odd(part, odd, listening)
    except duckdb.Error as error:
        cause = f"it cannot be read: {str(error).splitlines()[0]}"
        listening.found.gaps.append(Gap(what=part.origin, cause=cause, affects="its records"))


def _row(names: list[str], values: Iterable[str | None]) -> Row:
    words = [each or "-" for each in values]
    return {_LINE: " ".join(words), **dict(zip(names, words, strict=True))}


class _Listening:
    """Sorts records into what was asked."""

    def __init__(self, asked: ConversationAsked, found: Overheard) -> None:
        self.found = found
        self._asked = asked
        ends = (asked.source.interface, asked.destination.interface)
        self.interfaces = tuple(dict.fromkeys(each for each in ends if each is not None))
        self._since = _seconds_of(asked.window.since)
        self._until = _seconds_of(asked.window.until)
        self.flow_log: str | None = None
        self.logs: dict[str, set[str]] = {}
        """Flow logs of which there are records, by interface."""

    def begin(self, names: list[str]) -> bool:
        """Take the format of the records that follow, and note what it lacks; False where it tells nothing."""
        if any(name not in names for name in NEEDED):
            return False
        if "srcport" not in names:
            self.found.without_source_port = True
        if "pkt-srcaddr" not in names or "pkt-dstaddr" not in names:
            self.found.without_packet_address = True
        return True

    def lacking(self, origin: str, names: list[str]) -> None:
        """Note what records lack."""
        missing = ", ".join(name for name in NEEDED if name not in names)
        self.found.gaps.append(
            Gap(what=origin, cause=f"its records lack {missing}", affects="what it tells of this flow")
        )

    def take(self, rows: Iterable[Row]) -> int:
        """Add some records; return how many tell no time."""
        odd = 0
        for row in rows:
            times = _times(row)
            if times is None:
                odd += 1
            elif self._inside(times):
                self._add(row, *times)
        return odd

    def _inside(self, times: tuple[int, int]) -> bool:
        start, end = times
        return (self._since is None or end > self._since) and (self._until is None or start < self._until)

    def _add(self, row: Row, start: int, end: int) -> None:
        asked, found = self._asked, self.found
        interface = row["interface-id"]
        if self.flow_log is not None:
            self.logs.setdefault(interface, set()).add(self.flow_log)
        if interface == asked.source.interface:
            _watch(found.source, row, start, end)
            self._at(row, start, end, (asked.source, asked.destination), (found.source_request, found.source_reply))
        if interface == asked.destination.interface:
            _watch(found.destination, row, start, end)
            heard = (found.destination_reply, found.destination_request)
            self._at(row, start, end, (asked.destination, asked.source), heard)

    def _at(self, row: Row, start: int, end: int, ends: tuple[EndAsked, EndAsked], heard: tuple[Heard, Heard]) -> None:
        """Add a record at the first of two ends: to what it sends, or to what it receives."""
        if row["protocol"] != str(self._asked.protocol):
            return
        own, other = ends
        for sides, into in ((("src", "dst"), heard[0]), (("dst", "src"), heard[1])):
            here = _is(row, sides[0], own, local=True)
            if here is not None and _is(row, sides[1], other, local=False) is not None:
                _hear(into, row, start, end, by_primary=here)
                return


def _is(row: Row, side: str, end: EndAsked, *, local: bool) -> bool | None:
    """Return None where one side of a record is not an end; True where only the primary address says so."""
    if end.port is not None and row.get(f"{side}port", "-") != str(end.port):
        return None
    named, meant = row[f"{side}addr"], row.get(f"pkt-{side}addr", "-")
    if not local:
        return False if end.seen in (named, meant) else None
    if meant != "-":
        return False if meant == end.local else None
    if end.primary is not None and named == end.primary:
        return True
    return False if named == end.local else None


def _hear(into: Heard, row: Row, start: int, end: int, *, by_primary: bool) -> None:
    if row["action"] == "ACCEPT":
        into.accepted += 1
        into.minutes.update(range(start // 60, end // 60 + 1))
    elif row["action"] == "REJECT":
        into.rejected += 1
    else:
        return
    into.by_primary += by_primary
    into.first = start if into.first is None else min(into.first, start)
    into.last = end if into.last is None else max(into.last, end)
    if len(into.samples) < _SAMPLES:
        into.samples.append(row[_LINE])


def _watch(into: Watched, row: Row, start: int, end: int) -> None:
    minutes = range(start // 60, end // 60 + 1)
    into.minutes.update(minutes)
    into.accepted += row["action"] == "ACCEPT"
    into.rejected += row["action"] == "REJECT"
    if row.get("log-status") == "SKIPDATA":
        into.lost.update(minutes)


def _times(row: Row) -> tuple[int, int] | None:
    start, end = row["start"], row["end"]
    if not (start.isdecimal() and end.isdecimal()) or max(len(start), len(end)) > _DIGITS:
        return None
    return _seconds(int(start)), max(_seconds(int(start)), min(_seconds(int(end)), _seconds(int(start)) + 3600))


def _seconds(number: int) -> int:
    return number // 1000 if number >= MILLISECONDS else number


def _seconds_of(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())
