"""What a plan tells, laid over the source: instance keys, known values, root variables."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final, Protocol, Union

from checker.load.terraform.instance import InstanceKey, Value
from checker.load.terraform.source.address import Mode


class Untold(Enum):
    """What an overlay answers where it has no value."""

    MISSING = "missing"
    """The plan does not hold this instance or name: the source decides."""
    UNKNOWN = "unknown"
    """The plan holds the name and says "known after apply": the source's argument, else a reference."""


MISSING: Final = Untold.MISSING
MISSING_UNKNOWN: Final = Untold.UNKNOWN


class Overlay(Protocol):
    """The plan's side of the "plan and source" mode."""

    def instance_keys(self, module_address: str, mode: Mode, type_: str, name: str) -> Sequence[InstanceKey] | None:
        """Return the keys of a resource's instances, ``[None]`` for a single one; None when the plan does not tell."""
        ...

    def module_keys(self, module_address: str, call_name: str) -> Sequence[InstanceKey] | None:
        """Return the keys of a module call's instances; ``module_address`` is that of the calling module."""
        ...

    def value(self, address: str, attribute: str) -> Union[Value, Untold]:
        """Return an attribute of an instance (``data.`` before data sources) where the plan knows it."""
        ...

    def root_variable(self, name: str) -> Union[Value, Untold]:
        """Return the value a root variable had when the plan was made."""
        ...


class NoOverlay:
    """Nothing laid over: the source stands alone."""

    def instance_keys(self, module_address: str, mode: Mode, type_: str, name: str) -> Sequence[InstanceKey] | None:
        """Return None."""
        return None

    def module_keys(self, module_address: str, call_name: str) -> Sequence[InstanceKey] | None:
        """Return None."""
        return None

    def value(self, address: str, attribute: str) -> Union[Value, Untold]:
        """Return MISSING."""
        return MISSING

    def root_variable(self, name: str) -> Union[Value, Untold]:
        """Return MISSING."""
        return MISSING
