"""Arguments read as what the model wants: text, number, flag, prefix, key. Nothing here raises on odd values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_network
from typing import Final, Literal, TypeAlias, TypeVar

from checker.load.terraform.convert.keys import Index
from checker.load.terraform.convert.resolve import ABSENT, PLAIN, Absent, Resolver, Settled, as_text
from checker.load.terraform.convert.sites import Site
from checker.load.terraform.instance import Value
from checker.model.address import Prefix
from checker.model.known import Key, Maybe, Unknown
from checker.model.origin import Source
from checker.model.record import dataclass

_WRITTEN_DATA: Final = "data.aws_iam_policy_document"
"""The data source whose arguments are all there is to it; it reads nothing from AWS."""

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

WhenAbsent: TypeAlias = Literal["unset", "configured", "computed"]
"""What it means that a name is absent.

``unset``: an optional argument that is not set. ``configured``: an optional argument that AWS fills in, where being
filled in means the same as being unset (``log_format``). ``computed``: a fact that only the apply will tell.
"""


@dataclass(frozen=True, slots=True)
class Fields:
    """The arguments of one instance, or of one block in it."""

    resolver: Resolver
    index: Index
    site: Site
    values: Mapping[str, Value]
    path: str = ""
    """Where the block stands in the instance: ``destination_options[0].``; empty at the top."""

    def _raw(self, name: str, absent: WhenAbsent) -> Settled:
        """Return the settled value; None for unset, and Unknown for whatever is not known."""
        raw = self.values.get(name, ABSENT)
        if raw.__class__ in PLAIN and raw != "":
            return raw  # type: ignore[return-value] # neither a reference nor absent
        if self.path:
            value: Settled | Absent = ABSENT
            if name in self.values:
                value = self.resolver.settle(self.site.root, self.values[name], f"{self.site.key}.{self.path}{name}")
        else:
            value = self.resolver.attribute(self.site, name)
        configured = self.site.instance.configured
        if absent == "configured" and isinstance(value, (Absent, Unknown)) and self._is_given():
            if configured is not None and name not in configured:
                return None
            return self._later(name) if isinstance(value, Absent) else value
        if isinstance(value, Absent):
            return self._absent(name, absent)
        if value is None and absent == "computed" and self.site.instance.origin.source is Source.HCL:
            return self._later(name)
        return value

    def _is_given(self) -> bool:
        """Say whether the configuration tells all arguments: not inside blocks, and not what a data source reads."""
        return not self.path and (self.site.instance.managed or self.site.kind == _WRITTEN_DATA)

    def _absent(self, name: str, absent: WhenAbsent) -> Settled:
        instance = self.site.instance
        read = not instance.managed and self.site.kind != _WRITTEN_DATA
        promised = not self.path and (read or name in (instance.configured or ()))
        return self._later(name) if absent == "computed" or promised else None

    def _later(self, name: str) -> Unknown:
        return self.resolver.later(self.site, f"{self.path}{name}")

    def _odd(self, name: str, wanted: str) -> Unknown:
        return Unknown(f"{self.site.instance.address}.{self.path}{name} is not {wanted}")

    def has(self, name: str) -> bool:
        """Say whether an argument is set, to a known value or not."""
        if name not in self.values and not self.site.instance.managed:
            return False
        value = self._raw(name, "configured")
        return isinstance(value, Unknown) or value not in (None, "", [], {})

    def text(self, name: str, *, absent: WhenAbsent = "unset") -> Maybe[str | None]:
        """Return a text. Null and the empty text, which the provider does not tell apart, are None."""
        given = self.values.get(name)
        if isinstance(given, str) and given:
            return given  # the most frequent case by far
        value = self._raw(name, absent)
        if isinstance(value, str):
            return value or None
        if isinstance(value, (list, dict)):
            return self._odd(name, "text")
        if isinstance(value, Unknown):
            return value
        return None if value is None else as_text(value)

    def text_or(self, name: str, unset: str, *, absent: WhenAbsent = "unset") -> Maybe[str]:
        """Return a text, or what the provider takes where it is unset."""
        value = self.text(name, absent=absent)
        return unset if value is None else value

    def required(self, name: str) -> Maybe[str]:
        """Return a text that cannot be unset; unset means that only the apply will tell."""
        value = self.text(name, absent="computed")
        return self._later(name) if value is None else value

    def number(self, name: str, *, absent: WhenAbsent = "unset") -> Maybe[float | None]:
        """Return a number; a text that is one counts."""
        value = self._raw(name, absent)
        if isinstance(value, Unknown):
            return value
        if value is None or value == "":
            return None
        if isinstance(value, (bool, list, dict)):
            return self._odd(name, "a number")
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return self._odd(name, "a number")
        return number if abs(number) < float("inf") else self._odd(name, "a number")

    def whole(self, name: str, *, absent: WhenAbsent = "unset") -> Maybe[int | None]:
        """Return a whole number."""
        value = self.number(name, absent=absent)
        if isinstance(value, Unknown) or value is None:
            return value
        return int(value) if value.is_integer() else self._odd(name, "a whole number")

    def flag(self, name: str, unset: bool, *, absent: WhenAbsent = "unset") -> Maybe[bool]:
        """Return a truth value, ``unset`` where the argument is not set."""
        value = self._raw(name, absent)
        if isinstance(value, Unknown):
            return value
        if value is None or value == "":
            return unset
        if isinstance(value, str) and value in ("true", "false"):
            return value == "true"
        return value if isinstance(value, bool) else self._odd(name, "true or false")

    def prefix(self, name: str, *, absent: WhenAbsent = "unset") -> Maybe[Prefix | None]:
        """Return an IP prefix in canonical form."""
        value = self.text(name, absent=absent)
        return value if value is None or isinstance(value, Unknown) else as_prefix(value)

    def key(self, name: str, family: str, *, absent: WhenAbsent = "unset") -> Maybe[Key | None]:
        """Return the key of the entity that an argument names."""
        return self.index.find(family, self.text(name, absent=absent), self.site)

    def required_key(self, name: str, family: str) -> Maybe[Key]:
        """Return the key of the entity that a required argument names."""
        value = self.key(name, family, absent="computed")
        return self._later(name) if value is None else value

    def items(self, name: str, *, absent: WhenAbsent = "unset") -> Maybe[tuple[Settled, ...] | None]:
        """Return the settled elements of a list or set."""
        value = self._raw(name, absent)
        if value is None or isinstance(value, Unknown):
            return value
        place = f"{self.site.key}.{self.path}{name}"
        if not isinstance(value, list):
            return self._odd(name, "a list")
        return tuple(self.resolver.settle(self.site.root, item, f"{place}[{n}]") for n, item in enumerate(value))

    def texts(self, name: str, *, absent: WhenAbsent = "unset") -> Maybe[tuple[Maybe[str], ...] | None]:
        """Return the elements of a list or set of texts; nulls are left out, as the provider does."""
        items = self.items(name, absent=absent)
        if items is None or isinstance(items, Unknown):
            return items
        return tuple(as_text(item) for item in items if isinstance(item, Unknown) or item not in (None, ""))

    def keys(self, name: str, family: str, *, absent: WhenAbsent = "unset") -> Maybe[tuple[Maybe[Key], ...] | None]:
        """Return the keys of the entities that a list or set names, sorted, known ones first."""
        texts = self.texts(name, absent=absent)
        if texts is None or isinstance(texts, Unknown):
            return texts
        found = (self.index.find(family, text, self.site) for text in texts)
        return ordered(tuple(key for key in found if key is not None))

    def blocks(self, name: str, *, absent: WhenAbsent = "configured") -> Maybe[tuple[Maybe[Fields], ...]]:
        """Return the blocks of a name, none when it is unset. A single object counts as one block."""
        value: Settled = self._raw(name, absent)
        if isinstance(value, Unknown):
            return value
        if value is None:
            return ()
        if not isinstance(value, (list, dict)):
            return self._odd(name, "a block")
        found: list[Maybe[Fields]] = []
        for number, item in enumerate(value if isinstance(value, list) else [value]):
            path = f"{self.path}{name}[{number}]."
            settled = self.resolver.settle(self.site.root, item, f"{self.site.key}.{path}")
            if isinstance(settled, dict):
                found.append(Fields(self.resolver, self.index, self.site, settled, path))
            elif settled is not None:
                found.append(settled if isinstance(settled, Unknown) else self._odd(f"{name}[{number}]", "a block"))
        return tuple(found)

    def block(self, name: str) -> Maybe[Fields | None]:
        """Return the only, or first, block of a name; None for none."""
        found = self.blocks(name)
        return found if isinstance(found, Unknown) else (found[0] if found else None)

    def mapping(self, name: str, *, absent: WhenAbsent = "unset") -> Maybe[dict[str, Maybe[str]]]:
        """Return a map of texts; null elements are left out."""
        value = self._raw(name, absent)
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, dict):
            return {} if value is None else self._odd(name, "a map")
        return self.texts_of(value, name)

    def texts_of(self, value: Mapping[str, Value], name: str) -> dict[str, Maybe[str]]:
        """Return the settled elements of a map of texts."""
        found = {
            key: self.resolver.settle(self.site.root, item, f"{self.site.key}.{self.path}{name}.{key}")
            for key, item in sorted(value.items())
        }
        return {key: as_text(item) for key, item in found.items() if item is not None}


@lru_cache(maxsize=1 << 14)  # the same few blocks stand in many rules
def as_prefix(text: str) -> Maybe[Prefix]:
    """Return the prefix that EC2 makes of a text: host bits cleared."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return Unknown(f"not an IP prefix: {text}")


def ordered(values: Iterable[Maybe[T]], by: Callable[[T], str] = str) -> tuple[Maybe[T], ...]:
    """Return known values sorted and without repetition, unknown ones after them."""
    known: dict[str, Maybe[T]] = {}
    unknown: dict[tuple[str, int], Maybe[T]] = {}
    for number, value in enumerate(values):
        if isinstance(value, Unknown):
            unknown[value.symbol or value.reason, 0 if value.symbol else number] = value
        else:
            known[by(value)] = value
    return (*(known[key] for key in sorted(known)), *(unknown[key] for key in sorted(unknown)))


def prefixes(found: Iterable[Maybe[Prefix | None]]) -> tuple[Maybe[Prefix], ...]:
    """Return prefixes sorted by family, address and length, unknown ones after them; None is left out."""
    return ordered((prefix for prefix in found if prefix is not None), _by_address)


def _by_address(prefix: Maybe[Prefix]) -> str:
    if isinstance(prefix, Unknown):
        return prefix.reason
    return f"{prefix.version}{int(prefix.network_address):040}/{prefix.prefixlen:03}"
