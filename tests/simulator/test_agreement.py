"""Evaluator, atoms and the independent simulator agree on every packet of many networks.

The simulator (``tests/simulator``) knows rules, entries and connections from the AWS documentation only and shares no
code with ``checker.filter``. Networks are made from seeds, so a disagreement is repeated by its seed.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulator import matching, network
from tests.simulator.asking import Answer, Answers, Program, expected
from tests.simulator.bridge import model_of
from tests.simulator.conversations import run
from tests.simulator.generate import ALL_V4, make
from tests.simulator.network import Network
from tests.simulator.world import Acl, Address, Eni, Entry, Packet, Rule, Way, World

CONVERSATIONS = 16
"""In each network."""
QUICK = 300
FULL = 10_200
BLOCK = 850


def disagreements(seed: int) -> tuple[int, list[str]]:
    """Return how many different packets were compared in one network, and where the answers differ."""
    world = make(seed)
    played = run(world, seed, CONVERSATIONS)
    program = Program.over(model_of(world))
    asked = set()
    found: list[str] = []
    for seen in played.seen:
        packet = seen.packet
        memo = (seen.eni.id, seen.way, packet.protocol, packet.source, packet.destination, packet.port, packet.code)
        if memo in asked:
            continue
        asked.add(memo)
        group, lines, acl = expected(world, seen.eni, seen.verdict, seen.way)
        answers = program.ask(seen.eni, packet, seen.way)
        if answers.group.verdict != group or answers.group.line not in lines or answers.acl != acl:
            found.append(_says(seed, seen.eni, packet, seen.way, f"simulator {group} {set(lines)}, {acl}", answers))
        found += [
            _says(seed, seen.eni, packet, seen.way, f"elsewhere in its atom {corner}", answers)
            for corner in program.ask_atom(seen.eni, packet, seen.way)
            if corner != answers
        ]
    found += _unfiltered(seed, played, program)
    return len(asked), found


def _unfiltered(seed: int, played: Network, program: Program) -> list[str]:
    free = Answers(Answer("not-evaluated", None), Answer("not-evaluated", None))
    return [
        _says(seed, eni, packet, way, "simulator: nothing filters it", answers)
        for eni, way, packet in played.unfiltered
        if (answers := program.ask(eni, packet, way)) != free
    ]


def _says(seed: int, eni: Eni, packet: Packet, way: Way, other: str, answers: Answers) -> str:
    return f"seed {seed}, {eni.id} {way.value} {packet}: {other}; evaluator {answers}"


def hold(seeds: range) -> None:
    compared, found = 0, []
    for seed in seeds:
        number, differing = disagreements(seed)
        compared += number
        found += differing
    assert not found, f"{len(found)} of {compared} differ:\n" + "\n".join(found[:10])
    assert compared > 10 * len(seeds), "the networks hardly have traffic"


def test_agreement_on_some_networks() -> None:
    hold(range(QUICK))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(QUICK, QUICK + FULL, BLOCK))
def test_agreement_on_ten_thousand_networks(first: int) -> None:
    hold(range(first, first + BLOCK))


def _unsorted(acl: Acl, packet: Packet, way: Way) -> Entry | None:
    peer = matching.peer_of(packet, way)
    found = (each for each in acl.entries if each.way is way)
    return next((each for each in found if peer in each.net and matching.entry_service(each, packet)), None)


def _one_group(world: World, eni: Eni, packet: Packet, way: Way) -> tuple[list[Rule], list[Rule]]:
    return matching.allowing(world, replace(eni, groups=eni.groups[-1:]), packet, way)


def _either_port(line: Rule | Entry, packet: Packet) -> bool:
    turned = replace(packet, port=packet.source_port)
    return any(_RULE_SERVICE(line, each) for each in (packet, turned))


def _any_family(world: World, eni: Eni, rule: Rule, address: Address) -> bool:
    return rule.peer == ALL_V4 or _PEER_MATCHES(world, eni, rule, address)


_RULE_SERVICE = matching.rule_service
_PEER_MATCHES = matching.peer_matches
MISTAKES = {
    "entries count in the order of the listing": (network, "deciding", _unsorted),
    "only the last group counts": (network, "allowing", _one_group),
    "ACLs hold within the subnet": (network, "crosses", lambda *_: True),
    "source ports match": (matching, "rule_service", _either_port),
    "ICMP types do not matter": (matching, "_icmp", lambda *_: True),
    "0.0.0.0/0 holds for IPv6": (matching, "peer_matches", _any_family),
    "groups have their public addresses too": (World, "at", lambda self, address, _vpc: _by_public(self, address)),
    "nothing is beyond filters": (network, "reserved", lambda *_: frozenset()),
}
"""Mistakes that known tools make, made in the simulator: where it then still agrees, agreement means nothing."""


def _by_public(world: World, address: Address) -> Eni | None:
    return next((eni for eni in world.enis.values() if address in (*eni.addresses, eni.public)), None)


@pytest.mark.parametrize("mistake", [pytest.param(each, id=name) for name, each in MISTAKES.items()])
def test_a_mistake_is_noticed(mistake: tuple[object, str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*mistake)
    assert any(disagreements(seed)[1] for seed in range(QUICK))
