"""Three trees become one: values, what is not known of them, what must not be seen of them."""

from typing import Any

import pytest

from checker.load.terraform.redact import LATER, MAX_DEPTH, SENSITIVE, alike, marked, merge, redacted
from checker.model.known import Unknown

CASES: dict[str, tuple[Any, Any, Any, Any]] = {
    "known": ({"a": 1}, {}, {}, {"a": 1}),
    "no marks at all, as in format 0.1": ({"a": [1, {"b": None}]}, None, None, {"a": [1, {"b": None}]}),
    "absent and unknown": ({}, {"id": True}, {}, {"id": LATER}),
    "null is unset, not unknown": ({"a": None}, {"a": False}, {}, {"a": None}),
    "unknown element of a list": ({"a": ["x", None]}, {"a": [False, True]}, {}, {"a": ["x", LATER]}),
    "unknown list": ({}, {"a": True}, {"a": []}, {"a": LATER}),
    "unknown in a block": ({"b": [{"x": 1}]}, {"b": [{"y": True}]}, {}, {"b": [{"x": 1, "y": LATER}]}),
    "marks of another length hold for the whole": ({"a": ["x"]}, {"a": [False, True]}, {}, {"a": LATER}),
    "empty marks of another length mark nothing": ({"a": ["x"]}, {"a": []}, {"a": [False, False]}, {"a": ["x"]}),
    "marks below a scalar hold for it": ({"a": "x"}, {"a": {"b": [True]}}, {}, {"a": LATER}),
    "a list where marks are an object": ({"a": ["x"]}, {"a": {"b": True}}, {}, {"a": LATER}),
    "an object where marks are a list": ({"a": {"x": 1}}, {"a": [True]}, {}, {"a": {"x": LATER}}),
    "sensitive leaf": ({"a": "s", "b": "t"}, {}, {"a": True}, {"a": SENSITIVE, "b": "t"}),
    "sensitive block": ({"a": [{"k": "s"}]}, {}, {"a": True}, {"a": SENSITIVE}),
    "sensitive in a block": ({"a": [{"k": "s", "l": 1}]}, {}, {"a": [{"k": True}]}, {"a": [{"k": SENSITIVE, "l": 1}]}),
    "everything sensitive": ({"a": "s"}, {}, True, {"a": SENSITIVE}),
    "sensitive and unknown": ({}, {"a": True}, {"a": True}, {"a": SENSITIVE}),
    "sensitive marks of another length": ({"a": ["s", "t"]}, {}, {"a": [True]}, {"a": SENSITIVE}),
    "false marks nothing": ({"a": "x"}, False, False, {"a": "x"}),
    "words and numbers mark nothing": ({"a": "x"}, {"a": "true"}, {"a": 1}, {"a": "x"}),
}


def same(left: Any, right: Any) -> bool:
    """Equality that never compares an Unknown."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


@pytest.mark.parametrize("case", CASES)
def test_values_are_merged_with_their_marks(case: str) -> None:
    value, unknown, sensitive, expected = CASES[case]
    assert same(redacted(value, unknown, sensitive), expected)


def test_copies_of_a_sensitive_text_in_other_attributes_are_hidden() -> None:
    value = {"name": "top-secret-name", "arn": "arn:aws:s3:::top-secret-name", "id": "i-1", "list": ["top-secret-name"]}
    found = redacted(value, {}, {"name": True})
    assert same(found, {"name": SENSITIVE, "arn": SENSITIVE, "id": "i-1", "list": [SENSITIVE]})


def test_a_short_sensitive_text_hides_no_unrelated_value() -> None:
    found = redacted({"password": "a", "name": "alpha"}, {}, {"password": True})
    assert same(found, {"password": SENSITIVE, "name": "alpha"})


def test_tags_all_hides_what_tags_hides_however_short() -> None:
    value = {"tags": {"pin": "12", "team": "net"}, "tags_all": {"pin": "12", "team": "net", "env": "dev"}}
    found = redacted(value, {}, {"tags": {"pin": True}})
    assert same(found["tags_all"], {"pin": SENSITIVE, "team": "net", "env": "dev"})
    assert redacted(value, {}, {"tags": True})["tags_all"] is SENSITIVE


def test_nesting_beyond_reason_is_unknown_and_not_an_overflow() -> None:
    value: Any = "x"
    for _ in range(MAX_DEPTH * 3):
        value = [value]
    found = merge(value, None, None)
    for _ in range(MAX_DEPTH + 1):
        assert isinstance(found, list)
        found = found[0]
    assert isinstance(found, Unknown)
    assert marked(value)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (None, {}, True),
        (None, [], True),
        ("", None, True),
        ({"a": None}, {}, True),
        ({"a": 1}, {}, False),
        ([1], [1, 2], False),
        (0, None, False),
        (False, None, False),
        (SENSITIVE, SENSITIVE, True),
        (SENSITIVE, "x", False),
        ({"t": {"k": "v"}}, {"t": {"k": "v"}}, True),
    ],
)
def test_null_and_empty_are_alike_and_nothing_else(left: Any, right: Any, expected: bool) -> None:
    assert alike(left, right) is expected
