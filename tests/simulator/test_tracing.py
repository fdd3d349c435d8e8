"""``flowcheck explain`` says of single flows what the simulator does with them: where they end, there or back."""

from __future__ import annotations

from collections import Counter

from checker.filter.explain import Explanation, explain, parse_flow
from checker.filter.index import Index
from checker.model.diagnosis import Verdict
from tests.simulator.accounts import Cause, cause_of
from tests.simulator.bridge import model_of
from tests.simulator.conversations import Conversation, conversations, reply_to
from tests.simulator.generate import make
from tests.simulator.network import Network
from tests.simulator.world import Address, Link, Packet, World

SEEDS = range(120)
CONVERSATIONS = 25
ANSWERED = (None, (8, 0), (128, 0))


def text(packet: Packet) -> str:
    """Return a flow as a person would ask for it."""
    code = "" if packet.code is None else f" {packet.code[0]}/{packet.code[1]}"
    return f"{packet.protocol}{code} {_end(packet, packet.source, packet.source_port)} -> " + _end(
        packet, packet.destination, packet.port
    )


def _end(packet: Packet, address: Address, port: int) -> str:
    if packet.protocol not in (6, 17):
        return str(address)
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


def end_of(world: World, talk: Conversation) -> tuple[str, str, Cause] | None:
    """Return leg, interface and line where the simulator ends a flow; None where it passes there and back."""
    network = Network(world)
    for leg, packet, sender, receiver in (
        ("request", talk.request, talk.client, talk.server),
        ("reply", reply_to(talk.request), talk.server, talk.client),
    ):
        if not network.send(packet, sender, receiver, 0, reply=leg == "reply"):
            last = network.seen[-1]
            assert last.refusal is not None
            return leg, last.eni.id, cause_of(world, last.eni, last.refusal)
    return None


def told(explanation: Explanation) -> tuple[str, str | None, Cause] | None:
    for step in explanation.steps:
        if step.result.verdict is Verdict.DENIED:
            line = step.result.line
            return step.leg.value, step.interface, Cause(step.result.stage.value, None if line is None else line.id)
    return None


def _comparable(world: World, talk: Conversation) -> bool:
    """Say whether a flow is of a kind that can be named by addresses alone, and of which both legs are known."""
    ends = ((talk.client, talk.request.source), (talk.server, talk.request.destination))
    public = {eni.public for eni in world.enis.values()}
    nets = [net for vpc in world.vpcs.values() for net in vpc.nets]
    hidden = any(eni is None and (any(at in net for net in nets) or at in public) for eni, at in ends)
    return talk.kind != "aws" and talk.request.code in ANSWERED and not hidden


def test_traced_flows_end_where_the_simulator_ends_them() -> None:
    compared: Counter[str] = Counter()
    for seed in SEEDS:
        world = make(seed)
        if world.link is Link.TRANSIT or (len(world.vpcs) > 1 and world.link is None):
            continue  # the gateway's own interfaces are no ends, and equal addresses are ambiguous
        index = Index(model_of(world))
        for talk in filter(lambda talk: _comparable(world, talk), conversations(world, seed, CONVERSATIONS)):
            explanation = explain(index, parse_flow(text(talk.request)))
            expected = end_of(world, talk)
            assert told(explanation) == expected, f"seed {seed}: {text(talk.request)}: {explanation.says}"
            assert explanation.verdict is (Verdict.ALLOWED if expected is None else Verdict.DENIED), explanation.says
            compared["passed" if expected is None else f"{expected[0]} {expected[2].stage}"] += 1
    assert set(compared) >= {
        "passed", "request sg-ingress", "request sg-egress", "request nacl-ingress", "request nacl-egress",
        "reply nacl-ingress", "reply nacl-egress",
    }, compared  # fmt: skip
    assert compared.total() > 1000
