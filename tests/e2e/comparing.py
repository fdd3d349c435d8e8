"""Compare two network models: equal where both know, whatever one of them does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from checker.model.identity import Statement
from checker.model.known import Unknown
from checker.model.model import NetworkModel

IGNORED: Final = frozenset({"origin", "assumptions", "unread"})
"""Where a fact was read, and how it was settled, differs between the ways."""


def differences(left: NetworkModel, right: NetworkModel) -> list[str]:
    """Return a line for each fact that both models know and that is not the same; empty for equal models."""
    lines = [f"{key}: only on one side" for key in sorted(set(left.by_key) ^ set(right.by_key))]
    for key in sorted(set(left.by_key) & set(right.by_key)):
        lines.extend(_differ(left.by_key[key], right.by_key[key], key))
    return lines


def _differ(left: Any, right: Any, where: str, *, ordered: bool = True) -> Iterator[str]:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return
    if is_dataclass(left) and type(left) is type(right):
        ordered = not isinstance(left, Statement)
        for part in fields(left):
            if part.name not in IGNORED:
                one, other = getattr(left, part.name), getattr(right, part.name)
                yield from _differ(one, other, f"{where}.{part.name}", ordered=ordered)
    elif isinstance(left, Mapping) and isinstance(right, Mapping):
        yield from (f"{where}[{key!r}]: only on one side" for key in sorted(set(left) ^ set(right)))
        for key in sorted(set(left) & set(right)):
            yield from _differ(left[key], right[key], f"{where}[{key!r}]", ordered=ordered)
    elif isinstance(left, tuple) and isinstance(right, tuple):
        if ordered and not any(_has_unknown(each) for each in (*left, *right)):
            yield from _differ_in_order(left, right, where)
        else:
            yield from _differ_as_sets(left, right, where)
    elif left != right:
        yield f"{where}: {left!r} is not {right!r}"


def _differ_in_order(left: tuple[Any, ...], right: tuple[Any, ...], where: str) -> Iterator[str]:
    if len(left) != len(right):
        yield f"{where}: {len(left)} and {len(right)} elements: {left!r} is not {right!r}"
        return
    for number, (one, other) in enumerate(zip(left, right, strict=True)):
        yield from _differ(one, other, f"{where}[{number}]")


def _differ_as_sets(left: tuple[Any, ...], right: tuple[Any, ...], where: str) -> Iterator[str]:
    """Give each known element a partner of its own; what is left over must fit the other side's unknown elements.

    Lengths may differ only where a side has an unknown element, which may stand for a list that cannot be counted.
    """
    free = sorted(right, key=_has_unknown)
    alone = []
    for one in sorted(left, key=_has_unknown):
        equal = (number for number, other in enumerate(free) if not list(_differ(one, other, where)))
        if (partner := next(equal, None)) is None:
            alone.append(one)
        else:
            del free[partner]
    for rest, others, its in ((alone, right, left), (free, left, right)):
        uncounted = len(left) != len(right) and any(isinstance(each, Unknown) for each in (*others, *its))
        known = [each for each in rest if not isinstance(each, Unknown)]
        if rest and not uncounted:
            yield f"{where}: {rest!r} has no equal in {others!r}"
        elif known and not any(isinstance(each, Unknown) for each in others):
            yield f"{where}: {known!r} has no equal in {others!r}"


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Unknown):
        return True
    if is_dataclass(value):
        return any(_has_unknown(getattr(value, part.name)) for part in fields(value) if part.name not in IGNORED)
    if isinstance(value, Mapping):
        return any(_has_unknown(each) for each in value.values())
    return isinstance(value, tuple) and any(_has_unknown(each) for each in value)
