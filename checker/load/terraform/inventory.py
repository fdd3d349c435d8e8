"""Which instances there will be after the apply, found by address, by block and by module call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checker.load.terraform.instance import InstanceKey, Value
from checker.load.terraform.plan_file import PlanFile
from checker.load.terraform.rows import Held, Planned, Row
from checker.load.terraform.source.address import join, parse_address, with_key


@dataclass(frozen=True, slots=True)
class Standing:
    """One instance after the apply."""

    row: Row
    values: Mapping[str, Value] | None
    """None where nobody reads them."""
    open: bool
    """Whether a value is known only after apply."""


class Inventory:
    """All instances after the apply, unwanted ones without values."""

    def __init__(self, standing: Iterable[Standing]) -> None:
        self.standing: dict[str, Standing] = {}
        self._keys: dict[tuple[str, bool, str, str], list[InstanceKey]] = {}
        self._by_type: dict[tuple[str, str], list[str]] = {}
        self._module_keys: dict[tuple[str, str], list[InstanceKey]] = {}
        self._modules: set[str] = set()
        for each in standing:
            self._add(each)

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

    def keys(self, module: str, managed: bool, type_: str, name: str) -> tuple[InstanceKey, ...]:
        """Return the keys of a block's instances in one module instance, sorted; ``(None,)`` for a single one."""
        return tuple(sorted(self._keys.get((module, managed, type_, name), ()), key=_sort_key))

    def module_keys(self, module: str, call: str) -> tuple[InstanceKey, ...]:
        """Return the keys of a call's instances as far as they hold resources, sorted."""
        return tuple(sorted(self._module_keys.get((module, call), ()), key=_sort_key))

    def values(self, address: str) -> Mapping[str, Value] | None:
        """Return what is known of an instance; None where there is none, or nobody reads it."""
        found = self.standing.get(address)
        return found.values if found is not None else None

    def of_types(self, module: str, types: Iterable[str]) -> tuple[str, ...]:
        """Return the addresses of the managed instances of some types in one module instance, sorted."""
        return tuple(sorted(address for type_ in types for address in self._by_type.get((module, type_), ())))

    def _add(self, each: Standing) -> None:
        row = each.row
        if row.address in self.standing:
            return
        self.standing[row.address] = each
        if row.managed:
            self._by_type.setdefault((row.module, row.type), []).append(row.address)
        self._keys.setdefault((row.module, row.managed, row.type, row.name), []).append(row.index)
        self._add_modules(row)

    def _add_modules(self, row: Row) -> None:
        """Note the module instances on the way to a row."""
        if not row.module or row.module in self._modules:
            return
        parsed = parse_address(row.address)
        above = ""
        for name, key in parsed.modules if parsed else ():
            here = join(above, with_key(f"module.{name}", key))
            if here not in self._modules:
                self._modules.add(here)
                self._module_keys.setdefault((above, name), []).append(key)
            above = here


def _planned(change: Planned) -> Standing:
    return Standing(change.row, change.after, change.open)


def _held(held: Held) -> Standing:
    return Standing(held.row, held.values, False)


def _sort_key(key: InstanceKey) -> tuple[str, int, str]:
    return (type(key).__name__, key if isinstance(key, int) else 0, str(key))
