"""Instance keys by which an expression picks an instance of another block, as far as plan JSON shows them.

``aws_vpc.v[each.key].id`` shows as ``aws_vpc.v`` and ``each.key``: the index expression itself is lost, so that a
pairing by equal key is an assumption.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from checker.load.terraform.configuration import is_constant
from checker.load.terraform.instance import InstanceKey
from checker.load.terraform.inventory import Keys
from checker.load.terraform.steps import Key, steps_of
from checker.model.record import dataclass

ASSUMPTION: Final = "paired by equal index: plan JSON does not show the arithmetic; --source settles it"
"""Said of every value that was settled by an assumed pairing."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An instance key by which instances of another block are paired, with the keys of its siblings."""

    key: InstanceKey
    siblings: Keys
    assumed: bool = True
    """Whether plan JSON may hide another index. It does not where ``for_each`` is the other block itself."""

    def fits(self, keys: Keys) -> bool:
        """Return whether the instance of equal key is meant.

        ``aws_vpc.c[count.index + 1]`` shows just as ``aws_vpc.c[count.index]`` does, so numbers pair only where both
        blocks have as many instances. Texts are hardly ever computed from one another.
        """
        if isinstance(self.key, str):
            return self.key in keys.members
        return self.key is not None and self.siblings is keys


def is_key(reference: str) -> bool:
    """Return whether a reference is to the instance's own key or element: ``count.index``, ``each.value.name``."""
    return reference.startswith(("count.index", "each."))


def pair_of(references: Sequence[str], key: InstanceKey, siblings: Keys, repetition: Any) -> Pair | None:
    """Return how an expression with these references picks instances; None where that is not clear.

    It is clear where one such reference is used, and no oftener than there are things to pick from:
    ``aws_vpc.v[each.key == "a" ? "b" : each.key]`` holds two keys and one block.
    """
    keys = [text for text in references if is_key(text)]
    if len(set(keys)) != 1 or 2 * len(keys) > len(references):
        return None
    if not keys[0].startswith("each.value"):
        return Pair(key, siblings)
    value = _constant_element(repetition, key, keys[0])
    return Pair(value, siblings) if isinstance(value, str) else None


def _constant_element(repetition: Any, key: InstanceKey, reference: str) -> Any:
    """Return ``each.value``, or what the reference takes of it, where ``for_each`` is a constant; else None."""
    if not is_constant(repetition):
        return None
    collection = repetition["constant_value"]
    if isinstance(collection, list):
        value = key if key in collection else None
    else:
        value = collection.get(key) if isinstance(collection, dict) else None
    for step in steps_of(reference)[2:]:
        name = step.text if isinstance(step, Key) else step
        if isinstance(value, dict) and isinstance(name, str):
            value = value.get(name)
        elif isinstance(value, list) and isinstance(name, int) and name < len(value):
            value = value[name]
        else:
            return None
    return value
