"""Files of responses: readable where they are small, small where they are large, and never trusted."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checker.load.aws.verbatim import PACK_OVER, lies_in, parse_json, to_bytes, unpacked, write_whole


def test_a_small_response_is_readable_and_a_large_one_is_compressed() -> None:
    small, large = {"b": 1, "a": ["ü"]}, {"Vpcs": [{"VpcId": f"vpc-{n}"} for n in range(PACK_OVER // 10)]}
    data, ending = to_bytes(small)
    assert ending == ""
    assert data.decode().splitlines()[1] == ' "a": ['
    assert parse_json(data) == small
    data, ending = to_bytes(large)
    assert ending == ".gz"
    assert len(data) < PACK_OVER
    assert parse_json(unpacked(data)) == large
    assert to_bytes(large) == (data, ending)


def test_times_and_bytes_become_text() -> None:
    data, _ = to_bytes({"at": datetime(2026, 3, 4, tzinfo=UTC), "raw": b"\xffx", "half": "\ud800"})
    assert parse_json(data) == {"at": "2026-03-04T00:00:00+00:00", "raw": "�x", "half": "?"}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"), (b"{", "not JSON"), (b"\xff\xfe\x00", "not JSON"), (b'{"a": 1} x', "not JSON"),
        (b'{"a": NaN}', "NaN"), (b'{"a": -Infinity}', "Infinity"), (b'{"a": 1e999}', "beyond all measure"),
        (b"[" * 100_000, "too deeply"), (b'{"a": ' * 100_000, "too deeply"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_json(data)


def test_a_number_of_many_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="digit"):
        parse_json(b"1" * 5000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_whatever_a_shell_wrote_is_read(encoding: str) -> None:
    assert parse_json(json.dumps({"a": "ü"}, ensure_ascii=False).encode(encoding)) == {"a": "ü"}


def test_half_a_character_is_mended() -> None:
    assert parse_json(b'{"a": "\\ud800"}') == {"a": "�"}


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"{}", "not compressed"), (gzip.compress(b"{}", mtime=0)[:-5], "cut off"), (b"", "cut off")],
)
def test_a_compressed_file_that_is_none_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        unpacked(data)


def test_a_file_that_grows_beyond_measure_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checker.load.aws.verbatim._LARGEST", 1000)
    with pytest.raises(ValueError, match="too large"):
        unpacked(gzip.compress(b"0" * 100_000))


def test_a_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.json"
    write_whole(path, b"1")
    write_whole(path, b"2")
    assert path.read_bytes() == b"2"
    assert [each.name for each in path.parent.iterdir()] == ["b.json"]


def test_links_that_leave_a_folder_and_links_to_themselves_lie_outside(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "own").write_text("", encoding="utf-8")
    (tmp_path / "other").write_text("", encoding="utf-8")
    (inside / "near").symlink_to(inside / "own")
    (inside / "far").symlink_to(tmp_path / "other")
    (inside / "loop").symlink_to(inside / "loop")
    told = {name: lies_in(inside, inside / name) for name in ("own", "near", "far", "loop", "gone", "x" * 5000, "\0")}
    assert [name for name, answer in told.items() if answer] == ["own", "near"]
    assert not lies_in(inside, inside)
