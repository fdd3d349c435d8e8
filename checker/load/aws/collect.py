"""Asks everything that a run needs: side by side, within the limits; what is answered is kept at once."""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from checker.load.aws.ask import Asker, Identity, Stopped
from checker.load.aws.call import GLOBAL, Call, Reply, Request, values_of
from checker.load.aws.calls import call_of
from checker.load.aws.failures import CallFailed
from checker.load.aws.follow import next_requests
from checker.load.aws.limits import Bucket
from checker.load.aws.pages import read_all
from checker.load.aws.store import MemoryStore
from checker.load.aws.view import Needs
from checker.load.aws.workers import Workers
from checker.model.record import dataclass

_TICK: Final = 0.2
"""Longest wait in seconds before progress is told and Ctrl-C is heard."""

_GRACE: Final = 2.0
"""Seconds in which answers that are on their way are awaited after Ctrl-C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is."""

    accounts: int
    scopes: int
    """Pairs of account and region."""
    done: int
    """Calls answered or failed."""
    known: int
    """Calls known to be needed so far, those that are done included."""
    failed: int


class Caller:
    """Answers requests of one account."""

    def __init__(self, identity: Identity, asker: Asker, now: Callable[[], datetime], *, home: str) -> None:
        self.identity = identity
        self._asker = asker
        self._now = now
        self._home = home

    def answer(self, request: Request, *, paid: bool = False) -> Reply:
        """Make a request to its last page and return what came of it.

        ``paid`` says that the first page's token was taken from the rate's bucket already. Never raises for what AWS
        or the network does; raises Stopped where the person stopped the run.
        """
        call = call_of(request.service, request.operation)
        at = self._now()
        region = self.region_of(request)

        def ask(words: Mapping[str, Any]) -> dict[str, Any]:
            nonlocal paid
            before, paid = paid, False
            name = (call.service, call.operation)
            return self._asker.ask(self.identity, *name, region, words, call=call, paid=before)

        try:
            response, pages = read_all(call, self._asker.clients.paging(call), _parameters(call, request), ask)
        except CallFailed as error:
            return Reply(request=request, response=None, failure=error.failure, requested_at=at)
        return Reply(request=request, response=response, failure=None, requested_at=at, pages=pages)

    def bucket(self, request: Request) -> Bucket:
        """Return the bucket that holds a request's rate."""
        region = self.region_of(request)
        return self._asker.limits.bucket(self.identity.account, region, request.service, request.operation)

    def region_of(self, request: Request) -> str:
        """Return the region that a request is sent to."""
        return request.at or (self._home if request.region == GLOBAL else request.region)


def _parameters(call: Call, request: Request) -> dict[str, Any]:
    words = {**call.parameters, **dict(zip(call.per, values_of(request.resource, len(call.per)), strict=True))}
    if call.service == "s3control":
        words["AccountId"] = request.account
    return words


class Keeper:
    """Puts replies into the store, one at a time, and none after the end: none is ever half written."""

    def __init__(self, store: MemoryStore, stop: threading.Event) -> None:
        self._store = store
        self._stop = stop
        self._ended = False
        self._lock = threading.Lock()

    def keep(self, reply: Reply) -> Reply:
        """Keep a reply and return it; raises Stopped after the end."""
        with self._lock:
            if self._ended:
                raise Stopped
            self._store.put(reply)
        return reply

    def stop(self) -> None:
        """Have nothing more be asked; answers that are on their way are still kept."""
        self._stop.set()

    def end(self) -> None:
        """Keep nothing more; returns when the last reply is kept."""
        self._stop.set()
        with self._lock:
            self._ended = True


