"""From what a loader read to a report: rules, policy, waivers, baseline, counts, exit code. Called by app only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from checker import __version__
from checker.errors import UsageError
from checker.load.aws.call import Group
from checker.model.assessment import Assessment, ControlResult
from checker.model.diagnosis import Cause, Recorded
from checker.model.entity import Entity
from checker.model.finding import Change, Finding, Json, Report, RuleInfo, RunInfo, Status, Summary
from checker.model.loaded import Loaded
from checker.model.model import NetworkModel
from checker.model.record import dataclass, fields, replace
from checker.policy import Baseline, Policy, RuleSettings, Waiver, WaiverResult
from checker.repeating import repeating
from checker.rules import RULES
from checker.rules._rule import Rule
from checker.rules.engine import SettingsFor, judge, sort_key
from checker.settings import Settings


@dataclass(frozen=True, slots=True)
class Demands:
    """What a run is judged by, read before the input so that a mistake in it costs no time."""

    policy: Policy
    rules: tuple[Rule, ...]
    waivers: tuple[Waiver, ...]
    baseline: Baseline | None


def read_demands(settings: Settings) -> Demands:
    """Read policy, waivers and baseline and choose the rules.

    Raises UsageError for a rule id that does not exist, PolicyError or RunFileError for a file that is wrong.
    """
    from checker.policy import load_baseline, load_policy, load_waivers, with_frameworks

    return Demands(
        policy=with_frameworks(load_policy(settings.policy, RULES), settings.framework),
        rules=_of_command(choose_rules(settings.only, settings.skip), settings),
        waivers=load_waivers(settings.waivers, RULES) if settings.waivers else (),
        baseline=load_baseline(settings.baseline) if settings.baseline else None,
    )


def examine(loaded: Loaded, settings: Settings, demands: Demands, recorded: Recorded | None = None) -> Report:
    """Judge what was loaded and return the report with its exit code."""
    from checker.policy import waiver_rows

    policy, rules = demands.policy.on(loaded.after, loaded.before), demands.rules
    verdict = judge(loaded, _settings_for(policy, rules), recorded=recorded)
    findings = tuple(_with_controls(finding, policy) for finding in verdict.findings)
    findings, notes = _exceptions(findings, loaded, settings, demands)
    assessment = None
    if _shows_assessment(settings):
        controls = _controls(loaded, policy, findings, settings, demands)
        waivers = waiver_rows(_waivers(loaded, settings, demands)[0], findings, settings.now.date())
        assessment = replace(assess(loaded, policy, findings), controls=controls, waivers=waivers)
    findings, left_out = _touched(findings, loaded, settings)
    findings = tuple(sorted(findings, key=sort_key))
    notes += [*left_out, *_notes(loaded, findings, recorded, _settings_for(policy, rules))]
    report = Report(
        tool_version=__version__,
        run=_run_info(loaded, settings, policy, rules, recorded),
        summary=summarise(loaded.after, findings),
        findings=findings,
        gaps=tuple(sorted({*loaded.gaps, *(recorded.log.gaps if recorded else ())})),
        notes=tuple(notes),
        rules=tuple(rule_info(rule) for rule in rules),
        traffic=recorded.log.summary if recorded else None,
        diagnoses=recorded.diagnoses if recorded else (),
        assessment=assessment,
    )
    code = exit_code(report, settings)
    if settings.inline and any(waiver.error for waiver in loaded.inline_waivers):
        code = 2  # a waiver that cannot be read must not look like a clean run; the report is given all the same
    return replace(report, exit_code=70 if verdict.crashed else code)


def _with_controls(finding: Finding, policy: Policy) -> Finding:
    controls = policy.controls_for(finding.rule_id)
    return replace(finding, controls=controls) if controls else finding


def _shows_assessment(settings: Settings) -> bool:
    """Return whether controls, coverage and inventory are shown or kept: judging controls is most of the work."""
    from checker.report import FORMATS

    if settings.framework or settings.store or settings.evidence or settings.command == "nightly":
        return True
    chosen = {settings.format, *(name for name, _ in settings.outputs)}
    return any(each.assessment for each in FORMATS.values() if each.name in chosen)


def _controls(
    loaded: Loaded, policy: Policy, findings: tuple[Finding, ...], settings: Settings, demands: Demands
) -> tuple[ControlResult, ...]:
    from checker.auditing import Audit, audit_controls

    audit = Audit(
        loaded=loaded,
        policy=policy,
        findings=findings,
        chosen=frozenset(rule.id for rule in demands.rules),
        of_command=frozenset(rule.id for rule in _of_command(RULES, settings)),
    )
    return audit_controls(audit, lambda found: _waived(found, loaded, settings, demands).findings)


def assess(loaded: Loaded, policy: Policy, findings: tuple[Finding, ...]) -> Assessment:
    """Return what a report says beyond its findings: coverage and inventory of the network after."""
    from checker.assessment import DEFECT_RULES, coverage_rows, destination_rows, flow_log_rows, unexamined_rows

    model = loaded.after
    told_of = (*model.vpcs, *model.transit_gateways)
    kinds = {each.type for each in told_of}
    asked = [each for each in findings if each.rule_id == _COVERAGE.id and each.resource.type in kinds]
    ran = {each.rule_id for each in findings}
    more = [rule for rule in RULES if rule.id in DEFECT_RULES and rule.id not in ran]
    if sum(1 for each in asked if each.status is not Status.NOT_APPLICABLE) < len(told_of):  # not all that is shown
        more.append(_COVERAGE)
    extra = judge(loaded, _unasked(policy), rules=more).findings if more else ()
    return Assessment(
        coverage=coverage_rows(model, findings, extra),
        unexamined=unexamined_rows(model, loaded.gaps),
        flow_logs=flow_log_rows(model),
        destinations=destination_rows(model),
    )


_COVERAGE: Final = next(rule for rule in RULES if rule.id == "FL001")


def _unasked(policy: Policy) -> SettingsFor:
    """Return settings in which the coverage rule is on for everything that coverage is told of."""

    def settings_for(rule_id: str, entity: Entity) -> RuleSettings:
        found = policy.settings_for(rule_id, entity)
        if rule_id != _COVERAGE.id:
            return found
        params: dict[str, Json] = {**found.params, "require": ["transit-gateway"], "unused_vpc": "fail"}
        return replace(found, enabled=True, params=params, uncertain=None, off_by=None)

    return settings_for


_GROUPS: Final[Mapping[str, tuple[Group, ...]]] = {
    "FL": (Group.NETWORK, Group.DESTINATION),
    "SG": (Group.NETWORK, Group.FIREWALL),
    "NA": (Group.NETWORK, Group.FIREWALL),
    "DS": (Group.NETWORK, Group.DESTINATION, Group.MONITORING),
    "DS003": (Group.ATHENA,),
    "TR": (Group.NETWORK, Group.FIREWALL),
}
"""What must be read for a rule, by its id and by its family."""


def groups_for(demands: Demands, *, freshness: bool) -> frozenset[Group]:
    """Return the groups of API calls that the chosen rules need, as far as the policy switches them on anywhere."""
    wanted = {Group.BASE, Group.NETWORK}
    for rule in demands.rules:
        if demands.policy.asks_for(rule.id):
            wanted |= {*_GROUPS[rule.id[:2]], *_GROUPS.get(rule.id, ())}
    if freshness:
        wanted |= {Group.DESTINATION, Group.FRESHNESS}
    return frozenset(wanted)


_NETWORK: Final = (
    "vpcs",
    "subnets",
    "network_interfaces",
    "nat_gateways",
    "transit_gateways",
    "transit_gateway_attachments",
    "vpc_block_public_access",
    "flow_logs",
    "telemetry_rules",
)
_FIREWALL: Final = ("security_groups", "network_acls", "prefix_lists", "route_tables", "internet_gateways")
_DESTINATION: Final = (
    "log_groups",
    "buckets",
    "account_public_access_blocks",
    "delivery_streams",
    "roles",
    "kms_keys",
)
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "FL": (*_NETWORK, *_DESTINATION),
    "SG": (*_NETWORK, *_FIREWALL),
    "NA": (*_NETWORK, *_FIREWALL),
}
"""Fields of NetworkModel that the rules of a family look at; families that are not listed look at all."""


def parts_for(demands: Demands, settings: Settings) -> frozenset[str] | None:
    """Return the fields of the model that the chosen rules look at; None for all.

    What is laid over a live network is compared with all of it.
    """
    families = {rule.id[:2] for rule in demands.rules}
    if settings.live is not None or not families <= _PARTS.keys():
        return None
    return frozenset(part for family in families for part in _PARTS[family])


def choose_rules(only: Sequence[str], skip: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules to run; ids and names are accepted, an unknown one is a UsageError."""
    chosen = [_find_rule(word) for word in only] if only else list(RULES)
    skipped = {_find_rule(word).id for word in skip}
    return tuple(rule for rule in RULES if rule in chosen and rule.id not in skipped)


