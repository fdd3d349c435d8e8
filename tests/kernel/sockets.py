"""Real packets: kernel sockets of TCP and UDP, and raw ones for ICMP and other protocols."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
from typing import Final

from tests.simulator.world import ICMP, ICMPV6, TCP, UDP, Address, Packet

_FAMILY: Final = {4: socket.AF_INET, 6: socket.AF_INET6}
_ECHO: Final = {8, 128}
_REFUSED: Final = (errno.EPERM, errno.EINPROGRESS)
"""A security group that lets nothing out, and a connection under way."""


class Sockets:
    """The sockets of one namespace; to be used inside it."""

    def __init__(self) -> None:
        self._servers: dict[tuple[int, Address, int], socket.socket] = {}
        self._clients: list[socket.socket] = []

    def serve(self, packet: Packet) -> None:
        """Be ready for a request."""
        memo = (packet.protocol, packet.destination, packet.port)
        if packet.protocol not in (TCP, UDP) or memo in self._servers:
            return
        kind = socket.SOCK_STREAM if packet.protocol == TCP else socket.SOCK_DGRAM
        server = _socket(packet.destination, kind, 0)
        server.bind((str(packet.destination), packet.port))
        if packet.protocol == TCP:
            server.listen(64)
        self._servers[memo] = server

    def request(self, packet: Packet) -> None:
        """Send a request. What the own security group refuses is no error here: the log tells."""
        if packet.protocol not in (TCP, UDP):
            raw(packet)
            return
        kind = socket.SOCK_STREAM if packet.protocol == TCP else socket.SOCK_DGRAM
        client = _socket(packet.source, kind, 0)
        client.bind((str(packet.source), packet.source_port))
        self._clients.append(client)
        with allowed():
            if packet.protocol == TCP:
                client.connect((str(packet.destination), packet.port))
            else:
                client.sendto(b"request", (str(packet.destination), packet.port))

    def answer(self) -> None:
        """Answer the requests of UDP that came in; the kernel answers those of TCP and ICMP itself."""
        for (protocol, _, _), server in self._servers.items():
            if protocol != UDP:
                continue
            with contextlib.suppress(BlockingIOError):
                while True:
                    data, who = server.recvfrom(100)
                    if data == b"request":
                        with allowed():
                            server.sendto(b"reply", who)

    def close(self) -> None:
        for each in (*self._servers.values(), *self._clients):
            each.close()


def raw(packet: Packet) -> None:
    """Send one packet of a protocol without ports."""
    with _socket(packet.source, socket.SOCK_RAW, packet.protocol) as sender:
        sender.bind((str(packet.source), 0))
        with allowed():
            sender.sendto(_body(packet), (str(packet.destination), 0))


def _socket(own: Address, kind: int, protocol: int) -> socket.socket:
    made = socket.socket(_FAMILY[own.version], kind, protocol)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


@contextlib.contextmanager
def allowed() -> contextlib.AbstractContextManager[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSED:
            raise


def _body(packet: Packet) -> bytes:
    if packet.code is None or packet.protocol not in (ICMP, ICMPV6):
        return bytes(32)
    number = packet.source_port
    rest = struct.pack(">HH", number, 1) if packet.code[0] in _ECHO else bytes(4)
    head = struct.pack(">BB", *packet.code)
    data = rest + bytes(28)
    return head + (struct.pack(">H", _sum(head + b"\0\0" + data)) if packet.protocol == ICMP else b"\0\0") + data


def _sum(data: bytes) -> int:
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
