"""What the plan will do, and what happened behind Terraform's back, as changes between two models."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Final

from checker.load.terraform.plan_file import PlanFile
from checker.load.terraform.redact import alike
from checker.load.terraform.rows import Planned, deposed_key
from checker.model.loaded import ChangeAction, ResourceChange

_ACTIONS: Final = {
    ("create",): ChangeAction.CREATE,
    ("update",): ChangeAction.UPDATE,
    ("delete",): ChangeAction.DELETE,
    ("delete", "create"): ChangeAction.REPLACE,
    ("create", "delete"): ChangeAction.REPLACE_CREATE_FIRST,
    ("forget",): ChangeAction.FORGET,
    ("create", "forget"): ChangeAction.REPLACE_CREATE_FIRST,
    ("no-op",): ChangeAction.NO_OP,
}
"""Source: Terraform's JSON output format, "change representation"."""


def changes_of(plan: PlanFile, wanted: Container[str]) -> tuple[ResourceChange, ...]:
    """Return the changes of managed instances of the wanted types, sorted by address.

    A no-op is a change only when the instance moves or is imported.
    """
    found = [*_planned(plan, wanted), *_drifted(plan, wanted)]
    return tuple(sorted(found, key=_sort_key))


def _sort_key(change: ResourceChange) -> tuple[str, str, str]:
    return (change.after_key or change.before_key or "", change.deposed or "", change.action)


def _planned(plan: PlanFile, wanted: Container[str]) -> Iterator[ResourceChange]:
    for change in plan.changes:
        action = _ACTIONS.get(change.actions)
        if not change.row.managed or change.row.type not in wanted or action is None:
            continue
        if action is ChangeAction.NO_OP and change.previous is None and not change.imported:
            continue
        yield ResourceChange(
            action=action,
            type=change.row.type,
            before_key=_before_key(change),
            after_key=change.row.address if change.stays else None,
            reason=_reason(change),
            imported=change.imported,
            moved_from=change.previous,
            deposed=change.row.deposed,
        )


def _before_key(change: Planned) -> str | None:
    """Return the key before the plan. A deposed object has an address but is not the object at that address."""
    if change.before is None or change.row.deposed is None:
        return change.was if change.before is not None else None
    return deposed_key(change.row)


def _reason(change: Planned) -> str | None:
    """Return Terraform's reason, with the arguments that force a replacement."""
    if change.row.deposed is not None:
        return f"deposed object {change.row.deposed} of {change.row.address}"
    arguments = ", ".join(change.replace_paths)
    if change.reason and arguments:
        return f"{change.reason}: {arguments}"
    return change.reason or arguments or None


def _drifted(plan: PlanFile, wanted: Container[str]) -> Iterator[ResourceChange]:
    """Yield what changed outside Terraform. That a null became empty is no change: providers do so on refresh."""
    for drift in plan.drift:
        row = drift.row
        if not row.managed or row.type not in wanted or row.deposed is not None:
            continue
        if "delete" in drift.actions:
            yield ResourceChange(
                action=ChangeAction.DRIFT_DELETE,
                type=row.type,
                before_key=drift.was,
                after_key=None,
                reason="it vanished outside Terraform since the last apply",
            )
        elif "update" in drift.actions:
            names = _changed(drift)
            if names:
                yield ResourceChange(
                    action=ChangeAction.DRIFT_UPDATE,
                    type=row.type,
                    before_key=drift.was,
                    after_key=row.address,
                    reason=f"changed outside Terraform since the last apply: {', '.join(names)}",
                    moved_from=drift.previous,
                )


def _changed(drift: Planned) -> list[str]:
    before, after = drift.before or {}, drift.after or {}
    return sorted(name for name in before.keys() | after.keys() if not alike(before.get(name), after.get(name)))
