"""Evaluation: what names mean in a tree of modules, each result computed when it is asked for, and once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from checker.load.terraform.instance import InstanceKey, Ref, Value
from checker.load.terraform.source.address import Address, Mode, join, parse_address, with_key
from checker.load.terraform.source.body import argument, argument_names
from checker.load.terraform.source.bounds import Bounds
from checker.load.terraform.source.expansion import expand_block, given_keys, names_of
from checker.load.terraform.source.expressions import Walker
from checker.load.terraform.source.files import read_text_file
from checker.load.terraform.source.inputs import Given, declared_value, is_secret
from checker.load.terraform.source.locate import locate
from checker.load.terraform.source.memo import Memo
from checker.load.terraform.source.modules import Call, Module
from checker.load.terraform.source.overlay import NoOverlay, Overlay, Untold
from checker.load.terraform.source.providers import (
    Provider,
    fact_of_data,
    find_configuration,
    provider_name,
    read_provider,
)
from checker.load.terraform.source.scope import (
    Expansion,
    ModuleInstance,
    Place,
    ResourceInstance,
    Scope,
    address_in,
    place_of,
)
from checker.load.terraform.source.steps import walk
from checker.load.terraform.source.syntax import Block
from checker.load.terraform.source.values import Failed, plain
from checker.model.known import Unknown
from checker.model.origin import Origin

_NO_NAMES: Final = frozenset({"each", "count", "self", "data"})


class Evaluation:
    """Evaluates expressions of a tree of modules.

    ``variables`` are the root module's, as given: see ``root_values``. ``overlay`` lays what a plan knows
    over the source. ``label`` is the root of origins.
    """

    def __init__(
        self,
        tree: Module,
        *,
        variables: Mapping[str, Given] | None = None,
        workspace: str = "default",
        overlay: Overlay | None = None,
        label: str = "",
    ) -> None:
        self.tree = tree
        self.label = label
        self.workspace = workspace
        self.overlay: Overlay = overlay or NoOverlay()
        self.root = ModuleInstance(tree, "")
        self.walker = Walker(self)
        self._variables = variables or {}
        self._memo = Memo(self.walker)
        self._bounds = Bounds()
        self._modules: dict[str, ModuleInstance] = {"": self.root}
        self._missing: dict[str, Call] = {}
        self._resources: dict[str, ResourceInstance] = {}
        self._collections: dict[str, tuple[Expansion, Value]] = {}

    # what the plan loader asks

    def argument(self, address: str, path: Sequence[str | int]) -> Value:
        """Return one argument of one instance, by absolute address and path of names and indexes.

        An attribute that the configuration does not set is a Ref; an instance that is not declared is Unknown.
        """
        instance = self.instance(address)
        if instance is None or not path:
            return Unknown(f"{address} is not declared in the source")
        name = str(path[0])
        if name not in argument_names(instance.block):
            return Ref(address, tuple(path))
        try:
            return plain(walk(self.argument_of(instance, name), path[1:], self))
        except Failed as error:
            return Unknown(f"{address}.{name}: {error}")

    def locate(self, address: str) -> Origin | None:
        """Return where an instance is declared; None when it is not."""
        return locate(self.tree, address, root=self.label)

    def configured(self, address: str) -> frozenset[str] | None:
        """Return the names of the arguments and blocks that the source sets; None for an undeclared instance."""
        instance = self.instance(address)
        return self.configured_of(instance) if instance is not None else None

    def instance(self, address: str) -> ResourceInstance | None:
        """Return the instance with an address, whether or not count and for_each make it."""
        if address not in self._resources:
            parsed = parse_address(address)
            within = self._module_at(parsed) if parsed else None
            if parsed is None or within is None:
                return None
            block = within.module.resources.get((parsed.mode, parsed.type, parsed.name))
            if block is None:
                return None
            return self.resource_instance(within, block, parsed.mode, parsed.key)
        return self._resources[address]

    # instances

    def module_instances(self, within: ModuleInstance, call: Call) -> Mapping[InstanceKey, ModuleInstance]:
        """Return the instances of a module call whose source is at hand."""
        if call.module is None:
            return {}
        expansion = self.expansion_of_call(within, call)
        return {key: self._module_instance(within, call, key, expansion) for key in expansion.members}

    def resource_instance(self, within: ModuleInstance, block: Block, mode: Mode, key: InstanceKey) -> ResourceInstance:
        """Return one instance of a resource or data source block."""
        address = with_key(address_in(within, mode, block.labels[0], block.labels[1]), key)
        if address not in self._resources:
            self._resources[address] = ResourceInstance(within, block, mode, key, address)
        return self._resources[address]

    def expansion(self, within: ModuleInstance, block: Block, mode: Mode) -> Expansion:
        """Return the instances of a resource or data source block."""
        type_, name = block.labels
        address = address_in(within, mode, type_, name)
        return self._expansion(
            within, block, address, lambda: self.overlay.instance_keys(within.address, mode, type_, name)
        )

    def expansion_of_call(self, within: ModuleInstance, call: Call) -> Expansion:
        """Return the instances of a module call."""
        address = join(within.address, f"module.{call.name}")
        return self._expansion(within, call.block, address, lambda: self.overlay.module_keys(within.address, call.name))

    def argument_of(self, instance: ResourceInstance, name: str) -> Value:
        """Return an argument or the blocks of an instance, as the configuration gives it."""
        return self._settle(
            ("argument", instance.address, name),
            lambda: argument(instance.block, name, self.scope_of(instance), self.walker),
        )

    def configured_of(self, instance: ResourceInstance) -> frozenset[str]:
        """Return the names of the arguments and blocks that are set.

        An argument that is null and dynamic blocks that come to none are as good as not written.
        """
        return frozenset(
            name for name in argument_names(instance.block) if self.argument_of(instance, name) is not None
        )

    def provider(self, instance: ResourceInstance) -> Provider:
        """Return the provider configuration that manages an instance."""
        owner, name, _ = find_configuration(instance.within, provider_name(instance))
        nobody = Unknown(f"provider {name} refers to itself")
        return self._memo.settle(
            ("provider", owner.address, name),
            lambda: read_provider(owner, name, self.walker),
            lambda: Provider(nobody, nobody),
        )

    def scope_of(self, instance: ResourceInstance) -> Scope:
        """Return the names in force in an instance's block."""
        block, key = instance.block, instance.key
        expansion = self.expansion(instance.within, block, instance.mode)
        return Scope(instance.within, names_of(expansion, key, Place(block.path, block.line, instance.address)))

    # what the walker asks

    def reference(self, root: str, name: str, scope: Scope) -> Value:
        """Return what ``root.name`` means in a scope."""
        within = scope.within
        match root:
            case "var":
                return self.variable(within, name)
            case "local":
                return self.local(within, name)
            case "module":
                return self._module(within, name, scope.place)
            case "path":
                return self._path(within, name, scope.place)
            case "terraform":
                return self.workspace if name == "workspace" else scope.place.unknown(f"terraform.{name}")
            case _ if root in _NO_NAMES:
                return scope.place.unknown(f"{root}.{name} is not known here")
        return self._resource(within, "managed", root, name, scope.place)

    def data(self, type_: str, name: str, scope: Scope) -> Value:
        """Return what ``data.type.name`` means in a scope."""
        return self._resource(scope.within, "data", type_, name, scope.place)

    def member(self, ref: Ref, name: str) -> Value:
        """Return an attribute of a resource instance, or an output of a module instance."""
        if ref.address in self._missing:
            call = self._missing[ref.address]
            return Unknown(f"{ref.address}.{name}: {call.cause} ({call.block.path}:{call.block.line})")
        if ref.address in self._modules:
            return self.output(self._modules[ref.address], name)
        instance = self._resources.get(ref.address)
        if instance is None:
            return Ref(ref.address, (name,))
        return self._attribute(instance, name)

    def object_of(self, ref: Ref) -> Value:
        """Return a module instance as the object of its outputs; other references as they are."""
        within = self._modules.get(ref.address)
        if within is None or ref.path:
            return ref
        return {name: self.output(within, name) for name in within.module.outputs}

    def read_text(self, name: str, scope: Scope) -> Value:
        """Return the content of a file inside one of the module folders."""
        return read_text_file(self.tree, name, scope.place)

    def variable(self, within: ModuleInstance, name: str) -> Value:
        """Return the value of an input variable of a module instance."""
        return self._settle(("var", within.address, name), lambda: self._variable(within, name))

    def local(self, within: ModuleInstance, name: str) -> Value:
        """Return a local value of a module instance."""
        found = within.module.locals.get(name)
        if found is None:
            return self._undeclared(within, f"local.{name}")
        attribute, path = found
        scope = Scope(within).at(attribute, path)
        return self._settle(("local", within.address, name), lambda: self.walker.attempt(attribute.expr, scope))

    def output(self, within: ModuleInstance, name: str) -> Value:
        """Return an output of a module instance."""
        block = within.module.outputs.get(name)
        attribute = block.attributes.get("value") if block is not None else None
        if block is None or attribute is None:
            return self._undeclared(within, f"output {name}")
        if is_secret(block, within, self.walker):
            return Unknown(f"sensitive output {name} ({block.path}:{block.line})")
        scope = Scope(within).at(attribute, block.path)
        return self._settle(("output", within.address, name), lambda: self.walker.attempt(attribute.expr, scope))

    # inside

    def _settle(self, key: tuple[str, str, str], compute: Callable[[], Value]) -> Value:
        kind, address, name = key
        label = join(address, f"{kind}.{name}")

        def bounded() -> Value:
            value = compute()
            return value if self._bounds.hold(value) else Unknown(f"{label} is too large to be worked with")

        return self._memo.settle(key, bounded, lambda: Unknown(f"{label} refers to itself"))

    def _expansion(
        self, within: ModuleInstance, block: Block, address: str, keys: Callable[[], Sequence[InstanceKey] | None]
    ) -> Expansion:
        scope = Scope(within)
        cyclic = Unknown(f"{address} ({block.path}:{block.line}): count or for_each refers to itself")

        def expand() -> Expansion:
            told = keys()
            if told is None:
                return expand_block(block, scope, self.walker)
            return given_keys(block, told, scope, self.walker)

        return self._memo.settle(
            ("expansion", address, ""), expand, lambda: Expansion("each", {None: cyclic}, open=cyclic)
        )

    def _module_instance(
        self, within: ModuleInstance, call: Call, key: InstanceKey, expansion: Expansion
    ) -> ModuleInstance:
        address = with_key(join(within.address, f"module.{call.name}"), key)
        if address not in self._modules and call.module is not None:
            own = expansion.members.get(key, True)
            exists = within.exists if isinstance(within.exists, Unknown) else own
            self._modules[address] = ModuleInstance(call.module, address, within, call.block, key, exists)
        return self._modules[address]

    def _module_at(self, address: Address) -> ModuleInstance | None:
        within = self.root
        for name, key in address.modules:
            call = within.module.calls.get(name)
            if call is None or call.module is None:
                return None
            within = self._module_instance(within, call, key, self.expansion_of_call(within, call))
        return within

    def _module(self, within: ModuleInstance, name: str, place: Place) -> Value:
        call = within.module.calls.get(name)
        if call is None:
            return self._undeclared(within, f"module.{name}", place)
        address = join(within.address, f"module.{name}")
        expansion = self.expansion_of_call(within, call)
        if not self._is_collected(address, expansion):
            for key in expansion.members:
                if call.module is None:
                    self._missing[with_key(address, key)] = call
                else:
                    self._module_instance(within, call, key, expansion)
        return self._collection(address, expansion)

    def _resource(self, within: ModuleInstance, mode: Mode, type_: str, name: str, place: Place) -> Value:
        block = within.module.resources.get((mode, type_, name))
        address = address_in(within, mode, type_, name)
        if block is None:
            return self._undeclared(within, address, place)
        expansion = self.expansion(within, block, mode)
        if not self._is_collected(address, expansion):
            for key in expansion.members:
                self.resource_instance(within, block, mode, key)
        return self._collection(address, expansion)

    def _is_collected(self, address: str, expansion: Expansion) -> bool:
        return address in self._collections and self._collections[address][0] is expansion

    def _collection(self, address: str, expansion: Expansion) -> Value:
        """Return all instances of a block, collected once: each of a thousand may refer to one of a thousand."""
        if not self._is_collected(address, expansion):
            self._collections[address] = (expansion, expansion.collection(address))
        return self._collections[address][1]

    def _attribute(self, instance: ResourceInstance, name: str) -> Value:
        """Return an attribute: as the plan knows it, as configured, as the provider tells, else a reference."""
        known = self.overlay.value(instance.address, name)
        if not isinstance(known, (Untold, Unknown)):
            return known
        later = Ref(instance.address, (name,))
        if name in argument_names(instance.block):
            value = self.argument_of(instance, name)
            return later if value is None or isinstance(value, Unknown) else value
        if instance.mode == "data":
            fact = fact_of_data(instance, name, self.provider(instance))
            return later if fact is None else fact
        return later

    def _variable(self, within: ModuleInstance, name: str) -> Value:
        block = within.module.variables.get(name)
        if block is None:
            return self._undeclared(within, f"var.{name}")
        return declared_value(block, within, self._given(within, name), self.walker)

    def _given(self, within: ModuleInstance, name: str) -> Given | None:
        """Return the value that a module's caller, the plan, or the command line gives to a variable."""
        if within.parent is None or within.call is None:
            told = self.overlay.root_variable(name)
            return self._variables.get(name) if isinstance(told, Untold) else Given(told)
        attribute = within.call.attributes.get(name)
        if attribute is None:
            return None
        call = within.parent.module.calls[within.call.labels[0]]
        place = place_of(attribute, within.call.path)
        names = names_of(self.expansion_of_call(within.parent, call), within.key, place)
        return Given(self.walker.attempt(attribute.expr, Scope(within.parent, names, place)))

    def _path(self, within: ModuleInstance, name: str, place: Place) -> Value:
        folders = {"module": within.module.relative, "root": ".", "cwd": Path(self.tree.folder).resolve().as_posix()}
        return folders.get(name, place.unknown(f"path.{name} is not known"))

    def _undeclared(self, within: ModuleInstance, what: str, place: Place | None = None) -> Unknown:
        part = within.module.incomplete
        cause = f"{what} is not declared" + (f"; {part} cannot be read" if part else "")
        return place.unknown(cause) if place is not None else Unknown(cause)
