"""Values as the model may see them: sensitive ones taken out, unknown ones marked.

Terraform puts three trees of equal shape side by side: the values, which of them are known only after apply, and
which are sensitive. Here they become one. Source: Terraform's JSON output format, "change representation".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from checker.load.terraform.instance import Value
from checker.model.known import Unknown

LATER: Final = Unknown("known after apply")
"""Marks a value that the plan leaves open. Tested by identity; resolution replaces it."""

SENSITIVE: Final = Unknown("sensitive")
"""Stands for every sensitive value."""

MAX_DEPTH: Final = 60
"""Deepest nesting of one argument; provider schemas stay below ten."""


_COLLECTIONS: Final = (dict, list)
_NESTED: Final = frozenset(_COLLECTIONS)
"""The same for values of the JSON decoder, which makes no subclasses."""

_SHORTEST: Final = 6
"""Characters a sensitive text must have for its copies in other attributes to be looked for."""


def redacted(value: Mapping[str, Any], unknown: Any, sensitive: Any) -> dict[str, Value]:
    """Return one instance's attributes, merged, with copies of sensitive values taken out as well.

    Providers copy arguments into computed attributes (``tags`` into ``tags_all``, a name into an ARN), and Terraform
    marks the argument only.
    """
    merged = merge_object(value, unknown, sensitive)
    if not marked(sensitive):
        return merged
    texts = {text for text in _hidden(value, sensitive) if len(text) >= _SHORTEST}
    scrubbed = {name: _scrub(item, texts) for name, item in merged.items()}
    scrubbed |= {name: _like_tags(scrubbed.get("tags"), scrubbed[name]) for name in ("tags_all",) if name in scrubbed}
    return scrubbed


def _hidden(value: Any, sensitive: Any, depth: int = 0) -> Iterator[str]:
    """Yield the sensitive texts of a value."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str) and sensitive is True:
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            mark = sensitive if sensitive is True else sensitive.get(name) if isinstance(sensitive, dict) else None
            yield from _hidden(item, mark, depth + 1)
    elif isinstance(value, list):
        marks = sensitive if isinstance(sensitive, list) and len(sensitive) == len(value) else None
        whole = sensitive is True or (marks is None and marked(sensitive))
        for number, item in enumerate(value):
            yield from _hidden(item, True if whole else marks[number] if marks else None, depth + 1)


def _scrub(value: Value, texts: Collection[str]) -> Value:
    if isinstance(value, str):
        return SENSITIVE if any(text in value for text in texts) else value
    if isinstance(value, list):
        return [_scrub(item, texts) for item in value]
    if isinstance(value, dict):
        return {name: _scrub(item, texts) for name, item in value.items()}
    return value


def _like_tags(tags: Value, copy: Value) -> Value:
    """Return ``tags_all`` with the tags hidden that are hidden in ``tags``."""
    if tags is SENSITIVE:
        return SENSITIVE
    if not isinstance(tags, dict) or not isinstance(copy, dict):
        return copy
    return {name: SENSITIVE if tags.get(name) is SENSITIVE else item for name, item in copy.items()}


def merge(value: Any, unknown: Any, sensitive: Any, depth: int = 0) -> Value:
    """Return a value with ``LATER`` where it is not known yet and ``SENSITIVE`` where it must not be seen."""
    if sensitive is True:
        return SENSITIVE
    if unknown is True:
        return LATER
    if not unknown and not sensitive and (not isinstance(value, _COLLECTIONS) or is_flat(value)):
        return value  # type: ignore[no-any-return]  # a scalar of JSON, or a collection of them, is a Value
    if depth > MAX_DEPTH:
        return Unknown("nested too deeply")
    if isinstance(value, dict):
        return merge_object(value, unknown, sensitive, depth)
    if isinstance(value, list):
        return _merge_list(value, unknown, sensitive, depth)
    return _whole(value, unknown, sensitive)


def is_flat(value: dict[str, Any] | list[Any]) -> bool:
    """Return whether a collection holds no further ones."""
    for item in value.values() if isinstance(value, dict) else value:  # noqa: SIM110 - any() takes four times as long
        if isinstance(item, _COLLECTIONS):
            return False
    return True


def merge_object(value: Mapping[str, Any], unknown: Any, sensitive: Any, depth: int = 0) -> dict[str, Value]:
    """Return an object with its members merged. A member that is absent because it is not known becomes ``LATER``."""
    unknowns = unknown if isinstance(unknown, dict) else {}
    secrets = sensitive if isinstance(sensitive, dict) else {}
    whole = _whole(None, None if unknowns else unknown, None if secrets else sensitive)
    if isinstance(whole, Unknown):
        merged: dict[str, Value] = dict.fromkeys(value, whole)
    else:
        merged = dict(value)  # most members are plain: only the others are looked at
        for name in _not_plain(value, unknowns, secrets):
            merged[name] = merge(value[name], unknowns.get(name), secrets.get(name), depth + 1)
    for name, mark in unknowns.items():
        if name not in merged and (mark is True or marked(mark)):  # most marks are plain, and calls take time
            merged[name] = SENSITIVE if marked(secrets.get(name)) else LATER
    return merged


def _not_plain(value: Mapping[str, Any], unknowns: Mapping[str, Any], secrets: Mapping[str, Any]) -> set[str]:
    """Return the names of members that are marked, or that hold further ones."""
    found = {name for name, item in value.items() if item and item.__class__ in _NESTED}
    found.update([name for name, mark in unknowns.items() if mark and name in value])
    found.update([name for name, mark in secrets.items() if mark and name in value])
    return found


def _merge_list(value: list[Any], unknown: Any, sensitive: Any, depth: int) -> Value:
    unknowns = _aligned(unknown, len(value))
    secrets = _aligned(sensitive, len(value))
    if unknowns is None or secrets is None:
        return _whole(value, unknown, sensitive)
    return [merge(item, mark, secret, depth + 1) for item, mark, secret in zip(value, unknowns, secrets, strict=True)]


def _aligned(marks: Any, length: int) -> list[Any] | None:
    """Return one mark per element; None when the marks have another shape and mark something."""
    if isinstance(marks, list) and len(marks) == length:
        return marks
    return None if marked(marks) else [None] * length


def _whole(value: Any, unknown: Any, sensitive: Any) -> Value:
    """Return a value whose marks lie deeper than the value itself does: any mark holds for all of it."""
    if marked(sensitive):
        return SENSITIVE
    if marked(unknown):
        return LATER
    return value  # type: ignore[no-any-return]  # JSON without marks is a Value as it stands


def marked(marks: Any, depth: int = 0) -> bool:
    """Return whether anything is marked in a tree of marks. What is nested too deeply counts as marked."""
    if not marks:
        return False
    if marks is True or depth > MAX_DEPTH:
        return True
    if isinstance(marks, _COLLECTIONS):
        for item in marks.values() if isinstance(marks, dict) else marks:
            if item is True or (item and marked(item, depth + 1)):
                return True
    return False


def alike(left: Value, right: Value) -> bool:
    """Return whether two redacted values are the same to the provider: null and empty are not told apart."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return all(alike(left.get(name), right.get(name)) for name in left.keys() | right.keys())
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return all(alike(one, other) for one, other in zip(left, right, strict=True))
    return left == right if not (_empty(left) and _empty(right)) else True


def _empty(value: Value) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)
