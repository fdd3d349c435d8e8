"""Read a policy: find it and its parents, check each file, merge them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

from checker.errors import PolicyError
from checker.model.finding import Json, Severity
from checker.model.record import dataclass
from checker.policy._policy import ManagedElsewhere, Policy, RuleLine, RuleMeta, RuleSettings, SelectorLine
from checker.policy.frameworks import controls_by_rule, framework_words
from checker.policy.problem import Problem, raise_problems
from checker.policy.reader import HINT, Document, read_document
from checker.policy.schema import INJECTED, policy_schema
from checker.policy.select import Selector
from checker.policy.shipped import find_shipped, is_shipped_name
from checker.policy.validate import problems_of

MAX_PARENTS: Final = 16
SHIPPED: Final = "shipped:"

_TAKES_MANAGED: Final = ("FL005", "FL006")
"""Rules that hear of destinations kept elsewhere."""

_SHARING_DESTINATIONS: Final = ("FL004", "FL008")
"""Rules that take their list of allowed destinations from each other."""


@dataclass(frozen=True, slots=True)
class _File:
    """One file of the chain; ``content`` is checked once the chain is whole."""

    source: str
    content: dict[str, Any]


def load_policy(reference: str, rules: Sequence[RuleMeta]) -> Policy:
    """Return a shipped policy by name (``baseline``, ``baseline@1``) or a policy file by path, parents merged.

    Raises PolicyError listing every mistake with file, line, column, what was given and what is allowed.
    """
    chain = _chain(reference, rules)
    return _merge(chain, rules)


def _chain(reference: str, rules: Sequence[RuleMeta]) -> list[_File]:
    """Return the files from the named policy up to its last ancestor, checked."""
    files: list[_File] = []
    problems: list[Problem] = []
    document: Document | None = None
    seen: list[str] = []
    base = Path()
    word: str | None = reference
    while word is not None:
        source = _source(word, base)
        if trouble := _trouble(source, seen):
            problems += [document.problem(("extends",), trouble)] if document else []
            break
        seen.append(source)
        try:
            document, content = _read(source, document)
        except LookupError as error:
            if document is None:
                raise PolicyError(str(error.args[0]), hint="`flowcheck policy list` shows them.") from error
            problems.append(document.problem(("extends",), str(error.args[0])))
            break
        if document is not None:
            problems += check_policy(document, rules)
            base = Path(source).parent
        files.append(_File(source, content))
        parent = content.get("extends")
        word = parent if isinstance(parent, str) and parent else None
    raise_problems(problems, hint=HINT)
    return files


def _source(word: str, base: Path) -> str:
    """Return ``shipped:NAME`` or the path of a file; paths are relative to the file that names them."""
    if is_shipped_name(word) and not (base / word).is_file():
        return SHIPPED + word
    return (base / word).as_posix()


def _trouble(source: str, seen: Sequence[str]) -> str | None:
    """Return why a parent cannot be taken: a circle, or too long a chain."""
    folded = [_folded(each) for each in seen]
    if _folded(source) in folded:
        return "policies extend each other in a circle: " + " → ".join([*seen, source])
    return f"more than {MAX_PARENTS} policies extend each other" if len(seen) >= MAX_PARENTS else None


def _folded(source: str) -> str:
    """Return what two names of one file have in common; a link that leads to itself stays as it is."""
    if source.startswith(SHIPPED):
        return source
    try:
        return str(Path(source).resolve())
    except (OSError, RuntimeError):
        return source


def _read(source: str, child: Document | None) -> tuple[Document | None, dict[str, Any]]:
    """Return a file's document (None for shipped ones) and content; LookupError where the child names no file."""
    if source.startswith(SHIPPED):
        return None, find_shipped(source.removeprefix(SHIPPED))[1]
    if child is not None and not Path(source).is_file():
        raise LookupError(f"there is no file {source}")
    document = read_document(Path(source), "policy")
    return document, document.data if isinstance(document.data, dict) else {}


def check_policy(document: Document, rules: Sequence[RuleMeta]) -> list[Problem]:
    """Return every mistake of one policy file."""
    data: Any = document.data
    if isinstance(data, dict) and "waivers" in data:
        return [document.problem((), "this is a waiver file; give it with --waivers")]
    if isinstance(data, dict) and "findings" in data:
        return [document.problem((), "this is a saved run; give it with --baseline")]
    problems = list(problems_of(document, policy_schema(rules)))
    if not problems and isinstance(data, dict):
        known = framework_words()
        for at, word in enumerate(data.get("frameworks", [])):
            if word not in known:
                message = f"{word!r} is not a framework; allowed: {', '.join(known)}"
                problems.append(document.problem(("frameworks", at), message))
    return problems


