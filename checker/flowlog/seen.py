"""What a source met: files read, empty, left out, and no logs at all. Nothing is passed over without being counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from checker.model.finding import Gap
from checker.model.record import dataclass, field

_SINGLY: Final = 5
"""Files of one trouble that get a gap each; more share one."""
_SEVERAL: Final = re.compile(r" and \d+ more$")
"""How a gap ends that stands for several files."""


NO_RECORDS: Final = "no flow log records"
"""Why a text file is taken for no log."""


@dataclass(slots=True)
class Seen:
    """Counts of one source. ``refused`` becomes gaps, ``ignored`` a fact."""

    files: int = 0
    """Files that were opened."""
    empty: int = 0
    outside: int = 0
    """Files that the window leaves out by their names."""
    hidden: int = 0
    ignored: dict[str, str] = field(default_factory=dict)
    """By file: why it is taken for no log."""
    refused: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """By cause, and by what can therefore not be said: the files."""

    def refuse(self, what: str, cause: str, affects: str = "its records") -> None:
        """Note something that could not be read."""
        self.refused.setdefault((cause, affects), []).append(what)

    def gaps(self) -> list[Gap]:
        """Return what could not be read: each by itself, or with its number where it is many times the same."""
        return _together(self.refused)

    def facts(self) -> Mapping[str, str]:
        """Return the counts as reports show them; zeros are left out."""
        counts = {
            "files": self.files,
            "empty files": self.empty,
            "files outside the window": self.outside,
            "hidden files": self.hidden,
        }
        told = {name: str(number) for name, number in counts.items() if number}
        if self.ignored:
            few = [f"{name} ({why})" for name, why in sorted(self.ignored.items())[:_SINGLY]]
            more = len(self.ignored) - len(few)
            told["ignored"] = "; ".join(few) + (f"; and {more} more" if more else "")
        return told


def grouped(gaps: Iterable[Gap]) -> list[Gap]:
    """Return gaps of many files with one trouble as one gap with their number, in order."""
    by_trouble: dict[tuple[str, str], list[str]] = {}
    found = []
    for each in sorted(set(gaps)):
        if _SEVERAL.search(each.what):
            found.append(each)
        else:
            by_trouble.setdefault((each.cause, each.affects), []).append(each.what)
    return sorted([*found, *_together(by_trouble)])


def _together(by_trouble: Mapping[tuple[str, str], Sequence[str]]) -> list[Gap]:
    found = []
    for (cause, affects), names in by_trouble.items():
        if len(names) <= _SINGLY:
            found += [Gap(what=name, cause=cause, affects=affects) for name in names]
        else:
            what = f"{names[0]}, {names[1]} and {len(names) - 2} more"
            found.append(Gap(what=what, cause=cause, affects=affects))
    return found
