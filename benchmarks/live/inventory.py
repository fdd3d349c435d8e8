"""A plain inventory with boto3: ``python -m benchmarks.live.inventory SNAPSHOT REGION THREADS``.

It makes the calls that a saved run of flowcheck made, paged by boto3's own paginators, and keeps the answers. So both
programs ask the same. One thread is the script that people write; more are the one that they write when it is slow.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from checker.load.aws.call import GLOBAL, values_of
from checker.load.aws.calls import call_of


class Inventory:
    """Clients by service and region, made once each."""

    def __init__(self, home: str, threads: int) -> None:
        self._session = boto3.Session()
        self._home = home
        self._config = Config(max_pool_connections=max(10, threads))
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = Lock()

    def read(self, request: dict[str, Any]) -> list[Any]:
        """Return the pages of one request; an error is an answer too."""
        region = request["at"] or (self._home if request["region"] == GLOBAL else request["region"])
        client = self._client(request["service"], region)
        call = call_of(request["service"], request["operation"])
        words = {**call.parameters, **dict(zip(call.per, values_of(request["resource"], len(call.per)), strict=True))}
        if call.service == "s3control":
            words["AccountId"] = request["account"]
        name = xform_name(call.operation)
        try:
            if client.can_paginate(name) and "limit" not in words:
                return list(client.get_paginator(name).paginate(**words))
            return [getattr(client, name)(**words)]
        except ClientError as error:
            return [error.response]

    def _client(self, service: str, region: str) -> Any:
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(service, region, config=self._config)
            return self._clients[service, region]


def main() -> None:
    snapshot, home, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    lines = (snapshot / "calls.jsonl").read_text(encoding="utf-8").splitlines()
    requests = [json.loads(line)["request"] for line in lines]
    inventory = Inventory(home, threads)
    if threads == 1:
        answers = [inventory.read(request) for request in requests]
    else:
        with ThreadPoolExecutor(threads) as pool:
            answers = list(pool.map(inventory.read, requests))
    print(len(requests), "calls", sum(len(pages) for pages in answers), "pages")


if __name__ == "__main__":
    main()
