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


SENT = line("eni-a", "10.0.1.5", "10.0.2.7", "40000 443")


def test_records_behind_a_header_that_lacks_a_field_are_a_gap(tmp_path: Path) -> None:
    lacking = " ".join("vpc-id" if name == "dstport" else name for name in FIELDS)
    found = of(part(tmp_path, SENT, lacking, SENT))
    assert found.source_request.accepted == 1, "what stands behind it has another format"
    assert [gap.cause for gap in found.gaps] == ["its records lack dstport", "1 line that is no record"]


@pytest.mark.parametrize("times", ["- -", f"{'9' * 5000} {T}", f"{T} {'9' * 5000}"], ids=["none", "start", "end"])
def test_a_record_without_a_time_is_a_gap(tmp_path: Path, times: str) -> None:
    found = of(part(tmp_path, SENT, f"eni-a 10.0.1.5 10.0.2.7 40001 443 6 {times} ACCEPT OK"))
    assert found.source_request.accepted == 1
    assert [gap.cause for gap in found.gaps] == ["1 line that is no record"]


def test_an_interface_that_two_flow_logs_record_is_said(tmp_path: Path) -> None:
    from checker.model.record import replace

    one, other = (replace(part(tmp_path, SENT), flow_log=name) for name in ("fl-1", "fl-2"))
    (gap,) = of(one, other).gaps
    assert (gap.what, gap.affects) == ("eni-a", "numbers of records")
    assert "fl-1 and fl-2 record it" in gap.cause
    assert of(one, replace(other, flow_log="fl-1")).gaps == []


def parquet(path: Path, *lines: str, numbers: str) -> Part:
    """Write records with columns of numbers as this type."""
    import duckdb

    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = dict.fromkeys(("srcport", "dstport", "protocol", "start", "end"), numbers)
    made = (zip(FIELDS, each.split(), strict=True) for each in lines)
    rows = (", ".join(f"CAST('{word}' AS {kinds.get(name, 'VARCHAR')}) AS \"{name}\"" for name, word in row)
            for row in made)  # fmt: skip
    with duckdb.connect() as database:
        database.execute(f"COPY ({' UNION ALL '.join(f'SELECT {row}' for row in rows)}) TO '{path}' (FORMAT parquet)")
    return Part(path=path, encoding=Encoding.PARQUET, fields=FIELDS, told_by="schema", header_lines=0, flow_log=None,
                account=None, region=None, origin=path.name, size=path.stat().st_size)  # fmt: skip


@pytest.mark.parametrize("numbers", ["INTEGER", "DOUBLE"])
def test_parquet_says_what_its_columns_say_whatever_their_types_and_its_folder(tmp_path: Path, numbers: str) -> None:
    back = line("eni-a", "10.0.2.7", "10.0.1.5", "443 40000")
    found = of(parquet(tmp_path / "action=REJECT" / "a.parquet", SENT, back, numbers=numbers))
    assert counts(found) == [(1, 0), (0, 0), (0, 0), (1, 0)]
    assert (found.source_request.first, found.gaps) == (T, [])


def test_parquet_without_times_is_a_gap(tmp_path: Path) -> None:
    (gap,) = of(parquet(tmp_path / "a.parquet", SENT.replace(str(T), "none"), numbers="VARCHAR")).gaps
    assert gap.cause == "1 line that is no record"
