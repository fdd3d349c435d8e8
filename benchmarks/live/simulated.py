"""An AWS on this machine that costs time and refuses haste: ``python -m benchmarks.live.simulated PORT WORLD``.

``WORLD`` is ``organisation`` or ``large`` (see ``benchmarks.live.worlds``). Each answer takes 60 to 150 ms, from a
seeded generator; each API of each account and region has a token bucket, and beyond it the call is throttled in AWS's
words. ``GET /benchmark/calls`` tells what came, ``POST /benchmark/reset`` forgets it.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.live.worlds import Refusal, World, world
from tests.support.wire import Answer, Request, encode, error, recognise

LATENCY: Final = (0.06, 0.15)
SEED: Final = 20261121
BUCKETS: Final[dict[str, tuple[float, float]]] = {
    "ec2": (20.0, 100.0),
    "logs": (5.0, 5.0),
    "logs:DescribeLogGroups": (10.0, 10.0),
    "logs:DescribeLogStreams": (25.0, 25.0),
    "cloudwatch": (9.0, 9.0),
    "firehose": (5.0, 5.0),
}
"""Calls per second and burst of an API. Source: the services' quota pages; of the others AWS publishes none."""
_OTHERS: Final = (10.0, 20.0)
_REASONS: Final = {200: "OK", 400: "Bad Request", 404: "Not Found", 503: "Slow Down"}


@dataclass
class _Bucket:
    rate: float
    burst: float
    tokens: float
    at: float

    def take(self, now: float) -> bool:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


@dataclass
class _Seen:
    """What came since the last reset."""

    calls: Counter[str] = field(default_factory=Counter)
    throttled: Counter[str] = field(default_factory=Counter)
    seconds: Counter[int] = field(default_factory=Counter)
    first: float | None = None
    last: float = 0.0

    def told(self) -> dict[str, Any]:
        span = self.last - self.first if self.first is not None else 0.0
        busiest = sorted(self.seconds.values(), reverse=True)
        return {
            "calls": sum(self.calls.values()),
            "throttled": sum(self.throttled.values()),
            "throttled_by_call": dict(sorted(self.throttled.items())),
            "seconds": round(span, 2),
            "per_second": round(sum(self.calls.values()) / span, 1) if span else 0.0,
            "busiest_second": busiest[0] if busiest else 0,
            "by_call": dict(sorted(self.calls.items())),
        }


class Simulation:
    """Answers requests of one world."""

    def __init__(self, chosen: World) -> None:
        self._world = chosen
        self._random = random.Random(SEED)  # noqa: S311 - latencies
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}
        self._written: dict[tuple[str, ...], Answer] = {}
        self._seen = _Seen()

    async def answer(self, request: Request) -> Answer:
        """Answer one request, as late as AWS would."""
        if urlsplit(request.path).path.startswith("/benchmark/"):
            return self._own(request.path)
        request = replace(request, account=self._world.account_of(request.access_key))
        now = time.monotonic()
        name = f"{request.service}:{request.operation}"
        self._note(name, now)
        bucket = self._bucket(request, name, now)
        await asyncio.sleep(self._random.uniform(*LATENCY))
        if not bucket.take(now):
            self._seen.throttled[name] += 1
            code = "RequestLimitExceeded" if request.service == "ec2" else "Throttling"
            return error(request, code, "Rate exceeded", 503 if request.service == "ec2" else 400)
        return self._answer(request)

    def _own(self, path: str) -> Answer:
        told = json.dumps(self._seen.told()).encode()
        if path.endswith("/reset"):
            self._seen = _Seen()
            self._buckets.clear()
        return Answer(200, {"Content-Type": "application/json"}, told)

    def _note(self, name: str, now: float) -> None:
        seen = self._seen
        seen.calls[name] += 1
        seen.first = now if seen.first is None else seen.first
        seen.last = now
        seen.seconds[int(now)] += 1

    def _bucket(self, request: Request, name: str, now: float) -> _Bucket:
        key = (request.account, request.region, name)
        if key not in self._buckets:
            rate, burst = BUCKETS.get(name) or BUCKETS.get(request.service, _OTHERS)
            self._buckets[key] = _Bucket(rate, burst, burst, now)
        return self._buckets[key]

    def _answer(self, request: Request) -> Answer:
        """Return an answer, written once for all accounts and regions and then only filled in."""
        kind = self._world.kind(request)
        if kind not in self._written:
            result = self._world.result(request)
            self._written[kind] = (
                error(request, result.code, "simulated", 404)
                if isinstance(result, Refusal)
                else encode(request, result)
            )
        written = self._written[kind]
        return replace(written, body=self._world.filled(written.body, request))


async def _serve(simulation: Simulation, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ", 2)
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            if headers.get("expect", "").lower() == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            url = urlsplit(target)
            path = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
            answer = await simulation.answer(recognise(method, path, headers, body))
            lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Other')}"]
            lines += [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() != "content-length"]
            lines += [f"Content-Length: {len(answer.body)}", "", ""]
            writer.write("\r\n".join(lines).encode("latin-1") + answer.body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client has gone
    finally:
        writer.close()


async def _run(port: int, name: str) -> None:
    simulation = Simulation(world(name))
    server = await asyncio.start_server(
        lambda reader, writer: _serve(simulation, reader, writer), "127.0.0.1", port, backlog=512
    )
    async with server:
        await server.serve_forever()


def main() -> None:
    asyncio.run(_run(int(sys.argv[1]), sys.argv[2]))


if __name__ == "__main__":
    main()
