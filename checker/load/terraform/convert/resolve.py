"""References settled: what an argument's value is once every reference that can be followed was followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias, Union

from checker.load.terraform.convert.sites import Site, Sites, scoped
from checker.load.terraform.convert.symbol import OPEN, hole, join
from checker.load.terraform.instance import Ref, Text, Value
from checker.model.known import Key, Maybe, Unknown
from checker.model.record import replace

Settled: TypeAlias = Union[bool, int, float, str, Unknown, "list[Value]", "dict[str, Value]", None]
"""A value without reference at its top; the elements of lists and dicts are not settled yet."""

MAX_CHAIN: Final = 60
"""Longest chain of references that is followed; real ones have a handful."""


class Absent:
    """The one value that says: no such name."""


ABSENT: Final = Absent()
PLAIN: Final = frozenset({str, bool, int, float, list, dict})
"""Classes of values that need no settling."""


Derived: TypeAlias = Callable[["Resolver", Site], Settled]


class Resolver:
    """Settles values. Results are remembered, so that reading a model costs no more than its arguments."""

    def __init__(self, sites: Sites, derived: Mapping[tuple[str, str], Derived]) -> None:
        self.sites = sites
        self.aliases: dict[Key, Key] = {}
        """Key of a data source's instance to the key of the managed entity that it reads."""
        self._derived = derived
        self._memo: dict[tuple[Key, str], Settled] = {}
        self._active: set[tuple[Key, str]] = set()

    def settle(self, root: str, value: Value, place: str) -> Settled:
        """Follow the references in a value. ``place`` (address and argument) names parts that nobody else names."""
        if isinstance(value, Ref):
            return self._reference(root, value)
        if isinstance(value, Text):
            return self._text(root, value, place)
        if isinstance(value, Unknown):
            return self._unknown(root, value)
        return value

    def attribute(self, site: Site, name: str) -> Settled | Absent:
        """Return what one attribute is: its value, else what follows from other attributes, else ABSENT."""
        raw = site.instance.values.get(name, ABSENT)
        if raw.__class__ in PLAIN and raw != "":
            return raw  # type: ignore[return-value]  # neither a reference nor absent
        if raw is ABSENT and (site.kind, name) not in self._derived:
            return ABSENT
        memo = (site.key, name)
        if memo in self._memo:
            return self._memo[memo]
        if memo in self._active or len(self._active) > MAX_CHAIN:
            return ABSENT
        self._active.add(memo)
        try:
            value = self._attribute(site, name)
        finally:
            self._active.discard(memo)
        if not isinstance(value, Absent):
            self._memo[memo] = value
        return value

    def value(self, site: Site, name: str) -> Settled:
        """Return one attribute; an absent one is Unknown with the symbol that stands for it."""
        value = self.attribute(site, name)
        return self.later(site, name) if isinstance(value, Absent) else value

    def later(self, site: Site, name: str) -> Unknown:
        """Return the Unknown for an attribute that only the apply will tell."""
        return Unknown(f"known after apply: {site.instance.address}.{name}", symbol=hole(f"{site.key}.{name}"))

    def _attribute(self, site: Site, name: str) -> Settled | Absent:
        given: Settled | Absent = ABSENT
        if name in site.instance.values:
            given = self.settle(site.root, site.instance.values[name], f"{site.key}.{name}")
        derive = self._derived.get((site.kind, name))
        if derive is None or not (isinstance(given, (Unknown, Absent)) or given in (None, "")):
            return given
        derived = derive(self, site)
        return given if derived is None else derived

    def _reference(self, root: str, ref: Ref) -> Settled:
        key = scoped(root, ref.address)
        site = self.sites.get(key)
        if site is None or not ref.path or not isinstance(ref.path[0], str):
            return _later(key, ref)
        value = self.attribute(site, ref.path[0])
        for step in ref.path[1:]:
            value = self._step(root, value, step, f"{key}.{_dotted(ref.path)}")
        if isinstance(value, Absent):
            return _later(key, ref)
        if isinstance(value, Unknown) and value.symbol is None:
            return replace(value, symbol=hole(f"{key}.{_dotted(ref.path)}"))
        return value

    def _step(self, root: str, value: Settled | Absent, step: str | int, place: str) -> Settled | Absent:
        if isinstance(value, list):
            index = int(step) if isinstance(step, str) and step.isdecimal() else step
            if isinstance(index, int) and not isinstance(index, bool) and -len(value) <= index < len(value):
                return self.settle(root, value[index], place)
            return ABSENT
        if isinstance(value, dict) and isinstance(step, str) and step in value:
            return self.settle(root, value[step], place)
        return ABSENT

    def _text(self, root: str, text: Text, place: str) -> Maybe[str]:
        parts: list[Maybe[str]] = []
        for number, part in enumerate(text.parts):
            settled = self.settle(root, part, place)
            if isinstance(settled, Unknown):
                parts.append(settled if settled.symbol else replace(settled, symbol=hole(f"{place}#{number}")))
            else:
                parts.append(as_text(settled))
        return join(*parts)

    def _unknown(self, root: str, value: Unknown) -> Unknown:
        if not root and not self.aliases:
            return value
        symbol = value.symbol
        if symbol is not None and root and f"{OPEN}{root}::" not in symbol:
            symbol = symbol.replace(OPEN, f"{OPEN}{root}::")
        among = dict.fromkeys(self.entity_key(root, item) for item in value.among)
        return replace(value, symbol=symbol, among=tuple(among))

    def entity_key(self, root: str, address: str) -> Key:
        """Return the key of the entity that an instance address, or a key, stands for."""
        key = scoped(root, address)
        key = key if key in self.sites else address
        return self.aliases.get(key, key)


def _later(key: Key, ref: Ref) -> Unknown:
    path = _dotted(ref.path)
    return Unknown(f"known after apply: {ref.address}.{path}", symbol=hole(f"{key}.{path}"))


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join([str(step) for step in path])


def as_text(value: Settled) -> Maybe[str]:
    """Return a value as Terraform's string templates print it."""
    if isinstance(value, (str, Unknown)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return Unknown("null where text was expected" if value is None else "a collection where text was expected")
