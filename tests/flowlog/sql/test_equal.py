"""Must hold for every engine that is asked: the answer is the one that the files give, diagnoses included.

The statements are those that Athena gets. A translator turns its dialect into DuckDB's here, and into Spark's in
``test_spark.py``; the files are of simulated accounts, of the benchmark's traffic, and of odd records.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checker.flowlog.sql import asking, ranges
from checker.model.model import NetworkModel
from tests.flowlog.sql.engines import Duck, Engine
from tests.flowlog.sql.equal import assert_equal, both, lines_below
from tests.simulator import writing
from tests.simulator.accounts import Account, account
from tests.simulator.bridge import model_of
from tests.simulator.records import CUSTOM, DEFAULT, EPOCH, NUMBERS, lines, silence

CONVERSATIONS = 120


def simulated(seed: int, folder: Path, *, form: Any, doubled: bool = False) -> tuple[Account, Sequence[str]]:
    """Write the log of a simulated account; ``doubled``: a subnet has a flow log of its own beside the VPC's."""
    found = account(seed, conversations=CONVERSATIONS, with_flags=seed % 2 == 0, blocked=seed % 8 == 2)
    fields = CUSTOM if found.with_flags else DEFAULT
    rows = lines(found.world, found.logged(), fields)
    quiet = [eni for eni in found.world.enis.values() if not any(record.eni is eni for record in found.records)]
    rows[0] = [*rows[0], *(silence(found.world, eni, fields, "NODATA", 0) for eni in quiet)]
    form(folder, found.world, fields, rows)
    if doubled:
        subnet = next(iter(found.world.subnets))
        inside = (record for record in found.logged() if record.eni.subnet == subnet)
        form(folder, found.world, fields, lines(found.world, inside, fields), flow_log="fl-00000000000000002")
    return found, fields


def holds_for(
    engine: Engine, seed: int, folder: Path, patch: pytest.MonkeyPatch, *, form: Any, doubled: bool, **over: Any
) -> None:
    found, fields = simulated(seed, folder / "logs", form=form, doubled=doubled)
    texts = folder / "texts"
    simulated(seed, texts, form=writing.text, doubled=doubled)
    read, asked, _ = both(engine, folder / "logs", fields, model_of(found.world), patch, **over)
    assert len(read.log.aggregates) > 20
    assert read.diagnoses
    assert (read.log.summary.duplicates > 0) is doubled
    assert_equal(read, asked, lines_below(texts))


@pytest.fixture
def duck() -> Duck:
    return Duck()


@pytest.mark.parametrize("doubled", [False, True], ids=["one flow log", "overlapping flow logs"])
@pytest.mark.parametrize("form", [writing.text, writing.parquet], ids=["text", "parquet"])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_sql_tells_what_the_files_tell(
    seed: int, form: Any, doubled: bool, duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds_for(duck, seed, tmp_path, monkeypatch, form=form, doubled=doubled)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 40))
