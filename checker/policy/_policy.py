"""The policy as the rest of the program sees it: read, validated, parents merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from checker.model.entity import Entity
from checker.model.finding import Control, Json, Severity
from checker.model.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """What a policy says of one rule."""

    enabled: bool
    severity: Severity | None
    """None: the rule's own."""
    params: Mapping[str, Json]
    """Defaults of the rule with the policy's values over them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedElsewhere:
    """A destination that another team keeps, declared once."""

    arn: str
    account: str | None
    owner: str
    checked_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An accepted exception. Inline comments become the same thing."""

    rules: tuple[str, ...]
    address: str | None
    """Glob per address segment: ``module.legacy[*].aws_flow_log.*``."""
    account: str | None
    region: str | None
    arn: str | None
    tags: Mapping[str, str] = field(default_factory=dict)
    reason: str
    owner: str | None
    until: date | None
    """Valid to the end of that day, UTC."""
    origin: Origin
