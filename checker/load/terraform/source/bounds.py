"""Bounds on values: source can make values that are small to write and huge to hold, each local doubling the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from checker.load.terraform.instance import Text, Value

MAX_SIZE: Final = 1_000_000
"""Most elements, counted where they occur, and characters of text in one value."""
MAX_NESTING: Final = 100
"""Deepest nesting of lists and objects."""

MAX_BITS: Final = 4096
"""Longest whole number; Terraform's have 512 bits of precision."""


class Bounds:
    """Weighs values. What was weighed is remembered by identity, so every value must be kept by the caller."""

    def __init__(self) -> None:
        self._weighed: dict[int, tuple[int, int]] = {}

    def hold(self, value: Value) -> bool:
        """Return whether a value is small enough to be worked with."""
        size, nesting = self._weigh(value, MAX_NESTING)
        return size <= MAX_SIZE and nesting <= MAX_NESTING

    def _weigh(self, value: Value, left: int) -> tuple[int, int]:
        """Return the size of a value and how deep it is nested."""
        if not isinstance(value, (list, dict)):
            return length(value), 0
        if left < 0:
            return MAX_SIZE + 1, MAX_NESTING + 1
        known = self._weighed.get(id(value))
        if known is None:
            size, nesting = len(value), 0
            for item in value.values() if isinstance(value, dict) else value:
                inside, below = self._weigh(item, left - 1)
                size, nesting = size + inside, max(nesting, below)
            known = self._weighed[id(value)] = (size, nesting + 1)
        return known


def length(value: Value) -> int:
    """Return the number of characters or elements of a value, not counting what is inside those."""
    if isinstance(value, Text):
        return sum(len(part) if isinstance(part, str) else 1 for part in value.parts)
    return len(value) if isinstance(value, (str, list, dict)) else 1


def effort(value: Value) -> int:
    """Return what making a value counts for beside one step, so that large ones cannot be made without end."""
    if isinstance(value, (list, dict)):
        return len(value) // 4
    return length(value) // 64


def small_enough(value: int | float) -> bool:
    """Return whether a number is one that Terraform, too, can hold exactly."""
    return isinstance(value, float) or value.bit_length() <= MAX_BITS


def fit(values: Sequence[Value]) -> bool:
    """Return whether values together are small enough to be put into one."""
    return sum(length(value) for value in values) <= MAX_SIZE
