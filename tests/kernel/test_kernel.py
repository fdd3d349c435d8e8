"""The Linux kernel as referee: it filters real packets by the same rules, and the evaluator must say what it did.

Security groups are stateful rulesets (connection tracking) in the namespace of each interface, network ACLs stateless
rulesets in a router between the subnets. Requests and replies of TCP, UDP, ICMP and other protocols are sent, IPv4 and
IPv6, and each control logs by which line it decided.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import pytest

from tests.kernel.namespaces import lack
from tests.kernel.referee import Flow, Referee, Step, flows, wired
from tests.kernel.referee import refused as is_refused
from tests.kernel.ruleset import KNOWN, NONE
from tests.simulator.asking import Program
from tests.simulator.bridge import model_of
from tests.simulator.generate import make
from tests.simulator.world import Eni, Packet, Way, World

CONVERSATIONS = 60
"""Tried in each network; about half of them can be told apart on the wire."""
QUICK = range(10)
BLOCK = 25
FULL = range(len(QUICK), len(QUICK) + 4 * BLOCK, BLOCK)


@pytest.fixture(scope="module", autouse=True)
def kernel() -> None:
    """Skip, visibly, where the kernel cannot be asked; in CI only a machine of another kind is an excuse."""
    missing = lack()
    if missing is not None and missing.repairable and os.environ.get("CI") == "true":
        pytest.fail(missing.why)
    if missing is not None:
        pytest.skip(missing.why)


class Leg(NamedTuple):
    """A request or a reply on its way."""

    packet: Packet
    sender: Eni | None
    receiver: Eni | None
    steps: list[Step]
    reply: bool


def legs(flow: Flow) -> Iterator[Leg]:
    yield Leg(flow.request, flow.client, flow.server, flow.steps, reply=False)
    if flow.reply is not None and flow.arrived:
        yield Leg(flow.reply, flow.server, flow.client, flow.back, reply=True)


def said(program: Program, leg: Leg) -> list[Step]:
    """Return the steps that a packet takes according to the evaluator, up to the one that refuses it."""
    found: list[Step] = []
    for eni, way in ((leg.sender, Way.OUT), (leg.receiver, Way.IN)):
        if eni is None:
            continue
        answers = program.ask(eni, leg.packet, way)
        controls = [("group", answers.group), ("acl", answers.acl)]
        for control, answer in controls if way is Way.OUT else reversed(controls):
            if answer.verdict == "not-evaluated":
                continue
            allowed = answer.verdict == "allowed" or (leg.reply and control == "group")
            found.append(Step(eni.id, f"{control}-{way.value}", _line(control, answer.line, leg)))
            if not allowed:
                return found
    return found


def _line(control: str, line: str | None, leg: Leg) -> str:
    if control == "group":
        return KNOWN if leg.reply else line or NONE
    number = str(line).rpartition("#")[2]
    return NONE if number == "*" else number


class Tally:
    """What was compared."""

    def __init__(self) -> None:
        self.flows = 0
        self.kinds: Counter[tuple[int, str]] = Counter()
        """By protocol, and whether the request, the reply or nothing was refused."""
        self.found: list[str] = []

    def compare(self, world: World, seed: int, wired_as: World | None = None) -> None:
        """Send the flows of a world; ``wired_as`` is what the kernel gets, if not the same."""
        program = Program.over(model_of(world))
        tried = list(flows(world, seed, CONVERSATIONS))
        with wired(wired_as or world, tried) as wiring:
            Referee(wired_as or world, wiring, tried).decide()
        for flow in tried:
            self.flows += 1
            refused = "nothing"
            for leg in legs(flow):
                expected = said(program, leg)
                if sorted(expected) != sorted(leg.steps):
                    self.found.append(f"seed {seed}, {leg}: evaluator {expected}")
                if is_refused(leg.steps, world):
                    refused = "reply" if leg.reply else "request"
            self.kinds[flow.request.protocol, refused] += 1


def hold(seeds: range) -> Tally:
    tally = Tally()
    for seed in seeds:
        tally.compare(make(seed, plain=True), seed)
    assert not tally.found, f"{len(tally.found)} of {tally.flows} differ:\n" + "\n".join(tally.found[:10])
    return tally


def test_the_kernel_agrees_on_some_flows() -> None:
    tally = hold(QUICK)
    assert tally.flows >= 200


@pytest.mark.slow
@pytest.mark.parametrize("first", FULL)
def test_the_kernel_agrees_on_thousands_of_flows(first: int) -> None:
    tally = hold(range(first, first + BLOCK))
    assert tally.flows >= 700, "the four blocks together are to hold well over 2,000 flows"
    for protocol in (1, 6, 17, 58):
        assert tally.kinds[protocol, "nothing"], f"protocol {protocol}: nothing got through"
        assert tally.kinds[protocol, "request"], f"protocol {protocol}: nothing was refused"
    assert tally.kinds[6, "reply"]
    assert tally.kinds[17, "reply"]


def test_another_ruleset_in_the_kernel_is_noticed() -> None:
    """The comparison can fail: a kernel that has one thing else than the account gives other answers."""
    tally = Tally()
    for seed in QUICK:
        world, other = make(seed, plain=True), make(seed, plain=True)
        for acl in other.acls.values():
            acl.entries = [replace(entry, allow=not entry.allow) for entry in acl.entries]
        tally.compare(world, seed, other)
    assert tally.found
