"""From partial sums to keys: ``totals.fold``, compiled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from checker.flowlog.engine.fast.jit import compiled
from checker.flowlog.engine.totals import AMOUNTS, NONE, PARTIAL, SAMPLE, SAMPLES

_AMOUNTS: Final = PARTIAL.index("records")
_COLUMNS: Final = np.array([PARTIAL.index(name) for name in SAMPLE])
_SLICE, _FIRST, _THERE = (SAMPLE.index(name) for name in ("slice", "first", "there"))
_LEAST: Final = np.array([how == "min" for how in AMOUNTS])
_MOST: Final = np.array([how == "max" for how in AMOUNTS])


@compiled
def _amount(rows: Any, at: Any, amounts: Any, key: Any) -> None:
    for column in range(len(_LEAST)):
        value, known = rows[at, _AMOUNTS + column], amounts[key, column]
        if _LEAST[column]:
            amounts[key, column] = min(known, value)
        elif _MOST[column]:
            amounts[key, column] = max(known, value)
        else:
            amounts[key, column] = known + value


@compiled
def _sample(rows: Any, at: Any, samples: Any, key: Any) -> None:
    """Put a sample among those of a key, if it is one of the first."""
    slice_, first, there = rows[at, _COLUMNS[_SLICE]], rows[at, _COLUMNS[_FIRST]], rows[at, _COLUMNS[_THERE]]
    place = 0
    while place < SAMPLES and 0 <= samples[key, place, _SLICE] < slice_:
        place += 1
    if place == SAMPLES:
        return
    if samples[key, place, _SLICE] == slice_:
        start = samples[key, place, _FIRST]
        if start < first or (start == first and samples[key, place, _THERE] <= there):
            return
    else:
        for later in range(SAMPLES - 1, place, -1):
            for column in range(len(_COLUMNS)):
                samples[key, later, column] = samples[key, later - 1, column]
    for column in range(len(_COLUMNS)):
        samples[key, place, column] = rows[at, _COLUMNS[column]]


@compiled
def _fold(rows: Any, kept: Any, amounts: Any, samples: Any) -> None:
    for at in range(len(rows)):
        if kept[at] >= 0:
            _amount(rows, at, amounts, kept[at])
            _sample(rows, at, samples, kept[at])


def fold(partials: Iterable[Any], kept: Any, keys: int) -> tuple[Any, Any]:
    """Return amounts by key, and its samples (SAMPLE) by slice."""
    amounts = np.tile(np.array(NONE, dtype=np.int64), (keys, 1))
    samples = np.full((keys, SAMPLES, len(SAMPLE)), -1, dtype=np.int64)
    done = 0
    for rows in partials:
        _fold(rows, kept[done : done + len(rows)], amounts, samples)
        done += len(rows)
    return amounts, samples
