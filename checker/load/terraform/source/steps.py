"""Steps into values: ``.name``, ``[key]``, ``[*]``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.source.values import (
    Doubtful,
    Either,
    Failed,
    Open,
    Partial,
    among_of,
    either,
    pending,
    to_key,
    to_number,
)
from checker.model.known import Unknown


class Members(Protocol):
    """Knows the instances that references with an empty path stand for."""

    def member(self, ref: Ref, name: str) -> Value:
        """Return an attribute of a resource instance, or an output of a module instance."""
        ...


def get(value: Value, name: str, members: Members) -> Value:
    """Return ``value.name``; raises Failed where there is no such attribute."""
    if isinstance(value, Partial):
        return get(value.items, name, members)
    if isinstance(value, Unknown):
        return _through(value, lambda inner: get(inner, name, members))
    if isinstance(value, Ref):
        return Ref(value.address, (*value.path, name)) if value.path else members.member(value, name)
    if isinstance(value, dict):
        if name not in value:
            raise Failed(f"there is no attribute {name}")
        return value[name]
    if isinstance(value, list) and name.isdecimal():
        return index(value, int(name), members)
    raise Failed(f"{_described(value)} has no attribute {name}")


def index(value: Value, key: Value, members: Members) -> Value:
    """Return ``value[key]``; raises Failed where there is no such element."""
    if isinstance(key, (Unknown, Ref, Text)):
        return pending(key)
    if isinstance(value, Open):
        return Doubtful(value.reason, inner=value.element, shared=True)
    if isinstance(value, Partial):
        return index(value.items, key, members)
    if isinstance(value, Unknown):
        return _through(value, lambda inner: index(inner, key, members))
    if isinstance(value, Ref):
        return _index_ref(value, key, members)
    if isinstance(value, list):
        return _element(value, key)
    if isinstance(value, dict):
        name = to_key(key)
        if isinstance(name, Unknown):
            return name
        if name not in value:
            raise Failed("the given key is not in the map")
        return value[name]
    raise Failed(f"{_described(value)} cannot be indexed")


def splat(value: Value, apply: Callable[[Value], Value]) -> Value:
    """Return ``value[*]`` with the steps behind it applied to each element."""
    if isinstance(value, Unknown):
        return Unknown(value.reason)
    if isinstance(value, Ref) and value.path:
        return pending(value)
    if value is None:
        return []
    return [apply(item) for item in (value if isinstance(value, list) else [value])]


def walk(value: Value, path: Sequence[str | int], members: Members) -> Value:
    """Return what lies at a path of names and indexes."""
    for step in path:
        value = get(value, step, members) if isinstance(step, str) else index(value, step, members)
    return value


def _element(items: list[Value], key: Value) -> Value:
    number = to_number(key)
    if isinstance(number, Unknown):
        return number
    if not isinstance(number, int) or not 0 <= number < len(items):
        raise Failed("the index is outside the list")
    return items[number]


def _index_ref(ref: Ref, key: Value, members: Members) -> Value:
    step = key if isinstance(key, int) and not isinstance(key, bool) else to_key(key)
    if isinstance(step, Unknown):
        return step
    if ref.path:
        return Ref(ref.address, (*ref.path, step))
    if isinstance(step, int):
        raise Failed(f"{ref.address} has neither count nor for_each")
    return members.member(ref, step)


def _through(value: Unknown, step: Callable[[Value], Value]) -> Value:
    """Step into an unknown value of which something is known."""
    if isinstance(value, Doubtful):
        return _doubtful(value, step(value.inner))
    if isinstance(value, Either):
        try:
            return either(value.reason, *(step(option) for option in value.options))
        except Failed:
            return Unknown(value.reason)
    return Unknown(value.reason)


def _doubtful(doubt: Doubtful, inner: Value) -> Value:
    if isinstance(inner, Unknown):
        return Unknown(inner.reason) if doubt.shared else inner
    if doubt.shared and isinstance(inner, Ref) and inner.path:
        return Doubtful(doubt.reason, among=among_of(inner), inner=inner, shared=True)
    if isinstance(inner, Ref) and inner.path:
        return Doubtful(doubt.reason, symbol=inner.symbol(), among=among_of(inner), inner=inner)
    if doubt.shared and not isinstance(inner, Ref):
        return Unknown(doubt.reason)
    return Doubtful(doubt.reason, inner=inner, shared=doubt.shared)


def _described(value: Value) -> str:
    if value is None:
        return "null"
    return {bool: "a condition", str: "a text", list: "a list", dict: "an object"}.get(type(value), "a number")
