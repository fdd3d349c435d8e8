"""The records of one conversation at its two ends, out of files of any format."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checker.flowlog.between import ConversationAsked, EndAsked, Overheard, overhear
from checker.flowlog.part import Encoding, Part, Window

FIELDS = (
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "start",
    "end",
    "action",
    "log-status",
)
T = 1_760_000_000
SOURCE = EndAsked(interface="eni-a", local="10.0.1.5", seen="10.0.1.5", primary=None, port=None)
DESTINATION = EndAsked(interface="eni-b", local="10.0.2.7", seen="10.0.2.7", primary=None, port=443)


def part(folder: Path, *lines: str, fields: tuple[str, ...] = FIELDS, packed: bool = False) -> Part:
    path = folder / f"{len([*folder.iterdir()])}.log"
    data = "\n".join([" ".join(fields), *lines, ""]).encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    return Part(path=path, encoding=Encoding.GZIP if packed else Encoding.TEXT, fields=fields, told_by="header",
                header_lines=1, flow_log=None, account=None, region=None, origin=path.name, size=len(data))  # fmt: skip


def of(*parts: Part, source: EndAsked = SOURCE, destination: EndAsked = DESTINATION, protocol: int = 6,
       window: Window | None = None) -> Overheard:  # fmt: skip
    asked = ConversationAsked(protocol=protocol, source=source, destination=destination, window=window or Window())
    return overhear(parts, asked)


def line(eni: str, src: str, dst: str, ports: str, action: str = "ACCEPT", at: int = T, protocol: int = 6) -> str:
    return f"{eni} {src} {dst} {ports} {protocol} {at} {at + 59} {action} OK"


def counts(found: Overheard) -> list[tuple[int, int]]:
    legs = (found.source_request, found.destination_request, found.destination_reply, found.source_reply)
    return [(leg.accepted, leg.rejected) for leg in legs]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_each_record_counts_at_its_end_in_its_direction(tmp_path: Path, packed: bool) -> None:
    found = of(
        part(
            tmp_path,
            line("eni-a", "10.0.1.5", "10.0.2.7", "40000 443"),
            line("eni-a", "10.0.1.5", "10.0.2.7", "40001 443", "REJECT"),
            line("eni-b", "10.0.1.5", "10.0.2.7", "40000 443"),
            line("eni-b", "10.0.2.7", "10.0.1.5", "443 40000"),
            line("eni-a", "10.0.2.7", "10.0.1.5", "443 40000", "REJECT"),
            packed=packed,
        )
    )
    assert counts(found) == [(1, 1), (1, 0), (1, 0), (0, 1)]
    assert found.source_request.samples[0] == line("eni-a", "10.0.1.5", "10.0.2.7", "40000 443")
    assert found.source_request.times() == (
        datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC), datetime(2025, 10, 9, 8, 54, 19, tzinfo=UTC),
    )  # fmt: skip
    assert found.gaps == []


@pytest.mark.parametrize(
    "other",
    [
        line("eni-c", "10.0.1.5", "10.0.2.7", "40000 443"),
        line("eni-a", "10.0.1.6", "10.0.2.7", "40000 443"),
        line("eni-a", "10.0.1.5", "10.0.2.8", "40000 443"),
        line("eni-a", "10.0.1.5", "10.0.2.7", "443 40000"),
        line("eni-a", "10.0.1.5", "10.0.2.7", "40000 444"),
        line("eni-a", "10.0.1.5", "10.0.2.7", "40000 443", protocol=17),
        line("eni-a", "10.0.2.7", "10.0.1.5", "40000 443"),
        line("eni-a1", "10.0.1.5", "10.0.2.7", "40000 443"),
    ],
    ids=["interface", "source", "destination", "ports", "port", "protocol", "direction", "a longer name"],
)
def test_what_differs_in_anything_is_another_conversation(tmp_path: Path, other: str) -> None:
    assert counts(of(part(tmp_path, other))) == [(0, 0)] * 4


def test_an_interface_is_watched_by_whatever_it_records(tmp_path: Path) -> None:
    quiet = f"eni-b - - - - - {T} {T + 59} - NODATA"
    lost = f"eni-b - - - - - {T + 600} {T + 659} - SKIPDATA"
    busy = line("eni-b", "10.9.9.9", "10.0.2.7", "1 2", "REJECT", at=T + 1200)
    watched = of(part(tmp_path, quiet, lost, busy)).destination
    assert (watched.accepted, watched.rejected) == (0, 1)
    minutes = [(T + more) // 60 for more in (0, 59, 600, 659, 1200, 1259)]
    assert watched.minutes == set(minutes)
    assert watched.lost == set(minutes[2:4])


def test_times_in_milliseconds_and_a_window(tmp_path: Path) -> None:
    row = f"eni-a 10.0.1.5 10.0.2.7 40000 443 6 {T}000 {T + 59}000 ACCEPT OK"
    found = of(part(tmp_path, row))
    assert found.source_request.first == T
    for since, expected in ((T + 58, 1), (T + 59, 0)):
        window = Window(since=datetime.fromtimestamp(since, UTC))
        assert of(part(tmp_path, row), window=window).source_request.accepted == expected
    until = Window(until=datetime.fromtimestamp(T, UTC))
    assert of(part(tmp_path, row), window=until).source_request.accepted == 0


def test_over_the_internet_each_end_sees_its_own_address_and_the_other_s_public_one(tmp_path: Path) -> None:
    source = EndAsked(interface="eni-a", local="10.0.1.5", seen="52.1.1.1", primary=None, port=None)
    destination = EndAsked(interface="eni-b", local="10.9.2.7", seen="52.2.2.2", primary=None, port=443)
    found = of(
        part(
            tmp_path,
            line("eni-a", "10.0.1.5", "52.2.2.2", "40000 443"),
            line("eni-b", "52.1.1.1", "10.9.2.7", "40000 443"),
        ),
        source=source,
        destination=destination,
    )
    assert counts(found) == [(1, 0), (1, 0), (0, 0), (0, 0)]


def test_a_format_may_change_within_a_file_and_what_is_no_record_is_counted(tmp_path: Path) -> None:
    header = " ".join(reversed(FIELDS))
    turned = " ".join(reversed(line("eni-a", "10.0.1.5", "10.0.2.7", "40000 443").split()))
    found = of(part(tmp_path, line("eni-a", "10.0.1.5", "10.0.2.7", "40000 443"), header, turned, "eni-a half"))
    assert found.source_request.accepted == 2
    assert [gap.cause for gap in found.gaps] == ["1 line that is no record"]


def test_protocols_without_ports(tmp_path: Path) -> None:
    ends = {"source": SOURCE, "destination": EndAsked(interface="eni-b", local="10.0.2.7", seen="10.0.2.7",
            primary=None, port=None)}  # fmt: skip
    found = of(
        part(
            tmp_path,
            line("eni-a", "10.0.1.5", "10.0.2.7", "0 0", protocol=1),
            line("eni-b", "10.0.2.7", "10.0.1.5", "0 0", protocol=1),
        ),
        protocol=1,
        **ends,
    )
    assert counts(found) == [(1, 0), (0, 0), (1, 0), (0, 0)]


def test_temporary_files_are_deleted(tmp_path: Path) -> None:
    from checker.model.record import replace

    made = replace(part(tmp_path, line("eni-a", "10.0.1.5", "10.0.2.7", "40000 443")), temporary=True)
    of(made)
    assert not made.path.exists()
