"""The smallest change that lets rejected traffic through: a group rule or an ACL entry, in Terraform and commands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, TypeAlias

from checker.filter.addresses import addresses, prefixes_of
from checker.model.address import ALL_PROTOCOLS, PROTOCOL_NUMBERS, PortRange, Prefix
from checker.model.diagnosis import Diagnosis, Need
from checker.model.entity import Entity
from checker.model.finding import Remediation
from checker.model.firewall import Direction, NetworkAcl, SecurityGroup
from checker.model.known import Key, Unknown
from checker.model.later import later
from checker.model.model import NetworkModel
from checker.rules._fix import label, place, reference
from checker.rules._fix_filter import acl_command, acl_rule, known_id

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
    used: _Used = {}
    for need in merged[:_MOST]:
        entity = model.by_key.get(need.key)
        if isinstance(entity, SecurityGroup):
            summaries.append(_group_summary(need, entity))
            terraform += _group_terraform(need, entity, model)
            commands += _group_commands(need, entity, model)
        elif isinstance(entity, NetworkAcl):
            numbers = _numbers(need, entity, used)
            summaries.append(_acl_summary(need, entity, numbers))
            terraform += _acl_terraform(need, entity, numbers)
            commands += _acl_commands(need, entity, numbers)
    if len(merged) > _MOST:
        summaries.append(f"{len(merged) - _MOST} more such changes are with the diagnoses.")
    return Remediation(
        summary=" ".join(summaries) or "Open it where it is written; it is not in the network as read.",
        terraform="\n".join(terraform) or None,
        cli="\n".join(commands) or None,
    )


_Used: TypeAlias = dict[tuple[Key, Direction], set[int]]
"""Rule numbers that this fix has given to new entries, by ACL and direction."""


def _merged(needs: Sequence[Need]) -> list[Need]:
    """Return needs with the peers of equal ones together, each with the lowest of their entry numbers."""
    if len(needs) == 1:
        return [*needs]  # its prefixes are as few as can be
    alike: dict[tuple[object, ...], list[Need]] = {}
    for need in needs:
        bare = (need.kind, need.key, need.direction, need.protocol, need.ports, need.peer_group)
        alike.setdefault(bare, []).append(need)
    return [_together(several) for several in alike.values()]


def _together(several: Sequence[Need]) -> Need:
    first = several[0]
    return Need(
        kind=first.kind,
        key=first.key,
        direction=first.direction,
        protocol=first.protocol,
        ports=first.ports,
        prefixes=later(lambda: _collapsed(prefix for each in several for prefix in each.prefixes)),
        peer_group=first.peer_group,
        number=_lowest([each.number for each in several]),
    )


def _lowest(numbers: Sequence[int | None]) -> int | None:
    known = [each for each in numbers if each is not None]
    return min(known) if len(known) == len(numbers) else None


def _collapsed(prefixes: Iterable[Prefix]) -> tuple[Prefix, ...]:
    return tuple(prefixes_of(addresses(prefixes)))


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
            ("cidr_ipv6" if prefix.version == 6 else "cidr_ipv4", f'"{prefix}"') for prefix in need.prefixes[:_MOST]
        ]
    word = _NAMES.get(need.protocol, "all" if need.protocol == ALL_PROTOCOLS else f"protocol_{need.protocol}")
    port = f"_{need.ports.first}" if need.ports else ""
    start = f'{place(group)}resource "aws_vpc_security_group_{need.direction.value}_rule" "{label(group)}_{word}{port}'
    rows = _group_rows(need, group)
    return [
        f'{start}{f"_{at + 1}" if at else ""}" {{\n{_aligned([*rows, target])}\n}}\n'
        for at, target in enumerate(targets)
    ]


def _group_rows(need: Need, group: SecurityGroup) -> list[tuple[str, str]]:
    rows = [("security_group_id", reference(group, "id")), ("ip_protocol", f'"{_terraform_protocol(need)}"')]
    if need.protocol in (PROTOCOL_NUMBERS["icmp"], PROTOCOL_NUMBERS["icmpv6"]):
        rows += [("from_port", "-1"), ("to_port", "-1")]
    elif need.ports is not None:
        rows += [("from_port", str(need.ports.first)), ("to_port", str(need.ports.last))]
    return rows


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


def _acl_summary(need: Need, acl: NetworkAcl, numbers: Sequence[int]) -> str:
    way = "from" if need.direction is Direction.INGRESS else "to"
    what = f"that allows {service(need.protocol, need.ports)} {way} {_peers_of(need)} ({need.direction.value})"
    if not numbers:
        return f"No number is known to be free before what denies it: renumber {_name(acl)}, then add an entry {what}."
    shown = f"number {numbers[0]}" if len(numbers) == 1 else f"numbers {', '.join(map(str, numbers))}"
    more = min(len(need.prefixes), _MOST) - len(numbers)
    rest = f" No number is free for {more} more of them: renumber the entries first." if more > 0 else ""
    return f"Add {'an entry' if len(numbers) == 1 else 'entries'} with {shown} to {_name(acl)} {what}.{rest}"


def _numbers(need: Need, acl: NetworkAcl, used: _Used) -> list[int]:
    """Return free rule numbers for the peers of a need, the first one that of the need; fewer where none is left."""
    if need.number is None:
        return []
    given = used.setdefault((need.key, need.direction), set())
    taken = {
        each.rule_number
        for each in acl.entries
        if each.direction is need.direction and not isinstance(each.rule_number, Unknown)
    }
    busy = taken | given
    numbers = list(islice((n for n in range(need.number, 0, -1) if n not in busy), len(need.prefixes[:_MOST])))
    given.update(numbers)
    return numbers


def _acl_terraform(need: Need, acl: NetworkAcl, numbers: Sequence[int]) -> list[str]:
    egress = need.direction is Direction.EGRESS
    return [
        acl_rule(
            acl, f"{label(acl)}_{need.direction.value}_{number}", number=number, egress=egress, action="allow",
            ports=_acl_ports(need), cidr=str(prefix),
        )
        for number, prefix in zip(numbers, need.prefixes, strict=False)
    ]  # fmt: skip


def _acl_commands(need: Need, acl: NetworkAcl, numbers: Sequence[int]) -> list[str]:
    egress = need.direction is Direction.EGRESS
    made = [
        acl_command(acl, number=number, egress=egress, action="allow", ports=_acl_ports(need), cidr=str(prefix))
        for number, prefix in zip(numbers, need.prefixes, strict=False)
    ]
    return [each for each in made if each is not None]


def _acl_ports(need: Need) -> tuple[int, int, int]:
    ports = need.ports or PortRange(0, 65535)
    return need.protocol, ports.first, ports.last
