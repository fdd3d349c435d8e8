"""What coded records count for: action and status by the entries of their dictionaries, then window and filters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from checker.flowlog.engine.chunk import ACCEPTED, NO_DATA, NO_VERDICT, OUTSIDE, REJECTED, SKIPPED
from checker.flowlog.engine.fast.batch import Batch, Text
from checker.flowlog.engine.question import Question

_ACTIONS: Final[dict[str | None, int]] = {"REJECT": REJECTED, "ACCEPT": ACCEPTED}
_STATES: Final[dict[str | None, int]] = {"SKIPDATA": SKIPPED, "NODATA": NO_DATA}
_OTHER: Final = -1
_NONE: Final = -2


def kinds(batch: Batch, question: Question, account: str | None) -> Any:
    """Return what each record counts for (int64), as ``Columns.kind`` says it in SQL."""
    action = batch.text("action")
    found = _looked_up(action, {**_ACTIONS, None: _NONE}, _OTHER)[action.codes]
    rest = np.flatnonzero(found < 0)
    if len(rest):
        status = batch.text("log-status", rest)
        states = _looked_up(status, {**_STATES, None: _NONE}, NO_VERDICT)[status.codes]
        silent = np.where(found[rest] == _NONE, NO_DATA, NO_VERDICT)
        found[rest] = np.where(states == _NONE, silent, states)
    for test in _tests(batch, question, account):
        found[~test] = OUTSIDE
    found.setflags(write=False)
    return found


def _looked_up(text: Text, told: dict[str | None, int], other: int) -> Any:
    return np.array([told.get(each, other) for each in text.labels()], dtype=np.int64)


def _tests(batch: Batch, question: Question, account: str | None) -> Iterator[Any]:
    """Yield for each part of the window and the filters which records pass it."""
    window = question.window
    if window.since is not None:
        yield batch.time("end") > math.floor(window.since.timestamp())
    if window.until is not None:
        yield batch.time("start") < math.ceil(window.until.timestamp())
    if window.interfaces:
        yield _among(batch.text("interface-id"), window.interfaces, "-")
    if window.vpcs and "vpc-id" in batch.arrays:
        yield _among(batch.text("vpc-id"), window.vpcs, None)
    elif window.vpcs:
        yield _among(batch.text("interface-id"), question.of_vpcs, "-")
    if window.accounts and "account-id" in batch.arrays:
        said = batch.text("account-id")
        yield np.array([(each or account) in window.accounts for each in said.labels()])[said.codes]
    elif window.accounts:
        yield np.full(batch.count, (account or "") in window.accounts)


def _among(text: Text, values: frozenset[str], missing: str | None) -> Any:
    return np.array([(each or (missing if each is None else each)) in values for each in text.labels()])[text.codes]
