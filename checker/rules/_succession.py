"""Flow logs that go with a plan, and the new ones that record the same traffic after them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from checker.model.entity import Entity
from checker.model.flow_log import FlowLog
from checker.model.known import Key, Unknown
from checker.model.loaded import ChangeAction, ResourceChange
from checker.model.network import Subnet, Vpc
from checker.model.record import dataclass
from checker.rules._changes import REPLACE, Changes, changes_of
from checker.rules._coverage import (
    BOTH,
    NOTHING,
    PRESENT,
    Captured,
    Scopes,
    chain_of,
    scopes,
    target_of,
    types_of,
)
from checker.rules._lost import before_scopes
from checker.rules._rule import Context

_ANEW: Final = (ChangeAction.CREATE, *REPLACE)


@dataclass(frozen=True, slots=True)
class Heir:
    """A new flow log that records what another one recorded before the plan."""

    log: FlowLog
    cell: Entity | None
    """The narrower of the two targets: what both record. None for an id outside the input."""


@dataclass(frozen=True, slots=True)
class Succession:
    """A flow log that goes, and its heirs: the one at its own address first, then the others by key."""

    old: FlowLog
    change: ResourceChange
    heirs: tuple[Heir, ...]

    def ordered(self, heir: Heir) -> bool:
        """Say whether Terraform puts the two in an order: they share an address."""
        return heir.log.key == self.change.after_key

    def seamless(self, heir: Heir) -> bool:
        """Say whether the heir certainly stands before the old log goes."""
        return self.ordered(heir) and self.change.action is ChangeAction.REPLACE_CREATE_FIRST


def types_of_log(log: FlowLog) -> Captured:
    """Return what a log records; the one word of PRESENT where it has no traffic type or it is not known."""
    kind = log.traffic_type
    return PRESENT if kind is None or isinstance(kind, Unknown) else types_of(kind)


def shared_types(old: FlowLog, new: FlowLog) -> Captured:
    """Return what two logs both record, as far as is known; all of the other's where that of one is not."""
    mine, theirs = types_of_log(old), types_of_log(new)
    if PRESENT in (mine, theirs):
        return mine if theirs == PRESENT else theirs
    return mine & theirs


def successions(ctx: Context) -> dict[Key, list[Succession]]:
    """Return the successions of a plan by the key of the log that reports them: the first heir."""
    kept = ctx.memory.get(("successions",))
    if isinstance(kept, dict):
        return kept
    found: dict[Key, list[Succession]] = defaultdict(list)
    for each in _Finder(ctx).all():
        found[each.heirs[0].log.key].append(each)
    ctx.memory[("successions",)] = found
    return found


