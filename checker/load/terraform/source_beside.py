"""The source that a plan or state was made from, laid under it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from checker.load.terraform.instance import Value
from checker.load.terraform.search import Declared, Search, Subject
from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.inline import inline_waivers
from checker.load.terraform.source.locate import find_module
from checker.load.terraform.source.modules import Module, Reading, load_tree
from checker.load.terraform.source.syntax import Block as SourceBlock
from checker.model.finding import Gap
from checker.model.known import Maybe, Unknown
from checker.model.loaded import InlineWaiver
from checker.model.origin import Origin, Source
from checker.model.record import dataclass, replace

AFFECTS: Final = "file and line of what is declared there, and values that plan JSON leaves out"


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
        return replace(found, source=self.kind) if found is not None else None

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


def open_source(
    folders: Sequence[Path], subject: Subject, search: Search
) -> tuple[SourceBeside | None, tuple[Gap, ...]]:
    """Return the source in the first folder that declares what the subject holds, with the subject laid over it.

    A folder that the person named is a gap when it does not fit, and so is every part of it that cannot be read.
    """
    for folder in folders:
        reading = Reading(wanted=search.wanted, cache=search.cache, jobs=search.jobs, display_root=Path.cwd())
        tree = load_tree(folder, reading, data_dir=search.environment.get("TF_DATA_DIR"))
        if declares(tree, subject.declared):
            workspace = search.environment.get("TF_WORKSPACE", "default")
            evaluation = Evaluation(tree, workspace=workspace, overlay=subject.overlay, label=subject.label)
            return SourceBeside(evaluation, subject.kind), _unreadable(tree) if search.given is not None else ()
        if not subject.declared.blocks and not (subject.declared.exact and _declares_more(tree, subject.declared)):
            return None, ()  # nothing to declare, nothing declared: there is nothing that the source could tell
    if search.given is None:
        return None, ()
    cause = f"it does not declare the resources of {subject.name}, so it was not used"
    return None, (Gap(what=f"--source {search.given}", cause=cause, affects=AFFECTS),)


def _unreadable(tree: Module) -> tuple[Gap, ...]:
    found = {(part.path, part.line, part.cause) for each in tree.walk() for part in each.source.unreadable}
    return tuple(Gap(what=f"{path}:{line}", cause=cause, affects=AFFECTS) for path, line, cause in sorted(found))


def declares(tree: Module, declared: Declared) -> bool:
    """Return whether source declares what a plan or state holds, as far as its modules are at hand and can be read."""
    certain = False
    for (path, type_, name), repeat in declared.blocks.items():
        module = find_module(tree, path)
        if module is None:
            if not _may_be_missing(tree, path):
                return False
            continue
        block = module.resources.get(("managed", type_, name))
        if block is None and not module.source.unreadable:
            return False
        if block is not None and repeat is not None and repeat != _repeat(block):
            return False
        certain = certain or block is not None
    return certain and not (declared.exact and _declares_more(tree, declared))


def _repeat(block: SourceBlock) -> str:
    return next((name for name in ("count", "for_each") if name in block.attributes), "")


def _declares_more(tree: Module, declared: Declared) -> bool:
    return any(
        mode == "managed" and (module.path, type_, name) not in declared.blocks
        for module in tree.walk()
        for mode, type_, name in module.resources
    )


def _may_be_missing(tree: Module, path: tuple[str, ...]) -> bool:
    """Return whether a module is called, but its source is not at hand."""
    for end in range(1, len(path) + 1):
        above = find_module(tree, path[: end - 1])
        if above is None:
            return True
        if path[end - 1] not in above.calls:
            return bool(above.source.unreadable)
    return True
