"""Where the source of a plan or state may lie. Reading it is imported only where there is some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.errors import UsageError
from checker.load.terraform.configuration import Configuration
from checker.load.terraform.overlay_plan import PlanOverlay
from checker.load.terraform.rows import Row
from checker.model.finding import Gap
from checker.model.origin import Source
from checker.model.record import dataclass

if TYPE_CHECKING:
    from checker.load.terraform.source_beside import SourceBeside

_EXTENSIONS: Final = (".tf", ".tf.json", ".tofu", ".tofu.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Where to look for source, and how to read it."""

    given: Path | None
    """The folder that the person names; it must fit."""
    find: bool
    """Whether to look beside the plan and in the working folder otherwise."""
    wanted: frozenset[str]
    cache: Path | None
    jobs: int
    environment: Mapping[str, str]
    """TF_DATA_DIR and TF_WORKSPACE, as far as they are set."""

    def folders(self, path: Path | None) -> list[Path]:
        """Return the folders to try for one input; raises UsageError where the one that is named has no source."""
        if self.given is not None:
            if not _has_source(self.given):
                hint = "Give the folder of the root module."
                raise UsageError(f"--source {self.given}: holds no Terraform source", hint=hint)
            return [self.given]
        places = [path.parent] if path is not None else []
        if all(place.resolve() != Path().resolve() for place in places):
            places.append(Path())
        return [place for place in places if _has_source(place)] if self.find else []


Block: TypeAlias = tuple[tuple[str, ...], str, str]
"""Module path, type and name of a managed resource block."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What source must declare to be the one that a plan or state was made from."""

    blocks: Mapping[Block, str | None]
    """Each block with the argument that repeats it: count, for_each, empty for neither; None where nothing tells."""
    exact: bool
    """Whether there must be no other blocks: a plan tells of all of them."""

    @classmethod
    def by_plan(cls, configuration: Configuration, rows: Iterable[Row]) -> Declared:
        """Return what the configuration of a plan declares."""
        blocks: dict[Block, str | None] = {
            (path, type_, name): None
            for path, (mode, type_, name), _ in configuration.all_resources()
            if mode == "managed"
        }
        told = _blocks(rows)
        return cls({block: told.get(block) for block in blocks}, exact=True)

    @classmethod
    def by_state(cls, rows: Iterable[Row]) -> Declared:
        """Return what must be declared for the objects of a state to be."""
        return cls(_blocks(rows), exact=False)


def _blocks(rows: Iterable[Row]) -> dict[Block, str | None]:
    words = {int: "count", str: "for_each"}
    return {(row.module_path, row.type, row.name): words.get(type(row.index), "") for row in rows if row.managed}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The plan or state that source is looked for."""

    path: Path | None
    name: str
    """As messages name it."""
    label: str
    kind: Source
    declared: Declared
    overlay: PlanOverlay | None


def find_source(subject: Subject, search: Search) -> tuple[SourceBeside | None, tuple[Gap, ...]]:
    """Return the source that declares what the subject holds, and gaps where a folder that was named does not."""
    folders = search.folders(subject.path)
    if not folders:
        return None, ()
    from checker.load.terraform.source_beside import open_source

    return open_source(folders, subject, search)


def _has_source(folder: Path) -> bool:
    try:
        return any(entry.name.endswith(_EXTENSIONS) for entry in folder.iterdir())
    except OSError:
        return False
