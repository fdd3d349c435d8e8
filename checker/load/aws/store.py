"""Replies, kept: in memory while a run lasts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final

from checker.load.aws.call import Reply

_Place = tuple[str, str, str, str, str | None]


class MemoryStore:
    """Replies by request. Several threads may put and read."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._replies: Final[dict[_Place, Reply]] = {}
        self._by_call: Final[dict[tuple[str, str], dict[_Place, Reply]]] = {}
        self._scopes: Final[set[tuple[str, str]]] = set()

    @property
    def scopes(self) -> tuple[tuple[str, str], ...]:
        """Return the pairs of account and region that were to be examined, sorted."""
        with self._lock:
            return tuple(sorted(self._scopes))

    def add_scope(self, account: str, region: str) -> None:
        """Note that an account and region is to be examined, whatever comes of it."""
        with self._lock:
            self._scopes.add((account, region))

    def put(self, reply: Reply) -> None:
        """Keep a reply; one to the same request is replaced."""
        request = reply.request
        place = (request.account, request.region, request.service, request.operation, request.resource)
        with self._lock:
            self._replies[place] = reply
            self._by_call.setdefault((request.service, request.operation), {})[place] = reply

    def get(self, account: str, region: str, service: str, operation: str, resource: str | None = None) -> Reply | None:
        """Return what came of a request; None where it was not made."""
        with self._lock:
            return self._replies.get((account, region, service, operation, resource))

    def of(self, service: str, operation: str) -> Iterator[Reply]:
        """Yield every reply of one call, sorted by request."""
        with self._lock:
            found = list(self._by_call.get((service, operation), {}).items())
        yield from (reply for _, reply in sorted(found, key=_in_order))

    def __iter__(self) -> Iterator[Reply]:
        """Yield every reply, sorted by request."""
        with self._lock:
            found = list(self._replies.items())
        yield from (reply for _, reply in sorted(found, key=_in_order))


def _in_order(item: tuple[_Place, Reply]) -> tuple[str, str, str, str, str]:
    account, region, service, operation, resource = item[0]
    return account, region, service, operation, resource or ""
