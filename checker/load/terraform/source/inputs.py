"""Input variables: who gives their value, and what their declaration makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from checker.load.terraform.instance import Value
from checker.load.terraform.source.expressions import Walker
from checker.load.terraform.source.scope import ModuleInstance, Scope
from checker.load.terraform.source.syntax import Block, Expr
from checker.load.terraform.source.values import Failed
from checker.load.terraform.source.variables import coerce
from checker.model.known import Unknown


@dataclass(frozen=True, slots=True)
class Given:
    """A value that somebody gives to a variable."""

    value: Value


def declared_value(block: Block, within: ModuleInstance, given: Given | None, walker: Walker) -> Value:
    """Return a variable's value: as given, else the default, converted to the declared type.

    A sensitive or ephemeral variable is Unknown, so that it reaches no output.
    """
    where = f"var.{block.labels[0]} ({block.path}:{block.line})"
    if _flag(block, "sensitive", within, walker) or _flag(block, "ephemeral", within, walker):
        return Unknown(f"{where} is sensitive")
    default = block.attributes.get("default")
    value = given.value if given is not None else None
    nullable = "nullable" not in block.attributes or _flag(block, "nullable", within, walker)
    if given is None or (value is None and not nullable):
        if default is None:
            return Unknown(f"{where} has no value")
        value = walker.attempt(default.expr, Scope(within).at(default, block.path))
    declared = block.attributes.get("type")
    return _converted(declared.expr, value, where) if declared is not None else value


def _converted(type_: Expr, value: Value, where: str) -> Value:
    try:
        return coerce(type_, value)
    except Failed as error:
        return Unknown(f"{where}: {error}")


def _flag(block: Block, name: str, within: ModuleInstance, walker: Walker) -> bool:
    attribute = block.attributes.get(name)
    return attribute is not None and walker.attempt(attribute.expr, Scope(within)) is True
