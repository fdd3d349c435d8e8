"""The careful way: what is sound in a broken file is kept, sorted by format; the rest is counted and named."""

import gzip
from pathlib import Path

import pytest

from checker.flowlog.part import Encoding, Part
from checker.model.log_format import DEFAULT_FIELDS
from tests.flowlog.made import HEADER, V5, V5_HEADER, Got, packed, recovered, text, v2, v5


def part(tmp_path: Path, content: bytes, encoding: Encoding = Encoding.TEXT, *, header: bool = True) -> Part:
    path = tmp_path / "file.log"
    path.write_bytes(content)
    return Part(
        path=path, encoding=encoding, fields=DEFAULT_FIELDS, told_by="header" if header else "default",
        header_lines=int(header), flow_log="fl-1", account="123456789012", region="eu-west-1", origin="the file",
        size=len(content),
    )  # fmt: skip


def formats(found: Got) -> dict[tuple[str, ...], list[str]]:
    return {each.fields: lines for each, lines in zip(found.parts, found.lines, strict=True)}


HEALTHY = [v2(number) for number in range(20)]

CASES = [
    pytest.param(text(HEADER, *HEALTHY), HEALTHY, [], 0, id="healthy"),
    pytest.param(text(HEADER, *HEALTHY).replace(b"\n", b"\r\n"), HEALTHY, [], 0, id="CR LF"),
    pytest.param(
        text(HEADER, *HEALTHY[:5]).replace(b"\n", b"\r\n") + text(*HEALTHY[5:]), HEALTHY, [], 0, id="mixed line ends"
    ),
    pytest.param(b"\xef\xbb\xbf" + text(HEADER, *HEALTHY), HEALTHY, [], 0, id="byte order mark"),
    pytest.param(text(HEADER, *HEALTHY, HEADER, *HEALTHY), HEALTHY * 2, [], 0, id="two files joined"),
    pytest.param(
        text(HEADER, HEALTHY[0]) + b"\xef\xbb\xbf" + text(HEADER, HEALTHY[1]),
        HEALTHY[:2],
        [],
        0,
        id="joined with marks",
    ),
    pytest.param(text(HEADER, *HEALTHY)[:-6], HEALTHY[:-1], ["line 21"], 1, id="the last line is cut off"),
    pytest.param(text(HEADER, HEALTHY[0], "what?", HEALTHY[1]), HEALTHY[:2], ["line 3"], 1, id="a strange line"),
    pytest.param(text(HEADER, *["what?"] * 7), [], ["7 lines", "line 2, 3, 4, ..."], 7, id="strange lines only"),
    pytest.param(
        text(HEADER, HEALTHY[0]) + b"\0" * 3000 + b"\n" + text(HEALTHY[1]), HEALTHY[:2], ["line 3"], 1, id="zeros"
    ),
    pytest.param(
        text(HEADER, HEALTHY[0]) + b"x " * 100000 + b"\n" + text(HEALTHY[1]), HEALTHY[:2], ["too long"], 1, id="long"
    ),
    pytest.param(text(HEADER, HEALTHY[0].replace(" ", "   "), HEALTHY[1]), HEALTHY[:2], [], 0, id="more blanks"),
    pytest.param(text(HEADER, HEALTHY[0].replace(" ", "\t")), HEALTHY[:1], [], 0, id="tabs"),
]


@pytest.mark.parametrize(("content", "records", "said", "unreadable"), CASES)
def test_sound_lines_are_kept_and_others_named(
    tmp_path: Path, content: bytes, records: list[str], said: list[str], unreadable: int
) -> None:
    found = recovered(part(tmp_path, content), tmp_path / "scratch")
    assert found.records == records
    assert sum(each.unreadable for each in found.parts) == unreadable
    assert len(found.gaps) == bool(said)
    assert all(word in found.causes[0] for word in said)
    assert (tmp_path / "file.log").exists()


