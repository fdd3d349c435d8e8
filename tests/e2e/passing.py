"""Stands before a running AWS provider and passes on all that Terraform asks, but for the schema: that it shortens.

The AWS provider's schema has some 1,500 resource types. Terraform has each command tell it whole, and reads all of it,
which is most of what a small plan costs. Here the provider tells it once, and Terraform gets the types that its folder
names: for these, and for everything else that is asked, the answers are the provider's own, byte for byte.

Run as a program: ``passing.py PROVIDER OWN NAMES`` with the sockets of the provider and of its own, and the file that
lists the types; it prints ``ready``. Source: tfplugin5.proto of terraform-plugin-go; Protocol Buffers, Encoding.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final

import grpc

SERVICE: Final = "/tfplugin5.Provider/"
SCHEMA: Final = f"{SERVICE}GetSchema"
BY_TYPE: Final = frozenset({2, 3, 8})
"""Fields of ``GetProviderSchema.Response`` that map a type to its schema: resources, data sources, ephemeral ones."""

_OPTIONS: Final = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_http_proxy", 0),
]
_BYTES: Final = 2
"""Protocol Buffers' wire type of whatever has a length: texts, messages, entries of a map."""


def shortened(schema: bytes, names: Iterable[str]) -> bytes:
    """Return a ``GetProviderSchema.Response`` without the types that are not named."""
    wanted = {name.encode() for name in names}
    return b"".join(
        whole for number, whole, content in _fields(schema) if number not in BY_TYPE or _key(content) in wanted
    )


def _key(entry: bytes) -> bytes:
    """Return the key of an entry of a map whose keys are texts."""
    return next(content for number, _, content in _fields(entry) if number == 1)


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield each field of a message that has a length: its number, all its bytes, and its content.

    Raises ValueError for a field of another wire type, of which neither a schema nor an entry of a map has any.
    """
    place = 0
    while place < len(message):
        tag, start = _varint(message, place)
        if tag & 7 != _BYTES:
            raise ValueError(f"field {tag >> 3} has wire type {tag & 7}")
        length, start = _varint(message, start)
        yield tag >> 3, message[place : start + length], message[start : start + length]
        place = start + length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Return the number at a place, and the place behind it."""
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


class _Passing(grpc.GenericRpcHandler):
    """Every call of the provider's service, with the schema shortened."""

    def __init__(self, channel: grpc.Channel, names: Path) -> None:
        self._channel = channel
        self._names = names
        self._schema = cache(self._calling(SCHEMA))

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """Return who answers a method; None, which is "unimplemented", where it is not the provider's."""
        method = handler_call_details.method
        if not method.startswith(SERVICE):
            return None
        if method == SCHEMA:
            return grpc.unary_unary_rpc_method_handler(self._short)
        call = self._calling(method)
        return grpc.unary_unary_rpc_method_handler(lambda request, _: call(request))

    def _calling(self, method: str) -> Callable[[bytes], bytes]:
        return self._channel.unary_unary(method)

    def _short(self, request: bytes, _: grpc.ServicerContext) -> bytes:
        return shortened(self._schema(request), self._names.read_text(encoding="utf-8").split())


def main(provider: str, own: str, names: str) -> None:
    """Serve until the process is ended."""
    channel = grpc.insecure_channel(f"unix:{provider}", options=_OPTIONS)
    server = grpc.server(ThreadPoolExecutor(16), handlers=[_Passing(channel, Path(names))], options=_OPTIONS)
    server.add_insecure_port(f"unix:{own}")
    server.start()
    print("ready", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main(*sys.argv[1:])
