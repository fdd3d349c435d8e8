from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.model.known import Unknown
from checker.rules._text import all_of, any_of, equal, equal_maybe, matches

MATCHES = [
    ("a*c", "abc", True),
    ("a?c", "abc", True),
    ("a?c", "abbc", False),
    ("a.c", "abc", False),
    ("[a]", "a", False),
    ("*", "⟦x⟧", True),
    ("⟦x⟧", "⟦x⟧", True),
    ("⟦x⟧", "⟦y⟧", None),
    ("⟦x⟧/*", "⟦x⟧/AWSLogs", True),
    ("⟦x⟧/*", "⟦x⟧", None),
    ("arn:⟦x⟧", "brn:⟦x⟧", False),
    ("a⟦x⟧", "abc", None),
    ("a⟦x⟧", "bbc", False),
    ("1*", "⟦x⟧", None),
    ("?", "⟦x⟧", None),
    ("a*⟦x⟧*b", "a-⟦y⟧⟦x⟧-b", True),
]


@pytest.mark.parametrize(("pattern", "text", "answer"), MATCHES)
def test_a_pattern_matches_or_not_or_nobody_knows(pattern, text, answer):
    assert matches(pattern, text) is answer


plain = st.text("ab*?", max_size=4)
holes = st.sampled_from(["", "⟦x⟧", "⟦y⟧"])


@st.composite
def templates(draw, letters):
    parts = draw(st.lists(st.tuples(st.text(letters, max_size=2), holes), max_size=2))
    return "".join(text + hole for text, hole in parts)


def fill(text, x, y):
    return text.replace("⟦x⟧", x).replace("⟦y⟧", y)


VALUES = ("", "a", "b", "ab", "ba")


@settings(max_examples=400, deadline=None)
@given(templates("ab*?"), templates("ab"))
def test_an_answer_holds_whatever_the_unknown_parts_are(pattern, text):
    answer = matches(pattern, text)
    for x in VALUES:
        for y in VALUES:
            regex = re.escape(fill(pattern, x, y)).replace(r"\*", ".*").replace(r"\?", ".")
            truth = re.fullmatch(regex, fill(text, x, y)) is not None
            assert answer is None or answer is truth


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ("a", "a", True),
        ("a*", "ab", False),
        ("a*", "a*", True),
        ("⟦x⟧", "⟦x⟧", True),
        ("⟦x⟧", "a", None),
        ("a⟦x⟧", "b⟦x⟧", False),
        ("*⟦x⟧", "a⟦x⟧", False),
    ],
)
def test_equality_knows_no_wildcards(one, other, answer):
    assert equal(one, other) is answer


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        (None, None, True),
        (None, "a", False),
        (Unknown("x"), "a", None),
        (Unknown("x"), Unknown("x"), None),
        (Unknown("x", symbol="⟦s⟧"), Unknown("y", symbol="⟦s⟧"), True),
        (Unknown("x", symbol="a⟦s⟧"), "b", False),
    ],
)
def test_values_that_may_not_be_known(one, other, answer):
    assert equal_maybe(one, other) is answer


def test_three_valued_logic():
    assert (all_of(), all_of(True, None), all_of(None, False)) == (True, None, False)
    assert (any_of(), any_of(False, None), any_of(None, True)) == (False, None, True)