def _of_command(rules: tuple[Rule, ...], settings: Settings) -> tuple[Rule, ...]:
    """Return the rules that a command has the input for: those on traffic need records."""
    if settings.command == "nightly" and settings.logs:
        return rules
    return tuple(rule for rule in rules if rule.id.startswith("TR") == (settings.command in ("traffic", "explain")))


def _find_rule(word: str) -> Rule:
    for rule in RULES:
        if word.upper() == rule.id or word == rule.name:
            return rule
    raise UsageError(f"there is no rule {word!r}", hint="`flowcheck rules` lists them.")


def _settings_for(policy: Policy, rules: Sequence[Rule]) -> _SettingsFor:
    return _SettingsFor(policy, frozenset(rule.id for rule in rules))


class _SettingsFor:
    """The policy's settings, with rules left out by --only and --skip switched off."""

    def __init__(self, policy: Policy, chosen: frozenset[str]) -> None:
        self._policy = policy
        self._chosen = chosen

    def __call__(self, rule_id: str, entity: Entity) -> RuleSettings:
        found = self._policy.settings_for(rule_id, entity)
        return found if rule_id in self._chosen else replace(found, enabled=False, off_by=None, uncertain=None)


def _exceptions(
    findings: tuple[Finding, ...], loaded: Loaded, settings: Settings, demands: Demands
) -> tuple[tuple[Finding, ...], list[str]]:
    """Apply waivers, then the baseline; return the findings and what is to be said about them."""
    from checker.policy import apply_baseline

    result = _waived(findings, loaded, settings, demands)
    findings = result.findings
    if demands.baseline:
        findings = apply_baseline(findings, demands.baseline)
    return findings, list(result.notes)


