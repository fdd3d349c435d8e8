"""What a plan changes for one flow: for new connections, and for those that stand when it is applied.

Security groups track connections: whoever was admitted stays admitted, whatever the rules now say. Network ACLs keep
no state, and neither do groups for what they do not track (``tracking``): there a change cuts at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property
from typing import Final

from checker.errors import UsageError
from checker.filter.ends import Place
from checker.filter.entries import NACL_STAGES
from checker.filter.explain import Explanation, Leg, explain, packets_at
from checker.filter.groups import group_stage, has_no_group
from checker.filter.index import Index, own_addresses
from checker.filter.result import Holds
from checker.filter.tracking import idle_for, tracking
from checker.filter.words import entity_name
from checker.model.diagnosis import Stage, Verdict
from checker.model.entity import Entity
from checker.model.firewall import Direction
from checker.model.known import Key, Unknown
from checker.model.loaded import ChangeAction, ResourceChange
from checker.model.network import NetworkInterface
from checker.model.record import dataclass, replace


class Effect(StrEnum):
    """What the plan does to a flow."""

    UNCHANGED = "unchanged"
    """Allowed before and after, and nothing is cut."""
    WOULD_NEWLY_ALLOW = "would-newly-allow"
    WOULD_BREAK = "would-break"
    """Allowed before, denied after."""
    EXISTING_ONLY = "existing-only"
    """Allowed before, denied after; connections that stand are tracked and live on until they are idle."""
    WOULD_INTERRUPT = "would-interrupt"
    """Allowed before and after, but connections that stand are cut and have to be opened anew."""
    STILL_BLOCKED = "still-blocked"
    DEPENDS_ON_UNKNOWN = "depends-on-unknown"
    """Before or after is open."""
    NEW = "new"
    """The network as it is does not hold both ends: one comes with the plan."""


class Fate(StrEnum):
    """What becomes of connections that stand when the plan is applied."""

    CONTINUE = "continue"
    CUT = "cut"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Before and after, compared."""

    effect: Effect
    before: Explanation | None
    """None where the network as it is does not hold both ends."""
    standing: Fate | None
    """None where no connection can stand: it was not allowed."""
    says: str
    because: tuple[str, ...]
    """Why, of connections that stand."""


_DENIED, _UNKNOWN, _ALLOWED = Verdict.DENIED, Verdict.UNKNOWN, Verdict.ALLOWED
_ACLS: Final = frozenset(NACL_STAGES.values())
_REPLACED: Final = (ChangeAction.REPLACE, ChangeAction.REPLACE_CREATE_FIRST)


@dataclass(frozen=True, kw_only=True)
class _Both:
    """A flow in the network before a plan and in that after it."""

    was: Index
    now: Index
    before: Explanation
    after: Explanation
    changes: tuple[ResourceChange, ...]

    def ends(self) -> tuple[tuple[Place, Place], tuple[Place, Place]]:
        """Return source and destination, each before and after."""
        before, after = self.before, self.after
        return (before.source, after.source), (before.destination, after.destination)

    @cached_property
    def replaced(self) -> frozenset[Key]:
        """What the plan destroys and makes anew."""
        return frozenset(each.after_key for each in self.changes if each.action in _REPLACED and each.after_key)

    @cached_property
    def moved(self) -> dict[Key, Key]:
        """Keys after the plan by those before it, where they differ."""
        pairs = ((each.before_key, each.after_key) for each in self.changes)
        return {old: new for old, new in pairs if old is not None and new is not None and old != new}

    @cached_property
    def open_alike(self) -> frozenset[tuple[Leg, Stage, str | None]]:
        """Steps that depend on the same unknown before and after: the plan changes nothing there."""
        was = {step.place: step.result for step in self.before.steps}
        return frozenset(
            step.place
            for step in self.after.steps
            if step.result.verdict is _UNKNOWN and was.get(step.place) == step.result
        )

    def verdict(self, found: Explanation) -> Verdict:
        """Return the verdict of all steps but those that are open before and after alike."""
        steps = (step for step in found.steps if step.place not in self.open_alike)
        verdicts = [step.result.verdict for step in steps]
        return next((each for each in (_DENIED, _UNKNOWN) if each in verdicts), _ALLOWED)

    def same_place(self, old: Place, new: Place) -> bool:
        """Say whether an end stands where it stood; one that comes with the plan lies outside before it."""
        pairs = ((old.interface, new.interface), (old.subnet, new.subnet))
        return all(self._after(one) == (None if other is None else other.key) for one, other in pairs)

    def _after(self, entity: Entity | None) -> Key | None:
        key = None if entity is None else entity.key
        instance = (key or "").removesuffix("#primary")
        return f"{self.moved[instance]}{(key or '')[len(instance) :]}" if instance in self.moved else key

    def remade(self, interface: NetworkInterface) -> bool:
        """Say whether an interface is made anew, by itself or with its instance."""
        return bool({interface.key, interface.key.removesuffix("#primary")} & self.replaced)


