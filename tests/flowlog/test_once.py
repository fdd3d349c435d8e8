"""Files that several of the asked places lead to, and copies of a file, are read once."""

from __future__ import annotations

import gzip
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checker.flowlog.once import Once
from checker.flowlog.part import FormatHints, Part, Window
from checker.flowlog.sources import distinct
from checker.flowlog.sources.files import Files
from checker.model.finding import Gap
from checker.model.loaded import Loaded
from checker.model.model import NetworkModel
from checker.model.traffic import FILES_AGAIN, TrafficLog
from checker.settings import Settings
from checker.tracing import read_and_explain
from tests.flowlog.made import HEADER, text, v2

NAME = "111122223333_vpcflowlogs_eu-west-1_fl-0123456789abcdef0_20260301T1000Z_5eed5eed.log"
LOG = text(HEADER, v2(1), v2(2).replace("ACCEPT", "REJECT"))


def put(path: Path, content: bytes = LOG) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read(*places: Path) -> TrafficLog:
    settings = Settings(command="traffic", logs=tuple(each.as_posix() for each in places))
    return read_and_explain(Loaded(after=NetworkModel()), settings, session=lambda: None).log


def counted(log: TrafficLog) -> tuple[int, int, str | None, list[str]]:
    causes = [gap.cause for gap in log.gaps if "name" in gap.cause]
    return log.summary.records, log.summary.files, log.summary.facts.get(FILES_AGAIN), causes


@pytest.mark.parametrize("name", ["a.log", NAME])
def test_a_folder_and_one_within_it_hold_the_same_file(name: str, tmp_path: Path) -> None:
    put(tmp_path / "logs" / "a" / name)
    assert counted(read(tmp_path / "logs", tmp_path / "logs" / "a")) == (2, 1, "1", [])
    assert counted(read(tmp_path / "logs" / "a" / name, tmp_path / "logs")) == (2, 1, "1", [])


def test_the_same_place_may_be_spelled_differently(tmp_path: Path) -> None:
    put(tmp_path / "logs" / "a.log")
    (tmp_path / "link").symlink_to(tmp_path / "logs")
    for other in (tmp_path / "logs" / ".." / "logs", tmp_path / "link" / "a.log", tmp_path / "link"):
        assert counted(read(tmp_path / "logs", other)) == (2, 1, "1", [])


def test_a_place_that_is_named_twice_is_one(tmp_path: Path) -> None:
    put(tmp_path / "a.log")
    assert counted(read(tmp_path, tmp_path)) == (2, 1, None, [])


def test_a_copy_under_the_name_that_aws_gave_is_left_out(tmp_path: Path) -> None:
    for folder in "abc":
        put(tmp_path / folder / NAME)
    assert counted(read(tmp_path)) == (2, 1, "2", [])


def test_a_copy_of_another_size_is_read_and_told(tmp_path: Path) -> None:
    put(tmp_path / "a" / NAME)
    put(tmp_path / "b" / f"{NAME}.gz", gzip.compress(LOG))
    records, files, again, causes = counted(read(tmp_path))
    assert (records, files, again) == (4, 2, None)
    assert causes == ["another file of this name is read too, of another size: what both hold counts twice"]


def test_a_copy_under_a_name_that_a_person_gave_is_left_out(tmp_path: Path) -> None:
    for name in ("a/flow.log", "b/copy.log", "c/third.log"):
        put(tmp_path / name)
    assert counted(read(tmp_path / "b", tmp_path)) == (2, 1, "3", [])


def test_a_file_of_the_same_size_is_no_copy(tmp_path: Path) -> None:
    other = text(HEADER, v2(3), v2(4).replace("ACCEPT", "REJECT"))
    assert len(other) == len(LOG)
    for name, content in (("a.log", LOG), ("b.log", other), ("c.log", other)):
        put(tmp_path / name, content)
    assert counted(read(tmp_path)) == (4, 2, "1", [])


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["cloudwatch:g", "cloudwatch:g@eu-west-1"], ["cloudwatch:g"]),
        (["cloudwatch:g@eu-west-1", "cloudwatch:g"], ["cloudwatch:g@eu-west-1"]),
        (["insights:g", "insights:g@eu-west-1"], ["insights:g"]),
        (["athena:d.t", "athena:d.t@eu-west-1", "athena:d.t?region=eu-west-1&workgroup=w"], ["athena:d.t"]),
        (["cloudwatch:g", "cloudwatch:g@us-east-1"], None),
        (["cloudwatch:g", "insights:g@eu-west-1"], None),
        (["cloudwatch:g@eu-west-1", "cloudwatch:h@eu-west-1"], None),
        (["a", "./a", "s3://b@eu-west-1", "s3://b"], None),
    ],
)
def test_a_place_with_and_without_its_region_is_one(words: list[str], kept: list[str] | None) -> None:
    assert distinct(words, lambda: SimpleNamespace(region_name="eu-west-1")) == (kept or words)


def test_no_session_is_made_where_nothing_hangs_on_its_region() -> None:
    def session() -> Any:
        raise AssertionError("a session was made")

    words = ["cloudwatch:g", "cloudwatch:h@eu-west-1", "athena:d.t", "logs"]
    assert distinct([*words, *words], session) == words


def test_files_of_other_names_that_people_gave_are_all_read(tmp_path: Path) -> None:
    put(tmp_path / "a" / "flow.log")
    put(tmp_path / "b" / "flow.log", text(HEADER, v2(3), v2(4)))
    assert counted(read(tmp_path)) == (4, 2, None, [])


def test_every_part_of_a_file_passes_and_those_of_a_copy_are_deleted(tmp_path: Path) -> None:
    mixed = text(HEADER, v2(1), "version vpc-id action start end interface-id", "5 vpc-1 REJECT 1 2 eni-1")
    put(tmp_path / "logs" / "a.log", mixed)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    once, gaps = Once(), list[Gap]()

    def parts(number: int) -> list[Part]:
        source = Files(tmp_path / "logs").parts(Window(), FormatHints(), scratch, gaps)
        return list(once.parts(number, source))

    first = parts(0)
    left = sorted(scratch.iterdir())
    assert len(first) == len(left) == 2
    assert parts(1) == []
    assert sorted(scratch.iterdir()) == left
    assert once.again == 1
