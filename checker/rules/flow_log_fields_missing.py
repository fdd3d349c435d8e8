"""A flow log's format lacks fields that the analysis of rejected traffic needs.

## What it checks

The record format of each flow log against the fields that the policy lists. The default list is what it takes to say
which security group or network ACL rule rejected a flow: interface, subnet and direction, the addresses before
translation, TCP flags, and the reason AWS gives for a rejection.

## Why it matters

The default format has fourteen fields. Without `flow-direction` nobody can say whether the inbound or the outbound
rule rejected; without `pkt-srcaddr` traffic through a NAT gateway or load balancer shows the wrong peer; without
`subnet-id` the network ACL must be guessed from an interface that may be gone.

## When it cannot tell

When the format comes from an expression that cannot be evaluated, or when the format is the default one and it is not
known whether the target is a transit gateway, whose default has all its fields.

## Parameters

- `fields`: the fields required, named as AWS names them. Fields that only VPC records have are not asked of transit
  gateways.
- `required_for_coverage` (false): whether a log without these fields stops counting towards coverage.

## Remediation

Set `log_format` to the required fields. A flow log cannot be changed, so Terraform replaces it. Tables and metric
filters that read the log by position must follow.

## References

- https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
- https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-custom.html
- https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Evidence, Json, Severity, Status
from checker.model.flow_log import FlowLog, FlowLogTarget, LogDestinationType
from checker.model.known import Unknown
from checker.rules._fields import ANALYSIS_FIELDS, DEFAULT_FIELDS, TRANSIT_FIELDS, fields_of, hcl_format
from checker.rules._fix import set_argument
from checker.rules._rule import Context, Outcome, Params, Rule
from checker.rules._say import confidence_of, fact, failed, name, not_applicable, of_kind, passed, unknown
from checker.rules._strict import more_items

TRANSIT: Final = (FlowLogTarget.TRANSIT_GATEWAY, FlowLogTarget.TRANSIT_GATEWAY_ATTACHMENT)


def subjects(ctx: Context) -> Iterable[Entity]:
    """Return every flow log."""
    return ctx.model.flow_logs


def check(entity: Entity, ctx: Context, params: Params) -> Outcome:
    """Judge the format of one flow log."""
    log = of_kind(FlowLog, entity)
    required = _required(params)
    kind, written = log.target_type, log.log_format
    facts: dict[str, Json] = {"required": list(required)}
    if isinstance(written, Unknown):
        message = f"{name(log)}: the record format is not known ({written.reason})."
        return unknown(message, [fact(written.reason, log)], facts)
    transit = None if isinstance(kind, Unknown) else kind in TRANSIT
    if transit:
        required = [field for field in required if field in TRANSIT_FIELDS]
        facts["required"] = list(required)
        if not required:
            reason = "none of the required fields exists in records of transit gateways"
            return not_applicable(f"{name(log)}: {reason}.", [fact(reason, log)], facts)
    present = _present(written, transit)
    if present is None:
        reason = "the default format depends on the target, which is not known"
        return unknown(f"{name(log)}: {reason}.", [fact(reason, log)], facts)
    missing = [field for field in required if field not in present]
    facts["missing"] = list(missing)
    evidence = [fact(_describe(written, present, transit), log), *_advice(log)]
    if not missing:
        return passed(f"{name(log)} records every required field.", evidence, facts, confidence=confidence_of(log))
    if transit is None and not any(field in TRANSIT_FIELDS for field in missing):
        reason = "the missing fields do not exist for transit gateways, and the target is not known"
        return unknown(f"{name(log)}: {reason}.", [*evidence, fact(reason, log)], facts)
    return _missing(log, missing, present, evidence, facts)


def quick(entity: Entity, _ctx: Context, params: Params) -> Status | None:
    """Return what ``check`` would say of a log of which format and target are known and no transit gateway's."""
    log = of_kind(FlowLog, entity)
    kind, written = log.target_type, log.log_format
    if isinstance(written, Unknown) or isinstance(kind, Unknown) or kind in TRANSIT:
        return None
    present = _present(written, False) or ()
    return Status.PASS if all(field in present for field in _required(params)) else Status.FAIL


def _required(params: Params) -> list[str]:
    found = params["fields"]
    return [str(field) for field in found] if isinstance(found, list) else []


def _present(written: str | None, transit: bool | None) -> list[str] | None:
    """Return the fields that records will have; None where the default depends on what is not known."""
    if written is not None:
        return list(fields_of(written))
    if transit is None:
        return None
    return sorted(TRANSIT_FIELDS) if transit else list(DEFAULT_FIELDS)


def _describe(written: str | None, present: list[str], transit: bool | None) -> str:
    if written is None:
        kind = " of transit gateways" if transit else ""
        return f"log_format is not set: the default format{kind} with {len(present)} fields"
    return f"log_format has {len(present)} fields: {' '.join(present)}"


def _missing(
    log: FlowLog, missing: list[str], present: list[str], evidence: list[Evidence], facts: dict[str, Json]
) -> Outcome:
    words = f"{', '.join(missing[:4])}{' and others' if len(missing) > 4 else ''}"
    added = [*present, *missing]
    fix = set_argument(log, "Record the missing fields.", {"log_format": hcl_format(added)})
    evidence = [*evidence, fact(f"missing: {' '.join(missing)}", log)]
    return failed(f"{name(log)} does not record {words}.", evidence, facts, fix, confidence=confidence_of(log))


def _advice(log: FlowLog) -> list[Evidence]:
    """Return what would make records in a bucket cheaper to query; advice, not a demand."""
    if isinstance(log.destination, Unknown) or log.destination.type is not LogDestinationType.S3:
        return []
    wanted = {
        'file_format = "parquet"': log.file_format
        if isinstance(log.file_format, Unknown)
        else log.file_format == "parquet",
        "hive_compatible_partitions = true": log.hive_compatible_partitions,
        "per_hour_partition = true": log.per_hour_partition,
    }
    lacking = [text for text, has in wanted.items() if not isinstance(has, Unknown) and not has]
    if not lacking:
        return []
    return [fact(f"Advice: queries read less with {', '.join(lacking)} in destination_options", log)]


def _more_fields(one: Json, other: Json) -> bool:
    """Order lists of fields. Where none exists for transit gateways the rule does not apply to these: no order."""
    return more_items(one, other) and isinstance(other, list) and any(field in TRANSIT_FIELDS for field in other)


RULE: Final = Rule(
    id="FL007",
    name="flow-log-fields-missing",
    title="Record format lacks fields that analysis needs",
    severity=Severity.LOW,
    subjects=subjects,
    check=check,
    quick=quick,
    why="Without these fields nobody can say which rule rejected a flow.",
    default_params={"fields": list(ANALYSIS_FIELDS), "required_for_coverage": False},
    stricter={"fields": _more_fields},
    params_schema={
        "fields": {
            "type": "array",
            "items": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
            "minItems": 1,
            "uniqueItems": True,
        },
        "required_for_coverage": {"type": "boolean"},
    },
)
