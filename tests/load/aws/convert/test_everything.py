"""A whole account: read without a gap; and with any one call missing, denied or odd, nothing is made up."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.load.aws.call import Failure, Group, Reply
from checker.load.aws.calls import CALLS
from checker.model.known import Unknown
from checker.model.model import NetworkModel
from tests.load.aws.convert.everything import everything
from tests.load.aws.made import read

BASE = (Group.BASE, Group.ORGANIZATION)
WHOLE = everything()
READ = [each for each in WHOLE if each.request.service != "sts" and each.request.operation != "DescribeRegions"]
NAMES = [f"{each.request.service}:{each.request.operation} {each.request.resource or ''}".strip() for each in READ]

ALWAYS_UNKNOWN = {
    "aliases": "kms:ListAliases is not called",
    "tags": "of alarms, topics, rules and workgroups they are not read",
}
"""Fields that are not read even of a whole account."""


def has_unknown(value: object) -> bool:
    """Say whether a fact, or a part of it, is not known."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, tuple):
        return any(has_unknown(item) for item in value)
    return any(has_unknown(getattr(value, name)) for name in slots(value))


def slots(item: object) -> list[str]:
    """Names of the fields of a record of the model."""
    if not type(item).__module__.startswith("checker.model"):
        return []
    return [name for kind in type(item).__mro__ for name in getattr(kind, "__slots__", ()) if hasattr(item, name)]


def facts(model: NetworkModel) -> dict[str, dict[str, object]]:
    """Every fact by entity and field."""
    return {
        f"{type(entity).__name__} {entity.key}": {name: getattr(entity, name) for name in slots(entity)}
        for entity in model.entities()
    }


def test_the_account_has_an_answer_to_every_call_that_is_ever_made() -> None:
    called = {(each.request.service, each.request.operation) for each in WHOLE}
    assert {(call.service, call.operation) for call in CALLS if call.group is not Group.ORGANIZATION} == called


def test_a_whole_account_is_read_without_a_gap() -> None:
    model, gaps = read(*WHOLE)
    assert gaps == ()
    assert model.unread == ()
    assert model.absent == ()
    open_ = {name for found in facts(model).values() for name, value in found.items() if has_unknown(value)}
    assert open_ == set(ALWAYS_UNKNOWN)


def test_every_kind_of_thing_is_there() -> None:
    model, _ = read(*WHOLE)
    empty = [
        name for name in model.__dataclass_fields__ if name not in ("unread", "absent") and not getattr(model, name)
    ]
    assert empty == []


def test_the_order_of_answers_and_of_their_rows_does_not_matter() -> None:
    def shuffled(value: Any, dice: random.Random) -> Any:
        if isinstance(value, list):
            items = [shuffled(item, dice) for item in value]
            return dice.sample(items, len(items))
        if isinstance(value, dict):
            return {key: shuffled(value[key], dice) for key in dice.sample(sorted(value), len(value))}
        return value

    ordered = {"GetTables", "GetBucketLifecycleConfiguration", "GetRolePolicy", "GetRole", "GetPolicyVersion"}
    first = read(*WHOLE)
    for seed in range(3):
        dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
        mixed = [
            each if each.response is None or each.request.operation in ordered
            else replace(each, response=shuffled(each.response, dice))
            for each in dice.sample(WHOLE, len(WHOLE))
        ]  # fmt: skip
        assert read(*mixed) == first


BEFORE = facts(read(*WHOLE)[0])


def made_up(replies: list[Reply]) -> list[str]:
    """Facts that replies give and that are neither true of the whole account, nor unknown, nor gone with a cause."""
    model, gaps = read(*replies)
    wrong = []
    after = facts(model)
    for name, found in after.items():
        if name not in BEFORE:
            known = [field for field, value in found.items() if field in ("enabled", "policy", "trust", "rules")
                     and not has_unknown(value)]  # fmt: skip
            wrong += [f"{name}.{field} is new" for field in known if "#" not in name]
            continue
        for field, value in found.items():
            if value is not BEFORE[name][field] and not same(BEFORE[name][field], value):
                wrong.append(f"{name}.{field}: {value!r} instead of {BEFORE[name][field]!r}")
    lost = [name for name in BEFORE if name not in after]
    if lost and not model.unread and not gaps:
        wrong.append(f"without a word: {lost}")
    return wrong


def same(one: object, other: object) -> bool:
    """Two facts are the same, or the other is at least partly unknown."""
    if has_unknown(other):
        return True
    return repr(one) == repr(other)


def instead(number: int, reply: Reply | None) -> list[Reply]:
    target = READ[number]
    rest = [each for each in WHOLE if each is not target]
    return rest if reply is None else [*rest, reply]


@pytest.mark.parametrize("number", range(len(READ)), ids=NAMES)
@pytest.mark.parametrize("how", ["denied", "missing"])
def test_without_one_answer_nothing_is_made_up(number: int, how: str) -> None:
    reply = READ[number]
    failure = Failure(code="AccessDenied", message="no")
    denied = replace(reply, response=None, failure=failure)
    replies = instead(number, denied if how == "denied" else None)
    allowed = _allowed(reply)
    assert [each for each in made_up(replies) if not each.startswith(allowed)] == []
    _, gaps = read(*replies)
    name = f"{reply.request.service}:{reply.request.operation}"
    if how == "denied" or reply.request.operation != "GetManagedPrefixListEntries":
        assert any(name in f"{gap.what} {gap.cause}" for gap in gaps)


def _allowed(reply: Reply) -> tuple[str, ...]:
    """Facts that may change all the same, and why."""
    if reply.request.operation == "DescribeSecurityGroupRules":
        return ("SecurityGroup sg-1.rules",)  # the group's own permissions tell them, without ids
    if reply.request.operation == "GetBucketLocation":
        return ("Bucket arn:aws:s3:::logs.origin",)  # it names the region where that is known
    return ("-",)


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}),
    st.just([None]), st.just([{}]), st.just({"Statement": 3}), st.just("arn:aws:s3:::"), st.just("\ud800"),
    st.just([["x"]]), st.just(10**400), st.just({"": {"": []}}), st.just("arn:aws:ec2:::vpc-flow-log/x"),
)  # fmt: skip


@st.composite
def mutations(draw: st.DrawFn) -> list[Reply]:
    """The whole account with some members of some answers replaced or taken away."""
    replies = list(WHOLE)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(replies) - 1))
        response = replies[at].response
        if not response:
            continue
        value: Any = copy.deepcopy(dict(response))
        whole = value
        for _ in range(draw(st.integers(0, 6))):
            inner = list(value.values()) if isinstance(value, dict) else value
            holders = [each for each in inner if isinstance(each, dict | list) and each]
            if not holders:
                break
            value = draw(st.sampled_from(holders))
        name = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else list(range(len(value)))))
        if draw(st.booleans()):
            value[name] = draw(ODD)
        elif isinstance(value, dict):
            del value[name]
        replies[at] = replace(replies[at], response=whole)
    return replies


@given(mutations())
def test_no_answer_however_odd_ends_in_a_traceback(replies: list[Reply]) -> None:
    model, gaps = read(*replies)
    assert read(*replies) == (model, gaps)
    assert len({entity.key for entity in model.entities()}) <= sum(1 for _ in model.entities())
    for entity in model.entities():
        assert isinstance(entity.key, str)
        assert repr(entity)
