"""What becomes of a failure from one run to the next."""

from __future__ import annotations

import pytest

from checker.history.run import Run
from checker.history.tracks import How, State, Step, advance
from checker.model.finding import Finding, Gap
from tests.history.made import (
    ACCOUNT,
    FAIL,
    NOT_APPLICABLE,
    OTHER,
    PASS,
    UNKNOWN,
    WAIVED,
    day,
    finding,
    key,
    run,
    unread,
)

A = finding("vpc-a", FAIL)
ROOT = f"{ACCOUNT}/eu-west-1"


def fold(*runs: Run) -> tuple[State, Step]:
    state = State()
    step = Step(new=(), reopened=(), still=(), ended=())
    for each in runs:
        state, step = advance(state, each)
    return state, step


def told(step: Step) -> dict[str, object]:
    return {
        "new": [each.seen.id for each in step.new],
        "reopened": [each.seen.id for each in step.reopened],
        "still": [each.seen.id for each in step.still],
        "ended": [(track.seen.id, how) for track, how in step.ended],
    }


EMPTY = {"new": [], "reopened": [], "still": [], "ended": []}


@pytest.mark.parametrize(
    ("findings", "more", "how"),
    [
        pytest.param([finding("vpc-a", PASS)], {}, How.FIXED, id="it passes"),
        pytest.param([finding("vpc-a", NOT_APPLICABLE)], {}, How.NOT_APPLICABLE, id="the rule says nothing of it"),
        pytest.param([finding("vpc-a", WAIVED)], {}, How.WAIVED, id="it is waived"),
        pytest.param([finding("vpc-a", UNKNOWN)], {}, How.NOT_EXAMINED, id="its verdict is unknown"),
        pytest.param([], {}, How.GONE, id="everything was read and it is not there"),
        pytest.param([], {"unread": (unread("aws_vpc", root=ROOT),)}, How.NOT_EXAMINED, id="VPCs were not read there"),
        pytest.param([], {"unread": (unread(root=ROOT),)}, How.NOT_EXAMINED, id="anything may be missing there"),
        pytest.param([], {"unread": (unread("aws_vpc", root=None),)}, How.NOT_EXAMINED, id="VPCs were not read at all"),
        pytest.param([], {"unread": (unread("aws_subnet", root=ROOT),)}, How.GONE, id="other things were not read"),
        pytest.param([], {"unread": (unread("aws_vpc", root=f"{ACCOUNT}/eu-west-2"),)}, How.GONE, id="elsewhere"),
        pytest.param([], {"accounts": (OTHER,)}, How.NOT_EXAMINED, id="its account was not entered"),
        pytest.param([], {"regions": "eu-west-2"}, How.NOT_EXAMINED, id="its region was not asked"),
        pytest.param([], {"rules": ("FL002",)}, How.NOT_EXAMINED, id="its rule did not run"),
        pytest.param([], {"off": ("FL001",)}, How.NOT_EXAMINED, id="its rule is switched off"),
        pytest.param([], {"exit_code": 70}, How.NOT_EXAMINED, id="a rule broke"),
        pytest.param(
            [], {"gaps": (Gap(what="its account", cause="c", affects="a", account=ACCOUNT),)}, How.NOT_EXAMINED,
            id="its account could not be read",
        ),
        pytest.param(
            [], {"gaps": (Gap(what="another", cause="c", affects="a", account=OTHER),)}, How.GONE,
            id="another account could not be read",
        ),
        pytest.param(
            [], {"gaps": (Gap(what="x", cause="c", affects="a", account=ACCOUNT, region="eu-west-1"),), "unread": None},
            How.NOT_EXAMINED, id="of a saved run, any gap of its region counts",
        ),
        pytest.param(
            [], {"gaps": (Gap(what="x", cause="c", affects="a", account=ACCOUNT, region="eu-west-2"),), "unread": None},
            How.GONE, id="of a saved run, a gap of another region does not",
        ),
        pytest.param(
            [], {"gaps": (Gap(what="x", cause="c", affects="a", account=ACCOUNT, region="global"),), "unread": None},
            How.NOT_EXAMINED, id="of a saved run, a gap of all of its account counts",
        ),
        pytest.param(
            [], {"gaps": (Gap(what="main.tf:3", cause="c", affects="a"),), "unread": None},
            How.NOT_EXAMINED, id="of a saved run, a gap without a place counts",
        ),
    ],
)  # fmt: skip
def test_a_failure_that_is_none_now(findings: list[Finding], more: dict[str, object], how: How) -> None:
    state, step = fold(run(day(1), A), run(day(2), *findings, **more))
    assert told(step) == EMPTY | {"ended": [(A.id, how)]}
    again = advance(state, run(day(3), A))[1]
    if how is How.NOT_EXAMINED:
        assert told(again) == EMPTY | {"still": [A.id]}, "nothing ended it"
        assert again.still[0].since == day(1)
    elif how is How.WAIVED:
        assert told(again) == EMPTY | {"reopened": [A.id]}
        assert again.reopened[0].since == day(1), "an ended waiver opens what is as old as it was"
    else:
        assert told(again) == EMPTY | {"new": [A.id]}
        assert again.new[0].since == day(3)


def test_a_failure_of_traffic_that_no_record_tells_of_is_not_gone() -> None:
    was = finding("sg-a", FAIL, rule="TR001")
    _, step = fold(run(day(1), was, rules=("TR001",)), run(day(2), rules=("TR001",)))
    assert told(step) == EMPTY | {"ended": [(was.id, How.NOT_EXAMINED)]}


def test_what_is_not_examined_is_told_every_time() -> None:
    lost = {"accounts": (OTHER,)}
    _, step = fold(run(day(1), A), run(day(2), **lost), run(day(3), **lost))
    assert told(step) == EMPTY | {"ended": [(A.id, How.NOT_EXAMINED)]}


def test_a_waiver_from_the_first_day_is_no_new_failure_until_it_ends() -> None:
    waived = finding("vpc-a", WAIVED)
    state, step = fold(run(day(1), waived))
    assert told(step) == EMPTY
    _, step = advance(state, run(day(2), A))
    assert told(step) == EMPTY | {"reopened": [A.id]}
    assert step.reopened[0].since == day(1)


def test_a_waived_failure_that_is_not_examined_and_then_fails_is_open_again() -> None:
    runs = (run(day(1), finding("vpc-a", WAIVED)), run(day(2), accounts=(OTHER,)), run(day(3), A))
    assert told(fold(*runs)[1]) == EMPTY | {"reopened": [A.id]}


def test_time_to_repair_and_flapping() -> None:
    good, bad = finding("vpc-a", PASS), A
    state, _ = fold(run(day(1), bad), run(day(3), good))
    assert state.mean_seconds_to_repair == 2 * 86400
    assert not state.tracks[A.id].flapping
    state, _ = fold(run(day(1), bad), run(day(3), good), run(day(4), bad))
    assert not state.tracks[A.id].flapping, "once is no flapping"
    runs = (run(day(1), bad), run(day(3), good), run(day(4), bad), run(day(8), good), run(day(9), bad))
    state, step = fold(*runs)
    assert step.new[0].flapping
    assert state.mean_seconds_to_repair == (2 + 4) / 2 * 86400


def test_of_two_verdicts_with_one_id_the_worse_counts() -> None:
    _, step = fold(run(day(1), finding("vpc-a", PASS), A))
    assert told(step) == EMPTY | {"new": [key("vpc-a")]}
