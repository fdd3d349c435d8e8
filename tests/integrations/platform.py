"""Stand-ins for the HTTP APIs of GitHub and GitLab: real servers that keep comments, check tokens, page and refuse.

What they do is written from the platforms' own descriptions of their REST APIs.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

PAGE: Final = 100
"""Most entries that a page can have."""
DEFAULT_PAGE: Final = {"github": 30, "gitlab": 20}
LIMIT: Final = {"github": 65_536, "gitlab": 1_000_000}


@dataclass
class Token:
    """A token and whose it is."""

    value: str
    login: str
    user: bool = True
    """A person's or a bot account's; False for one that GitHub gives a workflow, which is no user's."""
    writes: bool = True


@dataclass
class Fault:
    """An answer instead of, or after, the real one."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    method: str | None = None
    """Only for this method."""
    body: Any = field(default_factory=lambda: {"message": "a fault"})
    done: bool = False
    """Do first what was asked, then answer with the fault."""


@dataclass
class Platform:
    """One platform, with what it was told."""

    kind: str
    url: str = ""
    """The root of its API."""
    tokens: list[Token] = field(default_factory=list)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By id. ``on`` is project and number; the rest is what the API shows."""
    scans: list[dict[str, Any]] = field(default_factory=list)
    scanning: bool = True
    """Whether code scanning is switched on."""
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path with query, body."""
    problems: list[str] = field(default_factory=list)
    """What no client should send."""

    def add(self, body: str, token: Token, on: tuple[str, str]) -> dict[str, Any]:
        """Keep a comment and return it as the API shows it."""
        number = 1000 + len(self.comments)
        who = {"login": token.login, "type": "User" if token.user else "Bot"}
        if self.kind == "gitlab":
            who = {"id": _user_id(token.login), "username": token.login}
        made = {"id": number, "body": body, "on": on, "user" if self.kind == "github" else "author": who}
        made |= {"html_url": f"{self.url}/shown/{number}"} if self.kind == "github" else {"system": False}
        self.comments[number] = made
        return made

    def of(self, number: int) -> list[dict[str, Any]]:
        """Return the comments of one pull request."""
        return [each for each in self.comments.values() if each["on"][1] == str(number)]


def _user_id(login: str) -> int:
    return sum(login.encode())


@contextmanager
def serve(kind: str, *tokens: Token) -> Iterator[Platform]:
    """Run a platform's API on this machine."""
    platform = Platform(kind, tokens=list(tokens))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            platform.requests.append((self.command, self.path, body))
            status, data, headers = _answer(platform, self, body)
            text = b"" if data is None else json.dumps(data).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    platform.url = f"http://127.0.0.1:{server.server_port}/api/{'v3' if kind == 'github' else 'v4'}"
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()


Reply = tuple[int, Any, dict[str, str]]


def _answer(platform: Platform, asked: BaseHTTPRequestHandler, body: str) -> Reply:
    fault = next((each for each in platform.faults if each.method in (None, asked.command)), None)
    if fault is not None:
        platform.faults.remove(fault)
        if not fault.done:
            return fault.status, fault.body, fault.headers
    token = _token(platform, asked)
    if token is None:
        return 401, {"message": "Bad credentials" if platform.kind == "github" else "401 Unauthorized"}, {}
    if platform.kind == "github" and not asked.headers.get("User-Agent"):
        return 403, {"message": "Request forbidden by administrative rules."}, {}
    parts = urlsplit(asked.path)
    path = parts.path.removeprefix(urlsplit(platform.url).path)
    if asked.command in ("POST", "PATCH", "PUT") and asked.headers.get("Content-Type") != "application/json":
        platform.problems.append(f"{asked.command} {path} without a content type")
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    given = json.loads(body) if body else {}
    serving = _github if platform.kind == "github" else _gitlab
    reply = serving(platform, asked.command, path, query, given, token)
    return (fault.status, fault.body, fault.headers) if fault is not None else reply


def _token(platform: Platform, asked: BaseHTTPRequestHandler) -> Token | None:
    given = asked.headers.get("PRIVATE-TOKEN", "")
    if platform.kind == "github":
        given = asked.headers.get("Authorization", "").removeprefix("Bearer ")
    return next((each for each in platform.tokens if each.value == given), None)


READ_ONLY: Final[Reply] = (403, {"message": "Resource not accessible by integration"}, {})