def change(was: Index, now: Index, after: Explanation, changes: Iterable[ResourceChange]) -> Change:
    """Return what becomes of a flow by a plan: ``was`` is the network before it, ``now`` that after it."""
    try:
        before = explain(was, after.flow)
    except UsageError as error:
        return _nothing_before(f"before the plan is applied, {error}")
    both = _Both(was=was, now=now, before=before, after=after, changes=tuple(changes))
    gone = [old for old, new in both.ends() if _missing(old, new)]
    came = [new for old, new in both.ends() if not both.same_place(old, new)]
    if gone:
        return _gone(both, gone[0])
    if came:
        return _new(" and ".join(each.text for each in came))
    found = _compared(both)
    if found.effect in (Effect.DEPENDS_ON_UNKNOWN, Effect.STILL_BLOCKED) or not both.open_alike:
        return found
    return replace(found, because=(*found.because, *_provided(both)))


def _compared(both: _Both) -> Change:
    before, after = both.verdict(both.before), both.verdict(both.after)
    if before is after is _DENIED:
        return _plain(Effect.STILL_BLOCKED, both.before, "It is denied before the plan and after it.")
    if _UNKNOWN in (before, after):
        return _open(both)
    if before is _DENIED:
        return _plain(Effect.WOULD_NEWLY_ALLOW, both.before, f"The plan newly allows it. Before: {both.before.says}")
    return _was_allowed(both, denied=after is _DENIED)


def _provided(both: _Both) -> Iterator[str]:
    """Yield on what the answer depends before and after alike, each unknown once."""
    stages: dict[tuple[str, str], list[str]] = {}
    for step in both.after.steps:
        if step.place in both.open_alike:
            where = step.interface or step.hop or step.control or "the subnet"
            doubts = "; ".join(each.says for each in step.result.doubts)
            stages.setdefault((where, doubts), []).append(step.result.stage.value)
    for (where, doubts), names in stages.items():
        yield f"provided that it passes {' and '.join(names)} of {where}, where the plan changes nothing: {doubts}"


def _missing(old: Place, new: Place) -> bool:
    """Say whether an end that was in the network no longer is, at least not under its address."""
    return (old.interface is not None and new.interface is None) or (old.subnet is not None and new.subnet is None)


def _plain(effect: Effect, before: Explanation, says: str, *because: str) -> Change:
    return Change(effect=effect, before=before, standing=None, says=says, because=because)


def _new(what: str) -> Change:
    return _nothing_before(f"{what} is not there before the plan is applied")


def _nothing_before(why: str) -> Change:
    says = f"There is nothing to compare with: {why}."
    return Change(effect=Effect.NEW, before=None, standing=None, says=says, because=())


