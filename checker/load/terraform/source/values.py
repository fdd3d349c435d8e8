"""What expressions yield beside plain values: errors that ``try`` catches, and unknowns with structure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from checker.load.terraform.instance import Ref, Text, Value
from checker.model.known import Maybe, Unknown
from checker.model.record import dataclass

NEVER_EMPTY: Final = frozenset(
    {
        "account_id",
        "arn",
        "bucket",
        "default_network_acl_id",
        "default_security_group_id",
        "id",
        "json",
        "key_id",
        "main_route_table_id",
        "name",
        "owner_id",
        "region",
        "unique_id",
        "vpc_id",
    }
)
"""Attributes that are neither null nor empty once their instance exists."""

IDENTIFYING: Final = frozenset({"arn", "bucket", "id", "key_id", "name"})
"""Attributes that tell which instance they belong to."""

_NUMBER: Final = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300}(?:[eE][+-]?[0-9]{1,2})?)?")


class Failed(Exception):
    """Terraform would report an error: an index out of range, a missing attribute, an impossible conversion."""


@dataclass(frozen=True, slots=True, eq=False)
class Either(Unknown):
    """One of several values; which one hangs on something that is not known."""

    options: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Doubtful(Unknown):
    """``inner`` if the instance it belongs to exists, which is not known."""

    inner: Value = None
    shared: bool = False
    """True when ``inner`` stands for several instances at once, so that it cannot tell them apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Open(Unknown):
    """All instances of a block of which the number is not known."""

    element: Value = None
    """The reference that stands for each of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Partial(Unknown):
    """All instances of a block, of which some may not exist; those are Doubtful."""

    items: Value = None
    """A list, or a dict by key."""


class SetList(list[Value]):
    """A set: sorted, without duplicates. A list to everybody else; in a for-expression its keys are its elements."""


def identifies(ref: Ref) -> bool:
    """Return whether a reference tells which instance it points at."""
    return len(ref.path) == 1 and ref.path[0] in IDENTIFYING


def among_of(*values: Value) -> tuple[str, ...]:
    """Return the instances of which a value must be one, when all that it may be are identifying references."""
    found: list[str] = []
    for value in values:
        if isinstance(value, Ref) and identifies(value):
            found.append(value.address)
        elif isinstance(value, Unknown) and value.among:
            found.extend(value.among)
        else:
            return ()
    return tuple(dict.fromkeys(found))


def either(reason: str, *options: Value) -> Value:
    """Return the value when all options are equal, else an unknown that remembers them."""
    flat: list[Value] = []
    for option in options:
        flat.extend(option.options if isinstance(option, Either) else [option])
    first = flat[0]
    if all(same(first, other) for other in flat[1:]):
        return first
    return Either(reason, among=among_of(*flat), options=tuple(flat))


def plain(value: Value) -> Value:
    """Return a value without the evaluator's own kinds of unknown and of list, at every depth."""
    if isinstance(value, (Either, Doubtful, Open, Partial)):
        return Unknown(value.reason, symbol=value.symbol, among=value.among)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Text):
        return Text(tuple(_plain_part(part) for part in value.parts))
    return value


def _plain_part(part: str | Ref | Unknown) -> str | Ref | Unknown:
    changed = plain(part)
    return changed if isinstance(changed, (str, Ref, Unknown)) else part


def doubt_in(value: Value) -> Doubtful | None:
    """Return what, at any depth, is there only if an instance exists that may not."""
    if isinstance(value, Doubtful):
        return value
    inside: Iterable[Value] = ()
    if isinstance(value, (list, dict)):
        inside = value.values() if isinstance(value, dict) else value
    elif isinstance(value, Text):
        inside = value.parts
    return next((doubt for item in inside if (doubt := doubt_in(item)) is not None), None)


def same(left: Value, right: Value) -> bool:
    """Return whether two values are surely equal."""
    result = equal(left, right)
    return not isinstance(result, Unknown) and result


