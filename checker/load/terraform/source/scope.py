"""Where an expression is evaluated: the module instance, the resource instance, the names in force."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal

from checker.load.terraform.instance import InstanceKey, Ref, Value
from checker.load.terraform.source.address import Mode, join, with_key
from checker.load.terraform.source.modules import Module
from checker.load.terraform.source.syntax import Attribute, Block
from checker.load.terraform.source.values import Doubtful, Open, Partial
from checker.model.known import Maybe, Unknown
from checker.model.record import dataclass, field, replace

_PLACES: Final = re.compile(r" \([^()]+:\d+\): ")


@dataclass(frozen=True, slots=True)
class Place:
    """The argument that is being evaluated; named in reasons."""

    path: str
    line: int
    text: str

    def unknown(self, cause: str) -> Unknown:
        """Return the Unknown for something in this argument."""
        return Unknown(self.describe(cause))

    def describe(self, cause: str) -> str:
        """Put the expression and its file and line before a cause, once.

        Of a chain of expressions the first and the last are kept: what was asked for, and where it broke.
        """
        where = f"({self.path}:{self.line})"
        if where in cause:
            return cause
        ends = [found.end() for found in _PLACES.finditer(cause)]
        return f"{self.text} {where}: {cause[ends[-2] :] if len(ends) > 1 else cause}"


NOWHERE = Place("", 0, "")


def place_of(attribute: Attribute, path: str) -> Place:
    """Return the place of an argument."""
    return Place(path, attribute.line, attribute.text)


@dataclass(frozen=True, slots=True, eq=False)
class ModuleInstance:
    """One instance of a module."""

    module: Module
    address: str
    """``module.net["a"]``; empty for the root."""
    parent: ModuleInstance | None = None
    call: Block | None = None
    key: InstanceKey = None
    exists: Maybe[bool] = True


@dataclass(frozen=True, slots=True, eq=False)
class ResourceInstance:
    """One instance of a resource or data source."""

    within: ModuleInstance
    block: Block
    mode: Mode
    key: InstanceKey
    address: str

    @property
    def type(self) -> str:
        """The resource type without ``data.``."""
        return self.block.labels[0]

    @property
    def kind(self) -> str:
        """The type, with ``data.`` for a data source."""
        return self.type if self.mode == "managed" else f"data.{self.type}"


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean where an expression stands."""

    within: ModuleInstance
    names: Mapping[str, Value] = field(default_factory=dict)
    """``each``, ``count``, names of for-expressions and dynamic blocks."""
    place: Place = NOWHERE

    def at(self, attribute: Attribute, path: str) -> Scope:
        """Return the same scope for another argument."""
        return replace(self, place=place_of(attribute, path))

    def naming(self, names: Mapping[str, Value]) -> Scope:
        """Return a scope with further names."""
        return replace(self, names={**self.names, **names})


@dataclass(frozen=True, slots=True)
class Expansion:
    """The instances that count or for_each make of one block."""

    repeat: Literal["single", "count", "each"]
    members: Mapping[InstanceKey, Maybe[bool]]
    """Instance keys, each with whether that instance exists. The one key None where the keys are not known."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """``each.value`` by ``each.key``."""
    open: Unknown | None = None
    """Why the keys are not known; None when they are."""

    def collection(self, address: str) -> Value:
        """Return what the block's address means in an expression: one reference, a list or an object of them."""
        if self.open is not None:
            return Open(self.open.reason, element=Ref(address, ()))
        refs = {key: self.reference(address, key) for key in self.members}
        if self.repeat == "single":
            return refs[None]
        doubt = next((exists for exists in self.members.values() if isinstance(exists, Unknown)), None)
        inner: Value = list(refs.values()) if self.repeat == "count" else {str(key): ref for key, ref in refs.items()}
        return inner if doubt is None else Partial(doubt.reason, items=inner)

    def reference(self, address: str, key: InstanceKey) -> Value:
        """Return the reference to one instance, in doubt where its existence is."""
        ref = Ref(with_key(address, key), ())
        exists = self.members[key]
        return Doubtful(exists.reason, inner=ref) if isinstance(exists, Unknown) else ref


SINGLE = Expansion("single", {None: True})


def address_in(within: ModuleInstance, mode: Mode, type_: str, name: str) -> str:
    """Return a resource's address without instance key."""
    return join(within.address, f"data.{type_}.{name}" if mode == "data" else f"{type_}.{name}")
