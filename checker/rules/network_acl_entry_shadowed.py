"""An entry of a network ACL never decides anything, because entries before it match all of its traffic.

## What it checks

Each entry against the union of all entries of its direction with lower rule numbers: where these match every packet
that it matches, it is shadowed. It counts what they match together, so `0.0.0.0/1` and `128.0.0.0/1` shadow an entry
for `0.0.0.0/0`.

- With another action: what the entry says does not happen. Severity medium.
- With the same action throughout: it is superfluous. Severity low.

An entry that is shadowed in part, as an allow behind a deny of single addresses is, does what it should and is only a
fact, `partly_shadowed`. The final `*`, which denies the rest, cannot be removed and is never reported.

## Why it matters

A deny behind an allow looks like protection and is none. An allow behind a deny looks like access, and rejects.

## When it cannot tell

- An entry before it, or the entry itself, has a number, protocol, ports or CIDR block that come from an expression
  that cannot be evaluated, and that decide whether it is shadowed.
- The ACL may have entries that could not be read.

## Parameters

- `same_action` (`low`): what a superfluous entry is: `low`, `fail` (the severity of the rule) or `ignore` (a fact).

## Remediation

Give the entry a lower number than those that shadow it, or delete it.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
- https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.filter.acl import Decided, Decision
from checker.model.entity import Entity
from checker.model.finding import Evidence, Json, Remediation, Severity
from checker.model.firewall import Direction, NetworkAcl
from checker.model.known import Unknown
from checker.model.record import dataclass
from checker.rules._acl_say import decides, doubts_of
from checker.rules._filters import decided, entry_fact, entry_name, more_entries
from checker.rules._fix_filter import RENUMBER, NewEntry, delete_entries, range_of
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import confidence_of, fact, failed, name, not_applicable, of_kind, passed, unknown


@dataclass(frozen=True, slots=True)
class _Shadow:
    """An entry that never decides, and the entries that take its traffic."""

    decision: Decision
    by: tuple[Decision, ...]

    @property
    def conflicting(self) -> bool | None:
        """Whether some of them do the opposite; None where an action is not known."""
        actions = {each.allows for each in (self.decision, *self.by)}
        if {True, False} <= actions:
            return True
        return None if None in actions else False


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every network ACL."""
    return ctx.model.network_acls


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the entries of one ACL, in both directions."""
    acl = of_kind(NetworkAcl, entity)
    more = more_entries(ctx, acl)
    if not acl.entries and more is None:
        says = "it has no entries but the final deny"
        return not_applicable(f"{name(acl)} has no entries.", [fact(says, acl)])
    both = [decided(ctx, acl, direction) for direction in Direction]
    shadows = [shadow for one in both for shadow in _shadows(one)]
    wrong = [each for each in shadows if each.conflicting is not False or params.get("same_action") != "ignore"]
    facts = _facts(shadows, both)
    if wrong:
        return _fail(ctx, acl, wrong, facts, params)
    if more is not None or any(_may_be_shadowed(each) for one in both for each in one.decisions):
        found = doubts_of(ctx, acl, *both)
        message = f"Whether every entry of {name(acl)} decides something is not known: {found[0].statement}."
        return unknown(message, found, facts)
    evidence = [fact(f"each of its {len(acl.entries)} entries decides some packets", acl)]
    return passed(f"No entry of {name(acl)} is shadowed.", evidence, facts, confidence=confidence_of(acl))


def _shadows(one: Decided) -> list[_Shadow]:
    """Return the entries that certainly never decide, with those before them that match their traffic."""
    found = []
    for at, decision in enumerate(one.decisions):
        if decision.perhaps or isinstance(decision.entry.rule_number, Unknown):
            continue
        mine = decision.matches.most
        by = [each for each in one.decisions[:at] if each.surely & mine]
        found.append(_Shadow(decision, tuple(by)))
    return found


def _may_be_shadowed(decision: Decision) -> bool:
    """Say whether it is open if an entry ever decides: it certainly does where some packet certainly reaches it."""
    return bool(decision.perhaps) and not decision.surely and not decision.untouched


def _facts(shadows: list[_Shadow], both: list[Decided]) -> dict[str, Json]:
    shadowed: list[Json] = [_label(each.decision) for each in shadows]
    partly: list[Json] = [
        _label(each)
        for one in both
        for each in one.decisions
        if each.matches.exact and each.perhaps and each.perhaps.steps != each.matches.most.steps
    ]
    return {"shadowed": shadowed, "partly_shadowed": partly}


def _label(decision: Decision) -> str:
    number = decision.entry.rule_number
    return f"{decision.entry.direction.value} {'?' if isinstance(number, Unknown) else number}"


def _fail(ctx: Context, acl: NetworkAcl, wrong: list[_Shadow], facts: dict[str, Json], params: Params) -> Outcome:
    evidence = [each for shadow in wrong for each in _evidence(acl, shadow)]
    conflicting = [each for each in wrong if each.conflicting]
    worst = conflicting or wrong
    names = ", ".join(entry_name(acl, each.decision.entry) for each in worst[:3])
    more = f" and {len(worst) - 3} more" if len(worst) > 3 else ""
    does = "never decides" if len(worst) == 1 else "never decide"
    how = "with another action" if conflicting else "with the same action"
    message = f"{names}{more} {does} anything: entries before match all of it, {how}."
    severity = None if conflicting or params.get("same_action") == "fail" else Severity.LOW
    fix = _fix(ctx, acl, worst[0])
    return failed(message, evidence, facts, fix, severity=severity, confidence=confidence_of(acl))


def _evidence(acl: NetworkAcl, shadow: _Shadow) -> Iterable[Evidence]:
    yield entry_fact(acl, shadow.decision.entry, f"{decides(shadow.decision)}, and is shadowed")
    for each in shadow.by:
        yield entry_fact(acl, each.entry, f"comes first and {decides(each)}")


def _fix(ctx: Context, acl: NetworkAcl, shadow: _Shadow) -> Remediation:
    """Return the entry with a number before what shadows it; a superfluous one is only to be deleted."""
    entry = shadow.decision.entry
    number = 0 if isinstance(entry.rule_number, Unknown) else entry.rule_number
    cli = delete_entries(acl, entry.direction, [number])
    if not shadow.conflicting or isinstance(entry.prefix, Unknown):
        return Remediation(summary=f"Delete {entry_name(acl, entry)}: it changes nothing.", cli=cli)
    numbers = [each.entry.rule_number for each in shadow.by]
    first = min(number for number in numbers if not isinstance(number, Unknown))
    action = "allow" if shadow.decision.allows else "deny"
    ports = range_of(shadow.decision.matches.most.services())
    new = NewEntry(acl, entry.direction, action, ports, str(entry.prefix))
    free = new.number(ctx, first)
    summary = f"Number {entry_name(acl, entry)} before {first}, if it is right; else delete it."
    if free is None:
        return Remediation(summary=summary + RENUMBER, cli=cli)
    return Remediation(summary=summary, terraform=new.terraform(f"before_{first}", free), cli=cli)


RULE: Final = Rule(
    id="NA002",
    name="network-acl-entry-shadowed",
    title="Network ACL entry shadowed by entries before it",
    severity=Severity.MEDIUM,
    subjects=subjects,
    check=check,
    why="A deny behind an allow protects nothing, and an allow behind a deny rejects what it seems to allow.",
    default_params={"same_action": "low"},
    params_schema={"same_action": {"enum": ["low", "fail", "ignore"]}},
)
