"""Reads the Terraform source of one folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from checker.load.terraform.source.cache import SourceCache, cache_key
from checker.load.terraform.source.overrides import merge_overrides
from checker.load.terraform.source.source_file import SourceFile, from_json, parse_file, to_json
from checker.load.terraform.source.syntax import Block, FolderSource, Unreadable
from checker.model.record import dataclass

EXTENSIONS: Final = (".tofu.json", ".tofu", ".tf.json", ".tf")
"""File name extensions of source, each before those that it wins over where only the extension differs."""

WORTH_A_PROCESS: Final = 120_000
"""Characters of source below which parsing is faster than starting a process for it: some 3,000 lines."""


def read_folders(
    folders: Sequence[Path],
    *,
    wanted: frozenset[str] | None,
    cache: SourceCache | Path | None,
    jobs: int = 1,
    display_root: Path | None = None,
    instead: Mapping[Path, str] | None = None,
    absent: Mapping[Path, str] | None = None,
) -> dict[Path, FolderSource]:
    """Read all source files of each folder, not of the folders in it, with override files merged.

    ``wanted`` holds the resource types that are needed, ``data.aws_vpc`` for data sources; None stands for all. Of
    other resources only count, for_each and provider are read. ``cache`` is a folder for parsed files. At most
    ``jobs`` processes parse at once. Paths are shown relative to ``display_root`` where they are below it. ``instead``
    holds texts by resolved path: files that are read as if they said that. ``absent`` holds what belongs there and
    could not be had, with the cause. What cannot be read becomes Unreadable, and never costs more than the block it is
    in.
    """
    store = SourceCache(cache) if isinstance(cache, Path) else cache
    texts = {folder: list(_texts(folder, display_root, instead or {}, absent or {})) for folder in folders}
    files = [file for some in texts.values() for file in some]
    parsed = _Parsing(wanted, store, jobs).run(file for file in files if isinstance(file, _Text))
    return {folder: _assemble(folder, some, parsed) for folder, some in texts.items()}


def source_files(folder: Path) -> list[Path]:
    """Return the source files of a folder in Terraform's order: by name, override files last."""
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(EXTENSIONS))
    except OSError:
        return []
    chosen: dict[tuple[str, bool], str] = {}
    for name in names:
        stem, extension = _split(name)
        json_syntax = extension.endswith(".json")
        if extension.startswith(".tofu") or (stem, json_syntax) not in chosen:
            chosen[stem, json_syntax] = name
    kept = sorted(name for name in chosen.values() if not _ignored(name))
    return [folder / name for name in sorted(kept, key=_is_override) if is_there(folder / name)]


