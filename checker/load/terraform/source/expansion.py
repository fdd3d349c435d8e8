"""``count`` and ``for_each`` folded: which instances a block has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from checker.load.terraform.instance import InstanceKey, Ref, Text, Value
from checker.load.terraform.source.expressions import Walker
from checker.load.terraform.source.scope import SINGLE, Expansion, Place, Scope
from checker.load.terraform.source.syntax import Block
from checker.load.terraform.source.values import Doubtful, Either, Failed, Partial, either, pending, to_key, to_number
from checker.model.known import Maybe, Unknown

MAX_INSTANCES: Final = 20_000
"""Most instances of one block that are told apart."""


def expand_block(block: Block, scope: Scope, walker: Walker) -> Expansion:
    """Return the instances of a resource, data source or module block."""
    for name, fold in (("count", _by_count), ("for_each", _by_keys)):
        attribute = block.attributes.get(name)
        if attribute is not None:
            here = scope.at(attribute, block.path)
            value = walker.attempt(attribute.expr, here)
            if isinstance(value, Ref) and not value.path:
                value = walker.host.object_of(value)
            return fold(value, here.place)
    return SINGLE


def given_keys(block: Block, keys: Sequence[InstanceKey], scope: Scope, walker: Walker) -> Expansion:
    """Return the instances that a plan tells, with the values that the source gives them."""
    if "count" in block.attributes:
        return Expansion("count", dict.fromkeys(keys, True))
    if "for_each" not in block.attributes:
        return SINGLE
    told = expand_block(block, scope, walker)
    values = {str(key): told.values[str(key)] for key in keys if str(key) in told.values}
    if block.attributes["for_each"].expr[:2] == ["call", "toset"]:
        values = {str(key): key for key in keys}
    return Expansion("each", dict.fromkeys(keys, True), values)


def names_of(expansion: Expansion, key: InstanceKey, place: Place) -> dict[str, Value]:
    """Return what ``count`` and ``each`` mean inside one instance."""
    if expansion.repeat == "single":
        return {}
    if key is None:
        reason = place.unknown("the instance key is not known") if expansion.open is None else expansion.open
        nobody: Value = Unknown(reason.reason)
        return {"count": {"index": nobody}, "each": {"key": nobody, "value": nobody}}
    if expansion.repeat == "count":
        return {"count": {"index": key}}
    value = expansion.values.get(str(key), place.unknown("each.value is not known"))
    return {"each": {"key": key, "value": value}}


def _open(repeat: str, place: Place, cause: str) -> Expansion:
    reason = place.unknown(cause)
    return Expansion("count" if repeat == "count" else "each", {None: reason}, open=reason)


def _by_count(value: Value, place: Place) -> Expansion:
    if isinstance(value, Either):
        return _merged([_by_count(option, place) for option in value.options], place.unknown(value.reason))
    try:
        number = to_number(value)
    except Failed as error:
        return _open("count", place, str(error))
    if isinstance(number, Unknown):
        return _open("count", place, number.reason)
    if not isinstance(number, int) or not 0 <= number <= MAX_INSTANCES:
        return _open("count", place, f"it is not a whole number from 0 to {MAX_INSTANCES}")
    return Expansion("count", dict.fromkeys(range(number), True))


def _by_keys(value: Value, place: Place) -> Expansion:
    if isinstance(value, Either):
        return _merged([_by_keys(option, place) for option in value.options], place.unknown(value.reason))
    if isinstance(value, Partial) and isinstance(value.items, dict):
        return _by_partial(value.items)
    if isinstance(value, Doubtful) and not value.shared and isinstance(value.inner, (dict, list)):
        sure = _by_keys(value.inner, place)
        doubt: Maybe[bool] = place.unknown(value.reason)
        return Expansion("each", dict.fromkeys(sure.members, doubt), sure.values, sure.open)
    if isinstance(value, (Unknown, Ref, Text)):
        return _open("each", place, pending(value).reason)
    if isinstance(value, dict):
        return Expansion("each", dict.fromkeys(value, True), value) if len(value) <= MAX_INSTANCES else _many(place)
    if not isinstance(value, list):
        return _open("each", place, "it is neither a map nor a set of texts")
    return _by_set(value, place) if len(value) <= MAX_INSTANCES else _many(place)


def _by_partial(items: dict[str, Value]) -> Expansion:
    """Return one instance per instance of another block, in doubt where that one is."""
    doubts = {key: Unknown(item.reason) for key, item in items.items() if isinstance(item, Doubtful)}
    values = {key: item.inner if isinstance(item, Doubtful) else item for key, item in items.items()}
    return Expansion("each", {key: doubts.get(key, True) for key in items}, values)


def _many(place: Place) -> Expansion:
    return _open("each", place, f"it has more than {MAX_INSTANCES} elements")


def _by_set(items: list[Value], place: Place) -> Expansion:
    values: dict[str, Value] = {}
    for item in items:
        try:
            key = to_key(item)
        except Failed as error:
            return _open("each", place, str(error))
        if isinstance(key, Unknown):
            return _open("each", place, key.reason)
        values[key] = key
    return Expansion("each", dict.fromkeys(values, True), values)


def _merged(options: Sequence[Expansion], doubt: Unknown) -> Expansion:
    """Return what holds whichever option is taken: keys of all options exist, keys of some are in doubt."""
    first = options[0]
    if any(option.open is not None for option in options):
        return Expansion(first.repeat, {None: doubt}, open=doubt)
    keys = dict.fromkeys(key for option in options for key in option.members)
    members: dict[InstanceKey, Maybe[bool]] = {}
    values: dict[str, Value] = {}
    for key in keys:
        found = [option.members.get(key, doubt) for option in options]
        members[key] = next((exists for exists in found if isinstance(exists, Unknown)), True)
        given = [option.values[str(key)] for option in options if str(key) in option.values]
        if given:
            values[str(key)] = either(doubt.reason, *given)
    return Expansion(first.repeat, members, values)
