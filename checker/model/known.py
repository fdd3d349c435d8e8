"""A value that may not be known, and why. The bottom of the whole program."""

from __future__ import annotations

from typing import NoReturn, TypeAlias, TypeVar, Union

from checker.model.record import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """A fact that the source does not tell.

    It refuses to be used as a truth value and to be compared with a known value, because both would turn
    ignorance into a verdict: ``if log.traffic_type != "ALL": fail`` must not run on an unknown traffic type.
    Ask ``isinstance(value, Unknown)`` first.
    """

    reason: str
    """Why it is not known, as a person reads it: names the expression, the denied call, the file and line."""

    symbol: str | None = None
    """A text that stands for the value. Equal symbols mean equal values; different symbols mean nothing."""

    among: tuple[str, ...] = ()
    """Keys of the entities of which the value must be one; empty when it may be any, inside or outside the model."""

    def __bool__(self) -> NoReturn:
        raise TypeError(f"an unknown value has no truth ({self.reason}); test isinstance(value, Unknown) first")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Unknown):
            return (self.reason, self.symbol, self.among) == (other.reason, other.symbol, other.among)
        raise TypeError(f"an unknown value cannot be compared ({self.reason}); test isinstance(value, Unknown) first")

    def __hash__(self) -> int:
        return hash((Unknown, self.reason, self.symbol, self.among))


Maybe: TypeAlias = Union[T, Unknown]
"""Either a value or the reason why there is none. ``None`` is a value: "known to be unset"."""

Key: TypeAlias = str
"""Names one entity inside one NetworkModel: the Terraform instance address, or the ARN or id of a live resource.

A reference to something outside the model is the id or ARN itself, as text; it is then a key that finds nothing.
"""


def may_equal(one: Maybe[T], other: Maybe[T]) -> bool:
    """Say whether two values may be the same: they are, or one of them is not known."""
    return isinstance(one, Unknown) or isinstance(other, Unknown) or one == other
