"""The tree of modules: the root folder and every module it calls, as far as their source is at hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from checker.load.terraform.source.address import Mode
from checker.load.terraform.source.read import read_folders, source_files
from checker.load.terraform.source.syntax import Attribute, Block, Expr, FolderSource
from checker.model.record import dataclass, field, replace

MAX_MODULES: Final = 5000
"""Most modules of one root that are followed: calls of calls may multiply."""

_REGISTRY: Final = re.compile(r"^(?:[\w.-]+\.[\w-]+/)?[\w-]+/[\w-]+/[\w-]+(?://.*)?$")
INIT: Final = "run terraform init in the root module"
"""What helps where a module is not installed."""
_HOSTS: Final = ("registry.terraform.io/", "registry.opentofu.org/")


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One ``module`` block, with the module it calls or why that is not at hand."""

    name: str
    block: Block
    module: Module | None
    cause: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """One module as called from one place, its blocks by what they declare."""

    path: tuple[str, ...]
    """Names of the module calls from the root down; empty for the root."""
    folder: Path
    relative: str
    """Folder relative to the root module's, with forward slashes: ``path.module``."""
    source: FolderSource
    calls: Mapping[str, Call] = field(default_factory=dict)
    variables: Mapping[str, Block] = field(default_factory=dict)
    outputs: Mapping[str, Block] = field(default_factory=dict)
    locals: Mapping[str, tuple[Attribute, str]] = field(default_factory=dict)
    """Expression and file of each local value."""
    providers: Mapping[str, Block] = field(default_factory=dict)
    """Provider configurations by ``aws`` or ``aws.alias``."""
    resources: Mapping[tuple[Mode, str, str], Block] = field(default_factory=dict)

    @property
    def static_address(self) -> str:
        """``module.net.module.logs``, without instance keys; empty for the root."""
        return ".".join(f"module.{name}" for name in self.path)

    @property
    def incomplete(self) -> str | None:
        """Return the file and line of a part that could not be read; None when all was."""
        part = next(iter(self.source.unreadable), None)
        return f"{part.path}:{part.line}" if part else None

    def walk(self) -> Iterator[Module]:
        """Yield this module and all below it."""
        yield self
        for call in self.calls.values():
            if call.module is not None:
                yield from call.module.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How folders are read."""

    wanted: frozenset[str] | None
    """Resource types that are needed, data sources as ``data.type``; None for all."""
    cache: Path | None
    jobs: int
    display_root: Path | None
    """Paths are shown relative to it."""
    instead: Mapping[Path, str] = field(default_factory=dict)
    """Texts of files that are to be read as if they were written, by resolved path."""
    absent: Mapping[Path, str] = field(default_factory=dict)
    """Files and folders that belong there and could not be had, by resolved path, each with the cause."""


def load_tree(folder: Path, reading: Reading, *, data_dir: str | None = None) -> Module:
    """Read a root module folder and the modules below it.

    ``data_dir`` is TF_DATA_DIR, the folder with ``modules/modules.json``; relative to ``folder``. A module that is
    not at hand leaves a Call without module and with the cause.
    """
    manifest = _manifest(folder / (data_dir or ".terraform") / "modules" / "modules.json")
    return _Loader(folder, reading, manifest).load((), folder)


@dataclass(slots=True)
class _Loader:
    root: Path
    reading: Reading
    manifest: Mapping[str, Mapping[str, Any]]
    folders: dict[Path, FolderSource] = field(default_factory=dict)
    open: list[Path] = field(default_factory=list)
    """Folders from the root down to the module that is being loaded."""
    count: int = 0

    def load(self, path: tuple[str, ...], folder: Path) -> Module:
        self.open.append(folder.resolve())
        self.count += 1
        self.read([folder])
        source = self.folders[folder.resolve()]
        module = _declare(Module(path, folder, self.relative(folder), source))
        blocks = {block.labels[0]: block for block in source.blocks if block.type == "module" and block.labels}
        found = {name: self.find(module, block) for name, block in blocks.items()}
        self.read([place for place in found.values() if isinstance(place, Path)])
        calls = {name: self.call(path, blocks[name], place) for name, place in found.items()}
        self.open.pop()
        return replace(module, calls=calls)

    def read(self, folders: Sequence[Path]) -> None:
        """Read folders that are not read yet, together: reading is parallel."""
        missing = {folder.resolve(): folder for folder in folders if folder.resolve() not in self.folders}
        how = self.reading
        sources = read_folders(
            list(missing.values()), wanted=how.wanted, cache=how.cache, jobs=how.jobs, display_root=how.display_root,
            instead=how.instead, absent=how.absent,
        )  # fmt: skip
        self.folders.update({key: sources[folder] for key, folder in missing.items()})

    def relative(self, folder: Path) -> str:
        try:
            return PurePosixPath(folder.resolve().relative_to(self.root.resolve())).as_posix()
        except ValueError:
            return folder.as_posix()

    def find(self, caller: Module, block: Block) -> Path | str:
        """Return the folder of a called module, or why there is none."""
        source = literal(block.attributes["source"].expr) if "source" in block.attributes else None
        if source is None:
            return "its source is not a literal text"
        if source in (".", "..") or source.startswith(("./", "../")):
            folder = caller.folder / source
            if holds_terraform(folder):
                return folder
            why = cause_above(folder, self.reading.absent)
            return f"{source}: {why}" if why is not None else f"{source} is no folder with Terraform source"
        entry = self.manifest.get(".".join((*caller.path, block.labels[0])))
        if entry is None:
            return f"{source} is not installed; {INIT}"
        if not _same_source(source, str(entry.get("Source", ""))):
            return f"another source than {source} is installed; {INIT}"
        folder = self.root / str(entry.get("Dir", ""))
        return folder if holds_terraform(folder) else f"{source} is not where modules.json says; {INIT}"

    def call(self, caller: tuple[str, ...], block: Block, place: Path | str) -> Call:
        name = block.labels[0]
        if isinstance(place, str):
            return Call(name, block, None, place)
        if place.resolve() in self.open:
            return Call(name, block, None, "the module calls itself")
        if self.count > MAX_MODULES:
            return Call(name, block, None, f"there are more than {MAX_MODULES} module calls")
        return Call(name, block, self.load((*caller, name), place))


def literal(expr: Expr) -> str | None:
    """Return the text of an expression that is a literal text."""
    if expr[0] == "lit" and isinstance(expr[1], str):
        return expr[1]
    if expr[0] == "tpl" and all(part[0] == "lit" for part in expr[1]):
        return "".join(str(part[1]) for part in expr[1])
    return None


def _declare(module: Module) -> Module:
    """Sort a module's blocks by what they declare. The first of two equal declarations wins."""
    tables: dict[str, dict[Any, Any]] = {kind: {} for kind in ("variable", "output", "provider", "resource", "locals")}
    for block in module.source.blocks:
        if block.type == "locals":
            for name, attribute in block.attributes.items():
                tables["locals"].setdefault(name, (attribute, block.path))
        elif block.type in ("variable", "output") and block.labels:
            tables[block.type].setdefault(block.labels[0], block)
        elif block.type == "provider" and block.labels:
            alias = literal(block.attributes["alias"].expr) if "alias" in block.attributes else None
            tables["provider"].setdefault(f"{block.labels[0]}.{alias}" if alias else block.labels[0], block)
        elif block.type in ("resource", "data") and len(block.labels) == 2:
            mode = "managed" if block.type == "resource" else "data"
            tables["resource"].setdefault((mode, *block.labels), block)
    return replace(
        module,
        variables=tables["variable"],
        outputs=tables["output"],
        locals=tables["locals"],
        providers=tables["provider"],
        resources=tables["resource"],
    )


def holds_terraform(folder: Path) -> bool:
    """Return whether a folder exists and has Terraform files in itself."""
    try:
        return folder.is_dir() and bool(source_files(folder))
    except (OSError, ValueError):  # a name too long, or with signs that no name may have
        return False


def cause_above(folder: Path, absent: Mapping[Path, str]) -> str | None:
    """Return why a folder, or one above it, could not be had; None where that is not so."""
    place = folder.resolve() if absent else folder
    return next((cause for path, cause in absent.items() if place.is_relative_to(path)), None)


def _manifest(path: Path) -> dict[str, Mapping[str, Any]]:
    """Return the entries of ``modules.json`` by key (``net.logs``); nothing where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    entries = content.get("Modules") if isinstance(content, dict) else None
    return {
        entry["Key"]: entry
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("Key"), str)
    }


def _same_source(declared: str, installed: str) -> bool:
    """Return whether an installed copy may be of the declared source: only registry addresses are compared."""
    if not installed or not _REGISTRY.match(declared):
        return True
    return _without_host(declared) == _without_host(installed)


def _without_host(source: str) -> str:
    return next((source.removeprefix(host) for host in _HOSTS if source.startswith(host)), source)
