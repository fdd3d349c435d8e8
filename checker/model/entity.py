"""What every entity of the model has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from checker.model.known import Key, Maybe
from checker.model.origin import Origin

Tags: TypeAlias = Mapping[str, Maybe[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One AWS resource, as a fact. Verdicts about it live in findings."""

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
