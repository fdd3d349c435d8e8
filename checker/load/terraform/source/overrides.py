"""Merges override files into the blocks that they override."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from checker.load.terraform.source.syntax import Block
from checker.model.record import replace

Identity: TypeAlias = tuple[str, ...]

_SINGLE: Final = frozenset({"terraform"})
_UNMERGED: Final = frozenset({"moved", "import", "removed", "check", "locals"})


def merge_overrides(blocks: Iterable[Block], overrides: Iterable[Block]) -> tuple[Block, ...]:
    """Return blocks with the overriding ones laid over them, in the order of their files.

    An argument replaces the argument of that name. A nested block replaces all nested blocks of its type, except for
    ``lifecycle``, whose arguments are merged. A local value replaces the one of its name. What overrides nothing is
    added.
    """
    merged = list(blocks)
    for override in overrides:
        if override.type == "locals":
            merged = [_without_locals(block, override) for block in merged]
            merged.append(override)
            continue
        position = _position(merged, override)
        if position is None:
            merged.append(override)
        else:
            merged[position] = _merge(merged[position], override)
    return tuple(merged)


def _position(blocks: list[Block], override: Block) -> int | None:
    if override.type in _UNMERGED:
        return None
    wanted = _identity(override)
    return next((index for index, block in enumerate(blocks) if _identity(block) == wanted), None)


def _identity(block: Block) -> Identity:
    if block.type in _SINGLE:
        return (block.type,)
    if block.type == "provider" and (alias := block.attributes.get("alias")):
        return (block.type, *block.labels, str(alias.expr))
    return (block.type, *block.labels)


def _without_locals(block: Block, override: Block) -> Block:
    if block.type != "locals":
        return block
    kept = {name: value for name, value in block.attributes.items() if name not in override.attributes}
    return replace(block, attributes=kept)


def _merge(base: Block, override: Block) -> Block:
    kinds = {_kind(block) for block in override.blocks}
    kept = [block for block in base.blocks if _kind(block) not in kinds]
    added = [_with_base(block, base) if block.type == "lifecycle" else block for block in override.blocks]
    return replace(base, attributes={**base.attributes, **override.attributes}, blocks=(*kept, *added))


def _kind(block: Block) -> str:
    """Return the type of the nested blocks that a block declares, a dynamic one too."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def _with_base(override: Block, base: Block) -> Block:
    below = next((block for block in base.blocks if block.type == override.type), None)
    return override if below is None else _merge(below, override)
