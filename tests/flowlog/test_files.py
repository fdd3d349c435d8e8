"""Files and folders: told by content, cheap when healthy, and nothing passed over without a word."""

import bz2
import gzip
import lzma
import os
import socket
import subprocess
from pathlib import Path

import pytest

from checker.errors import InputError, UsageError
from checker.flowlog import reading
from checker.flowlog.part import Encoding, FormatHints, Window
from checker.flowlog.sources import SOURCES, source_of
from checker.flowlog.sources.files import Files
from checker.model.finding import Gap
from checker.model.log_format import DEFAULT_FIELDS
from tests.flowlog.made import HEADER, NAME, V5, V5_HEADER, got, got_file, hints, packed, text, v2, v5
from tests.flowlog.test_names import at

PLAIN = [
    pytest.param(text(HEADER, v2()), Encoding.TEXT, DEFAULT_FIELDS, "header", 1, id="text"),
    pytest.param(packed(HEADER, v2()), Encoding.GZIP, DEFAULT_FIELDS, "header", 1, id="gzip"),
    pytest.param(packed(V5_HEADER, v5()), Encoding.GZIP, V5, "header", 1, id="custom format"),
    pytest.param(packed(V5_HEADER.replace("-", "_"), v5()), Encoding.GZIP, V5, "header", 1, id="underscores"),
    pytest.param(packed(HEADER), Encoding.GZIP, DEFAULT_FIELDS, "header", 1, id="header alone"),
    pytest.param(text(v2(), v2(1)), Encoding.TEXT, DEFAULT_FIELDS, "default", 0, id="default without header"),
    pytest.param(packed(v2()), Encoding.GZIP, DEFAULT_FIELDS, "default", 0, id="packed, without header"),
    pytest.param(text(HEADER, v2())[:-1], Encoding.TEXT, DEFAULT_FIELDS, "header", 1, id="no end of line at the end"),
    pytest.param(b"\xef\xbb\xbf" + text(HEADER, v2()), Encoding.TEXT, DEFAULT_FIELDS, "header", 1, id="mark"),
    pytest.param(
        text(HEADER, v2()).replace(b"\n", b"\r\n"), Encoding.TEXT, DEFAULT_FIELDS, "header", 1, id="CR LF"
    ),
    pytest.param(packed(HEADER) + packed(v2()), Encoding.GZIP, DEFAULT_FIELDS, "header", 1, id="two members"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "encoding", "fields", "told_by", "header"), PLAIN)
@pytest.mark.parametrize("name", ["flow.log", "flow.gz", "flow.parquet", "flow"])
def test_a_healthy_file_is_handed_over_as_it_lies(
    tmp_path: Path, content: bytes, encoding: Encoding, fields: tuple[str, ...], told_by: str, header: int, name: str
) -> None:
    found = got_file(tmp_path, content, name)
    part = found.part
    assert part.path == tmp_path / name
    assert (part.encoding, part.fields, part.told_by, part.header_lines) == (encoding, fields, told_by, header)
    assert (part.temporary, part.files, part.size, part.origin) == (False, 1, len(content), part.path.as_posix())
    assert found.gaps == []


def test_a_healthy_file_costs_its_first_bytes_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = packed(HEADER, *(v2(number * 7919) for number in range(60000)))
    assert len(content) > 4 * reading.HEAD
    read = 0
    true_open = Path.open

    def counted(path: Path, mode: str = "r") -> object:
        file = true_open(path, mode)
        true_read = file.read

        class Counted:
            def __enter__(self) -> "Counted":
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def read(self, size: int) -> bytes:
                nonlocal read
                read += size
                return true_read(size)  # type: ignore[return-value]

        return Counted()

    path = tmp_path / "x.log.gz"
    path.write_bytes(content)
    monkeypatch.setattr(Path, "open", counted)
    parts = list(Files(path).parts(Window(), FormatHints(), tmp_path, []))
    assert [each.path for each in parts] == [path]
    assert read == reading.HEAD


def test_the_name_tells_flow_log_account_region_and_time(tmp_path: Path) -> None:
    part = got_file(tmp_path, packed(HEADER, v2()), NAME).part
    assert (part.flow_log, part.account, part.region) == ("fl-0a1b2c3d4e5f60718", "123456789012", "eu-west-1")
    assert part.delivered == at(10, 5)


