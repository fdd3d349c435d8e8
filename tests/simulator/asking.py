"""The program's answers, brought into the words of the simulator so that the two can be compared."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

from checker.filter.atoms import AtomPlan, PolicyClass, atom_plan
from checker.filter.evaluate import evaluate
from checker.filter.index import Index
from checker.filter.result import Packet as Asked
from checker.filter.result import StageResult
from checker.model.address import IcmpTypeCode
from checker.model.model import NetworkModel
from tests.simulator.bridge import DIRECTIONS
from tests.simulator.network import Verdict
from tests.simulator.world import TCP, UDP, Address, Eni, Packet, Way, World

SENSITIVE: Final = frozenset({22, 3389, 3306, 5432})
_V6: Final = 1 << 128
_TOP: Final = {4: 2**32, 6: 2 * _V6}


class Answer(NamedTuple):
    """What one control says: ``allowed``, ``denied``, ``not-evaluated`` or ``unknown``, and by which line."""

    verdict: str
    line: str | None


class Answers(NamedTuple):
    group: Answer
    acl: Answer


def expected(world: World, eni: Eni, verdict: Verdict, way: Way) -> tuple[str, frozenset[str | None], Answer]:
    """Return what the simulator says: verdict of the groups, the lines that may be named for it, and the ACL's."""
    if not verdict.filtered:
        group, lines = "not-evaluated", frozenset({None})
    elif sure := [rule.id for rule in verdict.groups if rule not in verdict.hinging]:
        group, lines = "allowed", frozenset(sure)
    elif verdict.hinging:
        group, lines = "unknown", frozenset({None})
    else:
        group, lines = "denied", frozenset({None})
    acl = world.subnets[eni.subnet].acl
    if not verdict.crosses:
        return group, lines, Answer("not-evaluated", None)
    if verdict.entry is None:
        return group, lines, Answer("denied", f"{acl}#*")
    return group, lines, Answer("allowed" if verdict.entry.allow else "denied", f"{acl}#{verdict.entry.number}")


@dataclass(slots=True)
class Program:
    """The evaluator over one network."""

    index: Index
    plan: AtomPlan

    @staticmethod
    def over(model: NetworkModel) -> Program:
        index = Index(model)
        return Program(index, atom_plan(index, sensitive_ports=SENSITIVE))

    def ask(self, eni: Eni, packet: Packet, way: Way) -> Answers:
        peer = packet.source if way is Way.IN else packet.destination
        return self._ask(eni, way, packet.protocol, peer, packet.port, packet.code)

    def _ask(
        self, eni: Eni, way: Way, protocol: int, peer: Address, port: int, code: tuple[int, int] | None
    ) -> Answers:
        interface = self.index.interface(eni.id)
        assert interface is not None
        asked = Asked(
            direction=DIRECTIONS[way],
            protocol=protocol,
            peer=peer,
            port=port if protocol in (TCP, UDP) else None,
            icmp=None if code is None else IcmpTypeCode(*code),
        )
        found = evaluate(self.index, interface, asked)
        return Answers(_answer(found.groups), _answer(found.acl))

    def ask_atom(self, eni: Eni, packet: Packet, way: Way) -> list[Answers]:
        """Return the answers for the corners of the atom that a packet falls into."""
        peer = packet.source if way is Way.IN else packet.destination
        found = self._class(eni, way)
        first, last = _interval(found.peers, _number(peer), _TOP[peer.version] - 1)
        ports = (0, 0)
        if packet.protocol in (TCP, UDP):
            ports = _interval(found.ports[packet.protocol], packet.port, 65535)
        return [
            self._ask(eni, way, packet.protocol, _address(number), port, packet.code)
            for number, port in {(first, ports[0]), (last, ports[1])}
        ]

    def _class(self, eni: Eni, way: Way) -> PolicyClass:
        numbers = self.plan.ingress if way is Way.IN else self.plan.egress
        found = self.plan.classes[numbers[eni.id]]
        assert found.number == numbers[eni.id] > 0
        return found


def _answer(found: StageResult) -> Answer:
    return Answer(found.verdict.value, None if found.line is None else found.line.id)


def _interval(starts: tuple[int, ...], number: int, top: int) -> tuple[int, int]:
    at = bisect_right(starts, number)
    return starts[at - 1], min(starts[at] - 1, top) if at < len(starts) else top


def _number(address: Address) -> int:
    return int(address) + (_V6 if address.version == 6 else 0)


def _address(number: int) -> Address:
    return IPv6Address(number - _V6) if number >= _V6 else IPv4Address(number)
