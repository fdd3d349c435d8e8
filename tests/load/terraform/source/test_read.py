"""Reading folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.load.terraform.source import read as reading
from checker.load.terraform.source.cache import SourceCache, cache_key
from checker.load.terraform.source.read import read_folders, source_files
from checker.load.terraform.source.syntax import Block, FolderSource


def put(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def read(folder: Path, **options: object) -> FolderSource:
    given = {"wanted": None, "cache": None, "display_root": folder, **options}
    return read_folders([folder], **given)[folder]  # type: ignore[arg-type]


def names(source: FolderSource) -> list[str]:
    return [block.labels[-1] for block in source.blocks]


def vpc(name: str, body: str = "") -> str:
    return f'resource "aws_vpc" "{name}" {{\n{body}\n}}\n'


def test_files_are_read_by_name_and_folders_below_are_not(tmp_path):
    put(tmp_path, b__tf=vpc("b"), a__tf=vpc("a"), c__txt=vpc("c"), d__tfvars="x = 1")
    (tmp_path / "sub").mkdir()
    put(tmp_path / "sub", e__tf=vpc("e"))
    (tmp_path / "folder.tf").mkdir()
    source = read(tmp_path)
    assert names(source) == ["a", "b"]
    assert [block.path for block in source.blocks] == ["a.tf", "b.tf"]


def test_hidden_files_and_those_of_editors_are_not_read(tmp_path):
    for name in (".a.tf", "#a.tf", "a.tf~", "a.tf.swp"):
        (tmp_path / name).write_text(vpc("a"), encoding="utf-8")
    assert source_files(tmp_path) == []


def test_tofu_files_win_over_those_of_the_same_name(tmp_path):
    put(tmp_path, a__tf=vpc("terraform"), a__tofu=vpc("tofu"), b__tofu=vpc("b"), c__tf=vpc("c"), a__tf__json="{}")
    assert [path.name for path in source_files(tmp_path)] == ["a.tf.json", "a.tofu", "b.tofu", "c.tf"]


def test_a_folder_that_is_not_there_has_no_source(tmp_path):
    assert read(tmp_path / "nowhere").blocks == ()


@pytest.mark.parametrize(
    "display_root,shown", [("", "net/a.tf"), ("net", "a.tf"), ("other", None)], ids=["above", "itself", "elsewhere"]
)
def test_paths_are_shown_relative_to_the_root(tmp_path, display_root, shown):
    (tmp_path / "net").mkdir()
    put(tmp_path / "net", a__tf=vpc("a"))
    (block,) = read(tmp_path / "net", display_root=tmp_path / display_root).blocks
    assert block.path == (shown or (tmp_path / "net" / "a.tf").as_posix())


def test_a_byte_order_mark_is_no_text(tmp_path):
    (tmp_path / "a.tf").write_bytes(b"\xef\xbb\xbf" + vpc("a").encode())
    assert names(read(tmp_path)) == ["a"]


def test_a_file_that_is_not_utf_8_is_unreadable_and_the_others_are_read(tmp_path):
    put(tmp_path, b__tf=vpc("b"))
    (tmp_path / "a.tf").write_bytes(b"# \n# \xff\n")
    source = read(tmp_path)
    assert names(source) == ["b"]
    (part,) = source.unreadable
    assert (part.path, part.line, part.types) == ("a.tf", 2, ())


def test_a_broken_file_costs_its_broken_part_alone(tmp_path):
    put(tmp_path, a__tf=vpc("a") + 'resource "aws_subnet" "b" {\n', c__tf=vpc("c"))
    source = read(tmp_path)
    assert names(source) == ["a", "c"]
    assert [(part.path, part.line, part.types) for part in source.unreadable] == [("a.tf", 4, ("aws_subnet",))]


def test_comments_are_kept_with_their_file(tmp_path):
    put(tmp_path, a__tf="# flowcheck:ignore=FL001\n" + vpc("a"))
    assert [(one.text, one.path, one.line) for one in read(tmp_path).comments] == [
        ("flowcheck:ignore=FL001", "a.tf", 1)
    ]


def attributes(block: Block) -> dict[str, object]:
    return {name: value.expr[1] for name, value in block.attributes.items()}


def test_overriding_replaces_arguments_and_nested_blocks_of_a_type(tmp_path):
    put(
        tmp_path,
        a__tf=vpc("a", "x = 1\ny = 1\ningress {\n a = 1\n}\negress {\n}\nlifecycle {\n a = 1\n b = 1\n}"),
        override__tf=vpc("a", 'y = 2\nz = 2\ndynamic "ingress" {\n}\nlifecycle {\n b = 2\n}'),
        z_override__tf=vpc("a", "z = 3"),
    )
    (block,) = read(tmp_path).blocks
    assert attributes(block) == {"x": 1, "y": 2, "z": 3}
    assert [(inner.type, inner.labels) for inner in block.blocks] == [
        ("egress", ()),
        ("dynamic", ("ingress",)),
        ("lifecycle", ()),
    ]
    assert attributes(block.blocks[2]) == {"a": 1, "b": 2}
    assert (block.path, block.line) == ("a.tf", 1)


def test_overriding_locals_and_providers_goes_by_name_and_alias(tmp_path):
    provider = 'provider "aws" {{\n{}\n}}\n'
    put(
        tmp_path,
        a__tf="locals {\n a = 1\n b = 1\n}\n" + provider.format("r = 1") + provider.format('alias = "w"\nr = 1'),
        override__tf="locals {\n b = 2\n}\n" + provider.format('alias = "w"\nr = 2'),
    )
    blocks = read(tmp_path).blocks
    merged = {name: value for block in blocks if block.type == "locals" for name, value in attributes(block).items()}
    assert merged == {"a": 1, "b": 2}
    assert [attributes(block)["r"] for block in blocks if block.type == "provider"] == [1, 2]


def test_json_overrides_what_is_not_json(tmp_path):
    put(tmp_path, a__tf=vpc("a", "x = 1"), override__tf__json=json.dumps({"resource": {"aws_vpc": {"a": {"x": 2}}}}))
    (block,) = read(tmp_path).blocks
    assert attributes(block) == {"x": 2}


def test_types_that_nobody_wants_are_read_in_outline(tmp_path):
    put(
        tmp_path,
        a__tf=vpc("a", "count = 2\nx = 1"),
        b__tf__json='{"resource": {"aws_vpc": {"b": {"x": 1, "count": 3}}}}',
    )
    blocks = read(tmp_path, wanted=frozenset({"aws_subnet"})).blocks
    assert [attributes(block) for block in blocks] == [{"count": 2}, {"count": 3}]


@pytest.fixture
def parses(monkeypatch):
    """The paths of files that were parsed, not taken from the cache."""
    paths: list[str] = []
    parse = reading.parse_file
    monkeypatch.setattr(
        reading, "parse_file", lambda text, path, wanted: (paths.append(path), parse(text, path, wanted))[1]
    )
    return paths


SOURCE = {
    "a__tf": vpc("a", 'x = "é${var.x}"\ny = 1.5\nb {\n}') + "# flowcheck:ignore=FL001\nlocals {\n",
    "b__tf__json": '{"resource": {"aws_vpc": {"b": {"x": "${var.x}"}}}}',
}


def test_what_comes_from_the_cache_is_what_was_parsed(tmp_path, parses):
    (tmp_path / "src").mkdir()
    put(tmp_path / "src", **SOURCE)
    fresh = read(tmp_path / "src")
    stored = read(tmp_path / "src", cache=SourceCache(tmp_path / "cache"))
    parses.clear()
    cached = read(tmp_path / "src", cache=SourceCache(tmp_path / "cache"))
    assert parses == []
    assert fresh == stored == cached
    assert fresh.unreadable and fresh.comments and len(fresh.blocks) == 2


def test_equal_files_share_an_entry_and_keep_their_own_path(tmp_path, parses):
    put(tmp_path, a__tf=vpc("a"), b__tf=vpc("a"))
    cache = tmp_path / "cache"
    read(tmp_path, cache=cache)
    assert [block.path for block in read(tmp_path, cache=cache).blocks] == ["a.tf", "b.tf"]
    assert len(list(cache.rglob("*.json"))) == 1


def test_other_content_or_other_wishes_are_another_entry(tmp_path, parses):
    put(tmp_path, a__tf=vpc("a", "x = 1"))
    cache = tmp_path / "cache"
    read(tmp_path, cache=cache)
    assert attributes(read(tmp_path, cache=cache, wanted=frozenset()).blocks[0]) == {}
    put(tmp_path, a__tf=vpc("a", "x = 2"))
    assert attributes(read(tmp_path, cache=cache).blocks[0]) == {"x": 2}
    assert parses == ["a.tf"] * 3


@pytest.mark.parametrize(
    "damage", [b"", b"{}", b"\xff\xff", None, "foreign"], ids=["empty", "other", "binary", "cut", "foreign"]
)
def test_a_damaged_entry_is_replaced(tmp_path, parses, damage):
    put(tmp_path, a__tf=vpc("a", "x = 1"))
    cache = SourceCache(tmp_path / "cache")
    good = read(tmp_path, cache=cache)
    (entry,) = cache.folder.rglob("*.json")
    whole = entry.read_bytes()
    if damage == "foreign":
        cache.store(cache_key(vpc("a", "x = 1"), "*", "hcl"), {"not": "ours"})
    else:
        entry.write_bytes(whole[:-5] if damage is None else damage)
    parses.clear()
    assert read(tmp_path, cache=cache) == good
    assert parses == ["a.tf"]
    assert entry.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    put(tmp_path, a__tf=vpc("a"), file="not a folder")
    assert names(read(tmp_path, cache=tmp_path / "file" / "cache")) == ["a"]


def test_nothing_but_entries_stays_in_the_cache(tmp_path):
    put(tmp_path, **SOURCE)
    read(tmp_path, cache=tmp_path / "cache")
    assert all(path.suffix == ".json" for path in (tmp_path / "cache").rglob("*") if path.is_file())


def test_processes_give_what_one_process_gives(tmp_path, monkeypatch):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        put(folder, **SOURCE)
    alone = read_folders(folders, wanted=None, cache=None)
    monkeypatch.setattr(reading, "WORTH_A_PROCESS", 1)
    used: list[int] = []
    pool = reading.ProcessPoolExecutor

    def counted(jobs: int, **options: object) -> object:
        used.append(jobs)
        return pool(jobs, **options)

    monkeypatch.setattr(reading, "ProcessPoolExecutor", counted)
    assert read_folders(folders, wanted=None, cache=None, jobs=2) == alone
    assert used == [2]


def test_without_processes_one_does_the_work(tmp_path, monkeypatch):
    put(tmp_path, **SOURCE)
    alone = read(tmp_path)
    monkeypatch.setattr(reading, "WORTH_A_PROCESS", 1)

    def refused(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(reading, "ProcessPoolExecutor", refused)
    assert read(tmp_path, jobs=2) == alone


def test_a_link_to_nothing_is_said_and_not_passed_over(tmp_path: Path) -> None:
    put(tmp_path, a__tf=vpc("a"))
    (tmp_path / "b.tf").symlink_to("nowhere.tf")
    (tmp_path / ".#a.tf").symlink_to("user@host.1")  # an editor's lock
    source = read(tmp_path)
    assert names(source) == ["a"]
    assert [(part.path, part.cause) for part in source.unreadable] == [
        ("b.tf", "the file cannot be read: No such file or directory")
    ]
