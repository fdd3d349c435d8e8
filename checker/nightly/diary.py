"""The nights of a series in its store: begun once, ended once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from checker.errors import StoreError
from checker.history.book import slug
from checker.history.documents import Documents
from checker.history.run import DAMAGED, VERSION, pack, unpack
from checker.model.record import dataclass

_NIGHTS: Final = "nights/"
_END: Final = ".json.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One night as the store knows it."""

    night: str
    started_at: datetime
    """When it was first begun: what is judged later on is judged as of then."""
    outcome: Mapping[str, Any] | None
    """None while it is not done."""
    version: str


class Diary:
    """The nights of one series."""

    def __init__(self, documents: Documents, series: str) -> None:
        self._documents = documents
        self._start = f"{_NIGHTS}{slug(series)}/"

    def begin(self, night: str, now: datetime) -> Night:
        """Return the night, begun now unless it was begun before."""
        self._documents.create(self._key(night), _packed({"started_at": now.isoformat(), "outcome": None}))
        return self._read(night)

    def end(self, night: Night, outcome: Mapping[str, Any]) -> Night:
        """Note the outcome of a night; where another run has ended it, that one's outcome stands."""
        values = {"started_at": night.started_at.isoformat(), "outcome": dict(outcome)}
        self._documents.replace(self._key(night.night), _packed(values), night.version)
        return self._read(night.night)

    def drop(self, before: str) -> None:
        """Forget nights before one."""
        for key in self._documents.keys(self._start):
            if key.removeprefix(self._start).removesuffix(_END) < before:
                self._documents.delete(key)

    def _read(self, night: str) -> Night:
        where = f"{self._documents.described()} {self._key(night)}"
        found = self._documents.read(self._key(night))
        if found is None:
            raise StoreError(f"{where}: gone as soon as it was written", hint=DAMAGED)
        values = unpack(found[0], where)
        try:
            began = datetime.fromisoformat(values["started_at"])
            outcome = values["outcome"]
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"{where}: not a night as flowcheck keeps them", hint=DAMAGED) from error
        return Night(night=night, started_at=began, outcome=outcome, version=found[1])

    def _key(self, night: str) -> str:
        return f"{self._start}{night}{_END}"


def _packed(values: Mapping[str, Any]) -> bytes:
    return pack(json.dumps({"version": VERSION, **values}, ensure_ascii=False, sort_keys=True))
