"""The planned changes, sorted once, so that no rule walks through all of them for each of its subjects."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from checker.model.known import Key
from checker.model.loaded import ChangeAction, ResourceChange
from checker.model.record import dataclass, field
from checker.rules._rule import Context

REPLACE: Final = (ChangeAction.REPLACE, ChangeAction.REPLACE_CREATE_FIRST)
_DRIFT: Final = (ChangeAction.DRIFT_DELETE, ChangeAction.DRIFT_UPDATE)


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of one plan, by what is asked of them. Drift is kept apart: it is no part of the plan."""

    by_after: dict[Key, ResourceChange] = field(default_factory=dict)
    by_before: dict[Key, ResourceChange] = field(default_factory=dict)
    deleted: dict[str, list[ResourceChange]] = field(default_factory=lambda: defaultdict(list))
    """Plain deletions by Terraform type; what is left of an earlier replacement (a deposed object) among them."""
    replaced: dict[str, list[ResourceChange]] = field(default_factory=lambda: defaultdict(list))
    """Replacements by Terraform type: the old object goes, whatever order that is done in."""
    vanished: dict[str, list[ResourceChange]] = field(default_factory=lambda: defaultdict(list))
    """What vanished outside Terraform, by type."""

    def key_before(self, key: Key) -> Key:
        """Return the key that an entity had before the plan."""
        change = self.by_after.get(key)
        return change.before_key if change is not None and change.before_key else key


def changes_of(ctx: Context) -> Changes:
    """Return the context's changes, sorted on first use."""
    found = ctx.memory.get(("changes",))
    if not isinstance(found, Changes):
        found = ctx.memory[("changes",)] = _sort(ctx.changes)
    return found


def _sort(changes: tuple[ResourceChange, ...]) -> Changes:
    made = Changes()
    for change in changes:
        if change.action is ChangeAction.DRIFT_DELETE:
            made.vanished[change.type].append(change)
        if change.action in _DRIFT:
            continue
        if change.deposed:
            _sort_deposed(made, change)
            continue
        if change.after_key:
            made.by_after[change.after_key] = change
        if change.before_key:
            made.by_before[change.before_key] = change
        if change.action is ChangeAction.DELETE:
            made.deleted[change.type].append(change)
        elif change.action in REPLACE:
            made.replaced[change.type].append(change)
    return made


def _sort_deposed(made: Changes, change: ResourceChange) -> None:
    """Sort in a deposed object: it stands beside the object at its address until the plan destroys it.

    Its key is its own. Where the loader gives none, the model before does not hold it, and nothing is known of it.
    """
    if change.action is ChangeAction.DELETE and change.before_key:
        made.by_before[change.before_key] = change
        made.deleted[change.type].append(change)
