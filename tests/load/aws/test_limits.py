"""Calls wait for their turn; throttling slows everything of its kind down."""

from __future__ import annotations

from checker.load.aws.limits import Bucket, Limits


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_burst_passes_at_once_and_the_rest_at_the_rate() -> None:
    clock = Clock()
    bucket = Bucket(10.0, 5, clock=clock, sleep=clock.sleep)
    times = []
    for _ in range(25):
        bucket.take()
        times.append(round(clock.now, 6))
    assert times[:5] == [0.0] * 5
    assert times[-1] == 2.0


def test_an_idle_bucket_fills_up_to_its_burst_and_no_further() -> None:
    clock = Clock()
    bucket = Bucket(10.0, 5, clock=clock, sleep=clock.sleep)
    clock.now = 1000.0
    for _ in range(6):
        bucket.take()
    assert round(clock.now - 1000.0, 6) == 0.1


def test_throttling_halves_the_rate_down_to_a_floor() -> None:
    clock = Clock()
    bucket = Bucket(8.0, 1, clock=clock, sleep=clock.sleep)
    for _ in range(10):
        bucket.slow_down()
    bucket.take()
    assert round(clock.now, 6) == 2.0


def test_each_account_region_and_service_has_a_bucket_of_its_own() -> None:
    limits = Limits()
    one = limits.bucket("1", "eu-west-1", "ec2")
    assert limits.bucket("1", "eu-west-1", "ec2") is one
    for other in (("2", "eu-west-1", "ec2"), ("1", "us-east-1", "ec2"), ("1", "eu-west-1", "logs")):
        assert limits.bucket(*other) is not one