UNKNOWN = text(v5(1), v5(2))
FORMATS = [
    pytest.param(UNKNOWN, "a.log", hints(option=V5), V5, "option", id="option"),
    pytest.param(packed(*UNKNOWN.decode().splitlines()), NAME, hints(by_flow_log={"fl-0a1b2c3d4e5f60718": V5}), V5,
                 "flow-log", id="flow log in the name"),
    pytest.param(UNKNOWN, "a.log", hints(option=DEFAULT_FIELDS, by_flow_log={"fl-1": V5}), None, None,
                 id="no option that fits"),
    pytest.param(UNKNOWN, "a.log", hints(), None, None, id="nothing told"),
    pytest.param(text(v2()), "a.log", hints(option=V5), DEFAULT_FIELDS, "default", id="option that does not fit"),
    pytest.param(text(V5_HEADER, v5()), "a.log", hints(option=DEFAULT_FIELDS), V5, "header", id="a header counts more"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "name", "given", "fields", "told_by"), FORMATS)
def test_without_header_the_format_comes_from_option_flow_log_or_default(
    tmp_path: Path, content: bytes, name: str, given: FormatHints, fields: tuple[str, ...] | None, told_by: str | None
) -> None:
    found = got_file(tmp_path, content, name, given)
    assert [(each.fields, each.told_by) for each in found.parts] == ([(fields, told_by)] if fields else [])
    assert len(found.gaps) == (fields is None)


SAID = [
    pytest.param(UNKNOWN, "a.log", hints(), "its 13 values a line are not the default format: give --log-format",
                 id="unknown format"),
    pytest.param(UNKNOWN, "a.log", hints(option=DEFAULT_FIELDS), "--log-format does not fit: 13 values for 14 fields",
                 id="wrong option"),
    pytest.param(text(*UNKNOWN.decode().splitlines()), NAME, hints(by_flow_log={"fl-0a1b2c3d4e5f60718": V5[:5]}),
                 "the format of fl-0a1b2c3d4e5f60718 does not fit: 13 values for 5 fields", id="wrong flow log"),
    pytest.param(b"", "a.log", hints(), "it is empty", id="empty"),
    pytest.param(gzip.compress(b""), "a.gz", hints(), "it is empty", id="packed nothing"),
    pytest.param(os.urandom(100) + b"\0" * 9, "a.log", hints(), "binary", id="binary"),
    pytest.param(b"\x1f\x8b" + b"\xff" * 50, "a.gz", hints(), "damaged or cut off at its beginning", id="no gzip"),
    pytest.param(packed(HEADER)[:12], "a.gz", hints(), "damaged or cut off at its beginning", id="gzip's head alone"),
    pytest.param(b"PAR1 and no more", "a.parquet", hints(), "Parquet keeps its table of contents", id="no Parquet"),
    pytest.param(b"PK\x03\x04rest", "a.zip", hints(), "it is a zip file", id="zip"),
    pytest.param(bz2.compress(text(HEADER)), "a.bz2", hints(), "it is a bzip2 file", id="bzip2"),
    pytest.param(lzma.compress(text(HEADER)), "a.xz", hints(), "it is a xz file", id="xz"),
    pytest.param(b"\x28\xb5\x2f\xfd\x00", "a.zst", hints(), "it is a Zstandard file", id="Zstandard"),
    pytest.param(b"PARE rest", "a.parquet", hints(), "it is a footer-encrypted Parquet file", id="encrypted Parquet"),
    pytest.param("\ufeff".encode("utf-16-le") + v2().encode("utf-16-le"), "a.log", hints(), "it is a UTF-16 file",
                 id="UTF-16, as PowerShell writes"),
    pytest.param("\ufeff".encode("utf-16-be") + v2().encode("utf-16-be"), "a.log", hints(), "it is a UTF-16 file",
                 id="UTF-16, the high byte first"),
    pytest.param(b"x" * 200000, "a.log", hints(), "no line ends within its first 64 KiB", id="endless line"),
    pytest.param(b"Dear reader,\nthis is prose.\n", "a.txt", hints(), "it holds no flow log records", id="prose"),
    pytest.param(b"Dear reader,\nthis is prose.\n", "README.md", hints(), "it holds no flow log records",
                 id="prose, named by itself"),
    pytest.param(text(V5_HEADER, v2().replace("2 1", "7 x")), "a.log", hints(),
                 "1 line is no record of its format (line 2; the first: 14 values for 13 fields)", id="wrong header"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "name", "given", "said"), SAID)
