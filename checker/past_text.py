"""How history and differences look: text for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from checker.history.compare import Difference
from checker.history.run import point_values
from checker.history.tracks import How, Standing, State, Track
from checker.model.assessment import RunPoint
from checker.model.finding import Severity, Status
from checker.report.sanitize import clip, plain

SCHEMA_VERSION: Final = "1"
_HEADS: Final = {
    How.FIXED: "fixed",
    How.GONE: "gone (the subject is no longer there)",
    How.NOT_APPLICABLE: "no longer applicable",
    How.WAIVED: "waived",
    How.NOT_EXAMINED: "no longer examined (not known to be fixed)",
}
_WIDEST: Final = 160


def series_text(place: str, names: Sequence[str]) -> str:
    """Return the series of a store, one a line."""
    if not names:
        return f"{place}: no run is kept here yet"
    return "\n".join(
        [f"{place} holds {len(names)} series; choose one with --series:", *(f"  {each}" for each in names)]
    )


def history_text(series: str, state: State, *, limit: int | None) -> str:
    """Return runs, trend and open failures; at most ``limit`` of each."""
    shown = state.points if limit is None else state.points[-limit:]
    lines = [f"{series}: {len(state.points)} run{'' if len(state.points) == 1 else 's'}", ""]
    lines += _table(shown)
    if len(shown) < len(state.points):
        lines.append(f"  and {len(state.points) - len(shown)} earlier (--verbose)")
    open_ = sorted((each for each in state.tracks.values() if each.standing is Standing.OPEN), key=_oldest)
    lines += ["", *_listed(f"open ({len(open_)}), the oldest first", open_, limit)]
    waived = sorted((each for each in state.tracks.values() if each.standing is Standing.WAIVED), key=_oldest)
    lines += _listed(f"waived ({len(waived)})", waived, limit) if waived else []
    flapping = sorted((each for each in state.tracks.values() if each.flapping), key=_oldest)
    lines += _listed(f"flapping ({len(flapping)})", flapping, limit) if flapping else []
    mean = state.mean_seconds_to_repair
    lines.append(f"mean time to repair: {_span(mean) if mean is not None else 'nothing was repaired yet'}")
    return "\n".join(lines)


def _table(points: Iterable[RunPoint]) -> list[str]:
    from tabulate import tabulate

    heads = ["run", "when (UTC)", "fail", *(each.label for each in sorted(Severity, reverse=True)),
             "unknown", "waived", "pass"]  # fmt: skip
    rows = [
        [
            each.run_id,
            f"{each.started_at:%Y-%m-%d %H:%M}",
            each.counts.get(Status.FAIL, 0),
            *(each.failing.get(severity.label, 0) for severity in sorted(Severity, reverse=True)),
            each.counts.get(Status.UNKNOWN, 0),
            each.counts.get(Status.WAIVED, 0),
            each.counts.get(Status.PASS, 0),
        ]
        for each in points
    ]
    return tabulate(rows, heads, tablefmt="simple", disable_numparse=True).split("\n") if rows else []


def diff_text(found: Difference) -> str:
    """Return a difference, what matters first."""
    lines = [
        f"{found.before.run_id} ({found.before.started_at:%Y-%m-%d %H:%M}) -> "
        f"{found.after.run_id} ({found.after.started_at:%Y-%m-%d %H:%M})",
        "",
        *_listed(f"new ({len(found.new)})", found.new, None),
        *_listed(f"open again, their waiver ended ({len(found.reopened)})", found.reopened, None),
    ]
    for how, head in _HEADS.items():
        tracks = [track for track, became in found.ended if became is how]
        lines += _listed(f"{head} ({len(tracks)})", tracks, None) if tracks or how is How.FIXED else []
    return "\n".join([*lines, *_listed(f"still open ({len(found.open)})", found.open, None)]).rstrip()


def _listed(head: str, tracks: Sequence[Track], limit: int | None) -> list[str]:
    shown = tracks if limit is None else tracks[:limit]
    rest = [f"  and {len(tracks) - len(shown)} more (--verbose)"] if len(shown) < len(tracks) else []
    return [f"{head}:" if tracks else head, *(f"  {_line(each)}" for each in shown), *rest, ""]


def _line(track: Track) -> str:
    marks = ", flapping" if track.flapping else ""
    marks += ", not examined since" if track.unsure else ""
    seen = track.seen
    words = f"{seen.severity:8} {seen.rule_id} since {track.since:%Y-%m-%d}{marks}: {plain(seen.message)}"
    return clip(words, _WIDEST)


def _oldest(track: Track) -> tuple[datetime, str]:
    return track.since, track.seen.id


def _span(seconds: float) -> str:
    span = timedelta(seconds=round(seconds))
    return f"{span.total_seconds() / 86400:.1f} days" if span >= timedelta(days=1) else str(span)


def history_json(series: str, state: State) -> dict[str, Any]:
    """Return a history as JSON values."""
    tracks = sorted((each for each in state.tracks.values() if each.standing is not Standing.ENDED), key=_oldest)
    return {
        "schema_version": SCHEMA_VERSION,
        "series": series,
        "runs": [point_values(each) for each in state.points],
        "open": [_track(each) for each in tracks if each.standing is Standing.OPEN],
        "waived": [_track(each) for each in tracks if each.standing is Standing.WAIVED],
        "flapping": sorted(each.seen.id for each in state.tracks.values() if each.flapping),
        "mean_seconds_to_repair": state.mean_seconds_to_repair,
    }


def diff_json(found: Difference) -> dict[str, Any]:
    """Return a difference as JSON values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "before": point_values(found.before),
        "after": point_values(found.after),
        "new": [_track(each) for each in found.new],
        "reopened": [_track(each) for each in found.reopened],
        "open": [_track(each) for each in found.open],
        "ended": [{**_track(each), "how": how.value} for each, how in found.ended],
    }


def _track(track: Track) -> dict[str, Any]:
    seen = track.seen
    return {
        "id": seen.id,
        "rule_id": seen.rule_id,
        "severity": seen.severity,
        "resource": seen.resource,
        "account": seen.account,
        "region": seen.region,
        "message": seen.message,
        "since": track.since.isoformat().replace("+00:00", "Z"),
        "flapping": track.flapping,
        "not_examined": track.unsure,
    }
