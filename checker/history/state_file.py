"""States as documents: what a store keeps beside its runs, so that it need not read them all again."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from checker.errors import StoreError
from checker.history.run import DAMAGED, VERSION, pack, point_from, point_values, seen_from, seen_row, unpack
from checker.history.tracks import Standing, State, Track


def state_bytes(state: State, chain: str, through: str) -> bytes:
    """Return a state as a document. ``chain`` stands for the runs that it rests on, ``through`` is the last of them."""
    values = {
        "version": VERSION,
        "chain": chain,
        "through": through,
        "points": [point_values(each) for each in state.points],
        "tracks": [_row(each) for _, each in sorted(state.tracks.items())],
    }
    return pack(json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def state_from(data: bytes, where: str) -> tuple[State, str, str]:
    """Return state, chain and last run of a document; raises StoreError, naming it, where it holds none."""
    values = unpack(data, where)
    try:
        tracks = (_track(row) for row in values["tracks"])
        state = State(
            tracks={each.seen.id: each for each in tracks},
            points=tuple(point_from(each) for each in values["points"]),
        )
        return state, str(values["chain"]), str(values["through"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"{where}: not a state as flowcheck keeps them ({error!r})", hint=DAMAGED) from error


def _row(track: Track) -> list[Any]:
    return [
        seen_row(track.seen),
        track.since.isoformat(),
        track.standing.value,
        track.unsure,
        [[start.isoformat(), end.isoformat()] for start, end in track.repairs],
        [at.isoformat() for at in track.returns],
    ]


def _track(row: list[Any]) -> Track:
    seen, since, standing, unsure, repairs, returns = row
    return Track(
        seen=seen_from(seen),
        since=datetime.fromisoformat(since),
        standing=Standing(standing),
        unsure=bool(unsure),
        repairs=tuple((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in repairs),
        returns=tuple(datetime.fromisoformat(at) for at in returns),
    )