def _gone(both: _Both, old: Place) -> Change:
    interface = old.interface
    if interface is not None and _readdressed_perhaps(both, interface):
        because = (
            f"the addresses of {old.name} after the plan are not all known, and {old.text} is not among those known"
        )
        says = "Whether its end still has that address after the plan is not known."
        standing = None if both.before.verdict is _DENIED else Fate.UNKNOWN
        return Change(
            effect=Effect.DEPENDS_ON_UNKNOWN, before=both.before, standing=standing, says=says, because=(because,)
        )  # fmt: skip
    if interface is not None and both.remade(interface):
        why = f"{old.text} ({old.name}) is made anew, and which address it then has is not known"
    elif interface is not None and interface.key in both.now.model.by_key:
        why = f"{old.name} has another address after the plan than {old.text}"
    else:
        why = f"{old.text} is not there after the plan"
    if both.before.verdict is _DENIED:
        return _plain(Effect.STILL_BLOCKED, both.before, "It is denied before the plan; after it an end is gone.", why)
    effect = Effect.WOULD_BREAK if both.before.verdict is _ALLOWED else Effect.DEPENDS_ON_UNKNOWN
    says = "Existing connections are cut immediately, new ones break."
    return Change(effect=effect, before=both.before, standing=Fate.CUT, says=says, because=(why,))


def _open(both: _Both) -> Change:
    before, after = both.before, both.after
    words = f"{_WORDS[before.verdict]} before the plan and {_WORDS[after.verdict]} after it"
    because = (f"before: {before.says}",) if before.says != after.says else ()
    return _plain(Effect.DEPENDS_ON_UNKNOWN, before, f"It is {words}: something is not known.", *because)


def _readdressed_perhaps(both: _Both, interface: NetworkInterface) -> bool:
    """Say whether an interface stays, and it is not known whether its addresses do."""
    after = both.now.interface(interface.key)
    return after is not None and not both.remade(interface) and not own_addresses(after)[1]


_WORDS: Final = {_ALLOWED: "allowed", _DENIED: "denied", _UNKNOWN: "open"}


def _was_allowed(both: _Both, *, denied: bool) -> Change:
    reasons = [*_at_acls(both), *_at_gateways(both), *_at_ends(both)]
    fates = {fate for fate, _ in reasons}
    standing = next((each for each in (Fate.CUT, Fate.UNKNOWN) if each in fates), Fate.CONTINUE)
    effect = _EFFECTS[denied, standing]
    if effect is Effect.UNCHANGED and standing is Fate.CONTINUE:
        says = "The plan changes nothing for it." if both.open_alike else (
            "It is allowed before the plan and after it; existing connections continue."
        )  # fmt: skip
        return Change(effect=effect, before=both.before, standing=standing, says=says, because=())
    says = f"{_FATES[standing]}, new ones {'break' if denied else 'pass'}."
    because = tuple(dict.fromkeys(text for fate, text in reasons if fate is standing and text))
    return Change(effect=effect, before=both.before, standing=standing, says=says, because=because)


_EFFECTS: Final = {
    (True, Fate.CONTINUE): Effect.EXISTING_ONLY,
    (True, Fate.CUT): Effect.WOULD_BREAK,
    (True, Fate.UNKNOWN): Effect.WOULD_BREAK,
    (False, Fate.CONTINUE): Effect.UNCHANGED,
    (False, Fate.CUT): Effect.WOULD_INTERRUPT,
    (False, Fate.UNKNOWN): Effect.DEPENDS_ON_UNKNOWN,
}
_FATES: Final = {
    Fate.CONTINUE: "Existing connections continue",
    Fate.CUT: "Existing connections are cut immediately",
    Fate.UNKNOWN: "Whether existing connections continue is not known",
}


# Connections that stand.