def test_sql_tells_what_the_files_of_many_accounts_tell(
    seed: int, duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = writing.parquet if seed % 3 == 0 else writing.text
    holds_for(duck, seed, tmp_path, monkeypatch, form=form, doubled=seed % 4 == 1)


def test_columns_may_be_spelled_with_hyphens(duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holds_for(duck, 2, tmp_path, monkeypatch, form=writing.text, doubled=False, spell=str)
    older = {"account-id": "account", "interface-id": "interfaceid", "srcaddr": "sourceaddress",
             "dstaddr": "destinationaddress", "srcport": "sourceport", "dstport": "destinationport",
             "packets": "numpackets", "bytes": "numbytes", "start": "starttime", "end": "endtime",
             "log-status": "logstatus"}  # fmt: skip
    holds_for(duck, 1, tmp_path / "b", monkeypatch, form=writing.text, doubled=False,
              spell=lambda name: older.get(name, name))  # fmt: skip


def test_a_network_that_is_too_large_for_one_statement_takes_several(
    duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(*given: Any, **_: Any) -> list[ranges.Ranges]:
        return ranges.ranges_of(*given, room=12_500)

    monkeypatch.setattr(asking, "ranges_of", small)
    found, fields = simulated(4, tmp_path / "logs", form=writing.text, doubled=True)
    read, asked, local = both(duck, tmp_path / "logs", fields, model_of(found.world), monkeypatch)
    assert len(local.statements) > 2
    assert_equal(read, asked, lines_below(tmp_path / "logs"))


FROM, TO = EPOCH + 900, EPOCH + 2400


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    "over",
    [
        {"since": moment(FROM)},
        {"until": moment(TO)},
        {"since": moment(FROM), "until": moment(TO)},
        {"account_id": ("999999999999",)},
    ],
    ids=["since", "until", "between", "another account"],
)
def test_windows_and_filters_leave_out_what_the_engine_leaves_out(
    over: dict[str, Any], duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, fields = simulated(2, tmp_path / "logs", form=writing.text)
    _only_whole_files(monkeypatch)
    read, asked, _ = both(duck, tmp_path / "logs", fields, model_of(found.world), monkeypatch, **over)
    assert read.log.summary.outside > 0
    assert_equal(read, asked, lines_below(tmp_path / "logs"))


@pytest.mark.parametrize("form", [writing.text, writing.parquet], ids=["text", "parquet"])
def test_a_window_that_ends_within_a_second_holds_what_began_in_it(
    form: Any, duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, fields = simulated(1, tmp_path / "logs", form=form)
    simulated(1, tmp_path / "texts", form=writing.text)
    lines = lines_below(tmp_path / "texts")
    starts = sorted(int(line.split(" ")[fields.index("start")]) for line in lines if " REJECT " in line)
    last = starts[len(starts) // 2]
    _only_whole_files(monkeypatch)
    until = moment(last) + timedelta(milliseconds=500)
    read, asked, _ = both(duck, tmp_path / "logs", fields, model_of(found.world), monkeypatch, until=until)
    assert read.log.summary.rejected == asked.log.summary.rejected == sum(each <= last for each in starts)


@pytest.mark.parametrize("with_flags", [False, True], ids=["default", "custom"])
def test_interfaces_and_vpcs_are_filters(
    with_flags: bool, duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, fields = simulated(2 if with_flags else 1, tmp_path / "logs", form=writing.text)
    model = model_of(found.world)
    eni = max(found.world.enis.values(), key=lambda each: sum(r.eni is each for r in found.rejected())).id
    for over in ({"interface": (eni,)}, {"vpc": (str(model.vpcs[0].id),)}):
        read, asked, _ = both(duck, tmp_path / "logs", fields, model, monkeypatch, **over)
        assert read.log.summary.rejected
        assert_equal(read, asked, lines_below(tmp_path / "logs"))


def _only_whole_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the folder read files that the window leaves out by their names, so that both count what is outside."""
    monkeypatch.setattr("checker.flowlog.sources.files.may_hold", lambda _name, _window: True)


@pytest.mark.parametrize("has_path", [True, False], ids=["names tell no flow log", "no $path"])
def test_without_flow_logs_equal_records_count_once(
    has_path: bool, duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, fields = simulated(4, tmp_path / "made", form=writing.text)
    logs = tmp_path / "logs"
    logs.mkdir()
    for number, path in enumerate(sorted((tmp_path / "made").rglob("*.gz"))):
        for copy in "ab" if number % 2 else "a":
            packed = path.read_bytes() if copy == "a" else gzip.compress(gzip.decompress(path.read_bytes()), mtime=1)
            (logs / f"{number}-{copy}.log.gz").write_bytes(packed)  # other bytes: equal ones would be one file
    read, asked, _ = both(duck, logs, fields, model_of(found.world), monkeypatch, has_path=has_path)
    assert read.log.summary.duplicates > 0
    if not has_path:
        assert asked.log.summary.files == 0
        return
    assert_equal(read, asked, lines_below(logs))


ENI = "eni-0000000000000001"
T = 1_760_000_000


@pytest.mark.parametrize("named", [range(1), range(2, 4), range(7)], ids=["fewer", "others", "more"])
def test_nor_do_they_beside_files_that_tell_their_flow_log(
    named: range, duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(ports: range) -> list[str]:
        return [f"2 111122223333 {ENI} 10.9.0.1 10.0.0.5 40000 {port} 6 3 180 {T} {T + 59} REJECT OK" for port in ports]

    odd_files(tmp_path / "logs", rows(named))
    for name, zero in (("a", 1), ("z", 2)):
        body = "\n".join([" ".join(DEFAULT), *rows(range(2)), ""])
        (tmp_path / "logs" / f"{name}.log.gz").write_bytes(gzip.compress(body.encode(), mtime=zero))
    read, asked, _ = both(duck, tmp_path / "logs", DEFAULT, NetworkModel(), monkeypatch)
    assert read.log.summary.rejected == sum(each.traffic.records for each in read.log.aggregates)
    assert_equal(read, asked, lines_below(tmp_path / "logs"))


def odd_lines() -> list[str]:
    """Return records that are like no others: addresses of every spelling, no addresses, no verdict, milliseconds."""
    ends = [
        ("10.9.0.1", "10.0.0.5"), ("2001:db8::7", "2001:db8::5"), ("2001:0DB8:0:0:0:0:0:7", "2001:db8::5"),
        ("::", "::1"), ("fe80::", "2001:db8::5"), ("1:2:3:4:5:6:7:8", "::5:6:7:8"), ("2001:db8::1:0:0:1", "10.0.0.5"),
        ("01:23:45:67:89:ab", "10.0.0.5"), ("10.0.0.256", "10.0.0.5"), ("-", "10.0.0.5"),
        ("1:2:3:4:5:6:7:8:9", "10.0.0.5"), ("1::2::3", "10.0.0.5"), (":::", "10.0.0.5"), ("12345::1", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.5"), ("255.255.255.255", "0.0.0.1"), ("g::1", "10.0.0.5"), ("10.0.0", "10.0.0.5"),
    ]  # fmt: skip
    rows = []
    for number, (src, dst) in enumerate(ends):
        for action, status, start in (("REJECT", "OK", T), ("ACCEPT", "OK", T + 650 + number), ("-", "NODATA", T)):
            rows.append(
                f"2 111122223333 {ENI} {src} {dst} {40000 + number} 443 6 3 180 {start} {start + 59} {action} {status}"
            )
            rows.append(
                f"2 111122223333 {ENI} {dst} {src} 443 {40000 + number} 6 3 180 {start + 20} {start + 59} {action} OK"
            )
    rows += [
        f"2 111122223333 {ENI} 10.9.0.1 10.0.0.5 - - 1 3 180 {T}000 {T + 59}000 REJECT OK",
        f"2 111122223333 {ENI} - - - - - - - {T} {T + 59} - SKIPDATA",
        f"2 111122223333 - 10.9.0.1 10.0.0.5 1 2 17 3 180 {T} {T - 9} REJECT OK",
        f"2 unknown eni-2 10.9.0.1 10.0.0.5 0 65535 17 - - {T} {T} REJECT OK",
    ]
    return rows


def odd_files(folder: Path, rows: Sequence[str], *, per_file: int = 17) -> None:
    folder.mkdir(parents=True)
    for number in range(0, len(rows), per_file):
        name = f"111122223333_vpcflowlogs_eu-west-1_fl-0123456789abcdef0_20251009T0855Z_{number:08x}.log.gz"
        body = "\n".join([" ".join(DEFAULT), *rows[number : number + per_file], ""])
        (folder / name).write_bytes(gzip.compress(body.encode(), mtime=0))


def test_odd_records_are_read_alike(duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd_files(tmp_path / "logs", odd_lines())
    read, asked, _ = both(duck, tmp_path / "logs", DEFAULT, NetworkModel(), monkeypatch)
    assert read.log.gaps
    assert any(each.reverse_accepted for each in read.log.aggregates)
    assert_equal(read, asked, lines_below(tmp_path / "logs"))


def test_lines_that_are_no_record_are_counted(duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [*odd_lines()[:4], "garbage", "2 1 2 3", " ".join(DEFAULT)]
    odd_files(tmp_path / "logs", rows)
    read, asked, _ = both(duck, tmp_path / "logs", DEFAULT, NetworkModel(), monkeypatch)
    assert asked.log.summary.rejected == read.log.summary.rejected
    assert asked.log.summary.unreadable == 2
    assert "2 rows are no record of the table's format" in [gap.cause for gap in asked.log.gaps]


@pytest.mark.parametrize("named", [True, False], ids=["named", "unnamed"])
def test_packets_and_bytes_that_no_record_has_count_with_the_limit(
    named: bool, duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow
    from pyarrow import parquet

    rows = [(1 << 62, 40), (1 << 62, 40), ((1 << 63) - 1, 40), (-3, 1 << 50), (1 << 48, 41), (None, None)]
    plain = odd_lines()[0].split()
    columns = {name.replace("-", "_"): [int(text) if name in NUMBERS else text] * len(rows)
               for name, text in zip(DEFAULT, plain, strict=True)}  # fmt: skip
    columns |= {"packets": [packets for packets, _ in rows], "bytes": [size for _, size in rows]}
    log = "111122223333_vpcflowlogs_eu-west-1_fl-0123456789abcdef0_20251009T0855Z_" if named else ""
    (tmp_path / "logs").mkdir()
    parquet.write_table(pyarrow.table(columns), tmp_path / "logs" / f"{log}0.log.parquet")
    read, asked, _ = both(duck, tmp_path / "logs", DEFAULT, NetworkModel(), monkeypatch)
    whole = read.log.summary, asked.log.summary
    assert [each.rejected for each in whole] == ([6, 6] if named else [4, 4])
    for each in (read.log, asked.log):
        (found,) = each.aggregates
        assert found.traffic.packets == (1 << 48) * (4 if named else 2)
        assert found.traffic.bytes == (1 << 48) + 40 * (3 if named else 1) + 41
    causes = [[gap.cause for gap in each.log.gaps if "2^48" in gap.cause] for each in (read, asked)]
    said = "rejected records tell less than 0 or more than 2^48 packets or bytes, and count with that many"
    assert causes == [[f"4 {said}"], [f"{4 if named else 2} {said}"]]


def test_benchmark_traffic_is_added_up_alike(duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.traffic.make import make_logs

    make_logs(tmp_path / "logs", 20_000, parquet=True)
    read, asked, _ = both(duck, tmp_path / "logs", DEFAULT, NetworkModel(), monkeypatch)
    make_logs(tmp_path / "texts", 20_000)
    assert read.log.summary.rejected > 2000
    assert_equal(read, asked, lines_below(tmp_path / "texts"))
