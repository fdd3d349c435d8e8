"""Calls wait for their turn; throttling slows everything of its kind down, and answers give the rate back."""

from __future__ import annotations

import pytest

from checker.load.aws.calls import CALLS
from checker.load.aws.limits import RATES, SHARED, Bucket, Limits
from tests.load.aws.fake import Time


def taken(bucket: Bucket, time: Time, number: int) -> list[float]:
    """When each of some tokens was there."""
    times = []
    for _ in range(number):
        time.wait(bucket.take())
        times.append(round(time.now, 6))
    return times


def test_a_burst_passes_at_once_and_the_rest_at_the_rate() -> None:
    time = Time()
    times = taken(Bucket(10.0, 5, clock=time), time, 25)
    assert times[:5] == [0.0] * 5
    assert times[-1] == 2.0


def test_several_threads_get_tokens_one_after_the_other() -> None:
    bucket = Bucket(10.0, 1, clock=Time())
    assert [round(bucket.take(), 6) for _ in range(3)] == [0.0, 0.1, 0.2]


def test_to_look_takes_nothing() -> None:
    time = Time()
    bucket = Bucket(10.0, 1, clock=time)
    assert [bucket.wait() for _ in range(5)] == [0.0] * 5
    bucket.take()
    assert round(bucket.wait(), 6) == 0.1


def test_an_idle_bucket_fills_up_to_its_burst_and_no_further() -> None:
    time = Time()
    bucket = Bucket(10.0, 5, clock=time)
    time.now = 1000.0
    assert round(taken(bucket, time, 6)[-1] - 1000.0, 6) == 0.1


def slowed(times: int, apart: float) -> tuple[Bucket, Time]:
    time = Time()
    bucket = Bucket(8.0, 1, clock=time)
    for _ in range(times):
        bucket.slow_down()
        time.now += apart
    time.now += 100.0
    bucket.take()
    return bucket, time


@pytest.mark.parametrize(
    ("times", "apart", "rate"), [(1, 2.0, 4.0), (2, 2.0, 2.0), (10, 2.0, 0.5), (16, 0.01, 4.0)], ids=str
)
def test_throttling_halves_the_rate_once_for_each_burst_of_errors(times: int, apart: float, rate: float) -> None:
    bucket, _ = slowed(times, apart)
    assert round(bucket.take(), 6) == round(1 / rate, 6)


def test_answers_give_the_rate_back_up_to_what_it_was() -> None:
    bucket, time = slowed(10, 2.0)
    for _ in range(100):
        bucket.speed_up()
    time.now += 100.0
    bucket.take()
    assert round(bucket.take(), 6) == 0.125


def test_each_account_region_and_api_has_a_bucket_of_its_own() -> None:
    limits = Limits()
    one = limits.bucket("1", "eu-west-1", "ec2", "DescribeVpcs")
    assert limits.bucket("1", "eu-west-1", "ec2", "DescribeVpcs") is one
    for account, region, operation in (
        ("2", "eu-west-1", "DescribeVpcs"), ("1", "us-east-1", "DescribeVpcs"), ("1", "eu-west-1", "DescribeSubnets"),
    ):  # fmt: skip
        assert limits.bucket(account, region, "ec2", operation) is not one


def test_services_without_a_rate_for_each_api_have_one_for_all() -> None:
    limits = Limits()
    assert limits.bucket("1", "us-east-1", "iam", "GetRole") is limits.bucket("1", "us-east-1", "iam", "GetPolicy")


def test_a_bound_holds_for_every_rate_and_burst() -> None:
    time = Time()
    limits = Limits(most=2.0, clock=time)
    assert taken(limits.bucket("1", "eu-west-1", "ec2", "DescribeVpcs"), time, 4) == [0.0, 0.0, 0.5, 1.0]


def test_every_call_has_a_rate_that_somebody_thought_about() -> None:
    assert {call.service for call in CALLS} <= set(RATES)
    assert set(RATES) <= {call.service for call in CALLS} | {call.name for call in CALLS}
    assert set(SHARED) <= {call.service for call in CALLS}
