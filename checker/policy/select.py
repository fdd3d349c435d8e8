"""For which entities one entry of ``select`` holds: yes, no, or a reason why that cannot be decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from checker.model.address import Prefix
from checker.model.entity import Entity
from checker.model.firewall import NetworkAcl, SecurityGroup
from checker.model.flow_log import FlowLog
from checker.model.known import Key, Maybe, Unknown
from checker.model.model import NetworkModel
from checker.model.network import NatGateway, Subnet, Vpc
from checker.model.record import dataclass, field
from checker.policy.glob import address_matches, text_matches

Verdict: TypeAlias = bool | str
"""True, False, or why it cannot be decided."""

_HOPS: Final = 4
"""From a flow log over a network interface and its subnet to the VPC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """All parts that are given must match; of several values for one part, one must."""

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """Globs: ``eu-*``."""
    types: tuple[str, ...] = ()
    """Globs over Terraform types."""
    addresses: tuple[str, ...] = ()
    """Globs per address segment."""
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Globs by tag key."""
    cidrs: tuple[Prefix, ...] = ()
    """A block of the VPC, or the subnet's own, lies within one of them."""


def decide(selector: Selector, entity: Entity, model: NetworkModel | None) -> Verdict:
    """Return whether a selector holds for an entity. A part that surely fails outweighs one that is not known."""
    unknown: str | None = None
    for part in _PARTS:
        verdict = part(selector, entity, model)
        if verdict is False:
            return False
        if isinstance(verdict, str) and unknown is None:
            unknown = verdict
    return True if unknown is None else unknown


def _types(selector: Selector, entity: Entity, _model: NetworkModel | None) -> Verdict:
    return not selector.types or any(text_matches(pattern, entity.type) for pattern in selector.types)


def _addresses(selector: Selector, entity: Entity, _model: NetworkModel | None) -> Verdict:
    if not selector.addresses:
        return True
    address = entity.origin.address
    return address is not None and any(address_matches(pattern, address) for pattern in selector.addresses)


def _accounts(selector: Selector, entity: Entity, _model: NetworkModel | None) -> Verdict:
    return _words(selector.accounts, entity.account, "the account")


def _regions(selector: Selector, entity: Entity, _model: NetworkModel | None) -> Verdict:
    return _words(selector.regions, entity.region, "the region")


def _words(patterns: tuple[str, ...], value: Maybe[str], what: str) -> Verdict:
    if not patterns:
        return True
    if isinstance(value, Unknown):
        return f"{what} is not known ({value.reason})"
    return any(text_matches(pattern, value) for pattern in patterns)


def _tags(selector: Selector, entity: Entity, _model: NetworkModel | None) -> Verdict:
    return tags_match(selector.tags, entity.tags)


def tags_match(wanted: Mapping[str, tuple[str, ...]], tags: Maybe[Mapping[str, Maybe[str]]]) -> Verdict:
    """Return whether every wanted key is there with a value that matches one of its globs."""
    if not wanted:
        return True
    if isinstance(tags, Unknown):
        return f"the tags are not known ({tags.reason})"
    unknown: str | None = None
    for key, patterns in sorted(wanted.items()):
        value = tags.get(key)
        if isinstance(value, Unknown):
            unknown = unknown or f"the tag {key} is not known ({value.reason})"
        elif value is None or not any(text_matches(pattern, value) for pattern in patterns):
            return False
    return True if unknown is None else unknown


def _cidrs(selector: Selector, entity: Entity, model: NetworkModel | None) -> Verdict:
    if not selector.cidrs:
        return True
    unknown: str | None = None
    at: Maybe[Entity | None] = entity
    for _hop in range(_HOPS):
        if isinstance(at, Unknown):
            return unknown or f"its VPC is not known ({at.reason})"
        if at is None:
            return False if unknown is None else unknown
        if isinstance(at, Vpc | Subnet):
            verdict = _within(selector.cidrs, at.cidrs)
            if verdict is True or isinstance(at, Vpc):
                return verdict if verdict is True or unknown is None else unknown
            unknown = verdict if isinstance(verdict, str) else unknown
        at = _outside(at, model)
    return False if unknown is None else unknown


def _within(wanted: tuple[Prefix, ...], cidrs: Maybe[tuple[Maybe[Prefix], ...]]) -> Verdict:
    if isinstance(cidrs, Unknown):
        return f"the CIDR blocks are not known ({cidrs.reason})"
    known = [block for block in cidrs if not isinstance(block, Unknown)]
    if any(_is_within(block, prefix) for block in known for prefix in wanted):
        return True
    missing = next((block for block in cidrs if isinstance(block, Unknown)), None)
    return False if missing is None else f"a CIDR block is not known ({missing.reason})"


def _is_within(block: Prefix, prefix: Prefix) -> bool:
    return (
        block.version == prefix.version
        and prefix.prefixlen <= block.prefixlen
        and int(block.network_address) >> (prefix.max_prefixlen - prefix.prefixlen)
        == int(prefix.network_address) >> (prefix.max_prefixlen - prefix.prefixlen)
    )


def _outside(entity: Entity, model: NetworkModel | None) -> Maybe[Entity | None]:
    """Return what an entity stands in, one step nearer to the VPC; None where it stands in none."""
    key: Maybe[Key | None] = entity.target if isinstance(entity, FlowLog) else getattr(entity, "vpc", None)
    if key is None and isinstance(entity, NatGateway):
        key = entity.subnet
    if key is None and isinstance(entity, SecurityGroup | NetworkAcl):
        return Unknown("it stands in the default VPC, which is not named")
    if key is None or isinstance(key, Unknown):
        return key
    found = model.by_key.get(key) if model is not None else None
    return found if found is not None else Unknown(f"{key} is not part of this input")


_PARTS: Final[tuple[Callable[[Selector, Entity, NetworkModel | None], Verdict], ...]] = (
    _types,
    _addresses,
    _accounts,
    _regions,
    _tags,
    _cidrs,
)
