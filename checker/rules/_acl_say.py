"""What an entry of a network ACL does, in words, and what is not known of an ACL."""

from __future__ import annotations

from checker.filter.acl import Decided, Decision
from checker.filter.intervals import Intervals
from checker.model.finding import Evidence
from checker.model.firewall import Direction, NetworkAcl, NetworkAclEntry
from checker.model.known import Unknown
from checker.rules._filters import entry_fact, more_entries
from checker.rules._ports import in_words
from checker.rules._rule import Context
from checker.rules._say import fact

_WAY = {Direction.INGRESS: "from", Direction.EGRESS: "to"}


def decides(decision: Decision) -> str:
    """Return what an entry does: ``allows tcp/443 from 0.0.0.0/0``."""
    entry = decision.entry
    return f"{_verb(decision)} {entry_words(entry, decision.matches.most.services())}"


def entry_words(entry: NetworkAclEntry, services: Intervals) -> str:
    """Return what an entry matches: ``tcp/443 from 0.0.0.0/0``."""
    prefix = entry.prefix
    peer = f"a CIDR block that is not known ({prefix.reason})" if isinstance(prefix, Unknown) else str(prefix)
    return f"{in_words(services)} {_WAY[entry.direction]} {peer}"


def _verb(decision: Decision) -> str:
    if decision.allows is None:
        return "allows or denies"
    return "allows" if decision.allows else "denies"


def doubts_of(ctx: Context, acl: NetworkAcl, *directions: Decided) -> list[Evidence]:
    """Return what is not known of an ACL; never empty."""
    found = []
    for decided in directions:
        for decision in decided.decisions:
            entry = decision.entry
            parts = (entry.rule_number, entry.rule_action, entry.protocol, entry.prefix, entry.ports, entry.icmp)
            reason = next((part.reason for part in parts if isinstance(part, Unknown)), None)
            if reason is not None:
                found.append(entry_fact(acl, entry, f"is not wholly known: {reason}"))
    more = more_entries(ctx, acl)
    if more is not None:
        found.append(fact(f"it may have more entries: {more.reason}", acl))
    if isinstance(acl.is_default, Unknown):
        found.append(fact(f"whether it is a default network ACL is not known ({acl.is_default.reason})", acl))
    return found or [fact("not all of it is known", acl)]
