"""What functions ask of their arguments, and the conversions that Terraform makes for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.source.values import NEVER_EMPTY, SetList, equal, identifies, pending
from checker.model.known import Unknown

Number: TypeAlias = int | float

MAX_ITEMS: Final = 100_000
"""Longest list, and most characters times ten, that a function makes."""

MAX_TEXT: Final = 1_000_000
"""Longest text that a function makes."""
MAX_COMPARISONS: Final = 500_000
"""Most comparisons of elements in one call; known texts are looked up instead."""

_NUMBER: Final = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,2})?")


class FunctionError(Exception):
    """A call that Terraform reports as an error: ``try`` goes on to its next argument then."""


class PendingError(Exception):
    """The result hangs on something that is not known."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


def need(value: Value) -> Value:
    """Return a value that is known at its surface; raises PendingError."""
    if isinstance(value, (Ref, Text, Unknown)):
        raise PendingError(Unknown(pending(value).reason))
    return value


def need_all(value: Value) -> Value:
    """Return a value that is known at every depth; raises PendingError."""
    need(value)
    for item in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        need_all(item)
    return value


def text(value: Value) -> str:
    """Return a text; numbers and bools become one."""
    known = need(value)
    if isinstance(known, str):
        return known
    if isinstance(known, bool):
        return "true" if known else "false"
    if isinstance(known, (int, float)):
        return number_text(known)
    raise FunctionError(f"a text is required, not {kind(known)}")


def part(value: Value) -> str | Ref | Text | Unknown:
    """Return a text that may be symbolic."""
    return value if isinstance(value, (Ref, Text, Unknown)) else text(value)


def joined(parts: Iterable[str | Ref | Text | Unknown]) -> Value:
    """Return the text that parts make one behind the other."""
    flat: list[str | Ref | Unknown] = []
    run: list[str] = []
    left = MAX_TEXT
    for one in parts:
        for piece in one.parts if isinstance(one, Text) else (one,):
            left -= len(piece) if isinstance(piece, str) else 1
            if left < 0:
                raise PendingError(Unknown("the text is too long to be worked with"))
            if isinstance(piece, str):
                run.append(piece)
                continue
            if whole_run := "".join(run):
                flat.append(whole_run)
            run.clear()
            flat.append(piece)
    if last := "".join(run):
        flat.append(last)
    if len(flat) == 1 and isinstance(flat[0], Ref):
        return flat[0]
    if all(isinstance(piece, str) for piece in flat):
        return "".join(piece for piece in flat if isinstance(piece, str))
    return Text(tuple(flat))


def number(value: Value) -> Number:
    """Return a number; a text that spells one is taken."""
    known = need(value)
    if isinstance(known, (int, float)) and not isinstance(known, bool):
        return whole(known)
    if isinstance(known, str) and (found := _NUMBER.fullmatch(known)):
        return int(known) if found.group(1) is None and found.group(2) is None else whole(float(known))
    raise FunctionError(f"a number is required, not {kind(known)}")


def integer(value: Value) -> int:
    """Return a whole number."""
    known = number(value)
    if isinstance(known, float):
        raise FunctionError("a whole number is required")
    return known


def boolean(value: Value) -> bool:
    """Return a bool; the texts ``true`` and ``false`` are taken."""
    known = need(value)
    if isinstance(known, bool):
        return known
    if isinstance(known, str) and known in ("true", "false"):
        return known == "true"
    raise FunctionError(f"true or false is required, not {kind(known)}")


def items(value: Value) -> list[Value]:
    """Return a list, or a set in order; the elements may be symbolic."""
    known = need(value)
    if isinstance(known, list):
        return known
    raise FunctionError(f"a list is required, not {kind(known)}")


def sequence(value: Value) -> list[Value]:
    """Return a list; a set is none."""
    if isinstance(value, SetList):
        raise FunctionError("a list is required, not a set")
    return items(value)


def mapping(value: Value) -> dict[str, Value]:
    """Return a map or object; the values may be symbolic."""
    known = need(value)
    if isinstance(known, dict):
        return known
    raise FunctionError(f"a map is required, not {kind(known)}")


