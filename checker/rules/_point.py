"""One thing that delivery needs, with its answer. A rule adds them up: one no fails, one "not known" leaves it open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from checker.model.entity import Entity
from checker.model.finding import Evidence, Remediation
from checker.model.record import dataclass
from checker.rules._policy_eval import Decision, title
from checker.rules._say import fact
from checker.rules._text import Tri

Fix: TypeAlias = Callable[[], Remediation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A requirement and whether it is met."""

    ok: Tri
    says: str
    """What is so, in a clause that can stand in a message."""
    entity: Entity | None = None
    """Where it was read."""
    fix: Fix | None = None
    """Makes the remediation; called for what is reported only."""
    assumed: bool = False
    """Met only because of an assumption that ``says`` names."""
    short: str | None = None
    """What stands in the facts instead of ``says``, where that names times: facts change only when things do."""

    def evidence(self) -> Evidence:
        """Return the point as evidence."""
        return fact(self.says, self.entity)


def first(points: Iterable[Point], answer: Tri) -> Point | None:
    """Return the first point with an answer."""
    return next((point for point in points if point.ok is answer), None)


def from_decision(found: Decision, wish: str, entity: Entity, fix: Fix | None) -> Point:
    """Return a policy's answer to a wish like "PutObject by delivery.logs.amazonaws.com"."""
    if found.allowed is True:
        by = title(found.allows[0]) if found.allows else "AWS's own statement"
        return Point(ok=True, says=f"{by} of the policy allows {wish}", entity=entity)
    if found.allowed is None:
        doubt = "; ".join(found.unsure) or "a statement is not known"
        return Point(ok=None, says=f"whether the policy allows {wish} is not known ({doubt})", entity=entity)
    if found.denies:
        return Point(ok=False, says=f"{title(found.denies[0])} of the policy denies {wish}", entity=entity, fix=fix)
    return Point(ok=False, says=f"no statement of the policy allows {wish}", entity=entity, fix=fix)
