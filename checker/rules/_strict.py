"""Orders of parameters: which value asks no less than another."""

from __future__ import annotations

from checker.model.finding import Json
from checker.rules._rule import Order


def more_items(one: Json, other: Json) -> bool:
    """Order lists of demands: the longer list asks for all that the other asks for."""
    return isinstance(one, list) and isinstance(other, list) and all(each in one for each in other)


def higher(one: Json, other: Json) -> bool:
    """Order least numbers."""
    return isinstance(one, int) and isinstance(other, int) and one >= other


def ranked(*words: str) -> Order:
    """Return an order of words, the strictest first."""

    def order(one: Json, other: Json) -> bool:
        return one in words and other in words and words.index(str(one)) <= words.index(str(other))

    return order
