"""Calls that a whole set of replies would hold: what was never called is a failure like any other."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from heapq import merge
from typing import Final

from checker.load.aws.call import Failure, Group, Replies, Reply, Request
from checker.load.aws.follow import next_requests

NOT_CALLED: Final = "NotCalled"
_NEVER: Final = datetime.fromtimestamp(0, UTC)
_Place = tuple[str, str, str, str, str | None]


class Completed:
    """Replies, and for each call about one resource that is lacking, a failure that says so.

    A run that was interrupted, or a snapshot made for fewer rules, would else look like an account that has less.
    Listings are not completed here: they are known from the table of calls.
    """

    def __init__(self, replies: Replies, groups: Collection[Group]) -> None:
        self._replies = replies
        self._lacking: dict[_Place, Reply] = {}
        self._by_call: dict[tuple[str, str], list[Reply]] = {}
        for request in _lacking(replies, groups):
            failure = Failure(code=NOT_CALLED, message="")
            reply = Reply(request=request, response=None, failure=failure, requested_at=_NEVER)
            self._lacking[_place(request)] = reply
            self._by_call.setdefault((request.service, request.operation), []).append(reply)
        for found in self._by_call.values():
            found.sort(key=_order)

    @property
    def scopes(self) -> tuple[tuple[str, str], ...]:
        """Return the pairs of account and region that were to be examined, sorted."""
        return self._replies.scopes

    def get(self, account: str, region: str, service: str, operation: str, resource: str | None = None) -> Reply | None:
        """Return what came of a request; None where it was not made and is not lacking."""
        found = self._replies.get(account, region, service, operation, resource)
        return self._lacking.get((account, region, service, operation, resource)) if found is None else found

    def of(self, service: str, operation: str) -> Iterator[Reply]:
        """Yield every reply of one call, sorted by request."""
        lacking = self._by_call.get((service, operation))
        found = self._replies.of(service, operation)
        return found if lacking is None else merge(found, lacking, key=_order)


def _lacking(replies: Replies, groups: Collection[Group]) -> Iterator[Request]:
    """Yield the requests about one resource that could still be made.

    Those of the firewall group are left out: they are the entries of prefix lists, which miss nobody else.
    """
    wanted = frozenset(groups) - {Group.FIREWALL}
    for account in sorted({account for account, _ in replies.scopes}):
        regions = [region for owner, region in replies.scopes if owner == account]
        yield from (each for each in next_requests(replies, account, regions, wanted) if each.resource is not None)


def _place(request: Request) -> _Place:
    return request.account, request.region, request.service, request.operation, request.resource


def _order(reply: Reply) -> tuple[str, str, str]:
    request = reply.request
    return request.account, request.region, request.resource or ""
