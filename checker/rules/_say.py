"""Outcomes and evidence in one form, so that every rule speaks alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from checker.errors import InternalError
from checker.model.entity import Entity
from checker.model.finding import Confidence, Evidence, Json, Remediation, Severity, Status
from checker.model.known import Unknown
from checker.rules._rule import Outcome

Facts = Mapping[str, Json]
E = TypeVar("E", bound=Entity)


def of_kind(kind: type[E], entity: Entity) -> E:
    """Return the entity as what it is. Raises InternalError for another kind: a rule judges its own subjects only."""
    if not isinstance(entity, kind):
        raise InternalError(f"{entity.key} is a {type(entity).__name__}, not a {kind.__name__}")
    return entity


def name(entity: Entity) -> str:
    """Return the name by which a person knows an entity: Terraform address, else its key, with its Name tag.

    The key of a live entity is the id that AWS gave it (``vpc-0abc``), or its ARN where it has no id of that kind.
    """
    if entity.origin.address:
        return entity.origin.address
    label = None if isinstance(entity.tags, Unknown) else entity.tags.get("Name")
    return f"{entity.key} ({label})" if isinstance(label, str) and label else entity.key


def beside(entity: Entity, subject: Entity) -> str:
    """Return the name of an entity in a message about another one: with its root where that is another."""
    root = entity.origin.root
    return f"{name(entity)} of {root}" if root and root != subject.origin.root else name(entity)


def listed(names: list[str], most: int = 3) -> str:
    """Return the first names of a list, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def fact(statement: str, entity: Entity | None = None) -> Evidence:
    """Return one piece of evidence, located where the entity was read."""
    return Evidence(statement=statement, origin=entity.origin if entity is not None else None)


def assumed(entities: Iterable[Entity]) -> tuple[Evidence, ...]:
    """Return what was assumed to read these entities, as evidence."""
    return tuple(fact(f"Assumed: {text}", entity) for entity in entities for text in entity.assumptions)


def cause(value: object) -> str:
    """Return why a value is not known; the value itself where it is."""
    return value.reason if isinstance(value, Unknown) else str(value)


def shown(value: object) -> Json:
    """Return a value as a fact. The words of an Unknown stay out of it: they may change while nothing else does."""
    if isinstance(value, Unknown):
        return "unknown"
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def passed(
    message: str, evidence: Iterable[Evidence], facts: Facts, *, confidence: Confidence = Confidence.HIGH
) -> Outcome:
    """Return a pass."""
    return Outcome(status=Status.PASS, message=message, evidence=tuple(evidence), facts=facts, confidence=confidence)


def failed(
    message: str,
    evidence: Iterable[Evidence],
    facts: Facts,
    fix: Remediation,
    *,
    severity: Severity | None = None,
    confidence: Confidence = Confidence.HIGH,
) -> Outcome:
    """Return a failure; it always comes with a way to make it right."""
    return Outcome(
        status=Status.FAIL,
        message=message,
        evidence=tuple(evidence),
        facts=facts,
        severity=severity,
        confidence=confidence,
        remediation=fix,
    )


def unknown(message: str, evidence: Iterable[Evidence], facts: Facts) -> Outcome:
    """Return "cannot be told"; the message names what is missing."""
    return Outcome(status=Status.UNKNOWN, message=message, evidence=tuple(evidence), facts=facts)


def not_applicable(message: str, evidence: Iterable[Evidence], facts: Facts | None = None) -> Outcome:
    """Return "this rule has nothing to say of this subject", with the reason."""
    return Outcome(status=Status.NOT_APPLICABLE, message=message, evidence=tuple(evidence), facts=dict(facts or {}))


def confidence_of(*entities: Entity) -> Confidence:
    """Return medium where reading one of the entities took an assumption."""
    return Confidence.MEDIUM if any(entity.assumptions for entity in entities) else Confidence.HIGH
