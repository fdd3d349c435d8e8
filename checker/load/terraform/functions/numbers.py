"""Functions of numbers."""

from __future__ import annotations

import math
import string
from collections.abc import Callable
from typing import Final

from checker.load.terraform.functions.arguments import FunctionError, integer, number, text, whole
from checker.load.terraform.instance import Value

_DIGITS: Final = string.digits + string.ascii_lowercase + string.ascii_uppercase


def abs_(value: Value) -> Value:
    return abs(number(value))


def ceil(value: Value) -> Value:
    return math.ceil(number(value))


def floor(value: Value) -> Value:
    return math.floor(number(value))


def log(value: Value, base: Value) -> Value:
    known, foot = number(value), number(base)
    if known <= 0 or foot <= 0 or foot == 1:
        raise FunctionError("there is no such logarithm")
    return whole(math.log(known) / math.log(foot))


def max_(*values: Value) -> Value:
    return max(number(value) for value in values)


def min_(*values: Value) -> Value:
    return min(number(value) for value in values)


def parseint(value: Value, base: Value) -> Value:
    digits, radix = text(value), integer(base)
    if not 2 <= radix <= 62:
        raise FunctionError("the base must be from 2 to 62")
    negative = digits.startswith("-")
    if radix <= 36:
        digits = digits.lower()
    result = 0
    for sign in digits.removeprefix("-") or "?":
        digit = _DIGITS.find(sign)
        if not 0 <= digit < radix:
            raise FunctionError(f"the text is no number of base {radix}")
        result = result * radix + digit
    return -result if negative else result


def pow_(value: Value, exponent: Value) -> Value:
    known, power = number(value), number(exponent)
    try:
        result = math.pow(known, power)
    except (OverflowError, ValueError) as error:
        raise FunctionError("there is no such power") from error
    return whole(result)


def signum(value: Value) -> Value:
    known = integer(value)
    return (known > 0) - (known < 0)


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "abs": abs_,
    "ceil": ceil,
    "floor": floor,
    "log": log,
    "max": max_,
    "min": min_,
    "parseint": parseint,
    "pow": pow_,
    "signum": signum,
}
