"""An HTTP proxy in front of moto: knows what each request asks of AWS, lets rules answer or change it, records it.

A rule stands around all that were given before it: the newest sees a request first and an answer last. The shim's
rules are the first, so that faults and scripts see an AWS that is like AWS.
"""

from __future__ import annotations

import http.client
import re
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from tests.support.moto_server import ACCOUNT, Server
from tests.support.wire import Answer, Request, recognise

Forward = Callable[[Request], Answer]
UPSTREAM_SECONDS: Final = 120
_HOP_BY_HOP: Final = frozenset(
    {"host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "content-length"}
)
_NEW_KEY: Final = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")


@dataclass(frozen=True, slots=True)
class Seen:
    """One request, as it is recorded."""

    service: str
    operation: str
    account: str
    region: str
    status: int
    ending: str
    started: float
    """``time.monotonic()``."""

    @property
    def name(self) -> str:
        """Return ``ec2:DescribeVpcs``."""
        return f"{self.service}:{self.operation}"


@dataclass(slots=True)
class Rule:
    """What is to happen to some of the requests."""

    act: Callable[[Request, Forward], Answer]
    """Gets a request and the way on; gives the answer."""
    service: str | None = None
    operation: str | None = None
    account: str | None = None
    region: str | None = None
    about: str | None = None
    """A text that the request's parameters must contain: the name of a resource."""
    skip: int = 0
    """How many matching requests go by before it acts."""
    times: int | None = None
    """How often it acts; None: always."""
    matched: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def applies(self, request: Request) -> bool:
        """Whether it acts on this request; counts."""
        wanted = (self.service, self.operation, self.account, self.region)
        given = (request.service, request.operation, request.account, request.region)
        if any(one is not None and one != other for one, other in zip(wanted, given, strict=True)):
            return False
        if self.about is not None and self.about not in str(sorted(request.parameters.items(), key=str)):
            return False
        with self.lock:
            self.matched += 1
            return self.skip < self.matched and (self.times is None or self.matched <= self.skip + self.times)


@dataclass(slots=True)
class Proxy:
    """The running proxy."""

    server: Server
    """Where to find it; what ``Server`` does goes through it."""
    upstream: str
    rules: list[Rule] = field(default_factory=list)
    calls: list[Seen] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=lambda: {"test": ACCOUNT})
    """Account by access key; learnt from the answers to AssumeRole."""
    released: threading.Event = field(default_factory=threading.Event)
    """Set when stalled requests may end."""
    broken: list[str] = field(default_factory=list)
    """Mistakes of the proxy itself and of its rules."""

    @contextmanager
    def with_rules(self, *rules: Rule) -> Iterator[None]:
        """Have some more rules for a while."""
        before = list(self.rules)
        self.rules = [*before, *rules]
        try:
            yield
        finally:
            self.rules = before

    @contextmanager
    def recording(self) -> Iterator[list[Seen]]:
        """Yield the list that gets the calls of a while."""
        before, self.calls = self.calls, []
        try:
            yield self.calls
        finally:
            self.calls = before

    def release(self) -> None:
        """Let the requests that are stalled now end."""
        waiting, self.released = self.released, threading.Event()
        waiting.set()

    def answer(self, request: Request) -> Answer:
        """Let the rules and moto answer."""
        request = replace(request, account=self.accounts.get(request.access_key, ACCOUNT))
        calls = self.calls
        started = time.monotonic()
        forward = self._to_moto
        for rule in self.rules if request.operation else ():
            forward = _around(rule, forward)
        answer = forward(request)
        if request.operation:
            seen = (request.service, request.operation, request.account, request.region)
            calls.append(Seen(*seen, answer.status, answer.ending, started))
        return answer

    def _to_moto(self, request: Request) -> Answer:
        url = urlsplit(self.upstream)
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=UPSTREAM_SECONDS)
        try:
            headers = {name: value for name, value in request.headers.items() if name not in _HOP_BY_HOP}
            headers["content-length"] = str(len(request.body))
            connection.request(request.method, request.path, body=request.body, headers=headers)
            response = connection.getresponse()
            answer = Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()
        if request.service == "sts" and request.operation == "AssumeRole" and answer.status == 200:
            self._learn(request.parameters, answer.body)
        return answer

    def _learn(self, parameters: Mapping[str, Any], body: bytes) -> None:
        if key := _NEW_KEY.search(body):
            self.accounts[key[1].decode()] = str(parameters["RoleArn"]).split(":")[4]


def _around(rule: Rule, inner: Forward) -> Forward:
    def forward(request: Request) -> Answer:
        return rule.act(request, inner) if rule.applies(request) else inner(request)

    return forward


@contextmanager
def serve_proxy(moto: Server, rules: Iterable[Rule] = ()) -> Iterator[Proxy]:
    """Start a proxy in front of moto on a free port, in threads of this process, and stop it at the end."""
    http_server = _Server(("127.0.0.1", 0), _Handler)
    address = f"http://127.0.0.1:{http_server.server_address[1]}"
    proxy = Proxy(Server(address, named=True), moto.url, list(rules))
    http_server.proxy = proxy
    thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.released.set()
        http_server.shutdown()
        http_server.server_close()
        thread.join()
    assert not proxy.broken, proxy.broken[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    proxy: Proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep what went wrong here; a client that goes away in the middle is what some tests are about."""
        if not isinstance(sys.exception(), OSError):
            self.proxy.broken.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # A client that was told of a proxy names the whole address; one that was told of an endpoint, the path.
        url = urlsplit(self.path)
        path = self.path if self.path.startswith("/") else f"{url.path or '/'}{'?' + url.query if url.query else ''}"
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.proxy.answer(recognise(self.command, path, headers, body)))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _handle

    def _send(self, answer: Answer) -> None:
        if answer.ending == "stalled":
            self.server.proxy.released.wait()
        if answer.ending in ("reset", "stalled"):
            self._reset()
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if answer.ending == "truncated":
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.wfile.flush()
            self._reset()
            return
        self.wfile.write(answer.body)

    def _reset(self) -> None:
        """Close so that the other side sees a reset, not an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
