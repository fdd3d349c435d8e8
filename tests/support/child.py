"""Servers that end with the process that started them, however it ends: a worker that is killed leaves none behind."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Final

STOP_SECONDS: Final = 60
_GUARD: Final = '"$@" & child=$!; read -r _; kill "$child"; wait "$child" 2>/dev/null; exit 0'
"""Waits for the end of its input, which comes when we close it and when the system does so for us."""


@contextmanager
def running(
    words: Sequence[str], environment: Mapping[str, str] | None = None, output: int | IO[str] = subprocess.DEVNULL
) -> Iterator[None]:
    """Keep a program running; what it prints goes to ``output``, what it complains about nowhere."""
    guard = subprocess.Popen(
        ["sh", "-c", _GUARD, "guard", *words],
        env=None if environment is None else dict(environment),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.DEVNULL,
    )
    assert guard.stdin is not None
    try:
        yield
    finally:
        guard.stdin.close()
        guard.wait(timeout=STOP_SECONDS)
