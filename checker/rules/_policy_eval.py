"""May this principal do this there? Policy evaluation with three answers.

Statements are judged against one request whose context is partly known: an unknown condition key, principal or
resource makes the answer unknown, never a yes or a no. Source: IAM User Guide, "Policy evaluation logic" and "IAM
JSON policy elements: condition operators".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from checker.model.identity import PolicyDocument, Statement
from checker.model.known import Maybe, Unknown
from checker.model.record import dataclass, field
from checker.rules._text import Tri, all_of, any_of, equal, mask, matches, opposite


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who wants to do what to what."""

    principal: tuple[str, str] | None
    """Kind and value, ``("Service", "delivery.logs.amazonaws.com")``; None for an identity's own policy."""
    action: str
    resource: str | None
    """ARN, with ``⟦…⟧`` for parts not known; None in a trust policy, whose resource is the role itself."""
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Condition keys in lower case and their values; an empty tuple for a key that the request lacks. A key that is not
    here is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer, and the statements that gave it."""

    allowed: Tri
    allows: tuple[Statement, ...] = ()
    """Statements that certainly allow."""
    denies: tuple[Statement, ...] = ()
    """Statements that certainly deny."""
    unsure: tuple[str, ...] = ()
    """What could not be told, in words."""


def decide(documents: Iterable[Maybe[PolicyDocument]], request: Request) -> Decision:
    """Evaluate all statements of some policies together, as AWS does for one side of a request."""
    tally = _Tally()
    for document in documents:
        if isinstance(document, Unknown):
            tally.maybe_allow = tally.maybe_deny = True
            tally.unsure.append(document.reason)
            continue
        for statement in document.statements:
            tally.add(statement, request)
    return tally.decision()


class _Tally:
    """Statements sorted by what they do to one request."""

    def __init__(self) -> None:
        self.allows: list[Statement] = []
        self.denies: list[Statement] = []
        self.maybe_allow = False
        self.maybe_deny = False
        self.unsure: list[str] = []

    def add(self, statement: Maybe[Statement], request: Request) -> None:
        """Sort in one statement."""
        if isinstance(statement, Unknown):
            self.maybe_allow = self.maybe_deny = True
            self.unsure.append(statement.reason)
            return
        found = applies(statement, request)
        effect = statement.effect
        if found is False:
            return
        if isinstance(effect, Unknown) or found is None:
            allow = isinstance(effect, Unknown) or effect == "Allow"
            self.maybe_allow |= allow
            self.maybe_deny |= isinstance(effect, Unknown) or not allow
            self.unsure.append(f"whether {title(statement)} applies to {request.action}")
        elif effect == "Allow":
            self.allows.append(statement)
        else:
            self.denies.append(statement)

    def decision(self) -> Decision:
        """Return the answer: a deny wins, then an allow, then nothing."""
        allowed: Tri = False
        if self.denies:
            allowed = False
        elif self.allows:
            allowed = None if self.maybe_deny else True
        elif self.maybe_allow:
            allowed = None
        return Decision(
            allowed=allowed,
            allows=tuple(self.allows),
            denies=tuple(self.denies),
            unsure=tuple(dict.fromkeys(self.unsure)),
        )


def title(statement: Statement) -> str:
    """Return how a person finds a statement in its policy."""
    effect = "" if isinstance(statement.effect, Unknown) else f"{statement.effect} "
    if isinstance(statement.sid, str) and statement.sid:
        return f"the {effect}statement {statement.sid!r}"
    return f"{'an' if effect[:1] in ('', 'A') else 'a'} {effect or 'unnamed '}statement"


def applies(statement: Statement, request: Request) -> Tri:
    """Say whether a statement speaks of a request."""
    return all_of(
        _principal(statement, request.principal),
        _either(statement.actions, statement.not_actions, request.action.lower(), lower=True),
        True
        if request.resource is None
        else _either(statement.resources, statement.not_resources, request.resource, lower=False),
        _conditions(statement.conditions, request.context),
    )


def _either(wanted: tuple[Maybe[str], ...], unwanted: tuple[Maybe[str], ...], text: str, *, lower: bool) -> Tri:
    """Match an element or its negation (``Action`` and ``NotAction``)."""
    if unwanted:
        return opposite(any_of(*(_one(pattern, text, lower=lower) for pattern in unwanted)))
    return any_of(*(_one(pattern, text, lower=lower) for pattern in wanted))


def _one(pattern: Maybe[str], text: str, *, lower: bool) -> Tri:
    if isinstance(pattern, Unknown):
        if pattern.symbol is None:
            return None
        pattern = pattern.symbol
    return matches(pattern.lower() if lower else pattern, text)


def _principal(statement: Statement, principal: tuple[str, str] | None) -> Tri:
    if principal is None:
        return True
    if statement.not_principals:
        return opposite(any_of(*(_is_principal(pair, principal) for pair in statement.not_principals)))
    return any_of(*(_is_principal(pair, principal) for pair in statement.principals))


def _is_principal(pair: tuple[str, Maybe[str]], principal: tuple[str, str]) -> Tri:
    """``*`` and ``{"AWS": "*"}`` mean everybody, services included. Other wildcards do not exist in principals."""
    kind, value = pair
    if isinstance(value, Unknown):
        return None if kind in ("*", principal[0]) or value.symbol is None else False
    if kind == "*" or (kind == "AWS" and value == "*"):
        return True
    return kind == principal[0] and equal(value, principal[1])


_Values = tuple[Maybe[str], ...]


def _conditions(conditions: Maybe[Mapping[str, Mapping[str, _Values]]], context: Mapping[str, tuple[str, ...]]) -> Tri:
    if isinstance(conditions, Unknown):
        return None
    return all_of(
        *(
            condition(operator, values, context.get(key.lower()))
            for operator, keys in conditions.items()
            for key, values in keys.items()
        )
    )


_NEGATED: Final = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnlike",
    "arnnotlike": "arnlike",
}
_WILD: Final = ("stringlike", "arnlike", "arnequals")
_NUMERIC: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "numericequals": lambda given, wanted: given == wanted,
    "numericnotequals": lambda given, wanted: given != wanted,
    "numericlessthan": lambda given, wanted: given < wanted,
    "numericlessthanequals": lambda given, wanted: given <= wanted,
    "numericgreaterthan": lambda given, wanted: given > wanted,
    "numericgreaterthanequals": lambda given, wanted: given >= wanted,
}
_PLAIN: Final = ("stringequals", "stringequalsignorecase", "bool")


def condition(operator: str, wanted: _Values, given: tuple[str, ...] | None) -> Tri:
    """Say whether one condition holds; ``given`` is None for a key that is not known and empty for one not sent."""
    word = operator.lower()
    every = word.startswith("forallvalues:")
    word = word.rpartition(":")[2]
    optional = word.endswith("ifexists")
    word = word.removesuffix("ifexists")
    if given is None:
        return None
    if word == "null":
        return _null(wanted, given)
    if not given:
        return True if optional or every or word in _NEGATED else _absent(word)
    positive = _NEGATED.get(word, word)
    if positive not in (*_WILD, *_PLAIN, *_NUMERIC):
        return None
    each = [any_of(*(_value(positive, pattern, value) for pattern in wanted)) for value in given]
    if word in _NEGATED:
        return all_of(*(opposite(found) for found in each)) if every else any_of(*(opposite(found) for found in each))
    return all_of(*each) if every else any_of(*each)


def _absent(word: str) -> Tri:
    return False if word in (*_WILD, *_PLAIN, *_NUMERIC) else None


def _null(wanted: _Values, given: tuple[str, ...]) -> Tri:
    value = wanted[0] if wanted else None
    return None if value is None or isinstance(value, Unknown) else (value.lower() == "true") is (not given)


def _value(operator: str, pattern: Maybe[str], value: str) -> Tri:
    if isinstance(pattern, Unknown):
        if pattern.symbol is None:
            return None
        pattern = pattern.symbol
    if operator in _NUMERIC:
        return _numbers(_NUMERIC[operator], value, pattern)
    if operator in ("stringequalsignorecase", "bool"):
        return equal(pattern.lower(), value.lower())
    if operator.startswith("arn"):
        return _arns(pattern, value)
    return matches(pattern, value) if operator in _WILD else equal(pattern, value)


def _arns(pattern: str, value: str) -> Tri:
    """Compare two ARNs part by part, as the ARN operators do: ``*`` does not reach over a colon before the resource."""
    wanted, given = mask(pattern).split(":", 5), mask(value).split(":", 5)
    if len(wanted) != len(given):
        return matches(pattern, value)
    return all_of(*(matches(one, other) for one, other in zip(wanted, given, strict=True)))


def _numbers(holds: Callable[[float, float], bool], given: str, wanted: str) -> Tri:
    try:
        return holds(float(given), float(wanted))
    except ValueError:
        return None


def condition_keys(statement: Statement) -> Maybe[frozenset[str]]:
    """Return the condition keys of a statement in lower case."""
    if isinstance(statement.conditions, Unknown):
        return statement.conditions
    return frozenset(key.lower() for keys in statement.conditions.values() for key in keys)
