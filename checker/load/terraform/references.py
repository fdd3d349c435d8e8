"""References of a plan's expressions, followed to the resource attributes that they stand for.

Through module outputs, the arguments of module calls, ``each.value``, ``each.key`` and ``count.index``, per module
instance. Nothing is guessed by bare name: an instance is meant when its block and key are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from checker.load.terraform.configuration import ConfigResource, Configuration, ModuleCall, is_expression, references
from checker.load.terraform.identity import target_types, type_of, usual_attribute
from checker.load.terraform.instance import InstanceKey, Ref
from checker.load.terraform.inventory import NO_KEYS, Inventory, Keys
from checker.load.terraform.source.address import join, with_key
from checker.model.known import Unknown

MAX_HOPS: Final = 40
"""Longest chain of modules and arguments that is followed."""

MAX_CANDIDATES: Final = 100
"""Most instances among which a reference is left open; beyond, they are not told apart."""

_STEP: Final = re.compile(r'\.?([^.\[\]"]+)|\[(?:(\d+)|("(?:[^"\\]|\\.)*"))\]')
_SEPARATOR: Final = re.compile(r"[.\[]")
_ALWAYS_KNOWN: Final = frozenset({"path", "terraform", "count", "self"})


@dataclass(frozen=True, slots=True)
class Key:
    """``["a"]`` in a reference."""

    text: str


Step = str | int | Key


@dataclass(frozen=True, slots=True)
class Pair:
    """An instance key by which instances of another block are paired, with the keys of its siblings."""

    key: InstanceKey
    siblings: Keys

    def fits(self, keys: Keys) -> bool:
        """Return whether the instance of equal key is meant.

        ``aws_vpc.c[count.index + 1]`` shows just as ``aws_vpc.c[count.index]`` does, so numbers pair only where both
        blocks have as many instances. Texts are hardly ever computed from one another.
        """
        if isinstance(self.key, str):
            return self.key in keys.members
        return self.key is not None and self.siblings is keys


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands."""

    modules: tuple[tuple[str, InstanceKey], ...]
    """The module instance, from the root down."""
    key: InstanceKey
    """Instance key of the resource or module call that the expression belongs to."""
    repetition: Any
    """Its for_each expression."""
    keys: Keys = NO_KEYS
    """Instance keys of all instances of that resource or module call."""
    pair: Pair | None = None
    """The instance further in that asked for this expression by ``each.key`` or ``count.index``."""

    @property
    def module(self) -> str:
        """The module instance's address."""
        return module_address(self.modules)

    @property
    def path(self) -> tuple[str, ...]:
        """Names of the module calls."""
        return tuple(name for name, _ in self.modules)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance is declared."""

    resource: ConfigResource
    scope: Scope


@dataclass(frozen=True, slots=True)
class Found:
    """What an expression can be made of, as far as it is not known yet."""

    refs: frozenset[Ref] = frozenset()
    open: frozenset[str] = frozenset()
    """References that cannot be followed: locals, and what else plan JSON leaves out."""

    def __or__(self, other: Found) -> Found:
        return Found(self.refs | other.refs, self.open | other.open)


NOTHING: Final = Found()
"""An expression whose parts are all known."""


def module_address(modules: Iterable[tuple[str, InstanceKey]]) -> str:
    """Return the address of a module instance."""
    address = ""
    for name, key in modules:
        address = join(address, with_key(f"module.{name}", key))
    return address


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
    """Return the references that no other one continues: Terraform lists ``a.b.id`` together with ``a.b``."""
    return _longest(tuple(found))


@lru_cache(maxsize=1 << 14)
def _longest(found: tuple[str, ...]) -> tuple[str, ...]:
    unique = dict.fromkeys(found)
    continued = {one[: sign.start()] for one in unique for sign in _SEPARATOR.finditer(one)}
    return tuple(one for one in unique if one not in continued)


def _pair(texts: Iterable[str], scope: Scope) -> Pair | None:
    """Return the key by which an expression picks an instance of another block, as far as it shows one.

    ``each.value`` is another key than the instance's own; it is told only where ``for_each`` is a constant map.
    """
    for text in texts:
        if text in ("count.index", "each.key"):
            return Pair(scope.key, scope.keys)
        if text == "each.value":
            constant = scope.repetition.get("constant_value") if isinstance(scope.repetition, dict) else None
            value = constant.get(scope.key) if isinstance(constant, dict) else None
            return Pair(value, scope.keys) if isinstance(value, str) else None
    return None


class Chaser:
    """Follows references. ``argument`` is the argument whose value is asked for: it decides lost attributes."""

    def __init__(self, configuration: Configuration, inventory: Inventory) -> None:
        self._configuration = configuration
        self._inventory = inventory
        self._places: dict[str, Place | None] = {}

    def chase(self, expression: Any, scope: Scope, argument: str, rest: tuple[Step, ...] = (), hops: int = 0) -> Found:
        """Return the attributes that an expression refers to and that are not known yet.

        ``rest`` is what is taken of its value: the steps behind ``var.x`` or ``each.value``.
        """
        if hops > MAX_HOPS:
            return Found(open=frozenset({"a chain of references without end"}))
        if not is_expression(expression):
            return NOTHING
        texts = longest(references(expression))
        pair = _pair(texts, scope)
        if pair is not None:
            scope = replace(scope, pair=pair)
        found = NOTHING
        for text in texts:
            found |= self._one(text, scope, argument, rest, hops + 1)
        return found

    def _one(self, text: str, scope: Scope, argument: str, rest: tuple[Step, ...], hops: int) -> Found:
        steps = steps_of(text)
        head = steps[0] if steps else ""
        if head in _ALWAYS_KNOWN:
            return NOTHING
        if head == "var" and len(steps) > 1:
            return self._variable(str(steps[1]), scope, argument, steps[2:] + rest, hops)
        if head == "module" and len(steps) > 1:
            return self._module(str(steps[1]), steps[2:] + rest, scope, argument, hops)
        if head == "each":
            return self._each(steps, scope, argument, rest, hops)
        if head == "data" and len(steps) > 2:
            return self._resource("data.", steps[1:], scope, argument, rest, hops)
        if head != "local" and isinstance(head, str) and len(steps) > 1:
            return self._resource("", steps, scope, argument, rest, hops)
        return Found(open=frozenset({text}))

    def _variable(self, name: str, scope: Scope, argument: str, rest: tuple[Step, ...], hops: int) -> Found:
        """Follow an input variable to the argument of the module call; root variables are known."""
        call = self._configuration.call(scope.path)
        if call is None:
            return NOTHING
        return self.chase(call.expressions.get(name), self.caller(scope, call), argument, rest, hops)

    def caller(self, scope: Scope, call: ModuleCall) -> Scope:
        """Return where the arguments of a module call stand, seen from inside the module."""
        name, key = scope.modules[-1]
        keys = self._inventory.module_keys(module_address(scope.modules[:-1]), name)
        return Scope(scope.modules[:-1], key, call.repetition, keys, scope.pair)

    def _each(self, steps: tuple[Step, ...], scope: Scope, argument: str, rest: tuple[Step, ...], hops: int) -> Found:
        """Follow ``each.value`` to the collection; resources and modules in it are paired by key."""
        if steps[1:2] == ("key",):
            return NOTHING
        found = NOTHING
        for text in longest(references(scope.repetition)):
            found |= self._one(text, replace(scope, pair=Pair(scope.key, scope.keys)), argument, steps[2:] + rest, hops)
        return found

    def _module(self, name: str, steps: tuple[Step, ...], scope: Scope, argument: str, hops: int) -> Found:
        call = self._configuration.call((*scope.path, name))
        if call is None:
            return Found(open=frozenset({f"module.{name}"}))
        keys, steps = self._chosen(self._inventory.module_keys(scope.module, name), steps, scope)
        if len(keys) > MAX_CANDIDATES:
            return Found(open=frozenset({f"{len(keys)} instances of module.{name}"}))
        output = steps[0] if steps and steps[0] in call.module.outputs else None
        found = NOTHING
        for key in keys:
            child = Scope((*scope.modules, (name, key)), None, None, pair=scope.pair if key is None else None)
            if isinstance(output, str):
                found |= self.chase(call.module.outputs.get(output), child, argument, steps[1:], hops)
            else:
                found |= self._any_output(call, child, argument, hops)
        return found

    def _any_output(self, call: ModuleCall, child: Scope, argument: str, hops: int) -> Found:
        """Return what an argument can be among all outputs: ``module.net[each.key].vpc_id`` shows as ``module.net``."""
        if argument in call.module.outputs:
            return self.chase(call.module.outputs[argument], child, argument, (), hops)
        types = target_types(argument)
        found = NOTHING
        for name in sorted(call.module.outputs):
            one = self.chase(call.module.outputs[name], child, argument, (), hops)
            refs = {ref for ref in one.refs if type_of(ref.address) in types and ref.path == ("id",)}
            found |= Found(frozenset(refs), one.open if one.open and types else frozenset())
        return found if found != NOTHING else Found(open=frozenset({module_address(child.modules)}))

    def _chosen(
        self, keys: Keys, steps: tuple[Step, ...], scope: Scope
    ) -> tuple[tuple[InstanceKey, ...], tuple[Step, ...]]:
        """Return the instances that a reference means, and the steps behind the instance key."""
        if steps and not isinstance(steps[0], str):
            given = steps[0].text if isinstance(steps[0], Key) else steps[0]
            if None not in keys.members:
                return ((given,) if given in keys.members else ()), steps[1:]
        if scope.pair is not None and scope.pair.fits(keys):
            return (scope.pair.key,), steps
        return keys.items, steps

    def _resource(
        self,
        mode: str,
        steps: tuple[Step, ...],
        scope: Scope,
        argument: str,
        rest: tuple[Step, ...],
        hops: int,
    ) -> Found:
        managed, type_, name = not mode, str(steps[0]), str(steps[1])
        declared = self._configuration.resource(scope.path, managed, type_, name)
        keys = self._inventory.keys(scope.module, managed, type_, name)
        if not keys.items and declared is None:
            return Found(open=frozenset({".".join(str(step) for step in steps)}))
        chosen, path = self._chosen(keys, steps[2:], scope)
        if len(chosen) > MAX_CANDIDATES:
            return Found(open=frozenset({f"{len(chosen)} instances of {type_}.{name}"}))
        found = NOTHING
        for key in chosen:
            address = with_key(join(scope.module, f"{mode}{type_}.{name}"), key)
            found |= self._attribute(address, path or rest, argument, hops)
        return found

    def _attribute(self, address: str, path: tuple[Step, ...], argument: str, hops: int) -> Found:
        """Return an attribute of an instance; nothing when the plan knows its value.

        A splat or a computed index loses the attribute; then it is the one that the argument usually takes.
        """
        values = self._inventory.values(address) or {}
        names = tuple(step.text if isinstance(step, Key) else step for step in path)
        if not names or not isinstance(names[0], str):
            names = (usual_attribute(argument, values),)
        value = values.get(str(names[0]))
        if not isinstance(value, Unknown):
            return NOTHING if len(names) == 1 or not isinstance(value, dict | list) else _inside(address, names, value)
        return self._settled(Ref(address, names), argument, hops)

    def _settled(self, ref: Ref, argument: str, hops: int) -> Found:
        """Follow an attribute that is itself an argument: ``aws_subnet.a.vpc_id`` is ``aws_vpc.a.id``."""
        name = str(ref.path[0])
        place = self.place(ref.address)
        expression = place.resource.expressions.get(name) if place is not None else None
        if place is None or len(ref.path) > 1 or not references(expression):
            return Found(refs=frozenset({ref}))
        found = self.chase(expression, place.scope, name, (), hops)
        return found if len(found.refs) == 1 and not found.open else Found(refs=frozenset({ref}))

    def place(self, address: str) -> Place | None:
        """Return where an instance is declared; None for one that is neither planned nor declared."""
        if address not in self._places:
            self._places[address] = self._place(address)
        return self._places[address]

    def _place(self, address: str) -> Place | None:
        standing = self._inventory.standing.get(address)
        if standing is None:
            return None
        row = standing.row
        resource = self._configuration.resource(row.module_path, row.managed, row.type, row.name)
        if resource is None:
            return None
        keys = self._inventory.keys(row.module, row.managed, row.type, row.name)
        return Place(resource, Scope(row.modules, row.index, resource.repetition, keys))


def _inside(address: str, names: tuple[str | int, ...], value: object) -> Found:
    """Return the reference into a collection of which the plan knows a part."""
    for step in names[1:]:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return NOTHING
    return Found(refs=frozenset({Ref(address, names)})) if isinstance(value, Unknown) else NOTHING
