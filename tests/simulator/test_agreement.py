"""Evaluator, atoms and the independent simulator agree on every packet of many networks.

The simulator (``tests/simulator``) knows rules, entries and connections from the AWS documentation only and shares no
code with ``checker.filter``. Networks are made from seeds, so a disagreement is repeated by its seed.
"""

from __future__ import annotations

import pytest

from tests.simulator.asking import Answer, Answers, Program, expected
from tests.simulator.bridge import model_of
from tests.simulator.conversations import run
from tests.simulator.generate import make
from tests.simulator.network import Network
from tests.simulator.world import Eni, Packet, Way

CONVERSATIONS = 12
"""In each network."""
QUICK = 300
FULL = 10_200
BLOCK = 850


def disagreements(seed: int) -> tuple[int, list[str]]:
    """Return how many different packets were compared in one network, and where the answers differ."""
    world = make(seed)
    network = run(world, seed, CONVERSATIONS)
    program = Program.over(model_of(world))
    asked = set()
    found: list[str] = []
    for seen in network.seen:
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
    found += _unfiltered(seed, network, program)
    return len(asked), found


def _unfiltered(seed: int, network: Network, program: Program) -> list[str]:
    free = Answers(Answer("not-evaluated", None), Answer("not-evaluated", None))
    return [
        _says(seed, eni, packet, way, "simulator: nothing filters it", answers)
        for eni, way, packet in network.unfiltered
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
