"""Traffic and diagnoses as JSON values: the members ``traffic`` and ``diagnoses`` of the JSON report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from checker.model.diagnosis import Blocker, Diagnosis, Line, NearestMiss, Need
from checker.model.finding import Remediation
from checker.model.origin import Origin
from checker.model.traffic import Traffic, TrafficSummary


def traffic_json(found: TrafficSummary | None) -> dict[str, Any] | None:
    """Return what was read of the logs."""
    if found is None:
        return None
    return {
        "records": found.records,
        "accepted": found.accepted,
        "rejected": found.rejected,
        "no_data": found.no_data,
        "skipped": found.skipped,
        "outside": found.outside,
        "duplicates": found.duplicates,
        "unreadable": found.unreadable,
        "files": found.files,
        "bytes_read": found.bytes_read,
        "first": _time(found.first),
        "last": _time(found.last),
        "timeline": [
            {"start": _time(each.start), "accepted": each.accepted, "rejected": each.rejected}
            for each in found.timeline
        ],
        "formats": [
            {"fields": list(each.fields), "told_by": each.told_by, "files": each.files} for each in found.formats
        ],
        "top_rejected": [{"address": address, "records": records} for address, records in found.top_rejected],
        "facts": dict(sorted(found.facts.items())),
    }


def diagnosis_json(found: Diagnosis) -> dict[str, Any]:
    """Return one diagnosis."""
    return {
        "rank": found.rank,
        "interface_id": found.interface_id,
        "interface_key": found.interface_key,
        "vpc_id": found.vpc_id,
        "subnet_id": found.subnet_id,
        "account": found.account,
        "region": found.region,
        "direction": found.direction.value if found.direction else "unknown",
        "protocol": found.protocol,
        "service_ports": _ports(found.service_ports),
        "icmp": None if found.icmp is None else {"type": found.icmp.type, "code": found.icmp.code},
        "local": found.local,
        "peers": {
            "prefixes": [str(prefix) for prefix in found.peers.prefixes],
            "count": found.peers.count,
            "top": list(found.peers.top),
        },
        "cause": found.cause.value,
        "cause_detail": found.cause_detail.value,
        "stage": found.stage.value if found.stage else None,
        "rule": line_json(found.rule),
        "blockers": [_blocker(each) for each in found.blockers],
        "nearest_miss": _miss(found.nearest_miss),
        "initiator": {"side": found.initiator.side.value, "signals": list(found.initiator.signals)},
        "route": found.route.value if found.route else None,
        "pattern": found.pattern.value if found.pattern else None,
        "expected": found.expected,
        "confidence": found.confidence.value,
        "assumptions": list(found.assumptions),
        "undetermined_by": found.undetermined_by,
        "says": found.says,
        "needs": [_need(each) for each in found.needs],
        "traffic": _traffic(found.traffic),
        "evidence": list(found.evidence),
        "remediation": _remediation(found.remediation),
        "location": _place(found.location),
        "groups": list(found.groups),
        "acl": found.acl,
    }


def line_json(line: Line | None) -> dict[str, Any] | None:
    """Return one rule or entry."""
    if line is None:
        return None
    return {"id": line.id, "address": line.address, "says": line.says, "origin": _place(line.origin)}


def _ports(ports: Any) -> list[int] | None:
    return None if ports is None else [ports.first, ports.last]


def _blocker(found: Blocker) -> dict[str, Any]:
    return {"stage": found.stage.value, "rule": line_json(found.rule)}


def _miss(found: NearestMiss | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"rule": line_json(found.rule), "differs": [each.value for each in found.differs], "says": found.says}


def _need(found: Need) -> dict[str, Any]:
    return {
        "kind": found.kind.value,
        "key": found.key,
        "direction": found.direction.value,
        "protocol": found.protocol,
        "ports": _ports(found.ports),
        "prefixes": [str(prefix) for prefix in found.prefixes],
        "peer_group": found.peer_group,
        "number": found.number,
    }


def _traffic(found: Traffic) -> dict[str, Any]:
    return {
        "records": found.records,
        "packets": found.packets,
        "bytes": found.bytes,
        "first": _time(found.first),
        "last": _time(found.last),
    }


def _remediation(fix: Remediation | None) -> dict[str, Any] | None:
    return None if fix is None else {"summary": fix.summary, "terraform": fix.terraform, "cli": fix.cli}


def _place(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    return {
        "source": origin.source.value,
        "root": origin.root,
        "address": origin.address,
        "path": origin.path,
        "line": origin.line,
        "end_line": origin.end_line,
        "api": origin.api,
        "managed": origin.managed,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
