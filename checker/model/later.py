"""Fields that are worked out when they are first read: of thousands of diagnoses, a person is shown a few.

``lazily("peers")`` above a record with slots lets its field ``peers`` be given as ``later(make)``, beside plain values.
Whoever reads the field gets what ``make`` returns, made once; comparing, printing and ``replace`` read it too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")
C = TypeVar("C")


class _Later(Generic[T]):
    """Stands in a slot until the field is read."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], T]) -> None:
        self.make = make


class _Reading:
    """Stands before a slot."""

    __slots__ = ("_get", "_put")

    def __init__(self, slot: Any) -> None:
        self._get, self._put = slot.__get__, slot.__set__

    def __get__(self, item: Any, owner: Any = None) -> Any:
        if item is None:
            return self
        found = self._get(item)
        if found.__class__ is _Later:
            found = found.make()
            self._put(item, found)
        return found

    def __set__(self, item: Any, value: Any) -> None:
        self._put(item, value)


def later(make: Callable[[], T]) -> T:
    """Return what a field that ``lazily`` names may be given: to a type checker, the value itself."""
    return cast("T", _Later(make))


def lazily(*names: str) -> Callable[[type[C]], type[C]]:
    """Let these fields of a record with slots be worked out when they are first read."""

    def made(cls: type[C]) -> type[C]:
        for name in names:
            setattr(cls, name, _Reading(cls.__dict__[name]))
        return cls

    return made
