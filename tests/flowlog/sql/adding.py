"""Random records in files that tell their flow log and files that do not, and what plain counting makes of them."""

from __future__ import annotations

import gzip
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple

from checker.model.traffic import TrafficLog
from tests.simulator.records import DEFAULT, NUMBERS

T: Final = 1_760_000_400
"""Start of an hour."""
HOUR: Final = 3600
ENIS: Final = ("eni-0000000000000001", "eni-0000000000000002", "-")
LOGS: Final = ("", "", "fl-00000000000000001", "fl-00000000000000002")
_VERDICTS: Final = (("REJECT", "OK"),) * 6 + (("ACCEPT", "OK"),) * 3 + (("-", "NODATA"), ("-", "SKIPDATA"), ("-", "OK"))
_KINDS: Final = {("REJECT", "OK"): "rejected", ("ACCEPT", "OK"): "accepted", ("-", "NODATA"): "no_data",
                 ("-", "SKIPDATA"): "skipped"}  # fmt: skip


class Record(NamedTuple):
    """One record."""

    eni: str
    src: str
    sport: int
    packets: int
    size: int
    start: int
    end: int
    verdict: tuple[str, str]

    @property
    def line(self) -> str:
        return (
            f"2 111122223333 {self.eni} {self.src} 10.0.0.5 {self.sport} 443 6 {self.packets} {self.size} "
            f"{self.start} {self.end} {' '.join(self.verdict)}"
        )

    @property
    def kind(self) -> str:
        return _KINDS.get(self.verdict, "no_verdict")

    @property
    def hour(self) -> int:
        return self.start // HOUR * HOUR


Files = Sequence[tuple[str, Sequence[Record]]]
"""Of each file the flow log that its name tells, empty for none, and its records."""


def files_of(seed: int) -> Files:
    """Return files in which records are repeated, within a file and across files."""
    chance = random.Random(seed)  # noqa: S311 - records, not keys

    def record() -> Record:
        start = T + chance.randrange(3) * HOUR + chance.choice((0, 0, 60, HOUR - 1))
        return Record(
            eni=chance.choice(ENIS),
            src=chance.choice(("10.9.0.1", "10.9.0.2", "10.9.0.3", "2001:db8::7", "-", "01:23:45:67:89:ab")),
            sport=chance.choice((40000, 40001)),
            packets=chance.choice((1, 2)),
            size=chance.choice((40, 80)),
            start=start,
            end=start + chance.choice((0, 59, -5)),
            verdict=chance.choice(_VERDICTS),
        )

    known = [record() for _ in range(40)]
    found = [(chance.choice(LOGS), chance.choices(known, k=chance.randint(1, 40))) for _ in range(chance.randint(1, 6))]
    return [("", chance.choices(known, k=30)), *found]


def write(folder: Path, files: Files, forms: Sequence[str]) -> None:
    """Write files, in one form after the other: ``text`` or ``parquet``."""
    folder.mkdir(parents=True)
    for number, (log, records) in enumerate(files):
        form = forms[number % len(forms)]
        name = f"111122223333_vpcflowlogs_eu-west-1_{log}_20251009T0855Z_{number:08x}.log" if log else f"{number}"
        lines = [record.line for record in records]
        if form == "text":
            body = "\n".join([" ".join(DEFAULT), *lines, ""])
            (folder / f"{name}.gz").write_bytes(gzip.compress(body.encode(), mtime=number + 1))
        else:
            _parquet(folder / f"{name}.parquet", lines)


def _parquet(path: Path, lines: Sequence[str]) -> None:
    import pyarrow
    from pyarrow import parquet

    columns = zip(DEFAULT, zip(*(line.split() for line in lines), strict=True), strict=True)
    parquet.write_table(
        pyarrow.table(
            {
                name.replace("-", "_"): [int(value) for value in values] if name in NUMBERS else list(values)
                for name, values in columns
            }
        ),
        path,
    )


