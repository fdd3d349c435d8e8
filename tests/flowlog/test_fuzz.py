"""Whatever a file holds: only typed errors, gaps, and records that look like records; nothing is lost in between."""

import base64
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from checker.flowlog.fields import record_pattern
from checker.flowlog.formats import bare
from checker.flowlog.json_stream import Broken, values
from checker.flowlog.part import Encoding
from checker.flowlog.unwrapping import Line, Strange, Values, Wrapping, unwrapped
from tests.flowlog.made import HEADER, V5_HEADER, got_file, recovered, text, v2, v5


def read(content: bytes, name: str = "x.log") -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return got_file(Path(folder), content, name)


PIECES = st.one_of(
    st.sampled_from(
        [HEADER, V5_HEADER, v2(1), v2(2), v5(1), v5(2), "", " ", "\ufeff", "{", "[", '{"message":', "H4sI"]
    ),
    st.text(max_size=40),
    st.integers(0, 99).map(lambda number: v2(number)[: number * 2]),
)
TEXTS = st.builds(lambda lines, end: end.join(lines).encode("utf-8", "surrogatepass"), st.lists(PIECES, max_size=12),
                  st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\0", " "]))  # fmt: skip
FILES = st.one_of(
    TEXTS,
    TEXTS.map(gzip.compress),
    st.builds(lambda content, kept: gzip.compress(content, mtime=0)[:kept], TEXTS, st.integers(0, 200)),
    st.builds(lambda content: gzip.compress(gzip.compress(content, mtime=0), mtime=0), TEXTS),
    st.binary(max_size=300),
    st.builds(lambda start, rest: start + rest, st.sampled_from([b"PAR1", b"\x1f\x8b\x08", b"PK\x03\x04", b"\0"]),
              st.binary(max_size=100)),
)  # fmt: skip


@given(FILES)
def test_any_file_gives_parts_and_gaps(content: bytes) -> None:
    found = read(content)
    for part, lines in zip(found.parts, found.lines, strict=True):
        assert part.encoding in (Encoding.TEXT, Encoding.GZIP)
        if part.path.name.startswith("records-"):
            assert all(record_pattern(part.fields).fullmatch(line) for line in lines)
    assert sum(part.files for part in found.parts) == bool(found.parts)
    if any(part.unreadable for part in found.parts):
        assert found.gaps
    if not found.parts and content.strip():
        assert found.gaps or content[:2] == b"\x1f\x8b"


LINES = st.lists(
    st.one_of(
        st.integers(0, 255).map(lambda number: ("v2", v2(number))),
        st.integers(0, 255).map(lambda number: ("v5", v5(number))),
        st.sampled_from([("header", HEADER), ("header", V5_HEADER)]),
        st.sampled_from([("strange", "what is this?"), ("strange", "2 1 - -"), ("strange", v2() + " more")]),
    ),
    min_size=1,
    max_size=30,
)


@given(LINES, st.booleans())
def test_every_line_is_a_record_a_header_or_counted(lines: list[tuple[str, str]], packed: bool) -> None:
    from tests.flowlog.test_recover import part

    content = text(*(line for _, line in lines))
    with tempfile.TemporaryDirectory() as folder:
        encoding = Encoding.GZIP if packed else Encoding.TEXT
        given = part(Path(folder), gzip.compress(content, mtime=0) if packed else content, encoding, header=False)
        found = recovered(given, Path(folder) / "scratch")
    unreadable = sum(each.unreadable for each in found.parts)
    headers = sum(kind == "header" for kind, _ in lines)
    assert len(found.records) + unreadable + headers == len(lines)
    assert [line for line in found.records if line.startswith("2 ")] == [line for kind, line in lines if kind == "v2"]
    seen = False
    wanted = []
    for kind, line in lines:
        seen = seen or line == V5_HEADER
        wanted += [line] if kind == "v5" and seen else []
    assert sorted(line for line in found.records if line.startswith("5 ")) == sorted(wanted)


@given(st.text(max_size=200))
def test_a_bare_line_has_single_blanks(line: str) -> None:
    found = bare(line)
    assert found == " ".join(found.split())


JSONS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just(v2(1))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["message", "logEvents", "events", "Records", "data", "kinesis", "awslogs", "logGroup",
                             "srcaddr", "interface-id", "action", "start", "aws", "x", "field", "value"]),
            inner, max_size=4,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSONS)
def test_any_json_unwraps_into_known_things(value: Any) -> None:
    for wrapped in (
        value,
        {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(value).encode(), mtime=0)).decode()}},
    ):
        assert all(isinstance(each, (Line, Values, Wrapping, Strange)) for each in unwrapped(wrapped))


@given(JSONS)
def test_any_json_file_gives_parts_and_gaps(value: Any) -> None:
    read(json.dumps(value).encode(), "x.json")


@given(st.lists(JSONS, max_size=5), st.sampled_from(["", "\n", " ", ",", "\n\n"]), st.integers(1, 50))
def test_objects_are_read_back_wherever_they_are_cut(given: list[Any], between: str, piece: int) -> None:
    objects = [{"x": each} for each in given]
    data = between.join(json.dumps(each) for each in objects).encode()
    found = list(values(data[at : at + piece] for at in range(0, len(data), piece)))
    assert repr(found) == repr(objects)


@given(st.binary(max_size=200))
def test_any_bytes_are_values_texts_or_broken(data: bytes) -> None:
    for each in values([data]):
        assert isinstance(each, (dict, list, str, int, float, Broken, type(None)))