def equal(left: Value, right: Value) -> Maybe[bool]:
    """Compare as ``==`` does; Unknown where the answer hangs on something that is not known."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return _equal_unknown(left, right)
    if isinstance(left, (Ref, Text)) or isinstance(right, (Ref, Text)):
        return _equal_symbolic(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and _all(*(equal(left[key], right[key]) for key in left))
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and _all(*(equal(a, b) for a, b in zip(left, right, strict=True)))
    if _kind(left) is not _kind(right):
        return False
    return left == right


def _kind(value: Value) -> type:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float
    return list if isinstance(value, list) else type(value)


def _all(*results: Maybe[bool]) -> Maybe[bool]:
    if any(not isinstance(result, Unknown) and not result for result in results):
        return False
    return next((result for result in results if isinstance(result, Unknown)), True)


def _equal_unknown(left: Value, right: Value) -> Maybe[bool]:
    if isinstance(left, Unknown) and isinstance(right, Unknown) and left.symbol is not None:
        return True if left.symbol == right.symbol else Unknown(left.reason)
    unknown = left if isinstance(left, Unknown) else right
    return Unknown(unknown.reason if isinstance(unknown, Unknown) else "not known")


def _equal_symbolic(left: Value, right: Value) -> Maybe[bool]:
    if not isinstance(left, (Ref, Text)):
        left, right = right, left
    if isinstance(right, (bool, int, float, list, dict)) and isinstance(left, Text):
        return False
    if isinstance(left, Ref):
        if isinstance(right, Ref) and left == right:
            return True
        empty = right is None or (isinstance(right, str) and right == "")
        if empty and (not left.path or left.path[-1] in NEVER_EMPTY):
            return False
        return pending(left)
    return _equal_text(left, right) if isinstance(left, Text) else False


def _equal_text(left: Text, right: Value) -> Maybe[bool]:
    if right is None:
        return False
    if isinstance(right, Text) and _rendered(left) is not None and _rendered(left) == _rendered(right):
        return True
    head, tail = left.parts[0], left.parts[-1]
    if isinstance(right, str) and isinstance(head, str) and not right.startswith(head):
        return False
    if isinstance(right, str) and isinstance(tail, str) and not right.endswith(tail):
        return False
    return Unknown("the text has parts that are known after apply")


def _rendered(text: Text) -> tuple[str, ...] | None:
    """Return a text's parts with symbols for what is not known; None when a part has no symbol."""
    symbols = [part if isinstance(part, str) else part.symbol for part in text.parts]
    parts = [symbol() if callable(symbol) else symbol for symbol in symbols]
    return tuple(part for part in parts if part is not None) if None not in parts else None


def to_bool(value: Value) -> Maybe[bool]:
    """Convert to a condition."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    return _pending(value, "a condition must be true or false")


def to_number(value: Value) -> Maybe[int | float]:
    """Convert to a number; whole floats become ints."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and (found := _NUMBER.fullmatch(value)):
        return int(value) if found.group(1) is None else to_number(float(value))
    return _pending(value, "a number is required")


def to_text(value: Value) -> str | Ref | Text | Unknown:
    """Convert to a string as templates do; symbolic values stay."""
    if isinstance(value, (str, Ref, Text, Unknown)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    raise Failed("null where text is required" if value is None else "a collection where text is required")


def to_key(value: Value) -> str | Unknown:
    """Convert to the key of an object."""
    text = to_text(value)
    return pending(text) if isinstance(text, (Ref, Text, Unknown)) else text


def pending(value: Ref | Text | Unknown) -> Unknown:
    """Return the Unknown that says why a symbolic value cannot be computed with."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Ref):
        return Unknown(f"{_name(value)} is known after apply")
    part = next((part for part in value.parts if not isinstance(part, str)), None)
    return pending(part) if part is not None else Unknown("known after apply")


def _name(ref: Ref) -> str:
    return ".".join([ref.address, *(str(step) for step in ref.path)])


def _pending(value: Value, problem: str) -> Unknown:
    if isinstance(value, (Ref, Text, Unknown)):
        return Unknown(pending(value).reason)
    raise Failed(problem if value is not None else f"{problem}, not null")
