"""Which functions there are, and how they are called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Final

from checker.load.terraform.functions import (
    collections,
    conversions,
    encoding,
    formatting,
    hashes,
    networks,
    numbers,
    paths,
    patterns,
    sets,
    strings,
    times,
)
from checker.load.terraform.functions.arguments import FunctionError, PendingError
from checker.load.terraform.instance import Value
from checker.load.terraform.source.values import Either, either
from checker.model.known import Unknown
from checker.model.record import dataclass

CORE: Final = "core::"
"""Namespace in which Terraform's own functions can be called as well."""

_MODULES: Final = (
    collections,
    conversions,
    encoding,
    formatting,
    hashes,
    networks,
    numbers,
    paths,
    patterns,
    sets,
    strings,
    times,
)
_IMPURE: Final = {
    "bcrypt": "differs with every run",
    "plantimestamp": "is the time of the plan",
    "timestamp": "is the time of the apply",
    "uuid": "differs with every run",
    "rsadecrypt": "would need a private key",
}
_MAX_OPTIONS: Final = 16
"""Most values of an argument for each of which a function is called."""


@dataclass(frozen=True, slots=True)
class _Function:
    run: Callable[..., Value]
    least: int
    most: int | None

    def takes(self, count: int) -> bool:
        return self.least <= count and (self.most is None or count <= self.most)


def _function(run: Callable[..., Value]) -> _Function:
    parameters = inspect.signature(run).parameters.values()
    fixed = [parameter for parameter in parameters if parameter.kind is not inspect.Parameter.VAR_POSITIONAL]
    return _Function(run, len(fixed), len(fixed) if len(fixed) == len(parameters) else None)


_FUNCTIONS: Final = {name: _function(run) for module in _MODULES for name, run in module.FUNCTIONS.items()}

NAMES: Final = frozenset(_FUNCTIONS)
"""Functions that are evaluated here; ``try``, ``can`` and those that read files are the evaluator's."""


def call(name: str, args: Sequence[Value]) -> Value:
    """Return what a function makes of its arguments; sets are lists of type SetList.

    Where the result hangs on something that is not known, it is Unknown, or a Text around the part that is not known.
    An argument that is one of several values makes a result that is one of several. Raises FunctionError where
    Terraform reports an error.
    """
    plain = name.removeprefix(CORE)
    function = _FUNCTIONS.get(plain)
    if function is None:
        cause = _IMPURE.get(plain)
        return Unknown(f"{plain}() {cause}" if cause else f"function {name} is not evaluated")
    if not function.takes(len(args)):
        raise FunctionError(f"{name}() does not take {len(args)} arguments")
    for position, argument in enumerate(args):
        if isinstance(argument, Either) and 0 < len(argument.options) <= _MAX_OPTIONS:
            options = ([*args[:position], option, *args[position + 1 :]] for option in argument.options)
            return either(argument.reason, *(_attempt(name, option) for option in options))
    try:
        return function.run(*args)
    except PendingError as pending:
        return pending.unknown
    except RecursionError as error:
        raise FunctionError(f"{name}(): the value is nested too deeply") from error


def _attempt(name: str, args: Sequence[Value]) -> Value:
    try:
        return call(name, args)
    except FunctionError as error:
        return Unknown(str(error))
