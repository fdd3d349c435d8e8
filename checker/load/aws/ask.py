"""One request to AWS: paced, signed, tried again while that may help and the time allows."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from checker.load.aws.call import Call, Failure
from checker.load.aws.clients import Clients
from checker.load.aws.failures import EXPIRED, THROTTLED, UNREACHABLE, CallFailed, call_failed, expected_errors
from checker.load.aws.limits import Bucket, Health, Limits
from checker.model.record import dataclass

_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 8.0


CALL_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When a request is given up."""

    seconds: float = CALL_SECONDS
    """From its first try to the last one's beginning; time spent waiting for the rate's sake does not count."""
    tries: int = 5
    tries_throttled: int = 9
    """Where AWS says that it is asked too fast, which is nobody's fault and passes."""


class Identity(Protocol):
    """Whose credentials sign a request."""

    account: str
    """Twelve digits; empty until it is known."""

    def keys(self) -> Any:
        """Return the credentials as they are now; raises CallFailed where there are none."""

    def renewed(self, seen: Any) -> bool:
        """Say whether there are other credentials than those that AWS called expired, after an attempt to get them."""


class Stopped(Exception):
    """The person stopped the run; never leaves the collector."""


class Asker:
    """Makes requests. For several threads."""

    def __init__(
        self,
        clients: Clients,
        limits: Limits,
        *,
        patience: Patience,
        stop: threading.Event,
        health: Health | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clients = clients
        self.limits = limits
        self.stop = stop
        self._patience = patience
        self._health = health or Health()
        self._clock = clock

    def ask(
        self,
        identity: Identity,
        service: str,
        operation: str,
        region: str,
        words: Mapping[str, Any],
        *,
        call: Call | None = None,
        paid: bool = False,
    ) -> dict[str, Any]:
        """Return the answer to one request; ``call`` tells which errors are answers.

        ``paid`` says that its token was taken from the rate's bucket already. Raises CallFailed with why there is no
        answer, Stopped where the person stopped the run.
        """
        if failure := self._health.given_up(identity.account, service, region):
            raise CallFailed(failure)
        bucket = self.limits.bucket(identity.account, region, service, operation)
        one = _One(bucket, self._patience, once=self._health.doubtful(service, region))
        while True:
            self.pause(0.0 if paid else bucket.take())
            paid = False
            keys = identity.keys()
            began = self._clock()
            try:
                answer = self.clients.send(service, operation, region, words, keys)
            except expected_errors() as error:
                failed = call_failed(error, call)
            else:
                bucket.speed_up()
                self._health.answered(service, region)
                return answer
            if failed.failure.code not in UNREACHABLE:
                self._health.answered(service, region)
            one.spent += self._clock() - began
            if failed.failure.code in EXPIRED and not one.renewed and identity.renewed(keys):
                one.renewed = True
                continue
            wait = one.pause_after(failed)
            if wait is None:
                self._give_up(identity, service, region, failed.failure)
                raise failed
            self.pause(wait)

    def _give_up(self, identity: Identity, service: str, region: str, failure: Failure) -> None:
        if failure.code in UNREACHABLE:
            self._health.silent(identity.account, service, region, failure)

    def pause(self, seconds: float) -> None:
        """Wait; raises Stopped as soon as the person stops the run."""
        if self.stop.wait(seconds) if seconds > 0 else self.stop.is_set():
            raise Stopped


class _One:
    """How far the tries of one request are."""

    def __init__(self, bucket: Bucket, patience: Patience, *, once: bool) -> None:
        self._bucket = bucket
        self._patience = patience
        self._once = once
        self._tries = 0
        self.spent = 0.0
        self.renewed = False

    def pause_after(self, failed: CallFailed) -> float | None:
        """Return the seconds until the next try; None where there is none."""
        self._tries += 1
        throttled = failed.failure.code in THROTTLED
        if throttled and failed.failure.meaning is None:
            self._bucket.slow_down()
        most = self._patience.tries_throttled if throttled else self._patience.tries
        if not failed.again or self._tries >= most or (self._once and not throttled):
            return None
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (self._tries - 1))
        wait = random.uniform(longest / 2, longest)  # noqa: S311 - so that threads do not come back together
        self.spent += wait
        return wait if self.spent < self._patience.seconds else None
