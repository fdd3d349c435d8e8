"""Where things stand in a tree of modules: folders that may be changed, declared blocks, calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from checker.fixing.files import Files, native_files, shown
from checker.fixing.model import CannotFix
from checker.fixing.syntax import Argument, Block
from checker.load.terraform.source.locate import find_module
from checker.load.terraform.source.modules import Module
from checker.load.terraform.source.read import source_files
from checker.model.record import dataclass

Path_ = tuple[str, ...]
"""Names of module calls from the root down."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A block in a file."""

    module: Path_
    path: Path
    block: Block

    def where(self, files: Files, at: int | None = None) -> str:
        """Return ``main.tf:12``."""
        offset = self.block.start if at is None else at
        return f"{shown(self.path)}:{1 + files.text(self.path).count(chr(10), 0, offset)}"


class Places:
    """A root module's tree, with its files as changed so far.

    ``within`` is the folder below which files may be changed.
    """

    def __init__(self, tree: Module, files: Files, within: Path, var_files: Sequence[Path] = ()) -> None:
        self.tree = tree
        self.files = files
        self.within = within.resolve()
        self.var_files = tuple(var_files)
        """Files that give values to variables of the root module, the later ones winning."""

    def module(self, path: Path_) -> Module:
        """Return a module of the tree; raises CannotFix where its source is not at hand."""
        found = find_module(self.tree, path)
        if found is None:
            raise CannotFix(f"the source of {_address(path)} is not at hand: run terraform init")
        return found

    def may_change(self, path: Path_) -> str | None:
        """Return why a module's files are not changed; None where they may be."""
        folder = self.module(path).folder.resolve()
        if ".terraform" in folder.parts:
            return f"{_address(path)} is installed from elsewhere ({self._source(path)})"
        if not folder.is_relative_to(self.within):
            outside = f"{_address(path)} stands in {shown(folder)}, outside of {shown(self.within)}"
            return f"{outside}: --within {shown(folder)} allows to change it, for all who call it"
        return None

    def _source(self, path: Path_) -> str:
        call = self.call(path)
        source = call.block.argument("source")
        return self.files.text(call.path)[source.value : source.end].strip('"') if source else "?"

    def blocks(self, path: Path_) -> Iterator[Spot]:
        """Yield the top-level blocks of a module that are written in HCL."""
        for file in native_files(self.module(path).folder):
            for block in self.files.parsed(file).blocks:
                yield Spot(path, file, block)

    def find(self, path: Path_, type_: str, *labels: str) -> Spot | None:
        """Return the block of a type with these labels; of several the last, which is an override."""
        found = None
        for spot in self.blocks(path):
            if spot.block.type == type_ and spot.block.labels == labels:
                found = spot
        return found

    def need(self, path: Path_, type_: str, *labels: str) -> Spot:
        """Return the same; raises CannotFix where there is none."""
        found = self.find(path, type_, *labels)
        if found is None:
            name = ".".join(labels)
            raise CannotFix(f"{name} is not declared in HCL in {shown(self.module(path).folder)}{self._in_json(path)}")
        return found

    def _in_json(self, path: Path_) -> str:
        json = [each.name for each in source_files(self.module(path).folder) if each.name.endswith(".json")]
        return f" ({', '.join(json)} is JSON, which is not edited)" if json else ""

    def call(self, path: Path_) -> Spot:
        """Return the ``module`` block that calls a module."""
        return self.need(path[:-1], "module", path[-1])

    def value(self, spot: Spot, argument: Argument) -> str:
        """Return the text of an argument's expression."""
        return self.files.text(spot.path)[argument.value : argument.end]

    def names(self, path: Path_) -> set[tuple[str, str, str]]:
        """Return what a module declares: resource or data, type and name."""
        return {(spot.block.type, *_two(spot.block.labels)) for spot in self.blocks(path)}


def _two(labels: tuple[str, ...]) -> tuple[str, str]:
    return (labels[0], labels[1]) if len(labels) == 2 else (labels[0] if labels else "", "")


def _address(path: Path_) -> str:
    return ".".join(f"module.{name}" for name in path) or "the root module"
