"""Models from Terraform roots."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, Literal

from checker.load.terraform.convert.adopt import register
from checker.load.terraform.convert.canonical import DERIVED
from checker.load.terraform.convert.common import World
from checker.load.terraform.convert.keys import Index
from checker.load.terraform.convert.registry import CONVERTERS, PARTS, WANTED_TYPES
from checker.load.terraform.convert.resolve import Resolver
from checker.load.terraform.convert.sites import Pool, Sites
from checker.load.terraform.instance import Instance, TerraformRoot
from checker.load.terraform.instances import Instances
from checker.model.known import Key
from checker.model.loaded import Loaded, ResourceChange
from checker.model.model import NetworkModel, Unread
from checker.model.record import replace


def build_model(
    roots: Sequence[TerraformRoot], which: Literal["after", "before"], parts: Container[str] = PARTS
) -> NetworkModel:
    """Return the network that all roots together describe, before or after the change.

    A root without a before (source, a state) is taken as unchanged. Entities keep the address of their instance as
    key, with the root's label before it where several roots are read. ``parts`` are the fields of the model that are
    wanted; the others stay empty.
    """
    world = _worlds(roots)[0] if which == "after" else _world(roots, "before")
    return _model(world, _unread(roots, which), parts)


def to_loaded(roots: Sequence[TerraformRoot], parts: Container[str] = PARTS) -> Loaded:
    """Return both networks, the changes between them, and what could not be read. Other parts stay empty."""
    after, before = _worlds(roots)
    changes = [_change(change, root, roots, before, after) for root in roots for change in root.changes]
    return Loaded(
        after=_model(after, _unread(roots, "after"), parts),
        before=None if before is None else _model(before, _unread(roots, "before"), parts),
        changes=tuple(changes),
        gaps=tuple(gap for root in roots for gap in root.gaps),
        inline_waivers=tuple(waiver for root in roots for waiver in root.inline_waivers),
        inputs=tuple(root.input for root in roots),
    )


def _worlds(roots: Sequence[TerraformRoot]) -> tuple[World, World | None]:
    """Return the world after, and the world before where any root has one."""
    before = None if all(root.before is None for root in roots) else _world(roots, "before")
    return _world(roots, "after", before), before


def _world(roots: Sequence[TerraformRoot], which: Literal["after", "before"], previous: World | None = None) -> World:
    pools = [
        Pool(_label(root, roots), _instances(root.after if which == "after" or root.before is None else root.before),
             root.default_tags)
        for root in roots
    ]  # fmt: skip
    resolver = Resolver(Sites(pools, WANTED_TYPES), DERIVED)
    world = World(resolver, Index(resolver), previous)
    register(world)
    return world


def _instances(given: Instances | tuple[Instance, ...]) -> Instances:
    return given if isinstance(given, Instances) else Instances.of(given)


def _label(root: TerraformRoot, roots: Sequence[TerraformRoot]) -> str:
    return root.label if len(roots) > 1 else ""


def _unread(roots: Sequence[TerraformRoot], which: Literal["after", "before"]) -> tuple[Unread, ...]:
    given = (root.unread if which == "after" or root.unread_before is None else root.unread_before for root in roots)
    return tuple(each for some in given for each in some)


def _model(world: World, unread: tuple[Unread, ...], parts: Container[str]) -> NetworkModel:
    entities: dict[str, Any] = {
        converter.part: tuple(sorted(converter.convert(world), key=lambda entity: entity.key))
        for converter in CONVERTERS
        if converter.part in parts
    }
    return NetworkModel(**entities, unread=unread)


def _change(
    change: ResourceChange, root: TerraformRoot, roots: Sequence[TerraformRoot], before: World | None, after: World
) -> ResourceChange:
    label = _label(root, roots)
    before_key, after_key = _key(change.before_key, label, before), _key(change.after_key, label, after)
    if before_key == change.before_key and after_key == change.after_key:
        return change
    return replace(change, before_key=before_key, after_key=after_key)


def _key(address: Key | None, label: str, world: World | None) -> Key | None:
    """Return the key of what an address stands for; the address, with its label, when it is in no model."""
    if address is None:
        return None
    key = f"{label}::{address}" if label else address
    return key if world is None else world.resolver.aliases.get(key, key)
