"""Controls of frameworks, judged on what a run judged. Called by judging only.

A control is held against its own parameters, not the policy's: where they differ, its rules judge once more. What the
policy, ``--only`` or the command leaves out stays out, and the control says so.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from checker.assessment import NotRun, Verdicts, control_results
from checker.model.assessment import ControlResult
from checker.model.entity import Entity
from checker.model.finding import Confidence, Finding, Json, Status
from checker.model.known import Key
from checker.model.loaded import Loaded
from checker.model.record import dataclass, field, replace
from checker.policy import Policy, RuleSettings, control_demands
from checker.rules import RULES
from checker.rules._rule import Rule
from checker.rules.again import Memory, asks_no_less, statuses
from checker.rules.engine import Setting, finding_id, resource_of

_ORGANISATION: Final = ("allow", "managed_elsewhere", "required", "retention_days")
"""Parameters that only the organisation knows: taken from the policy where a control does not fix them."""

_RULES: Final = {rule.id: rule for rule in RULES}

_Variant: TypeAlias = tuple[str, str]
"""Rule id and the parameters that a control fixes, as JSON."""

_Place: TypeAlias = tuple[str, int]
"""Rule id and subject, by ``id``: subjects outlive the audit."""

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
    asked = [{rule_id: _variant(rule_id, fixed) for rule_id, fixed in each.rules.items()} for each in demands]
    verdicts = _verdicts(audit, sorted({variant for each in asked for variant in each.values()}), waive)
    by_control = [{rule_id: verdicts[variant] for rule_id, variant in each.items()} for each in asked]
    return control_results(demands, by_control, len(audit.loaded.gaps))


def _variant(rule_id: str, fixed: Mapping[str, Json]) -> _Variant:
    return rule_id, json.dumps(fixed, sort_keys=True)


def _verdicts(audit: Audit, variants: Sequence[_Variant], waive: Waive) -> dict[_Variant, Verdicts]:
    """Return what each rule says with the parameters of each control."""
    found: dict[_Variant, Verdicts] = {}
    again: list[_Variant] = []
    run = _OfRun(audit)
    for variant in variants:
        not_run = _not_run(audit, variant[0])
        if not_run is not None:
            found[variant] = Verdicts(not_run=not_run)
        elif _as_judged(audit.policy, variant):
            found[variant] = Verdicts.of((each.status, each.id) for each in run.by_rule[variant[0]])
        else:
            again.append(variant)
    return {**found, **_Again(audit, run).judge(again, waive)}


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


class _OfRun:
    """What the run itself said: much of it answers the controls too."""

    def __init__(self, audit: Audit) -> None:
        self.by_rule: dict[str, list[Finding]] = defaultdict(list)
        self._statuses: dict[str, Status | None] = {}
        self._entities: dict[tuple[str, int], Status | None] = {}
        for finding in audit.findings:
            self.by_rule[finding.rule_id].append(finding)
            shared = finding.id in self._statuses and self._statuses[finding.id] is not finding.status
            self._statuses[finding.id] = None if shared else finding.status

    def status(self, rule_id: str, entity: Entity) -> Status | None:
        """Return what the run says of a subject; None where it says nothing, or several things under one id."""
        place = (rule_id, id(entity))
        if place not in self._entities:
            self._entities[place] = self._statuses.get(_id(rule_id, entity))
        return self._entities[place]


def _id(rule_id: str, entity: Entity) -> str:
    return finding_id(rule_id, resource_of(entity), entity.key)


@dataclass(slots=True)
class _Fixed:
    """Settings in which the rules of a batch have the parameters of their controls."""

    policy: Policy
    batch: Mapping[str, _Variant]
    left_out: dict[str, set[Key]] = field(default_factory=dict)
    """Subjects for which the policy switches a rule off, by rule id."""
    made: dict[tuple[str, int], tuple[RuleSettings, RuleSettings]] = field(default_factory=dict)
    """Settings of the policy with what became of them: few, for many subjects."""
    everywhere: dict[str, RuleSettings] = field(default_factory=dict)
    """What holds for every subject, where the policy makes no difference between them, by rule id."""
    asked_more: set[int] = field(default_factory=set)
    """What became of settings that ask for no less than the control, by ``id``."""
    asked_less: set[int] = field(default_factory=set)
    """What became of settings that ask for no more than it."""

    def __call__(self, rule_id: str, entity: Entity) -> RuleSettings:
        everywhere = self.everywhere.get(rule_id)
        if everywhere is not None:
            return everywhere
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
            if asks_no_less(_RULES[rule_id], found.params, known[1].params):
                self.asked_more.add(id(known[1]))
            if asks_no_less(_RULES[rule_id], known[1].params, found.params):
                self.asked_less.add(id(known[1]))
        if not self.policy.selectors:
            self.everywhere[rule_id] = known[1]
        return known[1]


class _Again:
    """Judges again what the run does not answer."""

    def __init__(self, audit: Audit, run: _OfRun) -> None:
        self._audit = audit
        self._run = run
        self._of_network: Memory = {}

    def judge(self, variants: Sequence[_Variant], waive: Waive) -> dict[_Variant, Verdicts]:
        """Return the verdicts of each variant, with waivers."""
        counts: dict[_Variant, Counter[Status]] = {variant: Counter() for variant in variants}
        failed: dict[_Variant, dict[_Place, Entity]] = {variant: {} for variant in variants}
        left_out: dict[_Variant, int] = {}
        for batch in _batches(variants):
            settings = _Fixed(self._audit.policy, batch)
            for rule, entity, status in self._statuses(settings):
                variant = batch[rule.id]
                counts[variant][status] += 1
                if status is Status.FAIL:
                    failed[variant][rule.id, id(entity)] = entity
            left_out.update((variant, len(settings.left_out.get(rule, ()))) for rule, variant in batch.items())
        waived, ids = self._waived({place: each for found in failed.values() for place, each in found.items()}, waive)
        found: dict[_Variant, Verdicts] = {}
        for variant in variants:
            covered = failed[variant].keys() & waived
            told = counts[variant] - Counter({Status.FAIL: len(covered)}) + Counter({Status.WAIVED: len(covered)})
            failing = frozenset(ids[place] for place in failed[variant].keys() - covered)
            found[variant] = Verdicts(counts=told, failing=failing, left_out=left_out[variant])
        return found

    def _statuses(self, settings: _Fixed) -> Iterable[tuple[Rule, Entity, Status]]:
        def known(rule: Rule, entity: Entity, setting: Setting) -> Status | None:
            more, less = id(setting) in settings.asked_more, id(setting) in settings.asked_less
            said = self._run.status(rule.id, entity) if more or less else None
            if said is Status.PASS and more:
                return said
            return Status.FAIL if less and said in (Status.FAIL, Status.WAIVED) else None

        rules = tuple(rule for rule in RULES if rule.id in settings.batch)
        return statuses(self._audit.loaded, settings, rules, known, self._of_network)

    def _waived(self, failed: Mapping[_Place, Entity], waive: Waive) -> tuple[set[_Place], dict[_Place, str]]:
        """Return which failures a waiver covers (that depends on rule and subject only), and the ids of all."""
        failures = {place: _failure(_RULES[place[0]], entity) for place, entity in failed.items()}
        judged = zip(failures, waive(tuple(failures.values())), strict=True)
        waived = {place for place, each in judged if each.status is Status.WAIVED}
        return waived, {place: each.id for place, each in failures.items()}


def _failure(rule: Rule, entity: Entity) -> Finding:
    """Return the least that a waiver must know of a failure."""
    resource = resource_of(entity)
    return Finding(
        rule_id=rule.id, rule_name=rule.name, status=Status.FAIL, severity=rule.severity, confidence=Confidence.HIGH,
        resource=resource, change=None, message=rule.title, why=rule.why, evidence=(), remediation=None, controls=(),
        location=entity.origin, id=finding_id(rule.id, resource, entity.key), facts={}, facts_digest="",
    )  # fmt: skip
