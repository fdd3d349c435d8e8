"""Check a document against its schema and say every mistake in words: what was given, what is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from checker.policy.problem import Problem, Steps, did_you_mean
from checker.policy.reader import Document

_LONGEST: Final = 60
_KINDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}
_URL: Final = re.compile(r"""(https?://)[^\s"]+""", re.IGNORECASE)
_RULE_ID: Final = re.compile(r"[A-Z]{2}[0-9]{3}")


def problems_of(document: Document, schema: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield every way in which a document breaks its schema (jsonschema, Draft 2020-12)."""
    from jsonschema import Draft202012Validator

    from checker.policy.formats import format_checker

    for error in Draft202012Validator(schema, format_checker=format_checker()).iter_errors(document.data):
        yield from _explain(error, document)


def shown(value: Any) -> str:
    """Return a value as a person would recognise it, cut to one line; never a web address, which may be a secret."""
    text = _URL.sub(r"\1…", json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _explain(error: Any, document: Document) -> Iterator[Problem]:
    """Yield the problems of one error of jsonschema; of alternatives, those of the nearest."""
    steps: Steps = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        yield from _unknown_keys(error, steps, document)
    elif error.context:
        yield from _alternatives(error, document)
    else:
        say = _WORDING.get(error.validator)
        yield document.problem(steps, say(error) if say else error.message)


def _alternatives(error: Any, document: Document) -> Iterator[Problem]:
    """Yield the problems of the alternative that fits best: the one whose mistakes lie deepest, then the fewest."""
    branches: dict[Any, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    nearest = max(branches.values(), key=lambda inner: (max(len(each.path) for each in inner), -len(inner)))
    for each in nearest:
        yield from _explain(each, document)


def _unknown_keys(error: Any, steps: Steps, document: Document) -> Iterator[Problem]:
    known = sorted(error.schema.get("properties", {}))
    for key in sorted(set(error.instance) - set(known)):
        yield document.problem((*steps, key), _unknown_key(key, known, steps, error.schema), at_key=True)


def _unknown_key(key: str, known: list[str], steps: Steps, schema: Mapping[str, Any]) -> str:
    if steps and steps[-1] == "rules":
        ids = {part["title"]: rule_id for rule_id, part in schema["properties"].items()}
        if key in ids:
            return f"rules are named by id here: {ids[key]}"
        return f"there is no rule {key!r}{did_you_mean(key, known)}; `flowcheck rules` lists them"
    if steps and _RULE_ID.fullmatch(str(steps[-1])):
        what = f"{steps[-1]} has no parameter {key!r}"
    else:
        what = f"unknown key {key!r}"
    return f"{what}{did_you_mean(key, known)}; allowed: {', '.join(known)}"


def _enumeration(error: Any) -> str:
    allowed = [str(each) if isinstance(each, str) else shown(each) for each in error.validator_value]
    near = did_you_mean(error.instance, allowed) if isinstance(error.instance, str) else ""
    if len(allowed) > 20 and near:
        return f"{shown(error.instance)} is not allowed{near}"
    return f"{shown(error.instance)} is not allowed{near}; allowed: {', '.join(allowed)}"


def _type(error: Any) -> str:
    expected = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    words = " or ".join(_KINDS.get(str(kind), str(kind)) for kind in expected)
    scalar = isinstance(error.instance, bool | int | float) and "string" in expected
    advice = "; put it in quotes" if scalar else ""
    return f"expected {words}, found {_kind(error.instance, error.schema)}{advice}"


def _kind(value: Any, schema: Mapping[str, Any]) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else _given(value, schema)


def _given(value: Any, schema: Mapping[str, Any]) -> str:
    """Return a value as ``shown`` does, unless the schema holds its place for a secret's (``writeOnly``)."""
    return "a value that is not shown" if schema.get("writeOnly") else shown(value)


def _allowed_keys(schema: Mapping[str, Any]) -> str:
    known = sorted(schema.get("properties", {}))
    return f"; allowed: {', '.join(known)}" if known else ""


def _required(error: Any) -> str:
    missing = next(name for name in error.validator_value if error.message.startswith(repr(name)))
    return f"{missing!r} is missing"


def _pattern(error: Any) -> str:
    if error.validator_value == r"\S":
        return "must not be blank"
    description = error.schema.get("description", "")
    wanted = _PATTERNS.get(error.validator_value) or description or f"a text that matches {error.validator_value}"
    return f"{_given(error.instance, error.schema)} is not allowed; expected {wanted}"


_PATTERNS: Final = {
    "^[0-9]{12}$": "twelve digits",
    "^[A-Za-z0-9][A-Za-z0-9._-]*$": "letters, digits, dots, hyphens and underscores",
    r"^[0-9]+(\.[0-9]+)*$": 'a version such as "1.0"',
}

_WORDING: Final[Mapping[str, Callable[[Any], str]]] = {
    "enum": _enumeration,
    "const": lambda error: f"{shown(error.instance)} is not allowed; allowed: {shown(error.validator_value)}",
    "type": _type,
    "required": _required,
    "pattern": _pattern,
    "format": lambda error: str(error.cause),
    "minimum": lambda error: f"{shown(error.instance)} is too small; at least {error.validator_value}",
    "maximum": lambda error: f"{shown(error.instance)} is too large; at most {error.validator_value}",
    "minLength": lambda error: "must not be empty" if not error.instance else f"{shown(error.instance)} is too short",
    "minItems": lambda error: "the list is empty" if not error.instance else "the list is too short",
    "minProperties": lambda error: "nothing is given" + _allowed_keys(error.schema),
    "uniqueItems": lambda error: "holds the same value twice",
}
"""A message for each keyword; jsonschema's own for any other."""
