"""Where the source of a plan or state may lie. Reading it is imported only where there is some."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.errors import UsageError
from checker.load.terraform.configuration import Configuration
from checker.load.terraform.overlay_plan import PlanOverlay
from checker.load.terraform.source.address import Mode, parse_address
from checker.model.finding import Gap
from checker.model.origin import Source

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


@dataclass(frozen=True, slots=True)
class Declared:
    """What source must declare to be the one that a plan or state was made from."""

    resources: Collection[tuple[tuple[str, ...], Mode, str, str]]
    """Module path, mode, type and name of managed resources."""

    @classmethod
    def in_configuration(cls, configuration: Configuration) -> Declared:
        """Return what a plan's configuration declares."""
        found = configuration.all_resources()
        return cls([(path, "managed", type_, name) for path, (mode, type_, name), _ in found if mode == "managed"])

    @classmethod
    def at(cls, addresses: Collection[str]) -> Declared:
        """Return what must be declared for managed instances to be."""
        parsed = [found for found in map(parse_address, addresses) if found is not None and found.mode == "managed"]
        return cls(sorted({(each.module_path, each.mode, each.type, each.name) for each in parsed}))


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
    return folder.is_dir() and any(entry.name.endswith(_EXTENSIONS) for entry in folder.iterdir())