def _github(
    platform: Platform, method: str, path: str, query: dict[str, str], given: dict[str, Any], token: Token
) -> Reply:
    if path == "/user":
        return (200, {"login": token.login}, {}) if token.user else READ_ONLY
    if method != "GET" and not token.writes:
        return READ_ONLY
    if found := re.fullmatch(r"/repos/([^/]+/[^/]+)/issues/(\d+)/comments", path):
        on = (found[1], found[2])
        if method == "GET":
            return _page(platform, path, query, on)
        return _too_long(platform, given) or (201, platform.add(given["body"], token, on), {})
    if found := re.fullmatch(r"/repos/([^/]+/[^/]+)/issues/comments/(\d+)", path):
        return _change(platform, method, "PATCH", int(found[2]), given, token)
    if found := re.fullmatch(r"/repos/([^/]+/[^/]+)/code-scanning/sarifs(?:/(\S+))?", path):
        return _scan(platform, method, found[2], given)
    return 404, {"message": "Not Found"}, {}


def _gitlab(
    platform: Platform, method: str, path: str, query: dict[str, str], given: dict[str, Any], token: Token
) -> Reply:
    if path == "/user":
        return 200, {"id": _user_id(token.login), "username": token.login}, {}
    if method != "GET" and not token.writes:
        return 403, {"error": "insufficient_scope"}, {}
    if found := re.fullmatch(r"/projects/([^/]+)/merge_requests/(\d+)/notes", path):
        on = (unquote(found[1]), found[2])
        if method == "GET":
            return _page(platform, path, query, on)
        return _too_long(platform, given) or (201, platform.add(given["body"], token, on), {})
    if found := re.fullmatch(r"/projects/([^/]+)/merge_requests/(\d+)/notes/(\d+)", path):
        note = platform.comments.get(int(found[3]))
        if note is not None and note["author"]["id"] != _user_id(token.login):
            return 403, {"message": "403 Forbidden"}, {}
        return _change(platform, method, "PUT", int(found[3]), given, token)
    return 404, {"message": "404 Not Found"}, {}


def _page(platform: Platform, path: str, query: dict[str, str], on: tuple[str, str]) -> Reply:
    size = min(int(query.get("per_page", DEFAULT_PAGE[platform.kind])), PAGE)
    page = int(query.get("page", 1))
    every = [each for each in platform.comments.values() if each["on"] == on]
    if platform.kind == "gitlab" and query.get("sort") != "asc":
        every.reverse()
    shown = every[(page - 1) * size : page * size]
    headers = {}
    if len(every) > page * size:
        following = f"{platform.url}{path}?{urlencode({**query, 'page': page + 1})}"
        headers["Link"] = f'<{following}>; rel="next", <{platform.url}{path}>; rel="first"'
    return 200, [{name: value for name, value in each.items() if name != "on"} for each in shown], headers


def _too_long(platform: Platform, given: dict[str, Any]) -> Reply | None:
    if len(given["body"]) <= LIMIT[platform.kind]:
        return None
    platform.problems.append(f"a comment of {len(given['body'])} characters")
    return 422, {"message": "Validation Failed", "errors": ["body is too long"]}, {}


def _change(platform: Platform, method: str, updating: str, number: int, given: dict[str, Any], token: Token) -> Reply:
    comment = platform.comments.get(number)
    if comment is None:
        return 404, {"message": "Not Found"}, {}
    if method == "DELETE":
        del platform.comments[number]
        return 204, None, {}
    if method != updating:
        return 405, {"message": "Method Not Allowed"}, {}
    if too_long := _too_long(platform, given):
        return too_long
    comment["body"] = given["body"]
    comment["edited_by"] = token.login
    return 200, comment, {}


def _scan(platform: Platform, method: str, scan_id: str | None, given: dict[str, Any]) -> Reply:
    if not platform.scanning:
        said = "Advanced Security must be enabled for this repository to use code scanning."
        return 403, {"message": said}, {}
    if method == "GET":
        found = next((each for each in platform.scans if each["id"] == scan_id), None)
        if found is None:
            return 404, {"message": "Not Found"}, {}
        found["looked"] += 1
        return 200, {"processing_status": found["status"] if found["looked"] > 1 else "pending", **found["more"]}, {}
    if not re.fullmatch(r"[0-9a-f]{40}", given["commit_sha"]) or not given["ref"].startswith("refs/"):
        return 422, {"message": "commit_sha or ref is wrong"}, {}
    packed = base64.b64decode(given["sarif"], validate=True)
    log = json.loads(gzip.decompress(packed))
    made = {"id": f"scan-{len(platform.scans) + 1}", "log": log, "looked": 0, "status": "complete", "more": {}}
    platform.scans.append({**made, "commit": given["commit_sha"], "ref": given["ref"]})
    return 202, {"id": made["id"], "url": f"{platform.url}/scan"}, {}
