"""Rules, entities and findings by hand, as short as a test wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from checker.model.entity import Entity
from checker.model.finding import Confidence, Finding, Json, Resource, Severity, Status
from checker.model.flow_log import FlowLog
from checker.model.known import Unknown
from checker.model.network import Subnet, Vpc
from checker.model.origin import Origin, Source

ACCOUNT = "111122223333"
NOT_KNOWN = Unknown("var.x has no value")


@dataclass(frozen=True, kw_only=True)
class SampleRule:
    id: str
    name: str
    severity: Severity = Severity.MEDIUM
    default_params: Mapping[str, Json] = field(default_factory=dict)
    params_schema: Mapping[str, Json] = field(default_factory=dict)
    enabled_by_default: bool = True


def interval() -> SampleRule:
    return SampleRule(
        id="FL003",
        name="flow-log-interval",
        default_params={"max_seconds": 60, "basis": "configured"},
        params_schema={"max_seconds": {"enum": [60, 600]}, "basis": {"enum": ["configured", "effective"]}},
    )


RULES = (
    SampleRule(id="FL001", name="vpc-flow-log-missing", severity=Severity.HIGH),
    interval(),
    SampleRule(
        id="FL004",
        name="flow-log-destination-not-allowed",
        default_params={"allow": []},
        params_schema={
            "allow": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"type": {"enum": ["s3", "cloud-watch-logs"]}, "arn": {"type": "string"}},
                    "required": ["type"],
                    "additionalProperties": False,
                },
            }
        },
    ),
    SampleRule(id="FL005", name="flow-log-not-delivering", params_schema={"managed_elsewhere": {"type": "array"}}),
    SampleRule(
        id="FL006",
        name="flow-log-destination-unprotected",
        default_params={"retention_days": 365},
        params_schema={"retention_days": {"type": "integer", "minimum": 1, "maximum": 3653}},
    ),
    SampleRule(
        id="FL010",
        name="flow-log-tags-missing",
        default_params={"required": []},
        params_schema={"required": {"type": "array", "items": {"type": "string", "minLength": 1}}},
        enabled_by_default=False,
    ),
)


def _common(address: str, type_: str, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": address,
        "origin": Origin(source=Source.PLAN, address=address, root=given.pop("root", "")),
        "type": type_,
        "id": None,
        "arn": None,
        "account": ACCOUNT,
        "region": "eu-west-1",
        "tags": {},
        **given,
    }


def vpc(address: str = "aws_vpc.this", *, cidrs: Any = ("10.0.0.0/16",), **given: Any) -> Vpc:
    given = {"owner": ACCOUNT, "is_default": False, **given}
    return Vpc(**_common(address, "aws_vpc", given), cidrs=_prefixes(cidrs))


def subnet(address: str = "aws_subnet.a", *, vpc: Any = "aws_vpc.this", cidrs: Any = (), **given: Any) -> Subnet:
    given = {"owner": ACCOUNT, "availability_zone": None, **given}
    return Subnet(**_common(address, "aws_subnet", given), vpc=vpc, cidrs=_prefixes(cidrs))


def _prefixes(cidrs: Any) -> Any:
    if isinstance(cidrs, Unknown):
        return cidrs
    return tuple(each if isinstance(each, Unknown) else ip_network(each) for each in cidrs)


def flow_log(address: str = "aws_flow_log.this", *, target: Any = "aws_vpc.this", **given: Any) -> FlowLog:
    unset = dict.fromkeys(
        ("target_type", "traffic_type", "destination", "max_aggregation_interval", "file_format"), NOT_KNOWN
    )
    empty = dict.fromkeys(("role", "cross_account_role", "log_format"))
    flags = {"hive_compatible_partitions": False, "per_hour_partition": False}
    return FlowLog(**_common(address, "aws_flow_log", {**unset, **empty, **flags, **given}), target=target)


def entity(
    type_: str = "aws_cloudwatch_log_group", address: str = "aws_cloudwatch_log_group.x", **given: Any
) -> Entity:
    return Entity(**_common(address, type_, given))


def finding(
    address: str | None = "aws_flow_log.this",
    *,
    rule: str = "FL003",
    status: Status = Status.FAIL,
    account: str | None = None,
    region: str | None = None,
    arn: str | None = None,
    root: str = "",
    digest: str = "d1",
) -> Finding:
    resource = Resource(
        type="aws_flow_log", address=address, arn=arn, id=None, account=account, region=region, root=root
    )
    return Finding(
        rule_id=rule,
        rule_name="flow-log-interval",
        status=status,
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        resource=resource,
        change=None,
        message="The interval is 600 seconds.",
        why="",
        evidence=(),
        remediation=None,
        controls=(),
        location=None,
        id=f"{rule}:{root}:{address or arn}",
        facts={},
        facts_digest=digest,
    )


def write(folder: Path, text: str, name: str = "policy.yaml") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)