def texts(value: Value) -> list[str]:
    """Return a list of known texts."""
    return [text(item) for item in items(value)]


def whole(value: Number) -> Number:
    """Return a number as an int where it is whole."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def number_text(value: Number) -> str:
    """Return a number as Terraform writes it: without exponent, in its shortest form."""
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    short = float(f"{value:.15g}")
    from decimal import Decimal

    return format(Decimal(repr(short)), "f")


def kind(value: Value) -> str:
    """Name a value's type for a message, never the value itself."""
    if value is None:
        return "null"
    names = {bool: "a bool", str: "this text", dict: "a map"}
    return "a list" if isinstance(value, list) else names.get(type(value), "a number")


def unify(values: Sequence[Value]) -> list[Value]:
    """Return values as elements of one list, of one type: texts where not all are numbers or all bools."""
    simple = [value for value in values if isinstance(value, (str, bool, int, float))]
    kinds = {_simple_kind(value) for value in simple}
    symbolic = any(isinstance(value, Text) for value in values)
    if len(kinds) + symbolic < 2:
        return list(values)
    if not symbolic and "text" not in kinds:
        raise FunctionError("a number and a bool have no common type")
    return [text(value) if isinstance(value, (str, bool, int, float)) else value for value in values]


def _simple_kind(value: str | bool | Number) -> str:
    return "bool" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def made_set(values: Iterable[Value]) -> SetList:
    """Return a set: without duplicates, known texts and numbers in order, all else behind them."""
    whole_set = list(values)
    if known := known_texts(whole_set):
        return SetList(sorted(set(known)))
    unique: list[Value] = []
    check_comparisons(len(whole_set), len(whole_set))
    for value in whole_set:
        if not any(surely_equal(value, other) for other in unique):
            unique.append(value)
    return SetList(sorted(unique, key=_set_order))


def known_texts(values: Sequence[Value]) -> list[str] | None:
    """Return values that are all known texts, which can be compared at once; None where one is not."""
    found = [value for value in values if isinstance(value, str)]
    return found if len(found) == len(values) else None


def check_comparisons(left: int, right: int) -> None:
    """Raise PendingError where so many elements cannot each be compared with each of so many others."""
    if left * right > MAX_COMPARISONS:
        raise PendingError(Unknown("the elements are too many to be compared"))


def _set_order(value: Value) -> tuple[int, Number, str]:
    if isinstance(value, str):
        return 1, 0, value
    if isinstance(value, (bool, int, float)):
        return 0, value, ""
    return 2, 0, ""


def surely_equal(left: Value, right: Value) -> bool:
    """Return whether two values are equal whatever is not known yet."""
    result = equal(left, right)
    return not isinstance(result, Unknown) and result


def surely_different(left: Value, right: Value) -> bool:
    """Return whether two values differ whatever is not known yet. Ids of two managed instances always do."""
    if isinstance(left, Ref) and isinstance(right, Ref):
        return _own_id(left) and _own_id(right) and left.address != right.address and left.path == right.path
    result = equal(left, right)
    return not isinstance(result, Unknown) and not result


def _own_id(ref: Ref) -> bool:
    return identifies(ref) and ref.path[0] in ("id", "arn") and "data." not in ref.address


def is_empty(value: Value) -> bool | Unknown:
    """Return whether a value is null or an empty text."""
    if value is None:
        return True
    if isinstance(value, str):
        return value == ""
    if isinstance(value, Ref):
        sure = not value.path or value.path[-1] in NEVER_EMPTY
        return False if sure else Unknown(pending(value).reason)
    if isinstance(value, Text):
        return False if any(isinstance(one, str) or is_empty(one) is False for one in value.parts) else pending(value)
    return Unknown(value.reason) if isinstance(value, Unknown) else False


def unknown_among(*values: Value) -> Unknown:
    """Return why the first symbolic one of some values is not known."""
    for value in values:
        if isinstance(value, (Ref, Text, Unknown)):
            return Unknown(pending(value).reason)
    return Unknown("a part of the value is known after apply")
