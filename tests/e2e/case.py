"""One end-to-end case: its files and the verdicts that a careful reader expects of each of the three ways to read it.

``expect.yaml`` beside the Terraform files (or beside ``before/`` and ``after/``)::

    about: one sentence
    shared: [cloudwatch]              # files of tests/e2e/shared that stand beside the case's own
    good:                             # nothing wrong: vpcs pass FL001 and FL002; logs pass FL003, FL005, FL006, FL007
      vpcs: [aws_vpc.a]
      logs: [aws_flow_log.a]
    verdicts:                         # rule -> instance address -> verdict; adds to and overrides ``good``
      FL003: {aws_flow_log.a: fail}
    plan: {FL001: {aws_vpc.a: {may-be-unknown: locals are not in plan JSON}}}   # for one way: plan, source or hcl

A verdict is words in any order: a status (several with ``|`` between them), a severity, a change. ``ok`` is "nothing
to complain about": pass, not-applicable or no finding. ``absent`` takes a verdict back. ``{unknown: why}`` demands
unknown; ``{may-be-unknown: why}`` allows it instead of the verdict that stands in ``verdicts`` (or of ``{verdict: fail,
may-be-unknown: why}``). Both carry the reason why not knowing is legitimate. A finding that is not listed is an error
unless it is not-applicable; so is one that is missing.

Only findings of ``families`` count, which are beginnings of rule ids: ``[FL]`` unless the case says otherwise.

Where nothing is applied first, every failure of a plan is ``new``. Where something is, a failure says its change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

HERE: Final = Path(__file__).parent
CASES: Final = HERE / "cases"
SHARED: Final = HERE / "shared"

WAYS: Final = ("plan", "source", "hcl")
"""Plan JSON alone; plan JSON with its source folder; source folder without a plan."""
UNPLANNED: Final = ("hcl", "account")
"""Ways that show one state of things, and so no change."""

STATUSES: Final = frozenset({"pass", "fail", "unknown", "not-applicable", "waived", "ok"})
SEVERITIES: Final = frozenset({"critical", "high", "medium", "low", "info"})
CHANGES: Final = frozenset({"regression", "new", "pre-existing", "fixed"})
VPC_RULES: Final = ("FL001", "FL002")
LOG_RULES: Final = ("FL003", "FL005", "FL006", "FL007")
PAIR_RULES: Final = ("FL009", "FL011")
"""Redundant with another log; a gap while replaced. A log that is neither may have no finding at all."""
KEYS: Final = frozenset(
    {
        "about", "families", "shared", "good", "verdicts", *WAYS,  # what is expected
        "exit",  # way -> exit code under the default settings
        "gap",  # way -> text that a gap must contain
        "says", "never_says",  # way -> patterns that the report must, or must not, contain
        "ways",  # only these ways
        "plan_options",  # words added to `terraform plan`
        "between",  # delete-flow-logs: after the apply, outside Terraform
        "fresh_state",  # forget the state after the apply: what exists belongs to somebody else
        "unequal",  # why the plan and the source do not describe one network
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is allowed for one rule on one address."""

    statuses: frozenset[str]
    severity: str | None = None
    change: str | None = None
    reason: str | None = None
    """Why unknown is legitimate; None where unknown is not allowed."""