class _Finder:
    """Looks for the heirs of each log that goes."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._here = scopes(ctx)
        self._changes = changes_of(ctx)
        self._new: dict[str, list[FlowLog]] = defaultdict(list)
        for log in ctx.model.flow_logs:
            change = self._changes.by_after.get(log.key)
            if change is not None and change.action in _ANEW and not isinstance(log.target, Unknown):
                self._new[self._here.identity(log.target)].append(log)

    def all(self) -> Iterator[Succession]:
        """Yield each log that goes and has heirs."""
        before = before_scopes(self._ctx)
        if before is None or self._ctx.before is None or not self._new:
            return
        for change in (*self._changes.deleted["aws_flow_log"], *self._changes.replaced["aws_flow_log"]):
            old = self._ctx.before.by_key.get(change.before_key or "")
            if isinstance(old, FlowLog) and not isinstance(old.target, Unknown):
                heirs = self._heirs(old, before)
                heirs.sort(key=lambda heir: (heir.log.key != change.after_key, heir.log.key))
                if heirs:
                    yield Succession(old, change, tuple(heirs))

    def _heirs(self, old: FlowLog, before: Scopes) -> list[Heir]:
        was = target_of(before, old)
        if was is None:  # an id outside the input before and after
            place = before.identity(str(old.target))
            outside = [] if place in self._here.identities else self._new.get(place, [])
            return [Heir(log, None) for log in outside if shared_types(old, log)]
        scope = scope_after(self._ctx, was)
        if scope is None:
            return []
        found = [
            Heir(log, scope)
            for around in chain_of(self._here, scope)
            for log in self._new.get(self._here.identity(around.key), [])
        ]
        found += [
            Heir(log, cell) for cell in self._inside(scope) for log in self._new.get(self._here.identity(cell.key), [])
        ]
        return [heir for heir in {heir.log.key: heir for heir in found}.values() if shared_types(old, heir.log)]

    def _inside(self, scope: Entity) -> Iterator[Entity]:
        """Yield the subnets and interfaces of a scope that stood before the plan."""
        subnets = self._here.members(scope)[0] if isinstance(scope, Vpc) else []
        cards = self._here.interfaces.get(self._here.identity(scope.key), []) if isinstance(scope, Vpc | Subnet) else []
        for cell in (*subnets, *cards):
            if not made_anew(self._changes, cell):
                yield cell


def made_anew(changes: Changes, scope: Entity) -> bool:
    """Say whether the plan creates something or destroys and creates it: what it was before is not recorded after."""
    change = changes.by_after.get(scope.key)
    return change is not None and change.action in _ANEW and not change.imported


def scope_after(ctx: Context, was: Entity) -> Entity | None:
    """Return the same thing after the plan; None where it goes or is made anew."""
    change = changes_of(ctx).by_before.get(was.key)
    now = ctx.model.by_key.get((change.after_key if change is not None else None) or was.key)
    return None if now is None or made_anew(changes_of(ctx), now) else now


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """The flow logs that record a cell throughout."""

    logs: tuple[FlowLog, ...]
    sure: Captured
    most: Captured
    """What may be recorded at most, counting logs of which something is not known."""

    def covers(self, need: Captured) -> bool:
        """Say whether what is needed is certainly recorded all the time."""
        return _holds(self.sure, need)

    def may_cover(self, need: Captured) -> bool:
        """Say whether it may be."""
        return _holds(self.most, need)


def _holds(recorded: Captured, need: Captured) -> bool:
    return need <= recorded or (need == PRESENT and recorded >= BOTH)


def meanwhile(ctx: Context, heir: Heir) -> Meanwhile:
    """Return what records the cell of an heir until after the plan; that of a VPC also by its subnets."""
    if heir.cell is None:
        return Meanwhile((), NOTHING, NOTHING)
    here = scopes(ctx)
    whole = _recorded(ctx, here, chain_of(here, heir.cell))
    sure, maybe = here.members(heir.cell) if isinstance(heir.cell, Vpc) else ([], [])
    if not sure or maybe or here.model.unread_for("aws_subnet", heir.cell.origin.root) is not None:
        return whole
    parts = [_recorded(ctx, here, [subnet, heir.cell]) for subnet in sure]
    return Meanwhile(
        tuple({log.key: log for part in (whole, *parts) for log in part.logs}.values()),
        whole.sure | frozenset.intersection(*(part.sure for part in parts)),
        whole.most | frozenset.intersection(*(part.most for part in parts)),
    )


def _recorded(ctx: Context, here: Scopes, chain: list[Entity]) -> Meanwhile:
    steady = [log for scope in chain for log in here.certain(scope) if _stays(log, ctx)]
    maybe = [log for scope in chain for log in here.possible(scope) if _stays(log, ctx)]
    sure: set[str] = set()
    for log in steady:
        sure |= NOTHING if isinstance(log.traffic_type, Unknown) else types_of_log(log)
    most = set(sure)
    for log in (*steady, *maybe):
        most |= BOTH if isinstance(log.traffic_type, Unknown) else types_of_log(log)
    return Meanwhile(tuple(steady), frozenset(sure), frozenset(most))


def _stays(log: FlowLog, ctx: Context) -> bool:
    """Say whether a log records the same target before, during and after the plan."""
    change = changes_of(ctx).by_after.get(log.key)
    if change is None or change.action in (ChangeAction.NO_OP, ChangeAction.UPDATE):
        return True
    if change.action is not ChangeAction.REPLACE_CREATE_FIRST:
        return False
    found = successions(ctx).get(log.key, [])
    return any(each.seamless(each.heirs[0]) and _same_target(each.old, log, ctx) for each in found)


def _same_target(old: FlowLog, log: FlowLog, ctx: Context) -> bool:
    before = before_scopes(ctx)
    was = target_of(before, old) if before is not None else None
    now = target_of(scopes(ctx), log)
    if was is None or now is None:
        return was is now and not isinstance(old.target, Unknown) and old.target == log.target
    scope = scope_after(ctx, was)
    return scope is not None and scopes(ctx).identity(scope.key) == scopes(ctx).identity(now.key)
