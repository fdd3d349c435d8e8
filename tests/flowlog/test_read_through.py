"""What a source hands over, the engine reads: of every odd file each record counts once, and what is lost is named."""

import gzip
from pathlib import Path

import pytest

from checker.flowlog.engine import Limits, Question, read_traffic
from checker.flowlog.part import FormatHints, Window
from checker.flowlog.recover import recover
from checker.flowlog.sources.files import Files
from checker.model.finding import Gap
from checker.model.traffic import TrafficLog
from tests.flowlog.made import HEADER, V5_HEADER, text, v2, v5
from tests.flowlog.test_payloads import dumped, message

LINES = [v2(number) for number in range(1000)]
WHOLE = text(HEADER, *LINES)
PACKED = gzip.compress(WHOLE, mtime=0)


def changed(content: bytes, at: int) -> bytes:
    found = bytearray(content)
    found[at] ^= 0xFF
    return bytes(found)


def traffic(tmp_path: Path, content: bytes) -> TrafficLog:
    path, scratch = tmp_path / "flow.log", tmp_path / "scratch"
    path.write_bytes(content)
    scratch.mkdir()
    gaps: list[Gap] = []
    parts = Files(path).parts(Window(), FormatHints(), scratch, gaps)
    found = read_traffic(parts, Question(), recover=lambda part: recover(part, scratch, gaps), limits=Limits())
    assert list(scratch.iterdir()) == [], "temporary files are left"
    return TrafficLog(
        aggregates=found.aggregates, interfaces=found.interfaces, summary=found.summary, gaps=(*found.gaps, *gaps)
    )


CASES = [
    pytest.param(WHOLE, 1000, [], id="text"),
    pytest.param(PACKED, 1000, [], id="gzip"),
    pytest.param(WHOLE[:-1], 1000, [], id="no end of line at the end"),
    pytest.param(WHOLE.replace(b"\n", b"\r\n"), 1000, [], id="CR LF"),
    pytest.param(WHOLE.replace(b"\n", b"\n\n"), 1000, [], id="blank lines"),
    pytest.param(b"\xef\xbb\xbf" + WHOLE, 1000, [], id="byte order mark"),
    pytest.param(b"\xef\xbb\xbf" + text(*LINES), 1000, [], id="byte order mark without header"),
    pytest.param(text(HEADER, *LINES[:5]).replace(b"\n", b"\r\n") + text(*LINES[5:]), 1000, [], id="mixed line ends"),
    pytest.param(gzip.compress(text(HEADER, *LINES[:500])) + gzip.compress(text(HEADER, *LINES[500:])), 1000, [],
                 id="two packed files joined"),
    pytest.param(text(HEADER, *LINES[:500], HEADER, *LINES[500:]), 1000, [], id="two files joined"),
    pytest.param(text(HEADER, *LINES, V5_HEADER, v5(1), v5(2)), 1002, [], id="another format behind"),
    pytest.param(text(V5_HEADER, v5(1), *LINES), 1001, [], id="default records below another header"),
    pytest.param(PACKED + b"\0" * 100, 1000, [], id="filled up with zeros"),
    pytest.param(PACKED + b"xx", 1000, ["something else follows"], id="something behind the gzip stream"),
    pytest.param(changed(PACKED, -5), 1000, ["incorrect data check"], id="wrong checksum"),
    pytest.param(changed(PACKED, -1), 1000, ["incorrect length check"], id="wrong length"),
    pytest.param(PACKED[:-9], 1000, ["cut off at byte"], id="cut off within the last bytes"),
    pytest.param(text(HEADER, *LINES[:5]) + b"x" * (3 << 20) + b"\n" + text(*LINES[5:]), 1000, ["1 line is no record"],
                 id="a line of 3 MiB"),
    pytest.param(text(HEADER, *LINES[:5]) + b"x " * (1 << 20) + b"\n" + text(*LINES[5:]), 1000,
                 ["1 line is no record"], id="a line of a million values"),
    pytest.param(text(HEADER, *LINES[:900]) + b"\0" * 100 + b"\n" + text(*LINES[900:]), 1000, ["1 line is no record"],
                 id="zeros far behind"),
    pytest.param(text(*(f"2026-11-21T10:00:00.000Z {line}" for line in LINES)), 1000, [], id="export of CloudWatch"),
    pytest.param(dumped(message(*LINES)), 1000, [], id="subscription"),
    pytest.param(gzip.compress(PACKED), 1000, [], id="packed twice"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "records", "causes"), CASES)
def test_every_record_counts_and_every_loss_is_named(
    tmp_path: Path, content: bytes, records: int, causes: list[str]
) -> None:
    log = traffic(tmp_path, content)
    assert log.summary.records == records
    assert len(log.gaps) == len(causes)
    assert all(cause in gap.cause for cause, gap in zip(causes, log.gaps, strict=True))


def test_a_file_cut_in_half_gives_its_first_half(tmp_path: Path) -> None:
    log = traffic(tmp_path, PACKED[: len(PACKED) // 2])
    assert 300 < log.summary.records < 700
    (gap,) = log.gaps
    assert f"the {log.summary.records} records before are used" in gap.cause
