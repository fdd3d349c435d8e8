"""Records that were met before, by a number made of all that tells them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import ndarray

_RUNS = 16
"""Sorted lists that are looked through, at most, before they are made one."""


class Doubles:
    """Remembers numbers, eight bytes each."""

    def __init__(self) -> None:
        self._runs: list[ndarray] = []

    def fresh(self, numbers: ndarray) -> ndarray:
        """Return the places, ascending, of numbers that were not met before; of equal ones the first."""
        import numpy as np

        unique, firsts = np.unique(numbers, return_index=True)
        new = np.ones(len(unique), dtype=bool)
        for run in self._runs:
            at = np.minimum(np.searchsorted(run, unique), len(run) - 1)
            new &= run[at] != unique
        if new.any():
            self._runs.append(unique[new])
        if len(self._runs) > _RUNS:
            self._runs = [np.sort(np.concatenate(self._runs))]
        return np.sort(firsts[new])
