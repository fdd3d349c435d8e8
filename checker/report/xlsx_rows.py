"""The rows of the workbook, sheet by sheet."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeAlias

from checker.model.assessment import Assessment
from checker.model.diagnosis import Diagnosis
from checker.model.finding import Report
from checker.model.record import dataclass
from checker.report import say
from checker.report.coverage_looks import UNEXAMINED, coverage
from checker.report.csv_rows import COLUMNS, cells_of
from checker.report.run_json import timestamp

Cell: TypeAlias = str | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet; each row has a cell for each column."""

    name: str
    columns: tuple[str, ...]
    rows: Collection[tuple[Cell, ...]]


class _Findings(Collection[tuple[Cell, ...]]):
    """Rows of findings, made when they are asked for: a hundred thousand are not held at once."""

    def __init__(self, report: Report) -> None:
        self._findings = report.findings

    def __len__(self) -> int:
        return len(self._findings)

    def __iter__(self) -> Iterator[tuple[Cell, ...]]:
        return (tuple(cells_of(each)) for each in self._findings)

    def __contains__(self, row: object) -> bool:
        return any(each == row for each in self)


def sheets(report: Report) -> Iterator[Sheet]:
    """Yield the sheets after the summary; each is there, also without rows, so that programs find it."""
    assessment = report.assessment or Assessment()
    yield Sheet(name="Findings", columns=COLUMNS, rows=_Findings(report))
    yield _controls(assessment)
    yield _coverage(assessment)
    yield _flow_logs(assessment)
    yield _destinations(assessment)
    yield _diagnoses(report)
    yield Sheet(
        name="Gaps",
        columns=("what", "cause", "not known therefore"),
        rows=[(each.what, each.cause, each.affects) for each in report.gaps],
    )
    yield _waivers(report)
    yield _changes(assessment)


def _controls(assessment: Assessment) -> Sheet:
    columns = (
        "framework",
        "version",
        "control",
        "status",
        "demand",
        "reason",
        "rules",
        "firmness",
        "source",
        "failing",
    )
    rows: list[tuple[Cell, ...]] = [
        (
            each.control.framework,
            each.control.version,
            each.control.id,
            each.status.value.replace("-", " "),
            each.demand,
            each.reason,
            ", ".join(each.rules),
            each.firmness,
            each.source,
            "\n".join(each.failing),
        )
        for each in assessment.controls
    ]
    return Sheet(name="Controls", columns=columns, rows=rows)


def _coverage(assessment: Assessment) -> Sheet:
    columns = ("account", "region", "type", "id", "address", "name", "status", "interfaces", "dark",
               "finding", "defects", "defects found by")  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            each.account,
            each.region,
            each.type,
            each.id,
            each.address,
            each.name,
            coverage(each),
            each.interfaces,
            ", ".join(each.dark),
            each.finding,
            "\n".join(defect.message for defect in each.defects),
            "\n".join(defect.finding or defect.rule_id for defect in each.defects),
        )
        for each in assessment.coverage
    ]
    rows += [
        (each.account, each.region, None, None, each.root, None, UNEXAMINED.lower(), None, None, None, each.cause, None)
        for each in assessment.unexamined
    ]
    return Sheet(name="Coverage", columns=columns, rows=rows)


def _flow_logs(assessment: Assessment) -> Sheet:
    columns = ("account", "region", "id", "address", "subject", "traffic type", "interval (s)", "destination",
               "destination type", "file format", "fields", "delivery")  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (
            each.account,
            each.region,
            each.id,
            each.address,
            each.subject,
            each.traffic_type,
            each.interval,
            each.destination,
            each.destination_type,
            each.file_format,
            each.fields,
            each.status,
        )
        for each in assessment.flow_logs
    ]
    return Sheet(name="Flow logs", columns=columns, rows=rows)


def _destinations(assessment: Assessment) -> Sheet:
    columns = ("account", "region", "type", "id", "flow logs", "retention", "encryption", "public access", "notes")
    rows: list[tuple[Cell, ...]] = [
        (
            each.account,
            each.region,
            each.type,
            each.id,
            each.flow_logs,
            each.retention,
            each.encryption,
            each.public_access,
            "; ".join(each.notes),
        )
        for each in assessment.destinations
    ]
    return Sheet(name="Destinations", columns=columns, rows=rows)


def _diagnoses(report: Report) -> Sheet:
    columns = ("rank", "what", "cause", "answer", "pattern", "account", "region", "vpc", "subnet", "interface",
               "expected", "confidence", "records", "packets", "bytes", "first", "last", "place", "fix")  # fmt: skip
    return Sheet(name="Diagnoses", columns=columns, rows=[_diagnosis(each) for each in report.diagnoses])


def _diagnosis(each: Diagnosis) -> tuple[Cell, ...]:
    from checker.report.traffic_text import headline, kind  # most runs read no records

    return (
        each.rank,
        headline(each),
        f"{each.cause.value}: {each.cause_detail.value}",
        each.says,
        kind(each),
        each.account,
        each.region,
        each.vpc_id,
        each.subnet_id,
        each.interface_id,
        "yes" if each.expected else "no",
        each.confidence.value,
        each.traffic.records,
        each.traffic.packets,
        each.traffic.bytes,
        timestamp(each.traffic.first),
        timestamp(each.traffic.last),
        say.place(each.location),
        each.remediation.summary if each.remediation else None,
    )


def _waivers(report: Report) -> Sheet:
    """Return the waived failures, each with who accepted it and until when."""
    columns = ("rule", "subject", "root", "reason", "owner", "until", "source", "message")
    rows: list[tuple[Cell, ...]] = [
        (
            each.rule_id,
            say.subject(each),
            each.resource.root,
            each.waiver.reason,
            each.waiver.owner,
            each.waiver.until.isoformat() if each.waiver.until else "without an end",
            each.waiver.source,
            each.message,
        )
        for each in report.findings
        if each.waiver is not None
    ]
    return Sheet(name="Waivers", columns=columns, rows=rows)


def _changes(assessment: Assessment) -> Sheet:
    """Return what changed since the run before; without rows where no run before is known."""
    columns = ("change", "finding", "since", "how", "message")
    rows: list[tuple[Cell, ...]] = []
    if (history := assessment.history) is not None:
        rows += [("new", each, None, None, None) for each in history.new]
        rows += [("open again", each, None, "its waiver ended", None) for each in history.reopened]
        rows += [
            ("still open", each.id, timestamp(each.since), "flapping" if each.flapping else None, None)
            for each in history.open
        ]
        rows += [("over", each.id, timestamp(each.since), each.how, each.message) for each in history.fixed]
    return Sheet(name="Changes", columns=columns, rows=rows)
