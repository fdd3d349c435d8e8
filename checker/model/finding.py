"""Findings, gaps and the report: what flowcheck says, before anybody decides how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, TypeAlias, Union

from checker.model.origin import Origin
from checker.model.record import dataclass, field

if TYPE_CHECKING:
    from checker.model.assessment import Assessment
    from checker.model.diagnosis import Diagnosis
    from checker.model.traffic import TrafficSummary

Json: TypeAlias = Union[bool, int, float, str, "list[Json]", "dict[str, Json]", None]


class Status(StrEnum):
    """The five answers. Ignorance is one of them."""

    PASS = "pass"  # noqa: S105 - a status, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"
    WAIVED = "waived"


class Severity(IntEnum):
    """How bad a failure is; ordered, so that a threshold is a comparison."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """Return the word used in policies and outputs."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Severity:
        """Return the severity for its word; raises KeyError for another word."""
        return cls[word.upper()]


class Confidence(StrEnum):
    """How sure the verdict is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Change(StrEnum):
    """How a verdict on a plan compares with the verdict before it."""

    REGRESSION = "regression"
    """It held before and no longer holds after."""
    NEW = "new"
    """The subject, or the failure on a subject not judged before, comes with this plan."""
    PRE_EXISTING = "pre-existing"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact that decided, and where it was read."""

    statement: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """How to make it right."""

    summary: str
    terraform: str | None = None
    """HCL that plans."""
    cli: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Control:
    """A control of a framework version that a rule serves."""

    framework: str
    version: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The subject of a finding."""

    type: str
    address: str | None
    arn: str | None
    id: str | None
    account: str | None
    region: str | None
    root: str = ""
    """Root module folder or ``account/region``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRef:
    """The waiver that turned a failure into ``waived``."""

    source: str
    """file:line of the waiver, or of the inline comment."""
    reason: str
    owner: str | None
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One verdict of one rule on one subject."""

    rule_id: str
    rule_name: str
    status: Status
    severity: Severity
    confidence: Confidence
    resource: Resource
    change: Change | None
    message: str
    """What is so, in one sentence that names the subject."""
    why: str
    """Why it matters, one sentence from the rule's page."""
    evidence: tuple[Evidence, ...]
    remediation: Remediation | None
    controls: tuple[Control, ...]
    location: Origin | None
    id: str
    """Stable over runs: from rule, root and instance address or ARN."""
    facts: Mapping[str, Json]
    """What the rule read; no ids known only after apply."""
    facts_digest: str
    waiver: WaiverRef | None = None
    baselined: bool = False
    """True when a baseline run already holds this failure with equal facts."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Gap:
    """Something that could not be examined."""

    what: str
    """The file:line, address, or account/region and call."""
    cause: str
    affects: str
    """What can therefore not be said."""
    account: str | None = field(default=None, compare=False)
    """Of AWS; None where it is of no account. An account without region and call: nothing of it was examined."""
    region: str | None = field(default=None, compare=False)
    """``global`` for what an account has once."""
    call: str | None = field(default=None, compare=False)
    """``service:Operation``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts over all findings."""

    evaluated: Mapping[str, int]
    """Number of entities of each kind that were looked at: vpc, subnet, flow_log, ..."""
    counts: Mapping[Status, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """Under which circumstances the report was made."""

    command: str
    started_at: datetime
    inputs: tuple[Mapping[str, Json], ...]
    policy: Mapping[str, Json]
    """name, version, digest, and the rules switched off."""
    settings: Mapping[str, Json] = field(default_factory=dict)
    """fail_on, unknown, scope, and other settings that decide the exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInfo:
    """What a format needs to know of a rule itself."""

    id: str
    name: str
    title: str
    severity: Severity
    why: str
    help_markdown: str
    """The rule's page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The only input of a format. Findings are sorted: see ``rules.engine.sort_key``."""

    tool_version: str
    run: RunInfo
    summary: Summary
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...] = ()
    """Said aloud, without being a gap: stale waivers, a destroy plan, nothing examined."""
    rules: tuple[RuleInfo, ...] = ()
    """The rules that ran."""
    exit_code: int = 0
    traffic: TrafficSummary | None = None
    """What was read of flow log records; None where none were asked for."""
    diagnoses: tuple[Diagnosis, ...] = ()
    """Why records were rejected, the most important first."""
    assessment: Assessment | None = None
    """Controls, coverage, inventory and history; None where they were not asked for."""
