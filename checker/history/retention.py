"""How much of the history is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from checker.errors import UsageError
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True)
class Keep:
    """A bound on the runs of one series; without either number everything is kept."""

    runs: int | None = None
    days: int | None = None

    @classmethod
    def parse(cls, word: str, flag: str = "--keep") -> Keep:
        """Return what ``400d`` or ``200`` means; raises UsageError for anything else, and for nothing to be kept."""
        found = re.fullmatch(r"([1-9][0-9]{0,4})(d?)", word)
        if found is None:
            raise UsageError(f"{flag} {word}: neither days nor a number of runs", hint="Give 400d, or 200.")
        return cls(days=int(found[1])) if found[2] else cls(runs=int(found[1]))

    def dropped(self, moments: Sequence[datetime]) -> int:
        """Return how many of the oldest runs fall out; ``moments`` are those of all runs, oldest first.

        Days are counted back from the newest run, so that a store which is not used does not run empty.
        """
        if not moments:
            return 0
        gone = max(len(moments) - self.runs, 0) if self.runs is not None else 0
        if self.days is not None:
            first = moments[-1] - timedelta(days=self.days)
            gone = max(gone, sum(1 for moment in moments if moment < first))
        return min(gone, len(moments) - 1)
