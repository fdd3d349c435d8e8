"""Lets the kernel decide: sends the flows of a world through its namespaces and reads which line decided on each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

from tests.kernel.listener import Listener, Logged
from tests.kernel.namespaces import inside
from tests.kernel.ruleset import KNOWN, NONE
from tests.kernel.sockets import Sockets, raw
from tests.kernel.wiring import Wiring
from tests.simulator.conversations import SYSTEMS, conversations, reply_to
from tests.simulator.network import ACK, SYN, crosses
from tests.simulator.world import ICMP, ICMPV6, TCP, UDP, Address, Eni, Packet, Way, World

PATIENCE: Final = 4.0
"""Seconds after which a flow on which the kernel has not decided counts as lost."""
_ANSWERED: Final = {(8, 0): (0, 0), (128, 0): (129, 0)}
_RAW: Final = (50, 89)
"""Protocols that the kernel passes on and does not speak itself."""


class Step(NamedTuple):
    """One control on the way of one packet, and the line by which the kernel decided."""

    eni: str
    control: str
    """group-ingress, group-egress, acl-ingress or acl-egress."""
    line: str


Key = tuple[int, Address, Address, int, int, tuple[int, int] | None]


@dataclass(slots=True)
class Flow:
    """A request, and what the kernel did with it and with its reply."""

    client: Eni | None
    server: Eni | None
    request: Packet
    reply: Packet | None
    """None: nobody answers such a packet."""
    steps: list[Step] = field(default_factory=list)
    back: list[Step] = field(default_factory=list)
    arrived: bool = False
    """Nothing refused the request."""
    answered: bool = False
    done: bool = False
    """The kernel has decided on all of it."""


def key_of(packet: Packet | Logged) -> Key:
    return (packet.protocol, packet.source, packet.destination, packet.source_port, packet.port, packet.code)


def path(world: World, sender: Eni | None, receiver: Eni | None, packet: Packet) -> list[tuple[str, str]]:
    """Return the controls that the wiring puts in the way of a packet."""
    found: list[tuple[str, str]] = []
    if sender is not None:
        found += [(sender.id, "group-egress")] if sender.groups else []
        found += [(sender.id, "acl-egress")] if crosses(world, sender, packet, Way.OUT) else []
    if receiver is not None:
        found += [(receiver.id, "acl-ingress")] if crosses(world, receiver, packet, Way.IN) else []
        found += [(receiver.id, "group-ingress")] if receiver.groups else []
    return found


def flows(world: World, seed: int, number: int) -> Iterator[Flow]:
    """Yield flows that can be told apart on the wire, both ends of which can be wired up."""
    random = Random(seed)  # noqa: S311 - seeded on purpose
    taken: set[object] = set()
    ports: set[int] = set()
    vpc = next(iter(world.vpcs))
    for talk in conversations(world, seed, number):
        if not _possible(world, vpc, talk.client, talk.server, talk.request, talk.kind):
            continue
        request = talk.request
        if request.protocol in (TCP, UDP):
            request = _with_port(request, random, ports)
        reply = None if request.code not in (None, *_ANSWERED) else reply_to(request)
        memo = _memo(request)
        if memo not in taken:
            taken.add(memo)
            yield Flow(talk.client, talk.server, request, reply)


def _possible(world: World, vpc: str, client: Eni | None, server: Eni | None, request: Packet, kind: str) -> bool:
    ends = [each for each in (client, server) if each is not None]
    if kind == "aws" or any(each.vpc != vpc for each in ends):
        return False
    for eni, address in ((client, request.source), (server, request.destination)):
        if eni is None and any(address in net for net in world.vpcs[vpc].nets):
            return False  # nobody is there
    if request.protocol in (TCP, UDP):
        return request.port > 0
    if request.protocol in (ICMP, ICMPV6):
        return request.code is not None and request.code not in _ANSWERED.values()
    return request.protocol in _RAW


def _with_port(packet: Packet, random: Random, taken: set[int]) -> Packet:
    """Return a packet with a source port that no other flow has, so that the log tells them apart."""
    while True:
        port = random.randint(*random.choice(SYSTEMS))
        if port not in taken and port != packet.port:
            taken.add(port)
            break
    return Packet(packet.protocol, packet.source, packet.destination, port, packet.port, None, packet.flags)


def _memo(packet: Packet) -> object:
    """Return what must differ between flows: connections without ports are known by both ends only."""
    if packet.protocol in (TCP, UDP):
        return key_of(packet)
    return packet.protocol, frozenset((packet.source, packet.destination)), packet.code


@contextmanager
def wired(world: World, found: list[Flow]) -> Iterator[Wiring]:
    outside = [flow.request.source for flow in found if flow.client is None]
    outside += [flow.request.destination for flow in found if flow.server is None]
    wiring = Wiring(world, next(iter(world.vpcs)), outside)
    try:
        wiring.build()
        yield wiring
    finally:
        wiring.remove()


class Referee:
    """Sends the flows of one world and sorts what the kernel says by flow."""

    def __init__(self, world: World, wiring: Wiring, found: list[Flow]) -> None:
        self._world = world
        self._wiring = wiring
        self._flows = found
        self._requests = {key_of(flow.request): flow for flow in found}
        self._replies = {key_of(flow.reply): flow for flow in found if flow.reply is not None}
        self._sockets: dict[str, Sockets] = {}
        self._listeners: list[tuple[str, Listener]] = []

    def decide(self) -> None:
        """Fill in the steps of every flow."""
        with ExitStack() as stack:
            for name in self._wiring.names():
                with inside(name):
                    listener, sockets = Listener(), Sockets()
                stack.callback(listener.close)
                stack.callback(sockets.close)
                self._listeners.append((name, listener))
                self._sockets[name] = sockets
            for flow in self._flows:
                self._serve(flow)
            for flow in self._flows:
                self._send(flow)
            self._wait()

    def _serve(self, flow: Flow) -> None:
        name = self._wiring.name(flow.server)
        with inside(name):
            self._sockets[name].serve(flow.request)

    def _send(self, flow: Flow) -> None:
        name = self._wiring.name(flow.client)
        with inside(name):
            self._sockets[name].request(flow.request)

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not all(flow.done for flow in self._flows):
            for name, listener in self._listeners:
                for logged in listener.read():
                    self._take(name, logged)
            for sockets in self._sockets.values():
                sockets.answer()
            for flow in self._flows:
                self._forward(flow)
            time.sleep(0.002)

    def _take(self, name: str, logged: Logged) -> None:
        control, _, line = logged.words.partition(" ")
        forth, back = self._requests.get(key_of(logged)), self._replies.get(key_of(logged))
        if forth is not None and (logged.protocol != TCP or logged.flags & (SYN | ACK) == SYN):
            _add(forth.steps, Step(self._where(name, control, forth.client, forth.server), control, line))
        elif back is not None and (logged.protocol != TCP or logged.flags & (SYN | ACK) == SYN | ACK):
            _add(back.back, Step(self._where(name, control, back.server, back.client), control, line))

    def _where(self, name: str, control: str, sender: Eni | None, receiver: Eni | None) -> str:
        """Return the interface at which a control stands: the router's are those of the subnet on that side."""
        eni = sender if control.endswith("egress") else receiver
        if control.startswith("group") and (eni is None or self._wiring.name(eni) != name):
            return f"elsewhere ({name})"
        return "nobody" if eni is None else eni.id

    def _forward(self, flow: Flow) -> None:
        """Say whether the kernel has decided on a flow, and answer by hand where the kernel does not."""
        if flow.done or not self._settled(flow.steps, path(self._world, flow.client, flow.server, flow.request)):
            return
        flow.arrived = not refused(flow.steps, self._world)
        if not flow.arrived or flow.reply is None:
            flow.done = True
        elif flow.request.protocol not in (TCP, UDP, ICMP, ICMPV6) and not flow.answered:
            flow.answered = True
            with inside(self._wiring.name(flow.server)):
                raw(flow.reply)
        else:
            back = path(self._world, flow.server, flow.client, flow.reply)
            flow.done = self._settled(flow.back, back)

    def _settled(self, steps: list[Step], expected: list[tuple[str, str]]) -> bool:
        return refused(steps, self._world) or len(steps) >= len(expected)


def _add(steps: list[Step], step: Step) -> None:
    if step not in steps:  # TCP tries again
        steps.append(step)


def refused(steps: list[Step], world: World) -> bool:
    """Say whether a packet was dropped on the way."""
    return any(step.line == NONE or denies(world, step) for step in steps)


def denies(world: World, step: Step) -> bool:
    """Say whether a step is a denying entry of a network ACL."""
    if not step.control.startswith("acl") or step.line in (NONE, KNOWN):
        return False
    acl = world.acls[world.subnets[world.enis[step.eni].subnet].acl]
    return any(
        not entry.allow and entry.number == int(step.line) and f"acl-{entry.way.value}" == step.control
        for entry in acl.entries
    )
