"""What every entity of the model has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from checker.model.known import Key, Maybe
from checker.model.origin import Origin
from checker.model.record import dataclass, fields

Tags: TypeAlias = Mapping[str, Maybe[str]]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Entity:
    """One AWS resource, as a fact. Verdicts about it live in findings.

    Equality, hash and text are written once here, not generated for each of some thirty classes: generating them took
    a tenth of the start-up time.
    """

    key: Key
    """Unique within one model."""
    origin: Origin
    type: str
    """Terraform resource type (``aws_vpc``); live resources use the type Terraform would."""
    id: Maybe[str | None]
    """The AWS id (``vpc-0abc``); Unknown before the resource is created."""
    arn: Maybe[str | None]
    account: Maybe[str]
    """Twelve-digit id of the owning account."""
    region: Maybe[str]
    tags: Maybe[Tags]
    """All tags, provider default tags included."""
    exists: Maybe[bool] = True
    """True, or Unknown when a count or for_each cannot be evaluated (HCL without a plan)."""
    assumptions: tuple[str, ...] = ()
    """What was assumed to settle its arguments; evidence with less than full confidence."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self.key))

    def __repr__(self) -> str:
        pairs = zip((each.name for each in fields(self)), self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in pairs)})"

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, each.name) for each in fields(self))
