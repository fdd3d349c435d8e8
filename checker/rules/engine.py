"""Runs the rules: on the network after the plan, on the one before it, and compares the two."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, Protocol

from checker.model.diagnosis import Recorded
from checker.model.entity import Entity
from checker.model.finding import Change, Confidence, Evidence, Finding, Json, Resource, Severity, Status
from checker.model.known import Key, Unknown
from checker.model.loaded import Loaded, ResourceChange
from checker.model.model import NetworkModel
from checker.model.record import dataclass, field, replace
from checker.rules import RULES
from checker.rules._destination import entries
from checker.rules._qualify import outcome_memo
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import fact, name, not_applicable, unknown


class Setting(Protocol):
    """What a policy says of one rule on one entity; ``checker.policy.RuleSettings`` is one."""

    @property
    def enabled(self) -> bool:
        """Whether the rule is on."""

    @property
    def severity(self) -> Severity | None:
        """None for the rule's own."""

    @property
    def params(self) -> Mapping[str, Json]:
        """All parameters, defaults included."""

    @property
    def uncertain(self) -> str | None:
        """Why the policy cannot be sure of these settings; None where it is."""

    @property
    def or_severity(self) -> tuple[Severity | None, ...]:
        """Further severities that may hold; the highest counts."""

    @property
    def or_why(self) -> str | None:
        """Why it is not known which severity holds; None where it is."""

    @property
    def off_by(self) -> str | None:
        """What switched the rule off for this entity alone; None where nothing did."""


