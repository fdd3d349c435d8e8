"""One line on standard error while work is long. For terminals only; used by app."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

PATIENCE: Final = 1.0
"""Seconds of silence before the first line: short work stays quiet."""


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


def _tick(text: str, done: threading.Event) -> None:
    seconds = 0
    while not done.wait(PATIENCE):
        seconds += int(PATIENCE)
        sys.stderr.write(f"\rflowcheck: {text} ({seconds} s)\x1b[K")
        sys.stderr.flush()
    if seconds:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
