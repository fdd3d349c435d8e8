"""How fast one account, region and API may be asked, and which endpoints do not answer at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from checker.load.aws.call import Failure

RATES: Final[dict[str, tuple[float, int]]] = {
    "ec2": (15.0, 40),
    "iam": (8.0, 15),
    "organizations": (4.0, 8),
    "sts": (10.0, 20),
    "kms": (20.0, 40),
    "logs": (4.0, 5),
    "logs:DescribeLogGroups": (8.0, 10),
    "logs:DescribeLogStreams": (15.0, 20),
    "firehose": (4.0, 5),
    "cloudwatch": (7.0, 9),
    "glue": (8.0, 15),
    "athena": (4.0, 5),
    "sns": (10.0, 20),
    "s3": (50.0, 100),
    "s3control": (10.0, 20),
    "observabilityadmin": (2.0, 4),
}
"""Calls per second, and burst, of each API in one account and region, or of a whole service (see ``SHARED``).

Below AWS's own, so that an audit does not throttle those who work in the account. EC2 gives each reading API a bucket
of 100 that fills by 20 a second (EC2 Developer Guide, "Request throttling for the Amazon EC2 API"), CloudWatch Logs
takes 25 DescribeLogStreams a second. The other figures are cautious guesses, not quotas; throttling slows each down.
"""

SHARED: Final = frozenset({"iam", "organizations", "sts", "s3", "s3control", "sns", "observabilityadmin"})
"""Services that are asked at one rate for all their APIs together: they publish none for each."""

_ANY: Final = (5.0, 10)
_FLOOR: Final = 0.5
_RECOVERY: Final = 0.02
"""Part of the full rate that comes back with each answer."""
_SAME_BURST: Final = 1.0
"""Seconds in which several throttled calls are one event."""


class Bucket:
    """A token bucket that slows down when AWS throttles, and recovers. For several threads."""

    def __init__(self, rate: float, burst: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._full = rate
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._at = clock()
        self._slowed: float | None = None

    def wait(self) -> float:
        """Return the seconds until a token is there; takes none."""
        with self._lock:
            self._fill()
            return max(0.0, (1.0 - self._tokens) / self._rate)

    def take(self) -> float:
        """Take a token, perhaps one of the future; return the seconds to wait before the call."""
        with self._lock:
            self._fill()
            self._tokens -= 1.0
            return max(0.0, -self._tokens / self._rate)

    def slow_down(self) -> None:
        """Halve the rate, down to one call in two seconds: AWS throttled."""
        with self._lock:
            now = self._fill()
            if self._slowed is not None and now - self._slowed < _SAME_BURST:
                return
            self._slowed = now
            self._rate = max(min(_FLOOR, self._full), self._rate / 2)
            self._tokens = min(self._tokens, 0.0)

    def speed_up(self) -> None:
        """Give back a little of the rate: AWS answered."""
        with self._lock:
            if self._rate < self._full:
                self._fill()
                self._rate = min(self._full, self._rate + self._full * _RECOVERY)

    def _fill(self) -> float:
        now = self._clock()
        self._tokens = min(float(self._burst), self._tokens + (now - self._at) * self._rate)
        self._at = now
        return now


class Limits:
    """One bucket for each account, region and API, or service where ``SHARED`` has it."""

    def __init__(self, *, most: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str, str], Bucket] = {}

    def bucket(self, account: str, region: str, service: str, operation: str) -> Bucket:
        """Return the bucket of a call; ``most`` of the constructor bounds its rate and burst."""
        name = service if service in SHARED else f"{service}:{operation}"
        with self._lock:
            found = self._buckets.get((account, region, name))
            if found is None:
                rate, burst = RATES.get(name) or RATES.get(service, _ANY)
                if self._most is not None:
                    rate, burst = min(rate, self._most), max(1, min(burst, int(self._most)))
                found = self._buckets[account, region, name] = Bucket(rate, burst, clock=self._clock)
            return found


_PROBE: Final = 15.0
"""Seconds after which an endpoint that did not answer is tried again."""


class Health:
    """Endpoints that never answered: not every call waits for them to the end. For several threads.

    One that answered once is never given up. Accounts do not learn from each other that an endpoint is dead, only
    that one try will do: what stands in the way may concern one of them.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._alive: set[tuple[str, str]] = set()
        self._dead: dict[tuple[str, str], Failure] = {}
        self._seen: dict[tuple[str, str, str], float] = {}

    def given_up(self, account: str, service: str, region: str) -> Failure | None:
        """Return why an endpoint is not to be asked; None where it is. Now and then one call is let through."""
        with self._lock:
            failure = self._dead.get((service, region))
            last = self._seen.get((account, service, region))
            if failure is None or last is None:
                return None
            now = self._clock()
            if now - last >= _PROBE:
                self._seen[account, service, region] = now
                return None
            return failure

    def doubtful(self, service: str, region: str) -> bool:
        """Say whether one try will do."""
        with self._lock:
            return (service, region) in self._dead

    def answered(self, service: str, region: str) -> None:
        """Note that an endpoint lives: whatever it answered."""
        if (service, region) not in self._alive:
            with self._lock:
                self._alive.add((service, region))
                self._dead.pop((service, region), None)

    def silent(self, account: str, service: str, region: str, failure: Failure) -> None:
        """Note that a call was given up because nobody answered."""
        with self._lock:
            if (service, region) not in self._alive:
                self._dead.setdefault((service, region), failure)
                self._seen[account, service, region] = self._clock()
