"""Read back what ``assessment_json`` wrote."""

from __future__ import annotations

from datetime import date

from checker.model.assessment import (
    Assessment,
    ControlResult,
    ControlStatus,
    CoverageDefect,
    CoverageRow,
    DestinationRow,
    FixedFinding,
    FlowLogRow,
    History,
    OpenFinding,
    RunPoint,
    UnexaminedRow,
    WaiverRow,
)
from checker.model.finding import Control, Status
from checker.report.run_file import Node, moment


def read_assessment(at: Node) -> Assessment:
    """Return the assessment that a node holds; raises RunFileError where it is none."""
    return Assessment(
        controls=at.each("controls", _control),
        coverage=at.each("coverage", _coverage),
        unexamined=at.each("unexamined", _unexamined) if at.has("unexamined") else (),
        flow_logs=at.each("flow_logs", _flow_log),
        destinations=at.each("destinations", _destination),
        waivers=at.each("waivers", _waiver) if at.has("waivers") else (),
        history=at.maybe_node("history", _history),
    )


def _control(at: Node) -> ControlResult:
    return ControlResult(
        control=Control(framework=at.of("framework", str), version=at.of("version", str), id=at.of("id", str)),
        demand=at.of("demand", str),
        rules=at.texts("rules"),
        firmness=at.of("firmness", str),
        source=at.of("source", str),
        status=at.word("status", ControlStatus),
        reason=at.of("reason", str),
        counts={status: count for status, count in _counts(at.node("counts")).items() if count},
        failing=at.texts("failing"),
    )


def _counts(at: Node) -> dict[Status, int]:
    return {status: at.of(status.value.replace("-", "_"), int) for status in Status}


def _coverage(at: Node) -> CoverageRow:
    return CoverageRow(
        account=at.maybe("account", str),
        region=at.maybe("region", str),
        type=at.of("type", str),
        id=at.maybe("id", str),
        address=at.maybe("address", str),
        name=at.maybe("name", str),
        state=at.of("state", str),
        interfaces=at.maybe("interfaces", int),
        dark=at.texts("dark"),
        finding=at.maybe("finding", str),
        defects=at.each("defects", _defect) if at.has("defects") else (),
    )


def _defect(at: Node) -> CoverageDefect:
    return CoverageDefect(rule_id=at.of("rule", str), message=at.of("message", str), finding=at.maybe("finding", str))


def _unexamined(at: Node) -> UnexaminedRow:
    return UnexaminedRow(
        account=at.maybe("account", str),
        region=at.maybe("region", str),
        root=at.maybe("root", str),
        cause=at.of("cause", str),
    )


def _flow_log(at: Node) -> FlowLogRow:
    return FlowLogRow(
        account=at.maybe("account", str),
        region=at.maybe("region", str),
        id=at.maybe("id", str),
        address=at.maybe("address", str),
        subject=at.maybe("subject", str),
        traffic_type=at.maybe("traffic_type", str),
        interval=at.maybe("interval", int),
        destination=at.maybe("destination", str),
        destination_type=at.maybe("destination_type", str),
        file_format=at.maybe("file_format", str),
        fields=at.maybe("fields", int),
        status=at.maybe("status", str),
    )


def _destination(at: Node) -> DestinationRow:
    return DestinationRow(
        account=at.maybe("account", str),
        region=at.maybe("region", str),
        type=at.of("type", str),
        id=at.of("id", str),
        flow_logs=at.of("flow_logs", int),
        retention=at.maybe("retention", str),
        encryption=at.maybe("encryption", str),
        public_access=at.maybe("public_access", str),
        notes=at.texts("notes"),
    )


def _waiver(at: Node) -> WaiverRow:
    return WaiverRow(
        source=at.of("source", str),
        rules=at.texts("rules"),
        scope=at.of("scope", str),
        reason=at.of("reason", str),
        owner=at.maybe("owner", str),
        until=None if at.maybe("until", str) is None else at.time("until", date.fromisoformat),
        state=at.of("state", str),
        count=at.of("count", int),
        findings=at.texts("findings"),
    )


def _history(at: Node) -> History:
    return History(
        previous=at.maybe_node("previous", _point),
        new=at.texts("new"),
        reopened=at.texts("reopened"),
        open=at.each("open", _open),
        fixed=at.each("fixed", _fixed),
        mean_seconds_to_repair=at.maybe_number("mean_seconds_to_repair"),
        trend=at.each("trend", _point),
    )


def _point(at: Node) -> RunPoint:
    failing = at.node("failing")
    return RunPoint(
        run_id=at.of("run_id", str),
        started_at=at.time("started_at", moment),
        counts=_counts(at.node("counts")),
        failing={severity: failing.of(severity, int) for severity in failing.values()},
    )


def _open(at: Node) -> OpenFinding:
    return OpenFinding(id=at.of("id", str), since=at.time("since", moment), flapping=at.of("flapping", bool))


def _fixed(at: Node) -> FixedFinding:
    return FixedFinding(
        id=at.of("id", str),
        rule_id=at.of("rule_id", str),
        resource=at.of("resource", str),
        message=at.of("message", str),
        since=at.time("since", moment),
        how=at.of("how", str),
    )
