"""``flowcheck policy check``: is a policy or waiver file right, and what would it do?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from checker.policy._policy import Policy, RuleLine, RuleMeta, RuleSettings, SelectorLine, Waiver
from checker.policy.load import load_policy
from checker.policy.problem import raise_problems
from checker.policy.reader import HINT, read_document
from checker.policy.schema import INJECTED
from checker.policy.select import Selector
from checker.policy.shipped import is_shipped_name
from checker.policy.validate import shown
from checker.policy.waiver_file import check_waivers, waivers_of


def check_policy_file(word: str | Path, rules: Sequence[RuleMeta]) -> list[str]:
    """Return lines that say what a policy (by name or path) or a waiver file does; its keys tell which it is.

    Raises PolicyError listing every mistake.
    """
    if not (is_shipped_name(str(word)) and not Path(word).is_file()):
        document = read_document(Path(word), "policy or waiver")
        if isinstance(document.data, dict) and "waivers" in document.data:
            raise_problems(check_waivers(document, rules), hint=HINT)
            return _waivers(document.name, waivers_of(document, rules))
    return _policy(load_policy(str(word), rules), rules)


def _policy(policy: Policy, rules: Sequence[RuleMeta]) -> list[str]:
    on = len(policy.rules) - len(policy.switched_off())
    version = f" {policy.version}" if policy.version else ""
    extends = f", extends {', '.join(policy.extends)}" if policy.extends else ""
    lines = [f"{policy.source}: policy {policy.name}{version} is right{extends}"]
    lines += [f"{on} rules on, {len(policy.rules) - on} off"]
    lines += [_rule(rule, policy.defaults_for(rule.id)) for rule in sorted(rules, key=lambda each: each.id)]
    for at, line in enumerate(policy.selectors, start=1):
        lines.append(f"selector {at}: where {_where(line.selector)}: {_changes(line)}")
    lines += [
        f"kept elsewhere: {each.arn} by {each.owner}, checked by {each.checked_by}" for each in policy.destinations
    ]
    if not policy.resolve_by_uniqueness:
        lines.append("references are not resolved by uniqueness")
    return lines


def _rule(rule: RuleMeta, settings: RuleSettings) -> str:
    severity = settings.severity if settings.severity is not None else rule.severity
    state = severity.label if settings.enabled else "off"
    params = _params({name: value for name, value in settings.params.items() if name != INJECTED})
    return f"  {rule.id}  {state:8}  {rule.name}" + (f"  {params}" if params and settings.enabled else "")


def _params(params: object) -> str:
    items = sorted(params.items()) if isinstance(params, dict) else []
    return ", ".join(f"{name}={shown(value)}" for name, value in items)


def _where(selector: Selector) -> str:
    parts = [
        ("account", selector.accounts),
        ("region", selector.regions),
        ("type", selector.types),
        ("address", selector.addresses),
        *((f"tag {key}", values) for key, values in sorted(selector.tags.items())),
        ("cidr", tuple(str(each) for each in selector.cidrs)),
    ]
    return " and ".join(f"{name} is {' or '.join(values)}" for name, values in parts if values)


def _changes(line: SelectorLine) -> str:
    return "; ".join(f"{rule_id} {_change(change)}" for rule_id, change in sorted(line.rules.items()))


def _change(line: RuleLine) -> str:
    if line.enabled is False:
        return "off"
    words = ["on"] if line.enabled else []
    words += [line.severity.label] if line.severity is not None else []
    words += [_params(dict(line.params))] if line.params else []
    return " ".join(words) or "unchanged"


def _waivers(name: str, waivers: Sequence[Waiver]) -> list[str]:
    return [f"{name}: {len(waivers)} waivers, all right", *(_waiver(waiver) for waiver in waivers)]


def _waiver(waiver: Waiver) -> str:
    parts = [("address", waiver.address), ("account", waiver.account), ("region", waiver.region)]
    parts += [("arn", waiver.arn), ("root", waiver.root)]
    scope = [f"{name} {value}" for name, value in parts if value is not None]
    scope += [f"tag {key}={value}" for key, value in sorted(waiver.tags.items())]
    until = f"until {waiver.until}" if waiver.until else "without an end date"
    rules = ", ".join(waiver.rules)
    return f"  line {waiver.origin.line}: {rules} for {', '.join(scope)}, {until} ({waiver.owner}: {waiver.reason})"
