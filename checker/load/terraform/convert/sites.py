"""Instances of all roots by the key of their entity, each made when something asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from checker.load.terraform.instance import Instance, Value
from checker.load.terraform.instances import Instances
from checker.model.known import Key
from checker.model.record import dataclass, field

NO_KEYS: Final[tuple[Key, ...]] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """One instance in one root."""

    root: str
    """Label of the root; empty when only one root is read."""
    instance: Instance
    default_tags: Mapping[str, Value]
    key: Key = field(init=False)
    """The address, unique over all roots."""
    kind: str = field(init=False)
    """``aws_vpc``, or ``data.aws_vpc`` for a data source."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", scoped(self.root, self.instance.address))
        object.__setattr__(self, "kind", self.instance.kind)


@dataclass(frozen=True, slots=True)
class Pool:
    """The instances of one root."""

    root: str
    instances: Instances
    default_tags: Mapping[str, Value]


class Sites:
    """The sites of all roots by key."""

    def __init__(self, pools: Sequence[Pool], wanted: Iterable[str]) -> None:
        """Take the roots' instances; those of other kinds than the wanted ones are left out."""
        self._made: dict[Key, Site] = {}
        self._waiting: dict[Key, tuple[Pool, str]] = {}
        kinds: dict[str, list[Key]] = {kind: [] for kind in wanted}
        for pool in pools:
            for address, kind in pool.instances.kinds.items():
                if kind in kinds:
                    key = scoped(pool.root, address)
                    self._waiting[key] = pool, address
                    kinds[kind].append(key)
        self.roots = frozenset(pool.root for pool in pools)
        """The labels of the roots."""
        self._kinds = {kind: sorted(keys) for kind, keys in kinds.items() if keys}

    @property
    def kinds(self) -> Iterable[str]:
        """The kinds of which there are any."""
        return self._kinds.keys()

    def of(self, kind: str) -> Iterator[Site]:
        """Yield the sites of one kind, sorted by key."""
        return map(self.__getitem__, self._kinds.get(kind, NO_KEYS))

    def get(self, key: Key) -> Site | None:
        """Return the site of a key; None where there is none."""
        return self._made.get(key) or (self[key] if key in self._waiting else None)

    def __getitem__(self, key: Key) -> Site:
        found = self._made.get(key)
        if found is None:
            pool, address = self._waiting[key]
            found = self._made[key] = Site(pool.root, pool.instances.at(address), pool.default_tags)
        return found

    def __contains__(self, key: Key) -> bool:
        return key in self._waiting


def scoped(root: str, address: str) -> Key:
    """Return an address as a key over all roots."""
    return f"{root}::{address}" if root else address
