"""The texts of references in plan JSON, taken apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from checker.model.record import dataclass

_STEP: Final = re.compile(r'\.?([^.\[\]"]+)|\[(?:(\d+)|("(?:[^"\\]|\\.)*"))\]')


@dataclass(frozen=True, slots=True)
class Key:
    """``["a"]`` in a reference."""

    text: str


Step = str | int | Key


@lru_cache(maxsize=1 << 14)  # every copy of a module holds the same references
def steps_of(reference: str) -> tuple[Step, ...]:
    """Split ``module.net["p"].vpc_id`` into its steps; what cannot be read ends it."""
    steps: list[Step] = []
    position = 0
    while position < len(reference):
        found = _STEP.match(reference, position)
        if found is None:
            break
        name, number, text = found.groups()
        if text is not None:
            steps.append(Key(re.sub(r"\\(.)", r"\1", text[1:-1]).replace("$${", "${").replace("%%{", "%{")))
        else:
            steps.append(int(number or name) if (number or name).isdecimal() else name)
        position = found.end()
    return tuple(steps)


def longest(found: Sequence[str]) -> tuple[str, ...]:
    """Return the different references of an expression as they are written, in their order."""
    return tuple(dict.fromkeys(written(found)))


def written(found: Sequence[str]) -> tuple[str, ...]:
    """Return the references of an expression as they are written, in their order and as often as they occur.

    Terraform lists ``a.b[0].id``, ``a.b[0]`` and ``a.b`` for ``a.b[0].id``. Another ``a.b`` behind them is one of its
    own, as in ``x ? a.b[0].id : a.b[count.index].id``.
    """
    return _written(tuple(found))


@lru_cache(maxsize=1 << 14)
def _written(found: tuple[str, ...]) -> tuple[str, ...]:
    kept: list[str] = []
    before = ""
    for one in found:
        if not (before.startswith(one) and before[len(one) : len(one) + 1] in (".", "[")):
            kept.append(one)
        before = one
    return tuple(kept)