def test_what_cannot_be_read_is_named_with_what_to_do(
    tmp_path: Path, content: bytes, name: str, given: FormatHints, said: str
) -> None:
    found = got_file(tmp_path, content, name, given)
    assert found.records == []
    assert len(found.gaps) == 1
    assert said in found.causes[0]
    assert found.gaps[0].what == (tmp_path / name).as_posix()


SLOW = [
    pytest.param(text(HEADER.replace(" ", ","), v2().replace(" ", ",")), id="commas"),
    pytest.param(text('"' + HEADER.replace(" ", '","') + '"', '"' + v2().replace(" ", '","') + '"'), id="quoted"),
    pytest.param(text(HEADER.replace(" ", "\t"), v2().replace(" ", "\t")), id="tabs"),
    pytest.param(text("", HEADER.replace(" ", "  "), v2()), id="two blanks in the header"),
    pytest.param(text("2026-11-21T10:00:00.000Z " + v2()), id="export of CloudWatch"),
    pytest.param(packed("2026-11-21T10:00:00.000Z " + v2()), id="export of CloudWatch, packed"),
    pytest.param(text("2026-11-21T10:00:00.000000+00:00 eni-0a1b2c3d-all " + v2()), id="aws logs tail"),
    pytest.param(text("2026-11-21T10:00:00 " + v2()), id="aws logs tail, short"),
    pytest.param(text("eni-0a1b2c3d-reject " + v2()), id="stream only"),
    pytest.param(b"\xef\xbb\xbf" + text(v2()), id="byte order mark before a record"),
    pytest.param(text(V5_HEADER, v2()), id="a default record below another header"),
    pytest.param(text("# a comment that says version and action", v2()), id="a line before"),
    pytest.param(text(HEADER, v2().rsplit(" ", 1)[0] + " OK "), id="blank at the end"),
    pytest.param(text(HEADER) + b"\0" * 10 + b"\n" + text(v2()), id="zeros between"),
    pytest.param(gzip.compress(packed(HEADER, v2())), id="packed twice"),
    pytest.param(text(HEADER, v2()).replace(b"\n", b"\r"), id="CR"),
]


@pytest.mark.parametrize("content", SLOW)
def test_other_spellings_become_clean_temporary_files(tmp_path: Path, content: bytes) -> None:
    found = got_file(tmp_path, content)
    assert found.records == [v2()]
    assert found.part.fields == DEFAULT_FIELDS
    assert (found.part.files, found.part.size) == (1, len(content))


def test_two_formats_in_one_file_are_two_parts(tmp_path: Path) -> None:
    found = got_file(tmp_path, packed(V5_HEADER, v5(1), HEADER, v2(1), V5_HEADER, v5(2)), "joined.gz")
    assert {each.fields: lines for each, lines in zip(found.parts, found.lines, strict=True)} == {
        V5: [v5(1), v5(2)], DEFAULT_FIELDS: [v2(1)],
    }  # fmt: skip
    assert [each.files for each in found.parts] == [1, 0]
    assert found.gaps == []


def test_a_cell_that_is_empty_is_a_missing_value(tmp_path: Path) -> None:
    content = b"version,interface_id,srcaddr,dstport,action\n3,eni-1,10.0.0.1,,REJECT\n"
    assert got_file(tmp_path, content).records == ["3 eni-1 10.0.0.1 - REJECT"]


