"""Provider configurations: which one manages an instance, and the facts it gives: region, account, default tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from checker.load.terraform.instance import Ref, Text, Value
from checker.load.terraform.source.address import join
from checker.load.terraform.source.body import argument
from checker.load.terraform.source.expressions import Walker
from checker.load.terraform.source.modules import literal
from checker.load.terraform.source.scope import ModuleInstance, ResourceInstance, Scope
from checker.load.terraform.source.syntax import Block, Expr
from checker.load.terraform.source.values import pending
from checker.model.arn import parse_arn, partition_of_region
from checker.model.known import Maybe, Unknown
from checker.model.record import dataclass, field

_DNS_SUFFIXES: Final = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-us-gov": "amazonaws.com"}
_ROLES: Final = ("assume_role", "assume_role_with_web_identity")


@dataclass(frozen=True, slots=True)
class Provider:
    """What one provider configuration tells."""

    region: Maybe[str]
    account: Maybe[str]
    default_tags: Maybe[Mapping[str, Value]] = field(default_factory=dict)


def provider_name(instance: ResourceInstance) -> str:
    """Return the local name of the configuration that manages an instance: ``aws`` or ``aws.west``."""
    attribute = instance.block.attributes.get("provider")
    named = traversal(attribute.expr) if attribute is not None else None
    return named or instance.type.partition("_")[0]


def find_configuration(within: ModuleInstance, name: str) -> tuple[ModuleInstance, str, Block | None]:
    """Follow a local provider name up to the module that configures it.

    Returns that module, the name there, and its ``provider`` block; None where the configuration is empty.
    """
    while within.parent is not None and within.call is not None:
        caller, passed = within.parent, _passed(within.call)
        if passed is not None and name in passed:
            name = passed[name]
        elif name in within.module.providers or passed is not None or "." in name:
            break
        within = caller
    return within, name, within.module.providers.get(name)


def read_provider(within: ModuleInstance, name: str, walker: Walker) -> Provider:
    """Return what the provider configuration says that a local name stands for."""
    owner, name, block = find_configuration(within, name)
    label = join(owner.address, f"provider.{name}")
    if block is None:
        return Provider(_unset(label, "region"), _unset(label, "account"))
    scope = Scope(owner)
    region = _text(argument(block, "region", scope, walker), label, "region")
    tags = _first(argument(block, "default_tags", scope, walker))
    return Provider(region, _account(block, scope, walker, label), _tags(tags))


def fact_of_data(instance: ResourceInstance, name: str, provider: Provider) -> str | None:
    """Return what a provider configuration tells of a data source's attribute; None when it does not tell."""
    table: dict[str, Maybe[str]] = {}
    region = provider.region
    if instance.type == "aws_caller_identity":
        table = {"account_id": provider.account, "id": provider.account}
    elif instance.type == "aws_region" and not {"name", "region", "endpoint"} & instance.block.attributes.keys():
        table = {"name": region, "region": region, "id": region}
    elif instance.type == "aws_partition" and not isinstance(region, Unknown):
        partition = partition_of_region(region)
        suffix = _DNS_SUFFIXES[partition]
        reverse = ".".join(reversed(suffix.split(".")))
        table = {"partition": partition, "id": partition, "dns_suffix": suffix, "reverse_dns_prefix": reverse}
    value = table.get(name)
    return None if isinstance(value, Unknown) else value


def traversal(expr: Expr) -> str | None:
    """Return ``aws.west`` for the expression that says so; older code has it in quotes."""
    if expr[0] == "var":
        return str(expr[1])
    if expr[0] == "get" and (base := traversal(expr[1])) is not None:
        return f"{base}.{expr[2]}"
    return literal(expr)


def _passed(call: Block) -> dict[str, str] | None:
    """Return the ``providers`` argument of a module call: name in the module to name at the caller."""
    attribute = call.attributes.get("providers")
    if attribute is None:
        return None
    if attribute.expr[0] != "obj":
        return {}
    pairs = [(traversal(key), traversal(value)) for key, value in attribute.expr[1]]
    return {key: value for key, value in pairs if key is not None and value is not None}


def _unset(label: str, name: str) -> Unknown:
    return Unknown(f"{label} does not say its {name}", symbol=f"⟦{label}.{name}⟧")


def _text(value: Value, label: str, name: str) -> Maybe[str]:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, (Ref, Text, Unknown)):
        symbol = value.symbol() if isinstance(value, Ref) else None
        return Unknown(pending(value).reason, symbol=symbol or f"⟦{label}.{name}⟧")
    return _unset(label, name)


def _account(block: Block, scope: Scope, walker: Walker, label: str) -> Maybe[str]:
    """Return the one allowed account, else that of the assumed role."""
    allowed = argument(block, "allowed_account_ids", scope, walker)
    if isinstance(allowed, list) and len(allowed) == 1 and isinstance(allowed[0], str):
        return allowed[0]
    for name in _ROLES:
        role = _first(argument(block, name, scope, walker))
        arn = role.get("role_arn") if isinstance(role, dict) else None
        parsed = parse_arn(arn) if isinstance(arn, str) else None
        if parsed is not None and parsed.account:
            return parsed.account
    return _unset(label, "account")


def _first(value: Value) -> Value:
    """Return the block that occurs once; JSON syntax writes it as an object."""
    return value[-1] if isinstance(value, list) and value else value


def _tags(block: Value) -> Maybe[Mapping[str, Value]]:
    if isinstance(block, Unknown):
        return block
    tags = block.get("tags") if isinstance(block, dict) else None
    if isinstance(tags, (Unknown, Ref, Text)):
        return pending(tags)
    return tags if isinstance(tags, dict) else {}
