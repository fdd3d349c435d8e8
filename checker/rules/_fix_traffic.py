"""The smallest change that lets rejected traffic through: a group rule or an ACL entry, in Terraform and commands."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from shlex import quote
from typing import Final

from checker.filter.addresses import addresses, ends, prefixes_of
from checker.model.address import ALL_PROTOCOLS, PROTOCOL_NUMBERS, PortRange, Prefix
from checker.model.diagnosis import Cause, Diagnosis, Need, NeedKind
from checker.model.entity import Entity
from checker.model.finding import Remediation
from checker.model.firewall import Direction, NetworkAcl, SecurityGroup
from checker.model.known import Key
from checker.model.later import later
from checker.model.model import NetworkModel
from checker.model.record import dataclass
from checker.rules._fix import address_of, label, place, reference
from checker.rules._fix_filter import acl_command, acl_rule, known_id
from checker.rules._new_entries import BEHIND_ALL, NewEntry, Numbers
from checker.rules._traffic import REPLIES, WRONG, held_to_account

_NAMES: Final = {number: word for word, number in PROTOCOL_NUMBERS.items() if number != ALL_PROTOCOLS}

_NO_LABEL: Final = re.compile(r"[^\w-]", re.ASCII)
"""What the name of a resource may not hold."""

_MOST: Final = 5
"""Peer blocks that are written out one by one; more of them are for a person to sum up."""


class TrafficFixes:
    """The fixes of one report: in all of them together, no two new ACL entries have the same number.

    Numbers are given to the findings' entries first, then to those of diagnoses, in their order and as far as somebody
    asks: what a fix says does not depend on which others were looked at.
    """

    def __init__(self, model: NetworkModel, diagnoses: Callable[[], Sequence[Diagnosis]]) -> None:
        """Take note of the network, and of where diagnoses will be once all are made, in order of rank."""
        self._model = model
        self._diagnoses = diagnoses
        self._numbers = Numbers(model)
        self._findings: dict[tuple[tuple[Cause, ...], Key], Sequence[_Asked]] | None = None
        self._by_place: dict[tuple[Key, Direction], set[int]] | None = None
        self._lowest: dict[NewEntry, int] = {}
        self._done = 0

    def remedy(self, found: Diagnosis) -> Remediation | None:
        """Return what opens every control that denies the traffic; None where nothing is to be opened."""
        if found.expected or not found.needs:
            return None
        self._give_up_to(found)
        return self._written(_merged(found.needs))

    def number(self, found: Diagnosis, need: Need) -> int | None:
        """Return the number of the entry that lets the first peers of a need in."""
        self._give_up_to(found)
        merged = (each for each in _merged(found.needs)[:_MOST] if any(one is need for one in each.of))
        entries = (entry for each in merged for entry in _entries(each))
        return next((self._numbers.of(entry) for entry in entries if _holds(entry.prefix, need.prefixes[:1])), None)

    def numbers(self, acl: Key, direction: Direction) -> set[int]:
        """Return the rule numbers that findings give to new entries of an ACL."""
        if self._by_place is None:
            self._by_place = defaultdict(set)
            shown = (each for several in self._of_findings().values() for each in several[:_MOST])
            for entry in chain.from_iterable(map(_entries, shown)):
                number = self._numbers.of(entry)
                if number is not None:
                    self._by_place[entry.acl, entry.direction].add(number)
        return self._by_place.get((acl, direction), set())

    def finding(self, causes: Sequence[Cause], key: Key) -> Remediation:
        """Return one fix for all that a group or ACL is blamed for."""
        return self._written(self._of_findings().get((tuple(causes), key), ()))

    def _of_findings(self) -> Mapping[tuple[tuple[Cause, ...], Key], Sequence[_Asked]]:
        """Return what findings ask for, once their entries have numbers."""
        if self._findings is None:
            blamed = [
                ((causes, key), several)
                for causes in (WRONG, REPLIES)
                for key, several in held_to_account(self._diagnoses(), causes).items()
            ]
            self._findings = {
                finding: _merged([need for each in several for need in each.needs])
                for finding, several in sorted(blamed, key=lambda each: each[1][0].rank)
            }
            asked = [each for several in self._findings.values() for each in several[:_MOST]]
            self._note_lowest([*asked, *self._differing()])
            self._give(asked)
        return self._findings

    def _differing(self) -> Iterator[_Asked]:
        """Yield diagnoses' needs of a service that several entries of an ACL deny: equal ones may differ in these."""
        told = (found for found in self._diagnoses() if not found.expected)
        needs = [need for found in told for need in found.needs if need.kind is NeedKind.NACL_ENTRY]
        befores: dict[tuple[object, ...], set[int | None]] = {}
        for need in needs:
            befores.setdefault(_service_at(need), set()).add(need.before)
        several = {service for service, found in befores.items() if len(found) > 1}
        yield from (_Asked(need, (need,)) for need in needs if several and _service_at(need) in several)

    def _give_up_to(self, found: Diagnosis) -> None:
        """Give numbers to the entries of a diagnosis and of those before it."""
        self._of_findings()
        if self._done < found.rank:
            for each in self._diagnoses()[self._done : found.rank]:
                if not each.expected:
                    self._give(_merged(each.needs)[:_MOST])
            self._done = found.rank

    def _note_lowest(self, asked: Iterable[_Asked]) -> None:
        for each in asked:
            for entry in _entries(each):
                before = each.before(entry.prefix)
                self._lowest[entry] = min(before, self._lowest.get(entry, before))

    def _give(self, asked: Iterable[_Asked]) -> None:
        for each in asked:
            for entry in _entries(each):
                self._numbers.give(entry, self._before(entry, each))

    def _before(self, entry: NewEntry, asked: _Asked) -> int:
        """Return the number that an entry has to precede."""
        lowest = self._lowest.get(entry)
        return asked.before(entry.prefix) if lowest is None else lowest

    def _written(self, asked: Sequence[_Asked]) -> Remediation:
        """Return one fix for several needs, the first of them written out."""
        summaries: list[str] = []
        terraform: list[str] = []
        commands: list[str] = []
        for each in asked[:_MOST]:
            need, entity = each.need, self._model.by_key.get(each.need.key)
            if isinstance(entity, SecurityGroup):
                summaries.append(_group_summary(need, entity))
                terraform += _group_terraform(need, entity, self._model)
                commands += _group_commands(need, entity, self._model)
            elif isinstance(entity, NetworkAcl):
                numbered = self._numbered(each)
                others = not numbered and self._given_to_others(each)
                summaries.append(_acl_summary(need, entity, numbered, others=others))
                terraform += _acl_terraform(need, entity, numbered)
                commands += _acl_commands(need, entity, numbered)
        if len(asked) > _MOST:
            summaries.append(f"{len(asked) - _MOST} more such changes are with the diagnoses.")
        return Remediation(
            summary=" ".join(summaries) or "Open it where it is written; it is not in the network as read.",
            terraform="\n".join(terraform) or None,
            cli="\n".join(commands) or None,
        )

    def _numbered(self, asked: _Asked) -> list[tuple[int, Prefix]]:
        """Return the peers of a need with the numbers of their entries, without those for which none is left."""
        found = [(self._numbers.of(entry), entry.prefix) for entry in _entries(asked)]
        return [(number, prefix) for number, prefix in found if number is not None]

    def _given_to_others(self, asked: _Asked) -> bool:
        """Say whether some entry has no number because new ones of other fixes got them all."""
        return any(
            self._numbers.of(entry) is None and self._numbers.taken_by_others(entry, self._before(entry, asked))
            for entry in _entries(asked)
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """Needs that differ in their peers only, as one."""

    need: Need
    of: Sequence[Need]

    def before(self, prefix: Prefix) -> int:
        """Return the lowest number of those that deny some of these peers."""
        numbers = {each.before for each in self.of}
        if len(numbers) > 1:
            numbers = {each.before for each in self.of if _holds(prefix, each.prefixes)}
        return min((BEHIND_ALL if each is None else each for each in numbers), default=BEHIND_ALL)


def _entries(asked: _Asked) -> list[NewEntry]:
    """Return the ACL entries that are written out for a need."""
    need = asked.need
    if need.kind is not NeedKind.NACL_ENTRY:
        return []
    return [NewEntry(need.key, need.direction, *_acl_ports(need), prefix) for prefix in need.prefixes[:_MOST]]


def _holds(prefix: Prefix, several: Iterable[Prefix]) -> bool:
    """Say whether one of several prefixes lies within another one."""
    low, high = ends(prefix)
    return any(low <= first and last <= high for first, last in map(ends, several))


def _service_at(need: Need) -> tuple[object, ...]:
    return (need.kind, need.key, need.direction, need.protocol, need.ports)


def _merged(needs: Sequence[Need]) -> list[_Asked]:
    """Return needs with the peers of equal ones together."""
    if len(needs) == 1:
        return [_Asked(needs[0], needs)]
    alike: dict[tuple[object, ...], list[Need]] = {}
    for need in needs:
        alike.setdefault((*_service_at(need), need.peer_group), []).append(need)
    return [_Asked(_together(several), several) for several in alike.values()]


def _together(several: Sequence[Need]) -> Need:
    first = several[0]
    if len(several) == 1:
        return first  # its prefixes are as few as can be
    return Need(
        kind=first.kind,
        key=first.key,
        direction=first.direction,
        protocol=first.protocol,
        ports=first.ports,
        prefixes=later(lambda: _collapsed(prefix for each in several for prefix in each.prefixes)),
        peer_group=first.peer_group,
    )


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
        there = reference(peer, "id") if peer else json.dumps(need.peer_group)
        targets = [(_called(peer) if peer else need.peer_group, "referenced_security_group_id", there)]
    else:
        targets = [
            (_short(prefix), "cidr_ipv6" if prefix.version == 6 else "cidr_ipv4", f'"{prefix}"')
            for prefix in need.prefixes[:_MOST]
        ]
    type_ = f"aws_vpc_security_group_{need.direction.value}_rule"
    rows = _group_rows(need, group)
    heads = [f'{place(group)}resource "{type_}" "{_rule_label(need, group, who)}"' for who, _, _ in targets]
    bodies = [_aligned([*rows, (name, value)]) for _, name, value in targets]
    return [f"{head} {{\n{body}\n}}\n" for head, body in zip(heads, bodies, strict=True)]


def _rule_label(need: Need, group: SecurityGroup, peer: str) -> str:
    """Return what a rule is called: by all that it says, so that no two rules of one report are called the same."""
    word = _NAMES.get(need.protocol, "all" if need.protocol == ALL_PROTOCOLS else f"protocol_{need.protocol}")
    ports = service(need.protocol, need.ports).partition("/")[2]
    said = "_".join(each for each in (word, ports, peer) if each)
    return f"{_called(group)}_{_NO_LABEL.sub('-', said)}"


def _called(entity: Entity) -> str:
    """Return what an entity is called, with the key of its instance."""
    address = address_of(entity)
    key = address.local.partition("[")[2].strip('"]') if address else ""
    return f"{label(entity)}_{_NO_LABEL.sub('-', key)}" if key else label(entity)


def _short(prefix: Prefix) -> str:
    return str(prefix.network_address if prefix.prefixlen == prefix.max_prefixlen else prefix)


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
        known = peer.id if peer is not None and isinstance(peer.id, str) else need.peer_group
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
        f" --ip-permissions {quote(f'IpProtocol={_terraform_protocol(need)},{ports}{source}')}"
        for source in sources
    ]


