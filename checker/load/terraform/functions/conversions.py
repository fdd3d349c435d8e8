"""Type conversions, and what says something of a value's type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from checker.load.terraform.functions.arguments import (
    FunctionError,
    boolean,
    items,
    kind,
    made_set,
    mapping,
    need,
    number,
    part,
    unify,
)
from checker.load.terraform.instance import Ref, Text, Value
from checker.model.known import Unknown


def _tostring(value: Value) -> Value:
    return None if value is None else part(value)


def _tonumber(value: Value) -> Value:
    return None if value is None else number(value)


def _tobool(value: Value) -> Value:
    return None if value is None else boolean(value)


def _toset(value: Value) -> Value:
    return None if value is None else made_set(unify(items(value)))


def _tolist(value: Value) -> Value:
    return None if value is None else unify(items(value))


def _tomap(value: Value) -> Value:
    if value is None:
        return None
    known = mapping(value)
    return dict(zip(known, unify(list(known.values())), strict=True))


def _type(value: Value) -> Value:
    raise FunctionError("type() works in terraform console only")


def _sensitive(value: Value) -> Value:
    return Unknown("sensitive")


def _nonsensitive(value: Value) -> Value:
    return value


def _issensitive(value: Value) -> Value:
    if isinstance(value, Unknown):
        return True if value.reason == "sensitive" else Unknown(value.reason)
    return Unknown(
        f"whether {kind(need(value)) if not isinstance(value, (Ref, Text)) else 'it'} is sensitive is not known"
    )


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "ephemeralasnull": lambda value: value,
    "issensitive": _issensitive,
    "nonsensitive": _nonsensitive,
    "sensitive": _sensitive,
    "tobool": _tobool,
    "tolist": _tolist,
    "tomap": _tomap,
    "tonumber": _tonumber,
    "toset": _toset,
    "tostring": _tostring,
    "type": _type,
}
