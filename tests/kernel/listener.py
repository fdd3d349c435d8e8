"""What nftables logs, read from the kernel: packets with the words of the rule that logged them (NFLOG)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

GROUP: Final = 7
"""Of ``log group`` in the rulesets."""

_NETFILTER: Final = 12
_ANSWER: Final = 2
_LOG: Final = 4 << 8
_CONFIG: Final = _LOG | 1
_REQUEST_ACK: Final = 0x5
_BIND: Final = struct.pack("=HHB3x", 5, 1, 1)
_COPY: Final = struct.pack("=HH", 10, 2) + struct.pack(">IBx", 128, 2) + b"\0\0"
_PAYLOAD: Final = 9
_PREFIX: Final = 10


@dataclass(frozen=True, slots=True)
class Logged:
    """One packet at one line of a ruleset. For ICMP ``source_port`` and ``port`` are 0."""

    words: str
    protocol: int
    source: IPv4Address | IPv6Address
    destination: IPv4Address | IPv6Address
    source_port: int
    port: int
    code: tuple[int, int] | None
    flags: int


class Listener:
    """The log of the namespace in which it is made."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((0, 0))
        for attribute in (_BIND, _COPY):
            self._configure(attribute)
        self.socket.setblocking(False)

    def _configure(self, attribute: bytes) -> None:
        body = struct.pack(">BBH", socket.AF_UNSPEC, 0, GROUP) + attribute
        self.socket.send(struct.pack("=IHHII", 16 + len(body), _CONFIG, _REQUEST_ACK, 1, 0) + body)
        kind = 0
        while kind != _ANSWER:  # packets may be logged already
            answer = self.socket.recv(1 << 16)
            kind = struct.unpack_from("=H", answer, 4)[0]
        error = struct.unpack_from("=i", answer, 16)[0]
        if error:
            raise OSError(-error, "the kernel refuses to log packets")

    def read(self) -> Iterator[Logged]:
        """Yield what was logged since."""
        while True:
            try:
                data = self.socket.recv(1 << 16)
            except BlockingIOError:
                return
            at = 0
            while at + 16 <= len(data):
                length, kind = struct.unpack_from("=IH", data, at)
                if kind == _LOG:
                    yield _logged(data[at + 20 : at + length])
                at += (length + 3) & ~3

    def close(self) -> None:
        self.socket.close()


def _logged(data: bytes) -> Logged:
    words, payload, at = "", b"", 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        value = data[at + 4 : at + length]
        if kind == _PREFIX:
            words = value.rstrip(b"\0").decode()
        elif kind == _PAYLOAD:
            payload = value
        at += (length + 3) & ~3
    return _packet(words, payload)


def _packet(words: str, data: bytes) -> Logged:
    if data[0] >> 4 == 4:
        protocol, inner = data[9], data[(data[0] & 15) * 4 :]
        source: IPv4Address | IPv6Address = IPv4Address(data[12:16])
        destination: IPv4Address | IPv6Address = IPv4Address(data[16:20])
    else:
        protocol, inner = data[6], data[40:]
        source, destination = IPv6Address(data[8:24]), IPv6Address(data[24:40])
    ports, code, flags = (0, 0), None, 0
    if protocol in (6, 17):
        ports = struct.unpack_from(">HH", inner)
        flags = inner[13] if protocol == 6 else 0
    elif protocol in (1, 58):
        code = (inner[0], inner[1])
    return Logged(words, protocol, source, destination, *ports, code, flags)
