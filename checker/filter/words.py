"""Rules and entries as lines of evidence."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from checker.filter.index import Index
from checker.filter.service import ALL_SERVICES, protocol_services, services, words_of
from checker.model.address import IcmpTypeCode, PortRange
from checker.model.diagnosis import Line
from checker.model.entity import Entity
from checker.model.firewall import (
    Direction,
    GroupPeer,
    NetworkAcl,
    NetworkAclEntry,
    PrefixListPeer,
    RuleAction,
    SecurityGroupRule,
)
from checker.model.known import Maybe, Unknown

_TOWARDS: Final = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
FINAL: Final = "*"
"""Number of the final deny, as the console writes it."""


def entity_name(entity: Entity) -> str:
    """Return the id of an entity, its key where it has none yet."""
    return entity.id if isinstance(entity.id, str) else entity.key


def rule_line(index: Index, rule: SecurityGroupRule) -> Line:
    """Return a security group rule as a line."""
    known = index.lines.get(id(rule))
    if known is not None:
        return known[1]
    service = _service(rule.protocol, rule.ports, rule.icmp)
    says = f"allow {service} {_TOWARDS[rule.direction]} {_peer(index, rule)}"
    found = Line(id=entity_name(rule), address=rule.origin.address, says=says, origin=rule.origin)
    index.lines[id(rule)] = (rule, found)
    return found


def entry_line(acl: NetworkAcl, entry: NetworkAclEntry) -> Line:
    """Return a network ACL entry as a line."""
    number = "?" if isinstance(entry.rule_number, Unknown) else entry.rule_number
    action = "allow or deny" if isinstance(entry.rule_action, Unknown) else entry.rule_action.value
    prefix = "a prefix that is not known" if isinstance(entry.prefix, Unknown) else str(entry.prefix)
    service = _service(entry.protocol, entry.ports, entry.icmp)
    origin = entry.origin or acl.origin
    address = origin.address or (entry.origin_key if entry.origin_key != acl.key else None)
    says = f"{action} {service} {_TOWARDS[entry.direction]} {prefix}"
    return Line(id=f"{entity_name(acl)}#{number}", address=address, says=says, origin=origin)


def final_line(acl: NetworkAcl, version: int) -> Line:
    """Return the final deny of an ACL for one address family."""
    number = 32767 if version == 4 else 32768
    says = f"deny all IPv{version} traffic that no entry matches ({number})"
    return Line(id=f"{entity_name(acl)}#{FINAL}", address=acl.origin.address, says=says, origin=acl.origin)


def is_allow(entry: NetworkAclEntry) -> bool:
    """Say whether an entry is known to allow."""
    return not isinstance(entry.rule_action, Unknown) and entry.rule_action is RuleAction.ALLOW


@lru_cache(maxsize=4096)
def service_words(protocol: int, ports: PortRange | None, icmp: IcmpTypeCode | None = None) -> str:
    """Return a protocol with its ports: ``tcp/443``, ``udp/1024-65535``, ``icmp``."""
    found = services(protocol, ports, icmp)
    return "all traffic" if found == ALL_SERVICES else ", ".join(words_of(found))


def _service(protocol: Maybe[int], ports: Maybe[PortRange | None], icmp: Maybe[IcmpTypeCode | None]) -> str:
    if isinstance(protocol, Unknown):
        return "traffic of a protocol that is not known"
    if isinstance(ports, Unknown) or isinstance(icmp, Unknown):
        return f"some {', '.join(words_of(protocol_services(protocol)))}"
    return service_words(protocol, ports, icmp)


def _peer(index: Index, rule: SecurityGroupRule) -> str:
    peer = rule.peer
    if isinstance(peer, Unknown):
        return "a peer that is not known"
    if isinstance(peer, GroupPeer):
        found = index.group(peer.group)
        own = isinstance(rule.group, str) and index.key(rule.group) == index.key(peer.group)
        name = entity_name(found) if found is not None else peer.group
        return f"{name} (itself)" if own else name
    if isinstance(peer, PrefixListPeer):
        return f"prefix list {peer.prefix_list}"
    return str(peer)
