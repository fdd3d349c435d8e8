"""Messages that are to be sent once: kept before the first is sent, claimed by whoever sends it, then marked.

A process that dies between claiming and marking leaves a message of which nobody knows whether it arrived. It is not
sent again; it is told as such.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from checker.errors import StoreError
from checker.history.book import slug
from checker.history.documents import Documents
from checker.history.run import DAMAGED, VERSION, pack, unpack
from checker.model.record import dataclass

_BOX: Final = "outbox/"
_END: Final = ".json.gz"


class Posted(StrEnum):
    """How a message stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    IN_DOUBT = "in-doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message to one target."""

    night: str
    target: str
    state: Posted
    body: Mapping[str, Any]
    cause: str = ""
    """Why it was not sent, or is in doubt."""
    earlier: bool = False
    """Sent by an earlier call."""


class Outbox:
    """The messages of one series."""

    def __init__(self, documents: Documents, series: str) -> None:
        self._documents = documents
        self._start = f"{_BOX}{slug(series)}/"

    def put(self, night: str, target: str, body: Mapping[str, Any]) -> bool:
        """Keep a message that is to be sent; False, and nothing kept, where the night has one for the target."""
        values = {"version": VERSION, "state": Posted.WAITING.value, "body": dict(body), "cause": "", "token": ""}
        return self._documents.create(self._key(night, target), _packed(values))

    def nights(self, since: str) -> list[str]:
        """Return the nights from one on that have messages, sorted."""
        keys = (key.removeprefix(self._start).partition("/")[0] for key in self._documents.keys(self._start))
        return sorted({night for night in keys if night >= since})

    def send(self, night: str, target: str, send: Callable[[Mapping[str, Any]], tuple[Posted, str]]) -> Letter | None:
        """Send the message of a night to a target, if it waits; None where there is none.

        ``send`` returns what came of it, with the cause where it was not sent: ``WAITING`` for another try later.
        """
        key = self._key(night, target)
        found = self._documents.read(key)
        if found is None:
            return None
        values = self._values(key, found[0])
        body: Mapping[str, Any] = values["body"]
        state = Posted(values["state"])
        if state is Posted.CLAIMED:
            cause = "the run that was to send it did not come to its end"
            return Letter(night=night, target=target, state=Posted.IN_DOUBT, body=body, cause=cause, earlier=True)
        if state is not Posted.WAITING:
            cause = str(values["cause"])
            return Letter(night=night, target=target, state=state, body=body, cause=cause, earlier=True)
        claim = {**values, "state": Posted.CLAIMED.value, "token": secrets.token_hex(8)}
        if not self._replaced(key, claim, found[1]):
            cause = "another run sends it at this moment"
            return Letter(night=night, target=target, state=Posted.CLAIMED, body=body, cause=cause, earlier=True)
        state, cause = send(body)
        claimed = self._documents.read(key)
        if claimed is not None:
            self._documents.replace(key, _packed({**claim, "state": state.value, "cause": cause}), claimed[1])
        return Letter(night=night, target=target, state=state, body=body, cause=cause)

    def drop(self, before: str) -> None:
        """Forget the messages of nights before one."""
        for key in self._documents.keys(self._start):
            if key.removeprefix(self._start).partition("/")[0] < before:
                self._documents.delete(key)

    def _replaced(self, key: str, values: Mapping[str, Any], version: str) -> bool:
        """Claim a message; also where the answer to our own write was lost and a second try met it."""
        if self._documents.replace(key, _packed(values), version):
            return True
        found = self._documents.read(key)
        return found is not None and self._values(key, found[0]).get("token") == values["token"]

    def _values(self, key: str, data: bytes) -> dict[str, Any]:
        values = unpack(data, f"{self._documents.described()} {key}")
        if values.get("state") not in [each.value for each in Posted] or not isinstance(values.get("body"), dict):
            raise StoreError(
                f"{self._documents.described()} {key}: not a message as flowcheck keeps them", hint=DAMAGED
            )
        return values

    def _key(self, night: str, target: str) -> str:
        return f"{self._start}{night}/{slug(target)}{_END}"


def _packed(values: Mapping[str, Any]) -> bytes:
    return pack(json.dumps(values, ensure_ascii=False, sort_keys=True))
