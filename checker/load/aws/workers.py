"""Threads that make calls side by side, and end with the process: a call that hangs holds nobody up."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Generic, TypeVar

from checker.model.record import dataclass

S = TypeVar("S")
T = TypeVar("T")

_LOOK: Final = 1.0
"""Seconds between two looks for results: an interrupt is heard in between on every system."""


@dataclass(frozen=True, slots=True)
class _Raised:
    """What a job raised."""

    error: BaseException


class Workers(Generic[T]):
    """Some threads that do jobs; results come in the order in which they are ready."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.busy = 0
        """Jobs given and not yet collected."""
        self._jobs: queue.SimpleQueue[Callable[[], T] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[T | _Raised] = queue.SimpleQueue()
        for at in range(number):
            threading.Thread(target=self._work, name=f"aws-{at}", daemon=True).start()

    def give(self, job: Callable[[], T]) -> None:
        """Have a job done."""
        self.busy += 1
        self._jobs.put(job)

    def collect(self, seconds: float) -> list[T]:
        """Return the results that are ready, waiting this long for the first one, or for time to pass.

        Raises what a job raised.
        """
        if not self.busy:
            time.sleep(seconds)
        found: list[T] = []
        while self.busy:
            try:
                done = self._done.get_nowait() if found or seconds <= 0 else self._done.get(timeout=seconds)
            except queue.Empty:
                break
            self.busy -= 1
            if isinstance(done, _Raised):
                raise done.error
            found.append(done)
        return found

    def drain(self, seconds: float) -> None:
        """Let jobs that are being done come to their end, for so long at most; drops their results and errors."""
        end = time.monotonic() + seconds
        while self.busy and (left := end - time.monotonic()) > 0:
            try:
                self._done.get(timeout=left)
            except queue.Empty:
                return
            self.busy -= 1

    def close(self) -> None:
        """Have the threads end once they are idle."""
        for _ in range(self.number):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._done.put(job())
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that collects
                self._done.put(_Raised(error))


def side_by_side(make: Callable[[S], T], given: Sequence[S], *, number: int) -> list[T]:
    """Return what a function makes of each of the given, in their order, doing so many at the same time.

    Raises what the function raises; what was not begun by then is not done.
    """
    workers: Workers[tuple[int, T] | None] = Workers(min(number, len(given)))
    stop = threading.Event()

    def job(at: int) -> tuple[int, T] | None:
        if stop.is_set():
            return None
        try:
            return at, make(given[at])
        except BaseException:
            stop.set()
            raise

    made: dict[int, T] = {}
    try:
        for at in range(len(given)):
            workers.give(partial(job, at))
        while workers.busy:
            made.update(done for done in workers.collect(_LOOK) if done is not None)
    finally:
        stop.set()
        workers.close()
    return [made[at] for at in range(len(given))]
