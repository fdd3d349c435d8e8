"""A moto server that counts the API calls it answers: ``python -m benchmarks.live.counted_moto PORT``.

``GET /benchmark/calls`` gives the counts by call, ``POST /benchmark/reset`` forgets them. ``POST /benchmark/remember``
lets equal questions be answered from memory, ``GET /benchmark/remembered`` tells how many were. The few calls that moto
does not know are answered with an account that has nothing of the kind, so that no program waits for what cannot come.
"""

from __future__ import annotations

import io
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from benchmarks.live.remembering import Application, Environ, Memory, Start
from tests.support.wire import Answer, Request, encode, error, recognise

_OPTIONS: Final = {"InternetGatewayBlockMode": "off", "State": "default-state", "ExclusionsAllowed": "allowed"}
NOTHING: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    ("ec2", "DescribeVpcBlockPublicAccessOptions"): {"VpcBlockPublicAccessOptions": _OPTIONS},
    ("ec2", "DescribeVpcBlockPublicAccessExclusions"): {"VpcBlockPublicAccessExclusions": []},
    ("ec2", "DescribeVpcEncryptionControls"): {"VpcEncryptionControls": []},
    ("ec2", "DescribeClientVpnEndpoints"): {"ClientVpnEndpoints": []},
    ("ec2", "GetImageBlockPublicAccessState"): {"ImageBlockPublicAccessState": "unblocked"},
    ("ec2", "GetInstanceMetadataDefaults"): {"AccountLevel": {}},
    ("ec2", "GetSnapshotBlockPublicAccessState"): {"State": "unblocked"},
    ("observabilityadmin", "ListTelemetryRules"): {"TelemetryRuleSummaries": []},
    ("observabilityadmin", "ListTelemetryRulesForOrganization"): {"TelemetryRuleSummaries": []},
}
"""Answers to what moto does not implement; without them boto3 tries again and again, and waits in between."""


class Counted:
    """A WSGI application around moto's."""

    def __init__(self, moto: Application) -> None:
        self._moto = moto
        self._memory = Memory()
        self._calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer a request: about the counts, what moto lacks, or as moto does."""
        if environ["PATH_INFO"].startswith("/benchmark/"):
            return self._own(environ, start)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        request = recognise(environ["REQUEST_METHOD"], _path(environ), _headers(environ), body)
        with self._lock:
            self._calls[f"{request.service}:{request.operation}"] += 1
        answer = _canned(request)
        if answer is None:
            return self._memory.answer(request, environ, start, self._moto)
        start(f"{answer.status} .", [(name, value) for name, value in answer.headers.items() if "ength" not in name])
        return [answer.body]

    def _own(self, environ: Environ, start: Start) -> Iterable[bytes]:
        word = environ["PATH_INFO"].rpartition("/")[2]
        with self._lock:
            told: dict[str, int] = dict(sorted(self._calls.items()))
            if word == "reset":
                self._calls.clear()
                self._memory.remembered = 0
            elif word == "remember":
                self._memory.serving = True
            elif word == "remembered":
                told = {"remembered": self._memory.remembered}
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(told).encode()]


def _canned(request: Request) -> Answer | None:
    if request.service == "s3control":
        return error(request, "NoSuchPublicAccessBlockConfiguration", "not set", 404)
    result = NOTHING.get((request.service, request.operation))
    return None if result is None else encode(request, result)


def _path(environ: Environ) -> str:
    query = environ.get("QUERY_STRING")
    return f"{environ['PATH_INFO']}?{query}" if query else str(environ["PATH_INFO"])


def _headers(environ: Environ) -> dict[str, str]:
    found = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    return {**found, "content-type": environ.get("CONTENT_TYPE", "")}


def main() -> None:
    import logging

    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    run_simple("127.0.0.1", int(sys.argv[1]), Counted(DomainDispatcherApplication(create_backend_app)), threaded=True)


if __name__ == "__main__":
    main()
