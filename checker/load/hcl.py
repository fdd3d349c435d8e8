"""Terraform source without a plan: folders to the network model, by evaluating what can be evaluated."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final

from checker.errors import HclError
from checker.load.terraform.convert import WANTED_TYPES, to_loaded
from checker.load.terraform.instance import TerraformRoot
from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.expand import expand
from checker.load.terraform.source.inline import inline_waivers
from checker.load.terraform.source.inputs import root_values
from checker.load.terraform.source.modules import INIT, Module, Reading, cause_above, holds_terraform, load_tree
from checker.load.terraform.source.variables import read_var_file
from checker.model.finding import Gap
from checker.model.known import Unknown
from checker.model.loaded import Input, Loaded
from checker.model.model import Unread
from checker.model.record import dataclass, replace

_SEARCH_DEPTH: Final = 3
_NAMED: Final = 5
"""Most folders that a hint names."""
_AFFECTS_BEFORE: Final = "what was declared there before, so that failures may be listed as new that are not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Source as it stood earlier."""

    folder: Path
    """What stood where the working folder stands."""
    name: str
    """As the person calls it: a commit, a branch."""
    absent: Mapping[Path, str]
    """What belongs below ``folder`` or beside it and could not be had, by resolved path, each with the cause."""


def load_hcl(  # noqa: PLR0913 - one keyword for each setting of the command
    folders: Sequence[Path],
    *,
    var_files: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
    workspace: str = "default",
    cache: Path | None = None,
    jobs: int = 1,
    wanted: frozenset[str] | None = None,
    instead: Mapping[Path, str] | None = None,
    base: Base | None = None,
) -> Loaded:
    """Return the network that the root modules in the given folders declare.

    ``environment`` holds TF_VAR_* and TF_DATA_DIR. ``wanted`` are the resource types to read; by default those that
    conversion knows. ``instead`` holds texts of files that are read as if they were written, by resolved path. The
    network before is read from ``base``; what could not be read there, and can be now, is a gap that names it.
    Raises HclError for a folder that does not exist or holds no Terraform source, and for a variable file that cannot
    be read; source files that cannot be parsed are gaps.
    """
    told = dict(environment or {})
    types = WANTED_TYPES if wanted is None else wanted
    roots = []
    for folder in dict.fromkeys(folders):
        check_folder(folder)
        reading = Reading(wanted=types, cache=cache, jobs=jobs, display_root=Path.cwd(), instead=instead or {})
        tree = load_tree(folder, reading, data_dir=told.get("TF_DATA_DIR"))
        root = _root(folder, tree, var_files, told, workspace, reading)
        if base is not None:
            reading = replace(reading, display_root=base.folder, instead={}, absent=base.absent)
            root = _with_before(root, base, _before(folder, base, reading, var_files, told, workspace))
        roots.append(root)
    return to_loaded(roots)


def _with_before(root: TerraformRoot, base: Base, before: TerraformRoot) -> TerraformRoot:
    """Return a root with its instances before, and what could not be read of them, unless it cannot be read now."""
    told = {(gap.what, gap.cause) for gap in root.gaps}
    more = [Gap(what=f"{gap.what} at {base.name}", cause=gap.cause.removesuffix(f"; {INIT}"), affects=_AFFECTS_BEFORE)
            for gap in before.gaps if (gap.what, gap.cause) not in told]  # fmt: skip
    return replace(root, before=tuple(before.after), gaps=(*root.gaps, *more), unread_before=before.unread)


def _before(
    folder: Path,
    base: Base,
    reading: Reading,
    var_files: Sequence[Path],
    environment: Mapping[str, str],
    workspace: str,
) -> TerraformRoot:
    """Return the root module that a folder was below ``base``; one without resources where it was none."""
    then = _moved(folder, base.folder)
    tree = load_tree(then, reading, data_dir=environment.get("TF_DATA_DIR"))
    moved = ((path, _moved(path, base.folder)) for path in var_files)
    files = [earlier if earlier.is_file() or earlier in base.absent else now for now, earlier in moved]
    reading = replace(reading, absent={**base.absent, **_wrong(files)})
    root = _root(folder, tree, files, environment, workspace, reading)
    cause = cause_above(then, base.absent)
    if cause is None:
        return root
    unread = Unread(types=(), root=root.label, cause=Unknown(f"{root.label} at {base.name}: {cause}"))
    gap = Gap(what=root.label, cause=cause, affects=_AFFECTS_BEFORE)
    return replace(root, gaps=(*root.gaps, gap), unread=(*root.unread, unread))


def _wrong(var_files: Sequence[Path]) -> dict[Path, str]:
    """Return by resolved path what is wrong with variable files: earlier ones that cannot be read are no error."""
    found = {}
    for path in var_files:
        if path.is_file():
            try:
                read_var_file(path)
            except HclError as error:
                found[path.resolve()] = str(error)
    return found


def _moved(path: Path, base: Path) -> Path:
    """Return a path as seen from the working folder, seen from ``base`` instead."""
    return Path(os.path.normpath(base / os.path.relpath(path, Path.cwd())))


def check_folder(folder: Path) -> None:
    """Raise HclError, saying what to do next, unless a folder holds Terraform source."""
    if not folder.exists():
        raise HclError(f"{folder}: no such folder", hint="Give the folder of a root module.")
    if not folder.is_dir():
        hint = f"Give the folder: flowcheck hcl {folder.parent}"
        raise HclError(f"{folder}: a file, not a folder", hint=hint)
    if holds_terraform(folder):
        return
    below = [PurePath(os.path.relpath(found, Path.cwd())).as_posix() for found in sorted(_below(folder, _SEARCH_DEPTH))]
    named = ", ".join(below[:_NAMED]) + (f" and {len(below) - _NAMED} more" if len(below) > _NAMED else "")
    hint = f"Terraform source lies in {named}." if below else "It needs files that end in .tf or .tf.json."
    raise HclError(f"{folder}: holds no Terraform source", hint=hint)


def _root(
    folder: Path,
    tree: Module,
    var_files: Sequence[Path],
    environment: Mapping[str, str],
    workspace: str,
    reading: Reading,
) -> TerraformRoot:
    label = PurePath(os.path.relpath(folder, Path.cwd())).as_posix()
    variables = root_values(tree, var_files, environment, reading)
    evaluation = Evaluation(tree, variables=variables.given, workspace=workspace, label=label)
    expanded = expand(evaluation, reading.wanted)
    return TerraformRoot(
        label=label,
        after=expanded.instances,
        before=None,
        changes=(),
        gaps=(*variables.gaps, *expanded.gaps),
        unread=expanded.unread,
        inline_waivers=tuple(inline_waivers(tree, root=label)),
        input=Input(kind="hcl", path=label),
    )


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the folders below one that hold Terraform source themselves."""
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and not entry.name.startswith(".") and not entry.is_symlink():
            if holds_terraform(entry):
                yield entry
            if depth > 1:
                yield from _below(entry, depth - 1)