def collect(
    callers: Mapping[str, Caller],
    regions: Mapping[str, Collection[str]],
    needs: Needs,
    store: MemoryStore,
    keeper: Keeper,
    *,
    concurrency: int,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Ask everything that is needed, all accounts side by side, until no answer names anything new.

    ``callers`` and ``regions`` are by account. Every reply is kept as it comes; KeyboardInterrupt passes through.
    """
    for account in callers:
        for region in regions[account]:
            store.add_scope(account, region)
    run = _Run(callers, regions, needs, store, keeper, Workers(concurrency))
    scopes = sum(len(found) for found in regions.values())
    try:
        while run.step():
            if progress is not None:
                progress(
                    Progress(accounts=len(callers), scopes=scopes, done=run.done, known=run.known, failed=run.failed)
                )
    except KeyboardInterrupt:
        keeper.stop()
        run.workers.drain(_GRACE)
        raise
    finally:
        run.workers.close()


_Lane = tuple[str, str, str, str]


class _Run:
    """The requests of a run: those that wait for their rate, and those that are being made.

    A request goes to a thread only when its rate allows it, so that no thread sleeps while others' calls could go.
    """

    def __init__(
        self,
        callers: Mapping[str, Caller],
        regions: Mapping[str, Collection[str]],
        needs: Needs,
        store: MemoryStore,
        keeper: Keeper,
        workers: Workers[Reply | None],
    ) -> None:
        self._callers = callers
        self._regions = regions
        self._needs = needs
        self._store = store
        self._keeper = keeper
        self.workers = workers
        self._asked: set[Request] = set()
        self._left: dict[str, int] = dict.fromkeys(sorted(callers), 0)
        self._lanes: dict[_Lane, deque[Request]] = {}
        self._turns: list[tuple[float, int, _Lane]] = []
        self._turn = 0
        self.done = 0
        self.known = 0
        self.failed = 0
        self._refill(self._left)

    def step(self) -> bool:
        """Start what may start, take in what is answered; False when nothing is left to ask."""
        wait = self._start()
        for reply in self.workers.collect(wait):
            if reply is not None:
                self._note(reply)
        if not self._turns and not self.workers.busy:
            self._refill(self._left)  # an answer of one account may be what another one waited for
        return bool(self._turns or self.workers.busy)

    def _note(self, reply: Reply) -> None:
        self.done += 1
        self.failed += reply.failure is not None and reply.failure.meaning is None
        account = reply.request.account
        self._left[account] -= 1
        if not self._left[account]:
            self._refill([account])

    def _refill(self, accounts: Iterable[str]) -> None:
        """Put what can now be asked for some accounts into its lanes."""
        for account in list(accounts):
            regions = self._regions[account]
            for request in next_requests(self._store, account, regions, self._needs.groups, self._needs.named):
                if request not in self._asked:
                    self._asked.add(request)
                    self._left[account] += 1
                    self.known += 1
                    self._queue(request)

    def _queue(self, request: Request) -> None:
        lane = (request.account, self._callers[request.account].region_of(request), request.service, request.operation)
        if lane not in self._lanes:
            self._lanes[lane] = deque()
            self._push(lane, 0.0)
        self._lanes[lane].append(request)

    def _push(self, lane: _Lane, at: float) -> None:
        self._turn += 1  # lanes whose rate allows it take turns
        heapq.heappush(self._turns, (at, self._turn, lane))

    def _start(self) -> float:
        """Give requests to idle threads; return the seconds until more can be given."""
        now = time.monotonic()
        while self._turns and self.workers.busy < self.workers.number:
            at, _, lane = self._turns[0]
            if at > now:
                return min(_TICK, at - now)
            heapq.heappop(self._turns)
            requests = self._lanes[lane]
            bucket = self._callers[lane[0]].bucket(requests[0])
            if (wait := bucket.wait()) > 0:
                self._push(lane, now + wait)
                continue
            bucket.take()
            self.workers.give(self._job(requests.popleft()))
            if requests:
                self._push(lane, now)
            else:
                del self._lanes[lane]
        return _TICK

    def _job(self, request: Request) -> Callable[[], Reply | None]:
        def job() -> Reply | None:
            try:
                return self._keeper.keep(self._callers[request.account].answer(request, paid=True))
            except Stopped:
                return None

        return job
