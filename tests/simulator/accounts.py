"""Simulated accounts: a network, a log of its traffic, and the truth about every refusal.

What can be decided at all is worked out here too, naively: every role that a record can have had, and every ICMP type,
is tried, and only where all of them end at the same line is the record decidable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from tests.simulator.conversations import SCANNED, run
from tests.simulator.generate import EXACT, make
from tests.simulator.network import ACK, SYN, Refusal, Stage, Verdict, judge
from tests.simulator.records import Record, is_icmp, records_of
from tests.simulator.world import EPHEMERAL, ICMP, ICMPV6, TCP, UDP, Eni, Packet, Way, World


class Cause(NamedTuple):
    """What refused a packet: the stage, and for a network ACL the number of the entry, ``*`` for none."""

    stage: str
    """sg-ingress, sg-egress, nacl-ingress, nacl-egress; ``none``: nothing in the configuration."""
    line: str | None = None


NOTHING = Cause("none")


@dataclass(slots=True)
class Account:
    world: World
    records: list[Record]
    rejects_only: bool
    """The flow log records rejected traffic only."""
    with_flags: bool
    """Its format has ``tcp-flags``."""

    def logged(self) -> Iterator[Record]:
        return (record for record in self.records if record.rejected or not self.rejects_only)

    def rejected(self) -> Iterator[Record]:
        return (record for record in self.records if record.rejected)


def account(seed: int, *, conversations: int, rejects_only: bool = False, with_flags: bool = True) -> Account:
    """Return an account with an hour of traffic."""
    world = make(seed)
    seen = run(world, seed, conversations).seen
    return Account(world, records_of(seen), rejects_only, with_flags)


def cause_of(world: World, eni: Eni, refusal: Refusal) -> Cause:
    """Return the truth in the words of a diagnosis."""
    if refusal.stage is Stage.LATE:
        return NOTHING
    if refusal.stage is Stage.GROUP:
        return Cause(f"sg-{refusal.way.value}")
    return _acl(world, eni, refusal.way, refusal.number)


def _acl(world: World, eni: Eni, way: Way, number: int | None) -> Cause:
    acl = world.subnets[eni.subnet].acl
    return Cause(f"nacl-{way.value}", f"{acl}#{'*' if number is None else number}")


def truths(found: Account, record: Record) -> frozenset[Cause]:
    """Return what refused the packets of a record; mostly one thing."""
    return frozenset(cause_of(found.world, record.eni, each) for each in record.refusals)


_USUAL: Final = frozenset((*range(1024), *SCANNED, *(port for _, port in EXACT)))


def _services(world: World) -> frozenset[int]:
    """Return ports that nobody opens a connection from: the usual ones, and single ones that some rule names."""
    rules = [rule for group in world.groups.values() for rule in group.rules]
    return _USUAL | {rule.low for rule in rules if rule.low is not None and rule.low == rule.high < EPHEMERAL}


class Analyst:
    """Knows the records of an account and its configuration, and nothing else."""

    def __init__(self, found: Account) -> None:
        self._account = found
        self._accepted = {record.conversation for record in found.logged() if not record.rejected}
        self._services = _services(found.world)

    def possible(self, record: Record) -> frozenset[Cause]:
        """Return everything that may have refused a record's packets, as far as records and configuration tell."""
        made: set[Cause] = set()
        for request in self._roles(record):
            for packet in self._packets(record):
                made |= set(self._refusing(record, packet, request))
        return frozenset(made)

    def _roles(self, record: Record) -> list[bool]:
        """Return whether the record may be a request (True), a reply or a later packet (False)."""
        if self._account.with_flags and record.protocol == TCP:
            if record.flags & (SYN | ACK) == SYN:
                return [True]
            return [False]
        if not self._account.rejects_only:
            answered = record.reverse in self._accepted or record.conversation in self._accepted
            return [True, False] if answered and record.protocol not in (TCP, UDP) else [not answered]
        if record.port in self._services and record.source_port not in self._services:
            return [True]
        return [True, False]

    def _packets(self, record: Record) -> list[Packet]:
        """Return what the packets may have been: records do not tell ICMP types."""
        codes: list[tuple[int, int] | None] = [None]
        if is_icmp(record.protocol):
            codes = [(type_, code) for type_, code in self._types(record)]
        return [
            Packet(record.protocol, record.source, record.destination, record.source_port, record.port, code)
            for code in codes
        ]

    def _types(self, record: Record) -> set[tuple[int, int]]:
        """Return a type of each kind that some rule or entry tells apart, and one that none does."""
        world = self._account.world
        named = {(200, 9)}
        groups = [rule for group in record.eni.groups for rule in world.groups[group].rules]
        for line in (*groups, *world.acls[world.subnets[record.eni.subnet].acl].entries):
            if line.protocol in (ICMP, ICMPV6) and line.low is not None and line.low >= 0:
                named.add((line.low, 9 if line.high in (None, -1) else line.high))
                named.add((line.low, 9))
        return named

    def _refusing(self, record: Record, packet: Packet, request: bool) -> Iterator[Cause]:
        world, eni, way = self._account.world, record.eni, record.way
        verdict = judge(world, eni, packet, way)
        by_acl = None
        if not verdict.acl_allows:
            by_acl = _acl(world, eni, way, None if verdict.entry is None else verdict.entry.number)
        if not request and (by_acl is not None or is_icmp(record.protocol)):
            # An ACL that stops a reply has stopped all of them: nothing came of the connection, and nothing is late.
            # Replies of ICMP are let through for as long as anybody waits for them.
            yield from () if by_acl is None else (by_acl,)
            return
        for group_allows in self._groups(verdict, request):
            by_group = None if group_allows else Cause(f"sg-{way.value}") if request else NOTHING
            first, second = (by_acl, by_group) if way is Way.IN else (by_group, by_acl)
            yield first or second or NOTHING

    @staticmethod
    def _groups(verdict: Verdict, request: bool) -> set[bool]:
        """Return what the groups may say. A later packet is let through or not, as the connection is remembered."""
        if not request:
            return {True, verdict.group_allows}
        sure = [rule for rule in verdict.groups if rule not in verdict.hinging]
        if verdict.hinging and not sure:
            return {True, False}
        return {verdict.group_allows}
