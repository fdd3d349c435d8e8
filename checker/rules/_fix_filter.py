"""Terraform and AWS commands that put security groups and network ACLs right."""

from __future__ import annotations

import json
from collections.abc import Container
from itertools import chain
from shlex import quote
from typing import Final

from checker.filter.acl import Decided, decide
from checker.filter.addresses import family, prefixes_of
from checker.filter.intervals import Intervals
from checker.filter.needs import LAST_NUMBER
from checker.filter.packets import PacketSet
from checker.filter.service import ICMP, ICMPV6, TCP, UDP, WIDTH, ports_in
from checker.model.address import ALL_PROTOCOLS
from checker.model.entity import Entity
from checker.model.finding import Remediation
from checker.model.firewall import Direction, NetworkAcl, SecurityGroup, SecurityGroupRule
from checker.model.known import Unknown
from checker.model.record import dataclass
from checker.rules._fix import address_of, label, place, reference
from checker.rules._rule import Context

INSIDE: Final = "10.0.0.0/8"
"""Stands for the networks that need access, which only the owner knows."""

_NAMES: Final = {TCP: "tcp", UDP: "udp"}
_TYPED: Final = (ICMP, ICMPV6)
"""Protocols of which an entry must give type and code."""

_STEP: Final = 10


def known_id(entity: Entity) -> str | None:
    """Return the AWS id as a word of a command, None before the apply. A snapshot may hold any text for it."""
    return quote(entity.id) if isinstance(entity.id, str) else None


def narrow_rule(group: SecurityGroup, rules: list[SecurityGroupRule], packets: PacketSet) -> Remediation:
    """Return a narrower rule in place of rules that are open to the world, and how to revoke those that are live."""
    protocol, low, high = _first_ports(packets)
    old = ", ".join(sorted({rule.origin.address or rule.key for rule in rules}))
    name = f"{label(group)}_{_NAMES[protocol]}_{low}"
    text = (
        f"{place(group)}# in place of: {old}\n"
        f'resource "aws_vpc_security_group_ingress_rule" "{name}" {{\n'
        f"  security_group_id = {reference(group, 'id')}\n"
        f'  description       = "Only the networks that need it"\n'
        f'  ip_protocol       = "{_NAMES[protocol]}"\n'
        f"  from_port         = {low}\n"
        f"  to_port           = {high}\n"
        f'  cidr_ipv4         = "{INSIDE}"\n'
        "}\n"
    )
    summary = "Let in only the networks that need it, or use Session Manager or a VPN instead of an open port."
    return Remediation(summary=summary, terraform=text, cli=revoke(group, rules))


def _first_ports(packets: PacketSet) -> tuple[int, int, int]:
    for protocol in (TCP, UDP):
        for start, end in ports_in(packets.services(), protocol):
            return protocol, start, end - 1
    return TCP, 0, 65535


def revoke(group: SecurityGroup, rules: list[SecurityGroupRule]) -> str | None:
    """Return the commands that take live rules out of their group; None where ids are not known."""
    home = known_id(group)
    lines = []
    for direction in Direction:
        ids = sorted(rule.id for rule in rules if rule.direction is direction and isinstance(rule.id, str))
        if ids:
            lines.append(
                f"aws ec2 revoke-security-group-{direction.value} --group-id {home}"
                f" --security-group-rule-ids {' '.join(map(quote, ids))}"
            )
    return "\n".join(lines) if home and lines else None


def close_default_group(vpc: Entity, group: SecurityGroup | None) -> Remediation:
    """Return the resource that adopts a VPC's default group and leaves it without rules."""
    summary = "Adopt the default security group without rules: Terraform then removes those that AWS put there."
    if group is not None and address_of(group) is not None:
        address = address_of(group)
        name = address.name if address else "this"
        where = place(group)
        body = f"  vpc_id = {reference(vpc, 'id')} # and no ingress or egress\n"
    else:
        name, where = label(vpc), place(vpc)
        body = f"  vpc_id = {reference(vpc, 'id')}\n"
    text = f'{where}resource "aws_default_security_group" "{name}" {{\n{body}}}\n'
    return Remediation(summary=summary, terraform=text, cli=revoke(group, list(group.rules)) if group else None)


def acl_rule(
    acl: NetworkAcl, name: str, *, number: int, egress: bool, action: str, ports: tuple[int, int, int], cidr: str
) -> str:
    """Return an ``aws_network_acl_rule``; ``ports`` are protocol, first and last port."""
    protocol, low, high = ports
    block = "ipv6_cidr_block" if ":" in cidr else "cidr_block"
    rows = [
        ("network_acl_id", reference(acl, "id")),
        ("rule_number", str(number)),
        ("egress", "true" if egress else "false"),
        ("protocol", json.dumps(_NAMES.get(protocol, str(protocol)))),
        ("rule_action", json.dumps(action)),
        (block, json.dumps(cidr)),
    ]
    if protocol in _NAMES:
        rows += [("from_port", str(low)), ("to_port", str(high))]
    elif protocol in _TYPED:
        rows += [("icmp_type", "-1"), ("icmp_code", "-1")]
    width = max(len(key) for key, _ in rows)
    lines = "\n".join(f"  {key.ljust(width)} = {value}" for key, value in rows)
    note = ""
    if acl.origin.address:
        note = "# where the ACL has its entries inside its own block, add the same as a block there\n"
    return f'{place(acl)}{note}resource "aws_network_acl_rule" "{name}" {{\n{lines}\n}}\n'