@dataclass(frozen=True, slots=True)
class Case:
    """A folder of tests/e2e/cases."""

    name: str
    folder: Path
    expect: Mapping[str, Any]

    @property
    def stateful(self) -> bool:
        """Whether ``before/`` is applied first."""
        return (self.folder / "before").is_dir()

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways to read it that the case has verdicts for."""
        return tuple(self.expect.get("ways", WAYS))

    @property
    def families(self) -> tuple[str, ...]:
        """Beginnings of the ids of the rules that it is about."""
        return tuple(self.expect.get("families", ("FL",)))

    @property
    def plan_options(self) -> tuple[str, ...]:
        """Words added to ``terraform plan``."""
        return tuple(self.expect.get("plan_options", ()))

    @property
    def policy(self) -> Path | None:
        """A policy of its own instead of baseline."""
        path = self.folder / "policy.yaml"
        return path if path.is_file() else None

    def files(self, stage: str) -> dict[str, Path]:
        """Return the files of one stage (``before`` or ``after``) by their name in the folder that Terraform sees."""
        folder = self.folder / stage if self.stateful else self.folder
        shared = ["fields", *self.expect.get("shared", ())]
        found = {f"{name}.tf": SHARED / f"{name}.tf" for name in ("providers", *shared)}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and name not in ("expect.yaml", "policy.yaml"):
                found[name] = path
        return found

    def verdicts(self, way: str) -> dict[tuple[str, str], Verdict]:
        """Return what is expected, by rule and instance address, of one way to read the case."""
        raw = _good(self.expect.get("good", {}))
        for layer in (self.expect.get("verdicts", {}), self.expect.get(way, {})):
            for rule, by_address in layer.items():
                for address, word in by_address.items():
                    _put(raw, (rule, address), word)
        parsed = {key: _parse(word, self.name) for key, word in raw.items()}
        return parsed if way in UNPLANNED else {key: self._changed(verdict) for key, verdict in parsed.items()}

    def _changed(self, verdict: Verdict) -> Verdict:
        """Fill in the change that follows from there being nothing before."""
        if self.stateful or verdict.change or "fail" not in verdict.statuses:
            return verdict
        return replace(verdict, change="new")


def _good(good: Mapping[str, list[str]]) -> dict[tuple[str, str], Any]:
    return {
        **{(rule, address): "pass" for address in good.get("vpcs", ()) for rule in VPC_RULES},
        **{(rule, address): "pass" for address in good.get("logs", ()) for rule in LOG_RULES},
        **{(rule, address): "ok" for address in good.get("logs", ()) for rule in PAIR_RULES},
    }


def _put(raw: dict[tuple[str, str], Any], key: tuple[str, str], word: Any) -> None:
    if word == "absent":
        del raw[key]
    elif isinstance(word, dict) and "may-be-unknown" in word:
        raw[key] = {"truth": word.get("verdict", raw.get(key)), "reason": word["may-be-unknown"]}
    else:
        raw[key] = word


def _parse(word: Any, case: str) -> Verdict:
    if isinstance(word, dict) and "truth" in word:
        truth = _parse(word["truth"], case)
        return Verdict(truth.statuses | {"unknown"}, truth.severity, truth.change, word["reason"])
    if isinstance(word, dict):
        return Verdict(frozenset({"unknown"}), reason=word["unknown"])
    words = str(word).split()
    statuses = frozenset(one for text in words for one in text.split("|") if one in STATUSES)
    severity = next((text for text in words if text in SEVERITIES), None)
    change = next((text for text in words if text in CHANGES), None)
    known = {severity, change} | {text for text in words if set(text.split("|")) <= STATUSES}
    if not statuses or set(words) - known or "unknown" in statuses:
        raise ValueError(f"{case}: {word!r} is no verdict")
    return Verdict(statuses, severity, change)


def load_case(folder: Path) -> Case:
    """Read a case; raises ValueError for an ``expect.yaml`` that says something nobody reads."""
    return parse_case(folder.name, folder, yaml.safe_load((folder / "expect.yaml").read_text(encoding="utf-8")))


def parse_case(name: str, folder: Path, expect: Mapping[str, Any]) -> Case:
    """Return a case with what is expected of it; raises ValueError where that says something nobody reads."""
    if strange := set(expect) - KEYS:
        raise ValueError(f"{name}: unknown keys {sorted(strange)}")
    case = Case(name, folder, expect)
    for way in case.ways:
        case.verdicts(way)
    return case


def all_cases() -> list[Case]:
    """Return every case, by name."""
    return [load_case(path.parent) for path in sorted(CASES.glob("*/expect.yaml"))]