def _waived(findings: tuple[Finding, ...], loaded: Loaded, settings: Settings, demands: Demands) -> WaiverResult:
    """Apply the waivers of files and of comments in the source."""
    from checker.policy import apply_waivers

    waivers, notes = _waivers(loaded, settings, demands)
    models = (loaded.after, loaded.before) if loaded.before else (loaded.after,)
    result = apply_waivers(findings, waivers, today=settings.now.date(), models=models,
                           ran={rule.id for rule in demands.rules})  # fmt: skip
    return WaiverResult(findings=result.findings, notes=(*notes, *result.notes))


def _waivers(loaded: Loaded, settings: Settings, demands: Demands) -> tuple[tuple[Waiver, ...], list[str]]:
    """Return the waivers of files and of comments, and what is wrong with those that waive nothing."""
    from checker.policy import waivers_from_inline

    if not settings.inline:
        return demands.waivers, []
    inline, notes = waivers_from_inline(loaded.inline_waivers, RULES)
    return (*demands.waivers, *inline), notes


def _touched(
    findings: tuple[Finding, ...], loaded: Loaded, settings: Settings
) -> tuple[tuple[Finding, ...], list[str]]:
    """Leave out what a plan over a live network neither names nor changes; say how many findings that were."""
    if not loaded.laid_over or settings.scope == "all":
        return findings, []
    changed = (Change.REGRESSION, Change.NEW, Change.FIXED)
    kept = tuple(each for each in findings if each.resource.address is not None or each.change in changed)
    left = len(findings) - len(kept)
    if not left:
        return kept, []
    return kept, [
        f"{left} finding{'' if left == 1 else 's'} on what the plan does not touch left out (--scope all lists them)."
    ]


