"""The same facts under other keys: an entity with its references renamed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from inspect import get_annotations
from typing import Any, Final, TypeVar, cast

from checker.model.known import Key, Unknown
from checker.model.record import fields, is_dataclass, replace

T = TypeVar("T")

_KEY: Final = re.compile(r"\bKey\b")


def rekeyed(item: T, names: Mapping[Key, Key]) -> T:
    """Return a dataclass with every key in it replaced by its new name; the item itself where nothing changes.

    Keys are the fields that are declared as ``Key``, alone or in tuples, in the item and in the dataclasses it holds.
    """
    changed: dict[str, Any] = {}
    for name, holds_keys in _fields(cast(Any, item.__class__)):
        old = getattr(item, name)
        new = _value(old, names, holds_keys)
        if new is not old:
            changed[name] = new
    return replace(item, **changed) if changed else item  # type: ignore[type-var]


@cache
def _fields(kind: Any) -> tuple[tuple[str, bool], ...]:
    """Return the fields of a dataclass and whether each holds keys; those that can hold none are left out."""
    declared: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        declared |= get_annotations(base)
    found = []
    for each in fields(kind):
        holds_keys = _KEY.search(str(declared.get(each.name))) is not None
        if holds_keys or each.name not in ("origin", "tags", "id", "arn", "account", "region", "type"):
            found.append((each.name, holds_keys))
    return tuple(found)


def _value(old: Any, names: Mapping[Key, Key], holds_keys: bool) -> Any:
    if isinstance(old, str):
        return names.get(old, old) if holds_keys else old
    if isinstance(old, tuple):
        new = tuple(_value(each, names, holds_keys) for each in old)
        return old if all(one is other for one, other in zip(old, new, strict=True)) else new
    if is_dataclass(old) and not isinstance(old, (type, Unknown)):
        return rekeyed(old, names)
    return old
