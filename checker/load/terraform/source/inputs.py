"""Input variables: who gives their value, and what their declaration makes of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from checker.errors import HclError
from checker.load.terraform.instance import Value
from checker.load.terraform.source.conversion import convert
from checker.load.terraform.source.expressions import Walker
from checker.load.terraform.source.modules import Module, Reading
from checker.load.terraform.source.read import lacking
from checker.load.terraform.source.scope import ModuleInstance, Scope
from checker.load.terraform.source.syntax import Block
from checker.load.terraform.source.values import Failed
from checker.load.terraform.source.variables import (
    coerce,
    discover_var_files,
    from_environment,
    is_discovered,
    read_var_file,
)
from checker.model.finding import Gap
from checker.model.known import Unknown
from checker.model.record import dataclass, field


@dataclass(frozen=True, slots=True)
class Given:
    """A value that somebody gives to a variable."""

    value: Value


@dataclass(frozen=True, slots=True)
class RootValues:
    """The values given to a root module's variables."""

    given: Mapping[str, Given] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()


def root_values(
    tree: Module, var_files: Sequence[Path], environment: Mapping[str, str], reading: Reading | None = None
) -> RootValues:
    """Return what is given to the root module's variables.

    Later sources win: TF_VAR_*, ``terraform.tfvars``, ``terraform.tfvars.json``, ``*.auto.tfvars``, then
    ``var_files`` in order. Raises HclError for one of ``var_files`` that cannot be read; where that happens to a file
    in the folder, or where ``reading`` says that one could not be had, every variable that it might set is Unknown.
    """
    given: dict[str, Given] = {}
    how = Reading(wanted=None, cache=None, jobs=1, display_root=None) if reading is None else reading
    told = how.instead
    gaps: list[Gap] = []
    for name, text in from_environment(environment).items():
        declared = tree.variables.get(name)
        type_ = declared.attributes.get("type") if declared is not None else None
        if declared is not None:
            given[name] = Given(coerce(text, type_.expr if type_ is not None else None))
    for path in discover_var_files(tree.folder):
        try:
            given.update({name: Given(value) for name, value in read_var_file(path, told.get(path.resolve())).items()})
        except HclError as error:
            gaps.append(_lost(path, str(error), tree, how, given))
    for path, cause in lacking(tree.folder, how.absent):
        if is_discovered(path.name):
            gaps.append(_lost(path, cause, tree, how, given))
    for path in var_files:
        if how.absent and (why := how.absent.get(path.resolve())) is not None:
            gaps.append(_lost(path, why, tree, how, given))
            continue
        given.update({name: Given(value) for name, value in read_var_file(path, told.get(path.resolve())).items()})
    return RootValues(given, tuple(gaps))


def _lost(path: Path, cause: str, tree: Module, how: Reading, given: dict[str, Given]) -> Gap:
    """Make every variable unknown that a file might set; return the gap."""
    given.update(dict.fromkeys(tree.variables, Given(Unknown(f"{path.name} cannot be read"))))
    shown = PurePath(os.path.relpath(path, how.display_root)).as_posix()
    cause = cause.replace(str(path), shown)  # an earlier state of the source lies in a folder that is soon gone
    return Gap(what=shown, cause=cause, affects="values of input variables")


def declared_value(block: Block, within: ModuleInstance, given: Given | None, walker: Walker) -> Value:
    """Return a variable's value: as given, else the default, converted to the declared type.

    A sensitive or ephemeral variable is Unknown, so that it reaches no output.
    """
    where = f"var.{block.labels[0]} ({block.path}:{block.line})"
    if is_secret(block, within, walker):
        return Unknown(f"sensitive variable {where}")
    default = block.attributes.get("default")
    value = given.value if given is not None else None
    nullable = "nullable" not in block.attributes or _flag(block, "nullable", within, walker)
    if given is None or (value is None and not nullable):
        if default is None:
            return Unknown(f"{where} has no value")
        value = walker.attempt(default.expr, Scope(within).at(default, block.path))
    declared = block.attributes.get("type")
    if declared is None:
        return value
    scope = Scope(within).at(declared, block.path)
    try:
        return convert(declared.expr, value, lambda expr: walker.attempt(expr, scope))
    except Failed as error:
        return Unknown(f"{where}: {error}")


def is_secret(block: Block, within: ModuleInstance, walker: Walker) -> bool:
    """Return whether a variable or output is declared sensitive or ephemeral."""
    return _flag(block, "sensitive", within, walker) or _flag(block, "ephemeral", within, walker)


def _flag(block: Block, name: str, within: ModuleInstance, walker: Walker) -> bool:
    attribute = block.attributes.get(name)
    return attribute is not None and walker.attempt(attribute.expr, Scope(within)) is True
