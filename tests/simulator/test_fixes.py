"""What a diagnosis says is needed, put into the network, lets the rejected packet pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from typing import TypeVar

from checker.filter.diagnose import diagnose
from checker.filter.evaluate import evaluate
from checker.filter.index import Index
from checker.filter.result import Packet as Seen
from checker.model.diagnosis import Need, Verdict
from checker.model.firewall import (
    Direction,
    GroupPeer,
    NetworkAcl,
    NetworkAclEntry,
    Peer,
    RuleAction,
    SecurityGroup,
    SecurityGroupRule,
)
from checker.model.model import NetworkModel
from checker.model.record import replace
from checker.model.traffic import FlagsClass, FlowAggregate
from checker.rules._fix_traffic import TrafficFixes
from tests.filter.net import READ, flow, log
from tests.simulator.bridge import DIRECTIONS, model_of
from tests.simulator.conversations import Conversation, conversations, reply_to
from tests.simulator.generate import make
from tests.simulator.network import Network
from tests.simulator.world import TCP, UDP, Packet, Way, World

E = TypeVar("E", SecurityGroup, NetworkAcl)
SEEDS = range(60)
CONVERSATIONS = 30
PASSED = (Verdict.ALLOWED, Verdict.NOT_EVALUATED)


def rejected(world: World, talk: Conversation) -> tuple[FlowAggregate, bool] | None:
    """Return the first rejected packet of a conversation as its interface records it, and whether it is a reply."""
    network = Network(world)
    for packet, sender, receiver, reply in (
        (talk.request, talk.client, talk.server, False),
        (reply_to(talk.request), talk.server, talk.client, True),
    ):
        if not network.send(packet, sender, receiver, 0, reply=reply):
            last = network.seen[-1]
            return _recorded(packet, last.eni.id, DIRECTIONS[last.way], reply=reply), reply
    return None


def _recorded(packet: Packet, interface: str, way: Direction, *, reply: bool) -> FlowAggregate:
    came = way is DIRECTIONS[Way.IN]
    flags = FlagsClass.SYN_ACK if reply else FlagsClass.SYN
    return flow(
        way,
        f"{packet.protocol}/{packet.port}" if packet.protocol in (TCP, UDP) else str(packet.protocol),
        str(packet.source if came else packet.destination),
        interface=interface,
        local=str(packet.destination if came else packet.source),
        flags=flags if packet.protocol == TCP else FlagsClass.NONE,
        reverse_accepted=reply,
    )


def _with(model: NetworkModel, need: Need) -> NetworkModel | None:
    """Return the network with a need filled; None where no number is left."""
    found = model.by_key[need.key]
    if isinstance(found, SecurityGroup):
        peers: list[Peer] = [GroupPeer(need.peer_group)] if need.peer_group else list(need.prefixes)
        group = replace(found, rules=(*found.rules, *(_rule(found, need, peer) for peer in peers)))
        return replace(model, security_groups=_put(model.security_groups, group))
    assert isinstance(found, NetworkAcl)
    if need.number is None:
        return None
    (prefix,) = need.prefixes
    new = NetworkAclEntry(
        origin_key=found.key, rule_number=need.number, direction=need.direction, rule_action=RuleAction.ALLOW,
        protocol=need.protocol, prefix=prefix, ports=need.ports, icmp=None,
    )  # fmt: skip
    acl = replace(found, entries=(*found.entries, new))
    return replace(model, network_acls=_put(model.network_acls, acl))


def _rule(group: SecurityGroup, need: Need, peer: Peer) -> SecurityGroupRule:
    return SecurityGroupRule(
        key=f"new {peer}", origin=group.origin, type="aws_security_group_rule", id=f"new {peer}", arn=None,
        account=group.account, region=group.region, tags={}, group=group.key, direction=need.direction,
        protocol=need.protocol, ports=need.ports, icmp=None, peer=peer, description=None,
    )  # fmt: skip


def _put(listed: tuple[E, ...], new: E) -> tuple[E, ...]:
    return tuple(new if each.key == new.key else each for each in listed)


def _passes(model: NetworkModel, record: FlowAggregate, *, reply: bool) -> bool:
    """Say whether a packet passes its interface. Without its type, nobody can tell of ICMP: it must not be denied."""
    index = Index(model)
    interface = index.interface(record.interface)
    assert interface is not None
    assert record.direction is not None
    packet = Seen(
        direction=record.direction, protocol=record.protocol, peer=ip_address(record.peer_first),
        port=record.port_first,
    )  # fmt: skip
    found = evaluate(index, interface, packet)
    verdict = found.acl.verdict if reply else found.verdict
    return verdict in PASSED or (record.protocol in (1, 58) and verdict is Verdict.UNKNOWN)


def _fixed(model: NetworkModel, record: FlowAggregate) -> Iterator[NetworkModel | None]:
    """Yield the network with all that is needed in it; nothing where nothing is, None where no number is left."""
    fixes = TrafficFixes(model, lambda: found)
    found = diagnose(log(record), Index(model), taken=READ, fixes=fixes)
    if not found[0].needs:
        return
    made: NetworkModel | None = model
    for need in found[0].needs:
        made = None if made is None else _with(made, need)
    yield made


def test_what_is_needed_is_enough() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        world = make(seed)
        model = model_of(world)
        for talk in conversations(world, seed, CONVERSATIONS):
            stopped = rejected(world, talk)
            if stopped is None:
                continue
            record, reply = stopped
            for made in _fixed(model, record):
                if made is None:
                    seen["no number"] += 1
                    continue
                assert not _passes(model, record, reply=reply)
                assert _passes(made, record, reply=reply), f"seed {seed}: {record}"
                seen["reply" if reply else "request"] += 1
    assert seen["request"] > 400, seen
    assert seen["reply"] > 20, seen
