"""One request: tried again while that may help and the time allows, with credentials that are renewed once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from checker.load.aws.ask import Asker, Patience, Stopped
from checker.load.aws.calls import call_of
from checker.load.aws.failures import CallFailed
from checker.load.aws.limits import Limits
from tests.load.aws.fake import FakeClients, Someone, Time, asker, clients, refused

FOUND = {"Vpcs": []}


def ask(made: Asker, who: Someone | None = None, region: str = "eu-west-1") -> Any:
    return made.ask(who or Someone(), "ec2", "DescribeVpcs", region, {}, call=call_of("ec2", "DescribeVpcs"))


def reset() -> Exception:
    return ConnectionClosedError(endpoint_url="https://ec2.test")


def stalled() -> Exception:
    return ReadTimeoutError(endpoint_url="https://ec2.test")


def unreachable() -> Exception:
    return EndpointConnectionError(endpoint_url="https://ec2.test")


def garbled() -> Exception:
    return ResponseParserError("half of <an> answer with its content")


PASSING = [
    pytest.param(reset, 4, id="reset"),
    pytest.param(garbled, 4, id="garbled"),
    pytest.param(lambda: refused("InternalError", status=500), 4, id="internal-error"),
    pytest.param(lambda: refused("Whatever", status=503), 4, id="any-server-error"),
    pytest.param(lambda: refused("RequestLimitExceeded", status=503), 8, id="throttled-ec2"),
    pytest.param(lambda: refused("ThrottlingException"), 8, id="throttled"),
]


@pytest.mark.parametrize(("error", "times"), PASSING)
def test_what_passes_by_is_tried_again(error: Callable[[], Exception], times: int) -> None:
    made = clients(DescribeVpcs=[*(error() for _ in range(times)), FOUND])
    time = Time()
    assert ask(asker(made, time)) == FOUND
    assert len(made.sent) == times + 1
    assert time.now > 0


@pytest.mark.parametrize(("error", "times"), PASSING)
def test_what_does_not_pass_is_given_up(error: Callable[[], Exception], times: int) -> None:
    made = clients(DescribeVpcs=error())
    time = Time()
    with pytest.raises(CallFailed):
        ask(asker(made, time))
    assert len(made.sent) == times + 1
    assert time.now < 60


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (lambda: refused("UnauthorizedOperation", "no", 403), "UnauthorizedOperation", "no"),
        (lambda: refused("AuthFailure", "no", 401), "AuthFailure", "no"),
        (lambda: refused("OptInRequired", "no", 401), "OptInRequired", "no"),
    ],
)
def test_a_refusal_is_taken_for_what_it_is(error: Callable[[], Exception], code: str, text: str) -> None:
    made = clients(DescribeVpcs=error())
    with pytest.raises(CallFailed) as caught:
        ask(asker(made, Time()))
    assert (caught.value.failure.code, caught.value.failure.message) == (code, text)
    assert len(made.sent) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (reset, "EndpointUnreachable"),
        (stalled, "Timeout"),
        (unreachable, "EndpointUnreachable"),
        (garbled, "BadResponse"),
    ],
)
def test_what_the_network_does_has_a_code_of_ours(error: Callable[[], Exception], code: str) -> None:
    with pytest.raises(CallFailed) as caught:
        ask(asker(clients(DescribeVpcs=error()), Time()))
    assert caught.value.failure.code == code
    assert "content" not in caught.value.failure.message


def test_a_request_that_stalls_is_not_tried_beyond_its_time() -> None:
    time = Time()
    made = clients(DescribeVpcs=lambda _: time.wait(30) or (_ for _ in ()).throw(stalled()))
    with pytest.raises(CallFailed):
        ask(asker(made, time, patience=Patience(seconds=60)))
    assert len(made.sent) == 2


def test_throttling_slows_all_calls_of_that_kind_and_no_others() -> None:
    made = clients(DescribeVpcs=[refused("RequestLimitExceeded", status=503), FOUND])
    time = Time()
    asking = asker(made, time)
    ask(asking)
    before = time.now
    for _ in range(30):
        ask(asking)
    slowed = time.now - before
    made.answers["DescribeVpcs"] = [FOUND]
    before = time.now
    for _ in range(30):
        ask(asking, region="us-east-1")
    assert slowed > 1
    assert time.now == before


def test_expired_credentials_are_renewed_once_and_the_call_is_made_again() -> None:
    who = Someone(following=["second", "third"])
    made = clients(DescribeVpcs=[refused("RequestExpired"), FOUND])
    assert ask(asker(made, Time()), who) == FOUND
    assert [key for *_, key in made.sent] == ["first", "second"]


@pytest.mark.parametrize(
    ("following", "made_with"),
    [([], ["first"]), (["second", "third"], ["first", "second"])],
    ids=["cannot-be-renewed", "renewed-in-vain"],
)
def test_credentials_that_stay_expired_are_a_failure(following: list[str], made_with: list[str]) -> None:
    made = clients(DescribeVpcs=refused("ExpiredToken", "The security token included in the request is expired"))
    with pytest.raises(CallFailed) as caught:
        ask(asker(made, Time()), Someone(following=following))
    assert caught.value.failure.code == "ExpiredToken"
    assert [key for *_, key in made.sent] == made_with


def test_an_endpoint_that_nobody_answers_at_costs_each_account_one_try_and_later_calls_nothing() -> None:
    made = clients(DescribeVpcs=unreachable())
    time = Time()
    asking = asker(made, time)
    counts = []
    for account in ("1", "1", "2", "2"):
        before = len(made.sent)
        with pytest.raises(CallFailed) as caught:
            ask(asking, Someone(account))
        counts.append(len(made.sent) - before)
        assert caught.value.failure.code == "EndpointUnreachable"
    assert counts == [5, 0, 1, 0]
    time.now += 20
    made.answers["DescribeVpcs"] = [FOUND]
    assert ask(asking, Someone("1")) == FOUND, "now and then it is tried again"
    assert ask(asking, Someone("2")) == FOUND


def test_an_endpoint_that_answered_once_is_never_given_up() -> None:
    made = clients(DescribeVpcs=[FOUND, unreachable()])
    asking = asker(made, Time())
    ask(asking)
    for _ in range(2):
        before = len(made.sent)
        with pytest.raises(CallFailed):
            ask(asking)
        assert len(made.sent) - before == 5


def test_a_denial_shows_that_an_endpoint_lives() -> None:
    made = clients(DescribeVpcs=[refused("UnauthorizedOperation", status=403), unreachable()])
    asking = asker(made, Time())
    with pytest.raises(CallFailed):
        ask(asking)
    for _ in range(2):
        with pytest.raises(CallFailed):
            ask(asking)
    assert len(made.sent) == 11


def test_a_stopped_run_asks_nothing_and_waits_for_nothing() -> None:
    stop = threading.Event()
    made: FakeClients = clients(DescribeVpcs=refused("Throttling"))

    def pressed(_: Any) -> Any:
        stop.set()
        raise refused("Throttling")

    made.answers["DescribeVpcs"] = [pressed]
    asking = Asker(made, Limits(), patience=Patience(), stop=stop)
    for _ in range(2):
        with pytest.raises(Stopped):
            ask(asking)
    assert len(made.sent) == 1
