"""Which instances there will be after the apply, found by address, by block and by module call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from checker.load.terraform.instance import InstanceKey, Value
from checker.load.terraform.plan_file import PlanFile
from checker.load.terraform.rows import Held, Planned, Row
from checker.load.terraform.source.address import join, with_key
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """One instance after the apply."""

    row: Row
    values: Mapping[str, Value] | None
    """None where nobody reads them."""
    open: bool
    """Whether a value is known only after apply."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The instance keys of one block, sorted. Equal ones are the same object."""

    items: tuple[InstanceKey, ...]
    members: frozenset[InstanceKey]


NO_KEYS: Final = Keys((), frozenset())


class Inventory:
    """All instances after the apply, unwanted ones without values."""

    def __init__(self, standing: Iterable[Standing]) -> None:
        self.standing: dict[str, Standing] = {}
        self._by_type: dict[tuple[str, str], list[str]] = {}
        self._modules: set[str] = set()
        keys: dict[tuple[str, bool, str, str], list[InstanceKey]] = {}
        module_keys: dict[tuple[str, str], list[InstanceKey]] = {}
        for each in standing:
            row = each.row
            if row.address in self.standing:
                continue
            self.standing[row.address] = each
            if row.managed:
                self._by_type.setdefault((row.module, row.type), []).append(row.address)
            keys.setdefault((row.module, row.managed, row.type, row.name), []).append(row.index)
            self._note_modules(row, module_keys)
        self._interned: dict[tuple[InstanceKey, ...], Keys] = {}
        self._keys = {block: self._intern(found) for block, found in keys.items()}
        self._module_keys = {call: self._intern(found) for call, found in module_keys.items()}

    @classmethod
    def of(cls, plan: PlanFile) -> Inventory:
        """Return what is there after the plan.

        Objects of the prior state that the plan does not mention stay as they are: it is a refresh-only plan, or one
        that was limited with -target.
        """
        planned = [_planned(change) for change in plan.changes if change.stays]
        data = {each.row.address for each in planned}
        held = [_held(each) for each in plan.prior if each.row.address not in data and not plan.dropped(each)]
        return cls([*planned, *held])

    def keys(self, module: str, managed: bool, type_: str, name: str) -> Keys:
        """Return the keys of a block's instances in one module instance; ``(None,)`` for a single one."""
        return self._keys.get((module, managed, type_, name), NO_KEYS)

    def module_keys(self, module: str, call: str) -> Keys:
        """Return the keys of a call's instances as far as they hold resources."""
        return self._module_keys.get((module, call), NO_KEYS)

    def values(self, address: str) -> Mapping[str, Value] | None:
        """Return what is known of an instance; None where there is none, or nobody reads it."""
        found = self.standing.get(address)
        return found.values if found is not None else None

    def of_types(self, module: str, types: Iterable[str]) -> tuple[str, ...]:
        """Return the addresses of the managed instances of some types in one module instance, sorted."""
        return tuple(sorted(address for type_ in types for address in self._by_type.get((module, type_), ())))

    def _note_modules(self, row: Row, module_keys: dict[tuple[str, str], list[InstanceKey]]) -> None:
        """Note the module instances on the way to a row."""
        if not row.module or row.module in self._modules:
            return
        above = ""
        for name, key in row.modules:
            here = join(above, with_key(f"module.{name}", key))
            if here not in self._modules:
                self._modules.add(here)
                module_keys.setdefault((above, name), []).append(key)
            above = here

    def _intern(self, found: list[InstanceKey]) -> Keys:
        items = tuple(sorted(found, key=_sort_key)) if len(found) > 1 else tuple(found)
        return self._interned.setdefault(items, Keys(items, frozenset(items)))


def _planned(change: Planned) -> Standing:
    return Standing(change.row, change.after, change.open)


def _held(held: Held) -> Standing:
    return Standing(held.row, held.values, False)


def _sort_key(key: InstanceKey) -> tuple[str, int, str]:
    return (type(key).__name__, key if isinstance(key, int) else 0, str(key))