def test_a_cut_off_gzip_gives_what_comes_before_the_cut(tmp_path: Path) -> None:
    content = packed(HEADER, *(v2(number) for number in range(5000)))
    found = recovered(part(tmp_path, content[: len(content) // 2], Encoding.GZIP), tmp_path / "scratch")
    assert found.records[:1000] == [v2(number) for number in range(1000)]
    assert 2000 < len(found.records) < 3500
    cut = next(gap for gap in found.gaps if "cut off" in gap.cause)
    assert cut.what == "the file"
    assert f"at byte {len(content) // 2}" in cut.cause
    assert f"the {len(found.records)} records before are used" in cut.cause


def test_several_packed_members_are_one_file(tmp_path: Path) -> None:
    content = packed(HEADER, *HEALTHY[:10]) + packed(HEADER, *HEALTHY[10:])
    assert recovered(part(tmp_path, content, Encoding.GZIP), tmp_path / "scratch").records == HEALTHY


def test_another_header_begins_another_format(tmp_path: Path) -> None:
    content = text(HEADER, v2(1), V5_HEADER, v5(1), v5(2), HEADER, v2(2))
    found = recovered(part(tmp_path, content), tmp_path / "scratch")
    assert formats(found) == {DEFAULT_FIELDS: [v2(1), v2(2)], V5: [v5(1), v5(2)]}
    assert [(each.files, each.size, each.told_by, each.header_lines) for each in found.parts] == [
        (1, len(content), "header", 0),
        (0, 0, "header", 0),
    ]
    assert found.gaps == []


def test_default_records_under_a_header_of_another_format_are_known_by_their_shape(tmp_path: Path) -> None:
    found = recovered(part(tmp_path, text(V5_HEADER, v5(1), v2(1), v5(2))), tmp_path / "scratch")
    assert formats(found) == {V5: [v5(1), v5(2)], DEFAULT_FIELDS: [v2(1)]}


def test_records_of_no_known_format_are_named_with_what_they_lack(tmp_path: Path) -> None:
    found = recovered(part(tmp_path, text(v2(1), v5(1)), header=False), tmp_path / "scratch")
    assert found.records == [v2(1)]
    assert found.causes == ["1 line is no record of its format (line 2; the first: 13 values for 14 fields)"]


def test_a_header_whose_columns_are_exchanged_fits_no_record(tmp_path: Path) -> None:
    exchanged = V5_HEADER.replace("action log-status", "log-status action")
    found = recovered(part(tmp_path, text(exchanged, v5(1), v5(2))), tmp_path / "scratch")
    assert found.records == []
    assert "2 lines" in found.causes[0]
    assert "log-status holds 'REJECT'" in found.causes[0]


def test_default_records_are_known_below_a_header_that_is_wrong(tmp_path: Path) -> None:
    exchanged = HEADER.replace("action log-status", "log-status action")
    found = recovered(part(tmp_path, text(exchanged, *HEALTHY)), tmp_path / "scratch")
    assert formats(found) == {DEFAULT_FIELDS: HEALTHY}


def test_parquet_that_the_engine_cannot_read_is_lost_and_named(tmp_path: Path) -> None:
    found = recovered(part(tmp_path, b"PAR1 and no more", Encoding.PARQUET), tmp_path / "scratch")
    assert (found.parts, len(found.gaps)) == ([], 1)
    assert "Parquet" in found.causes[0]


def test_many_formats_in_one_file_are_bounded(tmp_path: Path) -> None:
    headers = [f"version srcaddr action srcport unknown-{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(80)]
    content = "".join(f"{each}\n5 10.0.0.1 REJECT 1 x\n" for each in headers).encode()
    found = recovered(part(tmp_path, content), tmp_path / "scratch")
    assert len(found.parts) == 64
    assert sum(each.unreadable for each in found.parts) == 16


def test_parts_that_nobody_takes_are_deleted(tmp_path: Path) -> None:
    from checker.flowlog.recover import recover

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    given = part(tmp_path, gzip.compress(text(HEADER, v2(), V5_HEADER, v5())), Encoding.GZIP)
    several = recover(given, scratch, [])
    next(several).path.unlink()
    assert len(list(scratch.iterdir())) == 1
    several.close()  # type: ignore[attr-defined]
    assert list(scratch.iterdir()) == []
