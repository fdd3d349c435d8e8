"""Terraform's operators over values that may be symbolic."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from checker.load.terraform.instance import Value
from checker.load.terraform.source.bounds import small_enough
from checker.load.terraform.source.values import Failed, equal, to_bool, to_number
from checker.model.known import Maybe, Unknown

Number: TypeAlias = int | float


def _divide(left: Number, right: Number) -> Number:
    if right == 0:
        raise Failed("division by zero")
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return left / right


def _remainder(left: Number, right: Number) -> Number:
    """Return the remainder with the sign of the dividend, as Terraform does."""
    if right == 0:
        raise Failed("division by zero")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


_ARITHMETIC: Final[dict[str, Callable[[Number, Number], Number | bool]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _remainder,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def apply(symbol: str, operands: Sequence[Value]) -> Value:
    """Return the result of an operator other than ``&&`` and ``||``; raises Failed where Terraform reports an error."""
    if len(operands) == 1:
        return negate(operands[0]) if symbol == "!" else _number(symbol, 0, operands[0])
    left, right = operands
    if symbol == "==":
        return equal(left, right)
    if symbol == "!=":
        return negate(equal(left, right))
    return _number(symbol, left, right)


def negate(value: Value) -> Maybe[bool]:
    """Return the opposite of a condition."""
    condition = to_bool(value)
    return condition if isinstance(condition, Unknown) else not condition


def both(left: Maybe[bool], right: Maybe[bool]) -> Maybe[bool]:
    """Return ``left && right``: false as soon as one of them is, even if the other is not known."""
    if isinstance(left, Unknown):
        return right if not isinstance(right, Unknown) and not right else left
    return right if left else False


def one_of(left: Maybe[bool], right: Maybe[bool]) -> Maybe[bool]:
    """Return ``left || right``: true as soon as one of them is, even if the other is not known."""
    if isinstance(left, Unknown):
        return right if not isinstance(right, Unknown) and right else left
    return True if left else right


def _number(symbol: str, left: Value, right: Value) -> Value:
    function = _ARITHMETIC.get(symbol)
    if function is None:
        return Unknown(f"operator {symbol} is not known")
    first, second = to_number(left), to_number(right)
    if isinstance(first, Unknown):
        return first
    if isinstance(second, Unknown):
        return second
    try:
        result = function(first, second)
    except OverflowError:
        return Unknown("the number is too large")
    return result if small_enough(result) else Unknown("the number is too large")
