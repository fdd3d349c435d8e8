"""Digests. None of them protects anything here: they are what a configuration computes."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable
from typing import Final

from checker.load.terraform.functions.arguments import FunctionError, text
from checker.load.terraform.instance import Value

_NAMESPACES: Final = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}


def _hexadecimal(algorithm: str) -> Callable[[Value], Value]:
    return lambda value: hashlib.new(algorithm, text(value).encode(), usedforsecurity=False).hexdigest()


def _base64(algorithm: str) -> Callable[[Value], Value]:
    return lambda value: base64.b64encode(hashlib.new(algorithm, text(value).encode()).digest()).decode()


def _uuidv5(namespace: Value, name: Value) -> Value:
    space = text(namespace)
    try:
        base = _NAMESPACES.get(space) or uuid.UUID(space)
    except ValueError as error:
        raise FunctionError("there is no such namespace") from error
    return str(uuid.uuid5(base, text(name)))


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "base64sha256": _base64("sha256"),
    "base64sha512": _base64("sha512"),
    "md5": _hexadecimal("md5"),
    "sha1": _hexadecimal("sha1"),
    "sha256": _hexadecimal("sha256"),
    "sha512": _hexadecimal("sha512"),
    "uuidv5": _uuidv5,
}