class Plain:
    """What plain counting makes of files."""

    def __init__(self, files: Files, since: int | None = None, until: int | None = None) -> None:
        every = [
            (log, record)
            for log, records in files
            for record in records
            if (since is None or max(record.end, 0) > since) and (until is None or record.start < until)
        ]
        self.outside = sum(len(records) for _, records in files) - len(every)
        self.seen = [record for _, record in every if record.kind != "no_verdict"]
        self.every = Counter(record.kind for record in self.seen)
        self.records = list(_chosen(every))
        """Those that count."""

    def of(self, **wanted: object) -> list[Record]:
        """Return the records that count, of some interface, kind and hour."""
        return [one for one in self.records if all(getattr(one, name) == value for name, value in wanted.items())]

    @property
    def rejected(self) -> list[Record]:
        """Those with an address."""
        return [one for one in self.of(kind="rejected") if _is_address(one.src)]


def _chosen(every: Sequence[tuple[str, Record]]) -> Iterator[Record]:
    """Yield the records of the flow log with most of an interface, kind and hour; unnamed copies of rejects once."""
    numbers = Counter((record.eni, record.kind, record.hour, log) for log, record in every)
    best: dict[tuple[str, str, int], tuple[int, str]] = {}
    for (eni, kind, hour, log), number in numbers.items():
        best[eni, kind, hour] = min(best.get((eni, kind, hour), (0, "")), (-number, log))
    met: set[tuple[object, ...]] = set()
    for log, record in every:
        if best[record.eni, record.kind, record.hour][1] != log:
            continue
        whole = record._replace(end=max(record.start, record.end))
        if log == "" and record.kind == "rejected" and whole in met:
            continue
        met.add(whole)
        yield record


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def assert_adds_up(log: TrafficLog, plain: Plain) -> None:
    """Hold the figures of an answer against plain counting, and against one another."""
    told, counted = log.summary, Counter(one.kind for one in plain.records)
    kinds = ("accepted", "rejected", "no_data", "skipped")
    assert {kind: getattr(told, kind) for kind in kinds} == {kind: counted[kind] for kind in kinds}
    assert told.records == sum(counted[kind] for kind in kinds)
    assert told.outside == plain.outside
    assert told.duplicates == sum(plain.every[kind] - counted[kind] for kind in ("accepted", "rejected"))
    assert (told.first, told.last) == _times(plain.seen)
    hours = {one.hour for one in plain.records if one.kind in ("accepted", "rejected")}
    assert [(each.start, each.accepted, each.rejected) for each in told.timeline] == [
        (_moment(hour), len(plain.of(kind="accepted", hour=hour)), len(plain.of(kind="rejected", hour=hour)))
        for hour in sorted(hours)
    ]
    _assert_interfaces(log, plain, kinds)
    _assert_sums(log, plain)


def _assert_interfaces(log: TrafficLog, plain: Plain, kinds: Iterable[str]) -> None:
    by_eni = {each.interface: each for each in log.interfaces}
    assert sorted(by_eni) == sorted({one.eni for one in plain.seen})
    for eni, each in by_eni.items():
        assert {kind: getattr(each, kind) for kind in kinds} == {
            kind: len(plain.of(kind=kind, eni=eni)) for kind in kinds
        }
        assert (each.first, each.last) == _times([one for one in plain.seen if one.eni == eni])


def _assert_sums(log: TrafficLog, plain: Plain) -> None:
    for eni in {each.interface for each in log.interfaces}:
        sums = [each.traffic for each in log.aggregates if each.interface == eni]
        rejected = [one for one in plain.rejected if one.eni == eni]
        assert sum(each.records for each in sums) == len(rejected)
        assert sum(each.packets for each in sums) == sum(one.packets for one in rejected)
        assert sum(each.bytes for each in sums) == sum(one.size for one in rejected)
        if rejected:
            assert (min(each.first for each in sums), max(each.last for each in sums)) == _times(rejected)
    for each in log.aggregates:
        assert sum(number for _, number in each.top_peers) == each.traffic.records  # no more peers than are shown
        assert sum(number for _, number in each.top_ports) == each.traffic.records
    peers: Mapping[str, int] = Counter(one.src for one in plain.rejected)
    assert log.summary.top_rejected == tuple(sorted(peers.items(), key=lambda pair: (-pair[1], pair[0])))
    odd = len(plain.of(kind="rejected")) - len(plain.rejected)
    said = [gap.cause for gap in log.gaps if "without an IP address" in gap.cause]
    assert [int(cause.split()[0]) for cause in said] == ([odd] if odd else [])


def _times(records: Sequence[Record]) -> tuple[datetime | None, datetime | None]:
    if not records:
        return None, None
    return _moment(min(one.start for one in records)), _moment(max(max(one.start, one.end) for one in records))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
