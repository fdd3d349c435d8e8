"""What every converter needs: the fields all entities share, and resources that add to another resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypedDict

from checker.load.terraform.convert.canonical import account_of, region_of
from checker.load.terraform.convert.keys import Index
from checker.load.terraform.convert.resolve import Resolver, as_text
from checker.load.terraform.convert.values import Fields
from checker.model.entity import Tags
from checker.model.known import Key, Maybe, Unknown
from checker.model.origin import Origin, Source
from checker.model.record import dataclass, field, replace


class Common(TypedDict):
    """The fields of ``Entity``."""

    key: Key
    origin: Origin
    type: str
    id: Maybe[str | None]
    arn: Maybe[str | None]
    account: Maybe[str]
    region: Maybe[str]
    tags: Maybe[Tags]
    exists: Maybe[bool]
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Satellites:
    """Resources of one type by the entity that they add to."""

    by_key: dict[Key, list[Fields]] = field(default_factory=dict)
    loose: dict[Key | None, tuple[Unknown, Fields]] = field(default_factory=dict)
    """The first of those of which the entity is not known, by the entities it may be; None: by any."""

    def of(self, key: Key) -> list[Fields]:
        """Return the resources that add to an entity, in order of address."""
        return self.by_key.get(key, [])

    def maybe(self, key: Key) -> Unknown | None:
        """Return why there may be one more for this entity, None when there cannot."""
        found = self.loose.get(key) or self.loose.get(None)
        if found is None:
            return None
        target, fields = found
        return Unknown(f"{fields.site.instance.address} may belong to it: {target.reason}")


class World:
    """All instances of all roots, with the means to read them."""

    def __init__(self, resolver: Resolver, index: Index, previous: World | None = None) -> None:
        self.resolver = resolver
        self.index = index
        self._previous = previous
        self._by_kind: dict[str, list[Fields]] = {}
        self._satellites: dict[tuple[str, str], Satellites] = {}

    def of(self, *kinds: str) -> Iterator[Fields]:
        """Yield the instances of some kinds, without those that stand for another instance's entity."""
        for kind in kinds:
            for fields in self._of(kind):
                if fields.site.key not in self.index.merged:
                    yield fields

    def _of(self, kind: str) -> list[Fields]:
        found = self._by_kind.get(kind)
        if found is None:
            found = [
                Fields(self.resolver, self.index, site, site.instance.values) for site in self.resolver.sites.of(kind)
            ]
            self._by_kind[kind] = found
        return found

    def at(self, key: Key) -> Fields | None:
        """Return the instance behind a key."""
        site = self.resolver.sites.get(key)
        return Fields(self.resolver, self.index, site, site.instance.values) if site else None

    def satellites(self, kind: str, argument: str, family: str) -> Satellites:
        """Return the instances of a kind by the entity that one argument names."""
        cached = self._satellites.get((kind, argument))
        if cached is None:
            cached = Satellites()
            for fields in self.of(kind):
                target = fields.required_key(argument, family)
                if isinstance(target, Unknown):
                    for among in target.among or (None,):
                        cached.loose.setdefault(among, (target, fields))
                else:
                    cached.by_key.setdefault(target, []).append(fields)
            self._satellites[kind, argument] = cached
        return cached

    def removed(self, kind: str, argument: str, family: str, key: Key) -> list[Fields]:
        """Return the resources that added to an entity before the change and no longer do, or do so otherwise.

        What AWS fills in (a group's rules, a role's policies) still repeats them in a plan: Terraform computes it anew
        only at the next refresh.
        """
        if self._previous is None:
            return []
        return self._previous.satellites(kind, argument, family).of(key)


def common(fields: Fields, *, key: Key | None = None, id_: str | None = "id", arn: str | None = "arn") -> Common:
    """Return the fields of ``Entity`` for an instance. ``id_`` and ``arn`` name its attributes, None for none."""
    site = fields.site
    instance = site.instance
    origin = instance.origin if instance.origin.managed == instance.managed else None
    return Common(
        key=key or site.key,
        origin=origin or replace(instance.origin, managed=instance.managed),
        type=instance.type,
        id=fields.text(id_, absent="computed") if id_ else None,
        arn=fields.text(arn, absent="computed") if arn else None,
        account=account_of(fields.resolver, site),
        region=region_of(fields.resolver, site),
        tags=tags_of(fields),
        exists=_exists(instance.exists),
        assumptions=tuple(f"{name}: {instance.assumed[name]}" for name in sorted(instance.assumed)),
    )


def _exists(value: Maybe[bool]) -> Maybe[bool]:
    return value if isinstance(value, Unknown) else True


def tags_of(fields: Fields) -> Maybe[Tags]:
    """Return all tags: ``tags_all`` where it is known, else ``tags`` over the provider's default tags."""
    site = fields.site
    values = site.instance.values
    if "tags_all" in values:
        everything = fields.mapping("tags_all")
        if not isinstance(everything, Unknown):
            return everything
    if not site.instance.managed and (site.instance.origin.source is Source.HCL or "tags" not in values):
        return fields.resolver.later(site, "tags")
    own = fields.mapping("tags")
    if isinstance(own, Unknown) or not site.instance.managed:
        return own
    return {**_default_tags(fields), **own}


def _default_tags(fields: Fields) -> dict[str, Maybe[str]]:
    found: dict[str, Maybe[str]] = {}
    for name, value in sorted(fields.site.default_tags.items()):
        settled = fields.resolver.settle(fields.site.root, value, f"{fields.site.key}.tags.{name}")
        if settled is not None:
            found[name] = as_text(settled)
    return found


def adopted_vpc(world: World, fields: Fields, argument: str) -> Maybe[Key]:
    """Return the VPC whose default ACL or route table a resource adopts: by its id, else by ``vpc_id``."""
    text = fields.text(argument, absent="computed")
    vpc = world.index.find(f"vpc_of_{argument.removesuffix('_id')}", text, fields.site)
    if isinstance(vpc, str) and vpc in world.resolver.sites:
        return vpc
    return fields.required_key("vpc_id", "vpc")


def exists_unknown(fields: Fields) -> Unknown | None:
    """Return why an instance may not exist, None when it does."""
    exists = fields.site.instance.exists
    return exists if isinstance(exists, Unknown) else None


def first_unknown(values: Iterable[Unknown | None]) -> Unknown | None:
    """Return the first reason of several."""
    return next((value for value in values if value is not None), None)
