"""Makes requests: paged, in parallel, within the limits; every error becomes a reply."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any, Final

from checker.errors import Interrupted
from checker.load.aws.call import GLOBAL, Call, Failure, Group, Reply, Request, values_of
from checker.load.aws.calls import call_of
from checker.load.aws.follow import next_requests
from checker.load.aws.limits import Limits
from checker.load.aws.session import Session
from checker.load.aws.store import MemoryStore

TRANSIENT: Final = frozenset(
    {
        "Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
        "RequestThrottled", "RequestThrottledException", "SlowDown", "ServiceUnavailable", "InternalError",
        "InternalFailure", "Unavailable", "RequestTimeout", "RequestTimeoutException", "ExpiredToken",
        "ExpiredTokenException", "RequestExpired", "EndpointUnreachable", "Timeout", "BadResponse", "Interrupted",
        "NotCalled",
    }
)  # fmt: skip
"""Codes of failures that another try may not meet; a resumed run asks again."""

_SLOW: Final = ("Throttl", "RequestLimitExceeded", "TooManyRequests", "SlowDown")
_PAGES: Final = {"ListObjectsV2": 10}
"""Most pages of a listing that is looked at, not read; every other listing is read to its end."""
_TOKENS: Final = ("NextToken", "nextToken", "Marker", "NextMarker", "IsTruncated", "ResponseMetadata", "KeyCount",
                  "ContinuationToken", "NextContinuationToken", "HasMoreTags", "MaxResults", "Truncated",
                  "PaginationToken")  # fmt: skip
_PAGE_SIZE: Final = 1000
_TICK: Final = 0.2
_SECRET: Final = re.compile(r"(?i)(encoded authorization failure message: |request ?id:? ?)[^\s,;)]+")
_LONGEST: Final = 300


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

    def __init__(self, session: Session, limits: Limits, now: Callable[[], datetime], *, home: str) -> None:
        self._session = session
        self._limits = limits
        self._now = now
        self._home = home

    def answer(self, request: Request) -> Reply:
        """Make a request to its end and return what came of it; never raises for what AWS or the network does."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        call = call_of(request.service, request.operation)
        at = self._now()
        try:
            response, pages = self._pages(call, request)
        except ClientError as error:
            failure = _client_failure(error, call)
        except (BotoCoreError, ResponseParserError, ValueError, OSError) as error:
            failure = _transport_failure(error)
        else:
            return Reply(request=request, response=response, failure=None, requested_at=at, pages=pages)
        if any(word in failure.code for word in _SLOW):
            self._bucket(request).slow_down()
        return Reply(request=request, response=None, failure=failure, requested_at=at)

    def _bucket(self, request: Request) -> Any:
        return self._limits.bucket(request.account, request.at or request.region, request.service)

    def _pages(self, call: Call, request: Request) -> tuple[dict[str, Any], int]:
        region = request.at or (self._home if request.region == GLOBAL else request.region)
        client = self._session.client(call.service, region)
        words = _parameters(call, request)
        whole: dict[str, Any] = {}
        pages = 0
        bucket = self._bucket(request)
        bucket.take()
        for page in _paged(client, call, words):
            pages += 1
            _join(whole, page, call.result)
            if pages >= _PAGES.get(call.operation, pages + 1):
                break
            bucket.take() if _more(page) else None
        if call.result is not None:
            whole.setdefault(call.result, [])
        return whole, pages


def _more(page: Mapping[str, Any]) -> bool:
    return any(
        page.get(name) for name in ("NextToken", "nextToken", "NextMarker", "IsTruncated", "NextContinuationToken")
    )


def _parameters(call: Call, request: Request) -> dict[str, Any]:
    words = {**call.parameters, **dict(zip(call.per, values_of(request.resource, len(call.per)), strict=True))}
    if call.service == "s3control":
        words["AccountId"] = request.account
    return words


def _join(whole: dict[str, Any], page: Mapping[str, Any], result: str | None) -> None:
    """Lay a page to those before it: lists of the result go on, everything else is the first page's."""
    for name, value in page.items():
        if name in _TOKENS:
            continue
        if name == result and isinstance(value, list):
            whole.setdefault(name, []).extend(value)
        else:
            whole.setdefault(name, value)


