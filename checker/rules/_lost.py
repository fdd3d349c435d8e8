"""Which flow logs of a scope the plan takes away, and which went without it."""

from __future__ import annotations

from dataclasses import dataclass

from checker.model.entity import Entity
from checker.model.finding import Evidence
from checker.model.flow_log import FlowLog
from checker.model.known import Key, Unknown
from checker.model.loaded import ChangeAction, ResourceChange
from checker.rules._coverage import Scopes, index, scopes
from checker.rules._rule import Context
from checker.rules._say import fact, name

_WORDS = {
    ChangeAction.DELETE: "this plan destroys {log}, which recorded it",
    ChangeAction.DRIFT_DELETE: "{log}, which recorded it, vanished outside Terraform",
    ChangeAction.REPLACE: "this plan replaces {log}, which recorded it, by one that does not",
    ChangeAction.REPLACE_CREATE_FIRST: "this plan replaces {log}, which recorded it, by one that does not",
}


@dataclass(frozen=True, slots=True)
class Lost:
    """A flow log that stood on a scope before and does not after."""

    log: FlowLog
    change: ResourceChange

    def evidence(self) -> Evidence:
        """Return the loss as evidence."""
        reason = f" ({self.change.reason})" if self.change.reason else ""
        return fact(_WORDS[self.change.action].format(log=name(self.log)) + reason, self.log)


def before_scopes(ctx: Context) -> Scopes | None:
    """Return the index of the model before the plan, built on first use."""
    if ctx.before is None:
        return None
    found = ctx.memory.get(("scopes", "before"))
    if not isinstance(found, Scopes):
        found = ctx.memory[("scopes", "before")] = index(ctx.before)
    return found


def changes_by_after(ctx: Context) -> dict[Key, ResourceChange]:
    """Return the planned change of each entity by its key after."""
    found = ctx.memory.get(("changes", "after"))
    if isinstance(found, dict):
        return found
    planned = {change.after_key: change for change in ctx.changes if change.after_key and not _drift(change)}
    ctx.memory[("changes", "after")] = planned
    return planned


def _changes_by_before(ctx: Context) -> dict[Key, ResourceChange]:
    found = ctx.memory.get(("changes", "before"))
    if isinstance(found, dict):
        return found
    planned = {change.before_key: change for change in ctx.changes if change.before_key and not _drift(change)}
    ctx.memory[("changes", "before")] = planned
    return planned


def _drift(change: ResourceChange) -> bool:
    return change.action in (ChangeAction.DRIFT_DELETE, ChangeAction.DRIFT_UPDATE)


def key_before(ctx: Context, entity: Entity) -> Key:
    """Return the key that an entity had before the plan."""
    change = changes_by_after(ctx).get(entity.key)
    return change.before_key if change is not None and change.before_key else entity.key


def lost_logs(ctx: Context, scope: Entity) -> list[Lost]:
    """Return the logs that stood on a scope before the plan and do not after."""
    old = before_scopes(ctx)
    if old is None or ctx.before is None:
        return []
    scope_before = ctx.before.by_key.get(key_before(ctx, scope))
    if scope_before is None:
        return []
    found = []
    here = scopes(ctx)
    still = {log.key for log in here.any(scope)}
    for log in old.certain(scope_before):
        change = _changes_by_before(ctx).get(log.key)
        if change is None or change.action not in _WORDS or change.after_key in still:
            continue
        found.append(Lost(log, change))
    return found


def drifted_logs(ctx: Context, scope: Entity) -> list[Evidence]:
    """Return the flow logs that vanished outside Terraform, as far as they concern a scope."""
    here = scopes(ctx)
    found = []
    for change in ctx.changes:
        if change.action is not ChangeAction.DRIFT_DELETE or change.type != "aws_flow_log":
            continue
        key = change.after_key or change.before_key or ""
        log = ctx.model.by_key.get(key)
        if isinstance(log, FlowLog):
            if isinstance(log.target, Unknown) or here.identity(log.target) != here.identity(scope.key):
                continue
            found.append(
                fact(f"{name(log)} vanished outside Terraform since the last apply; this plan makes it again", log)
            )
        else:
            found.append(fact(f"{key} vanished outside Terraform since the last apply"))
    return found
