"""Judges a network again under other parameters, for those who need the verdicts and not the reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Status
from checker.model.known import Unknown
from checker.model.loaded import Loaded
from checker.rules._rule import Context, Params, Rule
from checker.rules.engine import (
    NEEDS_ALLOW_LIST,
    Run,
    Setting,
    SettingsFor,
    context_of,
    outcome_of,
    subjects_of,
    with_allow_lists,
)

Known = Callable[[Rule, Entity, Setting], Status | None]
"""A verdict that is known before anything is judged; None where it is not."""

Memory = dict[tuple[str, ...], object]

_OF_THE_NETWORK: Final = frozenset(
    {"acl", "changes", "default acls", "default groups", "exposed", "filter places", "gate", "prefix list", "scopes"}
)
"""What rules remember of a network whatever they are asked: the first words of its names in a context's memory."""


def statuses(
    loaded: Loaded, settings: SettingsFor, rules: Sequence[Rule], known: Known, memory: Memory
) -> Iterator[tuple[Rule, Entity, Status]]:
    """Yield the status that ``judge`` would give each subject in the network after, rule by rule.

    ``memory`` takes what was learnt of the network from one call to the next; all calls must be about the same one.
    """
    settled = with_allow_lists(settings)
    ctx = context_of(loaded.after, settled, loaded.before, loaded.changes)
    ctx.memory.update(memory)
    run = Run()
    for rule in rules:
        ask = settled if rule.id in NEEDS_ALLOW_LIST else settings
        for entity in subjects_of(rule, ctx, run):
            setting = ask(rule.id, entity)
            if setting.enabled or setting.uncertain or setting.off_by:
                yield rule, entity, known(rule, entity, setting) or _status(rule, entity, ctx, setting, run)
    memory.update((memo, value) for memo, value in ctx.memory.items() if memo[0] in _OF_THE_NETWORK)


def _status(rule: Rule, entity: Entity, ctx: Context, setting: Setting, run: Run) -> Status:
    settled = setting.enabled and not setting.uncertain and not isinstance(entity.exists, Unknown)
    if rule.quick is not None and settled:
        try:
            found = rule.quick(entity, ctx, setting.params)
        except Exception:  # noqa: BLE001 - a bug in one rule must not hide the verdicts of the others; check meets it too
            found = None
        if found is not None:
            return found
    return outcome_of(rule, entity, ctx, setting, run).status


def asks_no_less(rule: Rule, one: Params, other: Params) -> bool:
    """Return whether the first parameters ask no less than the second: what passes under them passes under the second.

    What fails under the second then fails under the first. Parameters of which the rule gives no order must be equal.
    """
    return one.keys() == other.keys() and all(
        one[name] == other[name] or (name in rule.stricter and rule.stricter[name](one[name], other[name]))
        for name in one
    )
