"""What reads alike: any order of lines, text and Parquet, with compiled code and without."""

from __future__ import annotations

import random
from io import BytesIO
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from checker.flowlog.engine import tools as tools_module
from checker.flowlog.engine.chunk import ACCEPTED, LARGEST, OUTSIDE, REJECTED, Words
from checker.flowlog.engine.most import TOP_OVERALL
from checker.flowlog.engine.parquet import ParquetReader
from checker.flowlog.engine.tools import PLAIN, Tools, compiled
from checker.flowlog.part import Encoding, Part, Window
from checker.model.finding import Gap
from checker.model.log_format import DEFAULT_FIELDS
from checker.model.record import replace
from tests.flowlog.test_engine import QUESTION, T, _rows, line, part, read, text_of
from tests.flowlog.test_engine_columns import NAMES, WAYS
from tests.support.absent import absent

ACCOUNT = "111122223333"


@pytest.fixture(params=["numpy", "compiled"])
def tools(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Return one way of doing it, which inputs of any size take."""
    if request.param == "numpy":
        return PLAIN
    monkeypatch.setattr(tools_module, "LARGE", 0)
    return compiled() or absent("compiled code needs the extra `fast`")


@pytest.mark.usefixtures("tools")
def test_of_many_peers_with_equal_records_the_same_are_shown_in_any_order_of_lines(tmp_path: Path) -> None:
    peers = [f"2001:db8::{n * 7919 % 65536:x}" for n in range(1, 401)]
    lines = [line(src=peer, dst="2001:db8::5") for peer in peers]
    first = sorted(sorted(peers, key=lambda peer: int(IPv6Address(peer)))[:TOP_OVERALL])[:10]
    mixed = random.Random(1).sample(lines, len(lines))  # noqa: S311 - an order, not a key
    for at, each in enumerate((lines, lines[::-1], mixed)):
        log = read([text_of(tmp_path / str(at), each)])
        assert log.summary.top_rejected == tuple((peer, 1) for peer in first)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_of_all_are_cut_by_their_order_whatever_parts_they_come_in(tools: Tools, seed: int) -> None:
    chance = np.random.default_rng(seed)
    ordered, old = chance.permutation(1000), chance.integers(0, 1 << 32, 300)
    values, kept = np.concatenate([(1 << 32) + np.arange(1000), old]), np.zeros(1, dtype=np.int64)
    records = chance.integers(1, 4, len(values))
    most = tools.most(ordered)
    for at in np.array_split(chance.permutation(len(values)), 9):
        most.add(kept, np.zeros(len(at), dtype=np.int64), values[at], records[at])
    rank = lambda value: value if value < 1 << 32 else (1 << 32) + int(ordered[value - (1 << 32)])  # noqa: E731
    pairs = dict(zip(values.tolist(), records.tolist(), strict=True)).items()
    assert most.overall() == sorted(pairs, key=lambda pair: (-pair[1], rank(pair[0])))[:TOP_OVERALL]


def stored(path: Path, lines: list[str]) -> str:
    """Write lines as Parquet, each field as its text."""
    made = duckdb.connect()
    made.execute("CREATE TABLE logs (" + ", ".join(f'"{name}" VARCHAR' for name in NAMES) + ")")
    made.executemany(f"INSERT INTO logs VALUES ({', '.join('?' * len(NAMES))})", [each.split(" ") for each in lines])
    whole = ("version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end")
    typed = ", ".join(f'TRY_CAST("{name}" AS BIGINT) AS "{name}"' for name in whole)
    made.execute(f"COPY (SELECT * REPLACE ({typed}) FROM logs ORDER BY rowid) TO '{path}' (FORMAT parquet)")
    return path.as_posix()


def test_an_interface_whose_text_has_the_number_of_a_free_place_is_one_like_others(tmp_path: Path) -> None:
    lines = [line(eni=eni, action=action) for eni in ("\0", "eni-2") for action in ("ACCEPT", "REJECT")]
    lines += [line(eni=f"eni-{n}") for n in range(600)] + [line(eni="\0", start=T + 5)]
    path, found = stored(tmp_path / "p", lines), []
    for way in WAYS.values():
        words = Words()
        chunk = ParquetReader(QUESTION, words, 100, *way).read(path, NAMES, None, 1)
        counts = {(words.enis[eni], *key): more for (eni, *key), more in chunk.counts.items()}
        enis = [words.enis[at] for at in chunk.rejected["eni"].tolist()]
        found.append((counts, enis, [each.tolist() for each in chunk.accepted], chunk.rejected["there"].tolist()))
    assert found[0] == found[1] == found[2]
    assert found[0][0]["\0", REJECTED, T // 3600 * 3600][0] == 2
    assert found[0][0]["\0", ACCEPTED, T // 3600 * 3600][0] == 1


@pytest.mark.parametrize(("told", "kept"), [(ACCOUNT, 3), ("9", 1), (None, 1)])
def test_a_record_without_an_account_is_of_the_one_in_the_name_of_its_file(
    tmp_path: Path, told: str | None, kept: int
) -> None:
    question = replace(QUESTION, window=Window(accounts=frozenset({ACCOUNT})))
    lines = [line().replace(f" {ACCOUNT} ", f" {said} ") for said in ("-", "", ACCOUNT, "333344445555")]
    data, path = "\n".join(lines).encode() + b"\n", stored(tmp_path / "p", lines)
    found: dict[str, Any] = {}
    for name, some in {"numpy": PLAIN, "compiled": compiled() or PLAIN}.items():
        reader = some.reader(DEFAULT_FIELDS, question, Words(), told)
        found[name] = list(reader.read_file(BytesIO(data), 0, 1))
    for name, way in WAYS.items():
        found[f"Parquet, {name}"] = [ParquetReader(question, Words(), 100, *way).read(path, NAMES, told, 1)]
    for name, chunks in found.items():
        rejected = sum(len(_rows(chunk)) for chunk in chunks)
        outside = sum(more[0] for chunk in chunks for key, more in chunk.counts.items() if key[1] == OUTSIDE)
        assert (rejected, outside) == (kept, 4 - kept), name


@pytest.mark.usefixtures("tools")
def test_packets_and_bytes_that_no_record_has_make_no_sum_wrong(tmp_path: Path) -> None:
    good = [line(packets=LARGEST), line().replace(" 1 40 ", f" 1 {LARGEST} "), line(action="ACCEPT")]
    sizes = [LARGEST + 1, 2**63, *["9" * digits for digits in (18, 19, 20, 40)] * 5]
    garbage = [line(packets=size) for size in sizes] + [line().replace(" 1 40 ", f" 1 {size} ") for size in sizes]
    log = read(
        [part(tmp_path / "a", "\n".join([*garbage, *good]))],
        recover=lambda clean: iter([replace(clean, temporary=True)]),
    )
    assert (log.summary.rejected, log.summary.accepted, log.summary.unreadable) == (2, 1, len(garbage))
    assert [(each.traffic.packets, each.traffic.bytes) for each in log.aggregates] == [(LARGEST + 1, LARGEST + 40)]


def columns_of(path: Path, lines: list[str], amounts: str) -> Part:
    """Write records as Parquet, packets and bytes as a type of DuckDB's."""
    whole = {"version", "srcport", "dstport", "protocol", "start", "end"}
    kinds = {name: "BIGINT" if name in whole else "VARCHAR" for name in DEFAULT_FIELDS}
    kinds |= {"packets": amounts, "bytes": amounts}
    rows = " UNION ALL ".join(
        "SELECT "
        + ", ".join(
            f"CAST(NULLIF('{text}', '-') AS {kinds[name]}) AS \"{name.replace('-', '_')}\""
            for name, text in zip(DEFAULT_FIELDS, each.split(), strict=True)
        )
        for each in lines
    )
    duckdb.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
    fields = tuple(name.replace("-", "_") for name in DEFAULT_FIELDS)
    return part(path, path.read_bytes(), fields=fields, encoding=Encoding.PARQUET)


LIMITS = "less than 0 or more than 2^48 packets or bytes, and count"


@pytest.mark.parametrize(
    ("amounts", "packets", "counted"),
    [
        ("BIGINT", LARGEST + 1, LARGEST),
        ("BIGINT", 1 << 62, LARGEST),
        ("BIGINT", (1 << 63) - 1, LARGEST),
        ("BIGINT", -1, 0),
        ("BIGINT", -(1 << 63), 0),
        ("UBIGINT", (1 << 64) - 1, LARGEST),
        ("VARCHAR", "9" * 30, LARGEST),
        ("VARCHAR", "-5", 0),
    ],
)
@pytest.mark.usefixtures("tools")
def test_nor_do_they_in_parquet_and_that_is_said(tmp_path: Path, amounts: str, packets: Any, counted: int) -> None:
    lines = [line(packets=packets)] * 3 + [line(packets=LARGEST), line(action="ACCEPT", packets=packets)]
    made = columns_of(tmp_path / "a", lines, amounts)
    log = read([made])
    assert [(each.traffic.packets, each.traffic.bytes) for each in log.aggregates] == [(3 * counted + LARGEST, 160)]
    gap = Gap(
        what=made.origin, cause=f"3 rejected records tell {LIMITS} with that many", affects="sums of packets and bytes"
    )
    assert log.gaps == (gap,)
    assert log.summary.unreadable == 0


@pytest.mark.usefixtures("tools")
def test_of_a_record_both_amounts_of_which_are_none_one_is_said(tmp_path: Path) -> None:
    beyond = line(packets=1 << 50).replace(f" {1 << 50} 40 ", f" {1 << 50} -3 ")
    log = read([columns_of(tmp_path / "a", [beyond, line(), line(packets="-")], "BIGINT")])
    assert [(each.traffic.packets, each.traffic.bytes) for each in log.aggregates] == [(LARGEST + 1, 80)]
    assert [gap.cause for gap in log.gaps] == [f"1 rejected record tells {LIMITS}s with that many"]
