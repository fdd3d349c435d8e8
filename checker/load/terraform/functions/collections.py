"""Functions of lists, maps and sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from checker.load.terraform.functions.arguments import (
    FunctionError,
    PendingError,
    boolean,
    check_comparisons,
    integer,
    is_empty,
    items,
    kind,
    known_texts,
    mapping,
    need,
    need_all,
    number,
    sequence,
    surely_different,
    surely_equal,
    text,
    texts,
    unify,
    unknown_among,
)
from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.source.values import either, pending
from checker.model.known import Maybe, Unknown

_MAX_OPTIONS: Final = 64
"""Most values among which one that is not known is remembered to be."""

_SINGULAR: Final = ("address", "status", "alias", "class", "access", "dns", "prefix_length")
"""Endings of attribute names that end in s and are not plural."""


def _length(value: Value) -> Value:
    known = need(value)
    if isinstance(known, str):
        return len(known)
    if isinstance(known, (list, dict)):
        return len(known)
    raise FunctionError(f"{kind(known)} has no length")


def _alltrue(values: Value) -> Value:
    return _all(items(values), stop=False)


def _anytrue(values: Value) -> Value:
    return _all(items(values), stop=True)


def _all(values: Sequence[Value], *, stop: bool) -> Maybe[bool]:
    """Return ``stop`` when one value is it, the opposite when none is."""
    doubt: Unknown | None = None
    for value in values:
        if isinstance(value, (Ref, Text, Unknown)):
            doubt = Unknown(pending(value).reason)
        elif (value is not None and boolean(value)) == stop:
            return stop
    return (not stop) if doubt is None else doubt


def _chunklist(values: Value, size: Value) -> Value:
    whole, step = items(values), integer(size)
    if step < 0:
        raise FunctionError("the size of a chunk cannot be negative")
    if not whole:
        return []
    return [whole[start : start + step] for start in range(0, len(whole), step)] if step else [list(whole)]


def _coalesce(*values: Value) -> Value:
    """Return the first value that is neither null nor an empty text."""
    return _first([*_as_one_type(values)], 0)


def _as_one_type(values: Sequence[Value]) -> list[Value]:
    if any(isinstance(value, (list, dict)) for value in values):
        return list(values)
    return unify(values)


def _first(values: list[Value], index: int) -> Value:
    for position in range(index, len(values)):
        value = values[position]
        empty = is_empty(value)
        if isinstance(empty, Unknown):
            if position + 1 == len(values):
                return value
            return either(empty.reason, value, _first_or_unknown(values, position + 1))
        if not empty:
            return value
    raise FunctionError("all arguments are null or empty")


def _first_or_unknown(values: list[Value], index: int) -> Value:
    try:
        return _first(values, index)
    except FunctionError as error:
        return Unknown(str(error))


def _coalescelist(*values: Value) -> Value:
    for value in values:
        if value is not None and items(value):
            return value
    raise FunctionError("all arguments are empty")


def _compact(values: Value) -> Value:
    result: list[Value] = []
    for value in items(values):
        empty = is_empty(value)
        if isinstance(empty, Unknown):
            raise PendingError(empty)
        if not empty:
            result.append(value if isinstance(value, (Ref, Text)) else text(value))
    return result


def _concat(*values: Value) -> Value:
    return [item for value in values for item in sequence(value)]


def _contains(values: Value, wanted: Value) -> Value:
    candidates = items(values)
    if any(surely_equal(value, wanted) for value in candidates):
        return True
    doubtful = next((value for value in candidates if not surely_different(value, wanted)), None)
    return False if doubtful is None else unknown_among(doubtful, wanted)


def _distinct(values: Value) -> Value:
    candidates = items(values)
    if known := known_texts(candidates):
        return [*dict.fromkeys(known)]
    result: list[Value] = []
    check_comparisons(len(candidates), len(candidates))
    for value in candidates:
        if any(surely_equal(value, other) for other in result):
            continue
        doubtful = next((other for other in result if not surely_different(value, other)), None)
        if doubtful is not None:
            return unknown_among(value, doubtful)
        result.append(value)
    return result


def _element(values: Value, index: Value) -> Value:
    whole = sequence(values)
    if not whole:
        raise FunctionError("an empty list has no element")
    if isinstance(index, (Ref, Text, Unknown)):
        return either(pending(index).reason, *whole) if len(whole) <= _MAX_OPTIONS else pending(index)
    position = integer(index)
    if position < 0:
        raise FunctionError("a negative index")
    return whole[position % len(whole)]


def _flatten(values: Value) -> Value:
    result: list[Value] = []
    for value in items(values):
        if isinstance(value, list):
            inner = _flatten(value)
            result.extend(inner if isinstance(inner, list) else [inner])
        elif isinstance(value, Unknown) or (isinstance(value, Ref) and _may_be_list(value)):
            raise PendingError(Unknown(pending(value).reason))
        else:
            result.append(value)
    return result


def _may_be_list(ref: Ref) -> bool:
    name = ref.path[-1] if ref.path else ""
    return isinstance(name, str) and name.endswith("s") and not name.endswith(_SINGULAR)


def _index(values: Value, wanted: Value) -> Value:
    for position, value in enumerate(sequence(values)):
        if surely_equal(value, wanted):
            return position
        if not surely_different(value, wanted):
            return unknown_among(value, wanted)
    raise FunctionError("the list does not hold the value")


def _keys(value: Value) -> Value:
    return [*sorted(mapping(value))]


def _values(value: Value) -> Value:
    known = mapping(value)
    return [known[key] for key in sorted(known)]


def _lookup(value: Value, key: Value, *default: Value) -> Value:
    if len(default) > 1:
        raise FunctionError("lookup() takes at most three arguments")
    known = mapping(value)
    if isinstance(key, (Ref, Text, Unknown)):
        reason = pending(key).reason
        return either(reason, *known.values(), *default) if known and len(known) < _MAX_OPTIONS else Unknown(reason)
    name = text(key)
    if name in known:
        return known[name]
    if not default:
        raise FunctionError("the map has no such key, and there is no default")
    return default[0]


def _matchkeys(values: Value, keys: Value, wanted: Value) -> Value:
    candidates, names, search = items(values), items(keys), items(wanted)
    if len(candidates) != len(names):
        raise FunctionError("values and keys differ in length")
    check_comparisons(len(names), len(search))
    result: list[Value] = []
    for candidate, name in zip(candidates, names, strict=True):
        if any(surely_equal(name, other) for other in search):
            result.append(candidate)
        elif any(not surely_different(name, other) for other in search):
            return unknown_among(name, *search)
    return result


def _merge(*values: Value) -> Value:
    result: dict[str, Value] = {}
    for value in values:
        if value is not None:
            result.update(mapping(value))
    return result


def _one(values: Value) -> Value:
    whole = items(values)
    if len(whole) > 1:
        raise FunctionError("the list has more than one element")
    return whole[0] if whole else None


def _range(first: Value, *others: Value) -> Value:
    """Return numbers from a start, by default 0, to before a limit."""
    if len(others) > 2:
        raise FunctionError("range() takes at most three arguments")
    limits = [number(bound) for bound in (first, *others)]
    if len(limits) == 1:
        limits = [0, limits[0]]
    start, limit = limits[:2]
    step = limits[2] if len(limits) == 3 else (1 if start <= limit else -1)
    if step == 0 or (start < limit and step < 0) or (start > limit and step > 0):
        raise FunctionError("the step does not lead from the start to the limit")
    if abs(limit - start) / abs(step) > 1024:
        raise FunctionError("more than 1024 elements")
    result: list[Value] = []
    while (start < limit) if step > 0 else (start > limit):
        result.append(start)
        start += step
    return result


def _reverse(values: Value) -> Value:
    return items(values)[::-1]


def _slice(values: Value, start: Value, end: Value) -> Value:
    whole, first, last = sequence(values), integer(start), integer(end)
    if not 0 <= first <= last <= len(whole):
        raise FunctionError("the slice reaches outside of the list")
    return whole[first:last]


def _sort(values: Value) -> Value:
    return [*sorted(texts(values))]


def _sum(values: Value) -> Value:
    whole = items(values)
    if not whole:
        raise FunctionError("an empty list has no sum")
    return sum(number(value) for value in whole)


def _transpose(value: Value) -> Value:
    result: dict[str, list[Value]] = {}
    for key, names in sorted(mapping(value).items()):
        for name in texts(need_all(names)):
            result.setdefault(name, []).append(key)
    return {name: result[name] for name in sorted(result)}


def _zipmap(names: Value, values: Value) -> Value:
    keys, whole = items(names), items(values)
    if len(keys) != len(whole):
        raise FunctionError("keys and values differ in length")
    return {text(key): value for key, value in zip(keys, whole, strict=True)}


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "alltrue": _alltrue,
    "anytrue": _anytrue,
    "chunklist": _chunklist,
    "coalesce": _coalesce,
    "coalescelist": _coalescelist,
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "flatten": _flatten,
    "index": _index,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "matchkeys": _matchkeys,
    "merge": _merge,
    "one": _one,
    "range": _range,
    "reverse": _reverse,
    "slice": _slice,
    "sort": _sort,
    "sum": _sum,
    "transpose": _transpose,
    "values": _values,
    "zipmap": _zipmap,
}
