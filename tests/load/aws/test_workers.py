"""Work done side by side."""

from __future__ import annotations

import threading

import pytest

from checker.load.aws.workers import side_by_side


def test_results_come_in_the_order_of_what_was_given_whatever_is_ready_first() -> None:
    last = threading.Event()

    def make(number: int) -> int:
        if number == 3:
            last.set()
        assert last.wait(10), "nobody works beside this one"
        return number * number

    assert side_by_side(make, [1, 2, 3], number=3) == [1, 4, 9]


def test_no_more_work_at_the_same_time_than_allowed() -> None:
    busy, most, lock = 0, 0, threading.Lock()

    def make(number: int) -> int:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        threading.Event().wait(0.005)
        with lock:
            busy -= 1
        return number

    assert side_by_side(make, list(range(12)), number=3) == list(range(12))
    assert most <= 3


def test_nothing_given_gives_nothing() -> None:
    assert side_by_side(str, [], number=8) == []


def test_what_goes_wrong_is_raised_and_nothing_more_is_begun() -> None:
    begun: list[int] = []

    def make(number: int) -> int:
        begun.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        side_by_side(make, list(range(1000)), number=1)
    assert begun == [0]
