"""Functions of texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from checker.load.terraform.functions.arguments import (
    MAX_ITEMS,
    MAX_TEXT,
    FunctionError,
    PendingError,
    integer,
    items,
    joined,
    part,
    text,
)
from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.source.values import pending
from checker.model.known import Unknown

_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def _chomp(value: Value) -> Value:
    return re.sub(r"(?:\r\n?|\n)*\Z", "", text(value))


def _endswith(value: Value, suffix: Value) -> Value:
    return _at_edge(value, text(suffix), -1, str.endswith)


def _startswith(value: Value, prefix: Value) -> Value:
    return _at_edge(value, text(prefix), 0, str.startswith)


def _at_edge(value: Value, edge: str, position: int, test: Callable[[str, str], bool]) -> Value:
    """Decide on the literal text that a symbolic one begins or ends with, where that is enough."""
    if not isinstance(value, Text):
        return test(text(value), edge)
    literal = value.parts[position]
    if isinstance(literal, str) and (len(literal) >= len(edge) or not test(edge, literal)):
        return test(literal, edge)
    return Unknown(pending(value).reason)


def _indent(spaces: Value, value: Value) -> Value:
    width = integer(spaces)
    if not 0 <= width <= MAX_ITEMS:
        raise FunctionError("there is no such indentation")
    whole = text(value)
    if len(whole) + width * whole.count("\n") > MAX_TEXT:
        raise PendingError(Unknown("the text is too long to be worked with"))
    return whole.replace("\n", "\n" + " " * width)


def _join(separator: Value, *lists: Value) -> Value:
    between = part(separator)
    parts: list[str | Ref | Text | Unknown] = []
    for one in lists:
        for item in items(one):
            if parts:
                parts.append(between)
            parts.append(part(item) if item is not None else _null())
    return joined(parts)


def _null() -> str:
    raise FunctionError("null cannot be joined")


def _lower(value: Value) -> Value:
    return "".join(_single(sign, sign.lower()) for sign in text(value))


def _upper(value: Value) -> Value:
    return "".join(_single(sign, sign.upper()) for sign in text(value))


def _single(sign: str, changed: str) -> str:
    """Return the other case of a letter where that is one letter, as Go has it: ``ß`` stays."""
    return changed if len(changed) == 1 else sign


def _split(separator: Value, value: Value) -> Value:
    between, whole = text(separator), text(value)
    return [*whole.split(between)] if between else [*whole]


def _strcontains(value: Value, wanted: Value) -> Value:
    searched = text(wanted)
    if isinstance(value, Text) and any(isinstance(one, str) and searched in one for one in value.parts):
        return True
    return searched in text(value)


def _strrev(value: Value) -> Value:
    return text(value)[::-1]


def _substr(value: Value, offset: Value, length: Value) -> Value:
    whole, start, count = text(value), integer(offset), integer(length)
    if start < 0:
        start = max(0, start + len(whole))
    return whole[start:] if count < 0 else whole[start : start + count]


def _title(value: Value) -> Value:
    """Return a text with the first letter of each word in upper case."""
    result: list[str] = []
    before = " "
    for sign in text(value):
        result.append(_single(sign, sign.title()) if _separates(before) else sign)
        before = sign
    return "".join(result)


def _separates(sign: str) -> bool:
    if sign.isascii():
        return not (sign.isalnum() or sign == "_")
    return not sign.isalnum() and sign.isspace()


def _trim(value: Value, cutset: Value) -> Value:
    return text(value).strip(text(cutset)) if text(cutset) else text(value)


def _trimprefix(value: Value, prefix: Value) -> Value:
    return _cut_edge(value, text(prefix), 0, str.startswith, str.removeprefix)


def _trimsuffix(value: Value, suffix: Value) -> Value:
    return _cut_edge(value, text(suffix), -1, str.endswith, str.removesuffix)


def _cut_edge(
    value: Value, edge: str, position: int, test: Callable[[str, str], bool], cut: Callable[[str, str], str]
) -> Value:
    decided = _at_edge(value, edge, position, test)
    if isinstance(decided, Unknown):
        raise PendingError(decided)
    if not isinstance(value, Text):
        return cut(text(value), edge)
    parts = list(value.parts)
    literal = parts[position]
    if decided and isinstance(literal, str):
        parts[position] = cut(literal, edge)
    return joined(parts)


def _trimspace(value: Value) -> Value:
    return text(value).strip(_SPACE)


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "chomp": _chomp,
    "endswith": _endswith,
    "indent": _indent,
    "join": _join,
    "lower": _lower,
    "split": _split,
    "startswith": _startswith,
    "strcontains": _strcontains,
    "strrev": _strrev,
    "substr": _substr,
    "title": _title,
    "trim": _trim,
    "trimprefix": _trimprefix,
    "trimspace": _trimspace,
    "trimsuffix": _trimsuffix,
    "upper": _upper,
}
