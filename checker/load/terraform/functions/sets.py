"""Functions of sets."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from checker.load.terraform.functions.arguments import (
    MAX_ITEMS,
    FunctionError,
    PendingError,
    check_comparisons,
    items,
    known_texts,
    made_set,
    surely_different,
    surely_equal,
    unify,
    unknown_among,
)
from checker.load.terraform.instance import Value
from checker.load.terraform.source.values import SetList

_Among: TypeAlias = list[Value] | dict[str, None]
"""A set in which an element is looked for; a dict where all elements are known texts."""


def _setintersection(first: Value, *others: Value) -> Value:
    return _combine(first, others, lambda value, sets: all(_held(value, other) for other in sets))


def _setsubtract(first: Value, other: Value) -> Value:
    return _combine(first, [other], lambda value, sets: not any(_held(value, other) for other in sets))


def _combine(first: Value, others: Sequence[Value], keep: Callable[[Value, Sequence[_Among]], bool]) -> Value:
    sets = [items(other) for other in others]
    whole = items(first)
    merged = unify([*whole, *(item for other in sets for item in other)])
    whole = merged[: len(whole)]
    rest = iter(merged[len(whole) :])
    sets = [list(itertools.islice(rest, len(other))) for other in sets]
    if known_texts(merged):
        texts = [dict.fromkeys(known_texts(other) or ()) for other in sets]
        return made_set(value for value in whole if keep(value, texts))
    check_comparisons(len(merged), len(merged))
    return made_set(value for value in whole if keep(value, sets))


def _held(value: Value, others: _Among) -> bool:
    if isinstance(others, dict):
        return isinstance(value, str) and value in others
    if any(surely_equal(value, other) for other in others):
        return True
    doubtful = next((other for other in others if not surely_different(value, other)), None)
    if doubtful is not None:
        raise PendingError(unknown_among(value, doubtful))
    return False


def _setunion(*values: Value) -> Value:
    return made_set(unify([item for value in values for item in items(value)]))


def _setproduct(*values: Value) -> Value:
    sets = [items(value) for value in values]
    if len(sets) < 2:
        raise FunctionError("at least two sets are required")
    count = 1
    for one_set in sets:
        count *= len(one_set)
    if count > MAX_ITEMS:
        raise FunctionError("the product is too large")
    product: list[Value] = [list(combination) for combination in itertools.product(*sets)]
    return SetList(product) if all(isinstance(value, SetList) for value in values) else product


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "setintersection": _setintersection,
    "setproduct": _setproduct,
    "setsubtract": _setsubtract,
    "setunion": _setunion,
}