SettingsFor = Callable[[str, Entity], Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainSetting:
    """A setting made from a rule's own defaults."""

    enabled: bool
    params: Mapping[str, Json]
    severity: Severity | None = None
    uncertain: str | None = None
    or_severity: tuple[Severity | None, ...] = ()
    or_why: str | None = None
    off_by: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """All verdicts, and the rules that broke on the way."""

    findings: tuple[Finding, ...]
    crashed: tuple[str, ...]
    """One text per rule that raised: its id, the type of the exception and where. Not empty: a bug in flowcheck."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One outcome before it is compared with the one before."""

    rule: Rule
    entity: Entity
    outcome: Outcome
    setting: Setting


@dataclass
class Run:
    """One pass over one model."""

    verdicts: list[_Verdict] = field(default_factory=list)
    crashed: dict[str, str] = field(default_factory=dict)


NEEDS_ALLOW_LIST: Final = ("FL004", "FL008")
"""Rules that say nothing before the policy gives one of them an allow-list; each uses the other's."""


def default_settings(rules: Sequence[Rule] = RULES) -> SettingsFor:
    """Return settings in which each rule has its own defaults: for use without a policy."""
    made = {rule.id: PlainSetting(enabled=rule.enabled_by_default, params=rule.default_params) for rule in rules}
    return lambda rule_id, _entity: made.get(rule_id) or PlainSetting(enabled=False, params={})


def judge(
    loaded: Loaded,
    settings: SettingsFor | None = None,
    *,
    rules: Sequence[Rule] = RULES,
    recorded: Recorded | None = None,
) -> Judgement:
    """Judge what was loaded and return sorted findings.

    ``change`` is set where there is a network before: the same rules judge it, with the same settings. Controls,
    waivers and baselines are applied by others. A rule that raises gives findings of status unknown that name it, and
    its name in ``crashed``; nothing is swallowed.
    """
    settings = with_allow_lists(settings if settings is not None else default_settings(rules))
    context = context_of(loaded.after, settings, loaded.before, loaded.changes)
    after = _run(context if recorded is None else replace(context, recorded=recorded), settings, rules)
    crashed = dict(after.crashed)
    if loaded.before is None or recorded is not None:  # records say nothing of what is only planned
        findings = [_finding(verdict, None) for verdict in after.verdicts]
    else:
        before = _run(context_of(loaded.before, settings), settings, rules)
        crashed = {**before.crashed, **crashed}
        comparison = _Comparison(loaded.changes, before.verdicts)
        findings = [_finding(verdict, comparison.change(verdict)) for verdict in after.verdicts]
    return Judgement(tuple(sorted(findings, key=sort_key)), tuple(crashed[rule_id] for rule_id in sorted(crashed)))


def with_allow_lists(settings: SettingsFor) -> SettingsFor:
    """Switch the rules on destinations off where no allow-list is given, and let each use the other's."""

    def settled(rule_id: str, entity: Entity) -> Setting:
        found = settings(rule_id, entity)
        if rule_id not in NEEDS_ALLOW_LIST or not found.enabled or entries(found.params, "allow"):
            return found
        other = settings(NEEDS_ALLOW_LIST[rule_id == NEEDS_ALLOW_LIST[0]], entity)
        given = other.params.get("allow") if other.enabled else None
        return PlainSetting(
            enabled=bool(given),
            params={**found.params, "allow": given or []},
            severity=found.severity,
            uncertain=found.uncertain,
            or_severity=found.or_severity,
            or_why=found.or_why,
        )

    return settled


def context_of(
    model: NetworkModel,
    settings: SettingsFor,
    before: NetworkModel | None = None,
    changes: tuple[ResourceChange, ...] = (),
) -> Context:
    """Return what the rules may look at on one network."""

    def params_for(rule_id: str, entity: Entity) -> Params | None:
        found = settings(rule_id, entity)
        return found.params if found.enabled else None

    return Context(model=model, before=before, changes=changes, params_for=params_for)


def _run(ctx: Context, settings: SettingsFor, rules: Iterable[Rule]) -> Run:
    run = Run()
    for rule in rules:
        for entity in subjects_of(rule, ctx, run):
            setting = settings(rule.id, entity)
            if setting.enabled or setting.uncertain or setting.off_by:
                run.verdicts.append(_Verdict(rule, entity, outcome_of(rule, entity, ctx, setting, run), setting))
    return run


def subjects_of(rule: Rule, ctx: Context, run: Run) -> list[Entity]:
    """Return what a rule judges; nothing, and a note in the run, where it breaks."""
    try:
        return list(rule.subjects(ctx))
    except Exception as error:  # noqa: BLE001 - a bug in one rule must not hide the verdicts of the others
        run.crashed.setdefault(rule.id, _crash(rule, error))
        return []


def outcome_of(rule: Rule, entity: Entity, ctx: Context, setting: Setting, run: Run) -> Outcome:
    """Return what a rule says of one subject under its settings; unknown, and a note in the run, where it breaks."""
    if not setting.enabled and setting.uncertain is None:
        says = f"switched off by {setting.off_by}"
        return not_applicable(f"{rule.id} does not hold for {name(entity)}: {says}.", [fact(says, entity)])
    if not setting.enabled:
        return _unsettled(rule, entity, str(setting.uncertain), ())
    try:
        known = ctx.memory.get(outcome_memo(rule.id, entity))
        outcome = known if isinstance(known, Outcome) else rule.check(entity, ctx, setting.params)
    except Exception as error:  # noqa: BLE001 - a bug in one rule must not hide the verdicts of the others
        text = run.crashed.setdefault(rule.id, _crash(rule, error))
        message = f"{rule.id} could not judge {name(entity)}: a bug in flowcheck."
        return unknown(message, [fact(text, entity)], {"crashed": rule.id})
    if setting.uncertain and outcome.status in (Status.PASS, Status.FAIL):
        return _unsettled(rule, entity, setting.uncertain, outcome.evidence)
    if isinstance(entity.exists, Unknown) and outcome.status is Status.FAIL:
        return _may_not_exist(entity, outcome)
    if setting.or_why and outcome.status is Status.FAIL:
        says = f"the severity is the higher one of those that may hold: {setting.or_why}"
        return replace(outcome, evidence=(*outcome.evidence, fact(says, entity)))
    return outcome


def _crash(rule: Rule, error: Exception) -> str:
    """Say what broke and where. The words of an exception stay out: they may quote what the input keeps secret."""
    import traceback  # some three milliseconds, and no run without a bug needs it

    frame = traceback.extract_tb(error.__traceback__)[-1]
    file = frame.filename.replace("\\", "/").rpartition("/")[2]
    return f"{rule.id} {rule.name}: {type(error).__name__} in {frame.name} ({file}:{frame.lineno})"


def _unsettled(rule: Rule, entity: Entity, reason: str, evidence: tuple[Evidence, ...]) -> Outcome:
    message = f"What {rule.id} demands of {name(entity)} is not known: {reason}."
    return unknown(message, [fact(reason, entity), *evidence], {"settings": "unknown"})


def _may_not_exist(entity: Entity, outcome: Outcome) -> Outcome:
    """Turn the failure of what may not exist into "not known"."""
    reason = entity.exists.reason if isinstance(entity.exists, Unknown) else ""
    message = f"Whether {name(entity)} exists is not known ({reason}); if it does: {outcome.message}"
    return unknown(message, [fact(reason, entity), *outcome.evidence], {**outcome.facts, "exists": "unknown"})


class _Comparison:
    """The verdicts before the plan, found by the subject after it."""

    def __init__(self, changes: Iterable[ResourceChange], verdicts: Iterable[_Verdict]) -> None:
        self._key_before = {
            change.after_key: change.before_key for change in changes if change.after_key and change.before_key
        }
        self._before = {(verdict.rule.id, verdict.rule.subject_key(verdict.entity)): verdict for verdict in verdicts}

    def change(self, verdict: _Verdict) -> Change | None:
        """Return how a verdict compares with the one before; None where nothing is to be said."""
        key: Key = verdict.rule.subject_key(verdict.entity)
        key = self._key_before.get(key, key)
        before = self._before.get((verdict.rule.id, key))
        was = before.outcome.status if before is not None else None
        now = verdict.outcome.status
        if now is Status.PASS:
            return Change.FIXED if was is Status.FAIL else None
        if now is Status.FAIL:
            if before is not None and was is Status.FAIL and _worse(before, verdict):
                return Change.REGRESSION
            return _BECAME_FAIL.get(was, Change.NEW)
        if now is Status.UNKNOWN:
            return Change.PRE_EXISTING if was in (Status.UNKNOWN, Status.FAIL) else Change.NEW
        return None


_COVERAGE_FALLS: Final = ("COVERED", "COVERED_BY_SUBNETS", "PARTIAL", "NONE")
_NEW_ITEM_IS_WORSE: Final = ("dark", "missing", "open", "dead", "shadowed")
_LOST_ITEM_IS_WORSE: Final = ("recorded",)
_MORE_IS_WORSE: Final = ("not_met", "defects")
"""Facts by which a failure that was one before is held against itself; the texts of the last may change in wording."""


def _worse(before: _Verdict, after: _Verdict) -> bool:
    """Return whether a failure is worse than it was: such a failure is this plan's doing."""
    if _severity(after) > _severity(before):
        return True
    old, new = before.outcome.facts, after.outcome.facts
    if _rank(new.get("coverage")) > _rank(old.get("coverage")):
        return True
    return (
        any(_items(new, name) - _items(old, name) for name in _NEW_ITEM_IS_WORSE)
        or any(_items(old, name) - _items(new, name) for name in _LOST_ITEM_IS_WORSE)
        or any(len(_items(new, name)) > len(_items(old, name)) for name in _MORE_IS_WORSE)
    )


def _rank(coverage: Json) -> int:
    return _COVERAGE_FALLS.index(coverage) if coverage in _COVERAGE_FALLS else -1


def _items(facts: Mapping[str, Json], name: str) -> set[str]:
    value = facts.get(name)
    return {str(item) for item in value} if isinstance(value, list) else set()


_BECAME_FAIL: Final[Mapping[Status | None, Change]] = {
    Status.PASS: Change.REGRESSION,
    Status.FAIL: Change.PRE_EXISTING,
}
"""A failure that was unknown, not applicable, or on a subject that was not there is new."""


def _finding(verdict: _Verdict, change: Change | None) -> Finding:
    rule, entity, outcome = verdict.rule, verdict.entity, verdict.outcome
    resource = resource_of(entity)
    return Finding(
        rule_id=rule.id,
        rule_name=rule.name,
        status=outcome.status,
        severity=_severity(verdict),
        confidence=Confidence.LOW if outcome.status is Status.UNKNOWN else outcome.confidence,
        resource=resource,
        change=change,
        message=outcome.message,
        why=rule.why,
        evidence=outcome.evidence,
        remediation=outcome.remediation,
        controls=(),
        location=entity.origin,
        id=finding_id(rule.id, resource, entity.key),
        facts=outcome.facts,
        facts_digest=digest(outcome.facts),
    )


def _severity(verdict: _Verdict) -> Severity:
    """Return how bad a verdict is: the policy's word, lowered by the rule where it is a lesser case."""
    rule, outcome = verdict.rule, verdict.outcome
    given = (verdict.setting.severity, *verdict.setting.or_severity)
    severity = max(rule.severity if each is None else each for each in given)
    if outcome.severity is not None and outcome.severity != rule.severity:
        return outcome.severity if verdict.setting.severity is None else min(outcome.severity, severity)
    return severity


def resource_of(entity: Entity) -> Resource:
    """Return an entity as the subject of a finding."""

    def known(value: object) -> str | None:
        return value if isinstance(value, str) else None

    return Resource(
        type=entity.type,
        address=entity.origin.address,
        arn=known(entity.arn),
        id=known(entity.id),
        account=known(entity.account),
        region=known(entity.region),
        root=entity.origin.root,
    )


def finding_id(rule_id: str, resource: Resource, key: Key) -> str:
    """Return the id that a verdict keeps over runs: rule, root, and address or else ARN or id."""
    return f"{rule_id}:{resource.root or 'root'}:{resource.address or resource.arn or resource.id or key}"


def digest(facts: Mapping[str, Json]) -> str:
    """Return 16 hex digits that are equal for equal facts."""
    return hashlib.sha256(_FACTS.encode(facts).encode()).hexdigest()[:16]


_FACTS: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


_ORDER: Final = {
    Status.FAIL: 0,
    Status.UNKNOWN: 1,
    Status.WAIVED: 2,
    Status.PASS: 3,
    Status.NOT_APPLICABLE: 4,
}
_NUMBER: Final = re.compile(r"(\d+)")


def sort_key(finding: Finding) -> tuple[object, ...]:
    """Return a total order: failures first, severe ones first, then rule, root and subject, ``[2]`` before ``[10]``."""
    subject = finding.resource.address or finding.resource.arn or finding.resource.id or ""
    return (
        _ORDER[finding.status],
        -finding.severity,
        finding.rule_id,
        finding.resource.root,
        _natural(subject),
        finding.id,
    )


@lru_cache(maxsize=1 << 16)  # each subject has a verdict of every rule, and they are sorted twice
def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    parts = _NUMBER.split(text)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)
