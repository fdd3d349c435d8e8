"""How far a conversation came, by the records of both of its ends."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from checker.filter.arrival import Arrival, EndHeard, arrival


@dataclass
class Leg:
    accepted: int = 0
    rejected: int = 0
    minutes: set[int] = field(default_factory=set)


@dataclass
class Watch:
    accepted: int = 1
    rejected: int = 1
    minutes: set[int] = field(default_factory=lambda: {100})
    lost: set[int] = field(default_factory=set)


NONE = Leg()
YES = Leg(accepted=1, minutes={100})
NO = Leg(rejected=1)
BOTH = Leg(accepted=1, rejected=1, minutes={100})


def of(*legs: Leg, source: Watch | None = None, destination: Watch | None = None, names=("eni-a", "eni-b"),
       replies: bool = True):  # fmt: skip
    """Judge the legs in the order in which packets meet them: out, in, and the reply out, in."""
    sent, came, back, home = legs
    return arrival(
        EndHeard(name=names[0], request=sent, reply=home, watch=source or Watch()),
        EndHeard(name=names[1], request=came, reply=back, watch=destination or Watch()),
        replies=replies,
    )


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        pytest.param((NO, NONE, NONE, NONE), Arrival.REJECTED_LEAVING, id="outbound reject"),
        pytest.param((YES, NO, NONE, NONE), Arrival.REJECTED_ARRIVING, id="inbound reject"),
        pytest.param((YES, YES, NO, NONE), Arrival.REPLY_REJECTED_LEAVING, id="inbound accept, outbound reject"),
        pytest.param((YES, YES, YES, NO), Arrival.REPLY_REJECTED_ARRIVING, id="outbound accept, inbound reject"),
        pytest.param((YES, NONE, NONE, NONE), Arrival.LOST, id="never arrives"),
        pytest.param((YES, YES, NONE, NONE), Arrival.NOT_ANSWERED, id="not answered"),
        pytest.param((YES, YES, YES, NONE), Arrival.REPLY_LOST, id="the reply never arrives"),
        pytest.param((YES, YES, YES, YES), Arrival.ANSWERED, id="answered"),
        pytest.param((NONE, NONE, NONE, NONE), Arrival.NOT_RECORDED, id="nothing"),
        pytest.param((NONE, YES, YES, NONE), Arrival.REPLY_LOST, id="only one end recorded, and the other is logged"),
        pytest.param((NONE, NO, NONE, NONE), Arrival.REJECTED_ARRIVING, id="rejected at an end alone"),
        pytest.param((YES, NONE, NONE, YES), Arrival.ANSWERED, id="a reply proves that it arrived"),
        pytest.param((YES, NONE, NONE, NO), Arrival.REPLY_REJECTED_ARRIVING, id="a rejected reply does too"),
    ],
)
def test_each_place_where_a_conversation_ends_has_its_word(legs, expected: Arrival) -> None:
    found = of(*legs)
    assert (found.arrival, found.settled_by) == (expected, None)


@pytest.mark.parametrize(
    ("watch", "why"),
    [
        pytest.param(Watch(minutes=set()), "no record of any kind at that time", id="not logged"),
        pytest.param(Watch(minutes={50, 90}), "no record of any kind at that time", id="logged at another time"),
        pytest.param(Watch(lost={99, 100, 101}), "SKIPDATA", id="records lost"),
        pytest.param(Watch(accepted=0), "recorded rejected packets only", id="rejected only"),
    ],
)
def test_silence_tells_nothing_where_nobody_listens(watch: Watch, why: str) -> None:
    found = of(YES, NONE, NONE, NONE, destination=watch)
    assert found.arrival is Arrival.NOT_LOGGED_THERE
    assert why in found.says
    assert found.settled_by
    reply = of(YES, YES, YES, NONE, source=watch)
    assert reply.arrival is Arrival.REPLY_NOT_LOGGED
    assert why in reply.says


def test_a_minute_beside_counts_and_two_do_not() -> None:
    near, far = (of(YES, NONE, NONE, NONE, destination=Watch(minutes={at})) for at in (101, 102))
    assert (near.arrival, far.arrival) == (Arrival.LOST, Arrival.NOT_LOGGED_THERE)


def test_an_interface_without_any_reject_may_not_log_them() -> None:
    found = of(YES, NONE, NONE, NONE, destination=Watch(rejected=0))
    assert found.arrival is Arrival.LOST
    assert found.assumptions == (
        "the flow log of eni-b records rejected packets too, although none is among its records",
    )
    assert of(YES, NONE, NONE, NONE).assumptions == ()


def test_accepted_and_rejected_alike_is_a_change_in_between() -> None:
    found = of(YES, BOTH, YES, YES)
    assert found.arrival is Arrival.ANSWERED
    assert "rejected too" in found.says
    assert any("rules may have changed" in text for text in found.assumptions)


def test_an_end_outside_records_nothing_and_is_not_waited_for() -> None:
    assert of(NONE, YES, YES, NONE, names=(None, "eni-b")).arrival is Arrival.ANSWERED
    found = of(YES, NONE, NONE, NONE, names=("eni-a", None))
    assert found.arrival is Arrival.NOT_ANSWERED
    assert "the other end" in found.says
    assert of(YES, NONE, NONE, YES, names=("eni-a", None)).arrival is Arrival.ANSWERED


def test_without_source_ports_replies_are_not_judged() -> None:
    found = of(YES, YES, NONE, NONE, replies=False)
    assert (found.arrival, found.settled_by) == (Arrival.REPLY_NOT_LOGGED, "records with the field srcport")
    assert of(YES, NO, NONE, NONE, replies=False).arrival is Arrival.REJECTED_ARRIVING


def test_nothing_recorded_of_an_interface_at_all_is_said() -> None:
    found = of(NONE, NONE, NONE, NONE, destination=Watch(minutes=set()))
    assert "nothing else of eni-b" in found.says
    assert found.settled_by == "a flow log of all traffic of eni-b"


@pytest.mark.parametrize("watch", [Watch(minutes={101}, lost={101}), Watch(minutes={99, 100}, lost={100})])
def test_what_is_silent_where_records_were_lost_beside_it_is_not_lost(watch: Watch) -> None:
    found = of(YES, NONE, NONE, NONE, destination=watch)
    assert (found.arrival, found.settled_by) == (Arrival.NOT_LOGGED_THERE, "the same at another time")
    assert "SKIPDATA" in found.says
    heard = Watch(minutes={100, 101}, lost={101})
    assert of(YES, NONE, NONE, NONE, destination=heard).arrival is Arrival.LOST, "its own minute was recorded"


@pytest.mark.parametrize("minute", [99, 100, 101])
def test_where_records_were_lost_an_answer_may_be_among_them(minute: int) -> None:
    some = Watch(lost={minute})
    for found in (
        of(YES, YES, NONE, NONE, destination=some),
        of(YES, NONE, NONE, NONE, source=some, names=("eni-a", None)),
    ):
        assert (found.arrival, found.settled_by) == (Arrival.REPLY_NOT_LOGGED, "the same at another time")
        assert "SKIPDATA" in found.says
    assert of(YES, YES, NONE, NONE, destination=Watch(lost={minute + 10})).arrival is Arrival.NOT_ANSWERED
    assert of(YES, YES, NONE, NONE, source=some).arrival is Arrival.NOT_ANSWERED, "the other end tells of the reply"


@pytest.mark.parametrize(
    ("end", "back", "home"), [("eni-b", NO, NONE), ("eni-a", YES, NO)], ids=["leaving", "reaching"]
)
def test_a_rejected_reply_may_have_come_late(end: str, back: Leg, home: Leg) -> None:
    found = of(YES, YES, back, home)
    assert "by a network ACL, or late, when the security groups no longer tracked it" in found.says
    assert found.settled_by is None
    silent = Watch(accepted=0)
    open_ = of(NONE, NONE, back, home, source=silent, destination=silent)
    assert open_.settled_by == f"a flow log of all traffic of {end}: accepted packets are not among its records"
    assert "The request arrived" not in open_.says, "nothing says so"


def test_the_rules_of_an_end_without_records_may_be_why_it_does_not_answer() -> None:
    found = of(YES, NONE, NONE, NONE, names=("eni-a", None), source=Watch(rejected=0))
    assert (found.arrival, found.settled_by) == (Arrival.NOT_ANSWERED, "the records of the other end")
    assert "its rules too" in found.says
    assert "not at the rules" not in found.says
    assert found.assumptions == (
        "the flow log of eni-a records rejected packets too, although none is among its records",
    )


def test_without_source_ports_a_reply_that_is_recorded_counts_and_an_end_outside_is_left_for() -> None:
    assert of(YES, YES, YES, YES, replies=False).arrival is Arrival.ANSWERED
    assert of(YES, NONE, NONE, NONE, names=("eni-a", None), replies=False).says.startswith("The request left.")
