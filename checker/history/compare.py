"""Two runs held against each other."""

from __future__ import annotations

from collections.abc import Mapping

from checker.history.run import Run
from checker.history.tracks import How, State, Track, advance
from checker.model.assessment import RunPoint
from checker.model.record import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What stands otherwise in one run than in another. Every list is sorted by id."""

    before: RunPoint
    after: RunPoint
    new: tuple[Track, ...]
    reopened: tuple[Track, ...]
    open: tuple[Track, ...]
    ended: tuple[tuple[Track, How], ...]


def difference(before: Run, after: Run, known: Mapping[str, Track]) -> Difference:
    """Return what changed between two runs, whatever lies between them.

    ``known`` is what a store says of the failures up to the later run: it gives their beginnings and whether they
    flap; without it a failure is as old as the earlier run.
    """
    state, _ = advance(State(), before)
    _, step = advance(state, after)

    def dated(track: Track) -> Track:
        told = known.get(track.seen.id)
        return track if told is None else replace(track, since=told.since, returns=told.returns, repairs=told.repairs)

    return Difference(
        before=before.point,
        after=after.point,
        new=tuple(dated(each) for each in step.new),
        reopened=tuple(dated(each) for each in step.reopened),
        open=tuple(dated(each) for each in step.still),
        ended=tuple((dated(track), how) for track, how in step.ended),
    )
