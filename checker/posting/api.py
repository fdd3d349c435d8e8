"""Calls of a platform's REST API with a token: retries, waiting as told, pages. No message of ours holds the token."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from checker.errors import PostError
from checker.model.record import dataclass
from checker.notify.webhook import NoRedirect, is_loopback
from checker.report.sanitize import clip, plain

SECONDS: Final = 30.0
TRIES: Final = 4
LONGEST_PAUSE: Final = 90.0
"""Seconds that a platform may ask us to wait; for longer a job is not kept."""
MOST_PAGES: Final = 100
_MOST_BYTES: Final = 64_000_000
_BUSY: Final = 429
_FORBIDDEN: Final = 403
_SERVER: Final = 500
_NEXT: Final = re.compile(r'<([^>]*)>[^,]*;\s*rel="?next"?')


class RefusedError(Exception):
    """The platform understood and said no."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"HTTP {status}{': ' if said else ''}{said}")
        self.status = status
        self.said = said


class InDoubtError(Exception):
    """Whether the platform did it is not known: look before it is asked again."""

    def __init__(self, cause: str, pause: float) -> None:
        super().__init__(cause)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: decoded JSON (None where there is none), and the headers by lower-case name."""

    data: Any
    headers: Mapping[str, str]


class Api:
    """One platform for one token. Tokens are sent to its own address only, and redirects are not followed."""

    def __init__(self, root: str, headers: Mapping[str, str], pause: Callable[[float], None]) -> None:
        """``root`` is the API's address without a slash at its end; ``headers`` hold the token."""
        self._root = root
        self._headers = dict(headers)
        self._pause = pause
        handlers: list[Any] = [NoRedirect()]
        if is_loopback(urlsplit(root).hostname or ""):
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, repeatable: bool = False
    ) -> Answer:
        """Make one call, again where it is known not to have been done or may be repeated.

        Raises RefusedError; InDoubtError for a POST that nobody knows the fate of and that is not ``repeatable``;
        PostError where nothing helps.
        """
        for left in reversed(range(TRIES)):
            try:
                return self._once(method, f"{self._root}{path}", body)
            except _LaterError as error:
                if method == "POST" and error.doubtful and not repeatable:
                    raise InDoubtError(error.cause, error.pause) from None
                if not left or error.pause > LONGEST_PAUSE:
                    raise PostError(f"{self._host}: {error.cause}", hint=_hint(error)) from None
                self._pause(error.pause or 4.0 ** (TRIES - 1 - left))
        raise AssertionError("the last try returns or raises")

    def pages(self, path: str) -> Iterator[Any]:
        """Yield the entries of a list over all its pages; raises PostError where there are too many."""
        for _ in range(MOST_PAGES):
            answer = self.call("GET", path)
            if not isinstance(answer.data, list):  # taken for an empty list, it would cost a second comment
                raise PostError(
                    f"{self._host} answered with something that is no list", hint="Check the API's address."
                )
            yield from answer.data
            following = _following(path, answer.headers.get("link", ""))
            if following is None:
                return
            path = following
        raise PostError(f"{self._host}: more than {MOST_PAGES} pages of comments", hint="Use another pull request.")

    @property
    def _host(self) -> str:
        return urlsplit(self._root).netloc.rpartition("@")[2]

    def _once(self, method: str, address: str, body: Mapping[str, Any] | None) -> Answer:
        data = None if body is None else json.dumps(body, ensure_ascii=True).encode()
        asked = urllib.request.Request(address, data=data, method=method)  # noqa: S310 - place allows https and loopback
        for name, value in self._headers.items():
            asked.add_unredirected_header(name, value)
        if data is not None:
            asked.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(asked, timeout=SECONDS) as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(_json(answer.read(_MOST_BYTES)), headers)
        except urllib.error.HTTPError as error:
            headers = {name.lower(): value for name, value in error.headers.items()}
            raise _refusal(error.code, headers, _said(error)) from None
        except urllib.error.URLError as error:
            kind = type(error.reason).__name__ if isinstance(error.reason, Exception) else "no connection"
            raise _LaterError(f"cannot be reached ({kind})", 0.0, doubtful=False) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _LaterError(f"did not answer ({type(error).__name__})", 0.0, doubtful=True) from None


def _following(path: str, link: str) -> str | None:
    """Return the path of the next page, None at the last: ours with the query that the platform gives.

    Behind a proxy it may give an address by which nobody reaches it, and the token goes to no other.
    """
    found = _NEXT.search(link)
    query = urlsplit(found[1]).query if found is not None else ""
    following = f"{path.partition('?')[0]}?{query}"
    return following if query and following != path else None


class _LaterError(Exception):
    """Not now."""

    def __init__(self, cause: str, pause: float, *, doubtful: bool) -> None:
        super().__init__(cause)
        self.cause = cause
        self.pause = pause
        """Seconds that the platform asks for; 0 where it asks for none."""
        self.doubtful = doubtful
        """Whether it may have been done all the same."""


def _refusal(status: int, headers: Mapping[str, str], said: str) -> Exception:
    """Return what an error status means: later, or no."""
    pause = _asked_pause(headers)
    if status >= _SERVER:
        return _LaterError(f"answered HTTP {status}", pause or 0.0, doubtful=True)
    if status == _BUSY or (status == _FORBIDDEN and pause is not None):  # GitHub limits rates with 403 as well
        return _LaterError(f"answered HTTP {status}: too many requests", pause or 0.0, doubtful=False)
    return RefusedError(status, said)


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait by Retry-After, or by GitHub's rate limit; None where neither says.

    Times of day are held against the Date of the same answer, so that no clock of ours matters.
    """
    after = headers.get("retry-after", "").strip()
    if after.isdecimal():
        return float(after[:9])
    now = _seconds(headers.get("date", ""))
    if after and now is not None and (then := _seconds(after)) is not None:
        return max(then - now, 0.0)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal() and now is not None:
        return max(float(reset[:12]) - now, 0.0)
    return None


def _seconds(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _hint(error: _LaterError) -> str:
    if error.pause > LONGEST_PAUSE:
        return f"It asks to wait {error.pause:,.0f} s; run the job again later."
    return "Run the job again later."


def _json(data: bytes) -> Any:
    try:
        return json.loads(data) if data.strip() else None
    except (ValueError, RecursionError):
        return None


def _said(error: urllib.error.HTTPError) -> str:
    """Return the platform's own words on one line."""
    try:
        found = _json(error.read(100_000))
    except (OSError, http.client.HTTPException):
        return ""
    words = [found.get(key) for key in ("message", "error", "errors")] if isinstance(found, dict) else []
    return clip(plain("; ".join(each if isinstance(each, str) else json.dumps(each) for each in words if each)), 300)
