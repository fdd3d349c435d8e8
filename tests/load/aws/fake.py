"""An AWS in memory for what asks: answers by operation, with time that passes only while somebody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from checker.load.aws.ask import Asker, Patience
from checker.load.aws.clients import Clients
from checker.load.aws.limits import Health, Limits
from checker.load.aws.session import Keys

Answer = Mapping[str, Any] | Exception | Callable[[Mapping[str, Any]], Any]
RATE = 1000.0


def refused(code: str, message: str = "said AWS", status: int = 400) -> ClientError:
    """An error answer of AWS."""
    said: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, "Operation")


@dataclass
class FakeClients(Clients):
    """Gives prepared answers; the last one of an operation again and again."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    sent: list[tuple[str, str, Mapping[str, Any], str]] = field(default_factory=list)
    """Operation, region, parameters, access key."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        super().__init__(None, pool=1)

    def send(self, service: str, operation: str, region: str, words: Mapping[str, Any], keys: Any) -> dict[str, Any]:
        with self.lock:
            self.sent.append((operation, region, dict(words), keys.access_key))
            prepared = self.answers[operation]
            answer = prepared.pop(0) if len(prepared) > 1 else prepared[0]
        if isinstance(answer, Exception):
            raise answer
        return dict(answer(words) if callable(answer) else answer)


def clients(**answers: Answer | Iterable[Answer]) -> FakeClients:
    return FakeClients(
        answers={
            name: list(given) if isinstance(given, (list, Iterator)) else [given] for name, given in answers.items()
        }  # type: ignore[list-item]
    )


@dataclass
class Someone:
    """An identity whose keys can be exchanged."""

    account: str = "111122223333"
    following: list[str] = field(default_factory=list)
    """Access keys to come, one for each renewal."""
    now: str = "first"

    def keys(self) -> Keys:
        return Keys(self.now, "secret")

    def renewed(self, seen: Any) -> bool:
        if self.following:
            self.now = self.following.pop(0)
        return bool(seen.access_key != self.now)


class Time:
    """Time that passes only while somebody waits: a stop button that is never pressed, and a clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        self.waits.append(timeout or 0.0)
        return False

    def is_set(self) -> bool:
        return False


def asker(made: Clients, time: Time, *, patience: Patience | None = None, most: float | None = None) -> Asker:
    stop: Any = time
    return Asker(
        made, Limits(most=most, clock=time), patience=patience or Patience(), stop=stop, health=Health(clock=time),
        clock=time,
    )  # fmt: skip