def _at_acls(both: _Both) -> Iterator[tuple[Fate, str]]:
    for step in both.after.steps:
        result = step.result
        if result.stage not in _ACLS or step.place in both.open_alike:
            continue
        if result.verdict is _DENIED:
            what = "packets" if step.leg is Leg.REQUEST else "answers"
            by = f" by {result.line.id}" if result.line is not None else ""
            yield Fate.CUT, f"network ACLs keep no state: {what} are stopped at {result.stage.value}{by}"
        elif result.verdict is _UNKNOWN:
            yield Fate.UNKNOWN, f"{result.stage.value}: {'; '.join(doubt.says for doubt in result.doubts)}"


def _at_gateways(both: _Both) -> Iterator[tuple[Fate, str]]:
    """Another gateway has no state of connections that stand, and a NAT gateway another address."""
    was, now = (sorted({step.hop for step in each.steps if step.hop}) for each in (both.before, both.after))
    if was != now:
        before, after = (", ".join(each) or "no gateway whose network ACL is known" for each in (was, now))
        yield Fate.UNKNOWN, f"it goes through {after} after the plan, and through {before} before it"


def _at_ends(both: _Both) -> Iterator[tuple[Fate, str]]:
    for (old, new), direction in zip(both.ends(), (Direction.EGRESS, Direction.INGRESS), strict=True):
        if old.interface is None or new.interface is None:
            continue
        if both.remade(new.interface):
            yield Fate.CUT, f"{new.name} is made anew, and its connections end with it"
        elif not has_no_group(old.interface):
            yield _at_groups(both, old.interface, new.interface, direction)


def _at_groups(both: _Both, old: NetworkInterface, new: NetworkInterface, direction: Direction) -> tuple[Fate, str]:
    """Return what the groups of one end do with connections that stand, and why."""
    verdicts = _verdicts(both.now, both.after, new, direction)
    closed = [what for what, verdict in zip(_PACKETS, verdicts, strict=True) if verdict is _DENIED]
    if verdicts[0] is not _DENIED and verdicts == _verdicts(both.was, both.before, old, direction):
        return Fate.CONTINUE, ""
    if not closed and _UNKNOWN not in verdicts:
        return Fate.CONTINUE, ""
    opening = packets_at(both.before, direction)[0]
    name = entity_name(new)
    if isinstance(opening, Unknown):
        return Fate.UNKNOWN, f"{name}: {opening.reason}"
    if _regrouped(both, old, new):
        return Fate.UNKNOWN, f"{name} gets other groups; whether what the old ones track lives on is not documented"
    found = tracking(both.was, old, opening)
    if found.holds is Holds.YES:
        idle = idle_for(opening.protocol, old)
        return Fate.CONTINUE, f"{name} tracks them, as {found.says}; they end when closed or idle ({idle})"
    if found.holds is Holds.NO and closed:
        return Fate.CUT, f"{name} does not track them, as {found.says}; after the plan {closed[0]} is not admitted"
    return Fate.UNKNOWN, f"{name}: {found.says}; whether their packets are admitted after the plan is not known"


_PACKETS: Final = ("the request", "the answer by itself")


def _verdicts(index: Index, found: Explanation, interface: NetworkInterface, direction: Direction) -> list[Verdict]:
    """Return what the rules say of request and answer, each as if nothing were tracked."""
    packets = packets_at(found, direction)
    return [_UNKNOWN if isinstance(each, Unknown) else group_stage(index, interface, each).verdict for each in packets]


def _regrouped(both: _Both, old: NetworkInterface, new: NetworkInterface) -> bool:
    """Say whether an interface gets other groups, not only other rules."""
    if isinstance(old.security_groups, Unknown) or isinstance(new.security_groups, Unknown):
        return False
    if any(isinstance(each, Unknown) for each in (*old.security_groups, *new.security_groups)):
        return True
    kept = {each for each in new.security_groups if isinstance(each, str)}
    was = {both.moved.get(each, each) for each in old.security_groups if isinstance(each, str)}
    return bool(kept & both.replaced) or was != kept