def summarise(model: NetworkModel, findings: Iterable[Finding]) -> Summary:
    """Count the entities that the model holds, by kind, and the findings, by status."""
    evaluated = {
        _singular(part.name): len(entities)
        for part in fields(model)
        if part.name not in ("unread", "absent") and (entities := getattr(model, part.name))
    }
    counted = Counter(finding.status for finding in findings)
    return Summary(evaluated=evaluated, counts={status: counted.get(status, 0) for status in Status})


def _singular(kind: str) -> str:
    return kind[:-1] if kind.endswith("s") and not kind.endswith("ss") else kind


_UNTOLD: Final = (Cause.UNDETERMINED, Cause.NOT_ANALYSABLE)
"""Causes that are none: the reject could not be explained."""


def exit_code(report: Report, settings: Settings) -> int:
    """Return 1, 4, 3 or 0, in this precedence (2 and 70 are errors raised elsewhere)."""
    if any(decides(finding, settings) for finding in report.findings):
        return 1
    unknown = (
        report.gaps
        or any(_open(finding, settings) for finding in report.findings)
        or any(each.cause in _UNTOLD for each in report.diagnoses)
    )
    if unknown and settings.unknown == "fail":
        return 4
    if not report.findings and (report.gaps or not settings.allow_empty):
        return 3  # --allow-empty is for what is empty, not for what could not be read
    return 0


def _open(finding: Finding, settings: Settings) -> bool:
    """Return whether a finding is an unknown that counts: neither in the baseline nor open before the change."""
    if finding.status is not Status.UNKNOWN or finding.baselined:
        return False
    return settings.scope == "all" or finding.change is not Change.PRE_EXISTING


def decides(finding: Finding, settings: Settings) -> bool:
    """Return whether a finding alone makes the exit code 1."""
    if finding.status is not Status.FAIL or finding.severity < settings.fail_on or finding.baselined:
        return False
    return settings.scope == "all" or finding.change in (None, Change.REGRESSION, Change.NEW)


def rule_info(rule: Rule) -> RuleInfo:
    """Return what a report tells of a rule itself."""
    from checker.rules.pages import page

    return RuleInfo(
        id=rule.id, name=rule.name, title=rule.title, severity=rule.severity, why=rule.why, help_markdown=page(rule)
    )


def _notes(
    loaded: Loaded, findings: tuple[Finding, ...], recorded: Recorded | None, settings_for: _SettingsFor
) -> list[str]:
    """Return what must be said aloud although it is no gap."""
    notes = [f"{each.path}: {each.facts['note']}" for each in loaded.inputs if each.facts.get("note")]
    if not findings and recorded is not None and not _judges_traffic(loaded, settings_for):
        notes.append("Nothing was judged: the policy of this run has no rule on rejected traffic (TR001 to TR005).")
    elif not findings and recorded is not None and recorded.log.summary.records:
        notes.append("Nothing was examined: no record that was read is of an interface in the network.")
    elif not findings and recorded is not None:
        notes.append("Nothing was examined: no record was left to explain.")
    elif not findings:
        notes.append("Nothing was examined: the input holds no VPC, no flow log and nothing else that a rule judges.")
    return notes


def _judges_traffic(loaded: Loaded, settings_for: _SettingsFor) -> bool:
    after = loaded.after
    subjects = (*after.network_interfaces, *after.security_groups, *after.network_acls)
    judging = [rule.id for rule in RULES if rule.id.startswith("TR")]
    return any(settings_for(rule, subject).enabled for subject in subjects for rule in judging)


def _run_info(
    loaded: Loaded, settings: Settings, policy: Policy, rules: Sequence[Rule], recorded: Recorded | None
) -> RunInfo:
    inputs: list[Mapping[str, Json]] = [
        {"kind": each.kind, "path": each.path, "sha256": each.sha256, **dict(sorted(each.facts.items()))}
        for each in (*loaded.inputs, *(recorded.log.inputs if recorded else ()))
    ]
    left_out = sorted({rule.id for rule in RULES} - {rule.id for rule in rules})
    return RunInfo(
        command=settings.command,
        started_at=settings.now,
        inputs=tuple(inputs),
        policy={**policy.describe(), "left_out": list(left_out)},
        settings={
            "fail_on": settings.fail_on.label,
            "unknown": settings.unknown,
            "scope": settings.scope,
            "allow_empty": settings.allow_empty,
            **repeating(settings),
        },
    )
