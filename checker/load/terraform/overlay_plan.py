"""What a plan knows, laid over the source beside it; and finding that source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Union

from checker.load.terraform.instance import InstanceKey, Value
from checker.load.terraform.inventory import Inventory
from checker.load.terraform.plan_file import PlanFile
from checker.load.terraform.redact import LATER, SENSITIVE, merge
from checker.load.terraform.source.address import Mode
from checker.load.terraform.source.overlay import MISSING, MISSING_UNKNOWN, Untold


class PlanOverlay:
    """The plan's side when its expressions are evaluated from source."""

    def __init__(self, plan: PlanFile, inventory: Inventory, *, complete: bool) -> None:
        self._plan = plan
        self._inventory = inventory
        self._complete = complete
        """Whether a block that the plan does not mention has no instances."""

    def instance_keys(self, module_address: str, mode: Mode, type_: str, name: str) -> Sequence[InstanceKey] | None:
        """Return the keys of a resource's instances; None when the plan does not tell."""
        keys = self._inventory.keys(module_address, mode == "managed", type_, name).items
        return keys if keys or (self._complete and mode == "managed") else None

    def module_keys(self, module_address: str, call_name: str) -> Sequence[InstanceKey] | None:
        """Return the keys of a module call's instances; None for a call whose instances hold no resource."""
        return self._inventory.module_keys(module_address, call_name).items or None

    def value(self, address: str, attribute: str) -> Union[Value, Untold]:
        """Return an attribute of an instance where the plan knows all of it."""
        values = self._inventory.values(address)
        if values is None or attribute not in values:
            return MISSING
        value = values[attribute]
        return MISSING_UNKNOWN if _is_open(value) else value

    def root_variable(self, name: str) -> Union[Value, Untold]:
        """Return the value a root variable had; a sensitive one is Unknown."""
        if name in self._plan.configuration.sensitive_variables:
            return SENSITIVE
        if name not in self._plan.variables:
            return MISSING
        return merge(self._plan.variables[name], None, None)


def _is_open(value: Value) -> bool:
    if isinstance(value, dict):
        return any(_is_open(item) for item in value.values())
    if isinstance(value, list):
        return any(_is_open(item) for item in value)
    return value is LATER
