"""What is kept of one run: its verdicts, shortened, and what it looked at."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from checker.errors import StoreError
from checker.history.looked import Looked, looked_at
from checker.model.assessment import RunPoint
from checker.model.finding import Finding, Report, Severity, Status
from checker.model.model import Unread
from checker.model.record import dataclass, replace

VERSION: Final = 1
"""Version of the documents; a store with a later one is refused."""
_LONGEST: Final = 600
"""Most characters of a message that are kept."""
_WORST: Final = {Status.FAIL: 0, Status.UNKNOWN: 1, Status.WAIVED: 2, Status.NOT_APPLICABLE: 3, Status.PASS: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A failure, waived or not, as it is kept."""

    id: str
    rule_id: str
    severity: str
    type: str
    """Terraform type of the subject."""
    resource: str
    """Address, ARN or id of the subject."""
    account: str | None
    region: str | None
    root: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run. Passes, unknown verdicts and those that do not apply are kept by id only."""

    run_id: str
    """Starts with the time, so that runs sort by their ids."""
    started_at: datetime
    command: str
    tool_version: str
    policy: str
    """Name of the policy and the start of its digest."""
    exit_code: int
    gaps: int
    counts: Mapping[Status, int]
    failing: tuple[Seen, ...]
    waived: tuple[Seen, ...]
    passed: frozenset[str]
    inapplicable: frozenset[str]
    unknown: frozenset[str]
    looked: Looked
    severities: Mapping[str, int]
    """Failures for each severity."""

    @property
    def point(self) -> RunPoint:
        """Return the run as the trend shows it."""
        return RunPoint(
            run_id=self.run_id, started_at=self.started_at, counts=dict(self.counts), failing=dict(self.severities)
        )


def stamp(moment: datetime) -> str:
    """Return a time as the start of a run id."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def run_of(report: Report, *, unread: Sequence[Unread] | None = None, name: str | None = None) -> Run:
    """Return what is kept of a report.

    ``unread`` is what the network lacks; without it, as for a saved run, every gap of an account counts against all
    of it. ``name`` is the end of the run's id; equal runs at equal times otherwise have equal ids.
    """
    found = _one_each(report.findings)
    by_status: dict[Status, list[Finding]] = {status: [] for status in Status}
    for each in found:
        by_status[each.status].append(each)
    run = Run(
        run_id="",
        started_at=report.run.started_at.astimezone(UTC),
        command=report.run.command,
        tool_version=report.tool_version,
        policy=f"{report.run.policy.get('name')} {str(report.run.policy.get('digest') or '')[:12]}".strip(),
        exit_code=report.exit_code,
        gaps=len(report.gaps),
        counts={status: report.summary.counts.get(status, 0) for status in Status},
        failing=tuple(_seen(each) for each in by_status[Status.FAIL]),
        waived=tuple(_seen(each) for each in by_status[Status.WAIVED]),
        passed=frozenset(each.id for each in by_status[Status.PASS]),
        inapplicable=frozenset(each.id for each in by_status[Status.NOT_APPLICABLE]),
        unknown=frozenset(each.id for each in by_status[Status.UNKNOWN]),
        looked=looked_at(report, unread),
        severities=dict(Counter(each.severity.label for each in by_status[Status.FAIL])),
    )
    end = _word(name) if name else hashlib.sha256(_json(run).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return replace(run, run_id=f"{stamp(run.started_at)}-{end}")


def _word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", name)


def _one_each(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings sorted by id, one for each: of several, the worst."""
    worst: dict[str, Finding] = {}
    for each in findings:
        known = worst.get(each.id)
        if known is None or _WORST[each.status] < _WORST[known.status]:
            worst[each.id] = each
    return [worst[key] for key in sorted(worst)]


def _seen(finding: Finding) -> Seen:
    subject = finding.resource
    return Seen(
        id=finding.id,
        rule_id=finding.rule_id,
        severity=finding.severity.label,
        type=subject.type,
        resource=subject.address or subject.arn or subject.id or subject.type,
        account=subject.account,
        region=subject.region,
        root=subject.root,
        message=finding.message[:_LONGEST],
    )


_SEEN: Final = ("id", "rule_id", "severity", "type", "resource", "account", "region", "root", "message")


def seen_row(seen: Seen) -> list[Any]:
    """Return a failure as JSON values."""
    return [getattr(seen, name) for name in _SEEN]


def seen_from(row: Sequence[Any]) -> Seen:
    """Return a failure from JSON values; raises ValueError or TypeError for anything else."""
    return Seen(**dict(zip(_SEEN, row, strict=True)))


def point_values(point: RunPoint) -> dict[str, Any]:
    """Return a point of the trend as JSON values."""
    return {
        "run_id": point.run_id,
        "started_at": point.started_at.isoformat(),
        "counts": {status.value: point.counts.get(status, 0) for status in Status},
        "failing": {each.label: point.failing[each.label] for each in Severity if each.label in point.failing},
    }


def point_from(values: Mapping[str, Any]) -> RunPoint:
    """Return a point of the trend from JSON values."""
    return RunPoint(
        run_id=str(values["run_id"]),
        started_at=datetime.fromisoformat(values["started_at"]),
        counts={status: int(values["counts"][status.value]) for status in Status},
        failing={str(key): int(number) for key, number in values["failing"].items()},
    )


def _json(run: Run) -> str:
    values = {
        "version": VERSION,
        **point_values(run.point),
        "command": run.command,
        "tool_version": run.tool_version,
        "policy": run.policy,
        "exit_code": run.exit_code,
        "gaps": run.gaps,
        "fail": [seen_row(each) for each in run.failing],
        "waived": [seen_row(each) for each in run.waived],
        "pass": sorted(run.passed),
        "not_applicable": sorted(run.inapplicable),
        "unknown": sorted(run.unknown),
        "looked": run.looked.values(),
    }
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def to_bytes(run: Run) -> bytes:
    """Return a run as a document; equal runs give equal bytes."""
    return pack(_json(run))


def from_bytes(data: bytes, where: str) -> Run:
    """Return the run that a document holds; raises StoreError, naming it, where it holds none."""
    values = unpack(data, where)
    try:
        point = point_from(values)
        return Run(
            run_id=point.run_id,
            started_at=point.started_at,
            command=str(values["command"]),
            tool_version=str(values["tool_version"]),
            policy=str(values["policy"]),
            exit_code=int(values["exit_code"]),
            gaps=int(values["gaps"]),
            counts=point.counts,
            failing=tuple(seen_from(row) for row in values["fail"]),
            waived=tuple(seen_from(row) for row in values["waived"]),
            passed=frozenset(values["pass"]),
            inapplicable=frozenset(values["not_applicable"]),
            unknown=frozenset(values["unknown"]),
            looked=Looked.from_values(values["looked"]),
            severities=point.failing,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"{where}: not a run as flowcheck keeps them ({error!r})", hint=DAMAGED) from error


DAMAGED: Final = "The store was changed by something else: restore it from a copy, or begin a new one."


def pack(text: str) -> bytes:
    """Return a text as a document; equal texts give equal bytes."""
    return gzip.compress(text.encode("utf-8", "surrogatepass"), compresslevel=6, mtime=0)


def unpack(data: bytes, where: str) -> dict[str, Any]:
    """Return the JSON object of a document; raises StoreError where it is damaged or of a later version."""
    try:
        values = json.loads(gzip.decompress(data).decode("utf-8", "surrogatepass"))
    except (OSError, EOFError, ValueError, RecursionError) as error:
        raise StoreError(f"{where}: damaged ({error})", hint=DAMAGED) from error
    if not isinstance(values, dict) or values.get("version") != VERSION:
        raise StoreError(f"{where}: written by another version of flowcheck", hint="Use the newest that wrote to it.")
    return values
