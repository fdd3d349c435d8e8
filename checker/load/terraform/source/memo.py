"""Results remembered, cycles noticed, and long chains of references evaluated without deep recursion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
MemoKey: TypeAlias = tuple[str, str, str]
"""What kind of thing, the address of the module or instance it belongs to, its name."""

FRAMES: Final = 12
"""Python frames between an expression and the expression behind a name in it."""
POSTPONE_AT: Final = 250
"""Python frames in use from which on a further name is evaluated first, by itself, from a shallow stack."""


class Depth(Protocol):
    """Counts the Python frames in use, and the steps taken."""

    depth: int

    def begin(self) -> None:
        """Start to count what one value takes."""
        ...


class _Postponed(BaseException):
    """Unwinds the stack to evaluate a name first. Not an Exception: nothing on the way may take it for a failure."""

    def __init__(self, key: MemoKey, compute: Callable[[], Any], cyclic: Callable[[], Any]) -> None:
        super().__init__(key)
        self.key = key
        self.compute = compute
        self.cyclic = cyclic


class Memo:
    """Remembers each result. Whatever asks for itself while it is computed gets what ``cyclic`` returns."""

    def __init__(self, counter: Depth) -> None:
        self._counter = counter
        self._results: dict[MemoKey, Any] = {}
        self._active: set[MemoKey] = set()

    def settle(self, key: MemoKey, compute: Callable[[], T], cyclic: Callable[[], T]) -> T:
        """Return the result for a key, computed at most once."""
        if key in self._results:
            result: T = self._results[key]
            return result
        if key in self._active:
            return cyclic()
        if not self._active:
            first: T = self._from_shallow(_Postponed(key, compute, cyclic))
            return first
        if self._counter.depth > POSTPONE_AT:
            raise _Postponed(key, compute, cyclic)
        return self._run(key, compute)

    def _run(self, key: MemoKey, compute: Callable[[], T]) -> T:
        self._active.add(key)
        self._counter.depth += FRAMES
        try:
            result = compute()
        finally:
            self._counter.depth -= FRAMES
            self._active.discard(key)
        self._results[key] = result
        return result

    def _from_shallow(self, first: _Postponed) -> Any:
        """Compute a result; whatever turns out to lie too deep is computed before, from here."""
        waiting = {first.key: first}
        self._counter.begin()
        while waiting:
            item = next(reversed(waiting.values()))
            try:
                self._run(item.key, item.compute)
                del waiting[item.key]
            except _Postponed as later:
                if later.key in waiting:
                    self._results[later.key] = later.cyclic()
                else:
                    waiting[later.key] = later
        return self._results[first.key]
