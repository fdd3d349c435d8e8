"""What a report says of its past."""

from __future__ import annotations

from checker.history.book import Remembered
from checker.history.tracks import How, Track
from checker.model.assessment import FixedFinding, History, OpenFinding


def history_of(kept: Remembered) -> History:
    """Return what changed since the run before, and the trend."""
    step = kept.step
    return History(
        previous=kept.before.points[-1] if kept.before.points else None,
        new=tuple(each.seen.id for each in step.new),
        reopened=tuple(each.seen.id for each in step.reopened),
        open=tuple(sorted((_open(each) for each in (*step.still, *step.reopened)), key=lambda each: each.id)),
        fixed=tuple(_ended(track, how) for track, how in step.ended),
        mean_seconds_to_repair=kept.after.mean_seconds_to_repair,
        trend=kept.after.points,
    )


def _open(track: Track) -> OpenFinding:
    return OpenFinding(id=track.seen.id, since=track.since, flapping=track.flapping)


def _ended(track: Track, how: How) -> FixedFinding:
    seen = track.seen
    return FixedFinding(
        id=seen.id, rule_id=seen.rule_id, resource=seen.resource, message=seen.message, since=track.since, how=how.value
    )
