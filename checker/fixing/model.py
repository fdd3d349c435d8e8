"""What a fix comes to: what was changed for a finding, or why nothing was."""

from __future__ import annotations

from collections.abc import Mapping

from checker.model.finding import Finding
from checker.model.record import dataclass, field


class CannotFix(Exception):
    """A finding that the source alone does not resolve; says why, and where a person has to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Values that only a person can choose, by name: ``cidr``, ``email``, ``tag.Owner``."""

    given: Mapping[str, str] = field(default_factory=dict)

    def need(self, name: str, what: str) -> str:
        """Return a chosen value; raises CannotFix, naming the option, where nobody has chosen."""
        if name not in self.given:
            raise CannotFix(f"only a person can choose {what}: --value {name}=...")
        return self.given[name]


@dataclass(slots=True, kw_only=True)
class Fix:
    """One finding and what became of it."""

    finding: Finding
    done: list[str] = field(default_factory=list)
    """What was changed, with file and line at the time."""
    notes: list[str] = field(default_factory=list)
    """What to know before applying it: what Terraform replaces, who else is touched."""
    reason: str | None = None
    """Why it is not resolved; None where it is."""
    follows: bool = False
    """Whether the finding is about what another fix of this run has added."""
    gone: bool | None = None
    """Whether the new source passes; None where the source alone cannot tell."""
