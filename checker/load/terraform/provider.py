"""Region and account of each provider configuration, as far as a plan tells. Credentials are never looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from checker.load.terraform.configuration import Configuration, ModulePath, ProviderConfig, references
from checker.load.terraform.instance import Value
from checker.load.terraform.rows import Row
from checker.model.arn import parse_arn
from checker.model.known import Maybe, Unknown
from checker.model.record import dataclass, field

_AWS: Final = re.compile(r"(^|/)hashicorp/aws$|^aws$")
"""Any registry or mirror: ``registry.terraform.io/hashicorp/aws``, ``registry.opentofu.org/hashicorp/aws``."""
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_REGION: Final = re.compile(r"[a-z]{2,3}(-[a-z]+)+-[0-9]{1,2}")
_REGION_NAMES: Final = ("region", "name", "id")
"""Attributes of ``aws_region``: ``region`` since provider 6, ``name`` before."""
_NO_KEY: Final = Unknown("the provider configuration is not told")


@lru_cache(maxsize=64)
def is_aws(provider: str) -> bool:
    """Return whether a provider name is the AWS provider's, from whichever registry; an empty name counts."""
    return not provider or _AWS.search(provider) is not None


@dataclass(frozen=True, slots=True)
class Sight:
    """What one existing instance tells of its provider configuration."""

    row: Row
    key: str | None
    values: Mapping[str, Value]


class Providers:
    """Region and account by provider configuration key."""

    def __init__(self, configuration: Configuration, variables: Mapping[str, Any], sights: Iterable[Sight]) -> None:
        self._configuration = configuration
        self._variables = variables
        self._regions: dict[str, Maybe[str]] = {}
        self._accounts: dict[str, Maybe[str]] = {}
        self._seen: dict[str, _Seen] = {}
        for sight in sights:
            self._note(sight)

    def region(self, key: str | None) -> Maybe[str]:
        """Return the region of a provider configuration: its argument, else what existing resources show."""
        key = self.resolve(key)
        if key not in self._regions:
            self._regions[key] = self._region(key)
        return self._regions[key]

    def account(self, key: str | None) -> Maybe[str]:
        """Return the account of a provider configuration."""
        key = self.resolve(key)
        if key not in self._accounts:
            self._accounts[key] = self._account(key)
        return self._accounts[key]

    def default_tags(self) -> Mapping[str, Value]:
        """Return the constant default tags, when all AWS provider configurations have the same ones."""
        tags = [each.default_tags for each in self._configuration.providers.values() if is_aws(each.full_name)]
        return dict(tags[0]) if tags and all(each == tags[0] for each in tags) else {}

    def resolve(self, key: str | None) -> str:
        """Return the key of the configuration that is meant: a module without one of its own inherits its caller's.

        Keys of resources are ``aws``, ``aws.west`` or, before Terraform 1.1, ``module.child:aws``.
        """
        config = self._configuration.providers.get(key or "")
        if key is None or (config is not None and not config.bare):
            return key or ""
        name = key.rpartition(":")[2]
        if name in self._configuration.providers and len(self._of_name(name)) == 1:
            return name
        return key

    def _of_name(self, name: str) -> list[ProviderConfig]:
        """Return the configurations that can be handed to a module under a name."""
        base = name.partition(".")[0]
        return [each for each in self._configuration.providers.values() if each.name == base and not each.bare]

    def _region(self, key: str) -> Maybe[str]:
        config = self._configuration.providers.get(key)
        if config is not None:
            told = self._text(config.region, config.module)
            if told is not None and _REGION.fullmatch(told):
                return told
        seen = self._seen.get(key)
        found = seen.one_region() if seen is not None else None
        return found or self._unknown(key, "region", config.region if config else None)

    def _account(self, key: str) -> Maybe[str]:
        config = self._configuration.providers.get(key)
        if config is not None:
            allowed = self._constant(config.allowed_accounts, config.module)
            if isinstance(allowed, list) and len(allowed) == 1 and _is_account(allowed[0]):
                return str(allowed[0])
            for role in reversed(config.role_arns):
                arn = parse_arn(self._text(role, config.module) or "")
                if arn is not None and _is_account(arn.account):
                    return arn.account
        seen = self._seen.get(key)
        found = seen.one_account() if seen is not None else None
        return found or self._unknown(key, "account", None)

    def _unknown(self, key: str, what: str, expression: Any) -> Unknown:
        if not key:
            return _NO_KEY
        named = ", ".join(references(expression)[:3])
        cause = f"it comes from {named}" if named else "the configuration does not say it"
        return Unknown(f"{what} of provider {key} is not known: {cause}", symbol=f"⟦provider.{key}.{what}⟧")

    def _text(self, expression: Any, module: ModulePath) -> str | None:
        value = self._constant(expression, module)
        return value if isinstance(value, str) and value else None

    def _constant(self, expression: Any, module: ModulePath, hops: int = 0) -> Any:
        """Return a constant, or the value of the one variable that an expression consists of."""
        if not isinstance(expression, dict) or hops > len(self._configuration.providers) + 50:
            return None
        found = references(expression)
        if "constant_value" in expression and not found:
            return expression["constant_value"]
        if len(found) != 1 or not found[0].startswith("var.") or found[0].count(".") != 1:
            return None
        name = found[0].removeprefix("var.")
        call = self._configuration.call(module)
        if call is None:
            return self._variables.get(name)
        given = call.expressions.get(name)
        if given is None:
            return call.module.variables.get(name, {}).get("default")
        return self._constant(given, module[:-1], hops + 1)

    def _note(self, sight: Sight) -> None:
        if not is_aws(sight.row.provider):
            return
        seen = self._seen.setdefault(self.resolve(sight.key), _Seen())
        values = sight.values
        if sight.row.kind == "data.aws_caller_identity":
            seen.add_told(account=values.get("account_id"))
        elif sight.row.kind == "data.aws_region":
            names = (name for name in _REGION_NAMES if isinstance(values.get(name), str))
            seen.add_told(region=values.get(next(names, "")))
        elif sight.row.managed:
            text = values.get("arn")
            arn = parse_arn(text) if isinstance(text, str) else None
            if arn is not None:
                seen.accounts.add(arn.account)
                seen.regions.update(() if "region" in values else (arn.region,))


@dataclass(slots=True)
class _Seen:
    """What existing objects of one provider configuration show."""

    told_regions: set[str] = field(default_factory=set)
    told_accounts: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)

    def add_told(self, *, region: Value = None, account: Value = None) -> None:
        """Note what a data source tells outright."""
        if isinstance(region, str):
            self.told_regions.add(region)
        if isinstance(account, str):
            self.told_accounts.add(account)

    def one_region(self) -> str | None:
        """Return the region that all agree on."""
        return _one(self.told_regions, _REGION) or _one(self.regions, _REGION)

    def one_account(self) -> str | None:
        """Return the account that all agree on."""
        return _one(self.told_accounts, _ACCOUNT) or _one(self.accounts, _ACCOUNT)


def _one(texts: set[str], pattern: re.Pattern[str]) -> str | None:
    known = {text for text in texts if pattern.fullmatch(text)}
    return known.pop() if len(known) == 1 else None


def _is_account(text: Any) -> bool:
    return isinstance(text, str) and _ACCOUNT.fullmatch(text) is not None


def provider_key(configuration: Configuration, row: Row) -> str | None:
    """Return the key of the provider configuration that manages an instance; None when nothing tells."""
    resource = configuration.resource(row.module_path, row.managed, row.type, row.name)
    if resource is not None:
        return resource.provider_key
    return "aws" if list(configuration.providers) == ["aws"] else None
