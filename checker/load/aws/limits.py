"""How fast one account, region and API may be asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

RATES: Final[dict[str, tuple[float, int]]] = {
    "ec2": (15.0, 40),
    "iam": (8.0, 15),
    "organizations": (4.0, 8),
    "sts": (10.0, 20),
    "kms": (20.0, 40),
    "logs": (8.0, 10),
    "firehose": (4.0, 5),
    "cloudwatch": (8.0, 15),
    "glue": (8.0, 15),
    "athena": (4.0, 5),
    "sns": (10.0, 20),
    "s3": (50.0, 100),
    "s3control": (10.0, 20),
    "observabilityadmin": (2.0, 4),
}
"""Calls per second and burst for each account and region: below AWS's own buckets, so that an audit does not throttle
those who work in the account. EC2 refills 20 calls a second for unfiltered describes with a bucket of 100 (EC2 User
Guide, "Request throttling for the Amazon EC2 API"); logs takes 10 DescribeLogGroups a second (CloudWatch Logs quotas);
the others' published quotas are of the same order."""

_ANY: Final = (5.0, 10)


class Bucket:
    """A token bucket: ``take`` waits until a call may be made. For several threads."""

    def __init__(
        self,
        rate: float,
        burst: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._at = clock()

    def take(self) -> None:
        """Wait for a token and take it."""
        wait = self._reserve()
        if wait > 0:
            self._sleep(wait)

    def _reserve(self) -> float:
        """Take a token, perhaps one of the future; return the seconds until it is there."""
        with self._lock:
            now = self._clock()
            self._tokens = min(float(self._burst), self._tokens + (now - self._at) * self._rate)
            self._at = now
            self._tokens -= 1
            return -self._tokens / self._rate if self._tokens < 0 else 0.0

    def slow_down(self) -> None:
        """Halve the rate, down to one call in two seconds: AWS throttled."""
        with self._lock:
            self._rate = max(0.5, self._rate / 2)
            self._tokens = min(self._tokens, 0.0)


class Limits:
    """One bucket for each account, region and service."""

    def __init__(self, make: Callable[[float, int], Bucket] = Bucket) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str, str], Bucket] = {}

    def bucket(self, account: str, region: str, service: str) -> Bucket:
        """Return the bucket for an account, region and service."""
        place = (account, region, service)
        with self._lock:
            if place not in self._buckets:
                self._buckets[place] = self._make(*RATES.get(service, _ANY))
            return self._buckets[place]
