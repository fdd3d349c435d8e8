"""The runs of one series in a store: adding one, and what they say together.

A run is one document that is created and never changed, so a run that is added twice is there once, and two that are
added at once are both there. Everything else follows from the runs: states are kept only to save time, each with the
digest of the runs that it rests on, and one that rests on others than are there is not used.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from checker.errors import StoreError, UsageError
from checker.history.documents import Documents
from checker.history.retention import Keep
from checker.history.run import DAMAGED, Run, from_bytes, to_bytes
from checker.history.state_file import state_bytes, state_from
from checker.history.tracks import State, Step, advance, forget
from checker.model.record import dataclass

_RUNS: Final = "runs/"
_STATES: Final = "states/"
_BASE: Final = "base/"
_END: Final = ".json.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What came of a run."""

    run: Run
    added: bool
    """False where the store had it already."""
    before: State
    after: State
    step: Step


def slug(series: str) -> str:
    """Return the name of a series as a part of a key; names that are no key themselves end in a digest."""
    word = re.sub(r"[^A-Za-z0-9._=-]", "-", series)[:60]
    return word if word == series else f"{word}-{hashlib.sha256(series.encode('utf-8', 'replace')).hexdigest()[:8]}"


def series_in(documents: Documents) -> list[str]:
    """Return the series that a store holds, sorted."""
    return sorted({key.removeprefix(_RUNS).partition("/")[0] for key in documents.keys(_RUNS)})


class Book:
    """One series of a store."""

    def __init__(self, documents: Documents, series: str) -> None:
        self._documents = documents
        self.series = slug(series)

    def run_ids(self) -> list[str]:
        """Return the runs that are kept, oldest first."""
        return self._after(self._base()[1])

    def read(self, run_id: str) -> Run:
        """Return a run; raises StoreError where it is not there."""
        found = self._documents.read(self._key(_RUNS, run_id))
        if found is None:
            raise StoreError(f"{self._where(run_id)}: no such run", hint="`flowcheck history` lists them.")
        return from_bytes(found[0], self._where(run_id))

    def find(self, word: str) -> str:
        """Return the id of the run meant by an id, its beginning, ``latest`` or ``latest~N``; else UsageError."""
        ids = self.run_ids()
        found = re.fullmatch(r"latest(?:~([0-9]{1,4}))?", word)
        if found:
            back = int(found[1] or 0)
            if back >= len(ids):
                have = f"holds {len(ids)} run{'' if len(ids) == 1 else 's'}"
                raise UsageError(f"{word}: series {self.series} {have}", hint="`flowcheck history` lists them.")
            return ids[-1 - back]
        meant = [each for each in ids if each.startswith(word)]
        if word in meant or len(meant) == 1:
            return word if word in meant else meant[0]
        what = "several runs begin so" if meant else "neither a file nor a run of the store"
        raise UsageError(f"{word}: {what}", hint="`flowcheck history` lists the runs.")

    def state(self, through: str | None = None, *, before: str | None = None) -> State:
        """Return the state after a run, or before one; after the newest where neither is named."""
        state, first = self._base()
        ids = self._after(first)
        if through is not None:
            ids = [each for each in ids if each <= through]
        if before is not None:
            ids = [each for each in ids if each < before]
        known = self._known(ids, first)
        if known is not None:
            state, rest = known
            ids = ids[rest:]
        for each in ids:
            state, _ = advance(state, self.read(each))
        return state

    def add(self, run: Run) -> Remembered:
        """Keep a run, once, and return what it changed since the runs before it."""
        before = self.state(before=run.run_id)
        added = self._documents.create(self._key(_RUNS, run.run_id), to_bytes(run))
        if not added:
            run = self.read(run.run_id)
        after, step = advance(before, run)
        self._note(after, run.run_id)
        return Remembered(run=run, added=added, before=before, after=after, step=step)

    def prune(self, keep: Keep) -> int:
        """Drop runs that are not to be kept, and return how many. What is open keeps its beginning."""
        self._sweep()
        ids = self.run_ids()
        gone = keep.dropped([moment_of(each) for each in ids])
        if not gone:
            return 0
        last, first_kept = ids[gone - 1], moment_of(ids[gone])
        body = state_bytes(forget(self.state(last), first_kept), "", last)
        key = f"{_BASE}{self.series}{_END}"
        known = self._documents.read(key)
        done = self._documents.replace(key, body, known[1]) if known else self._documents.create(key, body)
        if not done:
            return 0  # another run does it at this moment
        self._sweep()
        self._drop_states(None)
        return gone

    def _sweep(self) -> None:
        """Delete runs that are dropped: those up to the base, also what an interrupted run left of them."""
        last = self._base()[1]
        for each in self._after("") if last else ():
            if each <= last:
                self._documents.delete(self._key(_RUNS, each))

    def _after(self, first: str) -> list[str]:
        start = f"{_RUNS}{self.series}/"
        found = (key.removeprefix(start).removesuffix(_END) for key in self._documents.keys(start))
        return [each for each in found if each > first]

    def _base(self) -> tuple[State, str]:
        """Return the state that dropped runs left, and the last of them."""
        key = f"{_BASE}{self.series}{_END}"
        found = self._documents.read(key)
        if found is None:
            return State(), ""
        state, _, last = state_from(found[0], f"{self._documents.described()} {key}")
        return state, last

    def _known(self, ids: Sequence[str], first: str) -> tuple[State, int] | None:
        """Return the newest kept state that rests on exactly the first of these runs, and how many those are."""
        start = f"{_STATES}{self.series}/"
        kept = {key.removeprefix(start).removesuffix(_END) for key in self._documents.keys(start)}
        chains = list(_chains(ids, first))
        for number in range(len(ids), 0, -1):
            if ids[number - 1] not in kept:
                continue
            key = self._key(_STATES, ids[number - 1])
            found = self._documents.read(key)
            if found is None:
                continue
            try:
                state, chain, _ = state_from(found[0], key)
            except StoreError:
                continue  # it can be worked out again
            if chain == chains[number - 1]:
                return state, number
        return None

    def _note(self, state: State, through: str) -> None:
        """Keep the state after the newest run, and forget those of earlier ones."""
        first = self._base()[1]
        ids = self._after(first)
        if not ids or ids[-1] != through:
            return
        *_, chain = _chains(ids, first)
        if [each.run_id for each in state.points][-len(ids) :] != ids:
            return  # a run came in between
        self._documents.create(self._key(_STATES, through), state_bytes(state, chain, through))
        self._drop_states(through)

    def _drop_states(self, kept: str | None) -> None:
        for key in self._documents.keys(f"{_STATES}{self.series}/"):
            if kept is None or key != self._key(_STATES, kept):
                self._documents.delete(key)

    def _key(self, kind: str, run_id: str) -> str:
        return f"{kind}{self.series}/{run_id}{_END}"

    def _where(self, run_id: str) -> str:
        return f"{self._documents.described()} {self.series}/{run_id}"


def _chains(ids: Sequence[str], first: str) -> Iterator[str]:
    """Yield for each run the digest of it and of all before it."""
    digest = hashlib.sha256(first.encode())
    for each in ids:
        digest.update(b"\n" + each.encode())
        yield digest.hexdigest()


def moment_of(run_id: str) -> datetime:
    """Return the time that a run's id starts with; raises StoreError for an id that is none."""
    try:
        return datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise StoreError(f"{run_id}: no run id as flowcheck makes them", hint=DAMAGED) from error
