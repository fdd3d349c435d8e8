"""botocore's clients: the only place that sends anything to AWS. They refuse calls that are not in the table."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any, Final

from checker import __version__
from checker.errors import InternalError
from checker.load.aws.call import Call
from checker.load.aws.calls import CALLS
from checker.load.aws.pages import Paging, paging_of

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 30.0

_ALLOWED: Final = frozenset((call.service, call.operation) for call in CALLS) | {("sts", "AssumeRole")}
_OWN_ERRAND: Final = ("s3", "HeadBucket")
"""botocore looks for a bucket's region by itself; without the answer it keeps S3's own error, which is what we want."""
_HEAD: Final = 512
_PAGE: Final = re.compile(rb"^\s*<(!doctype\s+)?html", re.IGNORECASE)


class Clients:
    """One client for each service and region, whatever the number of accounts. For several threads.

    A client costs milliseconds and a third of a megabyte: fifty accounts in seventeen regions would need thousands.
    So all accounts share them, and each request brings the credentials that sign it.
    """

    def __init__(
        self,
        profile: str | None,
        *,
        pool: int,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        import botocore.session

        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], Any] = {}
        self._pagings: dict[str, Paging | None] = {}
        self._signer = threading.local()
        self._session = botocore.session.Session(profile=profile)
        self._session.register_component("credential_provider", _Provider(self._signer))
        self._options: dict[str, Any] = {
            "connect_timeout": connect_seconds,
            "read_timeout": read_seconds,
            "max_pool_connections": pool,
            "retries": {"mode": "standard", "total_max_attempts": 1},  # who asks tries again: checker.load.aws.ask
            "tcp_keepalive": True,
            "user_agent_extra": f"flowcheck/{__version__}",
        }

    @property
    def region(self) -> str | None:
        """Return the region that the person's AWS configuration names."""
        found = self._session.get_config_variable("region")
        return str(found) if found else None

    def send(self, service: str, operation: str, region: str, words: Mapping[str, Any], keys: Any) -> dict[str, Any]:
        """Make one request, once, signed with ``keys``, and return the parsed answer.

        Raises what botocore raises.
        """
        from botocore import xform_name

        client = self.get(service, region)
        self._signer.keys = keys
        try:
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**words)
        finally:
            self._signer.keys = None
        return answer

    def get(self, service: str, region: str) -> Any:
        """Return the client of a service in a region."""
        with self._lock:  # botocore's loader is not made for several threads
            if (service, region) not in self._made:
                self._made[service, region] = self._make(service, region)
            return self._made[service, region]

    def paging(self, call: Call) -> Paging | None:
        """Return how a call is paged; None for one that comes whole."""
        with self._lock:
            if call.name not in self._pagings:
                model = self._session.get_service_model(call.service).operation_model(call.operation)
                self._pagings[call.name] = paging_of(call, model, self._paginator(call))
            return self._pagings[call.name]

    def _paginator(self, call: Call) -> Mapping[str, Any] | None:
        from botocore.exceptions import UnknownServiceError

        try:
            known: Mapping[str, Any] = self._session.get_paginator_model(call.service).get_paginator(call.operation)
        except (ValueError, UnknownServiceError):  # this operation, or the whole service, has none
            return None
        return known

    def _make(self, service: str, region: str) -> Any:
        from botocore.config import Config

        client = self._session.create_client(service, region_name=region, config=Config(**self._options))
        client.meta.events.register("before-call", _refuse)
        client.meta.events.register("before-parse", _check)
        return client


class _Provider:
    """Gives every client the credentials of the request that a thread is making."""

    def __init__(self, signer: threading.local) -> None:
        self._signer = signer

    def load_credentials(self) -> Any:
        from botocore.credentials import Credentials

        chosen: Any = Credentials("of the", "request")
        chosen.get_frozen_credentials = lambda: self._signer.keys
        return chosen


def _refuse(model: Any, **_: Any) -> None:
    """Refuse what is not in the table of calls: an audit reads."""
    from botocore.exceptions import ClientError

    asked = (model.service_model.service_name, model.name)
    if asked == _OWN_ERRAND:
        nothing: Any = {"Error": {"Code": "NotCalled", "Message": ""}, "ResponseMetadata": {"HTTPHeaders": {}}}
        raise ClientError(nothing, model.name)
    if asked not in _ALLOWED:
        raise InternalError(f"{':'.join(asked)} is not one of the calls that flowcheck makes")


def _check(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Raise ResponseParserError for a good answer that is not AWS's, or not all of it.

    botocore takes JSON that ends in the middle, and a web page of something on the way, for an answer with nothing in
    it: an account without a single resource.
    """
    from botocore.parsers import ResponseParserError

    body = response_dict.get("body")
    if response_dict.get("status_code") != 200 or not isinstance(body, bytes):
        return
    protocol = operation_model.service_model.resolved_protocol
    if protocol in ("json", "rest-json"):
        try:
            whole = isinstance(json.loads(body), dict)
        except ValueError:
            whole = False
    elif protocol in ("ec2", "query"):
        whole = re.search(rf"<(\w+:)?{operation_model.name}Response[\s/>]".encode(), body[:_HEAD]) is not None
    else:
        whole = _PAGE.match(body[:_HEAD]) is None
    if not whole:
        raise ResponseParserError("not an answer of AWS")