def test_a_file_cut_off_early_gives_its_first_records(tmp_path: Path) -> None:
    content = packed(HEADER, *(v2(number) for number in range(500)))
    found = got_file(tmp_path, content[: len(content) // 2], "a.gz")
    assert len(found.records) > 100
    assert "cut off at byte" in found.causes[0]


def folder(tmp_path: Path, **files: bytes) -> Path:
    root = tmp_path / "logs"
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def test_a_folder_is_read_by_time_then_path(tmp_path: Path) -> None:
    late = NAME.replace("T1005Z", "T1010Z")
    root = folder(
        tmp_path,
        **{f"a/{late}": packed(HEADER, v2(3)), f"b/{NAME}": packed(HEADER, v2(2)), "z.log": text(v2(1)),
           "c/y.log": text(v2(0))},
    )  # fmt: skip
    found = got(Files(root), tmp_path / "scratch")
    assert found.records == [v2(0), v2(1), v2(2), v2(3)]
    assert found.gaps == []


def test_files_outside_the_window_are_counted_and_not_opened(tmp_path: Path) -> None:
    root = folder(tmp_path, **{NAME: b"never looked at", "other.log": text(v2())})
    source = Files(root)
    found = got(source, tmp_path / "scratch", Window(since=at(12)))
    assert found.records == [v2()]
    assert dict(source.described().facts) == {"files": "1", "files outside the window": "1"}


def test_other_files_are_told_of(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        **{"a.log": text(v2()), "README.md": b"# Logs\n", "notes.txt": b"nothing\n", "empty.log": b"",
           ".hidden.log": text(v2()), ".git/x.log": text(v2()), "x.png": b"\x89PNG\r\n\x1a\n\0\0"},
    )  # fmt: skip
    source = Files(root)
    found = got(source, tmp_path / "scratch")
    assert found.records == [v2()]
    facts = dict(source.described().facts)
    assert facts == {
        "files": "5", "empty files": "1", "hidden files": "1", "ignored": f"{root}/README.md (no flow log records)",
    }  # fmt: skip
    assert [(Path(gap.what).name, gap.cause) for gap in found.gaps] == [
        ("x.png", "it is binary, and no log"),
        ("notes.txt", "it holds no flow log records"),
    ]


def test_the_folder_of_an_export_is_read(tmp_path: Path) -> None:
    exported = packed(f"2026-11-21T10:00:00.000Z {v2(1)}", f"2026-11-21T10:00:01.000Z {v2(2)}")
    root = folder(
        tmp_path,
        **{"exports/aws-logs-write-test": b"Permission Check Successful\n",
           "exports/1f2e-3d/eni-1a-all/000000.gz": exported},
    )  # fmt: skip
    source = Files(root)
    found = got(source, tmp_path / "scratch")
    assert (found.records, found.gaps) == ([v2(1), v2(2)], [])
    assert "aws-logs-write-test" in source.described().facts["ignored"]


def test_many_files_of_one_trouble_share_a_gap(tmp_path: Path) -> None:
    root = folder(tmp_path, **{f"{number}.gz": b"\x1f\x8b\xff\xff" for number in range(9)})
    found = got(Files(root), tmp_path / "scratch")
    assert [gap.what for gap in found.gaps] == [f"{root}/0.gz, {root}/1.gz and 7 more"]


def test_many_files_of_one_broken_content_share_a_gap(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}.json").write_text('{"Records": [{"eventName": "CreateVpc"}]}')
        (tmp_path / f"{number}.log").write_bytes(text(HEADER, v2(number), "x", HEADER, v2()))
    found = got(Files(tmp_path), tmp_path / "scratch")
    assert [(gap.what.count("and 8 more"), gap.cause[:29]) for gap in found.gaps] == [
        (1, "its JSON holds no flow log re"), (1, "1 line is no record of its fo"),
    ]  # fmt: skip


def test_only_empty_files_are_a_gap(tmp_path: Path) -> None:
    root = folder(tmp_path, **{"a.log": b"", "b.gz": gzip.compress(b"")})
    found = got(Files(root), tmp_path / "scratch")
    assert [(gap.what, gap.cause) for gap in found.gaps] == [(root.as_posix(), "all its files are empty")]


def test_links_are_not_followed(tmp_path: Path) -> None:
    root = folder(tmp_path, **{"a.log": text(v2())})
    (tmp_path / "outside.log").write_bytes(text(v2(1)))
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.log").write_bytes(text(v2(2)))
    (root / "inside.log").symlink_to(root / "a.log")
    (root / "round").symlink_to(root)
    (root / "out.log").symlink_to(tmp_path / "outside.log")
    (root / "outs").symlink_to(tmp_path / "outside")
    (root / "nothing.log").symlink_to(tmp_path / "nothing")
    source = Files(root)
    found = got(source, tmp_path / "scratch")
    assert found.records == [v2()]
    assert {Path(gap.what).name for gap in found.gaps if "name its target itself" in gap.cause} == {"out.log", "outs"}
    assert len(found.gaps) == 2
    assert source.described().facts["ignored"] == (
        f"{root}/inside.log (a symbolic link within the folder); {root}/nothing.log (a symbolic link to nothing); "
        f"{root}/round (a symbolic link within the folder)"
    )


def test_a_link_that_is_named_itself_is_followed(tmp_path: Path) -> None:
    root = folder(tmp_path, **{"a.log": text(v2())})
    (tmp_path / "link").symlink_to(root)
    assert got(Files(tmp_path / "link"), tmp_path / "scratch").records == [v2()]


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    root = folder(tmp_path, **{"a.log": text(v2())})
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(root)
        try:
            one.bind("s.sock")
        finally:
            os.chdir(here)
    os.mkfifo(root / "fifo.pipe")
    source = Files(root)
    assert got(source, tmp_path / "scratch").records == [v2()]
    assert source.described().facts["ignored"].count("no regular file") == 2
    with pytest.raises(InputError, match="neither a file nor a folder"):
        got(Files(root / "fifo.pipe"), tmp_path / "scratch")


def test_a_folder_may_be_deeper_than_python_calls_go(tmp_path: Path) -> None:
    parent = tmp_path
    for _ in range(1100):
        parent /= "d"
        os.mkdir(parent)  # noqa: PTH102 - half the time
    (parent / "a.log").write_bytes(text(v2()))
    try:
        assert got(Files(tmp_path), tmp_path / "scratch").records == [v2()]
    finally:
        subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)  # shutil goes down by calls too


def test_what_lies_behind_a_path_that_is_too_long_is_a_gap_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.log").write_bytes(text(v2()))
    monkeypatch.chdir(tmp_path)
    for _ in range(20):
        os.mkdir("d" * 250)  # noqa: PTH102 - from where we are: the whole path is too long
        os.chdir("d" * 250)
    monkeypatch.chdir(tmp_path)
    found = got(Files(tmp_path), tmp_path / "scratch")
    assert found.records == [v2()]
    assert [gap.cause for gap in found.gaps] == ["it cannot be listed: File name too long"]


def test_an_empty_folder_and_no_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        got(Files(tmp_path / "nothing"), tmp_path / "scratch")
    (tmp_path / "empty" / "deeper").mkdir(parents=True)
    with pytest.raises(InputError, match=r"holds no files$"):
        got(Files(tmp_path / "empty"), tmp_path / "scratch")
    (tmp_path / "empty" / ".hidden").write_bytes(b"x")
    with pytest.raises(InputError, match="holds no files but 1 hidden ones"):
        got(Files(tmp_path / "empty"), tmp_path / "scratch")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_a_gap(tmp_path: Path) -> None:
    root = folder(tmp_path, **{"a.log": text(v2()), "b.log": text(v2()), "c/d.log": text(v2())})
    (root / "b.log").chmod(0)
    (root / "c").chmod(0)
    found = got(Files(root), tmp_path / "scratch")
    assert found.records == [v2()]
    assert {Path(gap.what).name for gap in found.gaps} == {"b.log", "c"}


def test_a_file_that_vanishes_meanwhile_is_a_gap(tmp_path: Path) -> None:
    root = folder(tmp_path, **{"a.log": text(v2()), "b.log": text(v2()), "c.log": text(v2())})
    gaps: list[Gap] = []
    parts = iter(Files(root).parts(Window(), FormatHints(), tmp_path, gaps))
    next(parts)
    (root / "b.log").unlink()
    assert [part.path.name for part in parts] == ["c.log"]
    assert [(Path(gap.what).name, gap.cause) for gap in gaps] == [
        ("b.log", "it cannot be read: No such file or directory")
    ]


WORDS = [
    pytest.param("logs", "Files", id="path"),
    pytest.param("./s3:odd", "Files", id="odd path"),
    pytest.param("C:\\logs", "Files", id="drive"),
    pytest.param("s3://bucket/AWSLogs/", "S3", id="S3"),
    pytest.param("cloudwatch:/vpc/flow@eu-west-1", "CloudWatch", id="CloudWatch"),
]


@pytest.mark.parametrize(("word", "kind"), WORDS)
def test_a_word_names_a_source_without_asking_aws(word: str, kind: str) -> None:
    def session() -> object:
        raise AssertionError("no session is needed yet")

    assert type(source_of(word, session=session)).__name__ == kind


NOWHERE = ["gs://bucket/x", "https://example.com/x", "kinesis:stream", "s3://", "s3:///x", "s3://Bad_Bucket!/x",
           "cloudwatch:", "cloudwatch:a b", "cloudwatch:x@nowhere"]  # fmt: skip


@pytest.mark.parametrize("word", NOWHERE)
def test_a_word_that_names_no_place_is_refused(word: str) -> None:
    with pytest.raises(UsageError) as refused:
        source_of(word, session=lambda: None)
    assert refused.value.hint


def test_the_registry_names_every_source_by_a_beginning_of_its_own() -> None:
    assert all(start.endswith((":", "//")) for start in SOURCES)
    assert not any(a != b and a.startswith(b) for a in SOURCES for b in SOURCES)
