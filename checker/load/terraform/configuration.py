"""The configuration part of a plan: which expression stands behind each argument, as far as plan JSON tells.

Plan JSON gives a constant, or the list of references that an expression holds, never the expression itself; locals
and dynamic blocks are left out. Source: Terraform's JSON output format, "configuration representation".
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any, Final

from checker.errors import PlanError
from checker.load.terraform.document import HOW
from checker.model.record import dataclass, field

ModulePath = tuple[str, ...]
"""Names of module calls from the root down, without instance keys."""

_MAX_MODULES: Final = 50
"""Deepest nesting of module calls that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigResource:
    """One resource block."""

    expressions: Mapping[str, Any]
    """Argument or block name to expression, list of blocks, or block. Empty where nobody reads the resource."""
    repetition: Any
    """The for_each expression; None without one, or where it refers to nothing."""
    provider_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCall:
    """One module call with what it calls."""

    expressions: Mapping[str, Any]
    repetition: Any
    module: ConfigModule


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigModule:
    """One module: its resources by (mode, type, name), its calls, outputs and variables."""

    resources: Mapping[tuple[str, str, str], ConfigResource]
    calls: Mapping[str, ModuleCall]
    outputs: Mapping[str, Any]
    """Output name to expression."""
    variables: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """One provider block. Credentials and everything else that is not needed were left behind."""

    key: str
    name: str
    full_name: str
    module: ModulePath
    region: Any
    """Expression, or None."""
    allowed_accounts: Any
    role_arns: tuple[Any, ...]
    """Expressions of the roles that are assumed; the last one acts."""
    default_tags: Mapping[str, Any] = field(default_factory=dict)
    """Constant default tags."""
    bare: bool = False
    """Whether a module only names the provider (``required_providers``) and so inherits its caller's."""


_EMPTY: Final = ConfigModule(resources={}, calls={}, outputs={}, variables={})


@dataclass(frozen=True, slots=True)
class Configuration:
    """The whole configuration; empty where a plan has none."""

    root: ConfigModule
    providers: Mapping[str, ProviderConfig]
    given: bool = True
    """False for a plan that has no configuration: then nothing can be told from what is missing in it."""
    _modules: dict[ModulePath, ConfigModule | None] = field(default_factory=dict, repr=False, compare=False)
    """Modules that were asked for: every resource asks for its own."""

    @classmethod
    def read(cls, value: Any, name: str) -> Configuration:
        """Return the configuration from the plan's section of that name; raises PlanError where it is no object."""
        if value is None:
            return cls(_EMPTY, {}, given=False)
        if not isinstance(value, dict):
            raise PlanError(f"{name}: configuration is not an object", hint=HOW)
        providers = {
            key: _provider(key, item) for key, item in _members(value.get("provider_config")) if isinstance(item, dict)
        }
        return cls(_module(value.get("root_module"), 0), providers)

    @property
    def sensitive_variables(self) -> frozenset[str]:
        """Names of root variables that are declared sensitive."""
        return frozenset(name for name, item in self.root.variables.items() if item.get("sensitive") is True)

    def module(self, path: ModulePath) -> ConfigModule | None:
        """Return the module at the end of a chain of calls."""
        if path not in self._modules:
            self._modules[path] = self._module(path)
        return self._modules[path]

    def _module(self, path: ModulePath) -> ConfigModule | None:
        module = self.root
        for name in path:
            call = module.calls.get(name)
            if call is None:
                return None
            module = call.module
        return module

    def call(self, path: ModulePath) -> ModuleCall | None:
        """Return the last call of a chain; None for the root module."""
        parent = self.module(path[:-1]) if path else None
        return parent.calls.get(path[-1]) if parent is not None else None

    def resource(self, path: ModulePath, managed: bool, type_: str, name: str) -> ConfigResource | None:
        """Return a resource block."""
        module = self.module(path)
        return module.resources.get(("managed" if managed else "data", type_, name)) if module else None

    def all_resources(self) -> Iterator[tuple[ModulePath, tuple[str, str, str], ConfigResource]]:
        """Yield every resource block with the module it stands in."""
        waiting: list[tuple[ModulePath, ConfigModule]] = [((), self.root)]
        while waiting:
            path, module = waiting.pop()
            for key, resource in module.resources.items():
                yield path, key, resource
            waiting += [((*path, name), call.module) for name, call in module.calls.items()]


