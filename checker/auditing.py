"""Controls of frameworks, judged on what a run judged. Called by judging only.

A control is held against its own parameters, not the policy's: where they differ, its rules judge once more. What the
policy, ``--only`` or the command leaves out stays out, and the control says so.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from checker.assessment import NotRun, Verdicts, control_results
from checker.model.assessment import ControlResult
from checker.model.entity import Entity
from checker.model.finding import Finding, Json
from checker.model.known import Key
from checker.model.loaded import Loaded
from checker.model.record import dataclass, field, replace
from checker.policy import Policy, RuleSettings, control_demands
from checker.rules import RULES
from checker.rules._rule import Rule
from checker.rules.engine import judge

_ORGANISATION: Final = ("allow", "managed_elsewhere", "required", "retention_days")
"""Parameters that only the organisation knows: taken from the policy where a control does not fix them."""

_LOOKS_BACK: Final = "FL011"
"""The rule that speaks of the network before a plan; for the others, judging that again would be in vain."""

_RULES: Final = {rule.id: rule for rule in RULES}

_Variant: TypeAlias = tuple[str, str]
"""Rule id and the parameters that a control fixes, as JSON."""

Waive: TypeAlias = Callable[[tuple[Finding, ...]], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """A run whose findings have their waivers, and what it left out."""

    loaded: Loaded
    policy: Policy
    findings: tuple[Finding, ...]
    chosen: frozenset[str]
    """Ids of the rules that the run was to use."""
    of_command: frozenset[str]
    """Ids of the rules that the command can run at all."""


def audit_controls(audit: Audit, waive: Waive) -> tuple[ControlResult, ...]:
    """Return a row for each control of the policy's frameworks; ``waive`` applies the run's waivers to findings."""
    demands = control_demands(audit.policy.frameworks)
    wanted = {_variant(rule_id, fixed) for each in demands for rule_id, fixed in each.rules.items()}
    verdicts = _verdicts(audit, sorted(wanted), waive)
    by_control = [{rule: verdicts[_variant(rule, fixed)] for rule, fixed in each.rules.items()} for each in demands]
    return control_results(demands, by_control, len(audit.loaded.gaps))


def _variant(rule_id: str, fixed: Mapping[str, Json]) -> _Variant:
    return rule_id, json.dumps(fixed, sort_keys=True)


def _verdicts(audit: Audit, variants: Sequence[_Variant], waive: Waive) -> dict[_Variant, Verdicts]:
    """Return what each rule says with the parameters of each control."""
    found: dict[_Variant, Verdicts] = {}
    again: list[_Variant] = []
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in audit.findings:
        by_rule[finding.rule_id].append(finding)
    for variant in variants:
        not_run = _not_run(audit, variant[0])
        if not_run is not None:
            found[variant] = Verdicts(not_run=not_run)
        elif _as_judged(audit.policy, variant):
            found[variant] = Verdicts(findings=tuple(by_rule[variant[0]]))
        else:
            again.append(variant)
    for batch in _batches(again):
        found.update(_judge_again(audit, batch, waive))
    return found


def _not_run(audit: Audit, rule_id: str) -> NotRun | None:
    if rule_id not in audit.of_command:
        return NotRun.COMMAND
    if rule_id not in audit.chosen:
        return NotRun.LEFT_OUT
    return None if audit.policy.asks_for(rule_id) else NotRun.OFF


def _as_judged(policy: Policy, variant: _Variant) -> bool:
    """Return whether the run has judged every subject as the control would."""
    if any(variant[0] in line.rules for line in policy.selectors):
        return False
    params = policy.defaults_for(variant[0]).params
    return _params(variant, params) == params


def _params(variant: _Variant, of_policy: Mapping[str, Json]) -> dict[str, Json]:
    """Return all parameters by which a control judges."""
    known = {name: of_policy[name] for name in _ORGANISATION if name in of_policy}
    return {**_RULES[variant[0]].default_params, **known, **json.loads(variant[1])}


def _batches(variants: Iterable[_Variant]) -> list[dict[str, _Variant]]:
    """Return the variants in groups that hold each rule once at most: what a rule remembers is for one variant."""
    batches: list[dict[str, _Variant]] = []
    for variant in variants:
        for batch in batches:
            if variant[0] not in batch:
                batch[variant[0]] = variant
                break
        else:
            batches.append({variant[0]: variant})
    return batches


@dataclass(slots=True)
class _Fixed:
    """Settings in which the rules of a batch have the parameters of their controls."""

    policy: Policy
    batch: Mapping[str, _Variant]
    left_out: dict[str, set[Key]] = field(default_factory=dict)
    """Subjects for which the policy switches a rule off, by rule id."""
    made: dict[tuple[str, int], tuple[RuleSettings, RuleSettings]] = field(default_factory=dict)
    """Settings of the policy with what became of them: few, for many subjects."""

    def __call__(self, rule_id: str, entity: Entity) -> RuleSettings:
        found = self.policy.settings_for(rule_id, entity)
        variant = self.batch.get(rule_id)
        if variant is None:
            return found
        if not found.enabled and found.uncertain is None:
            self.left_out.setdefault(rule_id, set()).add(entity.key)
            return replace(found, off_by=None)
        known = self.made.get((rule_id, id(found)))
        if known is None:  # what was found is kept beside it, so that its id() stays its own
            known = self.made[rule_id, id(found)] = (found, replace(found, params=_params(variant, found.params)))
        return known[1]


def _judge_again(audit: Audit, batch: Mapping[str, _Variant], waive: Waive) -> dict[_Variant, Verdicts]:
    settings = _Fixed(audit.policy, batch)
    rules: tuple[Rule, ...] = tuple(rule for rule in RULES if rule.id in batch)
    loaded = audit.loaded if _LOOKS_BACK in batch else replace(audit.loaded, before=None)
    judged = judge(loaded, settings, rules=rules)
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in waive(judged.findings):
        by_rule[finding.rule_id].append(finding)
    return {
        variant: Verdicts(findings=tuple(by_rule[rule_id]), left_out=len(settings.left_out.get(rule_id, ())))
        for rule_id, variant in batch.items()
    }