def _acl_summary(need: Need, acl: NetworkAcl, numbered: Sequence[tuple[int, Prefix]], *, others: bool) -> str:
    way = "from" if need.direction is Direction.INGRESS else "to"
    what = f"that allows {service(need.protocol, need.ports)} {way} {_peers_of(need)} ({need.direction.value})"
    if not numbered and others:
        had = "Other fixes have every free number before what denies it"
        return f"{had}: renumber {_name(acl)}, then add an entry {what}."
    if not numbered:
        return f"No number is known to be free before what denies it: renumber {_name(acl)}, then add an entry {what}."
    one = len(numbered) == 1
    numbers = ", ".join(str(number) for number, _ in numbered)
    more = min(len(need.prefixes), _MOST) - len(numbered)
    rest = f" No number is free for {more} more of them: renumber the entries first." if more > 0 else ""
    added = f"an entry with number {numbers}" if one else f"entries with numbers {numbers}"
    return f"Add {added} to {_name(acl)} {what}.{rest}"


def _acl_terraform(need: Need, acl: NetworkAcl, numbered: Sequence[tuple[int, Prefix]]) -> list[str]:
    egress = need.direction is Direction.EGRESS
    return [
        acl_rule(
            acl, f"{_called(acl)}_{need.direction.value}_{number}", number=number, egress=egress, action="allow",
            ports=_acl_ports(need), cidr=str(prefix),
        )
        for number, prefix in numbered
    ]  # fmt: skip


def _acl_commands(need: Need, acl: NetworkAcl, numbered: Sequence[tuple[int, Prefix]]) -> list[str]:
    egress = need.direction is Direction.EGRESS
    made = [
        acl_command(acl, number=number, egress=egress, action="allow", ports=_acl_ports(need), cidr=str(prefix))
        for number, prefix in numbered
    ]
    return [each for each in made if each is not None]


def _acl_ports(need: Need) -> tuple[int, int, int]:
    ports = need.ports or PortRange(0, 65535)
    return need.protocol, ports.first, ports.last
