"""Each failure followed from run to run: since when it is open, how it ended, how often it came back.

A failure ends only where a run looked and did not find it: it passes (fixed), the rule no longer applies to it, or its
subject is gone. Where a run did not look, or could not tell, the failure stays open as of before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from checker.history.run import Run, Seen
from checker.model.assessment import RunPoint
from checker.model.record import dataclass, field, replace

FLAPS: Final = 2
"""So many returns make a failure a flapping one."""


class Standing(StrEnum):
    """How a failure stands after a run."""

    OPEN = "open"
    WAIVED = "waived"
    ENDED = "ended"


class How(StrEnum):
    """What became of a failure that is none now."""

    FIXED = "fixed"
    WAIVED = "waived"
    GONE = "gone"
    NOT_APPLICABLE = "not-applicable"
    NOT_EXAMINED = "not-examined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One failure over time."""

    seen: Seen
    """As it was last seen."""
    since: datetime
    """First seen, in the stretch that goes on; waived times belong to it."""
    standing: Standing
    unsure: bool = False
    """The last run did not examine it: ``standing`` is as of before."""
    repairs: tuple[tuple[datetime, datetime], ...] = ()
    """Start of a stretch and the run that found it fixed."""
    returns: tuple[datetime, ...] = ()
    """Runs in which it failed again after it had ended."""

    @property
    def flapping(self) -> bool:
        """Return whether it ended and came back again and again."""
        return len(self.returns) >= FLAPS


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All failures after some run, and the runs up to it."""

    tracks: Mapping[str, Track] = field(default_factory=dict)
    points: tuple[RunPoint, ...] = ()
    """Oldest first."""

    @property
    def mean_seconds_to_repair(self) -> float | None:
        """Return the mean over all repairs that are kept; None where there is none."""
        spans = [(end - start).total_seconds() for each in self.tracks.values() for start, end in each.repairs]
        return sum(spans) / len(spans) if spans else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one run changed. Every list is sorted by id."""

    new: tuple[Track, ...]
    reopened: tuple[Track, ...]
    """Failures whose waiver ended; they are as old as they were."""
    still: tuple[Track, ...]
    """Open in the run before and in this one."""
    ended: tuple[tuple[Track, How], ...]
    """Open before and not now; the track is as of before."""


def advance(state: State, run: Run) -> tuple[State, Step]:
    """Return the state after a run, and what the run changed."""
    tracks: dict[str, Track] = dict(state.tracks)
    new: list[Track] = []
    reopened: list[Track] = []
    still: list[Track] = []
    ended: list[tuple[Track, How]] = []
    for seen in run.failing:
        was = state.tracks.get(seen.id)
        now = tracks[seen.id] = _failing(was, seen, run.started_at, Standing.OPEN)
        if was is None or was.standing is Standing.ENDED:
            new.append(now)
        else:
            (still if was.standing is Standing.OPEN else reopened).append(now)
    for seen in run.waived:
        was = state.tracks.get(seen.id)
        tracks[seen.id] = _failing(was, seen, run.started_at, Standing.WAIVED)
        if was is not None and was.standing is Standing.OPEN:
            ended.append((was, How.WAIVED))
    named = {each.id for each in (*run.failing, *run.waived)}
    for key, was in state.tracks.items():
        if key in named or was.standing is Standing.ENDED:
            continue
        how = _how(was.seen, run)
        tracks[key] = _unnamed(was, how, run.started_at)
        if was.standing is Standing.OPEN:
            ended.append((was, how))
    step = Step(new=_by_id(new), reopened=_by_id(reopened), still=_by_id(still),
                ended=tuple(sorted(ended, key=lambda each: each[0].seen.id)))  # fmt: skip
    return State(tracks=tracks, points=(*state.points, run.point)), step


def _failing(was: Track | None, seen: Seen, at: datetime, standing: Standing) -> Track:
    """Return the track of a failure that a run names; waived ones fail as well."""
    if was is None:
        return Track(seen=seen, since=at, standing=standing)
    if was.standing is Standing.ENDED:
        return replace(was, seen=seen, since=at, standing=standing, unsure=False, returns=(*was.returns, at))
    return replace(was, seen=seen, standing=standing, unsure=False)


def _how(seen: Seen, run: Run) -> How:
    """Return what became of a failure that a run does not name among the failing and waived."""
    if seen.id in run.passed:
        return How.FIXED
    if seen.id in run.inapplicable:
        return How.NOT_APPLICABLE
    if seen.id in run.unknown or not run.looked.covers(seen.rule_id, seen.type, seen.root):
        return How.NOT_EXAMINED
    return How.GONE


def _unnamed(was: Track, how: How, at: datetime) -> Track:
    if how is How.NOT_EXAMINED:
        return replace(was, unsure=True)
    repairs = (*was.repairs, (was.since, at)) if how is How.FIXED else was.repairs
    return replace(was, standing=Standing.ENDED, unsure=False, repairs=repairs)


def _by_id(tracks: Iterable[Track]) -> tuple[Track, ...]:
    return tuple(sorted(tracks, key=lambda each: each.seen.id))


def forget(state: State, before: datetime) -> State:
    """Return the state without what happened before a time; what is open keeps its beginning."""
    tracks: dict[str, Track] = {}
    for key, each in state.tracks.items():
        repairs = tuple(pair for pair in each.repairs if pair[1] >= before)
        returns = tuple(at for at in each.returns if at >= before)
        if each.standing is not Standing.ENDED or repairs or returns:
            tracks[key] = replace(each, repairs=repairs, returns=returns)
    return State(tracks=tracks, points=tuple(each for each in state.points if each.started_at >= before))
