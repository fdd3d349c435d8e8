"""Ordered network ACLs: the first entry that matches decides, and the final ``*`` denies the rest.

Where a part of an entry, its number or its very existence is not known, each packet has a set of possible verdicts;
``least`` and ``most`` are the packets that are allowed in every and in some possible case.
Source: VPC User Guide, "Network ACL rules"; EC2 ``NetworkAclEntry``.
"""

from __future__ import annotations

from collections.abc import Iterable

from checker.filter.match import Bounds, entry_packets
from checker.filter.packets import EMPTY, EVERYTHING, PacketSet, union_of
from checker.model.firewall import Direction, NetworkAcl, NetworkAclEntry, RuleAction
from checker.model.known import Unknown
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """What one entry decides, given those before it."""

    entry: NetworkAclEntry
    matches: Bounds
    """What the entry would match if it stood alone."""
    surely: PacketSet
    """Packets that certainly reach it and match: no entry before it can have taken them."""
    perhaps: PacketSet
    """Packets that may reach it and match. Empty: it never decides anything."""
    untouched: bool
    """Whether nothing before it can match any of its packets: it then decides whatever it matches."""

    @property
    def allows(self) -> bool | None:
        """Whether it allows what it decides; None where the action is not known."""
        action = self.entry.rule_action
        return None if isinstance(action, Unknown) else action is RuleAction.ALLOW


@dataclass(frozen=True, slots=True)
class Decided:
    """One direction of a network ACL, evaluated for all packets at once."""

    decisions: tuple[Decision, ...]
    """Of the entries in the order in which they are tried; those of which the number is not known come last."""
    allowed: Bounds


def decide(acl: NetworkAcl, direction: Direction) -> Decided:
    """Evaluate one direction of an ACL. Entries are put in order here, whatever order they come in."""
    entries = [entry for entry in acl.entries if entry.direction is direction]
    placed = sorted((entry for entry in entries if not isinstance(entry.rule_number, Unknown)), key=_number)
    floating = [entry for entry in entries if isinstance(entry.rule_number, Unknown)]
    anywhere = [(entry, entry_packets(entry)) for entry in floating]

    reaching = EVERYTHING  # what may have passed all entries so far
    fresh = EMPTY if acl.unread is not None else EVERYTHING - union_of(found.most for _, found in anywhere)
    decisions: list[Decision] = []
    for entry in placed:
        found = entry_packets(entry)
        decisions.append(Decision(entry, found, found.least & fresh, found.most & reaching, found.most <= fresh))
        fresh = fresh - found.most
        reaching = reaching - found.least
    for entry, found in anywhere:
        # It may come first, or after everything else; only the final deny certainly stands behind it.
        decisions.append(Decision(entry, found, found.least & fresh, found.most, untouched=False))
        reaching = reaching - found.least
    return Decided(tuple(decisions), _allowed(decisions, reaching, certain=acl.unread is None))


def _number(entry: NetworkAclEntry) -> int:
    return 0 if isinstance(entry.rule_number, Unknown) else entry.rule_number


def _allowed(decisions: Iterable[Decision], rest: PacketSet, *, certain: bool) -> Bounds:
    """Return what is allowed: for certain what may be allowed and by no possible order denied."""
    decisions = list(decisions)
    most = union_of(each.perhaps for each in decisions if each.allows is not False)
    if not certain:
        return Bounds(EMPTY, EVERYTHING)
    denied = union_of([rest, *(each.perhaps for each in decisions if each.allows is not True)])
    return Bounds(most - denied, most)
