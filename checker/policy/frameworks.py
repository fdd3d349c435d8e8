"""The framework maps that come with flowcheck: which control of which version asks for what a rule checks."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from checker.errors import UsageError
from checker.model.control import SUPPORTING, ControlDemand
from checker.model.finding import Control
from checker.model.record import replace
from checker.policy._policy import Policy
from checker.policy.shipped import FRAMEWORKS, data_folder, shipped_document


def framework_words() -> list[str]:
    """Return what ``frameworks`` of a policy may name: each key, and each key with a version."""
    words = {word for each in _all() for word in _words(each)}
    return sorted(words)


def control_demands(frameworks: Iterable[str] = ()) -> tuple[ControlDemand, ...]:
    """Return the controls of the frameworks named (``KEY`` or ``KEY@VERSION``), of all when none is.

    By key, then version and control in the order of the map.
    """
    wanted = set(frameworks)
    return tuple(each for each in _all() if not wanted or wanted & set(_words(each)))


def controls_by_rule(frameworks: Iterable[str]) -> dict[str, tuple[Control, ...]]:
    """Return the controls that cannot be met while a rule fails, by rule, sorted; of the frameworks named, or of all.

    Controls that other means may meet as well are left out.
    """
    found: dict[str, set[Control]] = {}
    for each in control_demands(frameworks):
        for rule in each.rules if each.firmness != SUPPORTING else ():
            found.setdefault(rule, set()).add(each.control)
    return {rule: tuple(sorted(controls)) for rule, controls in sorted(found.items())}


def with_frameworks(policy: Policy, frameworks: Iterable[str]) -> Policy:
    """Return a policy that shows the controls of other frameworks; raises UsageError for one that does not exist."""
    wanted = tuple(frameworks)
    named(wanted)
    return replace(policy, frameworks=wanted, controls=controls_by_rule(wanted)) if wanted else policy


def named(frameworks: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    """Return name and version of frameworks given as ``KEY`` (version None) or ``KEY@VERSION``.

    Raises UsageError for one that does not exist.
    """
    names = {each.key: each.control.framework for each in _all()}
    known = set(framework_words())
    found: list[tuple[str, str | None]] = []
    for word in frameworks:
        if word not in known:
            raise UsageError(f"there is no framework {word!r}", hint=f"Known: {', '.join(sorted(known))}.")
        key, _, version = word.partition("@")
        found.append((names[key], version or None))
    return tuple(found)


def _words(demand: ControlDemand) -> tuple[str, str]:
    return demand.key, f"{demand.key}@{demand.control.version}"


@lru_cache(maxsize=1)
def _all() -> tuple[ControlDemand, ...]:
    names = sorted(path.stem for path in (data_folder() / FRAMEWORKS).glob("*.yaml"))
    return tuple(demand for name in names for demand in _of_file(f"{FRAMEWORKS}/{name}"))


def _of_file(name: str) -> Iterable[ControlDemand]:
    content = shipped_document(name)
    for version in content["versions"]:
        for each in content["controls"]:
            if version in each["ids"]:
                yield ControlDemand(
                    key=content["key"],
                    control=Control(framework=content["framework"], version=version, id=each["ids"][version]),
                    demand=each["demand"],
                    rules=each["rules"],
                    firmness=each["firmness"],
                    source=each["source"],
                )
