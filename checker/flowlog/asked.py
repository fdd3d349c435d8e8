"""Places that answer the question themselves: the records stay where they are, only the sums travel."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from checker.flowlog.engine.question import Question
from checker.flowlog.part import FormatHints
from checker.model.loaded import Input
from checker.model.record import dataclass, field
from checker.model.traffic import TrafficLog

GB: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a question may be asked."""

    hints: FormatHints = field(default_factory=FormatHints)
    rank: Callable[[str], int] = lambda _flow_log: 0
    """Order of flow logs that record the same interface, the greater the better."""
    most: int | None = None
    """Bytes that may be scanned at most, all statements together; None: any number."""
    say: Callable[[str], None] = lambda _text: None
    """Is told what a person wants to know while they wait: the estimate, and how far it is."""
    sleep: Callable[[float], None] = time.sleep
    now: datetime | None = None
    """Where a window has no end, and a place wants one; None: where it need not be told."""


class AskedSource(Protocol):
    """A place that answers questions. It raises where it cannot: half an answer is none."""

    def ask(self, question: Question, asking: Asking) -> TrafficLog:
        """Return what was recorded there."""

    def described(self) -> Input:
        """Return the place as reports name it."""


def sized(number: int) -> str:
    """Return a number of bytes as a person says it, in decimal units as AWS bills: ``1.5 GB``."""
    units: Sequence[tuple[int, str]] = ((10**12, "TB"), (GB, "GB"), (10**6, "MB"), (10**3, "kB"))
    for size, unit in units:
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} bytes"
