"""Servers of the benchmarks as processes, and the environment of the programs that talk to them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

_START_SECONDS: Final = 60.0
_NAMED: Final = "http://aws.test"


class Server:
    """A running server; ``url`` without a slash at its end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path: str, *, post: bool = False) -> Any:
        """Return the JSON that the server gives at a path of its own."""
        request = urllib.request.Request(f"{self.url}{path}", data=b"" if post else None)  # noqa: S310 - our own server
        with self._direct.open(request, timeout=_START_SECONDS) as answer:
            return json.load(answer)

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that make boto3 and all that is built on it talk to this server only.

        S3 Control puts the account before the host's name, so it gets a name, and the server as the proxy to it.
        """
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_S3_CONTROL": _NAMED,
            **dict.fromkeys(("HTTP_PROXY", "http_proxy"), self.url),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1"),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }


@contextmanager
def serve(module: str, *words: str) -> Iterator[Server]:
    """Run ``python -m MODULE PORT WORDS`` until the end; it answers ``/benchmark/calls`` when it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", module, str(port), *words])
    try:
        server = Server(f"http://127.0.0.1:{port}")
        _wait(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=_START_SECONDS)


def _wait(server: Server) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.get("/benchmark/calls")
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return