def _paged(client: Any, call: Call, words: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the pages of a call."""
    from botocore import xform_name

    name = xform_name(call.operation)
    if call.result is not None and "limit" not in words and client.can_paginate(name):
        paginator = client.get_paginator(name)
        yield from paginator.paginate(**words, PaginationConfig=_page_size(client, call, paginator))
        return
    seen: set[str] = set()
    while True:
        page = getattr(client, name)(**words)
        yield page
        more = _next(page, call, words)
        if more is None:
            return
        token = repr(more)
        if token in seen:
            raise ValueError("the service gave the same page token twice")
        seen.add(token)
        words = {**words, **more}


def _next(page: Mapping[str, Any], call: Call, words: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the parameters of the next page for a call that botocore cannot page."""
    if "limit" in words:
        return None
    if page.get("NextToken"):
        return {"NextToken": page["NextToken"]}
    rows = page.get(call.result or "")
    if page.get("HasMoreTags") and isinstance(rows, list) and rows:
        return {"ExclusiveStartTagKey": rows[-1]["Key"]}
    return None


def _page_size(client: Any, call: Call, paginator: Any) -> dict[str, int]:
    """Return the largest page that the service's model allows."""
    shape = client.meta.service_model.operation_model(call.operation).input_shape
    key = paginator._pagination_cfg.get("limit_key")  # told nowhere else
    if shape is None or key not in shape.members:
        return {}
    most = shape.members[key].metadata.get("max")
    if most is None and call.service != "ec2":
        return {}
    return {"PageSize": min(int(most or _PAGE_SIZE), _PAGE_SIZE)}


def _client_failure(error: Any, call: Call) -> Failure:
    said = error.response.get("Error") or {}
    code = str(said.get("Code") or "Unknown")
    return Failure(code=code, message=_clean(str(said.get("Message") or "")), meaning=call.meanings.get(code))


def _transport_failure(error: Exception) -> Failure:
    from botocore import exceptions as known
    from botocore.parsers import ResponseParserError

    if isinstance(error, ResponseParserError):  # its text repeats the answer, which may hold anything
        return Failure(code="BadResponse", message="the answer cannot be parsed")
    code = "BadResponse"
    if isinstance(error, (known.ConnectTimeoutError, known.ReadTimeoutError)):
        code = "Timeout"
    elif isinstance(error, (known.EndpointConnectionError, known.ConnectionError, known.ProxyConnectionError)):
        code = "EndpointUnreachable"
    elif isinstance(error, (known.NoCredentialsError, known.PartialCredentialsError, known.CredentialRetrievalError)):
        code = "NoCredentials"
    elif isinstance(error, known.ParamValidationError):
        code = "NotAsked"
    return Failure(code=code, message=_clean(str(error)))


def _clean(text: str) -> str:
    """Return AWS's words on one line, without request ids and encoded blobs, within a readable length."""
    text = _SECRET.sub(r"\1…", " ".join(text.split()))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def collect(
    callers: Mapping[str, Caller],
    regions: Mapping[str, Collection[str]],
    groups: Collection[Group],
    store: MemoryStore,
    *,
    concurrency: int,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Ask everything that the groups need, account by account side by side, until nothing new is named.

    ``callers`` and ``regions`` are by account. Raises Interrupted on Ctrl-C: the store keeps what was answered.
    """
    for account in callers:
        for region in regions[account]:
            store.add_scope(account, region)
    run = _Run(callers, store, progress, scopes=sum(len(found) for found in regions.values()))
    executor = ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="aws")
    try:
        while True:
            wanted = [next_requests(store, account, regions[account], groups) for account in sorted(callers)]
            if not any(wanted):
                return
            run.through(executor, _interleaved(list(chain.from_iterable(wanted))))
    except KeyboardInterrupt as stop:
        run.stopped.set()
        raise Interrupted(
            f"interrupted after {run.done} calls", hint="With --save DIR the answers are kept; --resume goes on."
        ) from stop
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def _interleaved(requests: Sequence[Request]) -> list[Request]:
    """Return the requests so that those with one rate limit stand far apart."""
    queues: dict[tuple[str, str, str], list[Request]] = {}
    for request in requests:
        queues.setdefault((request.account, request.region, request.service), []).append(request)
    return [each for row in zip_longest(*queues.values()) for each in row if each is not None]


class _Run:
    """One run's counters and its queue of answers."""

    def __init__(
        self,
        callers: Mapping[str, Caller],
        store: MemoryStore,
        progress: Callable[[Progress], None] | None,
        *,
        scopes: int,
    ) -> None:
        self._callers = callers
        self._store = store
        self._progress = progress
        self._scopes = scopes
        self.stopped = threading.Event()
        self.done = 0
        self._known = 0
        self._failed = 0

    def through(self, executor: ThreadPoolExecutor, requests: Sequence[Request]) -> None:
        """Answer all requests; each reply is kept as it comes."""
        self._known += len(requests)
        open_: set[Future[Reply | None]] = {executor.submit(self._answer, request) for request in requests}
        while open_:
            ready, open_ = wait(open_, timeout=_TICK, return_when=FIRST_COMPLETED)
            for future in ready:
                reply = future.result()
                if reply is not None:
                    self._store.put(reply)
                    self.done += 1
                    self._failed += reply.failure is not None and reply.failure.meaning is None
            if self._progress is not None:
                self._progress(
                    Progress(accounts=len(self._callers), scopes=self._scopes, done=self.done, known=self._known,
                             failed=self._failed)
                )  # fmt: skip

    def _answer(self, request: Request) -> Reply | None:
        return None if self.stopped.is_set() else self._callers[request.account].answer(request)
