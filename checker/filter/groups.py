"""The security groups of an interface, for one packet: allowed if any rule of any group allows it.

Source: VPC User Guide, "Security group rules".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.filter.index import Index
from checker.filter.meets import rule_meets
from checker.filter.references import is_network_load_balancer
from checker.filter.result import Doubt, Holds, Match, Note, Packet, StageResult
from checker.filter.sketch import ANY, FAMILY_ONLY, Numbers, differs
from checker.filter.unfiltered import unfiltered
from checker.filter.words import entity_name, rule_line
from checker.model.diagnosis import CauseDetail, Dimension, Stage, Verdict
from checker.model.firewall import Direction, SecurityGroup, SecurityGroupRule
from checker.model.known import Key, Unknown
from checker.model.network import NetworkInterface
from checker.model.record import dataclass, replace

SG_STAGES: Final = {Direction.INGRESS: Stage.SG_INGRESS, Direction.EGRESS: Stage.SG_EGRESS}

_WITHOUT: Final = {
    "nat_gateway": "a NAT gateway",
    "natGateway": "a NAT gateway",
    "nat-gateway": "a NAT gateway",
    "transit_gateway": "a transit gateway",
    "transit-gateway": "a transit gateway",
    "gateway_load_balancer_endpoint": "a Gateway Load Balancer endpoint",
    "gateway_load_balancer": "a Gateway Load Balancer",
    "network_load_balancer": "a Network Load Balancer without one",
}
"""Interfaces that have no security group, or may have none."""

_PRIVATE_LINK: Final = "the load balancer also holds what comes by PrivateLink against its groups, which can be off"
"""Source: Elastic Load Balancing, ``EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic``."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What the rules of an interface's groups say, before it becomes an answer."""

    matches: tuple[tuple[SecurityGroupRule, Match], ...]
    """Of the rules of the packet's direction that are worth a word."""
    any_rule: bool
    """Whether there is a rule in that direction at all."""
    doubts: tuple[Doubt, ...]
    """Why there may be further rules."""


def group_stage(index: Index, interface: NetworkInterface, packet: Packet) -> StageResult:
    """Return what the security groups of an interface do with a packet."""
    stage = SG_STAGES[packet.direction]
    free = unfiltered(index, index.subnet(interface.subnet), packet.peer, packet.protocol, packet.port)
    if free is not None:
        return StageResult(stage=stage, verdict=Verdict.NOT_EVALUATED, why=f"security groups do not filter {free}")
    if has_no_group(interface):
        return _no_group(stage, interface)
    found = _look(index, interface, packet)
    if found.any_rule or found.doubts:
        made = _answer(index, stage, found)
    else:
        made = StageResult(stage=stage, verdict=Verdict.DENIED, no_rules=True)
    if made.verdict is Verdict.DENIED and stage is Stage.SG_INGRESS and is_network_load_balancer(interface):
        return replace(made, assumed=(*made.assumed, _PRIVATE_LINK))
    return made


def _answer(index: Index, stage: Stage, found: _Found) -> StageResult:
    for rule, match in found.matches:
        if match.holds is Holds.YES:
            line = rule_line(index, rule)
            return StageResult(stage=stage, verdict=Verdict.ALLOWED, line=line, via=match.via, assumed=match.assumed)
    notes = tuple(_notes(index, found))
    perhaps = [(rule, match) for rule, match in found.matches if match.holds is Holds.PERHAPS]
    if not perhaps and not found.doubts:
        assumed = tuple(sorted({text for _, match in found.matches for text in match.assumed}))
        return StageResult(stage=stage, verdict=Verdict.DENIED, notes=notes, assumed=assumed)
    doubts = dict.fromkeys([doubt for _, match in perhaps for doubt in match.doubts] + list(found.doubts))
    return StageResult(
        stage=stage,
        verdict=Verdict.UNKNOWN,
        candidates=tuple(rule_line(index, rule) for rule, _ in perhaps),
        doubts=tuple(doubts),
        notes=notes,
    )


def _notes(index: Index, found: _Found) -> Iterator[Note]:
    """Yield what is worth saying of rules that do not match: references first, then the other address family."""
    for rule, match in found.matches:
        if match.note is not None and match.differs == (Dimension.CIDR,):
            yield Note(rule_line(index, rule), *match.note)
    for rule, match in found.matches:
        if match.differs == (Dimension.FAMILY,):
            yield Note(rule_line(index, rule), CauseDetail.SG_FAMILY, "it is for the other address family")
            return


def has_no_group(interface: NetworkInterface) -> bool:
    """Say whether an interface is known to carry no security group."""
    return not isinstance(interface.security_groups, Unknown) and not interface.security_groups


def _no_group(stage: Stage, interface: NetworkInterface) -> StageResult:
    kinds = [each for each in (interface.interface_type, interface.managed_by) if isinstance(each, str)]
    what = next((_WITHOUT[each] for each in kinds if each in _WITHOUT), None)
    why = f"{entity_name(interface)} has no security group" + (f", being that of {what}" if what else "")
    return StageResult(stage=stage, verdict=Verdict.NOT_EVALUATED, why=why)


def _look(index: Index, interface: NetworkInterface, packet: Packet) -> _Found:
    matches: list[tuple[SecurityGroupRule, Match]] = []
    doubts: list[Doubt] = []
    any_rule = False
    numbers = Numbers.of(packet)
    for group in groups_of(index, interface):
        if isinstance(group, Doubt):
            doubts.append(group)
            continue
        more = index.more_rules(group)
        if more is not None:
            doubts.append(Doubt(CauseDetail.CONFIG, f"{entity_name(group)} may have more rules: {more.reason}"))
        any_rule = any_rule or bool(index.rules_for(group, packet.direction, ANY, ANY))
        serving = index.rules_for(group, packet.direction, numbers.protocol, numbers.port)
        near = [each.of for each in serving if differs(each, numbers) in (0, FAMILY_ONLY)]
        matches += [(rule, rule_meets(index, interface, rule, packet)) for rule in near]
    return _Found(tuple(matches), any_rule, tuple(doubts))


def groups_of(index: Index, interface: NetworkInterface) -> Iterator[SecurityGroup | Doubt]:
    """Yield the groups of an interface in the order of their keys; a doubt for each that is not known."""
    listed = interface.security_groups
    if isinstance(listed, Unknown):
        yield Doubt(CauseDetail.CONFIG, f"the groups of {entity_name(interface)} are not known ({listed.reason})")
        return
    for each in listed:
        if isinstance(each, Unknown):
            yield Doubt(CauseDetail.CONFIG, f"a group of {entity_name(interface)} is not known ({each.reason})")
    for key in sorted(index.key(each) for each in listed if isinstance(each, str)):
        yield _group(index, key)


def _group(index: Index, key: Key) -> SecurityGroup | Doubt:
    found = index.group(key)
    return Doubt(CauseDetail.CONFIG, f"{key} is not in the input: its rules are not known") if found is None else found