def _merge(chain: Sequence[_File], rules: Sequence[RuleMeta]) -> Policy:
    """Merge a chain that is free of mistakes; the first file is the one named."""
    settings = {rule.id: _default(rule) for rule in rules}
    selectors: list[SelectorLine] = []
    destinations: dict[str, ManagedElsewhere] = {}
    last: dict[str, Any] = {}
    for file in reversed(chain):
        listed = rule_lines(file.content.get("rules", {}))
        settings = _with_file(settings, listed, file.content.get("unlisted_rules") == "disabled")
        selectors += [_selector_line(entry) for entry in file.content.get("select", [])]
        destinations |= {entry["arn"]: _managed(entry) for entry in file.content.get("destinations", [])}
        last |= {key: file.content[key] for key in ("resolve_by_uniqueness", "frameworks") if key in file.content}
    settings = _with_managed(settings, [destinations[arn] for arn in sorted(destinations)])
    frameworks = tuple(last.get("frameworks", ()))
    named = chain[0].content
    return Policy(
        name=named["name"],
        version=named.get("policy_version"),
        digest=_digest(settings, [file.content.get("select", []) for file in chain], last),
        source=chain[0].source,
        extends=tuple(file.source.removeprefix(SHIPPED) for file in chain[1:]),
        rules=settings,
        selectors=tuple(selectors),
        destinations=tuple(destinations[arn] for arn in sorted(destinations)),
        resolve_by_uniqueness=last.get("resolve_by_uniqueness", True),
        frameworks=frameworks,
        controls=controls_by_rule(frameworks),
    )


def _default(rule: RuleMeta) -> RuleSettings:
    return RuleSettings(enabled=rule.enabled_by_default, severity=None, params=dict(rule.default_params))


def _with_file(
    settings: dict[str, RuleSettings], listed: dict[str, RuleLine], others_off: bool
) -> dict[str, RuleSettings]:
    """Return the settings with one file over them. Where a file switches the others off, listing means on."""
    result = {}
    for rule_id, before in settings.items():
        if others_off:
            before = RuleSettings(enabled=rule_id in listed, severity=before.severity, params=before.params)
        result[rule_id] = listed[rule_id].over(before) if rule_id in listed else before
    return result


def _with_managed(settings: dict[str, RuleSettings], managed: list[ManagedElsewhere]) -> dict[str, RuleSettings]:
    if not managed:
        return settings
    entries: Json = [
        {"arn": each.arn, "account": each.account, "owner": each.owner, "checked_by": each.checked_by}
        for each in managed
    ]
    return {
        rule_id: RuleSettings(enabled=each.enabled, severity=each.severity, params={**each.params, INJECTED: entries})
        if rule_id in _TAKES_MANAGED
        else each
        for rule_id, each in settings.items()
    }


def rule_lines(lines: dict[str, Any]) -> dict[str, RuleLine]:
    """Return what ``rules`` of a file or a selector says, by rule id.

    One list of allowed destinations serves two rules: given to the one, it switches the other on as well, unless that
    has an entry of its own.
    """
    found = {rule_id: _rule_line(line) for rule_id, line in lines.items()}
    for rule_id, other in (_SHARING_DESTINATIONS, _SHARING_DESTINATIONS[::-1]):
        if rule_id in found and found[rule_id].enabled is not False and "allow" in found[rule_id].params:
            found.setdefault(other, RuleLine(enabled=True))
    return found


def _rule_line(line: dict[str, Any]) -> RuleLine:
    severity = line.get("severity")
    return RuleLine(
        enabled=line.get("enabled"),
        severity=None if severity is None else Severity.parse(severity),
        params={name: value for name, value in line.items() if name not in ("enabled", "severity")},
    )


def _selector_line(entry: dict[str, Any]) -> SelectorLine:
    match = entry["match"]
    selector = Selector(
        accounts=_words(match.get("account")),
        regions=_words(match.get("region")),
        types=_words(match.get("type")),
        addresses=_words(match.get("address")),
        tags={key: _words(value) for key, value in match.get("tag", {}).items()},
        cidrs=tuple(ip_network(word) for word in _words(match.get("cidr"))),
    )
    return SelectorLine(selector=selector, rules=rule_lines(entry["rules"]))


def _words(value: str | list[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _managed(entry: dict[str, Any]) -> ManagedElsewhere:
    managed = entry["managed_elsewhere"]
    return ManagedElsewhere(
        arn=entry["arn"], account=entry.get("account"), owner=managed["owner"], checked_by=managed["checked_by"]
    )


def _digest(settings: dict[str, RuleSettings], selects: list[Json], others: dict[str, Any]) -> str:
    content = {
        "rules": {
            rule_id: [each.enabled, None if each.severity is None else each.severity.label, dict(each.params)]
            for rule_id, each in settings.items()
        },
        "select": selects,
        **others,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
