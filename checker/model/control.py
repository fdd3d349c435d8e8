"""What a control of a framework asks of our rules, as the framework maps say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from checker.model.finding import Control, Json
from checker.model.record import dataclass

SUPPORTING: Final = "supporting"
"""The firmness of a control that other means may meet as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlDemand:
    """One control of one version of one framework."""

    key: str
    """Short name of the framework: ``cis-aws``."""
    control: Control
    demand: str
    """What it asks of flow logs, in our own words."""
    rules: Mapping[str, Mapping[str, Json]]
    """By rule id, the parameters that the control fixes; others are those of the rule or, for lists that only the
    organisation knows and lengths that the control leaves open, of the policy."""
    firmness: str
    """``stated``, ``derived`` or ``supporting``."""
    source: str
