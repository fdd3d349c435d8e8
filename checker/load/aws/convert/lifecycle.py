"""Lifecycle rules of a bucket, in both versions of the API."""

from __future__ import annotations

from typing import Final

from checker.load.aws.convert.row import Row, then
from checker.model.destination import LifecycleRule
from checker.model.known import Maybe, Unknown

_LIMITS: Final = ("Tag", "Tags", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
"""Members of a filter that limit a rule to some of the objects under its prefix."""


def rules_of(answer: Row) -> Maybe[tuple[LifecycleRule, ...]]:
    """Return the rules, in the order of the answer."""
    return then(answer.required_rows("Rules"), lambda rules: tuple(_rule(rule) for rule in rules))


def _rule(rule: Row) -> LifecycleRule:
    limited = _limited(rule)
    days = rule.inner("Expiration", _expiration, None)
    moves: Maybe[bool] = then(rule.rows("Transitions"), bool)
    if limited is not None and (isinstance(days, int) or (not isinstance(moves, Unknown) and moves)):
        days, moves = limited, limited
    return LifecycleRule(
        id=rule.text("ID"),
        enabled=then(rule.required("Status"), lambda word: word == "Enabled"),
        prefix=_prefix(rule),
        expiration_days=days,
        noncurrent_expiration_days=_of_all(
            limited, rule.inner("NoncurrentVersionExpiration", lambda inner: inner.whole("NoncurrentDays"), None)
        ),
        transitions=moves,
    )


def _expiration(inner: Row) -> Maybe[int | None]:
    """Return the days; a date deletes what is there on that day, which is no number of days."""
    if inner.values.get("Date") is not None:
        return Unknown(f"{inner.where}: a rule deletes objects on a date")
    return inner.whole("Days")


def _of_all(limited: Unknown | None, days: Maybe[int | None]) -> Maybe[int | None]:
    """Return the days of a rule; which objects a tag or a size leaves it is not known."""
    return days if limited is None or days is None else limited


def _holders(rule: Row) -> list[Row]:
    """Return where a prefix may stand: in the rule (first version), its filter, or the filter's ``And``."""
    filter_ = rule.row("Filter")
    inner = filter_.row("And") if isinstance(filter_, Row) else None
    return [each for each in (rule, filter_, inner) if isinstance(each, Row)]


def _limited(rule: Row) -> Unknown | None:
    if any(name in holder.values for holder in _holders(rule)[1:] for name in _LIMITS):
        return Unknown(f"{rule.where}: a lifecycle rule is limited to objects of a tag or size")
    return None


def _prefix(rule: Row) -> Maybe[str | None]:
    for holder in _holders(rule):
        prefix = holder.text("Prefix")
        if prefix is not None:
            return prefix
    filter_ = rule.row("Filter")
    return filter_ if isinstance(filter_, Unknown) else None
