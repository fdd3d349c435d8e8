"""What a run says beyond its findings, as JSON values. Read back by ``assessment_read``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checker.model.assessment import (
    Assessment,
    ControlResult,
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
from checker.model.finding import Status
from checker.report.run_json import timestamp


def assessment_json(assessment: Assessment) -> dict[str, Any]:
    """Return an assessment as JSON values, keys in a fixed order."""
    return {
        "controls": [_control(each) for each in assessment.controls],
        "coverage": [_coverage(each) for each in assessment.coverage],
        "unexamined": [_unexamined(each) for each in assessment.unexamined],
        "flow_logs": [_flow_log(each) for each in assessment.flow_logs],
        "destinations": [_destination(each) for each in assessment.destinations],
        "waivers": [_waiver(each) for each in assessment.waivers],
        "history": None if assessment.history is None else _history(assessment.history),
    }


def _control(each: ControlResult) -> dict[str, Any]:
    return {
        "framework": each.control.framework,
        "version": each.control.version,
        "id": each.control.id,
        "status": each.status.value,
        "reason": each.reason,
        "demand": each.demand,
        "rules": list(each.rules),
        "firmness": each.firmness,
        "source": each.source,
        "counts": _counts(each.counts),
        "failing": list(each.failing),
    }


def _counts(counts: Mapping[Status, int]) -> dict[str, int]:
    return {status.value.replace("-", "_"): counts.get(status, 0) for status in Status}


def _coverage(each: CoverageRow) -> dict[str, Any]:
    return {
        "account": each.account,
        "region": each.region,
        "type": each.type,
        "id": each.id,
        "address": each.address,
        "name": each.name,
        "state": each.state,
        "interfaces": each.interfaces,
        "dark": list(each.dark),
        "finding": each.finding,
        "defects": [{"rule": one.rule_id, "message": one.message, "finding": one.finding} for one in each.defects],
    }


def _unexamined(each: UnexaminedRow) -> dict[str, Any]:
    return {"account": each.account, "region": each.region, "root": each.root, "cause": each.cause}


def _flow_log(each: FlowLogRow) -> dict[str, Any]:
    return {
        "account": each.account,
        "region": each.region,
        "id": each.id,
        "address": each.address,
        "subject": each.subject,
        "traffic_type": each.traffic_type,
        "interval": each.interval,
        "destination": each.destination,
        "destination_type": each.destination_type,
        "file_format": each.file_format,
        "fields": each.fields,
        "status": each.status,
    }


def _destination(each: DestinationRow) -> dict[str, Any]:
    return {
        "account": each.account,
        "region": each.region,
        "type": each.type,
        "id": each.id,
        "flow_logs": each.flow_logs,
        "retention": each.retention,
        "encryption": each.encryption,
        "public_access": each.public_access,
        "notes": list(each.notes),
    }


def _waiver(each: WaiverRow) -> dict[str, Any]:
    return {
        "source": each.source,
        "rules": list(each.rules),
        "scope": each.scope,
        "reason": each.reason,
        "owner": each.owner,
        "until": each.until.isoformat() if each.until else None,
        "state": each.state,
        "count": each.count,
        "findings": list(each.findings),
    }


def _history(each: History) -> dict[str, Any]:
    return {
        "previous": None if each.previous is None else _point(each.previous),
        "new": list(each.new),
        "reopened": list(each.reopened),
        "open": [_open(one) for one in each.open],
        "fixed": [_fixed(one) for one in each.fixed],
        "mean_seconds_to_repair": each.mean_seconds_to_repair,
        "trend": [_point(one) for one in each.trend],
    }


def _point(each: RunPoint) -> dict[str, Any]:
    return {
        "run_id": each.run_id,
        "started_at": timestamp(each.started_at),
        "counts": _counts(each.counts),
        "failing": dict(sorted(each.failing.items())),
    }


def _open(each: OpenFinding) -> dict[str, Any]:
    return {"id": each.id, "since": timestamp(each.since), "flapping": each.flapping}


def _fixed(each: FixedFinding) -> dict[str, Any]:
    return {
        "id": each.id,
        "rule_id": each.rule_id,
        "resource": each.resource,
        "message": each.message,
        "since": timestamp(each.since),
        "how": each.how,
    }