def configuration_hook(wanted: Container[str]) -> Callable[[dict[str, Any]], Any]:
    """Return the decoder's hook for the configuration: resources that nobody reads lose their expressions."""

    def hook(item: dict[str, Any]) -> Any:
        if "expressions" in item and "mode" in item and "type" in item:
            kind = item["type"] if item["mode"] == "managed" else f"data.{item['type']}"
            if not isinstance(kind, str) or kind not in wanted:
                item.pop("expressions")
            item.pop("provisioners", None)
        return item

    return hook


def references(expression: Any) -> tuple[str, ...]:
    """Return the references of an expression; none where it is constant, absent or a block."""
    if not isinstance(expression, dict):
        return ()
    found = expression.get("references")
    return tuple([item for item in found if isinstance(item, str)]) if isinstance(found, list) else ()


def is_constant(expression: Any) -> bool:
    """Return whether an expression is a constant."""
    # JSON syntax gives the template as a constant, beside the references that it holds.
    return isinstance(expression, dict) and "constant_value" in expression and not references(expression)


def is_expression(expression: Any) -> bool:
    """Return whether this is an expression rather than blocks. An empty object is one: a function of constants."""
    return isinstance(expression, dict) and (
        not expression or "constant_value" in expression or isinstance(expression.get("references"), list)
    )


def _module(value: Any, depth: int) -> ConfigModule:
    if not isinstance(value, dict) or depth > _MAX_MODULES:
        return _EMPTY
    resources = {}
    for item in _items(value.get("resources")):
        if isinstance(item, dict) and all(isinstance(item.get(key), str) for key in ("mode", "type", "name")):
            resources[item["mode"], item["type"], item["name"]] = _resource(item)
    return ConfigModule(
        resources=resources,
        calls={
            name: _call(item, depth) for name, item in _members(value.get("module_calls")) if isinstance(item, dict)
        },
        outputs={
            name: item.get("expression") for name, item in _members(value.get("outputs")) if isinstance(item, dict)
        },
        variables={name: item for name, item in _members(value.get("variables")) if isinstance(item, dict)},
    )


def _resource(item: Mapping[str, Any]) -> ConfigResource:
    key = item.get("provider_config_key")
    return ConfigResource(
        expressions=dict(_members(item.get("expressions"))),
        repetition=item.get("for_each_expression"),
        provider_key=key if isinstance(key, str) else None,
    )


def _call(item: Mapping[str, Any], depth: int) -> ModuleCall:
    return ModuleCall(
        expressions=dict(_members(item.get("expressions"))),
        repetition=item.get("for_each_expression"),
        module=_module(item.get("module"), depth + 1),
    )


def _provider(key: str, item: Mapping[str, Any]) -> ProviderConfig:
    """Copy what is needed by name, so that credentials cannot come along."""
    expressions = dict(_members(item.get("expressions")))
    module, name, full_name = item.get("module_address"), item.get("name"), item.get("full_name")
    steps = module.split(".") if isinstance(module, str) else []
    return ProviderConfig(
        key=key,
        name=name if isinstance(name, str) else "",
        full_name=full_name if isinstance(full_name, str) else "",
        module=tuple(step for step in steps if step != "module"),
        region=expressions.get("region"),
        allowed_accounts=expressions.get("allowed_account_ids"),
        role_arns=tuple(
            block["role_arn"] for block in _blocks(expressions.get("assume_role")) if block.get("role_arn") is not None
        ),
        default_tags=_constant_tags(expressions.get("default_tags")),
        bare=bool(steps) and not expressions,
    )


def _constant_tags(expression: Any) -> dict[str, str]:
    tags: dict[str, str] = {}
    for block in _blocks(expression):
        constant = block["tags"].get("constant_value") if isinstance(block.get("tags"), dict) else None
        tags |= {key: item for key, item in _members(constant) if isinstance(item, str)}
    return tags


def _blocks(value: Any) -> list[dict[str, Any]]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    return iter(value.items() if isinstance(value, dict) else ())


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