def is_there(path: Path) -> bool:
    """Say whether a file is to be read: a link that leads to nothing is, so that it is said to be unreadable."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def is_source(name: str) -> bool:
    """Say whether a file of this name is source."""
    return name.endswith(EXTENSIONS) and not _ignored(name)


def lacking(folder: Path, absent: Mapping[Path, str]) -> Iterator[tuple[Path, str]]:
    """Yield what belongs directly into a folder and could not be had, with the cause; by name."""
    if absent:
        place = folder.resolve()
        yield from ((folder / path.name, absent[path]) for path in sorted(absent) if path.parent == place)


def _split(name: str) -> tuple[str, str]:
    extension = next(extension for extension in EXTENSIONS if name.endswith(extension))
    return name.removesuffix(extension), extension


def _ignored(name: str) -> bool:
    return name.startswith((".", "#"))


def _is_override(name: str) -> bool:
    stem = _split(name)[0]
    return stem == "override" or stem.endswith("_override")


@dataclass(frozen=True, slots=True)
class _Text:
    """The content of a file."""

    path: str
    """As shown."""
    text: str


def _texts(
    folder: Path, display_root: Path | None, instead: Mapping[Path, str], absent: Mapping[Path, str]
) -> Iterator[_Text | Unreadable]:
    for path, cause in lacking(folder, absent):
        if is_source(path.name):
            yield Unreadable(_shown(path, display_root), 1, cause, ())
    for path in source_files(folder):
        shown = _shown(path, display_root)
        told = instead.get(path.resolve()) if instead else None
        if told is not None:
            yield _Text(shown, told)
            continue
        try:
            yield _Text(shown, path.read_bytes().decode("utf-8-sig"))
        except OSError as error:
            yield Unreadable(shown, 1, f"the file cannot be read: {error.strerror}", ())
        except UnicodeDecodeError as error:
            line = 1 + error.object.count(b"\n", 0, error.start)
            yield Unreadable(shown, line, "the file is not UTF-8", ())


def _shown(path: Path, display_root: Path | None) -> str:
    if display_root is not None and path.is_relative_to(display_root):
        return path.relative_to(display_root).as_posix()
    return path.as_posix()


def _assemble(folder: Path, texts: Iterable[_Text | Unreadable], parsed: dict[_Text, SourceFile]) -> FolderSource:
    files = [SourceFile((), (), (text,)) if isinstance(text, Unreadable) else parsed[text] for text in texts]
    plain: list[Block] = []
    overriding: list[Block] = []
    for file in files:
        for block in file.blocks:
            (overriding if _is_override(block.path.rpartition("/")[2]) else plain).append(block)
    return FolderSource(
        folder.as_posix(),
        merge_overrides(plain, overriding),
        tuple(comment for file in files for comment in file.comments),
        tuple(part for file in files for part in file.unreadable),
    )


@dataclass(frozen=True, slots=True)
class _Parsing:
    wanted: frozenset[str] | None
    cache: SourceCache | None
    jobs: int

    def run(self, texts: Iterable[_Text]) -> dict[_Text, SourceFile]:
        parsed: dict[_Text, SourceFile] = {}
        missing: list[_Text] = []
        for text in texts:
            file = self.cached(text)
            if file is None:
                missing.append(text)
            else:
                parsed[text] = file
        for text, file in self.parse(missing):
            parsed[text] = file
            if self.cache is not None:
                self.cache.store(self.key(text), to_json(file))
        return parsed

    def key(self, text: _Text) -> str:
        wanted = "*" if self.wanted is None else " ".join(sorted(self.wanted))
        return cache_key(text.text, wanted, "json" if text.path.endswith(".json") else "hcl")

    def cached(self, text: _Text) -> SourceFile | None:
        content = self.cache.load(self.key(text)) if self.cache is not None else None
        if content is None:
            return None
        try:
            return from_json(content, text.path)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def parse(self, texts: list[_Text]) -> Iterator[tuple[_Text, SourceFile]]:
        size = sum(len(text.text) for text in texts)
        jobs = min(self.jobs, 1 + size // WORTH_A_PROCESS, len(texts))
        results = self.parse_by_processes(texts, jobs) if jobs > 1 else None
        for index, text in enumerate(texts):
            if results is None:
                yield text, parse_file(text.text, text.path, self.wanted)
            else:
                yield text, from_json(json.loads(results[index]), text.path)

    def parse_by_processes(self, texts: list[_Text], jobs: int) -> list[str] | None:
        """Return each file's content as JSON text; None where no processes can be had."""
        work = [(text.text, text.path, self.wanted) for text in texts]
        largest_first = sorted(range(len(work)), key=lambda index: -len(work[index][0]))
        try:
            with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
                made = pool.map(_parse_to_text, (work[index] for index in largest_first), chunksize=_chunk(work, jobs))
                results = dict(zip(largest_first, made, strict=True))
        except (BrokenProcessPool, OSError):
            return None
        return [results[index] for index in range(len(work))]


def _chunk(work: Sequence[Any], jobs: int) -> int:
    return max(1, min(16, len(work) // (8 * jobs)))


def _parse_to_text(work: tuple[str, str, frozenset[str] | None]) -> str:
    return json.dumps(to_json(parse_file(*work)), separators=(",", ":"))
