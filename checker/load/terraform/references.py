"""References of a plan's expressions, followed to the resource attributes that they stand for.

Through module outputs, the arguments of module calls, ``each.value``, ``each.key`` and ``count.index``, per module
instance. Nothing is guessed by bare name: an instance is meant when its block and key are.
"""

from __future__ import annotations

from typing import Any, Final

from checker.load.terraform.configuration import ConfigResource, Configuration, ModuleCall, is_expression, references
from checker.load.terraform.identity import target_types, type_of, usual_attribute
from checker.load.terraform.instance import InstanceKey, Ref
from checker.load.terraform.inventory import NO_KEYS, Inventory, Keys
from checker.load.terraform.pairing import Pair, is_key, pair_of
from checker.load.terraform.source.address import join, module_address, with_key
from checker.load.terraform.steps import Key, Step, longest, steps_of, written
from checker.model.known import Unknown
from checker.model.record import dataclass, replace

MAX_HOPS: Final = 40
"""Longest chain of modules and arguments that is followed."""

MAX_CANDIDATES: Final = 100
"""Most instances among which a reference is left open; beyond, they are not told apart."""

_ALWAYS_KNOWN: Final = frozenset({"path", "terraform", "count", "self"})


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
        return tuple([name for name, _ in self.modules])


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

    paired: bool = False
    """Whether instances of other blocks were left out because they have another key: an assumption."""

    def __or__(self, other: Found) -> Found:
        if other is NOTHING:
            return self
        return (
            other
            if self is NOTHING
            else Found(self.refs | other.refs, self.open | other.open, self.paired or other.paired)
        )


NOTHING: Final = Found()
"""An expression whose parts are all known."""


@dataclass(frozen=True, slots=True)
class _Texts:
    """The references of one expression."""

    expression: Any
    listed: tuple[str, ...]
    written: tuple[str, ...]
    different: tuple[str, ...]
    by_key: bool
    """Whether one is to the instance's own key."""


class Chaser:
    """Follows references. ``argument`` is the argument whose value is asked for: it decides lost attributes.

    ``pairing``: whether instances are taken to belong together because their keys are equal.
    """

    def __init__(self, configuration: Configuration, inventory: Inventory, *, pairing: bool = True) -> None:
        self._pairing = pairing
        self._configuration = configuration
        self._inventory = inventory
        self._places: dict[str, Place | None] = {}
        self._texts: dict[int, _Texts] = {}
        self._shared: dict[tuple[object, ...], Found] = {}

    def chase(self, expression: Any, scope: Scope, argument: str, rest: tuple[Step, ...] = (), hops: int = 0) -> Found:
        """Return the attributes that an expression refers to and that are not known yet.

        ``rest`` is what is taken of its value: the steps behind ``var.x`` or ``each.value``.
        """
        if hops > MAX_HOPS:
            return Found(open=frozenset({"a chain of references without end"}))
        if not is_expression(expression):
            return NOTHING
        texts = self._texts_of(expression)
        if texts.by_key:
            scope = replace(scope, pair=pair_of(texts.written, scope.key, scope.keys, scope.repetition))
        found = NOTHING
        for text in texts.different:
            found |= self._one(text, scope, argument, rest, hops + 1)
        return found

    def references(self, expression: Any) -> tuple[str, ...]:
        """Return the references of an expression as the plan lists them."""
        return self._texts_of(expression).listed

    def _texts_of(self, expression: Any) -> _Texts:
        """Return the references of an expression. All instances of a block have the same one."""
        found = self._texts.get(id(expression))
        if found is None or found.expression is not expression:
            listed = references(expression)
            texts = written(listed)
            by_key = any(is_key(text) for text in texts)
            found = self._texts[id(expression)] = _Texts(expression, listed, texts, tuple(dict.fromkeys(texts)), by_key)
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
            return self._shared_resource("data.", steps[1:], scope, argument, rest, hops)
        if head != "local" and isinstance(head, str) and len(steps) > 1:
            return self._shared_resource("", steps, scope, argument, rest, hops)
        return Found(open=frozenset({text}))

    def _shared_resource(
        self, mode: str, steps: tuple[Step, ...], scope: Scope, argument: str, rest: tuple[Step, ...], hops: int
    ) -> Found:
        """Follow a reference to a resource once for all that stand in the same module instance."""
        if scope.pair is not None or hops > 1:
            return self._resource(mode, steps, scope, argument, rest, hops)
        question = (mode, steps, scope.modules, argument, rest)
        if question not in self._shared:
            self._shared[question] = self._resource(mode, steps, scope, argument, rest, hops)
        return self._shared[question]

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
        """Follow ``each.value`` to the collection, in which the element of the instance's own key is meant."""
        if steps[1:2] == ("key",):
            return NOTHING
        found = NOTHING
        texts = longest(references(scope.repetition))
        within = replace(scope, pair=Pair(scope.key, scope.keys, assumed=len(texts) > 1))
        for text in texts:
            found |= self._one(text, within, argument, steps[2:] + rest, hops)
        return found

    def _module(self, name: str, steps: tuple[Step, ...], scope: Scope, argument: str, hops: int) -> Found:
        call = self._configuration.call((*scope.path, name))
        if call is None:
            return Found(open=frozenset({f"module.{name}"}))
        keys, steps, paired = self._chosen(self._inventory.module_keys(scope.module, name), steps, scope)
        if len(keys) > MAX_CANDIDATES:
            return Found(open=frozenset({f"{len(keys)} instances of module.{name}"}))
        output = steps[0] if steps and steps[0] in call.module.outputs else None
        found = Found(paired=paired)
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
            found |= Found(frozenset(refs), one.open if one.open and types else frozenset(), one.paired)
        return found if found.refs or found.open else Found(open=frozenset({module_address(child.modules)}))

    def _chosen(
        self, keys: Keys, steps: tuple[Step, ...], scope: Scope
    ) -> tuple[tuple[InstanceKey, ...], tuple[Step, ...], bool]:
        """Return the instances that a reference means, the steps behind the instance key, and whether it is assumed."""
        if steps and not isinstance(steps[0], str):
            given = steps[0].text if isinstance(steps[0], Key) else steps[0]
            if None not in keys.members:
                return ((given,) if given in keys.members else ()), steps[1:], False
        pair = scope.pair
        if pair is not None and pair.fits(keys) and (self._pairing or not pair.assumed):
            return (pair.key,), steps, pair.assumed and len(keys.items) > 1
        return keys.items, steps, False

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
        chosen, path, paired = self._chosen(keys, steps[2:], scope)
        if len(chosen) > MAX_CANDIDATES:
            return Found(open=frozenset({f"{len(chosen)} instances of {type_}.{name}"}))
        found = Found(paired=True) if paired else NOTHING
        block = join(scope.module, f"{mode}{type_}.{name}")
        for key in chosen:
            found |= self._attribute(with_key(block, key), path or rest, argument, hops)
        return found

    def _attribute(self, address: str, path: tuple[Step, ...], argument: str, hops: int) -> Found:
        """Return an attribute of an instance; nothing when the plan knows its value.

        A splat or a computed index loses the attribute; then it is the one that the argument usually takes.
        """
        values = self._inventory.values(address) or {}
        names = tuple(step.text if isinstance(step, Key) else step for step in path)
        if not names or not isinstance(names[0], str):
            usual = usual_attribute(argument, values)
            names = (usual if isinstance(values.get(usual), Unknown) else "id",)  # what is known is not open
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
