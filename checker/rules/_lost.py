"""Which flow logs of a scope the plan takes away, and which went without it."""

from __future__ import annotations

from checker.model.entity import Entity
from checker.model.finding import Evidence
from checker.model.flow_log import FlowLog
from checker.model.known import Unknown
from checker.model.loaded import ChangeAction, ResourceChange
from checker.model.record import dataclass
from checker.rules._changes import changes_of
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
        if self.change.deposed:
            return fact(f"this plan destroys {said(self.log, self.change)}, which recorded it", self.log)
        return fact(_WORDS[self.change.action].format(log=name(self.log)) + reason, self.log)


def said(log: FlowLog, change: ResourceChange) -> str:
    """Return the name of a log that a change takes away: a deposed object shares its address with its successor."""
    return f"the deposed object of {name(log)}" if change.deposed else name(log)


def before_scopes(ctx: Context) -> Scopes | None:
    """Return the index of the model before the plan, built on first use."""
    if ctx.before is None:
        return None
    found = ctx.memory.get(("scopes", "before"))
    if not isinstance(found, Scopes):
        found = ctx.memory[("scopes", "before")] = index(ctx.before)
    return found


def lost_logs(ctx: Context, scope: Entity) -> list[Lost]:
    """Return the logs that stood on a scope before the plan and do not after."""
    old = before_scopes(ctx)
    if old is None or ctx.before is None:
        return []
    changes = changes_of(ctx)
    scope_before = ctx.before.by_key.get(changes.key_before(scope.key))
    if scope_before is None:
        return []
    found = []
    here = scopes(ctx)
    still = {log.key for log in here.any(scope)}
    for log in old.certain(scope_before):
        change = changes.by_before.get(log.key)
        if change is None or change.action not in _WORDS or change.after_key in still:
            continue
        found.append(Lost(log, change))
    return found


def drifted_logs(ctx: Context, scope: Entity) -> list[Evidence]:
    """Return the flow logs that vanished outside Terraform, as far as they concern a scope."""
    here = scopes(ctx)
    found = []
    for change in changes_of(ctx).vanished.get("aws_flow_log", []):
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