def acl_command(
    acl: NetworkAcl, *, number: int, egress: bool, action: str, ports: tuple[int, int, int], cidr: str
) -> str | None:
    """Return the command that adds the same entry to a live ACL."""
    home = known_id(acl)
    if home is None:
        return None
    protocol, low, high = ports
    block = "--ipv6-cidr-block" if ":" in cidr else "--cidr-block"
    range_ = f" --port-range From={low},To={high}" if protocol in _NAMES else ""
    range_ = " --icmp-type-code Type=-1,Code=-1" if protocol in _TYPED else range_
    return (
        f"aws ec2 create-network-acl-entry --network-acl-id {home} --rule-number {number}"
        f" --{'egress' if egress else 'ingress'} --protocol {protocol}{range_} {block} {cidr} --rule-action {action}"
    )


def delete_entries(acl: NetworkAcl, direction: Direction, numbers: list[int]) -> str | None:
    """Return the commands that delete entries of a live ACL."""
    home = known_id(acl)
    if home is None:
        return None
    return "\n".join(
        f"aws ec2 delete-network-acl-entry --network-acl-id {home} --rule-number {number} --{direction.value}"
        for number in numbers
    )


RENUMBER: Final = " No number is free for the new entry: renumber those that are there first."


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to add to an ACL."""

    acl: NetworkAcl
    direction: Direction
    action: str
    ports: tuple[int, int, int]
    """Protocol, first and last port."""
    cidr: str

    def number(self, ctx: Context, before: int | None = None) -> int | None:
        """Return a number that no entry of this direction has and no other fix gives: below ``before``, else above all.

        None: there is none.
        """
        place = (self.acl.key, self.direction)
        given = ctx.new_entries.setdefault(place, {})
        same = (self.action, self.ports, self.cidr)
        if same not in given:
            of_traffic = ctx.recorded.fixes.numbers(*place) if ctx.recorded else ()
            given[same] = self._free({*given.values(), *of_traffic}, before)
        return given[same]

    def _free(self, given: Container[int | None], before: int | None) -> int | None:
        taken = {
            entry.rule_number
            for entry in self.acl.entries
            if entry.direction is self.direction and not isinstance(entry.rule_number, Unknown)
        }
        top = max(taken, default=0)
        behind = chain(range((top // _STEP + 1) * _STEP, LAST_NUMBER + 1, _STEP), range(top + 1, LAST_NUMBER + 1))
        choices = behind if before is None else range(before - 1, 0, -1)
        return next((number for number in choices if number not in taken and number not in given), None)

    def terraform(self, name: str, number: int) -> str:
        """Return it as an ``aws_network_acl_rule``."""
        egress = self.direction is Direction.EGRESS
        return acl_rule(
            self.acl, name, number=number, egress=egress, action=self.action, ports=self.ports, cidr=self.cidr
        )

    def cli(self, number: int) -> str | None:
        """Return the command that adds it to a live ACL."""
        egress = self.direction is Direction.EGRESS
        return acl_command(self.acl, number=number, egress=egress, action=self.action, ports=self.ports, cidr=self.cidr)


def first_deny(acl: NetworkAcl, direction: Direction, packets: PacketSet) -> int | None:
    """Return the lowest number of an entry that denies some of these packets."""
    for decision in decide(acl, direction).decisions:
        number = decision.entry.rule_number
        if decision.allows is False and decision.perhaps.meets(packets) and not isinstance(number, Unknown):
            return number
    return None


def open_acl(ctx: Context, acl: NetworkAcl, direction: Direction, packets: PacketSet) -> str | None:
    """Return the entry that lets the first of these packets through, numbered before what denies them.

    None: no number is free there.
    """
    services, peers = next(packets.slabs())
    entry = NewEntry(acl, direction, "allow", range_of(services), str(next(prefixes_of(peers))))
    number = entry.number(ctx, first_deny(acl, direction, packets))
    return None if number is None else entry.terraform(f"{label(acl)}_{direction.value}_{number}", number)


def range_of(services: Intervals) -> tuple[int, int, int]:
    """Return protocol, first and last port of the first range; -1 where it spans protocols."""
    start, end = next(iter(services))
    protocol, last = start // WIDTH, (end - 1) // WIDTH
    if protocol != last:
        return ALL_PROTOCOLS, 0, 0
    return protocol, start % WIDTH, (end - 1) % WIDTH


def close_acl(ctx: Context, acl: NetworkAcl, decided: Decided, packets: PacketSet) -> Remediation:
    """Return the entry that denies the first open port, numbered before what allows it."""
    services, peers = next(packets.slabs())
    allowing = [
        decision.entry.rule_number
        for decision in decided.decisions
        if decision.allows and decision.perhaps.meets(packets) and not isinstance(decision.entry.rule_number, Unknown)
    ]
    cidr = "0.0.0.0/0" if family(peers, 4) else "::/0"
    entry = NewEntry(acl, Direction.INGRESS, "deny", range_of(services), cidr)
    number = entry.number(ctx, min(allowing, default=None))
    summary = "Deny the port before the entry that allows it; before that, allow the networks that need it."
    if number is None:
        return Remediation(summary=summary + RENUMBER)
    text = entry.terraform(f"{label(acl)}_deny_{number}", number)
    return Remediation(summary=summary, terraform=text, cli=entry.cli(number))


def close_default_acl(vpc: Entity) -> Remediation:
    """Return the resource that adopts a VPC's default network ACL and leaves it without entries."""
    text = (
        f'{place(vpc)}resource "aws_default_network_acl" "{label(vpc)}" {{\n'
        f"  default_network_acl_id = {reference(vpc, 'default_network_acl_id')}\n"
        "}\n"
    )
    summary = "Adopt the default network ACL without entries, so that it denies everything, and give subnets their own."
    return Remediation(summary=summary, terraform=text)
