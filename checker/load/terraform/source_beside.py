"""The source that a plan or state was made from, found beside it and laid under it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from checker.errors import UsageError
from checker.load.terraform.configuration import Configuration
from checker.load.terraform.instance import Value
from checker.load.terraform.overlay_plan import PlanOverlay
from checker.load.terraform.source.address import Mode, parse_address
from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.inline import inline_waivers
from checker.load.terraform.source.locate import find_module
from checker.load.terraform.source.modules import Module, Reading, holds_terraform, load_tree
from checker.model.finding import Gap
from checker.model.known import Maybe, Unknown
from checker.model.loaded import InlineWaiver
from checker.model.origin import Origin, Source

AFFECTS: Final = "file and line of what is declared there, and values that plan JSON leaves out"

_NOT_THIS: Final = "it does not declare the resources of {name}, so it was not used"


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

    def tree(self, folder: Path) -> Module:
        """Read a root module folder."""
        reading = Reading(wanted=self.wanted, cache=self.cache, jobs=self.jobs, display_root=Path.cwd())
        return load_tree(folder, reading, data_dir=self.environment.get("TF_DATA_DIR"))


@dataclass(frozen=True, slots=True)
class SourceBeside:
    """The source of one plan or state."""

    evaluation: Evaluation
    kind: Source
    """What the origins say they are: plan or state."""

    def argument(self, address: str, path: Sequence[str | int]) -> Value:
        """Return an argument as the configuration gives it."""
        return self.evaluation.argument(address, path)

    def configured(self, address: str) -> frozenset[str] | None:
        """Return the names that the configuration sets; None for an instance that is not declared."""
        return self.evaluation.configured(address)

    def origin(self, address: str) -> Origin | None:
        """Return file and lines of an instance."""
        found = self.evaluation.locate(address)
        return dataclasses.replace(found, source=self.kind) if found is not None else None

    def provider(self, address: str) -> tuple[Maybe[str], Maybe[str]]:
        """Return region and account of the provider configuration that manages an instance."""
        instance = self.evaluation.instance(address)
        if instance is None:
            unknown = Unknown(f"{address} is not declared in the source")
            return unknown, unknown
        provider = self.evaluation.provider(instance)
        return provider.region, provider.account

    def waivers(self) -> tuple[InlineWaiver, ...]:
        """Return the waivers written into the source."""
        return tuple(inline_waivers(self.evaluation.tree, root=self.evaluation.label, source=self.kind))


def find_source(path: Path | None, name: str, declares: Declared, search: Search) -> tuple[Module | None, list[Gap]]:
    """Return the source that declares what the plan holds, and gaps where a folder that was named does not.

    Raises UsageError when the folder that was named holds no Terraform source.
    """
    if search.given is not None:
        if not holds_terraform(search.given):
            raise UsageError(
                f"--source {search.given}: holds no Terraform source", hint="Give the root module's folder."
            )
        tree = search.tree(search.given)
        if not declares.by(tree):
            return None, [Gap(what=f"--source {search.given}", cause=_NOT_THIS.format(name=name), affects=AFFECTS)]
        return tree, [_unreadable(part.path, part.line, part.cause) for each in tree.walk()
                      for part in each.source.unreadable]  # fmt: skip
    for folder in _places(path) if search.find else ():
        if holds_terraform(folder):
            tree = search.tree(folder)
            if declares.by(tree):
                return tree, []
    return None, []


def _unreadable(path: str, line: int, cause: str) -> Gap:
    return Gap(what=f"{path}:{line}", cause=cause, affects=AFFECTS)


def _places(path: Path | None) -> list[Path]:
    """Return the folders to look in: the plan's, then the working folder."""
    places = [path.parent] if path is not None else []
    return [*places, *(place for place in [Path()] if place.resolve() not in [each.resolve() for each in places])]


@dataclass(frozen=True, slots=True)
class Declared:
    """What source must declare to be the one that a plan was made from."""

    resources: Collection[tuple[tuple[str, ...], Mode, str, str]]
    """Module path, mode, type and name of managed resources."""

    @classmethod
    def in_configuration(cls, configuration: Configuration) -> Declared:
        """Return what a plan's configuration declares."""
        return cls([
            (path, "managed", type_, name)
            for path, (mode, type_, name), _ in configuration.all_resources()
            if mode == "managed"
        ])  # fmt: skip

    @classmethod
    def at(cls, addresses: Collection[str]) -> Declared:
        """Return what must be declared for managed instances to be."""
        parsed = [found for found in map(parse_address, addresses) if found is not None and found.mode == "managed"]
        return cls(sorted({(each.module_path, each.mode, each.type, each.name) for each in parsed}))

    def by(self, tree: Module) -> bool:
        """Return whether the source declares all of it, as far as its modules are at hand and can be read."""
        if not self.resources:
            return False
        certain = False
        for path, mode, type_, name in self.resources:
            module = find_module(tree, path)
            if module is None:
                if not _may_be_missing(tree, path):
                    return False
            elif (mode, type_, name) in module.resources:
                certain = True
            elif not module.source.unreadable:
                return False
        return certain


def _may_be_missing(tree: Module, path: tuple[str, ...]) -> bool:
    """Return whether a module is called but its source is not at hand."""
    for end in range(1, len(path) + 1):
        above = find_module(tree, path[: end - 1])
        if above is None or path[end - 1] not in above.calls:
            return above is not None and bool(above.source.unreadable)
        if above.calls[path[end - 1]].module is None:
            return True
    return True


def lay_under(tree: Module, overlay: PlanOverlay | None, label: str, kind: Source, search: Search) -> SourceBeside:
    """Return the source with a plan's knowledge laid over it."""
    workspace = search.environment.get("TF_WORKSPACE", "default")
    return SourceBeside(Evaluation(tree, workspace=workspace, overlay=overlay, label=label), kind)
