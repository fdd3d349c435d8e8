"""The smallest change that lets rejected traffic through: a group rule or an ACL entry, in Terraform and commands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from typing import Final

from checker.model.address import ALL_PROTOCOLS, PROTOCOL_NUMBERS, PortRange, Prefix
from checker.model.diagnosis import Diagnosis, Need
from checker.model.entity import Entity
from checker.model.finding import Remediation
from checker.model.firewall import Direction, NetworkAcl, SecurityGroup
from checker.model.known import Key
from checker.model.model import NetworkModel
from checker.model.record import replace
from checker.rules._fix import label, place, reference
from checker.rules._fix_filter import acl_command, acl_rule, free_number, known_id

_NAMES: Final = {number: word for word, number in PROTOCOL_NUMBERS.items() if number != ALL_PROTOCOLS}

_MOST: Final = 5
"""Peer blocks that are written out one by one; more of them are for a person to sum up."""


def remedy(diagnosis: Diagnosis, model: NetworkModel) -> Remediation | None:
    """Return what opens every control that denies the traffic; None where nothing is to be opened."""
    if diagnosis.expected or not diagnosis.needs:
        return None
    return remedies(diagnosis.needs, model)


def remedies(needs: Sequence[Need], model: NetworkModel) -> Remediation:
    """Return one fix for several needs, the first of them written out, those that differ in their peers only as one."""
    merged = _merged(needs)
    summaries: list[str] = []
    terraform: list[str] = []
    commands: list[str] = []
    for need in merged[:_MOST]:
        entity = model.by_key.get(need.key)
        if isinstance(entity, SecurityGroup):
            summaries.append(_group_summary(need, entity))
            terraform += _group_terraform(need, entity, model)
            commands += _group_commands(need, entity, model)
        elif isinstance(entity, NetworkAcl):
            summaries.append(_acl_summary(need, entity))
            terraform += _acl_terraform(need, entity)
            commands += _acl_commands(need, entity)
    if len(merged) > _MOST:
        summaries.append(f"{len(merged) - _MOST} more such changes are with the diagnoses.")
    return Remediation(
        summary=" ".join(summaries) or "Open it where it is written; it is not in the network as read.",
        terraform="\n".join(terraform) or None,
        cli="\n".join(commands) or None,
    )


def _merged(needs: Sequence[Need]) -> list[Need]:
    """Return needs with the peers of equal ones together, and with entry numbers that do not collide."""
    peers: dict[Need, list[Prefix]] = {}
    for need in needs:
        peers.setdefault(replace(need, prefixes=(), number=None), []).extend(need.prefixes)
    first: dict[tuple[Key, Direction], int | None] = {}
    for need in needs:
        first.setdefault((need.key, need.direction), need.number)
    taken: dict[tuple[Key, Direction], int] = {}
    made = []
    for need, several in peers.items():
        prefixes = _collapsed(several)
        place = (need.key, need.direction)
        number = first.get(place)
        if number is not None:
            number = max(number - taken.get(place, 0), 1)
            taken[place] = taken.get(place, 0) + len(prefixes[:_MOST])
        made.append(replace(need, prefixes=prefixes, number=number))
    return made


def _collapsed(prefixes: Iterable[Prefix]) -> tuple[Prefix, ...]:
    several = list(prefixes)
    four = collapse_addresses(each for each in several if isinstance(each, IPv4Network))
    six = collapse_addresses(each for each in several if isinstance(each, IPv6Network))
    return (*four, *six)


def service(protocol: int, ports: PortRange | None) -> str:
    """Return a protocol with its ports in words: ``tcp/5432``, ``udp/1024-65535``, ``icmp``."""
    word = "all traffic" if protocol == ALL_PROTOCOLS else _NAMES.get(protocol, f"protocol {protocol}")
    if ports is None:
        return word
    return f"{word}/{ports.first}" if ports.first == ports.last else f"{word}/{ports.first}-{ports.last}"


def _peers_of(need: Need, limit: int = _MOST) -> str:
    shown = ", ".join(str(prefix) for prefix in need.prefixes[:limit])
    more = len(need.prefixes) - limit
    return f"{shown} and {more} more" if more > 0 else shown


def _name(entity: Entity) -> str:
    return entity.origin.address or entity.key


def _group_summary(need: Need, group: SecurityGroup) -> str:
    way = "from" if need.direction is Direction.INGRESS else "to"
    who = f"the members of {need.peer_group}" if need.peer_group else _peers_of(need)
    return f"Add a rule to {_name(group)} that allows {service(need.protocol, need.ports)} {way} {who}."


def _group_terraform(need: Need, group: SecurityGroup, model: NetworkModel) -> list[str]:
    peer = model.by_key.get(need.peer_group) if need.peer_group else None
    if need.peer_group:
        targets = [("referenced_security_group_id", reference(peer, "id") if peer else json.dumps(need.peer_group))]
    else:
        targets = [
            ("cidr_ipv6" if prefix.version == 6 else "cidr_ipv4", json.dumps(str(prefix)))
            for prefix in need.prefixes[:_MOST]
        ]
    return [_group_rule(need, group, at, target) for at, target in enumerate(targets)]


def _group_rule(need: Need, group: SecurityGroup, at: int, target: tuple[str, str]) -> str:
    word = _NAMES.get(need.protocol, "all" if need.protocol == ALL_PROTOCOLS else f"protocol_{need.protocol}")
    port = f"_{need.ports.first}" if need.ports else ""
    name = f"{label(group)}_{word}{port}" + (f"_{at + 1}" if at else "")
    rows = [("security_group_id", reference(group, "id")), ("ip_protocol", json.dumps(_terraform_protocol(need)))]
    if need.protocol in (PROTOCOL_NUMBERS["icmp"], PROTOCOL_NUMBERS["icmpv6"]):
        rows += [("from_port", "-1"), ("to_port", "-1")]
    elif need.ports is not None:
        rows += [("from_port", str(need.ports.first)), ("to_port", str(need.ports.last))]
    rows.append(target)
    kind = f"aws_vpc_security_group_{need.direction.value}_rule"
    return f'{place(group)}resource "{kind}" "{name}" {{\n{_aligned(rows)}\n}}\n'


def _terraform_protocol(need: Need) -> str:
    return "-1" if need.protocol == ALL_PROTOCOLS else _NAMES.get(need.protocol, str(need.protocol))


def _aligned(rows: list[tuple[str, str]]) -> str:
    width = max(len(key) for key, _ in rows)
    return "\n".join(f"  {key.ljust(width)} = {value}" for key, value in rows)


def _group_commands(need: Need, group: SecurityGroup, model: NetworkModel) -> list[str]:
    home = known_id(group)
    if home is None:
        return []
    peer = model.by_key.get(need.peer_group) if need.peer_group else None
    if need.peer_group:
        known = (known_id(peer) if peer else None) or need.peer_group
        sources = [f"UserIdGroupPairs=[{{GroupId={known}}}]"]
    else:
        sources = [
            f"Ipv6Ranges=[{{CidrIpv6={prefix}}}]" if prefix.version == 6 else f"IpRanges=[{{CidrIp={prefix}}}]"
            for prefix in need.prefixes[:_MOST]
        ]
    icmp = need.protocol in (PROTOCOL_NUMBERS["icmp"], PROTOCOL_NUMBERS["icmpv6"])
    ports = f"FromPort={need.ports.first},ToPort={need.ports.last}," if need.ports else ""
    ports = "FromPort=-1,ToPort=-1," if icmp else ports
    return [
        f"aws ec2 authorize-security-group-{need.direction.value} --group-id {home}"
        f" --ip-permissions 'IpProtocol={_terraform_protocol(need)},{ports}{source}'"
        for source in sources
    ]


def _acl_summary(need: Need, acl: NetworkAcl) -> str:
    way = "from" if need.direction is Direction.INGRESS else "to"
    number = f" with number {need.number}" if need.number is not None else ""
    return (
        f"Add an entry{number} to {_name(acl)} that allows {service(need.protocol, need.ports)} {way} {_peers_of(need)}"
        f" ({need.direction.value})."
    )


def _numbers(need: Need, acl: NetworkAcl) -> list[int]:
    first = need.number if need.number is not None else free_number(acl, need.direction)
    return [max(first - at, 1) for at in range(len(need.prefixes[:_MOST]))]


def _acl_terraform(need: Need, acl: NetworkAcl) -> list[str]:
    egress = need.direction is Direction.EGRESS
    return [
        acl_rule(
            acl, f"{label(acl)}_{need.direction.value}_{number}", number=number, egress=egress, action="allow",
            ports=_acl_ports(need), cidr=str(prefix),
        )
        for number, prefix in zip(_numbers(need, acl), need.prefixes, strict=False)
    ]  # fmt: skip


def _acl_commands(need: Need, acl: NetworkAcl) -> list[str]:
    egress = need.direction is Direction.EGRESS
    made = [
        acl_command(acl, number=number, egress=egress, action="allow", ports=_acl_ports(need), cidr=str(prefix))
        for number, prefix in zip(_numbers(need, acl), need.prefixes, strict=False)
    ]
    return [each for each in made if each is not None]


def _acl_ports(need: Need) -> tuple[int, int, int]:
    ports = need.ports or PortRange(0, 65535)
    return need.protocol, ports.first, ports.last
