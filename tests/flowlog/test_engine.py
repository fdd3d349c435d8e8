"""The engine: every way of reading gives the same sums, and nothing is lost on the way."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address, ip_network
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.flowlog.engine import Cuts, Limits, Question, read_traffic
from checker.flowlog.engine.chunk import Words
from checker.flowlog.engine.lines import Gathered, Layout, LineReader, chunk_of
from checker.flowlog.engine.text import FormatChanges, TextReader
from checker.flowlog.part import Encoding, Part, Window
from checker.flowlog.recover import recover
from checker.model.address import V6
from checker.model.finding import Gap
from checker.model.firewall import Direction
from checker.model.log_format import DEFAULT_FIELDS
from checker.model.record import replace
from checker.model.traffic import DirectionSignal, FlagsClass, TrafficLog

ENI = "eni-0000000000000001"
T = 1_760_000_000
WIDE = (*DEFAULT_FIELDS, "vpc-id", "subnet-id", "tcp-flags", "flow-direction", "traffic-path", "reject-reason")

QUESTION = Question(
    classes=(
        Cuts(peers=(0, V6), ports={6: (0, 1024), 17: (0, 1024)}),
        Cuts(peers=(0, 10 << 24, 11 << 24, V6, V6 + 1), ports={6: (0, 22, 23, 443, 444), 17: (0, 53, 54)}),
    ),
    ingress={ENI: 1},
    egress={ENI: 1},
    addresses={ENI: ("10.0.0.5", "2001:db8::5")},
    subnets={ENI: (ip_network("10.0.0.0/24"),)},
    service_ports=frozenset({5432}),
)


def line(  # noqa: PLR0917
    src: str = "10.9.0.1", dst: str = "10.0.0.5", sport: Any = 50000, dport: Any = 443, action: str = "REJECT",
    start: int = T, proto: Any = 6, eni: str = ENI, packets: Any = 1, status: str = "OK",
) -> str:  # fmt: skip
    return (
        f"2 111122223333 {eni} {src} {dst} {sport} {dport} {proto} {packets} 40 {start} {start + 59} {action} {status}"
    )


def part(path: Path, content: str | bytes, *, fields: Sequence[str] = DEFAULT_FIELDS, **over: Any) -> Part:
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(data)
    made = Part(
        path=path, encoding=Encoding.TEXT, fields=tuple(fields), told_by="option", header_lines=0, flow_log="fl-1",
        account="111122223333", region="eu-west-1", origin=path.name, size=len(data),
    )  # fmt: skip
    return replace(made, **over)


def nothing(_part: Part) -> Iterator[Part]:
    return iter(())


def read(parts: Sequence[Part], question: Question = QUESTION, **over: Any) -> TrafficLog:
    return read_traffic(parts, question, **{"recover": nothing, "limits": Limits(threads=2), **over})


def text_of(path: Path, lines: Sequence[str]) -> Part:
    return part(path, "\n".join(lines) + "\n")


@pytest.mark.parametrize("start", [2**33, 19_999_999_999, 1_700_000_000_000_000, 999_999_999_999_999_999])
def test_a_time_that_no_clock_shows_counts_as_the_last_one(start: int, tmp_path: Path) -> None:
    found = read([text_of(tmp_path / "log", [line(), line(start=start, action="ACCEPT"), line(start=start)])])
    assert (found.summary.rejected, found.summary.accepted, found.summary.unreadable) == (2, 1, 0)
    assert found.summary.last == datetime(2242, 3, 16, 12, 56, 31, tzinfo=UTC)


def test_atoms_that_rules_do_not_tell_apart_are_one_sum(tmp_path: Path) -> None:
    lines = [line(src="10.9.0.1"), line(src="10.9.0.2", start=T + 60), line(src="9.9.9.9"), line(dport=22)]
    log = read([text_of(tmp_path / "a", lines)])
    found = [(a.peer_first, a.peer_last, a.port_first, a.port_last, a.traffic.records) for a in log.aggregates]
    assert sorted(found) == [
        ("0.0.0.0", "9.255.255.255", 443, 443, 1),  # noqa: S104 - an address, nothing listens
        ("10.0.0.0", "10.255.255.255", 22, 22, 1),
        ("10.0.0.0", "10.255.255.255", 443, 443, 2),
    ]
    (both,) = [a for a in log.aggregates if a.traffic.records == 2]
    one, other = int(IPv4Address("10.9.0.1")), int(IPv4Address("10.9.0.2"))
    assert both.top_peers == ((one, 1), (other, 1))
    assert (both.peer_count, both.peer_low, both.peer_high) == (2, one, other)
    assert both.samples == (lines[0],)
    assert both.direction is Direction.INGRESS
    assert both.direction_signal is DirectionSignal.ADDRESS
    assert (both.traffic.packets, both.traffic.bytes) == (2, 80)
    assert both.traffic.last == datetime.fromtimestamp(T + 119, UTC)


@pytest.mark.parametrize(
    ("other", "reverse", "same"),
    [
        (line(src="10.0.0.5", dst="10.9.0.1", sport=443, dport=50000, action="ACCEPT"), True, False),
        (line(action="ACCEPT"), False, True),
        (line(src="10.0.0.5", dst="10.9.0.1", sport=443, dport=50001, action="ACCEPT"), False, False),
        (line(src="10.0.0.5", dst="10.9.0.1", sport=443, dport=50000, action="ACCEPT", proto=17), False, False),
        (line(src="10.0.0.5", dst="10.9.0.1", sport=443, dport=50000, action="ACCEPT", eni="eni-2"), False, False),
        (line(action="ACCEPT", start=T + 700), False, True),
        (line(action="ACCEPT", start=T + 720), False, False),
        (line(action="ACCEPT", start=T - 661), False, False),
    ],
    ids=["reply", "same", "another port", "another protocol", "another interface", "near", "too late", "too early"],
)
def test_records_of_one_conversation_find_each_other(tmp_path: Path, other: str, reverse: bool, same: bool) -> None:
    for name, files in {"one": [[line(), other]], "two": [[line()], [other]], "turned": [[other], [line()]]}.items():
        parts = [text_of(tmp_path / f"{name}-{n}", lines) for n, lines in enumerate(files)]
        (found,) = read(parts).aggregates
        assert (found.reverse_accepted, found.same_accepted) == (reverse, same), name


def test_what_stands_for_no_flow_is_counted(tmp_path: Path) -> None:
    quiet = line("-", "-", "-", "-", "-", proto="-", packets="-", status="NODATA").replace(" 40 ", " - ")
    lost = quiet.replace("NODATA", "SKIPDATA")
    log = read([text_of(tmp_path / "a", [line(), quiet, quiet, lost, line(action="ACCEPT")])])
    summary = log.summary
    assert (summary.records, summary.rejected, summary.accepted, summary.no_data, summary.skipped) == (5, 1, 1, 2, 1)
    (seen,) = log.interfaces
    assert (seen.interface, seen.accepted, seen.rejected, seen.no_data, seen.skipped) == (ENI, 1, 1, 2, 1)
    assert [(hour.accepted, hour.rejected) for hour in log.summary.timeline] == [(1, 1)]


def test_lines_that_are_no_record_are_counted(tmp_path: Path) -> None:
    broken = [line(), "garbage", line(), "2 1 2 3", line().replace(str(T), "soon"), line() + " more"]
    log = read([text_of(tmp_path / "a", broken)], recover=lambda part: iter([part]))
    assert log.summary.rejected == 2
    assert log.summary.unreadable == 4
    (gap,) = log.gaps
    assert (gap.what, gap.cause) == ("a", "4 lines are no record of its format")


def test_addresses_that_are_none_are_said(tmp_path: Path) -> None:
    log = read([text_of(tmp_path / "a", [line(src="01:23:45:67:89:ab"), line(src="10.0.0.256"), line()])])
    assert [a.traffic.records for a in log.aggregates] == [1]
    assert "2 rejected records without an IP address" in log.gaps[0].cause
    assert log.summary.rejected == 3


@pytest.mark.parametrize(
    ("window", "kept"),
    [
        (Window(), 3),
        (Window(since=datetime.fromtimestamp(T + 59, UTC)), 2),
        (Window(since=datetime.fromtimestamp(T + 58, UTC)), 3),
        (Window(until=datetime.fromtimestamp(T + 60, UTC)), 1),
        (Window(until=datetime.fromtimestamp(T + 61, UTC)), 2),
        (Window(interfaces=frozenset({ENI})), 2),
        (Window(accounts=frozenset({"999999999999"})), 0),
        (Window(accounts=frozenset({"111122223333"})), 3),
        (Window(vpcs=frozenset({"vpc-1"})), 2),
    ],
)
def test_windows_and_filters_leave_out_and_count(tmp_path: Path, window: Window, kept: int) -> None:
    lines = [line(), line(start=T + 60), line(eni="eni-2", start=T + 100)]
    question = replace(QUESTION, window=window, of_vpcs=frozenset({ENI}))
    summary = read([text_of(tmp_path / "a", lines)], question).summary
    assert (summary.rejected, summary.outside) == (kept, 3 - kept)


def test_of_flow_logs_that_record_the_same_one_counts(tmp_path: Path) -> None:
    lines = [line(), line(dport=22)]
    parts = [
        replace(text_of(tmp_path / "a", lines), flow_log="fl-a"),
        replace(text_of(tmp_path / "b", [*lines, line(dport=23)]), flow_log="fl-b"),
    ]
    summary = read(parts).summary
    assert (summary.rejected, summary.duplicates) == (3, 2)
    ranked = read(parts, rank=lambda name: name == "fl-a")
    assert (ranked.summary.rejected, ranked.summary.duplicates) == (2, 3)
    assert sum(a.traffic.records for a in ranked.aggregates) == 2


def test_files_without_the_name_of_their_flow_log_repeat_nothing(tmp_path: Path) -> None:
    parts = [replace(text_of(tmp_path / name, [line(), line(dport=22)]), flow_log=None) for name in "ab"]
    log = read(parts)
    assert (log.summary.rejected, log.summary.duplicates) == (2, 2)


@pytest.mark.parametrize(
    ("named", "rejected", "duplicates"),
    [
        pytest.param([line(eni="eni-2")], 3, 2, id="another interface"),
        pytest.param([line(start=T + 7200)], 3, 2, id="another hour"),
        pytest.param([line()], 2, 3, id="the same, and fewer"),
        pytest.param([line(dport=p) for p in range(1, 8)], 7, 4, id="the same, and more"),
    ],
)
def test_nor_do_they_beside_files_that_tell_it(
    tmp_path: Path, named: list[str], rejected: int, duplicates: int
) -> None:
    parts = [replace(text_of(tmp_path / name, [line(), line(dport=22)]), flow_log=None) for name in "ab"]
    log = read([*parts, text_of(tmp_path / "c", named)])
    assert (log.summary.rejected, log.summary.duplicates) == (rejected, duplicates)
    assert sum(each.traffic.records for each in log.aggregates) == rejected


def test_milliseconds_are_seconds(tmp_path: Path) -> None:
    text = line().replace(str(T), f"{T}000").replace(str(T + 59), f"{T + 59}000")
    (found,) = read([text_of(tmp_path / "a", [text])]).aggregates
    assert found.traffic.first == datetime.fromtimestamp(T, UTC)


def test_fields_of_later_versions_are_used(tmp_path: Path) -> None:
    text = f"{line(src='10.0.0.77')} vpc-1 subnet-1 2 egress - -"
    blocked = f"{line(src='203.0.113.9')} vpc-1 subnet-1 19 ingress - BPA"
    log = read([part(tmp_path / "a", f"{text}\n{blocked}\n", fields=WIDE)])
    one, two = sorted(log.aggregates, key=lambda a: str(a.direction))
    assert (one.direction, one.direction_signal, one.flags) == (
        Direction.EGRESS, DirectionSignal.FIELD, FlagsClass.SYN,
    )  # fmt: skip
    assert (one.vpc, one.subnet, one.reject_reason) == ("vpc-1", "subnet-1", None)
    assert (two.direction, two.flags, two.reject_reason) == (Direction.INGRESS, FlagsClass.SYN_ACK, "BPA")


def test_the_subnet_tells_the_direction_where_no_address_does(tmp_path: Path) -> None:
    (found,) = read([text_of(tmp_path / "a", [line(dst="10.0.0.200")])]).aggregates
    assert (found.direction, found.direction_signal) == (Direction.INGRESS, DirectionSignal.SUBNET)


def test_an_interface_that_nobody_knows_keeps_its_records(tmp_path: Path) -> None:
    (found,) = read([text_of(tmp_path / "a", [line(eni="eni-2")])]).aggregates
    assert (found.direction, found.local, found.port_first, found.port_last) == (None, None, 0, 1023)


MANY = "\n".join(line(dport=p) for p in range(2000)).encode()
WRONG = bytearray(gzip.compress(MANY))
WRONG[-8] ^= 1  # of its checksum


def with_a_block_of_no_kind() -> bytes:
    packing = zlib.compressobj(wbits=31)
    return packing.compress(MANY) + packing.flush(zlib.Z_FULL_FLUSH) + b"\x07" + bytes(500)


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(gzip.compress(MANY)[:-500], id="cut off"),
        pytest.param(bytes(WRONG), id="another checksum"),
        pytest.param(with_a_block_of_no_kind(), id="damaged in its middle"),
        pytest.param(gzip.compress(MANY) + b"something else", id="something else behind"),
    ],
)
def test_a_broken_file_is_handed_to_recovery_and_the_others_count(tmp_path: Path, stored: bytes) -> None:
    cut = part(tmp_path / "cut", stored, encoding=Encoding.GZIP)
    asked = []

    def clean(broken: Part) -> Iterator[Part]:
        asked.append(broken.origin)
        yield text_of(tmp_path / "clean", [line()])

    log = read([cut, text_of(tmp_path / "b", [line(dport=22)])], recover=clean)
    assert asked == ["cut"]
    assert log.summary.rejected == 2
    assert not (tmp_path / "clean").exists()


@pytest.mark.parametrize("encoding", Encoding)
def test_a_file_that_vanishes_before_it_is_read_is_named(tmp_path: Path, encoding: Encoding) -> None:
    gone = part(tmp_path / "gone", line(), encoding=encoding)
    gone.path.unlink()
    gaps: list[Gap] = []
    others = [text_of(tmp_path / "b", [line(dport=22)])]
    log = read([gone, *others], recover=lambda each: recover(each, tmp_path, gaps))
    assert (log.summary.files, log.summary.rejected) == (2, 1)
    assert log.gaps == ()
    why = "it cannot be read further: No such file or directory"
    assert [(gap.what, gap.cause.partition(";")[0]) for gap in gaps] == [("gone", why)]


def test_a_header_in_the_middle_is_handed_to_recovery(tmp_path: Path) -> None:
    reader = TextReader(DEFAULT_FIELDS, QUESTION, Words(), None)
    with pytest.raises(FormatChanges):
        reader.read(f"{line()}\n{' '.join(DEFAULT_FIELDS)}\n{line()}\n".encode(), 0, 1)


WORD = st.sampled_from([
    "-", "10.9.0.1", "10.0.0.5", "1.2.3", "1.2.3.4.5", "10.0.0.256", "256.1.1.1", "2001:db8::5", "fe80::1",
    "::ffff:1.2.3.4", "01:23:45:67:89:ab", "443", "0", "65535", "123456789", "1234567890123", "6", "17", "58",
    "ACCEPT", "REJECT", "REJECTED", "NODATA", "SKIPDATA", "OK", str(T), f"{T}000", "17600000x0", "+1",
    "\uff11", "eni-1", "", "é", "\x00", "abc\r", ":;<=>?",
])  # fmt: skip
GOOD = st.builds(
    line,
    src=st.sampled_from(["10.9.0.1", "10.0.0.5", "203.0.113.200", "2001:db8::5", "1.2.3.4"]),
    dst=st.sampled_from(["10.0.0.5", "10.9.0.1", "2001:db8:0:1:2:3:4:5"]),
    sport=st.integers(0, 65535), dport=st.integers(0, 65535), action=st.sampled_from(["ACCEPT", "REJECT"]),
    start=st.integers(T, T + 4000), proto=st.sampled_from([6, 17, 1]),
    packets=st.sampled_from([1, 99_999_999, 100_000_000]),
    eni=st.sampled_from([ENI, "eni-2", "eni-12345678"]),
)  # fmt: skip
ODD = st.lists(WORD, min_size=12, max_size=15).map(" ".join)
SPOILT = st.tuples(GOOD, st.integers(0, 13), WORD).map(
    lambda given: " ".join(given[2] if at == given[1] else word for at, word in enumerate(given[0].split(" ")))
)


@given(st.lists(GOOD | SPOILT | ODD, max_size=12), st.booleans())
def test_the_quick_way_reads_what_the_careful_way_reads(lines: list[str], final_newline: bool) -> None:
    words = Words()
    data = "\n".join(lines).encode() + (b"\n" if final_newline else b"")
    quick = TextReader(DEFAULT_FIELDS, QUESTION, words, None).read(data, 0, 1)
    gathered, refused = Gathered(), []
    reader = LineReader(Layout(DEFAULT_FIELDS), QUESTION, words, None)
    pieces = [piece.rstrip("\r") for piece in data.decode().split("\n")]
    for number, text in enumerate(pieces, 1):
        if text and not reader.take(text, gathered):
            refused.append(number)
    slow = chunk_of(gathered, refused, 1)
    assert quick.counts == slow.counts
    assert quick.unreadable == refused
    assert sorted(zip(*(a.tolist() for a in quick.accepted), strict=True)) == sorted(
        zip(*(a.tolist() for a in slow.accepted), strict=True)
    )
    assert _rows(quick) == _rows(slow)


def _rows(chunk: Any) -> list[Any]:
    names = [name for name in chunk.rejected if name != "line"]
    rows = zip(*(chunk.rejected[name].tolist() for name in names), chunk.rejected["line"].tolist(), strict=True)
    return sorted((*row[:-1], *chunk.lines_at([row[-1]])) for row in rows)


def made_lines(count: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    peers = ["10.9.0.1", "10.9.0.2", "203.0.113.7", "2001:db8::7"]
    lines = []
    for _ in range(count):
        peer, port = peers[random.integers(4)], int(random.choice([22, 53, 443, 5432, 60000]))
        own = "2001:db8::5" if ":" in peer else "10.0.0.5"
        other = int(random.integers(50000, 50004))
        inward = random.integers(2) == 0
        lines.append(
            line(
                peer if inward else own, own if inward else peer, other if inward else port, port if inward else other,
                ["ACCEPT", "REJECT"][random.integers(2)], T + int(random.integers(0, 7000)),
                eni=[ENI, "eni-2"][random.integers(2)],
            )
        )  # fmt: skip
    return sorted(lines, key=lambda text: text.split(" ")[10])


@pytest.mark.parametrize("seed", range(5))
def test_text_gzip_parquet_and_any_split_of_files_give_the_same_answer(tmp_path: Path, seed: int) -> None:
    lines = made_lines(400, seed)
    whole = read([text_of(tmp_path / "a", lines)])
    split = [text_of(tmp_path / f"s{n}", lines[n * 40 : n * 40 + 40]) for n in range(10)]
    packed = part(tmp_path / "g", gzip.compress(("\n".join(lines)).encode()), encoding=Encoding.GZIP)
    names = [name.replace("-", "_") for name in DEFAULT_FIELDS]
    kinds = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    text = f"read_csv('{tmp_path / 'a'}', delim=' ', header=false, columns={{{kinds}}}, quote='')"
    typed = "CAST(srcport AS INTEGER) AS srcport, CAST(start AS BIGINT) AS start"
    duckdb.execute(f"COPY (SELECT * REPLACE ({typed}) FROM {text}) TO '{tmp_path / 'p'}' (FORMAT parquet)")
    columns = replace(packed, path=tmp_path / "p", encoding=Encoding.PARQUET, fields=tuple(names))
    for name, parts in {"split": split, "turned": split[::-1], "gzip": [packed], "parquet": [columns]}.items():
        other = read(parts)
        keyed = [[replace(a, samples=()) for a in log.aggregates] for log in (whole, other)]
        assert keyed[0] == keyed[1], name
        assert [a.samples for a in whole.aggregates] == [a.samples for a in other.aggregates], name
        assert whole.interfaces == other.interfaces, name
        assert whole.summary.timeline == other.summary.timeline, name


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("missing", ["srcport", "dstport", "protocol"])
def test_a_format_without_a_part_of_the_conversation_is_read_without_a_warning(missing: str, tmp_path: Path) -> None:
    place = DEFAULT_FIELDS.index(missing)
    lines = [line(), line(action="ACCEPT"), line(dport=22)]
    short = "\n".join(" ".join(each.split(" ")[:place] + each.split(" ")[place + 1 :]) for each in lines)
    log = read([part(tmp_path / "a", short, fields=(*DEFAULT_FIELDS[:place], *DEFAULT_FIELDS[place + 1 :]))])
    assert (log.summary.rejected, log.summary.accepted) == (2, 1)
