"""What a regular expression may cost at worst in Python, which backtracks where RE2 does not.

The parse tree of Python's own compiler is walked from the end to the beginning. Each node is told what may follow it:
a repetition whose elements cannot be taken for what follows has one way to match, any other has as many as the text
is long, and a repeated group multiplies the ways of its content by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any, Final, TypeAlias

from checker.model.record import dataclass

MAX_COST: Final = 50_000_000
"""Most steps that a search may take at worst: about a second."""

Signs: TypeAlias = frozenset[int]
"""Code points of ASCII; 128 stands for all others."""

_OTHER: Final = 128
_ALL: Final[Signs] = frozenset(range(_OTHER + 1))
_NONE: Final[Signs] = frozenset()
_CLASSES: Final[dict[str, str]] = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
_REPEATS: Final = ("MAX_REPEAT", "MIN_REPEAT")


class CostError(Exception):
    """An expression that cannot be weighed: RE2 does not know what stands in it, or this module does not."""


@dataclass(frozen=True, slots=True)
class _Weight:
    """What may become of one part of an expression, from one place of a text on."""

    cost: float
    """Most steps until the part and all that follows it have matched or failed."""
    ways: float
    """Most ways for the part itself to match."""
    first: Signs
    """What it may begin with."""
    empty: bool
    """Whether it may match nothing."""

    def before(self, follow: Signs) -> Signs:
        """Return what may come first of this part and what follows it."""
        return self.first | follow if self.empty else self.first


_NOTHING: Final = _Weight(1, 1, _NONE, True)


def worst_cost(pattern: str, length: int) -> float:
    """Return the most steps that searching a text of a length may take; raises CostError."""
    try:
        tree = import_module("re._parser").parse(pattern, re.ASCII)
    except ImportError as error:
        raise CostError("the regular expression cannot be weighed") from error
    nodes, many = list(tree), max(length, 1)
    cost = _sequence(nodes, _NOTHING, _NONE, many).cost
    if nodes and str(nodes[0][0]) == "AT" and str(nodes[0][1]).startswith("AT_BEGINNING"):
        return cost if not re.match(r"\(\?[a-z]*m", pattern) else cost * many
    return cost if _never_fails(nodes) else cost * many


def _never_fails(nodes: Sequence[Any]) -> bool:
    """Return whether all there is is ``[...]+``: it ends where its class does, and the search goes on behind it."""
    if len(nodes) != 1 or str(nodes[0][0]) not in _REPEATS:
        return False
    least, _, content = nodes[0][1]
    return least <= 1 and len(content) == 1 and str(content[0][0]) in _SINGLE


def _sequence(nodes: Sequence[Any], rest: _Weight, follow: Signs, length: int) -> _Weight:
    """Weigh nodes one behind the other; ``rest`` is what is tried behind them, ``follow`` what may begin there."""
    weight = _Weight(rest.cost, 1, _NONE, True)
    for operator, argument in reversed(nodes):
        part = _weigh(str(operator), argument, weight.cost, weight.before(follow), length)
        weight = _Weight(
            part.cost,
            part.ways * weight.ways,
            part.first | (weight.first if part.empty else _NONE),
            part.empty and weight.empty,
        )
    return weight


def _weigh(operator: str, argument: Any, cost: float, follow: Signs, length: int) -> _Weight:
    """Weigh one node; ``cost`` is what trying all that comes behind it costs."""
    if operator in _REPEATS:
        return _repeat(argument, cost, follow, length)
    if operator == "SUBPATTERN":
        return _sequence(list(argument[3]), _Weight(cost, 1, _NONE, True), follow, length)
    if operator == "BRANCH":
        return _branch(argument[1], cost, follow, length)
    if operator == "AT":
        return _Weight(cost + 1, 1, _NONE, True)
    if operator in _SINGLE:
        return _Weight(cost + 1, 1, _SINGLE[operator](argument), False)
    raise CostError("the regular expression has a part that is not known")


def _branch(branches: Sequence[Any], cost: float, follow: Signs, length: int) -> _Weight:
    rest = _Weight(cost, 1, _NONE, True)
    weights = [_sequence(list(branch), rest, follow, length) for branch in branches]
    first: Signs = _NONE
    apart = True
    for weight in weights:
        begins = weight.before(follow)
        apart = apart and first.isdisjoint(begins)
        first |= begins
    ways, costs = [weight.ways for weight in weights], [weight.cost for weight in weights]
    return _Weight(
        (max(costs) if apart else sum(costs)) + len(weights),
        max(ways) if apart else sum(ways),
        frozenset().union(*(weight.first for weight in weights)),
        any(weight.empty for weight in weights),
    )


def _repeat(argument: Any, cost: float, follow: Signs, length: int) -> _Weight:
    """Weigh a repetition: each number of rounds is a way, where what follows can be taken for one more round."""
    least, most, content = int(argument[0]), int(argument[1]), list(argument[2])
    rounds = min(most, length)
    alone = _sequence(content, _NOTHING, _NONE, length)
    again = alone.first if most > 1 else _NONE
    inside = _sequence(content, _NOTHING, follow | again, length)
    if inside.empty and most > 1 and inside.ways > 1:
        raise CostError("the regular expression repeats what may be nothing in several ways")
    paths = float(inside.ways) ** rounds if inside.ways == 1 or rounds < 64 else float("inf")
    varying = max(1, rounds - least + 1)
    apart = inside.first.isdisjoint(follow) and not inside.empty
    ends = 1 if apart else varying
    steps = paths * (rounds * inside.cost + varying)
    return _Weight(steps + paths * ends * cost, paths * ends, inside.first, least == 0 or inside.empty)


def _literal(code: Any) -> Signs:
    """Return a letter in both cases, since ``(?i)`` may be in force; all that is not ASCII as one."""
    return _both_cases({min(int(code), _OTHER)})


def _both_cases(signs: Iterable[int]) -> Signs:
    return frozenset(ord(case) for code in signs for case in (chr(code), chr(code).swapcase()) if ord(case) <= _OTHER)


def _not_literal(code: Any) -> Signs:
    return _ALL - {int(code)} if int(code) < _OTHER else _ALL


def _class(items: Any) -> Signs:
    """Return what a class in brackets matches."""
    signs: Signs = _NONE
    negated = False
    for operator, argument in items:
        match str(operator):
            case "NEGATE":
                negated = True
            case "LITERAL":
                signs |= {min(int(argument), _OTHER)}
            case "RANGE":
                low, high = argument
                signs |= frozenset(range(min(low, _OTHER), min(high, _OTHER) + 1))
            case "CATEGORY":
                signs |= _category(str(argument))
            case _:
                raise CostError("the regular expression has a class that is not known")
    return (_ALL - signs) | {_OTHER} if negated else _both_cases(signs)


def _category(name: str) -> Signs:
    """Return what ``CATEGORY_DIGIT``, ``CATEGORY_NOT_SPACE`` and their kin match."""
    plain = name.removeprefix("CATEGORY_")
    shorthand = _CLASSES.get(plain.removeprefix("NOT_"))
    if shorthand is None:
        raise CostError("the regular expression has a class that is not known")
    matches = re.compile(shorthand, re.ASCII).match
    signs = frozenset(code for code in range(_OTHER) if matches(chr(code)))
    return _ALL - signs if plain.startswith("NOT_") else signs


_SINGLE: Final[dict[str, Callable[[Any], Signs]]] = {
    "LITERAL": _literal,
    "NOT_LITERAL": _not_literal,
    "ANY": lambda _: _ALL,
    "IN": _class,
}
