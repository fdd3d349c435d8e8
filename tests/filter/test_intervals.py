"""Interval sets against Python's sets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from checker.filter.intervals import Intervals, interval, union

ranges = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)).map(lambda pair: (pair[0], sum(pair))), max_size=6)


def members(found: Intervals) -> set[int]:
    return {number for start, end in found for number in range(start, end)}


def numbers(pairs: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in pairs for number in range(first, last + 1)}


@given(ranges)
def test_a_union_of_ranges_holds_their_numbers(pairs: list[tuple[int, int]]) -> None:
    found = union(pairs)
    assert members(found) == numbers(pairs)
    assert found.size() == len(numbers(pairs))
    assert all((number in found) is (number in numbers(pairs)) for number in range(-1, 40))


@given(ranges, ranges)
def test_operations_are_those_of_sets(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    left, right, a, b = union(one), union(other), numbers(one), numbers(other)
    assert members(left | right) == a | b
    assert members(left & right) == a & b
    assert members(left - right) == a - b
    assert (left <= right) is (a <= b)
    assert bool(left) is bool(a)


@given(ranges, ranges)
def test_equal_sets_are_equal_objects(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    left, right = union(one), union(other)
    assert ((left - right) | (left & right)) == left
    assert (left == right) is (numbers(one) == numbers(other))


def test_neighbours_become_one_interval() -> None:
    assert union([(5, 9), (0, 4)]) == interval(0, 9)
    assert union([(5, 9), (0, 3)]) != interval(0, 9)
