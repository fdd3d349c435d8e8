"""Runs made for tests: a report with the verdicts that a test names."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from checker.history import Run, run_of
from checker.model.finding import (
    Confidence,
    Finding,
    Gap,
    Report,
    Resource,
    RuleInfo,
    RunInfo,
    Severity,
    Status,
    Summary,
)
from checker.model.known import Unknown
from checker.model.model import Unread

ACCOUNT, OTHER = "111122223333", "444455556666"
START = datetime(2026, 3, 1, 2, tzinfo=UTC)
FAIL, PASS, WAIVED = Status.FAIL, Status.PASS, Status.WAIVED
UNKNOWN, NOT_APPLICABLE = Status.UNKNOWN, Status.NOT_APPLICABLE


def day(number: int) -> datetime:
    return START + timedelta(days=number - 1)


def finding(name: str, status: Status, *, rule: str = "FL001", account: str = ACCOUNT) -> Finding:
    root = f"{account}/eu-west-1"
    arn = f"arn:aws:ec2:eu-west-1:{account}:vpc/{name}"
    return Finding(
        rule_id=rule, rule_name="r", status=status, severity=Severity.HIGH, confidence=Confidence.HIGH,
        resource=Resource(
            type="aws_vpc", address=None, arn=arn, id=name, account=account, region="eu-west-1", root=root
        ),
        change=None, message=f"No flow log records {name}.", why="w", evidence=(), remediation=None, controls=(),
        location=None, id=f"{rule}:{root}:{arn}", facts={}, facts_digest="d",
    )  # fmt: skip


def key(name: str, *, rule: str = "FL001", account: str = ACCOUNT) -> str:
    return finding(name, FAIL, rule=rule, account=account).id


def report(
    at: datetime,
    *findings: Finding,
    rules: tuple[str, ...] = ("FL001",),
    accounts: tuple[str, ...] = (ACCOUNT,),
    regions: str = "eu-west-1",
    gaps: tuple[Gap, ...] = (),
    exit_code: int = 1,
    off: tuple[str, ...] = (),
) -> Report:
    counts = Counter(each.status for each in findings)
    return Report(
        tool_version="1", exit_code=exit_code, findings=findings, gaps=gaps,
        run=RunInfo(
            command="account", started_at=at, policy={"name": "p", "digest": "0" * 64, "switched_off": list(off)},
            inputs=({"kind": "account", "path": ", ".join(accounts), "accounts": "1", "regions": regions},),
        ),
        summary=Summary(evaluated={}, counts={status: counts.get(status, 0) for status in Status}),
        rules=tuple(RuleInfo(id=each, name=each, title="t", severity=Severity.HIGH, why="w", help_markdown="")
                    for each in rules),
    )  # fmt: skip


def run(at: datetime, *findings: Finding, unread: tuple[Unread, ...] | None = (), **more: object) -> Run:
    return run_of(report(at, *findings, **more), unread=unread)  # type: ignore[arg-type]


def unread(*types: str, root: str | None) -> Unread:
    return Unread(types=types, root=root, cause=Unknown("denied"))
