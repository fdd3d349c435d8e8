"""The policy as the rest of the program sees it: read, validated, parents merged. Built by ``checker.policy.load``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from checker.model.entity import Entity
from checker.model.finding import Control, Json, Severity
from checker.model.model import NetworkModel
from checker.model.origin import Origin
from checker.model.record import dataclass, field, replace
from checker.policy.select import Selector, Verdict, decide


class RuleMeta(Protocol):
    """What a policy must know of a rule; ``checker.rules`` hands its rules in as data."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def default_params(self) -> Mapping[str, Json]: ...
    @property
    def params_schema(self) -> Mapping[str, Json]: ...
    @property
    def enabled_by_default(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """What a policy says of one rule."""

    enabled: bool
    severity: Severity | None
    """None: the rule's own."""
    params: Mapping[str, Json]
    """Defaults of the rule with the policy's values over them."""
    uncertain: str | None = None
    """Why a selector of the policy that would change these settings could not be decided; None when all were."""
    or_severity: tuple[Severity | None, ...] = ()
    """Severities that undecided selectors would give; the highest of all counts."""
    or_why: str | None = None
    """Why these could not be decided; None where there are none."""
    off_by: str | None = None
    """The selector that switched the rule off; None where it is on, or off for everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedElsewhere:
    """A destination that another team keeps, declared once."""

    arn: str
    account: str | None
    owner: str
    checked_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An accepted exception. Inline comments become the same thing."""

    rules: tuple[str, ...]
    """Rule ids."""
    address: str | None
    """Glob per address segment: ``module.legacy[*].aws_flow_log.*``."""
    account: str | None
    region: str | None
    arn: str | None
    tags: Mapping[str, str] = field(default_factory=dict)
    reason: str
    owner: str | None
    until: date | None
    """Valid to the end of that day, UTC."""
    origin: Origin
    root: str | None = None
    """Only in this root module folder; None for everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """What a policy, or one selector of it, says of one rule. ``None``: nothing, what stood before holds."""

    enabled: bool | None = None
    severity: Severity | None = None
    params: Mapping[str, Json] = field(default_factory=dict)

    def over(self, settings: RuleSettings) -> RuleSettings:
        """Return the settings with this line over them.

        A line that gives parameters asks for the rule: it switches the rule on unless it also says ``enabled: false``.
        """
        enabled = self.enabled if self.enabled is not None else (settings.enabled or bool(self.params))
        severity = self.severity if self.severity is not None else settings.severity
        return RuleSettings(enabled=enabled, severity=severity, params={**settings.params, **self.params})


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorLine:
    """One entry of ``select``: for which entities, and what it says of rules."""

    selector: Selector
    rules: Mapping[str, RuleLine]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Which rules hold, with what parameters, for which entity."""

    name: str
    version: str | None
    """Version of the policy itself (``1.0``); None where the file gives none."""
    digest: str
    """SHA-256 of the merged content: equal digests mean equal demands."""
    source: str
    """Path of the file as given, or ``shipped:NAME``."""
    extends: tuple[str, ...] = ()
    """The parents, nearest first."""
    rules: Mapping[str, RuleSettings]
    """Settings of every rule where no selector applies."""
    selectors: tuple[SelectorLine, ...] = ()
    destinations: tuple[ManagedElsewhere, ...] = ()
    resolve_by_uniqueness: bool = True
    frameworks: tuple[str, ...] = ()
    """Frameworks whose controls are shown; empty for all that are mapped."""
    controls: Mapping[str, tuple[Control, ...]] = field(default_factory=dict)
    """Controls by rule id."""
    model: NetworkModel | None = None
    """The network in which entities stand; needed to find an entity's VPC for a selector by CIDR."""
    before: NetworkModel | None = None
    _decided: dict[int, tuple[Entity, tuple[Verdict, ...]]] = field(default_factory=dict, repr=False, compare=False)
    _settings: dict[tuple[str, tuple[Verdict, ...]], RuleSettings] = field(
        default_factory=dict, repr=False, compare=False
    )

    def on(self, model: NetworkModel, before: NetworkModel | None = None) -> Policy:
        """Return the policy bound to a network, so that selectors by CIDR can be decided for what stands in a VPC."""
        return replace(self, model=model, before=before, _decided={}, _settings={})

    def defaults_for(self, rule_id: str) -> RuleSettings:
        """Return what holds for a rule where no selector applies; raises KeyError for an unknown id."""
        return self.rules[rule_id]

    def settings_for(self, rule_id: str, entity: Entity) -> RuleSettings:
        """Return what holds for a rule on one entity; raises KeyError for an unknown rule id.

        Selectors are applied in order, later ones over earlier ones. One that cannot be decided is left out, and the
        result says so in ``uncertain`` if it would have changed anything. Decided once for each entity.
        """
        if not self.selectors:
            return self.rules[rule_id]
        known = self._decided.get(id(entity))
        if known is None:  # the entity is kept beside its verdicts so that its id() stays its own
            verdicts = tuple(decide(line.selector, entity, self._model_of(entity)) for line in self.selectors)
            known = self._decided[id(entity)] = (entity, verdicts)
        place = (rule_id, known[1])
        if place not in self._settings:
            self._settings[place] = self._apply(rule_id, known[1])
        return self._settings[place]

    def asks_for(self, rule_id: str) -> bool:
        """Return whether a rule is on anywhere: by default, or by a selector."""
        lines = [line.rules[rule_id] for line in self.selectors if rule_id in line.rules]
        settings = self.rules[rule_id]
        return settings.enabled or any(line.over(settings).enabled for line in lines)

    def controls_for(self, rule_id: str) -> tuple[Control, ...]:
        """Return the framework controls that demand a rule, sorted."""
        return self.controls.get(rule_id, ())

    def switched_off(self) -> list[str]:
        """Return the ids of the rules that are off where no selector applies, sorted."""
        return sorted(rule_id for rule_id, settings in self.rules.items() if not settings.enabled)

    def describe(self) -> dict[str, Json]:
        """Return what a report says of the policy, as JSON."""
        return {
            "name": self.name,
            "version": self.version,
            "source": self.source,
            "extends": list(self.extends),
            "digest": self.digest,
            "switched_off": list(self.switched_off()),
            "selectors": len(self.selectors),
            "resolve_by_uniqueness": self.resolve_by_uniqueness,
        }

    def _model_of(self, entity: Entity) -> NetworkModel | None:
        """Return the network that holds the entity: the one before may hold another with the same key."""
        if self.before is not None and self.before.by_key.get(entity.key) is entity:
            return self.before
        return self.model

    def _apply(self, rule_id: str, verdicts: Sequence[Verdict]) -> RuleSettings:
        decided = self._with(rule_id, [verdict is True for verdict in verdicts])
        if not decided.enabled:
            decided = replace(decided, off_by=self._switch(rule_id, verdicts))
        reasons: list[str] = []
        unrated: list[str] = []
        severities: list[Severity | None] = []
        for position, verdict in enumerate(verdicts):
            if isinstance(verdict, str):
                chosen = [other is True or at == position for at, other in enumerate(verdicts)]
                other_demand = self._with(rule_id, chosen)
                why = f"selector {position + 1} of policy {self.name} could not be decided: {verdict}"
                if _same_but_severity(other_demand, decided):
                    severities.append(other_demand.severity)
                    unrated.append(why)
                elif not _same_demand(other_demand, decided):
                    reasons.append(why)
        if not reasons and not severities:
            return decided
        return replace(
            decided,
            uncertain="; ".join(reasons) or None,
            or_severity=tuple(severities),
            or_why="; ".join(unrated) or None,
        )

    def _switch(self, rule_id: str, verdicts: Sequence[Verdict]) -> str | None:
        """Return the selector that switched a rule off; None where the rule was never on."""
        settings, at = self.rules[rule_id], None
        for position, (line, verdict) in enumerate(zip(self.selectors, verdicts, strict=True), 1):
            if verdict is True and rule_id in line.rules:
                was, settings = settings, line.rules[rule_id].over(settings)
                at = position if was.enabled and not settings.enabled else at
        return None if at is None else f"selector {at} of policy {self.name}"

    def _with(self, rule_id: str, chosen: Sequence[bool]) -> RuleSettings:
        """Return the settings of a rule with the chosen selectors applied."""
        settings = self.rules[rule_id]
        for line, applies in zip(self.selectors, chosen, strict=True):
            if applies and rule_id in line.rules:
                settings = line.rules[rule_id].over(settings)
        return settings


def _same_but_severity(one: RuleSettings, other: RuleSettings) -> bool:
    """Return whether two settings differ in nothing but how bad a failure is."""
    return one.enabled and other.enabled and one.params == other.params and one.severity != other.severity


def _same_demand(one: RuleSettings, other: RuleSettings) -> bool:
    """Return whether two settings ask the same; switched off, a rule asks nothing whatever else is said of it."""
    same = (one.enabled, one.severity, one.params) == (other.enabled, other.severity, other.params)
    return same or not (one.enabled or other.enabled)
