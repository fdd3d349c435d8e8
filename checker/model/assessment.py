"""What a run says beyond its findings: controls, what is covered, what there is, what changed since the run before.

Facts for reports, already judged: a format only lays them out. Every row that rests on something unread says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum

from checker.model.finding import Control, Status
from checker.model.record import dataclass, field


class ControlStatus(Enum):
    """What may be said of a control of a framework."""

    MET = "met"
    """Everything that it demands was examined, something was there to examine, and nothing failed."""
    NOT_MET = "not-met"
    PARTLY_EXAMINED = "partly-examined"
    """Nothing failed, but something is unknown, or a rule that it demands did not run."""
    NOT_EXAMINED = "not-examined"
    """No rule that it demands ran on anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult:
    """One control of one version of one framework, judged on this run."""

    control: Control
    demand: str
    """What it asks of flow logs, in our own words."""
    rules: tuple[str, ...]
    """Rules that it cannot be met without, sorted."""
    firmness: str
    """How firm the mapping is: ``stated`` (the control names it), ``derived`` (follows from its text) or
    ``supporting`` (one means among others)."""
    source: str
    """Where the mapping comes from."""
    status: ControlStatus
    reason: str
    """Why the status is what it is, one sentence."""
    counts: Mapping[Status, int] = field(default_factory=dict)
    """Verdicts of its rules on this run."""
    failing: tuple[str, ...] = ()
    """Ids of the findings that fail it, sorted; waived ones are in ``counts`` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageDefect:
    """Why what stands on a VPC or transit gateway does not record all of it: it leaves traffic out, or fails."""

    rule_id: str
    message: str
    finding: str | None = None
    """Id of the finding that says so; None where the run did not ask and only coverage did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """How far one VPC or transit gateway is recorded."""

    account: str | None
    region: str | None
    type: str
    """``aws_vpc`` or ``aws_ec2_transit_gateway``."""
    id: str | None
    address: str | None
    name: str | None
    state: str
    """``covered``, ``covered-by-subnets``, ``partial``, ``none``, ``waived`` or ``unknown``."""
    interfaces: int | None = None
    """Interfaces known in it; None where they were not read."""
    dark: tuple[str, ...] = ()
    """Subnets and interfaces without a log, sorted; only as far as they are known."""
    finding: str | None = None
    """Id of the finding that says so."""
    defects: tuple[CoverageDefect, ...] = ()
    """Flow logs stand there, and yet this is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnexaminedRow:
    """A place whose VPCs could not be listed: how many it holds, and how they are recorded, is not known."""

    account: str | None
    region: str | None
    """None: the whole account."""
    root: str | None
    """Root module, where it is not an account; None for the whole input."""
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLogRow:
    """One flow log of the inventory. None stands for what was not read or is known only after apply."""

    account: str | None
    region: str | None
    id: str | None
    address: str | None
    subject: str | None
    """Id or address of what it records."""
    traffic_type: str | None
    interval: int | None
    """Seconds."""
    destination: str | None
    destination_type: str | None
    file_format: str | None
    fields: int | None
    """Number of fields in its format."""
    status: str | None
    """Delivery as AWS told it, with its error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationRow:
    """One bucket, log group or delivery stream that flow logs go to."""

    account: str | None
    region: str | None
    type: str
    id: str
    """ARN or address."""
    flow_logs: int
    retention: str | None
    encryption: str | None
    public_access: str | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRow:
    """One waiver that was given to the run, whether it covered anything or not."""

    source: str
    """file:line, as in ``WaiverRef``."""
    rules: tuple[str, ...]
    scope: str
    """What it is for, in the words of the waiver."""
    reason: str
    owner: str | None
    until: date | None
    state: str
    """``in-use``, ``expired`` or ``unused``: it covers no failure of this run."""
    count: int
    """Failures that it covers, or covered until it expired."""
    findings: tuple[str, ...] = ()
    """Ids of the first of them, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPoint:
    """One run of the history."""

    run_id: str
    started_at: datetime
    counts: Mapping[Status, int]
    failing: Mapping[str, int] = field(default_factory=dict)
    """Failures for each severity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFinding:
    """A failure that was seen before."""

    id: str
    since: datetime
    """First seen, in the stretch that goes on."""
    flapping: bool = False
    """Ended (fixed, gone or not applicable) and failed again at least twice within what is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedFinding:
    """A failure of the run before that is none now."""

    id: str
    rule_id: str
    resource: str
    message: str
    since: datetime
    how: str
    """``fixed``, ``waived``, ``gone`` (the subject exists no longer), ``not-applicable`` (the rule no longer applies to
    it) or ``not-examined`` (not known to be fixed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What changed since the run before, and the trend."""

    previous: RunPoint | None
    new: tuple[str, ...] = ()
    """Ids of failures that the run before did not have, sorted; those that a waiver covered are in ``reopened``."""
    reopened: tuple[str, ...] = ()
    """Ids of failures whose waiver ended since, sorted; they are in ``open`` too, as old as they were."""
    open: tuple[OpenFinding, ...] = ()
    fixed: tuple[FixedFinding, ...] = ()
    mean_seconds_to_repair: float | None = None
    """Over the failures fixed within what is kept."""
    trend: tuple[RunPoint, ...] = ()
    """Oldest first, this run last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Everything above; an empty tuple means that nothing of the kind was looked at."""

    controls: tuple[ControlResult, ...] = ()
    coverage: tuple[CoverageRow, ...] = ()
    unexamined: tuple[UnexaminedRow, ...] = ()
    flow_logs: tuple[FlowLogRow, ...] = ()
    destinations: tuple[DestinationRow, ...] = ()
    waivers: tuple[WaiverRow, ...] = ()
    history: History | None = None
