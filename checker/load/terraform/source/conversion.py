"""A variable's value converted to its declared type, as far as that changes what the value is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.source.modules import literal
from checker.load.terraform.source.syntax import Expr
from checker.load.terraform.source.values import Either, Failed, SetList, either, same, to_bool, to_number, to_text
from checker.model.known import Unknown

Default: TypeAlias = Callable[[Expr], Value]
"""Evaluates the default of an optional attribute."""

MAX_NESTING: Final = 60


def convert(type_: Expr, value: Value, default: Default, depth: int = 0) -> Value:
    """Return a value in a declared type; raises Failed where Terraform refuses it.

    Object attributes that the type does not name are dropped, optional ones that are missing or null get their
    default, sets are sorted and without duplicates. Null, references and unknowns stay as they are.
    """
    if isinstance(value, Either):
        return either(value.reason, *(convert(type_, option, default, depth) for option in value.options))
    if value is None or isinstance(value, (Unknown, Ref)) or depth > MAX_NESTING:
        return value
    name = str(type_[1]) if type_[0] in ("var", "call") else literal(type_)
    arguments: Sequence[Expr] = type_[2] if type_[0] == "call" else []
    if name in _PRIMITIVES:
        return value if isinstance(value, Text) else _PRIMITIVES[name](value)
    if name in ("list", "set", "map"):
        of = arguments[0] if arguments else ["var", "any"]
        return _collection(name, value, lambda item: convert(of, item, default, depth + 1))
    if name == "object" and arguments and arguments[0][0] == "obj":
        return _object(arguments[0][1], value, default, depth)
    if name == "tuple" and arguments and arguments[0][0] == "list":
        return _tuple(arguments[0][1], value, default, depth)
    return value


_PRIMITIVES: Final[Mapping[str | None, Callable[[Value], Value]]] = {
    "string": to_text,
    "number": to_number,
    "bool": to_bool,
}


def _collection(kind: str, value: Value, item: Callable[[Value], Value]) -> Value:
    if kind == "map":
        if not isinstance(value, dict):
            raise Failed("a map is required")
        return {key: item(value[key]) for key in value}
    if not isinstance(value, list):
        raise Failed(f"a {kind} is required")
    items = [item(element) for element in value]
    return items if kind == "list" else as_set(items)


def as_set(items: Sequence[Value]) -> SetList:
    """Return values as a set: texts and numbers sorted, duplicates left out."""
    texts = [item for item in items if isinstance(item, str)]
    numbers = [item for item in items if isinstance(item, (int, float)) and not isinstance(item, bool)]
    if len(texts) == len(items):
        return SetList(sorted(set(texts)))
    if len(numbers) == len(items):
        return SetList(sorted(set(numbers)))
    unique: list[Value] = []
    for item in items:
        if not any(same(item, other) for other in unique):
            unique.append(item)
    return SetList(unique)


def _object(attributes: Sequence[tuple[Expr, Expr]], value: Value, default: Default, depth: int) -> Value:
    if not isinstance(value, dict):
        raise Failed("an object is required")
    result: dict[str, Value] = {}
    for key, type_ in attributes:
        name = literal(key)
        if name is None:
            raise Failed("the type cannot be read")
        optional = type_[0] == "call" and type_[1] == "optional"
        declared = type_[2][0] if optional and type_[2] else type_
        given = value.get(name)
        if name not in value and not optional:
            raise Failed(f"attribute {name} is required")
        if given is None and optional and len(type_[2]) > 1:
            given = default(type_[2][1])
        result[name] = convert(declared, given, default, depth + 1)
    return result


def _tuple(types: Sequence[Expr], value: Value, default: Default, depth: int) -> Value:
    if not isinstance(value, list) or len(value) != len(types):
        raise Failed(f"{len(types)} elements are required")
    return [convert(type_, item, default, depth + 1) for type_, item in zip(types, value, strict=True)]
