"""Packed pairs are to everybody the tuple of them."""

from __future__ import annotations

import copy
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.model.ranked import Ranked

NUMBER = st.integers(-(1 << 63), (1 << 63) - 1)
PAIRS = st.lists(st.tuples(NUMBER, NUMBER), max_size=9).map(tuple)


@given(PAIRS, PAIRS)
def test_equality_hash_and_text_are_those_of_the_tuple(one: Any, other: Any) -> None:
    packed = Ranked.of(one)
    assert packed == one
    assert one == packed
    assert (packed == other, packed == Ranked.of(other), packed != other) == (one == other, one == other, one != other)
    assert (hash(packed), repr(packed), len(packed), bool(packed)) == (hash(one), repr(one), len(one), bool(one))
    assert {packed: 1}[one] == 1


@given(PAIRS, st.integers(-10, 10), st.integers(-10, 10))
def test_items_are_those_of_the_tuple(pairs: Any, first: int, last: int) -> None:
    packed = Ranked.of(pairs)
    assert ([*packed], dict(packed), [*reversed(packed)]) == ([*pairs], dict(pairs), [*reversed(pairs)])
    assert packed[first:last] == pairs[first:last]
    if -len(pairs) <= first < len(pairs):
        assert packed[first] == pairs[first]
    else:
        with pytest.raises(IndexError):
            packed[first]


def test_copies_are_equal() -> None:
    packed = Ranked.of([(1, 2), (3, 4)])
    assert copy.copy(packed) == copy.deepcopy(packed) == packed


def test_it_is_no_other_kind_of_sequence() -> None:
    assert Ranked.of([(1, 2)]) != [(1, 2)]
    assert Ranked.of([]) != []


def test_numbers_that_need_more_bits_are_refused() -> None:
    with pytest.raises(struct.error):
        Ranked.of([(1 << 63, 1)])
