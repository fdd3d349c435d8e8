"""Fields that are worked out when they are first read are told from plain ones by nobody who reads them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from checker.model.later import later, lazily
from checker.model.record import dataclass, replace


@lazily("dear", "more")
@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    name: str
    dear: int
    more: str | None = None


class Asked:
    """Counts how often a value is worked out."""

    def __init__(self, value: Any) -> None:
        self.value, self.times = value, 0

    def __call__(self) -> Any:
        self.times += 1
        return self.value


def test_a_value_is_worked_out_once_when_it_is_first_read() -> None:
    for _ in range(6):  # the first few instances are made in another way than the rest
        asked = Asked(3)
        thing = Thing(name="a", dear=later(asked))
        assert (thing.name, thing.more, asked.times) == ("a", None, 0)
        assert (thing.dear, thing.dear, asked.times) == (3, 3, 1)


@pytest.mark.parametrize(
    "same",
    [
        lambda thing: thing,
        lambda thing: replace(thing, name="a"),
        lambda thing: pickle.loads(pickle.dumps(thing)),  # noqa: S301 - made a line above
        copy.copy,
        copy.deepcopy,
    ],
    ids=["itself", "replaced", "pickled", "copied", "deeply copied"],
)
def test_it_equals_one_that_was_made_at_once(same: Callable[[Thing], Thing]) -> None:
    at_once = Thing(name="a", dear=3, more="b")
    thing = Thing(name="a", dear=later(lambda: 3), more=later(lambda: "b"))
    assert same(thing) == at_once
    assert hash(same(Thing(name="a", dear=later(lambda: 3), more="b"))) == hash(at_once)
    assert repr(same(Thing(name="a", dear=later(lambda: 3), more="b"))) == repr(at_once)


def test_what_is_worked_out_may_be_nothing() -> None:
    asked = Asked(None)
    thing = Thing(name="a", dear=1, more=later(asked))
    assert (thing.more, thing.more, asked.times) == (None, None, 1)


def test_a_frozen_record_stays_frozen() -> None:
    thing = Thing(name="a", dear=later(lambda: 3))
    with pytest.raises(FrozenInstanceError):
        thing.dear = 4  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del thing.dear
    assert thing.dear == 3


def test_an_error_is_met_by_whoever_reads_and_again_by_the_next() -> None:
    thing = Thing(name="a", dear=later(lambda: 1 // 0))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            _ = thing.dear
