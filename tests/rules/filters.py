"""Security groups, network ACLs and prefix lists with every field filled; ``tcp 22`` says what they match."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from checker.model.address import PROTOCOL_NUMBERS, IcmpTypeCode, PortRange
from checker.model.firewall import (
    Direction,
    NetworkAcl,
    NetworkAclEntry,
    PrefixList,
    RuleAction,
    SecurityGroup,
    SecurityGroupRule,
)
from checker.model.known import Unknown
from tests.rules.build import _with

ANYWHERE = "0.0.0.0/0"
LATER = Unknown("known after apply")


def _what(text: str) -> dict[str, Any]:
    """Read ``tcp 22``, ``tcp 80-443``, ``icmp 8``, ``50`` or ``all``."""
    word, _, rest = text.partition(" ")
    protocol = PROTOCOL_NUMBERS[word] if word in PROTOCOL_NUMBERS else int(word)
    first, _, last = rest.partition("-")
    ports = icmp = None
    if protocol in (6, 17):
        ports = PortRange(int(first or 0), int(last or first or 65535))
    if protocol in (1, 58):
        icmp = IcmpTypeCode(int(first or -1), -1)
    return {"protocol": protocol, "ports": ports, "icmp": icmp}


def _peer(peer: Any) -> Any:
    return ip_network(peer) if isinstance(peer, str) else peer


def rule(what: str = "tcp 22", peer: Any = ANYWHERE, **over: Any) -> SecurityGroupRule:
    """An ingress rule of the group ``aws_security_group.a``; ``address`` names another resource."""
    address = over.pop("address", "aws_vpc_security_group_ingress_rule.a")
    defaults = {
        "group": "aws_security_group.a",
        "direction": Direction.INGRESS,
        "peer": _peer(peer),
        "description": None,
        **_what(what),
    }
    return _with(SecurityGroupRule, address, defaults, over)


def egress(what: str = "all", peer: Any = ANYWHERE, **over: Any) -> SecurityGroupRule:
    over.setdefault("address", "aws_vpc_security_group_egress_rule.a")
    return rule(what, peer, direction=Direction.EGRESS, **over)


def group(*rules: SecurityGroupRule, address: str = "aws_security_group.a", **over: Any) -> SecurityGroup:
    defaults = {
        "vpc": "aws_vpc.a",
        "name": "a",
        "is_default": False,
        "rules": tuple(replace(each, key=f"{each.key}#{n}") for n, each in enumerate(rules)),
        "unread": None,
    }
    return _with(SecurityGroup, address, defaults, over)


def default_group(*rules: SecurityGroupRule, **over: Any) -> SecurityGroup:
    return group(*rules, **{"address": "aws_default_security_group.a", "name": "default", "is_default": True, **over})


def entry(number: Any, action: str, what: str, prefix: Any = ANYWHERE, **over: Any) -> NetworkAclEntry:
    """``entry(100, "allow", "tcp 443")``; ingress unless told otherwise."""
    made = {
        "origin_key": "aws_network_acl.a",
        "rule_number": number,
        "direction": Direction.INGRESS,
        "rule_action": RuleAction(action),
        "prefix": _peer(prefix),
        **_what(what),
    }
    return NetworkAclEntry(**{**made, **over})


def out(number: Any, action: str, what: str, prefix: Any = ANYWHERE, **over: Any) -> NetworkAclEntry:
    return entry(number, action, what, prefix, direction=Direction.EGRESS, **over)


def acl(*entries: NetworkAclEntry, address: str = "aws_network_acl.a", **over: Any) -> NetworkAcl:
    defaults = {
        "vpc": "aws_vpc.a",
        "is_default": False,
        "entries": entries,
        "subnets": ("aws_subnet.a",),
        "unread": None,
    }
    return _with(NetworkAcl, address, defaults, over)


def prefix_list(*prefixes: Any, address: str = "aws_ec2_managed_prefix_list.a", **over: Any) -> PrefixList:
    defaults = {"name": "a", "prefixes": tuple(_peer(prefix) for prefix in prefixes)}
    return _with(PrefixList, address, defaults, over)


ALLOW_ALL = (entry(100, "allow", "all"), out(100, "allow", "all"))
"""What a default network ACL has when AWS creates it."""
