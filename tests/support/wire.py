"""AWS requests told apart, and AWS answers read and written, in every protocol that AWS speaks over HTTP.

Services and operations have the names of boto3 and the API: ``cloudwatch``, ``DescribeAlarmsForMetric``. The models
are botocore's, so every operation of every service is known; answers are written by moto's serializers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit
from xml.sax.saxutils import escape

SERVICES: Final = {"monitoring": "cloudwatch", "ec2": "ec2", "elasticfilesystem": "efs",
                   "tagging": "resourcegroupstaggingapi"}  # fmt: skip
"""boto3's name of a service by the name that signs it, where they differ (or a look-up would be waste)."""

_SCOPE: Final = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request and what it asks of AWS."""

    method: str
    path: str
    """With the query, as sent."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    service: str = ""
    operation: str = ""
    region: str = ""
    access_key: str = ""
    account: str = ""
    """Filled in by the proxy, which learns whose an access key is."""
    protocol: str = ""
    """``ec2``, ``query``, ``json``, ``rest-json``, ``rest-xml``; empty where it is no AWS request."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Query protocols: flat, ``Filter.1.Name``. JSON: the document. REST: path, query and JSON document together."""

    def with_parameters(self, change: Callable[[dict[str, Any]], None]) -> Request:
        """Return the same request with other parameters; for the protocols that have them in the body."""
        parameters = dict(self.parameters)
        change(parameters)
        if self.protocol in ("ec2", "query"):
            body = urlencode(parameters).encode()
        elif self.protocol in ("json", "rest-json"):
            body = json.dumps(parameters).encode()
        else:
            raise NotImplementedError(f"parameters of {self.protocol} are in the path")
        return replace(self, body=body, parameters=parameters)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response, and whether it arrives."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    ending: str = "whole"
    """``whole``; ``reset`` before anything is sent; ``truncated`` in the middle of the body; ``stalled`` before
    anything is sent."""


def recognise(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Tell what a request asks of AWS; one without an AWS signature comes back with empty names."""
    plain = Request(method, path, headers, body)
    scope = _SCOPE.search(headers.get("authorization", ""))
    if scope is None:
        return plain
    access_key, region, signer = scope.groups()
    found = replace(plain, access_key=access_key, region=region, service=SERVICES.get(signer, signer))
    target = headers.get("x-amz-target")
    if target:
        document = json.loads(body or b"{}")
        return replace(found, protocol="json", operation=target.rpartition(".")[2], parameters=document)
    if "form-urlencoded" in headers.get("content-type", "") and b"Action=" in body:
        flat = dict(parse_qsl(body.decode(), keep_blank_values=True))
        protocol = "ec2" if found.service == "ec2" else "query"
        return replace(found, protocol=protocol, operation=flat["Action"], parameters=flat)
    return _recognise_rest(found)


def _recognise_rest(request: Request) -> Request:
    service = "s3control" if request.service == "s3" and request.path.startswith("/v20180820/") else request.service
    url = urlsplit(request.path)
    query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    for pattern, wanted, operation in _routes(service, request.method):
        match = pattern.fullmatch(url.path)
        if match and all(name in query and value in ("", query[name]) for name, value in wanted.items()):
            inside = {name: unquote(value) for name, value in match.groupdict().items()}
            protocol = _model(service).protocol
            document = json.loads(request.body) if protocol == "rest-json" and request.body else {}
            parameters = {**inside, **query, **document}
            return replace(request, service=service, protocol=protocol, operation=operation, parameters=parameters)
    return replace(request, service=service)


@cache
def _routes(service: str, method: str) -> tuple[tuple[re.Pattern[str], Mapping[str, str], str], ...]:
    """Return the paths of a REST service, those that demand most of the query first."""
    model = _model(service)
    found = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.http["method"] == method and not operation.deprecated:
            path, _, query = operation.http["requestUri"].partition("?")
            wanted = {**_demanded(operation.input_shape), **dict(parse_qsl(query, keep_blank_values=True))}
            found.append((_pattern(path), wanted, name))
    return tuple(sorted(found, key=lambda route: (-len(route[1]), -len(route[0].pattern), route[2])))


def _demanded(shape: Any) -> dict[str, str]:
    """Return the names that must be in the query of a request, with any value."""
    members = [shape.members[name] for name in shape.required_members] if shape else []
    return {one.serialization["name"]: "" for one in members if one.serialization.get("location") == "querystring"}


def _pattern(path: str) -> re.Pattern[str]:
    text = re.escape(path).replace(r"\{", "{").replace(r"\}", "}").replace(r"\+", "+")
    text = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", text)
    text = re.sub(r"\{([\w-]+)\}", lambda found: f"(?P<{found[1].replace('-', '_')}>[^/]+)", text)
    return re.compile(text + "/?")


@cache
def _model(service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


@cache
def pagination(service: str) -> Mapping[str, Any]:
    """Return botocore's table of the operations of a service that come in pages."""
    import botocore.session

    table: Mapping[str, Any] = botocore.session.get_session().get_paginator_model(service)._paginator_config
    return table


def decode(request: Request, answer: Answer) -> dict[str, Any]:
    """Return a good answer as boto3 would give it, without ``ResponseMetadata``."""
    from botocore.parsers import create_parser

    shape = _model(request.service).operation_model(request.operation).output_shape
    given = {"status_code": answer.status, "headers": dict(answer.headers), "body": answer.body, "context": {}}
    parsed: dict[str, Any] = create_parser(request.protocol).parse(given, shape)
    parsed.pop("ResponseMetadata", None)
    return parsed


def encode(request: Request, result: Mapping[str, Any]) -> Answer:
    """Return an answer that boto3 reads as ``result``."""
    from moto.core.serialize import get_serializer_class
    from moto.core.utils import get_service_model

    operation = get_service_model(request.service).operation_model(request.operation)
    written = get_serializer_class(request.service, request.protocol)(operation).serialize(result)
    body = written["body"]
    return Answer(written["status_code"], dict(written["headers"]), body.encode() if isinstance(body, str) else body)


def error(request: Request, code: str, message: str, status: int = 400) -> Answer:
    """Return an AWS error in the protocol of a request."""
    one = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if request.protocol == "ec2":
        text = f"<Response><Errors><Error>{one}</Error></Errors><RequestID>0</RequestID></Response>"
    elif request.protocol == "query" or request.service == "s3control":
        text = f"<ErrorResponse><Error><Type>Sender</Type>{one}</Error><RequestId>0</RequestId></ErrorResponse>"
    elif request.protocol == "rest-xml":
        text = f"<Error>{one}<RequestId>0</RequestId></Error>"
    else:
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}
        return Answer(status, headers, json.dumps({"__type": code, "message": message}).encode())
    return Answer(status, {"Content-Type": "text/xml"}, b'<?xml version="1.0" encoding="UTF-8"?>' + text.encode())


def with_query(path: str, changes: Mapping[str, str | None]) -> str:
    """Return a path whose query has other values; None takes one away."""
    url = urlsplit(path)
    pairs = [(name, value) for name, value in parse_qsl(url.query, keep_blank_values=True) if name not in changes]
    pairs += [(name, value) for name, value in changes.items() if value is not None]
    query = "&".join(f"{quote(name)}={quote(value, safe='')}" if value else quote(name) for name, value in pairs)
    return f"{url.path}?{query}" if query else url.path
