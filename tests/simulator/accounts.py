"""Simulated accounts: a network, a log of its traffic, and the truth about every refusal.

What can be decided at all is worked out here too, naively: every role that a record can have had, and every ICMP type,
is tried, and only where all of them end at the same line is the record decidable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final, NamedTuple

from tests.simulator.conversations import SCANNED, play, run
from tests.simulator.conversations import conversations as conversations_of
from tests.simulator.generate import EXACT, make
from tests.simulator.network import ACK, SYN, Network, Refusal, Stage, Verdict, judge, timeout
from tests.simulator.records import Record, is_icmp, records_of
from tests.simulator.world import ANY, EPHEMERAL, ICMP, ICMPV6, TCP, UDP, Eni, Entry, Packet, Way, World


class Cause(NamedTuple):
    """What refused a packet: the stage, and for a network ACL the number of the entry, ``*`` for none."""

    stage: str
    """sg-ingress, sg-egress, nacl-ingress, nacl-egress; ``bpa``; ``none``: nothing in the configuration."""
    line: str | None = None


NOTHING = Cause("none")
BLOCK = Cause("bpa")


@dataclass(slots=True)
class Account:
    world: World
    records: list[Record]
    rejects_only: bool
    """The flow log records rejected traffic only."""
    with_flags: bool
    """Its format has ``tcp-flags``."""
    changed: bool = False
    """The configuration changed while connections were open."""

    def logged(self) -> Iterator[Record]:
        return (record for record in self.records if record.rejected or not self.rejects_only)

    def rejected(self) -> Iterator[Record]:
        return (record for record in self.records if record.rejected)


def account(
    seed: int, *, conversations: int, rejects_only: bool = False, with_flags: bool = True, blocked: bool = False
) -> Account:
    """Return an account with an hour of traffic. ``blocked``: VPC Block Public Access is on."""
    world = make(seed)
    world.blocks_internet = blocked
    seen = run(world, seed, conversations).seen
    return Account(world, records_of(seen), rejects_only, with_flags)


CHANGE: Final = 1800
"""Second of the simulation from which on the configuration is another."""


def repaired_account(seed: int, *, conversations: int) -> Account:
    """Return an account in which lines were missing or denied too much, until they were repaired half-way.

    The configuration that is left knows nothing of that.
    """
    strict, plain = _strict(seed, 0), make(seed)
    network = _played(strict, plain, conversations)
    return Account(plain, records_of(network.seen), False, True)


def tightened_account(seed: int, *, conversations: int, with_flags: bool) -> Account:
    """Return an account in which rules were taken away and denials added half-way, while connections were open."""
    strict, plain = _strict(seed, 1), make(seed)
    network = _played(plain, strict, conversations)
    return Account(strict, records_of(network.seen), False, with_flags, changed=True)


def _strict(seed: int, number: int) -> World:
    """Return the world of a seed with rules missing, and a denial before all other entries."""
    world = make(seed)
    random = Random(seed)  # noqa: S311 - seeded on purpose
    for group in world.groups.values():
        group.rules = [rule for rule in group.rules if random.random() < 0.6]
    peers = [net for subnet in world.subnets.values() for net in subnet.nets]
    for acl in world.acls.values():
        acl.entries = [each for each in acl.entries if each.number != number]
        acl.entries += [Entry(way, number, False, ANY, None, None, random.choice(peers)) for way in Way]
    return world


def _played(before: World, after: World, number: int) -> Network:
    random = Random(before.seed)  # noqa: S311 - seeded on purpose
    network = Network(before, change=(CHANGE, after))
    for talk in sorted(conversations_of(make(before.seed), before.seed, number), key=lambda talk: talk.start):
        lasting = talk.request.protocol == TCP and talk.kind != "scan" and random.random() < 0.3
        play(network, replace(talk, kind="long") if lasting else talk, random)
    network.seen.sort(key=lambda seen: seen.time)
    return network


def cause_of(world: World, eni: Eni, refusal: Refusal) -> Cause:
    """Return the truth in the words of a diagnosis."""
    if refusal.stage is Stage.LATE:
        return NOTHING
    if refusal.stage is Stage.BLOCK:
        return BLOCK
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
        self._accepted: dict[object, list[float]] = defaultdict(list)
        for record in found.logged():
            if not record.rejected:
                self._accepted[record.conversation].append(record.start)
        self._services = _services(found.world)

    def possible(self, record: Record) -> frozenset[Cause]:
        """Return everything that may have refused a record's packets, as far as records and configuration tell."""
        if any(each.stage is Stage.BLOCK for each in record.refusals) and self._account.with_flags:
            return frozenset({BLOCK})  # the record says so itself
        made: set[Cause] = set()
        for request in self._roles(record):
            for packet in self._packets(record):
                made |= set(self._refusing(record, packet, request))
        return frozenset(made)

    def certain(self, record: Record) -> Cause | None:
        """Return the ACL line that denies a record's packets whatever they were: it does, even if groups came first."""
        found = {self._by_acl(record, judge(self._account.world, record.eni, packet, record.way))
                 for packet in self._packets(record)}  # fmt: skip
        return next(iter(found)) if len(found) == 1 else None

    def _roles(self, record: Record) -> list[bool]:
        """Return whether the record may be a request (True), a reply or a later packet (False)."""
        if self._account.with_flags and record.protocol == TCP:
            if record.flags & (SYN | ACK) == SYN:
                return [True]
            return [False]
        if not self._account.rejects_only:
            times = [*self._accepted.get(record.reverse, ()), *self._accepted.get(record.conversation, ())]
            if record.protocol in (TCP, UDP) or not times:
                return [not times]
            # Without ports one conversation cannot be told from the next, but what is remembered is let through;
            # to whichever of its addresses the interface was spoken to.
            own = [address for address in record.eni.addresses if address.version == record.peer.version]
            known = len(own) == 1 and any(0 <= record.start - time <= timeout(record.protocol) for time in times)
            return [False] if known and not is_icmp(record.protocol) else [True, False]
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
        way = record.way
        verdict = judge(self._account.world, record.eni, packet, way)
        by_acl = self._by_acl(record, verdict)
        if not request and self._same_for_all(record, by_acl):
            yield from () if by_acl is None else (by_acl,)
            return
        for group_allows in self._groups(verdict, request):
            by_group = None if group_allows else Cause(f"sg-{way.value}") if request else NOTHING
            first, second = (by_acl, by_group) if way is Way.IN else (by_group, by_acl)
            yield first or second or NOTHING

    def _by_acl(self, record: Record, verdict: Verdict) -> Cause | None:
        if verdict.acl_allows:
            return None
        return _acl(
            self._account.world, record.eni, record.way, None if verdict.entry is None else verdict.entry.number
        )

    def _same_for_all(self, record: Record, by_acl: Cause | None) -> bool:
        """Say whether groups have no part in what becomes of a reply.

        An ACL that stops one has stopped all of them: nothing came of the connection, and nothing is late. And
        replies of ICMP are let through for as long as anybody waits for them.
        """
        return is_icmp(record.protocol) or (by_acl is not None and not self._account.changed)

    @staticmethod
    def _groups(verdict: Verdict, request: bool) -> set[bool]:
        """Return what the groups may say. A later packet is let through or not, as the connection is remembered."""
        if not request:
            return {True, verdict.group_allows}
        sure = [rule for rule in verdict.groups if rule not in verdict.hinging]
        if verdict.hinging and not sure:
            return {True, False}
        return {verdict.group_allows}
