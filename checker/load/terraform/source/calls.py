"""Functions that the evaluator itself must see: those that catch errors, read files, or take a list not known yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from checker.load.terraform.functions import FunctionError
from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.source.bounds import small_enough
from checker.load.terraform.source.parse import ParseError, parse_template
from checker.load.terraform.source.scope import Scope
from checker.load.terraform.source.syntax import Expr
from checker.load.terraform.source.values import Failed, doubt_in
from checker.model.known import Unknown

if TYPE_CHECKING:
    from checker.load.terraform.source.expressions import Walker

SpecialCall: TypeAlias = "Callable[[Walker, Sequence[Expr], Scope], Value]"

MAX_PIECES: Final = 1000
"""Longest list made of one reference."""


def call_function(name: str, values: Sequence[Value], call: Callable[[str, Sequence[Value]], Value]) -> Value:
    """Return a function's result; raises Failed where Terraform reports an error."""
    symbolic = _of_reference(name, values)
    if symbolic is not None:
        return symbolic
    try:
        result = call(name, values)
    except FunctionError as error:
        raise Failed(str(error)) from error
    if isinstance(result, (int, float)) and not small_enough(result):
        return Unknown("the number is too large")
    return result


def _of_reference(name: str, values: Sequence[Value]) -> Value:
    """Return elements of a list that is known after apply as references; None where the function is not one of those.

    ``slice(data.aws_availability_zones.a.names, 0, 3)`` has three elements, whatever they will be.
    """
    if not values or not isinstance(values[0], Ref) or not values[0].path:
        return None
    ref, rest = values[0], values[1:]
    if name == "tolist" and not rest:
        return ref
    numbers = [value for value in rest if isinstance(value, int) and not isinstance(value, bool)]
    if len(numbers) != len(rest) or any(number < 0 for number in numbers):
        return None
    if name == "element" and len(numbers) == 1:
        return Ref(ref.address, (*ref.path, numbers[0]))
    if name == "slice" and len(numbers) == 2 and 0 <= numbers[1] - numbers[0] <= MAX_PIECES:
        return [Ref(ref.address, (*ref.path, number)) for number in range(*numbers)]
    return None


def _try(walker: Walker, arguments: Sequence[Expr], scope: Scope) -> Value:
    """Return the first argument that Terraform evaluates without error."""
    last = Failed("no argument of try() can be evaluated")
    for argument in arguments:
        try:
            value = walker.evaluate(argument, scope)
        except Failed as error:
            last = error
            continue
        doubt = doubt_in(value)
        return value if doubt is None else Unknown(doubt.reason)
    raise last


def _can(walker: Walker, arguments: Sequence[Expr], scope: Scope) -> Value:
    """Return whether the argument can be evaluated."""
    try:
        value = walker.evaluate(arguments[0], scope)
    except Failed:
        return False
    return Unknown(value.reason) if isinstance(value, Unknown) else True


def _file(walker: Walker, arguments: Sequence[Expr], scope: Scope) -> Value:
    """Return the content of a file."""
    name = walker.evaluate(arguments[0], scope)
    if isinstance(name, Unknown):
        return name
    if isinstance(name, (Ref, Text)) or not isinstance(name, str):
        return scope.place.unknown("the file's name is not known")
    return walker.host.read_text(name, scope)


def _template_file(walker: Walker, arguments: Sequence[Expr], scope: Scope) -> Value:
    """Return a file's content with its placeholders filled."""
    text = _file(walker, arguments, scope)
    given = walker.evaluate(arguments[1], scope) if len(arguments) > 1 else {}
    if not isinstance(text, str):
        return text
    if isinstance(given, Unknown):
        return given
    if not isinstance(given, dict):
        return scope.place.unknown("the template's variables are not known")
    try:
        template = parse_template(text)
    except ParseError as error:
        raise Failed(f"the template cannot be parsed: {error.cause}") from error
    return walker.evaluate(template, Scope(scope.within, given, scope.place))


SPECIAL: Final[Mapping[str, SpecialCall]] = {"try": _try, "can": _can, "file": _file, "templatefile": _template_file}
