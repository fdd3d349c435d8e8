"""Lines of files that are cut off, damaged or endless, in bounded memory."""

import gzip
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.flowlog.part import Encoding
from checker.flowlog.reading import HEAD, LONGEST, Bytes, lines, unpacked_head

MANY = b"".join(b"%d %d\n" % (number, number * 7919) for number in range(60000))


def read(path: Path, encoding: Encoding) -> tuple[bytes, str | None]:
    stored = Bytes(path, encoding)
    return b"".join(stored), stored.trouble


LINES = [
    pytest.param(b"a\nb\n", [(1, "a"), (2, "b")], id="plain"),
    pytest.param(b"a\nb", [(1, "a"), (2, "b")], id="no end of line at the end"),
    pytest.param(b"a\r\nb\r\n", [(1, "a"), (2, "b")], id="CR LF"),
    pytest.param(b"a\rb\r", [(1, "a"), (1, "b")], id="CR"),
    pytest.param(b"\xef\xbb\xbfa\n", [(1, "a")], id="byte order mark"),
    pytest.param(b"a\n\n \t\nb", [(1, "a"), (4, "b")], id="blank lines count"),
    pytest.param(b"a\n\xff\xfe\nb", [(1, "a"), (2, None), (3, "b")], id="no UTF-8"),
    pytest.param(b"", [], id="nothing"),
    pytest.param(b"a\n" + b"x" * (LONGEST + 1) + b"\nb", [(1, "a"), (2, None), (3, "b")], id="too long"),
    pytest.param(b"a\n" + b"x" * LONGEST + b"\n", [(1, "a"), (2, "x" * LONGEST)], id="just short enough"),
    pytest.param(b"x" * (5 * LONGEST), [(1, None)], id="one endless line"),
    pytest.param(b"0123456\r" * LONGEST, [(1, "0123456")] * LONGEST, id="much with CR"),
]


@pytest.mark.parametrize(("content", "wanted"), LINES)
@pytest.mark.parametrize("piece", [1 << 20, 1000, 3])
def test_lines_have_numbers_and_text(content: bytes, wanted: list[tuple[int, str | None]], piece: int) -> None:
    if piece == 3 and len(content) > LONGEST:
        piece = 30000
    pieces = (content[at : at + piece] for at in range(0, len(content), piece))
    assert list(lines(pieces)) == wanted


def test_an_endless_line_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "endless.gz"
    packer = zlib.compressobj(1, wbits=31)
    with path.open("wb") as file:
        for _ in range(64):
            file.write(packer.compress(b"x" * (1 << 20)))
        file.write(packer.flush())
    tracemalloc.start()
    try:
        assert list(lines(Bytes(path, Encoding.GZIP))) == [(1, None)]
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


WHOLE = gzip.compress(MANY, mtime=0)
GZIPS = [
    pytest.param(WHOLE, len(MANY), None, id="whole"),
    pytest.param(WHOLE + gzip.compress(b"more\n"), len(MANY) + 5, None, id="two members"),
    pytest.param(WHOLE + b"\0" * 512, len(MANY), None, id="filled up with zeros"),
    pytest.param(WHOLE + b"\0" * 5 + gzip.compress(b"more\n"), len(MANY) + 5, None, id="zeros between"),
    pytest.param(
        WHOLE + b"garbage",
        len(MANY),
        f"near byte {len(WHOLE) + 1} its gzip stream ends and something else follows",
        id="garbage behind",
    ),
    pytest.param(b"\x1f\x8b\x09" + WHOLE, 0, "damaged near byte 3 (unknown compression method)", id="no gzip at all"),
    pytest.param(WHOLE[:-1], len(MANY), f"cut off at byte {len(WHOLE) - 1}", id="the last byte is missing"),
    pytest.param(WHOLE[:-8], len(MANY), "cut off", id="the checksum is missing"),
    pytest.param(WHOLE[: len(WHOLE) // 2], None, f"cut off at byte {len(WHOLE) // 2}", id="half"),
    pytest.param(WHOLE[:-8] + b"\1" * 8, len(MANY), "incorrect data check", id="the checksum is wrong"),
    pytest.param(WHOLE[:10], 0, "cut off at byte 10", id="the head alone"),
    pytest.param(b"", 0, None, id="nothing"),
]


@pytest.mark.parametrize(("content", "size", "trouble"), GZIPS)
def test_what_can_be_unpacked_is_and_the_rest_is_named(
    tmp_path: Path, content: bytes, size: int | None, trouble: str | None
) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(content)
    data, said = read(path, Encoding.GZIP)
    assert (said is None) == (trouble is None)
    assert trouble is None or trouble in str(said)
    if size is not None:
        assert len(data) == size
    else:
        assert MANY.startswith(data)
        assert len(MANY) // 4 < len(data) < len(MANY)


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_changed_byte_never_goes_unnoticed(at: int, change: int) -> None:
    import tempfile

    changed = bytearray(WHOLE)
    changed[at] ^= change
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gz"
        path.write_bytes(changed)
        data, said = read(path, Encoding.GZIP)
    assert data == MANY or said is not None


@given(st.integers(1, 2 * HEAD), st.integers(0, 3))
def test_the_head_is_what_the_file_begins_with(size: int, members: int) -> None:
    content = MANY[:size]
    stored = gzip.compress(content, 0) + gzip.compress(b"more\n") * members
    found, sound = unpacked_head(stored[:HEAD])
    assert sound
    assert len(found) <= HEAD
    assert (content + b"more\n" * members).startswith(found)
    assert len(found) > min(size, HEAD) - 100


def test_a_head_that_cannot_be_unpacked_is_told() -> None:
    assert unpacked_head(WHOLE[:300])[1] is False
    assert unpacked_head(WHOLE[:5] + b"\xff" * 40) == (b"", False)
    assert unpacked_head(gzip.compress(b"")) == (b"", True)
