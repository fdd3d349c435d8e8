"""One line on standard error while work is long. For terminals only; used by app."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from checker.load.aws.collect import Progress

PATIENCE: Final = 1.0
"""Seconds of silence before the first line: short work stays quiet."""

_OFTEN: Final = 0.25
"""Seconds between two lines."""


@contextmanager
def progress(text: str, *, enabled: bool) -> Iterator[None]:
    """Show what is being done, and for how many seconds, until the block ends; the line is then erased."""
    if not enabled:
        yield
        return
    done = threading.Event()
    ticker = threading.Thread(target=_tick, args=(text, done), daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()


def note(text: str, *, enabled: bool) -> None:
    """Say something on standard error that stays there, above the line of progress."""
    if enabled and sys.stderr is not None:
        erase = "\r\x1b[K" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{erase}flowcheck: {text}\n")
        sys.stderr.flush()


class Calls:
    """One line on the calls of a live run, rewritten as they are answered."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._started = time.monotonic()
        self._shown = 0.0

    def __enter__(self) -> Calls:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def show(self, now: Progress) -> None:
        """Show how far the run is, at most some times a second."""
        moment = time.monotonic()
        if not self._enabled or moment - self._started < PATIENCE or moment - self._shown < _OFTEN:
            return
        self._shown = moment
        rate = now.done / (moment - self._started)
        left = f", {(now.known - now.done) / rate:.0f} s left" if rate and now.known > now.done else ""
        failed = f", {now.failed} failed" if now.failed else ""
        sys.stderr.write(
            f"\rflowcheck: {now.accounts} account{'s' * (now.accounts != 1)}, {now.scopes} "
            f"region{'s' * (now.scopes != 1)}: {now.done} of {now.known} calls, {rate:.0f}/s{failed}{left}\x1b[K"
        )
        sys.stderr.flush()


def _tick(text: str, done: threading.Event) -> None:
    seconds = 0
    while not done.wait(PATIENCE):
        seconds += int(PATIENCE)
        sys.stderr.write(f"\rflowcheck: {text} ({seconds} s)\x1b[K")
        sys.stderr.flush()
    if seconds:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
