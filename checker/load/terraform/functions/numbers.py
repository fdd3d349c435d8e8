"""Functions of numbers."""

from __future__ import annotations

import math
import string
from collections.abc import Callable
from typing import Final

from checker.load.terraform.functions.arguments import FunctionError, PendingError, integer, number, text, whole
from checker.load.terraform.instance import Value
from checker.model.known import Unknown

_DIGITS: Final = string.digits + string.ascii_lowercase + string.ascii_uppercase
_MAX_DIGITS: Final = 4000
"""Most digits of a number that is read."""


def _abs(value: Value) -> Value:
    return abs(number(value))


def _ceil(value: Value) -> Value:
    return math.ceil(number(value))


def _floor(value: Value) -> Value:
    return math.floor(number(value))


def _log(value: Value, base: Value) -> Value:
    known, foot = number(value), number(base)
    if known <= 0 or foot <= 0 or foot == 1:
        raise FunctionError("there is no such logarithm")
    return whole(math.log(known) / math.log(foot))


def _max(first: Value, *others: Value) -> Value:
    return max(number(value) for value in (first, *others))


def _min(first: Value, *others: Value) -> Value:
    return min(number(value) for value in (first, *others))


def _parseint(value: Value, base: Value) -> Value:
    digits, radix = text(value), integer(base)
    if not 2 <= radix <= 62:
        raise FunctionError("the base must be from 2 to 62")
    negative = digits.startswith("-")
    if radix <= 36:
        digits = digits.lower()
    if len(digits) > _MAX_DIGITS:
        raise PendingError(Unknown("a number is too large to be worked with"))
    result = 0
    for sign in digits.removeprefix("-") or "?":
        digit = _DIGITS.find(sign)
        if not 0 <= digit < radix:
            raise FunctionError(f"the text is no number of base {radix}")
        result = result * radix + digit
    return -result if negative else result


def _pow(value: Value, exponent: Value) -> Value:
    known, power = number(value), number(exponent)
    try:
        result = math.pow(known, power)
    except OverflowError as error:
        raise PendingError(Unknown("a number is too large to be worked with")) from error
    except ValueError as error:
        raise FunctionError("there is no such power") from error
    return whole(result)


def _signum(value: Value) -> Value:
    known = integer(value)
    return (known > 0) - (known < 0)


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "abs": _abs,
    "ceil": _ceil,
    "floor": _floor,
    "log": _log,
    "max": _max,
    "min": _min,
    "parseint": _parseint,
    "pow": _pow,
    "signum": _signum,
}
